"""A cell of a study: one architecture, one seed, one training to be done.

    settings + data  →  key

The key is a hash of all that bears on the result: two cells of one key have one result.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lawful import __version__
from lawful.learning.named import named
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.studies.lesson import Lesson, Sizes, shape


@dataclass(frozen=True)
class Cell:
    """One training to be done.

    Attributes
    ----------
    layers, seed
        Which.
    network, dynamics, training
        Keyword arguments of `NeuralNetwork`, of `named` and of `record`.
    goal
        The accuracy that counts as solved.
    data
        The fingerprint of what is learned from and asked.
    """

    layers: Sizes
    seed: int
    network: Mapping[str, Any]
    dynamics: Mapping[str, Any]
    training: Mapping[str, Any]
    goal: float
    data: str

    @property
    def name(self) -> str:
        """Such as "2-3-1 seed 0"."""
        return f"{shape(self.layers)} seed {self.seed}"

    @property
    def key(self) -> str:
        """The same for the same training of the same version, and for no other."""
        whole = json.dumps({"version": __version__, **asdict(self)}, sort_keys=True, default=str)
        return f"{shape(self.layers)}-{self.seed}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    def made(self) -> NeuralNetwork:
        """The network before training."""
        return NeuralNetwork(**self.network)

    @property
    def options(self) -> dict[str, Any]:
        """As `record` takes them."""
        return {"dynamics": named(**self.dynamics), **self.training}


def cells_of(lesson: Lesson, samples: Samples, data: str) -> tuple[Cell, ...]:
    """Architectures × seeds; the lesson is complete.

    Raises
    ------
    Refusal
        For names and numbers that cannot be meant.
    """
    t = lesson.training
    goal = t.goal if t.goal is not None else samples.goal
    dynamics = {"name": t.optimizer, **t.numbers}
    training = {
        "steps": t.steps,
        "epochs": t.epochs,
        "batch": t.batch,
        "schedule": t.schedule or "constant",
        "validation": t.validation or None,
        "patience": t.patience,
        "goal": goal if t.stop_at_goal else None,
    }
    return tuple(
        Cell(
            layers,
            seed,
            lesson.network.settings(layers, seed),
            dynamics,
            {**training, "seed": seed},
            goal,
            data,
        )
        for layers in lesson.network.layers
        for seed in range(lesson.seed, lesson.seed + (lesson.seeds or 1))
    )
