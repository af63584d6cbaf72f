"""The latent space of a network, seen along its principal axes, coloured by what is conserved.

    zₖ = (h − h̄)·eₖ,   eₖ the directions in which the latent state varies most

Where colour changes across the picture and not along a run, the network has told runs apart
by that invariant. Source: K. Pearson, "On lines and planes of closest fit to systems of
points in space", Philosophical Magazine 2, 559 (1901).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from lawful.pictures import reading, style
from lawful.pictures.predicted import table
from lawful.refusal import Refusal

Array = NDArray[np.float64]
MOST = 4  # invariants that are drawn
POINTS = 4000
TRACES = 24  # runs whose way is drawn as a line


def latent_space(
    scores: ArrayLike,
    invariants: Mapping[str, Any],
    *,
    share: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    name: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """Latent states along their first principal axes, a column for each true invariant.

    Parameters
    ----------
    scores
        (run, time, axes), two axes at least; NaN where there is no state.
    invariants
        By name: (run, time), or (run,) where each run has one value.
    share
        Of the variance that each axis holds.
    units
        Of the invariants.
    name
        Whose latent space it is.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no invariant, other shapes, or no state.
    """
    states = np.asarray(scores, dtype=np.float64)
    if states.ndim != 3 or states.shape[2] < 2 or not np.isfinite(states).any():
        raise Refusal(f"scores of the shape {states.shape}", "(run, time, 2 or more), finite")
    values = {key: _values(key, given, states) for key, given in list(invariants.items())[:MOST]}
    if not values:
        raise Refusal("no invariant to colour by", "one at least")
    planes = [(0, 1), (0, 2)][: min(states.shape[2] - 1, 2)]
    alone = len(values) == 1  # its planes then lie side by side
    wide, tall = (len(planes), 1) if alone else (len(values), len(planes))
    rows = _chosen(states)
    with style.figure(theme, (1.0 + 3.7 * max(wide, 1.5), 1.5 + 3.0 * tall)) as (picture, look):
        sheets = picture.subplots(
            tall, wide, squeeze=False, sharex=True, sharey=False if alone else "row"
        )
        sheets = sheets.T if alone else sheets
        tints = shades(look)
        for column, (key, colours) in enumerate(values.items()):
            norm = _norm(colours)
            for row, (across, up) in enumerate(planes):
                axes = style.dress(sheets[row, column], look)
                _traces(axes, states, across, up, look)
                _states(axes, states, colours, rows, (across, up), norm, tints)
                axes.xaxis.set_major_locator(MaxNLocator(5))
                lowest, first = alone or row == len(planes) - 1, column == 0
                axes.tick_params(labelbottom=lowest, labelleft=first)
                axes.set_xlabel(_axis(across, share) if lowest else "")
                axes.set_ylabel(_axis(up, share) if first else "")
            _bar(picture, list(sheets[:, column]), norm, tints, look)
            unit = (units or {}).get(key, "")
            words = f"{key}, {unit}" if unit not in ("", "1") else key
            sheets[0, column].set_title(words.replace("_", " "), size=11.5, color=look.ink)
        style.headline(picture, look, "The latent space", _words(states, name, share, invariants))
        _raise(picture)
    return picture


def _raise(picture: Figure) -> None:
    """Room below the bars: their numbers are no part of the layout."""
    engine: Any = picture.get_layout_engine()
    left, low, wide, high = engine.get()["rect"]
    more = 0.12 / picture.get_figheight()
    engine.set(rect=(left, low + more, wide, high - more))


def shades(look: style.Theme) -> ListedColormap:
    """From low to high, without the end that would be lost in the paper."""
    part = (0.18, 1.0) if look.name == "dark" else (0.0, 0.84)
    tints = style.sequential(look)(np.linspace(*part, 256))
    return ListedColormap(tints, name=f"lawful_shades_{look.name}")


def _values(key: str, given: Any, states: Array) -> Array:
    held = np.asarray(given, dtype=np.float64)
    if held.ndim == 1 and len(held) == len(states):
        held = np.repeat(held[:, None], states.shape[1], axis=1)
    if held.shape != states.shape[:2]:
        raise Refusal(f"{key} of the shape {held.shape}", f"{states.shape[:2]}, as the states")
    return table(key, held)


def _chosen(states: Array) -> NDArray[np.intp]:
    """Which states are drawn: all, or as many as can be told apart."""
    held = np.flatnonzero(np.isfinite(states).all(axis=2).ravel())
    if len(held) > POINTS:
        held = np.random.default_rng(0).choice(held, POINTS, replace=False)
    return np.random.default_rng(1).permutation(held)  # no run lies upon all others


def _norm(colours: Array) -> Normalize:
    """From the 1st to the 99th hundredth, so that a stray run does not take all colours."""
    low, high = np.nanquantile(colours, [0.01, 0.99])
    return Normalize(float(low), float(high if high > low else low + 1.0))


def _traces(axes: Axes, states: Array, across: int, up: int, look: style.Theme) -> None:
    """A hairline along some runs, for what is conserved keeps its colour along them."""
    every = max(1, len(states) // TRACES)
    ways = [run[:, [across, up]] for run in states[::every]]
    ways = [way[np.isfinite(way).all(axis=1)] for way in ways]
    lines = LineCollection([w for w in ways if len(w) > 1], colors=look.hair, lw=0.8, zorder=1)
    axes.add_collection(lines, autolim=False)


def _states(
    axes: Axes,
    states: Array,
    colours: Array,
    rows: NDArray[np.intp],
    plane: tuple[int, int],
    norm: Normalize,
    tints: ListedColormap,
) -> None:
    flat = states.reshape(-1, states.shape[2])[rows]
    size = float(np.clip(14.0 * (1500.0 / max(len(rows), 1)) ** 0.5, 4.0, 26.0))
    dots = axes.scatter(
        flat[:, plane[0]], flat[:, plane[1]], c=colours.ravel()[rows], cmap=tints, norm=norm,
        s=size, lw=0, alpha=0.85, zorder=3,
    )  # fmt: skip
    dots.set_gid("states")
    dots.set_rasterized(True)


def _bar(
    picture: Figure, sheets: list[Axes], norm: Normalize, tints: ListedColormap, look: style.Theme
) -> None:
    bar: Any = picture.colorbar(
        ScalarMappable(norm, tints), ax=sheets, location="bottom", aspect=30, pad=0.03, shrink=0.9
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=look.soft, labelsize=9.0)
    bar.ax.xaxis.set_major_locator(MaxNLocator(4))


def _axis(k: int, share: ArrayLike | None) -> str:
    held = None if share is None else np.asarray(share, dtype=np.float64)
    part = f" ({reading.percent(float(held[k]))})" if held is not None and k < len(held) else ""
    return f"axis {k + 1}{part}"


def _words(states: Array, name: str, share: ArrayLike | None, invariants: Mapping[str, Any]) -> str:
    said = f"{name}. " if name else ""
    said += f"{len(states)} runs, coloured by what is truly conserved; hairlines follow runs"
    if share is not None:
        held = np.asarray(share, dtype=np.float64)[: states.shape[2]]
        said += f"\nThe axes drawn hold {reading.percent(float(held.sum()))} of the variance"
    left = len(invariants) - MOST
    return said + (f". {left} more invariants are not drawn" if left > 0 else "")
