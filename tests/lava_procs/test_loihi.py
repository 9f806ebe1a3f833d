"""The rule in Lava's own learning engine: what it must keep of the exact rule, and what does not fit is refused."""

import numpy as np
import pytest

from bicall.emulator.rule.description import with_values
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.build.loihi_layer import hidden_of, learning_rule, native_description, tags_of
from bicall.lava_procs.compare.loihi_comparison import compare_digits, compare_pairings, compare_rates


def test_hidden_weights_survive_the_way_through_the_tags():
    hidden = np.arange(256)
    np.testing.assert_array_equal(hidden_of(tags_of(hidden)), hidden)
    np.testing.assert_array_equal(tags_of(hidden) > 0, hidden > 127)
    assert (hidden_of(np.array([-257, -256, 0, 255])) == [0, 0, 127, 255]).all()


def test_the_learning_engine_learns_much_the_same(configuration):
    result = compare_digits(configuration, 3, 100, 1)
    assert result["correlation"] > 0.8 and result["same_bits"] > 0.98 and result["changed_bits"] > 0


def test_rates_move_h_the_same_way(configuration):
    result = compare_rates(configuration, 1)
    exact, native = np.array(result["exact"]), np.array(result["native"])
    assert np.corrcoef(exact.ravel(), native.ravel())[0, 1] > 0.9
    large = np.abs(exact) > 0.02
    assert large.sum() >= 4 and (np.sign(exact) == np.sign(native))[large].all()


@pytest.mark.slow
def test_the_window_has_both_halves_in_their_places(configuration):
    window = {name: np.array(values) for name, values in compare_pairings(configuration, 1).items()}
    late = (window["delay"] >= 5) & (window["delay"] <= 20)
    early = (window["delay"] <= 0) & (window["delay"] >= -20)
    for form in ("exact", "native"):
        assert (window[form][late] < -1e-3).all() and (window[form][early] > 2e-4).all()
    np.testing.assert_allclose(window["native"][late], window["exact"][late], rtol=0.3)


def test_a_sparse_network_is_refused(configuration):
    described = with_values(configuration, network__connectivity="random", network__inputs_per_output=60)
    with pytest.raises(BadInput, match="network.connectivity is random, must be dense"):
        compare_digits(described, 1, 1, 1)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"hidden_weight__bits": 9}, "hidden_weight.bits is 9, must be 8 for Loihi's tags"),
        ({"transmission__weight_high": -1.0}, "weight_high - weight_low is"),
        (
            {"transmission__weight_low": -1.0, "transmission__weight_high": -0.5},
            "where the step is 255, must be to +-255",
        ),
        ({"plasticity__potentiation": 0.1}, "plasticity.potentiation is"),
        ({"plasticity__depression_pre": -0.1}, "plasticity.depression_pre is"),
    ],
)
def test_what_does_not_fit_is_refused(configuration, values, message):
    with pytest.raises(BadInput) as error:
        learning_rule(native_description(with_values(configuration, **values)), 1)
    assert message in str(error.value)
