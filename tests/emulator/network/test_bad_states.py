"""Whatever a caller does to a network's state, no loop is entered with arrays that it would read or write beyond."""

import numpy as np
import pytest

import bicall
from bicall.emulator.support.errors import BadInput

LEARNS = ("x", "y", "s", "current", "membrane", "refractory", "h", "rows", "columns")
TICKS = 20


def network() -> bicall.Network:
    rule = bicall.load_rule("digits-256")
    made = bicall.Network("small")
    made.add_inputs("in", 8)
    made.add_neurons("hidden", 6, rule)
    made.add_neurons("out", 4, rule)
    made.connect("in", "hidden", kind="plastic")
    made.connect("hidden", "out", kind="plastic", delay=2)
    made.add_neurons("fixed", 3, rule)
    made.connect("hidden", "fixed", np.full((6, 3), 50))
    made.start("fixed", 1)
    return made


def spikes() -> dict[str, bicall.SpikeTrain]:
    return {"in": bicall.SpikeTrain.from_dense(np.random.default_rng(1).random((TICKS, 8)) < 0.2)}


def run(made: bicall.Network, **options) -> None:
    for backend in ("compiled", "plain", "events"):
        with pytest.raises(BadInput) as refused:
            bicall.run(made.copy() if made.state else made, spikes(), backend, **options)
        assert "\n" not in str(refused.value)


DAMAGE = {
    "short": lambda values: values[:-1].copy(),
    "long": lambda values: np.concatenate([values, values]),
    "empty": lambda values: values[:0].copy(),
    "float": lambda values: values.astype(float),
    "wide": lambda values: values.astype(np.int64),
    "list": lambda values: values.tolist(),
    "none": lambda values: None,
    "negative": lambda values: np.full_like(values, -(2**31)),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", LEARNS)
def test_a_layers_array_is_looked_at(name, damage):
    made = network()
    layer = made.state.layers["hidden"]
    setattr(layer, name, DAMAGE[damage](getattr(layer, name)))
    with pytest.raises(BadInput, match=rf"state of hidden: ({name}|h|current|x|y)\b"):
        bicall.run(made, spikes())


@pytest.mark.parametrize("damage", DAMAGE)
def test_neurons_alone_are_looked_at(damage):
    made = network()
    layers = made.state.layers
    layers["fixed"] = layers["fixed"]._replace(membrane=DAMAGE[damage](layers["fixed"].membrane))
    with pytest.raises(BadInput, match="state of fixed: membrane"):
        bicall.run(made, spikes())


CHANGES = {
    "a population more": lambda made: made.add_neurons("late", 3),
    "axons more": lambda made: made.connect("in", "out", kind="plastic"),
    "fractions": lambda made: made.connect("in", "fixed", np.full((8, 3), 0.5)),
    "another layer's state": lambda made: made.state.layers.update(hidden=made.state.layers["out"]),
    "a state that does not learn": lambda made: made.state.layers.update(hidden=made.state.layers["fixed"]),
    "a layer is missing": lambda made: made.state.layers.pop("out"),
    "recent spikes of nobody": lambda made: made.state.recent.update(
        hidden=bicall.SpikeTrain(np.array([0, 1]), np.array([77], np.int32))
    ),
    "a tick of its own": lambda made: setattr(made.state.layers["hidden"], "tick", 7),
    "a tick that is none": lambda made: setattr(made.state, "tick", "x"),
    "a seed that is none": lambda made: setattr(made.state, "seed", 2**40),
    "an arithmetic that is none": lambda made: setattr(made.state, "arithmetic", "double"),
    "float": lambda made: setattr(made.state, "arithmetic", "float"),
    "not started": lambda made: setattr(made, "state", None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_network_is_refused(change):
    made = network()
    CHANGES[change](made)
    run(made)


OPTIONS = {
    "a drive that is a list": {"drive": {"hidden": [[0] * 6] * TICKS}},
    "no drive of a population": {"drive": {"hidden": None}},
    "a drive of nobody": {"drive": np.zeros((TICKS, 6), np.int32)},
    "enables of nobody": {"learns": np.ones(6, bool)},
    "learning that is a word": {"learning": "no"},
    "a layer's recorder": {"recorder": bicall.Recorder()},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_another_kind_are_refused(options):
    run(network(), **OPTIONS[options])


@pytest.mark.parametrize("inputs", [None, [1], {}, {"in": "spikes"}, {"in": np.zeros((9, 8), bool)}])
def test_inputs_of_another_kind_are_refused(inputs):
    with pytest.raises(BadInput, match=r"^inputs"):
        bicall.run(network(), inputs)


def test_arrays_that_do_not_lie_in_one_piece():
    """Enables are taken over; of a state's array the neurons' own changes would be lost, so it is refused."""
    made = network()
    bicall.run(made, spikes(), learns={"hidden": np.ones(12, bool)[::2]})
    made.state.layers["hidden"].x = np.zeros(16, np.int32)[::2]
    with pytest.raises(BadInput, match="x: must lie in memory in one piece"):
        bicall.run(made, spikes())
