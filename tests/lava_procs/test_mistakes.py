"""Mistakes end in one line with field, value and limit, before any operating-system process starts."""

import multiprocessing

import numpy as np
import pytest
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg

from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.build.running import run_config
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.compare.check import compare_classifier
from bicall.lava_procs.plain_lif.process import PlainLIF
from bicall.lava_procs.spike_input.process import SpikeInput
from bicall.lava_procs.teacher.process import Teacher

INTEGERS = np.full((2, 3), 128)


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda d: CalciumLIF(shape=(2, 3), description=d),
            "CalciumLIF shape: is (2, 3), must be (n,) with n at least 1",
        ),
        (lambda d: CalciumLIF(shape=(2,), description=d, seed=-1), "CalciumLIF seed: is -1, must be an integer from 0"),
        (lambda d: CalciumLIF(shape=(2,), description=d, tick=2.5), "CalciumLIF tick: is 2.5, must be an integer"),
        (lambda d: PlainLIF(shape=(), description=d), "PlainLIF shape: is (), must be (n,) with n at least 1"),
        (lambda d: BiCaLLDense(hidden=np.zeros(3), description=d), "hidden: is of shape [3], must be a NumPy array"),
        (lambda d: BiCaLLDense(hidden=INTEGERS, description=d, delay=64), "BiCaLLDense delay: is 64, must be 0 to 63"),
        (lambda d: BiCaLLDense(hidden=INTEGERS, description=d, delay=-1), "BiCaLLDense delay: is -1, must be 0 to 63"),
        (
            lambda d: BiCaLLDense(hidden=INTEGERS, description=d, delay=1.5),
            "delay: is of type float64, must be integer",
        ),
        (lambda d: BiCaLLDense(hidden=INTEGERS, description=d, delay=[1, 2]), "shape [2], must be one number or [3]"),
        (lambda d: BiCaLLSparse(hidden=INTEGERS, description=d), "hidden: is a ndarray, must be a scipy.sparse matrix"),
        (lambda d: SpikeInput(shape=(3,), spikes=np.zeros((5, 4))), "SpikeInput spikes: has shape [5, 4], must be"),
        (
            lambda d: SpikeInput(shape=(3,), spikes=np.full((5, 3), 0.5)),
            "SpikeInput spikes: holds 0.5, must hold 0 and 1",
        ),
        (
            lambda d: SpikeInput(shape=(3,), spikes=SpikeTrain(np.array([0, 1]), np.array([3]))),
            "SpikeInput spikes: source is 3, must be from 0 to 2",
        ),
        (lambda d: Teacher(shape=(0,), spikes=np.zeros((5, 0)), description=d), "Teacher shape: is (0,), must be (n,)"),
        (lambda d: run_config("double"), "arithmetic: is 'double', must be one of fixed, float"),
        (lambda d: compare_classifier(Classifier.fresh(d, "fixed", 1), []), "samples: are 0, must be at least 1"),
    ],
)
def test_when_it_is_built(configuration, make, message):
    with pytest.raises(BadInput) as error:
        make(configuration)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "tag, hidden, message",
    [
        ("fixed_pt", INTEGERS / 256, "BiCaLLDense h: is of type float64, must be integer (the run config's select_tag"),
        ("fixed_pt", INTEGERS * 2, "BiCaLLDense h: holds 256, must be from 0 to 255"),
        ("fixed_pt", -INTEGERS, "BiCaLLDense h: holds -128, must be from 0 to 255"),
        ("floating_pt", INTEGERS, "BiCaLLDense h: holds 128, must be from 0 to 1"),
        ("floating_pt", np.full((2, 3), np.nan), "BiCaLLDense h: holds nan, must be from 0 to 1"),
        (None, INTEGERS, "BiCaLLDense h: holds 128, must be from 0 to 1 (the run config's select_tag"),
    ],
)
def test_when_it_is_compiled(configuration, tag, hidden, message):
    connection = BiCaLLDense(hidden=hidden, description=configuration)
    with pytest.raises(BadInput) as error:
        connection.run(RunSteps(1), run_cfg=Loihi2SimCfg(select_tag=tag))
    assert message in str(error.value) and not multiprocessing.active_children()


def test_constants_of_the_other_arithmetic(configuration):
    connection = BiCaLLDense(hidden=INTEGERS / 256, description=fixed(configuration))
    with pytest.raises(BadInput, match="description: holds constants of fixed, must be of float, or a rule"):
        connection.run(RunSteps(1), run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
    assert not multiprocessing.active_children()


def test_an_unknown_tag_and_wrong_shapes_are_lavas_own_errors(configuration):
    neuron = CalciumLIF(shape=(4,), description=configuration, name="cells")
    with pytest.raises(AssertionError, match="No ProcessModels found with tag 'fixed'"):
        neuron.run(RunSteps(1), run_cfg=Loihi2SimCfg(select_tag="fixed"))
    with pytest.raises(AssertionError, match=r"Shapes \(2,\) and \(4,\) are incompatible"):
        BiCaLLDense(hidden=INTEGERS, description=configuration).feed(neuron)
