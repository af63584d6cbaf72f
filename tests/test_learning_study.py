"""A study of learning: what it compares, what it asks, and that nothing is lost when it stops."""

import itertools
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from lawful import files
from lawful.learning import NeuralNetwork, datasets, keeping
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.store import to_json
from lawful.studies import outcome, workbench
from lawful.studies.cells import cells_of
from lawful.studies.comparison import Spread, compared
from lawful.studies.intervals import wilson
from lawful.studies.kept import outcome_in, training_in
from lawful.studies.learning import Lesson, learn
from lawful.studies.lesson import DataChoice, NetworkChoice, TrainingChoice, sizes
from lawful.studies.material import opened
from lawful.studies.outcome import Outcome
from lawful.studies.recipes import RECIPES, completed
from lawful.studies.unseen import Questions, answered, determination, grid_of
from lawful.studies.workbench import Bench

XOR = Lesson(
    DataChoice("xor"),
    NetworkChoice(layers=((2, 2, 1), (2, 3, 1))),
    TrainingChoice(steps=300),
    seeds=3,
)


def said(done):
    return to_json(done.to_dict())


@pytest.fixture(scope="module")
def whole():
    """The study that no one interrupts."""
    return learn(XOR, jobs=1)


# ------------------------------------------------------------------------ intervals


