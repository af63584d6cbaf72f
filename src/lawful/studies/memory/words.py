"""What a study of memory says, in words that the screen and the page share.

>>> percent(0.98512), points(-0.0031)
('98.51 %', '−0.31')
"""

import difflib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lawful.refusal import Refusal
from lawful.studies.memory.scores import Contrast, Score, Summary, contrast

if TYPE_CHECKING:
    from lawful.studies.memory.remembered import Remembered

BOUND = "joint"  # no rival: it keeps everything
APART = ("basins", "dual", "analytic", "plain", "still", "relu")  # a part for each task
NO_TUNING = ("ewc", "si", "lwf", "replay", "derpp")


def named(what: str, name: str, known: Sequence[str]) -> str:
    """The name, if it is one.

    >>> named("scenario", "splt", ("permuted", "split"))
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: unknown scenario 'splt'; expected one of permuted, split; did you \
mean 'split'?
    """
    if name in known:
        return name
    near = difflib.get_close_matches(name.casefold(), known, 1, 0.5)
    raise Refusal(
        f"unknown {what} {name!r}",
        f"one of {', '.join(known)}",
        f"did you mean {near[0]!r}?" if near else "",
    )


def percent(share: float) -> str:
    """A share in per cent, two places; a dash for none."""
    return "–" if math.isnan(share) else f"{points(share)} %"


def points(share: float) -> str:
    """The same without its sign, a true minus, and no minus before a zero."""
    if math.isnan(share):
        return "–"
    text = f"{100 * share:.2f}"
    return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "−")


def scored(score: Score) -> str:
    """A mean with its interval, in per cent.

    >>> scored(Score(0.9851, 0.0021, 3)), scored(Score(0.9, math.nan, 1))
    ('98.51 ± 0.21', '90.00')
    """
    if math.isnan(score.half):
        return points(score.mean)
    return f"{points(score.mean)} ± {points(score.half)}"


def lead(done: "Remembered") -> str:
    """What was learnt, and how, in one sentence."""
    from lawful.studies.memory.methods import METHODS

    study, facts = done.study, done.facts
    seeds = "1 seed" if study.seeds == 1 else f"{study.seeds} seeds"
    gradient = any(name in METHODS for name in done.methods)
    epochs = "1 epoch" if study.epochs == 1 else f"{study.epochs} epochs"
    taught = f", {epochs} a task" if gradient else ""
    return (
        f"{facts.name}, {study.scenario}: {len(done.tasks)} tasks one after the other, "
        f"{facts.train} images of {facts.side} × {facts.side} to learn from, {facts.test} to "
        f"test, {facts.classes} classes{taught}, {seeds}; no task is told at test."
    )


def winner(done: "Remembered") -> Summary:
    """The method of the highest average accuracy; joint training is no rival, if others are."""
    rivals = [one for one in done.summaries if one.method != BOUND] or list(done.summaries)
    return max(rivals, key=lambda one: -1.0 if math.isnan(one.average.mean) else one.average.mean)


def headline(done: "Remembered") -> str:
    """What won, in one sentence."""
    best = winner(done)
    said = f"{best.method} remembers best: {_told(best.average)} on average over "
    said += f"{len(done.tasks)} tasks" if len(done.tasks) > 1 else "the task"
    if not math.isnan(best.forgetting.mean):
        said += f", {points(best.forgetting.mean)} points forgotten"
    said += f", with {thousands(best.parameters)} numbers kept"
    said += f" and {thousands(best.stored)} images stored" if best.stored else ""
    rival = _runner_up(done, best)
    if rival is None:
        return said + "."
    return f"{said}; {rival}."


def _told(score: Score) -> str:
    return percent(score.mean) if math.isnan(score.half) else f"{scored(score)} %"


def thousands(count: float) -> str:
    """A whole number, its thousands set apart.

    >>> thousands(12345.2)
    '12\u202f345'
    """
    return f"{round(count):,}".replace(",", "\u202f")


