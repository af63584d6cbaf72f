"""Optimisers against torch's, step by step; schedules against their formulas; names."""

import itertools
import math

import numpy as np
import pytest

from lawful.learning import named, optimizers
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Potential
from lawful.learning.schedules import NAMES as SCHEDULES
from lawful.learning.schedules import schedule
from lawful.refusal import Refusal

RNG = np.random.default_rng(0)


def landscape(seed=0):
    rng = np.random.default_rng(seed)
    net = NeuralNetwork([3, 5, 2], seed=seed)
    y = np.eye(2)[rng.integers(2, size=9)]
    return net.parameters.copy(), Potential(net, rng.standard_normal((9, 3)), y)


def walked(dynamics, seed=0, steps=50):
    x, potential = landscape(seed)
    motion = dynamics.begin(x, potential, RNG)
    for _ in range(steps):
        motion = dynamics.step(motion, potential, RNG)
    return motion.x


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        (optimizers.GradientDescent(0.3), "SGD", {"lr": 0.3}),
        (optimizers.Momentum(0.1, 0.9), "SGD", {"lr": 0.1, "momentum": 0.9}),
        (optimizers.RMSprop(0.01, 0.95), "RMSprop", {"lr": 0.01, "alpha": 0.95, "eps": 1e-8}),
        (optimizers.Adam(0.02), "Adam", {"lr": 0.02}),
    ],
)
def test_steps_are_those_of_torch(ours, name, options, seed):
    torch = pytest.importorskip("torch")
    start, potential = landscape(seed)
    x = torch.tensor(start, requires_grad=True)
    theirs = getattr(torch.optim, name)([x], **options)
    for _ in range(50):
        x.grad = torch.tensor(potential.gradient(x.detach().numpy().copy()))
        theirs.step()
    np.testing.assert_allclose(walked(ours, seed), x.detach().numpy(), rtol=0, atol=1e-11)


def test_nesterov_is_the_textbook_scheme_of_two_sequences():
    """Y' = x − ηg(x), x' = y' + μ(y' − y): Nesterov's own; our x is his y."""
    start, potential = landscape()
    eta, mu = 0.1, 0.8
    x, y = start, start
    for _ in range(50):
        y, before = x - eta * potential.gradient(x), y
        x = y + mu * (y - before)
    np.testing.assert_allclose(walked(optimizers.Nesterov(eta, mu)), y, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", named.NAMES)
def test_every_dynamics_leaves_the_motion_it_was_given_alone(name):
    x, potential = landscape()
    dynamics = named.named(name)
    motion = dynamics.begin(x, potential, np.random.default_rng(1)).measured(potential)
    before = motion.x.tobytes(), motion.v.tobytes(), motion.g.tobytes()
    after = dynamics.step(motion, potential, np.random.default_rng(1))
    assert (motion.x.tobytes(), motion.v.tobytes(), motion.g.tobytes()) == before
    assert not np.array_equal(after.x, motion.x)
    assert dynamics.kinetic(after) >= 0


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov", "rmsprop", "adam"])
def test_a_schedule_scales_the_learning_rate(name):
    x, potential = landscape()
    slow, fast = named.named(name, learning_rate=0.01), named.named(name, learning_rate=0.02)
    one = fast.step(fast.begin(x, potential, RNG), potential, RNG, scale=0.5)
    two = slow.step(slow.begin(x, potential, RNG), potential, RNG)
    np.testing.assert_allclose(one.x, two.x, rtol=1e-14)


def test_names_are_forgiving_and_settings_are_not():
    assert named.named("sgd", learning_rate=0.2) == optimizers.GradientDescent(0.2)
    assert named.named("Gradient Descent") == optimizers.GradientDescent()
    for name, settings, message in [
        ("adamm", {}, "did you mean 'adam'"),
        ("adam", {"momentum": 0.5}, "adam with momentum = 0.5"),
        ("adam", {"learning_rate": -1.0}, "learning rate -1.0"),
        ("momentum", {"momentum": 1.5}, "momentum 1.5"),
        ("heavy_ball", {"mass": 0.0}, "mass"),
        ("langevin", {"temperature": -1.0}, "temperature"),
    ]:
        with pytest.raises(Refusal, match=message):
            named.named(name, **settings)


def test_schedules_follow_their_formulas():
    at = [schedule("cosine")(t, 100) for t in (0, 50, 100)]
    np.testing.assert_allclose(at, [1.0, 0.5, 0.0], atol=1e-15)
    assert schedule("linear")(25, 100) == 0.75
    assert schedule("exponential:0.01")(50, 100) == pytest.approx(0.1)
    assert [schedule("step:0.5:4")(t, 100) for t in (0, 24, 25, 99)] == [1, 1, 0.5, 0.125]
    assert schedule("inverse:3")(100, 100) == 0.25
    warm = schedule("warmup:0.1+linear")
    assert [warm(t, 100) for t in (0, 9, 10, 55)] == [0.1, 1.0, 1.0, 0.5]
    assert schedule("warmup:0.5")(99, 100) == 1.0


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_positive_before_the_end_and_never_above_one(name):
    curve = schedule(name)
    values = [curve(t, 50) for t in range(50)]
    assert all(0 < v <= 1 for v in values)
    assert all(a >= b for a, b in itertools.pairwise(values))


@pytest.mark.parametrize(
    "text", ["cosin", "step:-1", "step:0.1:2:3", "warmup:1.5", "linear+cosine", "cosine:x", "", ":"]
)
def test_schedules_that_cannot_be_meant(text):
    with pytest.raises(Refusal, match="schedule"):
        schedule(text)


def test_a_schedule_is_a_number_at_every_step():
    assert all(math.isfinite(schedule("warmup:0.1+step")(t, 7)) for t in range(7))
