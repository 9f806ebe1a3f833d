#!/bin/sh
# Make the environment for `bicall bench mapping`. Usage: setup.sh FOLDER (outside the checkout)
# nengo-loihi needs an older NumPy than the others: with SANA-FE it gets an environment of its own, FOLDER/loihi.
set -eu
folder=${1:?usage: setup.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)

works() { # pyenv's shims exist for versions that are not there
    "$1" -c "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))" >/dev/null 2>&1
}
make() { # environment, requirements
    "$candidate" -m venv --clear "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/$2"
}
for candidate in python3.11 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11.*/bin/python3 python3; do
    if works "$candidate"; then
        make "$folder" requirements.txt
        make "$folder/loihi" requirements-loihi.txt
        echo "$folder is ready; now: bicall bench mapping --peers $folder/bin/python"
        exit 0
    fi
done
echo "setup: missing: Python 3.11" >&2
exit 2
