"""Named arrays: what NPZ, MATLAB and foreign NetCDF files hold, by name.

    x: (run, time) or (time,);  t: (time,) or (run, time);  m: (run,)

Arrays of one length alone are the columns of a table. Otherwise each array's
shape says what it is: (run, time) a variable, (time, run) one transposed, (run,) a
parameter or the runs' names, (time,) a variable common to all runs.
"""

import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.headers import Headers, read_headers
from lawful.layout import Table
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

Arrays = dict[str, NDArray[Any]]


def load_npz(path: Path, ignore: Container[str] = ()) -> Arrays:
    """The arrays of an NPZ file; pickled objects are refused, never loaded."""
    arrays = {}
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        if not hasattr(archive, "files"):
            raise Refusal(f"{path.name} is a single array", "an NPZ file", "use numpy.savez")
        for name in archive.files:
            if name in ignore:
                continue
            try:
                arrays[name] = archive[name]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                raise Refusal(
                    f"array {name!r} of {path.name} holds pickled objects",
                    "numbers or text",
                    f"save it as a plain array (pickles can run code), or say --ignore {name}",
                ) from None
    return arrays


def table(arrays: Arrays, headers: Headers, source: str, hints: Mapping[str, Any]) -> Table | None:
    """The arrays as columns of a table; None where their shapes ask for a grid."""
    import pandas as pd

    columns = {name: a for name, a in _named(arrays, headers).items() if a.size != 1}
    if not columns or any(a.ndim != 1 for a in columns.values()):
        return None
    if len({len(a) for a in columns.values()}) != 1:
        return None
    left = [name for name in headers.names if name not in columns]
    notes = [*hints.get("notes", ()), *(f"{name} is a single number: not used" for name in left)]
    return Table(pd.DataFrame(columns), headers, source, {**hints, "notes": notes})


def grid(
    arrays: Arrays,
    headers: Headers,
    source: str,
    notes: list[str],
    *,
    run: str | None = None,
    time: str | None = None,
    ignore: tuple[str, ...] = (),
) -> Trajectories:
    """Arrays on (run, time) as raw runs.

    Raises
    ------
    Refusal
        Where no array can be the time, or shapes do not fit it.
    """
    passed = {headers.find(name, "--ignore") for name in ignore}
    named = {n: a for n, a in _named(arrays, headers).items() if n not in passed}
    clock_name = headers.find(time, "--time") if time else _clock_name(named)
    run_name = headers.find(run, "--run") if run else _run_name(named)
    clock = _as_numbers(clock_name, named.pop(clock_name))
    names = named.pop(run_name) if run_name else None
    number, length = _extent(named, clock)
    clock = clock.T if clock.ndim == 2 and clock.shape == (length, number) else clock
    variables: dict[str, NDArray[np.float64]] = {}
    parameters: dict[str, NDArray[np.float64]] = {}
    for name, array in named.items():
        if array.dtype.kind in "US":
            notes.append(f"{name} holds text: not used")
            continue
        values = _as_numbers(name, array)
        if values.size == 1:
            notes.append(f"{name} is a single number: not used")
        elif values.shape == (number,) and number > 1:
            parameters[name] = values
        else:
            variables[name] = _placed(name, values, number, length, notes)
    if not variables:
        raise Refusal(f"{source} holds no variables", "arrays of shape (run, time) or (time,)")
    for name, values in {clock_name: clock, **variables, **parameters}.items():
        if np.isinf(values).any():
            place = tuple(map(int, np.argwhere(np.isinf(values))[0]))
            raise Refusal(
                f"array {name!r} is infinite at {place}",
                "finite numbers, or NaN for a gap",
                "correct it",
            )
    if clock.ndim == 2 and number > 1 and (clock == clock[:1]).all():
        clock = clock[0]
    units = {**headers.units, "time": headers.units.get(clock_name, "")}
    runs = make(variables, clock, parameters=parameters, units=units)
    runs["time"].attrs["long_name"] = clock_name
    return runs.assign_coords(run=_run_labels(names, number, source))


