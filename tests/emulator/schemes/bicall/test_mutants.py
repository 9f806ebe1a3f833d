"""A checker that cannot fail checks nothing: deliberately wrong schemes, each of which the comparison must notice."""

import importlib
import itertools
import shutil
import sys
from pathlib import Path

import pytest

from emulator.schemes import bicall
from emulator.schemes.bicall.state import SparseState

FOLDER = Path(bicall.__file__).parent

ROWS, ENGINE = "rows.py", "event_driven.py"
MUTANTS = {
    "drift after the steps instead of before": (ROWS, "            if drift > 0:", "            if False:"),
    "drift up to the tick before": (
        ROWS,
        "(since + k) // c.drift_period - before",
        "max(since + k - 1, since) // c.drift_period - before",
    ),
    "window begins one tick late": (ROWS, "n += newest[targets[k]] >= since", "n += newest[targets[k]] > since"),
    "window ends one tick early": (ROWS, "if at >= ticks:  #", "if at >= ticks - 1:  #"),
    "at most two entries": (ROWS, "while entry > 1 and entries", "while entry > max(held - 1, 1) and entries"),
    "x decayed once too often": (
        ROWS,
        "t.steps[p, k] = step_of(c, x)",
        "t.steps[p, k] = step_of(c, decayed(x, c, seed, axon, since + k))",
    ),
    "a reset is not seen by the rows": (ROWS, "was_reset = at < len(resets)", "was_reset = at < 0"),
    "x is 0 one tick before the reset": (ROWS, "stops = resets[at] - since + 1", "stops = resets[at] - since"),
    "the random word of the visit instead of the spike": (
        ROWS,
        "counter_random(seed, ROUND_POST, axon, since + k)",
        "counter_random(seed, ROUND_POST, axon, since + ticks)",
    ),
    "depression before transmission": (
        ROWS,
        "np.uint8(h[k] > c.h_threshold)",
        "np.uint8((learn(h[k], c.depression_pre, word, j, c) if depressed[j] else h[k]) > c.h_threshold)",
    ),
    "the archive drops what rows still need": (ENGINE, "if last[p, i] <= oldest_half:", "if False:"),
    "spikes of a closed gate are archived": (ENGINE, "if gate_is_open(c, j, a):", "if True:"),
    "the flush forgets the last tick": (ENGINE, "if newest[j] == tick:", "if False:"),
    "spikes arrive a tick early": (ENGINE, "(tick + network.delays[axon])", "(tick + network.delays[axon] - 1)"),
    "x is not bumped": (ENGINE, "a.x[p, i] = bump(x, c.x_bump, c.x_full)", "a.x[p, i] = x"),
}


def trials(make_trial, busy_case):
    for rounding, seed in itertools.product(("stochastic", "truncate"), range(4)):
        yield make_trial(busy_case(rounding).described, seed, ticks=300, rate=0.05, archived=4)


def is_noticed(make_trial, busy_case, **how):
    return any(trial.differs("fixed", "ED", **how) for trial in trials(make_trial, busy_case))


def compiled_again(folder, name, file=None, old="", new=""):
    """A copy of the package under another name, with a change in one file."""
    shutil.copytree(FOLDER, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / name).glob("*.py"):
        source = path.read_text().replace("emulator.schemes.bicall", name).replace("cache=True, ", "")
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
    from emulator.schemes.bicall.run import run

    def forgetful(constants, connectivity, state, *rest):
        result = run(constants, connectivity, state, *rest)
        a = state.arrays
        a.entries[a.entries[:, 0] > 0, 0] -= 1
        a.newest[:] = -1
        return result

    assert is_noticed(make_trial, busy_case, play=forgetful)
