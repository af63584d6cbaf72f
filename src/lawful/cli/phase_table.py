"""A study of phases on a screen: the map in shades, the levels, the boundary's dimension."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from lawful.cli.screen import Screen, said
from lawful.report.numbers import counted, number
from lawful.studies.lesson import shape

if TYPE_CHECKING:
    from lawful.studies.phases.axes import Axis
    from lawful.studies.phases.diagram import Diagram
    from lawful.studies.phases.run import Phases

SHADES = " ░▒▓█"
COLUMNS, ROWS = 64, 20  # of the map, at most


def put_phases(out: Screen, done: "Phases", folder: Path | None) -> None:
    """All of a study."""
    plan, diagram = done.plan, done.diagram
    nx, ny = diagram.size
    said(
        out,
        f"{counted(done.networks, 'network')} {shape(plan.network.layers[0])} on "
        f"{plan.data.name}: {nx} × {ny} cells of {counted(plan.seeds, 'seed')}"
        f"{f' on {len(done.levels)} levels' if len(done.levels) > 1 else ''}, "
        f"{number(done.seconds, 2)} s with the engine '{done.engine}'",
    )
    said(out, f"solved: {done.goal}", style="dim")
    out.print()
    out.print(Text(headline(done), style="bold"))
    out.print()
    out.print(shaded(diagram, plan.observable))
    out.print()
    out.print(levels(done))
    if done.dimension is not None:
        found = done.dimension
        said(
            out,
            f"dimension of the boundary between {found.between}: {found} (95 %); {found.verdict}",
        )
    for note in done.notes:
        said(out, note, "note")
    if folder is not None:
        out.print()
        report = folder / "report.html"
        left = "the maps, the zoom, and all numbers" if report.exists() else "all numbers"
        said(out, f"{report if report.exists() else folder / 'phases.json'}: {left}")


def headline(done: "Phases") -> str:
    """What came out, in a sentence."""
    diagram = done.diagram
    if diagram.all_diverged:
        return "Every network of every cell diverged."
    if not diagram.solved.any():
        lost = f"; {diagram.share_diverged:.0%} diverged" if diagram.diverged.any() else ""
        return f"No network of any cell solved it{lost}."
    best = diagram.cell(*diagram.best)
    x, y = diagram.x.name, diagram.y.name
    return (
        f"{diagram.share_solved:.0%} of all networks solved it; at best "
        f"{best['probability']:.0%} [{best['low']:.0%}, {best['high']:.0%}] of a cell, at "
        f"{x} {number(best[x])}, {y} {number(best[y])}, in {number(best['steps'])} steps"
    )


def shaded(diagram: "Diagram", observable: str) -> Table:
    """The map in five shades, upward as in a picture; of large maps a part of the cells."""
    from lawful.studies.phases.observables import OBSERVABLES

    kind = OBSERVABLES[observable]
    values, dark, light = _scaled(diagram.observable(observable), kind.log, kind.share)
    rows = _some(values.shape[0], ROWS)
    columns = _some(values.shape[1], COLUMNS)
    wide = 2 if len(columns) <= COLUMNS // 2 else 1  # a letter is twice as high as wide
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    ends = {int(rows[-1]): number(diagram.y.high), int(rows[0]): number(diagram.y.low)}
    for row in rows[::-1]:
        grid.add_row(
            ends.get(int(row), ""),
            "".join(_shade(v, kind.share) * wide for v in values[row, columns]),
        )
    low, high = number(diagram.x.low), number(diagram.x.high)
    room = max(len(columns) * wide - len(low), len(high) + 1)
    grid.add_row("", low + high.rjust(room), style="dim")
    legend = f"{kind.label}: {SHADES[1]} {dark} to {SHADES[-1]} {light}"
    axes = f"→ {diagram.x.label}{_by(diagram.x)}, ↑ {diagram.y.label}{_by(diagram.y)}"
    grid.add_row("", Text(legend, style="dim"))
    grid.add_row("", Text(axes, style="dim"))
    return grid


def _by(axis: "Axis") -> str:
    return " (log)" if axis.scale == "log" else ""


def _scaled(
    values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", log: bool, share: bool
) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.float64]]", str, str]:
    """Values from 0 to 1, NaN where there is none, and what 0 and 1 stand for."""
    if share:
        return values, "0", "1"
    there = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not there.size:
        return np.full(values.shape, np.nan), "–", "–"
    low, high = float(there.min()), float(there.max())
    told = number(low), number(high)
    if log:
        values = np.log(np.maximum(values, low))
        low, high = np.log(low), np.log(high)
    return (values - low) / ((high - low) or 1.0), *told


def _shade(value: float, share: bool) -> str:
    """A blank where there is no number, or a share of nothing."""
    if np.isnan(value) or (share and value == 0):
        return " "
    return SHADES[max(1, int(np.ceil(value * (len(SHADES) - 1))))]


def _some(count: int, most: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.intp]]":
    """Evenly chosen, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def levels(done: "Phases") -> Table:
    """One level a row."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("level", done.plan.x.name, done.plan.y.name, "solved", "diverged", "dimension"):
        left = head in ("level", done.plan.x.name, done.plan.y.name)
        table.add_column(
            head, header_style="dim", justify="left" if left else "right", no_wrap=True
        )
    by_level = {} if done.dimension is None else done.dimension.by_level
    for one in done.levels:
        d = by_level.get(one.level)
        table.add_row(
            str(one.level),
            _span(one.x),
            _span(one.y),
            f"{one.share_solved:.1%}",
            f"{one.share_diverged:.1%}",
            "–" if d is None else f"{d:.2f}",
        )
    return table


def _span(axis: "Axis") -> str:
    """A range, with as many digits as tell its ends apart."""
    width = (axis.high - axis.low) / max(abs(axis.high), abs(axis.low))
    digits = max(3, int(np.ceil(-np.log10(width))) + 3)
    return f"{number(axis.low, digits)} … {number(axis.high, digits)}"
