"""Leaves out what matplotlib logs on a new machine, where making its font cache takes a while."""

import logging

logging.getLogger("matplotlib.font_manager").addFilter(
    lambda record: "building the font cache" not in record.getMessage()
)
del logging
