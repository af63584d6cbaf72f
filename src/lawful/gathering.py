"""Gathering: whole files of any format as raw runs, every column a variable.

files  →  rows or arrays  →  x(run, time), with names, units and what the file says
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lawful import arrays, delimited, matlab, netcdf, parquet
from lawful.headers import Headers
from lawful.layout import Layout, Table, lay_out
from lawful.places import kind_of, reading
from lawful.refusal import Refusal
from lawful.tables import FEWEST_SAMPLES, tabulate
from lawful.trajectories import Trajectories, clock, stack
from lawful.variables import Wishes, once_a_run


@dataclass
class Raw:
    """Runs as they stand in files, before columns are told apart."""

    runs: Trajectories
    notes: list[str] = field(default_factory=list)
    sorted_out: bool = False


def gathered(files: Sequence[Path], wishes: Wishes) -> Raw:
    """All files as raw runs."""
    if all(kind_of(file) in ("csv", "parquet") for file in files):
        tables = [table for file in files for table in rows_of(file, None)]
        return tabulated(_told_apart(tables, files), wishes)
    parts = [one_file(file, wishes) for file in files]
    if len(parts) == 1:
        return parts[0]
    named = [str(n) for part in parts for n in part.runs["run"].values]
    if len(set(named)) < len(named):
        for part, file in zip(parts, files, strict=True):
            label = delimited.stem(file)
            names = [f"{label}/{n}" for n in part.runs["run"].values]
            part.runs = part.runs.assign_coords(run=names)
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    alike = _with_the_same_parameters([part.runs for part in parts], notes)
    return Raw(stack(alike), notes, all(p.sorted_out for p in parts))


def _with_the_same_parameters(parts: list[Trajectories], notes: list[str]) -> list[Trajectories]:
    """Parts in which what is a parameter in one is a parameter in all, or left out."""
    fixed = {name for part in parts for name in delimited.parameters_of(part)}
    result = []
    for part in parts:
        for name in sorted(fixed & {*map(str, part.data_vars)}):
            part = part.assign_coords({name: ("run", once_a_run(name, part[name].values))})
        result.append(part)
    for name in sorted(fixed):
        if any(name not in part.coords for part in result):
            notes.append(f"the parameter {name} is not in every file: left out")
            result = [part.drop_vars(name, errors="ignore") for part in result]
    return result


def one_file(file: Path, wishes: Wishes) -> Raw:
    """One file of any format."""
    kind = kind_of(file)
    if kind in ("csv", "parquet"):
        return tabulated(list(rows_of(file, None)), wishes)
    notes: list[str] = []
    with reading(file):
        if kind == "netcdf":
            held = netcdf.load_netcdf(file)
            if (runs := netcdf.as_trajectories(held)) is not None:
                runs = runs.drop_vars([n for n in wishes.ignore if n in runs.data_vars])
                return Raw(runs, netcdf.notes_of(runs), "origin" in runs.attrs)
            named, spelled = netcdf.foreign_arrays(held)
            left = [str(n) for n in held.variables if str(n) not in named]
            notes += [f"{n} has too many dimensions, or no numbers: not used" for n in left]
        else:
            load = arrays.load_npz if kind == "npz" else matlab.load_mat
            named, spelled = load(file, set(wishes.ignore)), {}
    named = {n: a for n, a in named.items() if n not in wishes.ignore}
    notes += [f"{name} is empty: not used" for name, array in named.items() if not array.size]
    named = {n: a for n, a in named.items() if a.size}
    headers = arrays.headers_of(named, spelled)
    source = delimited.stem(file)
    if table := arrays.table(named, headers, source, {"notes": notes}):
        return tabulated([table], replace(wishes, ignore=()))
    notes += headers.notes
    runs = arrays.grid(named, headers, source, notes, run=wishes.run, time=wishes.time)
    return Raw(runs, notes)


def rows_of(file: Path, rows: int | None) -> Iterator[Table]:
    """A table file's rows, its library's errors turned into refusals."""
    reader = delimited.tables if kind_of(file) == "csv" else parquet.tables
    with reading(file):
        parts = reader(file, rows)
    while True:
        with reading(file):
            table = next(parts, None)
        if table is None:
            return
        yield table


def _told_apart(tables: list[Table], files: Sequence[Path]) -> list[Table]:
    """Tables with distinct sources and the same columns in the same units."""
    sources = [table.source for table in tables]
    if len(set(sources)) < len(sources):
        for table, file in zip(tables, files, strict=True):
            table.source = f"{file.parent.name}/{table.source}"
    for table in tables[1:]:
        check_alike(tables[0].headers, tables[0].source, table)
    return tables


def check_alike(first: Headers, source: str, table: Table) -> None:
    """Refuse a table whose columns or units are not those of the first, `source`."""
    for name in sorted({*first.names} ^ {*table.headers.names}):
        holder, other = (source, table.source) if name in first.names else (table.source, source)
        raise Refusal(
            f"column {name!r} is in {holder}, but not in {other}",
            "the same columns in every file",
            f"say --ignore {name}, or read the files one by one",
        )
    for name in first.names:
        if first.units.get(name, "") != table.headers.units.get(name, ""):
            raise Refusal(
                f"{name!r} is in {first.units.get(name, '')!r} in {source}, and in "
                f"{table.headers.units.get(name, '')!r} in {table.source}",
                "one unit",
                "convert one of them",
            )


def tabulated(tables: Sequence[Table], wishes: Wishes, layout: Layout | None = None) -> Raw:
    """Tables as raw runs; the first of them decides what columns mean, where nothing has."""
    first = tables[0]
    layout = layout or lay_out(first, run=wishes.run, time=wishes.time, ignore=wishes.ignore)
    notes = [*first.hints.get("notes", ()), *layout.notes]
    return _hinted(tabulate(tables, layout, notes), first.hints, notes)


def _hinted(runs: Trajectories, hints: Mapping[str, Any], notes: list[str]) -> Raw:
    """What a file of ours says about its columns, put where it belongs."""
    notes = list(dict.fromkeys(notes))
    if "attributes" not in hints:
        return Raw(runs, notes)
    for name, attributes in hints["attributes"].items():
        if name in runs.variables:
            runs[name].attrs.update(attributes)
    named = [name for name in hints.get("parameters", ()) if name in runs.data_vars]
    fixed = {n: ("run", once_a_run(n, runs[n].values), runs[n].attrs) for n in named}
    runs = runs.drop_vars(list(fixed)).assign_coords(fixed)
    if hints.get("origin"):
        runs.attrs["origin"] = hints["origin"]
    return Raw(runs, notes, sorted_out=True)


def long_enough(raw: Raw, *, may_be_empty: bool = False) -> Raw:
    """Without runs of fewer than `FEWEST_SAMPLES` samples; refused if all are so short."""
    held = np.isfinite(clock(raw.runs))
    seen = np.zeros(held.shape, dtype=bool)
    for variable in raw.runs.data_vars.values():
        finite = np.isfinite(variable.values)
        seen |= finite.reshape(*finite.shape[:2], -1).any(axis=-1)
    count = (held & seen).sum(axis=1)
    short = count < FEWEST_SAMPLES
    if not short.any():
        return raw
    names = [str(name) for name in raw.runs["run"].values[short]]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    if short.all() and not may_be_empty:
        raise Refusal(
            f"run {shown} has {count.max()} samples"
            if len(names) == 1
            else f"no run has more than {count.max()} samples",
            f"at least {FEWEST_SAMPLES}",
            "name the runs' column with --run, or sample more often",
        )
    raw.notes.append(f"left out for fewer than {FEWEST_SAMPLES} samples: run {shown}")
    kept = raw.runs.isel(run=~short)
    length = int(held[~short].sum(axis=1).max()) if not short.all() else 0
    return Raw(kept.isel(time=slice(0, length)), raw.notes, raw.sorted_out)
