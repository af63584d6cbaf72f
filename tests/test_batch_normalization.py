"""Batch normalisation: its gradient, the scale it does not see, and what follows from that."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning import GradientDescent, Momentum, NeuralNetwork, Samples, datasets
from lawful.learning.batch_normalization import BatchNormalized
from lawful.learning.ensembles import Population, evolve, record
from lawful.learning.ensembles.batch_normalized import loss_and_answers, loss_and_gradient
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


# ---------------------------------------------------------------------- ensembles


@pytest.mark.parametrize(("layers", "given"), KINDS)
def test_networks_side_by_side_are_networks_alone(layers, given):
    net, landscape, X, y = made(layers, given)
    x = np.random.default_rng(5).normal(size=(net.parameters.size, 6))
    U, g, answers = loss_and_gradient(net.architecture, x, X, y)
    assert (loss_and_answers(net.architecture, x, X, y)[0] == U).all()
    for e in range(6):
        value, gradient = landscape.value_and_gradient(x[:, e])
        assert U[e] == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(g[:, e], gradient, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(answers[:, :, e], landscape.answers(x[:, e]), rtol=1e-12)


def test_the_same_arrays_of_torch():
    torch = pytest.importorskip("torch")
    net, _, X, y = made([2, 3, 1], {"activation": "tanh"})
    x = np.random.default_rng(5).normal(size=(net.parameters.size, 4))
    ours = loss_and_gradient(net.architecture, x, X, y)
    theirs = loss_and_gradient(net.architecture, *map(torch.tensor, (x, X, y)))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-10, atol=1e-14)


def test_a_network_with_nothing_to_measure_by_is_lost_alone():
    one = Population.of([2, 3, 1], weight_init="random", seeds=range(4))
    flat = Samples(np.array([[0.0, 1], [1, 1], [2, 1]]), np.zeros((3, 1)))
    x = one.positions()
    x[[0], 2] = 0.0  # the third network's first neuron sees only the constant input
    with np.errstate(all="ignore"):
        U, g, _ = loss_and_gradient(one.architecture, x, flat.X, flat.y)
    assert np.isfinite(U).tolist() == [True, True, False, True]
    assert np.isfinite(g).all(axis=0).tolist() == [True, True, False, True]


def test_an_ensemble_keeps_the_norm_of_what_goes_into_each_neuron():
    one = Population.of([2, 3, 1], weight_init="random", learning_rate=0.01, seeds=range(20))
    runs = record(
        one, datasets.xor(), steps=300, every=100, dynamics="gradient_flow",
        batch_normalization=True,
    )  # fmt: skip
    norm = runs["W1_1_1"].values ** 2 + runs["W1_2_1"].values ** 2
    np.testing.assert_allclose(norm, norm[:, :1].repeat(4, axis=1), rtol=1e-6)
    assert np.ptp(runs["W1_1_1"].values, axis=1).max() > 0.01
    done = evolve(one, datasets.xor(), steps=50, batch_normalization=True)
    assert done.engine == "batch_normalized"


@pytest.mark.parametrize(
    ("layers", "engine", "why"), [([2, 3, 1], "lanes", "engine"), ([2, 1], "auto", "hidden")]
)
def test_what_cannot_be_normalised_in_company_is_refused(layers, engine, why):
    with pytest.raises(Refusal, match=why):
        evolve(Population.of(layers), datasets.xor(), engine=engine, batch_normalization=True)
