"""How the weights evolve: lines for a small network, a sheet of colours for a larger one.

    x(t) = (W¹, b¹, W², b², …) at the snapshots of training

In the sheet a row is a weight, in the order of the layers and within a layer by its
last value; blue is positive and red negative.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.growing import Panel, film, finish, settle_clock

if TYPE_CHECKING:
    from lawful.learning.record import Training

Array = NDArray[np.float64]
LINES = 48  # parameters that lines can show
NAMED = 9  # lines of a panel that words can name
ROWS = 240  # of a layer in the sheet


@dataclass(frozen=True)
class _Layer:
    """The parameters of a layer on the way.

    Attributes
    ----------
    title
        Which layer.
    values
        Shape (steps, n).
    names
        Of each of the n.
    target
        The neuron that each leads to, shape (n,).
    bias
        Whether each is a bias, shape (n,).
    """

    title: str
    values: Array
    names: list[str]
    target: NDArray[np.intp]
    bias: NDArray[np.bool_]


def weight_evolution(training: "Training", *, theme: str | style.Theme = "dark") -> Figure:
    """Every weight and bias on the way, a panel a layer.

    Parameters
    ----------
    training
        A `Training`.
    theme
        "dark" or "light".

    Returns
    -------
    Lines for up to 48 parameters, colours for more.
    """
    if training.network.parameters.size > LINES:
        return _sheet(training, theme)
    return _lines(training, theme)[0]


def weight_animation(
    training: "Training", *, frames: int = 80, theme: str | style.Theme = "dark"
) -> Animation:
    """`weight_evolution`, growing as training goes.

    Parameters
    ----------
    training, theme
        As in `weight_evolution`.
    frames
        How many.
    """
    words = f"Weights of {reading.title(training)}, growing"
    if training.network.parameters.size <= LINES:
        picture, panels = _lines(training, theme)
        return film(picture, panels, frames, theme, words)
    picture = _sheet(training, theme)
    panels = [
        Panel(axes, artists=list(axes.collections))
        for axes in picture.axes
        if axes.get_label() == "layer"
    ]
    return film(picture, panels, frames, theme, words)


def _layers(training: "Training", steps: Array, values: Array) -> list[_Layer]:
    """The parameters (steps, P), layer by layer."""
    network, made, start = training.network, [], 0
    sizes = network.layers
    features = tuple(getattr(training.data, "features", ())) or ("x",) * sizes[0]
    for k, (n, m) in enumerate(pairwise(sizes)):
        sources = list(features) if k == 0 else [f"h{i + 1}" for i in range(n)]
        last = k == len(sizes) - 2
        targets = ["out" if m == 1 else f"out {j + 1}" for j in range(m)] if last else [
            f"h{j + 1}" for j in range(m)
        ]  # fmt: skip
        names = [f"{a} → {b}" for a in sources for b in targets] + [f"bias of {b}" for b in targets]
        stop = start + (n + 1) * m
        made.append(
            _Layer(
                f"layer {k + 1}, {n} → {m} neurons",
                values[:, start:stop],
                names,
                np.tile(np.arange(m), n + 1),
                np.repeat([False, True], [n * m, m]),
            )
        )
        start = stop
    return made


def _lines(training: "Training", theme: str | style.Theme) -> tuple[Figure, list[Panel]]:
    steps, values = _course(training)
    layers = _layers(training, steps, values)
    with style.figure(theme, (8.0, 1.0 + 2.35 * len(layers))) as (picture, look):
        rows = picture.subplots(len(layers), 1, sharex=True, squeeze=False)[:, 0]
        below = f"{reading.title(training)}; a colour for each neuron led to, biases dotted"
        style.headline(picture, look, "How the weights evolve", below)
        panels = []
        for axes, layer in zip(rows, layers, strict=True):
            panel = Panel(style.dress(axes, look, grid="y"))
            axes.set_title(layer.title, size=11, color=look.soft)
            axes.axhline(0.0, color=look.soft, lw=0.8, zorder=2)
            settle_clock(axes, steps, values[:, np.ptp(values, axis=0).argmax()])
            tints = _tints(look, int(layer.target.max()) + 1)
            for j, name in enumerate(layer.names):
                panel.line(
                    steps,
                    layer.values[:, j],
                    tints[layer.target[j]],
                    name,
                    ":" if layer.bias[j] else "-",
                )
            if len(layer.names) > NAMED:
                panel.ends = _telling(panel, layer)
            panels.append(panel)
        finish(picture, panels)
    return picture, panels


def _tints(look: style.Theme, neurons: int) -> list[str]:
    """A colour for each neuron of a layer."""
    if neurons > len(look.palette):
        return style.of_classes(look, neurons)
    return list(look.palette[:neurons])


def _telling(panel: Panel, layer: _Layer) -> list[tuple[float, str, str]]:
    """The ends of the lines that went furthest, as many as words have room for."""
    far = np.argsort(-np.abs(layer.values[-1] - layer.values[0]), kind="stable")[:NAMED]
    return [panel.ends[j] for j in sorted(far)]


def _course(training: "Training") -> tuple[Array, Array]:
    """Steps (k,) and parameters (k, P): every recorded step where each weight was recorded."""
    names = training.network.names
    if names[0] in training.runs and all(name in training.runs for name in names):
        steps, _ = reading.series(training, names[0])
        columns = [reading.series(training, name)[1] for name in names]
        if all(len(column) == len(steps) for column in columns):
            return steps, np.stack(columns, axis=1)
    return np.asarray(training.steps, float), np.asarray(training.snapshots, float)


def _sheet(training: "Training", theme: str | style.Theme) -> Figure:
    steps = np.asarray(training.steps, dtype=float)
    layers = _layers(training, steps, np.asarray(training.snapshots, dtype=float))
    values = np.concatenate([layer.values.ravel() for layer in layers])
    # A few large weights would make all the others pale.
    largest = float(np.quantile(np.abs(values), 0.995)) or 1.0
    tall = np.sqrt([layer.values.shape[1] for layer in layers])
    tall = np.maximum(tall / tall.sum(), 0.16)
    with style.figure(theme, (8.0, 6.4)) as (picture, look):
        rows = picture.subplots(len(layers), 1, sharex=True, squeeze=False, height_ratios=tall)[
            :, 0
        ]
        mesh: Any = None
        for axes, layer in zip(rows, layers, strict=True):
            mesh = _rows(style.dress(axes, look), layer, steps, largest, look)
        rows[-1].set_xlabel("step")
        bar = picture.colorbar(mesh, ax=list(rows), extend="both", aspect=32, pad=0.02)
        bar.ax.set_title("weight", size=10.5, color=look.soft, loc="left")
        bar.outline.set_visible(False)
        style.dress(bar.ax, look)
        below = f"{reading.title(training)}; a row is a weight, ordered by its last value"
        if any(layer.values.shape[1] > ROWS for layer in layers):
            below += f"; of larger layers {ROWS} weights are shown, evenly taken"
        style.headline(picture, look, "How the weights evolve", below)
    return picture


def _rows(axes: Axes, layer: _Layer, steps: Array, largest: float, look: style.Theme) -> Any:
    """One layer of the sheet."""
    order = np.argsort(layer.values[-1], kind="stable")
    if len(order) > ROWS:
        order = order[np.linspace(0, len(order) - 1, ROWS).astype(int)]
    table = layer.values[:, order].T
    edges = np.r_[steps[0], (steps[1:] + steps[:-1]) / 2, steps[-1]]
    mesh = axes.pcolormesh(
        edges,
        np.arange(len(order) + 1),
        table,
        cmap=style.diverging(look),
        vmin=-largest,
        vmax=largest,
        rasterized=True,
    )
    axes.set_label("layer")
    axes.set_yticks([])
    axes.set_title(
        f"{layer.title}, {reading.count(layer.values.shape[1])} parameters",
        size=11,
        color=look.soft,
        pad=5,
    )
    settle_clock(axes, steps, table.sum(axis=0))
    return mesh
