"""Convolutions and pooling as sparse matrices of weights, so that each synapse is there to be mapped."""

import numpy as np
import scipy.sparse

from bicall.emulator.support.errors import BadInput


def convolution(
    weights: np.ndarray,
    shape: tuple[int, int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> tuple[scipy.sparse.csr_array, tuple[int, int, int]]:
    """A two-dimensional convolution (correlation, as in all deep-learning libraries).

    Args:
        weights: [channels out, channels in, height, width]; weights of 0 make no synapse.
        shape: of the input, (channels, height, width).
        padding: rows and columns of zeros on each side.

    Returns:
        [inputs, outputs], both flattened in C order, and the output's shape.

    Raises:
        BadInput: the channels do not agree, or the kernel is larger than the padded input.
    """
    out_channels, in_channels, kernel_height, kernel_width = weights.shape
    channels, height, width = shape
    if channels != in_channels:
        raise BadInput(f"convolution: input has {channels} channels, must have {in_channels}")
    rows = (height + 2 * padding[0] - kernel_height) // stride[0] + 1
    columns = (width + 2 * padding[1] - kernel_width) // stride[1] + 1
    if rows < 1 or columns < 1:
        raise BadInput(f"convolution: kernel is {kernel_height} x {kernel_width}, larger than the padded input")
    out, into, down, across = np.nonzero(weights)
    y = np.arange(rows)[:, None] * stride[0] + down - padding[0]  # [rows, taps]
    x = np.arange(columns)[:, None] * stride[1] + across - padding[1]
    y, x = np.broadcast_arrays(y[:, None, :], x[None, :, :])  # [rows, columns, taps]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    source = (into * height + y) * width + x
    target = (out * rows + np.arange(rows)[:, None, None]) * columns + np.arange(columns)[None, :, None]
    value = np.broadcast_to(weights[out, into, down, across], source.shape)
    matrix = scipy.sparse.csr_array(
        (value[inside], (source[inside], target[inside])),
        shape=(channels * height * width, out_channels * rows * columns),
    )
    return matrix, (out_channels, rows, columns)


def sum_pool(
    shape: tuple[int, int, int], kernel: tuple[int, int], stride: tuple[int, int], weight: int
) -> tuple[scipy.sparse.csr_array, tuple[int, int, int]]:
    """Sums over patches of each channel, every synapse with the same weight; as `convolution`."""
    weights = np.zeros((shape[0], shape[0], *kernel), np.int32)
    weights[np.arange(shape[0]), np.arange(shape[0])] = weight
    return convolution(weights, shape, stride)
