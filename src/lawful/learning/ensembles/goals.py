"""What counts as solved: enough answers right, or a loss that is low enough."""

from dataclasses import dataclass

from lawful.learning.samples import Samples
from lawful.refusal import Refusal


@dataclass(frozen=True)
class Goal:
    """Met at the first step at which either holds.

    Attributes
    ----------
    accuracy
        The share of right answers to reach, above 0 up to 1; None where not asked for.
    energy
        The loss to reach, from 0 up; None where not asked for.

    Raises
    ------
    Refusal
        For numbers that cannot be meant.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> Goal.of(datasets.xor())
    Goal(accuracy=1.0, energy=None)
    """

    accuracy: float | None = None
    energy: float | None = None

    def __post_init__(self) -> None:
        if self.accuracy is not None and not 0 < self.accuracy <= 1:
            raise Refusal(f"an accuracy of {self.accuracy}", "a share above 0 up to 1")
        if self.energy is not None and not self.energy >= 0:
            raise Refusal(f"an energy of {self.energy}", "a number from 0 up")

    @classmethod
    def of(cls, samples: Samples) -> "Goal":
        """By the data: its own accuracy for classes; for numbers, a loss of a hundredth."""
        if samples.classes:
            return cls(accuracy=samples.goal)
        return cls(energy=0.01)
