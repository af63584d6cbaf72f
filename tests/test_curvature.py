"""The Hessian: exact products, known matrices, its spectrum, and the sharpness of ensembles."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning import datasets
from lawful.learning.curvature import WHOLE, Hessian
from lawful.learning.ensembles.curvature import products_with, sharpness
from lawful.learning.ensembles.population import Population
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.spectrum import lanczos, quadrature, spectrum
from lawful.refusal import Refusal

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "gelu", "linear")
ENDS = [
    ("sigmoid", "squared"),
    ("linear", "squared"),
    ("tanh", "squared"),
    ("gelu", "squared"),
    ("softmax", "squared"),
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
]


def problem(
    activation="tanh", output="linear", loss="squared", seed=0, layers=(3, 4, 5, 2), **more
):
    """A network with weights that are not small, and data that nothing was fitted to."""
    network = NeuralNetwork(
        list(layers), activation=activation, output=output, loss=loss, seed=seed,
        weight_init="random", **more,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(7, layers[0])), rng.random((7, layers[-1]))
    return network, X, y


def by_differences(network, X, y, step=1e-5):
    """The Hessian by central differences of the gradient."""
    x, rows = network.parameters.copy(), []
    for unit in np.eye(x.size):
        ahead, behind = (network.with_parameters(x + s * step * unit) for s in (1, -1))
        rows.append((ahead.gradient(X, y) - behind.gradient(X, y)) / (2 * step))
    return np.array(rows)


# ------------------------------------------------------------------ exact products


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("output", "loss"), ENDS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_it_is_the_change_of_the_gradient(activation, output, loss, seed):
    network, X, y = problem(activation, output, loss, seed, l2=0.1)
    H = Hessian(network, X, y).matrix()
    near = by_differences(network, X, y)
    assert np.abs(H - near).max() < 1e-7 * np.abs(near).max()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "relu"])
def test_it_is_torchs_double_backward(activation):
    torch = pytest.importorskip("torch")
    network, X, y = problem(activation, "softmax", "cross_entropy", layers=(3, 4, 2))
    y = y / y.sum(axis=1, keepdims=True)
    f = {"gelu": torch.nn.functional.gelu}.get(activation) or getattr(torch, activation)
    X_, y_ = torch.tensor(X), torch.tensor(y)

    def loss(x):
        W, b, V, c = x[:12].reshape(3, 4), x[12:16], x[16:24].reshape(4, 2), x[24:]
        z = f(X_ @ W + b) @ V + c
        return -(y_ * torch.log_softmax(z, 1)).sum() / len(X)

    there = torch.autograd.functional.hessian(loss, torch.tensor(network.parameters))
    assert np.allclose(Hessian(network, X, y).matrix(), there.numpy(), rtol=1e-11, atol=1e-13)


def test_a_layer_without_hidden_neurons_is_a_bowl():
    """U = 1/2n Σ |x̃ w − y|² has the Hessian X̃ᵀX̃/n, wherever it is asked and whatever y is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9, 4))
    extended = np.hstack([X, np.ones((9, 1))])
    known = extended.T @ extended / 9
    for seed in range(3):
        network = NeuralNetwork([4, 1], output="linear", seed=seed)
        H = Hessian(network, X, rng.normal(size=9)).matrix()
        assert np.allclose(H, known, rtol=1e-13, atol=1e-15)


def test_two_linear_neurons_in_a_row_are_known_by_hand():
    """U = ½ r², r = w₂ (w₁ + b₁) + b₂ − t: H = ∇r ∇rᵀ + r ∇²r."""
    w1, b1, w2, b2, t = 0.7, -0.2, 1.3, 0.4, 2.0
    network = NeuralNetwork([1, 1, 1], activation="linear", output="linear")
    network.parameters = [w1, b1, w2, b2]
    r = w2 * (w1 + b1) + b2 - t
    slope = np.array([w2, w2, w1 + b1, 1.0])
    bend = np.zeros((4, 4))
    bend[[0, 1, 2, 2], [2, 2, 0, 1]] = 1.0
    H = Hessian(network, np.ones((1, 1)), np.array([[t]])).matrix()
    assert np.allclose(H, np.outer(slope, slope) + r * bend, rtol=1e-14)


VECTORS = st.lists(st.floats(-1e3, 1e3), min_size=26, max_size=26).map(np.array)


@settings(max_examples=40, deadline=None)
@given(VECTORS, VECTORS, st.floats(-100, 100), st.sampled_from(HIDDEN))
def test_products_are_linear_and_symmetric(u, v, c, activation):
    H = Hessian(*problem(activation, "sigmoid", "squared", layers=(3, 4, 2)))
    size = 1.0 + np.linalg.norm(u) + abs(c) * np.linalg.norm(v)
    scale = np.abs(H.matrix()).max() * size
    assert np.allclose(H.times(u + c * v), H.times(u) + c * H.times(v), atol=1e-12 * scale)
    assert u @ H.times(v) == pytest.approx(v @ H.times(u), abs=1e-12 * scale * size)


