"""Hebbian learning against linear algebra: directions, lengths and rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning.hebbian import flow, hebb, learn, oja, oja_potential, sanger
from lawful.refusal import Refusal
from lawful.trajectories import check

SEEDS = range(5)


def data(seed, inputs=5, n=400):
    """Centred samples whose variances are set apart, in directions of their own."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.standard_normal((inputs, inputs)))
    X = rng.standard_normal((n, inputs)) * np.sqrt(2.0 ** -np.arange(inputs)) @ turn.T
    return X - X.mean(axis=0)


def components(X):
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    return values[::-1], vectors[:, ::-1]


# ---------------------------------------------------------------- where it ends


@pytest.mark.parametrize("seed", SEEDS)
def test_sanger_finds_the_principal_components_in_order(seed):
    X = data(seed)
    _, vectors = components(X)
    W = learn(X, 4, steps=3000, seed=seed).weights
    np.testing.assert_allclose(np.linalg.norm(W, axis=0), 1, rtol=0, atol=1e-6)
    np.testing.assert_allclose(abs(vectors.T @ W), np.eye(5)[:, :4], rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_neuron_of_oja_finds_the_first(seed):
    X = data(seed)
    _, vectors = components(X)
    W = learn(X, 3, rule="oja", steps=2000, seed=seed).weights
    np.testing.assert_allclose(abs(vectors[:, 0] @ W), 1, rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(W, axis=0), 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_sample_at_a_time_comes_near(seed):
    X = data(seed)
    values, vectors = components(X)
    found = learn(X, 2, steps=40_000, batch=1, seed=seed)
    assert (abs(np.diag(vectors[:, :2].T @ found.weights)) > 0.97).all()
    variances = found.transform(X).var(axis=0)
    np.testing.assert_allclose(variances, values[:2], rtol=0.1)


def test_rests_are_eigenvectors():
    X = data(1)
    _, vectors = components(X)
    for k in range(5):
        assert np.abs(oja(vectors[:, [k]], X)).max() < 1e-14
    assert np.abs(sanger(vectors, X)).max() < 1e-14
    assert np.abs(hebb(vectors[:, [0]], X)).max() > 0.1


# ---------------------------------------------------------------- how fast


@pytest.mark.parametrize("seed", SEEDS)
def test_hebb_grows_each_component_at_its_own_rate(seed):
    X = data(seed)
    values, vectors = components(X)
    first = np.random.default_rng(seed).standard_normal((5, 1))
    eta, steps = 0.05, 40
    W = learn(X, rule="hebb", learning_rate=eta, steps=steps, weights=first).weights
    by_hand = vectors.T @ first * (1 + eta * values[:, None]) ** steps
    np.testing.assert_allclose(vectors.T @ W, by_hand, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("rule", ["hebb", "oja"])
def test_steps_follow_the_flow_to_first_order(rule):
    X = data(2)
    first = 0.3 * np.random.default_rng(2).standard_normal(5)
    errors = []
    for steps in (100, 200, 400):
        found = learn(X, rule=rule, learning_rate=3.0 / steps, steps=steps, weights=first)
        exact = flow(X, first, found.time, rule=rule)
        errors.append(np.abs(found.path[:, :, 0] - exact).max())
    orders = -np.diff(np.log2(errors))
    assert (abs(orders - 1) < 0.1).all(), orders


@pytest.mark.parametrize("seed", SEEDS)
def test_the_flow_obeys_ojas_equation(seed):
    X = data(seed)
    first = np.random.default_rng(seed).standard_normal(5)
    t, h = np.linspace(0.1, 5, 20), 1e-5
    slope = (flow(X, first, t + h) - flow(X, first, t - h)) / (2 * h)
    right = oja(flow(X, first, t).T, X).T
    np.testing.assert_allclose(slope, right, rtol=0, atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_rates_of_oja_are_those_of_theory(seed):
    """Directions fade as e^{−(λ₁−λᵢ)t}; in steps, by (1 − η(λ₁ − λᵢ)) each, near the rest."""
    X = data(seed)
    values, vectors = components(X)
    eta = 0.02 / values[0]
    for i in range(1, 5):
        start = vectors[:, [0]] + 1e-4 * vectors[:, [i]]
        found = learn(X, rule="oja", learning_rate=eta, steps=200, weights=start, every=1)
        parts = vectors[:, i] @ found.path[:, :, 0].T
        rate = np.diff(np.log(abs(parts))).mean()
        assert rate == pytest.approx(np.log1p(-eta * (values[0] - values[i])), rel=1e-4)
    start = 1.0001 * vectors[:, [0]]
    found = learn(X, rule="oja", learning_rate=eta, steps=50, weights=start, every=1)
    longer = np.linalg.norm(found.path[:, :, 0], axis=1) - 1
    assert np.diff(np.log(longer)).mean() == pytest.approx(np.log1p(-2 * eta * values[0]), rel=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_ojas_potential_never_rises(seed):
    X = data(seed)
    values, _ = components(X)
    first = np.random.default_rng(seed).standard_normal(5)
    along = flow(X, first, np.linspace(0, 30, 500))
    V = oja_potential(along.T, X)
    assert np.diff(V).max() < 1e-13
    assert V[-1] == pytest.approx(0.5 - 0.5 * np.log(values[0]), abs=1e-6)


def test_the_flow_keeps_what_theory_says_it_keeps():
    """Of cᵢ = eᵢ·w ∝ e^{λᵢt}, log(c₂/c₁)/(λ₁−λ₂) − log(c₃/c₁)/(λ₁−λ₃) is constant."""
    X = data(3)
    values, vectors = components(X)
    c = flow(X, vectors @ np.ones(5), np.linspace(0, 3, 50)) @ vectors
    drop = np.log(c[:, 1:3] / c[:, :1]) / (values[0] - values[1:3])
    kept = drop[:, 0] - drop[:, 1]
    assert np.ptp(kept) < 1e-11


# ---------------------------------------------------------------- records and refusals


def test_runs_are_trajectories():
    found = learn(data(0), 2, steps=50, every=10)
    runs = check(found.runs)
    assert dict(runs.sizes) == {"run": 2, "time": 6}
    assert list(runs.data_vars) == ["w1", "w2", "w3", "w4", "w5"]
    np.testing.assert_array_equal(runs["w1"].values[:, -1], found.weights[0])


def test_the_same_seed_gives_the_same_bits():
    one, two = (learn(data(0), 2, steps=100, batch=7, seed=4).weights for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rule": "ojaa"}, "did you mean 'oja'"),
        ({"neurons": 0}, "neurons"),
        ({"neurons": 6}, "at most 5"),
        ({"steps": 0}, "steps"),
        ({"batch": -3}, "batch"),
        ({"learning_rate": 0.0}, "positive"),
        ({"learning_rate": 100.0}, "ran away"),
        ({"weights": np.zeros((2, 2))}, "weights of shape"),
        ({"rule": "hebb", "steps": 100_000, "learning_rate": 1.0}, "Hebb's rule grows"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(Refusal, match=words):
        learn(data(0), **{"neurons": 1, **settings})


@pytest.mark.parametrize(
    "X", [np.zeros(3), np.zeros((0, 2)), np.zeros((4, 2)), np.full((2, 2), np.nan)]
)
def test_bad_samples_are_refused(X):
    with pytest.raises(Refusal, match="samples"):
        learn(X)


@given(scale=st.floats(1e-100, 1e100), n=st.integers(1, 20))
def test_the_standard_rate_is_stable_at_any_scale(scale, n):
    X = scale * np.random.default_rng(n).standard_normal((n, 3))
    W = learn(X, rule="oja", steps=50).weights
    assert np.isfinite(W).all()
