"""The workspace: what is listed, what is opened, and what is never read."""

import json
import os

import numpy as np
import pytest

import lawful
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder
from lawful.web.workspace import PLANETS, Workspace


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Data, a search in them, and a broken folder."""
    place = tmp_path / "work"
    (place / "deep" / "er").mkdir(parents=True)
    runs = lawful.simulate(lawful.system("spring"), runs=12, samples=60, seed=1)
    lawful.write(runs, place / "spring.csv")
    monkeypatch.chdir(place)
    from lawful.cli import main

    assert main(["discover", "spring.csv", "--degree", "2", "--out", "deep/laws"]) == 0
    return place


def ids(folder):
    return [entry.id for entry in Workspace(folder).runs()]


def test_what_is_there_is_listed_newest_first_and_the_planets_last(folder):
    assert ids(folder) == ["deep~laws", "spring.csv", PLANETS]
    laws, data, planets = Workspace(folder).runs()
    assert (laws.kind, laws.name, laws.views[0]) == ("discover", "laws", "equations")
    assert laws.sentence == "laws of spring.csv"
    assert (data.kind, data.size) == ("data", (folder / "spring.csv").stat().st_size)
    assert "trajectory" in planets.views


def test_a_search_finds_the_data_it_was_made_of_even_under_another_name(folder):
    wanted = lawful.read(str(folder / "spring.csv"))
    for name in ("spring.csv", "renamed.csv"):
        opened = Workspace(folder).open("deep~laws")
        np.testing.assert_array_equal(opened.trajectories()["x"], wanted["x"])
        if name == "spring.csv":
            os.rename(folder / "spring.csv", folder / "renamed.csv")


def test_data_have_the_laws_that_were_found_in_the_same_bytes(folder):
    found = Workspace(folder).open("spring.csv").laws()
    assert [law.name for law in found] == ["energy"]
    with open(folder / "spring.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    assert Workspace(folder).open("spring.csv").laws() == ()


def test_data_that_have_gone_are_refused_with_the_remedy(folder):
    (folder / "spring.csv").unlink()
    with pytest.raises(Refusal, match="copy it into the folder"):
        Workspace(folder).open("deep~laws").trajectories()


def test_a_system_is_simulated_again(folder, monkeypatch):
    from lawful.cli import main

    assert main(["discover", "spring", "--degree", "2", "--seed", "3", "--out", "own"]) == 0
    runs = Workspace(folder).open("own").trajectories()
    assert set(runs.data_vars) == {"x", "v"}


def test_hidden_things_and_links_are_passed_over(folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("t,x\n0,1\n", encoding="utf-8")
    (folder / "link.csv").symlink_to(secret)
    (folder / "away").symlink_to(tmp_path)
    (folder / ".hidden.csv").write_text("t,x\n0,1\n", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.csv").write_text("t,x\n0,1\n", encoding="utf-8")
    assert ids(folder) == ["deep~laws", "spring.csv", PLANETS]


@pytest.mark.parametrize(
    "id",
    [
        "..",
        "../secret.csv",
        "..~secret.csv",
        "~",
        "",
        "/etc/passwd",
        "deep",
        "deep~laws~laws.json",
        "spring.csv\0",
        "SPRING.CSV",
        "x" * 10_000,
    ],
)
def test_an_id_is_never_made_into_a_path(folder, id):
    with pytest.raises(Refusal, match="there is no run"):
        Workspace(folder).open(id)


@pytest.mark.parametrize("manifest", ["", "no json", "[]", '{"format": "other"}', "[" * 9999, "\0"])
def test_a_broken_manifest_hides_its_folder_and_nothing_else(folder, manifest):
    (folder / "broken").mkdir()
    (folder / "broken" / "manifest.json").write_text(manifest, encoding="utf-8")
    assert ids(folder) == ["deep~laws", "spring.csv", PLANETS]


def test_a_study_of_a_later_version_is_listed_though_nothing_shows_it(folder):
    with RunFolder.create(folder / "odd", Manifest("divination")):
        pass
    entry = Workspace(folder).runs()[0]
    assert (entry.id, entry.kind, entry.views) == ("odd", "divination", ())


def test_a_folder_made_anew_is_opened_anew(folder):
    workspace = Workspace(folder)
    before = workspace.open("deep~laws")
    assert workspace.open("deep~laws") is before
    record = json.loads((folder / "deep" / "laws" / "laws.json").read_text(encoding="utf-8"))
    manifest = Manifest.from_dict(
        json.loads((folder / "deep" / "laws" / "manifest.json").read_text(encoding="utf-8"))
    )
    with RunFolder.create(
        folder / "deep" / "laws", Manifest("discover", data=manifest.data)
    ) as new:
        new.write_json("laws.json", {**record, "laws": []})
    assert workspace.open("deep~laws").laws() == ()


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(Refusal, match="there is no folder"):
        Workspace(tmp_path / "none")