def test_many_vectors_at_once_are_each_alone():
    H = Hessian(*problem())
    V = np.random.default_rng(1).normal(size=(H.size, 5))
    assert np.allclose(H.times(V), np.stack([H.times(v) for v in V.T], axis=1), rtol=1e-12)
    assert H.times(np.empty((H.size, 0))).shape == (H.size, 0)
    assert np.allclose(H.operator @ V, H.times(V))


def test_training_on_does_not_change_it_and_it_changes_nothing():
    network, X, y = problem()
    before = network.parameters.copy()
    H = Hessian(network, X, y)
    whole = H.matrix()
    assert np.array_equal(network.parameters, before)
    network.train_step(X, y, 0.5)
    assert np.array_equal(H.matrix(), whole)
    assert not np.allclose(Hessian(network, X, y).matrix(), whole)


def test_single_precision_is_looked_at_in_double():
    network, X, y = problem(dtype="float32")
    double = NeuralNetwork.made(
        NeuralNetwork(**network.settings | {"dtype": "float64"}).architecture,
        network.parameters.astype(float),
    )
    H = Hessian(network, X, y)
    assert H.matrix().dtype == np.float64
    assert np.array_equal(H.matrix(), Hessian(double, X, y).matrix())


def test_what_cannot_be_meant_is_refused():
    network, X, y = problem()
    with pytest.raises(Refusal, match="inputs"):
        Hessian(network, X[:, :2], y)
    with pytest.raises(Refusal, match=r"a vector of shape \(3,\)"):
        Hessian(network, X, y).times(np.ones(3))
    network.parameters = np.nan
    with pytest.raises(Refusal, match="a loss of nan"):
        Hessian(network, X, y)


# ------------------------------------------------------------------ extremes and densities


@pytest.mark.parametrize("seed", range(3))
def test_extremes_of_a_large_network_are_those_of_its_matrix(seed):
    H = Hessian(*problem(layers=(3, 9, 8, 2), seed=seed))
    assert H.size > WHOLE
    values = H.eigenvalues()
    value, direction = H.top()
    assert value == pytest.approx(values[-1], rel=1e-8)
    assert H.bottom()[0] == pytest.approx(values[0], rel=1e-8)
    assert np.allclose(H.times(direction), value * direction, atol=1e-5 * value)
    assert H.top(direction)[0] == pytest.approx(value, rel=1e-8)
    assert H.sharpness == value


@pytest.mark.parametrize("seed", range(4))
def test_the_quadrature_has_the_moments_of_the_matrix(seed):
    """Lanczos of m steps is exact for polynomials of degree 2m − 1 seen by its start."""
    H = Hessian(*problem(seed=seed))
    start = np.random.default_rng(seed).normal(size=(H.size, 3))
    nodes, weights = quadrature(*lanczos(H.times, start, 4))
    seen, expected = start, (start * start).sum(axis=0)
    for power in range(8):
        moment = (start * seen).sum(axis=0) / expected
        assert np.allclose((weights * nodes**power).sum(axis=1), moment, rtol=1e-9), power
        seen = H.times(seen)


def test_the_estimate_is_near_the_density():
    H = Hessian(*problem(layers=(3, 12, 12, 2)))
    whole, guess = spectrum(H), spectrum(H, exact=False, probes=20, steps=60, seed=1)
    assert whole.exact
    assert not guess.exact
    assert guess.weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert (guess.low, guess.high) == pytest.approx((whole.low, whole.high), rel=1e-8)
    # Hutchinson's error: the trace of H² over half the probes, and five of it.
    assert abs(guess.trace - whole.trace) < 5 * (2 * (whole.nodes**2).sum() / 20) ** 0.5
    grid = np.linspace(whole.low, whole.high, 50)
    assert np.abs(whole.cumulative(grid) - guess.cumulative(grid)).max() < 0.05
    edge = 0.1 * (whole.high - whole.low)
    fine = np.linspace(whole.low - edge, whole.high + edge, 4_001)
    for one in (whole, guess):
        assert one.density(fine).sum() * (fine[1] - fine[0]) == pytest.approx(1.0, rel=1e-6)


def test_an_iteration_that_has_seen_all_loses_no_weight():
    nodes, weights = quadrature(*lanczos(lambda v: 3.0 * v, np.ones((5, 2)), 4))
    assert np.allclose((weights * (nodes == 3.0)).sum(axis=1), 1.0)
    H = np.diag([1.0, 1.0, 2.0, 7.0])
    nodes, weights = quadrature(*lanczos(lambda v: H @ v, np.ones((4, 1)), 4))
    for value, share in ((1, 0.5), (2, 0.25), (7, 0.25)):
        assert weights[np.isclose(nodes, value)].sum() == pytest.approx(share)


