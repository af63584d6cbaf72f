"""Leaking quantities: what would be conserved but for a source that can be named.

    Q(t) + Σ_k d_k ∫ v_k² dt = const,   that is  dQ/dt = −Σ_k d_k v_k².

Rayleigh's dissipation (1873) takes energy at a rate quadratic in the speeds. The
running integrals of the squared rates join the library as further terms, and the
same search that finds laws finds the balance: the ledger is conserved. Only
combinations that need such an integral are reported, and Q itself must be new.
"""

import numpy as np
from scipy.integrate import cumulative_simpson

from lawful import units
from lawful.laws.features import Array, Atom, Library, Term, roles_of
from lawful.laws.invariants import null_space
from lawful.laws.noise import noise_level
from lawful.laws.search import NOVEL_IN_NOISE, Candidate, Evidence, held_out_agrees
from lawful.laws.sparse import Bar, fewest_terms, sparse_vectors
from lawful.trajectories import Trajectories, clock

PREFIX = "ledger_of_"
RATES = ("velocity", "angular_velocity")


def with_ledgers(runs: Trajectories, library: Library) -> tuple[Trajectories, Library] | None:
    """The runs and the simple terms of the library, with the integrals of squared rates.

    None where no variable is a rate, or a gap breaks the integrals.
    """
    rates = [n for n, a in roles_of(runs).items() if a.get("role") in RATES]
    if not rates:
        return None
    times = clock(runs)
    ledgers = {PREFIX + n: _integral(times, runs[n].values) for n in rates}
    if not all(np.isfinite(ledger).any() for ledger in ledgers.values()):
        return None
    added = runs.assign(
        {
            name: (("run", "time"), values, {"units": _units(runs, name.removeprefix(PREFIX))})
            for name, values in ledgers.items()
        }
    )
    terms = [t for t in library.terms if t.stage <= 2 and not t.far_fetched]
    terms += [Term(((Atom("ledger", (PREFIX + n,), f"{n}**2"), 1),), 2) for n in rates]
    variables = (*library.variables, *ledgers)
    bare = Library(variables, library.parameters, tuple(terms), library.degree)
    return added, bare


def _units(runs: Trajectories, rate: str) -> str:
    own, time = (str(runs[n].attrs.get("units", "")) for n in (rate, "time"))
    return units.product({own: 2, time: 1}) if own and time and own != time else ""


def _integral(times: Array, rate: Array) -> Array:
    """∫ v² dt from each run's start, less what noise adds to v²; NaN after a gap."""
    noise = float(noise_level(times, rate[..., None]).std[0])
    source = rate**2 - (noise**2 if np.isfinite(noise) else 0.0)
    out = np.full(rate.shape, np.nan)
    for run in range(rate.shape[0]):
        broken = np.flatnonzero(~np.isfinite(source[run]) | ~np.isfinite(times[run]))
        end = int(broken[0]) if broken.size else rate.shape[1]
        if end >= 3:
            out[run, :end] = cumulative_simpson(source[run, :end], x=times[run, :end], initial=0)
    return out


def leaking(evidence: Evidence, library: Library) -> list[Candidate]:
    """Balances: combinations with an integral in them that noise alone changes.

    Parameters
    ----------
    evidence
        On the terms of `with_ledgers`.
    """
    is_ledger = np.array([t.factors[0][0].kind == "ledger" for t in library.terms])
    bar = Bar(evidence.chance(evidence.blocks))
    basis = null_space(evidence.fit, evidence.chance(evidence.blocks, 12), evidence.steady)
    reach = np.linalg.norm(basis, axis=1)
    anchors = np.flatnonzero(is_ledger & (reach > 0.02 * reach.max(initial=1e-300)))
    if basis.shape[1] == 0 or anchors.size == 0:
        return []
    found: list[Candidate] = []
    for anchor, row in zip(anchors, sparse_vectors(basis, anchors, 0.03), strict=True):
        vector = fewest_terms(evidence.fit, row, int(anchor), bar)
        if vector is None or not held_out_agrees(evidence, vector):
            continue
        plain = np.where(is_ledger, 0.0, vector)
        others = (np.where(is_ledger, 0.0, c.vector) for c in found)
        known = [evidence.gradients.field(other) for other in others]
        if evidence.gradients.novelty(plain, known) > NOVEL_IN_NOISE:
            found.append(Candidate(vector, True, 2))
    return found
