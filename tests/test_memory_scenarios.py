"""Streams show what they say, hide their tests, and their measures are as defined."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lawful.fields.memory import accuracy
from lawful.fields.memory.experience import Part
from lawful.fields.memory.scenarios import (
    SCENARIOS,
    VALIDATION,
    Permuted,
    Rotated,
    permuted,
    rotated,
    split,
)
from lawful.refusal import Refusal

torch.set_num_threads(1)
SIDE, CLASSES = 6, 10
MAKERS = {"permuted": permuted, "rotated": rotated, "split": split}
many = settings(max_examples=40, deadline=None)


def part(count=240, classes=CLASSES, side=SIDE, seed=0):
    source = torch.Generator().manual_seed(seed)
    return Part(torch.rand(count, side, side, generator=source), torch.arange(count) % classes)


@pytest.fixture(scope="module")
def train():
    return part(seed=1)


@pytest.fixture(scope="module")
def test():
    return part(60, seed=2)


def rows(images):
    """Images as a set, each by its bytes."""
    return {image.numpy().tobytes() for image in images}


def same(one, other):
    return all(
        torch.equal(a.tensors()[0], b.tensors()[0]) and torch.equal(a.labels, b.labels)
        for a, b in zip(parts_of(one), parts_of(other), strict=True)
    )


def any_two(counts):
    return max(counts) > 1


def parts_of(stream):
    return [p for e in stream.experiences for p in (e.train, e.validation)] + list(stream.tests)


# ------------------------------------------------------------------ permuted


def test_a_permuted_task_moves_every_point_to_one_place_and_loses_none(train, test):
    # Image k is 1 at point k: what comes back is the permutation's matrix.
    points = SIDE * SIDE
    one_hot = Part(torch.eye(points).view(points, SIDE, SIDE), torch.arange(points) % CLASSES)
    stream = permuted(train, one_hot, tasks=4, seed=3)
    matrices = [seen.tensors()[0].flatten(1) for seen in stream.tests]
    assert torch.equal(matrices[0], torch.eye(points))
    for matrix in matrices:
        assert torch.equal(matrix.sum(0), torch.ones(points))
        assert torch.equal(matrix.sum(1), torch.ones(points))
    assert all(not torch.equal(a, b) for a, b in combinations(matrices, 2))


def test_a_task_permutes_training_validation_and_test_alike(train, test):
    for one, seen in zip((s := permuted(train, test, tasks=3)).experiences, s.tests, strict=True):
        assert one.train.view is one.validation.view is seen.view


def test_permutations_are_drawn_at_construction(train, test):
    stream = permuted(train, test, tasks=3)
    before = stream.tests[2].tensors()[0]
    torch.manual_seed(99)
    assert torch.equal(before, stream.tests[2].tensors()[0])


def test_a_longer_stream_begins_with_the_tasks_of_a_shorter_one(train, test):
    short, long = permuted(train, test, tasks=3, seed=5), permuted(train, test, tasks=6, seed=5)
    for k in range(3):
        assert torch.equal(short.tests[k].tensors()[0], long.tests[k].tensors()[0])


def test_the_first_task_is_permuted_too_where_it_is_asked_for(train, test):
    as_it_is, moved = (permuted(train, test, tasks=2, first_as_is=f) for f in (True, False))
    assert torch.equal(as_it_is.tests[0].tensors()[0], test.images)
    assert not torch.equal(moved.tests[0].tensors()[0], test.images)
    assert torch.equal(as_it_is.tests[1].tensors()[0], moved.tests[1].tensors()[0])
    assert moved.names == ("permutation 1", "permutation 2")


@many
@given(st.permutations(range(9)))
def test_a_permutation_is_undone_by_its_inverse(order):
    there, x = torch.tensor(order), part(3, side=3).images
    back = torch.argsort(there)
    assert torch.equal(Permuted(back)(Permuted(there)(x)), x)


# ------------------------------------------------------------------ rotated


@pytest.mark.parametrize("side", [7, 8, 28])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_those_of_the_array(side, quarters):
    x = part(4, side=side).images
    turned = Rotated(90.0 * quarters)(x)
    torch.testing.assert_close(turned, torch.rot90(x, quarters, (1, 2)), atol=2e-5, rtol=0)


@pytest.mark.parametrize("degrees", [0.0, 360.0, -720.0])
def test_whole_turns_are_none(degrees):
    x = part(4).images
    torch.testing.assert_close(Rotated(degrees)(x), x, atol=2e-5, rtol=0)


def test_a_rotation_is_linear_between_points_by_hand():
    # One bright point of 5 × 5, up from the middle, by 30°: it lands between four points with
    # the weights of two linear steps.
    x = torch.zeros(1, 5, 5)
    x[0, 1, 2] = 1.0
    found = Rotated(30.0)(x)[0]
    c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
    expected = torch.zeros(5, 5)
    for i in range(5):
        for j in range(5):
            across, down = j - 2, i - 2
            old_j, old_i = c * across - s * down + 2, s * across + c * down + 2
            expected[i, j] = max(0.0, 1 - abs(old_i - 1)) * max(0.0, 1 - abs(old_j - 2))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert float(found[:, :2].sum()) > float(found[:, 3:].sum())  # counterclockwise, to the left


@many
@given(st.floats(-720, 720), st.integers(0, 100))
def test_a_rotation_stays_within_what_an_image_may_be(degrees, seed):
    turned = Rotated(degrees)(part(3, seed=seed).images)
    assert turned.shape == (3, SIDE, SIDE)
    assert turned.dtype == torch.float32
    assert float(turned.min()) >= 0
    assert float(turned.max()) <= 1 + 1e-5


def test_each_task_is_turned_a_step_more(train, test):
    stream = rotated(train, test, tasks=3, step=90.0)
    assert stream.names == ("0°", "90°", "180°")
    for k, seen in enumerate(stream.tests):
        turned = torch.rot90(test.images, k, (1, 2))
        torch.testing.assert_close(seen.tensors()[0], turned, atol=2e-5, rtol=0)


# ------------------------------------------------------------------ split


def test_split_takes_classes_two_by_two(train, test):
    stream = split(train, test)
    assert [one.classes for one in stream.experiences] == [(k, k + 1) for k in range(0, 10, 2)]
    assert stream.classes == CLASSES
    for one, seen in zip(stream.experiences, stream.tests, strict=True):
        for each in (one.train, seen):
            assert tuple(each.labels.unique().tolist()) == one.classes


def test_split_shares_out_every_image_once(train, test):
    stream = split(train, test)
    learnt = [one.train.images for one in stream.experiences]
    chosen = [one.validation.images for one in stream.experiences]
    assert sum(map(len, learnt + chosen)) == len(train)
    assert rows(torch.cat(learnt + chosen)) == rows(train.images)
    assert rows(torch.cat([seen.images for seen in stream.tests])) == rows(test.images)


@given(st.integers(1, CLASSES))
@many
def test_split_loses_no_class_whatever_the_number_of_tasks(parts):
    stream = split(part(600), part(60), parts=parts)
    groups = [one.classes for one in stream.experiences]
    assert [c for group in groups for c in group] == list(range(CLASSES))
    assert max(map(len, groups)) - min(map(len, groups)) <= 1


# ------------------------------------------------------------------ of all


def test_every_scenario_has_its_maker():
    assert set(SCENARIOS) == set(MAKERS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_test_image_reaches_an_experience(name, train, test):
    stream = MAKERS[name](train, test)
    hidden = rows(test.images)
    for one in stream.experiences:
        # As they are stored, and as they are seen.
        assert not hidden & rows(torch.cat([one.train.images, one.validation.images]))
        seen = rows(one.train.tensors()[0]) | rows(one.validation.tensors()[0])
        assert not seen & {row for t in stream.tests for row in rows(t.tensors()[0])}


@pytest.mark.parametrize("name", SCENARIOS)
def test_validation_is_apart_from_training(name, train, test):
    for one in MAKERS[name](train, test).experiences:
        assert not rows(one.train.images) & rows(one.validation.images)


@pytest.mark.parametrize("name", ["permuted", "rotated"])
def test_the_same_images_validate_every_task_and_nothing_is_copied(name, train, test):
    first, *later = (s := MAKERS[name](train, test, tasks=20)).experiences
    assert len(first.validation) == round(VALIDATION * len(train)) == 20
    assert rows(first.train.images) | rows(first.validation.images) == rows(train.images)
    for one in later:
        assert one.train.images.data_ptr() == first.train.images.data_ptr()
        assert one.validation.images.data_ptr() == first.validation.images.data_ptr()
    assert all(seen.images.data_ptr() == test.images.data_ptr() for seen in s.tests)


@many
@given(st.lists(st.integers(1, 90), min_size=2, max_size=6).filter(any_two), st.integers(0, 1000))
def test_every_class_is_validated_by_its_share(counts, seed):
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    known = Part(part(len(labels), side=3).images, labels)
    (one,) = permuted(known, known, tasks=1, seed=seed).experiences
    held = one.validation.labels.bincount(minlength=len(counts)).tolist()
    assert held == [min(max(1, round(n * VALIDATION)), n - 1) for n in counts]
    assert one.classes == tuple(range(len(counts)))


@pytest.mark.parametrize("name", SCENARIOS)
def test_labels_stay_with_their_images(name, train, test):
    known = {im.numpy().tobytes(): int(y) for im, y in zip(train.images, train.labels, strict=True)}
    for one in MAKERS[name](train, test).experiences:
        for each in (one.train, one.validation):
            told = [known[image.numpy().tobytes()] for image in each.images]
            assert told == each.labels.tolist()


@pytest.mark.parametrize("name", SCENARIOS)
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_seeds_reproduce_and_differ(name, one, other):
    # So many images that two seeds hold the same ones back less than once in 10^30.
    make, train, test = MAKERS[name], part(480, side=3), part(40, side=3, seed=9)
    assert same(make(train, test, seed=one), make(train, test, seed=one))
    if one != other:
        assert not same(make(train, test, seed=one), make(train, test, seed=other))


def test_views_work_on_any_batch(train, test):
    whole = permuted(train, test, tasks=2).tests[1]
    shuffled = list(whole.batches(7, generator=torch.Generator().manual_seed(0)))
    assert sum(len(y) for _, y in shuffled) == len(test)
    assert rows(torch.cat([x for x, _ in shuffled])) == rows(whole.tensors()[0])


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda a, b: permuted(a, b, tasks=0), "0 tasks"),
        (lambda a, b: rotated(a, b, tasks=True), "True tasks"),
        (lambda a, b: permuted(a, b, seed=1.5), "the seed 1.5"),
        (lambda a, b: split(a, b, seed=-1), "the seed -1"),
        (lambda a, b: permuted(a, b, validation=0), "a share of 0"),
        (lambda a, b: permuted(a, b, validation=1.0), "a share of 1.0"),
        (lambda a, b: rotated(a, b, validation=math.nan), "a share of nan"),
        (lambda a, b: permuted(part(10), b), "no two of a class"),
        (lambda a, b: split(part(12), b, parts=10), r"no image of the classes \[2\]"),
        (lambda a, b: rotated(a, b, step=math.inf), "a step of inf"),
        (lambda a, b: rotated(a, b, step=360.0), "a step of 360.0"),
        (lambda a, b: split(a, b, parts=11), "11 tasks of 10 classes"),
        (lambda a, b: permuted(a, part(20, side=5)), "images of 5 × 5"),
        (lambda a, b: permuted(a, part(60, classes=12)), "labels from 0 to 11"),
        (lambda a, b: split(a, part(60, classes=12)), r"of the classes \[10, 11\]"),
        (lambda a, b: split(a, part(60, classes=8)), r"no image of the classes \[8, 9\]"),
        (lambda a, b: split(Part(a.images, 2 * a.labels), b, parts=2), r"\[1, 3, 5"),
        (lambda a, b: permuted(Part(a.images, a.labels, Rotated(9.0)), b), "through a view"),
        (lambda a, b: rotated(a, Part(b.images, b.labels, Rotated(9.0))), "through a view"),
        (lambda a, b: split(a, Part(b.images, b.labels, Rotated(9.0))), "through a view"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, found, train, test):
    with pytest.raises(Refusal, match=found):
        make(train, test)


# ------------------------------------------------------------------ the measures

R = np.array([[0.9, 0.2, 0.1], [0.95, 0.8, 0.3], [0.6, 0.7, 0.85]])


def test_measures_of_a_matrix_by_hand():
    assert accuracy.average(R) == pytest.approx((0.6 + 0.7 + 0.85) / 3)
    assert accuracy.forgetting(R) == pytest.approx(((0.95 - 0.6) + (0.8 - 0.7)) / 2)
    assert accuracy.backward(R) == pytest.approx(((0.6 - 0.9) + (0.7 - 0.8)) / 2)
    assert accuracy.forward(R, [0.1, 0.1, 0.15]) == pytest.approx(((0.2 - 0.1) + (0.3 - 0.15)) / 2)


def test_a_task_best_before_it_was_met_counts_from_there():
    assert accuracy.forgetting([[0.5, 0.9, 0], [0.5, 0.4, 0], [0.5, 0.4, 0]]) == pytest.approx(0.25)


def test_looked_at_only_at_the_ends_a_task_is_forgotten_from_its_own_experience():
    ends = np.where(np.eye(3, dtype=bool), R, np.nan)
    ends[-1] = R[-1]
    assert accuracy.forgetting(ends) == pytest.approx(((0.9 - 0.6) + (0.8 - 0.7)) / 2)
    assert accuracy.backward(ends) == accuracy.backward(R)
    assert math.isnan(accuracy.forward(ends, [0.1] * 3))


def test_what_nobody_looked_for_is_nan():
    last = np.full((3, 3), np.nan)
    last[-1] = R[-1]
    assert accuracy.average(last) == accuracy.average(R)
    told = [accuracy.forgetting(last), accuracy.backward(last), accuracy.forward(R, [np.nan] * 3)]
    assert all(map(math.isnan, told))
    assert math.isnan(accuracy.average(np.full((2, 2), np.nan)))


def test_a_single_task_forgets_and_transfers_nothing():
    told = [accuracy.forgetting([[1]]), accuracy.backward([[1]]), accuracy.forward([[1]], [0.5])]
    assert all(map(math.isnan, told))


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ([[0.5, 0.5]], r"shape \(1, 2\)"),
        ([], "shape"),
        ([[95.0]], "from 95 to 95"),
        ([[-0.1]], "from -0.1"),
        ([[math.inf]], "inf"),
        ([[0.1, 0.2], [0.3]], "no table of numbers"),
        ("R", "no table of numbers"),
    ],
)
def test_what_is_no_matrix_of_accuracies_is_refused(wrong, found):
    for measure in (accuracy.average, accuracy.forgetting, accuracy.backward):
        with pytest.raises(Refusal, match=found):
            measure(wrong)


def test_a_start_of_another_length_is_refused():
    with pytest.raises(Refusal, match="at the start"):
        accuracy.forward(R, [0.1, 0.1])


matrices = st.integers(2, 6).flatmap(lambda T: arrays(np.float64, (T, T), elements=st.floats(0, 1)))


@many
@given(matrices)
def test_measures_keep_their_bounds(matrix):
    forgotten, back = accuracy.forgetting(matrix), accuracy.backward(matrix)
    assert -1 <= forgotten <= 1
    assert -1 <= back <= 1
    assert back >= -forgotten - 1e-12
    assert forgotten <= matrix[:-1, :-1].max(axis=0).mean() + 1e-12
    assert matrix[-1].min() - 1e-12 <= accuracy.average(matrix) <= matrix[-1].max() + 1e-12


@many
@given(matrices, st.data())
def test_who_looks_less_often_never_finds_more_forgotten(matrix, data):
    T = len(matrix)
    unseen = data.draw(arrays(np.bool_, (T, T)))
    unseen[-1] = unseen[np.eye(T, dtype=bool)] = False
    fewer = np.where(unseen, np.nan, matrix)
    assert accuracy.forgetting(fewer) <= accuracy.forgetting(matrix) + 1e-12
    assert accuracy.average(fewer) == accuracy.average(matrix)


@many
@given(matrices, st.data())
def test_forgetting_does_not_ask_for_the_order_of_tests(matrix, data):
    T = len(matrix)
    order = [*data.draw(st.permutations(range(T - 1))), T - 1]
    assert accuracy.average(matrix[:, order]) == pytest.approx(accuracy.average(matrix))
    assert accuracy.forgetting(matrix[:, order]) == pytest.approx(accuracy.forgetting(matrix))


@many
@given(matrices)
def test_who_only_ever_gains_forgets_nothing(matrix):
    rising = np.maximum.accumulate(matrix, axis=0)
    assert accuracy.forgetting(rising) <= 0
    assert accuracy.backward(rising) >= 0
