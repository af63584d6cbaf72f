"""How the losses of a training fall, epoch by epoch, on runs learned from and on runs kept apart.

    L = α prediction + β conservation + γ smoothness

The dashed upright is the epoch whose weights are kept: the least loss on runs kept apart.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.endings import label_ends
from lawful.pictures.growing import settle_scale
from lawful.refusal import Refusal

Array = NDArray[np.float64]
PARTS = ("loss", "prediction", "conservation", "smoothness")
APART = "validation_"


def training_losses(
    history: Mapping[str, Any],
    *,
    best: int | None = None,
    name: str = "",
    log: bool | None = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """Every loss by epoch.

    Parameters
    ----------
    history
        Numbers by epoch: "loss", "prediction", "conservation", "smoothness", and the same with
        "validation_" before. What is not there is not drawn.
    best
        The epoch (from 0) whose weights are kept; that of the least "validation_loss" when not
        given.
    name
        What was trained.
    log
        On a logarithmic scale; where values span much, when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        Where none of the losses was recorded.
    """
    courses = {part: _pair(history, part) for part in PARTS}
    courses = {part: pair for part, pair in courses.items() if pair}
    if not courses:
        raise Refusal("no losses", "one of " + ", ".join(PARTS))
    best = _best(history) if best is None else best
    columns = min(len(courses), 2)
    rows = -(-len(courses) // columns)
    with style.figure(theme, (5.2 * columns + 0.6, 1.0 + 2.5 * rows)) as (picture, look):
        sheets = picture.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        ends = {}
        for axes, (part, pair) in zip(sheets, courses.items(), strict=False):
            style.dress(axes, look, grid="y").set_title(part, size=11, color=look.soft)
            ends[axes] = _lines(axes, pair, log, look)
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axes.set_xlim(1, max(2, max(map(len, pair.values()))))
            axes.tick_params(labelbottom=True)
            if best is not None:
                axes.axvline(best + 1, color=look.soft, lw=1.1, ls=style.DASHES[1], zorder=1,
                             gid="best")  # fmt: skip
        for axes in sheets[len(courses) :]:
            axes.set_visible(False)
        for axes in sheets[max(len(courses) - columns, 0) : len(courses)]:
            axes.set_xlabel("epoch")
        style.headline(picture, look, "How the losses fall", _words(courses, name, best))
        picture.draw_without_rendering()  # sizes are settled before words are placed by them
        for axes, words in ends.items():
            for text in label_ends(axes, words, size=9.5):
                text.set_gid("end")
    return picture


def _pair(history: Mapping[str, Any], part: str) -> dict[str, Array]:
    """A loss on runs learned from and on runs kept apart, where each was recorded."""
    said = {"learned from": part, "kept apart": f"{APART}{part}"}
    pair = {
        words: np.asarray(history[name], dtype=np.float64).ravel()
        for words, name in said.items()
        if name in history
    }
    return {words: values for words, values in pair.items() if np.isfinite(values).any()}


def _best(history: Mapping[str, Any]) -> int | None:
    values = np.asarray(history.get(f"{APART}loss", ()), dtype=np.float64).ravel()
    return int(np.nanargmin(values)) if np.isfinite(values).any() else None


def _lines(
    axes: Axes, pair: Mapping[str, Array], log: bool | None, look: style.Theme
) -> list[tuple[float, str, str]]:
    settle_scale(axes, np.concatenate(list(pair.values())), log)
    if axes.get_yscale() == "log":
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
        axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
        axes.minorticks_off()
    ends = []
    for words, values in pair.items():
        k = int(words == "kept apart")
        shown = np.where(values > 0, values, np.nan) if axes.get_yscale() == "log" else values
        tint, dash = look.palette[k], style.DASHES[k]
        axes.plot(
            np.arange(1, len(values) + 1), shown, color=tint, ls=dash, lw=2.0, zorder=4,
            marker="o" if len(values) == 1 else "", gid=f"line {words}",
        )  # fmt: skip
        held = shown[np.isfinite(shown)]
        if held.size:
            ends.append((float(held[-1]), f"{words} {reading.number(float(held[-1]), 2)}", tint))
    return ends


def _words(courses: Mapping[str, Mapping[str, Array]], name: str, best: int | None) -> str:
    epochs = max(len(values) for pair in courses.values() for values in pair.values())
    said = f"{name}, " if name else ""
    said += f"{epochs} epochs" if epochs > 1 else "1 epoch"
    if best is not None:
        said += f"; dashed: epoch {best + 1}, the least loss on runs kept apart"
    return said
