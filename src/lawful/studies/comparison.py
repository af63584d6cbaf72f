"""Architectures side by side: what many trainings of each come to.

    success rate     k of n trainings reach the goal, with Wilson's interval
    steps            to the goal: median and quartiles of those that reach it
    final energy     U over the training samples: median and quartiles of those that
                     did not diverge, mean and standard deviation beside

A training counts as solved where its finished network has the goal's accuracy, on the
validation samples where there are some, else on those it learned from.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lawful.studies.intervals import wilson
from lawful.studies.lesson import Sizes, shape
from lawful.studies.outcome import Outcome


@dataclass(frozen=True)
class Spread:
    """Some numbers in brief; all NaN where there are none.

    Examples
    --------
    >>> Spread.of([1.0, 2.0, 3.0]).median
    2.0
    """

    count: int
    median: float
    low: float
    high: float
    mean: float
    deviation: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Median, quartiles, mean, standard deviation (n − 1), least, greatest."""
        held = np.array([v for v in values if math.isfinite(v)])
        if not held.size:
            return cls(0, *(math.nan,) * 7)
        low, middle, high = (float(q) for q in np.quantile(held, (0.25, 0.5, 0.75)))
        deviation = float(held.std(ddof=1)) if held.size > 1 else math.nan
        ends = float(held.min()), float(held.max())
        return cls(held.size, middle, low, high, float(held.mean()), deviation, *ends)


@dataclass(frozen=True)
class Architecture:
    """All trainings of one architecture.

    Attributes
    ----------
    layers, parameters
        Its sizes and its number of weights and biases.
    trainings, solved, diverged
        How many there were, reached the goal, and ran away.
    rate, interval
        solved/trainings with its 95 % Wilson interval; NaN for numbers, where no goal is.
    steps_to_solution, steps, final_energy, accuracy, unseen_accuracy, seconds
        Over the trainings.
    shown
        Which training pictures, predictions and the feedforward check are of: the first
        that solved it, else the first that did not diverge, else the first.
    """

    layers: Sizes
    parameters: int
    trainings: int
    solved: int
    diverged: int
    rate: float
    interval: tuple[float, float]
    steps_to_solution: Spread
    steps: Spread
    final_energy: Spread
    accuracy: Spread
    unseen_accuracy: Spread
    unseen_r2: Spread
    seconds: Spread
    shown: int

    @property
    def name(self) -> str:
        """As it is written: 2-3-1."""
        return shape(self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the time it took, which no two machines share."""
        record = asdict(self)
        del record["seconds"]
        return {"name": self.name, **record}


def compared(outcomes: Sequence[Outcome]) -> tuple[Architecture, ...]:
    """One `Architecture` for each, in the order in which they first come."""
    order: dict[Sizes, list[Outcome]] = {}
    for outcome in outcomes:
        order.setdefault(outcome.layers, []).append(outcome)
    return tuple(_gathered(group) for group in order.values())


def _gathered(group: Sequence[Outcome]) -> Architecture:
    judged = [o for o in group if o.solved is not None]
    solved = [o for o in judged if o.solved]
    steady = [o for o in group if o.diverged is None]
    # A training that diverged before it could be judged did not solve anything.
    trials = len(judged)
    shown = next(o for o in (*solved, *steady, *group))
    return Architecture(
        group[0].layers,
        group[0].parameters,
        len(group),
        len(solved),
        len(group) - len(steady),
        len(solved) / trials if trials else math.nan,
        wilson(len(solved), trials) if trials else (math.nan, math.nan),
        Spread.of([o.steps_to_solution for o in solved]),
        Spread.of([o.steps for o in group]),
        Spread.of([o.final_energy for o in steady]),
        Spread.of([o.accuracy for o in steady]),
        Spread.of([o.unseen_accuracy for o in steady]),
        Spread.of([o.unseen_r2 for o in steady]),
        Spread.of([o.seconds for o in group]),
        shown.seed,
    )
