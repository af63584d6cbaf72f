"""A height field seen from the side, with a line drawn upon it.

    right = −x sin φ + y cos φ
    up    = −(x cos φ + y sin φ) sin θ + z cos θ
    near  =  (x cos φ + y sin φ) cos θ + z sin θ

φ is the azimuth and θ the elevation of a far viewer (parallel lines stay parallel).
Cells are painted from far to near, which is exact for a height field. Parts of the
line that the relief hides are drawn faint: marching from a point toward the viewer,
the ground rises above the ray.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lawful.pictures import style

Array = NDArray[np.float64]
HEIGHT = 0.95  # of the relief, where its base is 2 × 2
LIGHT = np.array([-0.45, -0.35, 0.82])  # from the upper left, in front; turns with the viewer


@dataclass(frozen=True)
class Relief:
    """Heights on a square base, and a line on the ground.

    Attributes
    ----------
    heights
        Shape (rows, columns), 0 to 1, over −1 … 1 along each side.
    line
        Shape (k, 2), within the base.
    line_heights
        Shape (k,), 0 to 1: how high the line lies.
    """

    heights: Array
    line: Array
    line_heights: Array

    def corners(self) -> Array:
        """The four corners of every cell, shape (cells, 4, 3)."""
        rows, columns = self.heights.shape
        y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
        points = np.stack([x, y, HEIGHT * self.heights], axis=-1)
        quads = [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]]
        return np.stack(quads, axis=2).reshape(-1, 4, 3)

    def ground(self, x: Array, y: Array) -> Array:
        """The height at places of the base, −∞ beyond it."""
        rows, columns = self.heights.shape
        i, j = (y + 1) / 2 * (rows - 1), (x + 1) / 2 * (columns - 1)
        inside = (i >= 0) & (i <= rows - 1) & (j >= 0) & (j <= columns - 1)
        i0 = np.clip(i.astype(int), 0, rows - 2)
        j0 = np.clip(j.astype(int), 0, columns - 2)
        p, q = np.clip(i - i0, 0, 1), np.clip(j - j0, 0, 1)
        h = self.heights
        low = h[i0, j0] * (1 - q) + h[i0, j0 + 1] * q
        high = h[i0 + 1, j0] * (1 - q) + h[i0 + 1, j0 + 1] * q
        return np.where(inside, HEIGHT * (low * (1 - p) + high * p), -np.inf)

    def hidden(self, azimuth: float, elevation: float) -> NDArray[np.bool_]:
        """Which points of the line the relief hides from the viewer, shape (k,)."""
        toward = np.array([np.cos(azimuth), np.sin(azimuth), np.tan(elevation)])
        way = np.linspace(0.02, 2.9, 120)[:, None]
        x, y = (self.line[:, k] + way * toward[k] for k in range(2))
        z = HEIGHT * self.line_heights + 0.02 + way * toward[2]
        return np.asarray((self.ground(x, y) > z).any(axis=0))


def seen(points: Array, azimuth: float, elevation: float) -> tuple[Array, Array]:
    """Points (…, 3) on the sheet (…, 2), and how near they are (…,)."""
    c, s = np.cos(azimuth), np.sin(azimuth)
    along = points[..., 0] * c + points[..., 1] * s
    right = -points[..., 0] * s + points[..., 1] * c
    up = -along * np.sin(elevation) + points[..., 2] * np.cos(elevation)
    near = along * np.cos(elevation) + points[..., 2] * np.sin(elevation)
    return np.stack([right, up], axis=-1), near


def rim(look: style.Theme) -> withStroke:
    """An edge of paper about words, so that they are read on any ground."""
    return withStroke(linewidth=3.0, foreground=look.paper)


class Scene:
    """A relief drawn on axes, turned by `turn`."""

    def __init__(
        self,
        axes: Axes,
        relief: Relief,
        look: style.Theme,
        *,
        ticks: list[tuple[float, str]],
        names: tuple[str, str],
        height_name: str,
    ) -> None:
        style.bare(axes)
        axes.set_aspect("equal")
        axes.set(xlim=(-1.9, 1.8), ylim=(-1.08, 1.66))
        self.relief, self.look, self.ticks = relief, look, ticks
        self.cells = relief.corners()
        self.tints, self.normals = self._tints(), self._normals()
        self.frame = LineCollection([], colors=look.hair, linewidths=1.0, zorder=1)
        self.faces = PolyCollection([], linewidths=0.35, zorder=2)
        self.casing = LineCollection([], linewidths=5.0, zorder=3, capstyle="round")
        self.line = LineCollection([], linewidths=2.6, zorder=4, capstyle="round")
        for each in (self.frame, self.faces, self.casing, self.line):
            axes.add_collection(each, autolim=False)
        self.numbers = [
            axes.text(0, 0, text, size=9.5, color=look.soft, ha="right", va="center")
            for _, text in ticks
        ]
        self.height_name = axes.text(
            0, 0, height_name, size=10.5, color=look.soft, ha="right", va="bottom"
        )
        self.names = [
            axes.text(0, 0, name, size=10, color=look.soft, va="center") for name in names
        ]
        (self.start,) = axes.plot(
            [], [], "o", ms=8, mfc=look.paper, mec=look.accent, mew=2, zorder=6
        )
        (self.end,) = axes.plot(
            [], [], "*", ms=17, mfc=look.accent, mec=look.paper, mew=1, zorder=7
        )
        (self.now,) = axes.plot([], [], "o", ms=9, mfc=look.accent, mec=look.ink, mew=1.2, zorder=8)
        self.words = [
            axes.text(0, 0, text, size=11, color=look.ink, zorder=9, path_effects=[rim(look)])
            for text in ("start", "end")
        ]

    def _tints(self) -> Array:
        heights = self.cells[..., 2].mean(axis=1) / HEIGHT
        return np.asarray(style.sequential(self.look)(heights))[:, :3]

    def _normals(self) -> Array:
        first = self.cells[:, 2] - self.cells[:, 0]
        second = self.cells[:, 3] - self.cells[:, 1]
        normals = np.cross(first, second)
        return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))

    def turn(self, azimuth: float, elevation: float, now: int | None = None) -> None:
        """Draw the relief from a direction, in radians; the line up to point `now`."""
        places, near = seen(self.cells, azimuth, elevation)
        order = np.argsort(near.mean(axis=1), kind="stable")
        c, s = np.cos(azimuth), np.sin(azimuth)
        # The light's x is the sheet's right and its y the way from the viewer.
        light = np.array([-LIGHT[0] * s - LIGHT[1] * c, LIGHT[0] * c - LIGHT[1] * s, LIGHT[2]])
        shade = 0.62 + 0.42 * np.clip(self.normals @ light, 0.0, 1.0)[:, None]
        faces = np.clip(self.tints * shade, 0.0, 1.0)[order]
        paper = np.array(to_rgb(self.look.paper))
        self.faces.set_verts(list(places[order]))
        self.faces.set_facecolor(faces)
        self.faces.set_edgecolor(0.86 * faces + 0.14 * paper)
        self._turn_line(azimuth, elevation, now)
        self._turn_frame(azimuth, elevation)

    def _turn_line(self, azimuth: float, elevation: float, now: int | None) -> None:
        relief = self.relief
        points = np.column_stack([relief.line, HEIGHT * relief.line_heights + 0.012])
        places, _ = seen(points, azimuth, elevation)
        hidden = relief.hidden(azimuth, elevation)
        last = len(points) - 1 if now is None else now
        pieces = np.stack([places[:-1], places[1:]], axis=1)[:last]
        faint = (hidden[:-1] & hidden[1:])[:last]
        colours = np.tile(to_rgba(self.look.accent), (len(pieces), 1))
        colours[faint, 3] = 0.28
        casing = np.tile(to_rgba(self.look.paper), (len(pieces), 1))
        casing[:, 3] = np.where(faint, 0.0, 0.75)
        for each, tint in ((self.line, colours), (self.casing, casing)):
            each.set_segments(list(pieces))
            each.set_color([tuple(c) for c in tint])
        self._mark(places, hidden, now)

    def _mark(self, places: Array, hidden: NDArray[np.bool_], now: int | None) -> None:
        """Start, end and the present moment, faint where the relief hides them."""
        self.start.set_data(*places[:1].T)
        self.end.set_data(*places[-1:].T)
        self.now.set_data(*(places[now : now + 1].T if now is not None else ([], [])))
        for mark, k in ((self.start, 0), (self.end, -1), (self.now, now or 0)):
            mark.set_alpha(0.35 if hidden[k] else 1.0)
        away = np.sign(places[0, 0] - places[-1, 0]) or 1.0
        for text, place, side in zip(
            self.words, (places[0], places[-1]), (away, -away), strict=True
        ):
            text.set_position((place[0] + 0.075 * side, place[1] + 0.075))
            text.set_horizontalalignment("left" if side > 0 else "right")

    def _turn_frame(self, azimuth: float, elevation: float) -> None:
        """The base, the height's axis at the leftmost corner, and the names of the sides."""
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=float)
        base, near = seen(corners, azimuth, elevation)
        left = int(base[:, 0].argmin())
        pole = np.stack([corners[left], corners[left] + [0, 0, HEIGHT]])
        lines = [base[[k, (k + 1) % 4]] for k in range(4)] + [seen(pole, azimuth, elevation)[0]]
        for (height, _), text in zip(self.ticks, self.numbers, strict=True):
            at, _ = seen(corners[left] + [0, 0, HEIGHT * height], azimuth, elevation)
            lines.append(np.array([at - [0.03, 0], at]))
            text.set_position((at[0] - 0.05, at[1]))
        self.frame.set_segments(lines)
        top, _ = seen(pole[1], azimuth, elevation)
        self.height_name.set_position((top[0] + 0.02, top[1] + 0.06))
        self._name_sides(base, int(near.argmax()))

    def _name_sides(self, base: Array, nearest: int) -> None:
        """Each side in front is named below its middle, and the name keeps to its half."""
        for other in ((nearest + 1) % 4, (nearest - 1) % 4):
            # Corners 0-1 and 2-3 run along the first direction.
            name = self.names[0 if {nearest, other} in ({0, 1}, {2, 3}) else 1]
            middle = (base[nearest] + base[other]) / 2
            on_right = base[other, 0] > base[nearest, 0]
            name.set_position((middle[0] + (0.05 if on_right else -0.05), middle[1] - 0.14))
            name.set_horizontalalignment("left" if on_right else "right")

    @property
    def artists(self) -> list[Artist]:
        """All that turns."""
        return [
            *(self.frame, self.faces, self.casing, self.line, self.start, self.end, self.now),
            *(*self.words, *self.numbers, self.height_name, *self.names),
        ]
