"""Data sets: the right points, the right classes, the same seed the same samples."""

import contextlib
import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from lawful.learning import datasets
from lawful.learning.near_curves import attainable
from lawful.refusal import Refusal

DRAWN = ("circles", "moons", "spirals", "gaussians")
SEEDS = st.integers(0, 2**32)
IRIS = (
    "sepal length (cm),petal-width,species\n"
    + "5.1,0.2,setosa\n4.9,0.2,setosa\n4.7,0.3,setosa\n" * 4
    + "7.0,1.4,versicolor\n6.4,1.5,versicolor\n" * 4
    + "6.3,2.5,virginica\n"
)


def table(folder, text, name="table.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# ---------------------------------------------------------------- gates


def test_gates_are_their_truth_tables():
    corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    for gate, truth in (("xor", "0110"), ("and", "0001"), ("or", "0111")):
        samples = datasets.dataset(gate)
        assert samples.X.tolist() == corners
        assert "".join(str(int(v)) for v in samples.y.ravel()) == truth
        assert samples.goal == 1
    parity = datasets.parity(bits=5)
    assert parity.size == 32
    assert np.array_equal(parity.labels, parity.X.sum(axis=1) % 2)


def test_no_line_parts_xor_and_one_parts_and():
    """By linear programming: does a line with a margin exist?"""
    from scipy.optimize import linprog

    for gate, expected in ((datasets.xor(), False), (datasets.and_(), True)):
        sign = 2 * gate.y - 1
        rows = -sign * np.hstack([gate.X, np.ones((4, 1))])
        found = linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(4), bounds=(None, None))
        assert found.success is expected


@given(st.integers(4, 60), st.floats(0.001, 0.2), SEEDS)
@settings(max_examples=30)
def test_noisy_copies_stay_about_their_corners(n, noise, seed):
    samples = datasets.xor(n, noise, seed)
    corner = datasets.xor().X[np.arange(n) % 4]
    assert np.abs(samples.X - corner).max() < 6 * noise
    assert np.array_equal(samples.labels, corner.sum(axis=1) % 2)
    assert abs(2 * samples.y.sum() - n) <= 2
    assert samples.goal <= 0.99


def test_noise_alone_asks_for_copies():
    assert datasets.xor(noise=0.1).size == 200


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("name", DRAWN)
@given(n=st.integers(2, 80), seed=SEEDS)
@settings(max_examples=15)
def test_shapes_are_balanced_and_told_by_their_seed(name, n, seed):
    samples = datasets.dataset(name, samples=n, seed=seed)
    counts = np.bincount(samples.labels, minlength=2)
    assert samples.X.shape == (n, 2)
    assert counts.max() - counts.min() <= 1
    again = datasets.dataset(name, samples=n, seed=seed)
    assert np.array_equal(samples.X, again.X)
    assert not np.array_equal(samples.X, datasets.dataset(name, samples=n, seed=seed + 1).X)


def test_shapes_without_noise_lie_on_their_curves():
    x, y = datasets.moons(100, noise=0).X.T
    upper = datasets.moons(100, noise=0).labels == 0
    assert np.allclose(np.hypot(x, y)[upper], 1)
    assert np.allclose(np.hypot(x - 1, y - 0.5)[~upper], 1)
    assert (y[upper] >= 0).all()
    assert (y[~upper] <= 0.5).all()
    for turns, classes in ((1.0, 2), (3.0, 2), (0.5, 3)):
        arms = datasets.spirals(90, noise=0, turns=turns, classes=classes)
        radius = np.hypot(*arms.X.T)
        wound = np.arctan2(*arms.X.T[::-1]) / (2 * np.pi)
        left = wound - turns * (radius - 0.1) / 0.9 - arms.labels / classes
        assert np.allclose(left, np.round(left), atol=1e-9)


