"""Samples from points that were drawn, and from a table that was pasted as text.

    points   X(n, 2) with a class each      text   CSV: a header, a row a sample

Both are capped: a page can say anything.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.labelled import labelled
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.web.live import given

Array = NDArray[np.float64]
POINTS = 2000
CLASSES = 10
LETTERS = 2_000_000
ROWS = 20_000
FEATURES = 1000


def drawn(X: Any, labels: Any) -> Samples:
    """The samples that were drawn.

    Parameters
    ----------
    X
        Rows of two numbers.
    labels
        A class for each row, 0 to 9.

    Raises
    ------
    Refusal
        For points that are none, too many, or of one class alone.

    Examples
    --------
    >>> drawn([[0, 0], [1, 1], [0, 1]], [0, 1, 2]).classes
    ('class 1', 'class 2', 'class 3')
    """
    if not isinstance(X, list) or not 2 <= len(X) <= POINTS:
        said = f"{len(X)} points" if isinstance(X, list) else "points that are no list"
        raise Refusal(said, f"2 to {POINTS} points, each [x, y]", "draw some")
    points = np.array([given.row("a point", one, 2) for one in X])
    if not isinstance(labels, list) or len(labels) != len(points):
        raise Refusal("labels that do not fit the points", f"{len(points)} whole numbers")
    which = np.array([given.whole("a label", one, 0, CLASSES - 1) for one in labels])
    there = np.unique(which)
    if len(there) < 2:
        raise Refusal("points of one class", "two classes at least", "draw points of another one")
    # A class nobody drew would be an output that never answers.
    order = np.searchsorted(there, which)
    classes = [f"class {label + 1}" for label in there]
    return Samples.from_labels(points, order, classes, name="drawn")


def pasted(text: Any, target: Any = None) -> Samples:
    r"""The samples of a pasted table.

    Parameters
    ----------
    text
        CSV with a header, one row a sample.
    target
        The column to learn; the last one, when not given and none is called like one.

    Raises
    ------
    Refusal
        For what is no table, or too much.

    Examples
    --------
    >>> pasted("a,b,label\n0,1,x\n1,0,y\n0,0,x\n1,1,y\n").classes
    ('x', 'y')
    """
    lines = given.text("the table", text, LETTERS).strip()
    if "\n" not in lines:
        raise Refusal("a table of one line", "a header and a row a sample", "paste both")
    if lines.count("\n") > ROWS:
        raise Refusal(f"a table of {lines.count(chr(10))} rows", f"at most {ROWS}")
    wanted = None if target in (None, "") else given.text("target", target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pasted.csv"
        path.write_text(lines + "\n", encoding="utf-8")
        samples = _read(path, wanted, lines)
    if samples.inputs > FEATURES:
        raise Refusal(f"a table of {samples.inputs} features", f"at most {FEATURES}")
    return replace(samples, name="pasted")


def _read(path: Path, target: str | None, lines: str) -> Samples:
    try:
        return labelled(path, target)
    except Refusal as why:
        if target is not None or "which column" not in why.got:
            raise
        header = lines.split("\n", 1)[0]
        mark = next((one for one in ("\t", ";", ",") if one in header), ",")
        last = header.rstrip("\r").split(mark)[-1].strip().strip('"')
        return labelled(path, last)
