"""The doors: what goes in comes out, what cannot be meant is refused in one sentence."""

import gzip
import io
import json
import time as clock_time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lawful
from lawful import files
from lawful.refusal import Refusal
from lawful.trajectories import make

T = np.linspace(0, 6, 40)
OUT = ["csv", "csv.gz", "parquet", "nc"]


def orbit_rows(runs=3, samples=40):
    """A long table of planar motion, one circle a run."""
    parts = []
    for k in range(runs):
        t = np.linspace(0, 6 + k, samples)
        x, y = (k + 1) * np.cos(t), (k + 1) * np.sin(t)
        parts.append(
            pd.DataFrame(
                {"trial": f"r{k}", "t": t, "x": x, "y": y, "vx": -y, "vy": x, "m": k + 0.5}
            )
        )
    return pd.concat(parts, ignore_index=True)


def saved(tmp_path, frame, name="my.csv"):
    path = tmp_path / name
    frame.to_csv(path, index=False)
    return path


def text(tmp_path, content, name="my.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def notes(runs):
    return json.loads(runs.attrs["notes"])


def ragged():
    """Runs of three lengths on three clocks, with gaps, a parameter and roles."""
    rng = np.random.default_rng(3)
    times = np.full((3, 30), np.nan)
    x = np.full((3, 30), np.nan)
    for k, n in enumerate((30, 21, 12)):
        times[k, :n] = np.cumsum(rng.uniform(0.1, 1, n))
        x[k, :n] = rng.normal(size=n)
    v = x * np.pi
    x[0, 4:7] = np.nan
    v[1, 10] = np.nan
    return make(
        {"x": x, "v": v, "theta": np.sin(x) / 3},
        times,
        runs=["a", "b", "c"],
        units={"x": "m", "v": "m s-1", "theta": "rad", "time": "s", "mass": "kg"},
        roles={
            "x": {"role": "position", "group": "x", "axis": "x"},
            "v": {"role": "velocity", "group": "x", "axis": "x", "of": "x"},
            "theta": {"role": "angle"},
        },
        parameters={"mass": [1.0, 2.5, 1 / 3]},
        origin={"maker": "test", "seed": 3},
    )


def refused(read, path):
    """Nothing but a refusal may come of `read(path)`, and that on one line."""
    said = ""
    try:
        read(path)
    except Refusal as refusal:
        said = str(refusal)
    assert "\n" not in said


# Round trips.


@pytest.mark.parametrize("ending", OUT)
def test_what_is_written_is_read_again(tmp_path, ending):
    runs = ragged()
    path = tmp_path / f"runs.{ending}"
    lost = files.write(runs, path)
    again = files.read(path)
    assert again.equals(runs)
    assert {*again.coords} == {*runs.coords}
    for name in [*runs.data_vars, "time", "mass"]:
        assert again[name].attrs["units"] == runs[name].attrs["units"], name
    for name in runs.data_vars:
        roles = {k: again[name].attrs.get(k) for k in ("role", "group", "axis", "of")}
        assert roles == {k: runs[name].attrs.get(k) for k in roles}
    if ending.startswith("csv"):
        assert "roles" in lost[0]
    else:
        assert lost == ()
        assert again.attrs["origin"] == runs.attrs["origin"]
    files.write(again, path)
    assert files.read(path).equals(runs)


@pytest.mark.parametrize("ending", OUT)
def test_a_shared_clock_and_numbered_runs_come_back(tmp_path, ending):
    x = np.sin(T + np.arange(4)[:, None])
    runs = make({"x": x, "v": np.cos(T + np.arange(4)[:, None])}, T, units={"x": "m", "time": "s"})
    path = tmp_path / f"runs.{ending}"
    files.write(runs, path)
    again = files.read(path)
    assert again.equals(runs)
    assert again["time"].dims == ("time",)
    assert again["run"].values.tolist() == [0, 1, 2, 3]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), runs=st.integers(1, 4), scale=st.integers(-200, 200))
@pytest.mark.parametrize("ending", ["csv", "parquet", "nc"])
def test_round_trip_to_the_last_bit(tmp_path, ending, seed, runs, scale):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(8, 15, runs)
    times = np.full((runs, lengths.max()), np.nan)
    values = np.full((2, runs, lengths.max()), np.nan)
    for k, n in enumerate(lengths):
        times[k, :n] = np.cumsum(rng.exponential(size=n)) + 1e-9
        values[:, k, :n] = rng.normal(size=(2, n)) * 10.0**scale
    made = make({"a": values[0], "b": values[1]}, times, runs=[f"run {k}" for k in range(runs)])
    path = tmp_path / f"any.{ending}"
    files.write(made, path)
    again = files.read(path)
    for name in ("a", "b"):
        assert np.array_equal(again[name].values, made[name].values, equal_nan=True)
    assert np.array_equal(np.broadcast_to(again["time"].values, times.shape), times, equal_nan=True)


