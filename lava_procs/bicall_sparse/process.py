import numpy as np
from scipy import sparse

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.connection import BiCaLLConnection
from bicall.lava_procs.support.state_var import StateVar


class BiCaLLSparse(BiCaLLConnection):
    """Plastic synapses between chosen pairs.

    Parameters
    ----------
    hidden : scipy.sparse matrix or array
        Initial h of shape (post, pre). Every stored entry is a synapse, stored zeros too; the numbers are as of
        `BiCaLLDense`. The Var `h` lists them, of shape (synapses,), by neuron and then by axon; `hidden()` puts them
        back in their places.
    description, seed, x, delay, learning, tick
        As of `BiCaLLConnection`, where the ports are described, too.

    Raises
    ------
    BadInput
        `hidden` is no sparse matrix, or as `BiCaLLConnection`.
    """

    def __init__(self, *, hidden: sparse.spmatrix, description: Rule | Constants, **parameters) -> None:
        if not sparse.issparse(hidden):
            raise BadInput(f"BiCaLLSparse hidden: is a {type(hidden).__name__}, must be a scipy.sparse matrix")
        rows = sparse.csr_matrix(hidden)
        rows.sort_indices()
        post, pre = rows.shape
        self._shape = rows.shape
        super().__init__(
            pre=pre,
            post=post,
            description=description,
            pre_of=rows.indices.astype(np.int64),
            post_of=np.repeat(np.arange(post), np.diff(rows.indptr)),
            pre_count=pre,
            post_count=post,
            **parameters,
        )
        self.h = StateVar(shape=rows.data.shape, init=rows.data, full="h_full")

    def matrix(self, h: np.ndarray) -> np.ndarray:
        matrices = np.zeros((*h.shape[:-1], *self._shape), h.dtype)
        matrices[..., self.proc_params["post_of"], self.proc_params["pre_of"]] = h
        return matrices
