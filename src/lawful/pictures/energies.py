"""Energies by task: into which basin an image falls.

    E_j(x) = ∫ V_j |ψ₀|² dx,   V_j = −log(n̄_j + ε),   basin(x) = argmin_j E_j(x)

A row is a test, a column a basin. Where a row is lowest on its diagonal, its images are
routed to what learnt them. On the right, E − E_own of the best other basin for every
image: right of zero is routed right, and how far right says how safely.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.passage import numbers
from lawful.pictures.pen import readable
from lawful.refusal import Refusal

Array = NDArray[np.float64]
NUMBERED = 12  # basins up to which every cell says its energy
NAMED = 24  # rows up to which all are named


def energies_by_task(
    energies: Any, *, tasks: Sequence[str] | None = None, theme: str | style.Theme = "dark"
) -> Figure:
    """Mean energies of each test in each basin and, of distributions, their margins.

    Parameters
    ----------
    energies
        For each of T tests an array (n, K) of the energies of its images in K ≥ T basins, the
        j-th opened by task j; or a table (T, K) of mean energies, drawn without margins.
    tasks
        Their names; "task 1", … when not given.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For shapes that do not fit or numbers that are not finite.
    """
    tables = _tables(energies)
    means = np.array([table.mean(axis=0) for table in tables])
    names = _named(tasks, len(means))
    spread = max(len(table) for table in tables) > 1 and means.shape[1] > 1
    tall = float(np.clip(1.7 + 0.36 * len(means), 4.2, 8.4))
    wide = max(tall, 0.55 * means.shape[1], 5.0) + 0.6
    with style.figure(theme, (wide + 4.0 if spread else max(wide, 6.4), tall)) as (picture, look):
        widths = [wide, 4.2] if spread else [1.0]
        sheets = picture.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
        _cells(style.dress(sheets[0], look), means, names, look)
        margins = [_margin(table, k) for k, table in enumerate(tables)]
        if spread:
            _ridges(style.dress(sheets[1], look), margins, names, look)
        style.headline(picture, look, "Energies by task", _words(means, margins, spread))
    return picture


def _tables(energies: Any) -> list[Array]:
    """The energies of each test, (n, K) each; a single table of means as one row each."""
    if hasattr(energies, "ndim") and energies.ndim == 2:
        energies = numbers(energies)[:, None, :]
    tables = [np.atleast_2d(numbers(one)) for one in energies]
    if not tables:
        raise Refusal("no energies", "those of one test at least")
    shapes = ", ".join(dict.fromkeys(str(table.shape) for table in tables))
    basins = {table.shape[1] for table in tables if table.ndim == 2 and table.size}
    if any(table.ndim != 2 or not table.size for table in tables) or len(basins) != 1:
        raise Refusal(f"energies of the shapes {shapes}", "(n, K), K the same for all tests")
    if basins.pop() < len(tables):
        raise Refusal(f"energies of {len(tables)} tests, {shapes}", "a basin for each test")
    if not all(np.isfinite(table).all() for table in tables):
        raise Refusal("energies that are not finite", "finite numbers")
    return tables


def _named(tasks: Sequence[str] | None, count: int) -> list[str]:
    if tasks is not None and len(tasks) < count:
        raise Refusal(f"{len(tasks)} names of tasks", f"{count}, one for each")
    return [f"task {k + 1}" for k in range(count)] if tasks is None else list(tasks[:count])


def _margin(table: Array, own: int) -> Array:
    """How much higher the best other basin lies, for each image."""
    others = np.delete(table, own, axis=1)
    return others.min(axis=1) - table[:, own] if others.size else np.zeros(len(table))


def _words(means: Array, margins: Sequence[Array], spread: bool) -> str:
    rows, basins = means.shape
    if basins == 1:
        return "One basin: nothing else to fall into"
    lowest = int((means.argmin(axis=1) == np.arange(rows)).sum())
    said = f"{lowest} of {rows} tests lie lowest in the basin of their own task, by the mean"
    if not spread:
        return said
    right = float(np.mean(np.concatenate(margins) > 0))
    images = reading.count(sum(map(len, margins)))
    return f"{said}\nImage by image, {reading.percent(right)} of {images} do"


def _cells(axes: Axes, means: Array, names: Sequence[str], look: style.Theme) -> None:
    """The table of mean energies, the lowest of each row outlined."""
    rows, basins = means.shape
    # What is low stands out from the paper, for it is what matters.
    tints = style.sequential(look)
    tints = tints.reversed() if look.name == "dark" else tints
    image = axes.imshow(means, cmap=tints, aspect="auto", interpolation="nearest")
    image.set_gid("energies")
    axes.set_xticks(np.arange(basins + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=look.paper, linewidth=1.6)
    axes.tick_params(which="both", length=0)
    size = float(np.clip(110.0 / max(rows, basins), 6.0, 11.0))
    for i, j in enumerate(means.argmin(axis=1)):
        edge = look.accent if i == j else look.negative
        box: Any = axes.add_patch(_box(j, i, edge))
        box.set_gid("lowest")
    places = int(np.clip(2 - np.floor(np.log10(np.abs(means).max() or 1.0)), 0, 3))
    if max(rows, basins) <= NUMBERED:
        for i, j in np.ndindex(rows, basins):
            ink = readable(image.to_rgba(means[i, j])[:3])
            words = f"{means[i, j]:.{places}f}".replace("-", "−")
            axes.text(j, i, words, ha="center", va="center", size=size, color=ink)
    each = max(1, -(-max(rows, basins) // NAMED))
    names = [name if len(name) <= 14 else f"{name[:13]}…" for name in names]
    axes.set_yticks(range(0, rows, each), [names[k] for k in range(0, rows, each)])
    axes.set_xticks(range(0, basins, each), [str(k + 1) for k in range(0, basins, each)])
    axes.tick_params(labelsize=min(10.0, size + 1.0))
    axes.set(xlabel="basin of task")
    axes.set_title("mean energy, the lowest outlined", size=11, color=look.soft)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _box(x: float, y: float, edge: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, ec=edge, lw=2.0, zorder=4)


def _ridges(axes: Axes, margins: Sequence[Array], names: Sequence[str], look: style.Theme) -> None:
    """A ridge a test: how its images' margins are spread; left of zero they fall elsewhere."""
    whole = np.concatenate(margins)
    low, high = np.quantile(whole, [0.001, 0.999])
    low, high = min(low, 0.0), max(high, 0.0)
    pad = 0.05 * ((high - low) or 1.0)
    edges = np.linspace(low - pad, high + pad, 61)
    middle = 0.5 * (edges[1:] + edges[:-1])
    for row, margin in enumerate(margins):
        heights = np.histogram(np.clip(margin, edges[0], edges[-1]), bins=edges)[0]
        top = row + 0.42 - 0.84 * heights / max(heights.max(), 1)
        for side, tint in ((middle >= 0, look.positive), (middle < 0, look.negative)):
            kept = np.where(side, top, row + 0.42)
            axes.fill_between(middle, row + 0.42, kept, color=to_rgba(tint, 0.75), lw=0, step="mid")
        wrong = float(np.mean(margin <= 0))
        words = reading.percent(1 - wrong)
        axes.text(1.015, row, words, transform=axes.get_yaxis_transform(), va="center",
                  size=min(10.0, 130.0 / len(margins)), color=look.soft, gid="routed")  # fmt: skip
    axes.axvline(0.0, color=look.soft, lw=1.0, ls=style.DASHES[1])
    axes.set(xlim=(edges[0], edges[-1]), ylim=(len(margins) - 0.5, -0.5))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("E of the best other basin − E of its own")
    axes.set_title("margins, and the share routed right", size=11, color=look.soft)
