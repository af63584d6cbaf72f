"""A moving picture: one figure, and what changes from frame to frame.

An `Animation` holds a figure and `update(k)`, which turns the figure into frame k.
Artists named in `moving` are the only ones that change: the rest is drawn once, and
a frame costs what its moving parts cost. `lawful.pictures.save` writes it as GIF or
MP4, a notebook shows it, a window plays it by calling `draw`.
"""

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from numpy.typing import NDArray

from lawful.refusal import Refusal


@dataclass(frozen=True)
class Animation:
    """A figure and how each frame changes it.

    Attributes
    ----------
    figure
        What is drawn on.
    frames
        How many frames there are, at least one.
    update
        `update(k)` turns the figure into frame k, 0 ≤ k < frames, from any other frame.
    moving
        The artists that `update` may change or that stand before those which change;
        empty where anything may change, and each frame is then drawn in full.
    rate
        Frames a second.
    hold
        How long the last frame stays before the film begins again, in seconds.
    description
        What is seen, in a sentence, for those who cannot see it.

    Examples
    --------
    >>> from lawful.pictures.style import figure
    >>> with figure("dark", (2.0, 1.0)) as (picture, look):
    ...     dot, = picture.subplots().plot([0], [0], "o")
    >>> film = Animation(picture, 3, lambda k: dot.set_xdata([k]), moving=(dot,))
    >>> [frame.shape for frame in film.pixels()]
    [(100, 200, 3), (100, 200, 3), (100, 200, 3)]
    """

    figure: Figure
    frames: int
    update: Callable[[int], object]
    moving: Sequence[Artist] = ()
    rate: float = 20.0
    hold: float = 1.5
    description: str = ""

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise Refusal(f"an animation of {self.frames} frames", "at least one")
        if not self.rate > 0:
            raise Refusal(f"{self.rate} frames a second", "a rate above zero")

    def draw(self, frame: int) -> Figure:
        """The figure as it is at `frame`; negative counts from the end."""
        if not -self.frames <= frame < self.frames:
            raise Refusal(f"frame {frame}", f"0 to {self.frames - 1}")
        self.update(frame % self.frames)
        return self.figure

    def pixels(
        self, *, dpi: float | None = None, frames: Sequence[int] | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames in turn, all or those given, each an array (height, width, 3), sRGB."""
        canvas, before = FigureCanvasAgg(self.figure), self.figure.dpi
        shown = [artist.get_animated() for artist in self.moving]
        wanted = range(self.frames) if frames is None else frames
        try:
            self.figure.set_dpi(dpi or before)
            yield from (
                self._blitted(canvas, wanted) if self.moving else self._redrawn(canvas, wanted)
            )
        finally:
            self.figure.set_dpi(before)
            for artist, animated in zip(self.moving, shown, strict=True):
                artist.set_animated(animated)

    def _settle(self, canvas: FigureCanvasAgg, frame: int) -> None:
        """Lay the figure out once: made anew for each frame, the picture would tremble."""
        self.update(frame)
        engine = self.figure.get_layout_engine()
        if engine is not None and not isinstance(engine, PlaceHolderLayoutEngine):
            canvas.draw()
            self.figure.set_layout_engine("none")

    def _redrawn(
        self, canvas: FigureCanvasAgg, frames: Sequence[int]
    ) -> Iterator[NDArray[np.uint8]]:
        self._settle(canvas, frames[0])
        for frame in frames:
            self.update(frame)
            canvas.draw()
            yield _rgb(canvas)

    def _blitted(
        self, canvas: FigureCanvasAgg, frames: Sequence[int]
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw the still part once, then only what moves, in the order of its z."""
        self._settle(canvas, frames[0])
        for artist in self.moving:
            artist.set_animated(True)
        canvas.draw()
        still = canvas.copy_from_bbox(self.figure.bbox)
        for frame in frames:
            self.update(frame)
            canvas.restore_region(still)
            for artist in sorted(self.moving, key=lambda each: each.get_zorder()):
                self.figure.draw_artist(artist)
            yield _rgb(canvas)

    def _repr_html_(self) -> str:
        """The film itself, where a notebook asks for it."""
        from lawful.pictures.saving import write_gif

        film = io.BytesIO()
        write_gif(self, film)
        data = base64.b64encode(film.getvalue()).decode("ascii")
        text = self.description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        return f'<img alt="{text}" src="data:image/gif;base64,{data}">'


def _rgb(canvas: FigureCanvasAgg) -> NDArray[np.uint8]:
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[..., :3].copy()
