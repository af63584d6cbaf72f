"""Phase diagrams as maps: one number a cell over the plane of two settings.

A map's colours rise in lightness alone, so that they can be read without hue. A cell where
there is nothing to say (never solved, say) is bare paper; one where most networks diverged
is red, and said in words. The line is where half of the networks solve it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.saving import save
from lawful.studies.phases.diagram import DIVERGED, SOLVED, UNSOLVED, Diagram
from lawful.studies.phases.observables import OBSERVABLES

if TYPE_CHECKING:
    from lawful.studies.phases.run import Phases

Floats = NDArray[np.float64]
MOSTLY = 0.5  # share of a cell's networks that must diverge for it to be drawn as lost
FATES = ((UNSOLVED, "not solved"), (SOLVED, "solved"), (DIVERGED, "diverged"))


def phase_map(
    diagram: Diagram, observable: str = "probability", *, theme: str | style.Theme = "dark"
) -> Figure:
    """One observable over the plane.

    Parameters
    ----------
    diagram
        Of one level.
    observable
        A name of `lawful.studies.phases.observables.OBSERVABLES`.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For an observable that is none.
    """
    diagram.observable(observable)
    with style.figure(theme, (7.4, 6.0)) as (picture, look):
        label = OBSERVABLES[observable].label
        each = "one network" if diagram.seeds == 1 else f"{diagram.seeds} networks"
        words = f"{each} a cell, {diagram.networks:_} in all".replace("_", " ")
        style.headline(picture, look, label[0].upper() + label[1:], words)
        drawn(picture.subplots(), diagram, observable, look)
    return picture


def phase_sheet(diagram: Diagram, *, theme: str | style.Theme = "dark") -> Figure:
    """All observables side by side.

    Parameters
    ----------
    diagram
        Of one level.
    theme
        "dark" or "light".
    """
    names = [name for name in OBSERVABLES if name != "sharpness" or diagram.measured]
    with style.figure(theme, (15.0, 7.6)) as (picture, look):
        style.headline(
            picture,
            look,
            "What becomes of networks over the plane",
            f"Across: {diagram.x.label}; up: {diagram.y.label}. Bare: nothing to say.",
        )
        sheets = picture.subplots(2, 4, sharex=True, sharey=True).ravel()
        for axes, name in zip(sheets, names, strict=False):
            drawn(axes, diagram, name, look, small=True)
        for axes in sheets[len(names) :]:
            style.bare(axes)
    return picture


def drawn(
    axes: Axes, diagram: Diagram, observable: str, look: style.Theme, *, small: bool = False
) -> None:
    """One map on its axes, with its key."""
    style.dress(axes, look)
    if observable == "first":
        _fates(axes, diagram, look, small=small)
    else:
        _amounts(axes, diagram, observable, look, small=small)
    scales(axes, diagram, labels=not small)
    if small:
        axes.set_title(OBSERVABLES[observable].label, size=10.5, color=look.ink)


def _amounts(
    axes: Axes, diagram: Diagram, observable: str, look: style.Theme, *, small: bool
) -> None:
    said = OBSERVABLES[observable]
    values = np.ma.masked_invalid(diagram.observable(observable))
    if said.log:
        values = np.ma.masked_less_equal(values, 0.0)
    ramp = style.amount(look) if said.share else style.sequential(look)
    norm = _norm(values, log=said.log, share=said.share and observable != "interval")
    mesh = _mesh(axes, diagram, values, ramp, norm)
    lost = np.ma.masked_less_equal(diagram.observable("diverged"), MOSTLY)
    if observable != "diverged" and lost.count():
        _mesh(axes, diagram, lost * 0, ListedColormap([lost_colour(look)]), Normalize(0, 1))
        axes.legend(
            handles=[Patch(color=lost_colour(look), label="most diverged")],
            loc="upper right", fontsize=8 if small else 10, frameon=True, facecolor=look.paper,
            edgecolor=look.hair, labelcolor=look.ink,
        )  # fmt: skip
    if observable == "probability" and values.min() < 0.5 and values.max() > 0.5:
        line = axes.contour(
            diagram.x_values, diagram.y_values, diagram.probability, [0.5], colors=[look.accent]
        )
        line.set_linewidth(1.2)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, aspect=32)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(color=look.hair, labelcolor=look.soft, labelsize=8 if small else 10)
    if not small:
        bar.set_label(said.label, color=look.soft)


def _norm(values: Any, *, log: bool, share: bool) -> Normalize:
    if share:
        return Normalize(0.0, 1.0)
    if not values.count():
        return Normalize(0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log:
        return LogNorm(low, max(high, 1.01 * low))
    return Normalize(low, high if high > low else low + 1.0)


def _fates(axes: Axes, diagram: Diagram, look: style.Theme, *, small: bool) -> None:
    colours = fate_colours(look)
    _mesh(axes, diagram, diagram.first, ListedColormap(colours), Normalize(-0.5, 2.5))
    handles = [Patch(color=colours[k], label=word) for k, word in FATES]
    axes.legend(
        handles=handles, loc="upper right", fontsize=8 if small else 10, frameon=True,
        facecolor=look.paper, edgecolor=look.hair, labelcolor=look.ink,
    )  # fmt: skip


def fate_colours(look: style.Theme) -> list[str]:
    """Not solved, solved, diverged: told apart by lightness, too."""
    return [style.mixed(look.soft, look.paper, 0.7), look.positive, lost_colour(look)]


def lost_colour(look: style.Theme) -> str:
    """Of what diverged."""
    return style.mixed(look.negative, look.ink if look.name == "light" else look.paper, 0.25)


def _mesh(axes: Axes, diagram: Diagram, values: Any, ramp: ListedColormap, norm: Normalize) -> Any:
    return axes.pcolormesh(
        diagram.x_edges, diagram.y_edges, values, cmap=ramp, norm=norm, rasterized=True
    )


def scales(axes: Axes, diagram: Diagram, *, labels: bool = True) -> None:
    """Logarithmic or linear axes, with their words."""
    for axis, side in ((diagram.x, "x"), (diagram.y, "y")):
        if axis.scale == "log":
            getattr(axes, f"set_{side}scale")("log")
            own = getattr(axes, f"{side}axis")
            if axis.high / axis.low > 30:
                own.set_major_formatter(
                    lambda value, _: reading.power_of_ten(round(float(np.log10(value))))
                )
        if labels:
            getattr(axes, f"set_{side}label")(axis.label)
    axes.set_xlim(diagram.x.low, diagram.x.high)
    axes.set_ylim(diagram.y.low, diagram.y.high)


def phase_cuts(diagram: Diagram, *, theme: str | style.Theme = "dark") -> Figure:
    """The probability along the row and the column of the best cell, with Wilson's bands.

    Parameters
    ----------
    diagram
        Of one level.
    theme
        "dark" or "light".
    """
    row, column = diagram.best
    with style.figure(theme, (9.6, 3.9)) as (picture, look):
        style.headline(
            picture,
            look,
            "Along the row and the column of the best cell",
            f"Share of {diagram.seeds} networks that solve it, with Wilson's 95 % interval.",
        )
        left, right = picture.subplots(1, 2, sharey=True)
        at_y = f"{diagram.y.label} {reading.number(diagram.y_values[row])}"
        at_x = f"{diagram.x.label} {reading.number(diagram.x_values[column])}"
        _cut(left, diagram.x, diagram.x_values, diagram, (row, slice(None)), look, at_y)
        _cut(right, diagram.y, diagram.y_values, diagram, (slice(None), column), look, at_x)
        left.set_ylabel("convergence probability")
    return picture


def _cut(
    axes: Axes,
    axis: Any,
    values: Floats,
    diagram: Diagram,
    at: tuple[Any, Any],
    look: style.Theme,
    title: str,
) -> None:
    style.dress(axes, look, grid="y")
    axes.fill_between(
        values, diagram.low[at], diagram.high[at], color=look.positive, alpha=0.25, lw=0
    )
    axes.plot(values, diagram.probability[at], color=look.positive, lw=2, label="solve it")
    if diagram.diverged[at].any():
        lost = diagram.observable("diverged")[at]
        axes.plot(values, lost, color=look.negative, ls=style.DASHES[1], lw=1.6, label="diverge")
        axes.legend(frameon=False, labelcolor=look.ink)
    if axis.scale == "log":
        axes.set_xscale("log")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(axis.label)
    axes.set_title(title, size=10.5, color=look.ink)


def draw(
    done: "Phases",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
    animate: bool = False,
) -> list[Path]:
    """Write the pictures of a study into a folder; the paths, the asked-for map first.

    Parameters
    ----------
    done
        What `lawful.studies.phases.run.phases` gave.
    folder
        Where; it is there already.
    theme, format
        "dark" or "light"; "png" or "svg".
    animate
        A film of the zoom, too, where there is one.
    """
    from lawful.pictures import phase_zoom

    place, asked = Path(folder), done.plan.observable
    made = [save(phase_map(done.diagram, asked, theme=theme), place / f"{asked}.{format}")]
    made.append(save(phase_sheet(done.diagram, theme=theme), place / f"observables.{format}"))
    made.append(save(phase_cuts(done.diagram, theme=theme), place / f"cuts.{format}"))
    if len(done.levels) > 1:
        strip = phase_zoom.zoom_strip(done.levels, theme=theme)
        made.append(save(strip, place / f"zoom.{format}"))
        if animate:
            film = phase_zoom.zoom_animation(done.levels, theme=theme)
            made.append(save(film, place / "zoom.gif"))
    if done.dimension is not None:
        counts = phase_zoom.box_counting(done.dimension, theme=theme)
        made.append(save(counts, place / f"boxes.{format}"))
    return made
