"""The study of what training conserves: its controls, its comparison, its resuming, its command."""

import json

import numpy as np
import pytest

from lawful.cli import main
from lawful.pictures import training_laws
from lawful.studies import conserved, laws_of_learning, training_cases
from lawful.studies.catalogue import CATALOGUE, entry
from lawful.studies.conserved import parts_of, searched, studied
from lawful.studies.laws_of_learning import LawsOfLearning, case_of, slopes, study
from lawful.studies.quantities import explained, products, rank
from lawful.studies.training_cases import Case, shuffled, strangers
from lawful.trajectories import make

SMALL = Case((2, 2, 1), "relu", networks=100)


@pytest.fixture(scope="module")
def small():
    return studied(SMALL)


@pytest.fixture
def quick(monkeypatch):
    """The study with one small case, and short logs."""
    monkeypatch.setattr(laws_of_learning, "CASES", (SMALL,))
    monkeypatch.setattr(laws_of_learning, "QUICK", (0,))
    monkeypatch.setattr(training_cases, "TIME", 10.0)


def test_all_is_found_and_nothing_else(small):
    done = LawsOfLearning((small,), {})
    assert small["independent"] == small["flow"]["count"] == small["flow"]["right"] == 2
    assert small["space"] == small["flow"]["space"] == 2
    assert done.complete(small)
    assert done.headline().startswith("2 of 2 laws found")


def test_controls_have_no_law_of_theory(small):
    assert small["strangers"]["count"] == 0
    assert small["shuffled"]["right"] == 0


def test_all_λ_tell_how_many_laws_there_are_without_a_search(small):
    assert small["flow"]["spectrum"]["dimension"] == small["space"]
    assert small["flow"]["spectrum"]["outside_theory"] < 1e-6
    assert small["strangers"]["spectrum"]["dimension"] == 0


def test_the_certificate_tells_laws_from_the_rest(small):
    for kind in ("laws", "steadiest"):
        assert all(1.7 < slope < 2.3 for slope in slopes(small, kind))
    assert all(abs(slope) < 0.1 for slope in slopes(small, "controls"))
    assert len(slopes(small, "controls")) == conserved.QUADRATICS
    assert all(abs(slope) < 0.7 for slope in slopes(small, "next"))


def test_no_symmetry_no_decay(small):
    assert small["charges"]["what"] == "control"
    assert small["charges"]["off"] > 1e-3


def test_batch_normalisation_gives_tanh_the_laws_that_it_lacks(monkeypatch):
    monkeypatch.setattr(training_cases, "TIME", 20.0)
    laws = {}
    for normalized in (False, True):
        case = Case((2, 2, 1), "tanh", networks=100, normalized=normalized)
        laws[normalized] = searched(case, "flow")
    assert laws[False]["count"] == laws[False]["spectrum"]["dimension"] == 0
    assert laws[True]["count"] == laws[True]["right"] == 2
    assert laws[True]["spectrum"]["dimension"] == 2


def test_a_wrong_law_would_be_seen_to_be_wrong():
    columns = {name: np.random.default_rng(k).normal(size=400) for k, name in enumerate("abc")}
    theory = products(["a**2 - b**2", "c"], columns)
    assert theory.shape == (400, 3)  # both, and c²
    assert rank(theory) == 3
    right = explained(3 * columns["a"] ** 2 - 3 * columns["b"] ** 2 + columns["c"] ** 2, theory)
    wrong = explained(columns["a"] ** 2 - 0.9 * columns["b"] ** 2, theory)
    assert right > conserved.RIGHT > wrong


def test_strangers_keep_every_path_but_not_its_company():
    log = SMALL.log("momentum")
    mixed = strangers(log, 0)
    for name in ("W1_1_1", "b2_1"):
        ours, theirs = log[name].values, mixed[name].values
        assert sorted(ours[:, 5]) == sorted(theirs[:, 5])
        assert (ours != theirs).any()


def test_shuffling_keeps_every_value_and_no_order():
    t = np.arange(50.0)
    log = make({"x": np.tile(t, (4, 1)), "y": np.tile(-t, (4, 1))}, t)
    mixed = shuffled(log, 0)
    for name, variable in log.data_vars.items():
        np.testing.assert_array_equal(np.sort(variable), np.sort(mixed[name]))
        assert (variable != mixed[name]).mean() > 0.9
    assert (mixed["x"] != -mixed["y"]).mean() > 0.9  # each in an order of its own


def test_a_finished_case_is_taken_from_where_it_is_kept(tmp_path, monkeypatch, quick):
    made = case_of(SMALL, tmp_path)
    assert len(list(tmp_path.iterdir())) == len(parts_of(SMALL))
    monkeypatch.setattr(laws_of_learning, "searched", None)  # would fail if called
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


def test_a_study_leaves_a_report_with_pictures(tmp_path, capsys, quick):
    out = tmp_path / "laws"
    words = f"study laws-of-learning --quick --jobs 1 --theme dark --out {out}"
    assert main(words.split()) == 0
    assert "2 of 2 laws found" in " ".join(capsys.readouterr().out.split())
    page = (out / "report.html").read_text()
    assert page.count("<img") == 4
    assert "relu 2-2-1" in page
    held = json.loads((out / "study.json").read_text())
    assert held["cases"][0]["independent"] == 2
    assert not list(tmp_path.glob(".*"))  # what was kept for --resume is gone


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_case_without_charges_is_drawn_as_well(small, tmp_path, theme):
    both = LawsOfLearning((small, {**small, "name": "another", "charges": None}), {})
    made = training_laws.draw(both, tmp_path, theme=theme, format="svg")
    assert [path.name for path in made] == [
        f"{name}.svg" for name in ("drift", "certificate", "spectrum", "decay")
    ]
    assert "another" in made[2].read_text()
    assert both.rows()[1]["charges"] == "–"


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
