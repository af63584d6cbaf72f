"""`lawful systems`: the catalogue, or one system's equations, laws and source."""

from typing import TYPE_CHECKING, Annotated, Any

from lawful.cli.options import Flag
from lawful.cli.screen import Screen, put_json, screen

if TYPE_CHECKING:
    from rich.table import Table

    from lawful.systems import System

EXAMPLES = """
Examples:

```console
lawful systems
lawful systems pendulum
lawful systems my.toml --json
```
"""


def systems(name: str | None = None, /, *, json: Annotated[bool, Flag] = False) -> None:
    """List the systems that can be simulated, or show one of them.

    Parameters
    ----------
    name
        A system's name, or a .toml file of equations; all systems when not given.
    json
        Print JSON.
    """
    from lawful.systems import names, system

    if name is not None:
        chosen = system(name)
        put_json(record(chosen)) if json else _show(chosen, screen())
        return
    catalogue = [system(each) for each in names()]
    if json:
        put_json([record(each) for each in catalogue])
        return
    out = screen()
    out.print(_catalogue(catalogue))


def record(system: "System") -> dict[str, Any]:
    """All there is to know of a system, as JSON can hold it."""
    from lawful.store import plain

    return {
        "name": system.name,
        "title": system.title,
        "description": system.description,
        "source": system.source,
        "equations": {n: str(e) for n, e in system.equations.items()},
        "variables": [{"name": v.name, "units": v.units, **v.attributes} for v in system.variables],
        "parameters": [
            {"name": p.name, "value": plain(p.value), "units": p.units, "meaning": p.meaning}
            for p in system.parameters
        ],
        "invariants": {n: str(e) for n, e in system.invariants.items()},
        "adiabatic": {n: str(e) for n, e in system.adiabatic.items()},
        "constraints": {n: str(e) for n, e in system.constraints.items()},
        "beyond": list(system.beyond),
        "degree": system.degree,
        "duration": plain(system.time),
        "samples": system.samples,
        "time_units": system.time_units,
        "latex": system.latex,
    }


def _catalogue(systems: "list[System]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("system", "what it is", "variables", "known laws"):
        table.add_column(head, header_style="dim", overflow="fold", no_wrap=head == "system")
    for each in systems:
        table.add_row(
            Text(each.name, style="bold"),
            Text(each.title),
            Text(" ".join(each.names)),
            Text(", ".join(each.invariants) or "none"),
        )
    return table


def _show(system: "System", out: Screen) -> None:
    from rich.text import Text

    from lawful.report.formula import formula

    out.print(Text(f"{system.name}: {system.title}", style="bold"))
    if system.description:
        out.print(Text(system.description))
    _rows(
        out,
        "Equations",
        [(f"d{n}/dt", f"= {formula(str(e)).text}", "") for n, e in system.equations.items()],
        whole=[formula(str(e)).where_text for e in system.equations.values()],
    )
    _rows(
        out,
        "Variables",
        [
            (v.name, v.units or "–", v.long_name or v.role.replace("_", " "))
            for v in system.variables
        ],
    )
    _rows(
        out,
        "Parameters",
        [(p.name, f"{p.value:g} {p.units}".strip(), p.meaning) for p in system.parameters],
    )
    for head, laws in (
        ("Stays the same", system.invariants),
        ("Stays nearly the same", system.adiabatic),
        ("The same in every run", system.constraints),
    ):
        shown = {name: formula(str(e)) for name, e in laws.items()}
        _rows(
            out,
            head,
            [(name, "", f.text) for name, f in shown.items()],
            whole=[f.where_text for f in shown.values()],
        )
    if not system.invariants:
        out.print(Text("\nNothing is known to stay the same."))
    if system.beyond:
        out.print(Text(f"Beyond a library of terms: {', '.join(system.beyond)}."))
    if system.source:
        out.print(Text(f"\nSource: {system.source}", style="dim"))


def _rows(
    out: Screen, head: str, rows: list[tuple[str, str, str]], whole: list[str] | None = None
) -> None:
    """A heading and its rows; then, once each, what abbreviations mean."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    out.print(Text(f"\n{head}", style="dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, middle, last in rows:
        table.add_row(Text(name, style="bold"), *(Text(t) for t in (middle, last) if t))
    out.print(Padding(table, (0, 0, 0, 2), expand=False))
    for sentence in dict.fromkeys(filter(None, whole or [])):
        out.print(Text(f"  where {sentence}", style="dim"))
