"""The notebooks in docs/ run, and print what they show."""

from pathlib import Path

import nbclient
import nbformat

DOCS = Path(__file__).parents[1] / "docs"


def test_the_notebook_of_other_tools_runs_and_prints_what_it_shows():
    notebook = nbformat.read(DOCS / "notebooks" / "nir.ipynb", as_version=4)
    shown = _printed(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(DOCS.parent)}}
    )
    assert _printed(client.execute()) == shown
    assert any("100.00 %" in text for text in shown) and any(" 0 differ" in text for text in shown)


def _printed(notebook) -> list[str]:
    """What each cell printed; a kernel sends one cell's text in as many pieces as it pleases."""
    cells = [cell.get("outputs", []) for cell in notebook.cells]
    return ["".join(output["text"] for output in outputs if output.get("name") == "stdout") for outputs in cells]
