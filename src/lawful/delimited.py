"""Delimited text: a header, then one row a sample; CSV and its relatives, also gzipped.

The delimiter (comma, semicolon, tab, bar or blanks) and the decimal comma are
read off the first lines, and said where they are not the usual. Lines that begin
with `#` before the header are passed over; NumPy's commented header is read.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from lawful.headers import MOST_COLUMNS, Headers, read_headers, titled
from lawful.layout import Table
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    import pandas as pd

_PEEK = 1 << 20  # bytes
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|nan|inf", re.IGNORECASE)
_EXPECTED = "a header with names, then rows of numbers"


@dataclass(frozen=True)
class Dialect:
    """How one file is written."""

    delimiter: str
    decimal: str
    skipped: int
    headers: Headers
    notes: tuple[str, ...]


def tables(path: Path, rows: int | None = None) -> Iterator[Table]:
    """The rows of one file, all at once or `rows` at a time.

    Raises
    ------
    Refusal
        For what is no such text: empty, binary, truncated, not UTF-8, one column.
    """
    with closing(_opened(path)) as stream:
        dialect = _dialect(path, _peeked(path, stream))
    columns = _distinct(dialect.headers.names)
    with closing(_opened(path)) as stream:
        reader = _pandas_reader(stream, dialect, columns, rows)
        parts = [reader] if rows is None else reader
        any_rows = False
        for frame in parts:
            any_rows = any_rows or len(frame) > 0
            if any_rows:
                yield Table(
                    _merged(frame, dialect.headers.names),
                    dialect.headers,
                    stem(path),
                    {"notes": dialect.notes},
                )
        if not any_rows:
            raise Refusal(f"{path.name} has a header but no rows", _EXPECTED)
    _check_end(path, dialect)


def stem(path: Path) -> str:
    """The file's name without its endings.

    >>> stem(Path("data/mars.csv.gz"))
    'mars'
    """
    name = path.name.removesuffix(".gz")
    return name.rsplit(".", 1)[0] if "." in name else name


def _opened(path: Path) -> Any:
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _peeked(path: Path, stream: IO[bytes]) -> list[str]:
    """The first lines as text."""
    head = stream.read(_PEEK)
    if not head.strip():
        raise Refusal(f"{path.name} is empty", _EXPECTED)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refusal(f"{path.name} is UTF-16 text", "UTF-8", "save it as UTF-8")
    if b"\0" in head:
        raise Refusal(f"{path.name} is no text", _EXPECTED, "give the file its true ending")
    whole = len(head) < _PEEK
    if not whole and b"\n" not in head:
        raise Refusal(
            f"the first line of {path.name} is longer than a million bytes",
            f"at most {MOST_COLUMNS} columns",
            "leave only the state of the system in the file, one row a sample",
        )
    head = head if whole else head[: head.rindex(b"\n")]
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{path.name} is not UTF-8 at byte {error.start}", "UTF-8 text", "save it as UTF-8"
        ) from None
    return text.splitlines()


def _dialect(path: Path, lines: list[str]) -> Dialect:
    skipped, commented = 0, ""
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped][0] == "#"):
        commented = lines[skipped].lstrip("# ") or commented
        skipped += 1
    rest = [line for line in lines[skipped : skipped + 40] if line.strip()]
    if not rest:
        raise Refusal(f"{path.name} holds only comments", _EXPECTED)
    delimiter = _delimiter(rest)
    fields = _fields(rest[0], delimiter)
    titles, decimal = fields, _decimal(rest[1:], delimiter)
    if all(_NUMBER.fullmatch(cell) for cell in fields if cell):
        titles = _fields(commented, delimiter)
        if len(titles) != len(fields):
            raise Refusal(
                f"{path.name} begins with numbers", _EXPECTED, "add a first line such as t,x,v"
            )
    else:
        skipped += 1
    if len(titles) < 2:
        raise Refusal(
            f"{path.name} has one column, {titles[0][:40]!r}",
            "a time and at least one variable, parted by commas, semicolons, tabs or blanks",
        )
    headers = read_headers(titles)
    notes = list(headers.notes)
    if delimiter != ",":
        notes.append(f"columns are parted by {_DELIMITERS[delimiter]}")
    if decimal != ".":
        notes.append("numbers are written with a decimal comma")
    return Dialect(delimiter, decimal, skipped, headers, tuple(notes))


_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", r"\s+": "blanks"}


def _delimiter(lines: Sequence[str]) -> str:
    """The mark that parts the header and the first row into equally many fields."""
    counts = {mark: [len(_fields(line, mark)) for line in lines[:2]] for mark in _DELIMITERS}
    parting = [mark for mark, found in counts.items() if found[0] > 1]
    agreeing = [mark for mark in parting if len(set(counts[mark])) == 1]
    return next(iter([*agreeing, *parting, ","]))


def _fields(line: str, delimiter: str) -> list[str]:
    if delimiter == r"\s+":
        return line.split()
    try:
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        row = line.split(delimiter)
    return [cell.strip() for cell in row]


def _decimal(lines: Sequence[str], delimiter: str) -> str:
    cells = (
        [cell for line in lines for cell in _fields(line, delimiter)] if delimiter != "," else []
    )
    comma = sum(bool(re.fullmatch(r"[+-]?\d+,\d+([eE][+-]?\d+)?", cell)) for cell in cells)
    point = sum(bool(re.fullmatch(r"[+-]?\d*\.\d+([eE][+-]?\d+)?", cell)) for cell in cells)
    return "," if comma > point else "."


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that stand twice are told apart for the time of reading."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
    return result


def _merged(frame: "pd.DataFrame", names: Sequence[str]) -> "pd.DataFrame":
    """Columns that stand twice kept once where they are the same, refused where not."""
    for column in [c for c in frame.columns if "\0" in c]:
        name = column.partition("\0")[0]
        if not frame[column].equals(frame[name]):
            raise Refusal(
                f"two different columns are called {name!r}",
                "one name a column",
                "rename or remove one of them",
            )
        frame = frame.drop(columns=column)
    return frame


def _pandas_reader(
    stream: IO[bytes], dialect: Dialect, columns: list[str], rows: int | None
) -> Any:
    import pandas as pd

    # Since 3.0 pandas reads decimals to the last bit by itself, and warns when asked to.
    exact: dict[str, Any] = (
        {} if int(pd.__version__.split(".")[0]) >= 3 else {"float_precision": "round_trip"}
    )
    return pd.read_csv(
        stream,
        sep=dialect.delimiter,
        header=None,
        names=columns,
        index_col=False,
        skiprows=dialect.skipped,
        decimal=dialect.decimal,
        skipinitialspace=True,
        low_memory=False,
        encoding="utf-8-sig",
        chunksize=rows,
        **exact,
    )


def _check_end(path: Path, dialect: Dialect) -> None:
    """Refuse a file whose last line stops before its last column."""
    with closing(_opened(path)) as stream:
        if isinstance(stream, gzip.GzipFile):
            return  # a cut archive has been refused by its own check sum
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _PEEK))
        tail = stream.read()
    if tail.endswith((b"\n", b"\r")) or b"\n" not in tail:
        return
    last = tail.rsplit(b"\n", 1)[1].decode("utf-8", "replace")
    found, expected = len(_fields(last, dialect.delimiter)), len(dialect.headers.names)
    if found < expected:
        raise Refusal(
            f"the last line of {path.name} is cut short: {found} of {expected} columns",
            remedy="remove it, or fetch the file again",
        )


def frame_of(runs: Trajectories) -> "pd.DataFrame":
    """One row a sample: run, time, variables, parameters; padding left out.

    Raises
    ------
    Refusal
        For variables with more dimensions than run and time.
    """
    import pandas as pd

    from lawful.trajectories import clock

    times = clock(runs)
    run, sample = np.nonzero(np.isfinite(times))
    columns: dict[str, Any] = {
        "run": np.asarray(runs["run"].values)[run],
        "time": times[run, sample],
    }
    for name, variable in runs.data_vars.items():
        if variable.ndim != 2:
            raise Refusal(
                f"variable {name!r} has the dimensions {', '.join(map(str, variable.dims))}",
                "run and time alone",
                "write it to NetCDF (.nc)",
            )
        columns[str(name)] = np.asarray(variable.values)[run, sample]
    for name in parameters_of(runs):
        columns[name] = np.asarray(runs[name].values)[run]
    return pd.DataFrame(columns)


def parameters_of(runs: Trajectories) -> list[str]:
    """Names of the coordinates on `run` alone."""
    return [str(n) for n, c in runs.coords.items() if c.dims == ("run",) and n != "run"]


def write_csv(runs: Trajectories, path: Path) -> tuple[str, ...]:
    """Write one row a sample, units in the header; say what a CSV cannot hold.

    The numbers are written so that reading gives the same bits.
    """
    frame = frame_of(runs)
    titles = [
        titled(str(n), str(runs[n].attrs.get("units", "")) if n != "run" else "")
        for n in frame.columns
    ]
    with path.open("wb") as stream:
        if path.suffix == ".gz":  # no name and no time inside: the same runs, the same bytes
            with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as zipped:
                frame.to_csv(zipped, index=False, header=titles, lineterminator="\n")
        else:
            frame.to_csv(stream, index=False, header=titles, lineterminator="\n")
    told = any("role" in v.attrs for v in runs.data_vars.values())
    lost = ["roles"] if told else []
    lost += ["origin"] if runs.attrs.get("origin") else []
    return (f"CSV holds no {' and no '.join(lost)}; NetCDF and Parquet do",) if lost else ()
