"""Learning: architectures × seeds, trained, compared, asked and checked by hand.

lesson → material → cells → outcomes → comparison, predictions, feedforward check
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lawful import files
from lawful.learning.course import settled
from lawful.learning.look import MEASURES
from lawful.learning.record import Training
from lawful.learning.verification import Verification, verify
from lawful.store import Manifest, RunFolder
from lawful.studies.cells import Cell, cells_of
from lawful.studies.comparison import Architecture, compared
from lawful.studies.lesson import Lesson
from lawful.studies.material import Material, opened
from lawful.studies.outcome import Outcome
from lawful.studies.recipes import completed
from lawful.studies.unseen import Unseen, answered
from lawful.studies.workbench import Bench, Share
from lawful.trajectories import Trajectories, stack

RECORD = "learning.json"
CURVES = "training.nc"
REPORT = "report.html"
CHECKED = 4  # samples that are followed by hand
MOST_PRODUCTS = 400_000  # products that the hand may take, over all its samples
MOST_FILES = 200  # weights of more trainings than these are not all kept
MOST_RUNS = 400  # curves of more trainings than these are not all kept


@dataclass(frozen=True)
class Shown:
    """The training of an architecture that pictures, predictions and checks are of."""

    architecture: Architecture
    outcome: Outcome
    training: Training
    verification: Verification
    unseen: Unseen | None

    @property
    def name(self) -> str:
        """Such as "2-3-1 seed 0"."""
        return self.outcome.name


@dataclass(frozen=True)
class Learned:
    """What a study of learning gives.

    Attributes
    ----------
    lesson
        Complete: every setting is said.
    material
        The data.
    cells, outcomes
        One of each for every training, in one order.
    architectures
        The comparison.
    shown
        One training of each architecture, with its network.
    bench
        Where all trainings lie.
    """

    lesson: Lesson
    material: Material
    cells: tuple[Cell, ...]
    outcomes: tuple[Outcome, ...]
    architectures: tuple[Architecture, ...]
    shown: tuple[Shown, ...]
    bench: Bench = field(repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to bear in mind, a sentence each."""
        said = []
        lost = [o for o in self.outcomes if o.diverged]
        if lost:
            first = lost[0].diverged or {}
            said.append(
                f"{len(lost)} of {len(self.outcomes)} trainings diverged, the first "
                f"({lost[0].name}) at step {first['step']}: {first['hint']}"
            )
        if self.lesson.training.patience and not self.lesson.training.validation:
            said.append("patience watches the loss on the samples learned from; say --validation")
        for one in self.shown:
            if not (one.verification.agrees or one.outcome.diverged):
                said.append(f"{one.name}: {one.verification.verdict}")
        return tuple(said)

    @property
    def all_diverged(self) -> bool:
        """Whether no training came to an end."""
        return all(o.diverged for o in self.outcomes)

    def training(self, cell: Cell) -> Training:
        """One training, whole."""
        return self.bench.training(cell, self.material)

    def runs(self, architecture: Architecture | None = None) -> Trajectories:
        """Curves of all trainings, one run each; of one architecture, its weights too.

        Of more than `MOST_RUNS` trainings, the first of each architecture.
        """
        chosen = [
            cell
            for cell in self.cells
            if architecture is None or cell.layers == architecture.layers
        ]
        each = max(1, MOST_RUNS // max(1, len({cell.layers for cell in chosen})))
        first = min((cell.seed for cell in chosen), default=0)
        parts = [self.training(cell).runs for cell in chosen if cell.seed < first + each]
        if architecture is None:
            common = set.intersection(*({*map(str, part.data_vars)} for part in parts))
            kept = [n for n in map(str, parts[0].data_vars) if n in common and _is_curve(n)]
            parts = [part[kept] for part in parts]
        return stack(parts) if len(parts) > 1 else parts[0]

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it; the same for the same settings and version."""
        samples = self.material.samples
        return {
            "data": {
                "name": samples.name,
                "samples": samples.size,
                "features": list(samples.features),
                "classes": list(samples.classes),
                "goal": self.cells[0].goal if samples.classes else None,
                "notes": list(self.material.notes),
                "fingerprints": [dict(f) for f in self.material.fingerprints],
            },
            "settings": self.lesson.settings,
            "comparison": [one.to_dict() for one in self.architectures],
            "trainings": [one.to_dict() for one in self.outcomes],
            "predictions": {
                one.name: None if one.unseen is None else one.unseen.to_dict() for one in self.shown
            },
            "feedforward": {one.name: one.verification.to_dict() for one in self.shown},
            "warnings": list(self.warnings),
        }

    def manifest(self, command: Sequence[str] = ()) -> Manifest:
        """Who made this, and how to make it again."""
        return Manifest(
            "learn",
            tuple(command),
            self.lesson.settings,
            self.lesson.seed,
            tuple(self.material.fingerprints),
        )


def learn(
    lesson: Lesson,
    *,
    bench: Bench | None = None,
    resume: bool = False,
    jobs: int | None = None,
    share: Share | None = None,
    say: Callable[[str], None] | None = None,
) -> Learned:
    """Train all cells of a lesson and compare them.

    Parameters
    ----------
    lesson
        What is not said in it is filled in by a recipe for the data.
    bench
        Where trainings are kept; a temporary place when not given.
    resume
        Take up what an earlier study left on the bench.
    jobs
        Processes; as many as there are processors, if the work is worth it, when not given.
    share
        Called with the part that is done, from 0 to 1, and how many cells are.
    say
        Called with the name of each step.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant. Trainings that diverge are outcomes.

    Examples
    --------
    >>> from lawful.studies.lesson import DataChoice, NetworkChoice, TrainingChoice
    >>> done = learn(
    ...     Lesson(
    ...         DataChoice("xor"),
    ...         NetworkChoice(layers=((2, 3, 1),)),
    ...         TrainingChoice(steps=200),
    ...         seeds=2,
    ...     )
    ... )
    >>> [one.trainings for one in done.architectures], done.shown[0].verification.agrees
    ([2], True)
    """
    tell = say or (lambda step: None)
    tell("read")
    material = opened(lesson.data, lesson.seed)
    lesson = completed(lesson, material.samples)
    marks = "".join(str(mark["sha256"]) for mark in material.fingerprints)
    choice = [asdict(lesson.data), lesson.seed]
    cells = cells_of(lesson, material.samples, f"{marks} {choice}")
    for cell in cells[:: lesson.seeds or 1]:
        settled(cell.made(), material.samples, **cell.options)  # refuses before any work
    bench = bench or Bench()
    tell("train")
    outcomes = bench.run(cells, material, jobs=jobs, resume=resume, share=share)
    tell("compare")
    architectures = compared(outcomes)
    pairs = {(c.layers, c.seed): (c, o) for c, o in zip(cells, outcomes, strict=True)}
    shown = tuple(
        _shown(one, *pairs[one.layers, one.shown], bench, material) for one in architectures
    )
    return Learned(lesson, material, cells, outcomes, architectures, shown, bench)


def _shown(
    architecture: Architecture, cell: Cell, outcome: Outcome, bench: Bench, material: Material
) -> Shown:
    training = bench.training(cell, material)
    asked = material.questions
    unseen = None if asked is None or outcome.diverged else answered(training.network, asked)
    return Shown(architecture, outcome, training, checked(training, material), unseen)


def checked(training: Training, material: Material) -> Verification:
    """The feedforward by hand, on the first samples, each class among them if it can be."""
    samples, size = material.samples, max(1, training.network.parameters.size)
    count = max(1, min(CHECKED, MOST_PRODUCTS // size, samples.size))
    rows = np.arange(count)
    if samples.classes:
        _, firsts = np.unique(samples.labels, return_index=True)
        rest = np.setdiff1d(np.arange(min(samples.size, 2 * CHECKED)), firsts)
        rows = np.sort(np.concatenate([firsts, rest])[:count])
    return verify(training.network, samples.X[rows])


def write_data(done: Learned, folder: RunFolder) -> tuple[str, ...]:
    """The record, the curves and the weights of a study, into its run folder.

    Returns
    -------
    tuple of str
        What was left out, a sentence each.
    """
    left: list[str] = []
    folder.write_json(RECORD, done.to_dict())
    for outcome in done.outcomes:
        folder.log({"training": outcome.name, "seconds": outcome.seconds, "steps": outcome.steps})
    left += files.write(done.runs(), folder.path / CURVES)
    (folder.path / "training").mkdir(exist_ok=True)
    for one in done.architectures:
        left += files.write(done.runs(one), folder.path / "training" / f"{one.name}.nc")
    (folder.path / "weights").mkdir(exist_ok=True)
    for training, name in _networks(done):
        training.network.save(folder.path / "weights" / f"{name.replace(' ', '-')}.safetensors")
    if len(done.cells) > MOST_FILES:
        left.append(
            f"weights are kept of one training of each architecture, not of {len(done.cells)}"
        )
    if len(done.cells) > MOST_RUNS:
        left.append(f"curves are kept of {done.runs().sizes['run']} of {len(done.cells)} trainings")
    return tuple(dict.fromkeys(left))


def _networks(done: Learned) -> Iterator[tuple[Training, str]]:
    """Trainings whose weights are kept, one at a time."""
    if len(done.cells) > MOST_FILES:
        yield from ((one.training, one.name) for one in done.shown)
    else:
        yield from ((done.training(cell), cell.name) for cell in done.cells)


def _is_curve(name: str) -> bool:
    """Whether a variable is a measure or an account, and no weight.

    >>> _is_curve("friction"), _is_curve("W1_2_3"), _is_curve("b1_1")
    (True, False, False)
    """
    head, _, tail = name.partition("_")
    weight = head[:1] in ("W", "b") and head[1:].isdecimal() and tail.replace("_", "").isdecimal()
    return name in MEASURES or not weight
