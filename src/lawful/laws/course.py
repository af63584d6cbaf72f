"""How one law fared along one run: plain numbers, the same live and from a file."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from lawful.laws.cusum import LEARNED, Excursion


@dataclass(frozen=True)
class Course:
    """How one law fared along one run. Numbers are in Q's unit, times in the clock's.

    Attributes
    ----------
    run
        The run's name.
    samples
        How many samples had a defined, finite Q; the first eight set the level.
    level
        Q as the run's start has it.
    noise
        Median standard deviation of Q's noise.
    excursions
        Where Q left its level: start, end, peak, peak in standard deviations.
    drift, drift_low, drift_high
        Change of Q in a unit of time, with a 95 % interval.
    drifts
        Whether that drift is beyond chance and beyond the slack.
    change
        Mean of the last eight samples, less the level.
    """

    run: str
    samples: int
    level: float
    noise: float
    excursions: tuple[Excursion, ...]
    drift: float
    drift_low: float
    drift_high: float
    drifts: bool
    change: float

    @property
    def broken(self) -> bool:
        """Whether the law broke in this run."""
        return bool(self.excursions) or self.drifts

    @property
    def onset(self) -> float | None:
        """When Q first left its level; None where it did not."""
        return self.excursions[0].start if self.excursions else None

    @property
    def judged(self) -> bool:
        """Whether there were samples enough to judge."""
        return self.samples > LEARNED

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        extra = {"broken": self.broken, "onset": self.onset, "judged": self.judged}
        return {k: _plain(v) for k, v in {**asdict(self), **extra}.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value
