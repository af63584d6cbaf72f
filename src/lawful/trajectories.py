"""The one type: trajectories of anything that evolves, as a schema on `xarray.Dataset`.

    x(run, time): what was measured;  time(run, time) or time(time): when.

- Dimensions `run` and `time`; fields may add named space axes after them.
- One float64 data variable for each state variable, with `attrs["units"]`
  (`""` where unknown, `"1"` where dimensionless) and optionally
  `attrs["long_name"]`, `attrs["role"]`, `attrs["group"]`, `attrs["axis"]`,
  `attrs["of"]` (see `ROLES`).
- The coordinate `time` on `(time,)`, or on `(run, time)` where runs keep their
  own clocks. Shorter runs end in NaN, in the clock and in every variable; a gap
  inside a run is a NaN in a variable.
- What is fixed within a run (a mass, a learning rate) is a coordinate on `run`.
- `attrs["origin"]` is JSON: maker, settings, seed, version.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from lawful.refusal import Refusal

Trajectories = xr.Dataset

ROLES = {
    "position": "a component of a point's position; `group` names the point, `axis` the component",
    "velocity": "the rate of the position in `of`; same `group` and `axis`",
    "angle": "an angle in radians; only its sine and cosine have meaning",
    "angular_velocity": "the rate of the angle in `of`",
    "population": "a positive amount, whose logarithm has meaning",
    "vector": "a component of a vector that is no position; `group` names it, `axis` the component",
    "scalar": "anything else",
}


def make(
    variables: Mapping[str, ArrayLike],
    time: ArrayLike,
    *,
    runs: Sequence[Any] | None = None,
    units: Mapping[str, str] | None = None,
    roles: Mapping[str, Mapping[str, str]] | None = None,
    parameters: Mapping[str, ArrayLike] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Trajectories:
    """Make `Trajectories` from arrays.

    Parameters
    ----------
    variables
        Arrays by name, each of shape (run, time) or (time,) for a single run.
    time
        Shape (time,) for one clock, (run, time) for a clock a run.
    runs
        Names of the runs; 0, 1, 2, … when not given.
    units
        Units by variable name, `"time"` included, as CF and UDUNITS spell them.
    roles
        Attributes by variable name: `{"vx": {"role": "velocity", "of": "x", …}}`.
    parameters
        What is fixed within a run, each of shape (run,) or a scalar.
    origin
        Who made this, with which settings and seed.

    Raises
    ------
    Refusal
        Where shapes disagree or the result would not pass `check`.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.linspace(0, 6, 50)
    >>> runs = make({"x": np.cos(t), "v": -np.sin(t)}, t, units={"x": "m", "v": "m/s"})
    >>> dict(runs.sizes)
    {'run': 1, 'time': 50}
    """
    units, roles = units or {}, roles or {}
    arrays = {name: np.atleast_2d(np.asarray(v, dtype=float)) for name, v in variables.items()}
    if not arrays:
        raise Refusal("no variables", "at least one array of shape (run, time)")
    shape = next(iter(arrays.values())).shape
    names = list(range(shape[0])) if runs is None else [str(r) for r in runs]
    clock = np.asarray(time, dtype=float)
    dataset = xr.Dataset(
        {
            name: (("run", "time", *(f"{name}_axis{k}" for k in range(array.ndim - 2))), array)
            for name, array in arrays.items()
        },
        coords={
            "run": names,
            "time": (("run", "time") if clock.ndim == 2 else ("time",), clock),
            **{
                name: ("run", np.broadcast_to(np.asarray(value, dtype=float), shape[:1]).copy())
                for name, value in (parameters or {}).items()
            },
        },
        attrs={"origin": json.dumps(dict(origin or {"maker": "lawful.make"}))},
    )
    for name in [*arrays, "time", *(parameters or {})]:
        dataset[name].attrs["units"] = units.get(name, "")
    for name, attributes in roles.items():
        dataset[name].attrs.update(attributes)
    return check(dataset)


def check(runs: Trajectories) -> Trajectories:
    """Return `runs` unchanged if it follows the schema; refuse it otherwise.

    >>> import xarray as xr
    >>> check(xr.Dataset({"x": ("t", [1.0, 2.0])}))
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: variable 'x' has dimensions ('t',); expected ('run', 'time', …); \
rename or add the dimensions
    """
    if not runs.data_vars:
        raise Refusal("a dataset without variables", "at least one on ('run', 'time')")
    for name, variable in runs.data_vars.items():
        if tuple(variable.dims[:2]) != ("run", "time"):
            raise Refusal(
                f"variable {name!r} has dimensions {tuple(map(str, variable.dims))}",
                "('run', 'time', …)",
                "rename or add the dimensions",
            )
        if variable.dtype != np.float64:
            raise Refusal(f"variable {name!r} is {variable.dtype}", "float64", "convert it first")
        role = variable.attrs.get("role", "scalar")
        if role not in ROLES:
            raise Refusal(f"variable {name!r} has role {role!r}", "one of " + ", ".join(ROLES))
    if "time" not in runs.coords:
        raise Refusal("no coordinate 'time'", "one on ('time',) or ('run', 'time')")
    _check_clock(clock(runs))
    return runs


def _check_clock(times: NDArray[np.float64]) -> None:
    if np.isinf(times).any():
        raise Refusal("an infinite time", "finite times", "remove those samples")
    held = ~np.isnan(times)
    if (held[:, 1:] & ~held[:, :-1]).any():
        raise Refusal("a missing time inside a run", "times without gaps", "drop those samples")
    steps = np.diff(times, axis=1)
    if (steps <= 0).any():
        run = int(np.argwhere(steps <= 0)[0, 0])
        raise Refusal(
            f"times that do not increase in run {run}", "increasing times", "sort them first"
        )


def clock(runs: Trajectories) -> NDArray[np.float64]:
    """The times as an array of shape (run, time), NaN after a run's end."""
    times = np.asarray(runs["time"].values, dtype=float)
    return np.broadcast_to(times, (runs.sizes["run"], times.size)) if times.ndim == 1 else times


