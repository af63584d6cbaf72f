"""NetCDF: the schema of `trajectories.py` as it is; files of others by their shapes.

Version 4 (HDF5) needs h5netcdf; version 3 is read and written with SciPy alone,
and is what is written where h5netcdf is missing.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lawful.refusal import Refusal, missing_extra
from lawful.trajectories import Trajectories, check

_HDF5 = b"\x89HDF"


def load_netcdf(path: Path) -> xr.Dataset:
    """The whole file, times and units as they stand.

    Raises
    ------
    Refusal
        For version 4 where h5netcdf is not installed, or for neither version.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head[:3] != b"CDF" and head != _HDF5:
        raise Refusal(f"{path.name} is no NetCDF file by its first bytes", "NetCDF 3 or 4")
    engine = "h5netcdf" if head == _HDF5 else "scipy"
    if engine == "h5netcdf" and find_spec("h5netcdf") is None:
        raise missing_extra("h5netcdf", "io")
    if engine == "h5netcdf":
        # On a broken file h5netcdf leaves a half-made object that complains as it goes.
        import h5py

        with h5py.File(path, "r") as file:
            dict(file.attrs)
            file.visititems(lambda _, item: dict(item.attrs) and None)
    with xr.open_dataset(path, engine=engine, decode_times=False, decode_timedelta=False) as held:
        return held.load()


def as_trajectories(held: xr.Dataset) -> Trajectories | None:
    """The file as `Trajectories` where it follows the schema, else None."""
    if "time" not in held.dims or "time" not in held.variables:
        return None
    if "run" not in held.dims:
        if any(v.dims != ("time",) for v in held.data_vars.values()):
            return None
        held = held.expand_dims(run=[0]).assign_coords(time=held["time"])
    fixed = [n for n, v in held.data_vars.items() if v.dims == ("run",)]
    held = held.set_coords([*fixed, "time"])
    if not held.data_vars or any({"run", "time"} - {*v.dims} for v in held.data_vars.values()):
        return None
    if not {*held["time"].dims} <= {"run", "time"}:
        return None
    held = held.transpose("run", "time", ...)
    numeric = [*held.data_vars, *fixed, "time"]
    if any(held[name].dtype.kind not in "biuf" for name in numeric):
        return None
    for name in numeric:
        attributes = held[name].attrs
        held[name] = held[name].astype(float)
        held[name].attrs.update({**attributes, "units": str(attributes.get("units", ""))})
    held = held.assign_coords(run=_names(held))
    for name, values in {**held.data_vars, "time": held["time"]}.items():
        if np.isinf(values.values).any():
            raise Refusal(f"variable {name!r} is infinite", "finite numbers, or NaN for a gap")
    return check(_bare(held))


def _names(held: xr.Dataset) -> Any:
    if "run" not in held.variables:
        return np.arange(held.sizes["run"])
    names = held["run"].values
    whole = names.dtype.kind in "iu" or (names.dtype.kind == "f" and not (names % 1).any())
    values = names.astype(np.int64) if whole else np.array([str(name) for name in names])
    return ("run", values, held["run"].attrs)


def _bare(held: xr.Dataset) -> xr.Dataset:
    """Without the encodings of the file, which would follow it into another."""
    held = held.copy()
    held.encoding = {}
    for variable in held.variables.values():
        variable.encoding = {}
    return held


def write_netcdf(runs: Trajectories, path: Path) -> tuple[str, ...]:
    """Write everything; version 4 where h5netcdf is installed, else version 3."""
    bare = _bare(runs)
    if find_spec("h5netcdf") is not None:
        bare.to_netcdf(path, engine="h5netcdf", encoding=_packed(bare))
        return ()
    bare.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    return ()


def _packed(runs: xr.Dataset) -> dict[Any, dict[str, Any]]:
    large = [n for n, v in runs.data_vars.items() if v.size > 100_000]
    return {name: {"zlib": True, "complevel": 3, "shuffle": True} for name in large}


def foreign_arrays(held: xr.Dataset) -> tuple[dict[str, Any], dict[str, str]]:
    """Arrays and units by name, for a file that does not follow the schema."""
    arrays = {
        str(n): np.asarray(v.values)
        for n, v in held.variables.items()
        if v.dtype.kind in "biufUSM" and v.ndim <= 2
    }
    units = {str(n): str(v.attrs["units"]) for n, v in held.variables.items() if "units" in v.attrs}
    return arrays, units


def notes_of(runs: xr.Dataset) -> list[str]:
    """What earlier readers have said of these runs."""
    try:
        notes = json.loads(str(runs.attrs.get("notes", "[]")))
    except ValueError:
        return []
    return [str(note) for note in notes] if isinstance(notes, list) else []
