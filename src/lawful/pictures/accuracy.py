"""The accuracy matrix: what is known of every task after each.

    R[i, j] = accuracy on test j after experience i
    average = mean of the last row;   forgetting: see `lawful.fields.memory.accuracy`

Read a column downward: where it fades, that task is forgotten. Above the diagonal lie tasks
that are yet to come, drawn faint; on the right stands the mean over the tasks met so far.
Source: D. Lopez-Paz and M. Ranzato, "Gradient episodic memory for continual learning",
NeurIPS (2017), arXiv:1706.08840.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import recalled, style
from lawful.pictures.pen import readable
from lawful.studies.memory.scores import Score

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

Array = NDArray[np.float64]
EXACT = 12  # tasks up to which cells say a decimal
NUMBERED = 24  # and up to which they say anything
_COMING = 0.4  # the strength of what is above the diagonal
_LEAST_SPAN = 0.5  # accuracies from here up are always told apart alike


def accuracy_matrix(
    history: "History | Sequence[History] | Any",
    *,
    tasks: Sequence[str] | None = None,
    name: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """The accuracy on every test after each experience, with average and forgetting.

    Parameters
    ----------
    history
        A `History`, several of one method (their mean is drawn), or a table (T, T).
    tasks
        What the tasks are called; the history's own names when not given.
    name
        Whose matrix it is; the learner's name when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For what is not square, is no accuracy, or has other names than tasks.
    """
    tables = recalled.seeds_of(history)
    mean = recalled.mean_of(tables)
    names = recalled.tasks_of(history, len(mean), tasks)
    who = name or str(getattr(recalled.listed(history)[0], "learner", ""))
    side = float(np.clip(2.4 + 0.52 * len(mean), 4.8, 8.6))
    with style.figure(theme, (max(side + 1.4, 6.8), side + 0.7)) as (picture, look):
        axes = style.dress(picture.subplots(), look)
        _cells(axes, mean, look)
        _sides(axes, mean, names, look, 72 * 0.76 * side / len(mean))
        style.headline(picture, look, f"What {who or 'it'} remembers", _words(tables))
    return picture


def _words(tables: Array) -> str:
    seeds = f"; {len(tables)} seeds, 95 % intervals" if len(tables) > 1 else ""
    average = recalled.interval(Score.of(recalled.averages(tables)))
    said = f"Average accuracy {average} %"
    if tables.shape[1] > 1:
        lost = recalled.interval(Score.of(recalled.forgettings(tables)))
        said += f", forgotten {lost} points"
    coming = np.isfinite(tables[:, *np.triu_indices(tables.shape[1], 1)]).any()
    faint = "; faint where it is not learnt yet" if coming else ""
    return f"{said}{seeds}\nIn each cell the accuracy in per cent{faint}"


def _cells(axes: Axes, mean: Array, look: style.Theme) -> None:
    """The coloured cells, and what is written in them."""
    n = len(mean)
    low = min(float(np.nanmin(mean)), _LEAST_SPAN)
    # The lowest is not quite the paper, for blank means that nobody looked.
    none = style.mixed(look.paper, look.hair, 0.45)
    tints = style.ramp(f"lawful_known_{look.name}", [none, look.positive])
    shares = (mean - low) / (1.0 - low)
    colours = np.asarray(tints(np.nan_to_num(shares)))
    coming = np.triu(np.ones(mean.shape, dtype=bool), 1)
    colours[..., 3] = np.where(np.isfinite(mean), np.where(coming, _COMING, 1.0), 0.0)
    image = axes.imshow(colours, aspect="equal", interpolation="nearest")
    image.set_gid("accuracies")
    axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=look.paper, linewidth=2.0 if n <= EXACT else 1.0)
    axes.tick_params(which="both", length=0)
    if n > NUMBERED:
        return
    size = float(np.clip(104.0 / n, 6.0, 13.0))
    for i, j in np.argwhere(np.isfinite(mean)):
        held = colours[i, j]
        ink = look.soft if coming[i, j] else readable(held[:3])
        axes.text(
            *(j, i, _said(mean[i, j], n)), ha="center", va="center", size=size, color=ink,
            gid="cell",
        )  # fmt: skip


def _said(share: float, tasks: int) -> str:
    """An accuracy in a cell; cut, not rounded, where there is room for whole numbers only."""
    words = recalled.points(share)
    return words if tasks <= EXACT else words.split(".")[0]


def _sides(axes: Axes, mean: Array, names: Sequence[str], look: style.Theme, cell: float) -> None:
    """Names on both sides, and on the right the mean over the tasks so far."""
    n = len(mean)
    size = float(np.clip(130.0 / n, 6.0, 10.5))
    short = [name if len(name) <= 14 else f"{name[:13]}…" for name in names]
    at = range(0, n, max(1, n // 40))
    crowded = recalled.letters(short, cell, size) < size
    axes.set_xticks(
        list(at), [short[k] for k in at], rotation=45 if crowded else 0,
        ha="right" if crowded else "center", rotation_mode="anchor" if crowded else "default",
    )  # fmt: skip
    axes.set_yticks(list(at), [short[k] for k in at])
    axes.tick_params(labelsize=size)
    axes.set(xlabel="tested on", ylabel="after learning")
    for spine in axes.spines.values():
        spine.set_visible(False)
    if n == 1 or n > NUMBERED:
        return
    twin: Any = axes.secondary_yaxis("right")
    means = recalled.so_far(mean[None])[0]
    twin.set_yticks(range(n), [recalled.points(float(value)) for value in means])
    style.dress(twin, look)
    twin.tick_params(length=0, labelsize=size, labelcolor=look.ink)
    twin.spines["right"].set_visible(False)
    twin.set_ylabel("mean so far", color=look.soft)
