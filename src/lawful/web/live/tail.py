"""The end of a text file that another program appends to: whole new lines, and no others.

    …,4.1,0.9⏎   read
    4.2,1.        waits until its line ends

A file that became shorter, or whose earlier bytes have changed, is another file: it is read
again from its start, and that is said.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from lawful import delimited
from lawful.refusal import Refusal

Array = NDArray[np.float64]
Change = Literal["same", "grown", "replaced", "gone"]

BLOCK = 1 << 22  # bytes that are read at once
MARK = 256  # bytes before the end of what was read, by which it is known again
ENDINGS = (".csv", ".tsv", ".txt")


def can_grow(path: Path) -> bool:
    """Whether a file is of a kind that is appended to."""
    return path.suffix.lower() in ENDINGS and path.is_file()


@dataclass(frozen=True)
class Rows:
    """New rows of a file.

    Attributes
    ----------
    cells
        Text, each row as long as the header.
    skipped
        Lines that had too few or too many fields.
    """

    cells: tuple[tuple[str, ...], ...]
    skipped: int = 0


class Tail:
    r"""What is read of a growing file, and what is still to come.

    Parameters
    ----------
    path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = place.write_text("t,x\n0,1\n1,")
    >>> tail = Tail(place)
    >>> tail.names, tail.read().cells
    (('t', 'x'), (('0', '1'),))
    >>> with place.open("a") as file:
    ...     _ = file.write("2\n")
    >>> tail.change(), tail.read().cells
    ('grown', (('1', '2'),))
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: tuple[str, ...] = ()
        self.start()

    def start(self) -> None:
        """Read the header; what follows it is new.

        Raises
        ------
        Refusal
            Where there is no header yet, or none that can be read.
        """
        try:
            with self.path.open("rb") as stream:
                lines = delimited._peeked(self.path, stream)
                dialect = delimited._dialect(self.path, lines)
                stream.seek(0)
                for _ in range(dialect.skipped):
                    stream.readline()
                self.at = stream.tell()
                self._mark = self._before(stream)
        except OSError as why:
            raise Refusal(f"{self.path.name} cannot be read: {why}", "a file") from None
        self.names = tuple(dialect.headers.names)
        self._delimiter, self._decimal = dialect.delimiter, dialect.decimal

    def change(self) -> Change:
        """What has become of the file since the last reading."""
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as stream:
                if size < self.at or self._before(stream) != self._mark:
                    return "replaced"
            return "grown" if size > self.at else "same"
        except OSError:
            return "gone"

    def read(self) -> Rows:
        """The whole lines that came since, a few megabytes at a time; none of another file."""
        with self.path.open("rb") as stream:
            # It may have been replaced since it was last looked at: then `change` says so.
            if self._before(stream) != self._mark:
                return Rows(())
            stream.seek(self.at)
            block = stream.read(BLOCK)
            whole = block[: block.rfind(b"\n") + 1]
            self.at += len(whole)
            self._mark = self._before(stream)
        return self._parted(whole.decode("utf-8", "replace").splitlines())

    def _before(self, stream: IO[bytes]) -> bytes:
        """The bytes before the place that was read to."""
        first = max(self.at - MARK, 0)
        stream.seek(first)
        return stream.read(self.at - first)

    def _parted(self, lines: Sequence[str]) -> Rows:
        wide, found, skipped = len(self.names), [], 0
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        rows = (
            (line.split() for line in lines)
            if self._delimiter == r"\s+"
            else csv.reader(lines, delimiter=self._delimiter, skipinitialspace=True)
        )
        for row in rows:
            if len(row) == wide:
                found.append(tuple(cell.strip() for cell in row))
            else:
                skipped += 1
        return Rows(tuple(found), skipped)

    def numbers(self, rows: Rows, name: str) -> tuple[Array, int]:
        """A column as numbers, and how many cells were text; an empty one is a gap."""
        place, decimal = self.names.index(name), self._decimal
        out, strange = np.full(len(rows.cells), np.nan), 0
        for k, row in enumerate(rows.cells):
            text = row[place]
            if not text:
                continue
            try:
                value = float(text.replace(decimal, ".") if decimal != "." else text)
            except ValueError:
                strange += 1
                continue
            out[k] = value if np.isfinite(value) else np.nan
        return out, strange

    def texts(self, rows: Rows, name: str) -> list[str]:
        """A column as it stands."""
        place = self.names.index(name)
        return [row[place] for row in rows.cells]