def test_netcdf_3_without_the_extra(tmp_path, monkeypatch):
    from lawful import netcdf

    files.write(ragged(), tmp_path / "four.nc")
    monkeypatch.setattr(netcdf, "find_spec", lambda name: None)
    files.write(ragged(), tmp_path / "three.nc")
    assert (tmp_path / "three.nc").read_bytes()[:3] == b"CDF"
    assert files.read(tmp_path / "three.nc").equals(ragged())
    with pytest.raises(Refusal, match=r"pip install 'lawful\[io\]'"):
        files.read(tmp_path / "four.nc")


def test_parquet_without_the_extra(tmp_path, monkeypatch):
    import importlib

    files.write(ragged(), tmp_path / "a.parquet")

    def missing(name, *rest):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(Refusal, match=r"pip install 'lawful\[io\]'"):
        files.read(tmp_path / "a.parquet")


def test_a_field_goes_to_netcdf_alone(tmp_path):
    field = make({"psi": np.random.default_rng(0).normal(size=(2, 10, 5))}, np.arange(10.0))
    files.write(field, tmp_path / "field.nc")
    assert files.read(tmp_path / "field.nc").equals(field)
    with pytest.raises(Refusal, match="NetCDF"):
        files.write(field, tmp_path / "field.csv")


def test_writing_is_whole_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    files.write(ragged(), path)
    before = path.read_bytes()

    def broken(*args, **options):
        Path(args[1]).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.delimited, "write_csv", broken)
    with pytest.raises(Refusal, match="No space left"):
        files.write(ragged(), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


@pytest.mark.parametrize(
    "name", ["runs.xlsx", "runs", "runs.npz", "runs.tsv", "no/folder/runs.csv"]
)
def test_where_nothing_can_be_written(tmp_path, name):
    with pytest.raises(Refusal):
        files.write(ragged(), tmp_path / name)


def test_the_same_bytes_for_the_same_runs(tmp_path):
    for ending in ("csv", "csv.gz", "parquet"):
        pair = [tmp_path / f"{k}.{ending}" for k in "ab"]
        for path in pair:
            files.write(ragged(), path)
        assert pair[0].read_bytes() == pair[1].read_bytes()


# Tables.


def test_planets_come_with_the_package():
    runs = lawful.read("planets")
    assert dict(runs.sizes) == {"run": 8, "time": 600}
    assert {v.attrs["role"] for v in runs.data_vars.values()} == {"position", "velocity"}
    assert runs["x"].attrs["units"] == "au"
    assert runs["time"].attrs["units"] == "day"
    assert runs["time"].dims == ("run", "time")
    assert np.isfinite(runs.to_array().values).all()
    radius = np.sqrt(runs.x**2 + runs.y**2 + runs.z**2).mean("time")
    assert float(radius.sel(run="earth_moon")) == pytest.approx(1, abs=0.01)


def test_a_long_table(tmp_path):
    runs = files.read(saved(tmp_path, orbit_rows()))
    assert runs["run"].values.tolist() == ["r0", "r1", "r2"]
    assert list(runs.data_vars) == ["x", "y", "vx", "vy"]
    assert runs["m"].dims == ("run",)
    assert runs["m"].values.tolist() == [0.5, 1.5, 2.5]
    said = notes(runs)
    for part in ("t is taken as the time", "trial is taken as the name", "m: fixed within"):
        assert any(part in note for note in said), said


def test_interleaved_runs_are_sorted_out(tmp_path):
    frame = orbit_rows()
    mixed = frame.iloc[np.arange(120).reshape(3, 40).T.ravel()]
    assert files.read(saved(tmp_path, mixed)).equals(files.read(saved(tmp_path, frame)))


def test_columns_named_by_the_user(tmp_path):
    frame = orbit_rows().rename(columns={"trial": "wxyz", "t": "when"})
    frame["wxyz"] = frame["wxyz"].str[1:].astype(int)
    runs = files.read(saved(tmp_path, frame), run="wxyz", time="when", ignore="m")
    assert runs["run"].values.tolist() == [0, 1, 2]
    assert "m" not in runs.variables
    with pytest.raises(Refusal, match="--run 'wxy' names no column; did you mean 'wxyz'"):
        files.read(saved(tmp_path, frame), run="wxy")


def test_two_columns_name_the_run_together(tmp_path):
    frame = pd.concat([orbit_rows().assign(subject=s) for s in ("ann", "bob")])
    runs = files.read(saved(tmp_path, frame))
    assert runs.sizes["run"] == 6
    named = files.read(saved(tmp_path, frame), run="subject,trial")
    assert named["run"].values.tolist()[:2] == ["ann/r0", "ann/r1"]


@pytest.mark.parametrize(
    ("separator", "options"),
    [(";", {}), ("\t", {}), ("|", {}), (" ", {}), (";", {"decimal": ","})],
)
def test_delimiters(tmp_path, separator, options):
    frame = orbit_rows()
    path = tmp_path / "my.txt"
    frame.to_csv(path, index=False, sep=separator, **options)
    runs = files.read(path)
    assert runs.equals(files.read(saved(tmp_path, frame)))
    assert any("columns are parted by" in note for note in notes(runs))


def test_headers_with_units_comments_and_odd_names(tmp_path):
    rows = "\n".join(f"{t},{np.sin(t)},{np.cos(t)},{np.cos(3 * t)}" for t in T)
    runs = files.read(
        text(tmp_path, f"# made by hand\n\nt [s],x (m),v [m/s],peak force [zzz]\n{rows}")
    )
    assert runs["time"].attrs["units"] == "s"
    assert runs["x"].attrs["units"] == "m"
    assert runs["peak_force"].attrs["units"] == ""
    said = " ".join(notes(runs))
    assert "is called peak_force here" in said
    assert "[zzz]" in said


def test_numpy_savetxt_header(tmp_path):
    path = tmp_path / "my.dat"
    np.savetxt(path, np.stack([T, np.sin(T), np.cos(T)], axis=1), header="t x v")
    assert list(files.read(path).data_vars) == ["x", "v"]


def test_a_byte_order_mark_and_windows_lines(tmp_path):
    rows = "\r\n".join(f"{t},{np.sin(t)},{np.cos(t)}" for t in T)
    runs = files.read(text(tmp_path, "\ufefft,x,v\r\n" + rows))
    assert list(runs.data_vars) == ["x", "v"]


def test_gaps_stay_gaps(tmp_path):
    frame = orbit_rows()
    frame.loc[[3, 4, 50], "x"] = np.nan
    runs = files.read(saved(tmp_path, frame))
    assert int(np.isnan(runs["x"]).sum()) == 3
    assert np.isnan(runs["x"].values[0, 3:5]).all()
    assert "x has 3 gaps (no value)" in notes(runs)


def test_a_time_that_restarts_parts_runs(tmp_path):
    frame = orbit_rows().drop(columns=["trial", "m"])
    runs = files.read(saved(tmp_path, frame, "swing.csv"))
    assert runs["run"].values.tolist() == ["swing", "swing/2", "swing/3"]
    assert any("restarts 2 times" in note for note in notes(runs))


def test_one_run_is_called_by_its_file(tmp_path):
    frame = orbit_rows(1).drop(columns=["trial", "m"])
    runs = files.read(saved(tmp_path, frame, "swing.csv"))
    assert runs["run"].values.tolist() == ["swing"]
    assert runs["time"].dims == ("time",)


def test_dates_become_seconds(tmp_path):
    frame = orbit_rows()
    frame["t"] = (pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["t"], unit="s")).dt.strftime(
        "%Y-%m-%dT%H:%M:%S.%f"
    )
    runs = files.read(saved(tmp_path, frame))
    assert runs["time"].attrs["units"] == "s"
    assert np.nanmax(runs["time"].values) == pytest.approx(8)


