"""The fast path against networks trained one by one, its bits, and its instructions."""

import re

import numpy as np
import pytest

from lawful.learning import NeuralNetwork
from lawful.learning.ensembles import Goal, Population, lanes
from lawful.learning.ensembles.philox import normals
from lawful.learning.ensembles.state import State
from lawful.learning.samples import Samples

pytest.importorskip("numba")

N = 7


def samples_for(layers, seed=0, count=N):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(count, layers[0]))
    if layers[-1] == 1:
        y = (rng.random((count, 1)) > 0.5) * 1.0
    else:
        y = np.eye(layers[-1])[rng.integers(layers[-1], size=count)]
    return Samples(X=X, y=y, name="drawn")


def population(layers, size=20, **settings):
    given = {"learning_rate": 0.05, "momentum": 0.5, **settings}
    return Population.of(layers, seeds=np.arange(size), **given)


def start(one):
    x = one.positions()
    return State(x, np.zeros_like(x), 0, np.full(one.size, -1))


def gone(one, data, steps, goal=None, dynamics="heavy_ball"):
    return lanes.advance(one, data, start(one), steps, goal, dynamics)


def by_hand(one, data, k, steps, dynamics="heavy_ball"):
    """The same with one `NeuralNetwork`."""
    net = one.network(k)
    X, y = data.X.astype(net.parameters.dtype), data.y.astype(net.parameters.dtype)
    rate, mu, heat = 0.05, one.momentum[k], one.temperature[k]

    def slope(x):
        return net.with_parameters(x).gradient(X, y)

    x, v = net.parameters.copy(), np.zeros_like(net.parameters)
    for step in range(steps):
        if dynamics == "gradient_flow":
            k1 = slope(x)
            k2 = slope(x - rate / 2 * k1)
            k3 = slope(x - rate / 2 * k2)
            k4 = slope(x - rate * k3)
            x = x - rate / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        else:
            push = np.sqrt(2 * (1 - mu) * rate * heat) * normals([one.seeds[k]], step, x.size)[:, 0]
            v = mu * v - rate * slope(x) + push
            x = x + v
    return x


CASES = [
    ([3, 4, 1], {"activation": name, "output": "sigmoid", "loss": "squared"})
    for name in ("tanh", "sigmoid", "relu", "leaky_relu", "linear")
] + [
    ([3, 4, 1], {"loss": "binary_cross_entropy"}),
    ([3, 4, 3], {"activation": "relu", "output": "softmax", "loss": "cross_entropy"}),
    ([3, 4, 3], {"output": "softmax", "loss": "squared"}),
    ([3, 4, 2], {"output": "sigmoid", "loss": "squared"}),
    ([2, 5, 3, 1], {"activation": ["relu", "tanh"], "output": "linear"}),
]


@pytest.mark.parametrize(("layers", "settings"), CASES)
def test_every_function_and_loss_goes_the_way_of_the_single_network(layers, settings):
    one, data = population(layers, **settings), samples_for(layers)
    made = gone(one, data, 12)
    for k in (0, 7, 19):
        np.testing.assert_allclose(made.x[:, k], by_hand(one, data, k, 12), rtol=1e-11, atol=1e-13)


def test_a_bath_shakes_with_the_same_numbers():
    one, data = population([3, 4, 1], temperature=0.01), samples_for([3, 4, 1])
    made = gone(one, data, 12)
    np.testing.assert_allclose(made.x[:, 5], by_hand(one, data, 5, 12), rtol=1e-10, atol=1e-12)


def test_a_flow_goes_by_runge_and_kutta():
    one, data = population([3, 4, 1], momentum=0.0), samples_for([3, 4, 1])
    made = gone(one, data, 12, dynamics="gradient_flow")
    right = by_hand(one, data, 5, 12, "gradient_flow")
    np.testing.assert_allclose(made.x[:, 5], right, rtol=1e-11, atol=1e-13)
    assert (made.v == 0).all()


def test_many_samples_are_gathered_piece_by_piece():
    layers = [2, 8, 8, 1]
    one, data = population(layers), samples_for(layers, count=53)
    made = gone(one, data, 5)
    np.testing.assert_allclose(made.x[:, 3], by_hand(one, data, 3, 5), rtol=1e-10, atol=1e-12)


