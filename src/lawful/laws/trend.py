r"""A straight line through what is being measured, one sample at a time.

    slope = S_tq / S_tt,   var(slope) = max(1, χ²/(n − 2)) / S_tt

with weights 1/σ² and sums about the running means, which are updated without
cancellation (B. P. Welford, Technometrics 4 (1962) 419; D. H. D. West,
Communications of the ACM 22 (1979) 532). Where the line does not fit, the
interval widens by the misfit.
"""

from math import inf, sqrt
from statistics import NormalDist


class Trend:
    """The weighted least-squares slope of values in time, updated as they come.

    Examples
    --------
    >>> line = Trend()
    >>> for n in range(10):
    ...     line.update(float(n), 3.0 + 0.5 * n, std=0.1)
    >>> round(line.slope, 12), line.differs(1e-3)
    (0.5, True)
    """

    def __init__(self) -> None:
        self.samples = 0
        self.first = self.last = 0.0
        self._weight = self._time = self._value = 0.0
        self._tt = self._tq = self._qq = 0.0

    def update(self, time: float, value: float, std: float) -> None:
        """Take one sample of noise `std`, which is above zero."""
        if self.samples == 0:
            self.first = time
        self.last = time
        self.samples += 1
        weight = 1.0 / (std * std)
        self._weight += weight
        share = weight / self._weight
        dt, dq = time - self._time, value - self._value
        self._time += share * dt
        self._value += share * dq
        self._tt += weight * dt * (time - self._time)
        self._tq += weight * dt * (value - self._value)
        self._qq += weight * dq * (value - self._value)

    @property
    def slope(self) -> float:
        """Change in a unit of time; 0 where fewer than three samples were seen."""
        return self._tq / self._tt if self.samples > 2 and self._tt > 0 else 0.0

    @property
    def error(self) -> float:
        """Standard error of `slope`."""
        if self.samples < 3 or self._tt <= 0:
            return inf
        misfit = max(self._qq - self.slope * self._tq, 0.0) / (self.samples - 2)
        return sqrt(max(1.0, misfit) / self._tt)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The interval that holds the slope with this confidence."""
        reach = NormalDist().inv_cdf(0.5 + confidence / 2) * self.error
        return self.slope - reach, self.slope + reach

    def differs(self, false_alarm: float, slack: float = 0.0) -> bool:
        """Whether the line changes by more than `slack` from end to end, beyond chance."""
        z = -NormalDist().inv_cdf(false_alarm / 2)
        span = self.last - self.first
        return self.samples > 2 and (abs(self.slope) - z * self.error) * span > slack
