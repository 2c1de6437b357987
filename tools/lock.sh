#!/bin/sh
# Rebuilds requirements.lock from pyproject.toml: every package of run, test and editable install,
# pinned and hashed. No package-index address is written: whoever installs chooses the index.
set -eu
cd "$(dirname "$0")/.."
TOOL=build/lock-environment
"${PYTHON:-python3}" -m venv --clear $TOOL
$TOOL/bin/pip install -q --disable-pip-version-check 'pip-tools>=7.5,<8'
$TOOL/bin/pip-compile -q --generate-hashes --strip-extras --no-header \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
    --extra test --extra spark --build-deps-for editable --output-file requirements.lock pyproject.toml
if grep -nE '://|--index|--find-links' requirements.lock; then
    echo "requirements.lock names an address: not fit to commit" >&2
    exit 1
fi
echo "requirements.lock: $(grep -c '==' requirements.lock) packages"
