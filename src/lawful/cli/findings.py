"""Findings on a screen: the verdict, a table of laws, and what limits them."""

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lawful.cli.inspect import put_source
from lawful.cli.screen import Screen, said
from lawful.report.formula import formula
from lawful.report.numbers import counted, measured, number, unit_text
from lawful.report.symbols import symbol_text
from lawful.report.verdict import GRADES, verdict

if TYPE_CHECKING:
    from lawful.laws import Findings, Law
    from lawful.studies.discovery import Discovery

MOST_CONSTANTS = 6
_STYLES = {"exact": "green", "approximate": "yellow", "leaking": "magenta"}


def put_discovery(out: Screen, found: "Discovery") -> None:
    """All of a discovery: what was read, what was found, what to bear in mind."""
    findings = found.findings
    put_source(out, found.source, findings.data)
    for finding in found.diagnosis.at("stop", "warning"):
        said(out, str(finding).partition(": ")[2], finding.level, "yellow")
    out.print()
    out.print(Text(verdict(findings), style="bold"))
    if findings.laws:
        out.print()
        out.print(law_table(findings.laws))
    if findings.leaks:
        out.print()
        out.print(law_table(findings.leaks))
    _rest(out, findings)


def _rest(out: Screen, findings: "Findings") -> None:
    if findings.identities or findings.warnings:
        out.print()
    for sentence in findings.identities:
        said(out, f"{sentence}, in every sample: no law of motion", "identity")
    for sentence in findings.warnings:
        said(out, sentence, "warning", "yellow")


def law_table(laws: "tuple[Law, ...]") -> Group:
    """One law a row: its grade and how sure it is; under it its formula and constants."""
    widest = max(len(law.name) for law in laws)
    rows: list[Table | Padding] = []
    for k, law in enumerate(laws):
        row = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=k == 0)
        row.add_column("law", header_style="dim", style="bold", width=min(max(widest, 16), 34))
        row.add_column("grade", header_style="dim", no_wrap=True, width=13)
        for head, width in (("ρ", 9), ("λ", 9), ("drift", 9), ("p", 7)):
            row.add_column(head, header_style="dim", justify="right", no_wrap=True, width=width)
        row.add_row(
            Text(law.name),
            Text(f"{GRADES[law.grade][0]} {law.grade}", style=_STYLES.get(law.grade, "")),
            number(law.noise_ratio, 3),
            number(law.within_total, 2),
            number(law.heldout_drift, 2),
            number(law.p_value, 2),
        )
        rows += [
            row,
            Padding(_formula(law), (0, 0, 1 if k < len(laws) - 1 else 0, 2), expand=False),
        ]
    return Group(*rows)


def _formula(law: "Law") -> Group:
    dressed = formula(law.expression, law.constants)
    where = f",  {dressed.where_text}" if dressed.where_text else ""
    units = unit_text(law.units)
    lines = [Text(f"{dressed.text}{where}")]
    if units:
        lines[0].append(f"   in {units}", style="dim")
    if law.balance:
        lines.append(Text(f"changes at the rate {formula(law.balance).text}", style="dim"))
    for constant in law.constants[:MOST_CONSTANTS]:
        unit = unit_text(constant.units)
        taken = f", taken as {constant.exact}" if constant.exact else ""
        value = f"{symbol_text(constant.name)} = {measured(constant)}{' ' + unit if unit else ''}"
        lines.append(Text(f"{value}{taken}", style="cyan"))
    more = len(law.constants) - MOST_CONSTANTS
    if more > 0:
        lines.append(Text(f"and {counted(more, 'more constant')} in laws.json", style="dim"))
    if law.note:
        lines.append(Text(law.note, style="italic"))
    return Group(*lines)
