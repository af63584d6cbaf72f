"""The decision boundary: where a network changes its mind, and how that line moves.

    m_k(u) = 0   for each class k   (see `lawful.pictures.field`)

The phase diagram shows moments of training that are equally far apart in what the
network says, not in time: with A(t) the answers on a grid, moments are equidistant
in ∫ mean |dA|, so that long waits take one panel and sudden turns take several.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import field, reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.sheet import JUDGED, SHOWN, Sheet, dot_size, key, name_classes
from lawful.pictures.sight import Sight, sight
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lawful.learning.record import Training

Array = NDArray[np.float64]


def decision_boundary(
    training: "Training",
    *,
    step: int | None = None,
    features: "Sequence[int | str] | None" = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """What a network answers over a plane of inputs, with the samples upon it.

    Parameters
    ----------
    training
        Of a network with two classes or more, and two inputs or more.
    step
        Which moment: the snapshot nearest to this step; the trained network when not given.
    features
        The two features to look at; see `lawful.pictures.sight`.
    theme
        "dark" or "light".

    Returns
    -------
    The figure. The network is not changed.

    Raises
    ------
    Refusal
        For answers that are numbers, a single feature, features that are not there.
    """
    where = _where(training, features)
    steps = np.asarray(training.steps)
    moment = None if step is None else int(np.abs(steps - step).argmin())
    parameters = training.network.parameters if moment is None else training.snapshots[moment]
    with style.figure(theme, (6.6, 6.6)) as (picture, look):
        view = field.window(where, training.data, cells=220)
        sheet = Sheet(picture.subplots(), training, view, look, dot_size(training, 1.0))
        right = sheet.show(np.asarray(parameters))
        _name_axes(sheet.axes, where)
        name_classes(sheet, training, look)
        when = "trained" if moment is None else f"at step {reading.count(steps[moment])}"
        said = f"{reading.title(training)}, {when}: {reading.percent(right)} of the samples right"
        style.headline(picture, look, "Decision boundary", _joined(said, _notes(training, where)))
        key(picture, sheet, training, look)
    return picture


def phase_diagram(
    training: "Training",
    *,
    panels: int = 6,
    features: "Sequence[int | str] | None" = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """The decision boundary at moments of training, equally far apart in what it says.

    Parameters
    ----------
    training, features, theme
        As in `decision_boundary`.
    panels
        How many moments, at least 2.

    Raises
    ------
    Refusal
        As in `decision_boundary`, and for fewer than two panels.
    """
    where = _where(training, features)
    if panels < 2:
        raise Refusal(f"{panels} panels", "at least 2")
    chosen = telling(training, where, panels, even=0.0)
    columns = min(len(chosen), 3)
    rows = -(-len(chosen) // columns)
    with style.figure(theme, (8.0, 1.05 + 2.75 * rows)) as (picture, look):
        sheets = picture.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        view = field.window(where, training.data, cells=120)
        loss = reading.moments(training, "loss")
        for axes, k in zip(sheets.ravel(), chosen, strict=False):
            sheet = Sheet(axes, training, view, look, dot_size(training, 0.72))
            right = sheet.show(np.asarray(training.snapshots[k]))
            when = f"step {reading.count(training.steps[k])}"
            axes.set_title(when, size=11, pad=5)
            # Short enough to stand beside "step 10 000" over a narrow panel.
            said = f"{reading.number(loss[k], 2)},  {reading.percent(right)}"
            axes.set_title(said, loc="right", size=9.5, color=look.soft, pad=5)
            axes.label_outer()
        for axes in sheets.ravel()[len(chosen) :]:
            axes.set_visible(False)
        picture.supxlabel(where.labels[0], size=11, color=look.soft)
        picture.supylabel(where.labels[1], size=11, color=look.soft)
        style.headline(
            picture,
            look,
            "How the boundary forms",
            _joined(
                f"{reading.title(training)}; panels equally far apart in what it says,"
                " with their loss and accuracy",
                _notes(training, where),
            ),
        )
        key(picture, sheet, training, look)
    return picture


def boundary_animation(
    training: "Training",
    *,
    frames: int = 90,
    features: "Sequence[int | str] | None" = None,
    theme: str | style.Theme = "dark",
) -> Animation:
    """The decision boundary as training goes, beside the falling loss.

    Parameters
    ----------
    training, features, theme
        As in `decision_boundary`.
    frames
        How many at most; each is a snapshot, none is made up in between.
    """
    where = _where(training, features)
    chosen = telling(training, where, max(frames, 1), even=0.35)
    with style.figure(theme, (8.0, 4.9)) as (picture, look):
        left, side = picture.subplots(1, 2, width_ratios=[1.18, 1.0])
        view = field.window(where, training.data, cells=100)
        sheet = Sheet(left, training, view, look, dot_size(training, 0.85))
        _name_axes(left, where)
        name_classes(sheet, training, look)
        times, values = reading.series(training, "loss")
        steps, loss = np.asarray(training.steps), reading.moments(training, "loss")
        _loss_beside(side, times, values, look)
        (trail,) = side.plot([], [], color=look.palette[0], lw=2.2, zorder=4)
        (dot,) = side.plot([], [], "o", ms=8, color=look.accent, zorder=6)
        words = side.text(
            *(1.0, 0.97, ""),
            transform=side.transAxes,
            ha="right",
            va="top",
            size=12,
            linespacing=1.5,
        )
        style.headline(
            picture,
            look,
            "How the boundary forms",
            _joined(reading.title(training), _notes(training, where)),
        )
        key(picture, sheet, training, look)

    def update(frame: int) -> None:
        k = chosen[frame]
        right = sheet.show(np.asarray(training.snapshots[k]))
        done = times <= steps[k]
        trail.set_data(times[done], values[done])
        dot.set_data([steps[k]], [loss[k]])
        words.set_text(
            f"step {reading.count(steps[k])}\nloss {reading.number(loss[k], 2)}\n"
            f"{reading.percent(right)} right"
        )

    return Animation(
        picture,
        len(chosen),
        update,
        moving=(*sheet.artists, trail, dot, words),
        rate=15.0,
        description=f"Decision boundary of {reading.title(training)} as training goes",
    )


def telling(training: "Training", where: Sight, wanted: int, even: float) -> list[int]:
    """Which snapshots to show: equidistant in change of the answers.

    Parameters
    ----------
    training, where
        What is shown, and on which plane.
    wanted
        How many at most.
    even
        How much mere order counts beside change, 0 to 1: above 0 nothing is skipped for long.

    Returns
    -------
    Numbers of snapshots, increasing, the first and last among them.
    """
    points = field.window(where, training.data, cells=20).inputs
    said = [
        field.answers(training.network.with_parameters(x), where, points)
        for x in np.asarray(training.snapshots)
    ]
    moved = [0.0, *(float(np.abs(b - a).mean()) for a, b in pairwise(said))]
    way = np.cumsum(moved)
    order = np.linspace(0.0, 1.0, len(way))
    clock = (1.0 - even) * way / way[-1] + even * order if way[-1] > 0 else order
    marks = np.linspace(0.0, 1.0, min(wanted, len(way)))
    return sorted({int(np.abs(clock - mark).argmin()) for mark in marks} | {0, len(way) - 1})


def _where(training: "Training", features: "Sequence[int | str] | None") -> Sight:
    reading.classes(training.data)
    return sight(training.data, features)


def _name_axes(axes: Axes, where: Sight) -> None:
    axes.set_xlabel(where.labels[0])
    axes.set_ylabel(where.labels[1])


def _loss_beside(axes: Axes, times: Array, values: Array, look: style.Theme) -> None:
    """The whole course of the loss, faint, on a logarithmic scale where it spans decades."""
    style.dress(axes, look, grid="y")
    values = np.minimum(values, 1e100)  # a margin above what diverged must stay a number
    axes.plot(times, values, color=look.hair, lw=1.6, zorder=2)
    positive = values[values > 0]
    if len(positive) and values.max() > 30 * positive.min():
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_title("loss", size=11, color=look.soft)
    axes.margins(x=0.03, y=0.1)


def _notes(training: "Training", where: Sight) -> str:
    size = training.data.size
    crowd = f"{SHOWN} of {reading.count(size)} samples drawn" if size > SHOWN else ""
    crowd += f", {reading.count(JUDGED)} judged" if size > JUDGED else ""
    return "; ".join(filter(None, (where.note, crowd)))


def _joined(first: str, second: str) -> str:
    return f"{first}\n{second[:1].upper()}{second[1:]}" if second else first
