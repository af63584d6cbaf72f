"""The memory view's scene: the record's own numbers, and hostile ones as gaps."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lawful.fields.memory import accuracy
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder
from lawful.studies.memory.scores import Score
from lawful.web.codec import packed
from lawful.web.scenes.forgetting import averages, forgotten, intervals
from lawful.web.scenes.memory import python, reading, scene
from lawful.web.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from lawful.cli import main

    place = tmp_path_factory.mktemp("memory")
    words = "remember digits --tasks 3 --seeds 2 --method basins naive --samples 200 --epochs 1"
    assert main([*words.split(), "--no-report", "--jobs", "1", "--out", str(place / "run")]) == 0
    return place


@pytest.fixture(scope="module")
def opened(folder):
    return Workspace(folder).open("run")


def hostile(tmp_path, record, exhibits=None):
    """A folder whose memory.json says this."""
    with RunFolder.create(tmp_path / "run", Manifest("remember")) as made:
        made.write_text("memory.json", record if isinstance(record, str) else json.dumps(record))
        if exhibits is not None:
            made.write_arrays("exhibits.npz", exhibits)
    return Workspace(tmp_path).open("run")


# ------------------------------------------------------------------ the record's own numbers


def test_the_scene_holds_the_records_own_numbers(folder, opened):
    record = json.loads((folder / "run" / "memory.json").read_text(encoding="utf-8"))
    shown = scene(opened)
    assert shown.data["tasks"] == record["tasks"]
    assert [m["name"] for m in shown.data["methods"]] == ["basins", "naive"]
    matrices = shown.arrays["matrices"]
    assert matrices.shape == (2, 2, 3, 3)
    for m, name in enumerate(("basins", "naive")):
        for s, history in enumerate(record["histories"][name]):
            wanted = np.array(history["matrix"], dtype=float)
            np.testing.assert_array_equal(matrices[m, s], wanted)
    np.testing.assert_allclose(shown.arrays["means"], matrices.mean(axis=1))


@pytest.mark.parametrize("name", ["averages", "forgotten"])
def test_the_last_moment_says_what_the_study_said(opened, name):
    shown = scene(opened)
    for m, method in enumerate(shown.data["methods"]):
        said = method["average" if name == "averages" else "forgetting"]
        mean, half = shown.arrays[name][m, :, -1]
        assert mean == pytest.approx(said["mean"], abs=1e-12)
        assert half == pytest.approx(said["half"], abs=1e-12)


def test_one_seed_gives_no_interval_and_says_so(tmp_path):
    record = {
        "tasks": ["a", "b"], "methods": [{"method": "m"}],
        "histories": {"m": [{"matrix": [[0.9, None], [0.5, 0.7]]}]},
    }  # fmt: skip
    shown = scene(hostile(tmp_path, record))
    assert np.isnan(shown.arrays["halves"]).all()
    assert "One seed: no interval can be given." in shown.data["notes"]
    np.testing.assert_allclose(shown.arrays["averages"][0, 0], [0.9, 0.6])
    np.testing.assert_allclose(shown.arrays["forgotten"][0, 0], [np.nan, 0.4])


MATRICES = st.integers(1, 6).flatmap(
    lambda n: hnp.arrays(float, (n, n), elements=st.one_of(st.floats(0, 1), st.just(np.nan)))
)


@settings(max_examples=100, deadline=None)
@given(MATRICES)
def test_curves_agree_with_the_measures_of_the_study_after_every_task(R):
    for i in range(len(R)):
        part = R[: i + 1, : i + 1]
        np.testing.assert_allclose(averages(R)[i], accuracy.average(part))
        np.testing.assert_allclose(forgotten(R)[i], accuracy.forgetting(part), atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(float, (3, 4), elements=st.one_of(st.floats(0, 1), st.just(np.nan))))
def test_intervals_are_those_of_the_study(values):
    mean, half = intervals(values, axis=1)
    for k, row in enumerate(values):
        wanted = Score.of(row)
        np.testing.assert_allclose([mean[k], half[k]], [wanted.mean, wanted.half], atol=1e-12)


# ------------------------------------------------------------------ what is recalled


def test_an_image_falls_into_the_basin_of_lowest_energy(folder, opened):
    shown = scene(opened)
    with np.load(folder / "run" / "exhibits.npz") as held:
        energies, images = held["energies/basins"], held["images"]
    table = shown.arrays["recalled/basins"]
    np.testing.assert_allclose(table.sum(axis=1), 1.0)
    for t, one in enumerate(energies):
        for b in range(3):
            count = sum(int(row.tolist().index(min(row)) == b) for row in one)
            assert table[t, b] == pytest.approx(count / len(one))
    kept = shown.arrays["energies/basins"]
    assert kept.shape == (3, images.shape[1], 3)
    np.testing.assert_array_equal(kept, energies[:, : images.shape[1]])
    assert "recalled/naive" not in shown.arrays, "it has no basins"


def test_an_image_goes_its_way_through_the_layer_itself(folder, opened):
    """The last moment is what the layer gives, and nothing is lost on the way."""
    import torch

    from lawful.pictures.passage import layer_of
    from lawful.studies.memory.folder import read

    assert scene(opened).data["fields"] == ["basins"]
    shown = reading(opened).receive("passage", {"task": 1, "image": 2})
    densities, phases = shown.arrays["densities"], shown.arrays["phases"]
    assert len(shown.data["doing"]) == len(densities) == len(phases) <= 64
    assert (shown.data["doing"][0], shown.data["doing"][-1]) == ("start", "step")
    norms = densities.sum(axis=(1, 2))
    np.testing.assert_allclose(norms, norms[0], rtol=1e-5)
    layer = layer_of(read(folder / "run").learner("basins").basins[1].expert.network)
    start = torch.polar(*(torch.from_numpy(a[0]).double() for a in (densities**0.5, phases)))
    with torch.no_grad():
        end = layer.evolve(start.to(torch.complex64)[None])[0]
    np.testing.assert_allclose((end.abs() ** 2).numpy(), densities[-1], atol=1e-5)
    kicked = [k for k, doing in enumerate(shown.data["doing"]) if doing == "kick"]
    for k in kicked:
        np.testing.assert_allclose(densities[k], densities[k - 1], atol=1e-6)


@pytest.mark.parametrize(
    "given_",
    [
        {"method": "naive"}, {"method": "../../x"}, {"task": 3}, {"task": -1}, {"task": True},
        {"image": 99}, {"image": "0"}, {"basin": 7}, {"basin": 1.5}, {"nonsense": 1},
    ],
)  # fmt: skip
def test_a_way_that_cannot_be_meant_is_refused(opened, given_):
    with pytest.raises(Refusal):
        reading(opened).receive("passage", given_)


def test_without_torch_a_way_says_which_extra_brings_it(opened, monkeypatch):
    monkeypatch.setattr("lawful.web.scenes.passage.find_spec", lambda name: None)
    with pytest.raises(Refusal, match=r"lawful\[torch\]"):
        reading(opened).receive("passage", {})
    assert scene(opened).arrays["means"].size, "the numbers need no torch"


def test_without_weights_there_is_no_way(folder, tmp_path):
    shutil.copytree(folder / "run", tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "weights")
    opened = Workspace(tmp_path).open("run")
    assert scene(opened).data["fields"] == []
    with pytest.raises(Refusal, match="a run that kept one"):
        reading(opened).receive("passage", {})


# ------------------------------------------------------------------ in Python


def test_the_lines_it_gives_make_the_same_study(opened, capsys):
    names = {}
    exec(python(opened).data["text"], names)  # noqa: S102
    headline = json.loads((opened.path / "memory.json").read_text(encoding="utf-8"))["headline"]
    assert capsys.readouterr().out.strip() == headline


# ------------------------------------------------------------------ what anybody may have written


def test_there_is_one_run(opened):
    page = reading(opened)
    with pytest.raises(Refusal, match="one run"):
        page.receive("scene", {"run": 1})
    with pytest.raises(Refusal, match="nonsense"):
        page.receive("scene", {"nonsense": 1})


@pytest.mark.parametrize(
    "record",
    [
        {}, {"tasks": 3, "methods": {}, "histories": []},
        {"tasks": ["a"] * 5000, "methods": [{}] * 5000, "histories": {"": [{"matrix": 3}]}},
        {"tasks": ["a", "b"], "methods": [{"method": "m", "average": {"mean": "x", "half": None}}],
         "histories": {"m": [{"matrix": [["x", True], [1e400, 2, 3, 4], 7]}, 5]}},
        {"tasks": ["a"], "methods": [{"method": "m", "parameters": 10**400}],
         "histories": {"m": [{"matrix": [[10**400]]}]}},
        {"tasks": [{"a": "<script>"}], "headline": ["x"], "notes": "no list", "settings": 3},
    ],
)  # fmt: skip
def test_a_record_from_anybody_is_shown_with_gaps(tmp_path, record):
    shown = scene(hostile(tmp_path, record))
    json.dumps(shown.to_dict(), allow_nan=False)
    assert shown.arrays["means"].shape[1] <= 60


@pytest.mark.parametrize(
    "exhibits",
    [
        {"images": np.zeros((2, 6, 500, 500))}, {"images": np.zeros((2, 0, 8, 8))},
        {"images": np.array(["x"])}, {"labels": np.zeros((2, 6, 1), int)},
        {"images": np.ones((2, 6, 8, 8)), "labels": np.array([["a"]])},
        {"energies/m": np.full((2, 3, 2), np.nan)}, {"energies/m": np.zeros((2, 0, 2))},
        {"energies/m": np.zeros((2, 3, 0))}, {"energies/m": np.zeros((2, 3), int)},
        {"densities": np.zeros((0, 8, 8))}, {"energies/m": np.zeros((9, 3, 9))},
    ],
)  # fmt: skip
def test_exhibits_from_anybody_are_left_out_or_fit(tmp_path, exhibits):
    record = {"tasks": ["a", "b"], "methods": [{"method": "m"}], "histories": {}}
    shown = scene(hostile(tmp_path, record, exhibits))
    json.dumps(shown.to_dict(), allow_nan=False)
    for name, array in shown.arrays.items():
        assert array.size
        assert array.shape[0] <= 2, name


def test_of_many_tasks_and_images_a_page_gets_no_more_than_it_can_hold(tmp_path):
    tasks = [f"task {k}" for k in range(60)]
    matrix = [[0.5] * 60 for _ in tasks]
    record = {
        "tasks": tasks, "methods": [{"method": f"m{k}"} for k in range(24)],
        "histories": {f"m{k}": [{"matrix": matrix}] * 3 for k in range(24)},
    }  # fmt: skip
    exhibits = {
        "images": np.ones((60, 6, 64, 64), np.float32), "densities": np.ones((60, 28, 28)),
        "energies/m0": np.ones((60, 200, 60), np.float32),
    }  # fmt: skip
    shown = scene(hostile(tmp_path, record, exhibits))
    assert len(packed(shown, 1)) < 4_000_000
    assert shown.arrays["images"].shape[:2] == (60, 1), "fewer of each rather than fewer tasks"


@pytest.mark.parametrize("text", ["", "[]", "no json", "[" * 9999])
def test_no_record_at_all_is_refused(tmp_path, text):
    opened = hostile(tmp_path, text)
    with pytest.raises(Refusal):
        scene(opened)


def test_a_link_is_not_followed(tmp_path, folder):
    with RunFolder.create(tmp_path / "run", Manifest("remember")):
        pass
    (tmp_path / "run" / "memory.json").symlink_to(folder / "run" / "memory.json")
    with pytest.raises(Refusal, match="holds no"):
        scene(Workspace(tmp_path).open("run"))


@pytest.mark.parametrize("name", ["weights", "histories.json", "exhibits.npz"])
def test_a_way_follows_no_link_either(tmp_path, folder, name):
    place = tmp_path / "run"
    shutil.copytree(folder / "run", place)
    shutil.move(place / name, tmp_path / "outside")
    (place / name).symlink_to(tmp_path / "outside")
    assert scene(Workspace(tmp_path).open("run")).data["fields"] == []