@given(n=st.integers(1, 5000), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_wilsons_interval_is_scipys(n, share, confidence):
    k = round(share * n)
    low, high = wilson(k, n, confidence)
    theirs = binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert 0 <= low <= k / n <= high <= 1
    assert math.isclose(low, theirs.low, abs_tol=1e-12)
    assert math.isclose(high, theirs.high, abs_tol=1e-12)


def test_wilsons_interval_holds_the_true_rate_as_often_as_it_says():
    successes = np.random.default_rng(0).binomial(40, 0.8, 4000)
    held = [low <= 0.8 <= high for low, high in (wilson(int(k), 40) for k in successes)]
    assert 0.92 < np.mean(held) < 0.98


@pytest.mark.parametrize("counts", [(1, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(Refusal):
        wilson(*counts)


# ----------------------------------------------------------------------- comparison


def made(seed, **facts):
    standard = {
        "solved": True,
        "steps_to_solution": 10.0,
        "steps": 100,
        "stopped": "after 100 steps",
        "start_energy": 0.2,
        "final_energy": 0.1,
        "accuracy": 1.0,
        "validation_accuracy": math.nan,
        "unseen_accuracy": math.nan,
        "unseen_r2": math.nan,
        "residual": math.nan,
    }
    return Outcome((2, 2, 1), seed, 9, **{**standard, **facts})


def test_statistics_are_those_of_the_trainings():
    runaway = {"step": 3, "reason": "", "hint": ""}
    one, *rest = compared(
        [
            made(0, steps_to_solution=30.0, final_energy=0.3),
            made(1, steps_to_solution=10.0, final_energy=0.1),
            made(2, solved=False, steps_to_solution=math.nan, final_energy=0.8),
            made(3, solved=False, final_energy=math.nan, diverged=runaway),
        ]
    )
    assert rest == []
    assert (one.trainings, one.solved, one.diverged, one.rate) == (4, 2, 1, 0.5)
    assert one.interval == wilson(2, 4)
    assert (one.steps_to_solution.count, one.steps_to_solution.median) == (2, 20.0)
    assert one.final_energy == Spread.of([0.1, 0.3, 0.8])
    assert one.shown == 0


def test_what_is_shown_is_solved_if_any_is():
    lost = made(0, solved=False, diverged={"step": 1, "reason": "", "hint": ""})
    assert compared([lost, made(1, solved=False), made(2)])[0].shown == 2
    assert compared([lost, made(1, solved=False)])[0].shown == 1
    assert compared([lost])[0].shown == 0


def test_numbers_have_no_goal():
    one = compared([made(0, solved=None)])[0]
    assert math.isnan(one.rate)
    assert math.isnan(one.interval[0])


# ---------------------------------------------------------------------------- study


def test_a_study_says_everything(whole):
    assert [one.name for one in whole.architectures] == ["2-2-1", "2-3-1"]
    assert [o.name for o in whole.outcomes] == [
        f"{layers} seed {seed}" for layers in ("2-2-1", "2-3-1") for seed in range(3)
    ]
    record = json.loads(said(whole))
    assert {"data", "settings", "comparison", "trainings", "predictions", "feedforward"} <= {
        *record
    }
    assert record["settings"]["training"]["optimizer"] == "momentum"
    assert all(one["agrees"] for one in record["feedforward"].values())
    assert record["data"]["goal"] == 1.0
    assert whole.warnings == ()


def test_outcomes_are_those_of_the_networks_kept(whole):
    xor = datasets.xor()
    for cell, one in zip(whole.cells, whole.outcomes, strict=True):
        training = whole.training(cell)
        assert one.final_energy == training.network.loss(xor.X, xor.y)
        assert one.accuracy == training.network.accuracy(xor.X, xor.y)
        assert one.solved == (one.accuracy == 1.0)
        accuracy, steps = training.runs["accuracy"].values[0], training.runs["time"].values
        if one.solved:
            first = int(np.flatnonzero(accuracy == 1.0)[0])
            assert one.steps_to_solution == steps[first]
        assert one.residual < 1e-13
        start, end = one.mechanical
        assert math.isclose(sum(one.accounts.values()), end - start, abs_tol=1e-13)


def test_the_same_twice_and_over_processes(whole):
    assert said(learn(XOR, jobs=2)) == said(whole)


def test_another_seed_is_another_study(whole):
    other = learn(replace(XOR, seed=3), jobs=1)
    assert other.outcomes[0].seed == 3
    assert other.outcomes[0].final_energy != whole.outcomes[0].final_energy


def test_curves_of_all_and_weights_of_each(whole, tmp_path):
    assert dict(whole.runs().sizes)["run"] == 6
    assert not any(str(name).startswith("W") for name in whole.runs().data_vars)
    one = whole.runs(whole.architectures[1])
    assert {"loss", "W1_2_3", "b2_1", "ledger_friction"} <= {*map(str, one.data_vars)}
    files.write(one, tmp_path / "training.nc")
    back = files.read(tmp_path / "training.nc")
    np.testing.assert_array_equal(back["W1_2_3"].values, one["W1_2_3"].values)


def test_numbers_are_learned_too(tmp_path):
    rng = np.random.default_rng(0)
    u, v = rng.uniform(-1, 1, (2, 80))
    rows = "\n".join(f"{a},{b},{3 + 2 * a - b}" for a, b in zip(u, v, strict=True))
    (tmp_path / "plane.csv").write_text(f"u,v,w\n{rows}\n")
    lesson = Lesson(
        DataChoice(str(tmp_path / "plane.csv"), target="w"),
        NetworkChoice(layers=((2, 1),)),
        TrainingChoice(optimizer="gradient_descent", learning_rate=0.3, steps=300),
        seeds=1,
    )
    done = learn(lesson)
    assert done.outcomes[0].solved is None
    assert done.shown[0].unseen.r2 > 0.999999
    first = done.shown[0].unseen.rows[0]
    assert math.isclose(first.answer[0], 3 + 2 * first.inputs[0] - first.inputs[1], rel_tol=1e-4)


def test_divergence_is_an_outcome():
    lesson = replace(
        XOR,
        network=NetworkChoice(layers=((2, 3, 1),), output="linear"),
        training=TrainingChoice(learning_rate=1e6, steps=300),
        seeds=2,
    )
    done = learn(lesson, jobs=1)
    assert done.all_diverged
    assert all(o.diverged["step"] > 0 and o.diverged["hint"] for o in done.outcomes)
    assert all(o.solved is False and math.isnan(o.final_energy) for o in done.outcomes)
    assert "diverged" in done.warnings[0]


def test_patience_sets_samples_aside_and_keeps_the_best():
    lesson = Lesson(
        DataChoice("moons"),
        NetworkChoice(layers=((2, 8, 1),)),
        TrainingChoice(epochs=60, patience=10),
        seeds=1,
    )
    done = learn(lesson)
    assert done.lesson.training.validation == 0.15
    held = done.shown[0].training.runs["validation_loss"].values[0]
    best = int(np.nanargmin(held))
    accuracy = done.shown[0].training.runs["validation_accuracy"].values[0]
    assert done.outcomes[0].validation_accuracy == accuracy[best]


# ------------------------------------------------------------------- stop and resume


class Stop(BaseException):
    """Somebody pulls the plug."""


def test_a_study_that_is_stopped_between_cells_goes_on(whole, tmp_path, monkeypatch):
    bench, real, count = Bench(tmp_path / "cells"), workbench.trained, []

    def trained(*arguments, **options):
        if len(count) == 4:
            raise Stop
        count.append(1)
        return real(*arguments, **options)

    monkeypatch.setattr(workbench, "trained", trained)
    with pytest.raises(Stop):
        learn(XOR, bench=bench, jobs=1)
    assert bench.left == 4
    count.clear()
    assert said(learn(XOR, bench=bench, jobs=1, resume=True)) == said(whole)
    assert len(count) == 2


LONG = replace(XOR, training=TrainingChoice(steps=2000), seeds=1)


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "langevin"])
def test_a_cell_that_is_stopped_on_its_way_goes_on_to_the_same_bits(
    tmp_path, monkeypatch, optimizer
):
    lesson = replace(LONG, training=replace(LONG.training, optimizer=optimizer))
    looks = itertools.count(0, 0.05)  # a clock that goes by this much a look
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: next(looks)))
    straight = learn(lesson, jobs=1)
    bench, steps = Bench(tmp_path / "cells"), []

    def stop(share, _):
        steps.append(share)
        if share > 0.35:
            raise Stop

    with pytest.raises(Stop):
        learn(lesson, bench=bench, jobs=1, share=stop)
    assert len(list(bench.place.glob("*.checkpoint"))) == 1
    steps.clear()
    after = learn(
        lesson, bench=bench, jobs=1, resume=True, share=lambda share, _: steps.append(share)
    )
    assert min(steps) > 0.2  # it did not begin again
    assert said(after) == said(straight)
    for one, other in zip(after.shown, straight.shown, strict=True):
        np.testing.assert_array_equal(
            one.training.network.parameters, other.training.network.parameters
        )
        np.testing.assert_array_equal(one.training.snapshots, other.training.snapshots)
        assert one.training.runs.equals(other.training.runs)
    assert not list(bench.place.glob("*.checkpoint"))


