"""The search: from scatter matrices to sparse, independent candidates, simplest first.

Terms are admitted stage by stage (degree by degree). At each stage the null
space of the pencil (W, N) is turned to its sparsest basis; candidates that the
held-out runs refute, or whose gradient adds nothing, are dropped. Only when all
stages are done does a second pass look for what is nearly constant, (W, T).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array, Term
from lawful.laws.independence import Gradients
from lawful.laws.invariants import Pencil, null_space, steady_space
from lawful.laws.sparse import Bar, fewest_terms, refit, sparse_vectors

STEADY = 0.5  # λ above which a combination differs too little between runs to be a law
NEARLY = 1e-3  # λ below which a changing combination may be an approximate law
GAP = 30.0  # an approximate law's λ is this many times below the next that is none
SIMPLER = 3.0  # how much steadier than a simpler combination an approximate law must be
NOVEL = 0.02  # share of the gradient that must be new, for numbers without noise
NOVEL_IN_NOISE = 0.12
MOST_CANDIDATES = 60


@dataclass(frozen=True)
class Evidence:
    """What the search looks at: one pencil to fit, one to test, gradients at points.

    `samples` is the number of windows behind the fit; it sets how far from 1
    chance takes a noise ratio. `each` holds, where runs are few, a pencil of all
    runs but one and one of that run, run by run. `relations` are the gradients of
    combinations with one value in all runs: laws are independent on what they leave. `steady` and `nearly` bound λ.
    """

    terms: tuple[Term, ...]
    fit: Pencil
    test: Pencil
    gradients: Gradients
    samples: int
    test_samples: int
    variables: int
    each: tuple[tuple[Pencil, Pencil], ...] = ()
    relations: tuple[Array, ...] = ()
    steady: float = STEADY
    nearly: float = NEARLY

    @property
    def noisy(self) -> bool:
        """Whether measurement noise, not round-off, limits the fit."""
        return float(np.median(np.diag(self.fit.noise))) > 1e-7

    def chance(self, samples: int, deviations: float = 4.0) -> float:
        """How far above 1 a law's ρ may lie: chance, and the bias of curved terms."""
        return 1.0 + deviations * np.sqrt(2.0 / max(samples, 1)) + 0.05


@dataclass(frozen=True)
class Candidate:
    """A combination of terms that may be a law; `vector` is over all terms of the evidence."""

    vector: Array
    exact: bool
    stage: int

    @property
    def support(self) -> list[int]:
        """The terms it uses."""
        return [int(k) for k in np.flatnonzero(self.vector)]


def candidates(evidence: Evidence) -> list[Candidate]:
    """Functionally independent candidates, exact ones first, simplest first."""
    found: list[Candidate] = []
    novel = NOVEL_IN_NOISE if evidence.noisy else NOVEL
    most = evidence.variables - 1

    def is_new(vector: Array) -> bool:
        known = [*evidence.relations, *(evidence.gradients.field(c.vector) for c in found)]
        return len(found) < most and evidence.gradients.novelty(vector, known) > novel

    for exact in (True, False):
        for stage in sorted({term.stage for term in evidence.terms}):
            for candidate in _at_stage(evidence, stage, exact, is_new):
                if is_new(candidate.vector):
                    found.append(candidate)
    return found


def _at_stage(
    evidence: Evidence, stage: int, exact: bool, is_new: Callable[[Array], bool]
) -> Iterator[Candidate]:
    """Candidates among terms up to `stage` that held-out runs do not refute, simplest first."""
    index = [k for k, term in enumerate(evidence.terms) if term.stage <= stage]
    pencil, test = evidence.fit.restricted(index), evidence.test.restricted(index)
    complexity = np.array([evidence.terms[k].complexity for k in index])
    if exact:
        # An eigenvalue is no surer than round-off of the largest; refits are surer.
        basis = null_space(pencil, evidence.chance(evidence.samples, 12), evidence.steady)
        bar = Bar(evidence.chance(evidence.samples))
    else:
        basis, worst = steady_space(pencil, evidence.nearly, GAP)
        bar = Bar(SIMPLER * worst, steady=True)
    # Most of a late stage's null space is products of the laws already found.
    if not any(is_new(_embedded(v, index, evidence)) for v in basis.T):
        return
    blurred = not exact or evidence.noisy
    newest = np.array([evidence.terms[k].stage == stage for k in index])
    # A law not found at an earlier stage has a term of this one.
    anchors = _anchors(basis, newest, complexity)
    if anchors.size == 0:
        return
    tried = set()
    rows = sparse_vectors(basis, anchors, blur=0.03 if blurred else 1e-4)
    trimmed = []
    for anchor, row in zip(anchors, rows, strict=True):
        vector = fewest_terms(pencil, row, int(anchor), bar)
        if vector is not None and (support := tuple(np.flatnonzero(vector))) not in tried:
            tried.add(support)
            trimmed.append((int(complexity[list(support)].sum()), support, vector))
    for _, _, vector in sorted(trimmed, key=lambda item: item[:2]):
        full = _embedded(vector, index, evidence)
        if _holds(evidence, test, vector, exact) and _holds_on_each(evidence, full, exact):
            yield Candidate(full, exact, stage)


def _embedded(vector: Array, index: list[int], evidence: Evidence) -> Array:
    """A combination of the terms in `index` as one of all terms."""
    full = np.zeros(len(evidence.terms))
    full[index] = vector
    return full


def _anchors(basis: Array, newest: NDArray[np.bool_], complexity: Array) -> NDArray[np.intp]:
    """The terms to start from: those of the newest stage that the space reaches, simplest first."""
    reach = np.linalg.norm(basis, axis=1)
    reached = np.flatnonzero(newest & (reach > 0.02 * reach.max(initial=0.0)))
    simple = reached[np.lexsort((reached, -np.round(reach[reached], 3), complexity[reached]))]
    return simple[:MOST_CANDIDATES]


def _holds(evidence: Evidence, test: Pencil, vector: Array, exact: bool) -> bool:
    """Whether held-out runs agree."""
    steady = test.within_total(vector)
    if exact:
        return (
            test.noise_ratio(vector) <= evidence.chance(evidence.test_samples, 6)
            and steady <= evidence.steady
        )
    return steady <= 3 * evidence.nearly


def _holds_on_each(evidence: Evidence, vector: Array, exact: bool) -> bool:
    """Whether every run agrees with the law that the others make.

    A handful of orbits always has relations of its own; a law survives that the
    run it is tested on had no part in it.
    """
    support = [int(k) for k in np.flatnonzero(vector)]
    left: list[float] = []
    for others, own in evidence.each:
        _, full = refit(others, support, steady=not exact)
        scale = full @ evidence.fit.noise @ full if exact else full @ evidence.fit.total @ full
        left.append(float(full @ own.within @ full / max(scale, 1e-300)))
    if not left:
        return True
    worst = evidence.chance(evidence.test_samples, 12) if exact else 3 * evidence.nearly
    return float(np.mean(left)) <= worst
