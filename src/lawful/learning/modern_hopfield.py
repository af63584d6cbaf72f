"""The modern Hopfield network: recall of real patterns by one softmax.

    E(s) = −1/β log Σ_μ e^{β x_μ·s} + ½ |s|² + 1/β log P + ½ M²,   M = max |x_μ|
    s ← Σ_μ softmax(β X s)_μ x_μ

The update is the transformer's attention with the patterns as keys and values. E
never rises and lies between 0 and 2M² for s in the patterns' hull. A pattern set
apart from the others is recalled in one update, with an error that falls as
e^{−β(gap − …)}; the number of patterns that fit grows exponentially with the dimension.

Source: H. Ramsauer et al., "Hopfield Networks is All You Need", ICLR 2021,
arXiv:2008.02217.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.activations import softmax
from lawful.learning.matrices import matrix
from lawful.refusal import Refusal

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class ModernHopfield:
    """A memory of real patterns.

    Parameters
    ----------
    patterns
        X, shape (P, d).
    sharpness
        β; 1/√d, as in attention, when not given. Where it is small, recall gives the
        mean of several patterns.

    Raises
    ------
    Refusal
        For patterns that are no matrix or not finite, or a sharpness not above 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> patterns = rng.choice([-1.0, 1.0], (1000, 64))      # far more than dimensions
    >>> memory = ModernHopfield(patterns, sharpness=1.0)
    >>> probes = patterns.copy()
    >>> probes[:, :10] = 0.0                                # a part is missing
    >>> bool((np.sign(memory.update(probes)) == patterns).mean() > 0.999)
    True
    """

    patterns: Array
    sharpness: float | None = None

    def __post_init__(self) -> None:
        X = matrix("patterns", self.patterns)
        beta = X.shape[1] ** -0.5 if self.sharpness is None else self.sharpness
        if not 0 < beta < np.inf:
            raise Refusal(f"sharpness {beta}", "a positive number", "such as 1")
        object.__setattr__(self, "patterns", X)
        object.__setattr__(self, "sharpness", float(beta))

    @property
    def _beta(self) -> float:
        return float(self.sharpness or 0.0)

    def weights(self, states: ArrayLike) -> Array:
        """How much of each pattern a state recalls, shape (states, P); rows add up to 1."""
        return softmax(self._beta * (self._states(states) @ self.patterns.T))

    def update(self, states: ArrayLike) -> Array:
        """One step of the dynamics, shape (states, d)."""
        return self.weights(states) @ self.patterns

    def energy(self, states: ArrayLike) -> Array:
        """E of each state, shape (states,)."""
        s = self._states(states)
        z = self._beta * (s @ self.patterns.T)
        top = z.max(axis=1)
        log_mean = top + np.log(np.exp(z - top[:, None]).mean(axis=1))
        longest = (self.patterns**2).sum(axis=1).max()
        return -log_mean / self._beta + 0.5 * (s * s).sum(axis=1) + 0.5 * longest

    def course(self, states: ArrayLike) -> Iterator[Array]:
        """The states at the start and after each update, without end."""
        s = self._states(states)
        while True:
            yield s
            s = self.update(s)

    def recall(self, states: ArrayLike, *, updates: int = 1000, tolerance: float = 1e-10) -> Array:
        """Where the states come to rest, shape (states, d).

        Raises
        ------
        Refusal
            Where they have not within so many updates.
        """
        if not isinstance(updates, int | np.integer) or updates < 1:
            raise Refusal(f"updates = {updates!r}", "a whole number from 1 up")
        s = self._states(states)
        moved = np.inf
        for _ in range(updates):
            fresh = self.update(s)
            moved, s = float(np.abs(fresh - s).max()), fresh
            if moved <= tolerance:
                return s
        raise Refusal(
            f"states still moving by {moved:.1e} after {updates} updates",
            f"at most {tolerance:g}",
            "ask for more updates, or another sharpness",
        )

    def _states(self, states: ArrayLike) -> Array:
        return matrix("states", states, width=self.patterns.shape[1])
