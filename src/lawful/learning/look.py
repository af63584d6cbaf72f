"""A look at a training: what is measured, and where it stands.

    energy = loss + kinetic

A look changes nothing. The loss and accuracy are those of the samples learned
from (of ten thousand of them where mini-batches go through more), without dropout.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.course import Course
from lawful.learning.ledger import Ledger
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.stopping import Best, diverged

Array = NDArray[Any]
MEASURES = {
    "loss": "potential energy U",
    "accuracy": "share of samples whose class is right",
    "validation_loss": "loss on samples kept apart",
    "validation_accuracy": "accuracy on samples kept apart",
    "kinetic": "kinetic energy",
    "energy": "potential and kinetic energy",
    "gradient_norm": "length of the gradient",
}


@dataclass(frozen=True)
class State:
    """Where a training stands: all that it needs to go on.

    Attributes
    ----------
    step
        Steps made.
    motion
        Positions and velocities.
    best
        The best weights so far, where patience asks for them.
    ledger
        The energy ledger so far; None where none is kept.
    stopped
        Why it has ended; empty while it goes on.
    """

    step: int
    motion: Motion
    best: Best
    ledger: Ledger | None = None
    stopped: str = ""

    @property
    def kept(self) -> Array:
        """The weights to keep: the best, where there are such, or the last."""
        return self.motion.x if self.best.parameters is None else self.best.parameters


@dataclass(frozen=True)
class Moment:
    """One look at a training.

    Attributes
    ----------
    step, epoch
        Steps made, and the epochs they amount to.
    measures
        Numbers by name; see `MEASURES`. What was not measured is not there.
    accounts
        The ledger's amounts, summed from the start; empty where none is kept.
    residual
        The largest relative residual of the ledger so far; NaN where none is kept.
    state
        Where the training stands.
    """

    step: int
    epoch: float
    measures: Mapping[str, float]
    accounts: Mapping[str, float]
    residual: float
    state: State

    @property
    def loss(self) -> float:
        """U."""
        return self.measures["loss"]

    @property
    def accuracy(self) -> float:
        """The share of samples whose class is right; NaN where there are no classes."""
        return self.measures.get("accuracy", math.nan)

    @property
    def parameters(self) -> Array:
        """All weights, shape (P,)."""
        return self.state.motion.x


class Look:
    """Looks at a network in a course of training."""

    def __init__(self, network: NeuralNetwork, course: Course) -> None:
        self.network, self.course, self.measured = network, course, course.measured

    def at(self, state: State) -> Moment:
        """What there is to see, the network standing at the state's position.

        Raises
        ------
        Diverged
            Where the loss is no number.
        """
        with np.errstate(all="ignore"):
            measures = {**self._learned(), **self._validation()}
            measures["kinetic"] = self.course.dynamics.kinetic(state.motion)
        if not math.isfinite(measures["loss"] + measures["kinetic"]):
            raise diverged(state.step, state.motion, self.course.dynamics)
        measures = {name: value for name, value in measures.items() if not math.isnan(value)}
        ledger = None if state.ledger is None else Ledger.restored(state.ledger.state)
        return Moment(
            state.step,
            state.step / self.course.epoch,
            measures,
            {} if ledger is None else ledger.totals,
            ledger.worst if ledger is not None and ledger.entries else math.nan,
            # A moment keeps books of its own: those of the training go on.
            replace(self._judged(state, measures), ledger=ledger),
        )

    def _learned(self) -> dict[str, float]:
        """Of the samples learned from; the gradient too, where each step takes it of them all."""
        samples = self.measured
        if not self.course.whole:
            return self._on(samples)
        value, gradient, answers = self.network.loss_gradient_and_answers(samples.X, samples.y)
        accuracy = self.network.accuracy_of(answers, samples.y) if samples.classes else math.nan
        norm = float(np.sqrt(gradient @ gradient))
        return {"loss": value, "accuracy": accuracy, "gradient_norm": norm}

    def _on(self, samples: Samples) -> dict[str, float]:
        value, answers = self.network.loss_and_answers(samples.X, samples.y)
        accuracy = self.network.accuracy_of(answers, samples.y) if samples.classes else math.nan
        return {"loss": value, "accuracy": accuracy}

    def _validation(self) -> dict[str, float]:
        if self.course.validation is None:
            return {}
        return {f"validation_{k}": v for k, v in self._on(self.course.validation).items()}

    def _judged(self, state: State, measures: Mapping[str, float]) -> State:
        """The state with its best weights and, where it is over, the reason."""
        course, best = self.course, state.best
        if course.patience is not None:
            apart = course.validation is not None
            watched = measures.get("validation_loss", math.nan) if apart else measures["loss"]
            best = best.or_better(watched, state.step, state.motion.x)
            if best.over(state.step, course.patience * course.epoch):
                if best.parameters is None:
                    words = f"no loss that is a number for {course.patience} epochs"
                    return replace(state, best=best, stopped=words)
                words = (
                    f"no better loss for {course.patience} epochs; the best, of step {best.step}"
                )
                return replace(state, best=best, stopped=words)
        if course.goal is not None and measures.get("accuracy", 0.0) >= course.goal:
            # The weights that reached it are kept, and not those of the best loss.
            return replace(state, best=Best(), stopped=f"goal reached at step {state.step}")
        return replace(state, best=best)
