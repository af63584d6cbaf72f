"""The landscape that training descends: the loss around its path, in relief and as a map.

    U(α, β) = U(x* + α e₁ + β e₂)

with e₁ and e₂ the principal directions of the path (see `lawful.learning.landscape`).
The path is drawn where it falls upon that plane, at the loss there; how much of its
variance the plane holds is said in the picture.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.learning.landscape import Ground, landscape
from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.relief import Relief, Scene, rim
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.learning.record import Training

Array = NDArray[np.float64]
DECADES = 300.0  # a loss that spans more than this is drawn on a logarithmic scale
AZIMUTH, ELEVATION = np.deg2rad(-58.0), np.deg2rad(33.0)


def loss_landscape(
    training: "Training",
    *,
    log: bool | None = None,
    cells: int = 56,
    theme: str | style.Theme = "dark",
) -> Figure:
    """The loss around the path of training, in relief, the path upon it.

    Parameters
    ----------
    training
        With three snapshots or more.
    log
        Heights by the logarithm of the loss; where it spans much, when not given.
    cells
        Points along each side of the grid.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For a path too short or standing still.
    """
    ground = _ground(training, cells)
    with style.figure(theme, (8.0, 6.0)) as (picture, look):
        scene = _scene(picture, training, ground, look, log)
        scene.turn(AZIMUTH, ELEVATION)
    return picture


def landscape_animation(
    training: "Training",
    *,
    log: bool | None = None,
    cells: int = 44,
    frames: int = 72,
    theme: str | style.Theme = "dark",
) -> Animation:
    """The landscape turning once, while training goes down its path.

    Parameters
    ----------
    training, log, cells, theme
        As in `loss_landscape`.
    frames
        How many.
    """
    if frames < 2:
        raise Refusal(f"{frames} frames", "at least 2")
    ground = _ground(training, cells)
    path = ground.plane.path
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    marks = np.linspace(0.0, 1.25 * way[-1], frames)  # at rest for the last fifth
    with style.figure(theme, (6.6, 5.0)) as (picture, look):
        scene = _scene(picture, training, ground, look, log)

    def update(frame: int) -> None:
        now = int(np.searchsorted(way, min(marks[frame], way[-1])))
        scene.turn(AZIMUTH + 2.0 * np.pi * frame / frames, ELEVATION + 0.08, now)

    return Animation(
        picture,
        frames,
        update,
        moving=scene.artists,
        rate=12.0,
        hold=0.0,
        description=f"Loss landscape of {reading.title(training)}, turning",
    )


def landscape_map(
    training: "Training", *, log: bool | None = None, theme: str | style.Theme = "dark"
) -> Figure:
    """The same landscape from above: lines of equal loss, and the path of training.

    Parameters
    ----------
    training, log, theme
        As in `loss_landscape`.
    """
    ground = _ground(training, 75)
    ratio = np.ptp(ground.beta) / np.ptp(ground.alpha)
    with style.figure(theme, (8.0, float(np.clip(1.35 + 6.1 * ratio, 4.0, 7.5)))) as (
        picture,
        look,
    ):
        axes = style.dress(picture.subplots(), look)
        _contours(picture, axes, ground, look, _logarithmic(ground, log))
        _path_on_map(axes, training, ground, look)
        axes.set(xlabel="first principal direction", ylabel="second principal direction")
        axes.set_aspect("equal", adjustable="box")
        style.headline(picture, look, "Map of the loss", _words(training, ground))
    return picture


def _ground(training: "Training", cells: int) -> Ground:
    data, network = training.data, training.network
    some = 512 if max(network.layers[1:]) <= 64 else 192  # a wide network takes its time
    return landscape(network, data.X, data.y, training.snapshots, cells=cells, samples=some)


def _logarithmic(ground: Ground, log: bool | None) -> bool:
    low, high = float(ground.loss.min()), float(ground.loss.max())
    if log and low <= 0:
        raise Refusal("a loss of zero on a logarithmic scale", "log=False")
    return (low > 0 and high > DECADES * low) if log is None else log


def _scene(
    picture: Figure, training: "Training", ground: Ground, look: style.Theme, log: bool | None
) -> Scene:
    """The relief, its path and its words."""
    logarithmic = _logarithmic(ground, log)
    scaled = np.log10 if logarithmic else np.asarray
    heights, line = scaled(ground.loss), scaled(ground.path_loss)
    low = float(min(heights.min(), line.min()))
    high = float(max(np.quantile(heights, 0.995), line.max()))
    span = (high - low) or 1.0
    # Far walls are cut off, so that the valley is seen.
    relief = Relief(np.clip((heights - low) / span, 0.0, 1.0), _square(ground), (line - low) / span)
    style.headline(picture, look, "The landscape of the loss", _words(training, ground))
    return Scene(
        picture.subplots(),
        relief,
        look,
        ticks=[((at - low) / span, text) for at, text in _ticks(low, high, logarithmic)],
        names=("first direction", "second direction"),
        height_name="loss",
    )


def _square(ground: Ground) -> Array:
    """The path on the base of the relief, −1 … 1."""
    low = np.array([ground.alpha[0], ground.beta[0]])
    high = np.array([ground.alpha[-1], ground.beta[-1]])
    return 2.0 * (ground.plane.path - low) / (high - low) - 1.0


def _ticks(low: float, high: float, logarithmic: bool) -> list[tuple[float, str]]:
    """Where the height's axis has numbers, and which."""
    if not logarithmic:
        places = MaxNLocator(4).tick_values(low, high)
        return [(float(t), reading.number(t)) for t in places if low <= t <= high]
    whole = range(int(np.ceil(low)), int(np.floor(high)) + 1)
    every = max(1, -(-len(whole) // 5))
    return [(float(t), reading.power_of_ten(t)) for t in whole if t % every == 0]


def _contours(
    picture: Figure, axes: Axes, ground: Ground, look: style.Theme, logarithmic: bool
) -> None:
    values = np.log10(ground.loss) if logarithmic else ground.loss
    levels = np.linspace(values.min(), np.quantile(values, 0.995), 19)
    field = axes.contourf(
        ground.alpha, ground.beta, values, levels, cmap=style.sequential(look), extend="max"
    )
    axes.contour(
        ground.alpha,
        ground.beta,
        values,
        levels[::2],
        colors=look.paper,
        linewidths=0.6,
        alpha=0.5,
        linestyles="solid",
    )
    bar = picture.colorbar(field, ax=axes, shrink=0.9, aspect=28, pad=0.02)
    ticks = _ticks(float(levels[0]), float(levels[-1]), logarithmic)
    bar.set_ticks([t for t, _ in ticks], labels=[text for _, text in ticks])
    bar.ax.set_title("loss", size=10.5, color=look.soft, loc="left")
    style.dress(bar.ax, look)
    bar.outline.set_visible(False)


def _path_on_map(axes: Axes, training: "Training", ground: Ground, look: style.Theme) -> None:
    path = ground.plane.path
    (line,) = axes.plot(*path.T, color=look.accent, lw=2.2, zorder=4)
    line.set_path_effects([Stroke(linewidth=4.4, foreground=look.paper), Normal()])
    axes.plot(*path[:1].T, "o", ms=9, mfc=look.paper, mec=look.accent, mew=2, zorder=6)
    axes.plot(*path[-1:].T, "*", ms=18, mfc=look.accent, mec=look.paper, mew=1, zorder=7)
    for k, word in ((0, "start"), (len(path) - 1, "end")):
        said = f"{word}, loss {reading.number(ground.path_loss[k], 2)}"
        right = path[k, 0] < (ground.alpha[0] + ground.alpha[-1]) / 2
        words = axes.annotate(
            said,
            path[k],
            (12 if right else -12, 12),
            textcoords="offset points",
            ha="left" if right else "right",
            size=11,
            color=look.ink,
            zorder=9,
        )
        words.set_path_effects([rim(look)])


def _words(training: "Training", ground: Ground) -> str:
    share = reading.percent(ground.plane.share)
    held = f"the path's two principal directions hold {share} of its variance"
    some = ""
    if ground.samples < training.data.size:
        some = f"; loss of {ground.samples} of {reading.count(training.data.size)} samples"
    return f"{reading.title(training)}; {held}{some}"
