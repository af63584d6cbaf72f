"""From trajectories to laws: survey, scatter, search, verdict, words.

    find_laws(runs) -> Findings

The engine sees `Trajectories` and nothing else: no equation, no derivative, no
system's true invariants. See `features`, `scatter`, `invariants`, `search`,
`surrogates` and `constants` for the steps and their sources.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from lawful.laws.features import FUNCTIONS, Array, Library, groups_of, library, roles_of
from lawful.laws.independence import Gradients
from lawful.laws.invariants import Pencil, identity, independent_terms
from lawful.laws.law import Findings, Law
from lawful.laws.leaks import leaking, with_ledgers
from lawful.laws.scatter import FOLDS, Joined, Scatter, scatter
from lawful.laws.search import NEARLY, STEADY, Candidate, Evidence, candidates
from lawful.laws.survey import Survey, block_length, points, survey, witnesses
from lawful.laws.verdict import Verdicts, judged
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check

FEW_RUNS = 12  # below this, all runs serve the fit and the end of each is held out
SEGMENTS = 4  # stretches of time a run is cut into where runs are too few to hold some out
SAMPLES_PER_TERM = 6
DROWNED = 0.3  # share of noise in the variance of a term with a pole, above which it is left out
FEWEST_SAMPLES = 8


@dataclass(frozen=True)
class Settings:
    """What a search was asked to do; frozen, and kept with its result."""

    degree: int | None = None
    functions: tuple[str, ...] = FUNCTIONS
    noise: float | None = None
    confidence: float = 0.95
    fdr: float = 0.05
    surrogates: int = 199
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise Refusal(f"confidence {self.confidence}", "a number between 0 and 1")
        if not 0 < self.fdr < 1:
            raise Refusal(f"false discovery rate {self.fdr}", "a number between 0 and 1")
        if self.noise is not None and not 0 <= self.noise < 1:
            raise Refusal(
                f"noise {self.noise}", "a fraction of each variable's spread, from 0 to 1"
            )
        if self.surrogates < 19:
            raise Refusal(f"{self.surrogates} surrogates", "at least 19, for p-values of 0.05")


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
    settings = Settings(
        degree, tuple(functions), noise, confidence, fdr, surrogates, seed
    )
    say = progress or (lambda step: None)
    say("survey")
    _refuse_useless(check(runs))
    seen = survey(runs, library(runs, degree=degree, functions=functions))
    usable = seen.usable()
    say("scatter")
    folds, segments = folding(seen.runs)
    witness = witnesses(runs, np.random.default_rng(seed))
    block = block_length(witness)
    sums = scatter(runs, usable, folds=folds, segments=segments, block=block)
    return conclude(seen, usable, sums, witness, settings, progress=say)


def folding(runs: int) -> tuple[int, int]:
    """How many folds, and segments a run, for this many runs."""
    if runs < FEW_RUNS:
        return runs * SEGMENTS, SEGMENTS
    return min(runs, FOLDS), 1


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
    """From the sums over runs to `Findings`; the data are not looked at again but for `witness`."""
    rng = np.random.default_rng([settings.seed, 1])
    progress("search")
    joined = sums.joined()
    _, every, rough, _ = joined.matrices()
    free = independent_terms(every) if seen.runs > 1 else _apart(every, usable)
    keep, drowned = _above_noise(free, usable, np.diag(every), np.diag(rough))
    enough = _fewer_terms(keep, usable, float(joined.count.sum()))
    chosen, joined, sums = usable.restricted(enough), joined.restricted(enough), sums.restricted(enough)
    slopes = Gradients.at(points(witness, usable, rng), usable)
    gradients = slopes.restricted(enough)
    if settings.noise is not None:
        joined = _told_noise(joined, gradients, settings.noise)
    evidence = gather(joined, chosen, gradients, seen.runs, _nearly(witness))
    made_up = [] if drowned or seen.runs == 1 else _made_up(usable, keep)
    groups = list(groups_of(roles_of(witness), "vector").values())
    relations = [slopes.field(identity(every, k, keep)) for k in made_up]
    evidence = replace(evidence, relations=(*relations, *_unit_vectors(evidence, groups)))
    with threadpool_limits(1, user_api="blas"):  # many small problems: threads only wait
        found = candidates(evidence) if chosen.terms else []
    progress("verdict")
    verdicts = judged(found, evidence, joined, sums, chosen, witness, settings, rng)
    return Findings(
        laws=verdicts.laws,
        leaks=_leaks(usable, witness, verdicts, settings, rng),
        identities=_identities(usable, keep, made_up, every),
        library={
            "degree": chosen.degree,
            "terms": len(chosen.terms),
            "functions": list(settings.functions),
            "variables": list(chosen.variables),
            "parameters": list(chosen.parameters),
            "left_out": [*usable.left_out, *drowned],
        },
        warnings=tuple(_warnings(seen, usable, enough, keep) + list(verdicts.warnings)),
        spectrum=_spectrum(evidence, found),
    )


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
    library_ = survey(runs, bare).usable()
    count = witness.sizes["run"]
    folds, segments = folding(count)
    sums = scatter(runs, library_, folds=folds, segments=segments, block=block_length(witness))
    joined = sums.joined()
    keep = independent_terms(joined.matrices()[1])
    library_, joined, sums = (part.restricted(keep) for part in (library_, joined, sums))
    gradients = Gradients.at(points(runs, library_, rng), library_)
    evidence = gather(joined, library_, gradients, count, 0.0)
    found = leaking(evidence, library_, [])
    return judged(found, evidence, joined, sums, library_, runs, settings, rng).laws


def _nearly(witness: Trajectories) -> float:
    """λ for an approximate law; wider where a velocity is itself an estimate."""
    estimated = any(v.attrs.get("estimated") for v in witness.data_vars.values())
    return 2e-2 if estimated else NEARLY


def _fewer_terms(keep: list[int], usable: Library, samples: float) -> list[int]:
    """Whole stages of terms, simplest first, as many as the samples can bear."""
    stages = sorted({usable.terms[k].stage for k in keep})
    fitting = [k for k in keep if usable.terms[k].stage <= stages[0]] if stages else []
    for stage in stages:
        upto = [k for k in keep if usable.terms[k].stage <= stage]
        if len(upto) * SAMPLES_PER_TERM <= samples:
            fitting = upto
    return fitting


def _told_noise(joined: Joined, gradients: Gradients, fraction: float) -> Joined:
    """N from a known noise level, carried to the terms by their gradients (first order)."""
    slopes = gradients.values
    noise = fraction**2 * np.einsum("pvk,pvl->kl", slopes, slopes) / len(slopes)
    return replace(joined, noise=joined.noise_count[:, None, None] * noise)


def gather(
    joined: Joined, chosen: Library, gradients: Gradients, runs: int, nearly: float
) -> Evidence:
    """The evidence: two thirds of the folds to fit, one third to test."""
    held_out = np.zeros(joined.count.size)
    held_out[2::3] = 1.0
    if runs < FEW_RUNS:
        held_out[:] = np.arange(joined.count.size) % SEGMENTS == SEGMENTS - 1
    fit, test = (Pencil.of(joined.matrices(w)) for w in (1.0 - held_out, held_out))
    steady = STEADY
    if runs == 1:
        # One run has no other to differ from: a law must cancel what its terms do.
        fit, test = (
            Pencil(p.within, np.diag(np.diag(p.within)), p.noise, p.coarse) for p in (fit, test)
        )
        steady, nearly = 0.02, 0.0
    each = _one_run_out(joined, runs) if 1 < runs < FEW_RUNS else ()
    windows = joined.noise_count
    return Evidence(
        chosen.terms,
        chosen.scale,
        fit,
        test,
        gradients,
        held_out > 0 if runs >= FEW_RUNS else np.ones(held_out.size, dtype=bool),
        int((1.0 - held_out) @ joined.block_count),
        int(held_out @ windows),
        int(held_out @ joined.block_count),
        len(chosen.variables),
        groups=tuple(
            (joined.coarse[f] / joined.block_count[f], joined.noise[f] / joined.noise_count[f])
            for f in np.flatnonzero(held_out * joined.noise_count > 0)
        ),
        each=each,
        steady=steady,
        nearly=nearly,
    )


def _one_run_out(joined: Joined, runs: int) -> tuple[tuple[Pencil, Pencil], ...]:
    """For each run, the pencil of the others and its own."""
    whose = np.arange(joined.count.size) // SEGMENTS
    return tuple(
        (
            Pencil.of(joined.matrices((whose != run).astype(float))),
            Pencil.of(joined.matrices((whose == run).astype(float))),
        )
        for run in range(runs)
    )


def _apart(total: Array, usable: Library) -> list[int]:
    """Terms of a single run: on it every law is an identity, so only copies are left out."""
    linear = [k for k, term in enumerate(usable.terms) if term.stage == 1]
    kept = {linear[k] for k in independent_terms(total[np.ix_(linear, linear)])}
    copies = {usable.terms[k].text for k in linear if k not in kept}
    return [
        k
        for k, term in enumerate(usable.terms)
        if not copies & {a.text for a, _ in term.factors}
    ]


def _above_noise(
    keep: list[int], usable: Library, total: Array, rough: Array
) -> tuple[list[int], list[str]]:
    """Terms apart from those with a pole so near that noise there drowns the rest."""
    drowned = {k for k in keep if usable.terms[k].has_pole and rough[k] > DROWNED * total[k]}
    said = [f"{usable.terms[k].text} (noise near its pole)" for k in sorted(drowned)]
    return [k for k in keep if k not in drowned], said


def _made_up(usable: Library, keep: list[int]) -> list[int]:
    """Simple terms that simpler ones make up in every sample."""
    return [k for k, term in enumerate(usable.terms) if k not in set(keep) and term.stage <= 2]


def _unit_vectors(evidence: Evidence, groups: list[list[str]]) -> list[Array]:
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
        if quiet and evidence.fit.within_total(length) > 0.9:
            fields.append(evidence.gradients.field(length))
    return fields


def _identities(
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


def _warnings(seen: Survey, usable: Library, enough: list[int], keep: list[int]) -> list[str]:
    said = []
    if seen.runs == 1:
        said.append(
            "One run: what holds along it may be a law or a relation peculiar to this run; "
            "runs from other starting points would tell."
        )
    elif seen.runs < FEW_RUNS:
        said.append(
            f"{seen.runs} runs are few: all served the fit, and the last quarter of each was held out."
        )
    if len(enough) < len(keep):
        said.append(
            f"Too few samples for {len(keep)} terms: searched the {len(enough)} simplest."
        )
    return said


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
