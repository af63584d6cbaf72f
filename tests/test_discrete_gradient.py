"""The discrete gradient: the energy never rises, and falls by the heat alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning.discrete_gradient import DiscreteGradient, discrete_gradient
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.optimizers import GradientDescent
from lawful.learning.potential import Potential
from lawful.learning.quadratic import Quadratic
from lawful.refusal import Refusal

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
RNG = np.random.default_rng(0)  # these motions draw nothing


def landscape(seed=0, **settings):
    network = NeuralNetwork([2, 3, 1], seed=seed, **settings)
    return Potential(network, X, Y), network.parameters.copy()


def energies(dynamics, potential, motion, steps):
    """E after each step, and the heat that each step claims."""
    found, heat = [potential.value(motion.x) + dynamics.kinetic(motion)], []
    for _ in range(steps):
        after = dynamics.step(motion, potential, RNG)
        heat.append(dynamics.account(motion, after)["friction"])
        found.append(potential.value(after.x) + dynamics.kinetic(after))
        motion = after
    return np.array(found), np.array(heat)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", [1.0, 30.0, 1000.0])
def test_the_loss_of_a_network_never_rises(seed, step):
    potential, x = landscape(seed, activation="tanh")
    found, heat = energies(DiscreteGradient(time_step=step), potential, Motion(x, 0 * x), 150)
    assert np.diff(found).max() <= 1e-15
    assert np.abs(np.diff(found) - heat).max() <= 1e-12 * found[0]
    assert found[-1] < 0.95 * found[0]


@pytest.mark.parametrize("seed", range(3))
def test_where_gradient_descent_runs_away_it_comes_to_rest(seed):
    """A stiff quartic valley, at ten times the step that gradient descent can bear."""

    class Valley:
        stiff = np.array([1.0, 10.0, 100.0])

        def value(self, x):
            return float((self.stiff * x**2 / 2 + x**4 / 4).sum())

        def gradient(self, x):
            return self.stiff * x + x**3

        def value_and_gradient(self, x):
            return self.value(x), self.gradient(x)

    valley, x = Valley(), np.random.default_rng(seed).normal(size=3)
    plain, motion = GradientDescent(0.2), Motion(x, 0 * x)
    for _ in range(4):
        motion = plain.step(motion, valley, RNG)
    assert valley.value(motion.x) > 1e3 * valley.value(x)
    found, heat = energies(DiscreteGradient(time_step=0.2), valley, Motion(x, 0 * x), 200)
    assert np.diff(found).max() <= 1e-15 * found[0]
    assert np.abs(np.diff(found) - heat).max() <= 1e-14 * found[0]
    assert found[-1] < 1e-12 * found[0]


@pytest.mark.parametrize("product", [0.5, 1.9, 2.1, 6.0, 50.0])
def test_on_a_quadratic_it_is_the_midpoint_rule(product):
    """It gives x' = (1 − hλ/2)/(1 + hλ/2) x, which no step can make grow."""
    x = np.array([1.0, -2.0, 0.3])
    end = DiscreteGradient(time_step=product).step(Motion(x, 0 * x), Quadratic(np.ones(3)), RNG)
    assert np.allclose(end.x, (1 - product / 2) / (1 + product / 2) * x, rtol=1e-11)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("friction", [0.0, 0.1, 5.0])
def test_with_inertia_the_whole_energy_falls_by_the_heat(seed, friction):
    potential, x = landscape(seed, activation="gelu")
    v = 0.3 * np.random.default_rng(seed).normal(size=x.size)
    dynamics = DiscreteGradient(mass=0.7, friction=friction, time_step=1.5)
    found, heat = energies(dynamics, potential, Motion(x, v), 200)
    assert np.abs(np.diff(found) - heat).max() <= 1e-12 * found[0]
    if friction:
        assert np.diff(found).max() <= 1e-15
        assert found[-1] < found[0]
    else:
        assert not heat.any()
        assert np.abs(found / found[0] - 1).max() < 1e-11


