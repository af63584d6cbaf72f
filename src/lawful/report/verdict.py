"""What a search says, in sentences: one for the verdict, one for what was searched."""

from collections.abc import Mapping, Sequence
from typing import Any

from lawful.laws.law import Findings, Law
from lawful.report.numbers import counted

GRADES = {
    "exact": ("●", "all change along a run is measurement noise"),
    "approximate": ("◐", "it changes along a run, slowly or little, by more than noise"),
    "leaking": ("◌", "it changes by a known source"),
}
_FUNCTIONS = {
    "trig": "sines and cosines of angles",
    "log": "logarithms",
    "inverse": "inverse powers of distances",
    "exp": "exponentials",
}


def verdict(findings: Findings, *, brief: bool = False) -> str:
    """The answer in one sentence; two where something leaks.

    Where nothing was found it says what was searched, unless it shall be brief.

    >>> verdict(Findings((), library={"degree": 2, "variables": ["x", "v"], "terms": 5}))
    'No law within this library: polynomials to degree 2 in x and v, 5 terms.'
    """
    leaks = _leaking(findings.leaks)
    if not findings.laws:
        searched = library_text(findings.library)
        none = "No law within this library" if searched else "No law was found"
        none += f": {searched}." if searched and not brief else "."
        return f"{none} {leaks}".strip()
    count = counted(len(findings.laws), "quantity stays the same", "quantities stay the same")
    return f"{count}{_by_grade(findings.laws)}. {leaks}".strip()


def library_text(library: Mapping[str, Any]) -> str:
    """What was searched, as a phrase; empty where it was not recorded.

    >>> library_text({"degree": 4, "variables": ["x"], "functions": ["log"], "terms": 9})
    'polynomials to degree 4 in x, logarithms, 9 terms'
    """
    parts = []
    variables = [str(v) for v in library.get("variables", ())]
    if library.get("degree") is not None:
        few = variables if len(variables) <= 12 else [*variables[:12], "…"]
        among = f" in {joined(few)}" if few else ""
        parts.append(f"polynomials to degree {library['degree']}{among}")
    functions = library.get("functions") or ()
    functions = [functions] if isinstance(functions, str) else functions
    parts += [_FUNCTIONS.get(str(f), str(f)) for f in functions]
    terms = library.get("terms")
    if terms is not None:
        size = terms if isinstance(terms, int) else len(terms)
        parts.append(counted(size, "term"))
    return ", ".join(parts)


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _by_grade(laws: Sequence[Law]) -> str:
    """The laws' names, those of one grade together."""
    exact = [law.name for law in laws if law.grade == "exact"]
    other = [law.name for law in laws if law.grade != "exact"]
    if not other:
        return f": {joined(exact)}"
    if not exact:
        return f", approximately: {joined(other)}"
    return f": {joined(exact)}; approximately {joined(other)}"


def _leaking(leaks: Sequence[Law]) -> str:
    if not leaks:
        return ""
    verb = "leaks" if len(leaks) == 1 else "leak"
    return f"{joined([law.name for law in leaks]).capitalize()} {verb}, by a known source."
