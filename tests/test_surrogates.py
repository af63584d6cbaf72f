"""p-values: uniform where there is no law, small where there is one, and their discoveries."""

import numpy as np
import pytest
from scipy.stats import binom

from lawful.laws.features import columns_of, library
from lawful.laws.scatter import scatter
from lawful.laws.surrogates import discoveries, exchange_halves, p_value, shift_times
from lawful.laws.survey import survey
from lawful.trajectories import make

SETS = 200


def circles(rng, runs, samples, noise=0.0):
    t = np.linspace(0, 10, samples)
    a, b = rng.uniform(1, 2, (runs, 1)), rng.uniform(0, 6, (runs, 1))
    table = {"x": a * np.cos(t + b), "v": a * np.sin(t + b)}
    return make({n: c + noise * rng.normal(size=c.shape) for n, c in table.items()}, t)


def noise(rng, runs, samples, memory):
    table = {}
    for name in "xv":
        column = rng.normal(size=(runs, samples))
        for k in range(1, samples):
            column[:, k] = memory * column[:, k - 1] + np.sqrt(1 - memory**2) * column[:, k]
        table[name] = column
    return make(table, np.arange(samples) * 1.0)


def sums(runs, degree=2):
    terms = survey(runs, library(runs, degree=degree)).usable()
    return scatter(runs, terms, folds=3), terms


def no_more_than_stated(p, rates=(0.05, 0.1, 0.25, 0.5)):
    """Whether p ≤ rate happens about as often as it should, at four rates."""
    for rate in rates:
        low, high = binom.ppf([0.001, 0.999], p.size, rate)
        assert low <= np.sum(p <= rate + 1e-12) <= high, (rate, np.mean(p <= rate))


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_exchanged_halves_give_uniform_p_values_without_a_law(memory):
    p = []
    for seed in range(SETS):
        rng = np.random.default_rng([seed, 1])
        part, _ = sums(noise(rng, 10, 24, memory), degree=1)
        p.append(p_value(*exchange_halves(part, 39, rng)))
    p = np.array(p)
    if memory == 0.0:
        no_more_than_stated(p)
    else:  # samples on either side of the middle are alike: a little above the rate
        assert np.mean(p <= 0.05) < 0.15


def test_shifted_times_give_uniform_p_values_without_a_law():
    p = []
    for seed in range(SETS):
        rng = np.random.default_rng([seed, 2])
        p.append(p_value(*shift_times(rng.normal(size=(2, 30, 3)), 39, rng)))
    no_more_than_stated(np.array(p))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_law_is_steadier_than_every_surrogate(seed):
    rng = np.random.default_rng(seed)
    runs = circles(rng, 12, 60, noise=0.01)
    part, terms = sums(runs)
    place = [k for k, t in enumerate(terms.terms) if t.text in ("x**2", "v**2")]
    observed, drawn = exchange_halves(part.restricted(place), 99, rng)
    assert observed < 0.01 < drawn.min()
    assert p_value(observed, drawn) == pytest.approx(0.01)
    values = terms.restricted(place).values(columns_of(runs, terms))
    observed, drawn = shift_times(values[:2], 99, rng)
    assert observed < drawn.min()


def test_the_same_seed_draws_the_same_surrogates():
    part, _ = sums(circles(np.random.default_rng(0), 8, 40))
    first, again = (exchange_halves(part, 19, np.random.default_rng(5)) for _ in range(2))
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


def test_surrogates_keep_the_scale_of_the_columns_out_of_it():
    runs = circles(np.random.default_rng(3), 9, 40, noise=0.05)
    scaled = runs.assign(x=runs.x * 1e6, v=runs.v * 1e-6)
    for a, b in zip(
        exchange_halves(sums(runs)[0], 19, np.random.default_rng(1)),
        exchange_halves(sums(scaled)[0], 19, np.random.default_rng(1)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-12)


def test_a_p_value_is_never_nought_and_counts_ties():
    assert p_value(0.0, np.ones(99)) == pytest.approx(0.01)
    assert p_value(1.0, np.ones(99)) == 1.0


def test_benjamini_and_hochberg():
    # The example of the 1995 paper: 15 hypotheses, four stand at a rate of 0.05.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
         0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert discoveries(p, 0.05) == [True] * 4 + [False] * 11
    assert discoveries(p[::-1], 0.05) == [False] * 11 + [True] * 4
    assert discoveries([], 0.05) == []
    # A step-up procedure: the larger of two rescues the smaller.
    assert discoveries([0.04, 0.045], 0.05) == [True, True]


def test_the_false_discovery_rate_is_held():
    rng, share = np.random.default_rng(0), []
    for _ in range(400):
        true = rng.uniform(0, 1e-4, 5)
        stands = np.array(discoveries([*true, *rng.uniform(size=15)], 0.1))
        share.append(stands[5:].sum() / max(stands.sum(), 1))
    assert np.mean(share) < 0.1
