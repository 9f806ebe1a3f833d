"""A checker that cannot fail checks nothing: small changes to a network's loops, each of which a comparison notices."""

import importlib.util
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.network import arrivals, compiled, order, plain
from bicall.emulator.network.network import Network
from bicall.emulator.rule.description import load_rule, with_values
from bicall.emulator.rule.state import SpikeTrain

PLAIN = {
    "inputs arrive a tick late": ("+ pre.is_input", "+ 0"),
    "delays are a tick short": ("k - projection.delays", "k + 1 - projection.delays"),
    "only the last teacher counts": ("taught |= ", "taught = "),
    "fixed weights are left out": ("total[rows.indices[synapses]] += rows.data[synapses]", "pass"),
    "the second plastic projection comes first": (
        "for each in network.plastic_inputs(name)]", "for each in reversed(network.plastic_inputs(name))]",
    ),
    "spikes under way are forgotten": ("state.recent = {", "state.recent = {} and {"),
    "the drive is left out": ("more = more + drive[name][k - before]", "pass"),
}  # fmt: skip
ARRIVALS = {
    "an exchange a tick late": (", at + one.shift", ", at"),
    "delays of axons are not told apart": ("if wiring.delays[one.row + source] == delay:", "if True:"),
    "sources of a second projection are not moved on": ("room[e] = sent[e] + first", "room[e] = sent[e]"),
    "a taught neuron is taught for ever": ("            marked[j] = False\n", ""),
    "fixed weights are left out": ("+= weights[synapse]", "+= 0"),
    "a sum of fixed weights stays though other sources spike": (
        "if not _same(rows[begin:end], last, kept.counts[p - ends[0]]):",
        "if kept.counts[p - ends[0]] != end - begin:",
    ),
}
COMPILED = {
    "a circle goes on for longer than its delay": (
        "first + circle_ticks[g], ticks)", "first + circle_ticks[g] + 1, ticks)",
    ),
    "rounding forgets the tick": ("seed, tick + first, learning)", "seed, tick, learning)"),
}  # fmt: skip


def network() -> tuple[Network, dict[str, SpikeTrain], dict[str, np.ndarray]]:
    """All kinds of projections, several into one population, a circle, delays an axon."""
    rng = np.random.default_rng(3)
    rule = with_values(
        load_rule("digits-256"), transmission__weight_high=0.25, transmission__teacher_weight=0.6,
        pre_trace__rounding="stochastic", time__drift_period_ticks=9,
    )  # fmt: skip
    made = Network("all kinds")
    for name, size in (("in", 12), ("other", 12), ("teacher", 5), ("second teacher", 5)):
        made.add_inputs(name, size)
    made.add_neurons("hidden", 8, rule)
    made.add_neurons("out", 5, rule)
    made.add_neurons("inhibition", 3, rule)
    made.connect("in", "hidden", kind="plastic", delay=rng.integers(1, 6, 12))
    made.connect("other", "hidden", rng.random((12, 8)) < 0.6, kind="plastic", delay=2)
    made.connect("in", "hidden", rng.integers(0, 300, (12, 8)))
    made.connect("hidden", "out", kind="plastic", delay=2)
    made.connect("out", "out", kind="plastic", delay=3)
    made.connect("teacher", "out", kind="direct")
    made.connect("second teacher", "out", kind="direct", delay=4)
    made.connect("out", "inhibition", rng.integers(500, 2000, (5, 3)), delay=2)
    made.connect("inhibition", "hidden", -rng.integers(100, 400, (3, 8)), delay=2)
    made.start("fixed", 9)
    inputs = {
        name: SpikeTrain.from_dense(rng.random((120, made.populations[name].size)) < 0.15)
        for name in ("in", "other", "teacher", "second teacher")
    }
    return made, inputs, {"hidden": rng.integers(-300, 300, (120, 8)).astype(np.int32)}


def load(module, source: str, folder: Path, counter=itertools.count()):  # noqa: B008 - one counter for all calls
    """A changed copy of a module, under a name of its own."""
    path = folder / f"mutant_{next(counter)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    mutant = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mutant)
    return mutant


def outcome(loop) -> list[np.ndarray]:
    """All spikes of two runs, one after the other, and the state at the end."""
    made, inputs, drive = network()
    trains = [train for _ in range(2) for train in loop.run(made, inputs, drive=drive).values()]
    variables = ("x", "y", "s", "current", "membrane", "refractory", "h")
    layers = [
        getattr(layer, name) for layer in made.state.layers.values() for name in variables if hasattr(layer, name)
    ]
    return [array for train in trains for array in train] + layers


def differs(loop) -> bool:
    """Whether a loop differs from the plain one somewhere."""
    try:
        found = outcome(loop)
    except (IndexError, ValueError):  # of shapes
        return True
    return any(not np.array_equal(a, b) for a, b in zip(found, outcome(plain), strict=True))


def replaced(source: str, old: str, new: str) -> str:
    assert source.count(old) >= 1, "the mutant's passage is gone: write it anew"
    return source.replace(old, new)


def test_the_loops_are_equal():
    """The control, and that the case is one in which much happens."""
    assert not differs(compiled) and not differs(plain)
    made, inputs, drive = network()
    spikes = plain.run(made, inputs, drive=drive)
    assert all(len(train.sources) > 20 for train in spikes.values())


@pytest.mark.parametrize("name", PLAIN)
def test_a_changed_plain_loop_is_noticed(name, tmp_path):
    assert differs(load(plain, replaced(Path(plain.__file__).read_text(), *PLAIN[name]), tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ARRIVALS, *COMPILED])
def test_a_changed_compiled_loop_is_noticed(name, tmp_path):
    loop = Path(compiled.__file__).read_text()
    imported = re.compile(r"^from bicall.emulator.network.arrivals import \(.*?^\)\n", re.MULTILINE | re.DOTALL)
    loop, found = imported.subn("", loop)
    assert found == 1
    source = replaced(Path(arrivals.__file__).read_text() + loop, *(ARRIVALS | COMPILED)[name])
    assert differs(load(compiled, source, tmp_path))


def test_the_order_of_populations_is_that_of_their_feeders():
    made, _, _ = network()
    assert [circle.members for circle in order.circles(made)] == [("hidden", "out", "inhibition")]
    assert order.circles(made)[0].ticks == 2
    made.projections = [each for each in made.projections if each.pre != "inhibition"]
    assert [(circle.members, circle.ticks) for circle in order.circles(made)] == [
        (("hidden",), None), (("out",), 3), (("inhibition",), None),
    ]  # fmt: skip
