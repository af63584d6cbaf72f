r"""Known laws against new data: where, when and how strongly do they break?

    r(t) = (Q(t) − Q₀) / σ_Q(t)   about each run's own start Q₀

A law's value differs from run to run, so each run is held against its own
start. Two tests share the stated chance of a false alarm: a two-sided
cumulative sum, which dates a break (`lawful.laws.cusum`), and the trend over
the whole run, which sees a leak too slow for it (`lawful.laws.trend`). The
noise σ_Q comes from the new data's own high-order differences
(`lawful.laws.gauge`); it is taken to be white. For a leaking law,
Q − ∫ s dt is watched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws.course import Course
from lawful.laws.gauge import Gauge, Reading, slack
from lawful.laws.law import Findings, Law
from lawful.laws.watch import (
    Follower,
    Watch,
    chosen,
    column_noise,
    fitted,
    needed,
    refuse_missing,
)
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check, clock

__all__ = ["LawCourse", "MonitorReport", "Watch", "monitor"]

Array = NDArray[np.float64]

_NOISIER = 3.0
_LISTED = 10


@dataclass(frozen=True)
class LawCourse:
    """How one law fared in all runs.

    Attributes
    ----------
    name, expression
        The law's.
    slack
        A departure of Q up to this counts as none, in Q's unit.
    spread
        The law's spread between runs where it was found.
    courses
        One a run.
    notes
        What limits the verdict, one sentence each.
    """

    name: str
    expression: str
    slack: float
    spread: float
    courses: tuple[Course, ...]
    notes: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the law broke in any run."""
        return any(course.broken for course in self.courses)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "name": self.name,
            "expression": self.expression,
            "broken": self.broken,
            "slack": self.slack,
            "spread": self.spread,
            "runs": [course.to_dict() for course in self.courses],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        broken = [course for course in self.courses if course.broken]
        judged = sum(course.judged for course in self.courses)
        head = f"{self.name} ({self.expression}): "
        if not judged:
            verdict = "not judged"
        elif broken:
            verdict = f"BROKEN in {len(broken)} of {_runs(judged)}"
        else:
            verdict = f"holds in {_runs(judged)}"
        lines = [head + verdict, *(_sentence(c, self.spread) for c in broken[:_LISTED])]
        if len(broken) > _LISTED:
            lines.append(f"  … and {len(broken) - _LISTED} more")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class MonitorReport:
    """What `monitor` says.

    Attributes
    ----------
    laws
        One entry a law.
    false_alarm
        The chance that anything here is called broken though every law holds.
    noise
        Measurement noise by column; empty where it could not be told from motion.
    """

    laws: tuple[LawCourse, ...]
    false_alarm: float
    noise: Mapping[str, float] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        """Whether any law broke in any run."""
        return any(law.broken for law in self.laws)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "broken": self.broken,
            "false_alarm": self.false_alarm,
            "noise": dict(self.noise),
            "laws": [law.to_dict() for law in self.laws],
        }

    def __str__(self) -> str:
        foot = f"If every law holds, the chance of any alarm above is at most {self.false_alarm:g}."
        return "\n".join([*map(str, self.laws), foot])


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _sentence(course: Course, spread: float) -> str:
    parts = []
    for e in course.excursions[:3]:
        until = f"to the end at {e.end:.6g}" if e.lasting else f"to {e.end:.6g}"
        share = f", {abs(e.peak) / spread:.2g} of its spread between runs" if spread > 0 else ""
        parts.append(
            f"from {e.start:.6g} {until}, by {e.peak:+.3g} at most "
            f"({abs(e.sigmas):.3g} standard deviations of its noise{share})"
        )
    if len(course.excursions) > 3:
        parts.append(f"{len(course.excursions) - 3} more times")
    if course.drifts:
        parts.append(
            f"drift {course.drift:.3g} [{course.drift_low:.3g}, {course.drift_high:.3g}] "
            "a unit of time"
        )
    return f"  run {course.run}: " + "; ".join(parts)


