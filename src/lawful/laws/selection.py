"""Which terms enter the search, and what holds in every sample and is therefore no law.

A term that simpler ones make up is an identity (cos² + sin² = 1, a copied column,
a unit vector). A term with a pole so near that noise there drowns all else, and
terms beyond what the number of samples can bear, are left out and said.
"""

from collections.abc import Sequence

import numpy as np

from lawful.laws.features import Array, Library
from lawful.laws.invariants import identity, independent_terms
from lawful.laws.search import Evidence

SAMPLES_PER_TERM = 6
DROWNED = 0.3  # share of noise in the variance of a term with a pole, above which it is left out
SAME_EVERYWHERE = 0.9  # λ above which a length that only noise changes is one and the same


def apart(total: Array, usable: Library) -> list[int]:
    """Terms of a single run: on it every law is an identity, so only copies are left out."""
    linear = [k for k, term in enumerate(usable.terms) if term.stage == 1]
    kept = {linear[k] for k in independent_terms(total[np.ix_(linear, linear)])}
    copies = {usable.terms[k].text for k in linear if k not in kept}
    return [
        k for k, term in enumerate(usable.terms) if not copies & {a.text for a, _ in term.factors}
    ]


def above_noise(
    keep: list[int], usable: Library, total: Array, rough: Array
) -> tuple[list[int], list[str]]:
    """Terms apart from those with a pole so near that noise there drowns the rest."""
    drowned = {k for k in keep if usable.terms[k].has_pole and rough[k] > DROWNED * total[k]}
    said = [f"{usable.terms[k].text} (noise near its pole)" for k in sorted(drowned)]
    return [k for k in keep if k not in drowned], said


def fewer_terms(keep: list[int], usable: Library, samples: float) -> list[int]:
    """Whole stages of terms, simplest first, as many as the samples can bear."""
    stages = sorted({usable.terms[k].stage for k in keep})
    fitting = [k for k in keep if usable.terms[k].stage <= stages[0]] if stages else []
    for stage in stages:
        upto = [k for k in keep if usable.terms[k].stage <= stage]
        if len(upto) * SAMPLES_PER_TERM <= samples:
            fitting = upto
    return fitting


def made_up(usable: Library, keep: list[int]) -> list[int]:
    """Simple terms that simpler ones make up in every sample."""
    return [k for k, term in enumerate(usable.terms) if k not in set(keep) and term.stage <= 2]


def unit_vectors(evidence: Evidence, groups: Sequence[Sequence[str]]) -> list[Array]:
    """Gradients of |v|² for vectors whose length noise alone changes, the same in all runs."""
    texts = [term.text for term in evidence.terms]
    fields = []
    for names in groups:
        squares = [texts.index(f"{n}**2") for n in names if f"{n}**2" in texts]
        if len(squares) < max(2, len(names)):
            continue
        length = np.zeros(len(texts))
        length[squares] = evidence.scales[squares]
        quiet = evidence.fit.coarse_ratio(length) <= evidence.chance(evidence.blocks)
        if quiet and evidence.fit.within_total(length) > SAME_EVERYWHERE:
            fields.append(evidence.gradients.field(length))
    return fields


def identities(
    usable: Library, keep: list[int], made_up: list[int], every: Array
) -> tuple[str, ...]:
    """Relations that hold in every sample of every run: said, not searched."""
    said = []
    for k in made_up:
        raw = identity(every, k, keep) / usable.scale
        raw /= -raw[k]
        parts = [
            f"{raw[j]:+.6g}*{usable.terms[j].text}"
            for j in np.flatnonzero(np.abs(raw * usable.scale) > 1e-6 * usable.scale[k])
            if j != k
        ]
        constant = usable.shift[k] - float(raw[keep] @ usable.shift[keep])
        parts += [f"{constant:+.6g}"] if abs(constant) > 1e-9 * usable.scale[k] else []
        said.append(f"{usable.terms[k].text} = " + " ".join(parts).lstrip("+"))
    return tuple(said)
