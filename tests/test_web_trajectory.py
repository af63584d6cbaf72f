"""The trajectory viewer's Python half: what is drawn of a run, and that no spike is lost."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lawful
from lawful.refusal import Refusal
from lawful.trajectories import make
from lawful.web.codec import packed, unpacked
from lawful.web.held import Held
from lawful.web.scenes import trajectory
from lawful.web.scenes.bodies import drawings
from lawful.web.scenes.thinning import MOST, chosen, gaps
from lawful.web.workspace import Workspace


def scene_of(runs, **words):
    return trajectory.scene(Held(runs), **words)


# ------------------------------------------------------------------------- thinning


@settings(max_examples=60, deadline=None)
@given(
    length=st.integers(1, 60_000),
    spikes=st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), max_size=4),
    count=st.integers(1, 5),
    most=st.integers(120, 3000),
    seed=st.integers(0, 2**16),
)
def test_thinning_keeps_the_extremes_of_every_column(length, spikes, count, most, seed):
    rng = np.random.default_rng(seed)
    columns = [rng.normal(size=length) for _ in range(count)]
    for place, up in spikes:
        columns[place % count][place % length] = 1e3 if up else -1e3
    kept = chosen(columns, most=most)
    assert np.all(np.diff(kept) > 0)
    assert kept[0] == 0
    assert kept[-1] == length - 1
    assert len(kept) <= max(most, 2 * count + 2)
    for column in columns:
        assert column[kept].max() == column.max()
        assert column[kept].min() == column.min()


@settings(max_examples=40, deadline=None)
@given(st.integers(2000, 50_000), st.data())
def test_a_gap_that_can_be_seen_is_kept_with_both_its_edges(length, data):
    start = data.draw(st.integers(1, length - length // 20 - 2))
    end = start + data.draw(st.integers(length // 50, length // 20))
    column = np.linspace(0.0, 1.0, length)
    column[start:end] = np.nan
    kept = set(chosen([column], most=500).tolist())
    assert {start - 1, start, end - 1, end} <= kept
    assert gaps(column) == 1


def test_a_million_samples_come_as_few_and_a_single_spike_is_among_them():
    t = np.arange(1_000_000) / 100
    x = np.sin(t)
    x[654_321] = 9.0
    message = scene_of(make({"x": x, "v": np.cos(t)}, t))
    assert message.arrays["time"].size <= MOST
    assert message.arrays["values"].max() == 9.0
    assert len(packed(message, 1)) < 2_000_000
    assert "1\u202f000\u202f000 samples are drawn" in message.data["notes"][0]


def test_a_part_is_refined():
    t = np.arange(100_000.0)
    runs = make({"x": np.sin(t / 50), "v": np.cos(t / 50)}, t)
    part = scene_of(runs, start=40_000, stop=41_000)
    assert part.arrays["sample"].tolist() == list(range(40_000, 41_000))
    strided = scene_of(runs, start=10, stop=1000, stride=90)
    assert strided.arrays["sample"].tolist() == list(range(10, 1000, 90))


@pytest.mark.parametrize(
    "words",
    [
        {"run": 9},
        {"run": -1},
        {"run": True},
        {"run": "0"},
        {"start": -1},
        {"start": 50, "stop": 50},
        {"start": 10_000},
        {"stride": 0},
        {"stride": 1.5},
        {"columns": "x"},
        {"columns": ["y"]},
        {"columns": ["x[0]"]},
        {"columns": [f"c{k}" for k in range(13)]},
    ],
)
def test_what_cannot_be_meant_is_refused(words):
    t = np.linspace(0, 1, 50)
    with pytest.raises(Refusal):
        scene_of(make({"x": np.sin(t), "v": np.cos(t)}, t), **words)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["run", "start", "stop", "stride", "columns", "odd"]),
        st.one_of(
            st.none(),
            st.integers(-5, 200),
            st.text(max_size=4),
            st.booleans(),
            st.lists(st.text(max_size=5), max_size=3),
            st.floats(),
        ),
    )
)
def test_any_words_give_an_answer_or_a_refusal(words):
    t = np.linspace(0, 1, 50)
    reading = trajectory.reading(Held(make({"x": np.sin(t), "v": np.cos(t)}, t)))
    try:
        message = reading.receive("scene", words)
    except Refusal:
        return
    header, arrays = unpacked(packed(message, 1))
    assert arrays["time"].size == arrays["sample"].size
    assert header["kind"] == "answer"


# ---------------------------------------------------------------------- gaps and ends


def test_gaps_stay_gaps_and_a_shorter_run_ends_where_it_ends():
    t = np.tile(np.arange(30.0), (2, 1))
    x = np.sin(t)
    x[0, 5:8] = np.nan
    x[1, 20:] = np.nan
    t[1, 20:] = np.nan
    runs = make({"x": x}, t)
    first, second = scene_of(runs), scene_of(runs, run=1)
    assert np.isnan(first.arrays["values"][0, 5:8]).all()
    assert first.data["columns"][0]["gaps"] == 1
    assert second.arrays["time"].size == 20
    assert second.data["samples"] == 20
    assert second.data["columns"][0]["gaps"] == 0
    assert json.dumps(first.to_dict()["values"], allow_nan=False)


def test_uneven_times_come_as_they_are():
    t = np.sort(np.random.default_rng(0).uniform(0, 9, 80))
    assert np.array_equal(scene_of(make({"x": t**2}, t)).arrays["time"], t)


def test_what_is_infinite_is_a_gap():
    runs = make({"x": [1.0, 2.0, 3.0]}, [0.0, 1.0, 2.0])
    runs["x"].values[0, 1] = np.inf
    assert np.isnan(scene_of(runs).arrays["values"][0, 1])


# --------------------------------------------------------------- columns, fields, words


def test_of_many_columns_those_that_are_drawn_come_first_and_the_others_can_be_chosen():
    t = np.linspace(0, 1, 20)
    columns = {f"c{k}": np.sin(k + t) for k in range(40)} | {"x": t, "y": t**2}
    roles = {n: {"role": "position", "group": "r", "axis": n} for n in "xy"}
    runs = make(columns, t, roles=roles)
    first = scene_of(runs)
    names = [c["name"] for c in first.data["columns"]]
    assert names[:2] == ["x", "y"]
    assert len(names) == trajectory.SHOWN
    assert len(first.data["others"]["columns"]) == 42 - trajectory.SHOWN
    other = scene_of(runs, columns=["c39"])
    assert other.arrays["values"].shape == (1, 20)
    assert np.array_equal(other.arrays["values"][0], columns["c39"])


def test_cells_of_a_field_can_be_chosen():
    t = np.linspace(0, 1, 15)
    field = np.arange(15 * 4 * 3, dtype=float).reshape(1, 15, 4, 3)
    runs = make({"u": field, "x": t[None]}, t)
    first = scene_of(runs)
    assert first.data["others"]["fields"] == {"u": [4, 3]}
    assert [c["name"] for c in first.data["columns"]][:2] == ["x", "u[0,0]"]
    cell = scene_of(runs, columns=["u[2,1]"])
    assert np.array_equal(cell.arrays["values"][0], field[0, :, 2, 1])
    with pytest.raises(Refusal, match="shape is"):
        scene_of(runs, columns=["u[4,0]"])


def test_parameters_of_the_run_and_of_the_simulation_are_told_apart():
    t = np.linspace(0, 1, 20)
    runs = make(
        {"x": [t, t]}, t, parameters={"k": [1.0, 2.0]}, units={"k": "N/m"},
        origin={"maker": "x", "parameters": {"k": 9.0, "m": 3.0, "odd": "text"}},
    )  # fmt: skip
    told = scene_of(runs, run=1).data["parameters"]
    assert [(p["name"], p["value"], p["of"]) for p in told] == [
        ("k", 2.0, "this run"),
        ("m", 3.0, "all runs"),
    ]
    assert told[0]["units"] == "N/m"


def test_an_origin_that_is_no_json_is_passed_over():
    runs = make({"x": [1.0, 2.0]}, [0.0, 1.0])
    runs.attrs["origin"] = "not JSON"
    runs.attrs["notes"] = "[1"
    assert scene_of(runs).data["parameters"] == []


# ----------------------------------------------------------------------- what is drawn


@pytest.mark.parametrize(
    ("system", "first", "trails"),
    [
        ("kepler", "space", 1),
        ("three-body", "space", 3),
        ("pendulum", "circle", 1),
        ("double-pendulum", "circle", 2),
        ("spring", "plane:x", 1),
        ("toda", "planes", 3),
        ("lorenz", "scalar", 1),
        ("lotka-volterra", "population", 1),
        ("euler-top", "vector:angular velocity", 1),
    ],
)
def test_roles_say_how_a_motion_is_drawn(system, first, trails):
    way = drawings(lawful.simulate(system, runs=1, samples=30))[0]
    assert (way.id, len(way.trails)) == (first, trails)
    assert all(len(t.columns) == (1 if way.hands else len(way.axes)) for t in way.trails)


def test_a_body_without_a_third_component_lies_in_the_plane_of_the_others():
    roles = {
        **{f"{a}1": {"role": "position", "group": "one", "axis": a} for a in "xyz"},
        **{f"{a}2": {"role": "position", "group": "two", "axis": a} for a in "xy"},
    }
    t = np.linspace(0, 1, 10)
    way = drawings(make({n: np.sin(t) for n in roles}, t, roles=roles))[0]
    assert way.axes == ("x", "y", "z")
    assert way.trails[1].columns == ("x2", "y2", "")


def test_every_column_of_the_first_drawing_is_in_the_first_scene():
    message = scene_of(lawful.simulate("three-body", runs=2, samples=40))
    names = {c["name"] for c in message.data["columns"]}
    first = message.data["drawings"][0]
    assert {c for trail in first["trails"] for c in trail["columns"]} <= names


def test_other_runs_come_beside_each_on_its_own_clock():
    runs = lawful.read("planets")
    message = trajectory.beside(Held(runs), columns=["x", "y"], of=[0, 7])
    assert message.data["all"] == 8
    assert message.arrays["values"].shape[:2] == (2, 2)
    ends = np.nanmax(message.arrays["time"], axis=1)
    assert np.allclose(ends, np.nanmax(runs["time"].values, axis=1)[[0, 7]])
    with pytest.raises(Refusal, match="at most"):
        trajectory.beside(Held(runs), of=[0] * 25)


# ------------------------------------------------------------------------- in Python


def test_the_lines_in_python_run_and_draw_the_run(tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    lawful.write(lawful.simulate("kepler", runs=2, samples=30), tmp_path / "kepler.csv")
    text = trajectory.python(Workspace(tmp_path).open("kepler.csv"), run=1).data["text"]
    monkeypatch.chdir(tmp_path)
    place = {}
    exec(compile(text.replace("plt.show()", ""), "lines", "exec"), place)  # noqa: S102
    assert len(place["axes"].lines[0].get_data_3d()[2]) == 30


def test_a_file_with_a_strange_name_gives_lines_that_hold_no_code(tmp_path):
    name = "a'); import os; ('.csv"
    lawful.write(lawful.simulate("spring", runs=2, samples=20), tmp_path / "a.csv")
    (tmp_path / "a.csv").rename(tmp_path / name)
    text = trajectory.python(Workspace(tmp_path).open(name)).data["text"]
    import ast

    calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)]
    assert name in [c.value for c in calls]
    imported = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)]
    assert {a.name for node in imported for a in node.names} == {"lawful", "matplotlib.pyplot"}


# -------------------------------------------------------------------------- forecasts


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    pytest.importorskip("torch")
    from lawful.laws.physicsnet import NetSettings
    from lawful.studies.physicsnet.material import material
    from lawful.studies.physicsnet.training import train_network

    folder = tmp_path_factory.mktemp("trained")
    runs = material(["spring"], runs=20, samples=40)
    train_network(runs, NetSettings(epochs=1, hidden=8, latent_dim=4), place=folder / "net")
    return folder


def test_a_forecast_begins_where_the_network_has_seen_enough(trained):
    opened = Workspace(trained).open("net")
    assert trajectory.scene(opened).data["forecast"]["there"]
    answer = trajectory.reading(opened).receive("forecast", {"run": 3})
    seen, methods = answer.data["seen"], [m["name"] for m in answer.data["methods"]]
    assert methods[0] == "physicsnet"
    said, truth = answer.arrays["said"][0], opened.trajectories()["x"].values[3]
    assert np.isnan(said[0, : seen - 1]).all()
    assert said[0, seen - 1] == pytest.approx(truth[seen - 1])
    assert np.isfinite(said[:, seen:]).all()
    off = answer.arrays["error"][0, seen:]
    runs = opened.trajectories()
    shares = [
        (answer.arrays["said"][0, k, seen:] - runs[n].values[3, seen:]) / runs[n].values.std()
        for k, n in enumerate(answer.data["variables"])
    ]
    assert np.allclose(off, np.sqrt(np.mean(np.square(shares), axis=0)))
    assert answer.data["methods"][0]["rms"] == pytest.approx(np.sqrt(np.mean(off**2)))


def test_the_true_equations_foretell_best(trained):
    answer = trajectory.forecast(Workspace(trained).open("net"), run=0)
    worth = {m["name"]: m["rms"] for m in answer.data["methods"]}
    assert worth["integrator"] < 1e-6 < worth["physicsnet"]


@pytest.mark.parametrize("words", [{"run": 99}, {"prefix": 1}, {"prefix": 40}, {"prefix": "2"}])
def test_a_forecast_that_cannot_be_made_is_refused(trained, words):
    with pytest.raises(Refusal):
        trajectory.forecast(Workspace(trained).open("net"), **words)


def test_without_torch_the_forecasts_absence_is_said(trained, monkeypatch):
    from lawful.web.scenes import forecast

    monkeypatch.setattr(forecast, "find_spec", lambda name: None)
    opened = Workspace(trained).open("net")
    told = trajectory.scene(opened).data["forecast"]
    assert not told["there"]
    assert "lawful[torch]" in told["why"]
    with pytest.raises(Refusal, match="torch"):
        trajectory.forecast(opened)


def test_data_have_no_forecast():
    runs = lawful.simulate("spring", runs=2, samples=20)
    assert scene_of(runs).data["forecast"] == {"there": False, "why": ""}
    with pytest.raises(Refusal, match="lawful train"):
        trajectory.forecast(Held(runs))


def test_an_angle_is_as_far_off_as_the_shorter_way_around():
    from lawful.web.scenes.forecast import _error

    said, truth = np.array([[3.1]]), np.array([[-3.1]])
    around = _error(said, truth, np.ones(1), np.array([True]))
    assert around[0] == pytest.approx(2 * np.pi - 6.2)
