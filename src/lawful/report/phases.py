"""The page of a phase diagram: what converges, where best, what diverges, and the maps.

One HTML file that needs nothing else: the headline in words, the pictures, the numbers of
each level, with what it was made, how to make it again, and what it does not say.
"""

import shlex
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful import __version__
from lawful.report import embedded
from lawful.report.album import Picture
from lawful.report.numbers import number
from lawful.report.plain import listed, table
from lawful.store import write_atomically

if TYPE_CHECKING:
    from lawful.studies.phases.run import Phases

CAPTIONS = {
    "observables": "All that was measured, cell by cell.",
    "cuts": "The probability along the row and the column of the best cell, with its intervals.",
    "zoom": "The boundary, level by level; each frame is the window of the next.",
    "boxes": "How many boxes the boundary passes through, by their side.",
}


def headline(done: "Phases") -> str:
    """What converges, in a sentence."""
    diagram = done.diagram
    if diagram.all_diverged:
        return "Every network of every cell diverged."
    best = diagram.cell(*diagram.best)
    lost = f"; {diagram.share_diverged:.1%} diverged" if diagram.share_diverged else ""
    if not best["solved"]:
        return f"No network of any cell got there{lost}."
    where = ", ".join(f"{axis.label} {number(best[axis.name])}" for axis in (diagram.x, diagram.y))
    return (
        f"{diagram.share_solved:.1%} of {diagram.networks:_} networks got there{lost}. Best: "
        f"{best['solved']} of {best['of']} ({best['low']:.0%} to {best['high']:.0%}) at {where}."
    ).replace("_", " ")


def write_phases_report(
    done: "Phases",
    path: str | Path,
    *,
    pictures: Sequence[Path] = (),
    theme: str = "light",
    command: Sequence[str] = (),
) -> Path:
    """Write the report of a study of phases.

    Parameters
    ----------
    done
        What `lawful.studies.phases.run.phases` gave.
    path
        The HTML file.
    pictures
        Those of `lawful.pictures.phases.draw`; films are shown, too.
    theme
        "light" or "dark", as the pictures are.
    command
        The command line that made it.

    Raises
    ------
    Refusal
        Where the file cannot be written.
    """
    place = Path(path)
    write_atomically(place, page(done, pictures, theme, command))
    return place


def page(
    done: "Phases", pictures: Sequence[Path], theme: str = "light", command: Sequence[str] = ()
) -> str:
    """The report as text."""
    meaning = f"To get there means: {done.goal}." if done.goal else ""
    header = f'<h1>{escape(headline(done))}</h1><p class="lead">{escape(meaning)}</p>'
    shown = [
        Picture(path, path.stem.capitalize(), CAPTIONS.get(path.stem, ""))
        for path in pictures
        if path.suffix in embedded.KINDS
    ]
    sections = [
        f"<section>{''.join(map(embedded.figure, shown))}</section>",
        f"<section><h2>Levels</h2>{_levels(done)}{_dimension(done)}</section>",
        f"<section><h2>To bear in mind</h2>{listed(caveats(done))}</section>",
        f"<section><h2>How it was made</h2>{_made(done, command)}</section>",
    ]
    footer = f"Made by Lawful {__version__}. Intervals are Wilson's, 95 %."
    return embedded.whole("phase diagram", theme, header, sections, footer)


def caveats(done: "Phases") -> list[str]:
    """What the diagram does not say."""
    widest = float(done.diagram.interval.max())
    each = "one network" if done.plan.seeds == 1 else f"{done.plan.seeds} networks"
    said = [
        f"With {each} a cell a probability is known to within {widest:.2f} at "
        "worst (the full width of its interval); the same seeds are used in every cell, so that "
        "neighbours are alike by more than their settings.",
        f"A network that needs more than {done.plan.steps} steps counts as not solved.",
    ]
    if done.diagram.measured:
        said.append(f"The sharpness is of the first {done.diagram.measured} networks of each cell.")
    return [*said, *done.notes]


def _levels(done: "Phases") -> str:
    head = [
        "level",
        done.diagram.x.label,
        done.diagram.y.label,
        "networks",
        "got there",
        "diverged",
    ]
    rows = [
        [
            str(level.level),
            *(f"{axis.low:.6g} … {axis.high:.6g}" for axis in (level.x, level.y)),
            f"{level.networks:_}".replace("_", " "),
            f"{level.share_solved:.1%}",
            f"{level.share_diverged:.1%}",
        ]
        for level in done.levels
    ]
    return table(head, rows, text=(1, 2))


def _dimension(done: "Phases") -> str:
    if done.dimension is None:
        return "<p>There is too little of a boundary to estimate its dimension.</p>"
    one = done.dimension
    words = (
        f"Box-counting dimension of the boundary between {one.between}: {one} (95 %); "
        f"{one.verdict}. The control: a straight line and a circle give 1 by the same estimate."
    )
    return f"<p>{escape(words)}</p>"


def _made(done: "Phases", command: Sequence[str]) -> str:
    said = f"<p><code>{escape(shlex.join(command))}</code></p>" if command else ""
    rows = [[name.replace("_", " "), _cell(v)] for name, v in done.plan.settings.items()]
    rows.append(["engine", done.engine])
    rows.append(["seconds", f"{done.seconds:.1f}"])
    settings = table(["setting", "value"], rows, text=(1,))
    return f"{said}<details><summary>All settings</summary>{settings}</details>"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return number(value) if isinstance(value, float) else str(value)
