"""From trajectories to laws: survey, scatter, search, verdict, words.

    find_laws(runs) -> Findings

The engine sees `Trajectories` and nothing else: no equation, no derivative, no
system's true invariants. See `features`, `scatter`, `invariants`, `search`,
`surrogates` and `constants` for the steps and their sources.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from lawful.laws.features import FUNCTIONS, Library, groups_of, library, roles_of
from lawful.laws.holdout import FEW_RUNS, block_for, folding, gather
from lawful.laws.independence import Gradients
from lawful.laws.invariants import identity, independent_terms
from lawful.laws.law import Findings, Law
from lawful.laws.leaks import leaking, with_ledgers
from lawful.laws.scatter import scatter
from lawful.laws.search import NEARLY, Candidate, Evidence, candidates
from lawful.laws.selection import (
    above_noise,
    apart,
    fewer_terms,
    identities,
    made_up,
    unit_vectors,
)
from lawful.laws.settings import Settings
from lawful.laws.sums import Joined, Scatter
from lawful.laws.survey import Survey, points, survey, witnesses
from lawful.laws.verdict import Verdicts, judged
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check

FEWEST_SAMPLES = 8
MANY_POINTS = 3000  # noise of curved terms is uneven: a mean over few points would miss it


def find_laws(
    runs: Trajectories,
    *,
    degree: int | None = None,
    functions: Sequence[str] = FUNCTIONS,
    noise: float | None = None,
    confidence: float = 0.95,
    fdr: float = 0.05,
    surrogates: int = 199,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Findings:
    """Find what stays the same along each run of `runs`.

    Parameters
    ----------
    runs
        Trajectories on (run, time). More runs that differ in their laws'
        values make the search surer; a single run can only say what holds on it.
    degree
        Largest degree of monomials; by the number of variables when not given.
    functions
        Families of terms beyond monomials: "trig", "log", "inverse", "exp".
    noise
        Measurement noise as a fraction of each variable's spread, where it is
        known; otherwise it is estimated from high-order differences in time.
    confidence
        Of the constants' intervals.
    fdr
        The false discovery rate among the laws reported.
    surrogates
        How many surrogate data sets the p-values rest on.
    seed
        Of surrogates and bootstrap; the same seed gives the same answer.
    progress
        Called with the name of each step.

    Returns
    -------
    Findings
        Laws that are functionally independent, leaks, identities, warnings.

    Raises
    ------
    Refusal
        For settings or data that cannot be meant.

    Examples
    --------
    >>> import numpy as np
    >>> from lawful.trajectories import make
    >>> t, a = np.linspace(0, 10, 200), np.linspace(1, 2, 12)[:, None]
    >>> runs = make({"x": a * np.cos(2 * t), "v": -2 * a * np.sin(2 * t)}, t,
    ...             roles={"x": {"role": "position"}, "v": {"role": "velocity", "of": "x"}})
    >>> [law.expression for law in find_laws(runs, degree=2).laws]
    ['0.5*v**2 + 2*x**2']
    """
    settings = Settings(degree, tuple(functions), noise, confidence, fdr, surrogates, seed)
    say = progress or (lambda step: None)
    say("survey")
    _refuse_useless(check(runs))
    seen = survey(runs, library(runs, degree=degree, functions=functions))
    usable = seen.usable()
    say("scatter")
    folds, segments = folding(seen.runs)
    witness = witnesses(runs, np.random.default_rng(seed))
    block = block_for(seen, usable, witness)
    sums = scatter(runs, usable, folds=folds, segments=segments, block=block)
    return conclude(seen, usable, sums, witness, settings, progress=say)


def _refuse_useless(runs: Trajectories) -> None:
    if any(len(v.dims) > 2 for v in runs.data_vars.values()):
        raise Refusal(
            "a variable with space axes", "variables on (run, time)", "record its observables first"
        )
    samples = int(np.isfinite(np.stack([v.values for v in runs.data_vars.values()])).all(0).sum())
    if samples < FEWEST_SAMPLES:
        raise Refusal(
            f"{samples} complete samples", f"at least {FEWEST_SAMPLES}", "measure longer or denser"
        )


def conclude(
    seen: Survey,
    usable: Library,
    sums: Scatter,
    witness: Trajectories,
    settings: Settings,
    *,
    progress: Callable[[str], None],
) -> Findings:
    """From the sums over runs to `Findings`; of the data, only `witness` is looked at again."""
    # From here on all problems are small and many: threads of BLAS would only wait.
    with threadpool_limits(1, user_api="blas"):
        return _concluded(seen, usable, sums, witness, settings, progress)


def _concluded(
    seen: Survey,
    usable: Library,
    sums: Scatter,
    witness: Trajectories,
    settings: Settings,
    progress: Callable[[str], None],
) -> Findings:
    rng = np.random.default_rng([settings.seed, 1])
    progress("search")
    whole = sums.joined()
    _, every, rough, _ = whole.matrices()
    free = independent_terms(every) if seen.runs > 1 else apart(every, usable)
    keep, drowned = above_noise(free, usable, np.diag(every), np.diag(rough))
    made = [] if drowned or seen.runs == 1 else made_up(usable, keep)
    enough = fewer_terms(keep, usable, float(whole.count.sum()))
    slopes = Gradients.at(points(witness, usable, rng), usable)
    chosen, part = usable.restricted(enough), sums.restricted(enough)
    evidence, joined = _weighed(
        whole.restricted(enough), chosen, slopes, enough, seen, witness, settings
    )
    relations = [slopes.field(identity(every, k, keep)) for k in made]
    vectors = list(groups_of(roles_of(witness), "vector").values())
    evidence = replace(evidence, relations=(*relations, *unit_vectors(evidence, vectors)))
    found = candidates(evidence) if chosen.terms else []
    progress("verdict")
    verdicts = judged(found, evidence, joined, part, chosen, witness, settings, rng)
    return Findings(
        laws=verdicts.laws,
        leaks=_leaks(usable, witness, verdicts, settings, rng),
        identities=identities(usable, keep, made, every),
        library=_said_library(chosen, settings, [*usable.left_out, *drowned]),
        data={"runs": seen.runs, "samples": int(joined.count.sum())},
        warnings=(*_warnings(seen, len(enough), len(keep)), *verdicts.warnings),
        spectrum=_spectrum(evidence, found),
    )


def _weighed(
    joined: Joined,
    chosen: Library,
    slopes: Gradients,
    enough: list[int],
    seen: Survey,
    witness: Trajectories,
    settings: Settings,
) -> tuple[Evidence, Joined]:
    """The evidence for the chosen terms, with the noise that was told or estimated."""
    gradients = slopes.restricted(enough)
    if settings.noise is not None:
        many = points(witness, chosen, np.random.default_rng(settings.seed), MANY_POINTS)
        joined = _told_noise(joined, Gradients.at(many, chosen), settings.noise)
    return gather(joined, chosen, gradients, seen.runs, _nearly(witness)), joined


def _said_library(chosen: Library, settings: Settings, left_out: Sequence[str]) -> dict[str, Any]:
    return {
        "degree": chosen.degree,
        "terms": len(chosen.terms),
        "functions": list(settings.functions),
        "variables": list(chosen.variables),
        "parameters": list(chosen.parameters),
        "left_out": list(left_out),
    }


def _told_noise(joined: Joined, gradients: Gradients, fraction: float) -> Joined:
    """N from a known noise level, carried to the terms by their gradients (first order)."""
    slopes = gradients.values
    noise = fraction**2 * np.einsum("pvk,pvl->kl", slopes, slopes) / len(slopes)
    return replace(joined, noise=joined.noise_count[:, None, None] * noise)


def _nearly(witness: Trajectories) -> float:
    """λ for an approximate law; wider where a velocity is itself an estimate."""
    estimated = any(v.attrs.get("estimated") for v in witness.data_vars.values())
    return 2e-2 if estimated else NEARLY


def _leaks(
    usable: Library,
    witness: Trajectories,
    verdicts: Verdicts,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[Law, ...]:
    """What would be conserved but for friction, on the witness runs."""
    # Where energy is conserved there is nothing left to balance.
    if any("energy" in law.name for law in verdicts.laws):
        return ()
    extended = with_ledgers(witness, usable)
    if extended is None:
        return ()
    runs, bare = extended
    seen = survey(runs, bare)
    usable = seen.usable()
    count = witness.sizes["run"]
    folds, segments = folding(count)
    block = block_for(seen, usable, witness)
    sums = scatter(runs, usable, folds=folds, segments=segments, block=block)
    keep = independent_terms(sums.joined().matrices()[1])
    usable, sums = usable.restricted(keep), sums.restricted(keep)
    joined = sums.joined()
    gradients = Gradients.at(points(runs, usable, rng), usable)
    evidence = gather(joined, usable, gradients, count, 0.0)
    found = leaking(evidence, usable)
    return judged(found, evidence, joined, sums, usable, runs, settings, rng).laws


def _warnings(seen: Survey, searched: int, possible: int) -> Iterator[str]:
    if seen.runs == 1:
        yield (
            "One run: what holds along it may be a law or a relation peculiar to this run; "
            "runs from other starting points would tell."
        )
    elif seen.runs < FEW_RUNS:
        yield (
            f"{seen.runs} runs are few: all served the fit, and the last quarter of each was "
            "held out."
        )
    if searched < possible:
        yield f"Too few samples for {possible} terms: searched the {searched} simplest."


def _spectrum(evidence: Evidence, found: list[Candidate]) -> dict[str, Any]:
    """The eigenvalues among terms of the stages that the laws needed: what the picture shows."""
    if not evidence.terms:
        return {}
    last = max([2, *(c.stage for c in found)])
    index = [k for k, term in enumerate(evidence.terms) if term.stage <= last]
    pencil = evidence.fit.restricted(index)
    return {
        "within_total": [float(max(v, 1e-16)) for v in pencil.steadiest()[0]],
        "noise_ratio": [float(max(v, 1e-4)) for v in pencil.quietest()[0]],
        "terms": len(index),
    }
