"""A comparison that cannot fail proves nothing: models with one small change, each of which must be noticed."""

import numpy as np
import pytest
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.digits.classifier import Classifier
from bicall.lava_procs.bicall_dense.models import PyBiCaLLDenseModelFixed
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.calcium_lif.models import PyCalciumLIFModelFixed
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.compare.check import compare_classifier


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class StepRoundedUp(PyBiCaLLDenseModelFixed):
    """One more in the last binary place of each potentiation, before rounding."""

    def potentiation(self):
        return super().potentiation() + 1


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class DriftOneTickLate(PyBiCaLLDenseModelFixed):
    @property
    def tick(self):
        return super().tick - 1


@implements(proc=CalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class LeakRoundedDown(PyCalciumLIFModelFixed):
    """Negative values rounded away from 0."""

    def leak(self, value, factor):
        return (value.astype(np.int64) * factor) >> 12


@pytest.mark.parametrize(
    "process, mutant, variable",
    [
        (BiCaLLDense, StepRoundedUp, "h"),
        (BiCaLLDense, DriftOneTickLate, "h"),
        (CalciumLIF, LeakRoundedDown, "current"),
    ],
)
def test_one_changed_rounding_is_noticed(busy_description, samples, process, mutant, variable):
    network = Classifier.fresh(busy_description("nearest"), "fixed", 3)
    result = compare_classifier(network, samples, models={process: mutant})
    assert result["difference"] is not None and f": {variable}[" in result["difference"]
