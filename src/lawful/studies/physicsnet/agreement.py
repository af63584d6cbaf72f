"""What a network learned against what is true, on runs that it never saw.

    |Spearman|(Ê_k, Q)        sample by sample over all test runs, and one mean a run
    R²(Q | Ê_1, …, Ê_k)       of all that hold together; see `peers.span_r2`

"quantity 1", … are the network's own, steadiest first: any function of the true ones.
"learned 1", … are the same turned to what simple terms can say, still without a truth.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.laws.physicsnet.quantities import HOLDS
from lawful.studies.physicsnet.scores import correlation
from lawful.studies.physicsnet.states import measured
from lawful.studies.physicsnet.targets import invariants, truths

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun

Array = NDArray[np.float64]
Table = dict[str, dict[str, float]]


def true_quantities(run: "TrainingRun") -> dict[str, Array]:
    """The true invariants on all runs, each of shape (run, time)."""
    known = truths(run.material)
    return {name: known[name] for name in invariants(run.material.system) if name in known}


def learned_from(run: "TrainingRun") -> NDArray[np.intp]:
    """The runs that were learned from or stopped the training, in order."""
    return np.sort(np.concatenate([run.fitted, run.chosen_by]))


def held(run: "TrainingRun") -> Array:
    """The network's quantities that hold, on all runs: (run, time, k); k may be 0."""
    q = run.trained.quantities(run.material.runs)
    return q[..., np.flatnonzero(np.asarray(run.trained.within_total) <= HOLDS)]


def learned(run: "TrainingRun", *, read_off: bool = True) -> dict[str, Array]:
    """What was learned, by name, on all runs: what holds, and the steadiest at least."""
    q = run.trained.quantities(run.material.runs)
    lambdas = np.asarray(run.trained.within_total)
    shown = [k for k in range(q.shape[-1]) if k == 0 or lambdas[k] <= HOLDS]
    own = {f"quantity {k + 1}": q[..., k] for k in shown}
    targets = run.trained.targets(measured(run)) if read_off else ()
    return {**own, **{one.name: one.values for one in targets}}


def correlations(rows: dict[str, Array], true: dict[str, Array], *, by_run: bool = False) -> Table:
    """|Spearman| of every learned quantity with every true one.

    Examples
    --------
    >>> q = np.arange(8.0).reshape(4, 2)
    >>> correlations({"quantity 1": -q}, {"energy": q**3})
    {'quantity 1': {'energy': 1.0}}
    """
    return {
        name: {key: correlation(values, truth, by_run=by_run) for key, truth in true.items()}
        for name, values in rows.items()
    }


def best(table: Table) -> dict[str, float]:
    """By true invariant, the largest correlation that anything learned has with it."""
    found: dict[str, float] = {}
    for row in table.values():
        for name, value in row.items():
            if np.isfinite(value):
                found[name] = max(found.get(name, 0.0), value)
    return found


def within_total(values: Array) -> float:
    """λ of a quantity along runs: variance within runs over total variance.

    >>> within_total(np.array([[1.0, 1.0], [2.0, 2.0], [np.nan, 3.0]]))
    0.0
    """
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    middle = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / count
    inside, whole = (values - middle)[known], values[known]
    total = float(np.var(whole)) if whole.size else 0.0
    return float(np.mean(inside**2)) / total if total > 0 else float("nan")
