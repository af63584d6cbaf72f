"""Training as mechanics: what each motion keeps, loses, and leads to."""

import copy

import numpy as np
import pytest

from lawful.learning.discrete_gradient import DiscreteGradient
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.optimizers import Momentum
from lawful.learning.potential import Potential
from lawful.learning.quadratic import Quadratic
from lawful.refusal import Refusal

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
ALL = [
    HeavyBall(mass=2.0, friction=0.3, time_step=0.5),
    Hamiltonian(mass=0.5, time_step=0.2, temperature=0.1),
    Langevin(mass=1.5, friction=0.4, temperature=0.01, time_step=0.3),
    DiscreteGradient(mass=0.0, friction=1.0, time_step=2.0),
    DiscreteGradient(mass=1.0, friction=0.1, time_step=0.5),
]


def landscape(seed=0, layers=(2, 3, 1), **settings):
    network = NeuralNetwork(list(layers), seed=seed, **settings)
    return Potential(network, X, Y), network.parameters.copy()


def moved(dynamics, potential, motion, steps, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        motion = dynamics.step(motion, potential, rng, scale)
    return motion


def energy(dynamics, potential, motion):
    return potential.value(motion.x) + dynamics.kinetic(motion)


# ------------------------------------------------------------------ what all of them promise


@pytest.mark.parametrize("dynamics", ALL, ids=repr)
def test_a_step_is_pure_and_its_settings_make_it_again(dynamics):
    potential, x = landscape()
    motion = moved(dynamics, potential, dynamics.begin(x, potential, np.random.default_rng(1)), 3)
    before = copy.deepcopy([motion.x, motion.v, *motion.memory])
    again = type(dynamics)(**dynamics.settings)
    first, second = (moved(d, potential, motion, 4, seed=5) for d in (dynamics, again))
    assert again == dynamics
    assert np.array_equal(first.x, second.x)
    assert np.array_equal(first.v, second.v)
    for old, now in zip(before, [motion.x, motion.v, *motion.memory], strict=True):
        assert np.array_equal(old, now)


@pytest.mark.parametrize("dynamics", ALL, ids=repr)
def test_half_the_time_step_is_a_scale_of_half(dynamics):
    potential, x = landscape()
    half = type(dynamics)(**dynamics.settings | {"time_step": dynamics.time_step / 2})
    start = Motion(x, 0.1 * np.ones_like(x))
    scaled = moved(dynamics, potential, start, 5, scale=0.5)
    assert np.allclose(scaled.x, moved(half, potential, start, 5).x, rtol=1e-12)
    stays = moved(dynamics, potential, start, 1, scale=0.0)
    assert np.array_equal(stays.x, x)
    assert np.allclose(stays.v, start.v)


@pytest.mark.parametrize("dynamics", ALL, ids=repr)
def test_single_precision_stays_single_or_is_refused(dynamics):
    potential, x = landscape(dtype="float32")
    if isinstance(dynamics, DiscreteGradient):  # its tolerance lies below the round-off
        with pytest.raises(Refusal, match="float64"):
            dynamics.begin(x, potential, np.random.default_rng(0))
        return
    motion = dynamics.begin(x, potential, np.random.default_rng(0))
    motion = moved(dynamics, potential, motion, 3)
    assert motion.x.dtype == motion.v.dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "bad", "words"),
    [
        (HeavyBall, {"mass": 0.0}, "mass 0.0; expected a positive"),
        (HeavyBall, {"mass": float("inf")}, "mass inf"),
        (HeavyBall, {"time_step": -0.1}, "time step -0.1"),
        (HeavyBall, {"friction": -1.0}, "friction -1.0; expected a number of at least 0"),
        (HeavyBall, {"friction": float("nan")}, "friction nan"),
        (HeavyBall.of, {"learning_rate": -0.1}, "learning rate -0.1"),
        (HeavyBall.of, {"learning_rate": 0.1, "momentum": 1.1}, "momentum 1.1"),
        (Hamiltonian, {"mass": -1.0}, "mass -1.0"),
        (Hamiltonian, {"temperature": -1.0}, "temperature -1.0"),
        (Langevin, {"temperature": -1e-9}, "temperature -1e-09"),
        (Langevin, {"friction": -0.5}, "friction -0.5"),
        (Langevin, {"time_step": 0.0}, "time step 0.0"),
        (DiscreteGradient, {"mass": -1.0}, "mass -1.0"),
        (DiscreteGradient, {"time_step": float("nan")}, "time step nan"),
        (DiscreteGradient, {"mass": 0.0, "friction": 0.0}, "neither mass nor friction"),
        (DiscreteGradient, {"tolerance": 0.0}, "tolerance 0.0"),
    ],
)
def test_what_cannot_be_meant_is_refused(kind, bad, words):
    with pytest.raises(Refusal, match=words):
        kind(**bad)


# ------------------------------------------------------------------ the heavy ball


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_ball_of_a_rate_and_a_momentum_is_the_optimiser(momentum, seed):
    ball = HeavyBall.of(0.3, momentum)
    assert ball.momentum == pytest.approx(momentum, rel=1e-15)
    assert ball.learning_rate == pytest.approx(0.3, rel=1e-15)
    potential, x = landscape(seed)
    rng = np.random.default_rng(0)
    rolled = moved(ball, potential, ball.begin(x, potential, rng), 50)
    v = np.zeros_like(x)
    for _ in range(50):
        v = momentum * v - 0.3 * potential.gradient(x)
        x = x + v
    assert np.allclose(rolled.x, x, rtol=1e-11)
    assert np.allclose(rolled.v, v, rtol=1e-9, atol=1e-13)
    if momentum < 1:
        other = Momentum(0.3, momentum)
        twin = Motion(rolled.x, rolled.v).measured(potential)
        assert other.kinetic(twin) == pytest.approx(ball.kinetic(twin), rel=1e-14)


