"""What a picture reads from the histories of learners, and in which words it says it.

    R[i, j] = accuracy on test j after experience i;   NaN where nobody looked

Several histories of one method are its seeds: their mean is drawn, and the 95 % interval of
that mean (`lawful.studies.memory.scores`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.passage import numbers
from lawful.refusal import Refusal
from lawful.studies.memory.scores import Score

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

Array = NDArray[np.float64]
_WIDE = 0.6  # of a letter, in its size


def matrix_of(history: "History | Any") -> Array:
    """R of a history, or of what is a table itself, shape (T, T).

    Raises
    ------
    Refusal
        For what is not square, or no accuracies.
    """
    table = numbers(getattr(history, "matrix", history))
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.size:
        raise Refusal(
            f"accuracies of the shape {table.shape}", "(T, T): after experience i on test j"
        )
    held = table[np.isfinite(table)]
    if not held.size or held.min() < 0 or held.max() > 1:
        raise Refusal("accuracies outside 0 to 1, or none at all", "shares of right answers")
    return table


def seeds_of(histories: "History | Sequence[History] | Any") -> Array:
    """R of one or several histories, shape (seeds, T, T).

    Raises
    ------
    Refusal
        For no history, or histories of different lengths.
    """
    tables = [matrix_of(one) for one in listed(histories)]
    if not tables:
        raise Refusal("no history", "one at least")
    lengths = {len(table) for table in tables}
    if len(lengths) > 1:
        raise Refusal(f"histories of {sorted(lengths)} tasks", "as many tasks in each")
    return np.stack(tables)


def by_method(histories: "Mapping[str, History | Sequence[History]]") -> dict[str, Array]:
    """R of the seeds of every method, shape (seeds, T, T) each, all of one length."""
    if not histories:
        raise Refusal("no method to draw", "one at least")
    tables = {name: seeds_of(one) for name, one in histories.items()}
    lengths = {table.shape[1] for table in tables.values()}
    if len(lengths) > 1:
        raise Refusal(f"methods with {sorted(lengths)} tasks", "as many tasks for each")
    return tables


def listed(histories: Any) -> list[Any]:
    """One history or table, or several, as a list."""
    if not isinstance(histories, list | tuple):
        return [histories]
    first: Any = getattr(histories[0], "matrix", histories[0]) if histories else ()
    plain = bool(histories) and np.ndim(first) < 2
    return [histories] if plain else list(histories)  # a table may come as nested lists


def tasks_of(histories: Any, count: int, tasks: Sequence[str] | None) -> list[str]:
    """The names of the tasks: those given, the histories' own, or numbers."""
    own = getattr(listed(histories)[0], "tasks", None)
    names = tasks if tasks is not None else own
    if names is None:
        return [f"task {k + 1}" for k in range(count)]
    if len(names) != count:
        raise Refusal(f"{len(names)} names of tasks", f"{count}")
    return [str(name) for name in names]


def mean_of(tables: Array) -> Array:
    """The mean over seeds, (T, T); NaN where no seed was looked at."""
    held = np.isfinite(tables)
    counts = held.sum(axis=0)
    sums = np.where(held, tables, 0.0).sum(axis=0)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def so_far(tables: Array) -> Array:
    """The average accuracy on the tasks learnt so far, (seeds, T); NaN where not all were asked."""
    lower = np.tril(np.ones(tables.shape[1:], dtype=bool))
    counts = np.arange(1, tables.shape[1] + 1)
    return np.asarray(np.where(lower, tables, 0.0).sum(axis=2) / counts)


def averages(tables: Array) -> Array:
    """Mean accuracy over all tasks after the last, (seeds,)."""
    return so_far(tables)[:, -1]


def forgettings(tables: Array) -> Array:
    """What was lost of the tasks before the last, (seeds,), as `accuracy` defines it."""
    from lawful.fields.memory import accuracy

    return np.array([float(accuracy.forgetting(table)) for table in tables])


def band(values: Array) -> tuple[Array, Array, Array]:
    """Mean and 95 % interval over seeds at every place: (seeds, n) to three of (n,).

    The interval stays in 0…1, as accuracies do; of one seed it is the mean itself.
    """
    scores = [Score.of(column) for column in values.T]
    middle = np.array([one.mean for one in scores])
    half = np.nan_to_num(np.array([one.half for one in scores]))
    return middle, np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def points(share: float) -> str:
    """A share in per cent, one place, a true minus; what is not all is not rounded up to it.

    >>> points(0.9996), points(1.0), points(-0.003), points(-0.0001), points(float("nan"))
    ('99.9', '100.0', '−0.3', '0.0', '–')
    """
    if not np.isfinite(share):
        return "–"
    held = min(100 * share, 99.94) if share < 1 else 100.0
    text = f"{held:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def interval(score: Score) -> str:
    """A mean with its interval, in per cent or points.

    >>> interval(Score(0.981, 0.004, 3)), interval(Score(0.981, float("nan"), 1))
    ('98.1 ± 0.4', '98.1')
    """
    if not np.isfinite(score.half):
        return points(score.mean)
    half = 100 * score.half
    return f"{points(score.mean)} ± {half:.{2 if 0.005 <= half < 0.05 else 1}f}"


def letters(words: Sequence[str], width: float, most: float) -> float:
    """The size of letters, in points, at which the longest words are as wide as `width` points.

    >>> letters(["task 1"], 100.0, 9.5), round(letters(["permutation 10"], 60.0, 9.5), 1)
    (9.5, 7.1)
    """
    longest = max((len(each) for each in words), default=1)
    return float(np.clip(width / (_WIDE * max(longest, 1)), 5.0, most))


def pen(look: style.Theme, k: int) -> tuple[str, Any, str]:
    """Colour, dashes and marker of the k-th method: no two alike up to 24."""
    rounds = k // len(look.palette)
    tint = style.colour(look, k)
    return tint, style.DASHES[rounds % len(style.DASHES)], style.MARKERS[k % len(style.MARKERS)]
