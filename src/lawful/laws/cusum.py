r"""When did a level change? Page's cumulative sum, on both sides, with a stated error.

    U_n = max(0, U_{n-1} + r_n − k),   D_n = max(0, D_{n-1} − r_n − k)

An alarm is raised where U or D passes the threshold h. The level is not known
beforehand: r_n is the standardised one-step error of its running estimate,
which for white noise is again white with variance one, so that the uncertain
reference costs no false alarms. The run length without change is Siegmund's,

    E[N] = (exp(2kb) − 2kb − 1) / (2k²),   b = h + 1.166

for one side, half of it for two; the chance of an alarm within N samples is
1 − exp(−N / E[N]). The onset is then the likeliest place of a mean shift since
the sum last left zero.

Source: E. S. Page, Biometrika 41 (1954) 100; R. L. Brown, J. Durbin,
J. M. Evans, J. R. Stat. Soc. B 37 (1975) 149 (recursive residuals);
D. M. Hawkins, The Statistician 36 (1987) 299 (self-starting); D. V. Hinkley,
Biometrika 57 (1970) 1 (onset); D. Siegmund, "Sequential Analysis" (Springer,
1985), section 10.2.
"""

from dataclasses import dataclass, field
from math import log, log1p, sqrt
from statistics import median

from lawful.refusal import Refusal

ALLOWANCE = 0.5
CLIP = 4.0
LEARNED = 8

_OVERSHOOT = 1.166


def threshold(samples: int, false_alarm: float) -> float:
    """The threshold h for which `samples` of pure noise alarm with chance `false_alarm`.

    >>> round(threshold(200, 1e-3), 2)
    11.04
    """
    if not 0 < false_alarm < 1:
        raise Refusal(f"a false-alarm probability of {false_alarm:g}", "one between 0 and 1")
    length = max(samples, 1) / -log1p(-false_alarm)
    target = 2 * length * 2 * ALLOWANCE**2
    y = log(target + 1)
    for _ in range(60):
        y = log(target + 1 + y)
    return max(y / (2 * ALLOWANCE) - _OVERSHOOT, 1.0)


@dataclass
class Excursion:
    """A stretch in which the level is away from where it was.

    `end` is the last time seen outside; `lasting` says that the data end before
    the level comes back. `peak` is the largest departure, with its sign, and
    `sigmas` the same in standard deviations of the noise.
    """

    start: float
    end: float
    peak: float
    sigmas: float
    lasting: bool = True


@dataclass
class _Side:
    """One of the two sums, and all samples since it last left zero."""

    sign: float
    total: float = 0.0
    level: float = 0.0
    variance: float = 0.0
    since: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, time: float, value: float, off: float, std: float, slack: float) -> None:
        gain = max(-CLIP, min(CLIP, (self.sign * off - slack) / std)) - ALLOWANCE
        self.total = max(0.0, self.total + gain)
        if self.total == 0:
            self.since.clear()
        else:
            self.since.append((time, value, std))

    def excursion(self) -> Excursion:
        """Since the likeliest onset: where the mean shift is largest for its length.

        The sum itself often leaves zero a little early, by chance.
        """
        best, onset, total = -1.0, 0, 0.0
        for back, (_, value, std) in enumerate(reversed(self.since), start=1):
            total += max(-CLIP, min(CLIP, self.sign * (value - self.level) / std))
            if total > 0 and total * total / back > best:
                best, onset = total * total / back, len(self.since) - back
        outside = self.since[onset:]
        _, peak, std = max(outside, key=lambda sample: self.sign * sample[1])
        off = peak - self.level
        return Excursion(outside[0][0], outside[-1][0], off, off / std)


class Cusum:
    """A two-sided cumulative sum about a level that it learns itself.

    The first eight samples set the level; every later one is judged, then
    refines it. From the first alarm on, the level stays where it was before
    the change, and every `Excursion` from it is kept in `excursions`. `learned`
    says whether the level is known, so that samples are judged.

    Parameters
    ----------
    limit
        The threshold h, as `threshold` gives it.

    Examples
    --------
    >>> alarm = Cusum(threshold(100, 1e-3))
    >>> for n in range(100):
    ...     alarm.update(float(n), 5.0 if n < 50 else 9.0, std=1.0)
    >>> [(e.start, e.lasting, round(e.peak)) for e in alarm.excursions]
    [(50.0, True, 4)]
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.level = 0.0
        self.variance = float("inf")
        self.excursions: list[Excursion] = []
        self.learned = False
        self._first: list[tuple[float, float]] = []
        self._up, self._down = _Side(1.0), _Side(-1.0)
        self._outside: float = 0.0
        self._fallen = 0.0

    def update(
        self, time: float, value: float, std: float, slack: float = 0.0, wander: float = 0.0
    ) -> None:
        """Take one sample.

        Parameters
        ----------
        time, value
            Finite numbers.
        std
            Standard deviation of this sample's noise, above zero.
        slack
            A departure up to this counts as none.
        wander
            Variance by which the level itself may have moved since the last sample.
        """
        self.variance += wander
        if not self.learned:
            self._learn(value, std)
            return
        total = sqrt(std * std + self.variance)
        off = value - self.level
        if self._outside:
            self._follow(time, off, total, slack)
            return
        for side in (self._up, self._down):
            if side.total == 0:
                side.level, side.variance = self.level, self.variance
            side.add(time, value, off, total, slack)
            if side.total > self.limit:
                self._alarm(side)
                return
        if not self.excursions:
            self._refine(value, std)

    def _learn(self, value: float, std: float) -> None:
        self._first.append((value, std))
        if len(self._first) < LEARNED:
            return
        middle = median(v for v, _ in self._first)
        self.level, self.variance = middle, float("inf")
        for v, s in self._first:
            self._refine(max(middle - CLIP * s, min(middle + CLIP * s, v)), s)
        self._first, self.learned = [], True

    def _refine(self, value: float, std: float) -> None:
        """Kalman's update of a constant level; an outlier moves it little."""
        if self.variance == float("inf"):
            self.level, self.variance = value, std * std
            return
        total = self.variance + std * std
        reach = CLIP * sqrt(total)
        off = max(-reach, min(reach, value - self.level))
        self.level += off * self.variance / total
        self.variance *= std * std / total

    def _alarm(self, side: _Side) -> None:
        """Go back to the level from before the change, and stay outside."""
        self.level, self.variance = side.level, side.variance
        self.excursions.append(side.excursion())
        self._outside, self._fallen = side.sign, 0.0

    def _follow(self, time: float, off: float, std: float, slack: float) -> None:
        """While outside: a falling sum says that the level is back."""
        now = self.excursions[-1]
        gain = max(-CLIP, min(CLIP, (self._outside * off - slack) / std)) - ALLOWANCE
        self._fallen = max(0.0, self._fallen - gain)
        if abs(off) > abs(now.peak):
            now.peak, now.sigmas = off, off / std
        if self._fallen == 0:
            now.end = time
        elif self._fallen > self.limit:
            now.lasting = False
            self._outside = 0.0
            self._up, self._down = _Side(1.0), _Side(-1.0)
