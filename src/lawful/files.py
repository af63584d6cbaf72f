"""The doors: files in, `Trajectories` out, and back.

    CSV, Parquet, NetCDF, NPZ, MAT  →  x(run, time)  →  CSV, Parquet, NetCDF

A file goes through three steps. Its format's reader yields rows or arrays; these
become runs (`tables`, `arrays`, `netcdf`); then each column becomes a variable, a
parameter or nothing (`variables`), with its role (`roles`) and unit (`units`).
What was guessed, estimated or left out is said in `runs.attrs["notes"]`, a list
of sentences as JSON.
"""

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lawful import __version__, delimited, netcdf, parquet, variables
from lawful import units as unit_algebra
from lawful.gathering import Raw, gathered, long_enough
from lawful.places import KINDS, Paths, ending, found, kind_of
from lawful.refusal import Refusal
from lawful.roles import listed
from lawful.streaming import KEPT_BACK, sliced, streamed
from lawful.trajectories import Trajectories, check
from lawful.variables import Plan, Wishes

Names = str | Sequence[str]


def read(
    paths: Paths,
    *,
    run: str | None = None,
    time: str | None = None,
    ignore: Names = (),
    angle: Names = (),
    position: Names = (),
    population: Names = (),
    units: str | Mapping[str, str] | None = None,
    velocities: bool = True,
) -> Trajectories:
    """Read one file, several, or a built-in data set as `Trajectories`.

    Parameters
    ----------
    paths
        A path, a pattern such as `"data/*.csv"`, several of either, or `"planets"`.
        A file without a column that names its runs is one run, called by its name.
    run
        The column that names the run (several with commas); guessed when not given.
    time
        The column of times; guessed when not given.
    ignore
        Columns to pass over.
    angle, population
        Columns that are angles, or positive amounts.
    position
        Columns that make a point: `"x,y,z"`, or `"x1,y1;x2,y2"` for two points.
    units
        `"x=m,vx=m/s,t=s"`, or a mapping; wins over what the file says.
    velocities
        Whether the velocity of a position that has none is estimated.

    Returns
    -------
    Trajectories
        With roles and units; gaps and the ends of shorter runs are NaN.

    Raises
    ------
    Refusal
        For what cannot be meant: in one sentence, with the remedy.

    Examples
    --------
    >>> runs = read("planets")
    >>> dict(runs.sizes)
    {'run': 8, 'time': 600}
    >>> runs["vx"].attrs["of"], runs["vx"].attrs["units"]
    ('x', 'au/day')
    """
    wishes = _wishes(run, time, ignore, angle, position, population, units, velocities)
    with found(paths) as (files, names):
        raw = long_enough(gathered(files, wishes))
        plan = variables.plan(raw.runs, wishes, sorted_out=raw.sorted_out)
        return _signed(variables.carry_out(plan, raw.runs), raw, plan, names)


def read_chunks(
    paths: Paths,
    *,
    run: str | None = None,
    time: str | None = None,
    ignore: Names = (),
    angle: Names = (),
    position: Names = (),
    population: Names = (),
    units: str | Mapping[str, str] | None = None,
    velocities: bool = True,
    rows: int = 250_000,
) -> Iterator[Trajectories]:
    """Read as `read` does, some whole runs at a time, in the memory of one chunk.

    CSV and Parquet are streamed, and their runs must be contiguous; of the other
    formats one file is held at a time. What columns mean is decided on the first
    chunk. A column that is constant there becomes a parameter. A run longer than a
    chunk comes in pieces of one name; a velocity that is estimated is one-sided at
    a piece's ends.

    Parameters
    ----------
    rows
        How many samples a chunk holds, about.

    Raises
    ------
    Refusal
        As `read`; where a run's rows are scattered; where a later chunk contradicts
        the first.

    Examples
    --------
    >>> [chunk.sizes["run"] for chunk in read_chunks("planets", rows=2000)]
    [3, 3, 1, 1]
    """
    wishes = _wishes(run, time, ignore, angle, position, population, units, velocities)
    if rows < 2 * KEPT_BACK:
        raise Refusal(f"chunks of {rows} rows", f"at least {2 * KEPT_BACK}")
    with found(paths) as (files, names):
        in_rows = all(kind_of(file) in ("csv", "parquet") for file in files)
        parts = streamed(files, wishes, rows) if in_rows else sliced(files, wishes, rows)
        plan: Plan | None = None
        for part in parts:
            raw = long_enough(part, may_be_empty=plan is not None)
            if not raw.runs.sizes["run"]:
                continue
            plan = plan or variables.plan(
                raw.runs, wishes, sorted_out=raw.sorted_out, first_of_many=True
            )
            yield _signed(variables.carry_out(plan, raw.runs), raw, plan, names)


def write(runs: Trajectories, path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Write runs to CSV (`.csv`, `.csv.gz`), Parquet (`.parquet`) or NetCDF (`.nc`).

    The file appears whole or not at all. Parquet and NetCDF hold everything; CSV
    holds units in its header, and neither roles nor origin.

    Returns
    -------
    tuple of str
        What the format could not hold, a sentence each.

    Raises
    ------
    Refusal
        For another ending, a missing folder, or a format that needs an extra.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     lost = write(read("planets"), f"{folder}/planets.csv")
    ...     read(f"{folder}/planets.csv").equals(read("planets"))
    True
    >>> lost
    ('CSV holds no roles and no origin; NetCDF and Parquet do',)
    """
    place = Path(path).expanduser()
    writers = {
        "csv": delimited.write_csv,
        "parquet": parquet.write_parquet,
        "netcdf": netcdf.write_netcdf,
    }
    kind = KINDS.get(ending(place), "")
    if kind not in writers or ending(place) in ("tsv", "txt", "dat"):
        raise Refusal(f"{place.name!r} to write to", "an ending .csv, .csv.gz, .parquet or .nc")
    if not place.parent.is_dir():
        raise Refusal(f"no folder {str(place.parent)!r}", remedy="make it first")
    check(runs)
    draft = place.with_name(f".{secrets.token_hex(6)}.{place.name}")
    try:
        lost = writers[kind](runs, draft)
        draft.replace(place)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(f"{place} cannot be written: {reason}", remedy="choose another") from None
    finally:
        draft.unlink(missing_ok=True)
    return lost


def _wishes(
    run: str | None,
    time: str | None,
    ignore: Names,
    angle: Names,
    position: Names,
    population: Names,
    asked: str | Mapping[str, str] | None,
    velocities: bool,
) -> Wishes:
    points = (position,) if isinstance(position, str) else tuple(position)
    return Wishes(
        run or None,
        time or None,
        tuple(listed(ignore)),
        tuple(listed(angle)),
        points,
        tuple(listed(population)),
        unit_algebra.assignments(asked),
        velocities,
    )


def _signed(runs: Trajectories, raw: Raw, plan: Plan, names: Iterable[str]) -> Trajectories:
    """With notes, and with an origin where the file had none."""
    notes = list(dict.fromkeys([*raw.notes, *plan.notes]))
    origin = {"maker": "lawful.read", "files": list(names), "version": __version__}
    kept = raw.runs.attrs.get("origin", "") if raw.sorted_out else ""
    attributes = {**raw.runs.attrs, "origin": kept or json.dumps(origin)}
    return runs.assign_attrs({**attributes, "notes": json.dumps(notes, ensure_ascii=False)})
