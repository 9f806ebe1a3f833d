"""The demonstration from end to end, on few images."""

import json

from typer.testing import CliRunner

from bicall.cli import app


def test_demo_runs_and_leaves_a_page(tmp_path):
    done = CliRunner().invoke(app, ["demo", "--images", "200", "--output", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert all(check["different"] == 0 for check in report["checks"])
    compared = {check["what"].split(",")[0]: check["compared"] for check in report["checks"]}
    assert len(compared) >= 3
    assert all(values >= 10_000 for values in compared.values())
    page = (tmp_path / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 4
    assert "http" not in page.replace("http-equiv", "")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "report.json", "index.html", "network.npz", "comparison.png", "confusion.png", "weights.png", "mapping",
    }  # fmt: skip
