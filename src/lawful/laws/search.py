"""The search: from scatter matrices to sparse, independent candidates, simplest first.

Terms are admitted stage by stage (degree by degree). At each stage the null
space of the pencil (W, N) is turned to its sparsest basis; candidates that the
held-out runs refute, or whose gradient adds nothing, are dropped. Only when all
stages are done does a second pass look for what is nearly constant, (W, T).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array, Term
from lawful.laws.independence import Gradients
from lawful.laws.invariants import PRECISION, Pencil, null_space, steady_space
from lawful.laws.sparse import Bar, fewest_terms, grown, pruned, refit, sparse_vectors

STEADY = 0.5  # λ above which a combination differs too little between runs to be a law
NEARLY = 1e-3  # λ below which a changing combination may be an approximate law
GAP = 30.0  # an approximate law's λ is this many times below the next that is none
SLOW = 300.0  # an approximate law's λ is this many times below that of the variables
MOST_CHANCE = 0.8  # chance never excuses more than this
SIMPLER = (3.0, 30.0)  # how much steadier than a simpler combination an approximate law must be
NOVEL = 0.02  # share of the gradient that must be new, for numbers without noise
NOVEL_IN_NOISE = 0.12
MOST_CANDIDATES = 40
LONGEST = 6  # complexity for each variable, above which a formula in noise is not believed
SETTLED = 4  # complexity for each variable, above which a simpler form is still looked for


@dataclass(frozen=True)
class Evidence:
    """What the search looks at: one pencil to fit, one to test, gradients at points.

    Attributes
    ----------
    terms, scales
        What is searched, and the spread of each raw term.
    fit, test
        The matrices of the runs that make a law and of those that test it.
    gradients
        Of all terms at sample points, for functional independence.
    held_out
        Which folds the test rests on.
    blocks, test_samples, test_blocks
        How many numbers stand behind a ratio: they set how far from 1 chance takes it.
    groups
        C and N of every held-out fold.
    each
        Where runs are few: pencils of all runs but one and of that run, run by run.
    relations
        Gradients of combinations with one value in all runs; laws are to be
        independent on what they leave.
    steady, nearly
        Bounds of λ for exact and approximate laws.
    """

    terms: tuple[Term, ...]
    scales: Array
    fit: Pencil
    test: Pencil
    gradients: Gradients
    held_out: NDArray[np.bool_]
    blocks: int
    test_samples: int
    test_blocks: int
    variables: int
    groups: tuple[tuple[Array, Array], ...] = ()
    each: tuple[tuple[Pencil, Pencil], ...] = ()
    relations: tuple[Array, ...] = ()
    steady: float = STEADY
    nearly: float = NEARLY

    @property
    def slow_limit(self) -> float:
        """λ under which an approximate law may lie: far below that of a merely slow variable."""
        first = [k for k, term in enumerate(self.terms) if term.stage == 1]
        own = np.diag(self.fit.within)[first] / np.diag(self.fit.total)[first]
        return min(self.nearly, float(np.median(own)) / SLOW) if first else self.nearly

    @property
    def noisy(self) -> bool:
        """Whether measurement noise, not round-off, limits the fit."""
        return float(np.median(np.diag(self.fit.noise))) > 1e-7

    def complexity(self, support: list[int]) -> int:
        """How much there is to write in a combination of these terms."""
        return sum(self.terms[k].complexity for k in support)

    def is_new(self, vector: Array, found: "list[Candidate]") -> bool:
        """Whether the gradient of `vector` has a part that those of `found` do not span."""
        if len(found) >= self.variables - 1:
            return False
        known = [*self.relations, *(self.gradients.field(c.vector) for c in found)]
        novel = NOVEL_IN_NOISE if self.noisy else NOVEL
        return self.gradients.novelty(vector, known) > novel

    def chance(self, samples: int, deviations: float = 4.0) -> float:
        """How far above 1 a law's ρ may lie: chance, and the bias of curved terms."""
        return 1.0 + min(deviations * np.sqrt(2.0 / max(samples, 1)), MOST_CHANCE) + 0.05


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
    """Functionally independent candidates: exact ones, simplest first, then steady ones."""
    exact = _independent(evidence, _pool(evidence, True, []), [])
    nearly = _independent(evidence, _pool(evidence, False, exact), exact)
    return exact + sorted(nearly, key=lambda c: evidence.fit.within_total(c.vector))


def _pool(evidence: Evidence, exact: bool, found: list[Candidate]) -> list[Candidate]:
    """All candidates of one grade, pass by pass, until nothing new is to be found."""
    pool: list[Candidate] = []
    for far_fetched, stage in sorted({(t.far_fetched, t.stage) for t in evidence.terms}):
        settled = [
            c
            for c in (*found, *_independent(evidence, pool, found))
            if evidence.complexity(c.support) <= SETTLED * evidence.variables
        ]
        if len(settled) < evidence.variables - 1:
            pool += _at_stage(evidence, (far_fetched, stage), exact, settled)
    return pool


def _independent(
    evidence: Evidence, pool: list[Candidate], found: list[Candidate]
) -> list[Candidate]:
    """The simplest candidates whose gradients are not in the span of simpler ones'."""
    kept: list[Candidate] = []
    for candidate in sorted(pool, key=lambda c: (evidence.complexity(c.support), c.support)):
        if evidence.is_new(candidate.vector, [*found, *kept]):
            kept.append(candidate)
    return kept


