"""The two eigenproblems and identities, and which laws are functions of others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.laws.features import library
from lawful.laws.independence import Gradients
from lawful.laws.invariants import (
    PRECISION,
    Pencil,
    identity,
    independent_terms,
    null_space,
    steady_space,
)
from lawful.trajectories import make


def spd(rng, size):
    a = rng.normal(size=(size, 2 * size))
    return a @ a.T / size


def test_known_eigenvalues_come_back_through_any_mixing():
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(5, 5))
    rho, share = np.array([1.0, 3, 10, 100, 1e4]), np.array([1e-6, 0.01, 0.2, 0.5, 0.9])
    noise, total = mix @ mix.T, mix @ mix.T
    pencil = Pencil(mix @ np.diag(share) @ mix.T, total, noise, mix @ np.diag(rho) @ mix.T)
    np.testing.assert_allclose(pencil.quietest()[0], rho, rtol=1e-8)
    np.testing.assert_allclose(pencil.steadiest()[0], share, rtol=1e-8)
    first = pencil.quietest()[1][:, 0]
    assert pencil.coarse_ratio(first) == pytest.approx(1.0)
    assert pencil.within_total(first) == pytest.approx(1e-6)


def test_the_floor_is_added_once_and_only_to_the_noise():
    zero = np.zeros((3, 3))
    pencil = Pencil.of((zero, np.eye(3), zero, zero))
    np.testing.assert_array_equal(pencil.noise, PRECISION**2 * np.eye(3))
    np.testing.assert_array_equal(pencil.restricted([0, 2]).noise, PRECISION**2 * np.eye(2))


@given(seed=st.integers(0, 10**6), powers=st.lists(st.integers(-6, 6), min_size=4, max_size=4))
def test_eigenvalues_do_not_depend_on_the_units_of_the_terms(seed, powers):
    rng = np.random.default_rng(seed)
    a, b = spd(rng, 4), spd(rng, 4)
    scale = np.outer(*[10.0 ** np.array(powers)] * 2)
    plain = Pencil(a, a + b, b, a)
    scaled = Pencil(a * scale, (a + b) * scale, b * scale, a * scale)
    np.testing.assert_allclose(scaled.quietest()[0], plain.quietest()[0], rtol=1e-6)
    np.testing.assert_allclose(scaled.steadiest()[0], plain.steadiest()[0], rtol=1e-6)


def test_the_null_space_needs_both_quiet_and_steady():
    rho, share = [1.0, 1.0, 50.0], [0.01, 0.9, 0.01]
    pencil = Pencil(np.diag(share), np.eye(3), np.eye(3), np.diag(rho))
    basis = null_space(pencil, 1.2, 0.5)
    assert basis.shape == (3, 1)
    np.testing.assert_allclose(np.abs(basis[:, 0]), [1, 0, 0], atol=1e-12)
    assert null_space(pencil, 0.5, 0.5).shape[1] == 0


def test_steadiness_without_a_gap_is_no_law():
    def made(share):
        return Pencil(np.diag(share), np.eye(len(share)), np.eye(len(share)), np.diag(share))

    basis, worst, beyond = steady_space(made([1e-5, 2e-5, 0.1, 0.5]), 1e-3, 30)
    assert basis.shape[1] == 2
    assert (worst, beyond) == pytest.approx((2e-5, 0.1))
    assert steady_space(made([1e-5, 1e-4, 1e-3, 1e-2]), 1e-3, 30)[0].shape[1] == 0


def standard(*rows):
    return np.corrcoef(np.stack(rows))


def test_identities_are_recognised():
    rng = np.random.default_rng(1)
    a, n = rng.uniform(0, 6, 5000), rng.normal(size=(3, 5000))
    n /= np.linalg.norm(n, axis=0)
    assert independent_terms(standard(np.cos(a) ** 2, np.sin(a), np.sin(a) ** 2)) == [0, 1]
    assert independent_terms(standard(a, 3 * a - 2, a**2)) == [0, 2], "a duplicated column"
    assert independent_terms(standard(n[0], *n**2)) == [0, 1, 2], "a unit vector"
    assert independent_terms(standard(a, a**2, np.cos(a))) == [0, 1, 2]


def test_an_identity_says_how_the_term_is_made_up():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 4000))
    z = 2 * x - 3 * y
    total = np.cov(np.stack([x, y, z]))
    found = identity(total, 2, independent_terms(total))
    np.testing.assert_allclose(found, [2, -3, -1], rtol=1e-8)


# ------------------------------------------------------------------ independence


def orbit_points(seed, count=300):
    rng = np.random.default_rng(seed)
    names = ("x", "y", "vx", "vy")
    columns = {n: rng.normal(size=count) for n in names}
    runs = make({n: c[None] for n, c in columns.items()}, np.arange(count) * 1.0)
    terms = library(runs, degree=4)
    terms = terms.standardised(np.zeros(len(terms.terms)), np.ones(len(terms.terms)))
    place = {t.text: k for k, t in enumerate(terms.terms)}

    def vector(**parts):
        out = np.zeros(len(terms.terms))
        for text, value in parts.items():
            out[place[text.replace("_", "*").replace("2", "**2").replace("4", "**4")]] = value
        return out

    return Gradients.at(columns, terms), vector


@pytest.mark.parametrize("seed", [0, 1])
def test_functions_of_a_law_are_no_laws_of_their_own(seed):
    slopes, vector = orbit_points(seed)
    square = vector(x4=1, x2_y2=2, y4=1)  # (x² + y²)²
    radius = slopes.field(vector(x2=1, y2=1))
    assert slopes.novelty(square, [radius]) < 1e-4
    assert slopes.novelty(vector(x2=2, y2=2), [radius]) < 1e-6


@pytest.mark.parametrize("seed", [0, 1])
def test_angular_momentum_is_independent_of_energy(seed):
    slopes, vector = orbit_points(seed)
    energy = vector(x2=1, y2=1, vx2=1, vy2=1)
    spin = vector(x_vy=1, y_vx=-1)
    assert slopes.novelty(spin, [slopes.field(energy)]) > 0.5
    both = [slopes.field(energy), slopes.field(spin)]
    mixed = energy + 0.7 * spin
    assert slopes.novelty(mixed, both) < 1e-4
    assert slopes.novelty(mixed, both[:1]) > 0.2


def test_numerical_gradients_agree_with_the_analytic_ones():
    slopes, vector = orbit_points(3)
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=300) for _ in "xy")
    field = slopes.field(vector(x2_y2=1)) / np.array([x.std(), y.std(), 1, 1])
    np.testing.assert_allclose(field[:, 0], 2 * x * y**2, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(field[:, 1], 2 * y * x**2, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(field[:, 2:], 0, atol=1e-12)
