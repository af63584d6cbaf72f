"""IDX files: arrays as MNIST's authors store them, big-endian.

    0 0 type d | n₁ … n_d, four bytes each | n₁ ⋯ n_d numbers

The types are 08 unsigned byte, 09 signed byte, 0B short, 0C int, 0D float, 0E double
(Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database", 1998). Files may be
gzipped. What a file announces is compared with what it holds before an array is made,
and no more is unpacked than announced, so that a small file cannot fill the memory.
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

MOST_BYTES = 1 << 30
"""No file is unpacked beyond this."""

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LONGEST_HEADER = 4 + 4 * 255
_CHUNK = 1 << 18
_AGAIN = "fetch the file again"


def read_idx(path: Path) -> NDArray[Any]:
    """The array of one file, read-only.

    Parameters
    ----------
    path
        An IDX file, plain or gzipped.

    Raises
    ------
    Refusal
        For a file that is not there, is no IDX file, is cut short, is damaged, or
        holds more than it announces.
    """
    return parsed(unpacked(path), path.name)


def unpacked(path: Path) -> bytes | bytearray:
    """The bytes of an IDX file, gunzipped where it is gzipped."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}", "an IDX file") from None
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _inflated(stream, path.name)
    except EOFError:
        raise Refusal(f"{path.name} is cut short", "a whole gzip file", _AGAIN) from None
    except (OSError, zlib.error):
        raise Refusal(f"{path.name} is a damaged gzip file", "its true bytes", _AGAIN) from None


def _inflated(stream: gzip.GzipFile, name: str) -> bytes | bytearray:
    """As many bytes as the header announces, and one more where there are more."""
    head = stream.read(_LONGEST_HEADER)
    whole = bytearray(max(_length(head, name), len(head)))
    whole[: len(head)] = head
    filled, view = len(head), memoryview(whole)
    while filled < len(whole) and (got := stream.readinto(view[filled : filled + _CHUNK])):
        filled += got
    if filled < len(whole):
        return whole[:filled]
    more = stream.read(1)  # at the end, gzip compares its check sum
    return whole + more if more else whole


def parsed(data: bytes | bytearray, name: str) -> NDArray[Any]:
    """The array that the bytes of an IDX file hold, read-only.

    Examples
    --------
    >>> parsed(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), "three")
    array([7, 8, 9], dtype=uint8)
    """
    expected = _length(data, name)
    if len(data) != expected:
        what = "is cut short" if len(data) < expected else "goes on after its end"
        got = len(data) if len(data) <= expected else f"more than {expected}"
        raise Refusal(f"{name} {what}", f"{expected} bytes, not {got}", _AGAIN)
    kind, shape = _header(data, name)
    return np.frombuffer(memoryview(data).toreadonly(), kind, offset=4 + 4 * len(shape)).reshape(
        shape
    )


def _length(data: bytes | bytearray, name: str) -> int:
    """How many bytes the header announces, itself included."""
    kind, shape = _header(data, name)
    length = 4 + 4 * len(shape) + math.prod(shape) * kind.itemsize
    if length > MOST_BYTES:
        raise Refusal(
            f"{name} announces {' × '.join(map(str, shape))} numbers",
            f"{MOST_BYTES} bytes at most",
            _AGAIN,
        )
    return length


def _header(data: bytes | bytearray, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type and shape."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or data[3] == 0:
        magic = data[:4].hex(" ") or "nothing"
        raise Refusal(
            f"{name} begins with {magic}",
            "00 00, a type and the number of dimensions, as IDX files do",
            _AGAIN,
        )
    end = 4 + 4 * data[3]
    if len(data) < end:
        raise Refusal(f"{name} is cut short", f"a header of {end} bytes", _AGAIN)
    return np.dtype(_TYPES[data[2]]), struct.unpack(f">{data[3]}I", data[4:end])
