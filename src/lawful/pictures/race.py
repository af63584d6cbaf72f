"""Optimisers racing down one landscape: the loss over the steps, and the paths from above.

    U(α, β) = U(x̄ + α e₁ + β e₂)

with e₁ and e₂ the principal directions of all paths together. A path is drawn where it
falls upon that plane; the loss there is that of the plane and not of the path.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.endings import label_ends
from lawful.pictures.saving import save
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.studies.race import Race

Array = NDArray[np.float64]


def race_energy(race: "Race", *, theme: str | style.Theme = "dark") -> Figure:
    """The loss of each racer over the steps: medians and quartiles over the starts.

    Parameters
    ----------
    race
        What `lawful.studies.race.study` gave.
    theme
        "dark" or "light".
    """
    with style.figure(theme, (8.6, 5.2)) as (picture, look):
        axes = style.dress(picture.subplots(), look, grid="y")
        style.headline(picture, look, "A race down one landscape", _words(race))
        axes.axhline(race.goal, color=look.soft, lw=1.0, ls=style.DASHES[2], zorder=1)
        ends = [_course(axes, race, name, pen) for name, pen in _pens(race, look).items()]
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=8))
        axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
        axes.minorticks_off()
        axes.set(xlim=(0, race.steps[-1]), xlabel="step", ylabel="loss")
        axes.xaxis.set_major_formatter(lambda x, _: reading.count(x))
        picture.draw_without_rendering()
        label_ends(axes, [end for end in ends if np.isfinite(end[0])], size=10.0)
    return picture


def _pens(race: "Race", look: style.Theme) -> dict[str, tuple[str, object]]:
    """A colour and a dash for each racer; the plainest is grey."""
    names = list(race.losses)
    return {
        name: (look.soft if k == 0 else style.colour(look, k - 1), style.DASHES[k % 4])
        for k, name in enumerate(names)
    }


def _course(axes: Axes, race: "Race", name: str, pen: tuple[str, object]) -> tuple[float, str, str]:
    tint, dash = pen
    # Quantiles by rank: straight lines between ranks would give NaN beside infinity.
    low, middle, high = (
        np.quantile(race.losses[name], share, axis=0, method="nearest")
        for share in (0.25, 0.5, 0.75)
    )
    low, middle, high = (np.where(np.isfinite(one), one, np.nan) for one in (low, middle, high))
    axes.fill_between(race.steps, low, high, color=tint, alpha=0.16, lw=0, zorder=3)
    axes.plot(race.steps, middle, color=tint, ls=dash, lw=2.0, zorder=4)
    late = middle[-max(1, len(middle) // 20) :]
    return float(np.median(late)), f"{name}  η {race.rates[name]:.2g}", tint


def race_map(race: "Race", *, theme: str | style.Theme = "dark") -> Figure:
    """The landscape from above, and the path of each racer from the first start.

    Parameters
    ----------
    race, theme
        As in `race_energy`.
    """
    picture, _ = _map(race, theme)
    return picture


def race_animation(
    race: "Race", *, frames: int = 80, theme: str | style.Theme = "dark"
) -> Animation:
    """The same map, the racers on their way; early steps are given more time than late ones.

    Parameters
    ----------
    race, theme
        As in `race_energy`.
    frames
        How many.
    """
    if frames < 2:
        raise Refusal(f"{frames} frames", "at least 2")
    picture, drawn = _map(race, theme)
    axes, look = picture.axes[0], style.theme(theme)
    heads = {
        name: axes.plot([], [], "o", ms=8, color=lines[0].get_color(), mec=look.paper, zorder=8)[0]
        for name, lines in drawn.items()
    }
    words = axes.text(
        0.98, 0.03, "", transform=axes.transAxes, ha="right", size=12, color=look.ink, zorder=9
    )
    words.set_path_effects([Stroke(linewidth=3, foreground=look.paper), Normal()])
    last = len(race.steps) - 1

    def update(frame: int) -> None:
        now = round(last * (frame / (frames - 1)) ** 2)
        words.set_text(f"step {reading.count(race.steps[now])}")
        for name, (line, end) in drawn.items():
            path = race.paths[name][: now + 1]
            line.set_data(*path.T)
            heads[name].set_data(*path[-1:].T)
            end.set_visible(frame == frames - 1)

    moving = [*(a for pair in drawn.values() for a in pair), *heads.values(), words]
    return Animation(
        picture, frames, update, moving=moving, rate=16.0,
        description="Optimisers racing down one landscape, seen from above",
    )  # fmt: skip


def _map(race: "Race", theme: str | style.Theme) -> tuple[Figure, dict[str, tuple[Line2D, Line2D]]]:
    ground = race.ground
    ratio = float(np.ptp(ground.beta) / np.ptp(ground.alpha))
    with style.figure(theme, (8.6, float(np.clip(1.5 + 6.4 * ratio, 4.4, 7.6)))) as (picture, look):
        axes = style.dress(picture.subplots(), look)
        style.headline(picture, look, "The racers' paths on the landscape", _words_on_map(race))
        _heights(picture, axes, race, look)
        drawn = {
            name: _path(axes, race.paths[name], pen, look)
            for name, pen in _pens(race, look).items()
        }
        axes.plot(*race.paths[next(iter(drawn))][:1].T, "o", ms=10, mfc=look.paper, mec=look.ink,
                  mew=2, zorder=7)  # fmt: skip
        axes.set_aspect("equal", adjustable="box")
        axes.set(
            xlim=(ground.alpha[0], ground.alpha[-1]),
            ylim=(ground.beta[0], ground.beta[-1]),
            xlabel="first principal direction",
            ylabel="second principal direction",
        )
        lines = [Line2D([], [], color=tint, ls=dash, lw=2.2, label=name)
                 for name, (tint, dash) in _pens(race, look).items()]  # fmt: skip
        legend = axes.legend(
            handles=lines, loc="best", fontsize=9, labelcolor=look.ink, handlelength=2.8,
            facecolor=look.paper, edgecolor=look.hair, framealpha=0.9,
        )  # fmt: skip
        legend.set_zorder(9)
    return picture, drawn


def _heights(picture: Figure, axes: Axes, race: "Race", look: style.Theme) -> None:
    ground = race.ground
    values = np.log10(np.maximum(ground.loss, 1e-12))
    levels = np.linspace(values.min(), np.quantile(values, 0.995), 19)
    field = axes.contourf(
        ground.alpha, ground.beta, values, levels, cmap=style.sequential(look), extend="max"
    )
    axes.contour(
        ground.alpha, ground.beta, values, levels[::2], colors=look.paper, linewidths=0.6,
        alpha=0.5, linestyles="solid",
    )  # fmt: skip
    bar = picture.colorbar(field, ax=axes, shrink=0.9, aspect=28, pad=0.02)
    places = np.linspace(levels[0], levels[-1], 5)
    bar.set_ticks(list(places), labels=[reading.number(10.0**p, 1) for p in places])
    bar.ax.set_title("loss", size=10.5, color=look.soft, loc="left")
    style.dress(bar.ax, look)
    bar.outline.set_visible(False)


def _path(
    axes: Axes, path: Array, pen: tuple[str, object], look: style.Theme
) -> tuple[Line2D, Line2D]:
    """A line with an edge of paper, and a star where it ends."""
    tint, dash = pen
    (line,) = axes.plot(*path.T, color=tint, ls=dash, lw=2.0, zorder=4)
    line.set_path_effects([Stroke(linewidth=4.0, foreground=look.paper), Normal()])
    (end,) = axes.plot(*path[-1:].T, "*", ms=15, mfc=tint, mec=look.paper, mew=1, zorder=6)
    return line, end


def _words(race: "Race") -> str:
    settings = race.settings
    layers = "-".join(map(str, settings["layers"]))
    return (
        f"{layers} tanh, {settings['data']}; medians and quartiles of {settings['seeds']} starts; "
        f"each tuned on {len(settings['ladder'])} learning rates × {settings['tuning_seeds']} "
        f"other seeds; dotted: loss {reading.number(race.goal)}\n{race.headline()}"
    )


def _words_on_map(race: "Race") -> str:
    share = reading.percent(race.ground.plane.share)
    return (
        f"seed {race.settings['seed']}; the plane of all paths' two principal directions holds "
        f"{share} of their variance; circle: the start, stars: the ends"
    )


def draw(
    race: "Race",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
    animate: bool = False,
) -> list[Path]:
    """Write the race's pictures into a folder, with `animate` a film too; the paths."""
    place = Path(folder)
    written = [
        save(race_energy(race, theme=theme), place / f"race.{format}"),
        save(race_map(race, theme=theme), place / f"race_map.{format}"),
    ]
    if animate:
        written.append(save(race_animation(race, theme=theme), place / "race.gif"))
    return written