def test_without_resume_everything_is_trained_anew(whole, tmp_path):
    bench = Bench(tmp_path / "cells")
    learn(XOR, bench=bench, jobs=1)
    for file in bench.place.glob("*.npz"):
        file.write_bytes(b"spoilt")
    assert said(learn(XOR, bench=bench, jobs=1)) == said(whole)


@pytest.mark.parametrize("size", [0, 100, 3000])
def test_a_file_cut_short_is_trained_anew(whole, tmp_path, size):
    bench = Bench(tmp_path / "cells")
    learn(XOR, bench=bench, jobs=1)
    for file in bench.place.glob("*.npz"):
        file.write_bytes(file.read_bytes()[:size])
    (bench.place / f"{whole.cells[0].key}.checkpoint").write_bytes(b"spoilt")
    assert said(learn(XOR, bench=bench, jobs=1, resume=True)) == said(whole)


def test_other_settings_find_nothing_to_take_up(whole, tmp_path):
    bench = Bench(tmp_path / "cells")
    learn(XOR, bench=bench, jobs=1)
    for other in (
        replace(XOR, training=TrainingChoice(steps=301)),
        replace(XOR, data=DataChoice("xor", noise=0.1)),
        replace(XOR, network=replace(XOR.network, l2=1e-3)),
    ):
        held = opened(other.data)
        cells = cells_of(completed(replace(other, seed=0), held.samples), held.samples, "")
        assert bench.finished(cells) == {}
    assert len({cell.key for cell in whole.cells}) == 6


def test_what_is_kept_comes_back(whole, tmp_path):
    cell, bench = whole.cells[0], whole.bench
    assert outcome_in(bench.file(cell)) == whole.outcomes[0]
    assert outcome_in(tmp_path / "none.npz") is None
    held = training_in(bench.file(cell), whole.material.samples)
    assert held.runs.identical(whole.training(cell).runs)
    with pytest.raises(Refusal):
        training_in(tmp_path / "none.npz", whole.material.samples)


def test_large_snapshots_are_thinned_to_first_and_last(monkeypatch, tmp_path):
    from lawful.studies import kept

    monkeypatch.setattr(kept, "MOST_KEPT", 5)
    done = learn(replace(XOR, seeds=1), jobs=1)
    training = done.shown[0].training
    assert training.snapshots.shape[0] == 2
    np.testing.assert_array_equal(training.snapshots[-1], training.network.parameters)
    assert training.steps.tolist() == [0, 300]


# ------------------------------------------------------------------------- material


