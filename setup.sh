#!/bin/sh
# Make a virtual environment with all that the toolkit needs. Usage: setup.sh PYTHON_VERSION FOLDER
# It takes an interpreter that is on this machine, or has uv fetch one, and says in one line what is missing.
set -eu
version=$1
folder=$2

missing=""
for tool in g++ perl make; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "setup: missing:$missing (Verilator needs them; on Debian or Ubuntu: apt-get install$missing)" >&2
    exit 2
fi

works() { # a venv can be made from it, and it is the right version: pyenv's shims exist for versions that are not there
    "$1" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" >/dev/null 2>&1
}
python=""
for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python3 python3; do
    if works "$candidate"; then
        python=$candidate
        break
    fi
done

if [ -n "$python" ]; then
    "$python" -m venv --clear "$folder"
elif command -v uv >/dev/null 2>&1 && uv venv --quiet --clear --seed --python "$version" "$folder"; then
    :
else
    echo "setup: missing: Python $version (install uv with 'pip install uv', which fetches it, or Debian's python$version-venv; then again)" >&2
    exit 2
fi

"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
