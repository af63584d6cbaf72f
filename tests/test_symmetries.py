"""Symmetries of training: proved by symbols, held to gradients, motions and found laws."""

from itertools import pairwise

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.expressions import compiled
from lawful.learning import NeuralNetwork, datasets
from lawful.learning.deep_linear import angular_momentum, balance
from lawful.learning.ensembles import Population, State, evolve
from lawful.learning.symmetries import conserved_space, independent, rotations, symmetries

KINDS = [
    ([2, 3, 1], {"activation": "relu"}),
    ([2, 3, 1], {"activation": "leaky_relu", "output": "linear"}),
    ([2, 3, 1], {"activation": "linear"}),
    ([2, 2, 2, 1], {"activation": "linear", "output": "linear"}),
    ([2, 2, 2, 1], {"activation": "relu"}),
    ([3, 2, 4, 2], {"activation": ["relu", "linear"], "output": "sigmoid"}),
    ([2, 3, 3], {"activation": "relu", "output": "softmax"}),
    ([2, 3, 3], {"activation": "tanh", "output": "softmax", "loss": "squared"}),
]


def drawn(layers, given, seed=0):
    rng = np.random.default_rng([seed, 3])
    net = NeuralNetwork(layers, weight_init="random", seed=seed, **given)
    X = rng.normal(size=(6, layers[0]))
    y = np.eye(layers[-1])[rng.integers(layers[-1], size=6)]
    return net, X, y if layers[-1] > 1 else rng.integers(2, size=(6, 1)) * 1.0


# ---------------------------------------------------------------------- how many


@pytest.mark.parametrize(
    ("layers", "given", "laws", "space"),
    [
        ([2, 3, 1], {"activation": "relu"}, 3, 3),
        ([2, 3, 1], {"activation": "linear"}, 6, 6),
        ([2, 2, 2, 1], {"activation": "linear"}, 6, 6),
        ([2, 2, 2, 1], {"activation": "relu"}, 4, 4),
        ([2, 3, 3], {"activation": "relu", "output": "softmax"}, 7, 17),
        ([2, 3, 1], {"activation": "tanh"}, 0, 0),
        ([2, 3, 1], {"activation": "gelu"}, 0, 0),
        ([2, 3, 3], {"activation": "sigmoid"}, 4, 14),
    ],
)
def test_as_many_as_theory_says(layers, given, laws, space):
    net = NeuralNetwork(layers, weight_init="random", **given)
    found = symmetries(net)
    assert len(found) == independent(found, net.parameters) == laws
    assert conserved_space(net) == space


def test_penalties_and_dropout_break_them():
    for broken in ({"l1": 0.1}, {"l2": 0.1}, {"dropout": 0.5}):
        net = NeuralNetwork([2, 3, 1], activation="linear", **broken)
        assert symmetries(net) == ()
        assert len(rotations(net)) == (3 if "l2" in broken else 0)


# ---------------------------------------------------------------------- proofs


def answer(layers, hidden):
    """A network's answer and its parameters, by symbols, in the order of `parameters`."""
    a = list(sympy.symbols(f"x1:{layers[0] + 1}", real=True))
    parameters = []
    for k, (n, m) in enumerate(pairwise(layers), 1):
        W = sympy.Matrix(n, m, lambda i, j, k=k: sympy.Symbol(f"W{k}_{i + 1}_{j + 1}", real=True))
        b = [sympy.Symbol(f"b{k}_{j + 1}", real=True) for j in range(m)]
        z = [sum(a[i] * W[i, j] for i in range(n)) + b[j] for j in range(m)]
        a = z if k == len(layers) - 1 else [hidden(one) for one in z]
        parameters += [*W, *b]
    return a, parameters


def moved(one, parameters):
    """The generator, as a vector of symbols."""
    return sympy.Matrix(one.matrix.tolist()) * sympy.Matrix(parameters) + sympy.Matrix(
        one.vector.tolist()
    )


def test_a_linear_networks_answer_does_not_change_along_any_of_them():
    net = NeuralNetwork([2, 2, 1], activation="linear", output="linear")
    (said,), parameters = answer([2, 2, 1], lambda z: z)
    assert [str(p) for p in parameters] == list(net.names)
    along = [moved(one, parameters) for one in (*symmetries(net), *rotations(net))]
    for way in along:
        slope = sum(sympy.diff(said, p) * w for p, w in zip(parameters, way, strict=True))
        assert sympy.expand(slope) == 0
    assert len(along) == 4


@pytest.mark.parametrize("active", [[1, 1], [1, 0], [0, 0]])
def test_a_relu_networks_answer_does_not_change_where_neurons_are_on_or_off(active):
    net = NeuralNetwork([2, 2, 1], activation="relu", output="linear")
    states = iter(active)
    (said,), parameters = answer([2, 2, 1], lambda z: next(states) * z)
    for one in symmetries(net):
        way = moved(one, parameters)
        slope = sum(sympy.diff(said, p) * w for p, w in zip(parameters, way, strict=True))
        assert sympy.expand(slope) == 0


def test_a_softmaxs_answers_do_not_change_when_all_sums_grow_alike():
    net = NeuralNetwork([2, 2, 2], activation="tanh", output="softmax")
    sums, parameters = answer([2, 2, 2], sympy.tanh)
    for one in symmetries(net):
        way = moved(one, parameters)
        slopes = [
            sum(sympy.diff(z, p) * w for p, w in zip(parameters, way, strict=True)) for z in sums
        ]
        assert sympy.simplify(slopes[0] - slopes[1]) == 0


# ---------------------------------------------------------------------- gradients, quantities


