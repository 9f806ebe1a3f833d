#!/bin/sh
# Make a virtual environment. Usage: setup.sh FOLDER REQUIREMENTS PYTHON_VERSION...
# It takes the first of the Python versions that is on this machine, or has uv fetch the first, and says in one line
# what is missing.
set -eu
folder=$1
requirements=$2
shift 2

missing=""
for tool in g++ perl make; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "setup: missing:$missing (Verilator needs them; on Debian or Ubuntu: apt-get install$missing)" >&2
    exit 2
fi

works() { # a venv can be made from it, and it is the right version: pyenv's shims exist for versions that are not there
    "$1" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" >/dev/null 2>&1
}
python=""
for version in "$@"; do
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python3 python3; do
        if works "$candidate" "$version"; then
            python=$candidate
            break 2
        fi
    done
done

if [ -n "$python" ]; then
    "$python" -m venv --clear "$folder"
elif command -v uv >/dev/null 2>&1 && uv venv --quiet --clear --seed --python "$1" "$folder"; then
    :
else
    echo "setup: missing: Python $1 (install uv with 'pip install uv', which fetches it, or Debian's python$1-venv; then again)" >&2
    exit 2
fi

pip="$folder/bin/python -m pip install --quiet --disable-pip-version-check"
$pip --require-hashes -r "$requirements"
$pip --no-deps --no-build-isolation --editable .
