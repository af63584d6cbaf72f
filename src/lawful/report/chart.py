"""Charts as SVG that we write ourselves: curves along runs, and eigenvalues on a log axis.

A curve of any length becomes at most two points a pixel column, its least and
its greatest value there, so that no spike is lost and no page grows heavy.
Colours come from the page's style sheet (`c0` … `c7`), so a chart follows the
reader's light or dark. Every chart has a title and a description in words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import NDArray

from lawful.report.numbers import number, superscript

Array = NDArray[np.float64]
HUES = 8
MOST_LEVELS = 40
_POINTS = 2600  # points a chart may spend on all its curves together


@dataclass(frozen=True)
class Curve:
    """One line: its name, its abscissae and ordinates of one shape, its hue in [0, 1]."""

    name: str
    x: Array
    y: Array
    hue: float = 0.0


@dataclass(frozen=True)
class Frame:
    """Where data land on the drawing: ranges of the data, the box in drawing units."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 440.0
    height: float = 270.0
    left: float = 54.0
    right: float = 14.0
    top: float = 16.0
    bottom: float = 38.0

    def across(self, values: Array | float) -> Array:
        """Data to horizontal drawing units."""
        low, high = self.x
        inside = self.width - self.left - self.right
        return self.left + (np.asarray(values, dtype=float) - low) / (high - low) * inside

    def down(self, values: Array | float) -> Array:
        """Data to vertical drawing units."""
        low, high = self.y
        inside = self.height - self.top - self.bottom
        return (
            self.height
            - self.bottom
            - (np.asarray(values, dtype=float) - low) / (high - low) * inside
        )


