"""Optimisers, as motions of unit mass: g = ∂U/∂x, η the learning rate.

    gradient_descent   v′ = −ηg                       x′ = x + v′
    momentum           v′ = μv − ηg                   x′ = x + v′
    nesterov           v′ = μv − ηg(x + μv)           x′ = x + v′
    rmsprop            s′ = ρs + (1 − ρ)g²            x′ = x − ηg/(√s′ + ε)
    adam               m′ = β₁m + (1 − β₁)g           x′ = x − ηm̂/(√ŝ + ε)

where Adam's s′ = β₂s + (1 − β₂)g², and m̂ = m′/(1 − β₁ᵗ), ŝ = s′/(1 − β₂ᵗ) take away the
start at zero.

Their kinetic energy is |v|²/2η with v = x′ − x. Gradient descent and momentum
keep the ledger of `ledger.heavy_ball`; for the others a coordinate's mass changes
as they go, and they keep none. Sources: Polyak (1964); Nesterov (1983); Tieleman
and Hinton (2012); Kingma and Ba, arXiv:1412.6980.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import is_number, positive
from lawful.learning.ledger import dot, heavy_ball
from lawful.learning.motion import Motion
from lawful.learning.potential import Landscape
from lawful.refusal import Refusal

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class Optimizer:
    """What all optimisers share: a learning rate, a start at rest, K = |v|²/2η."""

    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        for name, value in self.settings.items():
            if name in ("learning_rate", "epsilon"):
                positive(name.replace("_", " "), value)
            elif not (is_number(value) and 0 <= value < 1):
                raise Refusal(f"{name} {value!r}", "a number from 0 up to, not including, 1")

    def begin(self, x: Array, landscape: Landscape, rng: Rng) -> Motion:
        """At rest, with nothing remembered."""
        return Motion(x, np.zeros_like(x), memory=self._memory(x))

    def _memory(self, x: Array) -> tuple[Any, ...]:
        return ()

    def kinetic(self, motion: Motion) -> float:
        """|v|²/2η."""
        return dot(motion.v, motion.v) / (2.0 * self.learning_rate)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """No ledger, unless an optimiser has one."""
        return {}

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name."""
        return asdict(self)


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """Motion without inertia: straight down.

    Examples
    --------
    >>> GradientDescent(0.5).settings
    {'learning_rate': 0.5}
    """

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """v′ = −ηg, x′ = x + v′."""
        v = (-scale * self.learning_rate) * landscape.gradient(motion.x)
        return Motion(motion.x + v, v)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """Friction takes all motion at each step: the ledger at μ = 0."""
        return heavy_ball(before, after, 0.0, self.learning_rate)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """A heavy ball: what it had of motion, less friction, and the slope's kick."""

    momentum: float = 0.9

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """v′ = μv − ηg, x′ = x + v′."""
        v = self.momentum * motion.v
        v -= (scale * self.learning_rate) * landscape.gradient(motion.x)
        return Motion(motion.x + v, v)

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """The ledger at μ."""
        return heavy_ball(before, after, self.momentum, self.learning_rate)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """A heavy ball that feels the slope where its motion takes it."""

    momentum: float = 0.9

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """v′ = μv − ηg(x + μv), x′ = x + v′."""
        ahead = self.momentum * motion.v
        slope = landscape.gradient(motion.x + ahead)
        v = ahead - (scale * self.learning_rate) * slope
        return Motion(motion.x + v, v)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Each coordinate at its own rate, by the mean square of its slope."""

    learning_rate: float = 0.01
    decay: float = 0.9
    epsilon: float = 1e-8

    def _memory(self, x: Array) -> tuple[Any, ...]:
        return (np.zeros_like(x),)

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """x′ = x − ηg/(√s′ + ε)."""
        g = landscape.gradient(motion.x)
        s = self.decay * motion.memory[0]
        s += (1.0 - self.decay) * (g * g)
        v = (-scale * self.learning_rate) * g
        v /= np.sqrt(s) + self.epsilon
        return Motion(motion.x + v, v, memory=(s,))


@dataclass(frozen=True)
class Adam(Optimizer):
    """Momentum and a rate for each coordinate, both freed of their start at zero."""

    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def _memory(self, x: Array) -> tuple[Any, ...]:
        return np.zeros_like(x), np.zeros_like(x), 0

    def step(self, motion: Motion, landscape: Landscape, rng: Rng, scale: float = 1.0) -> Motion:
        """x′ = x − η m̂/(√ŝ + ε)."""
        g = landscape.gradient(motion.x)
        m, s, t = motion.memory
        t = t + 1
        m = self.beta1 * m
        m += (1.0 - self.beta1) * g
        s = self.beta2 * s
        g2 = g * g
        g2 *= 1.0 - self.beta2
        s += g2
        size = np.sqrt(s)
        size *= (1.0 - self.beta2**t) ** -0.5
        size += self.epsilon
        v = m / size
        v *= -scale * self.learning_rate / (1.0 - self.beta1**t)
        return Motion(motion.x + v, v, memory=(m, s, t))
