"""What should stay the same, along a forecast: how far each method lets it drift.

    δ(t) = |Q(x̂(t)) − Q₀| / scale,   Q₀ the true value of the run

Above, Q of one run; below, δ over all runs: the line is their median, the band their middle
half. Words at the ends say the mean of δ over runs and the whole forecast.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator
from numpy.typing import ArrayLike, NDArray

from lawful.pictures import reading, style
from lawful.pictures.endings import label_ends
from lawful.pictures.predicted import TRUE_WIDTH, ordered, pen, table, word
from lawful.refusal import Refusal

Array = NDArray[np.float64]
FLOOR, CEILING = 1e-10, 1e10  # shares beyond which nothing is told apart
QUARTERS = (0.25, 0.5, 0.75)


def forecast_drift(
    time: ArrayLike,
    courses: Mapping[str, Any],
    *,
    seen: int = 0,
    scale: ArrayLike | None = None,
    run: int = 0,
    name: str = "energy",
    units: str = "",
    time_units: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """A conserved quantity along forecasts, by method.

    Parameters
    ----------
    time
        Shape (time,), or (run, time): the clock of `run` is then drawn.
    courses
        Q by method, (run, time) each; "true" among them gives Q₀ (its mean over a run).
        Without it Q₀ is a method's own value where its forecast begins.
    seen
        Samples that were shown; the drift is that of the samples after.
    scale
        What drifts are shares of, a number or one a run; the larger of the mean of |Q₀| and
        its spread between runs when not given.
    run
        Which is drawn above.
    name, units, time_units
        Of the quantity and the clock.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no method, differing shapes, or nothing left to forecast.
    """
    tables = {key: table(f"{name} of {word(key)}", values) for key, values in courses.items()}
    methods = ordered(tables)
    clock = np.atleast_2d(np.asarray(time, dtype=np.float64))
    shapes = {values.shape for values in tables.values()}
    if not methods or len(shapes) > 1:
        raise Refusal(f"{len(methods)} methods of shapes {sorted(shapes)}", "one method, one shape")
    runs, samples = next(iter(shapes))
    if not (0 <= run < runs and 0 <= seen < samples and clock.shape[1] == samples):
        raise Refusal(
            f"run {run}, {seen} seen, {clock.shape[1]} times", f"of {runs} runs, {samples} samples"
        )
    t = clock[run if len(clock) > 1 else 0]
    drifts = {key: departures(tables, key, seen, scale) for key in methods}
    with style.figure(theme, (9.2, 6.4)) as (picture, look):
        top, bottom = picture.subplots(2, 1, sharex=True, height_ratios=[1.0, 1.25])
        unit = f", {units}" if units not in ("", "1") else ""
        style.dress(top, look, grid="y").set_title(
            f"{name}{unit}, one run", size=11, color=look.soft
        )
        style.dress(bottom, look, grid="y").set_title(
            f"drift of the {name}, {runs} run{'s' * (runs > 1)}", size=11, color=look.soft
        )
        cut = _values(top, t, tables, seen, run, look)
        if seen:
            for axes in (top, bottom):
                axes.axvspan(
                    t[0], t[seen - 1], color=look.hair, alpha=0.45, lw=0, zorder=0, gid="seen"
                )
        ends = _drifts(bottom, t, drifts, seen, look)
        bottom.set_xlabel(f"time, {time_units}" if time_units not in ("", "1") else "time")
        bottom.set_xlim(t[0], float(np.nanmax(t)))
        style.headline(picture, look, f"The {name} of forecasts", _words(runs, name, cut))
        picture.draw_without_rendering()  # sizes are settled before words are placed by them
        for text in label_ends(bottom, ends, size=10.0):
            text.set_gid("end")
    return picture


def departures(
    tables: Mapping[str, Array], method: str, seen: int = 0, scale: ArrayLike | None = None
) -> Array:
    """δ of a method, (run, time after what was seen).

    Examples
    --------
    >>> tables = {"true": np.full((1, 4), 2.0), "held": np.array([[2.0, 2.0, 2.1, 1.8]])}
    >>> departures(tables, "held", 2).round(3).tolist()
    [[0.05, 0.1]]
    """
    values = tables[method]
    true = tables.get("true")
    own = values[:, max(seen - 1, 0)]
    level = own if true is None else _means(true)
    if scale is None:
        spread = float(np.nanstd(level)) if len(level) > 1 else 0.0
        scale = max(float(np.nanmean(np.abs(level))), spread)
    size = np.broadcast_to(np.asarray(scale, dtype=np.float64), level.shape)
    if not (np.isfinite(size) & (size > 0)).all():
        raise Refusal("a scale that is not above zero", "what drifts are shares of")
    return np.asarray(np.abs(values[:, seen:] - level[:, None]) / size[:, None])


def _means(true: Array) -> Array:
    """The mean along each run, NaN where nothing is known of it."""
    held = np.isfinite(true)
    count = held.sum(axis=1)
    sums = np.where(held, true, 0.0).sum(axis=1)
    return np.divide(sums, count, out=np.full(len(true), np.nan), where=count > 0)


def _values(
    axes: Axes, t: Array, tables: Mapping[str, Array], seen: int, run: int, look: style.Theme
) -> bool:
    """Q of one run; whether a line leaves the panel, which is one |Q₀| high at most."""
    for method in ("true", *ordered(tables)):
        if method not in tables:
            continue
        tint, dash = pen(look, method)
        pale = method == "true"
        axes.plot(
            t, tables[method][run], color=tint, ls=dash, lw=TRUE_WIDTH if pale else 1.9,
            zorder=2 if pale else 4, gid=f"value {method}",
        )  # fmt: skip
    held = np.concatenate([v[run][np.isfinite(v[run])] for v in tables.values()])
    if not held.size:
        return False
    known = tables["true"][run] if "true" in tables else held
    level = float(np.median(known[np.isfinite(known)])) if np.isfinite(known).any() else 0.0
    far = abs(level) or float(np.ptp(held)) or 1.0
    low, high = max(float(held.min()), level - far), min(float(held.max()), level + far)
    pad = max(0.12 * (high - low), 1e-3 * far)
    axes.set_ylim(low - pad, high + pad)
    return bool(((held < low) | (held > high)).any())


def _drifts(
    axes: Axes, t: Array, drifts: Mapping[str, Array], seen: int, look: style.Theme
) -> list[tuple[float, str, str]]:
    """Median and middle half of δ over runs, and the words for the ends."""
    axes.set_yscale("log")
    ends, low_end = [], []
    for method, values in drifts.items():
        held = np.isfinite(values).any(axis=0)
        if not held.any():
            continue
        tint, dash = pen(look, method)
        quartiles = np.nanquantile(np.clip(values[:, held], FLOOR, CEILING), QUARTERS, axis=0)
        low, middle, high = quartiles
        after = t[seen:][held]
        if len(values) > 1:
            axes.fill_between(
                after, low, high, fc=to_rgba(tint, 0.13), ec=to_rgba(tint, 0.35), lw=0.7, zorder=2,
                gid=f"band {method}",
            )  # fmt: skip
        axes.plot(after, middle, color=tint, ls=dash, lw=2.0, zorder=4, gid=f"drift {method}")
        said = f"{word(method)} {percent(float(np.nanmean(values)))}"
        ends.append((float(middle[-1]), said, tint))
        low_end.append(float(np.median(middle)))
    low, high = axes.get_ylim()
    # A forecast begins at nearly nothing: that would stretch the scale without end.
    axes.set_ylim(max(low, min(low_end, default=low) / 30.0, 0.5 * FLOOR), high)
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: percent(y)))
    axes.minorticks_off()
    return ends


def percent(share: float) -> str:
    r"""A share in per cent with two digits, however small.

    >>> percent(0.124), percent(0.003), percent(1.2e-7), percent(0.0)
    ('12\xa0%', '0.3\xa0%', '1.2×10⁻⁵\xa0%', '0\xa0%')
    """
    return f"{reading.number(100.0 * share, 2)}\N{NO-BREAK SPACE}%"


def _words(runs: int, name: str, cut: bool) -> str:
    many = f"{runs} runs: median and middle half" if runs > 1 else "one run"
    return (
        f"Above, what a forecast makes of the {name} (pale: the truth). Below, how far off it is, "
        f"of {many}; at the ends the mean over the whole forecast"
        f"{'. What runs off a panel is cut' if cut else ''}"
    )
