"""What docs/lava.md and its notebook show runs as shown."""

import re
from pathlib import Path

import nbclient
import nbformat

DOCS = Path(__file__).parents[2] / "docs"


def test_the_code_of_the_tutorial_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "lava.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(block, names)  # the blocks build on each other
    assert "spikes" in capsys.readouterr().out


def test_the_notebook_runs_and_prints_what_it_shows():
    notebook = nbformat.read(DOCS / "notebooks" / "lava.ipynb", as_version=4)
    shown = _printed(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(DOCS.parent)}}
    )
    assert _printed(client.execute()) == shown
    assert any("values are equal" in text for text in shown)


def _printed(notebook) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["text"] for output in outputs if output.get("name") == "stdout"]
