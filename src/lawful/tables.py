"""Tables: one row a sample, x[row]  ->  x(run, time).

Which column names the run and which is the time is said by the user or guessed,
once, as a `Layout`; every chunk of a long table is then laid out alike. Nothing
loops over rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.headers import Headers
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST_SAMPLES = 8
"""A run with fewer says nothing about what it conserves."""

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
_MOST_PADDING = 20  # times the samples held, beyond which unequal runs are refused
_PADDING_ALLOWED = 50_000_000  # numbers, however unequal
_BACK = 0.1  # a restart goes back to the first tenth of the run before


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
        where runs begin as the time restarts (`restarts`).
    time
        The column of times.
    variables
        The numeric columns that are left.
    dated
        Whether times are dates, counted in seconds from the first, `epoch`.
    """

    run: tuple[str, ...]
    time: str
    variables: tuple[str, ...]
    restarts: bool = False
    dated: bool = False
    epoch: float = 0.0
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
    kinds = {name: _kind(table.frame[name], name, name in said) for name in columns}
    hinted = tuple(n for n in table.hints.get("run", ()) if n in columns)
    hinted_time = table.hints.get("time", "")
    notes: list[str] = []
    clock = clock or (hinted_time if hinted_time in columns else "")
    clock = clock or _guessed_time(table.frame, kinds, said, notes)
    if kinds[clock] == "text":
        raise Refusal(
            f"the time column {clock!r} holds text", "numbers or dates", "name another with --time"
        )
    times, epoch = _times(table.frame[clock], None)
    chosen = said or hinted or _guessed_run(table.frame, kinds, clock, times, notes)
    restarts = not chosen and not np.all(np.diff(times) > 0)
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
    dated = kinds[clock] == "date"
    if dated:
        units[clock] = "s"
        notes.append(f"{clock} holds dates: time is in seconds from the first")
    return Layout(chosen, clock, numbers, restarts, dated, epoch, units, tuple(notes))


def tabulate(tables: Sequence[Table], layout: Layout, notes: list[str]) -> Trajectories:
    """All rows of some tables as runs.

    Parameters
    ----------
    tables
        One a file; runs of the same name in two files are two runs.
    layout
        What the columns mean.
    notes
        Grows by what had to be decided.

    Raises
    ------
    Refusal
        With column, run and row: for text in numbers, infinities, times that are
        missing, repeated or unordered.
    """
    codes, names, row_labels = _runs(tables, layout, notes)
    times = np.concatenate([_times(t.frame[layout.time], layout)[0] for t in tables])
    columns = {
        name: np.concatenate([_numbers(t.frame[name], name) for t in tables])
        for name in layout.variables
    }
    for name, values in {layout.time: times, **columns}.items():
        _refuse_infinite(name, values, row_labels)
    order = np.argsort(codes, kind="stable") if np.any(np.diff(codes) < 0) else slice(None)
    codes, times = codes[order], times[order]
    _check_times(codes, times, layout, names, row_labels[order])
    return _grid(codes, times, {n: v[order] for n, v in columns.items()}, names, layout)


def _grid(
    codes: Codes,
    times: Array,
    columns: Mapping[str, Array],
    names: NDArray[Any],
    layout: Layout,
) -> Trajectories:
    """Sorted rows on a grid (run, time), shorter runs ending in NaN."""
    count = np.bincount(codes, minlength=len(names))
    shape = (len(names), int(count.max()))
    if shape[0] * shape[1] > max(_PADDING_ALLOWED, _MOST_PADDING * len(codes)):
        raise Refusal(
            f"runs of {count.min()} to {count.max()} samples: side by side they would fill "
            f"{shape[0] * shape[1] / len(codes):.0f} times the memory",
            remedy="split the file by the length of its runs, or shorten the longest",
        )
    place = np.arange(len(codes)) - np.repeat(np.cumsum(count) - count, count)

    def spread(values: Array) -> Array:
        grid = np.full(shape, np.nan)
        grid[codes, place] = values
        return grid

    clock = spread(times)
    shared = bool(count.min() == count.max() and (clock == clock[:1]).all())
    taken = {name: name + "_" * (name in ("run", "time")) for name in columns}
    units = {taken.get(n, n): unit for n, unit in layout.units.items()}
    runs = make(
        {taken[name]: spread(values) for name, values in columns.items()},
        clock[0] if shared else clock,
        units={**units, "time": layout.units.get(layout.time, "")},
    )
    runs = runs.assign_coords(run=names)
    runs["run"].attrs["long_name"] = ",".join(layout.run) or "run"
    runs["time"].attrs["long_name"] = layout.time
    return runs


