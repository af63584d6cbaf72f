"""The feedforward by hand: it agrees with every network, and says so when it does not."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning import NeuralNetwork, datasets, train, verification
from lawful.learning.activations import activation
from lawful.learning.verification import BY_HAND, activated, sums, verify
from lawful.refusal import Refusal


@pytest.mark.parametrize("name", sorted(BY_HAND))
@given(z=st.floats(-60, 60))
def test_each_function_by_hand_is_the_networks_own(name, z):
    own = float(activation(name).value(np.array([[z]]))[0, 0])
    assert math.isclose(BY_HAND[name][0](z), own, rel_tol=1e-12, abs_tol=1e-15)


@given(zs=st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_softmax_by_hand(zs):
    shares = activated("softmax", zs)
    assert math.isclose(math.fsum(shares), 1.0, rel_tol=1e-14)
    np.testing.assert_allclose(shares, activation("softmax").value(np.array([zs]))[0], atol=1e-15)


def test_nothing_overflows_by_hand():
    assert BY_HAND["sigmoid"][0](-1e4) == 0.0
    assert BY_HAND["sigmoid"][0](1e4) == 1.0
    assert activated("softmax", [1e300, 0.0]) == [1.0, 0.0]


@pytest.mark.parametrize("layers", [[3, 1], [2, 3, 1], [2, 2, 2, 1], [5, 7, 4], [20, 9, 3]])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "linear"])
def test_hand_and_network_agree(layers, name):
    network = NeuralNetwork(layers, activation=name, weight_init="random", seed=3)
    seen = verify(network, np.random.default_rng(0).standard_normal((4, layers[0])))
    assert seen.agrees
    assert seen.largest < 1e-13
    assert len(seen.neurons) == 4 * sum(layers[1:])
    last = [n.a for n in seen.neurons if n.sample == 1 and n.layer == len(layers) - 1]
    assert all(n.formula for n in seen.neurons)
    assert len(last) == layers[-1]


def test_single_precision_is_judged_by_its_own_round_off():
    network = NeuralNetwork([6, 8, 3], dtype="float32", seed=1)
    seen = verify(network, np.random.default_rng(0).standard_normal((3, 6)))
    assert 1e-12 < seen.largest < seen.tolerance
    assert seen.agrees


def test_a_trained_network_agrees_too():
    network = NeuralNetwork([2, 3, 1], seed=1)
    train(network, datasets.xor(), learning_rate=1.0, steps=200)
    assert verify(network, datasets.xor().X).agrees


@pytest.mark.parametrize("slip", [1e-6, 1.0, math.nan])
def test_a_network_that_calculates_otherwise_is_found_out(slip):
    right = NeuralNetwork([2, 3, 1], seed=0)
    wrong = right.copy()
    wrong.weights[1][2, 0] += slip
    two_faced = SimpleNamespace(
        layers=right.layers,
        activations=right.activations,
        weights=right.weights,
        biases=right.biases,
        parameters=right.parameters,
        trace=wrong.trace,
    )
    seen = verify(two_faced, [[0.5, 1.0]])
    assert not seen.agrees
    assert "DISAGREE" in seen.verdict


def test_verification_leaves_the_network_alone():
    network = NeuralNetwork([2, 3, 1], seed=0)
    before = network.parameters.copy()
    verify(network, [[0.0, 1.0]])
    np.testing.assert_array_equal(network.parameters, before)


def test_the_sum_as_a_student_writes_it():
    network = NeuralNetwork([2, 1], output="linear", seed=0)
    network.parameters = [0.5, -2.0, 0.25]
    (neuron,) = verify(network, [[1.0, -3.0]]).neurons
    assert neuron.sum_text == "0.5·1 − 2·(−3) + 0.25"
    assert neuron.z == neuron.a == 6.75
    assert sums([1.0, -3.0], [[0.5], [-2.0]], [0.25]) == [6.75]


def test_many_inputs_keep_their_sum_without_its_terms():
    seen = verify(NeuralNetwork([40, 2, 1], seed=0), np.ones((1, 40)))
    assert seen.neurons[0].terms == ()
    assert "40 products" in seen.neurons[0].sum_text
    assert seen.to_dict(most=2)["neurons_checked"] == 3
    assert len(seen.to_dict(most=2)["neurons"]) == 2


@pytest.mark.parametrize("X", [[], [[1.0]], [[1.0, 2.0, 3.0]], [1.0, 2.0]])
def test_samples_that_do_not_fit_are_refused(X):
    with pytest.raises(Refusal):
        verify(NeuralNetwork([2, 1], seed=0), X)


def test_the_hand_needs_no_arrays():
    assert not hasattr(verification, "np")
