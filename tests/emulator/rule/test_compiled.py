"""The compiled loop equals the plain one, bit for bit, on anything a description allows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.randomness import Stream
from bicall.emulator.rule.recording import compare
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=120)
@given(data=st.data())
def test_equals_the_plain_loop(cases, arithmetic, data):
    """Every recorded value, spike and end state, however the run is cut into pieces."""
    case = data.draw(cases)
    cuts = data.draw(st.sets(st.integers(1, 59), max_size=4))
    state, spikes, recording = case.run(plain, arithmetic)
    other, other_spikes, other_recording = case.run(compiled, arithmetic, cuts)
    assert compare(recording, other_recording) is None
    assert np.array_equal(spikes, other_spikes)
    assert state.tick == other.tick
    for name in STATE_VARIABLES:
        ours, theirs = getattr(state, name), getattr(other, name)
        assert np.array_equal(ours, theirs), name
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("rounding", ["truncate", "nearest", "stochastic"])
@pytest.mark.parametrize("learning", [True, False])
def test_equals_the_plain_loop_in_a_busy_network(busy_case, arithmetic, rounding, learning):
    case = busy_case(rounding, learning)
    _, _, recording = case.run(plain, arithmetic)
    _, _, other = case.run(compiled, arithmetic)
    assert compare(recording, other) is None
    assert recording.size > 1e5
    assert recording.variables["post_spikes"].values.sum() > 100


def test_the_busy_network_takes_every_branch(busy_case):
    """What the equality above is worth: gate open and closed, both ends of h, flips of w, floor, refractory period."""
    case = busy_case("truncate")
    c = case.constants("fixed")
    _, _, recording = case.run(plain, "fixed")
    values = {name: variable.values for name, variable in recording.variables.items()}
    gate = (c.gate_low < values["s"]) & (values["s"] < c.gate_high)
    assert gate[values["post_spikes"]].any() and not gate[values["post_spikes"]].all()
    assert (values["h"] == 0).any() and (values["h"] == c.h_full).any()
    w = values["h"] > c.h_threshold
    assert np.count_nonzero(w[1:] & ~w[:-1]) > 5 and np.count_nonzero(~w[1:] & w[:-1]) > 5
    assert (values["membrane"] == c.membrane_floor).any()
    assert (values["refractory"] > 0).any()
    assert (values["y"] > c.post_threshold).any() and (values["x"] < c.pre_threshold).any()


@pytest.mark.parametrize("spikes", [254, 255, 256, 511, 600])
def test_more_spikes_in_a_tick_than_a_byte_counts(busy_case, arithmetic, spikes):
    """Transmitted bits are summed a byte each, eight at a time: no sum may run over into its neighbour's."""
    case = busy_case("truncate", learning=False)
    states = [LayerState.initial(case.constants(arithmetic), 600, 11, 1) for _ in range(2)]
    arriving = np.zeros((3, 600), bool)
    arriving[0, :spikes] = True
    for loop, state in zip((plain, compiled), states, strict=True):
        state.h[:, ::2] = case.constants(arithmetic).h_full  # all bits of every other neuron
        pre = SpikeTrain.from_dense(arriving)
        loop.run(case.constants(arithmetic), state, pre, SpikeTrain.silent(3), case.seed, learning=False)
    assert np.array_equal(states[0].membrane, states[1].membrane)
    assert np.array_equal(states[0].current, states[1].current)
    assert states[0].membrane.any()


def test_recording_changes_nothing(busy_case, arithmetic):
    case = busy_case("stochastic")
    state, spikes, _ = case.run(compiled, arithmetic)
    unrecorded, c = case.start(arithmetic), case.constants(arithmetic)
    edges = [0, *sorted(case.resets), len(case.pre)]
    for first, last in zip(edges, edges[1:], strict=False):
        if first:
            unrecorded.reset()
        trains = (SpikeTrain.from_dense(dense[first:last]) for dense in (case.pre, case.teacher))
        found, _ = compiled.run(c, unrecorded, *trains, case.seed)
        assert np.array_equal(found, spikes[first:last])
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(state, name), getattr(unrecorded, name))


