#!/bin/sh
# Sees to it that the tests of the pages find a Chromium. Says what it does, and never fails:
# without one those tests are skipped by name, and all others run.
set -eu

say() { printf '%s\n' "$*" >&2; }
browser_now() {  # OPENLIFECYCLE_CHROMIUM, else the PATH; Debian and Ubuntu name it differently
    if [ -n "${OPENLIFECYCLE_CHROMIUM:-}" ]; then printf '%s' "$OPENLIFECYCLE_CHROMIUM"; return; fi
    for name in chromium chromium-browser google-chrome; do
        if command -v $name; then return; fi
    done
}
good_browser() { found=$(browser_now); [ -n "$found" ] && [ -x "$found" ]; }
without_browser() {
    say "No Chromium here ($1): the tests of the pages in a browser are skipped by name."
    say "One line mends it:  sudo apt-get install -y chromium"
    say "Or name one that is there:  export OPENLIFECYCLE_CHROMIUM=/path/to/chromium"
    exit 0
}

if good_browser; then exit 0; fi
[ -z "${OPENLIFECYCLE_CHROMIUM:-}" ] || without_browser "OPENLIFECYCLE_CHROMIUM is $OPENLIFECYCLE_CHROMIUM"
command -v apt-get >/dev/null 2>&1 || without_browser "and no apt-get to install one"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true >/dev/null 2>&1; then  # never asks for a password in the middle of a test run
    as_root="sudo -n"
else
    without_browser "and no right to install one"
fi

say "Chromium is missing: installing it with apt-get, for the tests of the pages ..."
install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1; }
# a font is asked for by name: without one Chromium draws every letter as a box
install_any() { install chromium fonts-dejavu-core; }
install_any || { $as_root apt-get update -q >/dev/null 2>&1 && install_any; } || without_browser "apt-get could not install one"
good_browser || without_browser "apt-get installed one that is not found"
say "Chromium: $(browser_now)"
