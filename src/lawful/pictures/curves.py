"""How the energy and the loss decay, and where the energy goes.

    E = U + K,   E(t) − E(0) = Σ accounts   (see `lawful.learning.ledger`)

U is the loss, K the energy of motion. The accounts are drawn stacked, what was gained
above zero and what was lost below; the line of E − E(0) is drawn upon them from the
energies alone, and where the books are right it runs along the difference of both.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.growing import Panel, film, finish, settle_clock, settle_scale

if TYPE_CHECKING:
    from lawful.learning.record import Training

Array = NDArray[np.float64]
POINTS = 400  # of a common clock for several trainings


def energy_decay(
    training: "Training", *, log: bool | None = None, theme: str | style.Theme = "dark"
) -> Figure:
    """Potential, kinetic and total energy on the way, and the ledger below.

    Parameters
    ----------
    training
        A `Training`; without a ledger (Adam, mini-batches) the energies stand alone.
    log
        Energies on a logarithmic scale; where they span much, when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        Where no kinetic energy was recorded.
    """
    return _energy(training, log, theme)[0]


def energy_animation(
    training: "Training",
    *,
    frames: int = 80,
    log: bool | None = None,
    theme: str | style.Theme = "dark",
) -> Animation:
    """`energy_decay`, growing as training goes.

    Parameters
    ----------
    training, log, theme
        As in `energy_decay`.
    frames
        How many.
    """
    picture, panels = _energy(training, log, theme)
    return film(picture, panels, frames, theme, f"Energy of {reading.title(training)}, growing")


def loss_decay(
    training: "Training", *, log: bool | None = None, theme: str | style.Theme = "dark"
) -> Figure:
    """Loss and accuracy on the way, on samples kept apart too where there were such.

    Parameters
    ----------
    training, log, theme
        As in `energy_decay`.
    """
    return _loss(training, log, theme)[0]


def loss_animation(
    training: "Training",
    *,
    frames: int = 80,
    log: bool | None = None,
    theme: str | style.Theme = "dark",
) -> Animation:
    """`loss_decay`, growing as training goes.

    Parameters
    ----------
    training, log, theme
        As in `energy_decay`.
    frames
        How many.
    """
    picture, panels = _loss(training, log, theme)
    return film(picture, panels, frames, theme, f"Loss of {reading.title(training)}, growing")


def comparison(
    trainings: "Sequence[Training]",
    *,
    measure: str = "loss",
    by: "Callable[[Training], str] | None" = None,
    log: bool | None = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """Many trainings compared: the median of each kind, and a band about its middle half.

    Parameters
    ----------
    trainings
        Architectures × seeds. A training that stopped before others of its kind keeps
        its last value.
    measure
        What to compare: "loss", "energy", "kinetic", "accuracy", …
    by
        What makes trainings of one kind; the layers and activations when not given.
    log
        On a logarithmic scale; where the values span much, when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no training, or a measure that one of them lacks.
    """
    return _comparison(trainings, measure, by, log, theme)[0]


def comparison_animation(
    trainings: "Sequence[Training]",
    *,
    measure: str = "loss",
    by: "Callable[[Training], str] | None" = None,
    frames: int = 80,
    log: bool | None = None,
    theme: str | style.Theme = "dark",
) -> Animation:
    """`comparison`, growing as training goes.

    Parameters
    ----------
    trainings, measure, by, log, theme
        As in `comparison`.
    frames
        How many.
    """
    picture, panels = _comparison(trainings, measure, by, log, theme)
    return film(picture, panels, frames, theme, f"The {_named(measure)} compared, growing")


# ---------------------------------------------------------------------- one training


def _energy(
    training: "Training", log: bool | None, theme: str | style.Theme
) -> tuple[Figure, list[Panel]]:
    names = ("loss", "kinetic", "energy")
    courses = {name: reading.series(training, name) for name in names}
    books = reading.accounts(training)
    with style.figure(theme, (8.0, 6.2 if books else 4.5)) as (picture, look):
        rows = picture.subplots(1 + bool(books), 1, sharex=True, squeeze=False)[:, 0]
        style.headline(picture, look, "Where the energy goes", _energy_words(training, books))
        top = Panel(style.dress(rows[0], look, grid="y"))
        top.axes.set_title("energy", size=11, color=look.soft)
        settle_scale(top.axes, np.concatenate([y for _, y in courses.values()]), log)
        settle_clock(top.axes, *courses["energy"])
        said = ("potential U", "kinetic K", "total E = U + K")
        tints = (look.palette[0], look.palette[1], look.ink)
        for name, words, tint, dash in zip(
            names, said, tints, ("-", "-", style.DASHES[1]), strict=True
        ):
            top.line(*courses[name], tint, words, dash)
        panels = [top, *([_ledger(rows[1], training, books, look)] if books else [])]
        finish(picture, panels)
    return picture, panels


def _energy_words(training: "Training", books: list[str]) -> str:
    said = reading.title(training)
    if not books:
        return f"{said}; this way of training keeps no ledger"
    residual = float(getattr(training, "residual", np.nan))
    if not np.isfinite(residual):
        return f"{said}; the ledger explains every change of the energy"
    return (
        f"{said}; what the ledger leaves unexplained is {reading.number(residual, 2)} of the energy"
    )


def _ledger(axes: Axes, training: "Training", books: list[str], look: style.Theme) -> Panel:
    """The accounts, stacked by their sign, and the change of E upon them."""
    panel = Panel(style.dress(axes, look, grid="y"))
    axes.set_title("change of the energy since the start, by account", size=11, color=look.soft)
    t, energy = reading.series(training, "energy")
    above, below = np.zeros(len(t)), np.zeros(len(t))
    for k, name in enumerate(books):
        amount = np.interp(t, *reading.series(training, name))
        tint = style.colour(look, k + 2)
        up, down = np.maximum(amount, 0.0), np.minimum(amount, 0.0)
        for base, part in ((above, up), (below, down)):
            if part.any():
                panel.artists.append(
                    axes.fill_between(t, base, base + part, color=tint, alpha=0.62, lw=0, zorder=2)
                )
        middle = (below + 0.5 * down)[-1] if amount[-1] < 0 else (above + 0.5 * up)[-1]
        words = f"{name.removeprefix(reading.LEDGER)} {reading.number(amount[-1], 2)}"
        panel.ends.append((float(middle), words, tint))
        above, below = above + up, below + down
    axes.axhline(0.0, color=look.soft, lw=0.8, zorder=3)
    panel.line(t, energy - energy[0], look.ink, "E − E(0)", style.DASHES[1])
    return panel


def _loss(
    training: "Training", log: bool | None, theme: str | style.Theme
) -> tuple[Figure, list[Panel]]:
    with style.figure(theme, (8.0, 5.4)) as (picture, look):
        measured = [name for name in ("loss", "accuracy") if reading.has(training, name)]
        rows = picture.subplots(len(measured), 1, sharex=True, squeeze=False)[:, 0]
        style.headline(picture, look, "How the loss decays", _stopped(training))
        panels = []
        for axes, name in zip(rows, measured, strict=True):
            panel = Panel(style.dress(axes, look, grid="y"))
            axes.set_title(_named(name), size=11, color=look.soft)
            pair = [n for n in (name, f"validation_{name}") if reading.has(training, n)]
            courses = [reading.series(training, n) for n in pair]
            if name == "accuracy":
                axes.set_ylim(-0.03, 1.05)
                axes.yaxis.set_major_formatter(_in_percent)
            else:
                settle_scale(axes, np.concatenate([y for _, y in courses]), log)
            settle_clock(axes, *reading.series(training, "loss"))
            for k, (t, y) in enumerate(courses):
                where = ("kept apart, " if k else "learned from, ") if len(pair) > 1 else ""
                panel.line(t, y, look.palette[k], where + _last(name, y[-1]), style.DASHES[k])
            panels.append(panel)
        finish(picture, panels)
    return picture, panels


def _stopped(training: "Training") -> str:
    return f"{reading.title(training)}; {training.stopped}".rstrip("; ")


# ---------------------------------------------------------------------- many trainings


def _comparison(
    trainings: "Sequence[Training]",
    measure: str,
    by: "Callable[[Training], str] | None",
    log: bool | None,
    theme: str | style.Theme,
) -> tuple[Figure, list[Panel]]:
    kinds = _kinds(trainings, by)
    t = _common_clock([one for group in kinds.values() for one in group], measure)
    tables = {
        name: np.array([np.interp(t, *reading.series(one, measure)) for one in group])
        for name, group in kinds.items()
    }
    with style.figure(theme, (8.0, 5.0)) as (picture, look):
        panel = Panel(style.dress(picture.subplots(), look, grid="y"))
        axes = panel.axes
        style.headline(picture, look, _title(measure), _compared_words(trainings, tables))
        axes.set_title(_named(measure), size=11, color=look.soft)
        quartiles = {name: np.quantile(a, [0.25, 0.5, 0.75], axis=0) for name, a in tables.items()}
        medians = np.array([q[1] for q in quartiles.values()])
        settle_scale(axes, np.concatenate([q.ravel() for q in quartiles.values()]), log)
        settle_clock(axes, t, medians[np.ptp(medians, axis=1).argmax()])
        if measure.endswith("accuracy"):
            axes.yaxis.set_major_formatter(_in_percent)
        for k, (name, (low, middle, high)) in enumerate(quartiles.items()):
            tint = style.colour(look, k)
            if len(tables[name]) > 1:
                panel.artists.append(
                    axes.fill_between(
                        t,
                        low,
                        high,
                        lw=0.8,
                        zorder=2,
                        fc=to_rgba(tint, 0.13),
                        ec=to_rgba(tint, 0.45),
                    )
                )
            words = f"{name}: {_last(measure, middle[-1])}"
            panel.line(t, middle, tint, words, style.DASHES[k % len(style.DASHES)])
        finish(picture, [panel])
    return picture, [panel]


def _kinds(
    trainings: "Sequence[Training]", by: "Callable[[Training], str] | None"
) -> "dict[str, list[Training]]":
    several = reading.trainings(trainings)
    same = len({reading.hidden(one.network) for one in several}) == 1
    kinds: dict[str, list[Training]] = {}
    for one in several:
        layers = reading.layers(one.network)
        name = by(one) if by else (layers if same else f"{layers} {reading.hidden(one.network)}")
        kinds.setdefault(name, []).append(one)
    return kinds


def _common_clock(trainings: "Sequence[Training]", measure: str) -> Array:
    """Steps at which all are compared: every recorded one, or some, denser at the beginning."""
    steps = np.unique(np.concatenate([reading.series(one, measure)[0] for one in trainings]))
    if len(steps) <= POINTS:
        return steps
    ranks = np.r_[
        np.geomspace(1, len(steps), POINTS // 2) - 1, np.linspace(0, len(steps) - 1, POINTS // 2)
    ]
    return np.asarray(steps[np.unique(ranks.astype(int))])


def _compared_words(trainings: "Sequence[Training]", tables: dict[str, Array]) -> str:
    names = {getattr(one.data, "name", "") for one in reading.trainings(trainings)}
    sizes = {len(a) for a in tables.values()}
    on = f"{', '.join(sorted(names - {''}))}; " if names - {""} else ""
    if sizes == {1}:
        return f"{on}one training each"
    many = str(sizes.pop()) if len(sizes) == 1 else f"{min(sizes)} to {max(sizes)}"
    return f"{on}lines are medians of {many} trainings each, bands hold the middle half of them"


def _named(measure: str) -> str:
    return reading.MEASURES.get(measure, measure.removeprefix(reading.LEDGER).replace("_", " "))


def _title(measure: str) -> str:
    name = _named(measure)
    return f"{name[:1].upper()}{name[1:]} compared"


def _in_percent(share: float, _: object = None) -> str:
    return f"{100.0 * share:.3g}\N{NO-BREAK SPACE}%"


def _last(measure: str, value: float) -> str:
    """A last value in words."""
    share = measure.endswith("accuracy")
    return reading.percent(value) if share else reading.number(value, 2)
