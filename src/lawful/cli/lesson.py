"""Options of `lawful learn`: the data, the networks, their training, the pictures.

What is not said is None and is chosen for the data by `lawful.studies.recipes`.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from lawful.cli.options import Flag, Words, words

if TYPE_CHECKING:
    from lawful.studies.lesson import DataChoice, NetworkChoice, TrainingChoice

_DATA = Group("Data", sort_key=1)
_NETWORK = Group("Network", sort_key=2)
_TRAINING = Group("Training", sort_key=3)
_PICTURES = Group("Pictures", sort_key=4)
_ENSEMBLE = Group("Training log", sort_key=5)
Several = Annotated[
    tuple[str, ...], Parameter(negative="", show_default=False, consume_multiple=True)
]


@Parameter(name="*", group=_DATA)
@dataclass(frozen=True)
class DataOptions:
    """What is learned, and what is kept apart."""

    target: str | None = None
    """Column to learn, for a file."""
    samples: int | None = None
    """How many are drawn, for a data set that is drawn."""
    noise: float | None = None
    """How they scatter."""
    unseen: float | None = None
    """Share held back to be predicted: 0.2 when not given, where there are enough."""
    test: str | None = None
    """File of rows to predict, with or without their answers."""

    def choice(self, name: str) -> "DataChoice":
        """The same, as the study takes it."""
        from lawful.studies.lesson import DataChoice

        return DataChoice(name, self.target, self.samples, self.noise, self.test, self.unseen)


@Parameter(name="*", group=_NETWORK)
@dataclass(frozen=True)
class NetworkOptions:
    """The networks that are compared."""

    layers: Several = ()
    """Neurons from inputs to outputs, one or several: 2-2-1 2-3-1."""
    activation: Words = ()
    """sigmoid, tanh, relu, leaky-relu, gelu or linear: one, or one a hidden layer with commas."""
    output: str | None = None
    """Of the last layer: sigmoid for one output, softmax for several when not given."""
    loss: str | None = None
    """squared, binary-cross-entropy or cross-entropy."""
    weight_init: str | None = None
    """random, xavier, he or orthogonal."""
    l1: float | None = None
    """Penalty on the sum of absolute weights."""
    l2: float | None = None
    """Penalty on half the sum of squared weights."""
    dropout: float | None = None
    """Share of hidden activations that a step leaves out."""
    dtype: Literal["float64", "float32"] | None = None
    """Precision."""

    def choice(self) -> "NetworkChoice":
        """The same, as the study takes it."""
        from lawful.studies.lesson import NetworkChoice, sizes

        return NetworkChoice(
            tuple(sizes(text) for text in words(self.layers)),
            words(self.activation) or None,
            self.output,
            self.loss,
            self.weight_init,
            self.l1,
            self.l2,
            self.dropout,
            self.dtype,
        )


@Parameter(name="*", group=_TRAINING)
@dataclass(frozen=True)
class TrainingOptions:
    """How they are trained."""

    optimizer: str | None = None
    """gradient-descent, momentum, nesterov, rmsprop, adam; or a mechanical system:
    heavy-ball, hamiltonian, langevin, discrete-gradient."""
    learning_rate: float | None = None
    """Of an optimiser."""
    momentum: float | None = None
    """What an optimiser keeps of its motion, below 1."""
    friction: float | None = None
    """Of heavy-ball and langevin."""
    temperature: float | None = None
    """Of langevin."""
    mass: float | None = None
    """Of a mechanical system."""
    time_step: float | None = None
    """Of a mechanical system."""
    batch: int | None = None
    """Samples a step; all when not given, but for large data."""
    epochs: int | None = None
    """Times that all samples are seen."""
    steps: int | None = None
    """Steps, in place of epochs."""
    schedule: str | None = None
    """constant, linear, cosine, exponential, step or inverse; warmup:0.1+cosine."""
    patience: int | None = None
    """Epochs without a better loss before training stops, with the best weights."""
    validation: float | None = None
    """Share of the samples that patience watches."""
    goal: float | None = None
    """Accuracy that counts as solved; by the data when not given."""
    stop_at_goal: Annotated[bool, Flag] = False
    """Stop there."""

    def choice(self) -> "TrainingChoice":
        """The same, as the study takes it."""
        from lawful.studies.lesson import TrainingChoice

        return TrainingChoice(**asdict(self))


@Parameter(name="*", group=_PICTURES)
@dataclass(frozen=True)
class PictureOptions:
    """What is drawn."""

    pictures: Annotated[bool, Parameter(negative="--no-pictures", show_default=False)] = True
    """Draw them (the default)."""
    animate: Annotated[bool, Flag] = False
    """Animations too: the forward pass, the boundary, the landscape, the decay."""
    theme: Literal["light", "dark"] = "light"
    """Of the pictures."""
    format: Literal["png", "svg"] = "png"
    """Of the pictures."""
    interactive: Annotated[bool, Flag] = False
    """A window with sliders and buttons, in place of a study."""


@Parameter(name="*", group=_ENSEMBLE)
@dataclass(frozen=True)
class EnsembleOptions:
    """Many networks at once, their weights written to a file in place of a study."""

    ensemble: int | None = None
    """Networks; --out is then a file .nc, .parquet or .csv, and --optimizer one of gradient-flow
    (when not given), gradient-descent or momentum."""
    every: int | None = None
    """Steps from one record to the next; a hundredth of all when not given."""
    init_scale: float | None = None
    """What first weights are multiplied by."""
    batch_normalization: Annotated[bool, Flag] = False
    """Measure what hidden neurons sum up by its spread over all samples; by NumPy alone."""
    force: Annotated[bool, Flag] = False
    """Write over a file that is there."""


ALONE = EnsembleOptions()
AS_DATA, AS_NETWORK, AS_TRAINING, DRAWN = (
    DataOptions(),
    NetworkOptions(),
    TrainingOptions(),
    PictureOptions(),
)
