"""`lawful inspect`: what is in a file, and what can be known from it."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lawful.cli.options import GUESSED, Flag, ReadingOptions
from lawful.cli.screen import Screen, put_json, said, screen, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lawful.laws import Diagnosis
    from lawful.studies.sources import Source

EXAMPLES = """
Examples:

```console
lawful inspect my.csv
lawful inspect 'trials/*.csv' --time t --units x=m,t=s
lawful inspect planets --json
```
"""
_STYLES = {"stop": "bold red", "warning": "yellow", "note": "", "ok": "green"}


def inspect(
    *data: Annotated[str, Parameter(show_default=False)],
    reading: ReadingOptions = GUESSED,
    seed: int = 0,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Say what is in the data, how noisy, how well sampled, and what they can show.

    Parameters
    ----------
    data
        Files, patterns, planets, or a system's name.
    seed
        For a system, which is simulated first.
    json
        Print JSON, and nothing else.
    """
    from lawful.laws import inspect as looked_at
    from lawful.studies.sources import opened

    with steps(not json) as step:
        step("read")
        source = opened(data, reading.reading, seed=seed)
        step("inspect")
        diagnosis = looked_at(source.runs)
    if json:
        record: dict[str, Any] = diagnosis.to_dict()
        put_json({**record, "source": source.name, "notes": list(source.notes)})
        return
    out = screen()
    put_source(out, source, diagnosis.data)
    _columns(out, diagnosis)
    out.print()
    for finding in diagnosis.findings:
        if finding.subject == "reading":  # said above
            continue
        said(out, _without_level(str(finding)), finding.level, _STYLES.get(finding.level, ""))


def put_source(out: Screen, source: "Source", seen: "Mapping[str, Any]") -> None:
    """What was read, and what was guessed."""
    from rich.text import Text

    from lawful.report.numbers import counted

    counts = [counted(seen[f"{n}s"], n) for n in ("run", "sample") if seen.get(f"{n}s")]
    out.print(Text.assemble((source.name, "bold"), ": " if counts else "", ", ".join(counts)))
    for note in source.notes:
        said(out, note, "read")


def _without_level(sentence: str) -> str:
    return sentence.partition(": ")[2] or sentence


def _columns(out: Screen, diagnosis: "Diagnosis") -> None:
    from rich.table import Table
    from rich.text import Text

    from lawful.report.numbers import number, unit_text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("column", "role", "units"):
        table.add_column(head, header_style="dim")
    for head in ("lowest", "highest", "noise", "of spread", "memory"):
        table.add_column(head, header_style="dim", justify="right")
    table.add_column("resolved", header_style="dim")
    for c in diagnosis.columns:
        share = "–" if c.noise_share is None else f"{number(100 * c.noise_share, 2)} %"
        table.add_row(
            Text(c.name, style="bold"),
            c.role.replace("_", " "),
            Text(unit_text(c.units) or ("–" if c.units != "1" else "1")),
            number(c.low, 4),
            number(c.high, 4),
            number(c.noise, 2),
            share,
            number(c.memory, 2),
            "yes" if c.resolved else "no",
        )
    out.print()
    out.print(table)
    out.print(Text("memory: samples in a correlation time", style="dim"))
