"""Messages between Python and a page: a JSON header and aligned little-endian buffers.

    frame  =  u32 length of header | header, padded with spaces | buffer | padding | buffer …

Every part begins at a multiple of eight bytes, so that a browser reads a buffer where it
lies, as a typed array and without a copy. The header is JSON:

    {"channel": 3, "kind": "frame", "id": null, "seq": 17, "data": {…},
     "arrays": [{"name": "boundary", "dtype": "float32", "shape": [64, 64]}]}
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.store import plain

Array = NDArray[Any]
ALIGNED = 8
KINDS = ("frame", "answer", "trouble")
DTYPES = ("float32", "float64", "int32", "uint32", "int16", "uint16", "int8", "uint8")


@dataclass(frozen=True)
class Message:
    """Something said to a page.

    Attributes
    ----------
    data
        What JSON can hold.
    arrays
        Numbers by name, of the types in `DTYPES`; int64 goes as int32 where it fits, and
        bool as uint8.
    kind
        "frame" (a picture of the moment; the newest wins), "answer" (to a question) or
        "trouble" (something was refused).

    Examples
    --------
    >>> Message({"step": 3}, {"loss": np.array([0.5, 0.25])}).to_dict()
    {'step': 3, 'loss': [0.5, 0.25]}
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)
    kind: str = "frame"

    def to_dict(self) -> dict[str, Any]:
        """Data and arrays as JSON can hold them: the twin of what a view is sent."""
        return {**plain(self.data), **{k: plain(np.asarray(a)) for k, a in self.arrays.items()}}


def trouble(why: Exception) -> Message:
    """What was refused, in the words of a `Refusal`.

    Examples
    --------
    >>> trouble(Refusal("rate -1", "a positive number")).data["expected"]
    'a positive number'
    """
    record = {
        "text": str(why) or type(why).__name__,
        "got": getattr(why, "got", ""),
        "expected": getattr(why, "expected", ""),
        "remedy": getattr(why, "remedy", ""),
    }
    return Message(record, kind="trouble")


def parted(
    message: Message, seq: int = 0, id: int | None = None
) -> tuple[dict[str, Any], list[memoryview]]:
    """A message as a JSON header and its buffers, as a notebook's comm wants it.

    Examples
    --------
    >>> header, buffers = parted(Message({}, {"x": np.arange(3.0)}), seq=1)
    >>> header["arrays"], buffers[0].nbytes
    ([{'name': 'x', 'dtype': 'float64', 'shape': [3]}], 24)
    """
    arrays = {name: little(name, array) for name, array in message.arrays.items()}
    header = {
        "kind": message.kind,
        "id": id,
        "seq": seq,
        "data": plain(message.data),
        "arrays": [
            {"name": name, "dtype": array.dtype.name, "shape": list(array.shape)}
            for name, array in arrays.items()
        ],
    }
    return header, [
        array.data.cast("B") if array.size else memoryview(b"") for array in arrays.values()
    ]


def packed(message: Message, channel: int, seq: int = 0, id: int | None = None) -> bytes:
    """A message as one binary frame of a WebSocket.

    Examples
    --------
    >>> frame = packed(Message({"step": 3}, {"x": np.arange(3, dtype="float32")}), 1, seq=7)
    >>> len(frame) % 8, unpacked(frame)[0]["seq"], unpacked(frame)[1]["x"]
    (0, 7, array([0., 1., 2.], dtype=float32))
    """
    header, buffers = parted(message, seq, id)
    text = json.dumps(
        {"channel": channel, **header}, allow_nan=False, separators=(",", ":")
    ).encode()
    text += b" " * (-(len(text) + 4) % ALIGNED)
    parts: list[bytes | memoryview] = [struct.pack("<I", len(text)), text]
    for buffer in buffers:
        parts += [buffer, b"\0" * (-buffer.nbytes % ALIGNED)]
    return b"".join(parts)


def unpacked(frame: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and arrays of a binary frame: what a page makes of it.

    Raises
    ------
    Refusal
        For bytes that are no frame.
    """
    try:
        (length,) = struct.unpack_from("<I", frame)
        header = json.loads(frame[4 : 4 + length])
        at, arrays = 4 + length, {}
        for entry in header["arrays"]:
            if entry["dtype"] not in DTYPES:
                raise ValueError(entry["dtype"])
            dtype = np.dtype(entry["dtype"]).newbyteorder("<")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            flat = np.frombuffer(frame, dtype, count, at)
            arrays[entry["name"]] = flat.reshape(entry["shape"])
            at += flat.nbytes + -flat.nbytes % ALIGNED
    except (struct.error, ValueError, KeyError, TypeError, IndexError) as why:
        raise Refusal(f"a frame that cannot be read: {why}", "one made by `packed`") from None
    return header, arrays


def little(name: str, array: Any) -> Array:
    """An array as a browser reads it: contiguous, little-endian, of a type it has."""
    given = np.asarray(array)
    if given.dtype == np.bool_:
        given = given.astype(np.uint8)
    elif given.dtype.kind in "iu" and given.dtype.itemsize == 8:
        # A browser's 64-bit integers are no numbers; what fits goes as 32, the rest as float.
        fits = not given.size or (given.min() >= -(2**31) and given.max() < 2**31)
        given = given.astype(np.int32 if fits else np.float64)
    if given.dtype.name not in DTYPES:
        raise Refusal(f"array {name!r} of type {given.dtype}", "one of " + ", ".join(DTYPES))
    return np.asarray(given, dtype=given.dtype.newbyteorder("<"), order="C")
