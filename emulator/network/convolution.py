"""Convolutions and pooling as sparse matrices of weights, so that each synapse is there to be mapped."""

import numpy as np
import scipy.sparse

from bicall.emulator.support.errors import BadInput


def convolution(
    weights: np.ndarray,
    shape: tuple[int, int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    padding_after: tuple[int, int] | None = None,
) -> tuple[scipy.sparse.csr_array, tuple[int, int, int]]:
    """A two-dimensional convolution (correlation, as in all deep-learning libraries).

    Args:
        weights: [channels out, channels in, height, width]; weights of 0 make no synapse.
        shape: of the input, (channels, height, width).
        padding: rows and columns of zeros before the input, and after it unless `padding_after` says how many there.
        dilation: rows and columns from one tap to the next.

    Returns:
        [inputs, outputs], both flattened in C order, and the output's shape.

    Raises:
        BadInput: the channels do not agree, or the kernel is larger than the padded input.
    """
    out_channels, in_channels, *kernel = weights.shape
    channels, height, width = shape
    if channels != in_channels:
        raise BadInput(f"convolution: input has {channels} channels, must have {in_channels}")
    spans = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
    after = padding if padding_after is None else padding_after
    rows, columns = (
        (size + low + high - span) // step + 1
        for size, low, high, span, step in zip((height, width), padding, after, spans, stride, strict=True)
    )
    if rows < 1 or columns < 1:
        raise BadInput(f"convolution: kernel is {spans[0]} x {spans[1]}, larger than the padded input")
    out, into, down, across = np.nonzero(weights)
    y = np.arange(rows)[:, None] * stride[0] + down * dilation[0] - padding[0]  # [rows, taps]
    x = np.arange(columns)[:, None] * stride[1] + across * dilation[1] - padding[1]
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