def thinned(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
    """At most two points for each of `columns` equal steps of x: the least and the greatest y.

    NaN in y stays where it parts the curve.

    >>> import numpy as np
    >>> t = np.linspace(0, 1, 10_001)
    >>> spike = np.where(np.arange(t.size) == 5000, 9.0, 0.0)
    >>> few_t, few_y = thinned(t, spike, 100)
    >>> few_t.size <= 200, float(few_y.max())
    (True, 9.0)
    """
    if x.size <= 2 * columns:
        return x, y
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    column = np.minimum((x - low) / (high - low) * columns, columns - 1).astype(int)
    held = np.isfinite(y)
    # Sort by column, then by value: the ends of each column's stretch are its extremes.
    order = np.lexsort((np.where(held, y, np.inf), column))
    starts = np.flatnonzero(np.r_[True, np.diff(column[order]) > 0])
    counts = np.add.reduceat(held[order].astype(int), starts)
    lowest = order[starts]
    highest = order[starts + np.maximum(counts - 1, 0)]
    keep = np.unique(np.r_[lowest, highest])
    return x[keep], np.where(held, y, np.nan)[keep]


def path(px: Array, py: Array) -> str:
    """The `d` of an SVG path, in relative steps of a tenth of a unit; NaN parts it.

    >>> import numpy as np
    >>> path(np.array([0.0, 1.0, 2.0]), np.array([5.0, np.nan, 7.04]))
    'M0 5M2 7'
    """
    held = np.isfinite(px) & np.isfinite(py)
    x = np.round(np.where(held, px, 0) * 10).astype(int)
    y = np.round(np.where(held, py, 0) * 10).astype(int)
    out: list[str] = []
    pen = False
    last = (0, 0)
    for a, b, here in zip(x.tolist(), y.tolist(), held.tolist(), strict=True):
        if not here:
            pen = False
            continue
        if pen:
            if (a, b) != last:
                out.append(f"l{_tenth(a - last[0])} {_tenth(b - last[1])}")
        else:
            out.append(f"M{_tenth(a)} {_tenth(b)}")
        last, pen = (a, b), True
    return "".join(out)


def _tenth(value: int) -> str:
    return f"{value / 10:g}"


def curves(
    lines: Sequence[Curve],
    *,
    title: str,
    description: str,
    x_label: str,
    y_label: str,
    band: float = 0.0,
    named: bool = False,
    small: bool = False,
) -> str:
    """A chart of curves.

    Parameters
    ----------
    lines
        What to draw.
    title, description
        For readers who hear the page.
    x_label, y_label
        What the axes show, with units.
    band
        Half the width of a shaded band about zero; none where 0.
    named
        Whether each curve's name stands at its end.
    small
        A small multiple: less room, fewer ticks.

    Returns
    -------
    str
        One `<svg>` element; a sentence where nothing can be drawn.
    """
    held = [c for c in lines if np.isfinite(c.y).any()]
    if not held:
        return f'<p class="none">{escape(title)}: nothing finite to draw.</p>'
    x_range = _range([c.x for c in held], 0.0)
    y_range = _range([c.y for c in held] + ([np.array([-band, band])] if band else []), 0.05)
    frame = (
        Frame(x_range, y_range, 240.0, 136.0, 44.0, 8.0, 14.0, 22.0)
        if small
        else Frame(x_range, y_range, right=68.0 if named else 14.0)
    )
    columns = int(np.clip(_POINTS // (2 * len(held)) // (2 if small else 1), 24, frame.width))
    parts = [_axes(frame, x_label, y_label, few=small)]
    if band:
        top, low = float(frame.down(band)), float(frame.down(-band))
        parts.append(
            f'<rect class="band" x="{frame.left:g}" y="{top:.1f}" '
            f'width="{frame.width - frame.left - frame.right:g}" height="{max(low - top, 1):.1f}"/>'
        )
    for curve in held:
        x, y = thinned(curve.x, curve.y, columns)
        hue = min(int(curve.hue * HUES), HUES - 1)
        parts.append(
            f'<path class="line c{hue}" d="{path(frame.across(x), frame.down(y))}">'
            f"<title>{escape(curve.name)}</title></path>"
        )
    if named:
        parts.append(_names(frame, held))
    return _svg(frame, title, description, "".join(parts), "small" if small else "")


def _names(frame: Frame, lines: Sequence[Curve]) -> str:
    """Each curve's name at its end, pushed apart so that none covers another."""
    ends = sorted(
        ((float(frame.down(c.y[np.isfinite(c.y)][-1])), c) for c in lines), key=lambda e: e[0]
    )
    gap = 11.0
    at: list[float] = []
    for level, _ in ends:
        at.append(max(level, at[-1] + gap) if at else level)
    over = max(0.0, (at[-1] if at else 0.0) - (frame.height - frame.bottom))
    for k in range(len(at) - 1, -1, -1):
        ceiling = frame.height - frame.bottom if k == len(at) - 1 else at[k + 1] - gap
        at[k] = min(at[k], ceiling) if over else at[k]
    x = frame.width - frame.right + 6
    return "".join(
        f'<text class="name f{min(int(c.hue * HUES), HUES - 1)}" x="{x:g}" y="{y + 3:.1f}">'
        f"{escape(_short(c.name))}</text>"
        for y, (_, c) in zip(at, ends, strict=True)
    )


def _short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"


@dataclass(frozen=True)
class Levels:
    """Eigenvalues, ascending, of which the first `laws` are laws; `line` is drawn across."""

    values: Sequence[float]
    laws: int
    line: float | None = None
    line_name: str = ""
    marks: Sequence[float] = field(default_factory=tuple)


def spectrum(levels: Levels, *, title: str, description: str, y_label: str) -> str:
    """Eigenvalues on a logarithmic axis: laws as filled discs, the rest as rings.

    The gap between the last law and the next value is shaded, and said.

    >>> svg = spectrum(Levels([1e-6, 0.1, 0.5], 1), title="λ", description="", y_label="λ")
    >>> svg.count('class="law"'), "1.0×10⁵" in svg
    (1, True)
    """
    values = np.asarray([v for v in levels.values if v is not None], dtype=float)
    values = values[np.isfinite(values)][:MOST_LEVELS]
    if values.size == 0 or not (values > 0).any():
        return f'<p class="none">{escape(title)}: no eigenvalue to draw.</p>'
    floor = float(values[values > 0].min())
    heights = np.log10(np.maximum(values, floor))
    shown = [heights] + ([np.array([math.log10(levels.line)])] if levels.line else [])
    low, high = _range(shown, 0.08)
    frame = Frame((0.3, values.size + 0.7), (min(low, high - 1), high))
    parts = [_log_axes(frame, y_label)]
    laws = min(levels.laws, values.size)
    if 0 < laws < values.size:
        parts.append(_gap(frame, float(heights[laws - 1]), float(heights[laws])))
    if levels.line:
        y = float(frame.down(math.log10(levels.line)))
        parts.append(
            f'<path class="rule" d="M{frame.left:g} {y:.1f}H{frame.width - frame.right:g}"/>'
            f'<text class="note" x="{frame.width - frame.right:g}" y="{y - 5:.1f}" '
            f'text-anchor="end">{escape(levels.line_name)}</text>'
        )
    for k, (height, value) in enumerate(zip(heights, values, strict=True)):
        x, y = float(frame.across(k + 1.0)), float(frame.down(height))
        kind = "law" if k < laws else "other"
        parts.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{4.5 if k < laws else 3.2}">'
            f"<title>{'law' if k < laws else 'no law'}: {number(float(value))}</title></circle>"
        )
    return _svg(frame, title, description, "".join(parts))


def _gap(frame: Frame, below: float, above: float) -> str:
    y1, y0 = float(frame.down(above)), float(frame.down(below))
    if y0 - y1 < 4:
        return ""
    factor = number(10 ** (above - below), 2) if above - below < 4 else _power(above - below)
    return (
        f'<rect class="gap" x="{frame.left:g}" y="{y1:.1f}" '
        f'width="{frame.width - frame.left - frame.right:g}" height="{y0 - y1:.1f}"/>'
        f'<text class="note" x="{frame.width - frame.right - 6:g}" y="{(y0 + y1) / 2 + 4:.1f}" '
        f'text-anchor="end">gap: × {factor}</text>'
    )


def _power(exponent: float) -> str:
    whole = math.floor(exponent)
    return f"{10 ** (exponent - whole):.1f}×10{superscript(whole)}"


def _axes(frame: Frame, x_label: str, y_label: str, *, few: bool) -> str:
    right, floor = frame.width - frame.right, frame.height - frame.bottom
    out = [f'<path class="axis" d="M{frame.left:g} {floor:g}H{right:g}"/>']
    upward, scale = ticks(*frame.y, 3 if few else 5)
    for value, text in upward:
        y = float(frame.down(value))
        out.append(f'<path class="grid" d="M{frame.left:g} {y:.1f}H{right:g}"/>')
        out.append(f'<text x="{frame.left - 6:g}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    if scale:
        out.append(f'<text x="{frame.left:g}" y="{frame.top - 3:g}">{scale}</text>')
    along, scale = ticks(*frame.x, 3 if few else 5)
    for value, text in along:
        x = float(frame.across(value))
        out.append(f'<path class="axis" d="M{x:.1f} {floor:g}v4"/>')
        out.append(f'<text x="{x:.1f}" y="{floor + 16:g}" text-anchor="middle">{text}</text>')
    if scale:
        out.append(f'<text x="{right:g}" y="{floor - 5:g}" text-anchor="end">{scale}</text>')
    return "".join(out) + ("" if few else _labels(frame, x_label, y_label))


def _log_axes(frame: Frame, y_label: str) -> str:
    right, floor = frame.width - frame.right, frame.height - frame.bottom
    out = [f'<path class="axis" d="M{frame.left:g} {floor:g}H{right:g}"/>']
    low, high = math.ceil(frame.y[0]), math.floor(frame.y[1])
    step = max(1, math.ceil((high - low) / 6))
    for power in range(low, high + 1, step):
        y = float(frame.down(power))
        out.append(f'<path class="grid" d="M{frame.left:g} {y:.1f}H{right:g}"/>')
        text = "1" if power == 0 else f"10{superscript(power)}"
        out.append(f'<text x="{frame.left - 6:g}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(out) + _labels(frame, "combination, from the steadiest", y_label)


def _labels(frame: Frame, x_label: str, y_label: str) -> str:
    middle = (frame.left + frame.width - frame.right) / 2
    height = (frame.top + frame.height - frame.bottom) / 2
    return (
        f'<text class="label" x="{middle:g}" y="{frame.height - 4:g}" text-anchor="middle">'
        f"{escape(x_label)}</text>"
        f'<text class="label" transform="translate(12 {height:g}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_label)}</text>'
    )


def ticks(low: float, high: float, count: int) -> tuple[list[tuple[float, str]], str]:
    """Round numbers between `low` and `high`, about `count` of them, with their texts.

    Where they are tiny or huge, the second result is the power of ten they share.

    >>> [text for _, text in ticks(0.0, 10.0, 5)[0]]
    ['0', '2', '4', '6', '8', '10']
    >>> ticks(0.0, 2e-4, 2)
    ([(0.0, '0'), (0.0001, '1'), (0.0002, '2')], '×10⁻⁴')
    """
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [k * step for k in range(first, last + 1)]
    biggest = max(map(abs, values), default=1.0)
    exponent = math.floor(math.log10(biggest) + 1e-9) if biggest > 0 else 0
    shared = exponent if not -3 < exponent < 5 else 0
    if exponent - math.log10(step) > 4:  # digits that a power of ten would hide
        shared = 0
    fine = step / 10.0**shared
    places = max(0, -math.floor(math.log10(fine) + 1e-9))
    places += 1 if abs(fine * 10.0**places - 2.5) < 0.01 else 0
    texts = [f"{v / 10.0**shared + 0.0:.{places}f}".replace("-", "−") for v in values]
    return list(zip(values, texts, strict=True)), f"×10{superscript(shared)}" if shared else ""


def _range(arrays: Sequence[Array], margin: float) -> tuple[float, float]:
    low = min(float(np.nanmin(a)) for a in arrays if np.isfinite(a).any())
    high = max(float(np.nanmax(a)) for a in arrays if np.isfinite(a).any())
    size = high - low
    if size <= 1e-12 * max(abs(low), abs(high)) or size == 0:
        size = abs(high) or 1.0
        return low - 0.5 * size, high + 0.5 * size
    return low - margin * size, high + margin * size


def _svg(frame: Frame, title: str, description: str, body: str, kind: str = "") -> str:
    return (
        f'<svg class="chart{kind and " " + kind}" role="img" '
        f'viewBox="0 0 {frame.width:g} {frame.height:g}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
    )
