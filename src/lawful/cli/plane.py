"""Options of `lawful phases`: what is learned, by what, how; where to look closer; pictures."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from lawful.cli.options import Flag, Words

_DATA, _NETWORK = Group("Data", sort_key=1), Group("Network", sort_key=2)
_TRAINING, _BOUNDARY = Group("Training", sort_key=3), Group("Boundary", sort_key=4)
_PICTURES = Group("Pictures", sort_key=5)


@Parameter(name="*", group=_DATA)
@dataclass(frozen=True)
class SampleOptions:
    """What is learned, all of it."""

    target: str | None = None
    """Column to learn, for a file."""
    samples: int | None = None
    """How many are drawn, for a data set that is drawn."""
    noise: float | None = None
    """How they scatter."""


@Parameter(name="*", group=_NETWORK)
@dataclass(frozen=True)
class ShapeOptions:
    """The networks; in every cell the same, but for their seeds."""

    layers: str | None = None
    """Neurons from inputs to outputs: 2-2-1."""
    activation: Words = ()
    """sigmoid, tanh, relu, leaky-relu, gelu or linear: one, or one a hidden layer with commas."""
    output: str | None = None
    """Of the last layer: sigmoid for one output, softmax for several when not given."""
    loss: str | None = None
    """squared, binary-cross-entropy or cross-entropy."""
    weight_init: str | None = None
    """random, xavier, he or orthogonal."""
    dtype: Literal["float64", "float32"] | None = None
    """Precision."""


@Parameter(name="*", group=_TRAINING)
@dataclass(frozen=True)
class DynamicsOptions:
    """Full batches with momentum, in a bath where there is a temperature."""

    steps: int = 2000
    """Of each network."""
    learning_rate: float | None = None
    """Where it is no axis: 0.1 when not given."""
    momentum: float | None = None
    """Where it is no axis: 0 when not given."""
    temperature: float | None = None
    """Of the bath, in units of the loss, where it is no axis: 0 when not given."""
    init_scale: float | None = None
    """What first weights are multiplied by, where it is no axis: 1 when not given."""
    goal: float | None = None
    """Accuracy that counts as solved; by the data when not given."""
    goal_energy: float | None = None
    """Loss that counts as solved, in place of an accuracy."""


@Parameter(name="*", group=_BOUNDARY)
@dataclass(frozen=True)
class ZoomOptions:
    """A closer look."""

    zoom: int = 0
    """How often to zoom into the boundary, where it is most intricate."""
    zoom_factor: float = 4.0
    """How much closer each time."""
    boundary: Literal["auto", "solved", "diverged"] = "auto"
    """Around networks that solve it, or that diverge; those that diverge, if any, when auto."""


@Parameter(name="*", group=_PICTURES)
@dataclass(frozen=True)
class MapOptions:
    """What is drawn."""

    observable: str = "probability"
    """Map to show first: probability, steps, energy, sharpness, diverged, first or interval."""
    pictures: Annotated[bool, Parameter(negative="--no-pictures", show_default=False)] = True
    """Draw them (the default)."""
    animate: Annotated[bool, Flag] = False
    """The zoom as a film, too."""
    theme: Literal["light", "dark"] = "light"
    """Of the pictures."""
    format: Literal["png", "svg"] = "png"
    """Of the pictures."""


ALL, USUAL, PLAIN = SampleOptions(), ShapeOptions(), DynamicsOptions()
WHOLE, DRAWN = ZoomOptions(), MapOptions()
