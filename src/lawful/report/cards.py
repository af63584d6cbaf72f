"""Laws on the page: the table of all, and a card for each with its curves."""

from collections.abc import Sequence
from html import escape

from lawful.laws.law import Constant, Findings, Law
from lawful.report.chart import curves
from lawful.report.courses import Courses, courses
from lawful.report.formula import Formula, formula
from lawful.report.numbers import counted, measured, number, unit_text
from lawful.report.symbols import symbol_mathml
from lawful.report.verdict import GRADES
from lawful.trajectories import Trajectories

MOST_CONSTANTS = 8  # more are folded away
_SHORT = 64  # characters of a formula that still fits the overview


def overview(findings: Findings) -> str:
    """All laws in one table; nothing where there are none."""
    if not findings.laws:
        return ""
    rows = "".join(map(_law_row, findings.laws))
    return (
        '<section><h2>What stays the same</h2><div class="scroll" tabindex="0"><table><thead><tr>'
        '<th scope="col">law</th><th scope="col">formula and constants</th>'
        '<th scope="col">grade</th><th scope="col" class="n">ρ</th>'
        '<th scope="col" class="n">drift</th><th scope="col" class="n">p</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>{_legend(findings.laws)}</section>"
    )


def _law_row(law: Law) -> str:
    dressed = formula(law.expression, law.constants)
    short = dressed.mathml if len(dressed.text) <= _SHORT else "<i>see below</i>"
    free = [c for c in law.constants if not c.exact]
    lines = [f"{_name(c.name)} = {_value(c)}" for c in free[:4]] + ["…"] * (len(free) > 4)
    constants = f'<div class="w">{"<br>".join(lines)}</div>' if lines else ""
    return (
        f'<tr><th scope="row">{escape(law.name)}</th><td>{short}{constants}</td>'
        f"<td>{_grade(law)}</td>"
        f'<td class="n">{number(law.noise_ratio)}</td>'
        f'<td class="n">{number(law.heldout_drift, 2)}</td>'
        f'<td class="n">{number(law.p_value, 2)}</td></tr>'
    )


def _legend(laws: Sequence[Law]) -> str:
    used = [grade for grade in GRADES if any(law.grade == grade for law in laws)]
    said = "; ".join(f"{GRADES[g][0]} {g}: {GRADES[g][1]}" for g in used)
    return (
        f'<p class="lead">{escape(said)}. ρ is the change along a held-out run over what '
        "noise alone makes; drift is in units of the law’s spread between runs.</p>"
    )


def _grade(law: Law) -> str:
    sign = GRADES.get(law.grade, ("", ""))[0]
    return f'<span class="grade"><span aria-hidden="true">{sign}</span> {escape(law.grade)}</span>'


def _name(name: str) -> str:
    return f"<math>{symbol_mathml(name)}</math>"


def _value(constant: Constant) -> str:
    units = unit_text(constant.units)
    return escape(f"{measured(constant)}{' ' + units if units else ''}")


def card(law: Law, runs: Trajectories | None, *, charted: bool = True) -> str:
    """One law in full: its formula, its numbers, its value along each run."""
    dressed = formula(law.expression, law.constants)
    sign, meaning = GRADES.get(law.grade, ("", ""))
    course = courses(law, runs) if runs is not None and charted else None
    return (
        f'<article class="law"><div class="top"><h3>{escape(law.name)}</h3>'
        f'<span class="grade">{sign} {escape(law.grade)}: {escape(meaning)}</span></div>'
        f"{_formula(dressed)}{_balance(law)}{_facts(law)}{_constants(law)}"
        f"{f'<p>{escape(law.note)}</p>' if law.note else ''}{_charts(law, course)}"
        f"<details><summary>As text</summary><pre>{escape(law.expression)}</pre>"
        f"{f'<pre>{escape(law.latex)}</pre>' if law.latex else ''}</details></article>"
    )


def _formula(dressed: Formula) -> str:
    where = (
        f'<div class="where scroll"><span>where</span>{dressed.where_mathml}</div>'
        if dressed.where_mathml
        else ""
    )
    return f'<div class="formula scroll" tabindex="0">{dressed.mathml}</div>{where}'


def _balance(law: Law) -> str:
    if not law.balance:
        return ""
    source = formula(law.balance, law.constants)
    return f'<div class="where scroll"><span>it changes at the rate</span>{source.mathml}</div>'


def _facts(law: Law) -> str:
    units = unit_text(law.units)
    facts = [
        ("noise ratio ρ, held out", number(law.noise_ratio)),
        ("within over total λ", number(law.within_total, 2)),
        ("held-out drift, in spreads", number(law.heldout_drift, 2)),
        ("p-value, against surrogates", number(law.p_value, 2)),
        ("spread between runs", number(law.spread) + (f" {units}" if units else "")),
    ]
    cells = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts)
    return f'<dl class="facts">{cells}</dl>'


def _constants(law: Law) -> str:
    if not law.constants:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{_name(c.name)}</th><td class="w">{escape(measured(c))}</td>'
        f'<td class="w">{escape(unit_text(c.units)) or "–"}</td>'
        f'<td class="n">{number(c.low, 7)}</td><td class="n">{number(c.high, 7)}</td>'
        f"<td>{escape(c.exact.replace('-', '−')) or '–'}</td></tr>"
        for c in law.constants
    )
    table = (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">constant</th>'
        '<th scope="col">value</th><th scope="col">units</th><th scope="col" class="n">low</th>'
        '<th scope="col" class="n">high</th><th scope="col">taken as</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    if len(law.constants) <= MOST_CONSTANTS:
        return table
    count = counted(len(law.constants), "constant")
    return f"<details><summary>{count}</summary>{table}</details>"


def _charts(law: Law, course: Courses | None) -> str:
    if course is None:
        return ""
    drawn = len(course.value)
    some = "" if drawn == course.runs else f", {drawn} of {course.runs} drawn"
    noise = "; the shaded band is measurement noise, ±2σ" if course.noise > 0 else ""
    what = "what is left of it once its source is taken off" if law.balance else "its departure"
    value = curves(
        course.value,
        title=f"{law.name} along each run",
        description=f"One line a run{some}. A law is a level line; its height differs by run.",
        x_label=course.x_label,
        y_label="value / spread between runs",
        named=course.named,
    )
    departure = curves(
        course.departure,
        title=f"Change of {law.name} along each run",
        description=f"Magnified: {what}, about each run's mean{noise}.",
        x_label=course.x_label,
        y_label="departure / spread",
        band=2 * course.noise,
    )
    return (
        f'<div class="pair"><figure>{value}<figcaption>Its value along each run{some}.'
        f"</figcaption></figure><figure>{departure}<figcaption>Magnified: {what}, about each "
        f"run’s mean{noise}.</figcaption></figure></div>"
    )
