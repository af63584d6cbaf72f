"""Seven optimisers race down one landscape, from the same starts.

    U(x) the loss of one network on one data set;  x₀ drawn by a seed, the same for all

Each has its one step size chosen by the same budget: the same ladder of learning rates,
the same number of trainings of the same length at each rung, on seeds that do not race.
Of the rungs at which none diverged, the one with the least median of final losses is
taken. Momentum and Nesterov keep μ = 0.9, RMSprop ρ = 0.9, Adam β = 0.9 and 0.999, all
untuned. What is compared is this landscape and these steps alone.

Source of the need for equal tuning: Choi et al., arXiv:1910.05446; of the optimisers,
`lawful.learning.optimizers` and `lawful.learning.dynamics`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.landscape import Ground
from lawful.refusal import Refusal
from lawful.studies.intervals import wilson
from lawful.studies.racers import (
    DEGREE,
    FRICTION,
    LADDER,
    LAYERS,
    RACERS,
    SAMPLES,
    TEMPERATURE,
    ground_of,
    looked,
)
from lawful.studies.result import record
from lawful.studies.tuning import Teller, leg_of, run_all, tuned

Array = NDArray[np.float64]
Share = Callable[[float, str], None]

TITLE = "Seven optimisers, tuned by the same budget, race down one landscape from the same starts."


@dataclass(frozen=True, eq=False)
class Race:
    """What the study found.

    Attributes
    ----------
    steps
        When was looked, (k,).
    rates
        The learning rate each racer was given by its tuning.
    losses
        U of each racer, shape (seeds, k); a diverged training ends in infinity.
    final
        U at the end, the mean of the last steps, shape (seeds,).
    tuning
        Median final loss at each rung of the ladder, each of shape (rungs,); infinite where
        any training diverged.
    goal
        The loss that counts as arrived.
    ground
        The landscape on the plane of all paths of the first seed, `ground.plane.path`
        holding all paths one after the other.
    paths
        Where each path falls upon that plane, each of shape (k, 2).
    settings
        What the race was made with.
    """

    steps: Array
    rates: Mapping[str, float]
    losses: Mapping[str, Array]
    final: Mapping[str, Array]
    tuning: Mapping[str, Array]
    goal: float
    ground: Ground
    paths: Mapping[str, Array]
    settings: Mapping[str, Any]

    def wins(self) -> dict[str, int]:
        """How many of the starts each racer ended lowest from."""
        names = list(self.final)
        first = np.stack([self.final[name] for name in names]).argmin(axis=0)
        return {name: int((first == k).sum()) for k, name in enumerate(names)}

    def rows(self) -> list[dict[str, Any]]:
        """A line for each racer, the lowest median first; intervals are of 95 %."""
        wins = self.wins()
        rows = [self._row(name, wins[name]) for name in self.final]
        return sorted(rows, key=lambda row: row["final loss"])

    def _row(self, name: str, wins: int) -> dict[str, Any]:
        final = self.final[name]
        low, high = interval(final, seed=0)
        there = np.asarray(self.losses[name] <= self.goal)
        arrived = np.asarray(there.any(axis=1))
        when = self.steps[there[arrived].argmax(axis=1)]
        share = wilson(int(arrived.sum()), arrived.size)
        return {
            "racer": name,
            "η": self.rates[name],
            "final loss": float(np.median(final)),
            "from": low,
            "to": high,
            "arrived": f"{int(arrived.sum())} of {arrived.size}",
            "share from": share[0],
            "share to": share[1],
            "steps to arrive": float(np.median(when)) if arrived.any() else float("nan"),
            "lowest from": wins,
            "diverged": int((~np.isfinite(final)).sum()),
        }

    def headline(self) -> str:
        """Who was lowest, and how sure that is."""
        first, second = self.rows()[:2]
        seeds = len(next(iter(self.final.values())))
        ahead = int((self.final[first["racer"]] < self.final[second["racer"]]).sum())
        low, high = wilson(ahead, seeds)
        ladder = self.settings["ladder"]
        edge = [name for name, eta in self.rates.items() if eta in (ladder[0], ladder[-1])]
        said = (
            f"{first['racer']} ends lowest, median loss {first['final loss']:.2g} "
            f"({first['from']:.2g} to {first['to']:.2g}) over {seeds} starts; ahead of "
            f"{second['racer']} from {ahead} of {seeds} "
            f"(share {low:.2f} to {high:.2f})."
        )
        if edge:
            said += f" Tuned to the ladder's end, so perhaps not fully: {', '.join(edge)}."
        return said

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        steps = self.settings["steps"]
        return (
            "One landscape and one length of race: another network, data set or number of steps "
            "may have another order.",
            "Only the learning rate is tuned, once for all starts; momenta, decays, friction and "
            "temperature are the usual or said ones, and no rate falls on the way.",
            f"The order after {steps} steps is that of its last twentieth; the map shows one "
            f"start, on a plane that holds {100 * self.ground.plane.share:.0f} % of the paths' "
            "variance.",
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; the landscape's grid is left out."""
        more = {
            "goal": self.goal,
            "tuning": self.tuning,
            "steps": self.steps,
            "losses": self.losses,
            "final": self.final,
            "plane": {"share": self.ground.plane.share, "paths": self.paths},
        }
        return record(self, TITLE, more)


