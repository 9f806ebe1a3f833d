"""Which inputs of a digits network reach which outputs."""

import math

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.support.errors import BadInput


def connected(description: Description, shape: tuple[int, int, int], outputs: int, seed: int) -> np.ndarray | None:
    """The synapses of a digits network, a pure function of the seed.

    `random` gives each output its own inputs, all equally likely. `patch` gives it all channels of a square patch at a
    random place wholly inside the image, the smallest patch that has at least `inputs_per_output` inputs.

    Args:
        shape: [channels, rows, columns] of the inputs.

    Returns:
        bool[inputs, outputs], or None if dense.

    Raises:
        BadInput: more inputs asked for than there are, or a patch of features that have no place in the image.
    """
    network = description.network
    if network.connectivity == "dense":
        return None
    channels, rows, columns = shape
    inputs = channels * rows * columns
    if network.inputs_per_output > inputs:
        raise BadInput(
            f"configuration {description.name}: network.inputs_per_output is {network.inputs_per_output}, "
            f"must be at most {inputs}, the number of {description.encoder.kind} inputs"
        )
    if network.connectivity == "random":
        words = random_words(seed, Stream.CONNECTIVITY, np.arange(outputs), np.arange(inputs)[:, None])
        chosen = np.argsort(words, axis=0, kind="stable")[: network.inputs_per_output]
        result = np.zeros((inputs, outputs), bool)
        np.put_along_axis(result, chosen, True, axis=0)
        return result
    if rows * columns == 1:
        raise BadInput(
            f"configuration {description.name}: network.connectivity is patch, "
            f"must be dense or random for {description.encoder.kind} inputs, which have no place in the image"
        )
    side = min(math.ceil(math.sqrt(network.inputs_per_output / channels)), rows, columns)
    places = rows - side + 1, columns - side + 1
    top, left = (
        random_words(seed, Stream.CONNECTIVITY, np.arange(outputs), axis).astype(np.int64) * places[axis] >> 32
        for axis in range(2)
    )
    row, column = np.arange(rows)[:, None, None], np.arange(columns)[None, :, None]
    inside = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
    return np.broadcast_to(inside, (channels, *inside.shape)).reshape(inputs, outputs).copy()
