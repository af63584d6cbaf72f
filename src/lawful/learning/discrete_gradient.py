"""The energy never rises, at any step: motion by a discrete gradient.

    Δ = x' − x = h v̄,    m (v' − v) = −h ∇̄U − γ Δ,
    ∇̄U = ∇U(x̄) + (U(x') − U(x) − ∇U(x̄)·Δ) Δ/|Δ|²,

v̄ and x̄ the means of old and new. Since ∇̄U·Δ = U(x') − U(x) by its making, the
energy E = U + ½ m |v|² obeys

    E' − E = −(γ/h)|Δ|²

whatever the step: it falls with friction and stays without. Without mass this is
gradient descent that cannot diverge, x' = x − (h/γ) ∇̄U. The equation for Δ is
implicit; it is solved by Anderson's acceleration of its fixed point, and where that
fails a step is taken as two halves.

Sources: O. Gonzalez, J. Nonlinear Sci. 6, 449 (1996); R. I. McLachlan,
G. R. W. Quispel and N. Robidoux, Phil. Trans. R. Soc. A 357, 1021 (1999);
D. G. Anderson, J. ACM 12, 547 (1965), and H. F. Walker and P. Ni, SIAM J. Numer.
Anal. 49, 1715 (2011), for the acceleration.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import positive
from lawful.learning.dynamics import at_least_0
from lawful.learning.ledger import dot
from lawful.learning.motion import Motion
from lawful.learning.potential import Landscape
from lawful.refusal import Refusal

Array = NDArray[Any]
Rng = np.random.Generator

DEPTH = 8  # earlier iterates that Anderson's acceleration combines
ITERATIONS = 60
POLISH = 8  # more of them once the answer will do, in case it can be perfect
ROUND_OFF = 4 * float(np.finfo(np.float64).eps)  # of an energy, in units of it


class _State(NamedTuple):
    """Where a step, or half of one, has come to, and the heat given off on the way."""

    x: Array
    v: Array
    U: float
    heat: float


@dataclass(frozen=True)
class DiscreteGradient:
    """Descent whose energy falls by exactly the friction's heat, at any step.

    Parameters
    ----------
    mass
        m ≥ 0; 0 leaves out inertia.
    friction
        γ ≥ 0; 0 conserves the energy. Without mass it must be positive.
    time_step
        h > 0. Without mass the learning rate is h/γ.
    tolerance
        Of the implicit equation, relative to |Δ|.
    halvings
        How often a step may be halved where the equation does not converge.

    Raises
    ------
    Refusal
        For a number that cannot be meant; and by `step`, where it does not converge.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl, rng = Quadratic(np.array([1.0])), np.random.default_rng(0)
    >>> descent = DiscreteGradient(time_step=6.0)  # gradient descent diverges from 2 on
    >>> motion = descent.begin(np.array([1.0]), bowl, rng)
    >>> for _ in range(3):
    ...     motion = descent.step(motion, bowl, rng)
    >>> np.round(motion.x, 12)
    array([-0.125])
    """

    mass: float = 0.0
    friction: float = 1.0
    time_step: float = 0.1
    tolerance: float = 1e-12
    halvings: int = 12

    def __post_init__(self) -> None:
        at_least_0("mass", self.mass)
        at_least_0("friction", self.friction)
        positive("time step", self.time_step)
        positive("tolerance", self.tolerance)
        at_least_0("halvings", self.halvings)
        if not self.mass and not self.friction:
            raise Refusal("neither mass nor friction", "one of them", "set friction=1")

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        return asdict(self)

    def begin(self, x: Array, landscape: Landscape, rng: Rng) -> Motion:
        """At rest at x.

        Raises
        ------
        Refusal
            In single precision, whose round-off is above the tolerance.
        """
        if x.dtype != np.float64:
            raise Refusal(f"a discrete gradient in {x.dtype}", "float64", "take dtype='float64'")
        return Motion(x, np.zeros_like(x), memory=(0.0,))

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """One step of `scale` times the time step."""
        h = scale * self.time_step
        if not h:
            return Motion(motion.x, motion.v, memory=(0.0,))
        start = _State(motion.x, motion.v, landscape.value(motion.x), 0.0)
        end = self._advance(start, landscape, h, int(self.halvings))
        return Motion(end.x, end.v, memory=(end.heat,))

    def kinetic(self, motion: Motion) -> float:
        """½ m |v|²."""
        return 0.5 * self.mass * dot(motion.v, motion.v) if self.mass else 0.0

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """`friction`: the heat (γ/h)|Δ|², and nothing else."""
        return {"friction": -after.memory[0]}

    def _advance(self, start: _State, landscape: Landscape, h: float, halvings: int) -> _State:
        end = self._solved(start, landscape, h)
        if end is not None:
            return end
        if not halvings:
            raise Refusal(
                f"a discrete gradient that does not converge, with steps down to {h:.3g}",
                "a smooth and finite loss",
                "take gelu or tanh in the place of relu, or a smaller time_step",
            )
        middle = self._advance(start, landscape, h / 2.0, halvings - 1)
        end = self._advance(middle, landscape, h / 2.0, halvings - 1)
        return end._replace(heat=middle.heat + end.heat)

    def _solved(self, start: _State, landscape: Landscape, h: float) -> _State | None:
        """One implicit step: Δ with a Δ = b − ∇̄U, a = 2m/h² + γ/h, b = 2 m v/h."""
        a = 2.0 * self.mass / h**2 + self.friction / h
        b = (2.0 * self.mass / h) * start.v
        energy = abs(start.U) + 0.5 * self.mass * dot(start.v, start.v)

        def image(along: Array) -> Array:
            return (b - discrete_gradient(landscape, start.x, along, start.U)) / a

        def wrong(along: Array, missed: Array) -> float:
            """0 where the energy is missed by its round-off alone, 1 where it just will do."""
            size, miss = math.sqrt(dot(along, along)), math.sqrt(dot(missed, missed))
            unseen = a * miss * size / (ROUND_OFF * energy or 1.0) if miss <= 1e-3 * size else 9.0
            if unseen <= 1.0 or not miss:
                return 0.0
            return min(miss / (self.tolerance * size or 1.0), unseen / 8.0)

        along = _fixed_point(image, (b - landscape.gradient(start.x)) / a, wrong)
        if along is None:
            return None
        x = start.x + along
        v = (2.0 / h) * along - start.v if self.mass else along / h
        return _State(x, v, landscape.value(x), self.friction / h * dot(along, along))


def discrete_gradient(
    landscape: Landscape, x: Array, along: Array, U: float | None = None
) -> Array:
    """∇̄U between x and x + `along`, whose product with `along` is U(x + along) − U(x).

    Parameters
    ----------
    landscape
        What has `value` and `gradient`.
    x, along
        The start and Δ, shape (P,).
    U
        U(x), where it is known.

    Returns
    -------
    ndarray
        Gonzalez's discrete gradient, shape (P,); ∇U(x) for Δ = 0. Where the
        correction is lost in round-off the gradient at the middle stands alone.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl = Quadratic(np.array([1.0, 4.0]))
    >>> discrete_gradient(bowl, np.zeros(2), np.array([2.0, 1.0]))
    array([1., 2.])
    """
    old = landscape.value(x) if U is None else U
    new = landscape.value(x + along)
    middle = landscape.gradient(x + 0.5 * along)
    missing = new - old - dot(middle, along)
    if abs(missing) <= ROUND_OFF * max(abs(old), abs(new)):
        return middle
    return middle + (missing / dot(along, along)) * along


def _fixed_point(
    image: Callable[[Array], Array], start: Array, wrong: Callable[[Array, Array], float]
) -> Array | None:
    """The point that is its own image, by Anderson's acceleration; None where it fails.

    Each new point is the combination of the last ones whose images miss them least.
    `wrong` is 0 for a perfect point and at most 1 for one that will do.
    """
    point, best, least, polished = start, start, math.inf, 0
    points: list[Array] = []
    misses: list[Array] = []
    for _ in range(ITERATIONS):
        missed = image(point) - point
        if not np.isfinite(missed).all():
            break
        off = wrong(point, missed)
        if off < least:
            best, least = point, off
        polished += least <= 1.0
        if not least or polished > POLISH:
            break
        points, misses = [*points[-DEPTH:], point], [*misses[-DEPTH:], missed]
        point = _combined(points, misses)
    return best if least <= 1.0 else None


def _combined(points: list[Array], misses: list[Array]) -> Array:
    """The next point of Anderson's acceleration, without damping."""
    point = points[-1] + misses[-1]
    if len(points) == 1:
        return point
    over = np.diff(np.array(misses), axis=0).T
    weights = np.linalg.lstsq(over, misses[-1], rcond=None)[0]
    return point - (np.diff(np.array(points), axis=0).T + over) @ weights
