"""How kernels show figures: one SVG, cut to what is drawn. Without history or completion files."""

c = get_config()  # noqa: F821 (IPython puts it here)
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "pad_inches": 0.05}
c.HistoryManager.enabled = False
c.IPKernelApp.log_level = 40  # it warns of plain TCP, which here never leaves the machine
