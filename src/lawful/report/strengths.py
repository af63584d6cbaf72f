"""How strong a method was made: the curve of its strength, on validation images, and the choice."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.report.chart import Curve, curves
from lawful.report.numbers import number
from lawful.report.plain import table
from lawful.studies.memory import words as say
from lawful.studies.memory.scores import Score

if TYPE_CHECKING:
    from lawful.fields.memory.tuning import Tuning


def chosen(tunings: "Mapping[str, Tuning]") -> str:
    """The curve of every strength that was chosen, on validation images; nothing of none."""
    if not tunings:
        return ""
    parts = [
        "<p>The strength of each of these methods was chosen on validation images, which are "
        "neither learnt from nor tested on: violet the mean, which decides, teal the seeds.</p>",
        '<div class="pair">',
        *(_tuning(name, one) for name, one in tunings.items()),
        "</div>",
    ]
    return "".join(parts)


def _tuning(name: str, one: "Tuning") -> str:
    values = [v for v in one.values if isinstance(v, int | float)]
    log = len(values) == len(one.values) and min(values, default=0) > 0
    x = np.log10(values) if log else np.arange(len(one.values), dtype=float)
    mean = 100 * one.mean
    seeds = [Curve(f"seed {k}", x, 100 * row, 0.35) for k, row in enumerate(one.accuracy.T)]
    lines = [*(seeds if len(seeds) > 1 else []), Curve(name, x, mean, 0.0)]
    chart = curves(
        lines,
        title=f"Strength of {name}",
        description="Accuracy on validation images against the strength.",
        x_label="log₁₀ strength" if log else "which of those tried",
        y_label="validation accuracy, %",
    )
    rows = [
        [_value(value), say.scored(Score.of(row)), "chosen" if value == one.best else ""]
        for value, row in zip(one.values, one.accuracy, strict=True)
    ]
    end = " At an end of those tried: a still better one may lie beyond." if one.at_an_end else ""
    caption = f"<b>{escape(name)}</b>: {escape(_value(one.best))} is best.{end}"
    numbers = table(["strength", "validation accuracy, %", ""], rows, text=(2,))
    return f"<figure>{chart}<figcaption>{caption}</figcaption>{numbers}</figure>"


def _value(value: Any) -> str:
    return number(float(value), 3) if isinstance(value, int | float) else str(value)
