"""A network as it is drawn on a blackboard: neurons, and an edge for every weight.

    edge    blue and whole: w > 0;   red and dashed: w < 0;   grey dots: w = 0, or no number;
            width and strength grow with |w| over the largest of its layer
    stub    the bias of the neuron below it, drawn as an edge is
    neuron  filled by its activation, from red (−) over the ground (0) to blue (+);
            a dashed rim says negative once more, the number inside says it all

Wide layers are elided (see `neurons`); inputs that form a square picture are shown
as one, with a thread from each pixel to its neuron. The network is only read.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

from lawful.learning.network import NeuralNetwork, Trace
from lawful.pictures import labels, style
from lawful.pictures.arithmetic import answer, class_name, cut, decided, short, subscript, traced
from lawful.pictures.neurons import MOST, Column, Sheet, picture_side, placed
from lawful.pictures.pen import largest_of, readable, sign_colour, strokes
from lawful.pictures.pixels import MARGIN, PixelPicture

Array = NDArray[np.float64]

_BOUNDED = ("sigmoid", "tanh", "softmax")
_SMALLEST_TEXT = 5.5
_HALOS = (1.52, 1.38, 1.25, 1.13)


def diagram(
    network: NeuralNetwork,
    *,
    x: ArrayLike | None = None,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    title: str | None = None,
    most: int = MOST,
    axes: Axes | None = None,
    theme: str | style.Theme = "dark",
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw a network.

    Parameters
    ----------
    network
        What is drawn; it is only read.
    x
        One sample, whose activations then fill the neurons.
    features, classes
        Names of the inputs, and of the classes at the outputs.
    title
        The network's sizes and activations, when not given; none where empty.
    most
        The largest layer that is shown whole.
    axes
        Where to draw; a figure of its own, when not given.
    theme
        "dark", "light" or a `Theme`.
    size
        Of the figure, in inches.

    Returns
    -------
    Figure

    Raises
    ------
    Refusal
        Where x does not fit the network.

    Examples
    --------
    >>> picture = diagram(NeuralNetwork([2, 3, 1]), x=[0, 1], features=("left", "right"))
    >>> len(picture.axes)
    1
    """
    names: dict[str, Any] = {"features": features, "classes": classes, "most": most}
    if axes is not None:
        Diagram(network, axes, theme=theme, **names).light(x)
        return _figure_of(axes)
    with style.figure(theme, size or _size(network), layout="none") as (picture, look):
        style.headline(picture, look, caption(network) if title is None else title)
        axes = picture.add_axes((0.02, 0.02, 0.96, 0.88 if title != "" else 0.96))
        Diagram(network, axes, theme=look, **names).light(x)
    return picture