def table(path, rows=60, classes="abc", seed=0):
    rng = np.random.default_rng(seed)
    lines = ["width,height,kind"]
    for k in range(rows):
        x, y = np.array([5, 100]) + rng.normal(3 * (k % len(classes)), 0.5, 2)
        lines.append(f"{x},{y},{classes[k % len(classes)]}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_what_is_held_back_is_not_learned_from_nor_scaled_by(tmp_path):
    held = opened(DataChoice(table(tmp_path / "a.csv"), target="kind", unseen=0.3))
    learned, asked = held.samples, held.questions.samples
    assert (learned.size, asked.size) == (42, 18)
    np.testing.assert_allclose(learned.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(learned.X.std(axis=0), 1)
    assert abs(asked.X.mean()) > 1e-6
    rows = {tuple(row) for row in np.round(learned.x_scaling.undo(learned.X), 6)}
    assert rows.isdisjoint(map(tuple, np.round(asked.x_scaling.undo(asked.X), 6)))
    assert len(rows) == 42


def test_a_test_file_is_asked_with_and_without_its_answers(tmp_path):
    path = table(tmp_path / "a.csv")
    other = table(tmp_path / "b.csv", rows=9, seed=1)
    known = opened(DataChoice(path, target="kind", test=other)).questions
    assert known.known
    assert known.samples.labels.tolist() == [0, 1, 2] * 3
    bare = tmp_path / "c.csv"
    bare.write_text("height,width\n100,5\n103,8\n")
    asked = opened(DataChoice(path, target="kind", test=str(bare)))
    assert not asked.questions.known
    scaling = asked.samples.x_scaling
    np.testing.assert_allclose(scaling.undo(asked.questions.samples.X), [[5, 100], [8, 103]])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("width,kind\n1,a\n", "height"),
        ("width,height,kind\n1,2,z\n", "'z'"),
        ("width,height,kind\n1,two,a\n", "text"),
        ("width,height,kind\n1,,a\n1,2,a\n", "row"),
    ],
)
def test_a_test_file_that_does_not_fit_is_refused(tmp_path, text, word):
    (tmp_path / "t.csv").write_text(text)
    path = table(tmp_path / "a.csv")
    with pytest.raises(Refusal, match=word):
        opened(DataChoice(path, target="kind", test=str(tmp_path / "t.csv")))


def test_few_exact_points_are_asked_on_a_grid():
    asked = opened(DataChoice("xor")).questions
    assert not asked.known
    assert asked.samples.X.min() == -0.25
    assert asked.samples.X.max() == 1.25
    parity = opened(DataChoice("parity"))
    assert parity.questions is None


# --------------------------------------------------------------------------- unseen


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), classes=st.integers(2, 5))
def test_the_confusion_matrix_counts_every_answer(seed, classes):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, 30)
    names = [str(k) for k in range(classes)]
    samples = Samples.from_labels(rng.standard_normal((30, 3)), labels, names)
    network = NeuralNetwork([3, samples.outputs], seed=seed)
    seen = answered(network, Questions(samples, "drawn"))
    np.testing.assert_array_equal(
        seen.confusion.sum(axis=1), np.bincount(labels, minlength=classes)
    )
    assert np.trace(seen.confusion) / 30 == seen.accuracy == network.accuracy(samples.X, samples.y)
    assert sum(bool(row.right) for row in seen.rows) == np.trace(seen.confusion)
    assert seen.interval == wilson(int(np.trace(seen.confusion)), 30)


def test_a_grid_has_no_truth():
    asked = grid_of(datasets.xor())
    seen = answered(NeuralNetwork([2, 1], seed=0), asked)
    assert all(row.right is None and row.truth == "" for row in seen.rows)
    assert math.isnan(seen.accuracy)
    assert {row.predicted for row in seen.rows} <= {"0", "1"}


def test_r2_of_the_mean_is_nought():
    y = np.array([[1.0], [2.0], [6.0]])
    assert determination(np.full((3, 1), 3.0), y) == 0.0
    assert math.isnan(determination(y, np.ones((3, 1))))


# -------------------------------------------------------------------------- recipes


@pytest.mark.parametrize("name", [n for n in RECIPES if n not in ("mnist", "digits")])
def test_every_recipe_fits_its_data(name):
    held = opened(DataChoice(name))
    done = completed(Lesson(DataChoice(name)), held.samples)
    for cell in cells_of(done, held.samples, ""):
        assert cell.made().forward(held.samples.X).shape == held.samples.y.shape


def test_the_users_words_come_before_the_recipe():
    lesson = Lesson(
        DataChoice("spirals"),
        NetworkChoice(activation=("relu",), l2=0.5),
        TrainingChoice(optimizer="sgd", steps=7),
        seeds=2,
    )
    done = completed(lesson, datasets.spirals())
    assert done.network.weight_init == "he"
    assert (done.network.l2, done.seeds) == (0.5, 2)
    training = done.training
    assert (training.steps, training.epochs, training.learning_rate) == (7, None, None)
    mechanical = TrainingChoice(optimizer="heavy-ball", friction=0.2)
    training = completed(replace(lesson, training=mechanical), datasets.spirals()).training
    assert (training.batch, training.friction, training.steps) == (None, 0.2, 2000)


@pytest.mark.parametrize("text", ["2", "2-x", "2--1", "2-0-1", "", "2.5-1", "²-1"])
def test_layers_that_are_none_are_refused(text):
    with pytest.raises(Refusal, match="such as 2-3-1"):
        sizes(text)


@given(st.lists(st.integers(1, 999), min_size=2, max_size=6))
def test_layers_are_read_as_written(layers):
    assert sizes("-".join(map(str, layers))) == tuple(layers)


def test_an_outcome_holds_no_time_that_differs(whole):
    assert "seconds" not in whole.outcomes[0].to_dict()
    assert outcome.first_at(whole.training(whole.cells[0]).runs, 2.0) != 0
