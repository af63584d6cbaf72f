"""Equilibrium propagation against theory: rests, energies, and the error's slope."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning import datasets, train
from lawful.learning.activations import ACTIVATIONS
from lawful.learning.equilibrium import EquilibriumNetwork, gradient_errors
from lawful.learning.relaxation import pulled
from lawful.refusal import Refusal

SHAPES = ([2, 5, 1], [3, 6, 4, 2], [4, 3])
OUTPUTS = ("sigmoid", "tanh", "linear")


def samples(layers, seed, n=7):
    rng = np.random.default_rng([seed, *layers])
    return rng.uniform(-1, 1, (n, layers[0])), rng.uniform(0, 1, (n, layers[-1]))


def still(layers, seed, **settings):
    return EquilibriumNetwork(layers, seed=seed, tolerance=1e-14, sweeps=5000, **settings)


# ---------------------------------------------------------------- rests and energies


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("layers", SHAPES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_rest_is_where_the_energy_has_no_slope(layers, output, seed):
    net = still(layers, seed, output=output)
    X, _ = samples(layers, seed)
    rest = net.free(X)
    assert rest.residual.max() <= 1e-14
    for k in range(1, len(layers)):
        f = ACTIVATIONS[net.activations[k - 1]]
        for i in range(layers[k]):
            s = rest.states[k][:, i]
            # A neuron near saturation is stiff: it is moved, and judged, by its softness f′.
            softness = f.pull(s, s, np.ones_like(s))
            ends = []
            for step in (1e-4 * softness, -1e-4 * softness):
                moved = [s.copy() for s in rest.states]
                moved[k][:, i] += step
                ends.append(net.energy(moved))
            assert np.abs((ends[0] - ends[1]) / 2e-4).max() < 1e-8


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("nudging", [0.0, 0.5, -0.5, 20.0])
@pytest.mark.parametrize("output", OUTPUTS)
def test_energy_never_rises(output, nudging, activation):
    for seed in range(5):
        net = EquilibriumNetwork(
            [3, 8, 6, 2],
            activation=activation,
            output=output,
            weight_init="random",
            coupling=None,
            seed=seed,
        )
        X, y = samples(net.layers, seed)
        fall = np.diff(net.descent(X, y, nudging, sweeps=40), axis=0)
        assert fall[0].max() < -1e-6
        assert fall.max() < 1e-11


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("output", OUTPUTS)
def test_up_to_a_coupling_of_one_there_is_one_rest(output, activation):
    layers = [3, 8, 6, 2]
    for seed in range(3):
        net = still(
            layers,
            seed,
            activation=activation,
            output=output,
            weight_init="random",
            coupling=0.95,
        )
        assert net.springs.coupling() <= 0.95 + 1e-12
        X, _ = samples(layers, seed)
        rng = np.random.default_rng(seed)
        rest = net.free(X)
        for _ in range(3):
            start = [X, *(rng.uniform(0, 1, (len(X), n)) for n in layers[1:])]
            other = net.springs.settled(start, tolerance=1e-14, sweeps=5000)
            for s, t in zip(rest.states, other.states, strict=True):
                np.testing.assert_allclose(s, t, rtol=0, atol=1e-11)


def test_beyond_it_there_may_be_several():
    """A neuron that its only output pulls back at hard enough: pitchfork at coupling 1."""
    found = {}
    for pull in (0.99, 1.2):
        net = still([1, 1, 1], 0, output="tanh", coupling=None)
        net.parameters = [0.0, 0.0, pull, 0.0]
        assert net.springs.coupling() == pytest.approx(pull)
        starts = [[np.zeros((1, 1)), np.full((1, 1), s), np.full((1, 1), s)] for s in (-0.5, 0.5)]
        ends = [net.springs.settled(s, tolerance=1e-13, sweeps=20_000).output for s in starts]
        found[pull] = abs(ends[1] - ends[0]).item()
    assert found[0.99] < 1e-9
    assert found[1.2] > 1


def test_coupling_is_the_bound_on_the_curvature():
    """The least eigenvalue of ∂²E/∂s², scaled by √D, is at least 1 − coupling, everywhere."""
    rng = np.random.default_rng(0)
    for seed in range(5):
        net = EquilibriumNetwork([2, 5, 4, 3], weight_init="random", coupling=None, seed=seed)
        A, D = net.springs._both_ways(), np.repeat([1.0, 1.0, 0.25], [5, 4, 3])
        for _ in range(20):
            s = np.concatenate([rng.uniform(-1, 1, 9), rng.uniform(0, 1, 3)])
            stiff = np.concatenate([1 / (1 - s[:9] ** 2), 1 / (s[9:] * (1 - s[9:]))])
            scaled = np.sqrt(D)[:, None] * (np.diag(stiff) - A) * np.sqrt(D)
            assert np.linalg.eigvalsh(scaled)[0] >= 1 - net.springs.coupling() - 1e-12


def test_without_feedback_a_rest_is_a_forward_pass():
    net = EquilibriumNetwork([3, 4], output="sigmoid", seed=1)
    X, _ = samples([3, 4], 0)
    by_hand = 1 / (1 + np.exp(-(X @ net.weights[0] + net.biases[0])))
    np.testing.assert_allclose(net.forward(X), by_hand, rtol=0, atol=1e-15)


def test_samples_do_not_see_each_other():
    net = still([3, 6, 4, 2], 3)
    X, _ = samples(net.layers, 3)
    together = net.forward(X)
    alone = np.concatenate([net.forward(X[k : k + 1]) for k in range(len(X))])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


@given(
    c=st.floats(-50, 50),
    nudging=st.floats(-0.99, 100),
    name=st.sampled_from(["tanh", "sigmoid", "linear"]),
)
def test_a_nudged_neuron_solves_its_equation(c, nudging, name):
    f = ACTIVATIONS[name]
    s = pulled(np.array([c]), nudging, f)
    assert np.isfinite(s).all()
    # Written for s, so that saturation does no harm: s = f(c − βs).
    fresh = f.value(c - nudging * s)
    slope = 1 + nudging * f.pull(s, s, np.ones_like(s))
    assert abs(fresh - s)[0] <= 1e-11 * max(1, abs(nudging)) * max(1, abs(c)) / min(slope[0], 1)


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("layers", SHAPES)
def test_exact_gradient_is_that_of_the_loss(layers, output):
    net = still(layers, 4, output=output)
    X, y = samples(layers, 4)
    exact = net.exact_gradient(X, y)
    h = 1e-5
    slopes = [
        (
            net.with_parameters(net.parameters + h * e).loss(X, y)
            - net.with_parameters(net.parameters - h * e).loss(X, y)
        )
        / (2 * h)
        for e in np.eye(exact.size)
    ]
    np.testing.assert_allclose(exact, slopes, rtol=0, atol=3e-8 * np.abs(exact).max() + 1e-10)


@pytest.mark.parametrize(("centred", "order"), [(False, 1.0), (True, 2.0)])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("layers", SHAPES)
def test_error_falls_at_the_slope_of_theory(layers, output, centred, order):
    nudgings = np.geomspace(1e-3, 4e-3, 3)
    for seed in range(4):
        net = EquilibriumNetwork(layers, output=output, seed=seed)
        errors = gradient_errors(net, *samples(layers, seed), nudgings, centred=centred)
        slope = np.polyfit(np.log(nudgings), np.log(errors), 1)[0]
        assert abs(slope - order) < 0.1, (seed, slope)
        assert errors.max() < (0.1 if order == 1 else 1e-2)


def test_one_layer_of_linear_outputs_in_closed_form():
    """At rest s = z without a nudge, (z + βy)/(1 + β) with one: the estimate is exact/(1 + β)."""
    net = still([4, 3], 0, output="linear")
    X, y = samples([4, 3], 0)
    exact = net.exact_gradient(X, y)
    by_hand = X.T @ (X @ net.weights[0] + net.biases[0] - y) / len(X)
    np.testing.assert_allclose(exact[:12].reshape(4, 3), by_hand, rtol=0, atol=1e-14)
    for beta in (0.01, 0.5, 3.0):
        one_sided = net.gradient(X, y, beta, centred=False)
        np.testing.assert_allclose(one_sided, exact / (1 + beta), rtol=0, atol=1e-13 / beta)
    both = net.gradient(X, y, 0.5, centred=True)
    np.testing.assert_allclose(both, exact / (1 - 0.25), rtol=0, atol=1e-13)


def test_loss_and_gradient_are_one_phase_apart():
    net = EquilibriumNetwork([2, 5, 1], seed=2)
    X, y = samples(net.layers, 2)
    loss, gradient = net.loss_and_gradient(X, y)
    assert loss == net.loss(X, y)
    np.testing.assert_array_equal(gradient, net.gradient(X, y))


# ---------------------------------------------------------------- learning


def test_xor_is_learned_and_stays_learned():
    data = datasets.xor()
    solved = 0
    for seed in range(4):
        net = EquilibriumNetwork([2, 8, 1], seed=seed, tolerance=1e-4)
        for _ in range(350):
            net.train_step(data.X, data.y, learning_rate=0.5)
        solved += net.accuracy(data.X, data.y) == 1
    assert solved >= 3


def test_without_a_limit_learning_breaks_down_where_the_rest_changes():
    """The loss leaps from one step to the next though its gradient was small."""
    data = datasets.xor()
    net = EquilibriumNetwork([2, 8, 1], seed=0, tolerance=1e-8, coupling=None)
    losses = np.array([net.train_step(data.X, data.y, learning_rate=0.5)[0] for _ in range(170)])
    growth = losses[1:] / losses[:-1]
    assert losses[growth.argmax()] < 0.01
    assert growth.max() > 10
    assert net.springs.coupling() > 1


def test_moons_are_learned():
    data = datasets.dataset("moons", samples=120, noise=0.1, seed=0).standardised()
    for seed in (0,):
        net = EquilibriumNetwork([2, 16, 1], seed=seed, tolerance=1e-4)
        rng = np.random.default_rng(seed)
        for _ in range(150):
            for part in np.split(rng.permutation(data.size), 6):
                net.train_step(data.X[part], data.y[part], learning_rate=1.0)
        assert net.accuracy(data.X, data.y) > 0.92


def test_it_trains_as_any_network_does():
    """The loop of `training` takes it: curves, dynamics and the energy ledger come with it."""
    net = EquilibriumNetwork([2, 4, 1], seed=0)
    data = datasets.xor()
    before = net.loss(data.X, data.y)
    runs = train(net, data, dynamics="gradient_descent", learning_rate=0.3, steps=30)
    assert runs["loss"].values[0, 0] == pytest.approx(before, abs=1e-12)
    assert runs["loss"].values[0, -1] < before
    assert runs["loss"].values[0, -1] == pytest.approx(net.loss(data.X, data.y), abs=1e-12)


def test_copies_are_apart_and_settings_make_it_again():
    net = EquilibriumNetwork([2, 3, 1], nudging=0.05, centred=False, tolerance=1e-9, seed=5)
    twin = EquilibriumNetwork(**net.settings)
    np.testing.assert_array_equal(twin.parameters, net.parameters)
    other = net.copy()
    other.parameters = np.zeros(net.parameters.size)
    assert net.parameters.any()
    assert not other.weights[0].any()
    assert other.settings == net.settings


# ---------------------------------------------------------------- what cannot be meant


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "relu"}, "may have no lowest point"),
        ({"activation": "tnah"}, "did you mean 'tanh'"),
        ({"output": "softmax"}, "one of tanh, sigmoid, linear"),
        ({"nudging": 0.0}, "expected a positive number"),
        ({"nudging": -0.1}, "expected a positive number"),
        ({"nudging": float("nan")}, "expected a positive number"),
        ({"nudging": 1.5}, "less than 1"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"coupling": 0.0}, "coupling"),
        ({"sweeps": 0}, "whole number"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(Refusal, match=words):
        EquilibriumNetwork([2, 3, 2], **settings)


def test_data_that_do_not_fit_are_refused():
    net = EquilibriumNetwork([2, 3, 1])
    with pytest.raises(Refusal, match="inputs"):
        net.free(np.zeros((4, 3)))
    with pytest.raises(Refusal, match="targets"):
        net.gradient(np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(Refusal, match="3 targets for 4 inputs"):
        net.gradient(np.zeros((4, 2)), np.zeros(3))
    with pytest.raises(Refusal, match="learning rate"):
        net.train_step(np.zeros((4, 2)), np.zeros(4), learning_rate=-1)
    with pytest.raises(Refusal, match="above -1"):
        net.nudged(np.zeros((4, 2)), np.zeros(4), -1.0)
    with pytest.raises(Refusal, match="parameters of shape"):
        net.with_parameters(np.zeros(3))


@given(X=st.lists(st.lists(st.floats(allow_infinity=True, allow_nan=True), max_size=3), max_size=3))
def test_any_input_gives_answers_or_a_refusal(X):
    net = EquilibriumNetwork([2, 3, 1])
    try:
        answers = net.forward(X)
    except Refusal:
        return
    assert answers.shape == (len(X), 1)
    assert np.isfinite(answers).all()
