"""Writes figures, whole or not at all, and the same bytes for the same picture."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

KINDS = (".svg", ".png")


def check_path(option: str, path: Path) -> None:
    """Raises BadInput if it ends in none of KINDS."""
    if path.suffix not in KINDS:
        raise BadInput(f"option {option}: {path} must end in {' or '.join(KINDS)}")


def save(figure: Figure, path: Path) -> None:
    """Write a figure as what the path's ending says."""
    metadata = {"Date": None} if path.suffix == ".svg" else None
    with matplotlib.rc_context({"svg.hashsalt": "bicall"}), write_aside(path) as aside:
        figure.savefig(aside, format=path.suffix.lstrip("."), metadata=metadata)
