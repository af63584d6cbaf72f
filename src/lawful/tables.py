"""Tables: one row a sample, x[row]  ->  x(run, time).

What the columns mean is decided once (`layout`); every chunk of a long table is
then laid out alike. Nothing loops over rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.columns import Array, Codes, codes_of, numbers_of, refuse_infinite, row_told, times_of
from lawful.layout import Layout, Table
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

if TYPE_CHECKING:
    import pandas as pd

FEWEST_SAMPLES = 8
"""A run with fewer says nothing about what it conserves."""

_MOST_PADDING = 20  # times the samples held, beyond which unequal runs are refused
_PADDING_ALLOWED = 50_000_000  # numbers, however unequal
_BACK = 0.3  # a restart goes back to the first third of the run before


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
    several = len(tables) > 1
    times = np.concatenate([_of_file(t, several, layout.time, layout) for t in tables])
    columns = {
        name: np.concatenate([_of_file(t, several, name, None) for t in tables])
        for name in layout.variables
    }
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


def _of_file(table: Table, several: bool, name: str, layout: Layout | None) -> Array:
    """A column as finite numbers; a refusal names the file where there are several."""
    try:
        column = table.frame[name]
        values = times_of(column, layout.epoch) if layout else numbers_of(column, name)
        refuse_infinite(name, values, table.frame.index.to_numpy())
    except Refusal as refusal:
        if not several:
            raise
        raise Refusal(f"{table.source}: {refusal.got}", refusal.expected, refusal.remedy) from None
    return values


def run_codes(table: Table, layout: Layout) -> tuple[Codes, NDArray[Any]]:
    """The run of each row as a number, and the runs' names, from the columns that name them.

    Raises
    ------
    Refusal
        Where a row names no run.
    """
    for name in layout.run:
        if (empty := table.frame[name].isna()).any():
            raise Refusal(
                f"no run is named in row {row_told(empty.index[empty.to_numpy()][0])}",
                f"a name in every row of {name!r}",
                "fill it in, or remove the row",
            )
    return codes_of([table.frame[name] for name in layout.run])


def _runs(
    tables: Sequence[Table], layout: Layout, notes: list[str]
) -> tuple[Codes, NDArray[Any], NDArray[Any]]:
    """The run of every row as a number, the runs' names, and how rows are told."""
    codes, names, labels, first = [], [], [], 0
    for table in tables:
        if layout.run:
            own, called = run_codes(table, layout)
        else:
            restarts = Restarts(table.source, layout)
            own, called = restarts.follow(table.frame)
            if len(called) > 1:
                notes.append(
                    f"{table.source}: {layout.time} restarts {len(called) - 1} times, and with it "
                    "the run"
                )
        codes.append(own + first)
        names.append(called)
        labels.append(table.frame.index.to_numpy())
        first += len(called)
    return np.concatenate(codes), _told_apart(names, tables, layout, notes), np.concatenate(labels)


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


@dataclass
class Restarts:
    """Runs that begin wherever the time of one file goes back to its start.

    Rows may come in parts: `begun` counts the runs so far, `start` and `last` are
    the first and the latest time of the run that is under way, `held` its rows.
    """

    source: str
    layout: Layout
    begun: int = 0
    start: float = 0.0
    last: float = 0.0
    held: int = 0

    def follow(self, frame: "pd.DataFrame") -> tuple[Codes, NDArray[Any]]:
        """The run of each row, as a number within these rows, and these runs' names.

        Raises
        ------
        Refusal
            Where the time goes back, but not to its start: rows out of order.
        """
        times = times_of(frame[self.layout.time], self.layout.epoch)
        if not self.begun:
            self.begun, self.start, self.last = 1, float(times[0]), float(times[0])
        back = np.flatnonzero(np.diff(times, prepend=self.last) < 0)
        starts = np.array([self.start, *times[back]])
        lasts = np.array([self.last, *times])[back]
        edges = np.array([-self.held, *back])
        self._check(starts, lasts, np.diff(edges), frame.index[back])
        first = self.begun - 1 + int(back.size > 0 and back[0] == 0)
        codes = np.searchsorted(back[back > 0], np.arange(len(times)), side="right")
        self.begun += len(back)
        self.start, self.last = float(starts[-1]), float(times[-1])
        self.held = len(times) - int(edges[-1])
        names = [f"{self.source}/{k + 1}" if k else self.source for k in range(first, self.begun)]
        return codes.astype(np.int64), np.array(names)

    def _check(self, starts: Array, lasts: Array, rows: Codes, labels: Any) -> None:
        """Each restart must go back to the start of a run, and that must have been one."""
        late = starts[1:] > starts[:-1] + _BACK * (lasts - starts[:-1])
        if late.any() or (rows < FEWEST_SAMPLES / 2).any():
            row = row_told(labels[np.argmax(late | (rows < FEWEST_SAMPLES / 2))])
            raise Refusal(
                f"the time {self.layout.time!r} goes back in row {row}",
                "times in order, or a column that names the runs",
                "sort the rows by time, or name that column with --run",
            )


def _check_times(
    codes: Codes, times: Array, layout: Layout, names: NDArray[Any], labels: NDArray[Any]
) -> None:
    if (lost := np.isnan(times)).any():
        raise Refusal(
            f"no time {layout.time!r} in row {row_told(labels[lost][0])}",
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
            f"{where} twice, again in row {row_told(labels[k])}",
            "each time once in a run",
            f"remove one of the rows, or {remedy}",
        )
    raise Refusal(
        f"{where} in row {row_told(labels[k])}, after a later one",
        "times in order within a run",
        f"sort the rows by {layout.time}, or {remedy}",
    )
