"""The energy ledger: where each joule of a network's training goes.

For the heavy ball, v' = μv − ηg(x), x' = x + v', with E = U(x) + |v|²/2η,

    E' − E =  − (1 − μ²)|v|²/2η            friction: heat lost while coasting
              − (η/2)|g|²                  kick: what a finite step of the force costs
              + U(x') − U(x) − g·(x' − x)  curvature: what the slope at x does not know.

The split is exact at any step: |v'|²/2η = μ²|v|²/2η − μ v·g + (η/2)|g|², and the
middle term cancels against g·v' = μ v·g − η|g|². Every dynamics has a split of its
own (`account`); a `Ledger` adds them up over a run, and what remains is round-off.

The split is algebra: it holds for any vector in the place of g, so that it cannot
see a wrong gradient. Its companion can: the line integral

    ∫₀¹ g(x + s(x' − x)) · (x' − x) ds = U(x') − U(x)

holds for the true gradient alone. It is taken at Gauss-Legendre nodes.

Sources: the split is derived here from Polyak's heavy ball (USSR Comput. Math. Math.
Phys. 4(5), 1, 1964); A. Neumaier, Z. Angew. Math. Mech. 54, 39 (1974), for the
compensated sum.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.motion import Dynamics, Motion
from lawful.learning.potential import Landscape
from lawful.refusal import Refusal

Array = NDArray[Any]


def dot(a: Array, b: Array) -> float:
    """The product a · b in float64, also of float32 arrays.

    Examples
    --------
    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    if a.dtype == b.dtype == np.float64:
        return float(a.dot(b))
    return float(np.dot(a.astype(np.float64), b.astype(np.float64)))


def slope(motion: Motion) -> Array:
    """The gradient of a measured motion, shape (P,).

    Raises
    ------
    Refusal
        Where it was not measured.
    """
    if motion.g is None:
        raise Refusal(
            "a motion without its gradient", "a measured one", "take motion.measured(landscape)"
        )
    return motion.g


def heavy_ball(
    before: Motion,
    after: Motion,
    momentum: float,
    learning_rate: float,
    *,
    mass: float | None = None,
) -> dict[str, float]:
    """What a step of the heavy ball does to its energy.

    Parameters
    ----------
    before, after
        The motions on both sides of the step, measured.
    momentum, learning_rate
        μ and η of v' = μv − ηg, x' = x + v'.
    mass
        m, where `v` is a velocity and not the displacement of a step: K = ½ m |v|²
        and η = h²/m. For displacements it is 1/η, the default.

    Returns
    -------
    dict
        `friction`, `kick` and `curvature`, whose sum is E(after) − E(before).

    Raises
    ------
    Refusal
        For motions that are not measured.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl, x, v = Quadratic(np.ones(1)), np.array([1.0]), np.array([0.5])
    >>> before = Motion(x, v).measured(bowl)
    >>> v = 0.9 * v - 0.1 * x
    >>> after = Motion(x + v, v).measured(bowl)
    >>> split = heavy_ball(before, after, 0.9, 0.1)
    >>> change = after.U - before.U + (0.35**2 - 0.5**2) / 0.2
    >>> round(split["friction"], 6), round(split["kick"], 6), round(split["curvature"], 6)
    (-0.2375, -0.05, 0.06125)
    >>> abs(sum(split.values()) - change) < 1e-15
    True
    """
    m = 1.0 / learning_rate if mass is None else mass
    g = slope(before)
    return {
        "friction": -0.5 * m * (1.0 - momentum) * (1.0 + momentum) * dot(before.v, before.v),
        "kick": -0.5 * learning_rate * dot(g, g),
        "curvature": after.U - before.U - dot(g, after.x - before.x),
    }


