"""W, T, N and C against sums done by hand, in any split of the runs, with gaps and own clocks."""

from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.laws.features import columns_of, library
from lawful.laws.noise import annihilator
from lawful.laws.scatter import NOISE_ORDER, scatter
from lawful.laws.survey import survey
from lawful.trajectories import clock, make


def data(kind="even", runs=7, samples=40, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(samples) * 0.1
    if kind != "even":
        t = np.cumsum(rng.uniform(0.05, 0.15, (runs, samples)), axis=1)
    table = {n: rng.normal(size=(runs, 1)) + rng.normal(size=(runs, samples)) for n in "xy"}
    if kind == "ragged":
        for run, end in enumerate(rng.integers(12, samples, runs)):
            t[run, end:] = np.nan
            for column in table.values():
                column[run, end:] = np.nan
    if kind == "gaps":
        table["x"][1, 5] = table["y"][3, 20:23] = np.nan
    return make(table, t)


KINDS = ("even", "own clocks", "ragged", "gaps")


def terms_of(runs):
    return survey(runs, library(runs, degree=2)).usable()


def by_hand(runs, terms):
    """W, T, N by their definitions, one sample at a time."""
    values = terms.values(columns_of(runs, terms))
    times = clock(runs)
    held = np.isfinite(values).all(axis=-1) & np.isfinite(times)
    every = values[held]
    within = sum(
        np.outer(row - values[r][held[r]].mean(axis=0), row - values[r][held[r]].mean(axis=0))
        for r in range(len(values))
        for row in values[r][held[r]]
    )
    away = every - every.mean(axis=0)
    weights = annihilator(times, NOISE_ORDER)
    windows = [
        weights[r, s] @ values[r, s : s + NOISE_ORDER + 1]
        for r in range(len(values))
        for s in range(values.shape[1] - NOISE_ORDER)
        if held[r, s : s + NOISE_ORDER + 1].all()
    ]
    noise = np.einsum("wk,wl->kl", windows, windows) / len(windows)
    return within / len(every), away.T @ away / len(every), noise


@pytest.mark.parametrize("kind", KINDS)
def test_the_matrices_are_what_their_formulas_say(kind):
    runs = data(kind)
    terms = terms_of(runs)
    within, total, noise, coarse = scatter(runs, terms, folds=3).joined().matrices()
    for found, wanted in zip((within, total, noise), by_hand(runs, terms), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    # With blocks of one sample, C is W.
    np.testing.assert_allclose(coarse, within, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(1, 6), max_size=4), folds=st.integers(1, 9))
def test_any_split_of_the_runs_gives_the_same(kind, cuts, folds):
    runs = data(kind)
    terms = terms_of(runs)
    edges = [0, *sorted({*cuts}), 7]
    parts = [
        scatter(runs.isel(run=slice(a, b)), terms, folds=folds, block=2, numbers=np.arange(a, b))
        for a, b in pairwise(edges)
    ]
    whole = scatter(runs, terms, folds=folds, block=2).joined().matrices()
    for found, wanted in zip(reduce(add, parts).joined().matrices(), whole, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)


def test_folds_weighted_one_and_nought_are_the_runs_of_those_folds():
    runs = data(runs=8)
    terms = terms_of(runs)
    weights = np.array([1.0, 0.0, 0.0, 1.0])
    some = runs.isel(run=[0, 3, 4, 7])
    found = scatter(runs, terms, folds=4).joined().matrices(weights)
    wanted = scatter(some, terms, folds=1).joined().matrices()
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_segments_leave_within_and_total_alone():
    runs = data(samples=40)
    terms = terms_of(runs)
    whole = scatter(runs, terms, folds=7).joined().matrices()
    cut = scatter(runs, terms, folds=28, segments=4).joined().matrices()
    np.testing.assert_allclose(cut[0], whole[0], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(cut[1], whole[1], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("uneven", [False, True])
def test_noise_of_linear_terms_is_the_covariance_of_the_noise(seed, uneven):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 6, 400)
    if uneven:
        t = np.sort(rng.uniform(0, 6, 400))
    covariance = np.array([[0.04, 0.01], [0.01, 0.02]])
    noise = rng.multivariate_normal([0, 0], covariance, (40, 400))
    phase = rng.uniform(0, 6, (40, 1))
    runs = make({"x": np.cos(t + phase) + noise[..., 0], "y": np.sin(t) + noise[..., 1]}, t)
    terms = survey(runs, library(runs, degree=1)).usable()
    found = scatter(runs, terms, folds=1).joined().matrices()[2]
    found = found * np.outer(terms.scale, terms.scale)
    # Neighbouring windows of a difference share samples: about one in five is its own.
    bound = 5 * np.sqrt(2 * 5 / (40 * 394))
    assert np.abs(found - covariance).max() < bound * covariance.max()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_block_means_keep_white_noise_and_see_slow_change(seed):
    rng = np.random.default_rng(seed)
    white = rng.normal(size=(60, 256))
    slow = np.linspace(-1, 1, 256) + 0.0 * white
    runs = make({"x": white, "y": slow}, np.arange(256) * 1.0)
    terms = survey(runs, library(runs, degree=1)).usable()
    one, eight = (scatter(runs, terms, folds=1, block=m).joined().matrices() for m in (1, 8))
    assert eight[3][0, 0] == pytest.approx(one[3][0, 0], rel=0.1)
    assert eight[3][1, 1] == pytest.approx(8 * one[3][1, 1], rel=0.01)


def test_restriction_picks_rows_and_columns():
    runs = data()
    terms = terms_of(runs)
    sums = scatter(runs, terms, folds=2)
    for few in (sums.restricted([0, 3]).joined(), sums.joined().restricted([0, 3])):
        for small, large in zip(few.matrices(), sums.joined().matrices(), strict=True):
            np.testing.assert_allclose(small, large[np.ix_([0, 3], [0, 3])], rtol=1e-12)
