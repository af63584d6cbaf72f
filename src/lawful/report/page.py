"""The report: one HTML page, complete in itself.

No script, no font, no picture is fetched: mathematics is MathML, charts are
SVG, colours follow the reader's light or dark. Every word that comes from the
data is escaped, and a policy in the page's head forbids it to load anything.
"""

import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from lawful import __version__
from lawful.laws.law import Findings
from lawful.report.cards import card, overview
from lawful.report.chart import MOST_LEVELS, Levels, curves, spectrum
from lawful.report.courses import abscissae, notes, variable_curves
from lawful.report.numbers import counted, number, unit_text
from lawful.report.style import STYLE
from lawful.report.verdict import library_text, verdict
from lawful.store import Manifest, write_atomically
from lawful.trajectories import Trajectories, clock

MOST_CHARTED = 12  # laws that get charts of their own
MOST_VARIABLES = 24


def write_report(
    findings: Findings,
    runs: Trajectories | None,
    path: str | Path,
    *,
    manifest: Manifest | None = None,
) -> Path:
    """Write the report of a search.

    Parameters
    ----------
    findings
        What `find_laws` said.
    runs
        The data, or a part of them, to draw; None leaves the curves out.
    path
        The HTML file.
    manifest
        Who made this; the page then says how to make it again.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    Refusal
        Where the file cannot be written.
    """
    place = Path(path)
    write_atomically(place, page(findings, runs, manifest=manifest))
    return place


def page(
    findings: Findings, runs: Trajectories | None = None, *, manifest: Manifest | None = None
) -> str:
    """The report as text.

    Examples
    --------
    >>> "No law within this library" in page(Findings((), library={"degree": 2}))
    True
    """
    title = _title(manifest)
    sections = [
        _warnings(findings),
        overview(findings),
        *(card(law, runs, charted=k < MOST_CHARTED) for k, law in enumerate(findings.laws)),
        _spectrum(findings),
        _leaks(findings, runs),
        _identities(findings),
        _searched(findings),
        _seen(findings, runs),
        _again(manifest),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)} · Lawful</title><style>{STYLE}</style></head>\n"
        f'<body><header><p class="brand">Lawful <span>{escape(title)}</span></p>'
        f"<h1>{escape(verdict(findings, brief=True))}</h1>{_lead(findings, runs)}</header>\n<main>"
        + "\n".join(filter(None, sections))
        + f"</main>\n<footer>Made by Lawful {escape(__version__)}. A law says what stayed the same "
        "in these data; it holds where they were taken.</footer></body></html>\n"
    )


def _title(manifest: Manifest | None) -> str:
    names = [str(d.get("name", "")) for d in manifest.data] if manifest else []
    names = [name for name in names if name]
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return ", ".join(names) or "what stays the same"


def _lead(findings: Findings, runs: Trajectories | None) -> str:
    count, samples = _size(findings, runs)
    parts = [counted(count, "run")] if count else []
    parts += [counted(samples, "sample")] if samples else []
    searched = library_text(findings.library)
    seen = f"Seen: {', '.join(parts)}. " if parts else ""
    text = seen + (f"Searched: {searched}." if searched else "")
    return f'<p class="lead">{escape(text)}</p>' if text else ""


def _size(findings: Findings, runs: Trajectories | None) -> tuple[int, int]:
    count = findings.data.get("runs")
    samples = findings.data.get("samples")
    if runs is not None:
        count = runs.sizes["run"] if not isinstance(count, int) else count
        held = int((clock(runs) == clock(runs)).sum())
        samples = held if not isinstance(samples, int) else samples
    return (count if isinstance(count, int) else 0, samples if isinstance(samples, int) else 0)


def _warnings(findings: Findings) -> str:
    if not findings.warnings:
        return ""
    return (
        f'<section class="warnings" aria-label="Warnings"><h2>To bear in mind</h2>'
        f"{_list(findings.warnings)}</section>"
    )


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(str(s))}</li>" for s in sentences) + "</ul>"


def _spectrum(findings: Findings) -> str:
    steady = [float(v) for v in findings.spectrum.get("within_total", ()) if v is not None]
    quiet = [float(v) for v in findings.spectrum.get("noise_ratio", ()) if v is not None]
    if not steady and not quiet:
        return ""
    worst_steady = max((law.within_total or 0.0 for law in findings.laws), default=0.0)
    worst_quiet = max(
        (law.noise_ratio or 0.0 for law in findings.laws if law.grade == "exact"), default=0.0
    )
    left = spectrum(
        Levels(steady, _upto(steady, 3 * worst_steady, len(findings.laws))),
        title="Eigenvalues λ",
        description="Variance within runs over total variance, by combination of terms, ascending.",
        y_label="λ = within / total",
    )
    exact = sum(law.grade == "exact" for law in findings.laws)
    right = spectrum(
        Levels(quiet, _upto(quiet, 1.25 * worst_quiet, exact), 1.0, "noise alone"),
        title="Eigenvalues ρ",
        description="Change along runs over measurement noise, by combination, ascending.",
        y_label="ρ = within / noise",
    )
    return (
        "<section><h2>How clear the answer is</h2><p>Every combination of terms has two numbers: "
        "λ, how much it changes along runs against how much it differs at all, and ρ, how much it "
        "changes along runs against measurement noise. Laws lie at the bottom, products of laws "
        "with them; the gap above says how sure the count is.</p>"
        f'<div class="pair"><figure>{left}<figcaption>{_key(steady, "as steady as the laws")}'
        f"</figcaption></figure><figure>{right}<figcaption>"
        f"{_key(quiet, 'no more change than noise makes')}</figcaption></figure></div></section>"
    )