def _runner_up(done: "Remembered", best: Summary) -> str | None:
    """The next method and how sure the distance to it is."""
    others = [one for one in done.summaries if one.method not in (best.method, BOUND)]
    if not others:
        return None
    second = max(others, key=lambda one: one.average.mean)
    apart = contrast(best.method, second.method, done.histories)
    if math.isnan(apart.difference.half):
        return f"{second.method} is {points(apart.difference.mean)} points behind"
    if apart.told_apart:
        return f"{second.method} is {_gap(apart)} points behind"
    return f"{second.method} cannot be told apart from it ({_gap(apart)} points)"


def _gap(one: Contrast) -> str:
    return scored(one.difference)


def physics(one: Contrast) -> str:
    """What the field is worth, in one sentence.

    >>> physics(Contrast("basins", "plain", Score(0.02, 0.005, 3)))
    'The field is worth 2.00 ± 0.50 points: basins against plain, the same without evolution.'
    >>> physics(Contrast("analytic", "relu", Score(-0.001, 0.005, 3)))
    'The field is worth nothing that these seeds can tell: analytic against relu, the same \
without evolution, −0.10 ± 0.50 points.'
    """
    pair = f"{one.one} against {one.other}, the same without evolution"
    half = one.difference.half
    if math.isnan(half):
        return f"{pair}: {scored(one.difference)} points with one seed, which says little."
    if not one.told_apart:
        return (
            f"The field is worth nothing that these seeds can tell: {pair}, "
            f"{scored(one.difference)} points."
        )
    if one.difference.mean < 0:
        lost = Score(-one.difference.mean, half, one.difference.count)
        return f"The field costs {scored(lost)} points: {pair}."
    return f"The field is worth {scored(one.difference)} points: {pair}."


def caveats(done: "Remembered") -> tuple[str, ...]:
    """What to bear in mind, a sentence each."""
    study, said = done.study, []
    apart = [one.method for one in done.summaries if one.method in APART and one.per_task]
    if apart and study.scenario == "permuted":
        said.append(
            "Permutations are trivially told apart, and a learner with a part of its own for "
            f"each task ({', '.join(apart)}) forgets nothing by construction, at a cost that "
            "grows with the tasks: look at the numbers kept."
        )
    if apart and study.scenario == "rotated":
        said.append("Rotations overlap: telling the tasks apart is the hard part here.")
    if apart and study.scenario == "split":
        said.append(
            f"{_and(apart)} {_s(apart, 'keeps', 'keep')} a part for each task: the cost grows with "
            "the tasks, and an image may fall into another's."
        )
    storing = [one.method for one in done.summaries if one.stored and one.method != BOUND]
    if storing:
        said.append(f"{_and(storing)} {_s(storing, 'stores', 'store')} images; the others do not.")
    if BOUND in done.methods:
        said.append(
            "joint keeps every image and learns all tasks together: a bound for its network, "
            "no rival."
        )
    said += _on_strengths(done)
    if study.seeds == 1:
        said.append("One seed gives no interval: with --seeds 3 there is one.")
    return tuple(said)


def _on_strengths(done: "Remembered") -> list[str]:
    """How the strengths of the baselines came about."""
    held = [name for name in done.methods if name in NO_TUNING]
    if not held:
        return []
    ends = [name for name, one in done.tunings.items() if one.at_an_end]
    if ends:
        return [
            f"The best strength of {_and(ends)} lies at the end of those tried: a still better "
            "one may lie beyond."
        ]
    if done.study.tune:
        return []
    from lawful.studies.memory.strengths import recorded

    study = done.study
    usual = [name for name in held if recorded(study.data, study.scenario, name) is None]
    if not usual:
        return []
    which = _s(usual, "strength", "strengths") + f" of {_and(usual)} {_s(usual, 'is', 'are')}"
    what = _s(usual, "a usual one", "usual ones")
    return [f"The {which} {what}, not chosen for these data: --tune does so."]


def _and(names: Sequence[str]) -> str:
    """Names in a row.

    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _s(names: Sequence[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many
