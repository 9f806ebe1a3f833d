"""One table makes the registers' Verilog, the macros of addresses and the page in docs/."""

import re

import pytest

from bicall.emulator.configuration.description import load
from bicall.emulator.rule.constants import Constants, fixed
from bicall.rtl.driver import register_files
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS, REGISTERS, Kind, When


@pytest.mark.parametrize("path", register_files.files(), ids=lambda path: path.name)
def test_committed_files_are_up_to_date(path):
    """If this fails: `bicall generate`, and look at what changed."""
    assert path.read_text(encoding="utf-8") == register_files.files()[path]


@pytest.mark.parametrize(
    ("register", "change"),
    [
        ("learn", {"word": 18}),
        ("x_decay", {"highest": "4095"}),
        ("tick", {"when": When.ALWAYS}),
        ("seed", {"bits": "31"}),
    ],
)
def test_a_changed_table_makes_them_differ(register, change, monkeypatch):
    changed = tuple(r._replace(**change) if r.name == register else r for r in REGISTERS)
    monkeypatch.setattr(register_files, "REGISTERS", changed)
    for path, text in register_files.files().items():
        # addresses of regions are not a register's
        assert (text != path.read_text(encoding="utf-8")) == (path.suffix != ".vh"), path


def test_every_constant_of_the_rule_has_a_register_in_the_order_of_the_rule():
    other = "_full$|_bits$|_rounding$|^h_threshold$|^reset_by_subtraction$"
    own = [name for name in Constants._fields if not re.search(other, name)]
    assert list(CONSTANTS) == own
    c = fixed(load("digits-256"))
    for name in CONSTANTS:
        low, high = BY_NAME[name].range(c)
        assert low <= getattr(c, name) <= high


def test_words_are_unique():
    assert len({r.word for r in REGISTERS}) == len(REGISTERS) == len(BY_NAME)


def test_the_page_names_every_register_with_its_limits():
    page = register_files.documentation()
    for r in REGISTERS:
        assert f"| {r.word} | `{r.name}` | {r.meaning} |" in page
    assert "| 0 to 4096 | between ticks, all rows up to date | BICALL_X_DECAY |" in page
    assert all(r.when is not When.ALWAYS for r in REGISTERS if r.kind is Kind.STORED)
