"""What comes of one training: does it reach the goal, when, and at which energy.

A training counts as solved where its finished network has the goal's accuracy: on the
validation samples where there are some, else on those it learned from.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lawful.learning.network import NeuralNetwork
from lawful.learning.record import LEDGER, Training
from lawful.learning.samples import Samples
from lawful.learning.stopping import Diverged
from lawful.learning.training import Progress, record
from lawful.studies.cells import Cell
from lawful.studies.lesson import Sizes, shape
from lawful.studies.unseen import Questions, answered
from lawful.trajectories import Trajectories


@dataclass(frozen=True)
class Outcome:
    """What came of one training, in numbers.

    Attributes
    ----------
    layers, seed, parameters
        Which, and how many weights and biases.
    solved
        Whether the finished network reaches the goal; None for numbers, where there is none.
    steps_to_solution
        The first look at which it did; NaN where it never did.
    steps, stopped
        Steps made, and why they ended.
    start_energy, final_energy
        U over the samples learned from, before and after.
    accuracy, validation_accuracy, unseen_accuracy, unseen_r2
        Of the finished network; NaN where there is no such thing.
    residual, accounts, mechanical
        The ledger: its worst relative residual, the amounts summed over the training, and
        E = U + K at the start and at the end; NaN and nothing where none was kept.
    diverged
        `{"step", "reason", "hint"}` where the training ran away.
    seconds
        Wall-clock.
    """

    layers: Sizes
    seed: int
    parameters: int
    solved: bool | None
    steps_to_solution: float
    steps: int
    stopped: str
    start_energy: float
    final_energy: float
    accuracy: float
    validation_accuracy: float
    unseen_accuracy: float
    unseen_r2: float
    residual: float
    accounts: Mapping[str, float] = field(default_factory=dict)
    mechanical: tuple[float, float] = (math.nan, math.nan)
    diverged: Mapping[str, Any] | None = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Such as "2-3-1 seed 0"."""
        return f"{shape(self.layers)} seed {self.seed}"

    def to_dict(self) -> dict[str, Any]:
        """Everything but the time it took, which no two machines share."""
        record = asdict(self)
        del record["seconds"]
        return {"architecture": shape(self.layers), **record}


def trained(
    cell: Cell,
    samples: Samples,
    questions: Questions | None = None,
    *,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Outcome, Training]:
    """Train one cell.

    Parameters
    ----------
    cell
        Which.
    samples, questions
        To learn from, and to be asked afterwards.
    checkpoint
        As `record` takes it.
    progress
        Called with the steps done and to do.

    Raises
    ------
    Refusal
        For data or settings that do not fit; divergence is an outcome, and no refusal.
    """
    network, runaway, began = cell.made(), None, time.perf_counter()
    start = network.loss(samples.X, samples.y)
    options = {**cell.options, "name": cell.name, "checkpoint": checkpoint, "progress": progress}
    try:
        done = record(network, samples, **options)
    except Diverged as end:
        if end.training is None:
            raise
        done = end.training
        runaway = {"step": end.step, "reason": end.got, "hint": end.remedy}
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
    return _judged(cell, done, questions, start, runaway, time.perf_counter() - began), done


def _judged(
    cell: Cell,
    done: Training,
    questions: Questions | None,
    start: float,
    runaway: Mapping[str, Any] | None,
    seconds: float,
) -> Outcome:
    network, samples, runs = done.network, done.data, done.runs
    ended = runaway is None
    kept = _last(runs, network, samples)
    known = ended and questions is not None and questions.known
    seen = answered(network, questions) if known and questions is not None else None
    watched = kept["validation_accuracy"]
    watched = kept["accuracy"] if math.isnan(watched) else watched
    solved = None if not samples.classes or math.isnan(watched) else watched >= cell.goal
    solved = False if samples.classes and not ended else solved
    accounts = {n: float(runs[n][0, -1]) for n in account_names(runs)}
    accounts = dict(sorted(accounts.items(), key=lambda one: (-abs(one[1]), one[0])))
    energy = runs["energy"].values[0]
    return Outcome(
        cell.layers,
        cell.seed,
        network.parameters.size,
        solved,
        first_at(runs, cell.goal) if solved else math.nan,
        int(runs["time"].values.ravel()[-1]),
        done.stopped,
        start,
        kept["loss"] if ended else math.nan,
        kept["accuracy"] if ended else math.nan,
        kept["validation_accuracy"] if ended else math.nan,
        math.nan if seen is None else seen.accuracy,
        math.nan if seen is None else seen.r2,
        done.residual,
        accounts,
        (float(energy[0]), float(energy[-1])),
        runaway,
        seconds,
    )


def _last(runs: Trajectories, network: NeuralNetwork, samples: Samples) -> dict[str, float]:
    """Loss and accuracies of the weights that were kept, which may be earlier ones."""
    with np.errstate(all="ignore"):
        loss = network.loss(samples.X, samples.y)
        accuracy = network.accuracy(samples.X, samples.y) if samples.classes else math.nan
    held = runs["validation_loss"].values[0] if "validation_loss" in runs else np.array([])
    validation = math.nan
    if held.size and "validation_accuracy" in runs:
        # With patience the weights kept are those of the lowest validation loss.
        origin = json.loads(runs.attrs["origin"])
        at = int(np.nanargmin(held)) if origin.get("patience") else -1
        validation = float(runs["validation_accuracy"].values[0, at])
    return {"loss": loss, "accuracy": accuracy, "validation_accuracy": validation}


def first_at(runs: Trajectories, goal: float) -> float:
    """The first step at which the goal was reached; NaN where it never was."""
    name = "validation_accuracy" if "validation_accuracy" in runs else "accuracy"
    if name not in runs:
        return math.nan
    there = np.flatnonzero(runs[name].values[0] >= goal)
    return float(runs["time"].values.ravel()[there[0]]) if there.size else math.nan


def account_names(runs: Trajectories) -> list[str]:
    """The ledger's accounts among a run's variables."""
    return [str(name) for name in runs.data_vars if str(name).startswith(LEDGER)]
