"""A law and a front from a file, as a page shows them; whoever wrote the file.

    what is no formula  →  text      what is no number  →  a gap      what is endless  →  cut

Nothing of a file is refused here: a reader sees what is there, and what is wrong with it.
"""

import math
from collections.abc import Mapping
from typing import Any

from lawful.report.numbers import number, unit_text
from lawful.report.verdict import GRADES
from lawful.web.scenes.formula import dressed, rounded, short

MOST_FORMULAS, MOST_CONSTANTS, MOST_WORDS = 80, 40, 40
Record = Mapping[str, Any]


def law(given: Any, scores: Mapping[str, Record]) -> dict[str, Any]:
    """A law; `scores` are the fronts by their final formulas, for its R²."""
    held = given if isinstance(given, Mapping) else {"expression": str(given)}
    grade = text_of(held, "grade")
    sign, meaning = GRADES.get(grade, ("?", "no grade that is known"))
    name = text_of(held, "name", 80) or "a quantity"
    about = f"{name}: {grade}; {meaning}"
    formula = dressed(held.get("expression", ""), held.get("latex", ""), name, about)
    balance = text_of(held, "balance", 4000)
    front = scores.get(formula["expression"])
    return {
        **formula,
        "name": name,
        "grade": grade,
        "sign": sign,
        "meaning": meaning,
        "units": unit_text(text_of(held, "units", 60)),
        "note": text_of(held, "note", 400),
        "r2": front["r2"] if front else None,
        "facts": _facts(held),
        "constants": [_constant(c) for c in listed(held, "constants")[:MOST_CONSTANTS]],
        "balance": dressed(balance, name=f"{name} rate") if balance else None,
        "spread": number_of(held, "spread"),
        "within_total": number_of(held, "within_total"),
    }


def _facts(held: Record) -> list[dict[str, Any]]:
    """The numbers that judge a law, each in plain words."""
    ratio, lam, drift, chance = (
        number_of(held, name)
        for name in ("noise_ratio", "within_total", "heldout_drift", "p_value")
    )
    facts = [
        ("noise ratio ρ", ratio, _ratio(ratio, lam)),
        ("held-out drift", drift, "of its spread between runs, between halves of a held-out run"),
        ("within runs λ", lam, "of its variance lies within runs; the rest tells runs apart"),
        ("p-value", chance, "of surrogates, in which no law can hold, hold as well"),
    ]  # fmt: skip
    return [
        {"name": name, "value": value, "text": number(value),
         "words": words if math.isfinite(value) else "not measured"}
        for name, value, words in facts
    ]  # fmt: skip


def _ratio(ratio: float, lam: float) -> str:
    from lawful.laws.verdict import ROUND_OFF

    words = "times the change that noise alone makes along a held-out run"
    if lam <= ROUND_OFF:
        return f"{words}; it is that of rounding"
    return f"{words}: no more than noise" if ratio <= 1.3 else words


def _constant(given: Any) -> dict[str, Any]:
    from lawful.laws.law import Constant
    from lawful.report.numbers import measured

    held = given if isinstance(given, Mapping) else {}
    value, low, high = (number_of(held, name) for name in ("value", "low", "high"))
    exact = text_of(held, "exact", 40)
    name, units = text_of(held, "name", 40), text_of(held, "units", 60)
    return {
        "name": name,
        "value": value,
        "low": low,
        "high": high,
        "exact": exact,
        "rational": _rational(exact),
        "units": unit_text(units),
        "text": measured(Constant(name, value, low, high)),
    }


def _rational(exact: str) -> float | None:
    """The value of a simple rational, as text; None where there is none."""
    from fractions import Fraction

    try:
        return float(Fraction(exact)) if len(exact) <= 20 and "e" not in exact.lower() else None
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


# ------------------------------------------------------------------------ a front


def front_of(given: Any) -> dict[str, Any]:
    """A front: every formula with its score, the one chosen, and what came of it."""
    held = given if isinstance(given, Mapping) else {}
    front = held.get("front") if isinstance(held.get("front"), Mapping) else {}
    formulas = [_formula(one) for one in listed(front, "formulas")[:MOST_FORMULAS]]
    chosen = (front or {}).get("chosen")
    target = text_of(held, "target", 60)
    final = dressed(
        held.get("formula", ""), name=target or "formula", about=f"formula for {target}"
    )
    exact = held.get("exact_form")
    return {
        "target": target,
        "learned": target.startswith("learned"),
        "formulas": formulas,
        "chosen": chosen if isinstance(chosen, int) and 0 <= chosen < len(formulas) else None,
        "final": {**final, "within_total": number_of(held, "within_total")},
        "r2": number_of(held, "r2"),
        "r2_of": text_of(held, "truth", 200),
        "exact_form": exact if isinstance(exact, bool) else None,
        "engine": text_of(front or {}, "engine", 40),
        "columns": text_of(held, "columns", 200),
        "coefficients": _coefficients(held),
    }


def _formula(given: Any) -> dict[str, Any]:
    held = given if isinstance(given, Mapping) else {}
    r2 = number_of(held, "r2")
    size = number_of(held, "complexity")
    about = f"R² {r2:.6g} on samples held out" if math.isfinite(r2) else ""
    whole = dressed(held.get("expression", ""), held.get("latex", ""), "formula", about)
    return {
        **whole,
        "shown": rounded(whole["expression"]) if not whole["trouble"] else "",
        "complexity": size if math.isfinite(size) else whole["complexity"],
        "r2": r2,
        "loss": 1.0 - r2,
        "error": number_of(held, "error"),
    }


def _coefficients(held: Record) -> list[dict[str, Any]]:
    """The terms of a formula beside those of the truth."""
    rows = [row for row in listed(held, "coefficients")[:MOST_CONSTANTS] if isinstance(row, list)]
    named = [
        dict(zip(("term", "true", "found"), row, strict=True)) for row in rows if len(row) == 3
    ]
    return [
        {"term": short(str(row["term"]), 80), **{k: number_of(row, k) for k in ("true", "found")}}
        for row in named
    ]


# ------------------------------------------------------------------------ what a file says


def listed(record: Any, name: str) -> list[Any]:
    """A list of a record; empty where there is none."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return list(value) if isinstance(value, list) else []


def texts(record: Any, name: str) -> list[str]:
    """A list of sentences."""
    return [str(text) for text in listed(record, name)[:MOST_WORDS]]


def text_of(record: Record, name: str, most: int = 200) -> str:
    """A text, cut where it is endless; "" where there is none."""
    value = record.get(name, "")
    return short(value, most) if isinstance(value, str) else ""


def number_of(record: Record, name: str) -> float:
    """A number; NaN where there is none."""
    value = record.get(name)
    good = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if good else math.nan  # type: ignore[arg-type]
    except OverflowError:
        return math.nan
