"""What an evaluation says, in sentences made of its numbers: found, missed, and to bear in mind.

>>> share(0.00302), share(1.5e-6), share(float("inf"))
('0.3 %', '0.00015 %', 'beyond all bounds')
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lawful.studies.physicsnet.agreement import best
from lawful.studies.physicsnet.judging import CHANGE, OWN, STANDARD, Ablation

if TYPE_CHECKING:
    from lawful.studies.physicsnet.discovered import Discovered
    from lawful.studies.physicsnet.evaluation import Evaluation
    from lawful.studies.physicsnet.peers import Side

FOLLOWS = 0.95  # the least rank correlation of a quantity that follows a true one
FEW = 10  # test runs
SAME = 0.01  # R² that two methods may differ by and be alike
METHODS = {
    "physicsnet": "the network",
    "held": "the network, held to what it learned",
    "laws": "the network, held to its formulas",
    "standard": "the network without physics",
    "hamiltonian": "the Hamiltonian network",
    "integrator": "the true equations",
}


def found(e: "Evaluation") -> list[str]:
    """What was found, a sentence each."""
    told = [_formula(d) for d in e.discovered if d.exact_form]
    for name, value in best(_plain(e.correlations)).items():
        if value >= FOLLOWS:
            by_run = best(_plain(e.run_correlations)).get(name, math.nan)
            told.append(
                f"Something learned without a target follows the {name}: rank correlation "
                f"{cut(value)} sample by sample, {cut(by_run)} run by run, on "
                f"{_counted(len(e.run.test), 'test run')}."
            )
    return told + _drifts(e)


def missed(e: "Evaluation") -> list[str]:
    """What was not found, a sentence each."""
    told = []
    for d in e.discovered:
        if d.exact_form is False:
            told.append(f"{d.target}: the true form was not found; R² {cut(d.r2, 4)}.")
    if not e.run.trained.count:
        told.append("Nothing that the network learned holds on runs kept apart.")
    for name, value in best(_plain(e.correlations)).items():
        if value < FOLLOWS:
            told.append(
                f"Nothing learned follows the {name} by itself: rank correlation {cut(value)} at "
                f"most{_together(e, name)}."
            )
    own = e.drifts.get("physicsnet")
    for other in ("standard", "hamiltonian"):
        rival = e.drifts.get(other)
        if own is None or rival is None:
            continue
        if rival.mean < own.mean and share(rival.mean) != share(own.mean):
            told.append(
                f"{_first(METHODS[other])} keeps the {own.of} better: {share(rival.mean)} against "
                f"{share(own.mean)}."
            )
    return told


def caveats(e: "Evaluation") -> list[str]:
    """What to bear in mind, a sentence each."""
    m, drift = e.run.material, next(iter(e.drifts.values()), None)
    told = []
    if m.system is None or m.clean is None:
        told.append("No truth is known: forecasts and formulas are held against the data alone.")
    if m.noise:
        told.append(
            f"The {_counted(e.prefix, 'sample')} that forecasts start from are noisy "
            f"({share(m.noise)}); drift is from the true {drift.of if drift else 'state'} of the "
            "last of them, so a start that is off counts as drift, for the true equations too."
        )
    if drift is not None:
        told.append(f"Drift is a share of the {drift.of}’s {drift.scaled_by}, {drift.scale:.3g}.")
    estimated = [d.floor for d in e.drifts.values() if d.floor > 0]
    if estimated:
        told.append(
            "Rates that are not forecast are estimated from predicted positions; of the true ones "
            f"that alone makes a drift of {share(max(estimated))}."
        )
    if len(e.run.test) < FEW:
        told.append(f"Only {_counted(len(e.run.test), 'test run')}.")
    return [*told, *worth(e.ablations), *e.notes]


def worth(ablations: Sequence[Ablation]) -> list[str]:
    """What the physics is worth, and which loss collapses, by the ablations."""
    by_name = {one.name: one for one in ablations}
    own, told = by_name.get(OWN), []
    standard = by_name.get(STANDARD)
    if own is not None and standard is not None and math.isfinite(own.drift):
        told.append(
            f"Without physics (β = 0) forecasts drift by {share(standard.drift)}, with it by "
            f"{share(own.drift)}; the error of the next sample is {standard.prediction_error:.2g} "
            f"against {own.prediction_error:.2g}. One training each."
        )
    change = by_name.get(CHANGE)
    if change is not None:
        said = "is a constant" if change.constant else "is no constant"
        told.append(
            f"With the plain squared change for a loss the quantity {said}: between runs its head "
            f"spreads over {share(change.spread)} of the data’s spread, λ = "
            f"{change.within_total:.2g}."
        )
    return told


def side(one: "Side") -> str:
    """Where the library of terms wins, and where the network, in one sentence."""
    a, b = one.library, one.learned
    counts = f"{one.system}: of {one.true_count} the library finds {a.count}, the network {b.count}"
    scores = f"the worst R² of a true one is {cut(a.worst, 4)} against {cut(b.worst, 4)}"
    left, right = (-math.inf if math.isnan(x.worst) else x.worst for x in (a, b))
    if left == right == -math.inf:
        return f"{counts}; neither has anything."
    if abs(left - right) <= SAME:
        return f"{counts}; {scores}: alike."
    return f"{counts}; {scores}: {'the library' if left > right else 'the network'} wins."


def _formula(d: "Discovered") -> str:
    r2 = cut(d.r2, 6)
    if d.target.startswith("learned"):
        return f"{d.target} reads {d.formula}: made of {d.truth or 'what is conserved'}, R² {r2}."
    return f"{d.target}: {d.formula}, the true form, R² {r2}."


def _drifts(e: "Evaluation") -> list[str]:
    told = []
    for method, drift in e.drifts.items():
        lost = f"; {_counted(drift.lost, 'forecast')} lost" if drift.lost else ""
        told.append(
            f"Forecasts of {METHODS.get(method, method)} keep the {drift.of} to "
            f"{share(drift.mean)} on the mean, {share(drift.worst)} at worst, from "
            f"{_counted(e.prefix, 'sample')} on {_counted(len(drift.by_run), 'test run')}{lost}."
        )
    return told


def _together(e: "Evaluation", name: str) -> str:
    value = e.r2.get(name, math.nan)
    return "" if math.isnan(value) else f"; all together give it with R² {cut(value, 4)}"


def _plain(table: object) -> "dict[str, dict[str, float]]":
    return {name: dict(row) for name, row in dict(table).items()}  # type: ignore[call-overload]


def share(value: float) -> str:
    """A share in per cent, two digits."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "beyond all bounds"
    digits = f"{100 * value:.2g}"
    plain = f"{float(digits):.12f}".rstrip("0").rstrip(".") if abs(value) > 1e-9 else digits
    return f"{plain} %"


def cut(value: float, places: int = 3) -> str:
    """A number cut after so many places, so that 0.9996 is not 1.

    >>> cut(0.99996), cut(1.0), cut(-2.34567), cut(float("nan"))
    ('0.999', '1.000', '−2.346', '–')
    """
    if math.isnan(value):
        return "–"
    size = 10.0**places
    return f"{math.floor(size * value + 1e-9) / size:.{places}f}".replace("-", "−")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
