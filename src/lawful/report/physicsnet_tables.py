"""The tables of an evaluation of networks: formulas, quantities, drifts, trainings, ablations."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from lawful.pictures.predicted import ordered, word
from lawful.report import physicsnet_words as say
from lawful.report.formula import formula
from lawful.report.numbers import counted, number
from lawful.report.plain import scrolled, table

if TYPE_CHECKING:
    from lawful.studies.physicsnet.discovered import Discovered
    from lawful.studies.physicsnet.evaluation import Evaluation

_SHORT = 90  # characters of a formula that fits a table


def formulas(evaluations: "Sequence[Evaluation]") -> str:
    """Every formula found, as mathematics, with its score and whether its form is exact."""
    rows = "".join(
        _formula_row(name, d)
        for e, name in zip(evaluations, say.names(evaluations), strict=True)
        for d in e.discovered
    )
    if not rows:
        return '<p class="none">No formula was sought.</p>'
    head = "".join(
        f'<th scope="col"{kind}>{words}</th>'
        for words, kind in (
            *(("of", ""), ("formula", ""), ("R²", ' class="n"'), ("exact form", "")),
            *(("λ", ' class="n"'), ("complexity", ' class="n"'), ("seconds", ' class="n"')),
        )
    )
    texts = table(
        ["of", "expression"],
        [
            [f"{name}, {say.plain(d.target)}", d.formula]
            for e, name in zip(evaluations, say.names(evaluations), strict=True)
            for d in e.discovered
        ],
        text=(1,),
    )
    return (
        scrolled(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        + _fitted(evaluations)
        + _coefficients(evaluations)
        + f"<details><summary>The formulas as text, all digits</summary>{texts}</details>"
    )


def _fitted(evaluations: "Sequence[Evaluation]") -> str:
    """What the formulas were fitted on, a sentence for each kind of columns."""
    kinds: dict[str, list[str]] = {}
    for e, name in zip(evaluations, say.names(evaluations), strict=True):
        for words in dict.fromkeys(d.columns for d in e.discovered if d.columns):
            kinds.setdefault(words, []).append(name)
    told = [f"{', '.join(names)}: fitted on {words}." for words, names in kinds.items()]
    return f'<p class="lead">{escape(" ".join(told))}</p>' if told else ""


def _coefficients(evaluations: "Sequence[Evaluation]") -> str:
    """Every coefficient beside the true one."""
    rows = [
        [
            f"{name}, {say.plain(d.target)}",
            formula(term).text,
            *(number(value, 6) for value in (true, found)),
            say.percent(abs(found / true - 1.0)) if true else "–",
        ]
        for e, name in zip(evaluations, say.names(evaluations), strict=True)
        for d in e.discovered
        for term, true, found in d.coefficients
    ]
    if not rows:
        return ""
    inside = table(["of", "term", "true", "found", "off by"], rows, text=(1,))
    return f"<details><summary>Every coefficient beside the true one</summary>{inside}</details>"


def _formula_row(name: str, d: "Discovered") -> str:
    dressed = formula(d.formula)
    shown = dressed.mathml if len(dressed.text) <= _SHORT else escape(dressed.text)
    where = f'<div class="w">with {dressed.where_mathml}</div>' if dressed.where_mathml else ""
    exact = "not known" if d.exact_form is None else "yes" if d.exact_form else "no"
    kind = ' class="best"' if d.exact_form else ""
    cells = [say.r2(d.r2), "", _small(d.within_total), _complexity(d), number(d.seconds, 2)]
    numbers = [f'<td class="n">{escape(cell)}</td>' for cell in cells]
    numbers[1] = f"<td{kind}>{exact}</td>"
    made = f'<div class="w">{escape(_made(d))}</div>' if _made(d) else ""
    return (
        f'<tr><th scope="row">{escape(name)}, {escape(say.plain(d.target))}</th>'
        f"<td>{shown}{where}{made}</td>{''.join(numbers)}</tr>"
    )


def _made(d: "Discovered") -> str:
    """Of which true quantities a learned one is made, or which it is nearest to."""
    if say.from_truth(d) or not d.truth:
        return ""
    made = " + ".join(d.composition) or d.truth
    return f"{'made of' if d.exact_form else 'nearest to'}: {say.plain(made)}"


def _small(value: float) -> str:
    """λ; below round-off it is said to be so."""
    return "–" if math.isnan(value) else "< 10⁻¹²" if 0 <= value < 1e-12 else number(value, 2)


def _complexity(d: "Discovered") -> str:
    return str(d.front.chosen.complexity)


def quantities(e: "Evaluation") -> str:
    """Learned quantities against true invariants: rank correlations, then R² of all together."""
    if not e.correlations:
        return ""
    rows = _ranks(e, e.correlations)
    spanned = say.together(e)
    true = _true(e)
    if spanned:
        scores = [say.r2(spanned.get(name, math.nan)) for name in true]
        rows.append(["all that hold, R²", "", *scores])
    head = ["learned", "λ", *map(say.plain, true)]
    means = (
        "<details><summary>The same, with one mean a run</summary>"
        f"{table(head, _ranks(e, e.run_correlations))}</details>"
        if e.run_correlations
        else ""
    )
    return table(head, rows) + means


def _true(e: "Evaluation") -> list[str]:
    return list(dict.fromkeys(name for row in e.correlations.values() for name in row))


def _ranks(e: "Evaluation", correlations: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """A row a quantity; λ of the network's own, on validation runs."""
    lambdas = {f"quantity {k}": float(v) for k, v in enumerate(e.run.trained.within_total, 1)}
    return [
        [
            say.plain(learned),
            _small(lambdas.get(learned, math.nan)),
            *(_rank(float(row.get(name, math.nan))) for name in _true(e)),
        ]
        for learned, row in correlations.items()
    ]


