"""Samples: what is accepted, what is refused, splits, parts and scaling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lawful.learning.samples import Samples
from lawful.learning.scaling import Scaling
from lawful.refusal import Refusal

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False, width=64)


@st.composite
def classed(draw):
    """Samples of 2 to 5 classes, however unequal."""
    count = draw(st.integers(2, 5))
    labels = draw(arrays.arrays(np.int64, st.integers(2, 80), elements=st.integers(0, count - 1)))
    X = np.arange(len(labels), dtype=float)[:, None]
    return Samples.from_labels(X, labels, [f"c{i}" for i in range(count)])


# ---------------------------------------------------------------- what they hold


def test_two_classes_are_one_column_and_more_are_one_hot():
    labels = np.array([0, 1, 1, 0])
    two = Samples.from_labels(np.zeros((4, 3)), labels, ("no", "yes"))
    assert two.y.ravel().tolist() == [0, 1, 1, 0]
    more = Samples.from_labels(np.zeros((4, 3)), labels, ("a", "b", "c"))
    assert more.y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]
    for samples in (two, more):
        assert samples.labels.tolist() == labels.tolist()
        assert (samples.size, samples.inputs) == (4, 3)
        assert samples.features == ("x1", "x2", "x3")


def test_arrays_are_frozen_and_the_givers_array_stays_his():
    given_X = np.zeros((2, 2))
    samples = Samples(given_X, [0, 1])
    with pytest.raises(ValueError, match="read-only"):
        samples.X[0, 0] = 1
    given_X[0, 0] = 1  # his own, still writable
    with pytest.raises(AttributeError):
        samples.goal = 0.5


def test_float32_stays_and_answers_follow():
    samples = Samples(np.ones((2, 2), np.float32), [0, 1], classes=("a", "b"))
    assert samples.X.dtype == samples.y.dtype == np.float32
    assert Samples(np.ones((2, 2), np.uint8), [0, 1]).X.dtype == np.float64


def test_unpacks():
    X, y = Samples([[1.0], [2.0]], [3.0, 4.0])
    assert X.shape == y.shape == (2, 1)


BAD = {
    "flat": ({"X": [1.0, 2.0], "y": [0, 1]}, "inputs of the shape"),
    "empty": ({"X": np.zeros((0, 2)), "y": []}, "inputs of the shape"),
    "ragged": ({"X": [[1], [1, 2]], "y": [0, 1]}, "X is not an array of numbers"),
    "text": ({"X": [["a"]], "y": [0]}, "X is not an array of numbers"),
    "nan": ({"X": [[1.0], [np.nan]], "y": [0, 1]}, r"X is not finite at \(1, 0\)"),
    "infinite answer": ({"X": [[1.0]], "y": [np.inf]}, "y is not finite"),
    "lengths": ({"X": [[1.0], [2.0]], "y": [0, 1, 0]}, "answers of the shape"),
    "no class": ({"X": [[1.0]], "y": [0.5], "classes": ("a", "b")}, "answers that are no classes"),
    "two hot": ({"X": [[1.0]], "y": [[1, 1, 0]], "classes": "abc"}, "a single 1 a row"),
    "columns": ({"X": [[1.0]], "y": [[1, 0]], "classes": ("a", "b")}, "2 columns to 2 classes"),
    "one class": ({"X": [[1.0]], "y": [0], "classes": ("a",)}, "1 classes"),
    "features": ({"X": [[1.0]], "y": [0], "features": ("a", "b")}, "2 names for 1 features"),
    "goal": ({"X": [[1.0]], "y": [0], "goal": 0.0}, "a goal of 0.0"),
    "goal in percent": ({"X": [[1.0]], "y": [0], "goal": 95}, "a goal of 95"),
    "test": ({"X": [[1.0]], "y": [0], "test": Samples([[1.0, 2.0]], [0])}, "test samples"),
}


@pytest.mark.parametrize(("given_", "told"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused(given_, told):
    with pytest.raises(Refusal, match=told):
        Samples(**given_)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0.0, 1.0], [[0], [1]], ["a", "b"], []])
def test_labels_that_are_none_are_refused(labels):
    with pytest.raises(Refusal, match="labels"):
        Samples.from_labels(np.zeros((2, 1)), labels, ("a", "b"))


def test_numbers_have_no_labels():
    with pytest.raises(Refusal, match="are numbers"):
        _ = Samples([[1.0]], [0.3]).labels


# ---------------------------------------------------------------- parts


@given(classed(), st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_split_is_stratified_disjoint_and_whole(samples, fraction, seed):
    rest, part = samples.split(fraction, seed)
    assert sorted([*rest.X.ravel(), *part.X.ravel()]) == list(range(samples.size))
    assert part.size == min(max(round(fraction * samples.size), 1), samples.size - 1)
    for c in range(len(samples.classes)):
        held, taken = np.sum(samples.labels == c), np.sum(part.labels == c)
        assert abs(taken - fraction * held) < 1 + 1e-9
    again = samples.split(fraction, seed)[1]
    assert np.array_equal(part.X, again.X)
    for one in (rest, part):  # each input keeps its own answer
        assert np.array_equal(one.y, samples.y[one.X.ravel().astype(int)])


def test_another_seed_is_another_split():
    samples = Samples(np.arange(100.0)[:, None], np.zeros(100))
    parts = {tuple(samples.split(0.2, seed)[1].X.ravel()) for seed in range(5)}
    assert len(parts) == 5


def test_the_rest_keeps_the_test_set():
    test = Samples([[9.0]], [1])
    rest, part = Samples(np.arange(4.0)[:, None], [0, 1, 0, 1], test=test).split(0.5)
    assert rest.test is test
    assert part.test is None


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_fractions_that_leave_nothing_are_refused(fraction):
    with pytest.raises(Refusal, match="fraction"):
        Samples([[1.0], [2.0]], [0, 1]).split(fraction)


def test_one_sample_cannot_be_split():
    with pytest.raises(Refusal, match="cannot be split"):
        Samples([[1.0]], [0]).split(0.5)


def test_take_by_numbers_and_by_truth():
    samples = Samples([[1.0], [2.0], [3.0]], [1, 2, 3], name="three")
    assert samples.take([-1, 0]).y.ravel().tolist() == [3, 1]
    assert samples.take([True, False, True]).X.ravel().tolist() == [1, 3]
    assert samples.take(1).name == "three"


@pytest.mark.parametrize("indices", [[], [3], [-4], [0.5], [True, False], [[0, 1]], [False] * 3])
def test_indices_that_are_none_are_refused(indices):
    with pytest.raises(Refusal):
        Samples([[1.0], [2.0], [3.0]], [1, 2, 3]).take(indices)


# ---------------------------------------------------------------- scaling


@settings(max_examples=50)
@given(
    arrays.arrays(np.float64, st.tuples(st.integers(2, 20), st.integers(1, 4)), elements=NUMBERS)
)
def test_standardised_leads_back(X):
    samples = Samples(X, np.zeros(len(X))).standardised()
    changing = samples.x_scaling.spread != 1
    assert np.allclose(samples.X.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(samples.X[:, changing].std(axis=0), 1)
    assert np.allclose(samples.x_scaling.undo(samples.X), X, atol=1e-6)
    still = np.ptp(X, axis=0) == 0
    assert not samples.X[:, still].any()


def test_test_set_and_validation_are_scaled_like_the_rest():
    test = Samples([[5.0]], [1])
    samples = Samples([[1.0], [3.0]], [0, 1], test=test)
    assert samples.standardised().test.X.item() == 3.0
    assert test.standardised(like=samples).X.item() == 3.0
    with pytest.raises(Refusal, match="2 features to scale 1 by"):
        test.standardised(like=Samples([[1.0, 2.0]], [0]))


def test_scaled_twice_still_leads_back_to_the_source():
    raw = np.array([[1.0], [4.0], [10.0]])
    once = Samples(raw, np.zeros(3)).standardised()
    twice = once.standardised(like=Samples([[2.0], [4.0]], [0, 0]))
    assert np.allclose(twice.x_scaling.undo(twice.X), raw)


def test_scaling_keeps_single_precision():
    X = np.linspace(0, 1, 8, dtype=np.float32).reshape(4, 2)
    assert Samples(X, np.zeros(4)).standardised().X.dtype == np.float32
    assert Scaling.of(X).apply(X).dtype == np.float32
