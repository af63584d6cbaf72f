"""A user's own table: X(row, feature) -> the target column, one row a sample.

The target says what is learnt. Text, true and false, and whole numbers of few distinct
values are classes; any other numbers are learnt as numbers (regression). Everything
that is left out, dropped or scaled is said in `notes`.
"""

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.numeric_columns import (
    as_numbers,
    changing_columns,
    numeric_columns,
    without_blanks,
)
from lawful.learning.samples import Indices, Samples
from lawful.learning.scaling import Scaling
from lawful.places import found, kind_of
from lawful.refusal import Refusal
from lawful.roles import closest

if TYPE_CHECKING:
    import pandas as pd

    from lawful.headers import Headers
    from lawful.layout import Table

Array = NDArray[np.float64]

FEW = 20
"""Whole numbers of at most so many distinct values, each twice on average, are classes."""

MOST_CLASSES = 1000

USUAL_TARGETS = {"label", "class", "target", "y", "species", "category", "outcome", "diagnosis"}


def labelled(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    regression: bool | None = None,
    standardise: bool = True,
) -> Samples:
    r"""Samples from a table: CSV, TSV (also gzipped) or Parquet.

    Parameters
    ----------
    path
        The file: a header, then one row a sample.
    target
        The column to learn, by its title. When not given, the one column called
        label, class, target, y, species, category, outcome or diagnosis.
    regression
        True learns the target as numbers, False as classes; when not given, the
        target decides, as the module says.
    standardise
        Give each feature, and a target of numbers, mean 0 and standard deviation 1;
        `x_scaling` and `y_scaling` lead back to the units of the file.

    Returns
    -------
    Samples
        Features in the order of the file: numbers that change, without row numbers
        and columns of mostly gaps; rows with gaps dropped. The goal lies nine tenths
        of the way from always saying the commonest class to 1.

    Raises
    ------
    Refusal
        For a file that cannot be read, a target that is not there, one class alone,
        no numeric feature, infinities, or gaps in every row.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("width,fruit\n6.1,apple\n3.5,plum\n6.5,apple\n")
    ...     fruit = labelled(path, "fruit")
    >>> fruit, fruit.classes
    (Samples('fruit', 3 samples of 1 features, 2 classes), ('apple', 'plum'))
    >>> fruit.notes[0]
    'fruit is learnt as a class'
    """
    table = table_of(path)
    notes = list(table.hints.get("notes", ()))
    wanted = _target(table.headers, target, table.source, notes)
    answers = without_blanks(table.frame[wanted])
    columns = numeric_columns(table.frame.drop(columns=wanted), notes)
    columns, answers = _whole(columns, answers, answers.isna(), f"no {wanted}", notes)
    columns, answers = _whole(columns, answers, columns.isna().any(axis=1), "gaps", notes)
    columns = changing_columns(columns, notes)
    X = columns.to_numpy(float)
    told: dict[str, Any] = {"name": table.source, "features": tuple(map(str, columns.columns))}
    if regression is None:
        regression = _is_measured(answers)
        notes.append(
            f"{wanted} is learnt as {'a number (regression)' if regression else 'a class'}"
        )
    if regression:
        y, scaling = _numbers(answers, wanted, standardise, notes)
        samples = Samples(X, y, y_scaling=scaling, notes=tuple(notes), **told)
    else:
        labels, classes = _classes(answers, wanted)
        goal = 0.9 + 0.1 * np.bincount(labels).max() / len(labels)
        samples = Samples.from_labels(X, labels, classes, goal=goal, notes=tuple(notes), **told)
    return samples.standardised() if standardise else samples


def table_of(path: str | os.PathLike[str]) -> "Table":
    """The one table at `path`, read as `lawful.files` reads it.

    Raises
    ------
    Refusal
        Where there is none, several, or something that is no table.
    """
    from lawful.gathering import rows_of

    with found(path) as (files, _):
        if len(files) > 1:
            raise Refusal(f"{str(path)!r} means {len(files)} files", "one", "name one of them")
        if kind_of(files[0]) not in ("csv", "parquet"):
            raise Refusal(f"{files[0].name!r} is no table", ".csv, .tsv, .txt, .dat or .parquet")
        return next(rows_of(files[0], None))


