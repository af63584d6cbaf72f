"""What an evaluation of networks says, in words: what was found, how surely, and what to doubt.

Every sentence is made of numbers that were measured; what was not measured is not said.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lawful.report.numbers import counted, number

if TYPE_CHECKING:
    from lawful.studies.physicsnet.discovered import Discovered
    from lawful.studies.physicsnet.evaluation import Evaluation

WANTED_R2 = 0.9999  # below, a formula is not the truth, whatever its form
SURE = 1e-3  # λ above which a quantity is not conserved to speak of

MEASURES = {
    "R²": "1 − Σ(y − ŷ)²/Σ(y − ȳ)² of a formula against the truth, on test runs without noise. A "
    "learned quantity has no offset and factor of its own: both are free. Where no truth is known, "
    "against the network’s quantity on samples held out.",
    "Exact form": "After expansion the formula has the same terms as the true one, up to an "
    "additive constant, and each coefficient is within 1 % of the true one. A learned quantity may "
    "be any sum of true ones and their products: none is more conserved than another.",
    "λ": "The variance of a quantity within runs over its total variance. 0 for what is "
    "conserved and differs between runs, 1 for what tells no run apart from another.",
    "Rank correlation": "Spearman’s, its sign apart, of a learned quantity with a true invariant "
    "on test runs: 1 where each is a rising or falling function of the other.",
    "Drift": "|ΔE|/scale of a forecast: the true energy (or the first invariant, where there is no "
    "energy) of the predicted states against that of the true state at the last sample seen. The "
    "scale is the mean of |E| over runs, or its spread between runs where that is larger. Mean: "
    "over all predicted samples of all test runs. Worst: the largest. Lost: not finite to its end.",
    "Forecast error": "Root mean square of the forecast against the true states, over all samples "
    "after those seen, in spreads of the data.",
    "Complexity": "How many numbers, variables and operations a formula has.",
    "Prediction error": "The same of the next sample alone.",
}
METHODS = {
    "standard": "The same network, trained without the conservation loss (β = 0).",
    "physicsnet": "The network with prediction, conservation and smoothness losses; its forecast "
    "is its own roll-out from the samples that it saw.",
    "held": "The same roll-out, every step put back to where the learned quantities are what they "
    "were when the forecast began.",
    "laws": "The same roll-out, every step put back to where the formulas that were read off are "
    "what they were when the forecast began.",
    "hamiltonian": "A network H(q, p) whose flow is fitted to the same runs (Greydanus, Dzamba "
    "and Yosinski 2019). It is told which variables are positions and which velocities.",
    "integrator": "The system’s true equations, integrated from the last sample seen. No network: "
    "a bound. With noisy data it starts from a noisy state.",
}


def names(evaluations: "Sequence[Evaluation]") -> list[str]:
    """What to call each: the data’s name, or the folder’s where two share their data."""
    plain = [e.run.material.name for e in evaluations]
    if len(set(plain)) == len(plain):
        return plain
    folders = [e.run.place.name if e.run.place else e.run.material.name for e in evaluations]
    if len(set(folders)) == len(folders):
        return folders
    return [f"{name} {k + 1}" for k, name in enumerate(folders)]


def title(evaluations: "Sequence[Evaluation]") -> str:
    """What the page is of."""
    return ", ".join(dict.fromkeys(e.run.material.name for e in evaluations))


def headline(evaluations: "Sequence[Evaluation]") -> str:
    """What was found, and how surely, in one sentence."""
    found = [d for e in evaluations for d in e.discovered]
    many = _many(evaluations)
    asked = [bool(d.exact_form) for d in found if from_truth(d)]
    judged = [d for d in found if not from_truth(d) and d.exact_form is not None]
    said = []
    if asked:
        verb = "has" if sum(asked) == 1 else "have"
        said.append(f"{sum(asked)} of {counted(len(asked), 'formula')}{many} {verb} the exact form")
    if judged:
        laws, of = sum(bool(d.exact_form) for d in judged), len(judged)
        quantities = "learned quantity reads" if of == 1 else "learned quantities read"
        said.append(f"{laws} of {of} {quantities} as a true law{'' if asked else many}")
    if not said:
        said.append(_unjudged(evaluations) + many)
    said += _kept(evaluations)
    start = f"{title(evaluations)}: " if len(evaluations) == 1 else ""
    text = f"{start}{'; '.join(said)}."
    return text[0].upper() + text[1:] if not start else text


def _kept(evaluations: "Sequence[Evaluation]") -> list[str]:
    """How well forecasts keep what they should."""
    drifts = [e.drifts["physicsnet"] for e in evaluations if "physicsnet" in e.drifts]
    if not drifts:
        return []
    if not all(math.isfinite(one.mean) for one in drifts):
        return ["some forecasts are lost"]
    of = {one.of for one in drifts}
    what = plain(of.pop()) if len(of) == 1 else "first invariant"
    worst = " at worst" if len(drifts) > 1 else ""
    mean = percent(max(one.mean for one in drifts))
    return [f"forecasts keep the {what} to {mean} on the mean{worst}"]


def _many(evaluations: "Sequence[Evaluation]") -> str:
    """On how many systems, or in how many trainings."""
    count = len(evaluations)
    systems = {e.run.material.system.name for e in evaluations if e.run.material.system}
    if count == 1:
        return ""
    return f" on {count} systems" if len(systems) == count else f" in {count} trainings"


def _unjudged(evaluations: "Sequence[Evaluation]") -> str:
    """What holds, where no formula could be judged; what was learned, where none was sought."""
    found = [d for e in evaluations for d in e.discovered]
    kept = sum(d.within_total <= SURE for d in found)
    if kept:
        return f"{counted(kept, 'conserved quantity', 'conserved quantities')} read off"
    if found:
        return "nothing conserved was read off"
    count = sum(int(e.run.trained.count) for e in evaluations)
    if count:
        return f"{counted(count, 'conserved quantity', 'conserved quantities')} learned"
    return "nothing conserved was learned"


def percent(share: float) -> str:
    """A share in per cent, two digits; what is infinite is lost.

    >>> percent(0.124), percent(0.00302), percent(float("nan")), percent(float("inf"))
    ('12 %', '0.3 %', '–', 'lost')
    """
    if math.isinf(share):
        return "lost"
    return "–" if math.isnan(share) else f"{number(100.0 * share, 2)} %"


def lead(evaluations: "Sequence[Evaluation]") -> list[str]:
    """What was looked at, a sentence each."""
    return [_looked_at(e, name) for e, name in zip(evaluations, names(evaluations), strict=True)]


def _looked_at(e: "Evaluation", name: str) -> str:
    run = e.run
    sizes = run.material.runs.sizes
    seen = run.settings.observe
    only = f", of which {', '.join(seen)} were seen" if seen else ""
    noise = run.material.noise
    dirt = "" if noise is None else f", {100 * noise:.2g} % noise" if noise else ", no noise"
    count = epochs(e)
    return (
        f"{name}: {counted(sizes['run'], 'run')} of {counted(sizes['time'], 'sample')}{dirt}, "
        f"{counted(len(run.material.runs.data_vars), 'variable')}{only}; {counted(count, 'epoch')} "
        f"in {duration(run.seconds)}, {counted(len(run.test), 'test run')}."
    )


def epochs(e: "Evaluation") -> int:
    """How many were trained."""
    return max((len(values) for values in e.run.history.values()), default=0)


def duration(seconds: float) -> str:
    """A time for reading.

    >>> duration(3.21), duration(75.0), duration(7300.0)
    ('3.2 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{number(seconds, 2)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


# ---------------------------------------------------------------------- what to doubt


def caveats(evaluations: "Sequence[Evaluation]") -> list[str]:
    """What was missed and what to bear in mind, under each one’s name where there are several."""
    from lawful.studies.physicsnet import words

    told = []
    for e, name in zip(evaluations, names(evaluations), strict=True):
        said = [*words.missed(e), *_formulas(e), *_independent(e), *words.caveats(e)]
        start = f"{name}: " if len(evaluations) > 1 else ""
        told += [f"{start}{sentence}" for sentence in said]
    seeds = sorted({int(e.run.settings.seed) for e in evaluations})
    told.append(
        f"One training each (seed {', '.join(map(str, seeds))}): how far another seed would differ "
        "is not known from this page."
    )
    return list(dict.fromkeys(told))


def _formulas(e: "Evaluation") -> list[str]:
    """Formulas whose form is no reproach, and that are not good for all that."""
    told = []
    for d in e.discovered:
        what = plain(d.target)
        if d.exact_form is not False and d.r2 < WANTED_R2:
            told.append(f"{what}: R² is only {r2(d.r2)}.")
        if not from_truth(d) and d.within_total > SURE:
            told.append(f"{what}: not conserved to speak of, λ = {number(d.within_total, 2)}.")
    return told


def _independent(e: "Evaluation") -> list[str]:
    """How many of the quantities asked for hold."""
    count, asked = int(e.run.trained.count), len(e.run.trained.within_total)
    if not 0 < count < asked:
        return []
    verb = "is" if count == 1 else "are"
    return [
        f"Of {counted(asked, 'quantity', 'quantities')} that the network looked for, {count} "
        f"{verb} conserved and independent of the others."
    ]


def best_correlations(e: "Evaluation") -> dict[str, float]:
    """By true invariant, the largest rank correlation of any learned quantity; NaN for none."""
    best: dict[str, float] = {}
    for row in e.correlations.values():
        for true, value in row.items():
            size = abs(float(value))
            held = best.get(true, math.nan)
            best[true] = size if math.isnan(held) or size > held else held
    return best


def from_truth(d: "Discovered") -> bool:
    """Whether a formula is one for a known target, and not for what was learned."""
    return not d.target.startswith("learned")


def plain(name: str) -> str:
    """A quantity’s name for reading.

    >>> plain("angular_momentum"), plain("kinetic"), plain("learned 2"), plain("quantity 1")
    ('angular momentum', 'kinetic energy', 'learned quantity 2', 'own quantity 1')
    """
    if name in ("kinetic", "potential"):
        return f"{name} energy"
    if name.startswith("quantity "):
        return f"own {name}"
    return name.replace("_", " ").replace("learned ", "learned quantity ")


def r2(value: float) -> str:
    """R² with as many nines as it has, never rounded up to 1.

    >>> r2(0.99987), r2(1 - 3e-9), r2(1.0), r2(-2.0), r2(float("nan"))
    ('0.9998', '1 − 3×10⁻⁹', '1', '−2', '–')
    """
    short = 1.0 - value
    if math.isnan(short):
        return "–"
    if short <= 1e-16:
        return "1"
    if short > 0.9999e-4:
        return number(math.floor(1e4 * value + 1e-6) / 1e4 if value > 0 else value, 4)
    return f"1 − {number(short, 1)}"


def together(e: "Evaluation") -> Mapping[str, float]:
    """By true invariant, R² of it as a function of all that was learned and holds."""
    return dict(e.r2)
