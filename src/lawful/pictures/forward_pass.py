"""A forward pass as it happens: pulses along the edges, sums in the neurons, then f.

    flow    xᵢ wᵢⱼ travels from neuron i to neuron j: filled where positive, a ring where negative
    sum     zⱼ = Σᵢ xᵢ wᵢⱼ + bⱼ stands in the neuron
    fire    aⱼ = f(zⱼ) takes its place

Every number shown is one of `NeuralNetwork.trace`; the network is only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

from lawful.learning.network import NeuralNetwork
from lawful.pictures import style
from lawful.pictures.animation import Animation
from lawful.pictures.arithmetic import (
    MOST_ROWS,
    answer,
    applied,
    cut,
    product,
    sample,
    sentences,
    short,
    subscripted,
    traced,
)
from lawful.pictures.diagram import Diagram, caption
from lawful.refusal import Refusal

Array = NDArray[np.float64]

RATE = 20.0
_TAIL = 5


@dataclass(frozen=True)
class Stage:
    """What happens in a layer of weights: "inputs", "flow", "sum", "fire" or "answer"."""

    kind: str
    layer: int


def stages(network: NeuralNetwork) -> list[Stage]:
    """All that happens, in order.

    >>> [stage.kind for stage in stages(NeuralNetwork([2, 1]))]
    ['inputs', 'flow', 'sum', 'fire', 'answer']
    """
    layers = range(len(network.weights))
    within = [Stage(kind, k) for k in layers for kind in ("flow", "sum", "fire")]
    return [Stage("inputs", 0), *within, Stage("answer", len(network.weights) - 1)]


class ForwardPass:
    """One sample's way through a drawn network, frame by frame.

    Parameters
    ----------
    drawn
        The diagram that it runs through, of the network whose pass it is.
    x
        One sample, shape (inputs,) or (1, inputs).
    headline, lines
        Texts that say what happens, and with which numbers.
    interval
        How long each stage lasts, in milliseconds.
    rate
        Frames a second.

    Raises
    ------
    Refusal
        Where x does not fit the network, or the interval is no positive number.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> drawn = Diagram(NeuralNetwork([2, 3, 1]), Figure().subplots())
    >>> ForwardPass(drawn, [0, 1], interval=1000).frames
    160
    """

    def __init__(
        self,
        drawn: Diagram,
        x: ArrayLike,
        *,
        headline: Text | None = None,
        lines: Text | None = None,
        interval: float = 800,
        rate: float = RATE,
    ) -> None:
        if not (np.isfinite(interval) and interval > 0):
            raise Refusal(f"an interval of {interval} ms", "a positive number, such as 800")
        self.drawn, self.network = drawn, drawn.network
        self.trace = traced(self.network, x)
        self.headline, self.lines = headline, lines
        self.stages = stages(self.network)
        self.each = max(2, round(interval * rate / 1000.0))
        self.frames = self.each * len(self.stages)
        self._pulses = drawn.axes.scatter([], [], zorder=2.5)
        self._pulses.set_clip_on(False)
        self._paths: dict[int, tuple[Array, Array, Array]] = {}

    @property
    def pulses(self) -> PathCollection:
        """What travels along the edges."""
        return self._pulses

    @property
    def moving(self) -> list[Any]:
        """The artists that `update` may change."""
        texts = [text for text in (self.headline, self.lines) if text is not None]
        return [*self.drawn.moving, self._pulses, *texts]

    def update(self, frame: int) -> None:
        """Draw frame 0 ≤ frame < frames, from whatever was drawn before."""
        index, within = divmod(frame, self.each)
        stage, phase = self.stages[index], within / (self.each - 1)
        self.drawn.focus(stage.layer if stage.kind in ("flow", "sum", "fire") else None)
        self._fill(stage)
        self._travel(stage, phase)
        self._say(stage)

    def close(self) -> None:
        """Leave the diagram as the pass has left it, without the pulses."""
        self.update(self.frames - 1)
        self._pulses.remove()

    def _fill(self, stage: Stage) -> None:
        """Values on the neurons that the pass has reached."""
        reached = {"inputs": 0, "flow": stage.layer, "answer": stage.layer + 1}
        known = reached.get(stage.kind, stage.layer + (stage.kind == "fire"))
        for k in range(len(self.trace.a)):
            self.drawn.fill(k, np.asarray(self.trace.a[k][0], float) if k <= known else None)
        if stage.kind == "sum":
            z = np.asarray(self.trace.z[stage.layer][0], float)
            self.drawn.fill(stage.layer + 1, z, sums=True)
        last = stage.kind == "answer"
        self.drawn.conclude(self.trace if last else None)

    # ------------------------------------------------------------------ pulses

    def _travel(self, stage: Stage, phase: float) -> None:
        self._pulses.set_visible(stage.kind == "flow")
        if stage.kind != "flow":
            return
        if stage.layer not in self._paths:
            self._paths[stage.layer] = self._path(stage.layer)
        starts, ends, contributions = self._paths[stage.layer]
        largest = float(np.abs(contributions).max(initial=0.0))
        share = np.abs(contributions) / largest if largest > 0 else 0.0 * contributions
        places, sizes = [], []
        faces: list[Any] = []
        rims: list[Any] = []
        for lag in range(_TAIL - 1, -1, -1):
            at = _eased(float(np.clip(phase * 1.2 - 0.04 * lag, 0.0, 1.0)))
            places.append(starts + at * (ends - starts))
            sizes.append(np.where(share > 0, (2.5 + 7.0 * share**0.7) * (1 - 0.11 * lag), 0.0) ** 2)
            face, rim = self._colours(contributions, share, 0.95 if lag == 0 else 0.34 / lag)
            faces.append(face)
            rims.append(rim)
        self._pulses.set_offsets(np.concatenate(places))
        self._pulses.set_sizes(np.concatenate(sizes))
        self._pulses.set_facecolor([one for part in faces for one in part])
        self._pulses.set_edgecolor([one for part in rims for one in part])
        self._pulses.set_linewidth(1.4)

    def _path(self, layer: int) -> tuple[Array, Array, Array]:
        """Where pulses start and end, at the rims, and what they carry: xᵢ wᵢⱼ."""
        source, target = self.drawn.columns[layer], self.drawn.columns[layer + 1]
        i, j = (axis.ravel() for axis in np.indices((len(source.y), len(target.y))))
        starts = np.column_stack([np.full(len(i), source.x), source.y[i]])
        ends = np.column_stack([np.full(len(j), target.x), target.y[j]])
        along = (ends - starts) / np.linalg.norm(ends - starts, axis=1, keepdims=True)
        a = np.asarray(self.trace.a[layer][0], float)[source.shown[i]]
        w = np.asarray(self.network.weights[layer], float)[source.shown[i], target.shown[j]]
        with np.errstate(over="ignore", invalid="ignore"):
            carried = np.nan_to_num(a * w, nan=0.0, posinf=0.0, neginf=0.0)
        return starts + along * source.radius, ends - along * target.radius, carried

    def _colours(self, carried: Array, share: Array, strength: float) -> tuple[Array, Array]:
        look = self.drawn.look
        signs = np.where(carried < 0, 1, 0)
        rims = np.array([to_rgba(look.positive), to_rgba(look.negative)])[signs]
        faces = np.array([to_rgba(style.mixed(look.positive, look.ink, 0.35)), to_rgba(look.paper)])
        face = faces[signs]
        rims[:, 3] = face[:, 3] = strength * (0.25 + 0.75 * share)
        return face, rims

    # ------------------------------------------------------------------ words

    def _say(self, stage: Stage) -> None:
        title, body = self.words(stage)
        if self.headline is not None:
            self.headline.set_text(title)
        if self.lines is not None:
            self.lines.set_text("\n".join(body))

    def words(self, stage: Stage) -> tuple[str, list[str]]:
        """What happens in a stage: a title and lines of numbers."""
        if stage.kind == "inputs":
            return "The sample enters", [self._inputs()]
        if stage.kind == "answer":
            out = np.asarray(self.trace.a[-1][0], float)
            said = answer(self.network, out, self.drawn.classes)
            return "The answer", [f"{_outputs(out)}:  {said}" if len(out) > 1 else said]
        layer = f"Layer {stage.layer + 1}"
        function = self.network.activations[stage.layer]
        titles = {
            "flow": f"{layer}:  every edge carries x · w",
            "sum": f"{layer}:  each neuron adds up,  z = Σ x·w + b",
            "fire": f"{layer}:  each neuron answers,  a = {applied(function, 'z')}"
            if function != "linear"
            else f"{layer}:  each neuron answers,  a = z",
        }
        lines = sentences(self.network, self.trace, stage.layer, stage.kind == "fire")
        return titles[stage.kind], [self._strongest(stage.layer)] if stage.kind == "flow" else lines

    def _strongest(self, layer: int) -> str:
        """The product that weighs most of all in a layer."""
        x, W = np.asarray(self.trace.a[layer][0], float), np.asarray(self.network.weights[layer])
        with np.errstate(over="ignore", invalid="ignore"):
            products = np.nan_to_num(np.abs(x[:, None] * W))
        i, j = (int(k) for k in np.unravel_index(int(products.argmax()), products.shape))
        edge = f"from {subscripted('x' if layer == 0 else 'a', i)} to {subscripted('z', j)}"
        value = product(float(x[i]), float(W[i, j]))
        return f"{W.size} products; the largest {edge}:  {value}"

    def _inputs(self) -> str:
        x = np.asarray(self.trace.a[0][0], float)
        names = self.drawn.features
        shown = [
            f"{cut(names[i]) if i < len(names) else subscripted('x', i)} = {short(float(v))}"
            for i, v in enumerate(x[:4])
        ]
        return ",   ".join(shown) + (f",   … {len(x)} inputs" if len(x) > 4 else "")


def _outputs(out: Array) -> str:
    return f"the largest of {len(out)} outputs"


def _eased(t: float) -> float:
    """Slow at both ends."""
    return t * t * (3.0 - 2.0 * t)


class Visualizer(Protocol):
    """What shows a network in a window: see `window.NetworkVisualizer`."""

    look: style.Theme
    features: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def live(self) -> bool:
        """Whether a window is open that can play."""
        ...

    def play(self, x: ArrayLike, interval: float = 800) -> None:
        """Play a forward pass in the window."""
        ...


class ForwardPropagationAnimator:
    """Makes films of forward passes.

    Parameters
    ----------
    network
        It is only read.
    visualizer
        Whose names and colours to take; where its window is open, the pass plays there, too.
    features, classes, theme
        In place of the visualizer's.

    Examples
    --------
    >>> animator = ForwardPropagationAnimator(NeuralNetwork([2, 3, 1]))
    >>> film = animator.animate_forward_pass([0.0, 1.0], interval=400)
    >>> film.frames
    64
    """

    def __init__(
        self,
        network: NeuralNetwork,
        visualizer: Visualizer | None = None,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        theme: str | style.Theme | None = None,
    ) -> None:
        self.network, self.visualizer = network, visualizer
        names = (visualizer.features, visualizer.classes) if visualizer else ((), ())
        self.features = tuple(names[0] if features is None else features)
        self.classes = tuple(names[1] if classes is None else classes)
        self.look = style.theme(theme or (visualizer.look if visualizer else "dark"))

    def animate_forward_pass(
        self,
        x: ArrayLike,
        interval: float = 800,
        *,
        rate: float = RATE,
        size: tuple[float, float] | None = None,
    ) -> Animation:
        """The film of one sample's way through the network.

        Parameters
        ----------
        x
            One sample, shape (inputs,) or (1, inputs).
        interval
            How long each stage lasts, in milliseconds.
        rate
            Frames a second.
        size
            Of the figure, in inches.

        Returns
        -------
        Animation
            `lawful.pictures.save` writes it as GIF or MP4, and a notebook shows it.

        Raises
        ------
        Refusal
            Where x does not fit the network, or the interval is no positive number.
        """
        x = sample(self.network, x)
        if self.visualizer is not None and self.visualizer.live:
            self.visualizer.play(x, interval)
        rows = min(max(self.network.layers[1:]), MOST_ROWS)
        words = 0.72 + 0.215 * rows
        many = max(self.network.layers) > 3
        inches = size or (9.6, (5.1 if many else 4.1) + words)
        with style.figure(self.look, inches, layout="none") as (picture, look):
            style.headline(picture, look, caption(self.network))
            height = picture.get_figheight()
            low = words / height
            axes = picture.add_axes((0.02, low, 0.96, 1.0 - low - 0.55 / height))
            drawn = Diagram(
                self.network, axes, theme=look, features=self.features, classes=self.classes
            )
            headline = picture.text(
                0.04, low - 0.14 / height, "", size=12.5, weight="bold", va="top",
                color=look.accent, parse_math=False,
            )  # fmt: skip
            lines = picture.text(
                0.04, low - 0.46 / height, "", size=10.5, va="top", linespacing=1.45,
                color=look.ink, parse_math=False,
            )  # fmt: skip
            forward = ForwardPass(
                drawn, x, headline=headline, lines=lines, interval=interval, rate=rate
            )
        shape = "-".join(map(str, self.network.layers))
        return Animation(
            picture,
            forward.frames,
            forward.update,
            moving=forward.moving,
            rate=rate,
            description=f"A sample goes forward through a {shape} network, layer by layer.",
        )

    def save(self, x: ArrayLike, path: str | Path, interval: float = 800) -> Path:
        """Write the film of a sample as GIF or MP4, by the ending of the name."""
        from lawful.pictures.saving import save

        return save(self.animate_forward_pass(x, interval), path)