def _target(headers: "Headers", asked: str | None, source: str, notes: list[str]) -> str:
    """The name of the column to learn."""
    columns = f"one of {', '.join(headers.titles)}"
    if asked is None:
        titled = zip(headers.names, headers.titles, strict=True)
        usual = [
            name for name, title in titled if {name.casefold(), title.casefold()} & USUAL_TARGETS
        ]
        if len(usual) != 1:
            told = f"{source} does not say which column is to be learnt"
            raise Refusal(told, columns, "name it with --target")
        notes.append(f"{usual[0]} is taken to be the target; --target names another")
        return usual[0]
    if asked in headers.names + headers.titles:
        return headers.find(asked, "--target")
    near = closest(asked, headers.titles)
    near = near if near.startswith("did you mean") else ""
    raise Refusal(f"--target {asked!r} names no column of {source}", columns, near)


def _whole(
    columns: "pd.DataFrame",
    answers: "pd.Series[Any]",
    gaps: "pd.Series[bool]",
    what: str,
    notes: list[str],
) -> "tuple[pd.DataFrame, pd.Series[Any]]":
    """The rows without gaps."""
    if gaps.all():
        raise Refusal(f"every row has {what}", "one that is whole", "fill them, or drop a column")
    if gaps.any():
        notes.append(f"{gaps.sum()} of {len(gaps)} rows have {what}: dropped")
    return columns[~gaps], answers[~gaps]


def _is_measured(answers: "pd.Series[Any]") -> bool:
    """Whether a target is a number to be learnt, not a class."""
    values = as_numbers(answers)
    if values is None or len(distinct := np.unique(values)) <= 2:
        return False
    whole = bool(np.all(distinct == np.round(distinct)))
    return not (whole and len(distinct) <= min(FEW, len(values) / 2))


def _numbers(
    answers: "pd.Series[Any]", target: str, standardise: bool, notes: list[str]
) -> tuple[Array, Scaling | None]:
    """The target as numbers, shape (n, 1), and how they were scaled."""
    values = as_numbers(answers)
    if values is None:
        raise Refusal(
            f"the target {target!r} holds text", "numbers", "learn it as classes: regression=False"
        )
    if not np.isfinite(values).all():
        raise Refusal(f"the target {target!r} is infinite", "finite numbers", "correct those rows")
    if np.ptp(values) == 0:
        raise Refusal(f"the target {target!r} is always {values[0]:g}", "numbers that change")
    if not standardise:
        return values[:, None], None
    scaling = Scaling.of(values[:, None])
    notes.append(
        f"{target} is standardised: mean {scaling.centre[0]:.6g}, "
        f"standard deviation {scaling.spread[0]:.6g}"
    )
    return scaling.apply(values[:, None]), scaling


def _classes(answers: "pd.Series[Any]", target: str) -> tuple[Indices, tuple[str, ...]]:
    """Which class each row is, shape (n,), and the names of the classes in order."""
    values = as_numbers(answers)
    told = answers.astype(str).to_numpy(str) if values is None else values
    distinct, labels = np.unique(told, return_inverse=True)
    names = tuple(str(d) if values is None else f"{d:.12g}" for d in distinct)
    if len(names) < 2:
        raise Refusal(f"the target {target!r} is always {names[0]!r}", "two classes at least")
    if len(names) > min(MOST_CLASSES, max(2, len(labels) / 2)):
        raise Refusal(
            f"the target {target!r} has {len(names)} different values in {len(labels)} rows, "
            f"such as {names[0]!r}",
            "classes that come again, or numbers alone",
            "choose another column with --target",
        )
    return labels, names
