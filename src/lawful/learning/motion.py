"""The motion of a network through its landscape: positions x, velocities v.

    E = U(x) + K(v)

Every optimiser and every mechanical system is a `Dynamics`: it says how a motion
begins, how it goes on, what its kinetic energy is, and, where it can, into which
amounts each change of E divides.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawful.learning.potential import Landscape

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a network is, and how it moves.

    Attributes
    ----------
    x, v
        Positions and velocities, shape (P,). Never changed in place.
    U, g
        The potential energy and gradient at x, where they were measured.
    memory
        What an optimiser keeps beside, each of shape (P,) or a number.
    """

    x: Array
    v: Array
    U: float = np.nan
    g: Array | None = None
    memory: tuple[Any, ...] = ()

    def measured(self, landscape: Landscape) -> "Motion":
        """The same motion with U and g at x."""
        U, g = landscape.value_and_gradient(self.x)
        return Motion(self.x, self.v, U, g, self.memory)


class Dynamics(Protocol):
    """How a motion goes on. Implementations are frozen dataclasses."""

    def begin(self, x: Array, landscape: Landscape, rng: np.random.Generator) -> Motion:
        """The motion at the start."""
        ...

    def step(
        self, motion: Motion, landscape: Landscape, rng: np.random.Generator, scale: float = 1.0
    ) -> Motion:
        """The motion one step later; `scale` multiplies the learning rate or the time step."""
        ...

    def kinetic(self, motion: Motion) -> float:
        """K(v)."""
        ...

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """Amounts that add up to E(after) − E(before), each by its own formula.

        Both motions are measured. Empty where the dynamics has no such ledger.
        """
        ...

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        ...