@given(st.integers(0, 10**6), st.sampled_from(range(len(KINDS))))
@settings(max_examples=40, deadline=None)
def test_the_gradient_has_no_part_along_a_symmetry(seed, k):
    net, X, y = drawn(*KINDS[k], seed)
    g = net.gradient(X, y)
    for one in (*symmetries(net), *rotations(net)):
        along = one.tangent(net.parameters)
        assert abs(g @ along) < 1e-12 * (1 + np.linalg.norm(g) * np.linalg.norm(along))


@pytest.mark.parametrize(("layers", "given"), KINDS)
def test_formula_value_and_slope_say_the_same(layers, given):
    net, _, _ = drawn(layers, given)
    x = np.random.default_rng(1).normal(size=(net.parameters.size, 5))
    columns = dict(zip(net.names, x, strict=True))
    for one in symmetries(net):
        np.testing.assert_allclose(compiled(one.expression)(columns), one.quantity(x), atol=1e-12)
        h = 1e-6 * np.random.default_rng(2).normal(size=x.shape)
        change = one.quantity(x + h) - one.quantity(x - h)
        np.testing.assert_allclose(change, 2 * (one.slope(x) * h).sum(axis=0), atol=1e-15)


def test_balance_and_angular_momentum_are_those_of_deep_linear_networks():
    net, _, _ = drawn([2, 3, 1], {"activation": "linear"})
    v = np.random.default_rng(0).normal(size=net.parameters.size)
    W, b = net.architecture.views(net.parameters)
    V, u = net.architecture.views(v)
    B, L = balance(W, b)[0], angular_momentum(W, V, b, u)[0]
    known = [one.quantity(net.parameters) for one in symmetries(net)]
    np.testing.assert_allclose(known, B[np.triu_indices(3)], rtol=1e-12)
    charges = [one.charge(net.parameters, v) for one in rotations(net)]
    np.testing.assert_allclose(np.abs(charges), np.abs(L[np.triu_indices(3, 1)]), rtol=1e-12)


# ---------------------------------------------------------------------- motions


def ensemble(layers, given, **motion):
    motion = {"init_scale": 0.7, "seeds": range(4), **motion}
    return Population.of(layers, weight_init="random", **given, **motion)


def samples_of(layers):
    corners = datasets.xor()
    if layers[-1] == 1:
        return corners
    return type(corners)(corners.X, np.eye(3)[[0, 1, 1, 2]])


@pytest.mark.parametrize(
    ("layers", "given"), [KINDS[k] for k in (0, 2, 3, 6)] + [([2, 3, 1], {"activation": "relu"})]
)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_charges_and_quantities_obey_their_law_step_by_step(layers, given, momentum):
    one = ensemble(layers, given, learning_rate=0.02, momentum=momentum)
    net, data = one.network(0), samples_of(layers)
    state = State.start(one)
    for _ in range(30):
        after = evolve(one, data, steps=1, state=state).state
        for s in symmetries(net):
            charge = s.charge(after.x, after.v)
            due = momentum * s.charge(state.x, state.v) + s.source(after.v)
            np.testing.assert_allclose(charge, due, atol=1e-13)
            change = s.quantity(after.x) - s.quantity(state.x)
            factor = 1 if s.kind == "translation" else 2
            np.testing.assert_allclose(change, factor * charge - s.source(after.v), atol=1e-12)
        state = after


def test_angular_momentum_decays_as_a_power_of_the_momentum():
    one = ensemble([2, 3, 1], {"activation": "linear"}, learning_rate=0.1, momentum=0.9)
    net, x = one.network(0), one.positions()
    v = np.random.default_rng(5).normal(size=x.shape) * 0.1
    start = State(x, v, 0, np.full(4, -1))
    for steps in (1, 10, 60):
        after = evolve(one, datasets.xor(), steps=steps, state=start).state
        for s in rotations(net):
            due = 0.9**steps * s.charge(x, v)
            np.testing.assert_allclose(s.charge(after.x, after.v), due, atol=1e-13)


@pytest.mark.parametrize(("layers", "given"), [KINDS[k] for k in (0, 2, 6)])
def test_gradient_descent_drifts_in_proportion_to_its_rate(layers, given):
    data = samples_of(layers)

    def drift(rate):
        one = ensemble(layers, given, learning_rate=rate, seeds=range(40))
        x = evolve(one, data, steps=round(4 / rate)).state.x
        known = [s for s in symmetries(one.network(0)) if s.kind == "scale"]
        return np.median([np.abs(s.quantity(x) - s.quantity(one.positions())) for s in known])

    slope = np.log2(drift(0.02) / drift(0.005)) / 2
    assert 0.85 < slope < 1.15


@pytest.mark.parametrize(("layers", "given"), [KINDS[k] for k in (2, 3)])
def test_a_flow_keeps_them(layers, given):
    one = ensemble(layers, given, learning_rate=0.01, init_scale=0.4)
    x = evolve(one, samples_of(layers), steps=1000, dynamics="gradient_flow").state.x
    for s in symmetries(one.network(0)):
        np.testing.assert_allclose(s.quantity(x), s.quantity(one.positions()), atol=1e-9)


def test_what_is_no_symmetry_drifts():
    """The balance of ReLU, asked of tanh: the control."""
    one = ensemble([2, 3, 1], {"activation": "tanh"}, learning_rate=0.02)
    x = evolve(one, datasets.xor(), steps=500, dynamics="gradient_flow").state.x
    for s in symmetries(NeuralNetwork([2, 3, 1], activation="relu")):
        assert np.abs(s.quantity(x) - s.quantity(one.positions())).max() > 1e-3
