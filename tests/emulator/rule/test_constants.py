"""Constants in both arithmetics."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bicall.emulator.rule.constants import COUNTS, Constants, fixed, quantise, real
from bicall.emulator.rule.describe import is_large, time_constants
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.state import is_fixed
from bicall.emulator.support.errors import BadInput


def test_integers_of_the_example(configuration):
    """Worked out from the description with a pocket calculator."""
    c = fixed(configuration)
    assert (c.x_decay, c.y_decay, c.s_decay) == (3896, 4028, 4091)  # 4096 exp(-1/20), exp(-1/60), exp(-1/800)
    assert (c.x_bump, c.y_bump, c.s_bump) == (1638, 2048, 165)  # 4096 times 0.4, 0.5, 0.0404
    assert c.potentiation == 784  # 0.012 * 255 * 2^8 * 4096/4095
    assert (c.depression_pre, c.depression_post) == (-247, -7)  # * 255 * 2^8
    assert (c.pre_threshold, c.post_threshold, c.gate_low, c.gate_high) == (293, 1028, 328, 1122)  # * 4095
    assert (c.drift_up, c.drift_down) == (1, 1)  # 0.000265 * 14.784 * 255
    assert (c.h_full, c.h_threshold) == (255, 127)
    assert (c.weight_low, c.weight_high, c.teacher_weight) == (-31, 61, 2355)  # * 2048
    assert (c.current_decay, c.membrane_decay) == (0, 3889)  # 4096 exp(-1/19.3)
    assert (c.membrane_threshold, c.membrane_floor) == (2048 * 64, -19661)  # * 2048 * 64


def test_both_arithmetics_have_the_same_names(configuration):
    integers, physical = fixed(configuration), real(configuration)
    described = [
        name for name in Constants._fields if name not in Constants._field_defaults
    ]  # others come with NIR graphs
    assert [constant.name for constant in quantise(configuration)] == described
    assert all(isinstance(value, int) for value in integers)
    for name, value in physical._asdict().items():
        assert isinstance(value, int if name in COUNTS else float), name
        if name in COUNTS:
            assert value == getattr(integers, name)
    assert is_fixed(integers) and not is_fixed(physical)


@given(data=st.data())
def test_an_integer_stands_for_a_value_within_half_a_unit(cases, data):
    """The unit of each constant, from two of its integers; nothing but h's threshold and no floor is an exception."""
    described = data.draw(cases).described
    for constant in quantise(described):
        if constant.name in COUNTS:
            assert constant.physical == constant.integer == constant.represented
        elif constant.integer and constant.name != "h_threshold" and not math.isinf(constant.physical):
            unit = constant.represented / constant.integer
            assert abs(constant.represented - constant.physical) <= unit / 2 * (1 + 1e-9), constant
    assert fixed(described).h_threshold == fixed(described).h_full // 2


def test_no_floor_is_the_lowest_membrane(configuration):
    free = with_values(configuration, neuron__floor="none")
    assert fixed(free).membrane_floor == -(2**23) + 1
    assert real(free).membrane_floor == -math.inf


@pytest.mark.parametrize(
    "values, message",
    [
        ({"transmission__weight_high": 16.0, "neuron__threshold_mantissa": 4096}, "weight_high is 65536 as an integer"),
        ({"transmission__weight_low": -16.0, "neuron__threshold_mantissa": 4096}, "weight_low is -65536 as an integer"),
        ({"transmission__teacher_weight": 16.0, "neuron__threshold_mantissa": 8000}, "teacher_weight is 128000"),
        ({"neuron__floor": -60.0, "neuron__threshold_mantissa": 2**17 - 1}, "membrane_floor is -503312640"),
    ],
)
def test_a_constant_that_does_not_fit_its_register_is_named(configuration, values, message):
    small = {"transmission__teacher_weight": 0.1, "transmission__weight_high": 0.0, "transmission__weight_low": 0.0}
    with pytest.raises(BadInput, match=f"{message}.*must be within .*lower neuron.threshold_mantissa"):
        fixed(with_values(configuration, **(small | values)))


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_drift_step_fits_h(configuration, direction):
    """A step of full scale is the largest that makes sense, and the largest that the synapse's circuit can take."""
    key, period = f"hidden_weight__drift_{direction}_per_s", {"time__drift_period_ticks": 1000}
    whole = fixed(with_values(configuration, **period, **{key: 1.0}))
    assert getattr(whole, f"drift_{direction}") == whole.h_full
    with pytest.raises(BadInput, match=f"drift_{direction} is 510 .*within .-255 .*or hidden_weight.drift_{direction}"):
        fixed(with_values(configuration, **period, **{key: 2.0}))


def test_errors_are_relative_and_large_ones_marked(configuration):
    described = with_values(configuration, plasticity__depression_post=-0.00001)
    constants = {constant.name: constant for constant in quantise(described)}
    assert constants["depression_post"].integer == -1
    assert constants["depression_post"].error == pytest.approx(-0.53, abs=0.01)
    assert is_large(constants["depression_post"])
    assert not is_large(constants["potentiation"])
    vanished = {c.name: c for c in quantise(with_values(configuration, plasticity__depression_pre=-1e-6))}
    assert vanished["depression_pre"].integer == 0
    assert vanished["depression_pre"].error == 1.0  # towards 0 from below: up by all of it


def test_time_constants_show_what_a_factor_near_one_hides(configuration):
    times = {constant.name: constant for constant in time_constants(configuration)}
    assert times["s_time_constant"].represented == pytest.approx(818.7, abs=0.05)
    assert times["s_time_constant"].error == pytest.approx(0.0234, abs=1e-4)
    assert times["current_time_constant"].represented == 0.0
    endless = {c.name: c for c in time_constants(with_values(configuration, gate_trace__time_constant_ms=1e5))}
    assert endless["s_time_constant"].represented == math.inf
    assert is_large(endless["s_time_constant"])
