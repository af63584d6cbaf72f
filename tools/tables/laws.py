"""Laws found of those known, by `bench/laws.py`."""

from collections.abc import Iterable, Mapping
from typing import Any

from .writing import markdown


def law_benchmark(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table, one line a system: laws found of those known, at each noise.

    >>> print(law_benchmark([{"system": "spring", "noise": 0.01, "known": 1, "found": 1,
    ...     "right": 1, "false": 0, "false_in_control": 0, "beyond": [], "seconds": 0.2}]))
    | system | 1 % noise | right | false | slowest |
    |---|---|---|---|---|
    | spring | 1 / 1 | 1 / 1 | 0 | 0.20 s |
    | **all** | **1 / 1** | **1 / 1** | **0** | **0.20 s** |
    """
    rows = list(rows)
    noises = sorted({float(r["noise"]) for r in rows})
    systems = list(dict.fromkeys(str(r["system"]) for r in rows))
    head = ["system", *(f"{100 * n:g} % noise" for n in noises), "right", "false", "slowest"]
    lines = [_line(name, [r for r in rows if r["system"] == name], noises) for name in systems]
    total = _line("all", rows, noises)
    lines.append([f"**{cell}**" for cell in total])
    table = [markdown(head, lines)]
    beyond = sorted({f"{r['system']} ({law})" for r in rows for law in r["beyond"]})
    if beyond:
        table += ["", "Known laws that no library of such terms holds: " + ", ".join(beyond) + "."]
    return "\n".join(table)


def _line(name: str, rows: list[Mapping[str, Any]], noises: list[float]) -> list[str]:
    found = sum(int(r["found"]) for r in rows)
    shares = []
    for noise in noises:
        at = [r for r in rows if float(r["noise"]) == noise]
        shares.append(f"{sum(int(r['found']) for r in at)} / {sum(int(r['known']) for r in at)}")
    return [
        name,
        *shares,
        f"{sum(int(r['right']) for r in rows)} / {found}" if found else "",
        str(sum(int(r["false"]) + int(r["false_in_control"]) for r in rows)),
        f"{max(float(r['seconds']) for r in rows):.2f} s",
    ]