def _rank(value: float) -> str:
    """A rank correlation, cut to three places."""
    return "–" if math.isnan(value) else f"{math.floor(1000 * abs(value) + 1e-9) / 1000:.3f}"


def drifts(evaluations: "Sequence[Evaluation]") -> str:
    """Drift and error of forecasts, a row a system and method."""
    rows = []
    for e, name in zip(evaluations, say.names(evaluations), strict=True):
        for method in ordered({**e.errors, **e.drifts}):
            drift = e.drifts.get(method)
            error = number(float(e.errors.get(method, math.nan)), 2)
            if drift is None:
                rows.append([name, word(method), "–", "–", "–", error, "–"])
                continue
            lost = f"{len(drift.by_run)}, {drift.lost} lost" if drift.lost else len(drift.by_run)
            row = [name, word(method), say.plain(drift.of), say.percent(float(drift.mean))]
            rows.append([*row, say.percent(float(drift.worst)), error, str(lost)])
    head = ["of", "forecast", "drift of the", "mean", "worst", "forecast error", "runs"]
    return table(head, rows, text=(1, 2)) + _scales(evaluations)


def _scales(evaluations: "Sequence[Evaluation]") -> str:
    """What drifts are shares of, and how far other invariants drift."""
    told = []
    for e, name in zip(evaluations, say.names(evaluations), strict=True):
        own = e.drifts.get("physicsnet")
        if own is None:
            continue
        others = ", ".join(
            f"{say.plain(other)} {say.percent(float(mean))}" for other, mean in own.others.items()
        )
        also = f"; other invariants, {word('physicsnet')}: {others}" if others else ""
        told.append(
            f"{name}: in shares of {number(own.scale)}, the {own.scaled_by} of the "
            f"{say.plain(own.of)}{also}."
        )
    return f'<p class="lead">{escape(" ".join(told))}</p>' if told else ""


def methods(evaluations: "Sequence[Evaluation]") -> str:
    """What each way to forecast is."""
    used = dict.fromkeys(method for e in evaluations for method in ordered(e.drifts))
    words = "".join(
        f"<dt>{escape(word(method))}</dt><dd>{escape(say.METHODS[method])}</dd>"
        for method in used
        if method in say.METHODS
    )
    return (
        "<details><summary>What each way to forecast is</summary>"
        f'<dl class="words">{words}</dl></details>'
        if words
        else ""
    )


def trainings(evaluations: "Sequence[Evaluation]") -> str:
    """How long each was trained, and what came of it."""
    head = ["of", "epochs", "time", "latent", "window", "learned", "conserved, independent", "λ"]
    rows = []
    for e, name in zip(evaluations, say.names(evaluations), strict=True):
        trained = e.run.trained
        lambdas = ", ".join(_small(float(value)) for value in trained.within_total)
        row = [name, str(say.epochs(e)), say.duration(e.run.seconds)]
        row += [str(e.run.settings.latent_dim), counted(int(trained.window), "sample")]
        rows.append([*row, str(len(trained.within_total)), str(int(trained.count)), lambdas])
    return table(head, rows)


def ablations(e: "Evaluation") -> str:
    """The same training with one setting changed, a row each."""
    if not e.ablations:
        return ""
    from lawful.pictures.ablation import measured

    head = ["training", "λ", "collapsed", "mean drift", "rank correlation", "prediction error"]
    rows = [
        [
            one.name,
            _small(float(one.within_total)),
            "yes" if one.constant else "no",
            say.percent(measured(one, "drift")),
            _rank(measured(one, "correlation")),
            number(measured(one, "prediction_error"), 2),
            number(float(one.seconds), 2),
        ]
        for one in e.ablations
    ]
    return table([*head, "seconds"], rows, text=(2,))


def components(e: "Evaluation") -> str:
    """How much of the latent variance lies along the first axes, in words."""
    share = [float(value) for value in e.components.share[:3]]
    parts = ", ".join(say.percent(value) for value in share)
    return f"The first {len(share)} axes hold {parts} of the latent variance."
