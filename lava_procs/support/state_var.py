"""A Var that refuses, when its network is compiled, what the chosen model cannot hold."""

import numpy as np
from lava.magma.core.process.variable import Var

from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.constants import constants_in


class StateVar(Var):
    """State of a process that has a description.

    Lava would cut a float to an integer without a word, and an error in a model's constructor would leave its
    operating-system processes waiting for ever; so this looks at the initial value when the compiler reads it, in the
    process that a user sees.

    Parameters
    ----------
    shape : tuple
    init : int, float or numpy.ndarray
    full : str
        The constant that is the largest value, such as "h_full", with 0 as the smallest; None: any value.

    Raises (from the compiler)
    ------
    BadInput
        A float where the model holds integers, or a value outside the limits.
    """

    def __init__(self, shape: tuple, init=0, full: str | None = None):
        self.full = full
        super().__init__(shape=shape, init=init)

    @property
    def init(self):
        model = getattr(getattr(self, "process", None), "model_class", None)
        if model is not None:
            self._check(model)
        return self._init

    @init.setter
    def init(self, value) -> None:
        self._init = value

    def _check(self, model: type) -> None:
        values, process = np.asarray(self._init), self.process
        where = f"{type(process).__name__} {self.name}"
        holds_integers = np.issubdtype(getattr(model, self.name).d_type, np.integer)
        hint = f"the run config's select_tag chose {model.__name__}"
        if values.shape not in ((), self.shape):
            raise BadInput(f"{where}: has shape {list(values.shape)}, must be one number or {list(self.shape)}")
        if holds_integers and not np.issubdtype(values.dtype, np.integer):
            raise BadInput(f"{where}: is of type {values.dtype}, must be integer ({hint})")
        if self.full is None:
            return
        constants = constants_in("fixed" if holds_integers else "float", process.proc_params["description"])
        full = getattr(constants, self.full)
        outside = values[~((values >= 0) & (values <= full))]
        if outside.size:
            raise BadInput(f"{where}: holds {outside.flat[0]}, must be from 0 to {full:g} ({hint})")
