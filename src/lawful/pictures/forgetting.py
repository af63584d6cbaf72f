"""Forgetting curves: what is left of the first task, and of all, as more are learnt.

    first(i) = R[i, 0],   average(i) = mean over j ≤ i of R[i, j],   i = 0 … T − 1

Lines are means over seeds, bands their 95 % intervals; a method's name stands at the end of
its line. R is that of `lawful.pictures.accuracy`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import recalled, style
from lawful.pictures.endings import height, spread
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

Array = NDArray[np.float64]
CROWD = 6  # methods up to which bands keep an edge
TICKS = 12


def forgetting_curves(
    histories: "Mapping[str, History | Sequence[History]]",
    *,
    task: int = 0,
    tasks: Sequence[str] | None = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """The accuracy on one task, and on all so far, against the tasks learnt, by method.

    Parameters
    ----------
    histories
        By method: a `History`, or one for each seed; tables (T, T) will do.
    task
        Whose fate is followed; the first when not given.
    tasks
        What the tasks are called; the histories' own names when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no method, a single task, a task that is not there, or different lengths.
    """
    tables = recalled.by_method(histories)
    count = next(iter(tables.values())).shape[1]
    if count < 2:
        raise Refusal("a single task", "two at least: what is forgotten is forgotten later")
    if not 0 <= task < count - 1:
        raise Refusal(f"task {task}", f"0 to {count - 2}, one with another after it")
    name = recalled.tasks_of(next(iter(histories.values())), count, tasks)[task]
    tall = float(np.clip(3.0 + 0.36 * len(tables), 5.6, 9.0))
    with style.figure(theme, (8.2, tall)) as (picture, look):
        rows = picture.subplots(2, 1, sharex=True)
        learnt = np.arange(1, count + 1)
        first = {key: table[:, task:, task] for key, table in tables.items()}
        average = {key: recalled.so_far(table) for key, table in tables.items()}
        which = f"task {task + 1}"
        said = which if name == which else f"{which} ({name})"
        titles = (f"accuracy on {said}", "average accuracy on the tasks so far")
        for axes, title, courses, t in zip(
            rows, titles, (first, average), (learnt[task:], learnt), strict=True
        ):
            style.dress(axes, look, grid="y").set_title(title, size=11, color=look.soft)
            axes.set_gid(title)
            ends = _lines(axes, t, courses, look)
            _settle(axes, courses, learnt)
            _name(picture, axes, ends)
        rows[-1].set_xlabel("tasks learnt")
        style.headline(picture, look, "What is forgotten", _words(tables))
    return picture


def _words(tables: Mapping[str, Array]) -> str:
    seeds = sorted({len(table) for table in tables.values()})
    if seeds == [1]:
        return "One seed each: no interval can be given"
    many = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return f"Means over {many} seeds; bands are 95 % intervals of the mean"


def _lines(
    axes: Axes, t: NDArray[np.intp], courses: Mapping[str, Array], look: style.Theme
) -> list[tuple[float, str, str]]:
    """A line and its band for each method, and the words for its end."""
    ends = []
    for k, (name, values) in enumerate(courses.items()):
        middle, low, high = recalled.band(values)
        held = np.isfinite(middle)
        tint, dash, mark = recalled.pen(look, k)
        if len(values) > 1:
            edge = to_rgba(tint, 0.4) if len(courses) <= CROWD else "none"
            axes.fill_between(
                t[held], low[held], high[held], fc=to_rgba(tint, 0.14), ec=edge, lw=0.8, zorder=2,
                gid=f"band {name}",
            )  # fmt: skip
        alone = held.sum() == 1
        axes.plot(
            t[held], middle[held], color=tint, ls=dash, lw=2.2, zorder=4, gid=f"line {name}",
            marker=mark, ms=7.0 if alone else 4.5,
        )  # fmt: skip
        if held.any():
            last = float(middle[held][-1])
            ends.append((last, f"{name} {recalled.points(last)} %", tint))
    return ends


def _settle(axes: Axes, courses: Mapping[str, Array], learnt: NDArray[np.intp]) -> None:
    """Limits that the bands fit in, and whole tasks along the bottom."""
    lows, highs = zip(*(recalled.band(values)[1:] for values in courses.values()), strict=True)
    low, high = float(np.nanmin(np.concatenate(lows))), float(np.nanmax(np.concatenate(highs)))
    pad = 0.06 * max(high - low, 0.02)
    axes.set_ylim(max(low - pad, -0.01), min(high + pad, 1.01))
    axes.set_xlim(learnt[0] - 0.02 * learnt[-1], learnt[-1] + 0.02 * learnt[-1])
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    axes.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.3g}\N{NO-BREAK SPACE}%")


def _name(picture: Figure, axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Words at the ends of the lines, none upon another, each as near to its end as may be."""
    picture.draw_without_rendering()  # sizes are settled before words are placed by them
    size = 10.0 if len(ends) <= CROWD else 8.5
    tall = float(axes.get_window_extent().height) * 72.0 / float(picture.dpi)
    gap = min(1.35 * size / tall, 0.98 / max(len(ends) - 1, 1))
    wanted = np.clip([height(axes, y) for y, _, _ in ends], 0.0, 1.0)
    places = spread(wanted.tolist(), gap)
    # Only those are moved down that would stand above the axes, and up that would stand below.
    ranks = np.argsort(np.argsort(places, kind="stable"), kind="stable") * gap
    places = np.clip(places - ranks, 0.01, max(0.99 - gap * (len(ends) - 1), 0.01)) + ranks
    for place, (_, words, tint) in zip(places, ends, strict=True):
        axes.text(
            *(1.015, place, words), transform=axes.transAxes, size=size, color=tint, va="center",
            gid="end",
        )  # fmt: skip
