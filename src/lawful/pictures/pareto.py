"""The Pareto front of a symbolic regression: accuracy against complexity.

    a formula is on the front where no simpler one is as accurate

Accuracy is 1 − R² on samples that were held out, on a logarithmic scale, better upward. The
formula that was chosen is ringed. Source: G. Smits and M. Kotanchek, "Pareto-front
exploitation in symbolic regression", Genetic Programming Theory and Practice II (2005).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import reading, style
from lawful.refusal import Refusal

Array = NDArray[np.float64]
ROWS = 14  # formulas that are written out
LETTERS = 58  # of a formula
FLOOR = 1e-16  # round-off: 1 − R² is not told apart below


def pareto_front(
    front: Any,
    *,
    chosen: Any = None,
    target: str = "",
    theme: str | style.Theme = "dark",
) -> Figure:
    """Accuracy against complexity, every formula numbered by its complexity and written out.

    Parameters
    ----------
    front
        What has `formulas` (and `chosen`), or formulas: objects or mappings with `expression`,
        `complexity` and `r2`.
    chosen
        The formula chosen, or its expression; the front's own when not given.
    target
        What the formulas are for.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no formula, or one without a finite score.

    Examples
    --------
    >>> forms = [{"expression": "x", "complexity": 1, "r2": 0.5},
    ...          {"expression": "x**2/2", "complexity": 5, "r2": 0.9999}]
    >>> pareto_front(forms, chosen="x**2/2", target="energy").get_label()[:16]
    'Formulas for the'
    """
    formulas = _formulas(front)
    picked = _text(getattr(front, "chosen", None) if chosen is None else chosen)
    rows = _written(formulas, picked)
    with style.figure(theme, (11.4, float(np.clip(1.7 + 0.3 * len(rows), 4.0, 6.2)))) as (
        picture,
        look,
    ):
        axes, beside = picture.subplots(1, 2, width_ratios=[1.0, 1.5])
        _front(style.dress(axes, look, grid="y"), formulas, picked, look)
        _list(style.bare(beside), rows, picked, look)
        what = f"Formulas for the {target}" if target else "Formulas"
        style.headline(picture, look, what, _words(front, formulas, rows, picked))
    return picture


def _formulas(front: Any) -> list[tuple[int, float, str]]:
    """(complexity, R², expression), simplest first."""
    given = getattr(front, "formulas", front)
    found = [(int(_get(one, "complexity")), float(_get(one, "r2")), _text(one)) for one in given]
    if not found:
        raise Refusal("a front without formulas", "one at least")
    if not np.isfinite([score for _, score, _ in found]).all():
        raise Refusal("a formula without a finite score", "R² on samples held out")
    return sorted(found)


def _get(one: Any, name: str) -> Any:
    return one[name] if isinstance(one, Mapping) else getattr(one, name)


def _text(one: Any) -> str:
    return one if isinstance(one, str) else "" if one is None else str(_get(one, "expression"))


def _written(
    formulas: Sequence[tuple[int, float, str]], picked: str
) -> list[tuple[int, float, str]]:
    """Those written out: all, or the best of them and the chosen one."""
    if len(formulas) <= ROWS:
        return list(formulas)
    kept = list(formulas[-ROWS:])
    held = [one for one in formulas if one[2] == picked and one not in kept]
    return [*held, *kept[len(held) :]]


def _front(
    axes: Axes, formulas: Sequence[tuple[int, float, str]], picked: str, look: style.Theme
) -> None:
    at = np.array([complexity for complexity, _, _ in formulas], dtype=float)
    short = np.maximum(1.0 - np.array([score for _, score, _ in formulas]), FLOOR)
    axes.plot(at, short, color=style.mixed(look.palette[0], look.paper, 0.4), lw=1.6,
              drawstyle="steps-post", zorder=2)  # fmt: skip
    axes.plot(at, short, "o", ms=7, color=look.palette[0], zorder=4, gid="formulas")
    held = [k for k, (_, _, text) in enumerate(formulas) if text == picked]
    axes.plot(at[held], short[held], "o", ms=15, mfc="none", mec=look.accent, mew=2.4, zorder=5,
              gid="chosen")  # fmt: skip
    axes.set_yscale("log")
    low, high = short.min(), short.max()
    axes.set_ylim(high * 4.0, low / 6.0)  # better is higher
    pad = max(0.08 * (at.max() - at.min()), 0.8)
    axes.set_xlim(at.min() - pad, at.max() + pad)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(lambda y, _: reading.power_of_ten(round(np.log10(y))))
    axes.minorticks_off()
    axes.set(xlabel="complexity", ylabel="1 − R², held out; better is higher")


def _list(
    axes: Axes, rows: Sequence[tuple[int, float, str]], picked: str, look: style.Theme
) -> None:
    """Complexity, score and formula, a row each; the chosen one stands out."""
    axes.set(xlim=(0.0, 1.0), ylim=(len(rows) - 0.4, -1.4))
    for x, words, side in (
        (0.1, "complexity", "right"),
        (0.3, "R²", "right"),
        (0.34, "formula", "left"),
    ):
        axes.text(x, -0.9, words, ha=side, size=9.5, color=look.soft, gid="head")
    for row, (complexity, score, expression) in enumerate(rows):
        chosen = expression == picked
        tint = look.accent if chosen else look.ink
        weight = "bold" if chosen else "normal"
        for x, words, side in (
            (0.1, str(complexity), "right"),
            (0.3, scored(score), "right"),
            (0.34, pretty(expression), "left"),
        ):
            axes.text(
                *(x, row, words), ha=side, va="center", size=9.5, color=tint, weight=weight,
                parse_math=False, gid="row",
            )  # fmt: skip


def scored(r2: float) -> str:
    """R² with as many nines as it has, never rounded up to 1.

    >>> scored(0.5), scored(0.99987), scored(1 - 3e-9), scored(1.0), scored(-2.0)
    ('0.5', '0.9998', '1 − 3×10⁻⁹', '1', '−2')
    """
    short = 1.0 - r2
    if short <= FLOOR:
        return "1"
    if short > 0.9999e-4:
        return reading.number(np.floor(1e4 * r2 + 1e-6) / 1e4 if r2 > 0 else r2, 4)
    return f"1 − {reading.number(short, 1)}"


def pretty(expression: str, letters: int = LETTERS) -> str:
    """An expression for reading: constants in four digits, powers raised, cut where too long.

    >>> pretty("0.500000012*v**2 + 9.80665*y")
    'v²/2 + 9.807·y'
    """
    from lawful.report.formula import formula

    rounded = re.sub(
        r"(?<![\w.])\d+\.\d*(?:[eE][+-]?\d+)?", lambda found: f"{float(found[0]):.4g}", expression
    )
    text = formula(rounded).text
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _words(
    front: Any,
    formulas: Sequence[tuple[int, float, str]],
    rows: Sequence[tuple[int, float, str]],
    picked: str,
) -> str:
    engine = getattr(front, "engine", "")
    said = f"Found by {engine}; " if engine else ""
    said += f"{len(formulas)} on the front: none simpler is as accurate"
    if len(rows) < len(formulas):
        said += f", {len(rows)} of them written out"
    return said + ("; ringed is the one chosen" if picked else "")
