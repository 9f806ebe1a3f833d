"""NIR's linear nodes as sparse matrices with a bias: what is sent is arriving @ matrix + bias, all flat, in C order."""

import math
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.network.convolution import convolution
from bicall.emulator.support.errors import BadInput

LINEAR = ("Affine", "Linear", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten")


class Linear(NamedTuple):
    """What a linear node does."""

    matrix: scipy.sparse.csr_array  # float64[inputs, outputs]
    bias: np.ndarray  # float64[outputs]
    shape: tuple[int, ...]  # of what it sends


def linear(node, kind: str, shape: tuple[int, ...] | None, where: str) -> Linear:
    """A linear NIR node.

    Args:
        shape: of what arrives; None where all that arrives closes a circle, which only nodes with weights for each
            input allow.

    Raises:
        BadInput: shapes that do not fit, a value that is not finite, groups that do not divide the channels.
    """
    if kind in ("Affine", "Linear"):
        weight = _finite(node.weight, "weight", where)
        if weight.ndim != 2 or (shape is not None and weight.shape[1] != math.prod(shape)):
            expected = "inputs" if shape is None else str(math.prod(shape))
            raise BadInput(f"{where}: weight has shape {list(weight.shape)}, must be [outputs, {expected}]")
        bias = _bias(node.bias, weight.shape[0], where) if kind == "Affine" else np.zeros(weight.shape[0])
        return Linear(scipy.sparse.csr_array(weight.T), bias, (weight.shape[0],))
    if kind == "Scale":
        scale = _finite(node.scale, "scale", where)
        shape = scale.shape if shape is None else shape
        try:
            values = np.broadcast_to(scale if scale.size > 1 else scale.reshape(()), shape).ravel()
        except ValueError:
            raise BadInput(f"{where}: scale has shape {list(scale.shape)}, must be {list(shape)}") from None
        return Linear(scipy.sparse.diags_array(values, format="csr"), np.zeros(len(values)), tuple(shape))
    if shape is None:
        raise BadInput(f"{where}: gets only what closes a circle, must get something of known shape too")
    size = math.prod(shape)
    if kind == "Flatten":
        identity = scipy.sparse.eye_array(size, format="csr")
        return Linear(identity, np.zeros(size), _flat(shape, int(node.start_dim), int(node.end_dim), where))
    if kind == "Conv1d":
        if len(shape) != 2:
            raise BadInput(f"{where}: input has shape {list(shape)}, must be [channels, length]")
        weight = _finite(node.weight, "weight", where)[:, :, None, :]
        ones = {"stride": (1, node.stride), "dilation": (1, node.dilation)}
        padding = node.padding if isinstance(node.padding, str) else (0, node.padding)
        matrix, bias, made = _convolution(node, weight, (shape[0], 1, shape[1]), padding, ones, where)
        return Linear(matrix, bias, (made[0], made[2]))
    if len(shape) != 3:
        raise BadInput(f"{where}: input has shape {list(shape)}, must be [channels, height, width]")
    if kind == "Conv2d":
        steps = {"stride": node.stride, "dilation": node.dilation}
        return Linear(*_convolution(node, _finite(node.weight, "weight", where), shape, node.padding, steps, where))
    kernel = _pair(node.kernel_size)
    weight = np.zeros((shape[0], shape[0], *kernel))
    weight[np.arange(shape[0]), np.arange(shape[0])] = 1 if kind == "SumPool2d" else 1 / math.prod(kernel)
    matrix, made = convolution(weight, shape, _pair(node.stride), _pair(node.padding))
    return Linear(matrix, np.zeros(matrix.shape[1]), made)


def _convolution(node, weight: np.ndarray, shape: tuple[int, int, int], padding, steps: dict, where: str):
    """Matrix, bias and shape of a convolution whose kernel has two dimensions."""
    groups, out = int(node.groups), weight.shape[0]
    if groups < 1 or shape[0] % groups or out % groups or weight.shape[1] * groups != shape[0]:
        raise BadInput(
            f"{where}: weight has shape {list(weight.shape)} and groups is {groups}, must fit {shape[0]} channels"
        )
    whole = np.zeros((out, shape[0], *weight.shape[2:]))
    for group in range(groups):
        to = slice(group * out // groups, (group + 1) * out // groups)
        into = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
        whole[to, into] = weight[to]
    stride, dilation = _pair(steps["stride"]), _pair(steps["dilation"])
    if isinstance(padding, bytes):
        padding = padding.decode()
    before = after = (0, 0)
    if isinstance(padding, str) and padding == "same":
        total = [step * (size - 1) for step, size in zip(dilation, weight.shape[2:], strict=True)]
        before = (total[0] // 2, total[1] // 2)
        after = (total[0] - before[0], total[1] - before[1])
    elif not isinstance(padding, str):
        before = after = _pair(padding)
    elif padding != "valid":
        raise BadInput(f"{where}: padding is {padding!r}, must be same, valid or a number")
    matrix, made = convolution(whole, shape, stride, before, dilation, after)
    return matrix, np.repeat(_bias(node.bias, out, where), made[1] * made[2]), made


def _bias(bias, outputs: int, where: str) -> np.ndarray:
    values = _finite(np.zeros(outputs) if bias is None else bias, "bias", where).ravel()
    if values.size not in (1, outputs):
        raise BadInput(f"{where}: bias has {values.size} values, must have {outputs}")
    return np.broadcast_to(values, outputs)


def _finite(values, name: str, where: str) -> np.ndarray:
    made = np.asarray(values, np.float64)
    if not np.all(np.isfinite(made)):
        raise BadInput(f"{where}: {name} must be finite numbers")
    return made


def _flat(shape: tuple[int, ...], start: int, end: int, where: str) -> tuple[int, ...]:
    """`shape` with dimensions `start` to `end` as one."""
    last = end + len(shape) if end < 0 else end
    first = start + len(shape) if start < 0 else start
    if not 0 <= first <= last < len(shape):
        # the usual start_dim of 1 counts a batch that a graph does not have
        first, last = 0, len(shape) - 1
    return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])


def _pair(value) -> tuple[int, int]:
    first, second = np.broadcast_to(np.asarray(value, int), 2)
    return int(first), int(second)
