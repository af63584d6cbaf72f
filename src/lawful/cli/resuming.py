"""Runs that may be killed and taken up: where their pieces lie, and what is said of them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from lawful.cli.screen import screen
from lawful.refusal import Refusal
from lawful.studies.work_folder import WorkFolder

Kind = TypeVar("Kind", bound=WorkFolder)


def refuse_jobs(jobs: int | None) -> None:
    """A number of processes that cannot be meant."""
    if jobs is not None and jobs < 1:
        raise Refusal(f"--jobs {jobs}", "a whole number from 1 up")


@contextmanager
def resumable(kind: type[Kind], out: Path | None, piece: str, *, resume: bool) -> Iterator[Kind]:
    """The folder of a run's pieces; what an earlier run left, and what is kept, is said.

    Parameters
    ----------
    kind
        Of the folder.
    out
        The run folder; None where nothing is to stay.
    piece
        What one finished piece is called.
    resume
        Whether what an earlier run left is to be taken up.
    """
    from lawful.report.numbers import counted

    if out is None:
        if resume:
            raise Refusal("--resume without a folder", "the --out of the run that was killed")
        yield kind()
        return
    from lawful.store import check_place

    check_place(out, str(out))
    pieces, errors = kind.beside(out), screen(sys.stderr)
    if pieces.left and not resume:
        left = counted(pieces.left, piece)
        errors.print(f"note: a run that was stopped left {left}; --resume would take them up")
    try:
        yield pieces
    except KeyboardInterrupt:
        kept = counted(pieces.left, piece)
        errors.print(f"kept: {kept}; the same command with --resume goes on from there")
        raise
