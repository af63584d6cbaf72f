"""What a study of memory measured: means over seeds, with their intervals.

    x̄ ± t s/√n,   t the 97.5 % point of Student's t with n − 1 degrees of freedom

Two methods are compared seed by seed, for seeds share their streams: the interval is that
of the mean difference. Source: Student, "The probable error of a mean", Biometrika 6, 1
(1908).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

CONFIDENCE = 0.95
PHYSICS = (("basins", "plain"), ("dual", "still"), ("analytic", "relu"))
"""A method with a field, and the same without one, of equal size."""


@dataclass(frozen=True)
class Score:
    """A mean over seeds.

    Attributes
    ----------
    mean
        NaN where nothing was measured.
    half
        Half the width of its 95 % interval; NaN of fewer than two values.
    count
        Of how many.
    """

    mean: float
    half: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Score":
        """The mean of the values that are there.

        >>> score = Score.of([0.25, 0.5, 0.75])
        >>> score.mean, round(score.half, 4)
        (0.5, 0.621)
        >>> Score.of([0.9]).half
        nan
        """
        from scipy.special import stdtrit

        held = np.array([value for value in values if math.isfinite(value)], dtype=float)
        if held.size < 2:
            return cls(float(held.mean()) if held.size else math.nan, math.nan, held.size)
        t = float(stdtrit(held.size - 1, 0.5 + CONFIDENCE / 2))
        return cls(
            float(held.mean()), t * float(held.std(ddof=1)) / math.sqrt(held.size), held.size
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Summary:
    """A method over its seeds.

    Attributes
    ----------
    method
        Its name.
    average
        Accuracy over all tasks after the last.
    forgetting, backward, forward
        As `lawful.fields.memory.accuracy` defines them; of no value where not looked.
    seconds
        To train on the whole stream.
    parameters, per_task, stored
        Numbers kept at the end, those that a task adds, images stored; of the first seed.
    """

    method: str
    average: Score
    forgetting: Score
    backward: Score
    forward: Score
    seconds: Score
    parameters: int
    per_task: float
    stored: int

    def to_dict(self) -> dict[str, Any]:
        """Everything but seconds, as JSON keeps it."""
        return {key: value for key, value in asdict(self).items() if key != "seconds"}


def summary(name: str, histories: "Sequence[History]") -> Summary:
    """A method over its seeds."""
    size = histories[0].sizes[-1]
    return Summary(
        name,
        Score.of(one.average for one in histories),
        Score.of(one.forgetting for one in histories),
        Score.of(one.backward for one in histories),
        Score.of(one.forward for one in histories),
        Score.of(float(np.nansum(one.seconds)) for one in histories),
        size.parameters,
        size.per_task,
        size.stored_examples,
    )


@dataclass(frozen=True)
class Contrast:
    """One method against another, seed by seed.

    Attributes
    ----------
    one, other
        Their names.
    difference
        Of their average accuracies, `one` minus `other`.
    """

    one: str
    other: str
    difference: Score

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return abs(self.difference.mean) > self.difference.half

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


def contrast(one: str, other: str, histories: "Mapping[str, Sequence[History]]") -> Contrast:
    """Two methods of a study, seed by seed."""
    pairs = zip(histories[one], histories[other], strict=True)
    return Contrast(one, other, Score.of(a.average - b.average for a, b in pairs))


def contrasts(histories: "Mapping[str, Sequence[History]]") -> tuple[Contrast, ...]:
    """Every method with a field against itself without one, where both were run."""
    both = [(a, b) for a, b in PHYSICS if a in histories and b in histories]
    return tuple(contrast(a, b, histories) for a, b in both)
