"""A motion as a picture and as a film: its path in the plane, and what it keeps along time.

    (x(t), y(t)) on the left;   (Q(t) − Q(0)) / |Q(0)| on the right, one line a law

Where no law is given, the right side shows the variables themselves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.animation import Animation
from lawful.pictures.predicted import Course
from lawful.refusal import Refusal

Array = NDArray[np.float64]
MOST = 6  # lines on the right
FRAMES = 90


def motion_picture(
    runs: Any,
    laws: Sequence[Any] = (),
    *,
    run: int = 0,
    name: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """The path of one run, and what it keeps.

    Parameters
    ----------
    runs
        `Trajectories`.
    laws
        Laws whose values are drawn along the run; see `lawful.find_laws`.
    run
        Which run.
    name
        Of what.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For a run that is not there.

    Examples
    --------
    >>> import lawful
    >>> runs = lawful.simulate(lawful.system("spring"), runs=2, samples=50, seed=0)
    >>> motion_picture(runs, name="spring").get_label()[:16]
    'Motion of spring'
    """
    return _drawn(runs, laws, run, name, theme).figure


def motion_animation(
    runs: Any,
    laws: Sequence[Any] = (),
    *,
    run: int = 0,
    name: str = "",
    frames: int = FRAMES,
    theme: str | style.Theme = "dark",
) -> Animation:
    """`motion_picture` as it comes about.

    Parameters
    ----------
    runs, laws, run, name, theme
        As in `motion_picture`.
    frames
        How many, equally far apart in time.
    """
    if frames < 2:
        raise Refusal(f"{frames} frames", "at least 2")
    drawn = _drawn(runs, laws, run, name, theme)
    ends = np.linspace(1, len(drawn.t), frames).astype(int)

    def update(frame: int) -> None:
        end = int(ends[frame])
        for line, across, up in drawn.lines:
            line.set_data(across[:end], up[:end])
        for head, across, up in drawn.heads:
            head.set_data([across[end - 1]], [up[end - 1]])

    moving = tuple(line for line, _, _ in (*drawn.lines, *drawn.heads))
    words = str(drawn.figure.get_label())
    return Animation(drawn.figure, frames, update, moving, description=words)


class _Drawn:
    """A figure with the lines that a film draws anew."""

    def __init__(self, figure: Figure, t: Array) -> None:
        self.figure, self.t = figure, t
        self.lines: list[tuple[Any, Array, Array]] = []
        self.heads: list[tuple[Any, Array, Array]] = []

    def line(self, axes: Any, across: Array, up: Array, tint: str, words: str = "") -> None:
        """A line, and a dot at its end."""
        (line,) = axes.plot(across, up, color=tint, lw=1.6, label=words or None)
        last = int(np.flatnonzero(np.isfinite(up))[-1]) if np.isfinite(up).any() else 0
        (head,) = axes.plot([across[last]], [up[last]], "o", color=tint, ms=6, zorder=5)
        self.lines.append((line, across, up))
        self.heads.append((head, across, up))


def _drawn(runs: Any, laws: Sequence[Any], run: int, name: str, theme: Any) -> _Drawn:
    what = Course.of(runs, run)
    with style.figure(theme, (8.0, 4.0)) as (picture, look):
        drawn = _Drawn(picture, what.t)
        left, right = picture.subplots(1, 2)
        _path(style.dress(left, look, grid="both"), what, drawn, look)
        kept = _kept(runs, laws, run)
        below = "The path of one run; "
        if kept:
            below += "beside it, how far each law strays from its start, as a share of it."
            _curves(style.dress(right, look, grid="y"), kept, what, drawn, look)
            right.set_ylabel("departure")
        else:
            below += "beside it, its variables along time."
            few = dict(list(what.x.items())[:MOST])
            _curves(style.dress(right, look, grid="y"), few, what, drawn, look)
        style.headline(picture, look, f"Motion of {name}" if name else "Motion", below)
    return drawn


def _path(axes: Any, what: Course, drawn: _Drawn, look: style.Theme) -> None:
    planes = what.planes or (("time", next(iter(what.x))),)
    where = {"time": what.t, **what.x}
    for k, (across, up) in enumerate(planes):
        drawn.line(axes, where[across], where[up], look.palette[k % 6])
    axes.set_xlabel(what.labelled(planes[0][0]))
    axes.set_ylabel(what.labelled(planes[0][1]))
    if what.spatial:
        axes.set_aspect("equal", adjustable="datalim")


def _curves(axes: Any, values: dict[str, Array], what: Course, drawn: _Drawn, look: Any) -> None:
    for k, (name, one) in enumerate(values.items()):
        drawn.line(axes, what.t, one, look.palette[k % 6], name)
    axes.set_xlabel(what.labelled("time"))
    axes.legend(loc="best", fontsize=8, frameon=False)


def _kept(runs: Any, laws: Sequence[Any], run: int) -> dict[str, Array]:
    """Each law's departure from its own start, as a share of it or of its largest value."""
    one = runs.isel(run=run)
    table = {name: one[name].values for name in one.variables if name != "time"}
    kept = {}
    for law in list(laws)[:MOST]:
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(law.function(table), float), one.sizes["time"])
        held = values[np.isfinite(values)]
        if held.size:
            scale = abs(held[0]) or np.abs(held).max() or 1.0
            kept[law.name] = (values - held[0]) / scale
    return kept
