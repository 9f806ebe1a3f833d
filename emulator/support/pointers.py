"""Memory by its address in compiled loops.

Numba counts the references to every array that a function is given, each time it is called, in memory that all threads
share. A function that is called for a few hundred numbers takes longer for that than for its work. An address is only a
number. Whoever takes the address keeps the array; nothing looks whether an index is in range.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 8  # numbers that `count_from` compares at once

Intrinsic = tuple[Any, Callable[..., Any]]  # signature, and what writes the code


@intrinsic
def address(_: Any, array: Any) -> Intrinsic:
    """Where the first number of a contiguous array is; index it like the array."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    return types.CPointer(array.dtype)(array), body


@intrinsic
def beyond(_: Any, begin: Any, n: Any) -> Intrinsic:
    """The address `n` numbers beyond another."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.gep(values[0], [values[1]])

    return begin(begin, types.int64), body


@intrinsic
def count_from(_: Any, begin: Any, n: Any, least: Any) -> Intrinsic:
    """How many of the LANES int32 from begin[n] on are at least `least`: one comparison of a vector."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number, lanes = ir.IntType(32), ir.VectorType(ir.IntType(32), LANES)
        place = builder.bitcast(builder.gep(values[0], [values[1]]), lanes.as_pointer())
        found, nothing = builder.load(place, align=4), ir.Constant(lanes, ir.Undefined)
        one = builder.insert_element(nothing, values[2], number(0))
        bound = builder.shuffle_vector(one, nothing, ir.Constant(lanes, None))
        bits = builder.bitcast(builder.icmp_signed(">=", found, bound), ir.IntType(LANES))
        count = builder.call(builder.module.declare_intrinsic("llvm.ctpop", [bits.type]), [bits])
        return builder.zext(count, ir.IntType(64))

    return types.int64(begin, types.int64, types.int32), body


@intrinsic
def fetch(_: Any, begin: Any, n: Any) -> Intrinsic:
    """Ask for what is at begin[n], without waiting for it."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(values[0], [values[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        instruction = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(instruction, [place, flag(0), flag(3), flag(1)])  # to read, to be kept near, data
        return context.get_dummy_value()

    return types.void(begin, types.int64), body
