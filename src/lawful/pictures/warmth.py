"""Temperature against generalisation: accuracy, its gain over T = 0, and energies, by T.

The scale of T is logarithmic but for its left end, which is T = 0. Bands are intervals of
95 % over draws of the training samples; the gain is of the same draw, so that its interval
is the one to judge by.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.saving import save
from lawful.studies.temperature import interval

if TYPE_CHECKING:
    from lawful.studies.temperature import Warmth

Array = NDArray[np.float64]
PEOPLE = {"accuracy": "one network", "committee": "committee of all seeds"}


def warmth(done: "Warmth", *, theme: str | style.Theme = "dark") -> Figure:
    """Accuracy, its gain over T = 0, energy and sharpness, against the temperature.

    Parameters
    ----------
    done
        What `lawful.studies.temperature.study` gave.
    theme
        "dark" or "light".
    """
    with style.figure(theme, (10.0, 7.6)) as (picture, look):
        sheets = picture.subplots(2, 2).ravel()
        style.headline(picture, look, "Warmth and generalisation", _words(done))
        titles = ("accuracy on fresh samples", "gain over T = 0, points", "energy", "sharpness")
        for axes, title in zip(sheets, titles, strict=True):
            _clock(style.dress(axes, look, grid="y"), done, title, look)
        held, gain = done.measured, {m: 100.0 * done.against_cold(m) for m in PEOPLE}
        sheets[1].axhline(0.0, color=look.soft, lw=1.0, zorder=1)
        for k, (name, words) in enumerate(PEOPLE.items()):
            _course(sheets[0], done, held[name], words, k, look)
            _course(sheets[1], done, gain[name], words, k, look)
        _course(sheets[2], done, held["test energy"], "fresh samples", 2, look)
        _course(sheets[2], done, held["train energy"], "samples learned", 3, look)
        _course(sheets[3], done, held["sharpness"], "median over seeds", 4, look)
        sheets[0].yaxis.set_major_formatter(lambda y, _: reading.percent(y))
        for axes in sheets[2:]:
            _decades(axes)
        for axes in sheets:
            axes.legend(frameon=False, fontsize=9.5, labelcolor=look.ink, loc="best")
    return picture


def _decades(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    axes.minorticks_off()


def _clock(axes: Axes, done: "Warmth", title: str, look: style.Theme) -> None:
    """T along the base: 0, then decades."""
    warm = done.temperatures[1:]
    axes.set_title(title, size=11, color=look.soft)
    axes.set_xscale("symlog", linthresh=float(warm[0]), linscale=0.5)
    axes.set_xlim(-0.1 * float(warm[0]), 1.3 * float(warm[-1]))
    powers = range(round(np.ceil(np.log10(warm[0]))), round(np.floor(np.log10(warm[-1]))) + 1)
    every = max(1, -(-len(powers) // 4))
    shown = [power for k, power in enumerate(powers) if k % every == 0]
    axes.set_xticks(
        [0.0, *(10.0**power for power in shown)],
        labels=["0", *(reading.power_of_ten(power) for power in shown)],
    )
    axes.minorticks_off()
    axes.set_xlabel("temperature T")


def _course(
    axes: Axes, done: "Warmth", values: Array, words: str, k: int, look: style.Theme
) -> None:
    """The mean over draws and its interval."""
    low, high = np.array([interval(column) for column in values.T]).T
    tint = style.colour(look, k)
    axes.fill_between(done.temperatures, low, high, color=tint, alpha=0.2, lw=0, zorder=3)
    axes.plot(done.temperatures, values.mean(axis=0), color=tint, ls=style.DASHES[k % 4], lw=2.0,
              marker=style.MARKERS[k], ms=5, label=words, zorder=4)  # fmt: skip


def _words(done: "Warmth") -> str:
    settings = done.settings
    layers = "-".join(map(str, settings["layers"]))
    return (
        f"{layers} tanh, {settings['samples']} noisy samples of {settings['data']}, "
        f"{settings['fresh']} fresh ones; {settings['draws']} draws × {settings['seeds']} "
        f"networks at each T, {reading.count(settings['steps'])} steps; bands: 95 % over draws"
        f"\n{done.headline()}"
    )


def draw(
    done: "Warmth",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
) -> list[Path]:
    """Write the study's picture into a folder; the paths."""
    return [save(warmth(done, theme=theme), Path(folder) / f"warmth.{format}")]
