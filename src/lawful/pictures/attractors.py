"""Attractors: where the density of a task or a class gathers, and how it drifts.

    n̄(x) = mean of |ψ(x)|² over the images of one task or class, ∑ n̄ = 1
    V = −log(n̄ + ε),   the attractor lies where V is lowest
    moved(m) = ½ ∑ |n̄_m − n̄_0|,   the share of the density that is no longer where it was

The drift is drawn in the plane in which the densities move most (principal components of
all of them), from a ring at the start to a dot at the end. In a learner whose tasks have
basins of their own nothing that was learnt may move; in one that shares its planes, the
attractors of the first task move as others are learnt: that is its forgetting, seen.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lawful.pictures import reading, recalled, style
from lawful.pictures.field_strip import brightness
from lawful.pictures.passage import numbers
from lawful.refusal import Refusal

Array = NDArray[np.float64]
FLOOR = 1e-2  # ε in shares of an even density, where none is given
ROW = 10  # basins side by side
MOST = 20  # basins in one picture
STILLS = 4  # moments of each density that are shown


def basin_attractors(
    densities: Any,
    *,
    tasks: Sequence[str] | None = None,
    floor: float = FLOOR,
    theme: str | style.Theme = "dark",
) -> Figure:
    """The mean density of each task, and below it its trap with the deepest point marked.

    Parameters
    ----------
    densities
        n̄, shape (K, y, x); scaled to sum 1.
    tasks
        Their names; "task 1", … when not given. At most 20 are drawn.
    floor
        ε of the trap, in shares of an even density.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For shapes that do not fit, or densities that are negative or nowhere.
    """
    spread = _densities(numbers(densities)[None])[0]
    names = _named(tasks, len(spread), "task")
    shown = spread[:MOST]
    wide = min(len(shown), ROW)
    blocks = -(-len(shown) // ROW)
    traps = -np.log(shown + floor / shown[0].size)
    low, high = float(traps.min()), float(traps.max())
    cell = float(np.clip(7.4 / wide, 0.92, 1.2))
    size = (max(cell * wide + 0.9, 8.0), 1.2 + (2 * cell + 0.3) * blocks)
    letters = recalled.letters(names, 70 * cell, 9.5)
    with style.figure(theme, size) as (picture, look):
        sheets = picture.subplots(2 * blocks, wide, squeeze=False)
        for axes in sheets.ravel():
            style.bare(axes)
        for k, (density, trap) in enumerate(zip(shown, traps, strict=True)):
            block, j = divmod(k, ROW)
            above, below = sheets[2 * block, j], sheets[2 * block + 1, j]
            above.imshow(np.sqrt(density / density.max()), cmap=brightness(look), vmin=0, vmax=1)
            above.set_title(names[k], size=letters, color=look.soft, loc="center", pad=4)
            below.imshow(trap, cmap=style.sequential(look), vmin=low, vmax=high, gid="trap")
            deepest = np.unravel_index(trap.argmin(), trap.shape)
            below.plot(*deepest[::-1], "+", ms=8, mew=2, color=look.accent, gid="deepest",
                       path_effects=[withStroke(linewidth=3.5, foreground="#101218")])  # fmt: skip
        for block in range(blocks):
            for row, words in ((0, "n̄"), (1, "V")):
                sheets[2 * block + row, 0].text(
                    *(-0.12, 0.5, words), transform=sheets[2 * block + row, 0].transAxes,
                    ha="right", va="center", size=12, color=look.soft,
                )  # fmt: skip
        more = f"; {len(shown)} of {len(spread)} drawn" if len(spread) > len(shown) else ""
        style.headline(
            picture, look, "Basins and their attractors",
            "The mean density of a task's images, and its trap V = −log(n̄ + ε): deep where it is\n"
            f"dark, deepest at the cross{more}",
        )  # fmt: skip
    return picture


def attractor_drift(
    densities: Any,
    *,
    names: Sequence[str] | None = None,
    moments: Sequence[str] | None = None,
    what: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """How mean densities drift: their paths in a plane, and what they look like on the way.

    Parameters
    ----------
    densities
        Shape (moments, K, y, x): the mean density of each of K tasks or classes at each
        moment of training; scaled to sum 1.
    names
        Of the K; "class 0", … when not given.
    moments
        What each moment is called, such as "after task 1"; their numbers when not given.
    what
        Whose densities they are, for the line below the title.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For shapes that do not fit, fewer than two moments, or densities that are negative
        or nowhere.

    Examples
    --------
    >>> still = attractor_drift(np.ones((2, 3, 4, 4)))
    >>> "0\N{NO-BREAK SPACE}% of the density" in still.get_label()
    True
    """
    spread = _densities(numbers(densities))
    if len(spread) < 2:
        raise Refusal(f"{len(spread)} moment of densities", "2 at least")
    names = _named(names, spread.shape[1], "class", 0)
    when = _named(moments, len(spread), "moment", 0)
    share = moved(spread)
    tall = float(np.clip(1.35 + 0.56 * len(names), 4.6, 8.2))
    with style.figure(theme, (9.2, tall)) as (picture, look):
        grid = picture.add_gridspec(1, 2, width_ratios=[1.25, 1.0])
        axes = style.dress(picture.add_subplot(grid[0]), look)
        ends, tints = _paths(axes, spread, names, look)
        chosen = np.unique(np.linspace(0, len(spread) - 1, STILLS).round().astype(int))
        _stills(picture, grid[1], spread[chosen], [when[k] for k in chosen], share[-1], look, names)
        said = (
            f"By the end {reading.percent(float(share[-1].mean()))} of the density lies where it "
            f"did not at the start, by the mean over {len(names)}"
        )
        ring = f"From the ring, {when[0]}, to the dot, {when[-1]}"
        below = f"{said}\n{what}{'; ' if what else ''}{ring[:1].lower() if what else 'F'}{ring[1:]}"
        style.headline(picture, look, "How the attractors drift", below)
        picture.draw_without_rendering()  # sizes are settled before words are placed by them
        _names(axes, ends, names, tints, look)
    return picture


def moved(densities: Array) -> Array:
    """The share of each density that is no longer where it was at the first moment.

    Parameters
    ----------
    densities
        Shape (moments, K, y, x), each of sum 1.

    Returns
    -------
    Shape (moments, K), from 0 to 1.

    Examples
    --------
    >>> n = np.zeros((2, 1, 1, 2))
    >>> n[0, 0, 0] = [1.0, 0.0]
    >>> n[1, 0, 0] = [0.25, 0.75]
    >>> moved(n).ravel().tolist()
    [0.0, 0.75]
    """
    return np.asarray(0.5 * np.abs(densities - densities[:1]).sum(axis=(2, 3)))


def _densities(given: Array) -> Array:
    if given.ndim != 4 or 0 in given.shape:
        shape = tuple(given.shape[1:] if given.shape[:1] == (1,) else given.shape)
        raise Refusal(f"densities of the shape {shape}", "(moments, K, y, x), or (K, y, x) at once")
    if not np.isfinite(given).all() or (given < 0).any():
        raise Refusal("densities that are negative or not finite", "numbers from 0 up")
    total = given.sum(axis=(2, 3), keepdims=True)
    if not (total > 0).all():
        raise Refusal("a density that is zero everywhere", "some density in each")
    return np.asarray(given / total)


def _named(names: Sequence[str] | None, count: int, kind: str, first: int = 1) -> list[str]:
    if names is not None and len(names) != count:
        raise Refusal(f"{len(names)} names", f"{count}, one for each {kind}")
    return [f"{kind} {k + first}" for k in range(count)] if names is None else list(names)


def plane(densities: Array) -> tuple[Array, Array]:
    """The densities in the plane in which they differ most, and how much of it that shows.

    Returns
    -------
    Places (moments, K, 2), and the two shares of the variance.
    """
    flat = densities.reshape(-1, densities[0, 0].size)
    away = flat - flat.mean(axis=0)
    _, sizes, axes = np.linalg.svd(away, full_matrices=False)
    held = np.zeros((2, flat.shape[1]))
    held[: min(2, len(axes))] = axes[:2]
    total = float((sizes**2).sum())
    shares = np.zeros(2)
    shares[: min(2, len(sizes))] = sizes[:2] ** 2 / total if total > 0 else 0.0
    return (away @ held.T).reshape(*densities.shape[:2], 2), shares


def _paths(
    axes: Axes, spread: Array, names: Sequence[str], look: style.Theme
) -> tuple[Array, list[str]]:
    """The paths in their plane; where they begin and end, (2, K, 2), and their colours."""
    places, shares = plane(spread)
    tints = style.of_classes(look, max(3, len(names)))
    for k, name in enumerate(names):
        way, tint = places[:, k], tints[k]
        parts = np.stack([way[:-1], way[1:]], axis=1)
        fade = np.linspace(0.35, 1.0, len(parts))
        path: Any = axes.add_collection(
            LineCollection(parts.tolist(), colors=[to_rgba(tint, a) for a in fade], linewidths=2.0)
        )
        path.set_gid(f"path {name}")
        axes.plot(*way[0], "o", ms=8, mfc=look.paper, mec=tint, mew=1.6, zorder=4)
        axes.plot(*way[-1], "o", ms=8, color=tint, zorder=5)
    low, high = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    wide = np.where(high > low, high - low, 1e-3)
    axes.set(xlim=(low[0] - 0.16 * wide[0], high[0] + 0.16 * wide[0]))
    axes.set(ylim=(low[1] - 0.1 * wide[1], high[1] + 0.1 * wide[1]))
    axes.set(xticks=[], yticks=[])
    for axis, share in zip("xy", shares, strict=True):
        order = "first" if axis == "x" else "second"
        words = f"{order} component, {reading.percent(float(share))} of the variance"
        getattr(axes, f"set_{axis}label")(words)
    return places[[0, -1]], tints


def _names(
    axes: Axes, ends: Array, names: Sequence[str], tints: Sequence[str], look: style.Theme
) -> None:
    """Each name ahead of its path, moved up where it would lie upon another."""
    box = axes.get_window_extent()
    before, at = (axes.transData.transform(places) for places in ends)
    short = [name if len(name) <= 16 else f"{name[:15]}…" for name in names]
    # The dots are taken, too: no name hides the end of another path.
    taken = [(float(x) - 6.0, float(y), 12.0) for x, y in at]
    for k in np.argsort(at[:, 1]):
        wide = 7.0 * len(short[k])
        left = at[k, 0] < before[k, 0]
        x = float(at[k, 0]) + (-11.0 - wide if left else 11.0)
        y = float(at[k, 1])
        while any(abs(y - v) < 15.0 and x < u + w and u < x + wide for u, v, w in taken):
            y += 1.0
        taken.append((x, y, wide))
        where = ((x + (wide if left else 0.0) - box.x0) / box.width, (y - box.y0) / box.height)
        words = axes.text(
            *where, short[k], transform=axes.transAxes, size=9.5, va="center", color=tints[k],
            ha="right" if left else "left", zorder=7, gid="name",
        )  # fmt: skip
        words.set_path_effects([withStroke(linewidth=3.0, foreground=look.paper)])


def _stills(
    picture: Figure,
    where: Any,
    spread: Array,
    when: Sequence[str],
    share: Array,
    look: style.Theme,
    names: Sequence[str],
) -> None:
    """A few moments of each density, and how much of it has moved."""
    rows = spread.shape[1]
    sheets = where.subgridspec(rows, len(when), wspace=0.06, hspace=0.08).subplots(squeeze=False)
    tints = style.of_classes(look, max(3, rows))
    size = float(np.clip(96.0 / rows, 7.0, 10.0))
    for k, row in enumerate(sheets):
        peak = float(spread[:, k].max())
        for j, axes in enumerate(row):
            axes.imshow(np.sqrt(spread[j, k] / peak), cmap=brightness(look), vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(visible=True, color=look.hair, linewidth=0.6)
            if k == 0:
                axes.set_title(when[j], size=8.5, color=look.soft, loc="center", pad=4)
        row[0].set_ylabel(
            names[k] if len(names[k]) <= 10 else f"{names[k][:9]}…",
            rotation=0, ha="right", va="center", size=size, color=tints[k], labelpad=4,
        )  # fmt: skip
        row[-1].text(
            *(1.1, 0.5, f"{reading.percent(float(share[k]))}"), transform=row[-1].transAxes,
            va="center", size=size, color=look.soft, gid="moved",
        )  # fmt: skip
    sheets[-1, -1].text(
        *(1.1, -0.25, "moved"), transform=sheets[-1, -1].transAxes, size=8.5, color=look.soft,
        va="top",
    )  # fmt: skip
