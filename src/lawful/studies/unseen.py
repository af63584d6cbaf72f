"""What a trained network says of inputs that it never saw.

    data kept apart      prediction beside truth, and how many are right
    a few exact points   a grid over the inputs' ranges, where no truth is known

XOR's four corners are all there is to learn from; what lies between them is the
network's own idea, and a grid shows it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork, classes_of
from lawful.learning.samples import Samples
from lawful.studies.intervals import wilson

Array = NDArray[Any]
MOST_ROWS = 1000
MOST_INPUTS = 16  # a record of inputs wider than this says the row alone
GRID = 5
MARGIN = 0.25  # of the inputs' range, by which a grid reaches beyond it


@dataclass(frozen=True)
class Prediction:
    """One input, what the network answers, and the truth where it is known.

    Attributes
    ----------
    inputs
        In the units of the source.
    answer
        The outputs of the last layer, in the units of the source.
    predicted, truth
        A class's name, or numbers as text; truth is "" where it is not known.
    sure
        The network's share for the class it predicts; NaN where the outputs are no shares.
    right
        Whether the class is right; None for numbers, and where the truth is not known.
    """

    inputs: tuple[float, ...]
    answer: tuple[float, ...]
    predicted: str
    truth: str
    sure: float
    right: bool | None = None


@dataclass(frozen=True)
class Unseen:
    """A network's answers to unseen inputs.

    Attributes
    ----------
    source
        Where the inputs come from, as a phrase.
    rows
        At most `MOST_ROWS`, in the order of the data.
    size
        How many inputs there were.
    features, classes
        Names; no classes where the answers are numbers.
    accuracy, interval
        The share that is right, with its Wilson interval; NaN where truth is not known.
    confusion
        How often class i was called class j, shape (C, C); None without truth or classes.
    r2
        1 − Σ(a − y)²/Σ(y − ȳ)², for numbers; NaN else.
    grid
        For two inputs without truth: the values along each, else empty.
    """

    source: str
    rows: tuple[Prediction, ...]
    size: int
    features: tuple[str, ...]
    classes: tuple[str, ...]
    accuracy: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)
    confusion: NDArray[np.int64] | None = None
    r2: float = math.nan
    grid: tuple[tuple[float, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "source": self.source,
            "size": self.size,
            "features": list(self.features),
            "classes": list(self.classes),
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.interval),
            "r2": self.r2,
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "rows": [
                {
                    "row": k,
                    "inputs": list(row.inputs) if len(row.inputs) <= MOST_INPUTS else None,
                    "answer": list(row.answer),
                    "predicted": row.predicted,
                    "truth": row.truth or None,
                    "right": row.right,
                    "sure": row.sure,
                }
                for k, row in enumerate(self.rows, 1)
            ],
        }


@dataclass(frozen=True, eq=False)
class Questions:
    """Inputs to be put to a network.

    Attributes
    ----------
    samples
        Scaled as those that are learned from; their y is the truth where it is known.
    source
        Where they come from, as a phrase.
    known
        Whether the truth is known.
    classes
        Names of the classes where the truth is not known.
    grid
        For a grid: its values along each of two inputs.
    """

    samples: Samples
    source: str
    known: bool = True
    classes: tuple[str, ...] = ()
    grid: tuple[tuple[float, ...], ...] = ()


def grid_of(samples: Samples, points: int = GRID) -> Questions:
    """A grid over the ranges of two inputs, a little beyond.

    Examples
    --------
    >>> corners = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], classes="01")
    >>> grid_of(corners).samples.size
    25
    """
    low, high = samples.X.min(axis=0), samples.X.max(axis=0)
    reach = MARGIN * (high - low)
    axes = [np.linspace(a - r, b + r, points) for a, b, r in zip(low, high, reach, strict=True)]
    X = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=1)
    blank = np.zeros((len(X), samples.outputs))
    asked = replace(samples, X=X, y=blank, classes=(), notes=())
    source = "a grid between and around the samples, where no truth is known"
    shown = tuple(tuple(float(v) for v in axis) for axis in axes)
    return Questions(asked, source, known=False, classes=samples.classes, grid=shown)


def answered(network: NeuralNetwork, asked: Questions) -> Unseen:
    """The network's answers.

    Examples
    --------
    >>> samples = Samples([[0.0, 1.0], [1.0, 1.0]], [0, 1], classes=("no", "yes"))
    >>> seen = answered(NeuralNetwork([2, 1], seed=0), Questions(samples, "held back"))
    >>> seen.size, int(seen.confusion.sum())
    (2, 2)
    """
    samples = asked.samples
    answers = np.asarray(network.forward(samples.X), dtype=float)
    rows = tuple(_rows(network, asked, answers))
    classes = samples.classes or asked.classes
    common = (asked.source, rows, samples.size, samples.features, classes)
    if not asked.known:
        return Unseen(*common, grid=asked.grid)
    if not classes:
        return Unseen(*common, r2=determination(answers, samples.y))
    predicted = classes_of(answers)
    right = int(np.count_nonzero(predicted == samples.labels))
    table = np.zeros((len(classes),) * 2, np.int64)
    np.add.at(table, (samples.labels, predicted), 1)
    return Unseen(*common, right / samples.size, wilson(right, samples.size), table)


def determination(answers: Array, y: Array) -> float:
    """R² = 1 − Σ(a − y)²/Σ(y − ȳ)²; NaN where y never changes.

    >>> determination(np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]]))
    1.0
    """
    spread = float(((y - y.mean(axis=0)) ** 2).sum())
    return 1 - float(((answers - y) ** 2).sum()) / spread if spread else math.nan


def _rows(network: NeuralNetwork, asked: Questions, answers: Array) -> list[Prediction]:
    samples, names = asked.samples, asked.samples.classes or asked.classes
    few, answers = np.asarray(samples.X[:MOST_ROWS], dtype=float), answers[:MOST_ROWS]
    inputs = samples.x_scaling.undo(few) if samples.x_scaling else few
    truth, sure = [""] * len(few), np.full(len(few), np.nan)
    if names:
        said = [names[k] for k in classes_of(answers)]
        if asked.known:
            truth = [names[k] for k in samples.labels[:MOST_ROWS]]
        if network.activations[-1] in ("sigmoid", "softmax"):
            shares = np.concatenate([answers, 1 - answers], 1) if len(names) == 2 else answers
            sure = shares.max(axis=1)
    else:
        undo = samples.y_scaling.undo if samples.y_scaling else np.asarray
        answers, wanted = undo(answers), undo(np.asarray(samples.y[:MOST_ROWS], dtype=float))
        said = [_numbers(row) for row in answers]
        if asked.known:
            truth = [_numbers(row) for row in wanted]
    judged = asked.known and bool(names)
    return [
        Prediction(tuple(map(float, x)), tuple(map(float, a)), p, t, float(s), judge(p, t, judged))
        for x, a, p, t, s in zip(inputs, answers, said, truth, sure, strict=True)
    ]


def judge(predicted: str, truth: str, judged: bool) -> bool | None:
    """Whether a prediction is right; None where that cannot be said."""
    return predicted == truth if judged else None


def _numbers(row: Array) -> str:
    return ", ".join(f"{value:.4g}" for value in row)
