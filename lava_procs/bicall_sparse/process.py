import numpy as np
from scipy import sparse

from bicall.emulator.configuration.description import Description
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
    description, seed, x, delay, learning, reset_interval, reset_offset, tick
        As of `BiCaLLConnection`, where the ports are described, too.

    Raises
    ------
    BadInput
        `hidden` is no sparse matrix or has no synapse, or as `BiCaLLConnection`.
    """

    def __init__(self, *, hidden: sparse.spmatrix, description: Description, **parameters) -> None:
        if not sparse.issparse(hidden) or hidden.nnz == 0:
            found = "empty" if sparse.issparse(hidden) else f"a {type(hidden).__name__}"
            raise BadInput(f"BiCaLLSparse hidden: is {found}, must be a scipy.sparse matrix with at least one entry")
        rows = sparse.csr_matrix(hidden)
        rows.sort_indices()
        post, pre = rows.shape
        self._places = rows
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

    def hidden(self) -> np.ndarray:
        return sparse.csr_matrix(
            (self.h.get(), self._places.indices, self._places.indptr), self._places.shape
        ).toarray()
