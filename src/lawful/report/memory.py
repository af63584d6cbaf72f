"""The page of a study of memory: one HTML file that needs nothing else.

It opens with what won and how surely, and with what to bear in mind; then numbers, curves,
matrices, the field, how strengths were chosen, what the tasks and measures are, and how to
make it again.
"""

import math
import shlex
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful import __version__
from lawful.report import embedded, strengths
from lawful.report.album import Picture
from lawful.report.memory_album import memory_album
from lawful.report.numbers import counted, number
from lawful.report.plain import listed, table
from lawful.store import Manifest, write_atomically
from lawful.studies.memory import words as say
from lawful.studies.memory.methods import METHODS
from lawful.studies.memory.scores import Score

if TYPE_CHECKING:
    from lawful.studies.memory import Remembered
    from lawful.studies.memory.scores import Summary

SCENARIOS = {
    "permuted": "Every task shows the same images with their pixels in another order, drawn at "
    "random for each task and each seed. The classes stay the same. The input’s "
    "statistics alone give the task away: it is the easiest stream to tell apart, and the one "
    "most often reported.",
    "rotated": "Every task shows the same images turned further. The classes stay the same. "
    "Neighbouring tasks look alike, so that telling them apart is hard, and so is leaving it.",
    "split": "Every task brings classes that were not there before, and at the end a learner must "
    "choose among all of them, without being told which task an image is from "
    "(class-incremental). What has no images of old classes tends to answer with new ones.",
}
MEASURES = {
    "R[i, j]": "accuracy on the test images of task j, after task i was learnt.",
    "Average accuracy": "the mean of the last row: (1/T) Σⱼ R[T, j].",
    "Forgotten": "the mean over all tasks but the last of the best that was ever reached on it "
    "before, minus what is left at the end: (1/(T−1)) Σⱼ (maxᵢ R[i, j] − R[T, j]), i < T. In "
    "percentage points; below 0 where later tasks helped.",
    "Task 1 left": "R[T, 1], the accuracy on the first task at the very end.",
    "Numbers kept": "all that a learner must carry from one task to the next, stored images not "
    "among them; these are counted beside.",
    "±": "half of the 95 % interval of the mean over seeds (Student’s t). Each seed draws tasks, "
    "first weights and the order of images anew.",
}


def write_memory_report(
    done: "Remembered",
    path: str | Path,
    *,
    theme: str = "light",
    manifest: Manifest | None = None,
    left_out: Sequence[str] = (),
    pictures: bool = True,
    animate: bool = False,
    format: str = "png",
    share: Callable[[float], None] | None = None,
) -> Path:
    """Write the report of a study of memory, and draw its pictures beside it.

    Parameters
    ----------
    done
        What `lawful.studies.memory.remember` gave.
    path
        The HTML file; pictures go into the folder `pictures` beside it, and into the page.
    theme
        "light" or "dark", of the page and its pictures.
    manifest
        Who made this; the page then says how to make it again.
    left_out
        What the folder does not hold, a sentence each.
    pictures
        Whether any are drawn.
    animate
        Draw the field on its way as a film, too.
    format
        "png" or "svg", of what stands still.
    share
        Called with the part of the drawing that is done, from 0 to 1.

    Raises
    ------
    Refusal
        Where the file cannot be written.
    """
    place = Path(path)
    drawn: tuple[Picture, ...] = ()
    if pictures:
        folder = place.parent / "pictures"
        drawn = memory_album(done, folder, theme=theme, format=format, animate=animate, share=share)
    write_atomically(place, memory_page(done, drawn, theme, manifest, left_out))
    return place


def memory_page(
    done: "Remembered",
    drawn: Sequence[Picture] = (),
    theme: str = "light",
    manifest: Manifest | None = None,
    left_out: Sequence[str] = (),
) -> str:
    """The report as text."""
    sections = [
        _sentences("To bear in mind", done.caveats, "warnings"),
        _methods(done, _of(drawn, "methods")),
        _physics(done),
        _section("What is forgotten", embedded.album(_of(drawn, "curves"))),
        _matrices(done, _of(drawn, "matrices")),
        _section("The field, seen", "".join(map(embedded.figure, _of(drawn, "field")))),
        _section("How strengths were chosen", strengths.chosen(done.tunings)),
        _tasks(done, _of(drawn, "tasks")),
        _measures(),
        _data(done),
        _again(done, manifest, left_out),
    ]
    title = f"{done.facts.name}, {done.study.scenario}"
    header = f'<h1>{escape(done.headline)}</h1><p class="lead">{escape(say.lead(done))}</p>'
    footer = (
        f"Made by Lawful {__version__}. No method was told the task at test, and nothing was "
        "chosen on test images."
    )
    return embedded.whole(title, theme, header, sections, footer)


def _of(drawn: Sequence[Picture], part: str) -> list[Picture]:
    return [picture for picture in drawn if picture.of == part]


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>" if inside else ""


def _sentences(title: str, sentences: Sequence[str], kind: str = "") -> str:
    if not sentences:
        return ""
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{listed(sentences)}</section>'


def _ranked(done: "Remembered") -> "list[Summary]":
    """Best first; what has no average comes last."""
    return sorted(
        done.summaries,
        key=lambda one: math.inf if math.isnan(one.average.mean) else -one.average.mean,
    )


def first_left(done: "Remembered", name: str) -> Score:
    """What is left of the first task at the end, over seeds."""
    return Score.of(float(one.matrix[-1, 0]) for one in done.histories[name])


