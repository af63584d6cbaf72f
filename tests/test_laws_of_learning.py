"""The study of what training conserves: its controls, its comparison, its resuming, its command."""

import json

import numpy as np
import pytest

from lawful.cli import main
from lawful.studies import conserved, laws_of_learning
from lawful.studies.catalogue import CATALOGUE, entry
from lawful.studies.conserved import Case, explained, products, rank, strangers, studied
from lawful.studies.laws_of_learning import LawsOfLearning, case_of, slopes, study

SMALL = Case((2, 2, 1), "relu", networks=100)


@pytest.fixture(scope="module")
def small():
    return studied(SMALL)


@pytest.fixture
def quick(monkeypatch):
    """The study with one small case, and short logs."""
    monkeypatch.setattr(laws_of_learning, "CASES", (SMALL,))
    monkeypatch.setattr(laws_of_learning, "QUICK", (0,))
    monkeypatch.setattr(conserved, "TIME", 30.0)


def test_all_is_found_and_nothing_else(small):
    done = LawsOfLearning((small,), {})
    assert small["independent"] == small["flow"]["count"] == small["right"] == 2
    assert small["space"] == small["found_space"] == 2
    assert done.complete(small)
    assert done.headline().startswith("2 of 2 laws found")


def test_weights_of_different_networks_put_together_obey_nothing(small):
    assert small["strangers"]["count"] == 0


def test_the_certificate_tells_laws_from_the_rest(small):
    assert all(1.7 < slope < 2.3 for slope in slopes(small, "laws"))
    assert all(abs(slope) < 0.1 for slope in slopes(small, "controls"))
    assert len(slopes(small, "controls")) == conserved.CONTROLS


def test_a_wrong_law_would_be_seen_to_be_wrong():
    columns = {name: np.random.default_rng(k).normal(size=400) for k, name in enumerate("abc")}
    theory = products(["a**2 - b**2", "c"], columns)
    assert theory.shape == (400, 3)  # both, and c²
    assert rank(theory) == 3
    right = explained(3 * columns["a"] ** 2 - 3 * columns["b"] ** 2 + columns["c"] ** 2, theory)
    wrong = explained(columns["a"] ** 2 - 0.9 * columns["b"] ** 2, theory)
    assert right > conserved.RIGHT > wrong


def test_strangers_keep_every_path_but_not_its_company():
    log = SMALL.log(1.0)
    mixed = strangers(log, 0)
    for name in ("W1_1_1", "b2_1"):
        ours, theirs = log[name].values, mixed[name].values
        assert sorted(ours[:, 5]) == sorted(theirs[:, 5])
        assert (ours != theirs).any()


def test_a_finished_case_is_taken_from_where_it_is_kept(tmp_path, monkeypatch, quick):
    made = case_of(SMALL, tmp_path)
    monkeypatch.setattr(laws_of_learning, "studied", None)  # would fail if called
    again = case_of(SMALL, tmp_path)
    assert json.dumps(again, sort_keys=True) == json.dumps(
        json.loads(json.dumps(made)), sort_keys=True
    )


def test_the_study_resumes_and_says_the_same(tmp_path, quick):
    shares = []
    first = study(kept=tmp_path, jobs=1, progress=lambda share, _: shares.append(share))
    second = study(kept=tmp_path, jobs=1)
    assert first.rows() == second.rows()
    assert shares[-1] == 1.0


# ---------------------------------------------------------------------- the command


def test_studies_are_listed(capsys):
    assert main(["study"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in CATALOGUE)
    assert main(["study", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == list(CATALOGUE)


def test_every_study_in_the_catalogue_has_what_the_command_asks_for():
    from importlib import import_module

    for one in CATALOGUE.values():
        assert one.title.endswith(("?", "."))
        assert one.takes("quick")
        assert one.takes("seed")
        assert callable(import_module(one.pictures).draw)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_study_leaves_a_report_with_pictures(tmp_path, capsys, quick, theme):
    out = tmp_path / "laws"
    words = f"study laws-of-learning --quick --jobs 1 --theme {theme} --out {out}"
    assert main(words.split()) == 0
    assert "2 of 2 laws found" in " ".join(capsys.readouterr().out.split())
    page = (out / "report.html").read_text()
    assert page.count("<img") == 2
    assert "relu 2-2-1" in page
    held = json.loads((out / "study.json").read_text())
    assert held["cases"][0]["independent"] == 2
    assert not list(tmp_path.glob(".*"))  # what was kept for --resume is gone


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("study lows-of-learning", "did you mean 'laws-of-learning'"),
        ("study race --seeds 0", "seeds"),
        ("study race --resume", "--resume"),
        ("study laws-of-learning --jobs 0", "--jobs"),
        ("study laws-of-learning --json --resume", "--out"),
        ("study laws-of-learning --seed -1", "seed"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    assert why in capsys.readouterr().err


def test_names_are_spelt_as_users_do():
    assert entry("Laws of Learning").name == "laws-of-learning"
