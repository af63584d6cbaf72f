"""E networks of one architecture, each with settings of its own.

    v' = μ v − η g(x) + √(2 (1−μ) η T) ξ,   x' = x + v'

The learning rate η may differ from layer to layer, and with the momentum μ, the bath's
temperature T, the scale of the first weights and the seed from network to network. The
ensemble's axis is the last one everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.activations import activation as known
from lawful.learning.architecture import Architecture
from lawful.learning.initialization import drawn
from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal

Array = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """E networks before they learn.

    Attributes
    ----------
    architecture
        Of all of them; its own seed says nothing.
    learning_rate
        η, shape (K, E) for K layers of weights.
    momentum, temperature, init_scale
        μ from 0 up to, not including, 1; T ≥ 0 in units of the loss; what the first
        weights are multiplied by; shape (E,).
    seeds
        Of first weights and of chance, shape (E,).

    Raises
    ------
    Refusal
        For numbers that cannot be meant, and for penalties and dropout.
    """

    architecture: Architecture
    learning_rate: Floats
    momentum: Floats
    temperature: Floats
    init_scale: Floats
    seeds: NDArray[np.int64]

    def __post_init__(self) -> None:
        plan = self.architecture
        if plan.l1 or plan.l2 or plan.dropout:
            raise Refusal(
                "an ensemble with a penalty or dropout",
                "none",
                "`lawful learn --seeds` trains such networks one by one",
            )
        _within("learning rate", self.learning_rate, self.learning_rate > 0, "above 0")
        below = (self.momentum >= 0) & (self.momentum < 1)
        _within("momentum", self.momentum, below, "from 0 up to, not including, 1")
        _within("temperature", self.temperature, self.temperature >= 0, "from 0 up")
        _within("init_scale", self.init_scale, self.init_scale > 0, "above 0")
        _within("seed", self.seeds, self.seeds >= 0, "whole, from 0 up")

    @classmethod
    def of(
        cls,
        layers: Sequence[int],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str | None = None,
        loss: str | None = None,
        weight_init: str | Sequence[str] = "xavier",
        dtype: str = "float64",
        learning_rate: ArrayLike = 0.1,
        momentum: ArrayLike = 0.0,
        temperature: ArrayLike = 0.0,
        init_scale: ArrayLike = 1.0,
        seeds: ArrayLike = 0,
    ) -> "Population":
        """Networks of the settings given, each a number or one for each network.

        Parameters
        ----------
        layers, activation, output, loss, weight_init, dtype
            As `NeuralNetwork` takes them.
        learning_rate
            A number, shape (E,), or shape (K, E): one for each layer of weights.
        momentum, temperature, init_scale, seeds
            Numbers or shape (E,).

        Examples
        --------
        >>> grid = Population.of([2, 3, 1], learning_rate=[0.1, 1.0], seeds=7)
        >>> grid.size, grid.learning_rate.shape, grid.seeds
        (2, (2, 2), array([7, 7]))
        >>> Population.of([2, 3, 1], momentum=1.0)
        Traceback (most recent call last):
        ...
        lawful.refusal.Refusal: a momentum of 1; expected numbers from 0 up to, not including, 1
        """
        plan = NeuralNetwork(
            layers,
            activation=activation,
            output=output,
            loss=loss,
            weight_init=weight_init,
            dtype=dtype,
        ).architecture
        return cls.built(plan, learning_rate, momentum, temperature, init_scale, seeds)

    @classmethod
    def built(
        cls,
        plan: Architecture,
        learning_rate: ArrayLike,
        momentum: ArrayLike,
        temperature: ArrayLike,
        init_scale: ArrayLike,
        seeds: ArrayLike,
    ) -> "Population":
        """Of an architecture that is there already."""
        rates = _by_layer(learning_rate, len(plan.layers) - 1)
        given = {"momentum": momentum, "temperature": temperature, "init_scale": init_scale}
        columns = [_numbers(name, value) for name, value in given.items()]
        whole = _numbers("seed", seeds)
        if not np.isfinite(whole).all() or (whole % 1 != 0).any():
            raise Refusal(f"seeds {seeds!r}", "whole numbers from 0 up")
        shape = _common([rates[0], *columns, np.asarray(seeds)])
        mu, heat, scale = (np.broadcast_to(c, shape).copy() for c in columns)
        return cls(
            plan,
            np.array([np.broadcast_to(row, shape) for row in rates]),
            mu,
            heat,
            scale,
            np.broadcast_to(seeds, shape).astype(np.int64),
        )

    @property
    def size(self) -> int:
        """The number of networks, E."""
        return self.seeds.size

    def positions(self) -> Array:
        """The first weights, shape (P, E): those of `NeuralNetwork` by seed, scaled."""
        distinct, which = np.unique(self.seeds, return_inverse=True)
        first = np.stack([first_weights(self.architecture, int(seed)) for seed in distinct], axis=1)
        return np.ascontiguousarray((first[:, which] * self.init_scale).astype(first.dtype))

    def part(self, which: slice | NDArray[np.intp]) -> "Population":
        """Some of the networks."""
        return Population(
            self.architecture,
            self.learning_rate[:, which],
            self.momentum[which],
            self.temperature[which],
            self.init_scale[which],
            self.seeds[which],
        )

    def network(self, k: int, x: ArrayLike | None = None) -> NeuralNetwork:
        """Network k, at its first weights or at x, shape (P,)."""
        drawn = NeuralNetwork(**{**self.architecture.settings, "seed": int(self.seeds[k])})
        if x is not None:
            return drawn.with_parameters(x)
        return drawn.with_parameters(
            (drawn.parameters * self.init_scale[k]).astype(drawn.parameters.dtype)
        )


def first_weights(plan: Architecture, seed: int) -> Array:
    """The parameters of `NeuralNetwork` by that seed, shape (P,), without the network.

    Examples
    --------
    >>> net = NeuralNetwork([2, 3, 1], seed=5)
    >>> bool((first_weights(net.architecture, 5) == net.parameters).all())
    True
    """
    x, rng = np.zeros(plan.size, dtype=plan.dtype), np.random.default_rng(seed)
    weights, biases = plan.views(x)
    layers = zip(plan.initializations, plan.activations, weights, biases, strict=True)
    for start, name, W, b in layers:
        rows, columns = W.shape
        W[:], b[:] = drawn(start, rows, columns, known(name).gain, rng)
    return x


def _by_layer(learning_rate: ArrayLike, layers: int) -> Floats:
    """Learning rates with one row for each layer of weights."""
    rate = _numbers("learning rate", learning_rate)
    if rate.ndim < 2:
        return np.broadcast_to(rate, (layers, *rate.shape))
    if len(rate) != layers:
        raise Refusal(
            f"learning rates of shape {rate.shape}",
            f"({layers}, networks)",
            "one row for each layer of weights",
        )
    return rate


def _common(columns: Sequence[Array]) -> tuple[int, ...]:
    """The shape (E,) that all columns broadcast to."""
    try:
        shape = np.broadcast_shapes((1,), *(c.shape for c in columns))
    except ValueError:
        sizes = [c.shape for c in columns]
        raise Refusal(f"settings of shapes {sizes}", "numbers, or one for each network") from None
    if not shape[-1]:
        raise Refusal("settings of no network", "one network or more")
    if len(shape) != 1:
        raise Refusal(f"settings of shape {shape}", "(networks,)", "ravel the grid first")
    return shape


def _numbers(name: str, given: ArrayLike) -> Floats:
    try:
        array = np.asarray(given)
        if array.dtype.kind in "iuf":
            return array.astype(np.float64)
    except ValueError:
        pass
    raise Refusal(f"{name} {given!r}", "numbers")


def _within(name: str, values: Array, good: NDArray[np.bool_], meant: str) -> None:
    bad = ~(good & np.isfinite(values))
    if bad.any():
        raise Refusal(f"a {name} of {values[bad][0]:g}", f"numbers {meant}")