def test_constants_copies_and_text_are_left_out_and_said(tmp_path):
    frame = orbit_rows().assign(g=9.81, x2=lambda f: f["x"], note="fine", empty=np.nan)
    frame["index"] = frame["t"]
    runs = files.read(saved(tmp_path, frame))
    assert list(runs.data_vars) == ["x", "y", "vx", "vy"]
    said = notes(runs)
    for part in (
        "g is 9.81 everywhere: left out",
        "x2 is a copy of x: left out",
        "index is a copy of time: left out",
        "empty is empty: left out",
        "column note holds text: not used",
    ):
        assert part in said


def test_a_constant_velocity_is_no_parameter(tmp_path):
    """A projectile keeps its horizontal velocity: that is its law, not its setting."""
    frame = orbit_rows()
    frame["vx"] = frame["m"]
    frame["x"] = frame["m"] * frame["t"]
    runs = files.read(saved(tmp_path, frame))
    assert "vx" in runs.data_vars
    assert runs["m"].dims == ("run",) if "m" in runs.coords else True


def test_a_flat_orbit_loses_its_third_axis(tmp_path):
    frame = orbit_rows().assign(z=0.0, vz=0.0)
    assert list(files.read(saved(tmp_path, frame)).data_vars) == ["x", "y", "vx", "vy"]


