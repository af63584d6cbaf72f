"""Learning rates chosen alike: every racer tries one ladder, on seeds that do not race.

η = argmin over the ladder of the median final loss, where no training diverged
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.studies.hands import shared_out
from lawful.studies.racers import RACERS, Leg, Ran, run

Array = NDArray[np.float64]
Share = Callable[[float, str], None]


class Teller:
    """Says how many of all trainings are done."""

    def __init__(self, total: int, progress: Share | None) -> None:
        self.total, self.done, self.progress = total, 0, progress

    def one(self) -> None:
        """Another is."""
        self.done += 1
        if self.progress:
            self.progress(self.done / self.total, f"{self.done} of {self.total} trainings")


def tuned(settings: Mapping[str, Any], jobs: int | None, tell: Teller) -> dict[str, Array]:
    """Median final loss at each rung; infinite where any training diverged."""
    first = settings["seed"] + settings["seeds"]
    seeds = range(first, first + settings["tuning_seeds"])
    legs = [leg_of(settings, name, eta, s)
            for name in RACERS for eta in settings["ladder"] for s in seeds]  # fmt: skip
    done = run_all(legs, jobs, tell)
    final = np.array([done[leg].final for leg in legs]).reshape(len(RACERS), -1, len(seeds))
    score = np.where(np.isfinite(final).all(axis=2), np.median(final, axis=2), np.inf)
    return dict(zip(RACERS, score, strict=True))


def leg_of(
    settings: Mapping[str, Any], name: str, eta: float, seed: int, keep: bool = False
) -> Leg:
    """One training of a race with these settings."""
    shape = tuple(settings["layers"])
    return Leg(name, eta, seed, shape, settings["steps"], settings["looks"], keep)


def run_all(legs: Sequence[Leg], jobs: int | None, tell: Teller) -> dict[Leg, Ran]:
    """Every training, wherever it is done."""
    done: dict[Leg, Ran] = {}
    for ran in shared_out(legs, run, jobs=jobs):
        done[ran.leg] = ran
        tell.one()
    return done
