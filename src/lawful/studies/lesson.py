"""A lesson: which data, which networks, how they are trained, how often.

What is not said is None and is filled in by a recipe for the data (`recipes`);
the lesson that comes out says everything, so that it can be made again.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lawful.refusal import Refusal

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class DataChoice:
    """What is learned.

    Attributes
    ----------
    name
        A data set's name, or a CSV file.
    target
        The column to predict, for a file.
    samples, noise
        How many are drawn and how they scatter, for data that are drawn.
    test
        A CSV file of unseen samples with the same columns.
    unseen
        The share held back from training to be predicted, where there are no test samples.
    """

    name: str
    target: str | None = None
    samples: int | None = None
    noise: float | None = None
    test: str | None = None
    unseen: float | None = None


@dataclass(frozen=True)
class NetworkChoice:
    """The networks that are compared; see `NeuralNetwork`."""

    layers: tuple[Sizes, ...] = ()
    activation: tuple[str, ...] | None = None
    output: str | None = None
    loss: str | None = None
    weight_init: str | None = None
    l1: float | None = None
    l2: float | None = None
    dropout: float | None = None
    dtype: str | None = None

    def settings(self, layers: Sizes, seed: int) -> dict[str, Any]:
        """As keyword arguments of `NeuralNetwork`, for one of them."""
        names = self.activation or ("tanh",)
        return {
            "layers": list(layers),
            "activation": names[0] if len(names) == 1 else list(names),
            "output": self.output,
            "loss": self.loss,
            "weight_init": self.weight_init or "xavier",
            "l1": self.l1 or 0.0,
            "l2": self.l2 or 0.0,
            "dropout": self.dropout or 0.0,
            "dtype": self.dtype or "float64",
            "seed": seed,
        }


@dataclass(frozen=True)
class TrainingChoice:
    """How they are trained; see `lawful.learning.training.evolve`."""

    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    friction: float | None = None
    temperature: float | None = None
    mass: float | None = None
    time_step: float | None = None
    batch: int | None = None
    epochs: int | None = None
    steps: int | None = None
    schedule: str | None = None
    patience: int | None = None
    validation: float | None = None
    goal: float | None = None
    stop_at_goal: bool = False

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers of the dynamics, those that were said."""
        names = ("learning_rate", "momentum", "friction", "temperature", "mass", "time_step")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Lesson:
    """Everything that bears on the result.

    Attributes
    ----------
    data, network, training
        The three choices.
    seeds
        How many trainings of each architecture.
    seed
        The first; the others follow one by one.

    Raises
    ------
    Refusal
        For numbers that cannot be meant.

    Examples
    --------
    >>> Lesson(DataChoice("xor"), seeds=0)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: seeds 0; expected a whole number from 1 up; leave it out for the usual \
    one
    """

    data: DataChoice
    network: NetworkChoice = field(default_factory=NetworkChoice)
    training: TrainingChoice = field(default_factory=TrainingChoice)
    seeds: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        t = self.training
        _whole("seeds", self.seeds)
        _whole("epochs", t.epochs)
        _whole("steps", t.steps)
        _whole("batch", t.batch)
        _whole("patience", t.patience)
        _whole("samples", self.data.samples)
        if self.seed < 0:
            raise Refusal(f"seed {self.seed}", "a whole number from 0 up")
        if t.epochs is not None and t.steps is not None:
            raise Refusal("both --epochs and --steps", "one of them")
        if t.learning_rate is not None and not 0 < t.learning_rate < float("inf"):
            raise Refusal(f"learning rate {t.learning_rate}", "a positive number", "such as 0.1")
        _share("validation", t.validation)
        _share("unseen", self.data.unseen)
        if t.goal is not None and not 0 < t.goal <= 1:
            raise Refusal(f"goal {t.goal}", "an accuracy above 0 and at most 1, such as 0.95")
        twice = {sizes for sizes in self.network.layers if self.network.layers.count(sizes) > 1}
        for sizes in twice:
            raise Refusal(f"layers {shape(sizes)} given twice", "each architecture once")

    @property
    def settings(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)


def shape(layers: Sequence[int]) -> str:
    """Layers as they are written.

    >>> shape((2, 3, 1))
    '2-3-1'
    """
    return "-".join(map(str, layers))


def sizes(text: str) -> Sizes:
    """Layers as they are read.

    >>> sizes("2-3-1")
    (2, 3, 1)
    >>> sizes("2-x")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: layers '2-x'; expected numbers of neurons from inputs to outputs, \
such as 2-3-1
    """
    parts = text.strip().split("-")
    if len(parts) < 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise Refusal(
            f"layers {text!r}", "numbers of neurons from inputs to outputs, such as 2-3-1"
        )
    return tuple(map(int, parts))


def _whole(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise Refusal(
            f"{name} {value}", "a whole number from 1 up", "leave it out for the usual one"
        )


def _share(name: str, value: float | None) -> None:
    if value is not None and not 0 <= value < 1:
        raise Refusal(f"{name} {value}", "a share from 0 up to, not including, 1, such as 0.2")
