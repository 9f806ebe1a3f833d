from lava.magma.core.process.ports.ports import OutPort

from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.support.checks import check_count

TRACE_FULL = 127  # Loihi's traces have 7 bits


class LearningCalciumLIF(CalciumLIF):
    """A `CalciumLIF` that tells Lava's learning Dense what a three-factor rule may know.

    The learning engine knows no thresholds on traces and no gate, so the neuron computes both, and sends them as the
    post traces of `Loihi3FLearningRule`. fixed_pt only, as the learning engine of a chip is.

    Parameters
    ----------
    depression : int
        Value of y1 while presynaptic spikes depress: gate open and y above its threshold. 0 to 127.
    potentiation : int
        Value of y2 while the gate is open. 0 to 127.
    **parameters
        As of `CalciumLIF`.

    Ports (all of shape (neurons,), as Lava's learning neurons have them)
    -----
    s_out_bap : bool, spikes for the learning engine.
    s_out_y1, s_out_y2, s_out_y3 : post traces; y3 is 0.

    Raises
    ------
    BadInput
        A value outside its limits, or as `CalciumLIF`.
    """

    def __init__(self, *, depression: int, potentiation: int, **parameters) -> None:
        check_count("LearningCalciumLIF depression", depression, 0, TRACE_FULL)
        check_count("LearningCalciumLIF potentiation", potentiation, 0, TRACE_FULL)
        super().__init__(**parameters)
        self.proc_params["depression"], self.proc_params["potentiation"] = depression, potentiation
        shape = self.s_out.shape
        self.s_out_bap = OutPort(shape=shape)
        self.s_out_y1 = OutPort(shape=shape)
        self.s_out_y2 = OutPort(shape=shape)
        self.s_out_y3 = OutPort(shape=shape)
