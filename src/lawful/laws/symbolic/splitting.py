"""Which samples judge a formula: whole runs that it was not fitted on."""

import numpy as np
from numpy.typing import NDArray

SHARE = 0.25


def held_out(samples: int, groups: NDArray[np.intp] | None, *, seed: int) -> NDArray[np.bool_]:
    """A quarter of the runs, drawn at random; of the samples, where there is but one run.

    Parameters
    ----------
    samples
        How many there are.
    groups
        The run of each, shape (samples,); None where runs are not known.

    Examples
    --------
    >>> apart = held_out(8, np.repeat([0, 1, 2, 3], 2), seed=0)
    >>> int(apart.sum()), bool((apart[::2] == apart[1::2]).all())
    (2, True)
    """
    rng = np.random.default_rng(seed)
    names = np.arange(samples) if groups is None or np.ptp(groups) == 0 else groups
    distinct = np.unique(names)
    drawn = rng.permutation(distinct)[: max(round(SHARE * distinct.size), 1)]
    return np.isin(names, drawn)
