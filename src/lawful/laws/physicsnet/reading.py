"""From what a network learned to what can be said in symbols.

    min over terms b:  ‖θ(x) b − f(q)‖² / ‖θ(x) b‖²,   f any polynomial of the learned quantities

A network's quantity is some function of the laws, mixed as training left them: never the
energy, but f(E, L). So the question is turned round: which combination of simple terms θ is a
function of the learned quantities? The residual and the total scatter of the terms make the
same eigenproblem as in `invariants`, and its null space is made sparse as there. What is given
back are the values f(q), still the network's own, for symbolic regression to explain.

Related: H. Hotelling, "Relations between two sets of variates", Biometrika 28 (1936) 321.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import columns_of, library
from lawful.laws.invariants import Pencil, independent_terms
from lawful.laws.physicsnet.quantities import (
    HOLDS,
    explained,
    fitted,
    independent,
    polynomials,
    run_means,
)
from lawful.laws.sparse import Bar, fewest_terms, sparse_vectors
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.physicsnet.trained import Trained

Array = NDArray[np.float64]

SAID = 0.02  # share of a combination that the learned quantities may leave unexplained
SLACK = 3.0  # times the least share, to be rid of terms
NOVEL = 0.98  # R² from the targets before, up to which one is new
DEGREE = 3
MOST_SAMPLES = 20_000
STAGES = (1, 2, 3)


@dataclass(frozen=True, eq=False)
class Target:
    """A learned quantity, turned to what simple terms can say.

    Attributes
    ----------
    name
        "learned 1", …
    values
        Shape (run, time), NaN where the network's window does not reach.
    within_total
        λ of the values on the runs given.
    correlation
        With the combination of terms that suggested it; NaN where no terms did.
    suggestion
        That combination's terms, as text.
    """

    name: str
    values: Array
    within_total: float
    correlation: float
    suggestion: tuple[str, ...] = ()


def targets(trained: "Trained", runs: Trajectories) -> tuple[Target, ...]:
    """The learned quantities that hold, one target for each that is independent.

    Parameters
    ----------
    trained
        The network.
    runs
        Trajectories with the observed variables. Others may stand beside (velocities that were
        estimated): terms are made of all.

    Returns
    -------
    tuple of Target
        As many as `trained.count`; those that terms can say first. Empty where nothing holds.
    """
    q = trained.quantities(runs)
    q = q[..., np.flatnonzero(trained.within_total <= HOLDS)]
    if not q.shape[-1] or not trained.count:
        return ()
    found: list[Target] = []
    for values, terms, share in _suggested(q, runs):
        if len(found) == trained.count:
            break
        if _new(values, found):
            name = f"learned {len(found) + 1}"
            correlation = float(np.sqrt(max(1.0 - share, 0.0)))
            found.append(Target(name, values, _steadiness(values), correlation, terms))
    for k in independent(run_means(q)):
        if len(found) < trained.count and _new(q[..., k], found):
            name = f"learned {len(found) + 1}"
            found.append(Target(name, q[..., k], _steadiness(q[..., k]), float("nan")))
    return tuple(found)


def _suggested(q: Array, runs: Trajectories) -> Iterator[tuple[Array, tuple[str, ...], float]]:
    """Functions of q near to combinations of terms, the simplest terms first."""
    whole = library(runs)
    theta = whole.values(columns_of(runs, whole))
    usable = np.isfinite(theta).all((0, 1)) | (np.isfinite(theta).mean((0, 1)) > 0.5)
    held = np.isfinite(q).all(-1) & np.isfinite(theta[..., usable]).all(-1)
    places = np.flatnonzero(held)
    some = places[:: max(places.size // MOST_SAMPLES, 1)]
    flat = q.reshape(-1, q.shape[-1])
    every = _padded(polynomials(flat[places], _degree(q.shape[-1])), places, held.size)
    known = every[some]
    rows = theta.reshape(-1, theta.shape[-1])[some]
    for stage in STAGES:
        index = [k for k, t in enumerate(whole.terms) if usable[k] and t.stage <= stage]
        for vector, share in _combinations(rows[:, index], known):
            wanted = rows[:, index] @ vector
            values = every @ fitted(known, wanted)
            terms = tuple(whole.terms[index[k]].text for k in np.flatnonzero(vector))
            yield values.reshape(held.shape), terms, share


def _padded(rows: Array, places: NDArray[np.intp], size: int) -> Array:
    out = np.full((size, rows.shape[1]), np.nan)
    out[places] = rows
    return out


def _degree(count: int) -> int:
    return DEGREE if count <= 3 else 2


def _combinations(theta: Array, known: Array) -> list[tuple[Array, float]]:
    """Sparse combinations of terms that are functions of what is known, fewest terms first."""
    spread = theta.std(0)
    away = (theta - theta.mean(0)) / np.where(spread > 0, spread, 1.0)
    keep = [k for k in independent_terms(away.T @ away / len(away)) if spread[k] > 0]
    away = away[:, keep]
    left = away - known @ np.stack([fitted(known, column) for column in away.T], axis=1)
    total, rest = away.T @ away / len(away), left.T @ left / len(away)
    pencil = Pencil(rest, total, total, rest)
    shares, vectors = pencil.steadiest()
    basis = vectors[:, shares <= SAID]
    if not basis.shape[1]:
        return []
    basis, _ = np.linalg.qr(basis)
    anchors = np.flatnonzero(np.linalg.norm(basis, axis=1) > 1e-3)
    found: dict[tuple[int, ...], tuple[Array, float]] = {}
    for anchor, row in zip(anchors, sparse_vectors(basis, anchors, 1e-2), strict=True):
        bar = Bar(min(max(SLACK * pencil.within_total(row), SAID / 10), SAID), steady=True)
        vector = fewest_terms(pencil, row, int(anchor), bar)
        if vector is not None:
            full = np.zeros(theta.shape[1])
            full[keep] = vector / spread[keep]
            found.setdefault(tuple(np.flatnonzero(vector)), (full, pencil.within_total(vector)))
    return [found[key] for key in sorted(found, key=lambda key: (len(key), found[key][1]))]


def _new(values: Array, found: list[Target]) -> bool:
    if not found:
        return True
    known = np.stack([one.values for one in found], axis=-1)
    means = run_means(np.concatenate([known, values[..., None]], axis=-1))
    return explained(means[:, :-1], means[:, -1]) < NOVEL


def _steadiness(values: Array) -> float:
    """λ of one quantity along runs."""
    held = np.isfinite(values)
    inside = values - np.nanmean(np.where(held, values, np.nan), axis=1, keepdims=True)
    return float(np.nanvar(inside) / max(np.nanvar(values), 1e-300))
