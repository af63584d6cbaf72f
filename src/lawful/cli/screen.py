"""The screen: what goes to standard output, what to standard error, and how wide.

Results go to standard output; progress and warnings to standard error. Where no
terminal is, a line is 100 columns, so that what is written to a file reads well.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

WIDTH = 100


class Screen(Console):
    """A console that leaves it to `main` to answer a closed pipe."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass the broken pipe on."""
        raise BrokenPipeError


def screen(stream: TextIO | None = None) -> Screen:
    """A console on standard output, or on `stream`."""
    file = stream or sys.stdout
    fixed = None if file.isatty() or os.environ.get("COLUMNS") else WIDTH
    return Screen(file=file, width=fixed, highlight=False, emoji=False, markup=False)


def put_json(record: Any) -> None:
    """Print JSON, and nothing else, to standard output."""
    from lawful.store import to_json

    print(to_json(record))


def said(out: Console, sentence: str, mark: str = "", style: str = "") -> None:
    """One sentence, with a mark before it, its further lines indented."""
    line = Text(sentence, style=style)
    if not mark:
        out.print(line)
        return
    from rich.table import Table

    row = Table.grid(padding=(0, 1))
    row.add_column(width=9, style="dim", no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(mark), line)
    out.print(Padding(row, (0, 0, 0, 2), expand=False))


@contextmanager
def steps(active: bool = True) -> Iterator[Callable[[str], None]]:
    """A spinner on standard error that names the step; silent where no terminal is."""
    err = screen(sys.stderr)
    if not active or not err.is_terminal:
        yield lambda step: _tell(words=_STEPS.get(step, step))
        return
    with err.status("starting") as status:
        yield lambda step: status.update(f"{_STEPS.get(step, step)} …")


_STEPS = {
    "read": "reading",
    "inspect": "looking at the data",
    "survey": "weighing the terms",
    "scatter": "summing over runs",
    "search": "searching for laws",
    "verdict": "holding them against chance",
    "report": "writing the report",
}


@contextmanager
def bar(label: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on standard error, from 0 to 1; silent where no terminal is."""
    err = screen(sys.stderr)
    if not err.is_terminal:
        yield lambda done: _tell(done, label)
        return
    from rich.progress import Progress

    with Progress(console=err, transient=True) as progress:
        task = progress.add_task(label, total=1.0)
        yield lambda done: progress.update(task, completed=done)


def _tell(done: float | None = None, words: str = "") -> None:
    """Progress for a program that started this one: a JSON line in the file it has named.

    The file is that of the environment variable `LAWFUL_PROGRESS`; where it cannot be
    written, the work goes on.
    """
    place = os.environ.get("LAWFUL_PROGRESS")
    if not place:
        return
    line = json.dumps({"done": done, "words": words})
    with suppress(OSError), open(place, "a", encoding="utf-8") as file:
        file.write(line + "\n")
