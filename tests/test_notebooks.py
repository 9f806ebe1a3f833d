"""The notebooks in docs/ run, and print what they show."""

from pathlib import Path

import nbclient
import nbformat
import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nir", ("100.00 %", " 0 differ")),
        pytest.param("pictures", ("of 30 test pictures", " 0 differ"), marks=pytest.mark.slow),
        ("table", ("logistic regression", "thermometer")),
        ("events", ("test recordings", "film.html")),
    ],
)
def test_a_notebook_runs_and_prints_what_it_shows(name, says):
    notebook = nbformat.read(DOCS / "notebooks" / f"{name}.ipynb", as_version=4)
    shown = _printed(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(DOCS.parent)}}
    )
    assert _printed(client.execute()) == shown
    for words in says:
        assert any(words in text for text in shown)


def _printed(notebook) -> list[str]:
    """What each cell printed; a kernel sends one cell's text in as many pieces as it pleases."""
    cells = [cell.get("outputs", []) for cell in notebook.cells]
    return ["".join(output["text"] for output in outputs if output.get("name") == "stdout") for outputs in cells]
