"""Laws that hold for any rule the description allows; small ranges are tried in full."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_LIMIT, NEAREST, STOCHASTIC, TRUNCATE, fixed
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import Stream, column_noise, random_words
from bicall.emulator.rule.recording import compare
from bicall.emulator.rule.state import LayerState, SpikeTrain

UNITY = 2**DECAY_FRACTION_BITS


def decayed(c, x: np.ndarray, rounding: int, tick: int = 1) -> np.ndarray:
    return FixedPoint(c._replace(x_rounding=rounding), seed=1).decay("x", x, np.arange(len(x)), tick)


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@given(data=st.data())
def test_the_state_stays_in_range(cases, arithmetic, data):
    case = data.draw(cases)
    assume(len(case.pre))
    c = case.constants(arithmetic)
    values = {name: variable.values for name, variable in case.run(compiled, arithmetic)[2].variables.items()}
    for name in "xys":
        assert values[name].min() >= 0 and values[name].max() <= getattr(c, f"{name}_full")
    assert values["h"].min() >= 0 and values["h"].max() <= c.h_full
    assert values["membrane"].min() >= c.membrane_floor
    assert values["membrane"].max() <= c.membrane_threshold  # what is above has fired
    assert values["refractory"].min() >= 0 and values["refractory"].max() <= c.refractory_ticks
    assert not values["membrane"][values["post_spikes"]].any()
    if arithmetic == "fixed":
        assert np.abs(values["membrane"].astype(np.int64)).max() < MEMBRANE_LIMIT


@pytest.mark.parametrize("bits", range(2, 17))
def test_the_transmitted_bit_is_the_top_bit_of_h(configuration, bits):
    c, h = fixed(with_values(configuration, hidden_weight__bits=bits)), np.arange(2**bits)
    assert np.array_equal(h > c.h_threshold, h >> (bits - 1) == 1)


@pytest.mark.parametrize("bits", [2, 5, 8, 12, 16])
def test_a_bump_never_passes_full_scale(configuration, bits):
    c, x = fixed(with_values(configuration, pre_trace__bits=bits)), np.arange(2**bits)
    for bump in (0, 1, 165, 2048, 4095, 4096):
        bumped = FixedPoint(c._replace(x_bump=bump), seed=0).bump("x", x)
        assert np.all((x <= bumped) & (bumped <= c.x_full))
        assert np.all(np.diff(bumped) >= 0)
    assert np.all(bumped == c.x_full)  # the whole way


@pytest.mark.parametrize("factor", [0, 1, 2048, 4000, 4091, 4095])
def test_truncation_falls_until_it_reaches_0(configuration, factor):
    x = np.arange(2**12)
    lower = decayed(fixed(configuration)._replace(x_decay=factor), x, TRUNCATE)
    assert lower[0] == 0
    assert np.all(lower[1:] < x[1:])


@pytest.mark.parametrize("factor", [2048, 3896, 4091, 4095])
def test_rounding_to_nearest_stops_above_0(configuration, factor):
    """At every x with x (1 - d) <= 1/2 unit: for slow traces that is a good part of full scale."""
    x = np.arange(2**12)
    stays = decayed(fixed(configuration)._replace(x_decay=factor), x, NEAREST) == x
    assert np.array_equal(stays, x * (UNITY - factor) <= UNITY // 2)


def test_no_rounding_raises_a_trace(configuration):
    c, x = fixed(configuration), np.arange(2**12)
    for rounding in (TRUNCATE, NEAREST, STOCHASTIC):
        for tick in range(1, 20):
            assert np.all(decayed(c, x, rounding, tick) <= x)


@given(x=st.integers(0, 2**16 - 1), factor=st.integers(0, UNITY))
def test_stochastic_decay_is_exact_on_average(x, factor):
    """Hermite: the sum over all noises of (p + noise) >> F is p; test_randomness shows them equally likely."""
    assert int(((x * factor + np.arange(UNITY)) >> DECAY_FRACTION_BITS).sum()) == x * factor


@given(step=st.integers(-(2**28), 2**28), places=st.integers(0, 12))
def test_a_stochastic_step_is_exact_on_average(step, places):
    assert int(((step + np.arange(2**places)) >> places).sum()) == step


def test_stochastic_rounding_uses_that_noise(configuration):
    c, h, rows = fixed(configuration), np.full((40, 3), 100), np.arange(40)
    stepped = FixedPoint(c, seed=5).learn(h, -247, rows, np.arange(3), 9, Stream.ROUND_PRE)
    noise = column_noise(random_words(5, Stream.ROUND_PRE, rows, 9)[:, None], np.arange(3), c.step_fraction_bits)
    assert np.array_equal(stepped, 100 + ((-247 + noise) >> c.step_fraction_bits))
    assert len(np.unique(stepped)) == 2


@given(
    bits=st.integers(2, 16), up=st.integers(0, 300), down=st.integers(0, 300),
    period=st.integers(1, 7), first=st.integers(0, 20), ticks=st.integers(0, 60),
)  # fmt: skip
def test_n_drift_steps_have_a_closed_form(configuration, bits, up, down, period, first, ticks):
    """Move by n steps and saturate; no transmitted bit changes. This is what lets a synapse wait for its next spike."""
    c = fixed(with_values(configuration, hidden_weight__bits=bits))
    c = c._replace(drift_up=up, drift_down=down, drift_period=period)
    state = LayerState.initial(c, 30, 2, seed=bits)
    state.tick, before = first, state.h.copy()
    plain.run(c, state, SpikeTrain.silent(ticks), SpikeTrain.silent(ticks), seed=0)
    n = (first + ticks) // period - first // period
    high = before > c.h_threshold
    assert np.array_equal(state.h, np.clip(np.where(high, before + n * up, before - n * down), 0, c.h_full))
    assert np.array_equal(state.h > c.h_threshold, high)


def test_the_order_of_spikes_within_a_tick_does_not_matter(busy_case):
    """Neither to sums nor to random numbers, which depend on what they are for and not on when they are asked for."""
    case = busy_case("stochastic")
    pre = SpikeTrain.from_dense(case.pre)
    backwards = SpikeTrain(
        pre.starts, np.concatenate([part[::-1] for part in np.split(pre.sources, pre.starts[1:-1])]).astype(np.int32)
    )
    assert not np.array_equal(pre.sources, backwards.sources)
    ends = []
    for train in (pre, backwards):
        state = case.start("fixed")
        spikes, _ = compiled.run(
            case.constants("fixed"), state, train, SpikeTrain.from_dense(case.teacher), seed=case.seed
        )
        ends.append((spikes, state))
    assert np.array_equal(ends[0][0], ends[1][0])
    for name in ("x", "y", "s", "current", "membrane", "h"):
        assert np.array_equal(getattr(ends[0][1], name), getattr(ends[1][1], name))


def test_the_seed_matters_to_stochastic_rounding_only(busy_case):
    for rounding in ("truncate", "nearest", "stochastic"):
        case = busy_case(rounding)
        c, trains = case.constants("fixed"), (SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher))
        ends = [case.start("fixed") for _ in range(2)]  # the same h, which has the case's own seed
        for seed, state in enumerate(ends):
            compiled.run(c, state, *trains, seed=seed)
        assert np.array_equal(ends[0].h, ends[1].h) == (rounding != "stochastic")


def test_without_learning_h_stays(busy_case, arithmetic):
    case = busy_case("stochastic", learning=False)
    state, _, recording = case.run(compiled, arithmetic)
    assert np.array_equal(state.h, case.start(arithmetic).h)
    assert recording.variables["s"].values.any()
    assert compare(recording, case.run(plain, arithmetic)[2]) is None