def _at_stage(
    evidence: Evidence, stage: tuple[bool, int], exact: bool, settled: list[Candidate]
) -> Iterator[Candidate]:
    """Candidates among terms up to `stage` that held-out runs do not refute."""
    index = [k for k, t in enumerate(evidence.terms) if _admitted(t, stage)]
    pencil, test = evidence.fit.restricted(index), evidence.test.restricted(index)
    complexity = np.array([evidence.terms[k].complexity for k in index])
    if exact:
        # An eigenvalue is no surer than round-off of the largest; refits are surer.
        basis = null_space(pencil, evidence.chance(evidence.blocks, 12), evidence.steady)
        bar = Bar(evidence.chance(evidence.blocks))
    else:
        basis, worst, beyond = steady_space(pencil, evidence.slow_limit, GAP)
        if evidence.gradients.restricted(index).rank(basis) >= evidence.variables:
            return  # where every direction is steady, nothing moves and nothing is conserved
        bar = Bar(_simple_enough(worst, min(beyond, evidence.slow_limit)), steady=True)
    # Most of a late stage's null space is products of the laws already found.
    if not any(evidence.is_new(_embedded(v, index, evidence), settled) for v in basis.T):
        return
    blurred = not exact or evidence.noisy
    newest = np.array(
        [(evidence.terms[k].far_fetched, evidence.terms[k].stage) == stage for k in index]
    )
    # A law not found at an earlier stage has a term of this one.
    anchors = _anchors(basis, newest, complexity)
    if anchors.size == 0:
        return
    tried = set()
    rows = sparse_vectors(basis, anchors, blur=0.03 if blurred else 1e-4)
    for anchor, row in zip(anchors, rows, strict=True):
        vector = fewest_terms(pencil, row, int(anchor), bar)
        if evidence.noisy and _is_long(vector, complexity, evidence):
            other = grown(pencil, row, int(anchor), bar)
            vector = vector if other is None else pruned(pencil, other, int(anchor), bar)
        if vector is None or (support := tuple(np.flatnonzero(vector))) in tried:
            continue
        tried.add(support)
        if evidence.noisy and int(complexity[list(support)].sum()) > LONGEST * evidence.variables:
            continue
        full = _embedded(vector, index, evidence)
        if (
            _holds(evidence, test, vector, exact)
            and _holds_in_groups(evidence, full, exact)
            and _holds_on_each(evidence, full, exact)
        ):
            yield Candidate(full, exact, stage[1])


def _simple_enough(worst: float, beyond: float) -> float:
    """λ up to which a simpler combination stands for the steadiest ones, up to `worst`.

    With many terms and few runs these are steadier than any law is: they fit each run's small
    change as well. A wide gap to what is or may be no law, `beyond`, leaves room; in its
    logarithm a third.

    >>> [f"{_simple_enough(1e-9, beyond):.0e}" for beyond in (3e-8, 1e-6, 1e-3)]
    ['3e-09', '1e-08', '3e-08']
    """
    least, most = SIMPLER
    return worst * float(np.clip(np.cbrt(beyond / worst), least, most)) if worst else 0.0


def held_out_agrees(evidence: Evidence, vector: Array) -> bool:
    """Whether the held-out runs, group by group, see only noise in an exact candidate."""
    return (
        _holds(evidence, evidence.test, vector, True)
        and _holds_in_groups(evidence, vector, True)
        and _holds_on_each(evidence, vector, True)
    )


def _is_long(vector: Array | None, complexity: Array, evidence: Evidence) -> bool:
    return vector is None or bool(complexity[np.flatnonzero(vector)].sum() > 2 * evidence.variables)


def _admitted(term: Term, stage: tuple[bool, int]) -> bool:
    """Whether a term takes part in a pass."""
    far_fetched, most = stage
    return term.stage <= most and (far_fetched or not term.far_fetched)


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
            and test.coarse_ratio(vector) <= evidence.chance(evidence.test_blocks, 6)
            and steady <= evidence.steady
        )
    return steady <= 3 * evidence.nearly


def _holds_in_groups(evidence: Evidence, vector: Array, exact: bool) -> bool:
    """Whether ρ ≈ 1 in the ordinary group of runs, each weighing the same.

    Where noise is far from even (a logarithm near zero), a few loud runs would
    drown what all the others say.
    """
    if not exact:
        return True
    support = np.flatnonzero(vector)
    v, block = vector[support], np.ix_(support, support)
    ratios = [
        float(v @ w[block] @ v / (v @ n[block] @ v + PRECISION**2 * (v @ v)))
        for w, n in evidence.groups
    ]
    return float(np.mean(ratios)) <= evidence.chance(evidence.test_blocks, 6)


def _holds_on_each(evidence: Evidence, vector: Array, exact: bool) -> bool:
    """Whether every run agrees with the law that the others make.

    A handful of orbits always has relations of its own; a law survives that the
    run it is tested on had no part in it.
    """
    support = [int(k) for k in np.flatnonzero(vector)]
    left: list[float] = []
    for others, own in evidence.each:
        _, full = refit(others, support, steady=not exact)
        size, change = (
            (evidence.fit.noise, own.coarse) if exact else (evidence.fit.total, own.within)
        )
        left.append(float(full @ change @ full) / max(float(full @ size @ full), 1e-300))
    if not left:
        return True
    worst = evidence.chance(evidence.test_blocks, 12) if exact else 3 * evidence.nearly
    return float(np.mean(left)) <= worst
