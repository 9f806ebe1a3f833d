"""nengo-loihi's way onto Loihi: `split_model` cuts populations into blocks, an allocator puts blocks on cores.

usage: python allocate.py PROBLEM.npz RESULT.npz

A row of the mesh takes the place of a chip, so that GreedyInterchip, which keeps blocks that talk on one chip, keeps
them in one row. PROBLEM: `width`, `height`; `sizes` of the populations of neurons; for each projection n `n.pre` and
`n.post` (numbers of populations; inputs are -1), `n.starts` and `n.targets` (compressed sparse rows). RESULT: for each
allocator the core of each neuron, int64[neurons].
"""

import sys

import numpy as np
import scipy.sparse
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder import Model
from nengo_loihi.builder.split_blocks import split_model
from nengo_loihi.hardware.allocators import Greedy, GreedyInterchip, RoundRobin
from nengo_loihi.inputs import SpikeInput

problem = np.load(sys.argv[1])
width, height, sizes = int(problem["width"]), int(problem["height"]), problem["sizes"]
model = Model()
blocks = [LoihiBlock(int(size)) for size in sizes]
for block in blocks:
    block.compartment.configure_relu()
    block.compartment.vth[:] = 2**12  # an integer, as the allocators want it
    model.add_block(block)
for n in range(sum(name.endswith(".pre") for name in problem)):
    pre, post = int(problem[f"{n}.pre"]), int(problem[f"{n}.post"])
    starts, targets = problem[f"{n}.starts"], problem[f"{n}.targets"]
    heard = np.diff(starts) > 0  # an axon without synapses is none
    rows = int(heard.sum())
    starts = np.append(starts[:-1][heard], starts[-1])
    weights = scipy.sparse.csr_matrix((np.ones(len(targets)), targets, starts), shape=(rows, sizes[post]))
    synapse, axon = Synapse(rows), Axon(rows)
    synapse.set_weights(weights)
    synapse.format(weight_bits=7, fanout_type=1)  # 8 bits
    blocks[post].add_synapse(synapse)
    axon.target = synapse
    axon.set_compartment_axon_map(np.where(heard, np.cumsum(heard) - 1, -1))
    if pre < 0:
        source = SpikeInput(len(heard))
        model.add_input(source)
        source.add_axon(axon)
    else:
        blocks[pre].add_axon(axon)
pieces = split_model(model)
found = {}
for name, allocator in {
    "Greedy": Greedy(cores_per_chip=width),
    "RoundRobin": RoundRobin(),
    "GreedyInterchip": GreedyInterchip(cores_per_chip=width),
}.items():
    try:
        board = allocator(model, height)
    except (AssertionError, IndexError):  # more blocks than cores
        continue
    place = {
        id(block): row * width + column
        for row, chip in enumerate(board.chips)
        for column, core in enumerate(chip.cores)
        for block in core.blocks
    }
    cores = np.zeros(sizes.sum(), np.int64)
    for first, block in zip(np.cumsum(sizes) - sizes, blocks, strict=True):
        for piece, members in pieces[block].items():
            cores[first + np.array(list(members))] = place[id(piece)]
    found[name] = cores
np.savez(sys.argv[2], **found)
