"""How laws fare in runs: courses by `lawful.laws.monitor`, as far as a page can wait for them.

A few runs are judged at once; many when a page asks for them; of more samples than that no
verdict is given here, and the words say how to have it.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws.course import Course
from lawful.laws.law import Law
from lawful.trajectories import clock
from lawful.web.scenes.watched import Watched

FALSE_ALARM = 1e-3
# Judged samples, laws times samples: each takes some 20 microseconds.
AT_ONCE, A_RUN, ALL = 60_000, 400_000, 2_000_000
UNJUDGED, HOLDS, BROKEN, DRIFTS = 0, 1, 2, 3
TOO_MANY = "too many samples to be judged here; lawful monitor FILE --laws laws.json judges them"
_LOCK = threading.Lock()


@dataclass(frozen=True, eq=False)
class Verdict:
    """Courses of all laws in some runs.

    Attributes
    ----------
    courses
        By law, then by run: (name of the law, index of the run).
    slack
        By law.
    noise
        Of the columns.
    notes
        By law.
    """

    courses: dict[tuple[str, int], Course]
    slack: dict[str, float]
    noise: dict[str, float]
    notes: dict[str, tuple[str, ...]]


def of_all(watch: Watched, *, waiting: bool = False) -> Verdict | None:
    """All runs; None where that takes longer than a page waits.

    Parameters
    ----------
    watch
        What is judged.
    waiting
        Whether somebody asked for it, and waits.
    """
    with _LOCK:
        if "all" not in watch.held:
            size = int(np.isfinite(clock(watch.runs)).sum()) * len(watch.laws)
            if not watch.laws or size > (ALL if waiting else AT_ONCE):
                return None
            watch.held["all"] = _judged(watch, range(watch.runs.sizes["run"]))
        found: Verdict = watch.held["all"]
        return found


def of_run(watch: Watched, run: int) -> Verdict | None:
    """One run, with its share of the false alarms; None where it is too long."""
    whole = of_all(watch)
    if whole is not None or not watch.laws:
        return whole
    with _LOCK:
        if run not in watch.held:
            size = int(np.isfinite(clock(watch.runs)[run]).sum()) * len(watch.laws)
            watch.held[run] = None if size > A_RUN else _judged(watch, [run])
        found: Verdict | None = watch.held[run]
        return found


def _judged(watch: Watched, which: Sequence[int]) -> Verdict:
    from lawful.laws.monitor import monitor

    runs = watch.runs.isel(run=list(which))
    share = FALSE_ALARM * len(which) / watch.runs.sizes["run"]
    report = monitor(runs, list(watch.laws), false_alarm=share)
    return Verdict(
        {
            (law.name, run): course
            for law in report.laws
            for run, course in zip(which, law.courses, strict=True)
        },
        {law.name: law.slack for law in report.laws},
        dict(report.noise),
        {law.name: law.notes for law in report.laws},
    )


def state(course: Course) -> int:
    """How a law fares in one run."""
    if not course.judged:
        return UNJUDGED
    return BROKEN if course.excursions else DRIFTS if course.drifts else HOLDS


def matrix(watch: Watched, verdict: Verdict) -> dict[str, NDArray[Any]]:
    """Runs by laws: state, first time, share of the run that was outside; (law, run) each."""
    count = watch.runs.sizes["run"]
    laws = watch.laws
    states = np.zeros((len(laws), count), dtype=np.int8)
    onset = np.full((len(laws), count), np.nan)
    begins, ends = onset.copy(), onset.copy()
    times = clock(watch.runs)
    for k, law in enumerate(laws):
        for run in range(count):
            course = verdict.courses.get((law.name, run))
            if course is None:
                continue
            states[k, run] = state(course)
            if course.excursions:
                first = course.excursions[0]
                onset[k, run] = first.start
                begins[k, run], ends[k, run] = _shares(times[run], first.start, first.end)
    return {"state": states, "onset": onset, "begin": begins, "end": ends}


def _shares(times: NDArray[np.float64], start: float, end: float) -> tuple[float, float]:
    """Where an excursion lies between the first and the last time of a run."""
    held = times[np.isfinite(times)]
    whole = float(held[-1] - held[0]) or 1.0
    return (start - float(held[0])) / whole, (end - float(held[0])) / whole


def told(law: Law, course: Course | None) -> dict[str, Any]:
    """What a page is told of a law in one run."""
    if course is None:
        return {"judged": False, "state": UNJUDGED, "excursions": [], "count": 0}
    return {
        **course.to_dict(),
        "state": state(course),
        "count": len(course.excursions),
        "share": abs(course.excursions[0].peak) / law.spread
        if course.excursions and law.spread > 0
        else None,
    }
