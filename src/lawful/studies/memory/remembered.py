"""Memory: methods × seeds, each taught a stream task after task, and compared.

    study → streams → cells → histories → summaries, contrasts, verdict

A cell is one method with one seed. The seed draws its stream, its learner and the order of
its images, so a cell's result depends on no other method and no other process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.store import Manifest
from lawful.studies.memory.bench import MemoryBench, Share
from lawful.studies.memory.cells import MemoryCell, Outcome
from lawful.studies.memory.choice import MemoryStudy, completed
from lawful.studies.memory.scores import Contrast, Summary, contrasts, summary
from lawful.studies.memory.streams import Facts, facts_of

if TYPE_CHECKING:
    from lawful.fields.memory import Learner, Stream
    from lawful.fields.memory.history import History
    from lawful.fields.memory.tuning import Tuning


@dataclass(frozen=True)
class Remembered:
    """What a study of memory gives.

    Attributes
    ----------
    study
        Complete: every setting is said.
    facts
        What the data are: images, classes, side, notes, fingerprints.
    histories
        By method, in the order of the study; one for each seed.
    tunings
        By method, the curve of its strength on validation images, a column for each seed,
        each of which takes its own best; empty without `tune`.
    notes
        Sentences on what was guessed, left out, or could not be done.
    exhibits
        Arrays for pictures, of the first seed. See
        `exhibits`.
    weights
        Files of the first seed's learners at the end, by method.
    """

    study: MemoryStudy
    facts: Facts
    histories: Mapping[str, "tuple[History, ...]"]
    tunings: Mapping[str, "Tuning"] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    exhibits: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    weights: Mapping[str, Path] = field(default_factory=dict, repr=False)
    bench: MemoryBench | None = field(default=None, repr=False, compare=False)

    @property
    def methods(self) -> tuple[str, ...]:
        """In the order of the study."""
        return tuple(self.histories)

    @property
    def tasks(self) -> tuple[str, ...]:
        """What the tasks are called."""
        return tuple(next(iter(self.histories.values()))[0].tasks)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in the order of the histories."""
        return tuple(range(self.study.seed, self.study.seed + self.study.seeds))

    @property
    def summaries(self) -> tuple[Summary, ...]:
        """One a method: means over seeds, with their intervals."""
        return tuple(summary(name, many) for name, many in self.histories.items())

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Physics against no physics, seed by seed, where both were run."""
        return contrasts(self.histories)

    @property
    def headline(self) -> str:
        """What won, in one sentence."""
        from lawful.studies.memory.words import headline

        return headline(self)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind, a sentence each."""
        from lawful.studies.memory.words import caveats

        return caveats(self)

    def mean_matrix(self, name: str) -> NDArray[np.float64]:
        """The accuracy matrix (tasks, tasks) of a method, mean over seeds."""
        return np.mean([one.matrix for one in self.histories[name]], axis=0)

    def stream(self, seed: int | None = None) -> "Stream":
        """The stream of a seed, the first when not given; drawn again from the data."""
        from lawful.studies.memory.streams import stream_of

        return stream_of(self.study, self.study.seed if seed is None else seed)

    def learner(self, name: str) -> "Learner":
        """The first seed's learner of a method, as it was at the end.

        Raises
        ------
        Refusal
            Where its weights were not kept.
        """
        from lawful.studies.memory.cells import learner_in

        if name not in self.weights or not self.weights[name].is_file():
            raise Refusal(f"no weights of {name!r} were kept", ", ".join(self.weights) or "none")
        return learner_in(self.weights[name])

    def to_dict(self) -> dict[str, Any]:
        """Everything but times, as JSON can hold it; the same for the same settings."""
        return {
            "data": self.facts.to_dict(),
            "settings": self.study.settings,
            "tasks": list(self.tasks),
            "methods": [one.to_dict() for one in self.summaries],
            "histories": {
                name: [_timeless(one) for one in many] for name, many in self.histories.items()
            },
            "physics": [one.to_dict() for one in self.contrasts],
            "tunings": {name: one.to_json() for name, one in self.tunings.items()},
            "headline": self.headline,
            "caveats": list(self.caveats),
            "notes": list(self.notes),
        }

    def manifest(self, command: Sequence[str] = ()) -> Manifest:
        """Who made this, and how to make it again."""
        return Manifest(
            "remember",
            tuple(command),
            self.study.settings,
            self.study.seed,
            tuple(self.facts.fingerprints),
        )


def _timeless(history: "History") -> dict[str, Any]:
    """A history without its seconds, which no two runs share."""
    return {key: value for key, value in history.to_json().items() if key != "seconds"}


def remember(
    study: MemoryStudy,
    *,
    bench: MemoryBench | None = None,
    resume: bool = False,
    jobs: int | None = None,
    share: Share | None = None,
    say: Callable[[str], None] | None = None,
) -> Remembered:
    """Teach every method the stream, with every seed, and compare them.

    Parameters
    ----------
    study
        What is not said in it is chosen for the data.
    bench
        Where cells are kept; a temporary place when not given.
    resume
        Take up what an earlier study left on the bench.
    jobs
        Processes; as many as there are processors, if the work is worth it, when not
        given. The numbers do not depend on it.
    share
        Called with the part that is done, from 0 to 1, and a few words.
    say
        Called with the name of each step.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant, and where torch is not installed.

    Examples
    --------
    >>> done = remember(MemoryStudy(tasks=2, methods=("analytic",), seeds=1, samples=400))
    >>> [history.matrix.shape for history in done.histories["analytic"]]
    [(2, 2)]
    """
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")  # before the data are fetched
    tell = say or (lambda step: None)
    tell("read")
    facts = facts_of(study)
    study = completed(study, facts)
    bench = bench or MemoryBench()
    seeds = range(study.seed, study.seed + study.seeds)
    cells = [
        MemoryCell.of(study, name, seed, facts.mark) for name in study.methods for seed in seeds
    ]
    tell("learn")
    outcomes = bench.run(cells, jobs=jobs, resume=resume, share=share)
    by_method: dict[str, list[Outcome]] = {name: [] for name in study.methods}
    for cell, outcome in zip(cells, outcomes, strict=True):
        by_method[cell.method].append(outcome)
    weights = {cell.method: bench.weights(cell) for cell in cells if cell.kept}
    held = {name: place for name, place in weights.items() if place.is_file()}
    done = Remembered(
        study,
        facts,
        {name: tuple(one.history for one in many) for name, many in by_method.items()},
        {name: curve for name, many in by_method.items() if (curve := _joined(many))},
        facts.notes,
        {},
        held,
        bench,
    )
    tell("look")
    from lawful.studies.memory.exhibits import exhibits_of

    return replace(done, exhibits=exhibits_of(done))


def _joined(outcomes: "Sequence[Outcome]") -> "Tuning | None":
    """The curves of all seeds as one; None where nothing was chosen."""
    from lawful.fields.memory.tuning import Tuning

    curves = [one.tuning for one in outcomes if one.tuning is not None]
    if not curves:
        return None
    return Tuning(curves[0].values, np.concatenate([one.accuracy for one in curves], axis=1))
