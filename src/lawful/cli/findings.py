"""Findings on a screen: the verdict, a table of laws, and what limits them."""

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from lawful.cli.inspect import put_source
from lawful.cli.screen import Screen, said
from lawful.report.formula import formula
from lawful.report.numbers import measured, number, unit_text
from lawful.report.symbols import symbol_text
from lawful.report.verdict import GRADES, verdict

if TYPE_CHECKING:
    from lawful.laws import Findings, Law
    from lawful.studies.discovery import Discovery

_STYLES = {"exact": "green", "approximate": "yellow", "leaking": "magenta"}


def put_discovery(out: Screen, found: "Discovery") -> None:
    """All of a discovery: what was read, what was found, what to bear in mind."""
    findings = found.findings
    put_source(out, found.source, found.diagnosis)
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


def law_table(laws: "tuple[Law, ...]") -> Table:
    """One law a row: its formula and constants, its grade, and how sure it is."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("law", header_style="dim", style="bold", overflow="fold", max_width=22)
    table.add_column("formula, constants", header_style="dim", overflow="fold", ratio=1)
    table.add_column("grade", header_style="dim", no_wrap=True)
    for head in ("ρ", "drift", "p"):
        table.add_column(head, header_style="dim", justify="right", no_wrap=True)
    for k, law in enumerate(laws):
        if k:
            table.add_row()
        table.add_row(
            Text(law.name),
            _formula(law),
            Text(f"{GRADES[law.grade][0]} {law.grade}", style=_STYLES.get(law.grade, "")),
            number(law.noise_ratio, 3),
            number(law.heldout_drift, 2),
            number(law.p_value, 2),
        )
    return table


def _formula(law: "Law") -> Group:
    dressed = formula(law.expression, law.constants)
    units = unit_text(law.units)
    lines = [Text(dressed.text)]
    if units:
        lines[0].append(f"   in {units}", style="dim")
    if dressed.where_text:
        lines.append(Text(dressed.where_text, style="dim"))
    if law.balance:
        lines.append(Text(f"changes at the rate {formula(law.balance).text}", style="dim"))
    for constant in law.constants:
        unit = unit_text(constant.units)
        exact = f", perhaps {constant.exact}" if constant.exact else ""
        value = f"{symbol_text(constant.name)} = {measured(constant)}{' ' + unit if unit else ''}"
        lines.append(Text(f"{value}{exact}", style="cyan"))
    if law.note:
        lines.append(Text(law.note, style="italic"))
    return Group(*lines)
