"""A study of memory on a screen: a table of methods, what won, what to bear in mind."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from lawful.cli.screen import Screen, said
from lawful.report.numbers import number
from lawful.studies.memory import words as say

if TYPE_CHECKING:
    from lawful.fields.memory.tuning import Tuning
    from lawful.studies.memory import Remembered
    from lawful.studies.memory.scores import Summary

MOST_TASKS = 20  # a matrix of more is not printed


def put_remembered(out: Screen, done: "Remembered", folder: Path | None, report: bool) -> None:
    """All of a study."""
    said(out, say.lead(done))
    for note in done.notes:
        said(out, note, "note")
    out.print()
    out.print(Text(done.headline, style="bold"))
    out.print()
    out.print(table(done))
    intervals = "± is a 95 % interval over seeds; " if done.study.seeds > 1 else ""
    said(out, f"{intervals}accuracy and forgetting in per cent", style="dim")
    _matrix(out, done)
    out.print()
    for one in done.contrasts:
        said(out, say.physics(one), "physics")
    for sentence in done.caveats:
        said(out, sentence, "mind", "yellow")
    for name, curve in done.tunings.items():
        said(out, f"{name}: {_curve(curve)}", "tuned")
    if folder is not None:
        out.print()
        held = "accuracy matrices, forgetting, pictures, and all numbers"
        name = "report.html" if report else "memory.json"
        said(out, f"{folder / name}: {held if report else 'all numbers'}")


def table(done: "Remembered") -> Table:
    """One method a row, the best first."""
    out = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    out.add_column("method", header_style="dim", style="bold", no_wrap=True)
    for head in ("accuracy", "forgotten", "numbers kept", "a task", "images stored", "seconds"):
        out.add_column(head, header_style="dim", justify="right", no_wrap=True)
    for one in sorted(done.summaries, key=lambda one: -one.average.mean):
        out.add_row(*_row(one))
    return out


def _row(one: "Summary") -> tuple[str, ...]:
    return (
        one.method,
        say.scored(one.average),
        say.scored(one.forgetting),
        say.thousands(one.parameters),
        say.thousands(one.per_task) if one.per_task else "–",
        say.thousands(one.stored) if one.stored else "–",
        number(one.seconds.mean, 2),
    )


def _matrix(out: Screen, done: "Remembered") -> None:
    """The accuracy matrix of the method that won: a row after each task, a column a test."""
    best = say.winner(done).method
    matrix = done.mean_matrix(best)
    if len(matrix) < 2 or len(matrix) > MOST_TASKS:
        return
    out.print()
    out.print(Text(f"{best}: accuracy on each task, after each task", style="bold"))
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("after", header_style="dim", style="dim", no_wrap=True)
    for name in range(1, len(matrix) + 1):
        grid.add_column(str(name), header_style="dim", justify="right", no_wrap=True)
    for k, row in enumerate(matrix):
        cells = ["–" if value != value else f"{100 * value:.1f}" for value in row]
        grid.add_row(str(k + 1), *cells)
    out.print(grid)


def _curve(curve: "Tuning") -> str:
    """Strengths with their accuracies on validation, the best marked."""
    pairs = zip(curve.values, curve.mean, strict=True)
    return ", ".join(
        f"{value:g} {say.percent(float(mean))}{' ✓' if value == curve.best else ''}"
        for value, mean in pairs
    )
