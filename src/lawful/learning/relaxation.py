"""A layered network that falls to rest: the states s that minimise

    F(s) = Σₖ [ Σᵢ G(sₖᵢ) − sₖ₋₁ᵀ Wₖ sₖ − bₖ·sₖ ] + β/2 |s_L − y|²,   G′ = f⁻¹.

Each weight pulls both ways: the layer above is felt as the layer below is. With
the others held, the best state of a layer is known: sₖ = f(sₖ₋₁ Wₖ + bₖ + Wₖ₊₁ sₖ₊₁).
A sweep takes the layers in turn, so F never rises, and there is no step to choose.
Where a spring of stiffness β pulls the last layer to y, that layer solves
z + β f(z) = c + β y, c being what it would hear without the spring.

    f         G(s)                                            least G″ = 1/D
    tanh      ½ [(1 + s) log(1 + s) + (1 − s) log(1 − s)]     1
    sigmoid   s log s + (1 − s) log(1 − s)                    4
    linear    ½ s²                                            1

The coupling is the largest eigenvalue of √D A √D, where A holds the weights between
neurons, both ways. Up to 1 the energy is convex: there is one rest, found from any
start, and it moves smoothly with the weights. Beyond 1 there may be several, and a
small change of the weights can make the network fall into another.

Sources: J. J. Hopfield, PNAS 81, 3088 (1984), for the energy; B. Scellier and
Y. Bengio, Front. Comput. Neurosci. 11, 24 (2017), for the spring.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.activations import ACTIVATIONS, Activation

Array = NDArray[Any]
NEWTON_STEPS = 60
ROOM = 2**24  # entries of the largest stack of matrices solved at once


def _x_log_x(x: Array) -> Array:
    """As x log x, with its limit 0 at 0."""
    return x * np.log(np.where(x > 0, x, 1.0))


def tanh_cost(s: Array) -> Array:
    """∫ artanh s ds."""
    return 0.5 * (_x_log_x(1.0 + s) + _x_log_x(1.0 - s))


def sigmoid_cost(s: Array) -> Array:
    """∫ log(s/(1 − s)) ds."""
    return _x_log_x(s) + _x_log_x(1.0 - s)


def linear_cost(s: Array) -> Array:
    """∫ s ds."""
    return 0.5 * s * s


COSTS: dict[str, Callable[[Array], Array]] = {
    "tanh": tanh_cost,
    "sigmoid": sigmoid_cost,
    "linear": linear_cost,
}
SOFTEST = {"tanh": 1.0, "sigmoid": 0.25, "linear": 1.0}  # the largest slope f′
RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}


@dataclass(frozen=True)
class Equilibrium:
    """Where the network came to rest.

    Attributes
    ----------
    states
        One array a layer, of shape (samples, layers[k]); the inputs come first.
    sweeps
        How many were made.
    residual
        The largest change of a state in a sample's last sweep, shape (samples,).
    """

    states: tuple[Array, ...]
    sweeps: int
    residual: Array

    @property
    def output(self) -> Array:
        """The last layer, shape (samples, outputs)."""
        return self.states[-1]


@dataclass(frozen=True)
class Springs:
    """Layers that pull at each other: weights (from, to), biases (to,), activations."""

    weights: Sequence[Array]
    biases: Sequence[Array]
    activations: Sequence[str]

    def energy(self, states: Sequence[Array]) -> Array:
        """E, without the nudge, shape (samples,)."""
        total = np.zeros(len(states[0]))
        layers = zip(self.weights, self.biases, self.activations, strict=True)
        for k, (W, b, name) in enumerate(layers):
            total += COSTS[name](states[k + 1]).sum(axis=1)
            total -= ((states[k] @ W + b) * states[k + 1]).sum(axis=1)
        return total

    def at_zero(self, X: Array) -> list[Array]:
        """The inputs, and every other layer at zero."""
        return [X, *(np.zeros((len(X), b.size)) for b in self.biases)]

    def sweep(self, states: list[Array], y: Array | None, nudging: float) -> Array:
        """Bring each layer in turn to its best state, in place; each sample's largest change."""
        change = np.zeros(len(states[0]))
        last = len(self.weights)
        for k, (W, b, name) in enumerate(
            zip(self.weights, self.biases, self.activations, strict=True), 1
        ):
            z = states[k - 1] @ W + b
            if k < last:
                z += states[k + 1] @ self.weights[k].T
                fresh = ACTIVATIONS[name].value(z)
            elif y is None or not nudging:
                fresh = ACTIVATIONS[name].value(z)
            else:
                fresh = pulled(z + nudging * y, nudging, ACTIVATIONS[name])
            np.maximum(change, np.abs(fresh - states[k]).max(axis=1), out=change)
            states[k] = fresh
        return change

    def settled(
        self,
        start: Sequence[Array],
        y: Array | None = None,
        nudging: float = 0.0,
        *,
        tolerance: float,
        sweeps: int,
    ) -> Equilibrium:
        """Sweep until no state of a sample changes by more than `tolerance`."""
        states = [s.copy() for s in start]
        residual = np.full(len(start[0]), np.inf)
        left = np.arange(len(start[0]))
        moving, target, done = list(states), y, 0
        while left.size and done < sweeps:
            change = self.sweep(moving, target, nudging)
            done += 1
            going = change > tolerance
            if going.all() and done < sweeps:
                continue
            residual[left] = change
            for whole, part in zip(states[1:], moving[1:], strict=True):
                whole[left] = part
            left = left[going]
            moving = [part[going] for part in moving]
            target = None if target is None else target[going]
        return Equilibrium(tuple(states), done, residual)

    def descent(
        self, start: Sequence[Array], y: Array | None = None, nudging: float = 0.0
    ) -> Iterator[Array]:
        """F, shape (samples,), at the start and after each sweep, without end."""
        states = list(start)
        while True:
            spring = 0.0 if y is None else 0.5 * nudging * ((states[-1] - y) ** 2).sum(axis=1)
            yield self.energy(states) + spring
            self.sweep(states, y, nudging)

    def slopes(self, states: Sequence[Array]) -> list[tuple[Array, Array]]:
        """∂E/∂W and ∂E/∂b of each layer, the mean over samples."""
        n = len(states[0])
        return [(s.T @ t / -n, -t.mean(axis=0)) for s, t in pairwise(states)]

    def carried(self, states: Sequence[Array], push: Array) -> list[tuple[Array, Array]]:
        """∂L/∂W and ∂L/∂b of each layer, where push = ∂L/∂s of the last, at rest.

        From ∂E/∂s = 0: ∂L/∂θ = −λᵀ ∂²E/∂s∂θ, where H λ = ∂L/∂s; the mean over samples.
        """
        n = len(states[0])
        way = [np.zeros_like(states[0]), *self.response(states, push)]
        return [
            ((v.T @ t + s.T @ w) / n, w.mean(axis=0))
            for (s, t), (v, w) in zip(pairwise(states), pairwise(way), strict=True)
        ]

    def response(self, states: Sequence[Array], push: Array) -> list[Array]:
        """How states at rest give way: λ = H⁻¹ p, H = ∂²E/∂s², for a push p on the last layer.

        H = R⁻¹ − A, with R = f′ and A the weights both ways; solved as
        (1 − R A) λ = R p, which stays sound where a neuron saturates. The inputs,
        which are held, are left out.
        """
        ends = np.cumsum([b.size for b in self.biases])
        A, slopes = self._both_ways(), self._softness(states)
        pushed = np.zeros_like(slopes)
        pushed[:, A.shape[0] - push.shape[1] :] = push
        chunk = max(1, ROOM // A.size)
        parts = [
            np.linalg.solve(np.eye(len(A)) - R[:, :, None] * A, (R * p)[:, :, None])[:, :, 0]
            for R, p in (
                (slopes[i : i + chunk], pushed[i : i + chunk]) for i in range(0, len(push), chunk)
            )
        ]
        return np.split(np.concatenate(parts), ends[:-1], axis=1)

    def _both_ways(self) -> Array:
        """A: the weights between all neurons but the inputs, symmetric."""
        ends = np.cumsum([b.size for b in self.biases])
        A = np.zeros((ends[-1], ends[-1]))
        for end, W in zip(ends, self.weights[1:], strict=False):
            rows, columns = slice(end - len(W), end), slice(end, end + W.shape[1])
            A[rows, columns], A[columns, rows] = W, W.T
        return A

    def coupling(self) -> float:
        """The largest eigenvalue of √D A √D: 1 or less, and there is one rest."""
        roots = [SOFTEST[name] ** 0.5 for name in self.activations]
        links = [r * W * t for (r, t), W in zip(pairwise(roots), self.weights[1:], strict=True)]
        if not links:
            return 0.0
        if len(links) == 1:
            return float(np.linalg.norm(links[0], 2))
        every = np.repeat(roots, [b.size for b in self.biases])
        return float(np.linalg.norm(every[:, None] * self._both_ways() * every, 2))

    def _softness(self, states: Sequence[Array]) -> Array:
        """R = f′ of all neurons but the inputs, shape (samples, neurons)."""
        pairs = zip(self.activations, states[1:], strict=True)
        return np.concatenate(
            [ACTIVATIONS[name].pull(s, s, np.ones_like(s)) for name, s in pairs], axis=1
        )


def pulled(c: Array, nudging: float, f: Activation) -> Array:
    """The state s = f(z) of a nudged neuron, z + β f(z) = c; β > −1.

    Newton's method, kept within a bracket that halves where Newton would leave it.

    Examples
    --------
    >>> s = pulled(np.array([0.3, 2.0]), 0.5, ACTIVATIONS["tanh"])
    >>> bool(np.allclose(np.arctanh(s) + 0.5 * s, [0.3, 2.0], rtol=0, atol=1e-14))
    True
    """
    if f.name == "linear":
        return c / (1.0 + nudging)
    ends = [c - nudging * edge for edge in RANGES[f.name]]
    low, high = np.minimum(*ends), np.maximum(*ends)
    z = c / (1.0 + nudging)
    z = np.clip(z, low, high)
    for _ in range(NEWTON_STEPS):
        a = f.value(z)
        wrong = z + nudging * a - c
        high, low = np.where(wrong > 0, z, high), np.where(wrong < 0, z, low)
        fresh = z - wrong / (1.0 + nudging * f.pull(z, a, np.ones_like(a)))
        fresh = np.where((fresh < low) | (fresh > high), 0.5 * (low + high), fresh)
        if np.array_equal(fresh, z) or np.abs(fresh - z).max() <= 1e-15 * (1 + np.abs(z).max()):
            break
        z = fresh
    return f.value(fresh)