@pytest.mark.parametrize("mass", [0.0, 1.0])
def test_it_is_of_second_order(mass):
    """Halving the step quarters the distance from the motion with steps far smaller."""
    potential, x = landscape(5)
    start = Motion(x, 0.2 * np.ones_like(x) * bool(mass))

    def end(steps):
        dynamics, motion = DiscreteGradient(mass, 1.0, 4.0 / steps), start
        for _ in range(steps):
            motion = dynamics.step(motion, potential, RNG)
        return motion.x

    exact = end(1024)
    coarse, fine = (np.abs(end(steps) - exact).max() for steps in (16, 32))
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.1)


@given(
    x=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    along=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_its_product_with_the_move_is_the_difference(x, along):
    network = NeuralNetwork([1, 1], output="tanh", seed=0)
    potential = Potential(network, np.array([[0.5], [-1.0]]), np.array([[1.0], [0.3]]))
    x, along = np.array(x[:2]), np.array(along[:2])
    product = discrete_gradient(potential, x, along) @ along
    assert product == pytest.approx(potential.value(x + along) - potential.value(x), abs=1e-14)


def test_at_no_distance_it_is_the_gradient():
    potential, x = landscape(2)
    assert np.array_equal(discrete_gradient(potential, x, 0 * x), potential.gradient(x))


def test_at_rest_it_stays_at_rest():
    bowl, x = Quadratic(np.ones(2)), np.zeros(2)
    end = DiscreteGradient(time_step=1.0).step(Motion(x, x), bowl, RNG)
    assert not end.x.any()


@pytest.mark.parametrize("seed", range(3))
def test_a_step_whose_equation_does_not_converge_is_taken_as_halves(seed, monkeypatch):
    potential, x = landscape(seed, activation="tanh")
    start = Motion(x, 0 * x)
    halves = DiscreteGradient(time_step=20.0)
    middle = halves.step(start, potential, RNG)
    end = halves.step(middle, potential, RNG)
    heat = middle.memory[0] + end.memory[0]
    whole = DiscreteGradient(time_step=40.0)
    assert not np.allclose(whole.step(start, potential, RNG).x, end.x, rtol=1e-3)

    solve, tried = DiscreteGradient._solved, []

    def fails_for_long_ones(self, start, landscape, h):
        tried.append(h)
        return None if h > 20 else solve(self, start, landscape, h)

    monkeypatch.setattr(DiscreteGradient, "_solved", fails_for_long_ones)
    halved = whole.step(start, potential, RNG)
    assert tried == [40.0, 20.0, 20.0]
    assert np.array_equal(halved.x, end.x)
    assert halved.memory[0] == heat
    assert whole.account(start, halved)["friction"] == pytest.approx(
        potential.value(halved.x) - potential.value(x), rel=1e-12
    )


def test_a_crease_is_refused():
    """U = |x| + y/2 has no gradient where the motion would slide along."""

    class Crease:
        def value(self, x):
            return float(abs(x[0]) + x[1] / 2)

        def gradient(self, x):
            return np.array([1.0 if x[0] > 0 else -1.0, 0.5])

        def value_and_gradient(self, x):
            return self.value(x), self.gradient(x)

    with pytest.raises(Refusal, match=r"does not converge, with steps down to 0\.0312"):
        DiscreteGradient(time_step=1.0, halvings=5).step(
            Motion(np.array([1e-3, 0.0]), np.zeros(2)), Crease(), RNG
        )


def test_a_landscape_that_is_no_number_is_refused():
    class Broken(Quadratic):
        def gradient(self, x):
            return np.full_like(x, np.nan)

    with pytest.raises(Refusal, match="smooth and finite loss; take gelu or tanh"):
        DiscreteGradient(halvings=3).step(Motion(np.ones(1), np.zeros(1)), Broken(np.ones(1)), RNG)
