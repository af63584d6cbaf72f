"""Methods side by side: how well each remembers, and what it keeps for that.

    dot: mean over seeds;   bar: its 95 % interval;   small: the seeds themselves

Sorted by average accuracy. Numbers kept and images stored stand beside, for memory is what
methods of continual learning trade in. A dashed line marks joint training, which keeps every
image: a bound, no rival.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import reading, recalled, style
from lawful.studies.memory.scores import Score

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

Array = NDArray[np.float64]


def method_comparison(
    histories: "Mapping[str, History | Sequence[History]]",
    *,
    bound: str = "joint",
    theme: str | style.Theme = "dark",
) -> Figure:
    """Average accuracy and forgetting by method, best first, with what each keeps.

    Parameters
    ----------
    histories
        By method: a `History`, or one for each seed; tables (T, T) will do, without sizes.
    bound
        A method that is no rival: a dashed line marks its average.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no method, or different numbers of tasks.
    """
    tables = recalled.by_method(histories)
    average = {name: recalled.averages(table) for name, table in tables.items()}
    order = sorted(tables, key=lambda name: -_known(Score.of(average[name]).mean))
    several = next(iter(tables.values())).shape[1] > 1
    lost = {name: recalled.forgettings(tables[name]) for name in order} if several else {}
    kept = {name: _kept(histories[name]) for name in order}
    wide = 5.6 + 3.4 * several + 2.4 * any(kept.values())
    with style.figure(theme, (wide, 1.75 + 0.42 * len(order))) as (picture, look):
        widths = [1.4, *([1.0] * several), *([0.9] * any(kept.values()))]
        sheets = picture.subplots(1, len(widths), width_ratios=widths, squeeze=False, sharey=True)[
            0
        ]
        tints = {name: recalled.pen(look, k)[0] for k, name in enumerate(tables)}
        drawn = [(sheets[0], average, "average accuracy, %", 0.0)]
        drawn += [(sheets[1], lost, "forgotten, points", -100.0)] if several else []
        for axes, values, title, least in drawn:
            _dots(style.dress(axes, look, grid="x"), order, values, tints, look, least)
            axes.set_title(title, size=11, color=look.soft)
        _rows(sheets[0], order, tints)
        if bound in average and len(average) > 1:
            _bound(sheets[0], 100 * float(np.nanmean(average[bound])), look)
        if any(kept.values()):
            _beside(style.bare(sheets[-1]), [kept[name] for name in order], look)
        style.headline(picture, look, "Methods compared", _words(tables, bound))
    return picture


def _known(value: float) -> float:
    return value if np.isfinite(value) else -np.inf


def _kept(histories: Any) -> tuple[str, str] | None:
    """Numbers kept and images stored at the end, by the first seed; None where unknown."""
    sizes = getattr(recalled.listed(histories)[0], "sizes", None)
    if not sizes:
        return None
    stored = sizes[-1].stored_examples
    return reading.count(sizes[-1].parameters), reading.count(stored) if stored else "none"


def _words(tables: Mapping[str, Array], bound: str) -> str:
    seeds = sorted({len(table) for table in tables.values()})
    many = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    tasks = next(iter(tables.values())).shape[1]
    said = f"{tasks} task{'s' * (tasks > 1)}, one after the other; "
    said += (
        "one seed each: no interval can be given"
        if seeds == [1]
        else f"means over {many} seeds with 95 % intervals, small dots the seeds"
    )
    line = f"\nDashed: {bound}, which keeps every image and is no rival"
    return said + (line if bound in tables and len(tables) > 1 else "")


def _dots(
    axes: Axes,
    order: Sequence[str],
    values: Mapping[str, Array],
    tints: Mapping[str, str],
    look: style.Theme,
    least: float,
) -> None:
    """A row a method: the seeds, the interval, the mean, and the mean in numbers.

    Bars end where no value can be: below `least` and above 100. The numbers say them whole.
    """
    scores = {name: Score.of(100 * values[name]) for name in order}
    for row, (name, score) in enumerate(scores.items()):
        tint = tints[name]
        axes.text(
            *(1.02, row, recalled.interval(Score.of(values[name]))), va="center", size=10,
            transform=axes.get_yaxis_transform(), color=look.ink, gid="number",
        )  # fmt: skip
        if not np.isfinite(score.mean):
            continue
        if score.count > 1:
            each = 100 * values[name]
            axes.plot(each, np.full(len(each), row + 0.26), ".", ms=4, color=tint, alpha=0.8,
                      gid=f"seeds {name}")  # fmt: skip
            ends = np.clip([score.mean - score.half, score.mean + score.half], least, 100.0)
            axes.plot(ends, [row, row], color=tint, lw=2.4, gid=f"interval {name}")
        axes.plot([score.mean], [row], "o", ms=8, color=tint, zorder=5, gid=f"mean {name}")
    axes.set(xlim=_limits(list(scores.values()), least), ylim=(len(order) - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.3g}".replace("-", "−"))
    axes.tick_params(axis="y", length=0)


def _limits(scores: Sequence[Score], least: float) -> tuple[float, float]:
    """Room for means and intervals; an interval wider than all means are apart is cut."""
    held = [one for one in scores if np.isfinite(one.mean)]
    means = [one.mean for one in held] or [0.0]
    most = max(max(means) - min(means), 1.0)
    reach = [min(float(np.nan_to_num(one.half)), most) for one in held] or [0.0]
    low = max(min(m - r for m, r in zip(means, reach, strict=True)), least)
    high = min(max(m + r for m, r in zip(means, reach, strict=True)), 100.0)
    pad = 0.06 * max(high - low, 1.0)
    return low - pad, high + pad


def _rows(axes: Axes, order: Sequence[str], tints: Mapping[str, str]) -> None:
    axes.set_yticks(range(len(order)), order)
    axes.tick_params(axis="y", length=0, labelsize=11)
    for label, name in zip(axes.get_yticklabels(), order, strict=True):
        label.set_color(tints[name])


def _bound(axes: Axes, at: float, look: style.Theme) -> None:
    line = axes.axvline(at, color=look.soft, lw=1.1, ls=style.DASHES[1], zorder=1)
    line.set_gid("bound")


def _beside(axes: Axes, kept: Sequence[tuple[str, str] | None], look: style.Theme) -> None:
    """What is kept, in two columns."""
    axes.set_xlim(0.0, 1.0)
    for column, (at, head) in enumerate(((0.52, "numbers\nkept"), (1.0, "images\nstored"))):
        axes.text(
            *(at, 1.005, head), transform=axes.transAxes, size=10, color=look.soft, ha="right",
            va="bottom", linespacing=1.25, gid="head",
        )  # fmt: skip
        for row, pair in enumerate(kept):
            axes.text(
                *(at, row, pair[column] if pair else "–"), size=10, color=look.ink, ha="right",
                va="center", gid="kept",
            )  # fmt: skip
