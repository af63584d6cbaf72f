"""Forecasts beside the truth: the path, and every variable along time.

    x(t), t ≤ t₀ seen;   x̂(t), t > t₀ said

The truth is the wide pale line; what each method says lies upon it. Where a forecast runs
away from all that was ever true, the panel cuts it, and the picture says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.animation import Animation
from lawful.pictures.predicted import TRUE_WIDTH, Course, ordered, pen, word
from lawful.pictures.reading import number
from lawful.refusal import Refusal

Array = NDArray[np.float64]
MOST = 6  # variables that are drawn along time
ROOM = 0.45  # of the truth's extent, on each side: what goes further is cut


@dataclass
class Scene:
    """A picture of one run: who drew which line, so that a film can draw them anew."""

    truth: Course
    said: Mapping[str, Course]
    seen: int
    lines: list[tuple[Line2D, str, str, str]]  # line, method, and what lies along x and y
    heads: list[tuple[Line2D, str, str, str]]
    clocks: list[Line2D]
    rings: list[Line2D]


def forecast_curves(
    true: Any,
    predicted: Mapping[str, Any],
    *,
    run: int = 0,
    seen: int = 0,
    variables: Sequence[str] | None = None,
    name: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """What was true and what was forecast of one run.

    Parameters
    ----------
    true
        `Trajectories`, or a mapping from names (and "time") to arrays (run, time).
    predicted
        The same by method; a variable that a method does not forecast is not drawn for it.
    run
        Which run.
    seen
        How many samples the methods were shown.
    variables
        Which are drawn along time; the first six when not given.
    name
        Of what.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no method, no such run, other clocks or unknown variables.

    Examples
    --------
    >>> t = np.linspace(0, 6, 40)
    >>> true = {"time": t, "x": np.cos(t), "v": -np.sin(t)}
    >>> said = {"time": t, "x": np.cos(1.02 * t), "v": -np.sin(1.02 * t)}
    >>> forecast_curves(true, {"physicsnet": said}, seen=8).get_label()[:15]
    'True and foreca'
    """
    return _scene(true, predicted, run, seen, variables, name, theme)[0]


def forecast_animation(
    true: Any,
    predicted: Mapping[str, Any],
    *,
    run: int = 0,
    seen: int = 0,
    variables: Sequence[str] | None = None,
    name: str = "",
    frames: int = 90,
    theme: str | style.Theme = "dark",
) -> Animation:
    """`forecast_curves` as it comes about: forecast and truth run side by side.

    Parameters
    ----------
    true, predicted, run, seen, variables, name, theme
        As in `forecast_curves`.
    frames
        How many, equally far apart in time.
    """
    if frames < 2:
        raise Refusal(f"{frames} frames", "at least 2")
    picture, scene = _scene(true, predicted, run, seen, variables, name, theme)
    look = style.theme(theme)
    with style.settings(look):
        _heads(scene, look)
    t = scene.truth.t[np.isfinite(scene.truth.t)]
    moments = np.linspace(t[0], t[-1], frames)

    def update(frame: int) -> None:
        now = float(moments[frame])
        for line, method, across, up in scene.lines:
            line.set_data(*_of(scene, method).until(across, up, now))
        for head, method, across, up in scene.heads:
            head.set_data(*_of(scene, method).at(across, up, now))
        for clock in scene.clocks:
            clock.set_xdata([now, now])

    moving = [artist for artist, *_ in (*scene.lines, *scene.heads)]
    moving += [*scene.clocks, *scene.rings]
    said = ", ".join(word(method) for method in ordered(predicted))
    return Animation(
        picture, frames, update, moving=moving, description=f"The truth and the forecast: {said}"
    )


# ---------------------------------------------------------------------- the picture


def _scene(
    true: Any,
    predicted: Mapping[str, Any],
    run: int,
    seen: int,
    variables: Sequence[str] | None,
    name: str,
    theme: str | style.Theme,
) -> tuple[Figure, Scene]:
    truth = Course.of(true, run)
    said = {method: _alike(truth, method, predicted[method], run) for method in ordered(predicted)}
    if not said:
        raise Refusal("no forecast to draw", "one at least")
    if not 0 <= seen <= len(truth.t):
        raise Refusal(f"{seen} samples seen", f"0 to {len(truth.t)}")
    shown = _shown(truth, variables)
    tall = float(np.clip(1.5 + 1.1 * len(shown), 4.3, 8.0))
    scene = Scene(truth, said, seen, [], [], [], [])
    with style.figure(theme, (10.0, tall)) as (picture, look):
        grid = picture.add_gridspec(len(shown), 1 + bool(truth.planes), width_ratios=[1, 1.35][
            0 if truth.planes else 1 :
        ])  # fmt: skip
        cut = False
        if truth.planes:
            cut |= _path(picture.add_subplot(grid[:, 0]), scene, look)
        rows: list[Axes] = []
        for k, variable in enumerate(shown):
            share = rows[0] if rows else None
            rows.append(picture.add_subplot(grid[k, -1], sharex=share))
            cut |= _along(style.dress(rows[-1], look, grid="y"), scene, variable, look)
        _clock(rows, truth)
        _legend(picture, said, look)
        left = len(truth.x) - len(shown)
        below = _words(scene, name, cut, left)
        style.headline(picture, look, "True and forecast", below)
    return picture, scene


def _alike(truth: Course, method: str, runs: Any, run: int) -> Course:
    held = Course.of(runs, run)
    if held.t.shape != truth.t.shape:
        raise Refusal(
            f"{word(method)}: a forecast of {held.t.size} samples", f"{truth.t.size}, as the truth"
        )
    if not set(held.x) & set(truth.x):
        raise Refusal(f"{word(method)}: a forecast of {', '.join(held.x)}", "the truth's variables")
    return held


def _shown(truth: Course, variables: Sequence[str] | None) -> list[str]:
    if variables is None:
        return list(truth.x)[:MOST]
    unknown = [name for name in variables if name not in truth.x]
    if unknown or not variables:
        raise Refusal(f"variables {', '.join(unknown) or 'none'}", ", ".join(truth.x))
    return list(variables)


def _path(axes: Axes, scene: Scene, look: style.Theme) -> bool:
    """The way through the plane, or through space."""
    style.dress(axes, look)
    truth = scene.truth
    for method in ("true", *scene.said):
        for across, up in truth.planes:
            if {across, up} <= set(_of(scene, method).x):
                _line(axes, scene, method, across, up, look)
    columns = list(zip(*truth.planes, strict=True))
    limits = [_limits([truth.x[name] for name in names]) for names in columns]
    if truth.spatial:
        wide, high = (top - low for low, top in limits)
        # A fall straight down still has a width.
        limits = [_widened(low, top, 0.6 * max(wide, high)) for low, top in limits]
        axes.set_aspect("equal", adjustable="box", anchor="N")
    axes.set(xlim=limits[0], ylim=limits[1])
    axes.set_xlabel(truth.labelled(columns[0][0]))
    axes.set_ylabel(truth.labelled(columns[1][0]))
    title = "the path" if truth.spatial else "the plane of " + " and ".join(truth.planes[0])
    axes.set_title(title, size=11, color=look.soft)
    for across, up in truth.planes:
        at = max(scene.seen - 1, 0)
        scene.rings += axes.plot(
            truth.x[across][at], truth.x[up][at], "o", ms=7, mfc=look.paper, mec=look.ink, mew=1.5,
            zorder=7, gid="start",
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    return _leaves(scene, columns[0], limits[0]) or _leaves(scene, columns[1], limits[1])


def _along(axes: Axes, scene: Scene, variable: str, look: style.Theme) -> bool:
    """One variable along time."""
    for method in ("true", *scene.said):
        if variable in _of(scene, method).x:
            _line(axes, scene, method, "time", variable, look)
    limits = _limits([scene.truth.x[variable]])
    axes.set_ylim(limits)
    axes.set_ylabel(scene.truth.labelled(variable), rotation=0, ha="right", va="center")
    axes.yaxis.set_major_locator(MaxNLocator(3))
    if scene.seen:
        t = scene.truth.t
        axes.axvspan(t[0], t[scene.seen - 1], color=look.hair, alpha=0.45, lw=0, zorder=0,
                     gid="seen")  # fmt: skip
    return _leaves(scene, (variable,), limits)


def _line(axes: Axes, scene: Scene, method: str, across: str, up: str, look: style.Theme) -> None:
    tint, dash = pen(look, method)
    pale = method == "true"
    x, y = _of(scene, method).until(across, up, np.inf)
    (line,) = axes.plot(
        x, y, color=tint, ls=dash, lw=TRUE_WIDTH if pale else 2.0, zorder=2 if pale else 4,
        gid=f"{method} {across} {up}",
    )  # fmt: skip
    scene.lines.append((line, method, across, up))


def _heads(scene: Scene, look: style.Theme) -> None:
    """A dot at the head of every line, and the present moment along time."""
    for line, method, across, up in list(scene.lines):
        tint, _ = pen(look, method)
        pale, axes = method == "true", cast(Axes, line.axes)
        (head,) = axes.plot([], [], "o", ms=10 if pale else 7, color=tint, zorder=6 + (not pale))
        scene.heads.append((head, method, across, up))
        if across == "time" and method == "true":
            scene.clocks.append(axes.axvline(scene.truth.t[0], color=look.hair, lw=1.0, zorder=1))


def _clock(rows: Sequence[Axes], truth: Course) -> None:
    t = truth.t[np.isfinite(truth.t)]
    for axes in rows:
        axes.tick_params(labelbottom=axes is rows[-1])
        axes.set_xlim(t[0], t[-1])
    rows[-1].set_xlabel(truth.labelled("time"))


def _legend(picture: Figure, said: Mapping[str, Course], look: style.Theme) -> None:
    """Truth and methods, below the picture."""
    handles = []
    for method in ("true", *said):
        tint, dash = pen(look, method)
        width = TRUE_WIDTH if method == "true" else 2.0
        handles.append(Line2D([], [], color=tint, ls=dash, lw=width, label=word(method)))
    picture.legend(
        handles=handles, loc="outside lower center", ncols=min(len(handles), 6), frameon=False,
        fontsize=10, handlelength=2.4, labelcolor=look.ink,
    )  # fmt: skip


def _words(scene: Scene, name: str, cut: bool, left: int) -> str:
    t = scene.truth.t
    said = f"{name}. " if name else ""
    if scene.seen:
        said += (
            f"Seen: {scene.seen} samples, to t = {number(float(t[scene.seen - 1]))} (shaded; the "
            "ring on the path). All after is forecast"
        )
    else:
        said += "All is forecast from the start"
    said += ". What runs off a panel is cut" if cut else ""
    return said + (f". {left} more variables are not drawn" if left > 0 else "")


# ---------------------------------------------------------------------- numbers


def _of(scene: Scene, method: str) -> Course:
    return scene.truth if method == "true" else scene.said[method]


def _limits(true: Sequence[Array]) -> tuple[float, float]:
    held = np.concatenate([values[np.isfinite(values)] for values in true])
    low, high = float(held.min()), float(held.max())
    size = max(abs(low), abs(high))
    pad = ROOM * (high - low if high - low > 1e-6 * size else size or 1.0)
    return low - pad, high + pad


def _widened(low: float, high: float, least: float) -> tuple[float, float]:
    lack = max(least - (high - low), 0.0) / 2
    return low - lack, high + lack


def _leaves(scene: Scene, names: Sequence[str], limits: tuple[float, float]) -> bool:
    values = [c.x[n] for c in scene.said.values() for n in names if n in c.x]
    return any(bool(((v < limits[0]) | (v > limits[1])).any()) for v in values)
