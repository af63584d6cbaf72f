"""Layout: which column of a table names the run, which is the time, which are variables.

A run's column is one called so (`run`, `trial`, `body`, `id`, …) or one of text,
whose values repeat and within which the time rises; several such together where
one alone does not do. The time is the column called `t` or `time` or the like, or
else the first numeric one if it rises. All of it is said.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.columns import Codes, codes_of, first_date, kind_of_column, numbers_of, times_of
from lawful.headers import Headers
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

_RUN_NAMES = (
    "run|run_?id|run_?name|trial|trial_?id|body|id|experiment|trajectory|trajectory_?id|traj|episode"
    "|series|particle|particle_?id|object|subject|case|planet|simulation|sim|realisation|realization"
    "|name|label|session|replicate|rep"
)
_TIME_NAMES = (
    "t",
    "time",
    "times?_?(s|sec|seconds|ms|day|days|yr|years|h|hours|min|minutes)?",
    "timestamps?|datetime|date|epoch|seconds?|secs?|days?|years?|hours?|jd|mjd|clock|tau|τ",
)


@dataclass
class Table:
    """Rows of one file, columns by name.

    Attributes
    ----------
    frame
        Columns named as `headers.names`; the index numbers the rows from 0.
    headers
        Titles, names and units.
    source
        The file's name, which names its run where nothing else does.
    hints
        What the file itself says, as ours do: `run`, `time`, `parameters`,
        `attributes`, `origin`, `notes`.
    """

    frame: "pd.DataFrame"
    headers: Headers
    source: str
    hints: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Which columns mean what.

    Attributes
    ----------
    run
        The columns that together name a run; empty where a file is one run, or
        where runs begin as the time restarts.
    time
        The column of times.
    variables
        The numeric columns that are left.
    epoch
        Where times are dates: the first, in seconds since 1970; else None.
    units
        By name of column.
    notes
        What was guessed.
    """

    run: tuple[str, ...]
    time: str
    variables: tuple[str, ...]
    epoch: float | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def lay_out(table: Table, *, run: str | None, time: str | None, ignore: Iterable[str]) -> Layout:
    """Decide which column names the run, which is the time, which are variables.

    Parameters
    ----------
    table
        The rows, or the first of them.
    run
        The column that names the run, or several with commas between.
    time
        The column of times.
    ignore
        Columns to pass over.

    Raises
    ------
    Refusal
        Where a column is not there, holds text among numbers, or none can be the time.
    """
    find = table.headers.find
    passed = {find(name, "--ignore") for name in ignore}
    said = tuple(find(name.strip(), "--run") for name in run.split(",")) if run else ()
    clock = find(time, "--time") if time else ""
    columns = [n for n in table.frame.columns if n not in passed]
    if clash := {*said, clock} & passed:
        raise Refusal(f"column {clash.pop()!r} is both used and ignored", remedy="say one of them")
    kinds = {name: kind_of_column(table.frame[name], name, name in said) for name in columns}
    hinted = tuple(n for n in table.hints.get("run", ()) if n in columns)
    hinted_time = table.hints.get("time", "")
    notes: list[str] = []
    clock = clock or (hinted_time if hinted_time in columns else "")
    clock = clock or _guessed_time(table.frame, kinds, said, notes)
    if kinds[clock] == "text":
        raise Refusal(
            f"the time column {clock!r} holds text", "numbers or dates", "name another with --time"
        )
    epoch = first_date(table.frame[clock]) if kinds[clock] == "date" else None
    times = times_of(table.frame[clock], epoch)
    chosen = said or hinted or _guessed_run(table.frame, kinds, clock, times, notes)
    rest = [n for n in columns if n not in {*chosen, clock}]
    for name in rest:
        if kinds[name] != "number":
            what = "dates" if kinds[name] == "date" else "text"
            notes.append(f"column {name} holds {what}: not used")
    numbers = tuple(n for n in rest if kinds[n] == "number")
    if not numbers:
        raise Refusal(
            f"no numeric column besides {', '.join([*chosen, clock])}",
            "a column for each variable of the motion",
        )
    units = dict(table.headers.units)
    if epoch is not None:
        units[clock] = "s"
        notes.append(f"{clock} holds dates: time is in seconds from the first")
    return Layout(chosen, clock, numbers, epoch, units, tuple(notes))


def _guessed_time(
    frame: "pd.DataFrame", kinds: Mapping[str, str], said: Sequence[str], notes: list[str]
) -> str:
    able = [name for name, kind in kinds.items() if kind != "text" and name not in said]
    for pattern in _TIME_NAMES:
        for name in able:
            if re.fullmatch(pattern, name, re.IGNORECASE):
                notes.append(f"{name} is taken as the time")
                return name
    for name in able:
        if kinds[name] == "number" and not re.fullmatch(_RUN_NAMES, name, re.IGNORECASE):
            steps = np.diff(numbers_of(frame[name], name))
            if steps.size and np.mean(steps > 0) >= 0.9:
                notes.append(f"{name} is taken as the time: no column is called so, and it rises")
                return name
            break
    raise Refusal(
        f"no column of times among {', '.join(list(kinds)[:12])}",
        "one called t or time",
        "name it with --time",
    )


def _guessed_run(
    frame: "pd.DataFrame",
    kinds: Mapping[str, str],
    clock: str,
    times: Array,
    notes: list[str],
) -> tuple[str, ...]:
    """The columns that name the run, if there are any."""
    named = [n for n in kinds if n != clock and re.fullmatch(_RUN_NAMES, n, re.IGNORECASE)]
    able = [n for n in named if kinds[n] != "date" and _repeats(frame[n], kinds[n])]
    overall = bool(np.all(np.diff(times) > 0))
    for name, kind in kinds.items():
        if kind == "text" and name not in able and _repeats(frame[name], kind):
            codes = codes_of([frame[name]])[0]
            blocks = int(np.count_nonzero(np.diff(codes))) + 1 == int(codes.max()) + 1
            if blocks or not overall:
                able.append(name)
    options = [(name,) for name in able] + ([tuple(able)] if len(able) > 1 else [])
    for option in options:
        if _rises(codes_of([frame[name] for name in option])[0], times):
            notes.append(f"{' and '.join(option)} is taken as the name of the run")
            return option
    if options:
        notes.append(f"{options[0][0]} is taken as the name of the run")
        return options[0]
    return ()


def _repeats(column: "pd.Series[Any]", kind: str) -> bool:
    if column.isna().any():
        return False
    if kind == "number":
        numbers = numbers_of(column, "")
        if np.any(numbers != np.round(numbers)):
            return False
    return int(column.nunique()) * 2 <= len(column)


def _rises(codes: Codes, times: Array) -> bool:
    order = np.argsort(codes, kind="stable")
    same = np.diff(codes[order]) == 0
    return bool(np.all(np.diff(times[order])[same] > 0))
