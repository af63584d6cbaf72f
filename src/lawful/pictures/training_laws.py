"""What training conserves: how little laws drift, and how that falls with the learning rate.

Above, one law and one quadratic drawn at random along training, root mean square over
networks, in units of their spread between networks. Below, λ, the variance within runs
over that in all, against the learning rate: laws fall with its square, others stay.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from lawful.pictures import reading, style
from lawful.pictures.saving import save

if TYPE_CHECKING:
    from lawful.studies.laws_of_learning import LawsOfLearning

LEAST = 1e-16  # relative: below it round-off is all there is
ROUND_OFF = 1e-24  # of λ
ACROSS = 3  # panels in a row


def drift_of_laws(done: "LawsOfLearning", *, theme: str | style.Theme = "dark") -> Figure:
    """A law and a control along training, at every learning rate; one panel a network.

    Parameters
    ----------
    done
        What `lawful.studies.laws_of_learning.study` gave.
    theme
        "dark" or "light".
    """
    cases = _first(done)
    with style.figure(theme, _size(cases)) as (picture, look):
        sheets = _sheets(picture, len(cases))
        style.headline(
            picture,
            look,
            "A law stays, anything else goes",
            "How far a quantity is from where it began, over its spread between networks. "
            "Colour: a law of theory, by learning rate; grey: a random quadratic.",
        )
        for axes, case in zip(sheets, cases, strict=False):
            _paths(style.dress(axes, look, grid="y"), case, look)
        sheets[0].set_ylabel("distance from the start")
        sheets[len(cases) - 1].legend(
            handles=_keys(cases[-1]["drift"]["rates"], look), loc="lower right", frameon=False
        )
    return picture


def _paths(axes: Axes, case: Mapping[str, Any], look: style.Theme) -> None:
    drift = case["drift"]
    times = np.array(drift["times"])
    for kind in ("control", "law"):
        for k, path in enumerate(drift["paths"][kind]):
            tint = style.colour(look, k) if kind == "law" else look.soft
            y = np.maximum(np.array(path)[1:], LEAST)
            axes.plot(
                times[1:], y, color=tint, ls=style.DASHES[k % 4], lw=2 if kind == "law" else 1
            )
    if not drift["law"]:
        axes.text(
            0.5, 0.55, "theory knows no law", transform=axes.transAxes, ha="center",
            size=9.5, color=look.soft,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(LEAST / 3, 30)
    _powers(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.set_xlabel("time  (steps · η)")
    axes.set_title(case["name"], size=10.5, color=look.ink)


def _keys(rates: Sequence[float], look: style.Theme) -> list[Line2D]:
    words = [f"flow, η {rates[0]:g}", *(f"steps, η {rate:g}" for rate in rates[1:])]
    return [
        Line2D([], [], color=style.colour(look, k), ls=style.DASHES[k % 4], lw=2, label=one)
        for k, one in enumerate(words)
    ]


def halving_certificate(done: "LawsOfLearning", *, theme: str | style.Theme = "dark") -> Figure:
    """λ of laws and of random quadratics against the learning rate; one panel a network.

    Parameters
    ----------
    done
        What `lawful.studies.laws_of_learning.study` gave.
    theme
        "dark" or "light".
    """
    cases = _first(done)
    with style.figure(theme, _size(cases)) as (picture, look):
        sheets = _sheets(picture, len(cases))
        style.headline(
            picture,
            look,
            "The certificate: halve the learning rate",
            "Variance within runs over variance in all. What gradient flow conserves falls with "
            "the square of the learning rate; the rest does not care.",
        )
        for axes, case in zip(sheets, cases, strict=False):
            _curves(style.dress(axes, look, grid="y"), case, look)
        sheets[0].set_ylabel("λ")
    return picture


def _curves(axes: Axes, case: Mapping[str, Any], look: style.Theme) -> None:
    certificate = case["certificate"]
    rates = np.array(certificate["rates"])
    for kind, tint, mark in (("controls", look.soft, ""), ("laws", style.colour(look, 0), "o")):
        for curve in certificate[kind]:
            if min(curve) > ROUND_OFF:
                axes.plot(rates, curve, color=tint, marker=mark, ms=5, lw=1.6 if mark else 0.8)
    exact = sum(min(curve) <= ROUND_OFF for curve in certificate["laws"])
    if exact:
        axes.text(
            0.5, 0.04, f"{exact} more at round-off", transform=axes.transAxes, ha="center",
            size=9.5, color=look.soft,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.xaxis.set_minor_locator(NullLocator())
    _powers(axes.yaxis)
    axes.set_xlabel("learning rate η")
    axes.set_title(case["name"], size=10.5, color=look.ink)


def _size(cases: Sequence[Any]) -> tuple[float, float]:
    return 1.2 + 3.2 * min(len(cases), ACROSS), 1.0 + 3.2 * -(-len(cases) // ACROSS)


def _sheets(picture: Figure, count: int) -> list[Axes]:
    """As many panels, three in a row."""
    across = min(count, ACROSS)
    sheets = picture.subplots(-(-count // ACROSS), across, sharey=True, squeeze=False).ravel()
    for axes in sheets[count:]:
        style.bare(axes)
    return list(sheets)


def _powers(axis: Any) -> None:
    axis.set_major_locator(LogLocator(numticks=6))
    axis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    axis.set_minor_locator(NullLocator())


def _first(done: "LawsOfLearning") -> list[Mapping[str, Any]]:
    """One log of each architecture."""
    return list({case["name"]: case for case in reversed(done.cases)}.values())[::-1]


def draw(
    done: "LawsOfLearning",
    folder: str | Path,
    *,
    theme: str | style.Theme = "dark",
    format: str = "png",
) -> list[Path]:
    """Write the study's pictures into a folder; the paths."""
    place = Path(folder)
    return [
        save(drift_of_laws(done, theme=theme), place / f"drift.{format}"),
        save(halving_certificate(done, theme=theme), place / f"certificate.{format}"),
    ]
