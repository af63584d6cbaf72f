"""The words of a network diagram: layers, inputs, outputs, and how to read the edges.

What users named stands as they wrote it: no letter of it is read as mathematics.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import TextPath

from lawful.learning.network import NeuralNetwork
from lawful.pictures.arithmetic import cut, subscripted
from lawful.pictures.neurons import MOST, Column
from lawful.pictures.pen import dash
from lawful.pictures.style import Theme

_LEAST_PITCH = 9.0  # points from neuron to neuron, below which they have no names


@lru_cache(maxsize=512)
def width_of(text: str, size: float) -> float:
    """How wide letters are, in points.

    >>> 10 < width_of("mm", 10.0) < 25
    True
    """
    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text.replace("$", "S"), size=size, prop=FontProperties("DejaVu Sans"))
    return float(path.get_extents().width)


def room_at_inputs(features: Sequence[str]) -> float:
    """What the names of the inputs need, in points."""
    return max((width_of(cut(name), 9.5) for name in features[:MOST]), default=10.0)


def room_at_outputs(network: NeuralNetwork, classes: Sequence[str]) -> float:
    """What the names at the outputs need, in points."""
    outputs, names = network.layers[-1], [cut(name) for name in classes]
    if outputs == 1:
        names = [f"→ {name}" for name in names or ["0"]]
    return max(width_of(name, 10.5) for name in names[:MOST] or [str(outputs)])


def write_heads(
    axes: Axes, network: NeuralNetwork, columns: Sequence[Column], top: float, look: Theme
) -> None:
    """What each layer is, above it."""
    for k, column in enumerate(columns):
        name, below = _head(network, k, column)
        axes.text(column.x, top - 3, name, size=10.5, ha="center", va="top", color=look.ink)
        axes.text(column.x, top - 18, below, size=9, ha="center", va="top", color=look.soft)


def _head(network: NeuralNetwork, k: int, column: Column) -> tuple[str, str]:
    last = len(network.layers) - 1
    hidden = "hidden" if last == 2 else f"hidden {k}"
    name = "input" if k == 0 else "output" if k == last else hidden
    if k in (0, last) and column.size > 1:
        name += "s"
    below = [network.activations[k - 1].replace("_", " ")] if k else []
    if column.elided:
        below.append(f"{len(column.shown)} of {column.size}")
    return name, ", ".join(below)


def write_inputs(axes: Axes, column: Column, features: Sequence[str], look: Theme) -> None:
    """The names of the inputs beside them, or x₁, x₂, …"""
    if column.pitch < _LEAST_PITCH:
        return
    x = column.x - column.radius - 7.0
    for index, y in zip(map(int, column.shown), column.y, strict=True):
        given = index < len(features)
        name = cut(features[index]) if given else subscripted("x", index)
        size = min(9.5 if given else 11.0, 0.8 * column.pitch)
        axes.text(x, float(y), name, size=size, ha="right", va="center_baseline",
                  color=look.soft, parse_math=False)  # fmt: skip


def places_at_outputs(axes: Axes, column: Column, look: Theme) -> list[Text]:
    """Empty words beside the outputs; none where there is no room."""
    if column.pitch < _LEAST_PITCH:
        return []
    x, size = column.x + column.radius + 8.0, min(10.5, 0.8 * column.pitch)
    return [
        axes.text(x, float(y), "", size=size, va="center_baseline", color=look.soft,
                  parse_math=False)
        for y in column.y
    ]  # fmt: skip


def places_below(axes: Axes, columns: Sequence[Column], look: Theme) -> list[Text]:
    """Empty words below each layer of weights."""
    return [
        axes.text(0.5 * (a.x + b.x), 26.0, "", size=8.5, ha="center", color=look.soft,
                  parse_math=False)
        for a, b in pairwise(columns)
    ]  # fmt: skip


def write_legend(axes: Axes, look: Theme, *, biases: bool) -> None:
    """How edges, and stubs if there are any, are to be read."""
    entries = [
        Line2D([], [], color=look.positive, linewidth=2.6, label="w > 0"),
        Line2D([], [], color=look.negative, linewidth=2.6, label="w < 0",
               linestyle=(0, (2.2, 1.2)), dash_capstyle="butt"),
        Line2D([], [], color=look.soft, linewidth=1.2, label="w = 0",
               linestyle=dash(0.0, 1.2), dash_capstyle="butt"),
    ]  # fmt: skip
    if biases:
        entries.append(Line2D([], [], linestyle="none", label="stub above a neuron: its bias"))
    legend = axes.legend(
        handles=entries, loc="lower center", ncols=len(entries), frameon=False, fontsize=8.5,
        handlelength=2.6, columnspacing=2.0, borderpad=0.0, borderaxespad=0.1,
        bbox_to_anchor=(0.5, 0.0), labelcolor=look.soft,
    )  # fmt: skip
    legend.set_in_layout(False)
