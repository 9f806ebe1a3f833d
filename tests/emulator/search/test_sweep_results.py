"""The results file of a sweep: lost ends, damaged lines, places that cannot be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bicall.emulator.search.sweep_results import ResultsFile
from bicall.emulator.support.errors import BadInput


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"key": "a", "accuracy": "x"}', '{"key": "a"}'])
def test_a_damaged_line_is_named(tmp_path, text):
    file = tmp_path / "runs.jsonl"
    ResultsFile(file).add("a", 1.0, {})
    file.write_text(file.read_text() + text + "\n" + file.read_text())
    with pytest.raises(BadInput, match="line 2 is damaged"):
        ResultsFile(file)


@given(cut=st.integers(0, 200))
def test_results_cut_anywhere_lose_at_most_one_line(tmp_path_factory, cut):
    file = tmp_path_factory.mktemp("cut") / "runs.jsonl"
    results = ResultsFile(file)
    for number in range(4):
        results.add(f"key {number}", number / 3, {"seed": number})
    content = file.read_bytes()[: -cut or None]
    file.write_bytes(content)
    found = ResultsFile(file)
    assert list(found.accuracies) == [f"key {number}" for number in range(content.count(b"\n"))]
    found.add("key new", 1.0, {})
    assert ResultsFile(file).accuracies == found.accuracies


def test_results_where_a_folder_is(tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        ResultsFile(tmp_path)