def test_single_precision_is_single_precision():
    one, data = population([3, 4, 1], dtype="float32"), samples_for([3, 4, 1])
    made = gone(one, data, 12)
    assert made.x.dtype == np.float32
    np.testing.assert_allclose(made.x[:, 5], by_hand(one, data, 5, 12), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("temperature", [0.0, 0.01])
def test_alone_and_in_company_end_in_the_same_bits(dtype, temperature):
    whole = population([2, 3, 1], 200, dtype=dtype, temperature=temperature)
    data = samples_for([2, 3, 1], count=4)
    together = gone(whole, data, 60)
    for k in (0, 1, 71, 72, 150, 199):
        alone = gone(whole.part(slice(k, k + 1)), data, 60)
        assert (alone.x[:, 0] == together.x[:, k]).all()
        assert (alone.v[:, 0] == together.v[:, k]).all()


def test_taken_up_again_it_ends_in_the_same_bits():
    one, data = population([2, 3, 1], 30, temperature=0.01), samples_for([2, 3, 1])
    goal = Goal(accuracy=0.7)
    at_once = gone(one, data, 50, goal)
    half = gone(one, data, 20, goal)
    rest = lanes.advance(one, data, half, 30, goal)
    assert rest.step == at_once.step == 50
    assert (rest.x == at_once.x).all()
    assert (rest.solved_at == at_once.solved_at).all()


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_step_that_solves_it_is_the_networks_own(outputs):
    layers = [2, 3, outputs]
    one, data = population(layers, 12, learning_rate=0.5), samples_for(layers, 3)
    goal = Goal(accuracy=0.8)
    made = gone(one, data, 40, goal)
    for k in range(one.size):
        state, found = start(one), -1
        for step in range(40):
            if one.network(k, state.x[:, k]).accuracy(data.X, data.y) >= 0.8:
                found = step
                break
            state = lanes.advance(one, data, state, 1)
        assert made.solved_at[k] == found
    assert len(np.unique(made.solved_at)) > 2


def test_an_energy_can_be_the_goal():
    one, data = population([2, 3, 1], 40, learning_rate=1.0), samples_for([2, 3, 1])
    made = gone(one, data, 100, Goal(energy=0.08))
    k = int(np.flatnonzero(made.solved_at > 0)[0])
    before, there = (
        one.network(k, gone(one, data, steps).x[:, k]).loss(data.X, data.y)
        for steps in (made.solved_at[k] - 1, made.solved_at[k])
    )
    assert there <= 0.08 < before


def test_a_network_that_is_lost_shows_it_and_harms_no_other():
    rates = np.array([0.1, 1e12, 0.1])
    one = Population.of([2, 3, 1], output="linear", learning_rate=rates, seeds=np.zeros(3, int))
    made = gone(one, samples_for([2, 3, 1]), 400)
    assert not np.isfinite(made.x[:, 1]).all()
    assert np.isfinite(made.x[:, 0]).all()
    assert (made.x[:, 0] == made.x[:, 2]).all()


def test_what_does_not_fit_is_said_to():
    assert not lanes.fits(NeuralNetwork([2, 40, 1]).architecture)
    assert not lanes.fits(NeuralNetwork([2, 3, 1], activation="gelu").architecture)
    assert lanes.fits(NeuralNetwork([16, 16, 1], activation="relu").architecture)


def test_the_instructions_are_packed():
    """Read from the compiler: no number goes alone through tanh and back."""
    from lawful.learning.ensembles.kernels import compiled
    from lawful.learning.ensembles.program import Program

    layers, functions = (2, 3, 1), ("tanh", "sigmoid")
    for dtype, letters in (("float64", "pd"), ("float32", "ps")):
        run = compiled(
            Program(layers, functions, "squared", dtype, 4, "heavy_ball", False, (), "each")
        )
        gone(population(layers, 4, dtype=dtype), samples_for(layers, count=4), 1)
        one = Program(layers, functions, "squared", dtype, N, "heavy_ball", False, (), "each")
        assert compiled(one) is compiled(one)
        blocks = np.zeros((1, one.rows.count, 72 if dtype == "float64" else 144), dtype)
        X, y, labels = np.zeros((4, 2), dtype), np.zeros((4, 1), dtype), np.zeros(4, dtype)
        run(blocks, np.array([16]), X, y, labels, 0, 1)
        text = next(iter(run.inspect_asm().values()))
        if "zmm" not in text and "ymm" not in text and "xmm" not in text:
            pytest.skip("not a machine whose instructions these are")
        packed = re.findall(rf"\bv?(?:mul|add|div|fn?m(?:add|sub)\d*){letters}\b", text)
        single = re.findall(rf"\bv?(?:mul|add|div|fn?m(?:add|sub)\d*)s{letters[1]}\b", text)
        assert len(packed) > 100
        assert len(single) < len(packed) / 20