def _named(arrays: Arrays, headers: Headers) -> Arrays:
    """Arrays by the names that formulas can hold, rows and columns of one made flat."""
    result = {}
    for name, array in zip(headers.names, arrays.values(), strict=True):
        if array.dtype.kind not in "biufUSM":
            raise Refusal(
                f"array {name!r} holds {array.dtype}",
                "numbers, or text that names the runs",
                f"save it as a plain array, or leave it out with --ignore {name}",
            )
        flat = array.ndim == 2 and 1 in array.shape
        result[name] = array.reshape(-1) if flat else array
    return result


def headers_of(arrays: Arrays, units: Mapping[str, str] | None = None) -> Headers:
    """Names and units of arrays; titles may hold units, and `units` adds to them."""
    if not arrays:
        raise Refusal("a file without arrays", "the time and at least one variable")
    headers = read_headers(arrays)
    extra = dict(zip(headers.titles, headers.names, strict=True))
    spelled = {**headers.units, **{extra[t]: u for t, u in (units or {}).items() if t in extra}}
    return Headers(headers.titles, headers.names, spelled, headers.notes)


def _clock_name(named: Arrays) -> str:
    for pattern in (r"t", r"time", r"t_?\w{0,4}|times?(_\w+)?|timestamps?|tspan|tout"):
        for name, array in named.items():
            if re.fullmatch(pattern, name, re.IGNORECASE) and array.dtype.kind in "iuf":
                return name
    raise Refusal(
        f"no array of times among {', '.join(list(named)[:12])}",
        "one called t or time",
        "name it with --time",
    )


def _run_name(named: Arrays) -> str:
    """The one array of text, or one called so."""
    texts = [n for n, a in named.items() if a.dtype.kind in "US" and a.ndim == 1]
    called = [n for n, a in named.items() if n in ("run", "runs") and a.ndim == 1]
    return next(iter([*called, *texts]), "")


def _as_numbers(name: str, array: NDArray[Any]) -> NDArray[np.float64]:
    if array.dtype.kind not in "biuf":
        raise Refusal(f"array {name!r} holds {array.dtype}", "numbers", f"say --ignore {name}")
    return array.astype(float)


def _extent(named: Arrays, clock: NDArray[np.float64]) -> tuple[int, int]:
    """How many runs, and how many samples."""
    if clock.ndim == 2:
        like = [a.shape for a in named.values() if a.ndim == 2]
        number, length = clock.shape
        turned = np.all(np.diff(clock, axis=0) > 0) and not np.all(np.diff(clock, axis=1) > 0)
        return (length, number) if turned and like else (number, length)
    if clock.ndim != 1 or clock.size < 2:
        raise Refusal(f"times of shape {clock.shape}", "(time,) or (run, time)")
    length = clock.size
    for array in named.values():
        if array.ndim == 2 and length in array.shape:
            number = array.shape[0] if array.shape[1] == length else array.shape[1]
            return int(number), length
    return 1, length


def _placed(
    name: str, values: NDArray[np.float64], number: int, length: int, notes: list[str]
) -> NDArray[np.float64]:
    """`values` on (run, time)."""
    if values.shape == (number, length):
        return values
    if values.shape == (length, number):
        notes.append(f"{name} is given as (time, run) and is transposed")
        return values.T
    if values.shape == (length,):
        if number > 1:
            notes.append(f"{name} is one series common to all runs")
        return np.broadcast_to(values, (number, length)).copy()
    raise Refusal(
        f"array {name!r} has the shape {values.shape}",
        f"({number}, {length}), as the runs and times have",
        f"leave it out with --ignore {name}",
    )


def _run_labels(names: NDArray[Any] | None, number: int, source: str) -> NDArray[Any]:
    if names is None:
        return np.array([source]) if number == 1 else np.arange(number)
    if names.shape != (number,):
        raise Refusal(f"{names.size} names for {number} runs", "one each", "correct them")
    return names.astype(np.int64) if names.dtype.kind in "iu" else names.astype(str)