def test_short_runs_are_dropped_and_said(tmp_path):
    frame = pd.concat([orbit_rows(), orbit_rows(1, 5).assign(trial="stub")])
    runs = files.read(saved(tmp_path, frame))
    assert runs["run"].values.tolist() == ["r0", "r1", "r2"]
    assert any("fewer than 8 samples: run stub" in note for note in notes(runs))
    with pytest.raises(Refusal, match="5 samples; expected at least 8"):
        files.read(saved(tmp_path, orbit_rows(1, 5)))


def test_units_and_degrees(tmp_path):
    frame = orbit_rows().drop(columns=["vx", "vy", "y"])
    frame["theta"] = 40 * np.sin(frame["t"])
    path = saved(tmp_path, frame)
    runs = files.read(path, units="theta=deg,t=s,x=m")
    assert runs["theta"].attrs["units"] == "rad"
    assert runs["theta"].attrs["role"] == "angle"
    assert float(np.nanmax(runs["theta"])) == pytest.approx(np.radians(40), rel=0.01)
    assert runs["time"].attrs["units"] == "s"
    assert "theta was in degrees and is turned into radians" in notes(runs)
    with pytest.raises(Refusal, match="--units for 'q'"):
        files.read(path, units="q=m")
    with pytest.raises(Refusal, match="not a unit"):
        files.read(path, units="x=wibble")


def test_velocities_are_estimated_where_positions_are_sure(tmp_path):
    frame = orbit_rows(2, 200).drop(columns=["vx", "vy"])
    path = saved(tmp_path, frame)
    runs = files.read(path, position="x,y", units="x=m,y=m,t=s")
    assert np.abs(runs["vx"] + runs["y"]).max() < 1e-6
    assert runs["vx"].attrs["units"] == "m s-1"
    assert runs["vx"].attrs["of"] == "x"
    assert "vx is estimated from x: it was not measured" in notes(runs)
    assert "vx" not in files.read(path)
    assert "vx" in files.read(path, units="x=m,y=m")
    assert "vx" not in files.read(path, position="x,y", velocities=False)


def test_rates_of_wrapped_angles(tmp_path):
    frame = pd.DataFrame({"t": np.linspace(0, 30, 400)})
    frame["theta"] = np.mod(2 * frame["t"] + 0.3 * np.sin(frame["t"]), 2 * np.pi)
    runs = files.read(saved(tmp_path, frame), angle="theta")
    expected = 2 + 0.3 * np.cos(frame["t"].to_numpy())
    assert np.abs(runs["theta_dot"].values[0] - expected).max() < 1e-5
    assert runs["theta_dot"].attrs["role"] == "angular_velocity"


# Several files.


def test_files_are_runs(tmp_path):
    for k in range(3):
        frame = orbit_rows(3).query(f"trial == 'r{k}'").drop(columns="trial")
        saved(tmp_path, frame, f"orbit{k}.csv")
    runs = files.read(str(tmp_path / "orbit*.csv"))
    assert runs["run"].values.tolist() == ["orbit0", "orbit1", "orbit2"]
    assert runs["m"].values.tolist() == [0.5, 1.5, 2.5]
    whole = files.read(saved(tmp_path, orbit_rows()))
    for name in whole.data_vars:
        assert np.array_equal(runs[name].values, whole[name].values)


def test_runs_of_one_name_in_two_files_are_two(tmp_path):
    paths = [saved(tmp_path, orbit_rows(), f"{name}.csv") for name in "ab"]
    runs = files.read(paths)
    assert runs["run"].values.tolist()[::3] == ["a/r0", "b/r0"]
    assert "runs of the same name in different files are different runs" in notes(runs)


