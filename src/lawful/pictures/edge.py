"""The edge of stability: sharpness · η / 2(1+μ) over the steps of training, beside the loss.

Above, the sharpness in units of what is stable: a line at 1 is the edge. Below, the loss.
One column for each momentum, one colour and dash for each learning rate; a line is the
median over seeds and the band their quartiles. Controls are thin and grey.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.endings import label_ends
from lawful.pictures.saving import save

if TYPE_CHECKING:
    from lawful.studies.edge_of_stability import EdgeOfStability
    from lawful.studies.sharpening import Course

Array = NDArray[np.float64]
Ends = list[tuple[float, str, str]]
HIGHEST = 1.75  # of the upper panels: what overshoots further is cut off


def edge_of_stability(done: "EdgeOfStability", *, theme: str | style.Theme = "dark") -> Figure:
    """Sharpness in units of what is stable, and the loss, for every η and μ.

    Parameters
    ----------
    done
        What `lawful.studies.edge_of_stability.study` gave.
    theme
        "dark" or "light".
    """
    momenta = sorted({course.task.momentum for course in done.courses})
    with style.figure(theme, (1.2 + 3.7 * len(momenta), 6.2)) as (picture, look):
        sheets = picture.subplots(
            2, len(momenta), sharex=True, sharey="row", squeeze=False, height_ratios=(1.5, 1.0)
        )
        style.headline(picture, look, "The edge of stability", _words(done))
        ends = [
            _column((sheets[0, k], sheets[1, k]), done, mu, look) for k, mu in enumerate(momenta)
        ]
        sheets[0, 0].set_ylabel("sharpness · η / 2(1+μ)")
        sheets[1, 0].set_ylabel("loss")
        picture.draw_without_rendering()
        for k, words in enumerate(ends):
            label_ends(sheets[0, k], words, size=9.5)
    return picture


def _column(sheets: Sequence[Axes], done: "EdgeOfStability", mu: float, look: style.Theme) -> Ends:
    """All trainings at one momentum; the words at the ends of their lines."""
    above, below = (style.dress(axes, look, grid="y") for axes in sheets)
    above.axhline(1.0, color=look.accent, lw=1.3, zorder=2)
    above.set(ylim=(0.0, HIGHEST), xlim=(0, done.settings["steps"]))
    above.set_title(f"μ = {mu:g}", size=11.5, color=look.ink)
    below.set_yscale("log")
    below.yaxis.set_major_locator(LogLocator(numticks=5))
    below.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    below.minorticks_off()
    below.set_xlabel("step")
    below.xaxis.set_major_locator(MaxNLocator(3))
    below.xaxis.set_major_formatter(lambda x, _: reading.count(x))
    ends: Ends = []
    shade = 0
    for (kind, eta, at), courses in done.groups().items():
        if at != mu:
            continue
        if kind == "network":
            tint, dash, wide = style.colour(look, shade), style.DASHES[shade % 4], 2.0
            shade += 1
        else:
            tint, dash, wide = look.soft, style.DASHES[2], 1.3
        named = f"η {eta:g}" if kind == "network" else f"{kind}\nη {eta:g}"
        last = _lines(above, below, courses, (tint, dash, wide))
        if np.isfinite(last):
            ends.append((min(last, HIGHEST), named, tint))
    return ends


def _lines(
    above: Axes, below: Axes, courses: Sequence["Course"], pen: tuple[str, object, float]
) -> float:
    """Medians and quartiles over seeds; where the upper line ends."""
    tint, dash, wide = pen
    steps = max((course.steps for course in courses), key=len)
    last = float("nan")
    for axes, name in ((above, "ratio"), (below, "loss")):
        values = np.full((len(courses), len(steps)), np.nan)
        for row, course in zip(values, courses, strict=True):
            held = getattr(course, name)
            row[: len(held)] = held
        # Of diverged trainings nothing is left: a median needs half of them.
        shown = np.isfinite(values).sum(axis=0) > len(courses) / 2
        low, middle, high = np.nanquantile(values[:, shown], [0.25, 0.5, 0.75], axis=0)
        axes.fill_between(steps[shown], low, high, color=tint, alpha=0.22, lw=0, zorder=3)
        axes.plot(steps[shown], middle, color=tint, ls=dash, lw=wide, zorder=4)
        if name == "ratio" and shown.any():
            last = float(np.median(middle[-max(1, len(middle) // 10) :]))
    return last


def _words(done: "EdgeOfStability") -> str:
    settings = done.settings
    layers = "-".join(map(str, settings["layers"]))
    said = (
        f"{layers} tanh, Chebyshev polynomial of degree {settings['degree']}, full batch; "
        f"medians and quartiles of {settings['seeds']} seeds"
    )
    return f"{said}\n{done.headline()}"


def draw(
    done: "EdgeOfStability",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
) -> list[Path]:
    """Write the study's picture into a folder; the paths."""
    return [save(edge_of_stability(done, theme=theme), Path(folder) / f"edge.{format}")]
