"""Constants: intervals that cover as often as they say, and rationals that are meant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lawful.laws.constants import coefficients, rational
from lawful.laws.features import library
from lawful.laws.scatter import scatter
from lawful.laws.survey import survey
from lawful.trajectories import make

SEEDS = 30


def fitted(k, seed, noise=0.01, runs=48, confidence=0.95, steady=False):
    """The spring's energy v²/2 + (k/2) x², from data with noise."""
    rng = np.random.default_rng(seed)
    t, w = np.linspace(0, 6, 100), np.sqrt(k)
    a, b = rng.uniform(0.5, 2, (runs, 1)), rng.uniform(0, 6, (runs, 1))
    x, v = a * np.cos(w * t + b), -w * a * np.sin(w * t + b)
    x, v = (c + noise * c.std() * rng.normal(size=c.shape) for c in (x, v))
    data = make({"x": x, "v": v}, t)
    terms = survey(data, library(data, degree=2)).usable()
    place = [[t.text for t in terms.terms].index(text) for text in ("x**2", "v**2")]
    return coefficients(
        scatter(data, terms, folds=48).joined().restricted(place), terms.scale[place],
        pivot=1, pivot_value=0.5, steady=steady, confidence=confidence,
        rng=rng,
    )  # fmt: skip


@pytest.mark.parametrize(("k", "confidence"), [(1.7, 0.95), (3.1, 0.95), (1.7, 0.7)])
def test_intervals_cover_as_often_as_they_say(k, confidence):
    found = [fitted(k, seed, confidence=confidence) for seed in range(SEEDS)]
    inside = sum(f.low[0] <= k / 2 <= f.high[0] for f in found)
    least, most = binom.ppf([0.001, 0.999], SEEDS, confidence)
    assert least <= inside <= most
    errors = np.array([f.value[0] - k / 2 for f in found])
    widths = np.array([f.high[0] - f.low[0] for f in found])
    # An interval that covers by being vast would be no interval.
    assert np.median(widths) < 8 * errors.std()
    assert abs(errors.mean()) < 4 * errors.std() / np.sqrt(SEEDS), "no bias"


def test_the_pivot_is_fixed_and_the_value_inside():
    found = fitted(2.3, 0)
    assert found.value[1] == found.low[1] == found.high[1] == 0.5
    assert found.low[0] < found.value[0] < found.high[0]
    assert found.exact[1] == ""


def test_more_runs_make_narrower_intervals():
    few, many = (np.mean([np.ptp([f.low[0], f.high[0]]) for f in (
        fitted(1.7, s, runs=n) for s in range(5))]) for n in (48, 384))  # fmt: skip
    assert many < 0.6 * few


def test_clean_numbers_give_the_constant_to_many_digits():
    found = fitted(4.0, 1, noise=0.0)
    assert found.value[0] == pytest.approx(2.0, rel=1e-9)
    assert found.exact == ("2", "")
    assert fitted(4.0, 1, noise=0.0, steady=True).value[0] == pytest.approx(2.0, rel=1e-6)


def test_negated_turns_values_intervals_and_rationals():
    found = fitted(4.0, 1, noise=0.0)
    turned = found.negated()
    np.testing.assert_array_equal(turned.value, -found.value)
    assert (turned.low <= turned.value).all()
    assert (turned.value <= turned.high).all()
    assert turned.exact == ("-2", "")
    assert turned.negated().exact == found.exact


@given(p=st.integers(1, 12), q=st.integers(1, 6), sign=st.sampled_from([-1, 1]))
def test_a_simple_rational_in_a_narrow_interval_is_named(p, q, sign):
    value = sign * p / q
    low, high = sorted((value * (1 - 1e-5), value * (1 + 1e-5)))
    from fractions import Fraction

    assert Fraction(rational(value * (1 + 4e-6), low, high)) == sign * Fraction(p, q)


@given(value=st.floats(0.2, 10), width=st.floats(0.0311, 1))
def test_a_wide_interval_names_nothing(value, width):
    assert rational(value, value * (1 - width), value * (1 + width)) == ""


def test_numbers_drawn_at_random_are_seldom_called_rational():
    rng = np.random.default_rng(0)
    for width in (1e-2, 1e-3, 1e-4):
        values = rng.uniform(0.1, 5, 500)
        named = sum(bool(rational(v, v * (1 - width), v * (1 + width))) for v in values)
        assert named / 500 < 0.2, width
