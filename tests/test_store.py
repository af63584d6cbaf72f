"""Run folders: whole or not at all, never over somebody else's files, refused where foreign."""

import json
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful import store
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, plain, read_json, to_json, write_atomically

MADE = Manifest("discover", ("lawful", "discover", "planets"), {"degree": 2}, 7)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def make(path, text="one"):
    with RunFolder.create(path, MADE) as folder:
        folder.write_text("note.txt", text)
    return RunFolder.open(path)


def half_made(path, fault):
    with RunFolder.create(path, MADE) as folder:
        folder.write_text("note.txt", "half")
        raise fault


def left_behind(folder):
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


# ------------------------------------------------------------------------ files


def test_a_failed_write_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    place = tmp_path / "laws.json"
    write_atomically(place, "old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(store.os, step, fail)
            with pytest.raises(Refusal, match="No space left"):
                write_atomically(place, "new")
        assert place.read_text() == "old"
        assert left_behind(tmp_path) == []


def test_files_are_readable_by_others_as_any_file_is(tmp_path):
    (tmp_path / "plain").write_text("x")
    write_atomically(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@given(values)
def test_json_has_neither_nan_nor_infinity_and_comes_back(value):
    def refuse(word):
        raise AssertionError(word)

    back = json.loads(to_json(value), parse_constant=refuse)
    assert back == plain(value)


def test_numpy_goes_to_json_as_python_would():
    record = {"a": np.arange(3), "b": np.float32(0.5), "c": {math.inf}, 4: np.bool_(True)}
    assert plain(record) == {"a": [0, 1, 2], "b": 0.5, "c": [None], "4": True}


@pytest.mark.parametrize("text", ["", "{", "[1,", "nope", "[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(Refusal, match=r"x\.json"):
        read_json(tmp_path / "x.json")


def test_binary_and_missing_files_are_refused(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refusal, match="not text"):
        read_json(tmp_path / "x.json")
    with pytest.raises(Refusal, match="No such file"):
        read_json(tmp_path / "y.json")


# ---------------------------------------------------------------------- folders


def test_a_folder_appears_whole(tmp_path):
    place = tmp_path / "run"
    with RunFolder.create(place, MADE) as folder:
        folder.write_json("laws.json", {"laws": [1.5, math.nan]})
        folder.write_arrays("weights.npz", {"w": np.arange(6.0).reshape(2, 3)})
        folder.log({"step": 0, "loss": 1.0})
        folder.log({"step": 1, "loss": math.inf})
        folder.write_text("pictures/a.svg", "<svg/>")
        assert not place.exists()
    back = RunFolder.open(place)
    assert back.read_json("laws.json") == {"laws": [1.5, None]}
    assert back.metrics() == [{"step": 0, "loss": 1.0}, {"step": 1, "loss": None}]
    np.testing.assert_array_equal(back.read_arrays("weights.npz")["w"], [[0, 1, 2], [3, 4, 5]])
    assert set(back.manifest.files) == {
        "laws.json",
        "weights.npz",
        "metrics.jsonl",
        "pictures/a.svg",
    }
    assert back.changed() == ()
    assert left_behind(tmp_path) == []


def test_a_folder_whose_making_fails_does_not_appear(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        half_made(tmp_path / "run", KeyboardInterrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_making_anew_keeps_the_old_folder(tmp_path, monkeypatch):
    make(tmp_path / "run", "old")
    with pytest.raises(ZeroDivisionError):
        half_made(tmp_path / "run", ZeroDivisionError)
    assert (tmp_path / "run/note.txt").read_text() == "old"
    real, calls = os.replace, []

    def fail_on_the_last(source, target):
        calls.append(str(target))
        if str(target).endswith("run") and ".building" in str(source):
            raise OSError(5, "Input/output error")
        real(source, target)

    monkeypatch.setattr(store.os, "replace", fail_on_the_last)
    with (
        pytest.raises(Refusal, match="Input/output"),
        RunFolder.create(tmp_path / "run", MADE) as folder,
    ):
        folder.write_text("note.txt", "new")
    assert (tmp_path / "run/note.txt").read_text() == "old"
    assert left_behind(tmp_path) == []


def test_made_anew_it_replaces_ours_and_keeps_what_the_user_put_there(tmp_path):
    make(tmp_path / "run", "old")
    (tmp_path / "run/mine").mkdir()
    (tmp_path / "run/mine/thoughts.md").write_text("keep me")
    again = make(tmp_path / "run", "new")
    assert (again.path / "note.txt").read_text() == "new"
    assert (again.path / "mine/thoughts.md").read_text() == "keep me"


def test_a_users_file_in_the_way_is_refused(tmp_path):
    with RunFolder.create(tmp_path / "run", MADE):
        pass
    (tmp_path / "run/note.txt").write_text("mine")
    with pytest.raises(Refusal, match="in the way"):
        make(tmp_path / "run")
    assert (tmp_path / "run/note.txt").read_text() == "mine"


def test_foreign_folders_files_and_the_working_folder_are_refused(tmp_path, monkeypatch):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("years of work")
    (tmp_path / "file").write_text("x")
    for place, words in (("thesis", "did not make"), ("file", "is a file"), (".", "stand in")):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(Refusal, match=words):
            make(place)
    assert (tmp_path / "thesis/chapter.tex").read_text() == "years of work"


def test_a_manifest_of_another_kind_does_not_make_a_folder_ours(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(Refusal, match="did not make"):
        make(tmp_path / "web")


def test_an_empty_folder_and_a_link_to_one_of_ours_are_used(tmp_path):
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    make(tmp_path / "link", "through the link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "empty/note.txt").read_text() == "through the link"


def test_changed_and_missing_files_are_told(tmp_path):
    folder = make(tmp_path / "run")
    (folder.path / "note.txt").write_text("tampered")
    assert folder.changed() == ("note.txt",)


@pytest.mark.parametrize("name", ["../out.txt", "/etc/x", "", ".", "manifest.json", "a/../../b"])
def test_no_file_leaves_the_folder(tmp_path, name):
    with (
        pytest.raises(Refusal, match="inside the run folder"),
        RunFolder.create(tmp_path / "run", MADE) as folder,
    ):
        folder.write_text(name, "x")


def test_a_last_line_cut_short_is_left_out_and_a_broken_one_refused(tmp_path):
    folder = make(tmp_path / "run")
    (folder.path / "metrics.jsonl").write_text('{"a": 1}\n{"a": ')
    assert folder.metrics() == [{"a": 1}]
    (folder.path / "metrics.jsonl").write_text('{"a": \n{"a": 1}\n')
    with pytest.raises(Refusal, match="line 1"):
        folder.metrics()


def test_arrays_of_objects_are_refused_both_ways(tmp_path):
    folder = make(tmp_path / "run")
    with pytest.raises(Refusal, match="objects"):
        folder.write_arrays("a.npz", {"a": np.array([{}], dtype=object)})
    np.savez(folder.path / "b.npz", a=np.array([{}], dtype=object))
    with pytest.raises(Refusal, match=r"b\.npz"):
        folder.read_arrays("b.npz")


# --------------------------------------------------------------------- manifest


@given(
    st.lists(names, max_size=3),
    st.dictionaries(names, st.integers() | names, max_size=3),
    st.integers(0, 2**62),
)
def test_a_manifest_comes_back(command, settings, seed):
    made = Manifest("discover", tuple(command), settings, seed, ({"name": "x", "bytes": 1},))
    assert Manifest.from_dict(json.loads(to_json(made.to_dict()))) == made


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("format", "another", "no manifest"),
        ("format_version", 99, "format version 99"),
        ("seed", "seven", "whole number"),
        ("files", [], "an object"),
        ("surprise", 1, "unknown field"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused(key, value, words):
    record = {**MADE.to_dict(), key: value}
    with pytest.raises(Refusal, match=words):
        Manifest.from_dict(record)


def test_fingerprints_tell_content_not_names(tmp_path):
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).write_text(text)
    a, b, c = (store.fingerprint(tmp_path / n)["sha256"] for n in "abc")
    assert a == b != c
    one, two = ({"x": np.arange(4.0).reshape(s), "run": ["a", "b"]} for s in ((2, 2), (4, 1)))
    prints = [store.fingerprint_arrays("x", r)["sha256"] for r in (one, two, one)]
    assert prints[0] == prints[2] != prints[1]
