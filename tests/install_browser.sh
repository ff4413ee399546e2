#!/bin/sh
# Make sure there is a browser for the tests: the system's Chromium, Debian's package, or
# Playwright's own build. Usage: install_browser.sh PATH_OF_PLAYWRIGHT
set -eu

for browser in chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null; then exit 0; fi
done
if [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ]; then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    if [ -z "$sudo" ] || command -v sudo >/dev/null; then
        echo "Installing Chromium from Debian's packages ..."
        $sudo apt-get update -qq
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
        exit 0
    fi
fi
echo "Installing Playwright's Chromium ..."
"$1" install chromium
