"""Hopfield networks against theory: energy, rests, crosstalk, capacity."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lawful.learning.capacity import (
    capacity,
    critical_load,
    crosstalk_error,
    recalled_overlap,
)
from lawful.learning.hopfield import HopfieldNetwork, overlap
from lawful.learning.modern_hopfield import ModernHopfield
from lawful.refusal import Refusal

SEEDS = range(5)


def patterns(seed, count, neurons):
    return np.random.default_rng(seed).choice([-1.0, 1.0], (count, neurons))


def symmetric(seed, n):
    """Weights of no memory at all: a spin glass."""
    W = np.random.default_rng(seed).standard_normal((n, n))
    W = W + W.T
    np.fill_diagonal(W, 0)
    return W


# ---------------------------------------------------------------- dynamics


@pytest.mark.parametrize("seed", SEEDS)
def test_energy_never_rises_neuron_by_neuron(seed):
    memory = HopfieldNetwork(symmetric(seed, 90))
    for before, after in pairwise(islice(memory.course(patterns(seed, 30, 90), seed=seed), 20)):
        changed = (before != after).any(axis=1)
        fall = memory.energy(after) - memory.energy(before)
        assert (fall[changed] < 0).all()
        assert (fall[~changed] == 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_all_at_once_the_other_energy_never_falls(seed):
    memory = HopfieldNetwork(symmetric(seed, 90))
    states = list(islice(memory.course(patterns(seed, 30, 90), order="synchronous"), 40))
    goles = [(memory.fields(a) * b).sum(axis=1) for a, b in pairwise(states)]
    assert np.diff(goles, axis=0).min() > -1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_are_exactly_one_neuron_after_the_other(seed):
    """Against the rule as written, a neuron and a probe at a time."""
    n = 150
    memory = HopfieldNetwork(symmetric(seed, n))
    probes = patterns(seed, 4, n)
    rng = np.random.default_rng(seed)
    by_hand = probes.copy()
    course = memory.course(probes, seed=seed)
    next(course)
    for _ in range(3):
        for i in rng.permutation(n):
            by_hand[:, i] = np.sign(by_hand @ memory.weights[:, i])
        np.testing.assert_array_equal(next(course), by_hand)


@pytest.mark.parametrize("seed", SEEDS)
def test_recalls_end_at_rest(seed):
    memory = HopfieldNetwork(symmetric(seed, 80))
    recall = memory.recall(patterns(seed, 50, 80), seed=seed)
    assert recall.settled.all()
    assert (recall.states * memory.fields(recall.states)).min() > 0


def test_all_at_once_may_flip_for_ever():
    memory = HopfieldNetwork([[0.0, 1.0], [1.0, 0.0]])
    recall = memory.recall([[1, -1], [1, 1]], order="synchronous")
    np.testing.assert_array_equal(recall.settled, [False, True])
    np.testing.assert_array_equal(recall.sweeps <= 2, True)
    assert memory.recall([[1, -1]]).settled.all()


def test_a_neuron_that_hears_nothing_keeps_its_state():
    memory = HopfieldNetwork(np.zeros((3, 3)))
    for order in ("asynchronous", "synchronous"):
        recall = memory.recall([1, -1, 1], order=order)
        np.testing.assert_array_equal(recall.states, [[1, -1, 1]])


@pytest.mark.parametrize("order", ["asynchronous", "synchronous"])
def test_a_pattern_and_its_opposite_are_one(order):
    memory = HopfieldNetwork.storing(patterns(0, 8, 100))
    probes = patterns(1, 20, 100)
    there = memory.recall(probes, order=order).states
    back = memory.recall(-probes, order=order).states
    np.testing.assert_array_equal(there, -back)


# ---------------------------------------------------------------- storage


@pytest.mark.parametrize("seed", SEEDS)
def test_few_patterns_are_recalled_from_a_quarter_wrong(seed):
    stored = patterns(seed, 5, 300)
    probes = stored * np.where(np.random.default_rng(seed).random(stored.shape) < 0.25, -1, 1)
    for rule in ("hebbian", "storkey", "pseudo-inverse"):
        recall = HopfieldNetwork.storing(stored, rule).recall(probes)
        np.testing.assert_array_equal(recall.states, stored)


@pytest.mark.parametrize("seed", SEEDS)
def test_pseudo_inverse_holds_what_hebb_cannot(seed):
    stored = patterns(seed, 50, 100)
    memory = HopfieldNetwork.storing(stored, "pseudo-inverse")
    np.testing.assert_array_equal(memory.recall(stored).states, stored)
    # W ξ = ξ but for the diagonal that was taken away.
    projection = stored.T @ np.linalg.solve(stored @ stored.T, stored)
    heard = (1 - np.diag(projection)) * stored
    np.testing.assert_allclose(memory.fields(stored), heard, rtol=0, atol=1e-12)
    hebbian = HopfieldNetwork.storing(stored).recall(stored)
    assert overlap(hebbian.states, stored).mean() < 0.8


def test_pseudo_inverse_bears_a_pattern_told_twice():
    stored = patterns(0, 5, 60)
    once = HopfieldNetwork.storing(stored, "pseudo-inverse").weights
    twice = HopfieldNetwork.storing(np.vstack([stored, stored[:2]]), "pseudo-inverse").weights
    np.testing.assert_allclose(once, twice, rtol=0, atol=1e-12)


def test_storkey_is_the_rule_as_written():
    stored = patterns(3, 4, 7)
    n = 7
    W = np.zeros((n, n))
    for xi in stored:
        old = W.copy()
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                h_ij = sum(old[i, k] * xi[k] for k in range(n) if k not in (i, j))
                h_ji = sum(old[j, k] * xi[k] for k in range(n) if k not in (i, j))
                W[i, j] = old[i, j] + (xi[i] * xi[j] - xi[i] * h_ji - h_ij * xi[j]) / n
    found = HopfieldNetwork.storing(stored, "storkey").weights
    np.testing.assert_allclose(found, W, rtol=0, atol=1e-14)


def test_storkey_holds_more_than_hebb():
    shares = {
        rule: capacity(200, [0.2], networks=4, probes=40, rule=rule, seed=1)
        for rule in ("hebbian", "storkey")
    }
    assert shares["storkey"].low[0] > shares["hebbian"].high[0]


def test_energy_of_a_single_pattern():
    xi = patterns(0, 1, 40)
    memory = HopfieldNetwork.storing(xi)
    assert memory.energy(xi)[0] == pytest.approx(-(40 - 1) / 2, abs=1e-12)


# ---------------------------------------------------------------- crosstalk and capacity


@pytest.mark.parametrize(("neurons", "count"), [(100, 10), (200, 20), (150, 30), (300, 12)])
def test_first_errors_are_those_of_the_crosstalk(neurons, count):
    wrong = []
    for seed in range(60):
        stored = patterns([seed, neurons], count, neurons)
        memory = HopfieldNetwork.storing(stored)
        course = memory.course(stored, order="synchronous")
        next(course)
        wrong.append((next(course) != stored).mean())
    reach = 5 * np.std(wrong) / np.sqrt(len(wrong)) + 1e-5
    assert abs(np.mean(wrong) - crosstalk_error(neurons, count)) < reach


def test_crosstalk_of_small_networks_by_counting():
    """Three neurons and three patterns: 4 signs, wrong where their sum is below −2."""
    assert crosstalk_error(3, 3) == pytest.approx(1 / 16)
    assert crosstalk_error(10, 1) == 0.0
    stored = np.array(np.meshgrid(*[[-1.0, 1.0]] * 9)).reshape(9, -1).T.reshape(-1, 3, 3)
    wrong = np.mean([xi[0, 0] * (xi[:, 0] @ xi[:, 1:] @ xi[0, 1:]) < 0 for xi in stored])
    assert crosstalk_error(3, 3) == pytest.approx(wrong)


def test_theory_breaks_off_where_amit_gutfreund_and_sompolinsky_say():
    edge = critical_load()
    assert edge == pytest.approx(0.137906, abs=1e-6)
    below, above = recalled_overlap([edge - 1e-7, edge + 1e-7])
    assert below == pytest.approx(0.967, abs=1e-3)
    assert above == 0
    assert (np.diff(recalled_overlap(np.linspace(0.001, 0.137, 40))) <= 0).all()


def test_theorys_overlap_solves_its_equation():
    from scipy.special import erfinv

    loads = np.array([0.03, 0.07, 0.1, 0.13])
    m = recalled_overlap(loads)
    y = erfinv(m)
    left = y * (np.sqrt(2 * loads) + 2 / np.sqrt(np.pi) * np.exp(-(y**2)))
    np.testing.assert_allclose(left, m, rtol=0, atol=1e-9)


def test_recall_agrees_with_theory_below_capacity():
    found = capacity(600, [0.06, 0.1], networks=6, probes=60)
    theory = recalled_overlap([0.06, 0.1])
    assert (found.low - 1e-3 <= theory).all()
    assert (theory <= found.high + 1e-3).all()
    assert (found.recalled == 1).all()


def test_recall_breaks_down_and_does_so_sooner_in_larger_networks():
    loads = [0.1, 0.14, 0.18, 0.22, 0.28, 0.34]
    small, large = (capacity(n, loads, networks=8, probes=25) for n in (100, 350))
    for found in (small, large):
        assert found.recalled[0] > 0.95
        assert (np.diff(found.overlap) < 0.01).all()
        low, high = found.half_interval()
        assert critical_load() < low <= found.half() <= high
    assert large.half_interval()[1] < small.half_interval()[0]
    assert large.recalled[-1] < 0.2


def test_the_same_seed_gives_the_same_curve():
    one, two = (capacity(60, [0.1, 0.2], networks=3, probes=5, seed=9) for _ in range(2))
    np.testing.assert_array_equal(one.overlap, two.overlap)
    assert np.isnan(one.half(-1.0))


# ---------------------------------------------------------------- the modern kind


@pytest.mark.parametrize("beta", [0.1, 1.0, 8.0])
def test_modern_energy_never_rises_and_keeps_its_bounds(beta):
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((30, 8))
        memory = ModernHopfield(X, sharpness=beta)
        states = islice(memory.course(rng.dirichlet(np.ones(30), 20) @ X), 30)
        E = np.array([memory.energy(s) for s in states])
        assert np.diff(E, axis=0).max() < 1e-12
        assert E.min() >= -1e-12
        assert E.max() <= 2 * (X**2).sum(axis=1).max()


def test_modern_rests_are_where_the_energy_has_no_slope():
    rng = np.random.default_rng(0)
    memory = ModernHopfield(rng.standard_normal((6, 4)), sharpness=2.0)
    s = memory.recall(rng.standard_normal((5, 4)))
    for axis in np.eye(4) * 1e-5:
        slope = (memory.energy(s + axis) - memory.energy(s - axis)) / 2e-5
        assert np.abs(slope).max() < 1e-8


def test_modern_update_is_attention():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    X, s = rng.standard_normal((7, 5)), rng.standard_normal((3, 5))
    theirs = torch.nn.functional.scaled_dot_product_attention(*map(torch.tensor, (s, X, X)))
    np.testing.assert_allclose(ModernHopfield(X).update(s), theirs.numpy(), rtol=0, atol=1e-12)


def test_modern_memory_holds_far_more_patterns_than_dimensions():
    stored = patterns(0, 2000, 50)
    probes = stored.copy()
    probes[:, :5] *= -1
    found = np.sign(ModernHopfield(stored, sharpness=1.0).recall(probes))
    assert (found == stored).all(axis=1).mean() > 0.99


def test_modern_limits_of_sharpness():
    X = np.random.default_rng(2).standard_normal((9, 6))
    blunt, sharp = (ModernHopfield(X, sharpness=b).update(X) for b in (1e-9, 1e4))
    np.testing.assert_allclose(blunt, np.tile(X.mean(axis=0), (9, 1)), rtol=0, atol=1e-7)
    nearest = X[(X @ X.T).argmax(axis=1)]
    np.testing.assert_allclose(sharp, nearest, rtol=0, atol=1e-12)


# ---------------------------------------------------------------- what cannot be meant


@given(arrays(float, st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_only_signs_are_stored(given_patterns):
    try:
        memory = HopfieldNetwork.storing(given_patterns)
    except Refusal:
        assert not given_patterns.size or not (abs(given_patterns) == 1).all()
        return
    assert (abs(given_patterns) == 1).all()
    assert memory.neurons == given_patterns.shape[1]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.zeros((2, 3)), "shape"),
        (np.zeros((0, 0)), "shape"),
        ([[0, 1], [2, 0]], "symmetric"),
        (np.eye(3), "diagonal"),
        ([[0, np.nan], [np.nan, 0]], "finite"),
    ],
)
def test_bad_weights_are_refused(weights, words):
    with pytest.raises(Refusal, match=words):
        HopfieldNetwork(weights)


def test_bad_recalls_are_refused():
    memory = HopfieldNetwork.storing(patterns(0, 2, 10))
    with pytest.raises(Refusal, match="states of shape"):
        memory.recall(np.ones(9))
    with pytest.raises(Refusal, match="2 \\* bits - 1"):
        memory.recall(np.zeros(10))
    with pytest.raises(Refusal, match="did you mean 'asynchronous'"):
        memory.recall(np.ones(10), order="asyncronous")
    with pytest.raises(Refusal, match="sweeps"):
        memory.recall(np.ones(10), sweeps=0)
    with pytest.raises(Refusal, match="storage rule"):
        HopfieldNetwork.storing(patterns(0, 2, 10), "magic")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"neurons": 1}, "neurons"),
        ({"neurons": 10.5}, "neurons"),
        ({"loads": []}, "loads"),
        ({"loads": [0.1, -0.1]}, "loads"),
        ({"loads": [0.2, 0.1]}, "rise"),
        ({"networks": 1}, "networks"),
        ({"probes": 0}, "probes"),
        ({"wrong": 0.5}, "wrong"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_bad_capacities_are_refused(settings, words):
    with pytest.raises(Refusal, match=words):
        capacity(**{"neurons": 20, "loads": [0.1], **settings})


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: ModernHopfield(np.zeros((0, 3))), "patterns of shape"),
        (lambda: ModernHopfield([[np.inf]]), "finite"),
        (lambda: ModernHopfield([[1.0]], sharpness=0), "sharpness"),
        (lambda: ModernHopfield([[1.0]]).update([[1.0, 2.0]]), "states of shape"),
        (lambda: ModernHopfield([[1.0]]).update([[np.nan]]), "finite"),
        (lambda: ModernHopfield([[1.0], [-1.0]]).recall([[0.1]], updates=0), "updates"),
        (lambda: ModernHopfield([[1.0], [-1.0]], 3.0).recall([[0.1]], updates=1), "still moving"),
    ],
)
def test_bad_modern_memories_are_refused(made, words):
    with pytest.raises(Refusal, match=words):
        made()
