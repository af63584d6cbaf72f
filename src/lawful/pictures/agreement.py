"""What a formula says, against what is true, sample by sample.

    R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²

On the dashed diagonal the formula is right. Colour is the run, so that a formula which is
right on the whole but drifts along a run shows it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.latent import shades
from lawful.pictures.pareto import pretty, scored
from lawful.pictures.predicted import table
from lawful.refusal import Refusal

Array = NDArray[np.float64]
POINTS = 3000
MOST = 6


def formula_agreement(
    pairs: Mapping[str, tuple[Any, Any]],
    *,
    formulas: Mapping[str, str] | None = None,
    diagonal: bool = True,
    theme: str | style.Theme = "dark",
) -> Figure:
    """True against said, a panel each.

    Parameters
    ----------
    pairs
        By name: what is true and what is said, (run, time) each; NaN where either is missing.
    formulas
        Their expressions, written above the panels.
    diagonal
        Whether both have one scale. A learned quantity has none: its panel shows whether one
        is a function of the other, and says no R².
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For no pair, or pairs of different shapes.

    Examples
    --------
    >>> true = np.arange(6.0).reshape(2, 3)
    >>> formula_agreement({"energy": (true, true + 0.1)}).get_label()[:12]
    'True against'
    """
    held = {name: _pair(name, *pair) for name, pair in list(pairs.items())[:MOST]}
    if not held:
        raise Refusal("nothing to compare", "one pair at least")
    columns = min(len(held), 3)
    rows = -(-len(held) // columns)
    with style.figure(theme, (max(3.5 * columns, 5.4), 1.0 + 3.5 * rows)) as (picture, look):
        sheets = picture.subplots(rows, columns, squeeze=False).ravel()
        for axes, (name, (true, said)) in zip(sheets, held.items(), strict=False):
            _panel(style.dress(axes, look), true, said, diagonal, look)
            words = (formulas or {}).get(name, "")
            score = f", R² {scored(r2(true, said))}" if diagonal else ""
            below = f"\n{pretty(words, 34)}" if words else ""
            axes.set_title(f"{name.replace('_', ' ')}{score}{below}", size=10.5, parse_math=False)
            axes.set(xlabel="true", ylabel="said" if diagonal else "learned")
        for axes in sheets[len(held) :]:
            axes.set_visible(False)
        style.headline(picture, look, "True against said", _words(diagonal, len(pairs)))
    return picture


def r2(true: Array, said: Array) -> float:
    """R² where both are finite; NaN where what is true does not vary.

    >>> r2(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]]))
    1.0
    """
    held = np.isfinite(true) & np.isfinite(said)
    y, f = true[held], said[held]
    spread = float(((y - y.mean()) ** 2).sum()) if y.size else 0.0
    return 1.0 - float(((y - f) ** 2).sum()) / spread if spread > 0 else float("nan")


def _pair(name: str, true: Any, said: Any) -> tuple[Array, Array]:
    first, second = table(f"{name}, true", true), table(f"{name}, said", said)
    if first.shape != second.shape:
        raise Refusal(f"{name}: {second.shape} said for {first.shape} true", "as many")
    return first, second


def _panel(axes: Axes, true: Array, said: Array, diagonal: bool, look: style.Theme) -> None:
    run = np.broadcast_to(np.arange(len(true))[:, None], true.shape)
    held = np.flatnonzero((np.isfinite(true) & np.isfinite(said)).ravel())
    rng = np.random.default_rng(0)
    held = rng.choice(held, POINTS, replace=False) if len(held) > POINTS else rng.permutation(held)
    x, y = true.ravel()[held], said.ravel()[held]
    if diagonal and held.size:
        ends = [float(x.min()), float(x.max())]
        axes.plot(ends, ends, color=look.soft, lw=1.2, ls=style.DASHES[1], zorder=2)
    dots = axes.scatter(x, y, c=run.ravel()[held], cmap=shades(look), s=9, lw=0, alpha=0.8,
                        zorder=3)  # fmt: skip
    dots.set_gid("samples")
    dots.set_rasterized(True)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _words(diagonal: bool, count: int) -> str:
    said = "Every dot a sample of a run kept apart, coloured by its run"
    said += "; dashed, where said is true" if diagonal else "; a line, where one gives the other"
    return said + (f". {MOST} of {count} drawn" if count > MOST else "")
