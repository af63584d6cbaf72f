"""Where the networks of an ensemble are: positions x, velocities v, steps made."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.ensembles.population import Population

Array = NDArray[Any]


@dataclass(frozen=True)
class State:
    """An ensemble on its way; enough to go on from.

    Attributes
    ----------
    x, v
        Positions and velocities (the displacements of the last step), shape (P, E).
    step
        Steps made.
    solved_at
        The steps made before the weights that first met the goal, shape (E,); −1 for never.
    """

    x: Array
    v: Array
    step: int
    solved_at: NDArray[np.int64]

    @classmethod
    def start(cls, population: Population) -> "State":
        """At rest at the first weights.

        Examples
        --------
        >>> State.start(Population.of([2, 3, 1], seeds=[0, 1])).x.shape
        (13, 2)
        """
        x = population.positions()
        return cls(x, np.zeros_like(x), 0, np.full(population.size, -1, dtype=np.int64))

    def part(self, which: slice | NDArray[np.intp]) -> "State":
        """Of some of the networks."""
        return State(self.x[:, which], self.v[:, which], self.step, self.solved_at[which].copy())
