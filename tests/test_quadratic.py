"""On a quadratic all is known: rates, the critical momentum, the edge of stability, the bath."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning import quadratic
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.motion import Motion
from lawful.learning.quadratic import Quadratic
from lawful.refusal import Refusal


def measured_rate(momentum, learning_rate, curvatures, seed, steps=1600):
    """What a step leaves of each coordinate in the long run, by running the ball.

    The motion is linear, so that each coordinate is made of length one again after
    each step, and the factors are averaged over the last three quarters.
    """
    rng = np.random.default_rng(seed)
    ball, bowl = HeavyBall.of(learning_rate, momentum), Quadratic(curvatures)
    motion = Motion(*rng.normal(size=(2, curvatures.size)))
    growth = np.zeros(curvatures.size)
    for k in range(steps):
        motion = ball.step(motion, bowl, rng)
        length = np.hypot(motion.x, motion.v)
        growth += np.log(length) * (k >= steps // 4)
        motion = Motion(motion.x / length, motion.v / length)
    return np.exp(growth / (steps - steps // 4))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("momentum", [0.0, 0.2, 0.5, 0.8, 0.95])
def test_the_rate_is_the_spectral_radius(momentum, seed):
    curvatures = np.array([0.3, 1.0, 4.0, 9.0, 15.0, 19.0])
    theory = quadratic.spectral_radius(momentum, 0.1, curvatures)
    assert np.abs(measured_rate(momentum, 0.1, curvatures, seed) / theory - 1).max() < 0.01


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_momentum_is_the_critical_one(seed):
    """A scan of momenta: the fastest is the grid's nearest to (1 − √(ηλ))²."""
    products = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.8])
    scan = np.linspace(0.0, 0.98, 50)
    rates = np.array([measured_rate(mu, 1.0, products, seed, steps=800) for mu in scan])
    fastest = scan[rates.argmin(axis=0)]
    theory = np.array([quadratic.critical_momentum(1.0, product) for product in products])
    assert np.abs(fastest - theory).max() <= 1.01 * (scan[1] - scan[0])
    # On both sides of it the ball is slower by far more than the scan can err.
    for at, product in zip(theory, products, strict=True):
        beside = [quadratic.spectral_radius(mu, 1.0, product) for mu in (at - 0.004, at + 0.01)]
        assert min(beside) > quadratic.spectral_radius(at, 1.0, product) + 1e-3


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_edge_of_stability(momentum, seed):
    limit = quadratic.stability_limit(momentum)
    below, above = measured_rate(momentum, 1.0, limit * np.array([0.999, 1.001]), seed)
    assert below < 1 < above


@given(momentum=st.floats(0, 1), product=st.floats(1e-3, 5))
def test_the_radius_is_that_of_the_map(momentum, product):
    roots = np.linalg.eigvals(quadratic.transfer(momentum, 1.0, product))
    radius = quadratic.spectral_radius(momentum, 1.0, product)
    assert radius == pytest.approx(np.abs(roots).max(), abs=2e-7)
    if momentum < 0.999 and abs(product - quadratic.stability_limit(momentum)) > 1e-6:
        assert (radius < 1) == (product < quadratic.stability_limit(momentum))


@given(low=st.floats(0.1, 1), ratio=st.floats(1.5, 200), off=st.sampled_from([-0.03, 0.03]))
def test_no_other_choice_is_faster_over_a_range(low, ratio, off):
    curvatures = np.geomspace(low, low * ratio, 41)

    def slowest(rate, momentum):
        return quadratic.spectral_radius(momentum, rate, curvatures).max()

    rate, momentum = quadratic.fastest(low, low * ratio)
    # The square root at the double root turns round-off of 1e-16 into 1e-8.
    assert slowest(rate, momentum) == pytest.approx(np.sqrt(momentum), abs=1e-6)
    assert slowest(rate * (1 + off), momentum) > slowest(rate, momentum)
    assert slowest(rate, momentum * (1 + off)) > slowest(rate, momentum)


# ------------------------------------------------------------------ the bath


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("step", [0.1, 0.4, 0.8])
def test_a_bath_gives_each_coordinate_its_temperature(step, seed):
    """<x²> = T/λ within 1 % at any step; <v²> = (1 − h²λ/4m) T/m, and T/m for small ones."""
    temperature, mass, walkers = 0.3, 1.5, 12_000
    kinds = np.array([0.5, 1.0, 2.0, 4.0])
    rng, bowl = np.random.default_rng(seed), Quadratic(np.repeat(kinds, walkers))
    bath = Langevin(mass=mass, friction=2.5, temperature=temperature, time_step=step)
    motion = bath.begin(np.zeros(bowl.curvatures.size), bowl, rng)
    squares, looks = np.zeros((2, kinds.size)), 0
    gap = round(0.8 / step)
    for k in range(round(60 / step)):
        motion = bath.step(motion, bowl, rng)
        if k * step > 12 and k % gap == 0:
            pair = np.stack([motion.x, motion.v]).reshape(2, kinds.size, walkers)
            squares += (pair**2).mean(axis=2)
            looks += 1
    x2, v2 = squares / looks
    assert np.abs(x2 / quadratic.position_variance(temperature, kinds) - 1).max() < 0.01
    theory = quadratic.velocity_variance(temperature, mass, kinds, step)
    assert np.abs(v2 / theory - 1).max() < 0.01
    if step == 0.1:  # equipartition: every velocity alike, whatever its spring
        assert np.abs(v2 / (temperature / mass) - 1).max() < 0.02


@pytest.mark.parametrize("step", [0.05, 0.5, 0.9])
def test_leapfrog_conserves_its_shadow_to_the_last_digits(step):
    rng = np.random.default_rng(3)
    curvatures, mass = rng.uniform(0.2, 4.0, 30), 1.3
    bowl, free = Quadratic(curvatures), Hamiltonian(mass=mass, time_step=step, temperature=1.0)
    motion = free.begin(rng.normal(size=30), bowl, rng)
    first = quadratic.shadow_energy(motion.x, motion.v, curvatures, mass, step)
    for _ in range(1000):
        motion = free.step(motion, bowl, rng)
    last = quadratic.shadow_energy(motion.x, motion.v, curvatures, mass, step)
    assert np.abs(last / first - 1).max() < 1e-12


# ------------------------------------------------------------------ what cannot be meant


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: quadratic.critical_momentum(1.0, 4.5), "between 0 and 4"),
        (lambda: quadratic.critical_momentum(-0.1, 1.0), "between 0 and 4"),
        (lambda: quadratic.stability_limit(-0.1), "from 0 to 1"),
        (lambda: quadratic.fastest(2.0, 1.0), "0 < low <= high"),
        (lambda: quadratic.fastest(0.0, 1.0), "0 < low <= high"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask, words):
    with pytest.raises(Refusal, match=words):
        ask()