def stack(parts: Sequence[Trajectories]) -> Trajectories:
    """One `Trajectories` with the runs of all `parts`, padded with NaN to the longest.

    Raises
    ------
    Refusal
        Where the parts do not have the same variables in the same units.

    Examples
    --------
    >>> a = make({"x": [[1.0, 2.0, 3.0]]}, [0.0, 1.0, 2.0])
    >>> b = make({"x": [[1.0, 2.0]]}, [0.0, 0.5])
    >>> dict(stack([a, b]).sizes)
    {'run': 2, 'time': 3}
    """
    if not parts:
        raise Refusal("no trajectories to stack", "at least one")
    first = parts[0]
    for part in parts[1:]:
        for name in {*first.data_vars} ^ {*part.data_vars}:
            raise Refusal(
                f"variable {name!r} is not in every part", "the same variables", "drop it"
            )
        for name in first.data_vars:
            if part[name].attrs.get("units") != first[name].attrs.get("units"):
                raise Refusal(
                    f"variable {name!r} is in {first[name].attrs.get('units')!r} and in "
                    f"{part[name].attrs.get('units')!r}",
                    "one unit",
                    "convert one of them",
                )
    length = max(part.sizes["time"] for part in parts)
    padded = [_padded(part, length) for part in parts]
    names = [name for part in parts for name in part["run"].values]
    joined = xr.concat(padded, "run", join="override", combine_attrs="override")
    unique = len(set(names)) == len(names)
    return check(joined.assign_coords(run=names if unique else np.arange(len(names))))


def _padded(part: Trajectories, length: int) -> Trajectories:
    """`part` with its own clock on (run, time), lengthened with NaN."""
    times = xr.DataArray(clock(part), dims=("run", "time"), attrs=part["time"].attrs)
    bare = part.drop_vars("time").assign(_clock=times)
    longer = bare.pad(time=(0, length - part.sizes["time"]), constant_values=np.nan)
    return longer.assign_coords(time=longer["_clock"]).drop_vars("_clock")
