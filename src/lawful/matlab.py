"""MATLAB files: version 5 to 7.2 through SciPy, version 7.3 (HDF5) through h5py.

MATLAB stores columns first; arrays come out as MATLAB shows them. Text (char
arrays and cells of them) may name the runs. Structures and tables are refused,
with the remedy: save the fields as variables of their own.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra

_HDF5 = b"\x89HDF\r\n\x1a\n"


def load_mat(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a MATLAB file by name.

    Raises
    ------
    Refusal
        For structures, for version 4 text, and for 7.3 without h5py.
    """
    with path.open("rb") as stream:
        head = stream.read(520)
    return _load_v73(path) if _HDF5 in (head[:8], head[512:]) else _load_v5(path)


def _load_v5(path: Path) -> dict[str, NDArray[Any]]:
    from scipy.io import loadmat

    held = loadmat(path, struct_as_record=True, squeeze_me=False, chars_as_strings=True)
    return {name: _plain(name, a) for name, a in held.items() if not name.startswith("__")}


def _plain(name: str, value: Any) -> NDArray[Any]:
    if not isinstance(value, np.ndarray) or value.dtype.names or value.dtype.kind == "V":
        raise _structure(name)
    if value.dtype.kind != "O":
        return value
    cells = [np.asarray(cell) for cell in value.ravel()]
    if cells and all(cell.dtype.kind == "U" and cell.size <= 1 for cell in cells):
        return np.array([str(cell.item()) if cell.size else "" for cell in cells])
    if cells and all(cell.dtype.names or cell.dtype.kind in "OV" for cell in cells):
        raise _structure(name)
    raise Refusal(
        f"{name!r} is a cell array", "an array of numbers", "use cell2mat, or one array a variable"
    )


def _structure(name: str) -> Refusal:
    return Refusal(
        f"{name!r} is a structure, a table or an object",
        "plain arrays",
        f"save its fields as variables: save('file.mat', '-struct', '{name}')",
    )


def _load_v73(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import h5py
    except ImportError:
        raise missing_extra("h5py", "io") from None
    arrays = {}
    with h5py.File(path, "r") as file:
        for name, item in file.items():
            if name.startswith("#"):
                continue
            if not isinstance(item, h5py.Dataset):
                raise _structure(name)
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
        raise Refusal(f"{name!r} is a cell array", "an array of numbers", "use cell2mat")
    if item.dtype.kind not in "biuf":
        raise _structure(name)
    return np.asarray(item[()]).T


def _text(codes: Any) -> str:
    return "".join(chr(int(code)) for code in np.ravel(codes)).strip()
