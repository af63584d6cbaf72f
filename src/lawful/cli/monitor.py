"""`lawful monitor`: known laws against new data; exit code 1 where one breaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lawful.cli.options import GUESSED, Flag, ReadingOptions, Words, words
from lawful.cli.screen import Screen, put_json, said, screen, steps
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.laws import Findings, Law, MonitorReport

EXAMPLES = """
Examples:

```console
lawful monitor new.csv --laws lawful-report/laws.json
lawful monitor new.csv --laws laws.json --law energy --false-alarm 1e-4
lawful monitor 'shift/*.csv' --laws laws.json --json --out monitor.json
```

Exit codes: 0 the laws hold; 1 a law breaks; 2 input that cannot be meant.
"""


def monitor(
    *data: Annotated[str, Parameter(show_default=False)],
    laws: Path,
    law: Words = (),
    false_alarm: float = 1e-3,
    tolerance: float | None = None,
    reading: ReadingOptions = GUESSED,
    seed: int = 0,
    out: Path | None = None,
    json: Annotated[bool, Flag] = False,
) -> int:
    """Say whether known laws hold in new data; where, when and how strongly they break.

    Parameters
    ----------
    data
        Files, patterns, planets, or a system's name.
    laws
        The laws.json of lawful discover, or the folder that holds it.
    law
        Only the laws of these names.
    false_alarm
        The chance that anything is called broken though every law holds.
    tolerance
        How far a law may stray, as a fraction of its spread between runs; what it
        strayed where it was found when not given.
    seed
        For a system, which is simulated first.
    out
        A file for the result, as JSON.
    json
        Print JSON, and nothing else.
    """
    from lawful.cli import BREAKS, DONE
    from lawful.laws import monitor as watched
    from lawful.store import to_json, write_atomically
    from lawful.studies.discovery import read_findings
    from lawful.studies.sources import opened

    wanted = _chosen(read_findings(laws), words(law), str(laws))
    with steps(not json) as step:
        step("read")
        source = opened(data, reading.reading, seed=seed)
        step("verdict")
        report = watched(source.runs, wanted, false_alarm=false_alarm, tolerance=tolerance)
    record: dict[str, Any] = {
        **report.to_dict(),
        "source": source.name,
        "notes": list(source.notes),
    }
    if out is not None:
        write_atomically(out, to_json(record) + "\n")
    if json:
        put_json(record)
    else:
        shown = screen()
        for note in source.notes:
            said(shown, note, "read")
        _put(shown, report)
        if out is not None:
            said(shown, str(out), "written")
    return BREAKS if report.broken else DONE


def _chosen(findings: "Findings", names: tuple[str, ...], where: str) -> "list[Law]":
    """The laws of these names; all, leaks included, where none is named."""
    known = [*findings.laws, *findings.leaks]
    if not known:
        raise Refusal(f"{where} holds no law", "one at least", "lawful discover found none")
    missing = [name for name in names if name not in {law.name for law in known}]
    if missing:
        listed = ", ".join(law.name for law in known)
        raise Refusal(f"{where} has no law {missing[0]!r}", f"one of {listed}")
    return [law for law in known if not names or law.name in names]


def _put(out: Screen, report: "MonitorReport") -> None:
    from rich.table import Table
    from rich.text import Text

    from lawful.report.formula import formula

    head = "A law breaks." if report.broken else "Every law holds."
    out.print(Text(head, style="bold red" if report.broken else "bold green"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("law", "formula", "verdict"):
        table.add_column(name, header_style="dim", overflow="fold")
    for law in report.laws:
        broken = sum(course.broken for course in law.courses)
        judged = sum(course.judged for course in law.courses)
        verdict = f"breaks in {broken} of {judged} runs" if broken else f"holds in {judged} runs"
        table.add_row(
            Text(law.name, style="bold"),
            Text(formula(law.expression).text),
            Text(verdict if judged else "not judged", style="red" if broken else "green"),
        )
    out.print(table)
    for law in report.laws:
        for line in str(law).splitlines()[1:]:
            said(out, f"{law.name}, {line.strip()}", "detail")
    out.print(
        Text(
            f"The chance of any alarm while every law holds is at most {report.false_alarm:g}.",
            style="dim",
        )
    )
