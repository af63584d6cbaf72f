"""The density of a Hessian's eigenvalues, one panel for each moment of a training.

Densities are on a logarithmic scale: most directions are flat, and what is steep is rare.
A line is the mean over seeds, each eigenvalue spread to a narrow normal; marks below are
the eigenvalues themselves. What bends down is red; grey is too near to 0 for its sign
to be drawn.
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

if TYPE_CHECKING:
    from lawful.studies.spectrum import Moment, Spectra

Array = NDArray[np.float64]
WIDTH = 0.006  # of each eigenvalue, as a share of the extent drawn
DECADES = 4.0
UNTOLD = 4.4  # within so many widths of 0 no sign is drawn: a normal's fall by those decades


def hessian_spectrum(spectra: "Spectra", *, theme: str | style.Theme = "dark") -> Figure:
    """The density of eigenvalues at every moment.

    Parameters
    ----------
    spectra
        What `lawful.studies.spectrum.study` gave.
    theme
        "dark" or "light".
    """
    by_step = spectra.by_step
    low = min(m.spectrum.low for m in spectra.moments)
    high = max(m.spectrum.high for m in spectra.moments)
    edge = 0.04 * (high - low)
    grid = np.linspace(low - edge, high + edge, 900)
    with style.figure(theme, (8.4, 1.3 + 1.55 * len(by_step))) as (picture, look):
        sheets = picture.subplots(len(by_step), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        style.headline(picture, look, "How the loss bends", _words(spectra))
        for axes, (step, held) in zip(sheets, by_step.items(), strict=True):
            _panel(style.dress(axes, look, grid="y"), grid, step, held, look)
        sheets[-1].set_xlabel("eigenvalue λ of the Hessian")
        sheets[0].set_xlim(grid[0], grid[-1])
        picture.supylabel("density of eigenvalues", size=11, color=look.soft)
    return picture


def _panel(axes: Axes, grid: Array, step: int, held: "list[Moment]", look: style.Theme) -> None:
    width = WIDTH * float(grid[-1] - grid[0])
    density = np.mean([m.spectrum.density(grid, width) for m in held], axis=0)
    floor = 10.0**-DECADES / width
    # Nearer to 0 than that, the width of the line hides the sign.
    near = np.abs(grid) <= UNTOLD * width + 2.0 * (grid[1] - grid[0])
    parts = (
        (near, look.soft),
        (grid <= -UNTOLD * width, look.negative),
        (grid >= UNTOLD * width, look.positive),
    )
    for part, tint in parts:
        axes.fill_between(grid[part], floor, np.maximum(density[part], floor), color=tint,
                          alpha=0.35, lw=0, zorder=3)  # fmt: skip
        axes.plot(grid[part], np.maximum(density[part], floor), color=tint, lw=1.7, zorder=4)
    axes.axvline(0.0, color=look.hair, lw=1.0, zorder=2)
    nodes = np.concatenate([m.spectrum.nodes for m in held])
    axes.plot(nodes, np.full(nodes.shape, 1.6 * floor), "|", color=look.ink, ms=5, mew=0.6,
              alpha=0.35, zorder=5)  # fmt: skip
    axes.set(yscale="log", ylim=(floor, 2.0 / width))
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    axes.minorticks_off()
    axes.text(
        0.985, 0.9, _said(step, held), transform=axes.transAxes, ha="right", va="top", size=9.5,
        color=look.ink, linespacing=1.4,
    )  # fmt: skip


def _said(step: int, held: "list[Moment]") -> str:
    def median(values: list[float]) -> float:
        return float(np.median(values))

    loss = reading.number(median([m.loss for m in held]), 2)
    high = reading.number(median([m.spectrum.high for m in held]), 2)
    down = reading.percent(median([m.down for m in held]))
    flat = reading.percent(median([m.flat for m in held]))
    return (
        f"step {reading.count(step)}, loss {loss}\nsharpness {high}; {down} bend down, {flat} flat"
    )


def _words(spectra: "Spectra") -> str:
    settings = spectra.settings
    layers = "-".join(map(str, settings["layers"]))
    return (
        f"{settings['data']}, {layers} {settings['activation']}, "
        f"{spectra.moments[0].spectrum.size} parameters, all eigenvalues; means of the density "
        f"over {settings['seeds']} seeds; red bends down, grey is too near to 0 to tell\n"
        f"{spectra.headline()}"
    )


def draw(
    spectra: "Spectra",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
) -> list[Path]:
    """Write the study's picture into a folder; the paths."""
    return [save(hessian_spectrum(spectra, theme=theme), Path(folder) / f"spectrum.{format}")]
