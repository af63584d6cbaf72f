"""Deep linear networks: the sigmoid of learning, angular momentum, balance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning.deep_linear import angular_momentum, balance, learning_time, mode_strength
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Potential
from lawful.refusal import Refusal

STRENGTHS = np.array([3.0, 2.0, 1.0])


def white(n, d, rng):
    """Inputs of mean 0 whose covariance is the identity."""
    X = rng.normal(size=(n, d))
    X = np.linalg.qr(X - X.mean(axis=0))[0]
    return X * np.sqrt(n)


def drawn(layers, seed, **settings):
    """A deep linear network with biases, samples for it, and velocities."""
    rng = np.random.default_rng([seed, 1])
    network = NeuralNetwork(
        layers, activation="linear", **({"output": "linear"} | settings), seed=seed
    )
    x = network.parameters + 0.1 * rng.normal(size=network.parameters.size)
    X, Y = rng.normal(size=(20, layers[0])), rng.uniform(size=(20, layers[-1]))
    return network, X, Y, Motion(x, 0.01 * rng.normal(size=x.size))


def charges(network, motion):
    """L of each hidden layer, biases included."""
    weights, biases = network.architecture.views(motion.x)
    velocities, bias_velocities = network.architecture.views(motion.v)
    return angular_momentum(weights, velocities, biases, bias_velocities)


def largest(matrices):
    return max(float(np.abs(matrix).max()) for matrix in matrices)


# ------------------------------------------------------------------ angular momentum

CASES = {
    "one hidden layer": ([4, 5, 3], {}),
    "three hidden layers": ([3, 4, 6, 4, 2], {}),
    "squared penalty": ([4, 5, 3], {"l2": 0.1}),
    "sigmoid output": ([4, 3, 3, 1], {"output": "sigmoid", "loss": "binary_cross_entropy"}),
    "softmax output": ([4, 5, 3], {"output": "softmax"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("momentum", [0.9, 0.99, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_angular_momentum_falls_as_the_power_of_the_momentum(case, momentum, seed):
    """L after t steps is μᵗ L, to 1e-12 of the first, on batches that change at each step."""
    layers, settings = CASES[case]
    network, X, Y, motion = drawn(layers, seed, **settings)
    if "softmax" in case:
        Y = np.eye(3)[Y.argmax(axis=1)]
    rng = np.random.default_rng(seed)
    ball, first = HeavyBall.of(0.001, momentum), charges(network, motion)
    assert largest(first) > 0.005
    start = motion.x
    for t in range(1, 121):
        batch = rng.choice(20, 7, replace=False)
        motion = ball.step(motion, Potential(network, X[batch], Y[batch]), rng)
        gaps = [
            now - ball.momentum**t * old
            for now, old in zip(charges(network, motion), first, strict=True)
        ]
        assert largest(gaps) < 1e-12 * largest(first)
    assert np.abs(motion.x - start).max() > 0.05  # it went somewhere on the way


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("dynamics", "kept"),
    [
        (Hamiltonian(mass=2.0, time_step=0.1), 1.0),
        (Langevin(mass=2.0, friction=0.3, temperature=0.0, time_step=0.1), np.exp(-0.015)),
    ],
    ids=["leapfrog", "cold bath"],
)
def test_leapfrog_keeps_angular_momentum_and_a_cold_bath_damps_it(dynamics, kept, seed):
    network, X, Y, motion = drawn([4, 5, 5, 3], seed)
    potential, first = Potential(network, X, Y), charges(network, motion)
    for _ in range(100):
        motion = dynamics.step(motion, potential, np.random.default_rng(0))
    last = charges(network, motion)
    gaps = [now - kept**100 * old for now, old in zip(last, first, strict=True)]
    assert largest(gaps) < 1e-12 * largest(first)


@pytest.mark.parametrize("breaks", ["tanh", "l1", "no biases counted"])
def test_without_the_symmetry_the_charge_is_lost(breaks):
    settings = {"l1": 0.05} if breaks == "l1" else {}
    network, X, Y, motion = drawn([4, 5, 3], 0, **settings)
    if breaks == "tanh":
        network = NeuralNetwork([4, 5, 3], activation="tanh", output="linear", seed=0)
    potential, ball = Potential(network, X, Y), HeavyBall.of(0.005, 1.0)

    def charge():
        if breaks == "no biases counted":
            views = network.architecture.views
            return angular_momentum(views(motion.x)[0], views(motion.v)[0])
        return charges(network, motion)

    first = charge()
    for _ in range(50):
        motion = ball.step(motion, potential, np.random.default_rng(0))
    gaps = [now - old for now, old in zip(charge(), first, strict=True)]
    assert largest(gaps) > 1e-3 * largest(first)


# ------------------------------------------------------------------ balance


@pytest.mark.parametrize("seed", range(3))
def test_a_step_of_descent_changes_the_balance_by_the_square_of_the_rate(seed):
    """B' − B = η² (GᵀG + g ⊗ g − G₊G₊ᵀ), exactly; G stands in for the weights."""
    network, X, Y, motion = drawn([4, 5, 6, 3], seed)
    rate, views = 0.1, network.architecture.views
    g = Potential(network, X, Y).gradient(motion.x)
    old, new = balance(*views(motion.x)), balance(*views(motion.x - rate * g))
    moved = balance(*views(g))
    for a, b, c in zip(old, new, moved, strict=True):
        assert np.allclose(b - a, rate**2 * c, atol=1e-13)
        assert np.abs(c).max() > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_the_balance_is_kept_as_descent_becomes_a_flow(seed):
    network, X, Y, start = drawn([4, 5, 3], seed)
    potential, views = Potential(network, X, Y), network.architecture.views

    def drift(steps):
        x = start.x
        for _ in range(steps):
            x = x - 1.0 / steps * potential.gradient(x)
        return np.abs(balance(*views(x))[0] - balance(*views(start.x))[0]).max()

    coarse, fine = drift(400), drift(800)
    assert coarse < 0.02
    assert coarse / fine == pytest.approx(2.0, abs=0.1)