# Columns.


def _kind(column: "pd.Series[Any]", name: str, may_be_mixed: bool) -> str:
    """`number`, `date` or `text`."""
    import pandas as pd

    if pd.api.types.is_complex_dtype(column):
        raise Refusal(f"column {name!r} holds complex numbers", "real ones", "split it in two")
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    text = column.dropna().astype(str).str.strip()
    text = text[text != ""]
    if text.empty:
        return "number"
    numeric = pd.to_numeric(text, errors="coerce").notna()
    share = float(numeric.mean())
    if may_be_mixed or share == 0:
        return "date" if share == 0 and _is_dated(text) else "text"
    if share == 1:
        return "number"
    if share < 0.5:
        return "text"
    raise _text_among_numbers(name, text[~numeric])


def _is_dated(text: "pd.Series[str]") -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d", str(text.iloc[0])):
        return False
    import pandas as pd

    return bool(pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True).notna().all())


def _text_among_numbers(name: str, bad: "pd.Series[str]") -> Refusal:
    value = str(bad.iloc[0])
    value = value if len(value) <= 40 else value[:37] + "…"
    return Refusal(
        f"column {name!r} holds the text {value!r} in row {_row(bad.index[0])}",
        "a number, or nothing for a gap",
        f"correct it, or leave the column out with --ignore {name}",
    )


def _row(label: Any) -> int:
    """Rows are told to people from 1, the header not counted."""
    return int(label) + 1


def _numbers(column: "pd.Series[Any]", name: str) -> Array:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        converted = pd.to_numeric(column, errors="coerce")
        bad = converted.isna() & column.notna() & (column.astype(str).str.strip() != "")
        if bad.any():
            raise _text_among_numbers(name, column[bad].astype(str))
        column = converted
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))


def _times(column: "pd.Series[Any]", layout: Layout | None) -> tuple[Array, float]:
    """Times as numbers, and the first of them where they are dates."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or not (layout is None or layout.dated):
        return _numbers(column, str(column.name)), 0.0
    if layout is None and not pd.api.types.is_datetime64_any_dtype(column):
        text = column.dropna().astype(str).str.strip()
        if text.empty or not _is_dated(text):
            return _numbers(column, str(column.name)), 0.0
    dates = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    seconds = dates.to_numpy(dtype="datetime64[ns]").astype(np.int64).astype(float) / 1e9
    seconds[dates.isna().to_numpy()] = np.nan
    epoch = layout.epoch if layout else (float(np.nanmin(seconds)) if len(seconds) else 0.0)
    return seconds - epoch, epoch


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
            steps = np.diff(_numbers(frame[name], name))
            if steps.size and np.mean(steps > 0) >= 0.9:
                notes.append(f"{name} is taken as the time: no column is called so, and it rises")
                return name
            break
    raise Refusal(
        f"no column of times among {', '.join(list(kinds)[:12])}",
        "one called t or time",
        "name it with --time",
    )


# Runs.


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
            codes = _codes([frame[name]])[0]
            blocks = int(np.count_nonzero(np.diff(codes))) + 1 == int(codes.max()) + 1
            if blocks or not overall:
                able.append(name)
    options = [(name,) for name in able] + ([tuple(able)] if len(able) > 1 else [])
    for option in options:
        if _rises(_codes([frame[name] for name in option])[0], times):
            notes.append(f"{' and '.join(option)} is taken as the name of the run")
            return option
    if options:
        notes.append(f"{options[0][0]} is taken as the name of the run")
        return options[0]
    return ()


def _repeats(column: "pd.Series[Any]", kind: str) -> bool:
    if column.isna().any() or (kind == "number" and np.any(_numbers(column, "") % 1)):
        return False
    return int(column.nunique()) * 2 <= len(column)


def _rises(codes: Codes, times: Array) -> bool:
    order = np.argsort(codes, kind="stable")
    same = np.diff(codes[order]) == 0
    return bool(np.all(np.diff(times[order])[same] > 0))


def _codes(columns: Sequence["pd.Series[Any]"]) -> tuple[Codes, NDArray[Any]]:
    """A number for each distinct row, in order of appearance, and the rows' names."""
    import pandas as pd

    if len(columns) == 1:
        codes, names = pd.factorize(columns[0])
        return np.asarray(codes, dtype=np.int64), _run_names(np.asarray(names))
    parts = [_run_names(c.to_numpy()).astype(str) for c in columns]
    joined = parts[0].astype(object)
    for part in parts[1:]:
        joined = joined + "/" + part.astype(object)
    joint, called = pd.factorize(joined)
    return np.asarray(joint, dtype=np.int64), np.asarray(called).astype(str)


