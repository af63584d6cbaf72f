"""How every picture looks: two themes, one palette each, one pair of signs.

    blue: positive, agreement, class 1;   red: negative, class 0;   both keep their
    meaning in every picture, and colour is never alone: dashes, markers or words repeat it.

Nothing here changes matplotlib's settings for the user: a picture is drawn inside
`figure`, which puts the settings back, and on `matplotlib.figure.Figure` objects,
so that no window, no backend and no global state are touched.

The hues were chosen to stay apart for readers who do not see red or green, after
M. Okabe and K. Ito, "Color Universal Design" (2002, https://jfly.uni-koeln.de/color/).
Ramps are straight lines in Oklab (see `lawful.pictures.oklab`), so that equal steps
look equal.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from threading import RLock
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap, to_hex, to_rgb
from matplotlib.figure import Figure

from lawful.pictures.oklab import from_oklab as from_oklab
from lawful.pictures.oklab import linear as linear
from lawful.pictures.oklab import oklab as oklab
from lawful.refusal import Refusal

POSITIVE = "#3f94e9"
NEGATIVE = "#e8573f"

SIZES = {"wide": (8.0, 4.5), "tall": (8.0, 6.5), "square": (6.4, 6.4), "small": (6.0, 4.0)}

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.6, 1.2, 1.6)))


@dataclass(frozen=True)
class Theme:
    """The colours of a picture, as `#rrggbb`.

    Attributes
    ----------
    name
        "dark" or "light".
    paper, panel
        The ground of the picture and of a box upon it.
    ink, soft, hair
        Words and main lines; secondary words; frames and grids.
    accent
        What the eye should follow: the path of training, the present moment.
    palette
        Six colours for things of equal rank.
    positive, negative
        The two signs, the same in both themes.
    """

    name: str
    paper: str
    panel: str
    ink: str
    soft: str
    hair: str
    accent: str
    palette: tuple[str, ...]
    positive: str = POSITIVE
    negative: str = NEGATIVE


DARK = Theme(
    "dark", "#101218", "#191c24", "#f1eee6", "#a9abb3", "#343843", "#ffd166",
    ("#35c3fb", "#ee8220", "#14b587", "#ff8fc4", "#e4dc6a", "#8a78f4"),
)  # fmt: skip
LIGHT = Theme(
    "light", "#fdfcf8", "#ffffff", "#1c1b19", "#5f5b53", "#dcd8cd", "#a86400",
    ("#2f7de6", "#d35000", "#00907e", "#7c3567", "#4a4300", "#4a16b8"),
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT}
PALETTE = DARK.palette

_lock = RLock()  # matplotlib's settings are one for all threads: one picture is begun at a time


def theme(name: str | Theme) -> Theme:
    """The theme of that name; a `Theme` of the caller's own passes unchanged.

    >>> theme("light").paper
    '#fdfcf8'
    >>> theme("sepia")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: theme 'sepia'; expected one of dark, light
    """
    if isinstance(name, Theme):
        return name
    if name not in THEMES:
        raise Refusal(f"theme {name!r}", "one of " + ", ".join(THEMES))
    return THEMES[name]


@contextmanager
def settings(look: Theme) -> Iterator[None]:
    """Matplotlib's settings for `look`, put back at the end; one thread at a time."""
    with _lock, mpl.rc_context(rc(look)):
        yield


@contextmanager
def printing() -> Iterator[None]:
    """Settings under which a picture is written: letters as outlines, equal bytes each time."""
    with _lock, mpl.rc_context({"svg.hashsalt": "lawful", "pdf.fonttype": 42}):
        yield


class Picture(Figure):
    """A figure that a notebook shows by itself, whatever backend it has."""

    def _repr_png_(self) -> bytes:
        page = io.BytesIO()
        with printing():
            self.savefig(page, format="png", dpi=150)
        return page.getvalue()


@contextmanager
def figure(
    look: str | Theme = "dark", size: str | tuple[float, float] = "wide", **options: Any
) -> Iterator[tuple[Figure, Theme]]:
    """A figure in a theme; everything drawn within the block takes the theme's style.

    Parameters
    ----------
    look
        "dark", "light" or a `Theme`.
    size
        A name in `SIZES`, or width and height in inches (100 pixels an inch on a screen).
    options
        For `matplotlib.figure.Figure`; the layout is "constrained" unless told.

    Examples
    --------
    >>> with figure("light", "small") as (picture, look):
    ...     axes = dress(picture.subplots(), look)
    ...     line = axes.plot([0, 1], [0, 1], color=look.palette[0])
    >>> picture.get_facecolor() == mpl.colors.to_rgba(look.paper)
    True
    """
    look = theme(look)
    inches = SIZES[size] if isinstance(size, str) else size
    with settings(look):
        picture = Picture(**{"figsize": inches, "layout": "constrained"} | options)
        FigureCanvasAgg(picture)
        yield picture, look


def rc(look: Theme) -> Any:
    """Matplotlib's settings for a theme, as `mpl.rc_context` takes them."""
    return {
        "font.family": ["DejaVu Sans"],
        "mathtext.fontset": "stix",
        "font.size": 11.0,
        "axes.titlesize": 13.0,
        "axes.labelsize": 11.0,
        "xtick.labelsize": 10.0,
        "ytick.labelsize": 10.0,
        "figure.titlesize": 15.0,
        "axes.titlelocation": "left",
        "axes.titlepad": 10.0,
        "figure.dpi": 100.0,
        "savefig.dpi": 200.0,
        "savefig.facecolor": "auto",
        "figure.facecolor": look.paper,
        "axes.facecolor": look.paper,
        "text.color": look.ink,
        "axes.labelcolor": look.soft,
        "axes.titlecolor": look.ink,
        "axes.edgecolor": look.hair,
        "xtick.color": look.hair,
        "ytick.color": look.hair,
        "xtick.labelcolor": look.soft,
        "ytick.labelcolor": look.soft,
        "grid.color": look.hair,
        "grid.linewidth": 0.7,
        "lines.linewidth": 2.0,
        "lines.solid_capstyle": "round",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=look.palette),
        "axes.axisbelow": True,
    }


