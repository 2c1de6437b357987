#!/bin/sh
# Makes .venv from requirements.lock and installs this project into it. Repeat runs are instant:
# a stamp remembers the lock, pyproject.toml and the interpreter that the environment was made from.
# Works from an empty environment (env -i) and on a Debian without python3-venv.
#   sh tools/environment.sh          what running and most tests need
#   sh tools/environment.sh spark    and Spark with it: half a gigabyte, for the tests of that engine
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
LOG=$VENV/install.log
SPARK_ONLY="pyspark py4j"  # what the extra "spark" adds to the lock
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
base_ready() { [ -x $VENV/bin/olc ] && [ "$(cat $VENV/stamp 2>/dev/null || true)" = "$WANTED" ]; }
spark_ready() { base_ready && [ "$(cat $VENV/stamp-spark 2>/dev/null || true)" = "$WANTED" ]; }
if [ "${1:-}" = spark ]; then ready=spark_ready; else ready=base_ready; fi
if $ready; then
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
if ! base_ready && ! same_python; then
    say "Making $VENV with $("$PYTHON" --version) ..."
    make_venv || make_virtualenv || make_with_own_pip || { apt_venv && make_venv; } ||
        give_up "Python cannot make a virtual environment here. One line mends it:  sudo apt-get install -y python3-venv"
fi

locked() {  # locked with|without NAMES: the blocks of the lock of those names, or all but those
    awk -v how="$1" -v names="$2" '
        BEGIN { split(names, list, " "); for (i in list) named[list[i]] = 1 }
        /^[A-Za-z0-9]/ { split($1, part, "=="); keep = (part[1] in named) == (how == "with") }
        keep' requirements.lock
}
install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 $VENV/bin/python -m pip install -q --no-input "$@" >>$LOG 2>&1
}
could_not() {
    tail -n 15 $LOG >&2
    give_up "The packages could not be installed; the whole log is in $LOG"
}
: >$LOG
if ! base_ready; then
    say "Installing the locked packages, every one checked against its hash ..."
    locked without "$SPARK_ONLY" >$VENV/base.lock
    install --require-hashes -r $VENV/base.lock && install --no-deps --no-build-isolation -e . || could_not
    printf '%s\n' "$WANTED" >$VENV/stamp
fi
if [ "${1:-}" = spark ]; then
    say "Installing Spark for the tests of that engine ..."
    locked with "$SPARK_ONLY" >$VENV/spark.lock
    install --require-hashes --no-deps -r $VENV/spark.lock || could_not
    printf '%s\n' "$WANTED" >$VENV/stamp-spark
fi
say "Ready."