def _run_names(names: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers stay numbers, the rest is text."""
    if names.dtype.kind in "iu":
        return names.astype(np.int64)
    if (
        names.dtype.kind == "f"
        and names.size
        and np.all(names % 1 == 0)
        and np.all(abs(names) < 2**53)
    ):
        return names.astype(np.int64)
    return np.array([str(name).strip() for name in names], dtype=str)


def _runs(
    tables: Sequence[Table], layout: Layout, notes: list[str]
) -> tuple[Codes, NDArray[Any], NDArray[Any]]:
    """The run of every row as a number, the runs' names, and how rows are told."""
    codes, names, labels, first = [], [], [], 0
    for table in tables:
        if layout.run:
            for name in layout.run:
                if (empty := table.frame[name].isna()).any():
                    raise Refusal(
                        f"no run is named in row {_row(empty.index[empty.to_numpy()][0])}",
                        f"a name in every row of {name!r}",
                        "fill it in, or remove the row",
                    )
            own, called = _codes([table.frame[name] for name in layout.run])
        else:
            own, called = _restarted(table, layout, notes)
        codes.append(own + first)
        names.append(called)
        labels.append(table.frame.index.to_numpy())
        first += len(called)
    return np.concatenate(codes), _told_apart(names, tables, layout, notes), np.concatenate(labels)


def _restarted(table: Table, layout: Layout, notes: list[str]) -> tuple[Codes, NDArray[Any]]:
    """Runs that begin wherever the time goes back to its start."""
    times, _ = _times(table.frame[layout.time], layout)
    back = np.flatnonzero(np.diff(times) < 0) + 1
    if not back.size:
        return np.zeros(len(times), dtype=np.int64), np.array([table.source])
    edges = np.array([0, *back, len(times)])
    starts, ends = edges[:-1], edges[1:] - 1
    reach = times[starts[:-1]] + _BACK * (times[ends[:-1]] - times[starts[:-1]])
    if np.any(times[starts[1:]] > reach) or np.median(np.diff(edges)) < FEWEST_SAMPLES:
        row = _row(table.frame.index[back[0]])
        raise Refusal(
            f"the time {layout.time!r} goes back in row {row}",
            "times in order, or a column that names the runs",
            "sort the rows by time, or name that column with --run",
        )
    notes.append(f"{table.source}: {layout.time} restarts {back.size} times, and so do the runs")
    codes = np.repeat(np.arange(len(starts)), np.diff(edges))
    return codes.astype(np.int64), np.array([f"{table.source}/{k + 1}" for k in range(len(starts))])


def _told_apart(
    names: Sequence[NDArray[Any]], tables: Sequence[Table], layout: Layout, notes: list[str]
) -> NDArray[Any]:
    """One name a run: with the file's where two files share some."""
    whole = all(part.dtype.kind == "i" for part in names)
    joined = np.concatenate(names if whole else [part.astype(str) for part in names])
    if len(tables) == 1 or len(set(joined.tolist())) == len(joined):
        return joined
    notes.append("runs of the same name in different files are different runs")
    return np.array(
        [f"{t.source}/{name}" for t, part in zip(tables, names, strict=True) for name in part]
    )


# What cannot be meant.


def _refuse_infinite(name: str, values: Array, labels: NDArray[Any]) -> None:
    if (bad := np.isinf(values)).any():
        raise Refusal(
            f"column {name!r} is infinite in row {_row(labels[bad][0])}",
            "finite numbers, or nothing for a gap",
            f"empty that cell, or leave the column out with --ignore {name}",
        )


def _check_times(
    codes: Codes, times: Array, layout: Layout, names: NDArray[Any], labels: NDArray[Any]
) -> None:
    if (lost := np.isnan(times)).any():
        raise Refusal(
            f"no time {layout.time!r} in row {_row(labels[lost][0])}",
            "a time in every row",
            "fill it in, or remove the row",
        )
    steps = np.diff(times)
    bad = np.flatnonzero((np.diff(codes) == 0) & ~(steps > 0))
    if not bad.size:
        return
    k = bad[0] + 1
    where = f"run {names[codes[k]]} has the time {times[k]:.10g}"
    remedy = "name the runs' column with --run" + (" (another one)" if layout.run else "")
    if steps[bad[0]] == 0:
        raise Refusal(
            f"{where} twice, again in row {_row(labels[k])}",
            "each time once in a run",
            f"remove one of the rows, or {remedy}",
        )
    raise Refusal(
        f"{where} in row {_row(labels[k])}, after a later one",
        "times in order within a run",
        f"sort the rows by {layout.time}, or {remedy}",
    )
