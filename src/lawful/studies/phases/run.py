"""Phase diagrams of learning: from a plan to its diagram, its zoom and its dimension.

plan → tiles → diagram → window on its boundary → diagram → … → dimension of the boundary

The boundary between settings that train and settings that do not is a fractal; source:
J. Sohl-Dickstein, "The boundary of neural network trainability is fractal",
arXiv:2402.06184 (2024).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.store import Manifest, fingerprint_arrays
from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import Diagram
from lawful.studies.phases.dimension import (
    FEWEST_CELLS,
    FEWEST_SQUARES,
    Dimension,
    dimension_of,
)
from lawful.studies.phases.plan import Plan, completed
from lawful.studies.phases.sheet import Sheet
from lawful.studies.phases.tiles import Tiles
from lawful.studies.phases.zoom import BETWEEN, boundary_of, settled, window_on

Share = Callable[[float, str], None]
CHOSEN = (
    "windows are chosen where the boundary is densest: their dimensions are of its roughest part"
)


@dataclass(frozen=True, eq=False)
class Phases:
    """What a study of phases gives.

    Attributes
    ----------
    plan
        Complete: every setting is said.
    levels
        The diagram of the whole plane, then one for each window that was zoomed into.
    dimension
        Of the boundary; None where there is too little of it.
    engine
        What advanced the networks: "lanes", "shared", "wide" or "reference".
    seconds
        How long it took.
    data
        Fingerprints of what was learned.
    notes
        Sentences on what was guessed, left out, or ended early.
    goal
        What counted as solved, in words.
    """

    plan: Plan
    levels: tuple[Diagram, ...]
    dimension: Dimension | None
    engine: str
    seconds: float
    data: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    goal: str = ""

    @property
    def diagram(self) -> Diagram:
        """Of the whole plane."""
        return self.levels[0]

    @property
    def all_diverged(self) -> bool:
        """Whether no network of the whole plane ended finite."""
        return self.diagram.all_diverged

    @property
    def networks(self) -> int:
        """How many were trained, over all levels."""
        return sum(level.networks for level in self.levels)

    def to_dict(self, maps: bool = True) -> dict[str, Any]:
        """Everything, or all but the maps, as JSON can hold it; the same for the same settings."""
        return {
            "settings": self.plan.settings,
            "data": [dict(mark) for mark in self.data],
            "goal": self.goal,
            "engine": self.engine,
            "networks": self.networks,
            "levels": [level.to_dict(maps) for level in self.levels],
            "dimension": None if self.dimension is None else self.dimension.to_dict(),
            "notes": list(self.notes),
        }

    def manifest(self, command: Sequence[str] = ()) -> Manifest:
        """Who made this, and how to make it again."""
        return Manifest("phases", tuple(command), self.plan.settings, self.plan.seed, self.data)


def phases(
    plan: Plan,
    *,
    samples: Samples | None = None,
    tiles: Tiles | None = None,
    resume: bool = False,
    jobs: int | None = None,
    cluster: Any = None,
    share: Share | None = None,
) -> Phases:
    """Draw up a phase diagram, zoom into its boundary, and measure how rough that is.

    Parameters
    ----------
    plan
        What is not said in it is filled in for the data.
    samples
        What is learned, in place of the plan's data.
    tiles
        Where finished tiles are kept; a temporary place when not given.
    resume
        Take up the tiles that an earlier run left there.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given. The numbers do not depend on it.
    cluster
        The address of a Dask scheduler, or a `distributed.Client`, to do the work.
    share
        Called with the part that is done, from 0 to 1, and how far it is in words.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant. Networks that diverge are results.

    Examples
    --------
    >>> from lawful.studies.lesson import DataChoice, NetworkChoice
    >>> from lawful.studies.phases import Axis
    >>> plan = Plan(
    ...     DataChoice("xor"),
    ...     Axis("learning_rate", 0.1, 10, "log"),
    ...     Axis("momentum", 0, 1),
    ...     NetworkChoice(layers=((2, 2, 1),)),
    ...     size=(4, 3),
    ...     seeds=8,
    ...     steps=300,
    ... )
    >>> done = phases(plan, jobs=1)
    >>> done.diagram.probability.shape, done.goal
    ((3, 4), 'all samples right within 300 steps, and finite to the end')
    """
    began = time.perf_counter()
    if jobs is not None and jobs < 1:
        raise Refusal(f"{jobs} jobs", "a whole number from 1 up")
    held = opened(plan, samples)
    plan = completed(plan, held.samples)
    sheet = Sheet(plan, plan.x, plan.y, held.mark, held.samples.size)
    sheet.population(sheet.tiles[0])  # refuses before any work
    notes = list(held.notes)
    kept = tiles or Tiles()
    options = {"resume": resume, "jobs": jobs, "cluster": cluster}

    def drawn(sheet: Sheet) -> Diagram:
        tell = _Teller(sheet.level, plan.zoom + 1, share)
        return sheet.diagram(kept.run(sheet, held.samples, share=tell, **options))

    levels = _levels(sheet, drawn, notes)
    dimension = _dimension(levels, plan, notes)
    seconds = time.perf_counter() - began
    said = plan.said_goal()
    return Phases(
        plan, levels, dimension, plan.engine, seconds, held.fingerprints, tuple(notes), said
    )


def _levels(
    sheet: Sheet, drawn: Callable[[Sheet], Diagram], notes: list[str]
) -> tuple[Diagram, ...]:
    """The whole plane, then each window on the boundary of the one before."""
    levels = [drawn(sheet)]
    for level in range(1, sheet.plan.zoom + 1):
        window = _next(levels, sheet.plan, notes)
        if window is None:
            break
        sheet = replace(sheet, x=window[0], y=window[1], level=level)
        levels.append(drawn(sheet))
    return tuple(levels)


def _next(levels: Sequence[Diagram], plan: Plan, notes: list[str]) -> tuple[Axis, Axis] | None:
    """The next window; None, with a note, where there is nothing more to look into."""
    kind = settled(levels[0], plan.boundary)
    window = window_on(levels[-1], boundary_of(levels[-1], kind), plan.factor)
    level = len(levels)
    if window is None:
        notes.append(
            f"the zoom ends at level {level - 1}: there is no boundary between {BETWEEN[kind]}"
        )
    elif not all(axis.resolves(n) for axis, n in zip(window, plan.size, strict=True)):
        notes.append(f"the zoom ends at level {level - 1}: smaller steps are lost in round-off")
        window = None
    return window


def _dimension(levels: Sequence[Diagram], plan: Plan, notes: list[str]) -> Dimension | None:
    kind = settled(levels[0], plan.boundary)
    edges = [boundary_of(level, kind) for level in levels]
    found = dimension_of([edge.mixed for edge in edges], between=BETWEEN[kind], kind=kind)
    if found is None:
        length = max(edge.length for edge in edges)
        notes.append(
            f"no dimension is given: the boundary between {BETWEEN[kind]} has {length} squares "
            f"in {plan.size[0]} × {plan.size[1]} cells; {FEWEST_SQUARES} squares in "
            f"{FEWEST_CELLS} × {FEWEST_CELLS} cells are the least"
        )
    elif len(levels) > 1:
        notes.append(CHOSEN)
    return found


class _Teller:
    """Says how far the whole study is."""

    def __init__(self, level: int, levels: int, share: Share | None) -> None:
        self.level, self.levels, self.share = level, levels, share

    def __call__(self, part: float, words: str) -> None:
        if self.share:
            of = f"level {self.level}: " if self.levels > 1 else ""
            self.share((self.level + part) / self.levels, of + words)


@dataclass(frozen=True)
class _Held:
    """Data, made ready."""

    samples: Samples
    fingerprints: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    mark: str


def opened(plan: Plan, samples: Samples | None = None) -> _Held:
    """The samples to learn from, all of them: nothing is held back."""
    if samples is None:
        from lawful.studies.material import opened as read

        material = read(replace(plan.data, unseen=0.0), plan.seed)
        samples, notes = material.samples, tuple(material.notes)
        marks = tuple(material.fingerprints)
    else:
        notes = tuple(samples.notes)
        marks = (fingerprint_arrays(samples.name, {"X": samples.X, "y": samples.y}),)
    table = fingerprint_arrays(samples.name, {"X": samples.X, "y": samples.y})
    return _Held(samples, marks, notes, str(table["sha256"]))