def test_formats_mix(tmp_path):
    rows = orbit_rows()
    files.write(files.read(saved(tmp_path, rows.query("trial != 'r2'"))), tmp_path / "a.nc")
    last = saved(tmp_path, rows.query("trial == 'r2'"), "b.csv")
    runs = files.read([tmp_path / "a.nc", last], velocities=False)
    assert runs["run"].values.tolist() == ["r0", "r1", "r2"]


def test_files_must_agree(tmp_path):
    a = saved(tmp_path, orbit_rows(), "a.csv")
    b = saved(tmp_path, orbit_rows().drop(columns="vy"), "b.csv")
    with pytest.raises(Refusal, match="'vy' is in a, but not in b"):
        files.read([a, b])
    c = saved(tmp_path, orbit_rows().rename(columns={"x": "x [m]"}), "c.csv")
    with pytest.raises(Refusal, match="one unit"):
        files.read([a, c])


# Arrays.


def wide():
    phase = np.arange(3)[:, None]
    return {"t": T, "x": np.sin(T + phase), "v": np.cos(T + phase), "k": np.array([1.0, 2.0, 3.0])}


def hdf5_mat(path, held):
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in held.items():
            file[name] = np.atleast_2d(array).T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(512))


def saved_arrays(path, held):
    if path.suffix == ".npz":
        np.savez(path, **held)
    elif path.name.startswith("v73"):
        hdf5_mat(path, held)
    else:
        scipy.io.savemat(path, held)
    return path


@pytest.mark.parametrize("name", ["a.npz", "v5.mat", "v73.mat"])
def test_arrays_by_shape(tmp_path, name):
    runs = files.read(saved_arrays(tmp_path / name, wide()))
    assert dict(runs.sizes) == {"run": 3, "time": 40}
    assert np.array_equal(runs["x"].values, wide()["x"])
    assert runs["k"].values.tolist() == [1, 2, 3]
    assert runs["v"].attrs["role"] == "velocity"
    turned = {n: a.T for n, a in wide().items()}
    again = files.read(saved_arrays(tmp_path / name, turned))
    assert again.equals(runs)
    assert any("transposed" in note for note in notes(again))


@pytest.mark.parametrize("name", ["a.npz", "v5.mat", "v73.mat"])
def test_arrays_as_columns(tmp_path, name):
    held = {"t": T, "x": np.sin(T), "v": np.cos(T), "dt": np.array([0.1])}
    runs = files.read(saved_arrays(tmp_path / name, held))
    assert dict(runs.sizes) == {"run": 1, "time": 40}
    assert "dt is a single number: not used" in notes(runs)


def test_named_runs_and_own_clocks_in_arrays(tmp_path):
    held = {**wide(), "t": T + np.arange(3)[:, None], "run": np.array(["a", "b", "c"])}
    runs = files.read(saved_arrays(tmp_path / "a.npz", held))
    assert runs["run"].values.tolist() == ["a", "b", "c"]
    assert runs["time"].dims == ("run", "time")


def test_pickles_are_never_loaded(tmp_path):
    held = {**wide(), "evil": np.array([{"a": 1}], dtype=object)}
    path = tmp_path / "a.npz"
    np.savez(path, **held)
    with pytest.raises(Refusal, match="pickled objects"):
        files.read(path)
    assert files.read(path, ignore="evil").sizes["run"] == 3


