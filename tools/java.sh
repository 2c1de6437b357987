#!/bin/sh
# Sees to it that the tests of the engine "spark" find a Java. Says what it does, and never fails:
# without Java those tests are skipped by name, and all others run.
set -eu
OLDEST=17

say() { printf '%s\n' "$*" >&2; }

java_now() {  # the Java that Spark would start: JAVA_HOME, else the PATH
    if [ -n "${JAVA_HOME:-}" ]; then printf '%s' "$JAVA_HOME/bin/java"; else command -v java || true; fi
}
good_java() {
    found=$(java_now)
    [ -n "$found" ] && [ -x "$found" ] || return 1
    version=$("$found" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1)
    [ -n "$version" ] && [ "$version" -ge $OLDEST ]
}
without_java() {
    say "No Java $OLDEST or newer here ($1): the tests of the engine 'spark' are skipped by name."
    say "One line mends it:  sudo apt-get install -y openjdk-17-jre-headless"
    exit 0
}

if good_java; then exit 0; fi
[ -z "${JAVA_HOME:-}" ] || without_java "JAVA_HOME is $JAVA_HOME"
command -v apt-get >/dev/null 2>&1 || without_java "and no apt-get to install one"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true >/dev/null 2>&1; then  # never asks for a password in the middle of a test run
    as_root="sudo -n"
else
    without_java "and no right to install one"
fi

say "Java is missing: installing it with apt-get, for the tests of the engine 'spark' ..."
install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null 2>&1; }
# Debian 12 and Ubuntu have 17; Debian 13 has 21 only
install_any() { install openjdk-17-jre-headless || install openjdk-21-jre-headless || install default-jre-headless; }
install_any || { $as_root apt-get update -q >/dev/null 2>&1 && install_any; } || without_java "apt-get could not install one"
good_java || without_java "apt-get installed one that is not found or too old"
say "Java: $(java_now)"
