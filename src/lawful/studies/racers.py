"""Seven optimisers by name, and one training of any of them.

    gradient descent, momentum, Nesterov, RMSprop, Adam      `lawful.learning.optimizers`
    heavy ball, Langevin                                     `lawful.learning.dynamics`

Each is made from one number, its learning rate η. The heavy ball has mass 1 and friction
1/4, so that its momentum exp(−h/4) follows from its time step h = √η; the Langevin motion
is the same ball in a bath. All go down the loss of a network that learns a Chebyshev
polynomial by squared error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.learning.dynamics import HeavyBall, Langevin
from lawful.learning.landscape import Ground, losses_on, principal_plane
from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.learning.optimizers import Adam, GradientDescent, Momentum, Nesterov, RMSprop
from lawful.learning.potential import Potential
from lawful.studies.sharpening import chebyshev

Array = NDArray[np.float64]

FRICTION, TEMPERATURE = 0.25, 1e-6
RACERS: dict[str, Callable[[float], Dynamics]] = {
    "gradient descent": GradientDescent,
    "momentum": lambda eta: Momentum(eta, 0.9),
    "Nesterov": lambda eta: Nesterov(eta, 0.9),
    "RMSprop": RMSprop,
    "Adam": Adam,
    "heavy ball": lambda eta: HeavyBall(1.0, FRICTION, float(np.sqrt(eta))),
    "Langevin": lambda eta: Langevin(1.0, FRICTION, TEMPERATURE, float(np.sqrt(eta))),
}
LADDER = tuple(float(f"{10**p:.3g}") for p in np.arange(-4.0, 1.26, 0.25))
"""Learning rates that are tried, 10^(−4) to 10^1.25."""
LAYERS = (1, 16, 16, 1)
SAMPLES, DEGREE = 20, 4
LOST = 1e6
"""A loss beyond this is on its way to infinity."""
TAIL = 0.05
"""The share of the last steps over which a final loss is the mean."""


@dataclass(frozen=True)
class Leg:
    """One training to be done; `keep` says whether its way through the weights is kept."""

    racer: str
    learning_rate: float
    seed: int
    layers: tuple[int, ...]
    steps: int
    looks: int
    keep: bool = False


@dataclass(frozen=True, eq=False)
class Ran:
    """A training: its losses at the looks (k,), the final one, and its path (k, P) or none."""

    leg: Leg
    losses: Array
    final: float
    path: Array


def landscape_of(leg: Leg) -> tuple[NeuralNetwork, Array, Array]:
    """The network at its start, and the data all racers share."""
    network = NeuralNetwork(list(leg.layers), output="linear", seed=leg.seed)
    return network, *chebyshev(SAMPLES, DEGREE)


def looked(leg: Leg) -> NDArray[np.int64]:
    """The steps that are looked at, shape (k,), from 0 to the last."""
    return np.unique(np.linspace(0, leg.steps, leg.looks + 1).round().astype(np.int64))


def run(leg: Leg) -> Ran:
    """One training; it ends in infinity where it diverges."""
    from threadpoolctl import threadpool_limits

    network, X, y = landscape_of(leg)
    potential = Potential(network, X, y)
    racer = RACERS[leg.racer](leg.learning_rate)
    rng = np.random.default_rng([leg.seed, 1])
    at = looked(leg)
    every = np.full(leg.steps + 1, np.inf)
    path = np.full((len(at), network.parameters.size), np.nan)
    motion = racer.begin(network.parameters.copy(), potential, rng)
    with threadpool_limits(1), np.errstate(all="ignore"):
        for step in range(leg.steps + 1):
            loss = potential.value(motion.x)
            if not loss < LOST:
                break
            every[step] = loss
            if leg.keep and (k := np.searchsorted(at, step)) < len(at) and at[k] == step:
                path[k] = motion.x
            motion = racer.step(motion, potential, rng)
    late = every[-max(1, round(TAIL * leg.steps)) :]
    return Ran(leg, every[at], float(late.mean()), path if leg.keep else np.empty((0, 0)))


def ground_of(paths: Mapping[str, Array], leg: Leg) -> tuple[Ground, dict[str, Array]]:
    """The landscape on the plane of all paths together, and each path upon it."""
    held = {name: path[np.isfinite(path).all(axis=1)] for name, path in paths.items()}
    plane = principal_plane(np.concatenate(list(held.values())))
    network, X, y = landscape_of(leg)
    low, high = plane.path.min(axis=0), plane.path.max(axis=0)
    wide = np.maximum(high - low, 0.4 * (high - low).max())
    edges = zip((low + high) / 2, 0.6 * wide, strict=True)
    alpha, beta = (np.linspace(middle - half, middle + half, 81) for middle, half in edges)
    grid = np.stack(np.meshgrid(alpha, beta), axis=-1).reshape(-1, 2)
    values = losses_on(network, X, y, plane, np.concatenate([grid, plane.path]))
    cuts = np.cumsum([len(path) for path in held.values()])[:-1]
    parts = dict(zip(held, np.split(plane.path, cuts), strict=True))
    heights = values[: len(grid)].reshape(len(beta), len(alpha))
    return Ground(plane, alpha, beta, heights, values[len(grid) :], len(X)), parts
