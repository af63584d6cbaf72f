"""Streaming: runs some at a time, in the memory of one chunk.

    rows of a long file  →  whole runs, about as many rows a chunk as asked for

CSV and Parquet are cut where a run ends; a run longer than a chunk comes in
pieces under one name. Of other formats one file is held at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lawful import delimited
from lawful.gathering import Raw, check_alike, one_file, rows_of, tabulated
from lawful.layout import Layout, Table, lay_out
from lawful.refusal import Refusal
from lawful.tables import Restarts, run_codes
from lawful.variables import Wishes

KEPT_BACK = 64
"""Rows of a long run that wait for more, so that its last piece is no stump."""


def sliced(files: Sequence[Path], wishes: Wishes, rows: int) -> Iterator[Raw]:
    """File by file, some runs at a time."""
    columns: set[Any] | None = None
    for file in files:
        raw = one_file(file, wishes)
        columns = columns or {*raw.runs.data_vars}
        for name in columns ^ {*raw.runs.data_vars}:
            raise Refusal(f"variable {name!r} is not in every file", "the same", f"--ignore {name}")
        if len(files) > 1 and raw.runs["run"].dtype.kind == "i":
            label = delimited.stem(file)
            names = [f"{label}/{n}" for n in raw.runs["run"].values]
            raw.runs = raw.runs.assign_coords(run=names)
        step = max(1, rows // raw.runs.sizes["time"])
        for start in range(0, raw.runs.sizes["run"], step):
            part = raw.runs.isel(run=slice(start, start + step))
            yield Raw(part, list(raw.notes), raw.sorted_out)


def streamed(files: Sequence[Path], wishes: Wishes, rows: int) -> Iterator[Raw]:
    """Rows of tables, cut where runs end.

    Raises
    ------
    Refusal
        Where the rows of a run are scattered, or a file has other columns.
    """
    layout: Layout | None = None
    first: Table | None = None
    done: set[str] = set()
    for file in files:
        here: set[str] = set()
        rest: Any = None
        restarts: Restarts | None = None
        for table in rows_of(file, rows):
            first = first or table
            check_alike(first.headers, first.source, table)
            layout = layout or lay_out(
                table, run=wishes.run, time=wishes.time, ignore=wishes.ignore
            )
            restarts = restarts or Restarts(table.source, layout)
            rest = _joined(rest, _keyed(table, layout, restarts, done))
            for part, ended in _cut(rest, rows):
                yield _part(table, part, layout, wishes, here, ended)
                rest = rest.iloc[len(part) :]
        if layout is not None and rest is not None and len(rest):
            yield _part(table, rest, layout, wishes, here, True)
        done |= here


_RUN = "\0run"


def _keyed(table: Table, layout: Layout, restarts: Restarts, done: set[str]) -> Any:
    """The rows with one column that names their run, apart from those of earlier files."""
    if layout.run:
        codes, names = run_codes(table, layout)
        named = [str(n) if str(n) not in done else f"{table.source}/{n}" for n in names]
        unchanged = names.dtype.kind == "i" and not done
        labels = names if unchanged else np.array(named)
    else:
        codes, labels = restarts.follow(table.frame)
    return table.frame.assign(**{_RUN: labels[codes]})


def _joined(rest: Any, frame: Any) -> Any:
    import pandas as pd

    return frame if rest is None or not len(rest) else pd.concat([rest, frame])


def _cut(frame: Any, rows: int) -> Iterator[tuple[Any, bool]]:
    """The whole runs of the rows so far; a piece of a run that is longer than a chunk."""
    names = frame[_RUN].to_numpy()
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    if changes.size:
        yield frame.iloc[: changes[-1]], True
        frame = frame.iloc[changes[-1] :]
    if len(frame) >= rows + KEPT_BACK:
        yield frame.iloc[: len(frame) - KEPT_BACK], False


def _part(
    table: Table, frame: Any, layout: Layout, wishes: Wishes, here: set[str], ended: bool
) -> Raw:
    """Some rows as raw runs, refused where one of their runs has been before."""
    names = frame[_RUN].to_numpy()
    starts = np.concatenate([[0], np.flatnonzero(names[1:] != names[:-1]) + 1])
    called = [str(name) for name in names[starts]]
    again = next((n for k, n in enumerate(called) if n in here or n in called[:k]), None)
    if again is not None:
        raise Refusal(
            f"run {again} comes back in row {int(frame.index[0]) + 1} or later",
            "all rows of a run together",
            "sort the file by run and time, or read it whole",
        )
    here |= {*(called if ended else called[:-1])}
    layout = replace(layout, run=(_RUN,))
    part = Table(frame, table.headers, table.source, table.hints)
    raw = tabulated([part], wishes, layout)
    raw.runs["run"].attrs["long_name"] = "run"
    return raw
