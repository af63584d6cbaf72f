"""Noise from differences in time: exact annihilation, unit gain, and the right level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.laws.noise import (
    annihilator,
    difference,
    even_annihilator,
    is_even,
    noise_level,
    robust_scale,
    thinned,
)
from lawful.refusal import Refusal


def uneven(rng, runs, samples, step=0.1):
    return np.cumsum(rng.uniform(0.3, 1.7, (runs, samples)), axis=1) * step


@settings(max_examples=30, deadline=None)
@given(order=st.integers(1, 8), seed=st.integers(0, 999), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_polynomials_below_the_order_vanish_on_any_clock(order, seed, scale):
    rng = np.random.default_rng(seed)
    t = uneven(rng, 2, 20)
    x = np.polynomial.polynomial.polyval(t, rng.normal(size=order))
    w = annihilator(t * scale, order)
    assert w.shape == (2, 20 - order, order + 1)
    np.testing.assert_allclose((w**2).sum(axis=-1), 1.0, rtol=1e-12)
    d = difference(x[..., None], w)
    assert np.abs(d).max() < 1e-9 * max(np.abs(x).max(), 1)


@pytest.mark.parametrize("order", range(1, 9))
def test_the_two_paths_agree_on_an_even_clock(order):
    t = np.arange(15.0)[None] * 0.25
    bent = t.copy()
    bent[0, -1] += 1e-6
    assert is_even(t)
    assert not is_even(bent)
    general = annihilator(bent, order)[0, 0]
    np.testing.assert_allclose(general, even_annihilator(order), rtol=1e-9)


def test_even_runs_of_different_steps_share_weights_without_memory():
    t = np.array([np.arange(50) * 0.1, np.arange(50) * 3.0])
    t[0, 40:] = np.nan
    w = annihilator(t, 4)
    assert w.strides[:2] == (0, 0)


def test_gaps_and_ends_pass_nothing_on():
    t = np.arange(20.0)[None].copy()
    x = t[..., None] ** 2
    x[0, 7] = np.nan
    d = difference(x, annihilator(t, 3))
    assert np.isnan(d[0, 4:8, 0]).all()
    assert np.isfinite(np.delete(d[0, :, 0], range(4, 8))).all()


@pytest.mark.parametrize("clock", ["even", "uneven"])
@pytest.mark.parametrize("size", [1e-4, 0.01, 0.05, 0.3])
def test_the_level_is_right_to_a_tenth(clock, size):
    rng = np.random.default_rng(3)
    t = uneven(rng, 20, 200) if clock == "uneven" else np.arange(200) * 0.1 + np.zeros((20, 1))
    phase = rng.uniform(0, 6, (20, 1))
    x = np.stack([np.sin(t + phase), 1e5 * np.cos(0.7 * t + phase)], axis=-1)
    x += size * np.array([1, 1e5]) * rng.normal(size=x.shape)
    level = noise_level(t, x)
    np.testing.assert_allclose(level.std, [size, 1e5 * size], rtol=0.1)
    assert level.resolved.all()


def test_a_smooth_motion_without_noise_has_next_to_none():
    t = np.arange(200)[None] * 0.1
    level = noise_level(t, np.sin(t)[..., None])
    assert level.std[0] < 1e-9
    assert level.order[0] == 8


def test_white_noise_and_coarse_chaos_are_unresolved_and_constants_are_not():
    rng = np.random.default_rng(0)
    logistic = [rng.uniform(0.2, 0.8, 10)]
    for _ in range(99):
        logistic.append(3.99 * logistic[-1] * (1 - logistic[-1]))
    x = np.stack([rng.normal(size=(10, 100)), np.array(logistic).T, np.full((10, 100), 7.0)], -1)
    level = noise_level(np.arange(100.0) + np.zeros((10, 1)), x)
    assert level.resolved.tolist() == [False, False, True]
    assert level.std[2] == 0


def test_outliers_hardly_move_the_level():
    rng = np.random.default_rng(1)
    t = np.arange(2000)[None] * 0.05
    x = np.sin(t) + 0.01 * rng.normal(size=t.shape)
    x[0, ::200] += 50.0
    assert noise_level(t, x[..., None]).std[0] == pytest.approx(0.01, rel=0.2)


def test_relative_sizes_give_the_factor():
    rng = np.random.default_rng(2)
    t = np.arange(3000)[None] * 0.1
    sizes = (2 + np.sin(t))[..., None]
    level = noise_level(t, 5.0 + 0.03 * sizes * rng.normal(size=sizes.shape), sizes)
    assert level.std[0] == pytest.approx(0.03, rel=0.05)


def test_too_few_samples_are_not_guessed():
    level = noise_level(np.arange(5.0)[None], np.ones((1, 5, 2)) * np.arange(5.0)[:, None])
    assert np.isnan(level.std).all()
    assert not level.resolved.any()


def test_many_samples_are_thinned_to_whole_blocks():
    t = np.arange(1_000_000.0).reshape(1000, 1000)
    thin, x = thinned(t, t[..., None])
    assert thin.size <= 200_000
    assert is_even(thin)
    np.testing.assert_array_equal(thin, x[..., 0])


def test_scale_of_nothing_is_unknown_and_of_zeros_is_zero():
    assert np.isnan(robust_scale(np.full((3, 1), np.nan))[0])
    assert robust_scale(np.zeros((5, 1)))[0] == 0
    assert robust_scale(np.array([[0.0], [0.0], [0.0], [2.0]]))[0] == 1.0


def test_refusals():
    with pytest.raises(Refusal, match="at least 1"):
        annihilator(np.arange(4.0)[None], 0)
    with pytest.raises(Refusal, match="values of shape"):
        difference(np.ones((1, 9, 1)), annihilator(np.arange(4.0)[None], 2))