def test_gaussians_are_as_hard_as_theory_says():
    """The nearest of two centres at distance 2 is right Φ(1/σ) of the time."""
    n, sigma = 20_000, 0.8
    clouds = datasets.gaussians(n, sigma, seed=4)
    centres = [np.array([[1.0, 0.0]]), np.array([[-1.0, 0.0]])]
    best = norm.cdf(1 / sigma)
    error = np.sqrt(best * (1 - best) / n)
    assert abs(attainable(clouds.X, clouds.labels, centres) - best) < 4 * error
    assert abs(clouds.goal / 0.99 - best) < 4 * error
    for c, centre in enumerate(centres):
        cloud = clouds.X[clouds.labels == c]
        assert np.allclose(cloud.mean(axis=0), centre, atol=5 * sigma / np.sqrt(n / 2))
        assert np.allclose(cloud.std(axis=0), sigma, rtol=0.05)


@pytest.mark.parametrize("name", [*DRAWN, "xor", "parity"])
def test_goals_fall_with_noise_and_stay_shares(name):
    goals = [datasets.dataset(name, samples=400, noise=s).goal for s in (0.02, 0.3, 1.0, 1e6)]
    assert goals == sorted(goals, reverse=True)
    assert goals[0] > goals[2]
    assert 0.45 < goals[-1] < 0.6


def test_sample_data_is_balanced_and_no_line_parts_it():
    X, y = datasets.create_sample_data(2000, 4, seed=1)
    assert X.shape == (2000, 4)
    assert y.sum() == 1000
    columns = np.hstack([X, np.ones((2000, 1))])
    line = np.linalg.lstsq(columns, 2 * y - 1, rcond=None)[0]
    assert 0.6 < np.mean((columns @ line > 0) == (y == 1)) < 0.9
    q = X.sum(axis=1) / 2 + X[:, 0] * X[:, 1]
    above = y.ravel() == 1
    assert q[above].min() > q[~above].max()
    assert datasets.create_sample_data(5, 1).X.shape == (5, 1)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: datasets.xor(3), "3 samples"),
        (lambda: datasets.xor(True), "True samples"),
        (lambda: datasets.moons(1), "1 samples"),
        (lambda: datasets.moons(10.5), "10.5 samples"),
        (lambda: datasets.circles(noise=-0.1), "noise of -0.1"),
        (lambda: datasets.circles(noise=float("nan")), "noise of nan"),
        (lambda: datasets.circles(seed=-1), "seed -1"),
        (lambda: datasets.spirals(turns=0), "0 turns"),
        (lambda: datasets.spirals(classes=1), "1 classes"),
        (lambda: datasets.gaussians(classes=2.0), "2.0 classes"),
        (lambda: datasets.parity(bits=1), "1 bits"),
        (lambda: datasets.parity(bits=40), "40 bits"),
        (lambda: datasets.create_sample_data(1), "1 samples"),
        (lambda: datasets.create_sample_data(10, 0), "0 features"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(make, told):
    with pytest.raises(Refusal, match=told):
        make()


# ---------------------------------------------------------------- the front door


def test_every_name_is_a_data_set():
    pytest.importorskip("sklearn", reason="lawful[data] brings the digits")
    for name in datasets.names():
        if name == "mnist":
            continue
        samples = datasets.dataset(name.upper())
        assert samples.name == name
        assert samples.classes
        assert 0.5 < samples.goal <= 1


def test_digits():
    pytest.importorskip("sklearn", reason="lawful[data] brings the digits")
    digits = datasets.digits()
    assert digits.X.shape == (1797, 64)
    assert digits.y.shape == (1797, 10)
    assert (digits.X.min(), digits.X.max()) == (0, 1)
    some = datasets.dataset("digits", samples=500, seed=2)
    assert some.size == 500
    assert np.abs(some.y.mean(axis=0) - digits.y.mean(axis=0)).max() < 1 / 500
    assert not np.array_equal(some.X, datasets.dataset("digits", samples=500, seed=3).X)
    for samples in (1798, 0, 1.5):
        with pytest.raises(Refusal, match="samples of digits"):
            datasets.dataset("digits", samples=samples)


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(Refusal, match=r"pip install 'lawful\[data\]'"):
        datasets.digits()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name_or_path": "circels"}, "did you mean 'circles'"),
        ({"name_or_path": "nothing_like_it"}, "or the path of a table"),
        ({"name_or_path": "nothing.csv"}, "no file 'nothing.csv'"),
        ({"name_or_path": ""}, "no data set"),
        ({"name_or_path": "xor", "target": "y"}, "a target 'y' for xor"),
        ({"name_or_path": "digits", "noise": 0.1}, "a noise of 0.1 for digits"),
        ({"name_or_path": "sample", "noise": 0.1}, "a noise of 0.1 for sample"),
        ({"name_or_path": "moons", "samples": 0}, "0 samples"),
    ],
)
def test_what_the_door_refuses(asked, told):
    with pytest.raises(Refusal, match=told) as refusal:
        datasets.dataset(**asked)
    assert "\n" not in str(refusal.value)


