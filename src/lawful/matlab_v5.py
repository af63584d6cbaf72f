"""MATLAB version 5 to 7.2, byte by byte.

    128 bytes of header, then elements: type (4 bytes), length (4 bytes), data, padding to 8

An array states its class, dimensions and name, then its numbers, columns first.
Every length is held against what there is, so that a damaged file is refused;
SciPy's reader trusts them, and was seen to end the process on a damaged one.

Source: MathWorks, MAT-File Format, chapter 1, level 5.
"""

import struct
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

_NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_TEXTS = {2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MATRIX, _COMPRESSED = 14, 15
_CELL, _CHAR, _SPARSE = 1, 4, 5
_NUMERIC = range(6, 16)
_COMPLEX = 1 << 11
_LARGEST = 1 << 33  # bytes that one compressed element may hold


@dataclass(frozen=True)
class _Array:
    """One array as it stands in the file, nothing decoded but its head."""

    family: int
    is_complex: bool
    sides: tuple[int, ...]
    name: str
    parts: tuple[tuple[int, bytes], ...]
    order: str


def arrays_v5(content: bytes, ignore: Container[str] = ()) -> dict[str, NDArray[Any]]:
    """Arrays of numbers and of text by name.

    Parameters
    ----------
    content
        The whole file.
    ignore
        Names to pass over.

    Raises
    ------
    Refusal
        For version 4, for a damaged file, for structures, sparse arrays and cells of
        anything but text.
    """
    if len(content) < 128 or 0 in content[:4]:
        raise Refusal(
            "a MATLAB file of version 4, or none", "version 5 or later", "save it with -v7"
        )
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        raise _damaged("its header")
    found = {}
    for kind, data in _elements(content[128:], order):
        inside = _elements(_inflated(data), order) if kind == _COMPRESSED else [(kind, data)]
        for inner, held in inside:
            array = _head(inner, held, order)
            if array.name and array.name not in ignore:
                found[array.name] = _decoded(array)
    return found


def structure(name: str) -> Refusal:
    """The refusal for what is no plain array."""
    return Refusal(
        f"{name!r} is a structure, a table or an object",
        "plain arrays",
        f"save its fields with save('file.mat', '-struct', '{name}'), or say --ignore {name}",
    )


def _damaged(where: str) -> Refusal:
    return Refusal(f"a MATLAB file that is damaged in {where}", "a whole one", "fetch it again")


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    held = stream.decompress(data, _LARGEST)
    if not stream.eof:
        raise _damaged("a compressed element")
    return held


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and data of each element; the smallest keep their data in the tag."""
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        start, room = at + 8, len(data) - at - 8
        step = 8 + length + (-length % 8 if kind != _COMPRESSED else 0)
        if kind >> 16:
            kind, length, start, room, step = kind & 0xFFFF, kind >> 16, at + 4, 4, 8
        if length > room:
            raise _damaged("the length of an element")
        yield kind, data[start : start + length]
        at += step


def _head(kind: int, data: bytes, order: str) -> _Array:
    parts = list(_elements(data, order)) if kind == _MATRIX else []
    if len(parts) < 3 or len(parts[0][1]) < 4:
        raise _damaged("an array")
    (flags,) = struct.unpack_from(order + "I", parts[0][1])
    count = len(parts[1][1]) // 4
    sides = struct.unpack_from(f"{order}{count}i", parts[1][1])
    if flags & 0xFF in (_CELL, _CHAR, *_NUMERIC) and (not 2 <= count <= 32 or min(sides) < 0):
        raise _damaged("the dimensions of an array")
    name = parts[2][1].decode("latin-1")
    return _Array(flags & 0xFF, bool(flags & _COMPLEX), sides, name, tuple(parts[3:]), order)


def _decoded(array: _Array) -> NDArray[Any]:
    if array.family in _NUMERIC:
        values = _numbers(array, 0)
        return values + 1j * _numbers(array, 1) if array.is_complex else values
    if array.family == _CHAR:
        return np.array(_lines(array), dtype=str)
    if array.family == _CELL:
        held = [_head(kind, data, array.order) for kind, data in array.parts]
        if len(held) == prod(array.sides) and all(cell.family == _CHAR for cell in held):
            return np.array(["".join(_lines(cell)) for cell in held], dtype=str)
        raise Refusal(
            f"{array.name!r} is a cell array",
            "an array of numbers",
            f"use cell2mat, or say --ignore {array.name}",
        )
    if array.family == _SPARSE:
        raise Refusal(f"{array.name!r} is sparse", "a full array", "use full()")
    raise structure(array.name)


def _numbers(array: _Array, place: int) -> NDArray[np.float64]:
    if len(array.parts) <= place:
        if prod(array.sides) == 0:
            return np.zeros(array.sides)
        raise _damaged(f"the values of {array.name!r}")
    kind, data = array.parts[place]
    if kind not in _NUMBERS:
        raise _damaged(f"the values of {array.name!r}")
    dtype = np.dtype(array.order + _NUMBERS[kind])
    if len(data) != prod(array.sides) * dtype.itemsize:
        raise _damaged(f"the number of values of {array.name!r}")
    values = np.frombuffer(data, dtype).astype(float)
    return values.reshape(array.sides, order="F")


def _lines(array: _Array) -> list[str]:
    """The rows of an array of characters."""
    if not array.parts:
        return []
    kind, data = array.parts[0]
    if kind not in _TEXTS:
        raise _damaged(f"the text of {array.name!r}")
    wide = {"<": "-le", ">": "-be"}[array.order]
    coding = _TEXTS[kind] + (wide if "utf-8" not in _TEXTS[kind] and kind != 2 else "")
    text = data.decode(coding)
    rows = array.sides[0]
    if rows <= 1 or len(text) != prod(array.sides):
        return [text]
    return [text[row::rows].rstrip() for row in range(rows)]