# ------------------------------------------------------------------ growth


def learned(rate, seed, start=1e-3, time=6.0, hidden=5):
    """The strengths of the modes while a real network learns, shape (looks, modes), and t/τ."""
    rng = np.random.default_rng(seed)
    X = white(40, 4, rng)
    left, right = (np.linalg.qr(rng.normal(size=(d, 3)))[0] for d in (4, 3))
    middle = np.linalg.qr(rng.normal(size=(hidden, 3)))[0]
    Y = X @ (left * STRENGTHS) @ right.T
    network = NeuralNetwork([4, hidden, 3], activation="linear", output="linear", seed=seed)
    network.weights[0][:] = np.sqrt(start) * left @ middle.T
    network.weights[1][:] = np.sqrt(start) * middle @ right.T
    for b in network.biases:
        b[:] = 0.0
    looks, times = [], []
    for step in range(round(time / rate) + 1):
        if step % round(0.05 / rate) == 0:
            product = network.weights[0] @ network.weights[1]
            looks.append(np.diag(left.T @ product @ right))
            times.append(step * rate)
        network.train_step(X, Y, learning_rate=rate)
    return np.array(looks), np.array(times)


def sigmoid_error(rate, seed):
    looks, times = learned(rate, seed)
    theory = np.stack([mode_strength(times, s, 1e-3) for s in STRENGTHS], axis=1)
    return np.abs(looks / STRENGTHS - theory / STRENGTHS).max()


@pytest.mark.parametrize("seed", range(3))
def test_each_mode_learns_along_its_sigmoid(seed):
    """A network trained step by step follows Saxe's solution; half the rate, half the error."""
    coarse, fine = sigmoid_error(0.005, seed), sigmoid_error(0.0025, seed)
    assert fine < 0.02
    assert coarse / fine == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("seed", range(2))
def test_stronger_modes_are_learned_first_and_when_it_says(seed):
    looks, times = learned(0.0025, seed)
    for k, s in enumerate(STRENGTHS):
        when = np.interp(s / 2, looks[:, k], times)
        assert when == pytest.approx(learning_time(s / 2, s, 1e-3), rel=0.01)
    halves = [learning_time(s / 2, s, 1e-3) for s in STRENGTHS]
    assert halves == sorted(halves)


@given(
    target=st.floats(0.1, 10),
    start=st.floats(1e-6, 20),
    tau=st.floats(0.1, 100),
    time=st.floats(0, 1e4),
)
def test_the_sigmoid_solves_its_equation(target, start, tau, time):
    """τ du/dt = 2u (s − u) by differences, from u₀, without overflow at any time."""
    assert mode_strength(0.0, target, start, tau) == pytest.approx(start, rel=1e-12)
    u = mode_strength(time, target, start, tau)
    assert min(start, target) * (1 - 1e-12) <= u <= max(start, target) * (1 + 1e-12)
    h = 1e-5 * tau / max(start, target)
    before, after = mode_strength(np.array([time, time + 2 * h]), target, start, tau)
    u = mode_strength(time + h, target, start, tau)
    scale = max(start, target) ** 2
    assert tau * (after - before) / (2 * h) == pytest.approx(2 * u * (target - u), abs=1e-6 * scale)


# ------------------------------------------------------------------ what cannot be meant

ONE, OTHER = np.ones((2, 3)), np.ones((3, 1))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: mode_strength(1.0, -1.0, 0.1), "target -1"),
        (lambda: mode_strength(1.0, 1.0, 0.0), "start 0"),
        (lambda: mode_strength(1.0, 1.0, 0.1, tau=-2.0), "tau -2"),
        (lambda: learning_time(2.0, 1.0, 0.1), "a strength of 2 to reach"),
        (lambda: learning_time(1.0, 1.0, 0.1), "a strength of 1 to reach"),
        (lambda: angular_momentum([ONE, OTHER], [OTHER, ONE]), "the same shapes"),
        (lambda: angular_momentum([OTHER, ONE], [OTHER, ONE]), "the out before it"),
        (lambda: balance([np.ones(3)]), "shapes"),
        (lambda: angular_momentum([ONE], [ONE], biases=[np.ones(3)]), "both or neither"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask, words):
    with pytest.raises(Refusal, match=words):
        ask()
