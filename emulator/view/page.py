"""The page: one HTML file with its script, its style, uPlot and the recording inside it; no network."""

import json
import os
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from bicall.emulator.support.files import write_text

HERE = "bicall.emulator.view"


def write_page(contents: dict, path: str | os.PathLike) -> Path:
    """Write the page of `view.contents`, whole or not at all; returns its path."""
    environment = Environment(loader=PackageLoader(HERE, "."), autoescape=select_autoescape(), trim_blocks=True)
    page = environment.get_template("page.html").render(
        title=contents["title"],
        # in a script, only "</" could end the page's data early
        contents=Markup(json.dumps(contents).replace("</", "<\\/")),
        **{name: Markup(_text(file)) for name, file in _PARTS.items()},
    )
    write_text(path, page)
    return Path(path)


_PARTS = {
    "style": "page.css",
    "uplot_style": "uplot/uPlot.min.css",
    "uplot": "uplot/uPlot.iife.min.js",
    "plots": "plots.js",
    "pictures": "pictures.js",
    "script": "page.js",
}


def _text(file: str) -> str:
    return files(HERE).joinpath(file).read_text(encoding="utf-8")
