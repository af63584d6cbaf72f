"""A law watched live, on one run: samples in as they come, alarms out.

    watch = Watch(laws, noise={"x": 0.01, "v": 0.01})
    watch.update(times, {"x": x, "v": v})

However the samples are cut into updates, the answer is the same to the last
bit, and `monitor` gives it too: it is this, run over a file.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.laws.course import Course
from lawful.laws.cusum import LEARNED, Cusum, Excursion, threshold
from lawful.laws.gauge import Gauge, Reading, columns, scales, slack, source_doubt
from lawful.laws.law import Findings, Law
from lawful.laws.noise import noise_level
from lawful.laws.source import Source
from lawful.laws.trend import Trend
from lawful.refusal import Refusal

Array = NDArray[np.float64]


class Follower:
    """One law on one run: readings in, a `Course` out."""

    def __init__(self, gauge: Gauge, scale: float, samples: int, false_alarm: float) -> None:
        # Half of the false alarms are the sum's, half the trend's.
        self._false_alarm = false_alarm / 2
        self.cusum = Cusum(threshold(samples, self._false_alarm))
        self._trend, self._source = Trend(), Source()
        self._slack, self._scale = gauge.slack, scale
        self._doubt, self._leaks = source_doubt(gauge.law), bool(gauge.law.balance)
        self._last: deque[float] = deque(maxlen=LEARNED)
        self._stds: list[float] = []
        self._recent: deque[float] = deque(maxlen=LEARNED)
        self._allowed, self._time = gauge.slack, nan

    def feed(self, times: Array, reading: Reading) -> None:
        """Take the readings of one run, each of shape (time,); those not finite are passed over."""
        held = np.isfinite(times) & np.logical_and.reduce([np.isfinite(r) for r in reading])
        parts = (times[held].tolist(), *(r[held].tolist() for r in reading))
        for time, value, std, source, source_std in zip(*parts, strict=True):
            self._take(time, value, std, source, source_std)

    def _take(
        self, time: float, value: float, std: float, source: float, source_std: float
    ) -> None:
        wander = 0.0
        if self._leaks:
            step = time - self._time if isfinite(self._time) else 0.0
            self._source.update(time, source)
            value -= self._source.added
            trust = abs(self._source.added) * self._doubt + self._source.doubt
            self._allowed = max(self._allowed, self._slack + trust)
            wander = (step * source_std * self._scale) ** 2
        # A noisy sample gives a noisy std, and its error goes with the sample's own.
        self._recent.append(std * std)
        std = max(std, sqrt(sum(self._recent) / len(self._recent)))
        # Without noise any departure beyond the slack is certain; a hundredth
        # of the slack stands in for the noise.
        std = max(std * self._scale, self._allowed / 100, 1e-150)
        self.cusum.update(time, value, std, self._allowed, wander)
        self._trend.update(time, value, std)
        self._last.append(value)
        self._stds.append(std)
        self._time = time

    def course(self, run: str) -> Course:
        """What was seen so far."""
        trend, learned = self._trend, self.cusum.learned
        low, high = trend.interval()
        return Course(
            run,
            trend.samples,
            self.cusum.level if learned else nan,
            float(np.median(self._stds)) if self._stds else nan,
            tuple(Excursion(**asdict(e)) for e in self.cusum.excursions),
            trend.slope,
            low,
            high,
            learned and trend.differs(self._false_alarm, self._allowed),
            sum(self._last) / len(self._last) - self.cusum.level if learned else nan,
        )


class Watch:
    """Laws watched on one run as its samples come.

    Parameters
    ----------
    laws
        Laws, or all of a search's findings.
    noise
        Standard deviation of the measurement noise by column. Where it is not
        given, the first `learn` samples give it, and are judged after that.
    false_alarm
        The chance that any of the laws alarms within `samples` samples though
        all hold.
    tolerance
        How far a law may stray, as a share of its spread between runs; what it
        strayed where it was found when not given (`lawful.laws.gauge.slack`).
    samples
        The length that `false_alarm` speaks of.
    learn
        How many samples teach the noise.

    Examples
    --------
    >>> law = Law("energy", "v**2/2 + 2*x**2", "", "exact", 1.0, 0.0, 0.01, 0.0)
    >>> watch = Watch([law], noise={"x": 0.0, "v": 0.0})
    >>> t = np.arange(100) / 10
    >>> kick = np.where(t < 5, 1.0, 1.2)
    >>> watch.update(t, {"x": kick * np.cos(2 * t), "v": -2 * kick * np.sin(2 * t)})
    ('energy',)
    >>> watch.courses()["energy"].onset
    5.0
    """

    def __init__(
        self,
        laws: Sequence[Law] | Findings,
        noise: Mapping[str, float] | None = None,
        *,
        false_alarm: float = 1e-3,
        tolerance: float | None = None,
        samples: int = 10_000,
        learn: int = 64,
    ) -> None:
        self.laws = chosen(laws)
        self.columns = needed(self.laws)
        self._settings = (false_alarm / len(self.laws), tolerance, samples)
        self._learn, self._time = learn, -np.inf
        self._gauges: dict[str, Gauge] = {}
        self._followers: dict[str, Follower] = {}
        self._waiting: list[tuple[Array, dict[str, Array]]] = []
        threshold(samples, self._settings[0])
        if noise is not None:
            self._begin({name: float(noise.get(name, 0.0)) for name in self.columns}, None)

    def _begin(
        self, noise: Mapping[str, float], seen: tuple[Array, dict[str, Array]] | None
    ) -> None:
        share, tolerance, samples = self._settings
        for law in self.laws:
            gauge = Gauge(law, noise, slack(law, tolerance))
            scale = 1.0
            if seen is not None:
                gauge, scale_of = fitted(gauge, *seen)
                scale = float(scale_of[0])
            elif not any(noise.values()):
                scale = 0.0
            self._gauges[law.name] = gauge
            self._followers[law.name] = Follower(gauge, scale, samples, share)

    def update(self, times: ArrayLike, values: Mapping[str, ArrayLike]) -> tuple[str, ...]:
        """Take samples; the names of the laws that are broken so far.

        Parameters
        ----------
        times
            Shape (n,) or a number, increasing from update to update.
        values
            By column, each of the shape of `times`, or a number that is fixed.

        Raises
        ------
        Refusal
            Where a column is missing or the times do not increase.
        """
        clock = np.atleast_1d(np.asarray(times, dtype=float))
        refuse_missing(self.columns, values)
        if (np.diff(np.concatenate([[self._time], clock])) <= 0).any():
            raise Refusal("times that do not increase", "increasing times", "sort them first")
        self._time = float(clock[-1]) if clock.size else self._time
        table = {
            name: np.broadcast_to(np.asarray(values[name], dtype=float), clock.shape)
            for name in self.columns
        }
        if self._followers:
            self._feed(clock, table)
        else:
            self._wait(clock, table)
        return tuple(name for name, f in self._followers.items() if f.cusum.excursions)

    def _wait(self, clock: Array, table: dict[str, Array]) -> None:
        self._waiting.append((clock, table))
        clock = np.concatenate([c for c, _ in self._waiting])
        table = {n: np.concatenate([t[n] for _, t in self._waiting]) for n in self.columns}
        if clock.size < self._learn:
            return
        self._waiting = []
        first = {name: array[None, : self._learn] for name, array in table.items()}
        self._begin(column_noise(clock[None, : self._learn], first), (clock[None], first))
        self._feed(clock, table)

    def _feed(self, clock: Array, table: Mapping[str, Array]) -> None:
        for name, follower in self._followers.items():
            follower.feed(clock, self._gauges[name].read(table))

    def courses(self) -> dict[str, Course]:
        """How each law fares so far, by its name; empty while the noise is being learned.

        The drift is tested each time this is called: its false alarms are as
        stated for one call, at the run's end.
        """
        return {name: f.course("live") for name, f in self._followers.items()}


def chosen(laws: Sequence[Law] | Findings) -> tuple[Law, ...]:
    """The laws to watch, with names that tell them apart."""
    found: Iterable[Law] = (*laws.laws, *laws.leaks) if isinstance(laws, Findings) else laws
    result = tuple(found)
    if not result:
        raise Refusal("no laws to watch", "at least one", "find some with: lawful discover FILE")
    names = [law.name for law in result]
    for name in names:
        if names.count(name) > 1:
            raise Refusal(f"two laws named {name!r}", "a name each", "rename one of them")
    return result


def needed(laws: Sequence[Law]) -> tuple[str, ...]:
    """The columns that the laws stand on, sorted."""
    return tuple(sorted({name for law in laws for name in columns(law)}))


def refuse_missing(wanted: Iterable[str], given: Iterable[str]) -> None:
    """Refuse data that lack columns, naming all of them."""
    held = {str(name) for name in given}
    lost = [name for name in wanted if name not in held]
    if lost:
        raise Refusal(
            f"the laws stand on {', '.join(map(repr, lost))}, which the data lack",
            f"these columns beside {', '.join(map(repr, sorted(held)))}",
            "rename the data's columns as they were when the laws were found",
        )


def column_noise(times: Array, table: Mapping[str, Array]) -> dict[str, float]:
    """Noise by column; empty where the sampling does not resolve every column's motion."""
    level = noise_level(times, np.stack([table[name] for name in table], axis=-1))
    known = bool(np.isfinite(level.std).all() and level.resolved.all())
    return dict(zip(table, map(float, level.std), strict=True)) if known else {}


def fitted(gauge: Gauge, times: Array, table: Mapping[str, Array]) -> tuple[Gauge, Array]:
    """The gauge, and the factor on its noise for each run, as the data have them."""
    samples = next(iter(table.values())).shape[1]
    factor = scales(times[:, :samples], gauge.read(table))
    if np.isfinite(factor).any():
        return gauge, np.where(np.isfinite(factor), factor, np.nanmax(factor))
    recorded = gauge.law.noise if np.isfinite(gauge.law.noise) else 0.0
    return Gauge(gauge.law, {}, gauge.slack), np.full(times.shape[0], recorded)
