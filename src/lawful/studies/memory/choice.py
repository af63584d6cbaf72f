"""The settings of a study of memory: which data, which tasks, which methods, how often.

What is not said is None and is chosen for the data; the study that comes out says
everything, so that it can be made again.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from lawful.refusal import Refusal
from lawful.studies.memory.methods import batch_for, fitting, method
from lawful.studies.memory.streams import Facts
from lawful.studies.memory.words import named

SCENARIOS = ("permuted", "rotated", "split")
TASKS = {"permuted": 10, "rotated": 10}  # split: two classes a task
STEPS = 100  # at least so many are made on a task, where nothing is said of epochs


@dataclass(frozen=True)
class MemoryStudy:
    """Everything that bears on the result.

    Parameters
    ----------
    data
        "digits", "mnist", or a table of square images.
    scenario
        "permuted", "rotated" or "split".
    tasks
        How many; 10 when not given, of "split" as many as there are pairs of classes.
    methods
        Names in `METHODS`; all that fit the data when not given.
    seeds, seed
        How many times, and the first seed; the others follow one by one.
    epochs
        Times that a method sees the images of a task; by the number of images when not
        given. What learns in one pass takes one.
    samples
        How many images of the data are taken; all when not given.
    target
        The column of the classes, for a table.
    tune
        Choose the baselines' strengths on the validation images, instead of taking the
        recorded ones.

    Raises
    ------
    Refusal
        For names and numbers that cannot be meant.

    Examples
    --------
    >>> MemoryStudy(methods=("basin",))
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: unknown method 'basin'; expected one of basins, dual, analytic, \
plain, still, relu, naive, joint, ewc, si, lwf, replay, derpp; did you mean 'basins'?
    """

    data: str = "digits"
    scenario: str = "permuted"
    tasks: int | None = None
    methods: tuple[str, ...] = ()
    seeds: int = 3
    seed: int = 0
    epochs: int | None = None
    samples: int | None = None
    target: str | None = None
    tune: bool = False

    def __post_init__(self) -> None:
        named("scenario", self.scenario, SCENARIOS)
        for name in self.methods:
            method(name)
        for name in {n for n in self.methods if self.methods.count(n) > 1}:
            raise Refusal(f"the method {name!r} given twice", "each method once")
        for what in ("tasks", "seeds", "epochs", "samples"):
            value = getattr(self, what)
            if value is not None and value < 1:
                raise Refusal(f"{what} {value}", "a whole number from 1 up")
        if self.seed < 0:
            raise Refusal(f"seed {self.seed}", "a whole number from 0 up")

    @property
    def settings(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)


def completed(study: MemoryStudy, facts: Facts) -> MemoryStudy:
    """The study with every setting said.

    Raises
    ------
    Refusal
        For more tasks than the classes can be split into.
    """
    pairs = facts.classes // 2
    if study.scenario == "split" and (study.tasks or 0) > facts.classes:
        raise Refusal(
            f"{study.tasks} tasks of {facts.classes} classes to split",
            f"1 to {facts.classes}",
            f"{pairs} tasks have two classes each",
        )
    tasks = study.tasks or TASKS.get(study.scenario, max(1, pairs))
    images = facts.train / (tasks if study.scenario == "split" else 1)
    epochs = math.ceil(STEPS * batch_for(images) / images)
    return replace(
        study,
        tasks=tasks,
        methods=study.methods or fitting(images),
        epochs=study.epochs or epochs,
    )
