"""How accuracies stand after each task, over seeds: means, and how far one may trust them.

    A_i = (1/i) Σ_{j≤i} R[i, j]        F_i = (1/(i−1)) Σ_{j<i} (max_{k<i} R[k, j] − R[i, j])
    x̄ ± t s/√n                         t the 97.5 % point of Student's t with n − 1 degrees

At the last task these are the average and the forgetting of `lawful.fields.memory.accuracy`;
here they are taken after every task, and without torch. NaN stands where nobody looked.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CONFIDENCE = 0.95


def averages(R: Array) -> Array:
    """A_i after each task, shape (…, T) of matrices (…, T, T); NaN where one is missing.

    >>> averages(np.array([[0.9, np.nan], [0.5, 0.7]])).round(12).tolist()
    [0.9, 0.6]
    """
    found = [R[..., i, : i + 1].mean(axis=-1) for i in range(R.shape[-1])]
    return np.stack(found, axis=-1) if found else np.zeros(R.shape[:-1])


def forgotten(R: Array) -> Array:
    """F_i after each task, shape (…, T); NaN after the first, which nothing came before.

    >>> forgotten(np.array([[0.9, 0.1], [0.5, 0.7]])).round(12).tolist()
    [nan, 0.4]
    """
    found = np.full(R.shape[:-1], np.nan)
    for i in range(1, R.shape[-1]):
        earlier = R[..., :i, :i]
        held = np.where(np.isnan(earlier), -np.inf, earlier).max(axis=-2)
        held[np.isneginf(held)] = np.nan
        found[..., i] = (held - R[..., i, :i]).mean(axis=-1)
    return found


def intervals(values: Array, axis: int) -> tuple[Array, Array]:
    """Means along an axis and the half-widths of their intervals, of what is there.

    NaN means of nothing, and NaN half-widths of fewer than two.

    >>> mean, half = intervals(np.array([[0.25, 0.5, 0.75], [0.9, np.nan, np.nan]]), axis=1)
    >>> mean.tolist(), half.round(4).tolist()
    ([0.5, 0.9], [0.621, nan])
    """
    from scipy.special import stdtrit

    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=axis) / count
        off = np.where(there, values - np.expand_dims(mean, axis), 0.0)
        spread = np.sqrt((off**2).sum(axis=axis) / (count - 1))
        t = stdtrit(np.maximum(count - 1, 1), 0.5 + CONFIDENCE / 2)
        half = np.where(count > 1, t * spread / np.sqrt(count), np.nan)
    return mean, half
