"""Places: which files are meant, and what format each is in.

A format is known by a file's ending and checked against its first bytes. Whatever
a format's library raises on a broken file becomes one `Refusal`.
"""

import glob
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from lawful.data import BUILT_IN, built_in
from lawful.refusal import Refusal

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
KINDS = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "dat": "csv",
    "parquet": "parquet",
    "pq": "parquet",
    "nc": "netcdf",
    "nc4": "netcdf",
    "cdf": "netcdf",
    "npz": "npz",
    "mat": "mat",
}
_TITLES = {
    "csv": "delimited text",
    "parquet": "Parquet",
    "netcdf": "NetCDF",
    "npz": "NPZ",
    "mat": "MATLAB",
}
_MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive (a workbook, or NPZ)",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file (NetCDF 4, or MATLAB 7.3)",
    b"CDF": "a NetCDF file",
    b"MATLAB": "a MATLAB file",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite": "an SQLite database",
}
_OWN = {
    "parquet": (b"PAR1",),
    "netcdf": (b"\x89HDF", b"CDF"),
    "npz": (b"PK\x03\x04",),
    "mat": (b"\x89HDF", b"MATLAB"),
}


@contextmanager
def found(paths: Paths) -> Iterator[tuple[list[Path], list[str]]]:
    """The files that are meant, and their names for the record."""
    if isinstance(paths, str) and paths in BUILT_IN:
        with built_in(paths) as path:
            yield [path], [paths]
        return
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    files = list(dict.fromkeys(file for path in given for file in _expanded(path)))
    if not files:
        raise Refusal("no file", "the path of one", "lawful discover planets shows how it goes")
    for file in files:
        _check_format(file)
    yield files, [file.name for file in files]


def _expanded(path: str | os.PathLike[str]) -> list[Path]:
    """The file, or all that a pattern matches."""
    place = Path(path).expanduser()
    try:
        if place.is_file():
            return [place]
        if place.is_dir():
            raise Refusal(f"{str(path)!r} is a folder", "files", f"say '{path}/*.csv'")
        if any(mark in str(path) for mark in "*?["):
            matched = sorted(Path(p) for p in glob.glob(str(place), recursive=True))
            if files := [p for p in matched if p.is_file()]:
                return files
            raise Refusal(f"no file matches {str(path)!r}", "at least one")
        beside = os.listdir(place.parent) if place.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise Refusal(f"{str(path)[:80]!r} is no path: {error}", "the path of a file") from None
    near = get_close_matches(place.name, [*beside, *BUILT_IN], 1, 0.6)
    raise Refusal(
        f"no file {str(path)!r}", remedy=f"did you mean {near[0]!r}?" if near else "check the path"
    )


def ending(path: Path) -> str:
    """The last ending of a name, `.gz` not counted.

    >>> ending(Path("mars.csv.gz"))
    'csv'
    """
    name = path.name.lower().removesuffix(".gz")
    return name.rsplit(".", 1)[-1] if "." in name else ""


def kind_of(path: Path) -> str:
    """The format that a file's ending promises: csv, parquet, netcdf, npz or mat."""
    kind = KINDS.get(ending(path), "")
    if not kind or (path.name.lower().endswith(".gz") and kind != "csv"):
        raise Refusal(
            f"{path.name!r} ends in no format that can be read",
            ".csv, .tsv, .txt, .dat (also .gz), .parquet, .nc, .npz or .mat",
            "convert it, or give it its true ending",
        )
    return kind


def _check_format(path: Path) -> None:
    """Refuse a file whose first bytes belong to another format."""
    kind = kind_of(path)
    with reading(path), path.open("rb") as stream:
        head = stream.read(16)
    if not head:
        raise Refusal(f"{path.name} is empty", f"a {_TITLES[kind]} file", "fetch it again")
    for magic, what in _MAGIC.items():
        if head.startswith(magic) and magic not in _OWN.get(kind, ()):
            if kind == "mat" and magic == b"CDF":
                continue
            raise Refusal(
                f"{path.name} is {what} by its first bytes",
                _TITLES[kind],
                "give it its true ending, or convert it",
            )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever a format's library raises becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="Length of header or names")
            yield
    except Refusal:
        raise
    except (Exception, MemoryError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(".")
        raise Refusal(
            f"{path.name} cannot be read as {_TITLES[kind_of(path)]} ({said})",
            "a whole file of that format",
            "fetch it again, or give it its true ending",
        ) from None