def test_a_spectrum_refuses_what_cannot_be_meant():
    H = Hessian(*problem())
    with pytest.raises(Refusal, match="0 probes"):
        spectrum(H, exact=False, probes=0)
    with pytest.raises(Refusal, match="a width of 0"):
        spectrum(H).density([0.0], 0.0)


# ------------------------------------------------------------------ ensembles


@pytest.mark.parametrize(("output", "loss"), ENDS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_products_of_an_ensemble_are_those_of_each_network(activation, output, loss):
    _, X, y = problem()
    kind = {"activation": activation, "output": output, "loss": loss}
    many = Population.of([3, 4, 5, 2], weight_init="random", seeds=np.arange(3), **kind)
    x = many.positions()
    v = np.random.default_rng(2).normal(size=x.shape)
    found = products_with(many.architecture, x, X, y)(v)
    for k in range(3):
        alone = Hessian(many.network(k), X, y).times(v[:, k])
        assert np.allclose(found[:, k], alone, rtol=1e-10, atol=1e-13 * np.abs(alone).max())


@pytest.mark.parametrize(
    ("layers", "activation", "data"),
    [
        ((2, 2, 1), "tanh", "xor"),
        ((2, 3, 1), "relu", "xor"),
        ((2, 8, 8, 1), "tanh", "moons"),
        ((2, 9, 3), "sigmoid", "three"),
    ],
)
def test_the_sharpness_of_an_ensemble_is_that_of_each_network(layers, activation, data):
    if data == "three":
        samples = datasets.spirals(12, classes=3)
    else:
        samples = datasets.dataset(data, samples=None if data == "xor" else 20)
    many = Population.of(layers, activation=activation, seeds=np.arange(6), init_scale=2.0)
    x = many.positions()
    found = sharpness(many, x, samples)
    for k in range(many.size):
        exact = Hessian(many.network(k, x[:, k]), samples.X, samples.y).sharpness
        assert found[k] == pytest.approx(exact, rel=1e-7)


def test_a_bowl_of_an_ensemble_is_known():
    X = np.random.default_rng(0).normal(size=(8, 3))
    extended = np.hstack([X, np.ones((8, 1))])
    known = np.linalg.eigvalsh(extended.T @ extended / 8)[-1]
    many = Population.of([3, 1], output="linear", seeds=np.arange(5))
    found = sharpness(many, many.positions(), Samples(X, X.sum(axis=1)))
    assert np.allclose(found, known, rtol=1e-8)


@pytest.mark.parametrize("layers", [(2, 3, 1), (2, 8, 8, 1)])
def test_neighbours_blocks_and_the_lost_change_nothing(layers, monkeypatch):
    many = Population.of(layers, seeds=np.arange(7))
    x, samples = many.positions(), datasets.xor()
    whole = sharpness(many, x, samples)
    near = 1e-12 if many.architecture.size <= 40 else 1e-6  # the more settle together, the finer
    monkeypatch.setattr("lawful.learning.ensembles.curvature._CELLS", 3 * 4 * max(layers))
    assert np.allclose(sharpness(many, x, samples), whole, rtol=near)
    lost = x.copy()
    lost[0, 2], lost[1, 5] = np.nan, np.inf
    found = sharpness(many, lost, samples)
    assert np.flatnonzero(np.isnan(found)).tolist() == [2, 5]
    kept = [0, 1, 3, 4, 6]
    assert np.allclose(found[kept], whole[kept], rtol=near)
    assert np.isnan(sharpness(many, np.full_like(x, np.nan), samples)).all()


def test_single_precision_and_other_shapes():
    many = Population.of([2, 3, 1], seeds=np.arange(3), dtype="float32")
    x = many.positions()
    found = sharpness(many, x, datasets.xor())
    assert found.dtype == np.float64
    assert np.array_equal(found, sharpness(many, x.astype(float), datasets.xor()))
    with pytest.raises(Refusal, match=r"positions of shape \(13, 2\); expected \(13, 3\)"):
        sharpness(many, x[:, :2], datasets.xor())


def test_every_hidden_function_and_end_is_covered():
    """What the network knows is what is tested above."""
    from lawful.learning import activations, losses

    assert {*HIDDEN, *(end for end, _ in ENDS)} == set(activations.NAMES)
    assert {loss for _, loss in ENDS} == set(losses.NAMES)
    assert len(set(itertools.product(HIDDEN, ENDS))) == len(HIDDEN) * len(ENDS)
