"""The energy ledger: exact books, and the companion that sees what the books cannot."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning.discrete_gradient import DiscreteGradient
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.ledger import Ledger, gradient_mismatch, heavy_ball, line_integral, slope
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Potential
from lawful.learning.quadratic import Quadratic
from lawful.refusal import Refusal

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def landscape(layers=(2, 3, 1), seed=0, **settings):
    network = NeuralNetwork(list(layers), seed=seed, **settings)
    return Potential(network, X, Y), network.parameters.copy()


def followed(dynamics, potential, x, steps, seed=0):
    """The ledger of a run, and its last motion."""
    rng = np.random.default_rng(seed)
    motion = dynamics.begin(x, potential, rng).measured(potential)
    books = Ledger.opened(dynamics, motion)
    for _ in range(steps):
        after = dynamics.step(motion, potential, rng).measured(potential)
        books.follow(dynamics, motion, after)
        motion = after
    return books, motion


class Wrong:
    """A landscape whose gradient is wrong: one component has lost a factor."""

    def __init__(self, right, component, factor):
        self.right, self.component, self.factor = right, component, factor

    def value(self, x):
        return self.right.value(x)

    def gradient(self, x):
        g = self.right.gradient(x).copy()
        g[self.component] *= self.factor
        return g

    def value_and_gradient(self, x):
        return self.value(x), self.gradient(x)


# ------------------------------------------------------------------ the books


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("layers", [(2, 2, 1), (2, 3, 1)])
def test_nothing_but_round_off_remains_after_5000_steps(layers, seed):
    ball = HeavyBall.of(learning_rate=0.1, momentum=0.9)
    books, motion = followed(ball, *landscape(layers, seed), steps=5000)
    assert books.entries == 5000
    assert books.worst <= 1.2e-14
    assert books.energy == motion.U + ball.kinetic(motion) < books.start
    # The books are not empty: each account moved far more than remains unexplained.
    assert min(abs(total) for total in books.totals.values()) > 1e-5 * books.start


@pytest.mark.parametrize(
    "dynamics",
    [
        HeavyBall(mass=2.0, friction=0.3, time_step=0.7),
        HeavyBall.of(learning_rate=0.5, momentum=0.0),
        HeavyBall.of(learning_rate=0.5, momentum=1.0),
        Hamiltonian(mass=0.5, time_step=0.3, temperature=0.05),
        Langevin(mass=1.5, friction=0.4, temperature=0.01, time_step=0.4),
        Langevin(mass=1.5, friction=0.4, temperature=0.0, time_step=0.4),
        DiscreteGradient(friction=1.0, time_step=5.0),
        DiscreteGradient(mass=1.0, friction=0.2, time_step=1.0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_dynamics_keeps_its_books(dynamics, seed):
    books, _ = followed(dynamics, *landscape(seed=seed, activation="gelu"), steps=300, seed=seed)
    assert books.worst < 2e-14
    assert json.loads(json.dumps(books.state)) == books.state


@given(
    x=st.lists(st.floats(-3, 3), min_size=2, max_size=2),
    v=st.lists(st.floats(-3, 3), min_size=2, max_size=2),
    rate=st.floats(1e-3, 10),
    momentum=st.floats(0, 1),
)
def test_the_split_is_exact_at_any_step(x, v, rate, momentum):
    bowl = Quadratic(np.array([1.0, -0.7]))
    before = Motion(np.array(x), np.array(v)).measured(bowl)
    v = momentum * before.v - rate * before.g
    after = Motion(before.x + v, v).measured(bowl)
    split = heavy_ball(before, after, momentum, rate)
    parts = [after.U, -before.U, after.v @ after.v / 2 / rate, -before.v @ before.v / 2 / rate]
    size = sum(abs(part) for part in [*parts, *split.values()])
    assert abs(sum(parts) - sum(split.values())) <= 1e-14 * size
    assert split["friction"] <= 0
    assert split["kick"] <= 0


@pytest.mark.parametrize("fault", ["friction", "move", "kick"])
def test_a_step_that_is_not_the_one_claimed_shows(fault):
    """The books see a wrong friction, a wrong move and a wrong kick."""
    potential, x = landscape(seed=4)
    rate, momentum, rng = 0.2, 0.9, np.random.default_rng(1)
    before = Motion(x, 0.1 * rng.normal(size=x.size)).measured(potential)
    v = (momentum + 1e-3 * (fault == "friction")) * before.v
    v = v - rate * (1 + 1e-3 * (fault == "kick")) * before.g
    x = before.x + v * (1 + 1e-3 * (fault == "move"))
    after = Motion(x, v).measured(potential)
    books = Ledger(before.U + before.v @ before.v / 2 / rate)
    energy = after.U + after.v @ after.v / 2 / rate
    books.enter(heavy_ball(before, after, momentum, rate), energy)
    assert books.worst > 1e-6


def test_the_sum_is_compensated():
    """A large amount comes and goes; the small ones between are not lost."""
    amounts = [1.0, 1e16, 1.0, -1e16] * 500 + [0.1] * 1000
    books, naive = Ledger(1.0), 0.0
    for amount in amounts:
        books.enter({"heat": amount}, 1.0)
        naive += amount
    exact = float(sum(Fraction(amount) for amount in amounts))
    assert books.totals["heat"] == pytest.approx(exact, rel=1e-14)
    assert abs(naive - exact) > 100


def test_books_are_taken_up_again_to_the_bit():
    ball, (potential, x) = HeavyBall(time_step=0.5), landscape(seed=2)
    rng = np.random.default_rng(0)
    whole, _ = followed(ball, potential, x, steps=60)
    first, motion = followed(ball, potential, x, steps=25)
    books = Ledger.restored(json.loads(json.dumps(first.state)))
    for _ in range(35):
        after = ball.step(motion, potential, rng).measured(potential)
        books.follow(ball, motion, after)
        motion = after
    assert books.state == whole.state


def test_the_accounts_are_there_before_the_first_step():
    ball, (potential, x) = HeavyBall(), landscape()
    motion = ball.begin(x, potential, np.random.default_rng(0)).measured(potential)
    assert Ledger.opened(ball, motion).totals == {"friction": 0.0, "kick": 0.0, "curvature": 0.0}


# ------------------------------------------------------------------ the companion


@pytest.mark.parametrize("seed", range(5))
def test_the_books_are_blind_to_a_wrong_gradient_and_the_line_integral_sees_it(seed):
    right, x = landscape(seed=seed)
    component = int(np.abs(right.gradient(x)).argmax())
    wrong = Wrong(right, component, 1.05)
    ball = HeavyBall.of(learning_rate=0.5, momentum=0.9)

    books, end = followed(ball, wrong, x, steps=200)
    assert books.worst < 1e-14  # the identity holds, whatever g is
    assert gradient_mismatch(wrong, x, end.x, nodes=40) > 1e-6

    books, end = followed(ball, right, x, steps=200)
    assert books.worst < 1e-14
    assert gradient_mismatch(right, x, end.x, nodes=40) < 1e-12


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "gelu"])
@pytest.mark.parametrize("loss", ["squared", "binary_cross_entropy"])
def test_the_line_integral_is_the_difference_of_the_loss(activation, loss):
    potential, x = landscape(seed=7, activation=activation, loss=loss, l2=0.01)
    x_new = x + np.random.default_rng(1).normal(size=x.size)
    work = line_integral(potential, x, x_new, nodes=40)
    assert work == pytest.approx(potential.value(x_new) - potential.value(x), rel=1e-12)


def test_nodes_suffice_for_the_degree_that_they_are_exact_for():
    class Power:
        def __init__(self, degree):
            self.degree = degree

        def value(self, x):
            return float((x**self.degree).sum())

        def gradient(self, x):
            return self.degree * x ** (self.degree - 1)

        def value_and_gradient(self, x):
            return self.value(x), self.gradient(x)

    x, x_new = np.array([0.3, -0.4]), np.array([1.2, 0.9])
    for nodes in (1, 2, 3, 5):
        assert gradient_mismatch(Power(2 * nodes), x, x_new, nodes) < 1e-14
        assert gradient_mismatch(Power(2 * nodes + 2), x, x_new, nodes) > 1e-6


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(Refusal, match="at least 1"):
        line_integral(Quadratic(np.ones(1)), np.zeros(1), np.ones(1), nodes=0)
    with pytest.raises(Refusal, match="measured"):
        slope(Motion(np.ones(1), np.ones(1)))
