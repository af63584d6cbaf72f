"""The verdict: what each candidate is worth on runs that did not make it.

    ρ ≈ 1: exact.   λ ≪ 1, set apart by a gap, ρ > 1: approximate.

Significance comes from surrogates, the false discovery rate is controlled, and
where sampling does not resolve the motion ρ means nothing and λ must be small.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from lawful.laws import wording
from lawful.laws.constants import coefficients
from lawful.laws.features import Array, Library, Term, columns_of, roles_of
from lawful.laws.invariants import PRECISION
from lawful.laws.law import Law
from lawful.laws.noise import noise_level
from lawful.laws.search import Candidate, Evidence
from lawful.laws.settings import Settings
from lawful.laws.sums import Joined, Scatter
from lawful.laws.surrogates import (
    FEWEST_RUNS,
    discoveries,
    exchange_halves,
    p_value,
    shift_times,
    two_halves,
)
from lawful.trajectories import Trajectories, clock

RESOLVED = 2.0  # change along runs over noise, below which sampling does not resolve a term
UNRESOLVED_STEADY = 0.01
ROUND_OFF = 1e-10  # λ that simulated numbers may have without noise
EXPLAINED = 5.0  # factor within which noise in Q must be what the variables' noise makes


@dataclass(frozen=True)
class Verdicts:
    """The laws that stand, and what is to be said of those that do not."""

    laws: tuple[Law, ...]
    warnings: tuple[str, ...]


def judged(
    found: list[Candidate],
    evidence: Evidence,
    joined: Joined,
    sums: Scatter,
    library: Library,
    witness: Trajectories,
    settings: Settings,
    rng: np.random.Generator,
) -> Verdicts:
    """Turn candidates into laws; drop those that chance or poor sampling explains."""
    resolved = _resolved(evidence)
    noise = _relative_noise(library, witness) if found else np.zeros(0)
    said = []
    if not resolved:
        said.append(
            "The sampling does not resolve the motion: neighbouring samples look unrelated, so "
            "noise cannot be told from motion. Only relations that hold closely are reported."
        )
    kept = [
        c
        for c in found
        if _is_steady_enough(c, resolved, evidence) and _noise_explains(c, evidence, noise)
    ]
    tests = [_significance(c, sums, library, witness, settings.surrogates, rng) for c in kept]
    stands = discoveries(tests, settings.fdr)
    if not all(stands):
        said.append(
            f"{stands.count(False)} candidate(s) were no steadier than surrogates and were dropped."
        )
    laws = [
        written(c, p, evidence, joined, sums, library, witness, settings, rng)
        for c, p, ok in zip(kept, tests, stands, strict=True)
        if ok
    ]
    return Verdicts(tuple(_named(laws)), tuple(said))


def _resolved(evidence: Evidence) -> bool:
    """Whether the terms that move along runs move by more than noise."""
    pencil = evidence.fit
    ratio = np.diag(pencil.within) / np.diag(pencil.noise)
    first = [k for k, t in enumerate(evidence.terms) if t.stage == 1] or [0]
    return bool(ratio[first].max(initial=0.0) >= RESOLVED) if ratio.size else True


def _is_steady_enough(candidate: Candidate, resolved: bool, evidence: Evidence) -> bool:
    return resolved or evidence.test.within_total(candidate.vector) <= UNRESOLVED_STEADY


def _relative_noise(library: Library, witness: Trajectories) -> Array:
    """Each variable's noise in units of its spread, as gradients count it."""
    values = np.stack([witness[name].values for name in library.variables], axis=-1)
    spread = np.nanstd(values, axis=(0, 1))
    return noise_level(clock(witness), values).std / np.where(spread > 0, spread, 1.0)


def _noise_explains(candidate: Candidate, evidence: Evidence, noise: Array) -> bool:
    """Whether the variables' own noise, carried to Q by its gradient, makes Q's noise.

    Where it makes far less, what looks like noise in Q is motion that the
    sampling does not resolve; where far more, a pole turned noise into anything.
    Round-off is not looked at.
    """
    v = candidate.vector
    rough = float(v @ evidence.fit.noise @ v)
    if not candidate.exact or rough < 10 * PRECISION**2 * float(v @ v):
        return True
    if evidence.test.within_total(v) <= ROUND_OFF:
        return True
    carried = float(np.mean(np.sum((evidence.gradients.field(v) * noise) ** 2, axis=1)))
    return bool(carried / EXPLAINED <= rough <= EXPLAINED * carried)


