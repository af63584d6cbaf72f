r"""How much of what was measured is noise, from differences in time alone.

    d_n = Σ_i w_i x(t_{n+i}),   Σ_i w_i t_{n+i}^m = 0 for m < order,   Σ_i w_i² = 1

The weights are those of the divided difference of the given order. They
annihilate every polynomial of lower degree, hence all that is smooth on the
scale of `order` steps, and let white noise through at its own variance: the
scale of d is the noise's standard deviation. No model of the motion is needed,
and clocks may be uneven.

Source: J. von Neumann et al., "The mean square successive difference", Annals
of Mathematical Statistics 12 (1941) 153; P. Hall, J. Kay, D. Titterington,
"Asymptotically optimal difference-based estimation of variance in
nonparametric regression", Biometrika 77 (1990) 521. The scale is Huber's: a
clipped mean square about the median absolute deviation.
"""

from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]

ORDERS = range(2, 9)
STILL_FALLING = 0.9
FEWEST_DIFFERENCES = 8
MOST_SAMPLES = 200_000
BLOCK = 512

_CLIP = 3.0
_CLIPPED_VARIANCE = 0.9950063  # E[min(z², 9)] of a standard normal z
_MAD_OF_NORMAL = 0.6744898


class NoiseLevel(NamedTuple):
    """White measurement noise, a value for each column.

    Attributes
    ----------
    std
        Standard deviation, in the column's unit; NaN where a column has too
        few samples in a row to say.
    order
        The order of the difference that it was read from.
    resolved
        Whether the sampling resolves the motion, so that `std` is noise and
        not motion that went unseen between two samples.
    """

    std: Array
    order: NDArray[np.int64]
    resolved: NDArray[np.bool_]


def annihilator(times: Array, order: int) -> Array:
    """Weights of unit length that annihilate polynomials of degree below `order`.

    Parameters
    ----------
    times
        Clocks of shape (run, time), NaN after a run's end.
    order
        At least 1. A window holds `order + 1` samples.

    Returns
    -------
    Array
        Shape (run, time - order, order + 1); row n belongs to the window that
        starts at sample n. Evenly sampled runs share one row (the array is a
        read-only view of it); elsewhere a window without all its times is NaN.

    Examples
    --------
    >>> t = np.arange(5.0)[None]
    >>> annihilator(t, 1).shape
    (1, 4, 2)
    >>> d = difference(3 * t[..., None] - 1, annihilator(t, 2))
    >>> bool(np.abs(d).max() < 1e-12)
    True
    """
    if order < 1:
        raise Refusal(f"a difference of order {order}", "an order of at least 1")
    runs, samples = times.shape
    windows = max(samples - order, 0)
    shape = (runs, windows, order + 1)
    if is_even(times):
        return np.broadcast_to(even_annihilator(order), shape)
    if windows == 0:
        return np.empty(shape)
    if times.strides[0] == 0:
        return np.broadcast_to(_divided_differences(times[:1], order), shape)
    return _divided_differences(times, order)


def even_annihilator(order: int) -> Array:
    """The weights for an even clock: binomials of alternating sign, of unit length.

    >>> even_annihilator(2) * 6**0.5
    array([ 1., -2.,  1.])
    """
    signed = [(-1.0) ** (order - i) * comb(order, i) for i in range(order + 1)]
    return np.array(signed) / np.sqrt(comb(2 * order, order))


def is_even(times: Array) -> bool:
    """Whether every run has one step, to the precision that its times have.

    >>> is_even(np.array([[0.0, 0.1, 0.2, np.nan], [5.0, 5.5, 6.0, 6.5]]))
    True
    """
    steps = np.diff(times[:1] if times.strides[0] == 0 else times, axis=1)
    held = np.isfinite(steps)
    if not held.any():
        return True
    mean = np.where(held, steps, 0.0).sum(axis=1) / np.maximum(held.sum(axis=1), 1)
    round_off = 8 * np.finfo(float).eps * np.nanmax(np.abs(times))
    astray = np.abs(steps - mean[:, None]) > 1e-9 * mean[:, None] + round_off
    return not bool((astray & held).any())


def _divided_differences(times: Array, order: int) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(times, order + 1, axis=1)
    span = windows[..., -1] - windows[..., 0]
    weights = np.empty(windows.shape)
    for i in range(order + 1):
        product = np.ones(span.shape)
        for j in range(order + 1):
            if j != i:
                product *= (windows[..., i] - windows[..., j]) / span
        weights[..., i] = 1.0 / product
    largest = np.abs(weights).max(axis=-1, keepdims=True)
    weights /= largest
    weights /= np.sqrt((weights**2).sum(axis=-1, keepdims=True))
    return weights


def difference(values: Array, weights: Array) -> Array:
    """The difference in time of `values` with `weights` from `annihilator`.

    Parameters
    ----------
    values
        Shape (run, time, k); NaN where nothing was measured.
    weights
        Shape (run, time - order, order + 1).

    Returns
    -------
    Array
        Shape (run, time - order, k); NaN where a window is not whole.

    Examples
    --------
    >>> t = np.linspace(0, 1, 6)[None]
    >>> difference(t[..., None] ** 2, annihilator(t, 3)).shape
    (1, 3, 1)
    """
    runs, windows, width = weights.shape
    if values.shape[:2] != (runs, windows + width - 1) and windows > 0:
        raise Refusal(
            f"values of shape {values.shape} with weights of shape {weights.shape}",
            f"values of shape ({runs}, {windows + width - 1}, k)",
        )
    total = np.zeros((runs, windows, *values.shape[2:]))
    spread_out = weights.reshape(*weights.shape, *(1,) * (values.ndim - 2))
    for i in range(width):
        total += spread_out[:, :, i] * values[:, i : i + windows]
    return total