def dress(axes: Axes, look: Theme, *, grid: Literal["", "x", "y", "both"] = "") -> Axes:
    """Quiet axes: two hairline sides, soft numbers, at most a grid along "x", "y" or "both".

    Ticks are made late, when matplotlib draws; hence they are told here, not by settings alone.
    """
    axes.set_facecolor(look.paper)
    axes.tick_params(
        which="both", color=look.hair, labelcolor=look.soft, length=3.0, width=0.8, labelsize=10.0
    )
    for spine in axes.spines.values():
        spine.set(color=look.hair, linewidth=0.9)
    if grid:
        axes.grid(visible=True, axis=grid, color=look.hair, linewidth=0.7, alpha=0.7)
    return axes


def bare(axes: Axes) -> Axes:
    """Axes without frame or ticks: a plain sheet for a drawing."""
    axes.set_axis_off()
    return axes


def headline(picture: Figure, look: Theme, title: str, below: str = "") -> None:
    """The title of a picture and, below it and softer, a line or two that say what is seen.

    Both become the picture's description, which files carry for those who cannot see it.
    """
    picture.set_label(". ".join(filter(None, (title, below.replace("\n", " ")))))
    width = int(13.0 * picture.get_figwidth())
    below = "\n".join(line for part in below.splitlines() for line in wrap(part, width))
    height = picture.get_figheight()
    line = 0.27 / height
    top = 1.0 - 0.13 / height
    picture.text(0.015, top, title, size=14.5, weight="bold", color=look.ink, va="top")
    lines = below.count("\n") + 1 if below else 0
    if below:
        picture.text(
            0.015, top - 1.12 * line, below, size=10.0, color=look.soft, va="top", linespacing=1.35
        )
    used = (0.48 + 0.2 * lines) / height
    engine: Any = picture.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0.008, 0.008, 0.98, 0.992 - used))


def colour(look: Theme, k: int) -> str:
    """The colour of the k-th of several things; they come round after six."""
    return look.palette[k % len(look.palette)]


def mixed(first: str, second: str, share: float) -> str:
    """The colour `share` of the way from `first` to `second`, in Oklab.

    >>> mixed("#000000", "#ffffff", 1.0)
    '#ffffff'
    """
    a, b = (oklab(np.array(to_rgb(c))) for c in (first, second))
    return _hex(from_oklab(a + share * (b - a)))


def ramp(name: str, colours: Sequence[str], steps: int = 256) -> ListedColormap:
    """A colour map through `colours`, at equal distances, straight in Oklab between them."""
    anchors = oklab(np.array([to_rgb(c) for c in colours]))
    at = np.linspace(0, len(colours) - 1, steps)
    points = [np.interp(at, np.arange(len(colours)), anchors[:, k]) for k in range(3)]
    return ListedColormap(np.clip(from_oklab(np.stack(points, axis=-1)), 0.0, 1.0), name=name)


def diverging(look: Theme) -> ListedColormap:
    """From red over the paper to blue: the middle means undecided, or zero."""
    return ramp(f"lawful_diverging_{look.name}", [look.negative, look.paper, look.positive])


def ground(look: Theme) -> ListedColormap:
    """Like `diverging`, but weak enough for signs in the same colours to stand out upon it."""
    weak = [mixed(c, look.paper, 0.48) for c in (look.negative, look.positive)]
    return ramp(f"lawful_ground_{look.name}", [weak[0], look.paper, weak[1]])


def sequential(look: Theme) -> ListedColormap:
    """From low to high with lightness that only rises: deep blue, teal, pale green or gold."""
    if look.name == "light":
        return ramp("lawful_sequential_light", ["#1d2b6b", "#177e8f", "#8cc084", "#f7ecb5"])
    return ramp("lawful_sequential_dark", ["#1b2360", "#1f6f93", "#4bb59a", "#d3f0e3"])


def amount(look: Theme) -> ListedColormap:
    """From the paper (none) to a strong blue (all): shares and counts."""
    return ramp(f"lawful_amount_{look.name}", [look.paper, mixed(look.positive, look.paper, 0.05)])


def of_classes(look: Theme, classes: int) -> list[str]:
    """A colour for each class: red and blue for two, the palette, or round the colour circle.

    >>> of_classes(DARK, 2) == [NEGATIVE, POSITIVE]
    True
    """
    if classes == 2:
        return [look.negative, look.positive]
    if classes <= len(look.palette):
        return list(look.palette[:classes])
    around = 2.0 * np.pi * np.arange(classes) / classes
    light = (0.72 if look.name == "dark" else 0.58) + np.array([0.08, -0.08])[
        np.arange(classes) % 2
    ]
    lab = np.stack([light, 0.13 * np.cos(around), 0.13 * np.sin(around)], axis=-1)
    return [_hex(c) for c in from_oklab(lab)]


def _hex(rgb: Any) -> str:
    r, g, b = np.clip(rgb, 0.0, 1.0)
    return str(to_hex((float(r), float(g), float(b))))
