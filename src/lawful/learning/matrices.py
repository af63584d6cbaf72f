"""A matrix that a user gives: numbers, all finite, in rows of one length.

Here a list of lists becomes an array, or a refusal that says what it is instead.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.refusal import Refusal

Array = NDArray[Any]


def matrix(what: str, given: ArrayLike, *, width: int | None = None) -> Array:
    """`given` as a float64 array of two dimensions; a single row may come as one.

    Parameters
    ----------
    what
        What the rows are, for the refusal.
    given
        Shape (rows, columns), or (columns,) for one row.
    width
        How many columns there must be.

    Raises
    ------
    Refusal
        For anything that is no such matrix.

    Examples
    --------
    >>> matrix("states", [1, -1])
    array([[ 1., -1.]])
    >>> matrix("states", [[1, 2], [3]])
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: states that are no matrix; expected numbers in rows of one length
    """
    try:
        found = np.atleast_2d(np.asarray(given, dtype=float))
    except (TypeError, ValueError) as error:
        raise Refusal(f"{what} that are no matrix", "numbers in rows of one length") from error
    if found.ndim != 2 or not found.size or (width is not None and found.shape[1] != width):
        columns = "columns" if width is None else str(width)
        raise Refusal(f"{what} of shape {np.shape(given)}", f"({what}, {columns})")
    if not np.isfinite(found).all():
        raise Refusal(f"{what} that are not all finite", "numbers", "leave such rows out")
    return found
