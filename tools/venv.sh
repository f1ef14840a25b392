#!/bin/sh
# Make .venv with a Python of 3.11 or newer and install the requirements named on the command line.
# PYTHON chooses the interpreter; everything else of the project then uses .venv/bin/python.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

suits() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if suits "$candidate"; then printf '%s\n' "$candidate"; return; fi
    done
    say "Ledgerline needs Python 3.11 or newer and found none; install one, or name it: PYTHON=/path/to/python3 make run"
    exit 1
}

# Debian packs the module that makes environments apart from Python.
complete() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing python$version-venv ..."
        apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "python$version-venv" >&2 && return
    fi
    say "This Python cannot make a virtual environment; install the package python$version-venv and try again."
    exit 1
}

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    complete "$python"
    say "Making .venv ..."
    "$python" -m venv --clear .venv
fi
for file in "$@"; do
    say "Installing $file ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$file"
done
