"""Arithmetic on one vector of networks, written in Python and emitted as machine code.

    lane l of every value  =  network l

An expression of `Vector`s is not evaluated but emitted, operation by operation, as
LLVM instructions on packed registers; all lanes go the same way at the same time. A
product that is added may fuse (`contract`), and nothing else is changed: NaN and
infinity stay what IEEE 754 makes of them. Source: C. Lattner and V. Adve, CGO 2004.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

CONTRACT = ("contract",)
REGISTER = 64  # bytes of the widest register there is; narrower machines take two or four


class Emitter:
    """Where instructions go: a builder, the type of a number, and a buffer of rows.

    Parameters
    ----------
    builder
        Of LLVM.
    dtype
        "float64" or "float32".
    base
        The address of this vector's lanes in row 0.
    stride
        Numbers from one row to the next; a constant, so that rows are known apart.
    """

    def __init__(self, builder: ir.IRBuilder, dtype: str, base: Any, stride: int) -> None:
        self.builder, self.dtype, self.stride = builder, np.dtype(dtype), stride
        self.width = width_of(dtype)
        bits = 8 * self.dtype.itemsize
        self.element = ir.DoubleType() if bits == 64 else ir.FloatType()
        self.real = ir.VectorType(self.element, self.width)
        self.whole = ir.VectorType(ir.IntType(bits), self.width)
        self.base = base

    def address(self, row: int) -> Any:
        """Of this vector in a row."""
        b = self.builder
        start = b.bitcast(self.base, self.element.as_pointer())
        place = b.gep(start, [ir.Constant(ir.IntType(64), row * self.stride)], inbounds=True)
        return b.bitcast(place, self.real.as_pointer())

    def load(self, row: int) -> "Vector":
        """The numbers of a row."""
        loaded = self.builder.load(self.address(row), align=self.dtype.itemsize)
        return Vector(self, loaded)

    def store(self, row: int, value: "Vector") -> None:
        """Put numbers into a row."""
        self.builder.store(value.value, self.address(row), align=self.dtype.itemsize)

    def constant(self, number: float) -> "Vector":
        """The same number in all lanes."""
        return Vector(self, ir.Constant(self.real, [float(self.dtype.type(number))] * self.width))

    def integer(self, number: int) -> "Vector":
        """The same whole number in all lanes."""
        return Vector(self, ir.Constant(self.whole, [number] * self.width))

    def spread(self, scalar: Any) -> "Vector":
        """One number of the machine in all lanes."""
        b, zero = self.builder, ir.Constant(ir.IntType(32), 0)
        kind = ir.VectorType(scalar.type, self.width)
        one = b.insert_element(ir.Constant(kind, ir.Undefined), scalar, zero)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return Vector(self, b.shuffle_vector(one, ir.Constant(kind, ir.Undefined), lanes))

    def broadcast(self, pointer: Any, place: Any) -> "Vector":
        """A number of a table, the same for all lanes."""
        return self.spread(self.builder.load(self.builder.gep(pointer, [place], inbounds=True)))

    def table(self, pointer: Any, start: Any, count: int) -> list["Vector"]:
        """`count` numbers of a table from `start` on."""
        b = self.builder
        places = (b.add(start, ir.Constant(start.type, k)) for k in range(count))
        return [self.broadcast(pointer, place) for place in places]


@dataclass(frozen=True, eq=False)
class Vector:
    """A number for each lane, yet to be calculated; whole numbers where `bits` made it so."""

    at: Emitter = field(repr=False)
    value: Any

    def _other(self, other: "Vector | float") -> Any:
        if isinstance(other, Vector):
            return other.value
        if self.value.type == self.at.real:
            return self.at.constant(other).value
        return ir.Constant(self.value.type, [int(other)] * self.at.width)

    def _real(self) -> bool:
        return bool(self.value.type == self.at.real)

    def _binary(self, real: str, whole: str, other: "Vector | float") -> "Vector":
        b = self.at.builder
        if self._real():
            made = getattr(b, real)(self.value, self._other(other), flags=CONTRACT)
        else:
            made = getattr(b, whole)(self.value, self._other(other))
        return Vector(self.at, made)

    def __add__(self, other: "Vector | float") -> "Vector":
        return self._binary("fadd", "add", other)

    def __sub__(self, other: "Vector | float") -> "Vector":
        return self._binary("fsub", "sub", other)

    def __mul__(self, other: "Vector | float") -> "Vector":
        return self._binary("fmul", "mul", other)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> "Vector":
        return self.at.constant(other) - self

    def __truediv__(self, other: "Vector | float") -> "Vector":
        return self._binary("fdiv", "udiv", other)

    def __rtruediv__(self, other: float) -> "Vector":
        return self.at.constant(other) / self

    def __neg__(self) -> "Vector":
        return Vector(self.at, self.at.builder.fneg(self.value))

    def __gt__(self, other: "Vector | float") -> "Vector":
        return self._compared(">", other)

    def __ge__(self, other: "Vector | float") -> "Vector":
        return self._compared(">=", other)

    def __le__(self, other: "Vector | float") -> "Vector":
        return self._compared("<=", other)

    def __lt__(self, other: "Vector | float") -> "Vector":
        return self._compared("<", other)

    def same(self, other: "Vector | float") -> "Vector":
        """A mask: where both are equal."""
        return self._compared("==", other)

    def _compared(self, how: str, other: "Vector | float") -> "Vector":
        b = self.at.builder
        # Ordered: nothing is larger or smaller than NaN, nor equal to it.
        if self._real():
            return Vector(self.at, b.fcmp_ordered(how, self.value, self._other(other)))
        return Vector(self.at, b.icmp_signed(how, self.value, self._other(other)))

    # ------------------------------------------------------------------ masks

    def __and__(self, other: "Vector | int") -> "Vector":
        return Vector(self.at, self.at.builder.and_(self.value, self._other(other)))

    def __or__(self, other: "Vector | int") -> "Vector":
        return Vector(self.at, self.at.builder.or_(self.value, self._other(other)))

    def __xor__(self, other: "Vector | int") -> "Vector":
        return Vector(self.at, self.at.builder.xor(self.value, self._other(other)))

    def where(self, yes: "Vector", no: "Vector") -> "Vector":
        """Of a mask: `yes` where it holds, else `no`."""
        return Vector(self.at, self.at.builder.select(self.value, yes.value, no.value))

    def count(self) -> "Vector":
        """Of a mask: 1 where it holds, else 0."""
        return self.where(self.at.constant(1.0), self.at.constant(0.0))

    # ------------------------------------------------------------------ bits

    def bits(self) -> "Vector":
        """The numbers' bits, as whole numbers."""
        return Vector(self.at, self.at.builder.bitcast(self.value, self.at.whole))

    def number(self) -> "Vector":
        """Bits, as the numbers that they are."""
        return Vector(self.at, self.at.builder.bitcast(self.value, self.at.real))

    def converted(self) -> "Vector":
        """Whole numbers, as numbers of the same size."""
        return Vector(self.at, self.at.builder.sitofp(self.value, self.at.real))

    def cast(self, kind: Any) -> "Vector":
        """Whole numbers from 0 up, as whole numbers with more or fewer bits."""
        b, have = self.at.builder, self.value.type
        if have == kind:
            return self
        grows = kind.element.width > have.element.width
        return Vector(self.at, (b.zext if grows else b.trunc)(self.value, kind))

    def left(self, bits: int) -> "Vector":
        """Shifted to the left."""
        return Vector(self.at, self.at.builder.shl(self.value, self._other(bits)))

    def right(self, bits: int) -> "Vector":
        """Shifted to the right, zeros coming in."""
        return Vector(self.at, self.at.builder.lshr(self.value, self._other(bits)))

    def sqrt(self) -> "Vector":
        """The square root; NaN below zero."""
        b = self.at.builder
        kind = ir.FunctionType(self.at.real, [self.at.real])
        letters = "f64" if self.at.dtype.itemsize == 8 else "f32"
        name = f"llvm.sqrt.v{self.at.width}{letters}"
        module = b.module
        root = module.globals.get(name) or ir.Function(module, kind, name)
        return Vector(self.at, b.call(root, [self.value]))


def width_of(dtype: str) -> int:
    """Numbers in one vector.

    >>> width_of("float64"), width_of("float32")
    (8, 16)
    """
    return REGISTER // np.dtype(dtype).itemsize


def larger(a: Vector, b: Vector) -> Vector:
    """The larger one; NaN where the first is."""
    return (b > a).where(b, a)


def polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """c₀ + c₁x + c₂x² + …, in pairs of pairs: four steps deep where Horner's rule takes ten.

    Source: G. Estrin, *Organization of computer systems* (1960).
    """
    at = x.at
    terms = [at.constant(c) for c in coefficients]
    while len(terms) > 1:
        pairs = [terms[k] + x * terms[k + 1] for k in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[2 * len(pairs) :]
        x = x * x
    return terms[0]
