"""The interactive page, in a real browser: what it shows before, and after a person pointed and clicked."""

import html
import re

import numpy as np
import pytest

from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.mapper.mapper import Mapping, map_network
from bicall.mapping.report.figures import layout_figure, load_figure
from bicall.mapping.report.view import view_data, write_view


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    network = generators.local_sheet(225, 10, 1.5, 1)
    network.populations["sheet"] = network.populations["sheet"]._replace(name="</script><b>sheet", is_read=True)
    return map_network(network, chips.load("wide-mesh"), effort=1e-3)


def details(page: str) -> str:
    inside = re.search(r"<aside.*?>(.*?)</aside>", page, re.S).group(1)
    return html.unescape(re.sub(r"<[^>]+>", " ", inside))


def test_the_page_needs_nothing_else(mapping, tmp_path):
    text = write_view(mapping, tmp_path / "view.html").read_text()
    assert not re.search(r"(src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert text.count("</script>") == 1


def test_the_numbers_are_the_mappings(mapping):
    data = view_data(mapping)
    assert sum(core["held"]["neurons"] for core in data["cores"]) == 225
    assert sum(sum(core["populations"]) for core in data["cores"]) == 225
    assert sum(link["packets"] for link in data["links"]) == pytest.approx(mapping.spike_hops)
    graph = mapping.graph
    core = data["cores"][0]
    expected = sum(
        graph.rate[a]
        for a in range(graph.axons)
        if mapping.core_of[graph.source[a]] == core["number"]
        for end in [*set(mapping.core_of[graph.targets[graph.starts[a] : graph.starts[a + 1]]]), -1]
        if end != core["number"]
    )
    assert sum(packets for _, packets in core["sends"]) == pytest.approx(expected)


def test_a_click_shows_a_core_and_a_second_click_lets_it_go(mapping, browse, tmp_path):
    path = write_view(mapping, tmp_path / "view.html")
    core = view_data(mapping)["cores"][1]
    at = f"document.getElementById('core-{core['number']}')"
    click = f"{at}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}));"
    before = browse(path, "")
    assert "225" in details(before) and f"core {core['number']}:" not in details(before)
    assert before.count('class="core"') == 64 and "225 neurons" in before
    shown = details(browse(path, click))
    assert f"core {core['number']}: column {core['number'] % 8}, row {core['number'] // 8}" in shown
    assert f"{core['held']['axons']}" in shown and "</script><b>sheet" in shown
    to = next(to for to, _ in core["sends"] if to >= 0)
    assert f"core {to}" in shown and "the port" in shown
    assert f"core {core['number']}:" not in details(browse(path, click + click))


def test_pointing_shows_a_core_until_the_pointer_leaves(mapping, browse, tmp_path):
    path = write_view(mapping, tmp_path / "view.html")
    core = view_data(mapping)["cores"][0]["number"]
    at = f"document.getElementById('core-{core}')"
    enter, leave = (f"{at}.dispatchEvent(new MouseEvent('{event}'));" for event in ("mouseenter", "mouseleave"))
    pointed = browse(path, enter)
    assert f"core {core}:" in details(pointed)
    assert re.search(rf'class="core chosen" id="core-{core}"', pointed) and 'class="core target"' in pointed
    assert f"core {core}:" not in details(browse(path, enter + leave))


def test_cores_can_be_coloured_by_how_full_they_are(mapping, browse, tmp_path):
    path = write_view(mapping, tmp_path / "view.html")
    script = "const s = document.getElementById('colour'); s.value = 'axons'; s.dispatchEvent(new Event('change'));"
    assert "hsl(" not in browse(path, "").split("<svg")[1].split("</svg>")[0]
    assert "hsl(" in browse(path, script).split("<svg")[1].split("</svg>")[0]


def test_figures_are_drawn(mapping, tmp_path):
    for name, figure in (("layout", layout_figure(mapping)), ("load", load_figure(mapping))):
        figure.savefig(tmp_path / f"{name}.png", dpi=40)
    links, use = load_figure(mapping).axes[:2]
    busy = links.collections[0]
    assert len(busy.get_segments()) == np.count_nonzero(mapping.traffic)
    assert np.array_equal(np.sort(busy.get_array()), np.sort(mapping.traffic[mapping.traffic > 0]))
    assert [line.get_label() for line in use.lines[:-1]] == ["neurons", "axons", "synapse bits", "out entries"]
