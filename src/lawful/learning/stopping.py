"""When training ends before its last step, and which weights it keeps.

    patience   no better loss for so many epochs: stop, and take the best weights back
    goal       the accuracy asked for is reached
    NaN        the motion has left the landscape: stop, with the step, the reason, a hint

Source for the first: Prechelt, *Early stopping, but when?* (1998).
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.motion import Dynamics, Motion
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.learning.record import Training

Array = NDArray[Any]


@dataclass(frozen=True)
class Best:
    """The best weights so far, by the loss that is watched.

    Examples
    --------
    >>> best = Best().or_better(0.5, 10, np.zeros(1)).or_better(0.7, 20, np.ones(1))
    >>> best.loss, best.step, best.over(60, patience_steps=50)
    (0.5, 10, True)
    """

    loss: float = math.inf
    step: int = 0
    parameters: Array | None = None

    def or_better(self, loss: float, step: int, parameters: Array) -> "Best":
        """These weights, if their loss is lower."""
        if not loss < self.loss:
            return self
        return replace(self, loss=loss, step=step, parameters=parameters)

    def over(self, step: int, patience_steps: float) -> bool:
        """Whether nothing better came for too long."""
        return step - self.step >= patience_steps


class Diverged(Refusal):
    """Training could not go on; `step` says when, `training` holds what came before."""

    step: int = 0
    training: "Training | None" = None


def diverged(step: int, before: Motion, dynamics: Dynamics) -> Diverged:
    """What to tell the user of a motion that is lost at `step`."""
    largest = float(np.abs(before.x).max())
    reason = f"weights of up to {largest:.1e} before it" if math.isfinite(largest) else "overflow"
    made = Diverged(
        f"training diverged at step {step}: the loss is no longer a number ({reason})",
        remedy=_hint(dynamics),
    )
    made.step = step
    return made


def broken_off(step: int, why: Refusal) -> Diverged:
    """What a step that could not be made becomes: the end of a training, nothing lost."""
    made = Diverged(f"training broke off at step {step}: {why.got}", why.expected, why.remedy)
    made.step = step
    return made


def _hint(dynamics: Dynamics) -> str:
    settings = dynamics.settings
    for name, words in (("learning_rate", "learning rate"), ("time_step", "time step")):
        if name in settings:
            return f"take a smaller {words}: {settings[name] / 10:g} in place of {settings[name]:g}"
    return "take smaller steps"
