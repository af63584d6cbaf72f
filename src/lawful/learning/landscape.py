"""The loss on a plane through the space of all weights, and the path of training upon it.

    U(α, β) = U(x* + α e₁ + β e₂)

x* is where training ended; e₁ and e₂ are the two directions along which the path
x₁ … x_k varies most (principal directions). A path through P dimensions is no plane
curve: `share` says how much of its variance the plane holds, and a point of the path
is drawn where it falls upon the plane, at the loss there, not at its own.

The first layer's sums are linear in α and β, so that Z¹ = X W¹ + b¹ is computed
three times in all and not once for each point of the grid.

Sources: Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss landscape of
neural nets", arXiv:1712.09913, for the plane; E. Lorch, "Visualizing deep network
training trajectories with PCA" (2016 ICML workshop), for the path.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.activations import activation
from lawful.learning.losses import loss
from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal

Array = NDArray[Any]


@dataclass(frozen=True)
class Plane:
    """A plane through the space of weights.

    Attributes
    ----------
    origin
        x*, shape (P,).
    directions
        e₁ and e₂, orthonormal, shape (2, P).
    path
        Where the path falls upon the plane, (α, β), shape (k, 2).
    share
        How much of the path's variance the plane holds, 0 to 1.
    """

    origin: Array
    directions: Array
    path: Array
    share: float


@dataclass(frozen=True)
class Ground:
    """The loss on a grid over a plane, and along the path.

    Attributes
    ----------
    plane
        The plane.
    alpha, beta
        The grid's coordinates, shapes (columns,) and (rows,).
    loss
        U on the grid, shape (rows, columns).
    path_loss
        U where the path falls upon the plane, shape (k,).
    samples
        How many samples the loss was taken of.
    """

    plane: Plane
    alpha: Array
    beta: Array
    loss: Array
    path_loss: Array
    samples: int


def principal_plane(snapshots: Array) -> Plane:
    """The plane of the two principal directions of a path, through its last point.

    Parameters
    ----------
    snapshots
        The path, shape (k, P), k ≥ 3.

    Raises
    ------
    Refusal
        For a path too short or standing still.

    Examples
    --------
    >>> t = np.linspace(0, 1, 20)[:, None]
    >>> plane = principal_plane(np.hstack([3 * t, t**2, 0 * t]))
    >>> round(plane.share, 12), plane.path[-1].tolist()
    (1.0, [0.0, 0.0])
    """
    path = np.asarray(snapshots, dtype=float)
    if path.ndim != 2 or len(path) < 3 or path.shape[1] < 2:
        raise Refusal(
            f"a path of shape {path.shape}",
            "(k, P), three points or more of two weights or more",
            "record more snapshots",
        )
    centred = path - path.mean(axis=0)
    # k points span at most k − 1 directions: the small matrix of their products holds all.
    values, vectors = np.linalg.eigh(centred @ centred.T)
    total = float(np.maximum(values, 0.0).sum())
    if not total > 1e-18 * float((path * path).sum()):  # its steps are lost in round-off
        raise Refusal("a path that stands still", "a training that moves", "train longer")
    first = _unit(vectors[:, -1] @ centred)
    second = vectors[:, -2] @ centred
    second = second - (second @ first) * first
    # A straight path has one direction; any other then shows what lies beside it.
    straight = np.linalg.norm(second) <= 1e-9 * total**0.5
    second = _unit(_across(first) if straight else second)
    directions = np.stack([first, second])
    origin = path[-1]
    places = (path - origin) @ directions.T
    held = float((((centred @ directions.T) ** 2).sum()) / total)
    # The path comes from the left and from the front.
    signs = np.where(places.mean(axis=0) > 0, -1.0, 1.0)
    return Plane(origin, directions * signs[:, None], places * signs + 0.0, min(held, 1.0))


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


def _across(direction: Array) -> Array:
    """Something orthogonal to a unit vector."""
    least = np.zeros_like(direction)
    least[np.abs(direction).argmin()] = 1.0
    return np.asarray(least - (least @ direction) * direction)


def losses_on(
    network: NeuralNetwork, X: Array, y: Array, plane: Plane, points: Array, cells: int = 2_000_000
) -> Array:
    """U at points (α, β) of the plane, penalties included.

    Parameters
    ----------
    network
        Gives the architecture; its weights are neither used nor changed.
    X, y
        Samples, shapes (n, inputs) and (n, outputs).
    plane
        The plane.
    points
        Shape (g, 2).
    cells
        How many numbers to hold at once.

    Returns
    -------
    Shape (g,).
    """
    sketch = _Sketch(network, np.asarray(X, dtype=float), np.asarray(y, dtype=float), plane)
    rows = max(1, cells // (len(X) * max(network.layers[1:])))
    return np.concatenate(
        [sketch.losses(points[start : start + rows]) for start in range(0, len(points), rows)]
    )


class _Sketch:
    """A network whose weights are x* + α e₁ + β e₂, for many (α, β) at once."""

    def __init__(self, network: NeuralNetwork, X: Array, y: Array, plane: Plane) -> None:
        plan = network.architecture
        self.y, self.l1, self.l2 = y, plan.l1, plan.l2
        self.f = [activation(name).value for name in plan.activations]
        self.of, self.output = loss(plan.loss).value, activation(plan.activations[-1])
        three = [plan.views(np.ascontiguousarray(v)) for v in (plane.origin, *plane.directions)]
        self.layers = [
            tuple((weights[k], biases[k]) for weights, biases in three) for k in range(len(self.f))
        ]
        self.first = np.stack([X @ W + b for W, b in self.layers[0]])

    def losses(self, points: Array) -> Array:
        """U at points (g, 2), shape (g,)."""
        at = np.concatenate([np.ones((len(points), 1)), points], axis=1)
        z = np.tensordot(at, self.first, axes=1)
        a = self.f[0](z)
        penalty = self._penalty(at, 0)
        for k in range(1, len(self.f)):
            W, b = (
                np.tensordot(at, np.stack(parts), axes=1)
                for parts in zip(*self.layers[k], strict=True)
            )
            z = a @ W + b[:, None, :]
            a = self.f[k](z)
            penalty += self._penalty(at, k)
        values = np.array([self.of(z[i], a[i], self.y, self.output) for i in range(len(points))])
        return values + penalty

    def _penalty(self, at: Array, k: int) -> Array:
        """l1 Σ|W| + l2/2 ΣW² of a layer, at every point."""
        if not (self.l1 or self.l2):
            return np.zeros(len(at))
        parts = np.stack([W.ravel() for W, _ in self.layers[k]])
        W = at @ parts
        return np.asarray(self.l1 * np.abs(W).sum(axis=1) + 0.5 * self.l2 * (W * W).sum(axis=1))


def landscape(
    network: NeuralNetwork,
    X: Array,
    y: Array,
    snapshots: Array,
    *,
    cells: int = 61,
    margin: float = 0.3,
    samples: int = 512,
) -> Ground:
    """The loss around the path of a training.

    Parameters
    ----------
    network
        As trained; not changed.
    X, y
        The samples it learned from.
    snapshots
        Its weights on the way, shape (k, P).
    cells
        Points along each side of the grid.
    margin
        How far the grid goes beyond the path, as a share of the path's extent.
    samples
        Of how many samples at most, evenly taken, the loss is the mean.

    Examples
    --------
    >>> from lawful.learning import datasets, record
    >>> X, y = datasets.xor()
    >>> done = record(NeuralNetwork([2, 3, 1], seed=1), (X, y), learning_rate=1.0, steps=200)
    >>> ground = landscape(done.network, X, y, done.snapshots, cells=11)
    >>> ground.loss.shape, bool(abs(ground.path_loss[-1] - done.network.loss(X, y)) < 1e-12)
    ((11, 11), True)
    """
    if cells < 3:
        raise Refusal(f"{cells} points a side", "at least 3")
    X, y = np.asarray(X), np.asarray(y)
    if len(X) > samples:
        rows = np.linspace(0, len(X) - 1, samples).astype(int)
        X, y = X[rows], y[rows]
    plane = principal_plane(snapshots)
    low, high = plane.path.min(axis=0), plane.path.max(axis=0)
    wide = high - low
    wide = np.maximum(wide, 0.5 * wide.max())  # no sliver, however straight the path
    middle, half = (low + high) / 2, (0.5 + margin) * wide
    alpha, beta = (np.linspace(m - h, m + h, cells) for m, h in zip(middle, half, strict=True))
    grid = np.stack(np.meshgrid(alpha, beta), axis=-1).reshape(-1, 2)
    values = losses_on(network, X, y, plane, np.concatenate([grid, plane.path]))
    return Ground(
        plane,
        alpha,
        beta,
        values[: cells * cells].reshape(cells, cells),
        values[cells * cells :],
        len(X),
    )
