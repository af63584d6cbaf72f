"""The page of a study of learning, or of several.

One HTML file that needs nothing else, one section a study: what came out, in words and in
a table, its pictures, what to bear in mind, and with what it was made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lawful import __version__
from lawful.refusal import Refusal
from lawful.report import embedded
from lawful.report.album import Picture
from lawful.report.numbers import number
from lawful.report.plain import listed, sheets, table
from lawful.store import write_atomically
from lawful.studies.result import Result

WIDTH = 100  # letters of a table that fit the page


@dataclass(frozen=True)
class Part:
    """One study on the page: its title, what it found, and its pictures."""

    title: str
    result: Result
    pictures: Sequence[Path] = ()


def write_study_report(parts: Sequence[Part], path: str | Path, *, theme: str = "light") -> Path:
    """Write the report of one study or several.

    Parameters
    ----------
    parts
        In the order of reading.
    path
        The HTML file.
    theme
        "light" or "dark", as the pictures are.

    Raises
    ------
    Refusal
        For no study at all, or where the file cannot be written.
    """
    place = Path(path)
    write_atomically(place, page(parts, theme))
    return place


def page(parts: Sequence[Part], theme: str = "light") -> str:
    """The report as text."""
    if not parts:
        raise Refusal("a report of no study", "one at least")
    only = len(parts) == 1
    lead = parts[0].title if only else "Studies of learning."
    header = f"<h1>{escape(parts[0].result.headline() if only else lead)}</h1>"
    if only:
        header += f'<p class="lead">{escape(lead)}</p>'
    footer = (
        f"Made by Lawful {__version__}. Energy is the loss, sharpness the largest eigenvalue of "
        "its second derivative in all weights."
    )
    sections = [_section(part, headed=not only) for part in parts]
    return embedded.whole("study", theme, header, sections, footer)


def _section(part: Part, *, headed: bool) -> str:
    said = ""
    if headed:
        headline = escape(part.result.headline())
        said = f"<h2>{escape(part.title)}</h2><p class='lead'>{headline}</p>"
    shown = [
        Picture(path, path.stem.replace("_", " ").capitalize(), "")
        for path in part.pictures
        if path.suffix in embedded.KINDS
    ]
    caveats = part.result.caveats()
    aside = f"<h3>To bear in mind</h3>{listed(caveats)}" if caveats else ""
    settings = [[name.replace("_", " "), _cell(v)] for name, v in part.result.settings.items()]
    made = table(["setting", "value"], settings, text=(1,))
    return (
        f"<section>{said}{''.join(map(embedded.figure, shown))}{_rows(part.result.rows())}{aside}"
        f"<details><summary>All settings</summary>{made}</details></section>"
    )


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    head = list(rows[0])
    cells = [[_cell(row[name]) for name in head] for row in rows]
    made = []
    for columns in sheets(head, cells, WIDTH):
        words = [k for k, j in enumerate(columns) if k and isinstance(rows[0][head[j]], str)]
        shown = [[row[j] for j in columns] for row in cells]
        made.append(table([head[j] for j in columns], shown, text=words))
    return "".join(made)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return str(value)