def _key(values: Sequence[float], meaning: str) -> str:
    drawn = f"; the least {MOST_LEVELS} of {len(values)}" if len(values) > MOST_LEVELS else ""
    return f"● {meaning}, ○ not{drawn}."


def _upto(values: Sequence[float], bar: float, laws: int) -> int:
    return max(sum(v <= bar for v in values), laws) if laws else 0


def _leaks(findings: Findings, runs: Trajectories | None) -> str:
    if not findings.leaks:
        return ""
    return (
        "<section><h2>What leaks</h2><p>These change along every run, by a source that was found."
        "</p>" + "".join(card(law, runs) for law in findings.leaks) + "</section>"
    )


def _identities(findings: Findings) -> str:
    if not findings.identities:
        return ""
    return (
        "<section><h2>Identities</h2><p>These hold in every sample of every run, so they are "
        f"relations of the data, not laws of motion.</p>{_list(findings.identities)}</section>"
    )


def _searched(findings: Findings) -> str:
    library = findings.library
    if not library:
        return ""
    left_out = [str(t) for t in library.get("left_out", ())]
    aside = (
        f"<details><summary>{counted(len(left_out), 'term')} left out</summary>"
        f"{_list(left_out)}</details>"
        if left_out
        else ""
    )
    text = library_text(library)
    return (
        f"<section><h2>What was searched</h2><p>{escape(text[:1].upper() + text[1:])}. A law "
        f"outside this library cannot have been found.</p>{aside}</section>"
    )


def _seen(findings: Findings, runs: Trajectories | None) -> str:
    variables = findings.data.get("variables") or _variables(runs)
    if not variables:
        return ""
    guesses = [*findings.data.get("notes", ())]
    guesses += [n for n in (notes(runs) if runs is not None else ()) if n not in guesses]
    said = f"<h3>Guessed and estimated</h3>{_list(guesses)}" if guesses else ""
    return (
        f"<section><h2>What was seen</h2>{_table(variables)}{said}"
        f"{_multiples(runs) if runs is not None else ''}</section>"
    )


def _variables(runs: Trajectories | None) -> dict[str, Mapping[str, Any]]:
    if runs is None:
        return {}
    return {str(name): v.attrs for name, v in runs.data_vars.items()}


def _table(variables: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for name, facts in variables.items():
        noise, share = facts.get("noise"), facts.get("noise_fraction")
        percent = f" ({number(100 * share, 2)} %)" if isinstance(share, float) else ""
        shown = number(noise, 2) + percent if isinstance(noise, float) else "–"
        units = unit_text(str(facts.get("units", "")))
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th>'
            f"<td>{escape(str(facts.get('role', 'scalar')).replace('_', ' '))}</td>"
            f'<td>{escape(units) or "–"}</td><td class="n">{escape(shown)}</td></tr>'
        )
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">variable</th>'
        '<th scope="col">role</th><th scope="col">units</th>'
        '<th scope="col" class="n">noise (of its spread)</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _multiples(runs: Trajectories) -> str:
    names = [str(n) for n, v in runs.data_vars.items() if v.ndim == 2]
    figures = []
    for name in names[:MOST_VARIABLES]:
        units = unit_text(str(runs[name].attrs.get("units", "")))
        chart = curves(
            variable_curves(runs, name),
            title=f"{name} along some runs",
            description="One line a run.",
            x_label="time",
            y_label=name,
            small=True,
        )
        label = f" in {units}" if units else ""
        figures.append(
            f"<figure><figcaption><b>{escape(name)}</b>{escape(label)}</figcaption>{chart}</figure>"
        )
    more = len(names) - MOST_VARIABLES
    rest = f"<p>{counted(more, 'more variable')} not drawn.</p>" if more > 0 else ""
    axis = abscissae(runs)[1]
    return (
        f'<div class="many">{"".join(figures)}</div>{rest}'
        f'<p class="lead">Against {escape(axis)}; at most 12 runs each.</p>'
    )


def _again(manifest: Manifest | None) -> str:
    if manifest is None:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(str(d.get("name", "")))}</th>'
        f'<td class="mono">{escape(str(d.get("sha256", "")))}</td></tr>'
        for d in manifest.data
    )
    data = (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">data</th>'
        f'<th scope="col">SHA-256</th></tr></thead><tbody>{rows}</tbody></table></div>'
        if rows
        else ""
    )
    command = f"<pre>{escape(shlex.join(manifest.command))}</pre>" if manifest.command else ""
    when = f", {escape(manifest.created)}" if manifest.created else ""
    return (
        f"<section><h2>To make it again, and to cite it</h2>{command}<p>Lawful "
        f"{escape(manifest.version)}, seed {manifest.seed}{when}. The same data, seed and version "
        "give the same laws to the last digit. Cite the version, the seed and the fingerprint of "
        f"the data.</p>{data}</section>"
    )
