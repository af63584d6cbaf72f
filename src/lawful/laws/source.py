r"""What a source has added so far: ∫ s dt, sample by sample, on any clock.

Each step is the integral of the cubic through the last four samples, by
Gauss's rule with two points, which is exact for a cubic. The same step by the
parabola through the last three says how far the sum is to be trusted.
"""

from collections import deque
from collections.abc import Sequence
from math import sqrt

_GAUSS = ((1 - 1 / sqrt(3)) / 2, (1 + 1 / sqrt(3)) / 2)


class Source:
    """The running integral of a rate.

    Attributes
    ----------
    added
        ∫ s dt from the first sample on, in the rate's unit times the clock's.
    doubt
        Bound on the error of `added` that the sampling leaves.

    Examples
    --------
    >>> source = Source()
    >>> for n in range(11):
    ...     source.update(0.1 * n, 3 * (0.1 * n) ** 2)
    >>> abs(source.added - 1) < 1e-2
    True
    """

    def __init__(self) -> None:
        self.added = 0.0
        self.doubt = 0.0
        self._seen: deque[tuple[float, float]] = deque(maxlen=4)

    def update(self, time: float, rate: float) -> None:
        """Take one sample of the rate."""
        self._seen.append((time, rate))
        points = list(self._seen)
        if len(points) > 1:
            best = _last_step(points)
            self.added += best
            self.doubt += abs(best - _last_step(points[-3:]))


def _last_step(points: Sequence[tuple[float, float]]) -> float:
    """The integral, over the last step, of the polynomial through `points`."""
    (start, _), (end, _) = points[-2:]
    step = end - start
    return step * sum(_interpolated(points, start + g * step) for g in _GAUSS) / 2


def _interpolated(points: Sequence[tuple[float, float]], at: float) -> float:
    total = 0.0
    for i, (t, y) in enumerate(points):
        for j, (u, _) in enumerate(points):
            if i != j:
                y *= (at - u) / (t - u)
        total += y
    return total
