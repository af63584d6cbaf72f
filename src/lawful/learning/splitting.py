"""A stratified split: of n_c samples of class c, the part takes fraction · n_c.

Each share is rounded up or down, the largest remainders up, so that the whole comes
out right: |taken_c − fraction · n_c| < 1 for every class (Hamilton's method).
"""

import numpy as np
from numpy.typing import NDArray


def stratified(
    strata: NDArray[np.intp], fraction: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which samples the part takes.

    Parameters
    ----------
    strata
        Each sample's class, shape (n,), whole numbers from 0.
    fraction
        The part's share, above 0 and below 1; neither side is left empty.
    rng
        Draws them.

    Returns
    -------
    numpy.ndarray
        True for the part, shape (n,).

    Examples
    --------
    >>> part = stratified(np.array([0, 0, 0, 0, 1, 1]), 0.5, np.random.default_rng(0))
    >>> int(part[:4].sum()), int(part[4:].sum())
    (2, 1)
    """
    counts = np.bincount(strata)
    shares = fraction * counts
    quota = np.floor(shares).astype(np.intp)
    total = min(max(round(fraction * len(strata)), 1), len(strata) - 1)
    order = np.lexsort((rng.random(len(counts)), quota - shares))
    quota[order[: total - quota.sum()]] += 1
    shuffled = rng.permutation(len(strata))
    shuffled = shuffled[np.argsort(strata[shuffled], kind="stable")]
    rank = np.arange(len(strata)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.zeros(len(strata), bool)
    chosen[shuffled[rank < np.repeat(quota, counts)]] = True
    return chosen
