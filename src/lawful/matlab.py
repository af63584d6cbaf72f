"""MATLAB files: version 5 to 7.2 (`matlab_v5`), and version 7.3, HDF5, through h5py.

MATLAB stores columns first; arrays come out as MATLAB shows them. Text (char
arrays and cells of them) may name the runs. Structures and tables are refused,
with the remedy: save the fields as variables of their own.
"""

from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.matlab_v5 import arrays_v5, structure
from lawful.refusal import Refusal, missing_extra

_HDF5 = b"\x89HDF\r\n\x1a\n"


def load_mat(path: Path, ignore: Container[str] = ()) -> dict[str, NDArray[Any]]:
    """The arrays of a MATLAB file by name.

    Raises
    ------
    Refusal
        For structures, for version 4, for a damaged file, and for 7.3 without h5py.
    """
    with path.open("rb") as stream:
        head = stream.read(520)
    if _HDF5 in (head[:8], head[512:]):
        return _load_v73(path, ignore)
    return arrays_v5(path.read_bytes(), ignore)


def _load_v73(path: Path, ignore: Container[str]) -> dict[str, NDArray[Any]]:
    try:
        import h5py
    except ImportError:
        raise missing_extra("h5py", "io") from None
    arrays = {}
    with h5py.File(path, "r") as file:
        for name, item in file.items():
            if name.startswith("#") or name in ignore:
                continue
            if not isinstance(item, h5py.Dataset):
                raise structure(name)
            arrays[name] = _dataset(file, name, item)
    return arrays


def _dataset(file: Any, name: str, item: Any) -> NDArray[Any]:
    kind = item.attrs.get("MATLAB_class", b"double")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if kind == "char":
        return np.array([_text(row) for row in np.atleast_2d(item[()].T)])
    if kind == "cell":
        cells = [file[reference] for reference in item[()].ravel()]
        if all(cell.attrs.get("MATLAB_class", b"") == b"char" for cell in cells):
            return np.array([_text(cell[()].T.ravel()) for cell in cells])
        raise Refusal(
            f"{name!r} is a cell array",
            "an array of numbers",
            f"use cell2mat, or say --ignore {name}",
        )
    if item.dtype.kind not in "biuf":
        raise structure(name)
    return np.asarray(item[()]).T


def _text(codes: Any) -> str:
    return "".join(chr(int(code)) for code in np.ravel(codes)).strip()
