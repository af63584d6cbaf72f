"""Scaling: z = (x − mean) / standard deviation, column by column, and back.

A column that never changes becomes exactly 0 and keeps a spread of 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scaling:
    """scaled = (raw − centre) / spread, column by column.

    Attributes
    ----------
    centre, spread
        Shape (columns,), in the units of the raw columns; no spread is zero.

    Examples
    --------
    >>> scaling = Scaling(np.array([10.0]), np.array([2.0]))
    >>> scaling.apply(np.array([[14.0]])), scaling.undo(np.array([[2.0]]))
    (array([[2.]]), array([[14.]]))
    """

    centre: Array
    spread: Array

    def apply(self, raw: Array) -> Array:
        """`raw`, of shape (n, columns), without units, in its own dtype."""
        return np.asarray((raw - self.centre.astype(raw.dtype)) / self.spread.astype(raw.dtype))

    def undo(self, scaled: Array) -> Array:
        """Back in the units of the raw columns."""
        return scaled * self.spread.astype(scaled.dtype) + self.centre.astype(scaled.dtype)

    def after(self, first: "Scaling | None") -> "Scaling":
        """Both as one: `first`, then this."""
        if first is None:
            return self
        return Scaling(first.centre + first.spread * self.centre, first.spread * self.spread)

    @staticmethod
    def of(values: Array) -> "Scaling":
        """Mean and standard deviation; a column that never changes keeps its spread of 1.

        Raises
        ------
        Refusal
            For numbers whose squares overflow.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            centre = values.mean(axis=0, dtype=np.float64)
            spread = values.std(axis=0, dtype=np.float64)
        if not (np.isfinite(centre).all() and np.isfinite(spread).all()):
            raise Refusal("columns too large to be scaled", "numbers below 1e150", "divide them")
        still = spread <= 1e-12 * np.abs(centre)
        return Scaling(np.where(still, values[0], centre), np.where(still, 1.0, spread))
