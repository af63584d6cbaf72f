"""How far a forecast lets go of what should stay the same.

    δ(run, t) = |E(x̂(run, t)) − E₀(run)| / scale,   t after what was seen

E is the system's true energy (its first invariant, where it has none) on the states that are
predicted; E₀ its value on the state without noise of the last sample that was seen. The scale
is one number for all runs: the mean of |E₀|, or the spread of E₀ between runs where that is
larger, for an energy may be near zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.store import plain
from lawful.studies.physicsnet.states import with_rates
from lawful.studies.physicsnet.targets import invariants, values_of
from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    from lawful.studies.physicsnet.material import Material
    from lawful.systems.system import System

Array = NDArray[np.float64]
Places = NDArray[np.intp]

BY_SIZE, BY_SPREAD = "mean size", "spread between runs"


@dataclass(frozen=True, eq=False)
class Drift:
    """The drift of forecasts by one method.

    Attributes
    ----------
    mean
        δ over all predicted samples of all runs; infinite where a forecast is lost.
    worst
        The largest δ.
    by_run
        The mean of each run, shape (run,).
    of
        Of which quantity.
    scale, scaled_by
        What δ is a share of, as a number and in words.
    floor
        The mean δ that the true states have when their rates are estimated as those of the
        forecast are; 0 where no rate is estimated.
    others
        The mean δ of the system's other invariants, each with a scale of its own.
    """

    mean: float
    worst: float
    by_run: Array
    of: str = "energy"
    scale: float = 1.0
    scaled_by: str = BY_SIZE
    floor: float = 0.0
    others: Mapping[str, float] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Runs whose forecast is not finite to its end."""
        return int((~np.isfinite(self.by_run)).sum())

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it; infinite is null."""
        return plain({name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Drift":
        """The inverse of `to_dict`."""
        numbers = {n: _number(record[n]) for n in ("mean", "worst", "scale", "floor")}
        runs = np.array([_number(value) for value in record["by_run"]], dtype=float)
        others = {name: _number(value) for name, value in record["others"].items()}
        return cls(**{**record, **numbers, "by_run": runs, "others": others})


def _number(value: float | None) -> float:
    return float("inf") if value is None else float(value)


def quantity_of(system: "System | None") -> str | None:
    """What drifts are said of: the energy, else the first invariant; None where there is none.

    >>> from lawful.systems import system
    >>> [quantity_of(system(name)) for name in ("orbit", "lotka-volterra", "lorenz")]
    ['energy', "Volterra's", None]
    """
    names = invariants(system)
    return "energy" if "energy" in names else next(iter(names), None)


def drift_of(m: "Material", forecast: Trajectories, which: Places, seen: int) -> Drift | None:
    """The drift of a forecast of the runs `which`; None where it cannot be known.

    Parameters
    ----------
    m
        The runs, without noise, too, and their system.
    forecast
        Of these runs, with their clocks; its first `seen` samples are not looked at.
    which
        Runs that a forecast was asked of. A run without a finite one counts as lost.
    seen
        How many samples were seen.

    Examples
    --------
    >>> from lawful.studies.physicsnet.material import material
    >>> m = material(["spring"], runs=4, samples=60)
    >>> wrong = m.runs.assign(x=1.01 * m.runs.x)
    >>> drift = drift_of(m, wrong, np.arange(4), 10)
    >>> drift.of, 0.005 < drift.mean < 0.02 < drift.worst < 0.1
    ('energy', True)
    """
    name = quantity_of(m.system)
    if name is None or m.system is None or m.clean is None or not which.size:
        return None
    true = m.clean.isel(run=which)
    try:
        said = completed(m, forecast, which, seen)
        shares = _shares(m, name, said, which, seen)
    except Refusal:
        return None  # what it needs was neither forecast nor can be estimated
    if shares is None:
        return None
    lost = np.isinf(shares).any(axis=1)
    with np.errstate(invalid="ignore"):
        by_run = np.where(lost, np.inf, np.nanmean(shares, axis=1))
    scale, words = _scale(_first(m, name, seen))
    return Drift(
        float(np.inf if lost.any() else np.nanmean(shares)),
        float(np.inf if lost.any() else np.nanmax(shares)),
        by_run,
        name,
        scale,
        words,
        _floor(m, name, forecast, true, which, seen),
        dict(_others(m, name, said, which, seen)),
    )


def completed(m: "Material", forecast: Trajectories, which: Places, seen: int) -> Trajectories:
    """What is predicted, after `seen` samples: rates that are not forecast are estimated.

    They are estimated from predicted samples alone, and what is fixed within a run is put
    back.
    """
    whole = m.runs.isel(run=which, time=slice(seen, None))
    later = forecast.isel(time=slice(seen, None))
    later = later.assign_coords({name: whole[name] for name in m.varied})
    return with_rates(later, whole)


def _shares(m: "Material", name: str, said: Trajectories, which: Places, seen: int) -> Array | None:
    """δ, shape (run, time after); NaN beyond a run's end, infinite where a forecast is lost."""
    if m.system is None:
        return None
    first = _first(m, name, seen)
    scale, _ = _scale(first)
    if not scale > 0:
        return None
    values = values_of(m.system, name, said)
    shares = np.abs(values - first[which, None]) / scale
    due = np.isfinite(clock(said))
    return np.where(due, np.where(np.isfinite(shares), shares, np.inf), np.nan)


def _first(m: "Material", name: str, seen: int) -> Array:
    """The true value of each run at the last sample seen, shape (run,)."""
    if m.system is None or m.clean is None:
        raise Refusal(f"the {name} of data whose truth is not known", "a simulation")
    return values_of(m.system, name, m.clean)[:, seen - 1]


def _scale(first: Array) -> tuple[float, str]:
    """What drifts are shares of.

    >>> _scale(np.array([2.0, 2.0])), _scale(np.array([-2.0, 1.0, 1.0]))[1]
    ((2.0, 'mean size'), 'spread between runs')
    """
    size, spread = float(np.nanmean(np.abs(first))), float(np.nanstd(first))
    return (spread, BY_SPREAD) if spread > size else (size, BY_SIZE)


def _floor(
    m: "Material", name: str, forecast: Trajectories, true: Trajectories, which: Places, seen: int
) -> float:
    """What estimated rates alone make of the true states."""
    seen_names = [n for n in forecast.data_vars if n in true.data_vars]
    if len(seen_names) == len(true.data_vars):
        return 0.0
    shares = _shares(m, name, completed(m, true[seen_names], which, seen), which, seen)
    return float("nan") if shares is None else float(np.nanmean(shares))


def _others(
    m: "Material", name: str, said: Trajectories, which: Places, seen: int
) -> "list[tuple[str, float]]":
    found = []
    for other in invariants(m.system):
        if other == name:
            continue
        try:
            shares = _shares(m, other, said, which, seen)
        except Refusal:
            continue
        if shares is not None:
            found.append((other, float(np.nanmean(shares))))
    return found
