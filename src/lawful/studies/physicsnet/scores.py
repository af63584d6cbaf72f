"""How well one quantity tells another: R², rank correlation.

R² = 1 − Σ (Q − Q*)² / Σ (Q* − mean Q*)²,   r = corr(rank Q, rank Q*)
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def r_squared(values: Array, truth: Array) -> float:
    """1 − Σ(Q − Q*)² / Σ(Q* − mean)², over samples where both are finite.

    >>> r_squared(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    held = np.isfinite(values) & np.isfinite(truth)
    if not held.any():
        return float("nan")
    spread = float(np.sum((truth[held] - truth[held].mean()) ** 2))
    lost = float(np.sum((values[held] - truth[held]) ** 2))
    return 1 - lost / spread if spread > 0 else float("nan")


def up_to_scale(values: Array, truth: Array) -> float:
    """R² of the truth on the values, with the best offset and factor.

    >>> up_to_scale(np.array([1.0, 2.0, 4.0]), np.array([-1.0, -3.0, -7.0])).__round__(9)
    1.0
    """
    held = np.isfinite(values) & np.isfinite(truth)
    if held.sum() < 3 or not values[held].std() > 0 or not truth[held].std() > 0:
        return float("nan")
    return float(np.corrcoef(values[held], truth[held])[0, 1] ** 2)


def correlation(values: Array, truth: Array, *, by_run: bool) -> float:
    """|Spearman|'s rank correlation of two quantities of shape (run, time).

    Parameters
    ----------
    values, truth
        The quantities; NaN is left out.
    by_run
        Of the runs' means, so that many samples of few runs are not taken for many.

    Examples
    --------
    >>> truth = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    >>> correlation(-(truth**3), truth, by_run=True)
    1.0
    """
    from scipy.stats import rankdata

    held = np.isfinite(values) & np.isfinite(truth)
    a, b = (_run_means(q, held) if by_run else q[held] for q in (values, truth))
    if a.size < 3 or not np.ptp(a) > 0 or not np.ptp(b) > 0:
        return float("nan")
    r = np.corrcoef(rankdata(a), rankdata(b))[0, 1]
    return float(min(abs(r), 1.0))


def _run_means(values: Array, held: NDArray[np.bool_]) -> Array:
    count = held.sum(axis=1)
    total = np.where(held, values, 0.0).sum(axis=1)
    return total[count > 0] / count[count > 0]