def test_structures_are_refused(tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {**wide(), "s": {"a": 1, "b": 2}})
    with pytest.raises(Refusal, match=r"'s' is a structure.*--ignore s"):
        files.read(path)
    assert files.read(path, ignore="s").sizes["run"] == 3
    scipy.io.savemat(path, {**wide(), "c": np.array([np.ones(3), "x"], dtype=object)})
    with pytest.raises(Refusal, match="cell"):
        files.read(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_matlab_5_is_read_as_scipy_reads_it(tmp_path, compressed):
    from lawful.matlab import load_mat

    held = {
        "d": np.arange(24.0).reshape(2, 3, 4),
        "i": np.arange(-3, 3, dtype=np.int16).reshape(2, 3),
        "u": np.array([[255]], dtype=np.uint8),
        "f": np.array([[0.5, -1.25]], dtype=np.float32),
        "b": np.array([[True, False]]),
        "z": np.array([[1 + 2j]]),
        "none": np.zeros((0, 3)),
    }
    path = tmp_path / "a.mat"
    scipy.io.savemat(
        path, {**held, "names": np.array(["ab", "höhe"], dtype=object)}, do_compression=compressed
    )
    found = load_mat(path)
    for name, expected in held.items():
        assert np.array_equal(found[name], expected), name
    assert found["names"].tolist() == ["ab", "höhe"]
    scipy.io.savemat(path, {"names": np.array(["ab", "cde"]), "one": "text"})
    found = load_mat(path)
    assert found["names"].tolist() == ["ab", "cde"]
    assert found["one"].tolist() == ["text"]
    scipy.io.savemat(path, {"a": np.eye(3)}, format="4")
    with pytest.raises(Refusal, match="version 4"):
        load_mat(path)


@pytest.mark.parametrize("ending", ["npz", "mat", "nc", "parquet"])
def test_damaged_files_never_break_the_process(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    saved_arrays(path, wide()) if ending in ("npz", "mat") else files.write(ragged(), path)
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 400), 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        refused(files.read, path)


def test_shapes_that_do_not_fit(tmp_path):
    for extra in (np.ones((7, 9)), np.ones(17), np.ones((3, 40, 2)), np.ones(40) * 1j):
        with pytest.raises(Refusal):
            files.read(saved_arrays(tmp_path / "a.npz", {**wide(), "odd": extra}))
    with pytest.raises(Refusal, match="--time"):
        files.read(saved_arrays(tmp_path / "a.npz", {"a": np.ones((3, 40))}))


def test_foreign_netcdf(tmp_path):
    import xarray as xr

    held = xr.Dataset(
        {
            "x": (("obs", "sample"), wide()["x"], {"units": "m"}),
            "v": (("obs", "sample"), wide()["v"]),
        },
        coords={"t": ("sample", T, {"units": "days since 2000-01-01"})},
    )
    held.to_netcdf(tmp_path / "a.nc", engine="scipy")
    runs = files.read(tmp_path / "a.nc")
    assert dict(runs.sizes) == {"run": 3, "time": 40}
    assert runs["x"].attrs["units"] == "m"
    assert runs["time"].values[-1] == 6


# What cannot be meant.

GOOD = "t,x,v\n" + "\n".join(f"{t},{np.sin(t)},{np.cos(t)}" for t in T)


def bad_cell(row, column, value):
    lines = GOOD.split("\n")
    cells = lines[row].split(",")
    cells[column] = value
    lines[row] = ",".join(cells)
    return "\n".join(lines)


BAD = {
    "nothing": ("", "empty"),
    "blanks": (" \n\n ", "empty"),
    "a header alone": ("t,x,v\n", "no rows"),
    "one column": ("x\n" + "\n".join(map(str, T)), "one column"),
    "no header": (GOOD.split("\n", 1)[1], "begins with numbers"),
    "text in numbers": (bad_cell(5, 1, "oops"), "'x' holds the text 'oops' in row 5"),
    "infinity": (bad_cell(7, 2, "inf"), "'v' is infinite in row 7"),
    "too large": (bad_cell(7, 2, "1e999"), "'v' is infinite in row 7"),
    "no time in a row": (bad_cell(9, 0, ""), "no time 't' in row 9"),
    "a time twice": (bad_cell(9, 0, str(T[7])), "twice, again in row 9"),
    "a time out of order": (bad_cell(9, 0, "0.9"), "goes back in row 9"),
    "only text": ("name,colour\na,b\nc,d\n", "no column of times"),
    "no time": ("a,b\n" + "\n".join(f"{np.sin(9 * t)},{np.cos(9 * t)}" for t in T), "--time"),
    "too many fields": (GOOD + ",1,2,3", "cannot be read"),
    "a cut last line": (GOOD[: GOOD.rindex(",")], "cut short"),
    "too few samples": ("\n".join(GOOD.split("\n")[:6]), "5 samples"),
    "nothing changes": ("t,x\n" + "\n".join(f"{t},1" for t in T), "no column changes"),
    "a million columns": (",".join(f"c{k}" for k in range(1_000_000)) + "\n1", "2000 columns"),
    "3000 columns": (",".join(f"c{k}" for k in range(3000)) + "\n1", "3000 columns"),
    "two of one name": ("t,x,x\n" + "\n".join(f"{t},{np.sin(t)},1" for t in T), "two different"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG picture"),
    "a workbook": (b"PK\x03\x04" + bytes(99), "workbook"),
    "binary": (b"t,x\n\0\0\0\0", "no text"),
    "Latin 1": ("t,höhe\n".encode("latin-1") + b"1,2\n", "not UTF-8 at byte 3"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-16"),
    "a quote never closed": ('t,x\n"1,2\n3,4\n', ""),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_text_is_refused_in_one_line(tmp_path, what):
    content, said = BAD[what]
    path = text(tmp_path, content)
    with pytest.raises(Refusal) as caught:
        files.read(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(Refusal):
        list(files.read_chunks(path, rows=128))


def test_rows_are_named_with_their_run(tmp_path):
    frame = orbit_rows()
    frame.loc[50, "t"] = frame.loc[49, "t"]
    with pytest.raises(Refusal, match=r"run r1 has the time .* twice, again in row 51"):
        files.read(saved(tmp_path, frame))
    frame.loc[50, "t"] = 0.0
    with pytest.raises(Refusal, match=r"run r1 .* row 51, after a later one.*--run"):
        files.read(saved(tmp_path, frame))
    frame.loc[50, "trial"] = np.nan
    with pytest.raises(Refusal, match="no run is named in row 51"):
        files.read(saved(tmp_path, frame), run="trial")


def test_paths_that_lead_nowhere(tmp_path):
    saved(tmp_path, orbit_rows(), "orbits.csv")
    for path, said in (
        ("orbit.csv", "did you mean 'orbits.csv'"),
        ("*.nc", "no file matches"),
        ("", "folder"),
        ("a\0b.csv", "no file"),
        ("x" * 5000, "no path"),
    ):
        with pytest.raises(Refusal, match=said):
            files.read(f"{tmp_path}/{path}")
    with pytest.raises(Refusal, match="did you mean 'planets'"):
        files.read("planet")
    with pytest.raises(Refusal, match="no format"):
        files.read(text(tmp_path, GOOD, "my.xyz"))
    with pytest.raises(Refusal, match="no file"):
        files.read([])


@pytest.mark.parametrize("ending", ["csv.gz", "parquet", "nc", "npz", "mat", "v73.mat"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_truncated_files_are_refused(tmp_path, ending, share):
    path = tmp_path / f"whole.{ending}"
    if ending == "v73.mat":
        path = tmp_path / "v73.mat"
        saved_arrays(path, wide())
    elif ending in ("npz", "mat"):
        saved_arrays(path, wide())
    else:
        files.write(ragged(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Refusal):
        files.read(path)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "txt", "parquet", "nc", "npz", "mat"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300), head=st.sampled_from(["", "magic"]))
def test_noise_is_refused_by_every_door(tmp_path, ending, noise, head):
    magic = {
        "csv": b"t,x,v\n",
        "txt": b"t x\n",
        "csv.gz": b"\x1f\x8b\x08\x00",
        "parquet": b"PAR1",
        "nc": b"CDF\x01",
        "npz": b"PK\x03\x04",
        "mat": b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM",
    }
    path = text(tmp_path, (magic[ending] if head else b"") + noise, f"noise.{ending}")
    refused(files.read, path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.lists(
            st.floats(allow_nan=True).map(str) | st.sampled_from(["", "a", "b", "1", "2,5", '"']),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=30,
    ),
    header=st.sampled_from(["t,x,v", "run,t,x", "a,b,c", "x,y,z", "t,t,x"]),
)
def test_any_table_is_read_or_refused(tmp_path, cells, header):
    path = text(tmp_path, "\n".join([header, *(",".join(row) for row in cells)]))
    refused(files.read, path)
    refused(lambda p: list(files.read_chunks(p, rows=128)), path)


# Chunks.


def long_rows(runs=40):
    """Runs of unequal length, in order."""
    rng = np.random.default_rng(1)
    parts = []
    for k in range(runs):
        n = int(rng.integers(20, 60))
        t = np.sort(rng.uniform(0, 10, n))
        x = np.cos(t) * (k + 1)
        parts.append(pd.DataFrame({"id": k, "t": t, "x": x, "v": -np.sin(t) * (k + 1), "m": k / 7}))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "nc", "npz"])
def test_chunks_hold_what_the_whole_holds(tmp_path, ending):
    path = tmp_path / f"long.{ending}"
    whole = files.read(saved(tmp_path, long_rows()))
    if ending == "parquet":
        long_rows().to_parquet(path)
    elif ending == "npz":
        saved_arrays(path, wide())
        whole = files.read(path)
    else:
        files.write(whole, path)
    chunks = list(files.read_chunks(path, rows=128))
    assert len(chunks) > (1 if ending == "npz" else 5) - 1
    names = [n for chunk in chunks for n in chunk["run"].values.tolist()]
    assert names == whole["run"].values.tolist()
    for chunk in chunks:
        held = whole.sel(run=chunk["run"].values)
        n = chunk.sizes["time"]
        for name in whole.data_vars:
            assert np.array_equal(chunk[name].values, held[name].values[:, :n], equal_nan=True)
            assert chunk[name].attrs["role"] == held[name].attrs["role"]
            assert np.isnan(held[name].values[:, n:]).all()
        for name in ("m", "k"):
            if name in whole.coords:
                assert np.array_equal(chunk[name].values, held[name].values)


def test_a_long_run_comes_in_pieces(tmp_path):
    t = np.linspace(0, 100, 1000)
    frame = pd.DataFrame({"t": t, "x": np.sin(t), "v": np.cos(t)})
    chunks = list(files.read_chunks(saved(tmp_path, frame), rows=200))
    assert len(chunks) >= 4
    assert {c["run"].values.tolist()[0] for c in chunks} == {"my"}
    joined = np.concatenate([c["x"].values[0] for c in chunks])
    assert np.array_equal(joined, files.read(tmp_path / "my.csv")["x"].values[0])
    assert min(c.sizes["time"] for c in chunks) >= 64


def test_chunks_with_restarting_times(tmp_path):
    frame = long_rows(20).drop(columns=["id", "m"])
    path = saved(tmp_path, frame)
    names = [n for c in files.read_chunks(path, rows=128) for n in c["run"].values.tolist()]
    assert names == files.read(path)["run"].values.tolist()
    assert len(names) == 20


def test_chunks_of_many_files(tmp_path):
    for name in "ab":
        saved(tmp_path, long_rows(6), f"{name}.csv")
    chunks = list(files.read_chunks(str(tmp_path / "*.csv"), rows=128))
    names = [str(n) for c in chunks for n in c["run"].values.tolist()]
    assert names == [*map(str, range(6)), *(f"b/{k}" for k in range(6))]


def test_scattered_runs_are_refused(tmp_path):
    frame = long_rows()
    moved = pd.concat([frame.iloc[10:], frame.iloc[:10]])
    with pytest.raises(Refusal, match=r"run 0 comes back.*sort the file"):
        list(files.read_chunks(saved(tmp_path, moved), rows=128))


def test_a_chunk_that_contradicts_the_first_is_refused(tmp_path):
    frame = long_rows()
    frame.loc[frame.index[-5:], "m"] = -1.0
    with pytest.raises(Refusal, match="'m' is fixed within runs in the first rows"):
        list(files.read_chunks(saved(tmp_path, frame), rows=128))
    frame = long_rows().assign(x2=lambda f: f["x"])
    frame.loc[frame.index[-1], "x2"] = 0.0
    with pytest.raises(Refusal, match="'x2' is a copy of 'x' in the first rows"):
        list(files.read_chunks(saved(tmp_path, frame), rows=128))
    frame = long_rows()
    frame["v"] = frame["v"].astype(object)
    frame.loc[frame.index[-1], "v"] = "oops"
    with pytest.raises(Refusal, match=f"'oops' in row {len(frame)}"):
        list(files.read_chunks(saved(tmp_path, frame), rows=128))


def test_what_is_constant_so_far_becomes_a_parameter(tmp_path):
    frame = long_rows()
    frame["m"] = (frame["id"] > 30).astype(float)
    chunks = list(files.read_chunks(saved(tmp_path, frame), rows=128))
    assert {float(v) for c in chunks for v in c["m"].values} == {0.0, 1.0}


def test_a_hundred_thousand_rows_take_a_moment(tmp_path):
    rng = np.random.default_rng(0)
    t = np.tile(np.arange(100.0), 1000)
    held = {"run": np.repeat(np.arange(1000), 100), "t": t}
    held |= {name: rng.normal(size=t.size) for name in "abcd"}
    path = saved(tmp_path, pd.DataFrame(held))
    start = clock_time.perf_counter()
    assert dict(files.read(path).sizes) == {"run": 1000, "time": 100}
    assert clock_time.perf_counter() - start < 5  # a loop over rows takes longer


def test_gzip_is_known_by_its_bytes(tmp_path):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as stream:
        stream.write(GOOD.encode())
    assert files.read(text(tmp_path, buffer.getvalue(), "my.csv")).sizes["time"] == 40
