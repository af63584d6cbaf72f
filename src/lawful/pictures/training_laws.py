"""What training conserves: how little laws drift, and how that falls with the learning rate.

Above, one law and one quadratic drawn at random along training, root mean square over
networks, in units of their spread between networks. Then λ, the variance within runs
over that in all, against the learning rate: laws fall with its square, others stay. Then
all λ of polynomials of degree 2, in order: a gap tells how many are conserved. Last, the
charges of momentum, which decay as μᵗ where a symmetry has one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from lawful.pictures import reading, style
from lawful.pictures.saving import save
from lawful.studies.steadiest import ROUND_OFF

if TYPE_CHECKING:
    from lawful.studies.laws_of_learning import LawsOfLearning

LEAST = 1e-16  # relative: below it round-off is all there is
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
    words = (
        "A law stays, anything else goes",
        "How far a quantity is from where it began, over its spread between networks. "
        "Colour: a law of theory, by learning rate; grey: a random quadratic.",
    )
    with _panels(done, theme, words, _paths) as (picture, sheets, look):
        sheets[0].set_ylabel("distance from the start")
        rates = done.cases[0]["drift"]["rates"]
        # The last corner is empty, or a network without laws has room there.
        corner: dict[str, Any] = {
            "loc": "lower right",
            "bbox_to_anchor": (0.985, 0.5 / picture.get_figheight()),
        }
        picture.legend(handles=_keys(rates, look), frameon=False, **corner)
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
    axes.set_ylim(LEAST / 3, 30)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.set_xlabel("time  (steps · η)")


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
    words = (
        "The certificate: halve the learning rate",
        "Variance within runs over variance in all. What gradient flow conserves falls with "
        "the square of the learning rate; the rest does not care. Grey: random quadratics; "
        "dashed: the steadiest of all that are no laws.",
    )
    with _panels(done, theme, words, _curves) as (picture, sheets, _):
        sheets[0].set_ylabel("λ")
    return picture


def _curves(axes: Axes, case: Mapping[str, Any], look: style.Theme) -> None:
    certificate = case["certificate"]
    rates = np.array(certificate["rates"])
    quiet: dict[str, Any] = {"color": look.soft, "lw": 0.8}
    kinds: dict[str, dict[str, Any]] = {
        "controls": quiet,
        "next": quiet | {"ls": style.DASHES[1]},
        "laws": {"color": style.colour(look, 0), "lw": 1.6, "marker": "o", "ms": 5},
    }
    for kind, pen in kinds.items():
        for curve in certificate[kind]:
            if min(curve) > ROUND_OFF:
                axes.plot(rates, curve, **pen)
    exact = sum(min(curve) <= ROUND_OFF for curve in certificate["laws"])
    if exact:
        axes.text(
            0.5, 0.04, f"{exact} more at round-off", transform=axes.transAxes, ha="center",
            size=9.5, color=look.soft,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("learning rate η")


def spectrum_of_laws(done: "LawsOfLearning", *, theme: str | style.Theme = "dark") -> Figure:
    """All λ in order, of the flow and of its controls; one panel a network.

    Parameters
    ----------
    done
        What `lawful.studies.laws_of_learning.study` gave.
    theme
        "dark" or "light".
    """
    words = (
        "How many laws there are, with no search",
        "The least λ among all polynomials of degree 2, in order. A gap parts what gradient "
        "flow conserves from the rest; put weights of different networks together, and it is "
        "gone.",
    )
    with _panels(done, theme, words, _ranks) as (picture, sheets, _):
        sheets[0].set_ylabel("λ")
        sheets[0].legend(loc="lower right", frameon=False, fontsize=9)
    return picture


def _ranks(axes: Axes, case: Mapping[str, Any], look: style.Theme) -> None:
    kinds = (
        ("flow", "gradient flow", style.colour(look, 0), "o"),
        ("strangers", "strangers", look.soft, "x"),
        ("shuffled", "times shuffled", style.colour(look, 1), "+"),
    )
    for kind, label, tint, mark in kinds:
        values = np.maximum(case[kind]["spectrum"]["values"], ROUND_OFF)
        ranks = np.arange(1, len(values) + 1)
        axes.plot(ranks, values, color=tint, marker=mark, ms=4, lw=0.7, label=label)
    space = case["space"]
    if space:
        axes.axvline(space + 0.5, color=look.ink, lw=0.9, ls=style.DASHES[1])
    axes.text(
        0.97, 0.5, f"theory: {space or 'none'}", transform=axes.transAxes, ha="right", size=9.5,
        color=look.ink,
    )  # fmt: skip
    axes.set_ylim(ROUND_OFF / 10, 10)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel("rank")


def decay_of_charges(done: "LawsOfLearning", *, theme: str | style.Theme = "dark") -> Figure:
    """Charges of a heavy ball along training, where symmetry asks for their decay and where not.

    Parameters
    ----------
    done
        What `lawful.studies.laws_of_learning.study` gave.
    theme
        "dark" or "light".
    """
    charges = {case["name"]: case["charges"] for case in _first(done) if case["charges"]}
    with style.figure(theme, "wide") as (picture, look):
        style.headline(
            picture,
            look,
            "With momentum, what is conserved decays",
            "Noether charges of networks that begin with a push, root mean square, of what they "
            "were. Colour: the network has the symmetry; grey: it has not, and is asked for the "
            "charge of a linear network of its shape.",
        )
        axes = style.dress(picture.subplots(), look, grid="y")
        _decays(axes, charges, look)
        axes.legend(frameon=False, fontsize=9.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return picture


def _decays(axes: Axes, charges: Mapping[str, Any], look: style.Theme) -> None:
    for k, (name, one) in enumerate(charges.items()):
        control = one["what"] == "control"
        axes.plot(
            one["steps"],
            one["share"],
            color=look.soft if control else style.colour(look, k),
            ls=style.DASHES[k % 4],
            lw=1.0 if control else 0,
            marker="" if control else style.MARKERS[k],
            ms=6,
            mfc="none",
            label=f"{name}: {'no symmetry' if control else one['what']}",
        )
    rates = sorted({(one["momentum"], one["steps"][-1]) for one in charges.values()})
    for momentum, last in rates:
        steps = np.arange(last + 1)
        axes.plot(steps, momentum**steps, color=look.ink, lw=1, zorder=0, label="μᵗ")
    _on_powers(axes)
    axes.set_xlabel("step t")
    axes.set_ylabel("share that is left")


@contextmanager
def _panels(
    done: "LawsOfLearning",
    theme: str | style.Theme,
    words: tuple[str, str],
    draw: Callable[[Axes, Mapping[str, Any], style.Theme], None],
) -> Iterator[tuple[Figure, list[Axes], style.Theme]]:
    """A picture with a title and a panel for each architecture."""
    cases = _first(done)
    size = 1.2 + 3.2 * min(len(cases), ACROSS), 1.0 + 3.2 * -(-len(cases) // ACROSS)
    with style.figure(theme, size) as (picture, look):
        sheets = _sheets(picture, len(cases))
        style.headline(picture, look, *words)
        for axes, case in zip(sheets, cases, strict=True):
            draw(style.dress(axes, look, grid="y"), case, look)
            _on_powers(axes)
            axes.set_title(case["name"], size=10.5, color=look.ink)
        yield picture, sheets, look


def _sheets(picture: Figure, count: int) -> list[Axes]:
    """As many panels, three in a row."""
    across = min(count, ACROSS)
    sheets = picture.subplots(-(-count // ACROSS), across, sharey=True, squeeze=False).ravel()
    for axes in sheets[count:]:
        style.bare(axes)
    return list(sheets[:count])


def _on_powers(axes: Axes) -> None:
    """Upwards by powers of ten."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    axes.yaxis.set_minor_locator(NullLocator())


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
        save(spectrum_of_laws(done, theme=theme), place / f"spectrum.{format}"),
        save(decay_of_charges(done, theme=theme), place / f"decay.{format}"),
    ]
