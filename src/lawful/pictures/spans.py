"""How much of the true invariants lies in what a method found.

    rank correlation of a learned quantity with a true one;
    R² of a true one as a function of all that was learned

Colours say the size, numbers say it again. R² is that of a small regression, fitted on some
runs and scored on others.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.pictures.pareto import FLOOR, scored
from lawful.pictures.pen import readable
from lawful.refusal import Refusal

Array = NDArray[np.float64]
LETTERS = 22  # of a name


def learned_against_true(
    correlations: Mapping[str, Mapping[str, float]],
    *,
    r2: Mapping[str, float] | None = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """Rank correlations of learned quantities, in rows, with true invariants, in columns.

    Parameters
    ----------
    correlations
        By learned quantity, by true invariant; the sign does not count.
    r2
        By true invariant: how well all learned quantities together give it; a row of its own.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For an empty table, or values beyond 1.

    Examples
    --------
    >>> learned_against_true({"learned 1": {"energy": -0.998}}).get_label()[:18]
    'What was learned, '
    """
    rows = list(correlations)
    columns = list(dict.fromkeys(name for row in correlations.values() for name in row))
    if not rows or not columns:
        raise Refusal("no quantities to compare", "one learned and one true at least")
    values = np.array([[abs(correlations[r].get(c, np.nan)) for c in columns] for r in rows])
    if (values > 1 + 1e-9).any():
        raise Refusal("correlations beyond 1", "rank correlations, −1 to 1")
    if r2:
        values = np.vstack([values, [r2.get(c, np.nan) for c in columns]])
        rows = [*rows, "all together, R²"]
    size = (max(3.4 + 1.15 * len(columns), 6.2), 1.75 + 0.44 * len(rows))
    with style.figure(theme, size) as (picture, look):
        axes = style.dress(picture.subplots(), look)
        _cells(axes, values, look)
        _sides(axes, rows, columns, look, bool(r2))
        style.headline(picture, look, "What was learned, and what is true", _said(bool(r2)))
    return picture


def _said(together: bool) -> str:
    said = "Rank correlation, its sign apart, on runs kept apart"
    return said + ("; last, how well all give each, R²" if together else "")


def _cells(axes: Axes, values: Array, look: style.Theme) -> None:
    tints = style.ramp(
        f"lawful_span_{look.name}", [style.mixed(look.paper, look.hair, 0.45), look.positive]
    )
    colours = np.asarray(tints(np.clip(np.nan_to_num(values), 0.0, 1.0) ** 2))
    colours[..., 3] = np.isfinite(values)
    axes.imshow(colours, aspect="auto", interpolation="nearest").set_gid("cells")
    for i, j in np.argwhere(np.isfinite(values)):
        axes.text(
            *(j, i, cell(float(values[i, j]))), ha="center", va="center", size=10.5,
            color=readable(colours[i, j, :3]), gid="cell",
        )  # fmt: skip


def cell(value: float) -> str:
    """A correlation in three places, cut and not rounded, so that 1.000 is 1.

    >>> cell(0.99996), cell(1.0), cell(0.25), cell(-3.0)
    ('0.999', '1.000', '0.250', '< 0')
    """
    if value < 0:
        return "< 0"
    return f"{np.floor(1000.0 * value + 1e-9) / 1000.0:.3f}"


def _sides(
    axes: Axes, rows: Sequence[str], columns: Sequence[str], look: style.Theme, together: bool
) -> None:
    axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=look.paper, linewidth=2.0)
    axes.tick_params(which="both", length=0)
    axes.xaxis.tick_top()
    short = [_cut(name) for name in columns]
    crowded = max(map(len, short)) > 12 and len(columns) > 2
    axes.set_xticks(
        range(len(columns)), short, rotation=30 if crowded else 0,
        ha="left" if crowded else "center", rotation_mode="anchor" if crowded else "default",
    )  # fmt: skip
    axes.set_yticks(range(len(rows)), [_cut(name) for name in rows])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if together:
        axes.axhline(len(rows) - 1.5, color=look.ink, lw=1.4)


def _cut(name: str) -> str:
    plain = name.replace("_", " ")
    return plain if len(plain) <= LETTERS else f"{plain[: LETTERS - 1]}…"


# ---------------------------------------------------------------------- two methods


def method_spans(
    sides: Mapping[str, Mapping[str, tuple[int, float]]],
    *,
    true: Mapping[str, int] | None = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """Two methods on the same runs, by system: how many laws, and how well they span the true.

    Parameters
    ----------
    sides
        By system, by method: how many quantities were found, and the worst R² with which they
        give a true invariant (NaN where nothing was found).
    true
        By system: how many there are.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no system, or systems with different methods.
    """
    methods = list(next(iter(sides.values()), {}))
    if not methods or any(list(each) != methods for each in sides.values()):
        raise Refusal("no system, or other methods for each", "the same methods for every system")
    systems = list(sides)
    with style.figure(theme, (9.6, 1.9 + 0.46 * len(systems))) as (picture, look):
        axes, beside = picture.subplots(1, 2, width_ratios=[1.5, 1.0], sharey=True)
        _dots(style.dress(axes, look, grid="x"), sides, methods, look)
        axes.set_yticks(range(len(systems)), [_cut(name) for name in systems])
        axes.set_ylim(len(systems) - 0.5, -1.0)
        axes.tick_params(axis="y", length=0, labelsize=11, labelcolor=look.ink)
        _counts(style.bare(beside), sides, methods, true or {}, look)
        below = "The same runs. Dots: the worst R² of a true invariant, better to the right"
        style.headline(picture, look, "Two ways to laws", below)
    return picture


def _dots(
    axes: Axes,
    sides: Mapping[str, Mapping[str, tuple[int, float]]],
    methods: Sequence[str],
    look: style.Theme,
) -> None:
    drawn = []
    for row, each in enumerate(sides.values()):
        for k, method in enumerate(methods):
            score = float(each[method][1])
            if not np.isfinite(score):
                continue
            short = max(1.0 - score, FLOOR)
            drawn.append(short)
            axes.plot(
                [short], [row + 0.22 * (k - 0.5 * (len(methods) - 1))], style.MARKERS[k], ms=8,
                color=style.colour(look, k), zorder=4, gid=f"{method} {row}",
            )  # fmt: skip
    axes.set_xscale("log")
    low, high = (min(drawn), max(drawn)) if drawn else (1e-3, 1.0)
    axes.set_xlim(high * 4.0, low / 4.0)
    axes.xaxis.set_major_formatter(lambda x, _: reading.power_of_ten(round(np.log10(x))))
    axes.minorticks_off()
    axes.set_xlabel("1 − R², worst of the true invariants")


def _counts(
    axes: Axes,
    sides: Mapping[str, Mapping[str, tuple[int, float]]],
    methods: Sequence[str],
    true: Mapping[str, int],
    look: style.Theme,
) -> None:
    """How many were found, of how many, and the worst R², a column a method."""
    axes.set_xlim(0.0, 1.0)
    for k, method in enumerate(methods):
        at = (k + 1) / len(methods)
        axes.text(at, -0.75, method, ha="right", size=10, color=style.colour(look, k), gid="head")
        for row, (system, each) in enumerate(sides.items()):
            count, score = each[method]
            of = f" of {true[system]}" if system in true else ""
            worst = scored(float(score)) if np.isfinite(score) else "–"
            axes.text(at, row, f"{count}{of}, {worst}", ha="right", va="center", size=10,
                      color=look.ink, gid="count")  # fmt: skip
