"""A sheet with a network's answers all over it, and the samples upon them.

The ground is what the network says, the line where it changes its mind, a sign is a
sample in the colour and shape of its class, and a ring marks one that it gets wrong.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lawful.pictures import field, reading, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lawful.learning.record import Training

Array = NDArray[np.float64]
SHOWN = 600  # more samples than this hide the picture behind them
JUDGED = 2000  # and more than this tell the share of right answers no better


class Sheet:
    """One panel: the field, its boundary, the samples, and rings about the mistaken ones."""

    def __init__(
        self, axes: Axes, training: "Training", view: field.Window, look: style.Theme, dot: float
    ) -> None:
        self.network, self.view, self.look = training.network, view, look
        self.axes = style.dress(axes, look)
        data = training.data
        rows = np.arange(data.size)
        if data.size > SHOWN:
            rows = np.random.default_rng(0).permutation(data.size)[:JUDGED]
        self.X, self.known = np.asarray(data.X)[rows], data.labels[rows]
        self.labels = self.known[:SHOWN]
        self.places = view.sight.shown(view.sight.project(self.X[:SHOWN]))
        self.field = axes.imshow(
            np.zeros((len(view.v), len(view.u), 3)),
            extent=view.extent,
            origin="lower",
            aspect="auto",
            interpolation="bilinear",
            zorder=1,
        )
        self.line = LineCollection([], colors=look.ink, linewidths=1.9, zorder=3, capstyle="round")
        axes.add_collection(self.line, autolim=False)
        (self.wrong,) = axes.plot(
            *([], [], "o"),
            ms=dot + (4.0 if data.size < 60 else 2.4),
            mfc="none",
            mec=look.accent,
            mew=1.6 if data.size < 60 else 0.8,
            zorder=6,
        )
        self.samples = self._draw_samples(len(reading.classes(data)), dot)
        axes.set(xlim=view.extent[:2], ylim=view.extent[2:])

    def _draw_samples(self, classes: int, dot: float) -> list[Line2D]:
        drawn = []
        for k, tint in enumerate(style.of_classes(self.look, classes)):
            at = self.places[self.labels == k]
            drawn += self.axes.plot(
                *at.T,
                style.MARKERS[k % len(style.MARKERS)],
                ms=dot,
                mfc=tint,
                mec=self.look.ink if self.look.name == "dark" else "white",
                mew=max(0.5, 0.12 * dot),
                zorder=5,
            )
        return drawn

    def show(self, parameters: Array) -> float:
        """Draw the network at these parameters; the share of the samples that it gets right."""
        network = self.network.with_parameters(parameters)
        a = field.answers(network, self.view.sight, self.view.inputs)
        self.field.set_data(field.image(a, (len(self.view.v), len(self.view.u)), self.look))
        self.line.set_segments(field.boundaries(a, self.view))
        mistaken = network.predict(self.X) != self.known
        self.wrong.set_data(*self.places[mistaken[:SHOWN]].T)
        return float(1.0 - mistaken.mean())

    @property
    def artists(self) -> list[Any]:
        """All that `show` may change, and what lies upon it."""
        return [self.field, self.line, *self.samples, self.wrong]


def dot_size(training: "Training", scale: float) -> float:
    """How large a sample is drawn, in points: four of them larger than four hundred."""
    return scale * float(np.clip(26.0 / training.data.size**0.3, 3.6, 13.0))


def name_classes(sheet: Sheet, training: "Training", look: style.Theme) -> None:
    """Three classes or more are named where their samples are, no name upon another."""
    names = reading.classes(training.data)
    present = [k for k in range(len(names)) if (sheet.labels == k).any()]
    if len(names) == 2:
        return
    left, right, bottom, top = sheet.view.extent
    size = np.array([right - left, top - bottom])
    middle = [np.median(sheet.places[sheet.labels == k], axis=0) for k in present]
    at = _apart((np.array(middle) - [left, bottom]) / size, [len(names[k]) for k in present])
    for (x, y), k in zip(at * size + [left, bottom], present, strict=True):
        words = sheet.axes.text(float(x), float(y), names[k], ha="center", va="center", zorder=8)
        words.set(size=11, color=look.ink)
        words.set_path_effects([withStroke(linewidth=3.0, foreground=look.paper)])


def _apart(places: Array, letters: "Sequence[int]") -> Array:
    """Places in the unit square, (n, 2), moved up or down until words there do not overlap."""
    places, wide = places.copy(), np.array(letters) * 0.019 + 0.02
    for _ in range(100):
        moved = False
        for i in range(len(places)):
            for j in range(i):
                gap = places[i] - places[j]
                short = 0.055 - abs(gap[1])
                if abs(gap[0]) < (wide[i] + wide[j]) / 2 and short > 1e-6:
                    push = 0.5 * short * (1.0 if gap[1] >= 0 else -1.0)
                    places[i, 1] += push
                    places[j, 1] -= push
                    moved = True
        if not moved:
            break
    return np.clip(places, 0.04, 0.96)


def key(picture: Figure, sheet: Sheet, training: "Training", look: style.Theme) -> None:
    """A line of words at the upper right: which sign is which class, and the ring."""
    names = reading.classes(training.data)
    signs = list(zip(sheet.samples, names, strict=True)) if len(names) == 2 else []
    ring = Line2D([], [], ls="", marker="o", ms=10, mfc="none", mec=look.accent, mew=1.5)
    shown = [
        Line2D([], [], ls="", marker=s.get_marker(), ms=8, mfc=s.get_markerfacecolor(), mec="none")
        for s, _ in signs
    ]
    picture.legend(
        [*shown, ring],
        [*(name for _, name in signs), "mistaken"],
        loc="upper right",
        bbox_to_anchor=(0.995, 1.0 - 0.07 / picture.get_figheight()),
        ncols=len(shown) + 1,
        frameon=False,
        fontsize=10,
        labelcolor=look.soft,
        handletextpad=0.1,
        columnspacing=1.0,
    )
