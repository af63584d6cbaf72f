"""A field on its way through planes of potential: |ψ|² and phase, as a strip and as a film.

    hue = arg ψ,   strength = (|ψ|² / peak)^γ;   below it |ψ|² alone, and the potential V

Phase 0 is blue, as positive is in every picture here, and π lies opposite. The peak is
one for all moments, so that what spreads grows faint. See `lawful.pictures.passage`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.passage import Field, Moment, Way, entering, layer_of
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from torch import nn

Array = NDArray[np.float64]
GRADES = (24, 6)  # hues and strengths of a film: a GIF has 256 colours in all
SHADES = 24
COLUMNS = 8  # moments that a strip has room for
PEAK = 0.998  # the share of all cells that are no brighter than the brightest drawn
FAINT = 0.35  # γ: below 1, so that what is thin keeps a hue that can be told
_CHROMA = 0.145
_BLUE = 4.42  # the angle of blue in Oklab


def field_passage(
    model: "nn.Module", image: Any, *, name: str = "", theme: str | style.Theme = "dark"
) -> Figure:
    """|ψ|² and phase of a field after each step through a layer, and the planes it met.

    Parameters
    ----------
    model
        A `FieldLayer` on a plane, or a model that holds one, such as an `ImageField`.
    image
        One image (side, side), laid in the middle of the grid where it is smaller.
    name
        Whose image it is, in words: "a 3".
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For a model without a field, a field on a ring, or what is not one image.
    """
    way, psi = _started(model, image)
    moments = [m for m in way.moments(psi) if m.doing in ("start", "step")]
    shown = _chosen(moments)
    wide = len(shown)
    with style.figure(theme, (max(1.2 * wide + 0.7, 7.0), 5.0)) as (picture, look):
        sheets = picture.subplots(3, wide, squeeze=False)
        peak = _peak(shown)
        for j, moment in enumerate(shown):
            colours = coloured(moment.psi, peak, look)
            _sheet(sheets[0, j], look, f"step {moment.step}" if j else "the image").imshow(colours)
            rho = _sheet(sheets[1, j], look).imshow(
                np.sqrt(np.abs(moment.psi) ** 2 / peak), cmap=brightness(look), vmin=0, vmax=1
            )
            rho.set_gid("density")
            _potential(sheets[2, j], way, moment if j else None, shown[j - 1], look)
        for axes, words in zip(sheets[:, 0], ("ψ", "|ψ|²", "V"), strict=True):
            axes.set_ylabel(words, size=13, rotation=0, ha="right", va="center", labelpad=8)
        style.headline(picture, look, "A field on its way", _words(way, shown, name))
        wheel(picture, look)
    return picture


def field_animation(
    model: "nn.Module",
    image: Any,
    *,
    name: str = "",
    kicks: int = 3,
    flights: int = 5,
    theme: str | style.Theme = "dark",
) -> Animation:
    """The same as a film: kicks turn the phase, flights move the density.

    Parameters
    ----------
    model, image, name, theme
        As in `field_passage`.
    kicks, flights
        Frames of each half kick and of each flight. Every frame is a state of the layer's own
        calculation, none is made up in between; colours come in 24 hues and 6 strengths.
    """
    if min(kicks, flights) < 1:
        raise Refusal(f"{kicks} frames a kick and {flights} a flight", "1 of each at least")
    way, psi = _started(model, image)
    moments = list(way.moments(psi, kicks=kicks, flights=flights))
    peak, rows = _peak(moments), np.linalg.norm(way.planes.reshape(len(way.planes), -1), axis=1)
    with style.figure(theme, (8.6, 4.3)) as (picture, look):
        sheets = picture.subplots(1, 3)
        titles = ("ψ: hue is phase", "|ψ|²", "V, the plane it is in")
        panels = [_sheet(a, look, t) for a, t in zip(sheets, titles, strict=True)]
        field = panels[0].imshow(coloured(psi, peak, look, GRADES))
        rho = panels[1].imshow(np.zeros(psi.shape), cmap=brightness(look, SHADES), vmin=0, vmax=1)
        ends = [look.negative, look.paper, look.positive]
        tints = style.ramp(f"lawful_film_{look.name}", ends, SHADES + 1)
        reach = float(np.abs(way.planes).max()) or 1.0
        planes = panels[2].imshow(way.planes[0], cmap=tints, vmin=-reach, vmax=reach)
        said = panels[1].text(
            *(0.5, -0.07, ""), transform=panels[1].transAxes, ha="center", va="top", size=12
        )
        style.headline(picture, look, "A field on its way", _words(way, moments[:1], name))
        wheel(picture, look, GRADES)

    def update(frame: int) -> None:
        now = moments[frame]
        field.set_data(coloured(now.psi, peak, look, GRADES))
        rho.set_data(np.sqrt(np.abs(now.psi) ** 2 / peak))
        planes.set_data(way.planes[now.plane])
        planes.set_alpha(1.0 if now.doing in ("kick", "step") and rows.any() else 0.25)
        said.set_text(_saying(now, way))

    return Animation(
        picture, len(moments), update, moving=(field, rho, planes, said), rate=15.0, hold=2.0,
        description=f"|ψ|² and phase of {name or 'an image'} through {way.steps} steps of a field",
    )  # fmt: skip


def _started(model: "nn.Module", image: Any) -> tuple[Way, Field]:
    return Way.of(layer_of(model)), entering(model, image)


def _saying(now: Moment, way: Way) -> str:
    """What happens at a moment."""
    if now.doing == "start":
        return "the image, unit phase"
    if now.doing == "step":
        return f"after step {now.step} of {way.steps}"
    which = f" by plane {now.plane + 1}" if len(way.planes) > 1 else ""
    return f"kicked{which}" if now.doing == "kick" else "in free flight"


def _chosen(moments: Sequence[Moment]) -> list[Moment]:
    """As many as there is room for, the first and the last among them, as even as may be."""
    last = len(moments) - 1
    even = [n for n in range(COLUMNS, COLUMNS // 2, -1) if last % (n - 1) == 0]
    wanted = len(moments) if last < COLUMNS else (even or [COLUMNS])[0]
    ranks = np.linspace(0, last, wanted).round().astype(int)
    return [moments[k] for k in ranks]


def _peak(moments: Sequence[Moment]) -> float:
    """The density drawn brightest, one for all moments."""
    return float(np.quantile([np.abs(m.psi) ** 2 for m in moments], PEAK)) or 1.0


def _words(way: Way, shown: Sequence[Moment], name: str) -> str:
    planes = f"{len(way.planes)} {way.potential} plane{'s' * (len(way.planes) > 1)}"
    met = {"none": "free space", "harmonic": "a harmonic trap"}.get(way.potential, planes)
    g = f", g = {reading.number(way.strength, 2)}" if way.strength else ""
    some = f"; {len(shown)} of {way.steps + 1} moments" if 1 < len(shown) <= way.steps else ""
    return (
        f"{name[:1].upper()}{name[1:]}{': ' if name else ''}"
        f"{way.steps} steps of {reading.number(way.step, 3)} through {met}{g}{some}\n"
        "ψ: hue is phase, strength is density; V: blue above 0, red below"
    )


def _sheet(axes: Axes, look: style.Theme, title: str = "") -> Any:
    """Axes for an image, without ticks."""
    style.dress(axes, look).set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=look.hair, linewidth=0.8)
    if title:
        axes.set_title(title, size=10.5, color=look.soft, pad=5, loc="center")
    return axes


def _potential(
    axes: Axes, way: Way, moment: Moment | None, before: Moment, look: style.Theme
) -> None:
    """The plane that was met on the way to a moment; nothing where it is still the same."""
    first = moment is None or (moment.plane == before.plane and before.step > 0)
    if moment is None or first or way.potential == "none":
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return
    reach = float(np.abs(way.planes).max()) or 1.0
    drawn = _sheet(axes, look).imshow(
        way.planes[moment.plane], cmap=style.diverging(look), vmin=-reach, vmax=reach
    )
    drawn.set_gid("potential")
    which = f"plane {moment.plane + 1}" if len(way.planes) > 1 else "throughout"
    axes.set_xlabel(which, size=9.5, labelpad=4)


def coloured(
    psi: Field, peak: float, look: style.Theme, grades: tuple[int, int] | None = None
) -> Array:
    """The colours of a field, (y, x, 3): hue by its phase, from the paper on by its size.

    `grades` are how many hues and strengths there are; none when not given.

    Examples
    --------
    >>> colours = coloured(np.array([[1.0, 0.0]], dtype=complex), 1.0, style.LIGHT)
    >>> bool(np.allclose(colours[0, 1], to_rgb(style.LIGHT.paper), atol=1e-6))
    True
    """
    strength = np.clip((np.abs(psi) ** 2 / peak) ** FAINT, 0.0, 1.0)[..., None]
    phase = np.angle(psi)
    if grades is not None:
        turn = 2 * np.pi / grades[0]
        phase = turn * np.round(phase / turn)
        strength = np.round(strength * grades[1]) / grades[1]
    around = _BLUE + phase
    light = np.full(around.shape, 0.75 if look.name == "dark" else 0.6)
    hue = np.stack([light, _CHROMA * np.cos(around), _CHROMA * np.sin(around)], axis=-1)
    paper = style.oklab(np.array(to_rgb(look.paper)))
    return np.clip(style.from_oklab(paper + strength * (hue - paper)), 0.0, 1.0)


def brightness(look: style.Theme, steps: int = 256) -> Any:
    """From the paper, nothing, to the brightest or darkest: density."""
    dark = ["#22407c", "#2f9fae", "#e9f7d0"]
    way = ["#7fb0c9", "#1f4f86", "#131a4a"] if look.name == "light" else dark
    return style.ramp(f"lawful_density_{look.name}_{steps}", [look.paper, *way], steps)


def wheel(picture: Figure, look: style.Theme, grades: tuple[int, int] | None = None) -> Axes:
    """The circle of phases, in the upper right corner."""
    wide, tall = (float(inches) for inches in picture.get_size_inches())
    size, away = 0.5, 0.3
    box = (1 - (size + away) / wide, 1 - (size + 0.24) / tall, size / wide, size / tall)
    axes = picture.add_axes(box)
    axes.set_in_layout(False)
    y, x = np.mgrid[1:-1:120j, -1:1:120j]
    radius = np.hypot(x, y)
    ring = np.where((radius > 0.5) & (radius < 1), 1.0, 0.0)
    edge = np.clip((1 - radius) * 40, 0, 1) * np.clip((radius - 0.5) * 40, 0, 1)
    colours = np.concatenate(
        [coloured(ring * np.exp(1j * np.arctan2(y, x)), 1.0, look, grades), edge[..., None]],
        axis=-1,
    )
    axes.imshow(colours, extent=(-1, 1, -1, 1), interpolation="bilinear")
    style.bare(axes)
    for at, word in (((1.2, 0), "0"), ((-1.25, 0), "π")):
        side = "left" if at[0] > 0 else "right"
        axes.text(*at, word, size=9, color=look.soft, ha=side, va="center", clip_on=False)
    axes.set_label("phase")
    return axes
