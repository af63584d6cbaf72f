"""Batch normalisation: its gradient, the scale it does not see, and what follows from that."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning import GradientDescent, Momentum, NeuralNetwork
from lawful.learning.batch_normalization import BatchNormalized
from lawful.refusal import Refusal

KINDS = [
    ([2, 3, 1], {"activation": "tanh"}),
    ([2, 4, 3, 1], {"activation": "relu", "output": "linear"}),
    ([3, 4, 3], {"activation": "gelu", "output": "softmax"}),
    ([2, 3, 1], {"activation": "sigmoid", "loss": "binary_cross_entropy"}),
]


def made(layers, given, seed=0, count=7):
    rng = np.random.default_rng(seed)
    net = NeuralNetwork(layers, weight_init="random", seed=seed, **given)
    X = rng.normal(size=(count, layers[0]))
    y = np.eye(layers[-1])[rng.integers(layers[-1], size=count)]
    y = y if layers[-1] > 1 else rng.integers(2, size=(count, 1)) * 1.0
    return net, BatchNormalized(net, X, y), X, y


@pytest.mark.parametrize(("layers", "given"), KINDS)
def test_the_gradient_is_that_of_finite_differences(layers, given):
    net, landscape, _, _ = made(layers, given)
    x, g = net.parameters.copy(), landscape.gradient(net.parameters)
    for p in range(x.size):
        h = np.zeros_like(x)
        h[p] = 1e-6
        slope = (landscape.value(x + h) - landscape.value(x - h)) / 2e-6
        assert abs(slope - g[p]) < 1e-7 * (1 + abs(g).max())


def test_value_and_gradient_are_those_of_torch():
    torch = pytest.importorskip("torch")
    net, landscape, X, y = made([2, 4, 3, 1], {"activation": "tanh"})
    x = torch.tensor(net.parameters, requires_grad=True)
    a, start = torch.tensor(X), 0
    for k, (n, m) in enumerate([(2, 4), (4, 3), (3, 1)]):
        W, b = x[start : start + n * m].reshape(n, m), x[start + n * m : start + (n + 1) * m]
        z, start = a @ W, start + (n + 1) * m
        if k < 2:
            z = torch.nn.functional.batch_norm(z, None, None, training=True, eps=1e-30)
        a = torch.tanh(z + b) if k < 2 else torch.sigmoid(z + b)
    value = 0.5 * ((a - torch.tensor(y)) ** 2).sum() / len(X)
    value.backward()
    ours, g = landscape.value_and_gradient(net.parameters)
    assert abs(ours - value.item()) < 1e-14
    np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-9, atol=1e-13)


@given(st.integers(0, 10**6), st.floats(0.01, 100.0))
@settings(max_examples=30, deadline=None)
def test_the_scale_of_a_neurons_weights_is_not_seen(seed, factor):
    net, landscape, _, _ = made([2, 4, 3, 1], {"activation": "tanh"}, seed)
    x = net.parameters
    g = landscape.gradient(x)
    for one in landscape.symmetries():
        along = one.tangent(x)
        assert abs(g @ along) < 1e-10 * (1 + np.linalg.norm(g) * np.linalg.norm(along))
        other = x + (factor - 1) * along
        assert abs(landscape.value(other) - landscape.value(x)) < 1e-10


def test_gradient_descent_lets_it_grow_by_the_square_of_its_steps():
    net, landscape, _, _ = made([2, 3, 1], {"activation": "tanh"})
    rng, dynamics = np.random.default_rng(0), GradientDescent(0.3)
    motion = dynamics.begin(net.parameters.copy(), landscape, rng)
    for _ in range(40):
        after = dynamics.step(motion, landscape, rng)
        for one in landscape.symmetries():
            grown = one.quantity(after.x) - one.quantity(motion.x)
            np.testing.assert_allclose(grown, one.source(after.v), atol=1e-13)
            assert grown >= 0
        motion = after


def test_with_momentum_its_charge_obeys_its_law():
    net, landscape, _, _ = made([2, 3, 1], {"activation": "tanh"})
    rng, dynamics = np.random.default_rng(0), Momentum(0.1, 0.9)
    motion = dynamics.begin(net.parameters.copy(), landscape, rng)
    for _ in range(60):
        after = dynamics.step(motion, landscape, rng)
        for one in landscape.symmetries():
            due = 0.9 * one.charge(motion.x, motion.v) + one.source(after.v)
            np.testing.assert_allclose(one.charge(after.x, after.v), due, atol=1e-13)
        motion = after


def test_a_flow_keeps_it_and_the_bias_is_no_part_of_it():
    net, landscape, _, _ = made([2, 3, 1], {"activation": "tanh"})
    x = net.parameters.copy()
    known = landscape.symmetries()
    start = [one.quantity(x) for one in known]
    before = x.copy()
    for _ in range(400):
        k1 = landscape.gradient(x)
        k2 = landscape.gradient(x - 0.01 * k1)
        k3 = landscape.gradient(x - 0.01 * k2)
        k4 = landscape.gradient(x - 0.02 * k3)
        x = x - 0.02 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    np.testing.assert_allclose([one.quantity(x) for one in known], start, rtol=1e-9)
    assert np.abs(x - before).max() > 0.03
    assert known[0].expression == "W1_1_1**2 + W1_2_1**2"


def test_without_normalisation_it_is_no_symmetry():
    """The control: the plain network's gradient does pull at |w|."""
    net, landscape, X, y = made([2, 3, 1], {"activation": "tanh"})
    g = net.gradient(X, y)
    assert max(abs(g @ one.tangent(net.parameters)) for one in landscape.symmetries()) > 1e-4


def test_what_cannot_be_normalised_is_refused():
    net = NeuralNetwork([2, 3, 1], seed=0)
    X, y = np.ones((4, 2)), np.zeros((4, 1))
    with pytest.raises(Refusal, match="same for all samples"):
        BatchNormalized(net, X, y).value(net.parameters)
    with pytest.raises(Refusal, match="hidden layer"):
        BatchNormalized(NeuralNetwork([2, 1]), X, y)
    with pytest.raises(Refusal, match="penalty"):
        BatchNormalized(NeuralNetwork([2, 3, 1], l2=0.1), X, y)
    with pytest.raises(Refusal, match="2 inputs"):
        BatchNormalized(NeuralNetwork([3, 3, 1]), X, y)
