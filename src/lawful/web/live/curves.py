"""Curves that grow for as long as a network learns, in a bounded place.

    rows 0, 1, 2, … N   →   every second one, once N rows are full

A reader says how far it has read and gets what came since; where rows were thinned, cut or
begun anew it gets all of them.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ROWS = 4000
Place = tuple[int, int]  # of which making, and how many rows of it
NOWHERE: Place = (-1, 0)


class Curves:
    """Columns of numbers over steps.

    Examples
    --------
    >>> curves = Curves()
    >>> for step in range(3):
    ...     curves.add(step, {"loss": 1.0 / (1 + step)})
    >>> start, columns, place = curves.since(NOWHERE)
    >>> start, columns["steps"].tolist()
    (0, [0, 1, 2])
    >>> curves.add(3, {"loss": 0.25})
    >>> start, columns, place = curves.since(place)
    >>> start, columns["loss"].tolist()
    (3, [0.25])
    """

    def __init__(self, rows: int = ROWS) -> None:
        self._most, self._making = rows, 0
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._making += 1
        self._steps: list[int] = []
        self._columns: dict[str, list[float]] = {}
        self._stride, self._seen = 1, 0

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: int, row: Mapping[str, float]) -> None:
        """One row; thinned like those before it."""
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        for name in row.keys() - self._columns.keys():
            self._columns[name] = [math.nan] * len(self._steps)
            self._making += bool(self._steps)  # what was read lacks this column
        self._steps.append(step)
        for name, column in self._columns.items():
            column.append(row.get(name, math.nan))
        if len(self._steps) > self._most:
            self._thin()

    def _thin(self) -> None:
        self._steps = self._steps[::2]
        self._columns = {name: column[::2] for name, column in self._columns.items()}
        self._stride *= 2
        self._making += 1

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        kept = sum(one <= step for one in self._steps)
        if kept == len(self._steps):
            return
        self._steps = self._steps[:kept]
        self._columns = {name: column[:kept] for name, column in self._columns.items()}
        self._seen = (kept - 1) * self._stride + 1 if kept else 0
        self._making += 1

    def since(self, place: Place) -> tuple[int, dict[str, Array], Place]:
        """From which row on, the columns from there, and the place reached.

        Returns
        -------
        tuple
            Where the first is 0, everything read before is void.
        """
        making, start = place if place[0] == self._making else (self._making, 0)
        columns: dict[str, Array] = {"steps": np.array(self._steps[start:], dtype=np.int32)}
        with np.errstate(over="ignore"):  # what has run away is infinite in single precision
            for name, column in self._columns.items():
                columns[name] = np.array(column[start:], dtype=np.float32)
        return start, columns, (making, len(self._steps))
