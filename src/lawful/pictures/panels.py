"""What stands beside the diagram in the window: answers, energies, weights.

    Answers    the decision boundary over a plane of inputs (`field`), or answer against target
    Energies   U, and E = U + K, over the steps made
    Matrix     the weights of one layer, from row to column

Each panel is made once and shown anew as the network moves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork, classes_of
from lawful.learning.samples import Samples
from lawful.pictures import field, style
from lawful.pictures.arithmetic import short, subscript
from lawful.pictures.pen import largest_of, readable
from lawful.pictures.sight import sight

Array = NDArray[np.float64]
SHOWN = 500  # more samples than this hide the picture behind them
_HIGHEST = 1e100  # a curve that runs away leaves the panel here
POINTS = 1500  # of a curve
CELLS = 40  # numbers are written on matrices of at most so many


class Boundary:
    """What the network answers over a plane of inputs, the samples upon it, one ringed."""

    def __init__(self, axes: Axes, data: Samples, look: style.Theme) -> None:
        self.axes, self.look = style.dress(axes, look), look
        where = sight(data)
        self.view = field.window(where, data, cells=70, margin=0.15)
        self.places = where.shown(where.project(data.X))
        self.field = axes.imshow(
            np.zeros((2, 2, 3)), extent=self.view.extent, origin="lower", aspect="auto",
            interpolation="bilinear", zorder=1,
        )  # fmt: skip
        self.lines = LineCollection([], colors=look.ink, linewidths=1.8, zorder=3)
        axes.add_collection(self.lines, autolim=False)
        self._dots(data)
        (self.ring,) = axes.plot([], [], "o", ms=14, mfc="none", mec=look.accent, mew=2.2, zorder=7)
        axes.set(xlim=self.view.extent[:2], ylim=self.view.extent[2:])
        axes.set_xlabel(where.labels[0], labelpad=1, size=9)
        axes.set_ylabel(where.labels[1], labelpad=1, size=9)
        axes.tick_params(labelsize=8)
        axes.set_title("Decision boundary", size=11, pad=18 if where.note else 5, loc="left")
        if where.note:
            axes.text(0.0, 1.015, where.note, transform=axes.transAxes, size=8,
                      color=look.soft)  # fmt: skip

    def _dots(self, data: Samples) -> None:
        labels = classes_of(data.y)
        rows = np.arange(data.size)
        if data.size > SHOWN:
            rows = np.sort(np.random.default_rng(0).choice(data.size, SHOWN, replace=False))
        size = float(np.clip(22.0 / len(rows) ** 0.3, 3.4, 10.0))
        tints = style.of_classes(self.look, max(2, data.outputs))
        for k, tint in enumerate(tints):
            at = self.places[rows[labels[rows] == k]]
            self.axes.plot(
                *at.T, style.MARKERS[k % len(style.MARKERS)], ms=size, mfc=tint,
                mec=self.look.ink if self.look.name == "dark" else "white",
                mew=max(0.5, 0.12 * size), zorder=5,
            )  # fmt: skip

    def show(self, network: NeuralNetwork, selected: int) -> None:
        """The network as it is now, and which sample is looked at."""
        with np.errstate(over="ignore", invalid="ignore"):  # weights that run away are drawn, too
            a = field.answers(network, self.view.sight, self.view.inputs)
        shape = (len(self.view.v), len(self.view.u))
        self.field.set_data(field.image(a, shape, self.look))
        self.lines.set_segments(field.boundaries(a, self.view))
        self.select(selected)

    def select(self, selected: int) -> None:
        """Ring a sample."""
        self.ring.set_data(*self.places[selected : selected + 1].T)


class Agreement:
    """Answers over targets, for networks that give numbers: on the diagonal all is right."""

    def __init__(self, axes: Axes, data: Samples, look: style.Theme) -> None:
        self.axes, self.data = style.dress(axes, look), data
        low, high = float(data.y.min()), float(data.y.max())
        edge = 0.08 * ((high - low) or 1.0)
        self.limits = (low - edge, high + edge)
        axes.plot(self.limits, self.limits, color=look.soft, lw=1.2, ls=(0, (5, 3)))
        (self.dots,) = axes.plot([], [], "o", ms=4.5, color=look.palette[0], alpha=0.8)
        (self.ring,) = axes.plot([], [], "o", ms=12, mfc="none", mec=look.accent, mew=2.2)
        axes.set(xlim=self.limits)
        axes.set_xlabel("wanted", labelpad=1, size=9)
        axes.set_ylabel("answered", labelpad=1, size=9)
        axes.tick_params(labelsize=8)
        axes.set_title("Answers", size=11, pad=5, loc="left")
        self.answers: Any = np.zeros_like(data.y)

    def show(self, network: NeuralNetwork, selected: int) -> None:
        """The network as it is now, and which sample is looked at."""
        with np.errstate(over="ignore", invalid="ignore"):
            self.answers = network.forward(self.data.X)
        self.dots.set_data(self.data.y.ravel(), self.answers.ravel())
        seen = self.answers[np.isfinite(self.answers)]
        low, high = self.limits
        if seen.size:
            low, high = min(low, float(seen.min())), max(high, float(seen.max()))
        self.axes.set_ylim(low, high)
        self.select(selected)

    def select(self, selected: int) -> None:
        """Ring a sample."""
        self.ring.set_data(self.data.y[selected].ravel(), self.answers[selected].ravel())


def answers_panel(axes: Axes, data: Samples, look: style.Theme) -> Boundary | Agreement:
    """The decision boundary where there are classes and a plane, else answers over targets."""
    one_hot = data.outputs == 2 and bool(np.isin(data.y, (0, 1)).all())
    plane = data.inputs == 2 or (data.inputs > 2 and data.size > 2)
    if plane and (data.classes or one_hot):
        return Boundary(axes, data, look)
    return Agreement(axes, data, look)


class Energies:
    """The loss as potential energy, and the whole energy, on a logarithmic scale."""

    def __init__(self, axes: Axes, look: style.Theme) -> None:
        self.axes = style.dress(axes, look, grid="y")
        (self.loss,) = axes.plot([], [], color=look.palette[0], lw=2.0, label="loss U", zorder=3)
        (self.energy,) = axes.plot(
            [], [], ls=style.DASHES[1], color=look.palette[1], lw=1.5, zorder=4,
            label="energy U + K",
        )  # fmt: skip
        (self.now,) = axes.plot([], [], "o", ms=6, color=look.accent, zorder=5)
        axes.set_yscale("log")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(which="both", labelsize=8)
        axes.set_xlabel("step", labelpad=1, size=9)
        axes.set_title("Energy", size=11, pad=5, loc="left")
        axes.legend(loc="upper right", frameon=False, fontsize=8.5, ncols=2, borderpad=0.0,
                    bbox_to_anchor=(1.0, 1.17), labelcolor=look.soft)  # fmt: skip

    def show(self, course: Array) -> None:
        """Curves of (steps, losses, energies, accuracies), shape (4, looks)."""
        some = course if course.shape[1] <= POINTS else _thinned(course)
        steps, loss, energy = some[0], _above_zero(some[1]), _above_zero(some[2])
        self.loss.set_data(steps, loss)
        self.energy.set_data(steps, energy)
        self.now.set_data(steps[-1:], loss[-1:])
        seen = np.concatenate([loss, energy])
        seen = seen[seen < _HIGHEST]
        if seen.size:
            self.axes.set_ylim(0.7 * float(seen.min()), 1.6 * float(seen.max()))
        self.axes.set_xlim(0.0, max(float(steps[-1]) * 1.03, 10.0))


def _thinned(course: Array) -> Array:
    """At most POINTS looks, the first and the last among them."""
    rows = np.unique(np.linspace(0, course.shape[1] - 1, POINTS).astype(int))
    return course[:, rows]


def _above_zero(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)


class Matrix:
    """The weights of one layer as a matrix, with their numbers where there is room."""

    def __init__(self, axes: Axes, look: style.Theme) -> None:
        self.axes, self.look = style.dress(axes, look), look
        self.image = axes.imshow(
            np.zeros((1, 1)), cmap=style.diverging(look), aspect="auto", interpolation="nearest",
            vmin=-1.0, vmax=1.0,
        )  # fmt: skip
        self.numbers: list[Text] = []
        axes.set_ylabel("from", labelpad=1, size=9)
        axes.set_xlabel("to", labelpad=1, size=9)
        axes.tick_params(labelsize=8, length=0)

    def show(self, network: NeuralNetwork, layer: int) -> None:
        """The weights of `layer`, from 0."""
        W = np.asarray(network.weights[layer], dtype=float)
        rows, columns = W.shape
        largest = largest_of(W)
        self.image.set_data(W)
        self.image.set_clim(-(largest or 1.0), largest or 1.0)
        self.image.set_extent((0.5, columns + 0.5, rows + 0.5, 0.5))
        self.axes.set(xlim=(0.5, columns + 0.5), ylim=(rows + 0.5, 0.5))
        self.axes.xaxis.set_major_locator(MaxNLocator(min(columns, 8), integer=True))
        self.axes.yaxis.set_major_locator(MaxNLocator(min(rows, 5), integer=True))
        title = f"Weights W{subscript(layer + 1)},  {rows} × {columns},  |w| ≤ {short(largest)}"
        self.axes.set_title(title, size=11, pad=5, loc="left", color=self.look.ink)
        self._write(W)

    def _write(self, W: Array) -> None:
        wanted = W.size if W.size <= CELLS and W.shape[0] <= 5 and W.shape[1] <= 8 else 0
        while len(self.numbers) > wanted:
            self.numbers.pop().remove()
        while len(self.numbers) < wanted:
            self.numbers.append(
                self.axes.text(0, 0, "", size=8.5, ha="center", va="center", clip_on=True)
            )
        places: Sequence[Any] = list(np.ndindex(*W.shape))
        for text, (i, j) in zip(self.numbers, places, strict=False):
            text.set_position((j + 1, i + 1))
            text.set_text(short(float(W[i, j])))
            text.set_color(readable(self.image.to_rgba(W[i, j])[:3]))
