#!/bin/sh
# Makes .venv from requirements.lock and installs this project into it. Repeat runs are instant:
# a stamp remembers the lock, pyproject.toml and the interpreter that the environment was made from.
# Works from an empty environment (env -i) and on a Debian without python3-venv.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
LOG=$VENV/install.log
PYTHON=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }
give_up() { say "$*"; exit 1; }

command -v "$PYTHON" >/dev/null 2>&1 ||
    give_up "No python3 here. On Debian or Ubuntu:  apt-get install -y python3 python3-venv"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    give_up "OpenLifecycle needs Python 3.11 or newer; $PYTHON is $("$PYTHON" --version). Name another:  make PYTHON=python3.12"

stamp() {
    "$PYTHON" -c 'import hashlib, pathlib, sys
made_from = [pathlib.Path(p).read_bytes() for p in ("requirements.lock", "pyproject.toml", "tools/environment.sh")]
made_from += [sys.version.encode(), str(pathlib.Path.cwd()).encode()]
print(hashlib.sha256(b"\0".join(made_from)).hexdigest())'
}
WANTED=$(stamp)
if [ -x $VENV/bin/olc ] && [ "$(cat $VENV/stamp 2>/dev/null || true)" = "$WANTED" ]; then
    exit 0
fi

same_python() {  # an environment of the same interpreter is brought up to date, not made anew
    [ -x $VENV/bin/python ] && [ "$($VENV/bin/python -c 'import sys; print(sys.version)' 2>/dev/null)" = \
        "$("$PYTHON" -c 'import sys; print(sys.version)')" ] && $VENV/bin/python -m pip --version >/dev/null 2>&1
}
make_venv() {
    "$PYTHON" -m venv --clear $VENV >/dev/null 2>&1 && [ -x $VENV/bin/pip ]
}
make_with_own_pip() {  # Debian without python3-venv, but with pip: pip can install itself into it
    "$PYTHON" -m venv --clear --without-pip $VENV >/dev/null 2>&1 &&
        "$PYTHON" -m pip --python $VENV/bin/python install -q --no-input pip >/dev/null 2>&1 &&
        $VENV/bin/python -m pip --version >/dev/null 2>&1
}
make_virtualenv() {
    "$PYTHON" -m virtualenv --clear -q $VENV >/dev/null 2>&1 && [ -x $VENV/bin/pip ]
}
apt_venv() {  # only as root, and only from the packages that this machine already trusts
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "python3-venv is missing: installing it with apt-get ..."
    apt-get install -y -q python3-venv >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null 2>&1 && apt-get install -y -q python3-venv >/dev/null 2>&1; }
}
if ! same_python; then
    say "Making $VENV with $("$PYTHON" --version) ..."
    make_venv || make_virtualenv || make_with_own_pip || { apt_venv && make_venv; } ||
        give_up "Python cannot make a virtual environment here. One line mends it:  sudo apt-get install -y python3-venv"
fi

say "Installing the locked packages, every one checked against its hash ..."
install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 $VENV/bin/python -m pip install -q --no-input "$@" >>$LOG 2>&1
}
: >$LOG
install --require-hashes -r requirements.lock && install --no-deps --no-build-isolation -e . || {
    tail -n 15 $LOG >&2
    give_up "The packages could not be installed; the whole log is in $LOG"
}
printf '%s\n' "$WANTED" >$VENV/stamp
say "Ready."