class Ledger:
    """The books of a run: what each account gave, and what none explains.

    Parameters
    ----------
    energy
        E at the start.

    Attributes
    ----------
    entries
        Steps entered.
    start, energy
        E at the start and now.
    worst
        The largest relative residual so far.

    Examples
    --------
    >>> books = Ledger(1.0)
    >>> for _ in range(10):
    ...     books.enter({"friction": -0.1, "kick": 0.02}, books.energy - 0.08)
    >>> round(books.totals["friction"], 12), books.worst < 1e-15
    (-1.0, True)
    """

    def __init__(self, energy: float) -> None:
        self.start = self.energy = float(energy)
        self.entries = 0
        self.worst = 0.0
        self._largest = abs(self.start)
        self._sums: dict[str, tuple[float, float]] = {}

    @classmethod
    def opened(cls, dynamics: Dynamics, motion: Motion) -> "Ledger":
        """The ledger of a motion that begins, measured: its accounts are there, and empty."""
        books = cls(motion.U + dynamics.kinetic(motion))
        books._sums = dict.fromkeys(dynamics.account(motion, motion), (0.0, 0.0))
        return books

    def follow(self, dynamics: Dynamics, before: Motion, after: Motion) -> None:
        """Enter one step by the dynamics' own account of it."""
        self.enter(dynamics.account(before, after), after.U + dynamics.kinetic(after))

    def enter(self, accounts: Mapping[str, float], energy: float) -> None:
        """Enter the amounts of one step, and the energy after it."""
        for name, amount in accounts.items():
            self._sums[name] = _added(*self._sums.get(name, (0.0, 0.0)), float(amount))
        self.energy = float(energy)
        self.entries += 1
        self._largest = max(self._largest, abs(self.energy))
        residual = abs(self.relative_residual)
        # max() would pass over NaN in silence where it stands second.
        self.worst = math.nan if math.isnan(residual) else max(self.worst, residual)

    @property
    def state(self) -> dict[str, Any]:
        """Everything it holds, to be written as JSON; `restored` takes it back to the bit."""
        return {
            "start": self.start,
            "energy": self.energy,
            "entries": self.entries,
            "worst": self.worst,
            "largest": self._largest,
            "sums": {name: list(pair) for name, pair in self._sums.items()},
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "Ledger":
        """The ledger that `state` came from."""
        books = cls(state["start"])
        books.energy, books.entries = state["energy"], state["entries"]
        books.worst, books._largest = state["worst"], state["largest"]
        books._sums = {name: (total, lost) for name, (total, lost) in state["sums"].items()}
        return books

    @property
    def totals(self) -> dict[str, float]:
        """The sum of each account."""
        return {name: total + lost for name, (total, lost) in self._sums.items()}

    @property
    def change(self) -> float:
        """E now less E at the start."""
        return self.energy - self.start

    @property
    def residual(self) -> float:
        """The change of E less all accounts: nothing but round-off, if the books are right."""
        parts = [part for pair in self._sums.values() for part in pair]
        return math.fsum([self.energy, -self.start, *(-part for part in parts)])

    @property
    def relative_residual(self) -> float:
        """The residual over the largest |E| of the run; E at the start where E only falls."""
        return self.residual / self._largest if self._largest else self.residual

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {total:+.6g}" for name, total in self.totals.items())
        return (
            f"Ledger({self.entries} steps, energy {self.start:.6g} -> {self.energy:.6g}: "
            f"{said or 'nothing entered'}; residual {self.relative_residual:.1e})"
        )


def _added(total: float, lost: float, amount: float) -> tuple[float, float]:
    """One step of Neumaier's sum: the total, and the digits it could not hold."""
    new = total + amount
    if abs(total) >= abs(amount):
        return new, lost + ((total - new) + amount)
    return new, lost + ((amount - new) + total)


def line_integral(landscape: Landscape, x: Array, x_new: Array, nodes: int = 16) -> float:
    """The work of the gradient along the straight line from `x` to `x_new`.

    Parameters
    ----------
    landscape
        What has `gradient(x) -> (P,)`.
    x, x_new
        Both ends, shape (P,).
    nodes
        Gauss-Legendre nodes; exact for gradients of degree 2 nodes − 1 along the line.

    Returns
    -------
    float
        ∫ g · dx, which is U(x_new) − U(x) for a true gradient. Where the gradient
        jumps (ReLU, L1) the error falls slowly with the nodes.

    Raises
    ------
    Refusal
        For fewer than one node.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl = Quadratic(np.array([1.0, 4.0]))
    >>> line_integral(bowl, np.zeros(2), np.array([2.0, 1.0]), nodes=1)
    4.0
    """
    if nodes < 1:
        raise Refusal(f"{nodes} nodes", "at least 1")
    s, w = np.polynomial.legendre.leggauss(nodes)
    along = x_new - x
    pulls = (dot(landscape.gradient(x + (1.0 + at) / 2.0 * along), along) for at in s)
    return math.fsum(weight / 2.0 * pull for weight, pull in zip(w, pulls, strict=True))


def gradient_mismatch(landscape: Landscape, x: Array, x_new: Array, nodes: int = 16) -> float:
    """How far the line integral misses U(x_new) − U(x), over the larger |U| of both.

    About 1e-16 times the nodes for a right gradient; what a wrong one misses is of
    the order of |ΔU|/|U|. Choose ends that lie well apart.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl = Quadratic(np.array([1.0, 4.0]))
    >>> gradient_mismatch(bowl, np.ones(2), np.array([2.0, 0.0])) < 1e-14
    True
    """
    old, new = landscape.value(x), landscape.value(x_new)
    missed = abs(line_integral(landscape, x, x_new, nodes) - (new - old))
    return missed / (max(abs(old), abs(new)) or 1.0)
