"""Training as mechanics: weights are positions, the loss is the potential energy.

    HeavyBall     m dv = −∇U dt − γ v dt                    rolls, rubs, comes to rest
    Hamiltonian   m dv = −∇U dt                             rolls for ever
    Langevin      m dv = −∇U dt − γ v dt + √(2γT) dW        shaken by a bath at T

with dx = v dt, mass m, friction γ, time step h, energy E = U(x) + ½ m |v|². The
last two are steps of `lawful.integrators`: a network and a pendulum move alike. A
bath regularises: in the end a network is found at x with a probability
proportional to exp(−U(x)/T), so that wide valleys win over deep cracks.

Each dynamics accounts for every step: named amounts, each by its own formula, that
add up to the change of E (see `lawful.learning.ledger`). A schedule scales the time
step; the accounts stay exact.

Sources: B. T. Polyak, USSR Comput. Math. Math. Phys. 4(5), 1 (1964); B. Leimkuhler and
C. Matthews, Appl. Math. Res. Express 2013, 34 (2013), for BAOAB; M. Welling and
Y. W. Teh, ICML 2011, for learning in a bath.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.integrators import langevin, leapfrog
from lawful.learning.architecture import positive
from lawful.learning.ledger import dot, heavy_ball, slope
from lawful.learning.motion import Motion
from lawful.learning.potential import Landscape
from lawful.refusal import Refusal

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class HeavyBall:
    """A ball with friction: v' = μv − (h/m) g, x' = x + h v'.

    In the words of optimisers, h v is the displacement of a step, μ = exp(−γh/m) the
    momentum and η = h²/m the learning rate; `HeavyBall.of` takes those two.

    Parameters
    ----------
    mass
        m > 0.
    friction
        γ ≥ 0, a force over a velocity; a free ball slows down in the time m/γ.
    time_step
        h > 0.

    Raises
    ------
    Refusal
        For a number that cannot be meant.

    Examples
    --------
    >>> ball = HeavyBall(mass=1.0, friction=0.5, time_step=0.2)
    >>> round(ball.momentum, 6), round(ball.learning_rate, 6)
    (0.904837, 0.04)
    """

    mass: float = 1.0
    friction: float = 0.1
    time_step: float = 0.1

    def __post_init__(self) -> None:
        _inertial(self.mass, self.time_step)
        at_least_0("friction", self.friction)

    @classmethod
    def of(cls, learning_rate: float, momentum: float = 0.9) -> "HeavyBall":
        """The ball of v' = μv − ηg, x' = x + v': a time step of 1 and a mass of 1/η.

        Raises
        ------
        Refusal
            Unless η > 0 and 0 <= μ <= 1.

        Examples
        --------
        >>> ball = HeavyBall.of(learning_rate=0.1, momentum=0.5)
        >>> ball.time_step, ball.mass, round(ball.momentum, 12)
        (1.0, 10.0, 0.5)
        """
        positive("learning rate", learning_rate)
        if not 0 <= momentum <= 1:
            raise Refusal(f"momentum {momentum!r}", "a number from 0 to 1")
        # A finite friction whose exponential is exactly 0 stands for no memory at all.
        rate = -math.log(momentum) if momentum > 0 else 800.0
        return cls(mass=1.0 / learning_rate, friction=rate / learning_rate, time_step=1.0)

    @property
    def momentum(self) -> float:
        """μ = exp(−γh/m), what a step leaves of the velocity."""
        return self._kept(self.time_step)

    @property
    def learning_rate(self) -> float:
        """η = h²/m."""
        return self.time_step**2 / self.mass

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        return asdict(self)

    def begin(self, x: Array, landscape: Landscape, rng: Rng) -> Motion:
        """At rest at x."""
        return Motion(x, np.zeros_like(x), memory=(0.0,))

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """One step of `scale` times the time step."""
        h = scale * self.time_step
        v = self._kept(h) * motion.v
        v -= (h / self.mass) * landscape.gradient(motion.x)
        return Motion(motion.x + h * v, v, memory=(h,))

    def kinetic(self, motion: Motion) -> float:
        """½ m |v|², which is |h v|²/2η."""
        return 0.5 * self.mass * dot(motion.v, motion.v)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """`friction`, `kick` and `curvature`: see `ledger.heavy_ball`."""
        (h,) = after.memory
        return heavy_ball(before, after, self._kept(h), h**2 / self.mass, mass=self.mass)

    def _kept(self, h: float) -> float:
        return math.exp(-self.friction * h / self.mass)


@dataclass(frozen=True)
class Hamiltonian:
    """No friction: leapfrog, which keeps E to the order h² for ever and can be reversed.

    Parameters
    ----------
    mass, time_step
        m > 0 and h > 0; stable for h² < 4m/λ, λ the largest curvature.
    temperature
        T ≥ 0 of the velocities at the start, drawn with variance T/m; 0 starts at rest.

    Raises
    ------
    Refusal
        For a number that cannot be meant.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl, rng = Quadratic(np.array([1.0])), np.random.default_rng(0)
    >>> free = Hamiltonian(mass=1.0, time_step=0.1)
    >>> motion = free.begin(np.array([1.0]), bowl, rng)
    >>> for _ in range(100):
    ...     motion = free.step(motion, bowl, rng)
    >>> bool(abs(motion.U + free.kinetic(motion) - 0.5) < 0.1**2 / 8)
    True
    """

    mass: float = 1.0
    time_step: float = 0.1
    temperature: float = 0.0

    def __post_init__(self) -> None:
        _inertial(self.mass, self.time_step)
        at_least_0("temperature", self.temperature)

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        return asdict(self)

    def begin(self, x: Array, landscape: Landscape, rng: Rng) -> Motion:
        """At x, with the velocities of the temperature."""
        spread = math.sqrt(self.temperature / self.mass)
        v = spread * rng.standard_normal(x.shape) if spread else np.zeros_like(x)
        return Motion(x, v.astype(x.dtype, copy=False), memory=(0.0,))

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """One step of `scale` times the time step: half a kick, a drift, half a kick."""
        h = scale * self.time_step
        force = _Force(landscape, self.mass)
        # Leapfrog with the places of x and v exchanged starts and ends with a kick,
        # so that the gradient at x' serves the next step too.
        v, x = leapfrog(motion.v, motion.x, h, lambda v: v, force)
        return Motion(x, v, force.U, force.g, memory=(h,))

    def kinetic(self, motion: Motion) -> float:
        """½ m |v|²."""
        return 0.5 * self.mass * dot(motion.v, motion.v)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """What a finite step does to the energy.

        `kick` is (h²/8m)(|g'|² − |g|²), which cancels over a closed orbit, and
        `curvature` is U' − U − ½(g + g')·(x' − x), of the third order in h.
        """
        (h,) = after.memory
        along = after.x - before.x
        return {
            "kick": _half_kicks(before, after, self.mass, h),
            "curvature": after.U - before.U - 0.5 * dot(slope(before) + slope(after), along),
        }


@dataclass(frozen=True)
class Langevin:
    """A bath of temperature T: BAOAB, with exact averages on a quadratic at any step.

    Parameters
    ----------
    mass
        m > 0.
    friction
        γ ≥ 0, as for `HeavyBall`; 0 leaves `Hamiltonian`.
    temperature
        T ≥ 0, in units of the loss.
    time_step
        h > 0, stable for h² < 4m/λ.

    Raises
    ------
    Refusal
        For a number that cannot be meant.

    Examples
    --------
    >>> from lawful.learning.quadratic import Quadratic
    >>> bowl, rng = Quadratic(np.full(20_000, 4.0)), np.random.default_rng(0)
    >>> bath = Langevin(temperature=0.02, friction=2.0, time_step=0.5)
    >>> motion = bath.begin(np.zeros(20_000), bowl, rng)
    >>> for _ in range(40):
    ...     motion = bath.step(motion, bowl, rng)
    >>> bool(abs(motion.x.var() / (0.02 / 4.0) - 1) < 0.05)
    True
    """

    mass: float = 1.0
    friction: float = 1.0
    temperature: float = 1e-4
    time_step: float = 0.1

    def __post_init__(self) -> None:
        _inertial(self.mass, self.time_step)
        at_least_0("friction", self.friction)
        at_least_0("temperature", self.temperature)

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        return asdict(self)

    def begin(self, x: Array, landscape: Landscape, rng: Rng) -> Motion:
        """At rest at x; the bath warms it."""
        return Motion(x, np.zeros_like(x), memory=(0.0, np.zeros_like(x)))

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """One step of `scale` times the time step."""
        h = scale * self.time_step
        force = _Force(landscape, self.mass)
        noise = rng.standard_normal(motion.x.shape).astype(motion.x.dtype, copy=False)
        x, v = langevin(
            motion.x,
            motion.v,
            h,
            force,
            noise,
            friction=motion.x.dtype.type(self.friction / self.mass),
            temperature=self.temperature,
            mass=self.mass,
        )
        return Motion(x, v, force.U, force.g, memory=(h, noise))

    def kinetic(self, motion: Motion) -> float:
        """½ m |v|²."""
        return 0.5 * self.mass * dot(motion.v, motion.v)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """Heat given to the bath, heat taken from it, and what the finite step costs.

        With u the velocity after the first half kick, c = exp(−γh/m) and ξ the noise
        of variance (1 − c²) T/m: `friction` is −½ m (1 − c²)|u|², `bath` is
        m c u·ξ + ½ m |ξ|², `kick` is (h²/8m)(|g'|² − |g|²), and `curvature` is
        U' − U − (h/2)(g·u + g'·(c u + ξ)).
        """
        h, noise = after.memory
        kept = float(np.exp(-self.friction / self.mass * h))
        lost = (1.0 - kept) * (1.0 + kept)
        u = before.v - (0.5 * h / self.mass) * slope(before)
        random = math.sqrt(lost * self.temperature / self.mass) * noise
        work = 0.5 * h * (dot(slope(before), u) + dot(slope(after), kept * u + random))
        return {
            "friction": -0.5 * self.mass * lost * dot(u, u),
            "bath": self.mass * (kept * dot(u, random) + 0.5 * dot(random, random)),
            "kick": _half_kicks(before, after, self.mass, h),
            "curvature": after.U - before.U - work,
        }


class _Force:
    """a(x) = −g(x)/m, which keeps U and g of the last x it was asked about."""

    def __init__(self, landscape: Landscape, mass: float) -> None:
        self._landscape, self._mass = landscape, mass
        self.U, self.g = math.nan, np.empty(0)

    def __call__(self, x: Array) -> Array:
        self.U, self.g = self._landscape.value_and_gradient(x)
        return self.g / -self._mass


def _half_kicks(before: Motion, after: Motion, mass: float, h: float) -> float:
    old, new = slope(before), slope(after)
    return 0.125 * h**2 / mass * (dot(new, new) - dot(old, old))


def _inertial(mass: float, time_step: float) -> None:
    positive("mass", mass)
    positive("time step", time_step)


def at_least_0(what: str, value: float) -> None:
    """Refuse what is negative, or no finite number.

    >>> at_least_0("friction", -0.1)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: friction -0.1; expected a number of at least 0
    """
    if not 0 <= value < math.inf:
        raise Refusal(f"{what} {value}", "a number of at least 0")