def _methods(done: "Remembered", drawn: Sequence[Picture]) -> str:
    head = ["method", "average accuracy, %", "forgotten, points", "task 1 left, %"]
    head += ["numbers kept", "for one more", "images stored", "seconds"]
    rows = []
    for one in _ranked(done):
        left = first_left(done, one.method)
        row = [one.method, say.scored(one.average), say.scored(one.forgetting), say.scored(left)]
        row += [_count(one.parameters), _count(one.per_task), _count(one.stored)]
        rows.append([*row, number(one.seconds.mean, 2)])
    several = done.study.seeds > 1
    over = f"Means over {done.study.seeds} seeds ± 95 % intervals." if several else "One seed."
    words = "".join(
        f"<dt>{escape(one.method)}</dt><dd>{escape(METHODS[one.method].says)}</dd>"
        for one in _ranked(done)
        if one.method in METHODS
    )
    return (
        f'<section><h2>Methods compared</h2>{table(head, rows)}<p class="lead">{escape(over)} '
        "Seconds are of training on all tasks, on the machine that made this.</p>"
        f'<details><summary>What each method is</summary><dl class="words">{words}</dl></details>'
        f"{embedded.album(drawn)}</section>"
    )


def _count(value: float) -> str:
    return f"{round(value):,}".replace(",", "\u202f") if value else "–"


def _physics(done: "Remembered") -> str:
    """The field against the same without a field, where both were run."""
    if not done.contrasts:
        return ""
    kept = {one.method: one for one in done.summaries}
    head = ["physics", "no physics", "difference, points", "average", "without"]
    head += ["numbers kept", "without"]
    rows = [
        [
            *(c.one, c.other, say.scored(c.difference)),
            *(say.scored(kept[name].average) for name in (c.one, c.other)),
            *(_count(kept[name].parameters) for name in (c.one, c.other)),
        ]
        for c in done.contrasts
    ]
    sentences = listed([say.physics(one) for one in done.contrasts])
    return _section(
        "Physics against no physics",
        f"{sentences}{table(head, rows, text=(1,))}"
        '<p class="lead">Differences are taken seed by seed, for seeds share their streams.</p>',
    )


def _matrices(done: "Remembered", drawn: Sequence[Picture]) -> str:
    if len(done.tasks) < 2:
        return ""
    parts = []
    for one in _ranked(done):
        matrix = done.mean_matrix(one.method)
        head = ["after", *(f"{k + 1}" for k in range(len(matrix)))]
        rows = [
            [name, *(say.points(float(share)) for share in row)]
            for name, row in zip(done.tasks, matrix, strict=True)
        ]
        parts.append(f"<h3>{escape(one.method)}</h3>{table(head, rows)}")
    few = f"Drawn are {len(drawn)} of {len(parts)} methods; all are in the tables below."
    some = f'<p class="lead">{few}</p>' if 0 < len(drawn) < len(parts) else ""
    numbers = (
        f"{some}<details><summary>All matrices in numbers, %</summary>{''.join(parts)}</details>"
    )
    return _section("Accuracy matrices", embedded.album(drawn) + numbers)


# ---------------------------------------------------------------------- how it came about


def _tasks(done: "Remembered", drawn: Sequence[Picture]) -> str:
    count = len(done.tasks)
    names = ", ".join(done.tasks[:12]) + (", …" if count > 12 else "")
    words = SCENARIOS.get(done.study.scenario, "")
    how = (
        f"{counted(count, 'task')}, learnt one after the other; before the next comes, the images "
        "of a task are put away, but for those that a method stores. At test no task is told. "
    )
    return _section(
        "What the tasks are",
        f"<p>{escape(how + words)}</p><p class='lead'>{escape(names)}</p>{embedded.album(drawn)}",
    )


def _measures() -> str:
    words = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in MEASURES.items()
    )
    return _section("What the numbers mean", f'<dl class="words">{words}</dl>')


def _data(done: "Remembered") -> str:
    facts = done.facts
    said = (
        f"{counted(facts.train, 'image')} of {facts.side} × {facts.side} points to learn from, "
        f"{counted(facts.test, 'image')} to test; classes: {', '.join(facts.labels)}."
    )
    notes = list(dict.fromkeys((*facts.notes, *done.notes)))
    aside = f"<h3>Guessed, held back, left out</h3>{listed(notes)}" if notes else ""
    return _section("What was learnt from", f"<p>{escape(said)}</p>{aside}")


def _again(done: "Remembered", manifest: Manifest | None, left_out: Sequence[str]) -> str:
    aside = f"<h3>Not in the folder</h3>{listed(left_out)}" if left_out else ""
    if manifest is None:
        return _section("Not in the folder", listed(left_out)) if left_out else ""
    command = f"<pre>{escape(shlex.join(manifest.command))}</pre>" if manifest.command else ""
    prints = [[str(d.get("name", "")), str(d.get("sha256", ""))] for d in manifest.data]
    settings = [[key.replace("_", " "), _setting(v)] for key, v in done.study.settings.items()]
    return _section(
        "To make it again, and to cite it",
        f"{command}<p>Lawful {escape(manifest.version)}, first seed {manifest.seed}. The same "
        "settings, version and machine give the same numbers to the last digit.</p>"
        "<details><summary>All settings</summary>"
        f"{table(['setting', 'value'], settings, text=(1,))}</details>"
        f"{table(['data', 'SHA-256'], prints, text=(1,))}{aside}",
    )


def _setting(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)