def _significance(
    candidate: Candidate,
    sums: Scatter,
    library: Library,
    witness: Trajectories,
    surrogates: int,
    rng: np.random.Generator,
) -> float:
    part = sums.restricted(candidate.support)
    if np.unique(part.piece_run).size >= FEWEST_RUNS:
        return p_value(*exchange_halves(part, surrogates, rng))
    if len(candidate.support) == 1:
        return _between_runs(part)
    values = library.restricted(candidate.support).values(columns_of(witness, library))
    held = np.isfinite(values).all(axis=(0, 2))
    return p_value(*shift_times(values[:, held], surrogates, rng))


def _between_runs(part: Scatter) -> float:
    """One-way analysis of variance of the pieces' means by run."""
    groups = [part.piece_mean[part.piece_run == r, 0] for r in np.unique(part.piece_run)]
    if len(groups) < 2:
        return 1.0
    mean = np.concatenate(groups).mean()
    between = sum(g.size * (g.mean() - mean) ** 2 for g in groups) / (len(groups) - 1)
    freedom = sum(g.size - 1 for g in groups)
    inside = sum(((g - g.mean()) ** 2).sum() for g in groups) / max(freedom, 1)
    return float(fdtrc(len(groups) - 1, freedom, between / max(inside, 1e-300)))


def written(
    candidate: Candidate,
    p: float,
    evidence: Evidence,
    joined: Joined,
    sums: Scatter,
    library: Library,
    witness: Trajectories,
    settings: Settings,
    rng: np.random.Generator,
) -> Law:
    """The law of a candidate: refitted on all runs, with its words and numbers."""
    support = candidate.support
    terms = [library.terms[k] for k in support]
    roles = roles_of(witness)
    units = {str(n): str(v.attrs.get("units", "")) for n, v in witness.variables.items()}
    pivot, pivot_value = wording.pivot_of(terms, roles)
    fitted = coefficients(
        joined.restricted(support),
        library.scale[support],
        pivot=pivot,
        pivot_value=pivot_value,
        steady=not candidate.exact,
        confidence=settings.confidence,
        rng=rng,
    )
    constants, symbols, unit = wording.constants(terms, fitted, pivot, units)
    order = _reading_order(terms, pivot)
    ledger = [k for k in order if terms[k].is_ledger]
    order = [k for k in order if k not in ledger]
    ordered, in_order = [terms[k] for k in order], fitted.taken(order)
    balance = wording.expression([terms[k] for k in ledger], fitted.taken(ledger).negated())
    weights = fitted.value * library.scale[support]
    spread, noise = _size(joined.restricted(support), weights)
    drift = _drift(sums.restricted(support), weights, evidence.held_out) / spread
    return Law(
        name=wording.name_of(ordered, roles),
        expression=wording.expression(ordered, in_order),
        latex=wording.latex(ordered, in_order, [symbols[k] for k in order]),
        grade="leaking" if ledger else "exact" if candidate.exact else "approximate",
        noise_ratio=max(evidence.test.noise_ratio(candidate.vector), 0.0),
        within_total=max(evidence.test.within_total(candidate.vector), 0.0),
        p_value=p,
        heldout_drift=drift,
        units=unit,
        constants=constants,
        balance=balance,
        spread=spread,
        noise=noise,
    )


def _reading_order(terms: list[Term], pivot: int) -> list[int]:
    """The pivot, then the terms as simple as it, then the others."""
    simple = terms[pivot].complexity
    return sorted(range(len(terms)), key=lambda k: (k != pivot, terms[k].complexity != simple, k))


def _size(joined: Joined, weights: Array) -> tuple[float, float]:
    """Q's spread between runs (along the run where there is one), and its noise."""
    within, total, noise, _ = joined.matrices()
    between = float(weights @ (total - within) @ weights)
    alone = float(weights @ np.diag(np.diag(within)) @ weights)
    spread = between if between > 1e-12 * alone else max(alone, 1e-300)
    return float(np.sqrt(spread)), float(np.sqrt(max(float(weights @ noise @ weights), 0.0)))


def _drift(sums: Scatter, weights: Array, held_out: NDArray[np.bool_]) -> float:
    """Median over held-out runs of the change of Q from a run's first half to its second."""
    first, second, _ = two_halves(sums.pieces_of(held_out))
    change = np.abs((second[1] - first[1]) @ weights)
    return float(np.median(change)) if change.size else 0.0


def _named(laws: list[Law]) -> list[Law]:
    """Number what has no name, and what shares one."""
    from dataclasses import replace

    out = []
    names = [law.name for law in laws]
    for k, law in enumerate(laws):
        name = law.name or "quantity"
        same = [n or "quantity" for n in names].count(name)
        place = [n or "quantity" for n in names[: k + 1]].count(name)
        out.append(replace(law, name=f"{name} {place}" if same > 1 else name))
    return out
