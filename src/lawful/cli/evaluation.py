"""Evaluations on a screen: formulas, forecasts and their drift, what was learned, ablations."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from lawful.cli.screen import Screen, said
from lawful.pictures.predicted import ordered, word
from lawful.report import physicsnet_words as say
from lawful.report.formula import formula
from lawful.report.numbers import number

if TYPE_CHECKING:
    from lawful.studies.physicsnet.evaluation import Evaluation


def put_evaluations(
    out: Screen, done: "Sequence[Evaluation]", folder: Path | None, file: str
) -> None:
    """All of one or several evaluations."""
    for sentence in say.lead(done):
        said(out, sentence)
    out.print()
    out.print(Text(say.headline(done), style="bold"))
    named = list(zip(say.names(done), done, strict=True))
    for table in (formulas(named), drifts(named), quantities(named), ablations(named)):
        if table.row_count:
            out.print()
            out.print(table)
    out.print()
    for sentence in say.caveats(done):
        said(out, sentence, "mind", "yellow")
    if folder is not None:
        out.print()
        said(out, f"{folder / file}: formulas, forecasts, the latent space, and all numbers")


def formulas(named: "Sequence[tuple[str, Evaluation]]") -> Table:
    """One formula a row."""
    table = _table("of", "formula", right=("R²", "exact form", "λ"))
    for name, e in named:
        for one in e.discovered:
            exact = "–" if one.exact_form is None else "yes" if one.exact_form else "no"
            style = "green" if one.exact_form else ""
            table.add_row(
                f"{name}, {say.plain(one.target)}",
                Text(formula(one.formula).text),
                say.r2(one.r2),
                Text(exact, style=style),
                small(one.within_total),
            )
    return table


def drifts(named: "Sequence[tuple[str, Evaluation]]") -> Table:
    """How far forecasts drift from the true energy, one way to forecast a row."""
    table = _table("of", "forecast", right=("mean drift", "worst", "runs"))
    for name, e in named:
        for method in ordered(e.drifts):
            drift = e.drifts[method]
            shares = (say.percent(float(drift.mean)), say.percent(float(drift.worst)))
            table.add_row(name, word(method), *shares, str(len(drift.by_run)))
    return table


def quantities(named: "Sequence[tuple[str, Evaluation]]") -> Table:
    """By true invariant: the learned quantity that follows it best, and all of them together."""
    table = _table("of", "true invariant", right=("best rank correlation", "R² of all together"))
    for name, e in named:
        spanned = say.together(e)
        for true, best in say.best_correlations(e).items():
            table.add_row(name, say.plain(true), rank(best), say.r2(spanned.get(true, math.nan)))
    return table


def ablations(named: "Sequence[tuple[str, Evaluation]]") -> Table:
    """The same training with one setting changed, a row each."""
    right = ("λ", "collapsed", "mean drift", "rank correlation", "error")
    table = _table("of", "training", right=right)
    for name, e in named:
        for one in e.ablations:
            table.add_row(
                name,
                one.name,
                small(float(one.within_total)),
                "yes" if one.constant else "no",
                say.percent(float(one.drift)),
                rank(float(one.correlation)),
                number(float(one.prediction_error), 2),
            )
    return table


def small(value: float) -> str:
    """λ; what lies below round-off is said to.

    >>> small(3e-15), small(0.0012)
    ('< 10⁻¹²', '0.0012')
    """
    return "< 10⁻¹²" if 0 <= value < 1e-12 else number(value, 2)


def rank(value: float) -> str:
    """A rank correlation, cut to three places, never rounded up.

    >>> rank(0.99996), rank(-0.25)
    ('0.999', '0.250')
    """
    return "–" if math.isnan(value) else f"{math.floor(1000 * abs(value) + 1e-9) / 1000:.3f}"


def _table(*left: str, right: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for k, head in enumerate(left):
        table.add_column(head, header_style="dim", style="bold" if k == 0 else "", overflow="fold")
    for head in right:
        table.add_column(head, header_style="dim", justify="right", no_wrap=True)
    return table
