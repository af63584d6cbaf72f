"""Panels of lines over steps, with words at their ends, that can draw themselves.

A film of such a picture draws nothing anew: a curtain over each panel opens from the
left, and a dot marks the head of each line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox, TransformedBbox
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.endings import height, label_ends
from lawful.refusal import Refusal

Array = NDArray[np.float64]
DECADES = 30.0  # values that span more than this are drawn on a logarithmic scale
EARLY = 0.12  # where nearly all happens before this share of the steps, time is logarithmic


@dataclass
class Panel:
    """Axes with what grows upon them: artists, and lines whose heads are marked."""

    axes: Axes
    artists: list[Artist] = field(default_factory=list)
    heads: list[tuple[Array, Array, str]] = field(default_factory=list)
    ends: list[tuple[float, str, str]] = field(default_factory=list)

    def line(self, t: Array, y: Array, tint: str, words: str, dash: Any = "-") -> None:
        """A line with its name, which follows at `label`."""
        shown = np.where(y > 0, y, np.nan) if self.axes.get_yscale() == "log" else y
        self.artists += self.axes.plot(t, shown, color=tint, ls=dash, lw=2.2, zorder=4)
        self.heads.append((t, shown, tint))
        seen = shown[np.isfinite(shown)]
        if seen.size:
            self.ends.append((float(seen[-1]), words, tint))

    def label(self) -> None:
        """Name the lines at their ends."""
        label_ends(self.axes, self.ends, size=10.5 if len(self.ends) < 8 else 9.0)


class Curtain:
    """What is drawn on axes, shown from the left as far as `open` says.

    Examples
    --------
    >>> from lawful.pictures.style import figure
    >>> with figure("dark", "small") as (picture, look):
    ...     axes = picture.subplots()
    ...     curtain = Curtain(axes, axes.plot([0, 1], [0, 1]))
    >>> curtain.open(0.5)
    """

    def __init__(self, axes: Axes, artists: Sequence[Artist]) -> None:
        self._box = Bbox([[-0.1, -0.1], [1.1, 1.1]])
        self.artists = list(artists)
        for artist in self.artists:
            artist.set_clip_box(TransformedBbox(self._box, axes.transAxes))
            artist.set_clip_on(True)
            artist.set_in_layout(False)

    def open(self, share: float) -> None:
        """Show the left `share` of the axes' width, and nothing where it is 0."""
        self._box.x1 = share if share > 0 else -0.1


def settle_scale(axes: Axes, values: Array, log: bool | None) -> None:
    """A logarithmic scale where it is asked for, or where positive values span decades."""
    positive = values[np.isfinite(values) & (values > 0)]
    if log and not positive.size:
        raise Refusal("nothing above zero on a logarithmic scale", "log=False")
    wide = positive.size and (values >= 0).all() and positive.max() > DECADES * positive.min()
    if not (wide if log is None else log):
        return
    axes.set_yscale("log")
    # What falls to nothing (a ball at rest) would stretch the scale without end.
    axes.set_ylim(max(positive.min(), 1e-9 * positive.max()) / 1.6, positive.max() * 1.6)


def settle_clock(axes: Axes, t: Array, y: Array) -> None:
    """Steps; on a logarithmic scale where nearly all that happens, happens early."""
    moved = np.r_[0.0, np.cumsum(np.abs(np.diff(y)))]
    axes.set_xlim(t[0], t[-1] if t[-1] > t[0] else t[0] + 1.0)
    early = t[np.searchsorted(moved, 0.9 * moved[-1])] - t[0] if moved[-1] > 0 else np.inf
    if t[-1] > 50 and early < EARLY * (t[-1] - t[0]):
        axes.set_xscale("symlog", linthresh=max(1.0, float(t[1] - t[0])), linscale=0.4)
        axes.xaxis.set_major_formatter(lambda x, _: reading.count(x))


def finish(picture: Figure, panels: list[Panel]) -> None:
    """Name the clock and the lines, once all is drawn."""
    panels[-1].axes.set_xlabel("step")
    for panel in panels:
        panel.axes.margins(y=0.08)
    picture.draw_without_rendering()  # sizes are settled before words are placed by them
    for panel in panels:
        panel.label()


def film(
    picture: Figure, panels: list[Panel], frames: int, theme: str | style.Theme, description: str
) -> Animation:
    """A film of a picture that draws itself from left to right, heads marked."""
    if frames < 2:
        raise Refusal(f"{frames} frames", "at least 2")
    look = style.theme(theme)
    curtains = [Curtain(panel.axes, panel.artists) for panel in panels]
    with style.settings(look):
        dots = [
            [panel.axes.plot([], [], "o", ms=7, color=tint, zorder=7, clip_on=False)[0]
             for _, _, tint in panel.heads]
            for panel in panels
        ]  # fmt: skip
        words = panels[0].axes.text(
            *(0.99, 0.96, ""), transform=panels[0].axes.transAxes, ha="right", va="top", size=12
        )
    for mark in (*(d for row in dots for d in row), words):
        mark.set_in_layout(False)

    def update(frame: int) -> None:
        share = frame / (frames - 1)
        now = step_at(panels[0].axes, share)
        words.set_text(f"step {reading.count(now)}")
        for panel, curtain, marks in zip(panels, curtains, dots, strict=True):
            curtain.open(share)
            for (t, y, _), mark in zip(panel.heads, marks, strict=True):
                value = float(np.interp(now, t, y))
                inside = np.isfinite(value) and 0 <= height(panel.axes, value) <= 1
                mark.set_data(([now], [value]) if inside else ([], []))

    moving = [*(a for c in curtains for a in c.artists), *(d for row in dots for d in row), words]
    return Animation(picture, frames, update, moving=moving, rate=20.0, description=description)


def step_at(axes: Axes, share: float) -> float:
    """The step at a share of the axes' width."""
    scaled = axes.transLimits.inverted().transform((share, 0.0))
    return float(axes.transScale.inverted().transform(scaled)[0])