# ---------------------------------------------------------------- a user's table


def test_text_labels_are_classes(tmp_path):
    samples = datasets.dataset(table(tmp_path, IRIS, "iris.csv"), target="species")
    assert samples.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(samples.labels).tolist() == [12, 8, 1]
    assert samples.features == ("sepal_length", "petal_width")
    assert samples.name == "iris"
    assert samples.goal == pytest.approx(0.9 + 0.1 * 12 / 21)
    assert np.allclose(samples.X.mean(axis=0), 0)
    first = samples.x_scaling.undo(samples.X)[0]
    assert first == pytest.approx([5.1, 0.2])
    assert "species is learnt as a class" in samples.notes


def test_the_door_takes_a_part_of_a_table(tmp_path):
    path = table(tmp_path, IRIS, "iris.csv")
    assert datasets.dataset(path, target="species", samples=7).size == 7
    with pytest.raises(Refusal, match="22 samples of iris"):
        datasets.dataset(path, target="species", samples=22)


@pytest.mark.parametrize("wanted", ["sepal length (cm)", "sepal_length"])
def test_a_target_is_named_by_title_or_by_name(tmp_path, wanted):
    samples = datasets.labelled(table(tmp_path, IRIS), wanted)
    assert samples.classes == ()
    assert samples.y_scaling.undo(samples.y)[0] == pytest.approx(5.1)
    assert "column species holds text ('setosa'): left out" in samples.notes


def test_a_target_that_is_not_there_lists_the_columns(tmp_path):
    with pytest.raises(Refusal) as refusal:
        datasets.labelled(table(tmp_path, IRIS), "specis")
    assert str(refusal.value) == (
        "--target 'specis' names no column of table; "
        "expected one of sepal length (cm), petal-width, species; did you mean 'species'?"
    )


def test_a_usual_target_is_found_and_said(tmp_path):
    samples = datasets.labelled(table(tmp_path, IRIS))
    assert "species is taken to be the target; --target names another" in samples.notes
    for header in ("a,b", "label,class"):
        with pytest.raises(Refusal, match="does not say which column"):
            datasets.labelled(table(tmp_path, f"{header}\n1,2\n2,1\n"))


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0, 1, 0, 1, 1, 0], ("0", "1")),
        ([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], ("1", "2", "3")),
        (["True", "False", "True", "False", "True", "True"], ("0", "1")),
        ([-0.5, 0.5, -0.5, 0.5, 0.5, 0.5], ("-0.5", "0.5")),
        ([1.5, 2.5, 3.5, 1.5, 2.5, 3.5], ()),
        ([10, 20, 30, 40, 50, 60], ()),
        ([" yes", "no ", "yes", "no", "yes", "no"], ("no", "yes")),
    ],
)
def test_targets_say_what_they_are(tmp_path, values, classes):
    rows = "".join(f"{k * k},{value}\n" for k, value in enumerate(values))
    samples = datasets.labelled(table(tmp_path, "x,y\n" + rows), "y")
    assert samples.classes == classes


def test_the_user_decides_between_class_and_number(tmp_path):
    path = table(tmp_path, "x,y\n" + "".join(f"{k * k},{k % 3}\n" for k in range(9)))
    assert datasets.labelled(path, "y").classes == ("0", "1", "2")
    numbers = datasets.labelled(path, "y", regression=True, standardise=False)
    assert numbers.y.ravel().tolist() == [0, 1, 2] * 3
    assert numbers.X.ravel().tolist() == [k * k for k in range(9)]
    with pytest.raises(Refusal, match="holds text"):
        datasets.labelled(table(tmp_path, IRIS), "species", regression=True)


