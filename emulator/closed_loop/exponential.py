"""An exponential that the compiler makes vector code of, eight at a time; the library's is called one by one."""

import math

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from bicall.emulator.support.caching import cached_njit

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # ln 2 in two parts: k LN2_HIGH is exact
ROUNDER = 1.5 * 2.0**52  # added to a number, it leaves the nearest integer in the lowest bits
FACTORS = tuple(1.0 / math.factorial(n) for n in range(14))
LARGEST = 700.0  # arguments beyond +-LARGEST count as that
ERROR = 4.5e-16  # relative, at most; the polynomial's own is below 1e-17


@intrinsic
def _bits(_, value):
    """The bits of a double as an integer."""
    return types.int64(types.float64), lambda context, builder, signature, values: builder.bitcast(
        values[0], ir.IntType(64)
    )


@intrinsic
def _double(_, bits):
    """The double of some bits."""
    return types.float64(types.int64), lambda context, builder, signature, values: builder.bitcast(
        values[0], ir.DoubleType()
    )


@cached_njit(nogil=True)
def exponential(x):
    """exp(x), within ERROR: 2^k times a polynomial of the rest, which is within ln 2 / 2 of 0."""
    x = min(max(x, -LARGEST), LARGEST)
    shifted = x * LOG2_E + ROUNDER
    k = shifted - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = FACTORS[13]
    p = p * r + FACTORS[12]
    p = p * r + FACTORS[11]
    p = p * r + FACTORS[10]
    p = p * r + FACTORS[9]
    p = p * r + FACTORS[8]
    p = p * r + FACTORS[7]
    p = p * r + FACTORS[6]
    p = p * r + FACTORS[5]
    p = p * r + FACTORS[4]
    p = p * r + FACTORS[3]
    p = p * r + FACTORS[2]
    p = p * r + FACTORS[1]
    p = p * r + FACTORS[0]
    return _double(_bits(p) + (_bits(shifted) << 52))
