import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.lava_procs.support.checks import check_matrix
from bicall.lava_procs.support.connection import BiCaLLConnection
from bicall.lava_procs.support.state_var import StateVar


class BiCaLLDense(BiCaLLConnection):
    """Plastic synapses from every axon to every neuron.

    Parameters
    ----------
    hidden : numpy.ndarray
        Initial h of shape (post, pre), as Lava's Dense has its weights: integers from 0 to full scale for fixed_pt,
        floats from 0 to 1 for floating_pt. It is the Var `h`.
    description, seed, x, delay, learning, tick
        As of `BiCaLLConnection`, where the ports are described, too.

    Raises
    ------
    BadInput
        `hidden` is no matrix, or as `BiCaLLConnection`.
    """

    def __init__(self, *, hidden: np.ndarray, description: Rule | Constants, **parameters) -> None:
        check_matrix("BiCaLLDense hidden", hidden)
        post, pre = hidden.shape
        super().__init__(pre=pre, post=post, description=description, **parameters)
        self.h = StateVar(shape=hidden.shape, init=hidden, full="h_full")

    def matrix(self, h: np.ndarray) -> np.ndarray:
        return h