def monitor(
    runs: Trajectories,
    laws: Sequence[Law] | Findings,
    *,
    false_alarm: float = 1e-3,
    tolerance: float | None = None,
    noise: Mapping[str, float] | None = None,
) -> MonitorReport:
    """Hold new runs against known laws.

    Parameters
    ----------
    runs
        New data, in the columns and units in which the laws were found.
    laws
        Laws, or all of a search's findings, leaks included.
    false_alarm
        The chance that the report calls anything broken though every law holds,
        shared out evenly over the runs and the laws.
    tolerance
        How far a law may stray, as a share of its spread between runs. When it
        is not given: what it strayed where it was found, and at least 1e-8,
        which is what an integrator loses.
    noise
        Standard deviation of each column's measurement noise. Estimated from
        `runs` when it is not given.

    Returns
    -------
    MonitorReport
        For every law and run: whether it broke, when, how far, and its drift.

    Raises
    ------
    Refusal
        Where columns are missing, there is no law, or a setting cannot be meant.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> t = np.linspace(0, 20, 400)
    >>> size = np.where(t < 8, 1.0, 1.1)
    >>> runs = make({"x": size * np.cos(t), "v": -size * np.sin(t)}, t)
    >>> energy = Law("energy", "x**2/2 + v**2/2", "", "exact", 1.0, 0.0, 0.01, 0.0, spread=0.3)
    >>> report = monitor(runs, [energy])
    >>> report.broken, round(report.laws[0].courses[0].onset, 1)
    (True, 8.0)
    """
    laws = chosen(laws)
    if tolerance is not None and not 0 <= tolerance < np.inf:
        raise Refusal(f"a tolerance of {tolerance:g}", "a finite share of at least 0")
    if not 0 < false_alarm < 1:
        raise Refusal(f"a false-alarm probability of {false_alarm:g}", "one between 0 and 1")
    times, table = clock(check(runs)), _table(runs, needed(laws))
    known = noise is not None
    sizes = {n: float(noise.get(n, 0.0)) for n in table} if noise is not None else {}
    if not known:
        sizes = column_noise(times, table)
    names = [str(name) for name in runs["run"].values]
    share = false_alarm / (len(laws) * max(len(names), 1))
    followed = tuple(
        _follow(law, times, table, sizes, names, share, tolerance, known) for law in laws
    )
    return MonitorReport(followed, false_alarm, sizes)


def _table(runs: Trajectories, names: Sequence[str]) -> dict[str, Array]:
    """The columns that laws stand on, each of shape (run, time)."""
    shape = (runs.sizes["run"], runs.sizes["time"])
    given = [*runs.data_vars, *(name for name in runs.coords if name != "run")]
    refuse_missing(names, map(str, given))
    table = {}
    for name in names:
        array = clock(runs) if name == "time" else np.asarray(runs[name].values, dtype=float)
        if array.shape not in (shape, shape[:1]):
            raise Refusal(
                f"column {name!r} has shape {array.shape}",
                "one number a sample",
                "laws of fields cannot be monitored; reduce the field to numbers first",
            )
        table[name] = np.broadcast_to(array if array.ndim == 2 else array[:, None], shape)
    return table


def _follow(
    law: Law,
    times: Array,
    table: Mapping[str, Array],
    noise: Mapping[str, float],
    names: Sequence[str],
    false_alarm: float,
    tolerance: float | None,
    known: bool,
) -> LawCourse:
    gauge = Gauge(law, noise, slack(law, tolerance))
    if known:
        factor = np.full(len(names), 1.0 if any(noise.values()) else 0.0)
    else:
        gauge, factor = fitted(gauge, times, table)
    reading = gauge.read(table)
    courses = []
    for k, name in enumerate(names):
        one = Reading(*(part[k] for part in reading))
        length = int(np.isfinite(one.value).sum())
        follower = Follower(gauge, float(factor[k]), length, false_alarm)
        follower.feed(times[k], one)
        courses.append(follower.course(name))
    notes = _notes(gauge, times, reading, factor, courses)
    return LawCourse(law.name, law.expression, gauge.slack, law.spread, tuple(courses), notes)


def _notes(
    gauge: Gauge, times: Array, reading: Reading, factor: Array, courses: Sequence[Course]
) -> tuple[str, ...]:
    law, notes = gauge.law, []
    lost = int((np.isfinite(times) & ~np.isfinite(reading.value)).sum())
    if lost:
        notes.append(
            f"{lost} samples have no value of the law (a gap, or undefined) and were left out"
        )
    few = sum(not course.judged for course in courses)
    if few:
        notes.append(f"{_runs(few)} too short to judge; at least 9 samples are needed")
    seen = float(np.nanmedian([c.noise for c in courses])) if len(courses) > few else 0.0
    if not any(gauge.noise.values()):
        notes.append(
            "the columns' noise could not be told from their motion; the law's noise is "
            "taken to be the same everywhere"
        )
    elif float(np.median(factor)) > _NOISIER and seen > gauge.slack:
        notes.append(
            f"from sample to sample it changes {np.median(factor):.2g} times more than its "
            "columns' noise explains: a break too fast for the sampling would look like this"
        )
    if law.noise > 0 and seen > _NOISIER * law.noise:
        notes.append(
            f"its noise is {seen / law.noise:.2g} times what it was where the law was found; "
            "only larger breaks can be seen"
        )
    return tuple(notes)
