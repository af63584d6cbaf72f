"""Laws of data larger than memory, or than one machine: two passes over chunks.

    pass 1  moments of the terms   →  which terms, on what scale, how runs are cut
    pass 2  scatter matrices       →  W, T, N, C, as if all had been seen at once

Both are sums over chunks (Chan, Golub and LeVeque 1979), so it does not matter who
adds them up. The answer is that of `find_laws` on the whole, to round-off.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from lawful.laws.census import Census
from lawful.laws.continuity import Numbers, numbered, padded, ranges
from lawful.laws.features import FUNCTIONS, Library, library
from lawful.laws.find import FEWEST_SAMPLES, conclude
from lawful.laws.holdout import block_for, folding
from lawful.laws.law import Findings
from lawful.laws.scatter import BLOCK, scatter
from lawful.laws.settings import Settings
from lawful.laws.stretches import Frame, Stretch, Stretcher, scatter_of_stretch
from lawful.laws.sums import Scatter
from lawful.laws.survey import Survey, salt, survey
from lawful.laws.workers import Hands, Here, hands
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check

Chunks = Iterable[Trajectories]
Loader = Callable[[], "Chunks | Trajectories"]
Source = Loader | Sequence[Loader]


def find_laws_in(
    source: Source,
    *,
    degree: int | None = None,
    functions: Sequence[str] = FUNCTIONS,
    noise: float | None = None,
    confidence: float = 0.95,
    fdr: float = 0.05,
    surrogates: int = 199,
    seed: int = 0,
    cluster: Any = None,
    jobs: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Findings:
    """Find what stays the same along each run, in chunks, on threads or on a cluster.

    Memory is that of a chunk for each thread, plus the sums: a few square matrices
    a fold, the pieces of some 4000 runs (those of the others are settled in the
    sums), one number for each run, and the 64 runs on which laws are checked.

    Parameters
    ----------
    source
        A function that returns chunks, the same each time it is called; a run may
        go on from one chunk to the next. Or a list of such functions, one for each
        part of the data: parts are read side by side, and hold whole runs. On a
        cluster a list's parts are read by the workers (the functions must pickle);
        a single function's chunks are read here and sent to them.
    degree, functions, noise, confidence, fdr, surrogates, seed
        As in `find_laws`.
    cluster
        The address of a Dask scheduler, `"tcp://host:8786"`, or a
        `distributed.Client`; needs `lawful[cluster]`.
    jobs
        Threads, where there is no cluster; each holds a chunk.
    progress
        Called with the name of each step.

    Returns
    -------
    Findings
        As from `find_laws`. What columns mean, their roles, is decided by the first
        chunk; where another disagrees, a warning says so. Which parameters differ
        between runs is decided over all chunks.

    Raises
    ------
    Refusal
        As `find_laws`; where chunks do not have the same columns; where the
        scheduler cannot be reached.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> def chunks():
    ...     t = np.linspace(0, 10, 200)
    ...     for a in (np.linspace(1, 2, 9)[:, None], np.linspace(2, 3, 9)[:, None]):
    ...         yield make({"x": a * np.cos(2 * t), "v": -2 * a * np.sin(2 * t)}, t,
    ...                    roles={"x": {"role": "position"}, "v": {"role": "velocity", "of": "x"}})
    >>> [law.expression for law in find_laws_in(chunks, degree=2, jobs=1).laws]
    ['0.5*v**2 + 2*x**2']
    """
    settings = Settings(degree, tuple(functions), noise, confidence, fdr, surrogates, seed)
    say = progress or (lambda step: None)
    parts = [source] if callable(source) else list(source)
    if not parts:
        raise Refusal("no parts of data", "at least one")
    with hands(cluster, jobs) as workers:
        say("survey")
        seen = _surveyed(parts, settings, workers, single=callable(source))
        usable = seen.survey.usable()
        _refuse_few(seen.survey.count)
        witness = seen.census.witnesses()
        say("scatter")
        block = block_for(seen.survey, usable, witness)
        frame = _frame(seen.census.lengths, usable, block)
        sums = _summed(parts, seen, usable, frame, workers, single=callable(source))
    found = conclude(seen.survey, usable, sums, witness, settings, progress=say)
    return replace(found, warnings=(*found.warnings, *seen.census.warnings()))


@dataclass(frozen=True)
class FilePart:
    """The chunks of one file, read wherever this is called; for `find_laws_in`.

    Parameters
    ----------
    path
        As the workers see it.
    reading
        The keyword arguments of `lawful.files.read_chunks`.
    """

    path: str
    reading: tuple[tuple[str, Any], ...] = ()

    def __call__(self) -> Iterator[Trajectories]:
        """Read the file."""
        from lawful.files import read_chunks

        if not Path(self.path).is_file():
            raise Refusal(
                f"file {self.path!r} is not there on the machine that is to read it",
                "files under the same path on every worker",
                "put them on a disk that all workers share",
            )
        return read_chunks(self.path, **dict(self.reading))


def parts_of(paths: Any, **reading: Any) -> list[FilePart]:
    """Files as parts for `find_laws_in`, one each.

    Parameters
    ----------
    paths
        As for `lawful.files.read`: paths or patterns.
    **reading
        The keyword arguments of `lawful.files.read_chunks`, `rows` among them.

    Examples
    --------
    >>> from lawful.files import read, write
    >>> _ = write(read("planets"), "planets.parquet")
    >>> [Path(part.path).name for part in parts_of("*.parquet", rows=2000)]
    ['planets.parquet']
    """
    from lawful.places import found

    given = tuple(sorted(reading.items()))
    with found(paths) as (files, _):
        return [FilePart(str(file.resolve()), given) for file in files]


@dataclass(frozen=True)
class Seen:
    """What the first pass saw: moments of the terms, and the census of the runs."""

    survey: Survey
    census: Census

    def __add__(self, other: "Seen") -> "Seen":
        return Seen(self.survey + other.survey, self.census + other.census)


@dataclass(frozen=True)
class Portion:
    """A part of the data with the lengths of its runs and the number of its first."""

    part: Loader
    lengths: Numbers
    first: int

    def __call__(self) -> "Chunks | Trajectories":
        """Load it."""
        return self.part()


@dataclass(frozen=True)
class Whole:
    """Runs that lie in one chunk from beginning to end."""

    runs: Trajectories
    numbers: Numbers


def _chunks(part: Loader) -> Iterator[Trajectories]:
    given = part()
    for chunk in [given] if isinstance(given, Trajectories) else given:
        if all(chunk.sizes.get(axis, 1) for axis in ("run", "time")):
            yield chunk


def _sample(part: Loader) -> Trajectories:
    """The first chunk's columns with what is said of them, and its parameters' extremes."""
    first = next(_chunks(part), None)
    if first is None:
        raise Refusal("no chunks", "at least one", "give a function that returns them anew")
    if any(len(v.dims) > 2 for v in first.data_vars.values()):
        raise Refusal(
            "a variable with space axes", "variables on (run, time)", "record its observables first"
        )
    few = check(first).isel(run=[0, 0], time=slice(0, 2)).copy(deep=True)
    return few.assign_coords(
        {n: ("run", np.array(ends), first[n].attrs) for n, ends in ranges(first).items()}
    )


def _surveyed(parts: list[Loader], settings: Settings, workers: Hands, *, single: bool) -> Seen:
    """Pass 1; once more where a later chunk shows that a parameter varies after all."""
    sample = _sample(parts[0]) if single else workers.total(_sample, parts[:1])
    while True:
        terms = library(sample, degree=settings.degree, functions=settings.functions)
        look = partial(_look, sample=sample, terms=terms, seed=settings.seed)
        if single:
            seen = look(parts[0], workers=workers)
        else:
            seen = workers.total(partial(look, workers=Here()), parts)
        varying = seen.census.varying()
        if {*varying} <= {*terms.parameters}:
            runs = int(seen.census.lengths.size)
            return replace(seen, survey=replace(seen.survey, runs=runs))
        sample = sample.assign_coords({n: ("run", np.array(varying[n])) for n in varying})


def _look(part: Loader, *, sample: Trajectories, terms: Library, seed: int, workers: Hands) -> Seen:
    """Pass 1 over one part."""
    census = Census(salt(np.random.default_rng(seed)), sample)

    def passing() -> Iterator[Trajectories]:
        for chunk in numbered(_chunks(part)):
            census.count(chunk)
            yield chunk.runs

    total = workers.total(partial(_glimpse, terms=terms), passing())
    return Seen(total, census)


def _glimpse(chunk: Trajectories, *, terms: Library) -> Survey:
    """The survey of a chunk, some time at a time where its runs are long."""
    step = max(1, BLOCK // max(1, len(terms.terms)))
    return reduce(
        add,
        (
            survey(chunk.isel(time=slice(k, k + step)), terms)
            for k in range(0, chunk.sizes["time"], step)
        ),
    )


def _refuse_few(samples: float) -> None:
    if samples < FEWEST_SAMPLES:
        raise Refusal(
            f"{samples:.0f} complete samples",
            f"at least {FEWEST_SAMPLES}",
            "measure longer or denser",
        )


def _frame(lengths: Numbers, usable: Library, block: int) -> Frame:
    folds, segments = folding(lengths.size)
    stretch = max(64, BLOCK // max(1, len(usable.terms)))
    return Frame(folds, segments, block, int(lengths.max()), stretch)


def _summed(
    parts: list[Loader], seen: Seen, usable: Library, frame: Frame, workers: Hands, *, single: bool
) -> Scatter:
    """Pass 2."""
    lengths = seen.census.lengths
    work = partial(_portion_sums, usable=usable, frame=frame, runs=lengths.size)
    if single:
        sums = work(Portion(parts[0], lengths, 0), workers=workers)
    else:
        ends = [0, *accumulate(seen.census.runs_of_parts)]
        portions = (
            Portion(part, lengths[a:b], a)
            for part, a, b in zip(parts, ends[:-1], ends[1:], strict=True)
        )
        sums = workers.total(partial(work, workers=Here()), portions)
    sums = sums.coalesced()
    return sums.settled(lengths.size) if frame.segments == 1 else sums


def _portion_sums(
    portion: Portion, *, usable: Library, frame: Frame, runs: int, workers: Hands
) -> Scatter:
    """Pass 2 over one part."""
    work = partial(_task_sums, usable=usable, frame=frame, runs=runs)
    return workers.total(work, _tasks(portion, frame))


def _tasks(portion: Portion, frame: Frame) -> Iterator[Whole | Stretch]:
    """Chunks as whole runs and as stretches of those that are cut or too long."""
    lengths = portion.lengths
    stretcher = Stretcher(frame, lengths, portion.first)
    came = np.zeros_like(lengths)
    for chunk in numbered(_chunks(portion)):
        if chunk.number.max(initial=-1) >= lengths.size:
            raise _changed()
        np.add.at(came, chunk.number, chunk.count)
        whole = (chunk.start == 0) & (chunk.count == lengths[chunk.number])
        whole &= (frame.longest if frame.segments > 1 else chunk.count) <= frame.stretch
        if whole.any():
            kept = chunk.runs if whole.all() else chunk.runs.isel(run=np.flatnonzero(whole))
            yield Whole(kept, portion.first + chunk.number[whole])
        for row in np.flatnonzero(~whole):
            yield from stretcher.cut(chunk, int(row))
    if not np.array_equal(came, lengths):
        raise _changed()


def _changed() -> Refusal:
    return Refusal("other chunks in the second pass than in the first", "the same chunks twice")


def _task_sums(task: Whole | Stretch, *, usable: Library, frame: Frame, runs: int) -> Scatter:
    if isinstance(task, Stretch):
        return scatter_of_stretch(task, usable, frame)
    some = task.runs
    # Segments are parts of the longest run; elsewhere the end of an array means nothing.
    width = frame.longest if frame.segments > 1 else some.sizes["time"]
    return scatter(
        some if width == some.sizes["time"] else padded(some, width),
        usable,
        folds=frame.folds,
        segments=frame.segments,
        block=frame.block,
        numbers=task.numbers,
        among=runs,
    )