def interval(values: Array, *, seed: int, draws: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of a median, by percentiles.

    Source: B. Efron, Annals of Statistics 7, 1 (1979).

    >>> interval(np.arange(101.0), seed=0)
    (41.0, 59.0)
    """
    chosen = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    medians = np.sort(np.median(values[chosen], axis=1))
    # No straight line between ranks: it would give NaN beside a diverged training's infinity.
    low, high = medians[round(0.025 * (draws - 1))], medians[round(0.975 * (draws - 1))]
    return float(low), float(high)


def study(
    *,
    quick: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    progress: Share | None = None,
    seeds: int | None = None,
    tuning_seeds: int | None = None,
    steps: int | None = None,
    layers: Sequence[int] = LAYERS,
    ladder: Sequence[float] | None = None,
    goal: float = 0.01,
    looks: int = 200,
) -> Race:
    """Tune seven optimisers alike, then race them.

    Parameters
    ----------
    quick
        Fewer seeds, rungs and steps: a look, not a result.
    seed
        The first of the racing seeds; tuning takes those after the last of them.
    jobs
        Processes; see `hands.shared_out`.
    progress
        Called with the part that is done, from 0 to 1, and words.
    seeds, tuning_seeds
        Starts that are raced from, and those at each rung of the ladder.
    steps, looks
        How long each training is, in tuning as in the race, and how often it is looked at.
    layers
        Of the network, one input and one output.
    ladder
        Learning rates that are tried.
    goal
        The loss that counts as arrived.

    Raises
    ------
    Refusal
        For numbers that cannot be meant.

    Examples
    --------
    >>> tiny = study(seeds=2, tuning_seeds=1, steps=20, layers=(1, 4, 1), ladder=[0.01], jobs=1)
    >>> len(tiny.rows()), tiny.losses["Adam"].shape
    (7, (2, 21))
    """
    settings: dict[str, Any] = {
        "quick": quick,
        "seed": seed,
        "seeds": seeds or (4 if quick else 32),
        "tuning_seeds": tuning_seeds or (2 if quick else 5),
        "steps": steps or (300 if quick else 1500),
        "layers": list(layers),
        "data": f"Chebyshev polynomial of degree {DEGREE}, {SAMPLES} points",
        "ladder": list(ladder or (LADDER[::2] if quick else LADDER)),
        "goal": goal,
        "friction": FRICTION,
        "temperature": TEMPERATURE,
    }
    settings["looks"] = min(looks, settings["steps"])
    _check(settings)
    rungs = len(RACERS) * len(settings["ladder"])
    total = rungs * settings["tuning_seeds"] + len(RACERS) * settings["seeds"]
    tell = Teller(total, progress)
    tuning = tuned(settings, jobs, tell)
    rates = {name: settings["ladder"][int(np.argmin(score))] for name, score in tuning.items()}
    return _raced(rates, tuning, settings, jobs, tell)


def _check(settings: Mapping[str, Any]) -> None:
    layers, ladder = settings["layers"], settings["ladder"]
    if layers[0] != 1 or layers[-1] != 1:
        raise Refusal(f"layers {layers}", "one input and one output, such as 1-16-16-1")
    if settings["steps"] < 3 or settings["looks"] < 3:
        raise Refusal(f"{settings['steps']} steps, {settings['looks']} looks", "3 at least")
    if not all(0 < eta < np.inf for eta in ladder):
        raise Refusal(f"a ladder of {ladder}", "learning rates above 0")
    if not settings["goal"] > 0:
        raise Refusal(f"a goal of {settings['goal']}", "a loss above 0")


def _raced(
    rates: Mapping[str, float],
    tuning: Mapping[str, Array],
    settings: Mapping[str, Any],
    jobs: int | None,
    tell: Teller,
) -> Race:
    first = settings["seed"]
    legs = [leg_of(settings, name, eta, s, keep=s == first)
            for name, eta in rates.items()
            for s in range(first, first + settings["seeds"])]  # fmt: skip
    done = run_all(legs, jobs, tell)
    by = {name: [done[leg] for leg in legs if leg.racer == name] for name in rates}
    ground, paths = ground_of({name: runs[0].path for name, runs in by.items()}, legs[0])
    return Race(
        looked(legs[0]).astype(float),
        rates,
        {name: np.stack([one.losses for one in runs]) for name, runs in by.items()},
        {name: np.array([one.final for one in runs]) for name, runs in by.items()},
        tuning,
        settings["goal"],
        ground,
        paths,
        settings,
    )
