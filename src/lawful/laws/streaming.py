"""Laws of data larger than memory, or than one machine: two passes over chunks.

    pass 1  moments of the terms   →  which terms, on what scale, how runs are cut
    pass 2  scatter matrices       →  W, T, N, C, as if all had been seen at once

Both are sums over chunks (Chan, Golub and LeVeque 1979), so it does not matter who
adds them up. The answer is that of `find_laws` on the whole, to round-off.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from lawful.laws.census import Census, Witness, merged
from lawful.laws.continuity import Numbers, numbered, padded
from lawful.laws.features import FUNCTIONS, Library, library
from lawful.laws.find import FEWEST_SAMPLES, Settings, block_for, conclude, folding
from lawful.laws.law import Findings
from lawful.laws.scatter import BLOCK, Scatter, scatter
from lawful.laws.stretches import Frame, Stretch, Stretcher, scatter_of_stretch
from lawful.laws.survey import Survey, salt, survey
from lawful.laws.workers import Hands, Here, hands
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, stack

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
    ...         yield make({"x": a * np.cos(2 * t), "v": -2 * a * np.sin(2 * t)}, t)
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
        witness = seen.gathered()
        _refuse_useless(seen.survey)
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
    first: Trajectories

    def __add__(self, other: "Seen") -> "Seen":
        return Seen(self.survey + other.survey, merged(self.census, other.census), self.first)

    def gathered(self) -> Trajectories:
        """The witness runs, as long as the longest run where they were kept whole."""
        runs = stack([w.runs() for w in self.census.chosen()])
        for name, variable in self.first.data_vars.items():
            runs[name].attrs.update(variable.attrs)
        longest = int(self.census.lengths.max())
        if not self.census.shortened and longest > runs.sizes["time"]:
            runs = padded(runs, longest)
        return runs.assign_attrs(self.first.attrs)


def _surveyed(parts: list[Any], settings: Settings, workers: Hands, *, single: bool) -> Seen:
    """Pass 1; once more where a later chunk shows that a parameter varies after all."""
    varying: frozenset[str] = frozenset()
    while True:
        look = partial(_look, settings=settings, varying=varying)
        if single:
            seen = look(parts[0], workers=workers)
        else:
            seen = workers.total(partial(_looked, look), parts)
        if seen is None:
            raise Refusal("no chunks", "at least one", "give a function that returns new chunks")
        now = frozenset(seen.census.varying())
        if now <= {*seen.survey.library.parameters}:
            runs = int(seen.census.lengths.size)
            return replace(seen, survey=replace(seen.survey, runs=runs))
        varying = now


def _looked(look: Callable[..., Seen | None], part: Loader) -> Any:
    """One part, seen by its own worker."""
    seen = look(part, workers=Here())
    if seen is None:
        raise Refusal("a part of the data without chunks", "at least one", "leave it out")
    return seen


def _look(
    part: Loader, *, settings: Settings, varying: frozenset[str], workers: Hands
) -> Seen | None:
    """Pass 1 over one part."""
    chunks = _chunks(part)
    first = next(chunks, None)
    if first is None:
        return None
    _refuse_fields(first)
    terms = library(
        _as_if_varying(first, varying), degree=settings.degree, functions=settings.functions
    )
    census = Census(salt(np.random.default_rng(settings.seed)), first)

    def passing() -> Iterator[Trajectories]:
        for chunk in numbered(_again(first, chunks)):
            census.count(chunk)
            yield chunk.runs

    total = workers.total(partial(_glimpse, library_=terms), passing())
    return None if total is None else Seen(total, census, first.isel(run=[0]).copy(deep=True))


def _glimpse(chunk: Trajectories, *, library_: Library) -> Survey:
    """The survey of a chunk, some time at a time where its runs are long."""
    step = max(1, BLOCK // max(1, len(library_.terms)))
    parts = [
        survey(chunk.isel(time=slice(k, k + step)), library_)
        for k in range(0, chunk.sizes["time"], step)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _as_if_varying(first: Trajectories, varying: frozenset[str]) -> Trajectories:
    """Two runs of `first`, in which the parameters that vary anywhere differ."""
    two = first.isel(run=[0, 0], time=slice(0, 2))
    names = {n for n in varying} | {
        str(n)
        for n, c in first.coords.items()
        if c.dims == ("run",)
        and n != "run"
        and np.issubdtype(c.dtype, np.number)
        and np.ptp(c.values) > 0
    }
    return two.assign_coords({n: ("run", np.array([0.0, 1.0])) for n in sorted(names)})


def _frame(lengths: Numbers, usable: Library, block: int) -> Frame:
    folds, segments = folding(lengths.size)
    stretch = max(64, BLOCK // max(1, len(usable.terms)))
    return Frame(folds, segments, block, int(lengths.max()), stretch)


def _summed(
    parts: list[Any], seen: Seen, usable: Library, frame: Frame, workers: Hands, *, single: bool
) -> Scatter:
    """Pass 2."""
    lengths = seen.census.lengths
    if single:
        sums = _part_sums(
            (parts[0], lengths, 0), usable=usable, frame=frame, runs=lengths.size, workers=workers
        )
    else:
        firsts = [0, *accumulate(seen.census.runs_of_parts)]
        items = [
            Portion(part, lengths[a:b], a)
            for part, a, b in zip(parts, firsts, firsts[1:], strict=False)
        ]
        sums = workers.total(
            partial(_portion_sums, usable=usable, frame=frame, runs=lengths.size), items
        )
    assert sums is not None
    return sums.coalesced()


@dataclass(frozen=True)
class Portion:
    """A part of the data with the lengths of its runs and the number of its first."""

    part: Loader
    lengths: Numbers
    first: int

    def __call__(self) -> "Chunks | Trajectories":
        """Its chunks."""
        return self.part()


def _portion_sums(portion: Portion, *, usable: Library, frame: Frame, runs: int) -> Any:
    given = (portion.part, portion.lengths, portion.first)
    return _part_sums(given, usable=usable, frame=frame, runs=runs, workers=Here())
