"""What came of a training, in a row of numbers, all of test runs.

    λ = variance of Ê within runs over its total variance;   energy drift of its roll-out;
    rank correlation with the energy;   error of the next sample

A quantity has collapsed when its head says the same of every run,

    std between runs of Ê < 5 % of the spread of the data,

both as the network has them, before anything is put in units of its own spread: after that a
constant looks like any other quantity, and what is left of it is noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.store import plain
from lawful.studies.physicsnet.agreement import (
    best,
    correlations,
    learned,
    true_quantities,
    within_total,
)
from lawful.studies.physicsnet.drift import drift_of, quantity_of
from lawful.studies.physicsnet.errors import one_step_error
from lawful.studies.physicsnet.folder import TrainingRun
from lawful.studies.physicsnet.rollouts import asked

if TYPE_CHECKING:
    from lawful.laws.physicsnet import NetSettings

Array = NDArray[np.float64]

OWN, STANDARD, CHANGE = "physics-aware", "standard", "change"
COLLAPSED = 0.05  # of the spread of the data


@dataclass(frozen=True)
class Ablation:
    """One training, and what came of it; every number is of test runs.

    Attributes
    ----------
    name, settings
        Which.
    within_total
        λ of its steadiest quantity.
    constant
        Whether that quantity has collapsed.
    spread
        The widest spread between runs of any of its heads, over that of the data.
    drift, worst
        Of its own roll-out: the mean and the largest; NaN where no energy is known.
    correlation
        The largest |rank correlation|, sample by sample, that anything it learned has with
        the energy, or with the first invariant.
    prediction_error
        Of the next sample, in spreads of the data.
    count
        Quantities that hold and are independent.
    epochs, seconds
        How long it was trained.
    """

    name: str
    settings: "NetSettings"
    within_total: float
    constant: bool
    spread: float
    drift: float
    worst: float
    correlation: float
    prediction_error: float
    count: int
    epochs: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain({**own, "settings": self.settings.to_dict()})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Ablation":
        """The inverse of `to_dict`; null, where a number was, is NaN again."""
        from lawful.laws.physicsnet import NetSettings

        told: dict[str, Any]
        told = {name: float("nan") if v is None else v for name, v in record.items()}
        return cls(**{**told, "settings": NetSettings.from_dict(record["settings"])})


def measure(name: str, run: TrainingRun, seen: int) -> Ablation:
    """What came of a training, on its test runs."""
    m, trained = run.material, run.trained
    rows, width = learned(run), spread(run)
    constant = width < COLLAPSED
    which = asked(run, seen)
    said = trained.forecast(m.runs.isel(run=which), prefix=seen) if which.size else None
    drift = None if said is None else drift_of(m, said, which, seen)
    nan = float("nan")
    return Ablation(
        name,
        run.settings,
        within_total(rows["quantity 1"][run.test]),
        constant,
        width,
        nan if drift is None else drift.mean,
        nan if drift is None else drift.worst,
        _follows(run, rows),
        one_step_error(run),
        int(trained.count),
        len(np.asarray(run.history.get("loss", ()))),
        run.seconds,
    )


def spread(run: TrainingRun) -> float:
    """The widest spread between test runs of any head, over that of the data (as encoded, 1)."""
    trained = run.trained
    q = trained.quantities(run.material.runs.isel(run=run.test))
    heads = q @ np.linalg.pinv(trained.turn.directions)
    known = np.isfinite(heads)
    count = known.sum(axis=1)
    means = np.where(known, heads, 0.0).sum(axis=1) / np.maximum(count, 1)
    means = means[(count > 0).all(axis=1)]
    return float(means.std(axis=0).max()) if len(means) > 1 else float("nan")


def _follows(run: TrainingRun, rows: Mapping[str, Array]) -> float:
    """The best rank correlation with the energy, or the first invariant, on test runs."""
    name = quantity_of(run.material.system)
    true = true_quantities(run)
    if name is None or name not in true:
        return float("nan")
    test = run.test
    table = correlations({k: v[test] for k, v in rows.items()}, {name: true[name][test]})
    return best(table).get(name, float("nan"))
