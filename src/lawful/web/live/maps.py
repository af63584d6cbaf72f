"""What a network answers over a plane of inputs, and what each hidden neuron does there.

    plane   X(u, v) = x + (u − xᵢ) eᵢ + (v − xⱼ) eⱼ        all inputs but i and j as in x

One batched pass in single precision gives both: cells × cells points for the answers, and
16 × 16 for the neurons. Row 0 of a map is the lowest v: maps read upward.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.activations import activation
from lawful.learning.architecture import Architecture
from lawful.learning.samples import Samples

Array = NDArray[Any]
Extent = tuple[float, float, float, float]
SMALL = 16  # cells along a neuron's map
NEURONS = 64  # hidden neurons that have a map, at most
OUTPUTS = 10  # answers that have a map, at most
WORK = 12_000_000  # products of one pass
MARGIN = 0.18


@dataclass(frozen=True)
class Plane:
    """A rectangle of inputs.

    Attributes
    ----------
    extent
        Left, right, bottom, top.
    pair
        The two inputs that vary; the same one twice where there is but one.
    """

    extent: Extent
    pair: tuple[int, int]

    def points(self, cells: int, x: Array) -> Array:
        """The middles of cells × cells cells, rows upward, shape (cells², inputs)."""
        left, right, bottom, top = self.extent
        at = (np.arange(cells) + 0.5) / cells
        u, v = np.meshgrid(left + at * (right - left), bottom + at * (top - bottom))
        inputs = np.tile(np.asarray(x, dtype=np.float32), (cells * cells, 1))
        i, j = self.pair
        inputs[:, j] = v.ravel()
        inputs[:, i] = u.ravel()  # last, so that a single input runs from left to right
        return inputs


def plane_of(samples: Samples, pair: tuple[int, int], extent: Extent | None = None) -> Plane:
    """The rectangle about the samples, a margin wider on each side.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> [round(edge, 2) for edge in plane_of(datasets.xor(), (0, 1)).extent]
    [-0.18, 1.18, -0.18, 1.18]
    """
    if extent is not None:
        return Plane(extent, pair)
    seen = samples.X[:, list(pair)].astype(float)
    low, high = seen.min(axis=0), seen.max(axis=0)
    wide = np.where(high > low, high - low, 1.0)
    if wide.max() < 4 * wide.min():  # of one kind: the picture keeps their proportions
        wide = np.full(2, wide.max())
    middle, half = (low + high) / 2, (0.5 + MARGIN) * wide
    return Plane(
        (
            float(middle[0] - half[0]),
            float(middle[0] + half[0]),
            float(middle[1] - half[1]),
            float(middle[1] + half[1]),
        ),
        pair,
    )


def fitting(plan: Architecture, cells: int) -> int:
    """As many cells a side as a frame has time for."""
    return int(max(SMALL, min(cells, (WORK / max(plan.size, 1)) ** 0.5)))


def single(array: Array) -> Array:
    """Single precision; what has run away beyond it is infinite, and no reason to stop."""
    with np.errstate(all="ignore"):
        return np.asarray(array).astype(np.float32)


def passed(plan: Architecture, parameters: Array, X: Array) -> list[Array]:
    """The activations of all layers after the input, in single precision.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> net = NeuralNetwork([2, 3, 1], seed=1)
    >>> X = np.ones((4, 2), dtype=np.float32)
    >>> layers = passed(net.architecture, net.parameters.astype(np.float32), X)
    >>> bool(np.allclose(layers[-1], net.forward(X.astype(float)), atol=1e-6))
    True
    """
    layers, a = [], X
    with np.errstate(all="ignore"):
        for W, b, name in zip(*plan.views(parameters), plan.activations, strict=True):
            z = a.dot(W)
            z += b
            a = activation(name).value(z).astype(np.float32, copy=False)
            layers.append(a)
    return layers


class Maps:
    """Maps of one plane, its points made once.

    Parameters
    ----------
    plane
        The rectangle.
    cells
        Along each side.
    x
        The other inputs, shape (inputs,).
    neurons
        Whether hidden neurons have maps, too.
    """

    def __init__(self, plane: Plane, cells: int, x: Array, neurons: bool) -> None:
        self.cells, self._neurons = cells, neurons
        points = [plane.points(cells, x)] + ([plane.points(SMALL, x)] if neurons else [])
        self._points = np.concatenate(points)

    def of(self, plan: Architecture, parameters: Array) -> tuple[Array, Array]:
        """Answers (outputs, cells, cells), and neurons (hidden, 16, 16) or none.

        Parameters
        ----------
        plan
            The network.
        parameters
            Float32, shape (P,).
        """
        layers = passed(plan, parameters, self._points)
        many, side = self.cells**2, self.cells
        answers = layers[-1][:many, :OUTPUTS].T.reshape(-1, side, side)
        if not self._neurons or len(layers) < 2:
            return answers, np.empty((0, SMALL, SMALL), dtype=np.float32)
        hidden = np.concatenate([a[many:].T for a in layers[:-1]])
        return answers, hidden.reshape(-1, SMALL, SMALL)
