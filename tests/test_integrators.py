"""Integrators: order, reversibility, symplectic Jacobian, bounded energy, the right heat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.integrators import ORDERS, WEIGHTS, composition, langevin, leapfrog, yoshida
from lawful.refusal import Refusal

METHODS = list(WEIGHTS)
# Sub-steps over which each method is in its asymptotic regime and above round-off.
STEPS = {
    "leapfrog": (40, 80),
    "yoshida4": (40, 80),
    "yoshida6": (30, 60),
    "yoshida8": (20, 40),
    "kahan-li8": (12, 24),
}


def pull(q):
    return -np.sin(q)


@pytest.mark.parametrize("method", METHODS)
def test_weights_are_symmetric_and_add_to_one(method):
    weights = WEIGHTS[method]
    assert weights == weights[::-1]
    assert sum(weights) == pytest.approx(1.0, abs=1e-14)
    # The first condition for an order above 2: the cubes cancel.
    if ORDERS[method] > 2:
        assert sum(w**3 for w in weights) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_error_falls_at_the_stated_order(method):
    exact = composition(2.0, 0.3, 5 / 2000, pull, method="kahan-li8", steps=2000)

    def error(steps):
        return np.abs(
            np.subtract(composition(2.0, 0.3, 5 / steps, pull, method=method, steps=steps), exact)
        ).max()

    coarse, fine = (error(n) for n in STEPS[method])
    assert np.log2(coarse / fine) == pytest.approx(ORDERS[method], abs=0.35)


@pytest.mark.parametrize("method", METHODS)
@given(q=st.floats(-3, 3), v=st.floats(-2, 2), step=st.floats(0.01, 0.2))
def test_a_step_back_undoes_a_step(method, q, v, step):
    forth = composition(q, v, step, pull, method=method, steps=3)
    back = composition(*forth, -step, pull, method=method, steps=3)
    assert np.allclose(back, (q, v), atol=1e-11)


@pytest.mark.parametrize("method", METHODS)
@given(q=st.floats(-2, 2), v=st.floats(-2, 2), step=st.floats(0.01, 0.15))
def test_the_jacobian_is_symplectic(method, q, v, step):
    """JᵀΩJ = Ω for two coupled angles, J by complex steps."""

    def force(x):
        return np.array([-np.sin(x[0]) - 0.5 * np.sin(x[0] - x[1]), 0.5 * np.sin(x[0] - x[1])])

    jacobian = np.empty((4, 4))
    for k in range(4):
        state = np.array([q, 0.3, v, -0.2], dtype=complex)
        state[k] += 1e-30j
        moved = composition(state[:2], state[2:], step, force, method=method)
        jacobian[:, k] = np.concatenate(moved).imag / 1e-30
    omega = np.block([[np.zeros((2, 2)), np.eye(2)], [-np.eye(2), np.zeros((2, 2))]])
    assert np.allclose(jacobian.T @ omega @ jacobian, omega, atol=1e-11)


def test_energy_stays_bounded_over_a_thousand_turns():
    q, v = np.array([1.0, 2.0, 2.8]), np.zeros(3)
    first, errors = -np.cos(q), []
    for _ in range(200):
        q, v = composition(q, v, 0.1, pull, method="leapfrog", steps=300)
        errors.append(np.abs(v**2 / 2 - np.cos(q) - first).max())
    assert max(errors) < 5e-3
    assert np.mean(errors[-50:]) < 1.5 * np.mean(errors[:50])


def test_many_steps_at_once_are_the_same_as_one_by_one():
    q, v = 1.0, 0.5
    for _ in range(7):
        q, v = yoshida(q, v, 0.1, pull, order=6)
    assert np.allclose((q, v), composition(1.0, 0.5, 0.1, pull, method="yoshida6", steps=7))


def test_the_named_steps_are_compositions():
    assert leapfrog(1.0, 0.5, 0.1, pull) == composition(1.0, 0.5, 0.1, pull, method="leapfrog")
    for order in (4, 6, 8):
        named = yoshida(1.0, 0.5, 0.1, pull, order=order)
        assert named == composition(1.0, 0.5, 0.1, pull, method=f"yoshida{order}")


def test_momenta_move_through_their_velocity():
    mass = 2.0
    q, p = composition(1.0, 0.0, 0.01, lambda q: -q, lambda p: p / mass, steps=100)
    assert (q, p) == pytest.approx(
        (np.cos(1 / np.sqrt(mass)), -np.sqrt(mass) * np.sin(1 / np.sqrt(mass))), abs=1e-12
    )


def test_nothing_is_changed_in_place():
    q, v = np.ones(3), np.zeros(3)
    composition(q, v, 0.1, pull)
    langevin(q, v, 0.1, pull, np.ones(3), friction=1.0, temperature=1.0)
    assert (q == 1).all()
    assert (v == 0).all()


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(Refusal, match="order 5"):
        yoshida(1.0, 0.0, 0.1, pull, order=5)
    with pytest.raises(Refusal, match="method 'euler'"):
        composition(1.0, 0.0, 0.1, pull, method="euler")
    for bad in ({"friction": -1.0}, {"temperature": -1.0}, {"mass": 0.0}):
        with pytest.raises(Refusal, match="positive mass"):
            langevin(1.0, 0.0, 0.1, pull, 0.0, **({"friction": 1.0, "temperature": 1.0} | bad))


# ------------------------------------------------------------------ Langevin


def test_without_friction_it_is_velocity_verlet():
    q, v = langevin(1.0, 0.5, 0.1, pull, 0.7, friction=0.0, temperature=3.0)
    half = 0.5 + 0.05 * pull(1.0)
    assert (q, v) == pytest.approx((1 + 0.1 * half, half + 0.05 * pull(1 + 0.1 * half)))


@pytest.mark.parametrize("step", [0.2, 0.6])
def test_a_bath_gives_a_spring_its_variance_at_any_step(step):
    """BAOAB is exact for <q²> = T/k, however coarse the step; <v²> = (1 − h²k/4m) T/m."""
    rng = np.random.default_rng(4)
    k, mass, temperature, walkers = 1.5, 2.0, 0.7, 20_000
    q, v = rng.normal(size=(2, walkers))
    for _ in range(int(30 / step)):
        noise = rng.normal(size=walkers)
        q, v = langevin(
            q,
            v,
            step,
            lambda x: -k * x / mass,
            noise,
            friction=1.0,
            temperature=temperature,
            mass=mass,
        )
    sampling = 5 * np.sqrt(2 / walkers)  # five standard errors of a variance
    assert q.var() == pytest.approx(temperature / k, rel=sampling)
    kinetic = temperature / mass * (1 - step**2 * k / (4 * mass))
    assert v.var() == pytest.approx(kinetic, rel=sampling)
