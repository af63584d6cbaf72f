"""What a network answers all over a plane of inputs, as an image and as lines.

    margin of class k at u:   m_k(u) = a_k − max_{j≠k} a_j,   a = network(X(u))

The boundary of class k is where m_k = 0. With a single output a the classes' answers
are 1 − a and a, and the boundary is a = 1/2.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.sight import Sight

if TYPE_CHECKING:
    from lawful.learning.network import NeuralNetwork

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A grid over a plane of inputs.

    Attributes
    ----------
    sight
        The plane.
    u, v
        The grid's coordinates, shape (columns,) and (rows,).
    """

    sight: Sight
    u: Array
    v: Array

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top, as the axes show them; cells lie about their points."""
        low = self.sight.shown(np.array([self.u[0], self.v[0]]))
        high = self.sight.shown(np.array([self.u[-1], self.v[-1]]))
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])

    @property
    def inputs(self) -> Array:
        """The grid's points on the plane, shape (rows · columns, 2)."""
        return np.stack(np.meshgrid(self.u, self.v), axis=-1).reshape(-1, 2)


def window(where: Sight, data: Any, cells: int = 120, margin: float = 0.3) -> Window:
    """A grid about the samples, `margin` of their extent wider on each side."""
    seen = where.project(np.asarray(data.X, dtype=float))
    low, high = seen.min(axis=0), seen.max(axis=0)
    wide = np.where(high > low, high - low, 1.0)
    low, high = low - margin * wide, high + margin * wide
    u, v = (np.linspace(low[k], high[k], cells) for k in range(2))
    return Window(where, u, v)


def answers(network: "NeuralNetwork", where: Sight, points: Array) -> Array:
    """The network's answer for each class, (n, classes), at points (n, 2) of the plane."""
    flat = len(where.centre) == 2
    through = network if flat else seen_through(network, where)
    return two_sided(through.forward(where.lift(points) if flat else points).astype(float))


def seen_through(network: "NeuralNetwork", where: Sight) -> "NeuralNetwork":
    """The network of two inputs that answers on the plane as `network` does.

    (c + u E) W + b = u (E W) + (c W + b): its first layer is the only one that differs.
    """
    plan = replace(network.architecture, layers=(2, *network.layers[1:]))
    first = [where.directions @ network.weights[0], where.centre @ network.weights[0]]
    first[1] = first[1] + network.biases[0]
    rest = network.parameters[network.weights[0].size + network.biases[0].size :]
    parameters = np.concatenate([first[0].ravel(), first[1], rest]).astype(plan.dtype)
    return network.made(plan, parameters)


def two_sided(a: Array) -> Array:
    """Answers with a column for each class: a single output a becomes 1 − a and a."""
    return np.concatenate([1.0 - a, a], axis=1) if a.shape[1] == 1 else a


def margins(a: Array) -> Array:
    """How far each class leads the best of the others, (n, classes)."""
    ordered = np.partition(a, -2, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    return a - np.where(a == best, second, best)


def image(a: Array, shape: tuple[int, int], look: style.Theme) -> Array:
    """The colours of answers (rows · columns, classes), as an image (rows, columns, 3)."""
    if a.shape[1] == 2:
        share = np.clip(0.5 + 0.5 * (a[:, 1] - a[:, 0]), 0.0, 1.0)
        return np.asarray(style.ground(look)(share))[:, :3].reshape(*shape, 3)
    paper = style.oklab(np.array(to_rgb(look.paper)))
    colours = style.oklab(np.array([to_rgb(c) for c in style.of_classes(look, a.shape[1])]))
    winner = a.argmax(axis=1)
    sure = np.clip(margins(a)[np.arange(len(a)), winner], 0.0, 1.0)[:, None]
    strength = 0.12 + 0.4 * sure**0.7
    mixed = paper + strength * (colours[winner] - paper)
    return np.clip(style.from_oklab(mixed), 0.0, 1.0).reshape(*shape, 3)


def boundaries(a: Array, view: Window) -> list[Array]:
    """The lines where one class gives way to another, each (points, 2) as the axes show."""
    from contourpy import contour_generator

    lead = margins(a).reshape(len(view.v), len(view.u), -1)
    lines: list[Array] = []
    for k in range(1 if lead.shape[-1] == 2 else 0, lead.shape[-1]):
        found: Any = contour_generator(view.u, view.v, lead[..., k], name="serial").lines(0.0)
        lines += [view.sight.shown(line) for line in found]
    return lines
