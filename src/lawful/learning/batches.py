"""Mini-batches: each epoch shows every sample once, in an order of its own.

The order of epoch k is drawn from (seed, k) alone, so that a training taken up
again goes on as if it had never stopped.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[Any]


def batches_in(samples: int, batch: int | None) -> int:
    """The number of steps an epoch has.

    >>> batches_in(10, 4), batches_in(10, None)
    (3, 1)
    """
    if batch is not None and batch < 1:
        raise Refusal(f"batch {batch}", "a whole number from 1 up", "leave it out for all samples")
    return 1 if batch is None or batch >= samples else -(-samples // batch)


def epoch_of(
    X: Array, y: Array, batch: int | None, seed: int, epoch: int
) -> Iterator[tuple[Array, Array]]:
    """The mini-batches of one epoch; all samples as they are when `batch` is None.

    Examples
    --------
    >>> X = np.arange(5.0)[:, None]
    >>> [len(part) for part, _ in epoch_of(X, X, 2, seed=0, epoch=0)]
    [2, 2, 1]
    """
    if batch is None or batches_in(len(X), batch) == 1:
        yield X, y
        return
    order = np.random.default_rng([seed, 0, epoch]).permutation(len(X))
    for start in range(0, len(X), batch):
        part = order[start : start + batch]
        yield X[part], y[part]
