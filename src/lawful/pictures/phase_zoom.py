"""A closer and closer look at the boundary: levels side by side, as a film, and box counts.

    N(s) ∝ s^−D        boxes of side s that the boundary passes through

Where each cell has one network its fate is drawn, else the share that solves it. A frame
in one level shows where the next one lies.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.phases import FATES, fate_colours
from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import Diagram

if TYPE_CHECKING:
    from lawful.studies.phases.dimension import Dimension

FRAMES = 36  # from one level to the next


def _plain(axis: Axis, value: float) -> float:
    """A setting on the axis' own scale, where windows are straight."""
    return float(np.log10(value)) if axis.scale == "log" else value


def window(diagram: Diagram) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of a level, on its axes' own scales."""
    x, y = diagram.x, diagram.y
    return _plain(x, x.low), _plain(x, x.high), _plain(y, y.low), _plain(y, y.high)


def _look(diagram: Diagram, look: style.Theme) -> dict[str, Any]:
    """What is drawn of a level, and how."""
    if diagram.seeds == 1:
        colours = ListedColormap(fate_colours(look))
        return {"X": diagram.first, "cmap": colours, "norm": Normalize(-0.5, 2.5)}
    return {"X": diagram.probability, "cmap": style.amount(look), "norm": Normalize(0.0, 1.0)}


def _place(axes: Axes, diagram: Diagram, look: style.Theme, zorder: int = 1) -> Any:
    return axes.imshow(
        **_look(diagram, look),
        extent=window(diagram),
        origin="lower",
        interpolation="nearest",
        aspect="auto",
        zorder=zorder,
    )


def zoom_strip(levels: Sequence[Diagram], *, theme: str | style.Theme = "dark") -> Figure:
    """Levels from left to right, each framed in the one before.

    Parameters
    ----------
    levels
        The whole plane first.
    theme
        "dark" or "light".
    """
    with style.figure(theme, (1.0 + 3.3 * len(levels), 4.6)) as (picture, look):
        key = ", ".join(word for _, word in FATES)
        words = (
            f"One network a cell: {key}. " if levels[0].seeds == 1 else "The share that solves it. "
        )
        style.headline(picture, look, "Closer", words + "Each frame is the window of the next.")
        sheets = picture.subplots(1, len(levels), squeeze=False)[0]
        for axes, level, after in zip(sheets, levels, [*levels[1:], None], strict=True):
            _place(style.dress(axes, look), level, look)
            if after is not None:
                left, right, bottom, top = window(after)
                frame = Rectangle(
                    (left, bottom), right - left, top - bottom, fill=False, ec=look.accent, lw=1.6
                )
                axes.add_patch(frame)
            _ends(axes, level)
            axes.set_title(f"level {level.level}", size=10.5, color=look.ink)
    return picture


def _ends(axes: Axes, level: Diagram) -> None:
    """Numbers at both ends of each axis: windows become too small for ticks in between."""
    left, right, bottom, top = window(level)
    axes.set_xticks([left, right], [f"{v:.6g}" for v in (level.x.low, level.x.high)])
    axes.set_yticks([bottom, top], [f"{v:.6g}" for v in (level.y.low, level.y.high)], rotation=90)
    first, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    first, last = axes.get_yticklabels()
    first.set_verticalalignment("bottom")
    last.set_verticalalignment("top")
    axes.set_xlabel(level.x.label)
    axes.set_ylabel(level.y.label)


def zoom_animation(levels: Sequence[Diagram], *, theme: str | style.Theme = "dark") -> Animation:
    """A steady zoom from the whole plane into the last window; cells stay crisp.

    Parameters
    ----------
    levels
        Two at least.
    theme
        "dark" or "light".
    """
    with style.figure(theme, (5.6, 6.0)) as (picture, look):
        style.headline(picture, look, "Into the boundary", "As close as the last level goes.")
        axes = style.dress(picture.subplots(), look)
        for k, level in enumerate(levels):
            _place(axes, level, look, zorder=1 + k)
        axes.set_xlabel(levels[0].x.label)
        axes.set_ylabel(levels[0].y.label)
        for own in (axes.xaxis, axes.yaxis):
            own.set_major_locator(NullLocator())
        words = axes.text(
            0.02, 0.02, "", transform=axes.transAxes, size=11, color=look.ink, zorder=99,
            bbox={"facecolor": look.paper, "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip
    first = window(levels[0])

    def update(frame: int) -> None:
        left, right, bottom, top = between(levels, frame / FRAMES)
        axes.set(xlim=(left, right), ylim=(bottom, top))
        words.set_text(f"× {(first[1] - first[0]) / (right - left):.3g}")

    frames = FRAMES * (len(levels) - 1) + 1
    return Animation(picture, frames, update, description="A zoom into the boundary.")


def between(levels: Sequence[Diagram], at: float) -> tuple[float, float, float, float]:
    """The window of a steady zoom, `at` levels deep: sizes shrink by equal factors."""
    k = min(int(at), len(levels) - 2)
    share = at - k
    sides = []
    outer, inner = window(levels[k]), window(levels[k + 1])
    for low in (0, 2):
        big, small = outer[low + 1] - outer[low], inner[low + 1] - inner[low]
        size = big * (small / big) ** share
        # The point that stays in place: where the inner window is told from the outer.
        moved = (big - size) / (big - small) if big > small else share
        begin = outer[low] + moved * (inner[low] - outer[low])
        sides += [begin, begin + size]
    left, right, bottom, top = sides
    return left, right, bottom, top


def box_counting(dimension: "Dimension", *, theme: str | style.Theme = "dark") -> Figure:
    """Boxes against their side, one line a level, with the slope that they have and slope 1.

    Parameters
    ----------
    dimension
        What `lawful.studies.phases.dimension.dimension_of` gave.
    theme
        "dark" or "light".
    """
    sides = np.array(dimension.sides, dtype=float)
    boxes = np.array(dimension.boxes, dtype=float)
    with style.figure(theme, (6.4, 4.4)) as (picture, look):
        style.headline(
            picture,
            look,
            f"Box-counting dimension {dimension}",
            f"Of the boundary between {dimension.between}.",
        )
        axes = style.dress(picture.subplots(), look, grid="both")
        for k, (level, counts) in enumerate(zip(dimension.by_level, boxes, strict=True)):
            said = f"level {level}: {dimension.by_level[level]:.2f}"
            axes.plot(
                sides, counts, marker="o", ms=4, color=style.colour(look, k), lw=1.6, label=said
            )
        middle = np.exp(np.log(boxes).mean(axis=0))
        anchor = middle[0] * sides[0] ** dimension.value
        axes.plot(sides, anchor * sides**-dimension.value, color=look.ink, lw=1.0, label="the fit")
        axes.plot(
            sides, middle[0] * sides[0] / sides, color=look.soft, ls=style.DASHES[1], lw=1.2,
            label="a smooth line: slope −1",
        )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="side of a box, cells", ylabel="boxes")
        axes.set_xticks(sides, [f"{side:g}" for side in sides])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda y, _: reading.count(y))
        axes.legend(frameon=False, labelcolor=look.ink)
    return picture
