"""A checker that cannot fail checks nothing: small changes to the loops, each of which the comparison must notice."""

import importlib.util
import itertools
from pathlib import Path

import pytest

from bicall.emulator.rule import compiled, operations, plain
from bicall.emulator.rule.recording import compare
from bicall.emulator.support.errors import BadInput

PLAIN = [
    # 1. decay
    ("noise = 1 << (DECAY_FRACTION_BITS - 1)", "noise = (1 << (DECAY_FRACTION_BITS - 1)) - 1"),
    ("noise = column_noise(words, 0, DECAY_FRACTION_BITS)", "noise = column_noise(words, 1, DECAY_FRACTION_BITS)"),
    ("factor + noise) >> DECAY_FRACTION_BITS", "factor + noise) // (2**DECAY_FRACTION_BITS - 1)"),
    ('Stream[f"ROUND_{name.upper()}"]', "Stream.ROUND_X"),
    ("trace + ((a * (full - trace", "trace + ((a * (full + 1 - trace"),
    # 2. drift
    ("tick % c.drift_period == 0", "tick % c.drift_period == 1"),
    ("np.where(h > c.h_threshold, h + c.drift_up", "np.where(h >= c.h_threshold, h + c.drift_up"),
    ("h[:] = np.clip(drifted, 0, c.h_full)", "h[:] = np.clip(drifted, 0, c.h_full + 1)"),
    # 3. presynaptic spikes
    ("high = np.count_nonzero(h[spiking] > c.h_threshold", "high = np.count_nonzero(h[spiking] >= c.h_threshold"),
    ("(c.gate_low < s) & (s < c.gate_high) & (y > c", "(c.gate_low <= s) & (s < c.gate_high) & (y > c"),
    ("(s < c.gate_high) & (y > c.post_threshold)", "(s <= c.gate_high) & (y > c.post_threshold)"),
    ("(y > c.post_threshold)", "(y >= c.post_threshold)"),
    ("np.clip(h + ((step + noise) >> places), 0, self.c.h_full)",
     "np.clip(h + ((step + noise) >> places), 1, self.c.h_full)"),
    ("noise = (1 << places) >> 1", "noise = (1 << places) - 1"),
    ("words = random_words(self.seed, stream, rows, tick)", "words = random_words(self.seed, stream, rows, tick - 1)"),
    ("column_noise(words[:, None], columns[None, :], places)", "column_noise(words[:, None], 0, places)"),
    ("columns[depressed], tick, Stream.ROUND_PRE", "columns[depressed], tick, Stream.ROUND_POST"),
    # 5. neurons
    ("np.sign(product) * (np.abs(product) >> DECAY_FRACTION_BITS)", "product >> DECAY_FRACTION_BITS"),
    ("membrane = self.leak(membrane, self.c.membrane_decay) + current",
     "membrane = self.leak(membrane + current, self.c.membrane_decay)"),
    ("active = state.refractory == 0", "active = state.refractory <= 1"),
    ("= own(c.refractory_ticks, fires)", "= own(c.refractory_ticks, fires) + 1"),
    ("np.maximum(membrane, c.membrane_floor)", "np.maximum(membrane, c.membrane_floor + 1)"),
    ("state.current[:] = current", "state.current[active] = current[active]"),
    # 6. postsynaptic spikes
    ("changed = enabled & fired & (c.gate_low < s)", "changed = enabled & fired & (c.gate_low <= s)"),
    ("np.where(each < own(c.pre_threshold", "np.where(each <= own(c.pre_threshold"),
    ("(own(self.c.potentiation, whose) * x.astype(np.int64)) >> self.c.x_bits",
     "(own(self.c.potentiation, whose) * x.astype(np.int64) + 1) >> self.c.x_bits"),
]  # fmt: skip

# the contract's order: lines of the loop (how they begin), and the line before which they go instead
PLAIN_ORDER = {
    "drift after transmission": (
        ("if learning and tick % c.drift_period", "drifted = ", "h[:] = np.clip(drifted"),
        "# 4. the transmitted",
    ),
    "depression before transmission": (("high = ", "low = "), "# 4. the transmitted"),
    "x bumped after learning": (("x[spiking] = ",), "return fired"),
    "s bumped after learning": (("s[fired] = ",), "return fired"),
    "x decays at the end": (("x[:] = ",), "return fired"),
    "y decays at the end": (("y[:] = ",), "return fired"),
    "s decays at the end": (("s[:] = ",), "return fired"),
}

