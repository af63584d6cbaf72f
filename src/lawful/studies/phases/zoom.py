"""The boundary of a diagram, and the window on its most intricate part.

    mixed[j, i] = cells (j, i), (j, i+1), (j+1, i), (j+1, i+1) do not all share one fate

A square between four cells is mixed where the boundary passes through it. The window is
centred on the mixed square that has the most others around it within the window's size;
of equals the one nearest to the middle, then the first. Nothing is drawn by chance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import DIVERGED, SOLVED, Diagram

Bools = NDArray[np.bool_]
BETWEEN = {
    "diverged": "trainings that diverge and those that do not",
    "solved": "trainings that reach the goal and those that do not",
    "majority": "cells that mostly reach the goal and the others",
}


@dataclass(frozen=True, eq=False)
class Boundary:
    """Where two kinds of cells meet.

    Attributes
    ----------
    inside
        The cells of one kind, shape (ny, nx).
    mixed
        The squares through which the boundary passes, shape (ny − 1, nx − 1).
    between
        What it parts, in words.
    """

    inside: Bools
    mixed: Bools
    between: str

    @property
    def length(self) -> int:
        """In squares."""
        return int(self.mixed.sum())


def mixed(inside: Bools) -> Bools:
    """Squares whose four corners differ, shape (ny − 1, nx − 1).

    >>> mixed(np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)).astype(int)
    array([[0, 1],
           [0, 1]])
    """
    corners = inside[:-1, :-1] * 1 + inside[1:, :-1] + inside[:-1, 1:] + inside[1:, 1:]
    return (corners > 0) & (corners < 4)


def boundary_of(diagram: Diagram, kind: str) -> Boundary:
    """The boundary of one kind; of the first network's map where chance would blur it.

    Parameters
    ----------
    diagram
        Of which.
    kind
        "diverged", "solved", or "majority": cells of which half or more solve it.
    """
    inside = {
        "diverged": diagram.first == DIVERGED,
        "solved": diagram.first == SOLVED,
        "majority": diagram.probability >= 0.5,
    }[kind]
    return Boundary(inside, mixed(inside), BETWEEN[kind])


def settled(diagram: Diagram, kind: str) -> str:
    """What "auto" means for this diagram and all windows in it: the first kind there is."""
    if kind != "auto":
        return kind
    there = (one for one in BETWEEN if boundary_of(diagram, one).length)
    return next(there, "solved")


def window_on(diagram: Diagram, edge: Boundary, factor: float) -> tuple[Axis, Axis] | None:
    """The axes of the window to look into next; None where there is no boundary.

    Parameters
    ----------
    diagram, edge
        The plane and its boundary.
    factor
        How many times smaller the window is, along each axis.
    """
    if not edge.mixed.any():
        return None
    row, column = _busiest(edge.mixed, factor)
    nx, ny = diagram.size
    x = _around((column + 1) / nx, factor)
    y = _around((row + 1) / ny, factor)
    return diagram.x.window(*x), diagram.y.window(*y)


def _busiest(squares: Bools, factor: float) -> tuple[int, int]:
    """The mixed square with the most others in the window around it."""
    ny, nx = squares.shape
    half = max(1, round((ny + 1) / factor / 2)), max(1, round((nx + 1) / factor / 2))
    total = np.pad(squares.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    rows, columns = np.nonzero(squares)
    # The window is pushed back into the plane where it would leave it.
    top = np.clip(rows - half[0], 0, max(0, ny - 2 * half[0]))
    left = np.clip(columns - half[1], 0, max(0, nx - 2 * half[1]))
    bottom, right = np.minimum(top + 2 * half[0], ny), np.minimum(left + 2 * half[1], nx)
    count = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    off_centre = (2 * rows + 1 - ny) ** 2 * nx**2 + (2 * columns + 1 - nx) ** 2 * ny**2
    best = np.lexsort((columns, rows, off_centre, -count))[0]
    return int(rows[best]), int(columns[best])


def _around(centre: float, factor: float) -> tuple[float, float]:
    """A share of an axis around a place, pushed back where it would leave it."""
    start = min(max(centre - 0.5 / factor, 0.0), 1.0 - 1.0 / factor)
    return start, min(start + 1.0 / factor, 1.0)