def _figure_of(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise TypeError("these axes belong to no figure")
    return figure


def _size(network: NeuralNetwork) -> tuple[float, float]:
    tallest = min(max(network.layers), MOST)
    return float(np.clip(3.2 + 2.3 * len(network.weights), 8.0, 14.0)), 4.6 if tallest <= 3 else 6.0


def caption(network: NeuralNetwork) -> str:
    """The network in a few words.

    >>> caption(NeuralNetwork([2, 3, 1]))
    '2-3-1  ·  tanh, sigmoid  ·  13 parameters'
    """
    functions = ", ".join(name.replace("_", " ") for name in _without_repeats(network.activations))
    count = network.parameters.size
    return f"{'-'.join(map(str, network.layers))}  ·  {functions}  ·  {count:,} parameters"


def _without_repeats(names: Sequence[str]) -> list[str]:
    return [name for k, name in enumerate(names) if k == 0 or names[k - 1] != name]


class Diagram:
    """A network drawn on axes, which follows the network as it changes.

    Parameters
    ----------
    network
        What is drawn; it is only read.
    axes
        Where; they become a bare sheet, whose units are points.
    theme, features, classes, most
        As of `diagram`.

    Attributes
    ----------
    columns
        Where the neurons are.
    edges, pairs
        For each layer of weights a collection of lines, and between which neurons they
        run: shape (edges, 2), numbered from 0. The strongest edge is last, on top.
    biases
        For each layer of weights, the stubs; None where neurons are too small for them.
    neurons, numbers
        For each layer a collection of discs, and the texts upon them (none where small).

    Examples
    --------
    >>> net = NeuralNetwork([2, 3, 1])
    >>> drawn = Diagram(net, Figure().subplots())
    >>> drawn.light([1.0, 0.0])
    >>> [number.get_text() for number in drawn.numbers[0]]
    ['1.00', '0.00']
    """

    def __init__(
        self,
        network: NeuralNetwork,
        axes: Axes,
        *,
        theme: str | style.Theme = "dark",
        features: Sequence[str] = (),
        classes: Sequence[str] = (),
        most: int = MOST,
    ) -> None:
        self.network, self.axes, self.look = network, axes, style.theme(theme)
        self.features = tuple(str(name) for name in features)
        self.classes = tuple(str(name) for name in classes)
        self.side = picture_side(network.layers[0], self.features)
        self._map = style.diverging(self.look)
        self._focus: int | None = None
        self.sheet = self._lay_sheet()
        self.columns = placed(network, self.sheet, most)
        self._before: list[Any] = []  # still themselves, but in front of what moves
        self.picture: PixelPicture | None = None
        if self.side:
            self.picture = PixelPicture(axes, self.sheet, self.columns[0], self.look, self.side)
            self._before += self.picture.marks
        self._draw_edges()
        self._draw_neurons()
        self._draw_words()
        self.weigh(network)
        self.light(None)

    # ------------------------------------------------------------------ the sheet

    def _lay_sheet(self) -> Sheet:
        """The axes in points, so that letters and neurons keep their proportions."""
        style.bare(self.axes)
        self.axes.set_facecolor("none")
        box = self.axes.get_window_extent().transformed(
            _figure_of(self.axes).dpi_scale_trans.inverted()
        )
        width, height = 72.0 * box.width, 72.0 * box.height
        self.axes.set(xlim=(0.0, width), ylim=(0.0, height))
        self.axes.set_aspect("equal", adjustable="datalim")
        right = 40.0 + labels.room_at_outputs(self.network, self.classes)
        left = 46.0 + labels.room_at_inputs(self.features)
        if self.side:
            left = min(0.3 * width, 150.0) + MARGIN
        return Sheet(width, height, min(left, 0.42 * width), min(right, 0.3 * width))

    # ------------------------------------------------------------------ what is drawn

    def _draw_edges(self) -> None:
        self.edges: list[LineCollection] = []
        self.biases: list[LineCollection | None] = []
        self.pairs: list[NDArray[np.intp]] = []
        self.weights: list[list[Text]] = []
        spans = list(zip(self.columns, self.columns[1:], strict=False))
        shares = [_numbers_at(source, target) for source, target in spans]
        for (source, target), share in zip(spans, shares, strict=True):
            i, j = np.meshgrid(source.shown, target.shown, indexing="ij")
            self.pairs.append(np.column_stack([i.ravel(), j.ravel()]))
            self.edges.append(self._lines(zorder=1.5))
            self.biases.append(self._lines(zorder=1.6) if target.radius >= 7 else None)
            # All edges have their numbers, or none: a drawing in two manners explains neither.
            self.weights.append(self._weight_numbers(source, target, share) if all(shares) else [])

    def _lines(self, zorder: float) -> LineCollection:
        lines = LineCollection([], zorder=zorder, capstyle="butt")
        self.axes.add_collection(lines, autolim=False)
        return lines

    def _weight_numbers(self, source: Column, target: Column, share: float) -> list[Text]:
        """A number on each edge, `share` of the way along it."""
        x = source.x + share * (target.x - source.x)
        heights = _heights(source, target, share).ravel()
        return [self._number(x, float(y), 8.5, zorder=1.8, ground=True) for y in heights]

    def _number(self, x: float, y: float, size: float, zorder: float, ground: bool = False) -> Text:
        box = {"facecolor": self.look.paper, "edgecolor": "none", "pad": 1.6}
        return self.axes.text(
            x, y, "", size=size, ha="center", va="center_baseline", color=self.look.ink,
            zorder=zorder, parse_math=False, bbox=box if ground else None,
        )  # fmt: skip

    def _draw_neurons(self) -> None:
        self.halos: list[EllipseCollection] = []
        self.neurons: list[EllipseCollection] = []
        self.numbers: list[list[Text]] = []
        for column in self.columns:
            self.halos.append(self._discs(column, _HALOS, zorder=2.0))
            self.neurons.append(self._discs(column, (1.0,), zorder=3.0))
            size = min(11.0, 2 * column.radius * 0.82 / 3.0)
            fits = size >= _SMALLEST_TEXT
            self.numbers.append(
                [self._number(column.x, float(y), size, zorder=4.0) for y in column.y]
                if fits
                else []
            )
            if column.gap is not None:
                self._dots(column, column.gap)

    def _discs(self, column: Column, scales: Sequence[float], zorder: float) -> EllipseCollection:
        """A disc for every scale of every neuron; those of one scale stand together."""
        size = np.repeat(2 * column.radius * np.asarray(scales), len(column.y))
        places = np.column_stack([np.full(len(column.y), column.x), column.y])
        rim = scales == (1.0,)
        discs = EllipseCollection(
            size, size, np.zeros(len(size)), units="xy", zorder=zorder,
            offsets=np.tile(places, (len(scales), 1)), offset_transform=self.axes.transData,
            facecolors=[(0.0, 0.0, 0.0, 0.0)] * len(size),
            edgecolors=self.look.ink if rim else "none",
            linewidths=(1.3 if column.radius > 8 else 0.8) if rim else 0.0,
        )  # fmt: skip
        self.axes.add_collection(discs, autolim=False)
        return discs

    def _dots(self, column: Column, gap: float) -> None:
        """The sign for neurons that are not shown."""
        step = min(5.0, 0.3 * column.pitch)
        self._before += self.axes.plot(
            [column.x] * 3, [gap - step, gap, gap + step], "o", markersize=2.4,
            color=self.look.soft, zorder=3.0,
        )  # fmt: skip

    # ------------------------------------------------------------------ words

    def _draw_words(self) -> None:
        axes, look, columns = self.axes, self.look, self.columns
        labels.write_heads(axes, self.network, columns, self.sheet.height, look)
        if self.picture is None:
            labels.write_inputs(axes, columns[0], self.features, look)
        self.outlets = labels.places_at_outputs(axes, columns[-1], look)
        self.scales = labels.places_below(axes, columns, look)
        labels.write_legend(axes, look, biases=any(stubs is not None for stubs in self.biases))

    # ------------------------------------------------------------------ what follows the network

    def weigh(self, network: NeuralNetwork) -> None:
        """Draw the edges and stubs for the weights that `network` has now."""
        self.network = network
        for k in range(len(self.edges)):
            self._weigh_layer(k)

    def _weigh_layer(self, k: int) -> None:
        source, target = self.columns[k], self.columns[k + 1]
        W = np.asarray(self.network.weights[k], dtype=float)
        b = np.asarray(self.network.biases[k], dtype=float)[target.shown]
        w = W[np.ix_(source.shown, target.shown)]
        largest = largest_of(W)
        i, j = np.divmod(np.argsort(np.abs(np.nan_to_num(w)).ravel(), kind="stable"), w.shape[1])
        self.pairs[k] = np.column_stack([source.shown[i], target.shown[j]])
        starts = np.column_stack([np.full(len(i), source.x), source.y[i]])
        ends = np.column_stack([np.full(len(j), target.x), target.y[j]])
        self.edges[k].set_segments(list(np.stack([starts, ends], axis=1)))
        self._pen(self.edges[k], w[i, j], largest, k)
        if (stubs := self.biases[k]) is not None:
            stubs.set_segments(_stubs(target))
            self._pen(stubs, b, max(largest, largest_of(b)), k)
        for text, value in zip(self.weights[k], w.ravel(), strict=False):
            text.set_text(short(float(value)))
            text.set_color(sign_colour(float(value), self.look))
            text.set_alpha(0.4 if self._dim(k) < 1 else 1.0)
        self.scales[k].set_text(f"W{subscript(k + 1)}  |w| ≤ {short(largest)}")

    def _pen(self, lines: LineCollection, w: Array, largest: float, layer: int) -> None:
        strokes(w, largest, self.look, self._dim(layer)).draw(lines)

    def _dim(self, layer: int) -> float:
        return 0.13 if self._focus not in (None, layer) else 1.0

    def focus(self, layer: int | None) -> None:
        """Draw one layer of weights strongly and dim the others; None: all alike."""
        if layer != self._focus:
            self._focus = layer
            self.weigh(self.network)

    def mark(self, layer: int) -> None:
        """Single out one layer of weights in words: the one that is looked at."""
        for k, text in enumerate(self.scales):
            text.set_color(self.look.accent if k == layer else self.look.soft)

    def light(self, x: ArrayLike | None) -> None:
        """Fill the neurons with the activations of one sample; empty them for None."""
        if x is None:
            self.blank()
            return
        trace = traced(self.network, x)
        for k, a in enumerate(trace.a):
            self.fill(k, a[0])
        self.conclude(trace)

    def blank(self) -> None:
        """No values on any neuron."""
        for k in range(len(self.columns)):
            self.fill(k, None)
        self.conclude(None)

    def fill(self, k: int, values: Array | None, *, sums: bool = False) -> None:
        """Show `values`, shape (neurons of layer k,), on its neurons; `sums` are z, not yet a."""
        column = self.columns[k]
        if k == 0 and self.picture is not None:
            self.picture.show(values)
        if values is None:
            value = np.zeros(len(column.shown))
            share = value
        else:
            value = np.asarray(values, dtype=float)[column.shown]
            share = self._share(k, np.asarray(values, dtype=float), sums)[column.shown]
        fills: Any = self._map(0.5 + 0.5 * share)
        self.neurons[k].set_facecolor(fills)
        self.neurons[k].set_linestyle(["--" if v < 0 else "-" for v in value])
        self.neurons[k].set_edgecolor(self.look.accent if sums else self.look.ink)
        glow: Any = np.tile(fills, (len(_HALOS), 1))
        glow[:, 3] = 0.075 * np.tile(np.abs(share), len(_HALOS))
        self.halos[k].set_facecolor(glow)
        for text, one, fill in zip(self.numbers[k], value, fills, strict=False):
            text.set_text("" if values is None else short(float(one)))
            text.set_color(readable(fill[:3]))

    def _share(self, k: int, values: Array, sums: bool) -> Array:
        """Values between −1 and 1: as they are where bounded, else over the layer's largest."""
        bounded = k > 0 and self.network.activations[k - 1] in _BOUNDED and not sums
        scale = 1.0 if bounded else max(largest_of(values), 1e-300)
        return np.clip(np.nan_to_num(values / scale, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)

    def conclude(self, trace: Trace | None) -> None:
        """Name the outputs, and mark the one that the network decides for."""
        output = None if trace is None else np.asarray(trace.a[-1][0], dtype=float)
        best = None if output is None else decided(self.network, output)
        single = self.network.layers[-1] == 1
        for text, index in zip(self.outlets, self.columns[-1].shown, strict=False):
            if single:
                text.set_text(self._single_answer(output))
                chosen = best is not None
            else:
                text.set_text(cut(class_name(self.classes, int(index))))
                chosen = best == index
            text.set_color(self.look.accent if chosen else self.look.soft)
            text.set_fontweight("bold" if chosen else "normal")

    def _single_answer(self, output: Array | None) -> str:
        if output is None or decided(self.network, output) is None:
            return "ŷ"
        return cut("→ " + answer(self.network, output, self.classes).split("→ ")[-1], 20)

    @property
    def moving(self) -> list[Any]:
        """Every artist that `weigh`, `fill` and `conclude` may change, and what lies above."""
        texts = [t for row in (*self.numbers, *self.weights) for t in row]
        stubs = [one for one in self.biases if one is not None]
        image = [] if self.picture is None else [self.picture.image]
        lines = [*self.edges, *stubs, *self.halos, *self.neurons]
        return [*image, *self._before, *lines, *texts, *self.outlets, *self.scales]


def _stubs(column: Column) -> list[Array]:
    """Short lines that end in the neurons from above."""
    free = column.pitch - 2 * column.radius
    length = column.radius + min(0.75 * free, 15.0)
    return [np.array([[column.x, y + length], [column.x, y]]) for y in column.y]


def _heights(source: Column, target: Column, share: float) -> Array:
    return (1 - share) * source.y[:, None] + share * target.y[None, :]


def _numbers_at(source: Column, target: Column) -> float:
    """How far along the edges numbers do not touch, rather near the middle; 0 for nowhere."""
    apart = target.x - source.x
    if source.elided or target.elided or len(source.y) * len(target.y) > 9 or apart < 90:
        return 0.0
    free = np.linspace(source.radius + 20.0, apart - target.radius - 20.0, 25) / apart
    best, _, share = max(
        (min(_least_gap(source, target, s), 17.0), -abs(s - 0.42), s) for s in map(float, free)
    )
    return share if best >= 11.0 else 0.0


def _least_gap(source: Column, target: Column, share: float) -> float:
    gaps = np.diff(np.sort(_heights(source, target, share).ravel()))
    return float(gaps.min()) if gaps.size else 99.0
