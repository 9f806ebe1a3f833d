"""The project's own folder, of which an installation has only the packages."""

from pathlib import Path

from bicall.emulator.support.errors import BadInput

FOLDER = Path(__file__).resolve().parents[2]


def need(command: str) -> None:
    """For a command that writes files of the project itself.

    Raises:
        BadInput: this is an installation, not the project.
    """
    if not (FOLDER / "pyproject.toml").is_file():
        raise BadInput(f"{command}: writes files of the project, must be run from a clone of it, not an installation")
