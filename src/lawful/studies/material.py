"""What there is to learn from, and what is asked of the network afterwards.

    file or data set  →  samples to learn from  +  questions about unseen inputs

Questions come from the first of these that there is: the user's own test file, test
samples that belong to the data, a share held back, a grid between a handful of
exact points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.columns import row_told
from lawful.learning.labelled import USUAL_TARGETS, labelled, table_of
from lawful.learning.numeric_columns import as_numbers, without_blanks
from lawful.learning.samples import Samples
from lawful.learning.scaling import Scaling
from lawful.refusal import Refusal
from lawful.store import fingerprint, fingerprint_arrays
from lawful.studies.lesson import DataChoice
from lawful.studies.unseen import Questions, grid_of

if TYPE_CHECKING:
    from lawful.headers import Headers

HELD_BACK = 0.2
FEW = 20  # with fewer samples, none is held back
ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".parquet", ".pq", ".gz")


@dataclass(frozen=True)
class Material:
    """Data, made ready.

    Attributes
    ----------
    samples
        To learn from.
    questions
        To be asked afterwards; None where there is nothing to ask.
    fingerprints
        Of everything that was read.
    notes
        Sentences on what was guessed, left out, held back.
    """

    samples: Samples
    questions: Questions | None
    fingerprints: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()


def opened(choice: DataChoice, seed: int = 0) -> Material:
    """Read or draw the data, and part what is asked from what is learned.

    Parameters
    ----------
    choice
        Which data.
    seed
        Of what is drawn, and of which samples are held back.

    Raises
    ------
    Refusal
        For data that are not there, or options that do not go with them.

    Examples
    --------
    >>> held = opened(DataChoice("xor"))
    >>> held.samples.size, held.questions.known
    (4, False)
    """
    from lawful.learning.datasets import dataset, names

    if is_file(choice.name) and choice.name.strip().casefold() not in names():
        return _own(choice, seed)
    samples = dataset(
        choice.name,
        target=choice.target,
        samples=choice.samples,
        noise=choice.noise,
        seed=seed,
    )
    marks = (fingerprint_arrays(samples.name, {"X": samples.X, "y": samples.y}),)
    return _parted(samples, choice, seed, marks)


def is_file(name: str) -> bool:
    """Whether a name means a file, there or not.

    >>> is_file("my.csv"), is_file("xor")
    (True, False)
    """
    return name.lower().endswith(ENDINGS) or len(Path(name).parts) > 1 or Path(name).is_file()


def _own(choice: DataChoice, seed: int) -> Material:
    """A user's file: scaled by what is learned from, not by what is held back."""
    if choice.noise:
        raise Refusal(f"a noise of {choice.noise} for {choice.name!r}", "data that are drawn")
    raw = labelled(choice.name, choice.target, standardise=False)
    if choice.samples is not None and choice.samples != raw.size:
        if choice.samples > raw.size:
            raise Refusal(f"{choice.samples} samples of {choice.name!r}", f"1 to {raw.size}")
        raw = raw.split(choice.samples / raw.size, seed)[1]
    material = _parted(raw, choice, seed, (fingerprint(choice.name),))
    learned = material.samples
    y = None if learned.classes else Scaling.of(learned.y)
    samples = _scaled(learned.standardised(), y)
    asked = material.questions
    if asked is not None:
        same = _scaled(asked.samples.standardised(learned), y)
        asked = replace(asked, samples=same)
    said = f"every feature has mean 0 and deviation 1{'' if y is None else ', the target too'}"
    return replace(material, samples=samples, questions=asked, notes=(*material.notes, said))


def _scaled(samples: Samples, y: Scaling | None) -> Samples:
    return samples if y is None else replace(samples, y=y.apply(samples.y), y_scaling=y)


def _parted(
    samples: Samples, choice: DataChoice, seed: int, marks: tuple[Mapping[str, Any], ...]
) -> Material:
    notes = tuple(samples.notes)
    bare = replace(samples, test=None)
    if choice.test is not None:
        asked = rows_like(bare, choice.test, choice.target)
        return Material(bare, asked, (*marks, fingerprint(choice.test)), notes)
    if samples.test is not None and choice.unseen is None:
        source = f"{samples.test.size} test samples that belong to the data"
        return Material(bare, Questions(samples.test, source), marks, notes)
    share = HELD_BACK if choice.unseen is None else choice.unseen
    if samples.size < FEW or share == 0:
        grid = grid_of(bare) if samples.inputs == 2 else None
        return Material(bare, grid, marks, notes)
    rest, part = bare.split(share, seed)
    source = f"{part.size} of {samples.size} samples, held back from training"
    return Material(rest, Questions(part, source), marks, notes)


def rows_like(samples: Samples, path: str, target: str | None) -> Questions:
    """Rows of a user's test file, with or without the answers, as `samples` has them.

    Raises
    ------
    Refusal
        Where a feature is missing, a value is no number, or a class was never learned.
    """
    table = table_of(path)
    missing = [name for name in samples.features if name not in table.headers.names]
    if missing:
        raise Refusal(
            f"the test file {path!r} has no column {', '.join(missing[:5])}",
            "the features learned from: " + ", ".join(samples.features[:8]),
        )
    X = np.column_stack([_numbers(table.frame[name], name, path) for name in samples.features])
    column = _target_in(table.headers, samples, target)
    if column is None:
        blank = np.zeros((len(X), samples.outputs))
        asked = replace(samples, X=X, y=blank, classes=(), notes=())
        source = f"{len(X)} rows of {Path(path).name}, without answers"
        return Questions(asked, source, known=False, classes=samples.classes)
    y = _answers(table.frame[column], samples, path)
    source = f"{len(X)} rows of {Path(path).name}"
    return Questions(replace(samples, X=X, y=y, notes=()), source)


def _target_in(headers: "Headers", samples: Samples, target: str | None) -> str | None:
    """The column of answers: the one named, or the only one that is called like one."""
    if target is not None:
        known = target in headers.names + headers.titles
        return headers.find(target, "--target") if known else None
    usual = [
        n for n in headers.names if n.casefold() in USUAL_TARGETS and n not in samples.features
    ]
    return usual[0] if len(usual) == 1 else None


def _numbers(column: Any, name: str, path: str) -> Any:
    values = as_numbers(column)
    if values is None or not np.isfinite(values).all():
        bad = 0 if values is None else int(np.flatnonzero(~np.isfinite(values))[0])
        where = "holds text" if values is None else f"has no number in row {row_told(bad)}"
        raise Refusal(f"column {name!r} of the test file {path!r} {where}", "numbers")
    return values


def _answers(column: Any, samples: Samples, path: str) -> Any:
    if not samples.classes:
        return _numbers(column, str(column.name), path)[:, None]
    values = as_numbers(column)
    told = [class_name(v) for v in (without_blanks(column) if values is None else values)]
    strange = sorted({name for name in told if name not in samples.classes})
    if strange:
        raise Refusal(
            f"the test file {path!r} has the class {strange[0]!r}",
            "one of " + ", ".join(samples.classes[:12]),
        )
    labels = np.array([samples.classes.index(name) for name in told])
    return Samples.from_labels(np.zeros((len(labels), 1)), labels, samples.classes).y


def class_name(value: Any) -> str:
    """A class as it is called: 1.0 is "1".

    >>> class_name(1.0), class_name("cat")
    ('1', 'cat')
    """
    return f"{value:.12g}" if isinstance(value, float | np.floating) else str(value)
