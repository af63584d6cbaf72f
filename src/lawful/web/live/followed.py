"""One run that grows: its newest samples, and its laws' verdicts so far.

The columns of a growing file are read as they stand; whether they are the columns that the
data's reader makes of them is tried on the samples that both have, and a factor between them
(degrees, say) is taken over. What is estimated, such as a velocity, cannot be followed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws.course import Course
from lawful.laws.watch import Watch
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, clock
from lawful.web.live.tail import Rows, Tail
from lawful.web.scenes.course import along, law_columns, start_of
from lawful.web.scenes.watched import Quantity, Watched

Array = NDArray[np.float64]

KEPT = 400_000  # samples of a run that are kept; older ones are judged and let go
LEARN = 64  # samples that teach the noise
TRIED = 200  # samples on which a column is compared
BACK = 0.3  # a restart goes back to the first third of a run; else a row is late


@dataclass(frozen=True)
class Reader:
    """How rows of a file become samples of runs.

    Attributes
    ----------
    quantities
        What is followed.
    names
        The columns that these need.
    time, run
        The columns of time and of the run's name; the latter may be several or none.
    factors, offset
        From a column as it stands to what the laws mean; of the time.
    left_out
        What cannot be followed, and why.
    source
        The file's name, which names a run where nothing else does.
    """

    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]
    time: str
    run: tuple[str, ...]
    factors: Mapping[str, float]
    offset: float
    dated: bool
    source: str
    left_out: tuple[str, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)

    def parted(
        self, tail: Tail, rows: Rows, lost: dict[str, int]
    ) -> Iterator[tuple[str, Array, dict[str, Array]]]:
        """New rows by run, in order: its name, times (n,), columns (n,) each."""
        times = self._times(tail, rows, lost)
        columns = {}
        for name in self.names:
            if name == "time":
                columns[name] = times
                continue
            values, strange = tail.numbers(rows, name)
            lost["text"] += strange
            columns[name] = values * self.factors.get(name, 1.0)
        for name, places in self._runs(tail, rows, times):
            yield name, times[places], {n: v[places] for n, v in columns.items()}

    def _times(self, tail: Tail, rows: Rows, lost: dict[str, int]) -> Array:
        if self.dated:
            return seconds(tail.texts(rows, self.time)) - self.offset
        times, strange = tail.numbers(rows, self.time)
        lost["text"] += strange
        return times

    def _runs(self, tail: Tail, rows: Rows, times: Array) -> Iterator[tuple[str, Any]]:
        if self.run:
            named = ["/".join(parts) for parts in zip(
                *(map(_plainly, tail.texts(rows, name)) for name in self.run), strict=True
            )]  # fmt: skip
            array = np.array(named, dtype=object)
            for name in dict.fromkeys(named):
                yield name, np.flatnonzero(array == name)
            return
        # Without a name the time says it: where it goes back to its start, another run begins.
        number = np.array([self._number(float(t)) for t in times], dtype=np.intp)
        for k in np.unique(number).tolist():
            name = self.source if k == 1 else f"{self.source}/{k}"
            yield name, np.flatnonzero(number == k)

    def _number(self, time: float) -> int:
        """Which run a row belongs to, from 1, by its time and those before it."""
        state = self.state
        if not np.isfinite(time):
            return int(state.get("count", 1))
        first, last = state.setdefault("first", time), state.setdefault("last", time)
        count: int = state.setdefault("count", 1)
        if time < last and time <= first + BACK * (last - first):
            state["count"], state["first"], state["last"] = count + 1, time, time
        else:
            state["last"] = max(time, last)
        return int(state["count"])


def _plainly(text: str) -> str:
    """A whole number as the reader of files names it: 3.0 is run 3."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() else text


def seconds(texts: list[str]) -> Array:
    """Dates in ISO 8601 as seconds since 1970; NaN for what is none.

    >>> seconds(["1970-01-02", "soon"]).tolist()
    [86400.0, nan]
    """
    from datetime import UTC, datetime

    out = np.full(len(texts), np.nan)
    for k, text in enumerate(texts):
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            continue
        out[k] = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return out


def reader(tail: Tail, watch: Watched) -> Reader:
    """How the rows of a file become samples of the runs that were read from it.

    Raises
    ------
    Refusal
        Where the time cannot be told, or nothing can be followed.
    """
    from lawful.delimited import stem

    runs = watch.runs
    time = str(runs["time"].attrs.get("long_name", ""))
    if time not in tail.names:
        raise Refusal(
            f"{tail.path.name}: no column is its time", "a column of times", "name one of them t"
        )
    called = str(runs["run"].attrs.get("long_name", "")).split(",")
    run = tuple(name for name in called if name in tail.names)
    rows = _first_rows(tail)
    bare = Reader((), (), time, run, {}, 0.0, False, stem(tail.path))
    offset, dated = _clocked(tail, rows, bare, runs)
    factors, out = _factors(tail, rows, bare, runs, watch)
    kept = tuple(q for q in watch.quantities if not {*needs(q)} & out.keys())
    if not kept:
        raise Refusal(f"nothing in {tail.path.name} can be followed: " + "; ".join(out.values()))
    names = tuple(dict.fromkeys(name for q in kept for name in needs(q)))
    return Reader(kept, names, time, run, factors, offset, dated, bare.source, tuple(out.values()))


