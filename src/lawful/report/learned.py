"""What a study of learning says, in words that the screen and the page share."""

import math
from typing import TYPE_CHECKING

from lawful.report.numbers import counted, number
from lawful.studies.comparison import Architecture, Spread

if TYPE_CHECKING:
    from lawful.studies.learning import Learned, Shown
    from lawful.studies.unseen import Unseen


def headline(done: "Learned") -> str:
    """The result in one sentence."""
    if done.all_diverged:
        return "Every training diverged."
    name = done.material.samples.name or "The data"
    best = foremost(done)
    if math.isnan(best.rate):
        return f"{name}: {best.name} ends lowest, with the energy {spread(best.final_energy)}."
    steps = counted(round(best.steps_to_solution.median), "step") if best.solved else ""
    if best.trainings == 1:
        return f"{name}: {best.name} {f'solves it in {steps}' if steps else 'does not solve it'}."
    said = f"{name}: {best.name} solves it in {solved(best)} trainings"
    median = ", by the median in" if best.solved > 1 else ", in"
    return f"{said}{f'{median} {steps}' if steps else ''}."


def foremost(done: "Learned") -> Architecture:
    """The best architecture: by success, then speed, then smallness; by energy for numbers."""
    rated = [one for one in done.architectures if not math.isnan(one.rate)]
    if rated:
        return max(rated, key=_merit)
    return min(done.architectures, key=lambda one: _known(one.final_energy.median))


def _merit(one: Architecture) -> tuple[float, float, float]:
    """Success first, then speed, then smallness."""
    return one.rate, -_known(one.steps_to_solution.median), -float(one.parameters)


def _known(value: float) -> float:
    return math.inf if math.isnan(value) else value


def lead(done: "Learned") -> str:
    """What was learned, and how, in one sentence."""
    samples, training = done.material.samples, done.lesson.training
    kind = (
        f"{len(samples.classes)} classes" if samples.classes else counted(samples.outputs, "number")
    )
    optimizer = str(training.optimizer).replace("_", " ").replace("-", " ")
    batch = f"mini-batches of {training.batch}" if training.batch else "all samples at a step"
    length = (
        counted(training.steps, "step")
        if training.steps
        else counted(training.epochs or 0, "epoch")
    )
    first = done.lesson.seed
    seeds = done.lesson.seeds or 1
    drawn = f"seed {first}" if seeds == 1 else f"seeds {first} to {first + seeds - 1}"
    return (
        f"{counted(samples.size, 'sample')} of {counted(samples.inputs, 'input')}, {kind}. "
        f"{counted(len(done.architectures), 'architecture')}, "
        f"{counted(len(done.cells), 'training')} with {drawn}: {optimizer}, {batch}, {length}."
    )


def meaning(done: "Learned") -> str:
    """What counts as solved."""
    where = "set aside" if done.lesson.training.validation else "learned from"
    return f"{number(100 * done.cells[0].goal, 4)} % of the samples {where} are right at the end"


def solved(one: Architecture) -> str:
    """How many trainings reached the goal."""
    return "–" if math.isnan(one.rate) else f"{one.solved} of {one.trainings}"


def rate(one: Architecture) -> str:
    """The success rate with its interval, in per cent."""
    if math.isnan(one.rate):
        return "–"
    low, high = (100 * bound for bound in one.interval)
    return f"{100 * one.rate:.3g} % [{low:.0f}, {high:.0f}]"


def spread(values: Spread, digits: int = 3) -> str:
    """A median with its quartiles; the value alone where there is but one."""
    if values.count == 0:
        return "–"
    middle = number(values.median, digits)
    if values.count == 1:
        return middle
    return f"{middle} [{number(values.low, digits)}, {number(values.high, digits)}]"


def share(values: Spread) -> str:
    """A mean share and its standard deviation, in per cent."""
    if values.count == 0:
        return "–"
    mean = f"{100 * values.mean:.4g}"
    return f"{mean} %" if values.count == 1 else f"{mean} ± {100 * values.deviation:.2g} %"


def seen(unseen: "Unseen") -> str:
    """How the network did on unseen inputs, as a phrase."""
    if not math.isnan(unseen.accuracy):
        right = round(unseen.accuracy * unseen.size)
        low, high = (100 * bound for bound in unseen.interval)
        return (
            f"{right} of {unseen.size} right, {100 * unseen.accuracy:.4g} % [{low:.1f}, {high:.1f}]"
        )
    if not math.isnan(unseen.r2):
        return f"R² = {unseen.r2:.4f}"
    return counted(unseen.size, "answer")


def ledger(one: "Shown") -> str:
    """The energy ledger of a training in one sentence; empty where none was kept."""
    if math.isnan(one.outcome.residual) or not one.outcome.accounts:
        return ""
    start, end = one.outcome.mechanical
    parts = ", ".join(f"{account(k)} {number(v, 3)}" for k, v in one.outcome.accounts.items())
    return (
        f"energy {number(start, 4)} → {number(end, 4)}: {parts}; "
        f"what none of them explains is {one.outcome.residual:.1e} of it at most"
    )


def account(name: str) -> str:
    """An account as it is called.

    >>> account("ledger_friction")
    'friction'
    """
    return name.removeprefix("ledger_").replace("_", " ")