@pytest.mark.parametrize("friction", [0.2, 2.0, 3.5])
def test_small_steps_follow_the_damped_spring(friction):
    """The spring m x'' + γ x' + λ x = 0, ringing and creeping; half the step, half the error."""
    mass, stiffness, time = 0.8, 1.7, 5.0
    roots = np.roots([mass, friction, stiffness]).astype(complex)
    weights = np.linalg.solve(np.array([[1, 1], roots]), [1.0, 0.0])
    bowl, errors = Quadratic(np.array([stiffness])), []
    for steps in (1000, 2000):
        ball = HeavyBall(mass=mass, friction=friction, time_step=time / steps)
        motion, worst = Motion(np.ones(1), np.zeros(1)), 0.0
        for k in range(1, 21):
            motion = moved(ball, bowl, motion, steps // 20)
            exact = (weights * np.exp(roots * time * k / 20)).sum().real
            worst = max(worst, abs(motion.x[0] - exact))
        errors.append(worst)
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.05)


# ------------------------------------------------------------------ without friction


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_the_energy_of_a_network_is_kept_at_second_order(seed, activation):
    """The largest error over a fixed time falls by four as the step is halved."""
    potential, x = landscape(seed, layers=(2, 4, 1), activation=activation)
    v = 0.3 * np.random.default_rng(seed).normal(size=x.size)
    errors = []
    for step in (0.08, 0.04, 0.02):
        free, motion = Hamiltonian(time_step=step), Motion(x, v)
        first, worst = energy(free, potential, motion), 0.0
        for _ in range(round(16 / step)):
            motion = free.step(motion, potential, np.random.default_rng(0))
            worst = max(worst, abs(energy(free, potential, motion) - first))
        errors.append(worst / first)
    slopes = np.log2(np.divide(errors[:-1], errors[1:]))
    assert errors[0] < 0.01
    assert slopes == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "free", [Hamiltonian(time_step=0.3), DiscreteGradient(mass=1.0, friction=0.0, time_step=0.3)]
)
def test_time_runs_backwards(free, seed):
    potential, x = landscape(seed)
    v = np.random.default_rng(seed).normal(size=x.size)
    there = moved(free, potential, Motion(x, v), 100)
    assert np.abs(there.x - x).max() > 0.5
    back = moved(free, potential, Motion(there.x, -there.v), 100)
    assert np.allclose(back.x, x, atol=1e-9)
    assert np.allclose(-back.v, v, atol=1e-9)


def test_no_friction_and_no_bath_is_hamiltonian():
    potential, x = landscape(3)
    start = Motion(x, np.random.default_rng(0).normal(size=x.size))
    free = moved(Hamiltonian(mass=2.0, time_step=0.2), potential, start, 40)
    bath = Langevin(mass=2.0, friction=0.0, temperature=1.0, time_step=0.2)
    assert np.allclose(free.x, moved(bath, potential, start, 40).x, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_velocities_start_at_the_temperature_that_was_asked_for(seed):
    size = 40_000
    bowl, rng = Quadratic(np.ones(size)), np.random.default_rng(seed)
    begun = Hamiltonian(mass=2.0, temperature=0.6).begin(np.zeros(size), bowl, rng)
    assert begun.v.var() == pytest.approx(0.3, rel=5 * np.sqrt(2 / size))
    assert not Hamiltonian().begin(np.zeros(3), Quadratic(np.ones(3)), rng).v.any()


# ------------------------------------------------------------------ in a bath


class Wells:
    """Many particles, each in U = (x² − 1)² + x/4: two wells, one of them deeper."""

    def value(self, x):
        return float(((x**2 - 1) ** 2 + x / 4).sum())

    def gradient(self, x):
        return 4 * x * (x**2 - 1) + 0.25

    def value_and_gradient(self, x):
        return self.value(x), self.gradient(x)


@pytest.mark.parametrize("temperature", [0.5, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_bath_ends_in_the_law_of_boltzmann(temperature, seed):
    """Averages over exp(−U/T), by quadrature; the deeper well holds its share."""
    grid = np.linspace(-4, 4, 8001)
    density = np.exp(-((grid**2 - 1) ** 2 + grid / 4) / temperature)
    density /= density.sum()
    size = 20_000
    rng, wells = np.random.default_rng(seed), Wells()
    bath = Langevin(friction=1.0, temperature=temperature, time_step=0.08)
    motion = bath.begin(rng.choice([-1.0, 1.0], size), wells, rng)
    looks = []
    for k in range(1200):
        motion = bath.step(motion, wells, rng)
        if k >= 700 and k % 50 == 0:
            looks.append([(motion.x**2).mean(), (motion.x < 0).mean()])
    spread, deeper = np.mean(looks, axis=0)
    assert spread == pytest.approx(density @ grid**2, rel=0.01)
    assert deeper == pytest.approx(density[grid < 0].sum(), abs=0.02)


def test_a_network_in_a_bath_is_as_warm_as_the_bath():
    """½ m <v²> = T/2 a weight, on a real landscape, held together by a penalty."""
    potential, x = landscape(1, l2=0.05)
    temperature, rng = 0.02, np.random.default_rng(0)
    bath = Langevin(mass=0.5, friction=0.5, temperature=temperature, time_step=0.1)
    motion, kinetic = bath.begin(x, potential, rng), []
    for k in range(12_000):
        motion = bath.step(motion, potential, rng)
        if k > 500:
            kinetic.append(bath.kinetic(motion))
    # 11 500 steps are 1150 relaxations of 13 weights: 5 standard errors are 6 %.
    assert np.mean(kinetic) == pytest.approx(x.size * temperature / 2, rel=0.06)