def test_everything_left_out_is_said(tmp_path):
    header = "id,mass,constant,name,mostly,label\n"
    rows = [
        f"{k},{k * k % 7},3,n{k},{1 if k == 1 else ''},{'ab'[k % 2] if k != 5 else ''}"
        for k in range(1, 13)
    ]
    rows[3] = "4,,3,n4,,a"
    samples = datasets.labelled(table(tmp_path, header + "\n".join(rows) + "\n"), "label")
    assert samples.features == ("mass",)
    assert samples.size == 10
    for note in (
        "1 of 12 rows have no label: dropped",
        "1 of 11 rows have gaps: dropped",
        "column id counts the rows: left out",
        "column constant is constant: left out",
        "column name holds text ('n1'): left out",
        "column mostly is 92% empty: left out",
    ):
        assert note in samples.notes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x,y\n1,a\n2,a\n3,a\n", "always 'a'"),
        ("x,y\n1,\n2,\n", "every row has no y"),
        ("x,y\n,a\n1,\n", "no feature|gaps"),
        ("x,y\nu,a\nv,b\n", "no feature among the columns x"),
        ("x,y\n1,a\n1,b\n", "all features are constant"),
        ("x,y\n1,a\ninf,b\n", "'x' is infinite in row 2"),
        ("x,z,y\n1,,a\n,2,b\n", "every row has gaps"),
        ("x,y\n" + "".join(f"{k * k},t{k}\n" for k in range(9)), "9 different values in 9 rows"),
        ("x,y\n" + "".join(f"{k * k},{k / 3}\n" for k in range(9)) + "1,inf\n", "is infinite"),
        ("", "is empty"),
        ("x,y\n", "no rows"),
        ("y\n1\n", "one column"),
    ],
)
def test_tables_that_cannot_be_learnt_are_refused(tmp_path, text, told):
    with pytest.raises(Refusal, match=told) as refusal:
        datasets.labelled(table(tmp_path, text), "y")
    assert "\n" not in str(refusal.value)


def test_tables_in_other_dress(tmp_path):
    plain = datasets.labelled(table(tmp_path, IRIS), "species")
    semicolons = IRIS.replace(",", ";").replace(".", ",")
    others = [table(tmp_path, semicolons, "semicolons.csv"), tmp_path / "zipped.csv.gz"]
    others[1].write_bytes(gzip.compress(IRIS.encode()))
    for path in others:
        other = datasets.labelled(path, "species")
        assert np.array_equal(other.X, plain.X)
        assert np.array_equal(other.y, plain.y)
    with pytest.raises(Refusal, match="is no table"):
        datasets.labelled(_npz(tmp_path), "y")
    with pytest.raises(Refusal, match="means 2 files"):
        datasets.labelled(tmp_path / "*.csv", "species")


def _npz(folder):
    np.savez(folder / "held.npz", x=np.arange(3.0))
    return folder / "held.npz"


@given(
    st.lists(
        st.tuples(
            st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from(["red", "grün", "a, b", 'q"'])
        ),
        min_size=8,
        max_size=30,
    )
)
@settings(max_examples=30, deadline=None)
def test_a_table_comes_back_as_it_was_written(tmp_path_factory, rows):
    import pandas as pd

    path = tmp_path_factory.mktemp("tables") / "table.csv"
    frame = pd.DataFrame(rows, columns=["x", "colour"])
    frame.to_csv(path, index=False)
    if frame["colour"].nunique() < 2 or frame["x"].nunique() < 2:
        with pytest.raises(Refusal):
            datasets.labelled(path, "colour")
        return
    samples = datasets.labelled(path, "colour", standardise=False)
    assert samples.X.ravel().tolist() == frame["x"].tolist()
    assert [samples.classes[k] for k in samples.labels] == frame["colour"].tolist()


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "any.csv"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    with contextlib.suppress(Refusal):
        assert datasets.labelled(path, "y").size
