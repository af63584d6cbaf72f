"""Derivatives: order of convergence, error under noise, gaps, clocks of every kind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lawful.differentiation import FEWEST, derivative
from lawful.refusal import Refusal


def motion(t):
    return np.sin(t) + 0.3 * np.cos(2.3 * t), np.cos(t) - 0.69 * np.sin(2.3 * t)


def test_clean_data_converge_with_order_six():
    errors = []
    for samples in (60, 120, 240):
        t = np.linspace(0, 10, samples)
        x, rate = motion(t)
        errors.append(np.abs(derivative(t, x)[0] - rate).max())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert (orders > 5.5).all(), (errors, orders)


def test_uneven_clocks_converge_too():
    errors = []
    for samples in (60, 240):
        steps = 1 + 0.4 * np.sin(np.arange(samples) * 1.7)
        t = np.concatenate([[0], np.cumsum(steps)])
        t = 10 * t / t[-1]
        x, rate = motion(t)
        errors.append(np.abs(derivative(t, x)[0] - rate).max())
    assert np.log(errors[0] / errors[1]) / np.log(4) > 5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("noise", "bound"), [(0.01, 0.03), (0.05, 0.1)])
def test_noise_is_smoothed(seed, noise, bound):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 10, 200)
    phase = rng.uniform(0, 6, (20, 1))
    spread = np.sqrt(0.5)
    x = np.sin(t + phase) + noise * spread * rng.normal(size=(20, 200))
    error = derivative(t, x) - np.cos(t + phase)
    naive = np.gradient(x, t, axis=1) - np.cos(t + phase)
    assert np.sqrt(np.mean(error**2)) / spread < bound
    assert np.sqrt(np.mean(error**2)) < 0.25 * np.sqrt(np.mean(naive**2))


def test_polynomials_are_exact_on_any_clock():
    rng = np.random.default_rng(5)
    t = np.sort(rng.uniform(-1, 1, (3, 40)), axis=1)
    for degree in range(5):
        rate = degree * t ** max(degree - 1, 0)
        assert np.abs(derivative(t, t**degree) - rate).max() < 1e-6


def test_gaps_and_ends_of_runs():
    t = np.linspace(0, 10, 200)
    times = np.tile(t, (3, 1))
    x = np.tile(motion(t)[0], (3, 1))
    times[1, 150:] = np.nan
    x[1, 150:] = np.nan
    x[2, 60:75] = np.nan
    x[2, 100] = np.nan
    found = derivative(times, x)
    assert (np.isnan(found) == np.isnan(x)).all()
    error = np.abs(found - motion(t)[1])
    assert np.nanmax(error) < 1e-3
    assert np.allclose(found[0], derivative(t, x[0])[0], rtol=0, atol=1e-9)


def test_a_shared_clock_is_only_a_short_cut():
    rng = np.random.default_rng(0)
    t = np.linspace(0, 10, 100)
    x = np.sin(t + rng.uniform(0, 6, (5, 1)))
    shared = derivative(t, x)
    wide = np.full((6, 101), np.nan)  # an empty run, and a padded column, rule it out
    wide[:5, :100] = x
    times = np.full((6, 101), np.nan)
    times[:5, :100] = t
    apart = derivative(times, wide)
    assert np.isnan(apart[5]).all()
    assert np.abs(apart[:5, :100] - shared).max() < 1e-9


def test_paces_differ_but_clocks_tick_alike():
    ticks = np.linspace(0, 1, 120)
    times = np.array([[1.0], [40.0], [1e6]]) * ticks
    found = derivative(times, np.tile(np.sin(5 * ticks), (3, 1)))
    expected = 5 * np.cos(5 * ticks) / np.array([[1.0], [40.0], [1e6]])
    assert np.abs(found / expected - 1)[:, np.abs(np.cos(5 * ticks)) > 0.1].max() < 1e-6


def test_units_scale_through():
    rng = np.random.default_rng(1)
    t = np.linspace(0, 6, 90)
    x = np.sin(t) + 0.01 * rng.normal(size=90)
    assert np.allclose(derivative(t * 86400, x * 1e6), derivative(t, x) * 1e6 / 86400)
    assert np.allclose(derivative(t, x + 1000), derivative(t, x), atol=1e-8)


def test_too_few_samples_give_nothing():
    t = np.arange(float(FEWEST - 1))
    assert np.isnan(derivative(t, t)).all()
    assert np.isfinite(derivative(np.arange(8.0), np.arange(8.0))).all()


def test_shapes_are_checked():
    with pytest.raises(Refusal, match="shape"):
        derivative(np.arange(5.0), np.arange(6.0))


@given(
    arrays(float, (3, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    arrays(float, (3, 20), elements=st.floats(1e-6, 1e3)),
)
def test_nothing_leaks_and_nothing_breaks(values, steps):
    times = np.cumsum(steps, axis=1)
    found = derivative(times, values)
    enough = (np.isfinite(values).sum(axis=1) >= FEWEST)[:, None]
    assert (np.isfinite(found) == (np.isfinite(values) & enough)).all()