COMPILED = {
    "x decay rounds up a half less one": (
        "np.int32((1 << (DECAY_FRACTION_BITS - 1)) if rounding == NEAREST else 0)",
        "np.int32((1 << (DECAY_FRACTION_BITS - 1)) - 1 if rounding == NEAREST else 0)",
    ),
    "a learning step truncates instead of rounding": ("noise = np.int32((1 << places) >> 1)", "noise = np.int32(0)"),
    "a stochastic step ignores the column": ("(np.int64(row_word) + column * COLUMN_STEP)", "np.int64(row_word)"),
    "the leak truncates downwards": ("if product >= 0 else -((-product) >> DECAY_FRACTION_BITS)", "if True else 0"),
    "a potentiated bit is not refreshed": ("                w[i, j] ^= flipped[i]", "                pass"),
    "a depressed bit is not refreshed": ("            w[i, j] = after > threshold", "            pass"),
    "every other row is left out": (" + row_words[k, lane]", ""),
    "the last row is left out": ("if (last - first) % 2:", "if False:"),
    "a refractory period never ends": ("refractory[j] -= refractory[j] > 0", "pass"),
    "drift stops one short": ("h[j, i] = min(h[j, i] + c.drift_up, c.h_full)", "h[j, i] = h[j, i] + c.drift_up"),
}
TRANSMISSION = "        _add_rows(w, arrived, lanes, high)\n"


def compiled_source() -> str:
    """The compiled loop and its operations in one module, so that either can be changed; not kept when compiled."""
    loop = Path(compiled.__file__).read_text()
    first = loop.index("from bicall.emulator.rule.operations import (")
    last = loop.index(")\n", first) + 2
    return Path(operations.__file__).read_text() + loop[:first] + loop[last:]


def load(module, source: str, folder: Path, counter=itertools.count()):  # noqa: B008 - one counter for all calls
    """A changed copy of a module, under a name of its own."""
    path = folder / f"mutant_{next(counter)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    mutant = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mutant)
    return mutant


def replaced(source: str, old: str, new: str) -> str:
    assert source.count(old) >= 1, "the mutant's passage is gone: write it anew"
    return source.replace(old, new)


def moved(source: str, beginnings: tuple[str, ...], before: str) -> str:
    lines = source.splitlines(keepends=True)
    passage = [line for line in lines if line.lstrip().startswith(beginnings)]
    assert len(passage) == len(beginnings), "the mutant's passage is gone: write it anew"
    rest = [line for line in lines if line not in passage]
    places = [k for k, line in enumerate(rest) if line.lstrip().startswith(before)]
    assert len(places) == 1, "the mutant's place is gone: write it anew"
    return "".join(rest[: places[0]] + passage + rest[places[0] :])


def is_noticed(mutant, busy_case) -> bool:
    """Whether some rounding of the busy network shows a difference from the plain loop."""
    for rounding in ("truncate", "nearest", "stochastic"):
        case = busy_case(rounding)
        try:
            if compare(case.run(plain, "fixed")[2], case.run(mutant, "fixed")[2]):
                return True
        except (BadInput, IndexError, OverflowError):
            return True
    return False


def test_an_unchanged_copy_is_equal(busy_case, tmp_path):
    """The control: being loaded as a mutant changes nothing."""
    assert not is_noticed(load(plain, Path(plain.__file__).read_text(), tmp_path), busy_case)


@pytest.mark.slow
def test_an_unchanged_copy_of_the_compiled_loop_is_equal(busy_case, tmp_path):
    assert not is_noticed(load(compiled, compiled_source(), tmp_path), busy_case)


@pytest.mark.parametrize("old, new", PLAIN)
def test_a_changed_plain_loop_is_noticed(old, new, busy_case, tmp_path):
    assert is_noticed(load(plain, replaced(Path(plain.__file__).read_text(), old, new), tmp_path), busy_case)


@pytest.mark.parametrize("name", PLAIN_ORDER)
def test_another_order_in_the_plain_loop_is_noticed(name, busy_case, tmp_path):
    assert is_noticed(load(plain, moved(Path(plain.__file__).read_text(), *PLAIN_ORDER[name]), tmp_path), busy_case)


@pytest.mark.parametrize(
    "name", [name if i < 1 else pytest.param(name, marks=pytest.mark.slow) for i, name in enumerate(COMPILED)]
)
def test_a_changed_compiled_loop_is_noticed(name, busy_case, tmp_path):
    assert is_noticed(load(compiled, replaced(compiled_source(), *COMPILED[name]), tmp_path), busy_case)


def test_depression_before_transmission_in_the_compiled_loop_is_noticed(busy_case, tmp_path):
    bump = "        for i in arrived:\n            x[i] = bump"
    source = replaced(replaced(compiled_source(), TRANSMISSION, ""), bump, TRANSMISSION + bump)
    assert is_noticed(load(compiled, source, tmp_path), busy_case)