@pytest.mark.parametrize("rounding", ["truncate", "stochastic"])
def test_counts_are_those_of_the_plain_loop(busy_case, rounding, monkeypatch):
    """Steps of h counted where the plain loop makes them."""
    steps = {Stream.ROUND_PRE: 0, Stream.ROUND_POST: 0}
    learn = plain.FixedPoint.learn

    def counting(self, h, step, rows, columns, tick, stream):
        steps[stream] += h.size
        return learn(self, h, step, rows, columns, tick, stream)

    monkeypatch.setattr(plain.FixedPoint, "learn", counting)
    case = busy_case(rounding)._replace(resets=frozenset())
    _, spikes, _ = case.run(plain, "fixed")
    trains = SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher)
    _, counts = compiled.run(case.constants("fixed"), case.start("fixed"), *trains, case.seed)
    n_arrived = int(case.pre.sum())
    assert counts == (
        n_arrived, int(spikes.sum()), n_arrived * spikes.shape[1], steps[Stream.ROUND_PRE], steps[Stream.ROUND_POST]
    )  # fmt: skip
    assert steps[Stream.ROUND_PRE] > 100 and steps[Stream.ROUND_POST] > 100


def test_a_part_of_a_layer_computes_what_the_whole_does(busy_case):
    """Some neurons with all their axons, as a core holds them: same spikes, same h, whatever the rounding."""
    case = busy_case("stochastic")._replace(resets=frozenset())
    c, columns = case.constants("fixed"), np.array([1, 4, 5])
    whole = case.start("fixed")
    part = whole.part(np.arange(case.pre.shape[1]), columns)
    pre = SpikeTrain.from_dense(case.pre)
    spikes, _ = compiled.run(c, whole, pre, SpikeTrain.from_dense(case.teacher), case.seed)
    for loop in (plain, compiled):
        mine = part.copy()
        found = loop.run(c, mine, pre, SpikeTrain.from_dense(case.teacher[:, columns]), case.seed)
        found = found[0] if isinstance(found, tuple) else found
        assert np.array_equal(found, spikes[:, columns])
        assert np.array_equal(mine.h, whole.h[:, columns])
        assert np.array_equal(mine.x, whole.x) and np.array_equal(mine.s, whole.s[columns])


@pytest.mark.parametrize(
    "pre, teacher, message",
    [
        (SpikeTrain(np.array([0, 1]), np.array([3], np.int32)), SpikeTrain.silent(1), "pre spikes: source is 3"),
        (SpikeTrain(np.array([0, 1]), np.array([-1], np.int32)), SpikeTrain.silent(1), "pre spikes: source is -1"),
        (SpikeTrain.silent(1), SpikeTrain(np.array([0, 1]), np.array([2], np.int32)), "teacher spikes: source is 2"),
        (SpikeTrain.silent(4), SpikeTrain.silent(3), "teacher: has 3 ticks, must have 4"),
    ],
)
def test_spikes_from_nowhere_are_refused(configuration, pre, teacher, message):
    from bicall.emulator.rule.constants import fixed

    c = fixed(configuration)
    with pytest.raises(BadInput, match=message):
        compiled.run(c, LayerState.initial(c, 3, 2, 0), pre, teacher, 0)


@pytest.mark.parametrize(
    "starts", [[0, 5, 3, 3], [-2, 0, 1, 1], [0, 1, 2, 9], [0.0, 1.0, 2.0, 3.0], [3, 2, 1, 0]], ids=str
)
def test_starts_that_lead_out_of_the_train_are_refused(starts, configuration):
    """The loop would read there."""
    constants = fixed(configuration)
    bad, good = SpikeTrain(np.array(starts), np.zeros(3, np.int32)), SpikeTrain.silent(3)
    for pre, teacher, name in ((bad, good, "pre"), (good, bad, "teacher")):
        with pytest.raises(BadInput, match=f"{name} spikes: starts"):
            compiled.run(constants, LayerState.initial(constants, 4, 4, 1), pre, teacher, 1)
