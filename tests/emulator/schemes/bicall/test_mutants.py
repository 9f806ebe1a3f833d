"""A checker that cannot fail checks nothing: deliberately wrong schemes, each of which the comparison must notice."""

import importlib
import itertools
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.schemes import bicall
from bicall.emulator.schemes.bicall.state import SparseState

FOLDER = Path(bicall.__file__).parent

ROWS, REPLAY, BATCH, ENGINE = "rows.py", "replay.py", "batch.py", "event_driven.py"
MUTANTS = {
    "drift after the steps instead of before": (
        BATCH,
        "value = drifted(c, lists.value[q], drifts - lists.done[q])",
        "value = lists.value[q]",
    ),
    "drift after the steps of its tick": (
        REPLAY,
        "np.searchsorted(when[event:], at)",
        "np.searchsorted(when[event:], at + 1)",
    ),
    "drift up to the tick before": (
        ROWS,
        "* c.drift_period + c.drift_period - since",
        "* c.drift_period + c.drift_period + 1 - since",
    ),
    "drift of the last visit is not forgotten": (BATCH, "        lists.done[q] = 0", "        pass"),
    "drift of a row without entries": (REPLAY, "                    if due > 0:", "                    if False:"),
    "drift of the first row for all of a batch": (REPLAY, "batch[n, 1] = due", "batch[n, 1] = max(due, batch[0, 1])"),
    "window begins one tick late": (
        BATCH,
        "n += newest[targets[k]] >= since_32",
        "n += newest[targets[k]] > since_32",
    ),
    "the tables of the first row for all of a batch": (
        BATCH,
        "lists.shift[at] = shift_of_row",
        "lists.shift[at] = lists.shift[0]",
    ),
    "window of the log begins one tick late": (
        REPLAY,
        "np.searchsorted(when, since)",
        "np.searchsorted(when, since + 1)",
    ),
    "window ends one tick late": (REPLAY, "steps[until], words[until] = 0, 0", "steps[until] = steps[until - 1]"),
    "at most two entries": (BATCH, "place += count - 1", "place += min(count, 2) - 1"),
    "no more entries than are looked at": (BATCH, "while count == seen and seen < archived:", "while False:"),
    "the newest entry is forgotten": (BATCH, "(lists.place[q] & mask) != 0", "(lists.place[q] & mask) > 1"),
    "x decayed once too often": (ROWS, "steps[k] = step_of(c, x)", "steps[k] = step_of(c, decayed(x, c, noise[m]))"),
    "a reset is not seen by the rows": (ROWS, "was_reset = at < len(resets)", "was_reset = at < 0"),
    "x is 0 one tick before the reset": (ROWS, "stops = resets[at] - since + 1", "stops = resets[at] - since"),
    "the random word of the visit instead of the spike": (
        ROWS,
        "counter_random(seed, ROUND_POST, axon, since + k)",
        "counter_random(seed, ROUND_POST, axon, since + ticks)",
    ),
    "the wrong column's noise": (REPLAY, "words[k], numbers[column], c)", "words[k], numbers[column] + 1, c)"),
    "depression before transmission": (
        REPLAY,
        "arrived[j] += arrival(h[k] > threshold)",
        "arrived[j] += arrival((learn(h[k], c.depression_pre, word, j, c) if depressed[j] else h[k]) > c.h_threshold)",
    ),
    "depression before transmission to all": (
        REPLAY,
        "arrived[k] += arrival(h[k] > c.h_threshold)",
        "arrived[k] += arrival((learn(h[k], c.depression_pre, word, k, c) if depressed[k] else h[k]) > c.h_threshold)",
    ),
    "x is not bumped": (REPLAY, "x[i] = bump(x[i], c.x_bump, c.x_full)", "pass"),
    "the archive drops what rows still need": (ENGINE, "if until >= a.oldest[p]:", "if False:"),
    "spikes of a closed gate are archived": (ENGINE, "if not gate_is_open(c, s[j]):", "if False:"),
    "the flush forgets the last tick": (ENGINE, "if newest[j] == tick:", "if False:"),
    "spikes arrive a tick early": (ENGINE, "(tick + network.delays[axon])", "(tick + network.delays[axon] - 1)"),
}


# archives that are always full, and rows that are silent for many entries
TIMES = ({"rate": 0.05, "archived": 8}, {"rate": 0.01, "archived": 16})


def trials(make_trial, busy_case):
    for rounding, seed in itertools.product(("stochastic", "truncate"), range(4)):
        yield make_trial(busy_case(rounding).described, seed, ticks=300, **TIMES[seed % 2])


def is_noticed(make_trial, busy_case, **how):
    return any(trial.differs("fixed", "ED", **how) for trial in trials(make_trial, busy_case))


def compiled_again(folder, name, file=None, old="", new=""):
    """A copy of the package under another name, with a change in one file."""
    shutil.copytree(FOLDER, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / name).glob("*.py"):
        source = path.read_text().replace("bicall.emulator.schemes.bicall", name).replace("cache=True, ", "")
        if path.name == file:
            assert source.count(old) >= 1, "the mutant's passage is gone: write it anew"
            source = source.replace(old, new)
        path.write_text(source)
    return importlib.import_module(f"{name}.run")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("mutant_"):
            del sys.modules[name]


@pytest.mark.slow
def test_an_unchanged_copy_is_equal(folder, make_trial, busy_case):
    """The control: being loaded as a mutant changes nothing."""
    copy = compiled_again(folder, "mutant_of_nothing")
    assert not is_noticed(make_trial, busy_case, play=copy.run, bring_up_to_date=copy.flush)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(MUTANTS)), ids=list(MUTANTS))
def test_mutants_are_noticed(number, folder, make_trial, busy_case):
    mutant = compiled_again(folder, f"mutant_{number}", *list(MUTANTS.values())[number])
    assert is_noticed(make_trial, busy_case, play=mutant.run, bring_up_to_date=mutant.flush)


def test_the_right_scheme_passes(make_trial, busy_case):
    assert not is_noticed(make_trial, busy_case)


def test_a_missing_flush_is_noticed(make_trial, busy_case):
    assert is_noticed(make_trial, busy_case, bring_up_to_date=lambda *_: None)


def test_a_missing_reset_is_noticed(make_trial, busy_case, monkeypatch):
    """Neurons are reset, but the rows are not told."""
    reset = SparseState.reset

    def neurons_only(state):
        reset(state)
        state.resets.clear()

    monkeypatch.setattr(SparseState, "reset", neurons_only)
    assert is_noticed(make_trial, busy_case)


def test_a_late_reset_is_noticed(make_trial, busy_case, monkeypatch):
    """The rows are told that the reset came a tick later than it did."""
    reset = SparseState.reset

    def late(state):
        reset(state)
        state.resets[-1] += 1

    monkeypatch.setattr(SparseState, "reset", late)
    assert is_noticed(make_trial, busy_case)


def test_a_forgotten_entry_is_noticed(make_trial, busy_case):
    """Each piece of a run loses the newest archived spike of every neuron."""
    from bicall.emulator.schemes.bicall.run import run

    def forgetful(constants, connectivity, state, *rest):
        result = run(constants, connectivity, state, *rest)
        a = state.arrays
        a.entries[:, :-1] = a.entries[:, 1:].copy()
        a.logged[:] = np.maximum(a.logged - 1, 0)
        a.newest[:] = -1
        return result

    assert is_noticed(make_trial, busy_case, play=forgetful)