def robust_scale(differences: Array) -> Array:
    """Standard deviation of each column (the last axis), little moved by outliers.

    A mean square, clipped at three times the scale that the median absolute
    value gives. Where more than half of the values are zero, the plain root
    mean square. NaN where a column has no finite value.

    >>> z = np.random.default_rng(0).normal(size=(10_000, 1))
    >>> z[:10] = 1e6
    >>> bool(abs(robust_scale(z)[0] - 1) < 0.03)
    True
    """
    flat = differences.reshape(-1, differences.shape[-1])
    return np.array([_scale_of(column[np.isfinite(column)]) for column in flat.T])


def _scale_of(values: Array) -> float:
    if values.size == 0:
        return float("nan")
    size = np.abs(values)
    rough = float(np.median(size)) / _MAD_OF_NORMAL
    if rough == 0.0:
        top = size.max()
        return float(top * np.sqrt(np.mean((size / top) ** 2))) if top > 0 else 0.0
    clipped = np.minimum(size / rough, _CLIP)
    return rough * float(np.sqrt(np.mean(clipped**2) / _CLIPPED_VARIANCE))


def noise_level(times: Array, values: Array, sizes: Array | None = None) -> NoiseLevel:
    """White measurement noise of each column.

    The order rises from 2 to 8 for as long as the estimate still falls: what
    falls with the order is smooth motion, what stays is noise.

    Parameters
    ----------
    times
        Clocks of shape (run, time), NaN after a run's end.
    values
        Shape (run, time, k); NaN at gaps and after a run's end.
    sizes
        Where the noise is known up to a factor, its relative size at every
        sample, in the shape of `values`: `std` is then that factor.

    Returns
    -------
    NoiseLevel
        `std`, `order` and `resolved`, each of shape (k,). From many samples,
        blocks spread evenly over them are looked at.

    Examples
    --------
    >>> t = np.linspace(0, 20, 400)[None]
    >>> noise = 0.01 * np.random.default_rng(1).normal(size=t.shape)
    >>> level = noise_level(t, (np.sin(t) + noise)[..., None])
    >>> bool(abs(level.std[0] / 0.01 - 1) < 0.2), bool(level.resolved[0])
    (True, True)
    """
    full = times
    times, values = thinned(full, values)
    sizes = None if sizes is None else thinned(full, sizes)[1]
    columns = values.shape[-1]
    std, order = np.full(columns, np.nan), np.zeros(columns, dtype=np.int64)
    first, falling = np.full(columns, np.nan), np.ones(columns, dtype=bool)
    for p in ORDERS:
        open_columns = np.flatnonzero(falling)
        if open_columns.size == 0 or values.shape[1] <= p:
            break
        weights = annihilator(times, p)
        d = difference(values[..., open_columns], weights)
        if sizes is not None:
            d /= np.sqrt(difference(sizes[..., open_columns] ** 2, weights**2))
        scale = robust_scale(d)
        enough = np.isfinite(d).sum(axis=(0, 1)) >= FEWEST_DIFFERENCES
        better = enough & (np.isnan(std[open_columns]) | (scale < std[open_columns]))
        still = enough & ~(scale > STILL_FALLING * std[open_columns])
        std[open_columns[better]], order[open_columns[better]] = scale[better], p
        first[open_columns] = np.where(np.isnan(first[open_columns]), scale, first[open_columns])
        falling[open_columns] = still
    return NoiseLevel(std, order, _resolved(std, first, _within(values, sizes)))


def _resolved(std: Array, first: Array, within: Array) -> NDArray[np.bool_]:
    still = (within == 0) | (std <= 1e-12 * within)
    return still | (std < 0.5 * within) | (std < 0.25 * first)


def _within(values: Array, sizes: Array | None) -> Array:
    if sizes is None:
        return within_run(values)
    scale: Array = np.sqrt(np.nanmean(sizes**2, axis=(0, 1)))
    return within_run(values) / scale


def within_run(values: Array) -> Array:
    """Standard deviation along a run, pooled over runs, of each column; shape (k,).

    >>> within_run(np.array([[[1.0], [3.0]], [[10.0], [12.0]]]))
    array([1.])
    """
    held = np.isfinite(values)
    count = held.sum(axis=1)
    filled = np.where(held, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(count, 1)
    off = np.where(held, values - mean[:, None], 0.0)
    total = np.maximum(count.sum(axis=0), 1)
    result: Array = np.sqrt((off**2).sum(axis=(0, 1)) / total)
    return result


def thinned(times: Array, values: Array, most: int = MOST_SAMPLES) -> tuple[Array, Array]:
    """At most about `most` samples, as whole blocks of neighbours in time.

    Every block becomes a run. Fewer samples than `most` come back unchanged.

    >>> t, x = thinned(np.arange(4096.0)[None], np.zeros((1, 4096, 2)), most=1024)
    >>> t.shape, x.shape
    ((2, 512), (2, 512, 2))
    """
    runs, samples = times.shape
    if runs * samples <= most:
        return times, values
    length = min(samples, BLOCK)
    blocks = samples // length
    wanted = max(most // length, 1)
    chosen = np.unique(np.linspace(0, runs * blocks - 1, wanted).astype(int))
    run, block = np.divmod(chosen, blocks)
    index = block[:, None] * length + np.arange(length)
    return times[run[:, None], index], values[run[:, None], index]
