"""The memory view's scene: the record's own numbers, and hostile ones as gaps."""

import json

import numpy as np
import pytest

from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder
from lawful.web.scenes.memory import python, reading, scene
from lawful.web.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from lawful.cli import main

    place = tmp_path_factory.mktemp("memory")
    words = "remember digits --tasks 3 --seeds 2 --method basins naive --samples 200 --epochs 1"
    assert main([*words.split(), "--no-report", "--jobs", "1", "--out", str(place / "run")]) == 0
    return place


def hostile(tmp_path, record):
    """A folder whose memory.json says this."""
    with RunFolder.create(tmp_path / "run", Manifest("remember")) as made:
        made.write_text("memory.json", record if isinstance(record, str) else json.dumps(record))
    return Workspace(tmp_path).open("run")


def test_the_scene_holds_the_records_own_numbers(folder):
    opened = Workspace(folder).open("run")
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
    last = np.nanmean(matrices[:, :, -1, :], axis=(1, 2))
    for method, mean in zip(shown.data["methods"], last, strict=True):
        assert method["average"]["mean"] == pytest.approx(mean)
    assert shown.arrays["images"].shape[0] == 3
    assert shown.arrays["depths/basins"].shape[2] == 3


def test_the_lines_it_gives_make_the_same_study(folder):
    text = python(Workspace(folder).open("run")).data["text"]
    exec(compile(text.split("done =")[0], "lines", "exec"), {})  # noqa: S102
    assert "tasks=3" in text
    assert "'basins', 'naive'" in text


def test_there_is_one_run(folder):
    page = reading(Workspace(folder).open("run"))
    with pytest.raises(Refusal, match="one run"):
        page.receive("scene", {"run": 1})


@pytest.mark.parametrize(
    "record",
    [
        {}, {"tasks": 3, "methods": {}, "histories": []},
        {"tasks": ["a"] * 5000, "methods": [{}] * 5000, "histories": {"": [{"matrix": 3}]}},
        {"tasks": ["a", "b"], "methods": [{"method": "m", "average": {"mean": "x", "half": None}}],
         "histories": {"m": [{"matrix": [["x", True], [1e400, 2, 3, 4], 7]}, 5]}},
        {"tasks": [{"a": "<script>"}], "headline": ["x"], "notes": "no list", "settings": 3},
    ],
)  # fmt: skip
def test_a_record_from_anybody_is_shown_with_gaps(tmp_path, record):
    shown = scene(hostile(tmp_path, record))
    json.dumps(shown.to_dict(), allow_nan=False)
    assert shown.arrays["matrices"].shape[2] <= 60


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
