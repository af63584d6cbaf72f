"""What each part of a network is for: the same training, one setting changed at a time.

    λ = variance of the learned quantity within runs / its total variance

Rows are trainings, columns what they are judged by. A quantity that is the same in every
run has collapsed: it is conserved, as any constant is, and says nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from lawful.pictures import reading, style
from lawful.pictures.invariance import percent
from lawful.pictures.spans import cell
from lawful.refusal import Refusal

COLLAPSED = "collapsed"


@dataclass(frozen=True)
class Measure:
    """A column: what it is called, whether decades count, and how its numbers are said."""

    name: str
    title: str
    log: bool
    say: Callable[[float], str]


def _plain(value: float) -> str:
    return reading.number(value, 2)


MEASURES = (
    Measure("within_total", "λ, within over total", True, _plain),
    Measure("drift", "energy drift of forecasts", True, percent),
    Measure("correlation", "rank correlation with the truth", False, cell),
    Measure("prediction_error", "prediction error", True, _plain),
)


def ablation_comparison(
    ablations: Sequence[Any],
    *,
    reference: str = "physics-aware",
    theme: str | style.Theme = "dark",
) -> Figure:
    """Trainings side by side, a row each.

    Parameters
    ----------
    ablations
        Objects or mappings with `name`, `within_total`, `drift` (a share, or what has a `mean`),
        `correlation`, `prediction_error`, and `constant` where the quantity collapsed.
    reference
        The training that others are compared with: its values are marked in every column.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no training.

    Examples
    --------
    >>> rows = [{"name": "standard", "within_total": 0.4, "drift": 0.12, "correlation": 0.3},
    ...         {"name": "physics-aware", "within_total": 1e-4, "drift": 0.003,
    ...          "correlation": 0.999}]
    >>> ablation_comparison(rows).get_label()[:17]
    'One setting at a '
    """
    if not ablations:
        raise Refusal("no training to compare", "one at least")
    names = [str(value_of(one, "name")) for one in ablations]
    columns = [m for m in MEASURES if any(math.isfinite(measured(a, m.name)) for a in ablations)]
    if not columns:
        raise Refusal("trainings without a number", "one of " + ", ".join(m.name for m in MEASURES))
    size = (2.6 + 2.9 * len(columns), 1.7 + 0.36 * len(names))
    with style.figure(theme, size) as (picture, look):
        sheets = picture.subplots(1, len(columns), squeeze=False, sharey=True)[0]
        for axes, column in zip(sheets, columns, strict=True):
            style.dress(axes, look, grid="x").set_title(column.title, size=10.5, color=look.soft)
            _dots(axes, ablations, column, reference, look)
        sheets[0].set_yticks(range(len(names)), names)
        sheets[0].set_ylim(len(names) - 0.5, -0.5)
        sheets[0].tick_params(axis="y", length=0, labelsize=10.5)
        for label, name in zip(sheets[0].get_yticklabels(), names, strict=True):
            label.set_color(look.accent if name == reference else look.ink)
        style.headline(picture, look, "One setting at a time", _words(ablations, names, reference))
    return picture


def value_of(one: Any, name: str) -> Any:
    """A field of an object or of a mapping; None where there is none."""
    return one.get(name) if isinstance(one, Mapping) else getattr(one, name, None)


def measured(one: Any, name: str) -> float:
    """A number of a training; NaN where there is none.

    >>> measured({"drift": 0.1}, "drift"), measured({}, "drift")
    (0.1, nan)
    """
    held = value_of(one, name)
    held = getattr(held, "mean", held)
    if isinstance(held, Mapping):
        held = max((abs(float(each)) for each in held.values()), default=math.nan)
    return math.nan if held is None else float(held)


def _dots(
    axes: Axes, ablations: Sequence[Any], column: Measure, reference: str, look: style.Theme
) -> None:
    values = np.array([measured(one, column.name) for one in ablations])
    shown = np.where(values > 0, values, np.nan) if column.log else values
    for row, (one, value) in enumerate(zip(ablations, shown, strict=True)):
        collapsed = bool(value_of(one, "constant"))
        own = value_of(one, "name") == reference
        tint = look.negative if collapsed else look.accent if own else look.palette[0]
        words = column.say(float(values[row])) if math.isfinite(values[row]) else "–"
        if collapsed and column.name == "within_total":
            words += f" {COLLAPSED}"
        axes.text(
            *(1.03, row, words), va="center", size=9.5, transform=axes.get_yaxis_transform(),
            color=look.negative if collapsed else look.ink, gid="number",
        )  # fmt: skip
        if not math.isfinite(value):
            continue
        axes.plot(
            [value], [row], "X" if collapsed else "o", ms=8, mfc="none" if collapsed else tint,
            mec=tint, mew=1.8, zorder=5, gid=f"{column.name} {value_of(one, 'name')}",
        )  # fmt: skip
        if own:
            line = axes.axvline(value, color=look.accent, lw=1.0, ls=style.DASHES[1], alpha=0.7)
            line.set_gid("reference")
    _scale(axes, shown[np.isfinite(shown)], column)


def _scale(axes: Axes, held: Any, column: Measure) -> None:
    if column.log and held.size:
        axes.set_xlim(held.min() / 2.5, held.max() * 2.5)
        axes.set_xscale("log")
        decades = math.log10(held.max() / held.min()) + 0.8
        if decades >= 1.5:
            axes.xaxis.set_major_locator(LogLocator(numticks=5))
        axes.xaxis.set_major_formatter(lambda x, _: column.say(x))
        axes.minorticks_off()
    elif held.size:
        low, high = float(held.min()), float(held.max())
        pad = 0.08 * max(high - low, 0.02)
        axes.set_xlim(low - pad, high + pad)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=9.0)


def _words(ablations: Sequence[Any], names: Sequence[str], reference: str) -> str:
    said = "The same runs, one setting changed in each"
    if reference in names:
        said += f"; dashed: {reference}"
    if any(value_of(one, "constant") for one in ablations):
        said += (
            f". Crossed and {COLLAPSED}: the quantity is the same in every run, a constant that "
            "says nothing"
        )
    return said