def needs(quantity: Quantity) -> tuple[str, ...]:
    """The columns that a quantity stands on."""
    return law_columns(quantity.law) if quantity.law is not None else (quantity.name,)


def _first_rows(tail: Tail) -> Rows:
    """The first rows of the file, without moving its tail."""
    probe = Tail(tail.path)
    rows = probe.read()
    return Rows(rows.cells[:TRIED], rows.skipped)


def _clocked(tail: Tail, rows: Rows, bare: Reader, runs: Trajectories) -> tuple[float, bool]:
    """The offset between a file's dates and the data's times, and whether there is one."""
    texts = tail.texts(rows, bare.time)
    if not np.isfinite(tail.numbers(rows, bare.time)[0]).any() and texts:
        first = clock(runs)[0]
        found = seconds(texts)
        if np.isfinite(found).any():
            return float(found[np.isfinite(found)][0] - first[0]), True
    return 0.0, False


def _factors(
    tail: Tail, rows: Rows, bare: Reader, runs: Trajectories, watch: Watched
) -> tuple[dict[str, float], dict[str, str]]:
    """By column, the factor from the file to the data; and why others cannot be followed."""
    wanted = dict.fromkeys(name for q in watch.quantities for name in needs(q) if name != "time")
    factors, out = {}, {}
    for name in wanted:
        if name not in tail.names:
            out[name] = f"{name} is no column of the file, and what is estimated cannot be followed"
            continue
        mine = tail.numbers(rows, name)[0]
        factor = _factor(mine, runs, name)
        if factor is None:
            out[name] = f"{name} does not stand in the file as it was read"
        else:
            factors[name] = factor
    return factors, out


def _factor(mine: Array, runs: Trajectories, name: str) -> float | None:
    """What a column of the file is multiplied by; None where it is not the same column."""
    held = np.asarray(runs[name].values, dtype=float)
    theirs = held[np.isfinite(held)]
    known = mine[np.isfinite(mine)]
    if not theirs.size or not known.size:
        return 1.0
    # Runs may be sorted otherwise than the rows: what is compared are the values that occur.
    for factor in (1.0, np.pi / 180):
        scaled = known * factor
        near = np.isclose(np.sort(theirs)[_nearest(np.sort(theirs), scaled)], scaled, rtol=1e-9)
        if near.mean() > 0.9:
            return float(factor)
    return None


def _nearest(ascending: Array, wanted: Array) -> NDArray[np.intp]:
    right = np.clip(np.searchsorted(ascending, wanted), 0, len(ascending) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(ascending[left] - wanted) < np.abs(ascending[right] - wanted)
    return np.where(nearer, left, right)


class Followed:
    """One run as it comes.

    Parameters
    ----------
    name
        The run's.
    quantities
        What is followed.
    names
        The columns they stand on.
    """

    def __init__(self, name: str, quantities: tuple[Quantity, ...], names: tuple[str, ...]) -> None:
        self.name, self._quantities, self._names = name, quantities, names
        laws = [q.law for q in quantities if q.law is not None]
        self._watch = Watch(laws, learn=LEARN) if laws else None
        self._times = np.empty(0)
        self._columns = {n: np.empty(0) for n in names}
        self._starts: dict[str, float] = {}
        self.count = 0

    @property
    def learning(self) -> int:
        """How many more samples the noise is learned from; 0 when that is done."""
        return max(LEARN - self.count, 0) if self._watch is not None else 0

    def take(self, times: Array, columns: Mapping[str, Array]) -> int:
        """Take new samples; how many were left out, because their time did not rise."""
        last = self._times[-1] if self._times.size else -np.inf
        highest = np.maximum.accumulate(np.concatenate([[last], np.nan_to_num(times, nan=-np.inf)]))
        good = np.isfinite(times) & (times > highest[:-1])
        times = times[good]
        columns = {n: columns[n][good] for n in self._names}
        if times.size and self._watch is not None:
            self._watch.update(times, columns)
        self.count += times.size
        self._times = np.concatenate([self._times, times])[-KEPT:]
        for name, values in columns.items():
            self._columns[name] = np.concatenate([self._columns[name], values])[-KEPT:]
        return int((~good).sum())

    def last(self, window: int) -> tuple[Array, list[dict[str, Array]], dict[str, Course]]:
        """The last samples: times, what there is of each quantity, and the laws' courses."""
        courses = self._watch.courses() if self._watch is not None else {}
        times = self._times[-window:]
        every = []
        for q in self._quantities:
            if q.law is None:
                value = self._columns[q.name]
                none = np.full(times.shape, np.nan)
                first = self._starts.setdefault(q.name, start_of(value))
                part = {"value": value[-window:], "departure": value[-window:] - first}
                every.append({**part, "noise": none, "slack": none})
                continue
            # A leak's source is summed from the start; the rest needs its last samples alone.
            span = slice(None) if q.law.balance else slice(-window, None)
            held = {n: self._columns[n][span] for n in law_columns(q.law)}
            course = courses.get(q.law.name)
            made = along(q.law, self._times[span], held, {}, course)
            if course is None or not np.isfinite(course.level):
                first = self._starts.setdefault(q.name, start_of(made["value"]))
                made["departure"] = made["departure"] + start_of(made["value"]) - first
            every.append({name: values[-window:] for name, values in made.items()})
        return times, every, courses
