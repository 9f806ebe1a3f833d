"""The report as one self-contained HTML page: figures are inside it."""

import base64
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from bicall.emulator.support.files import write_text

FIGURES = {
    "comparison": "comparison.png",
    "confusion": "confusion.png",
    "weights": "weights.png",
    "layout": "mapping/layout.png",
}


def write_page(report: dict, folder: Path) -> Path:
    """Write folder/index.html from the report and the figures in the folder; returns its path."""
    environment = Environment(
        loader=PackageLoader("bicall.demo", "."), autoescape=select_autoescape(), trim_blocks=True
    )
    figures = {
        name: "data:image/png;base64," + base64.b64encode((folder / file).read_bytes()).decode()
        for name, file in FIGURES.items()
    }
    page = folder / "index.html"
    write_text(page, environment.get_template("page.html").render(report=report, figures=figures))
    return page
