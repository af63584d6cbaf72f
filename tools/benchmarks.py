"""Tables in Markdown, made from what the benchmarks recorded.

`TABLES` maps the name of a block to what makes it from the folder of records.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table.

    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    table = ["| " + " | ".join(line) + " |" for line in [head, *lines]]
    table.insert(1, "|" + "---|" * len(head))
    return "\n".join(table)


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


def xor_benchmark(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """How often XOR is learned, a line a setting.

    >>> print(xor_benchmark({"2-2-1": {"solved": 6, "seeds": 10, "low": 0.3, "high": 0.8,
    ...     "median_steps": 80}}))
    | | solved | rate | 95 % interval | median steps |
    |---|---|---|---|---|
    | 2-2-1 | 6 / 10 | 60.0 % | 30.0 to 80.0 % | 80 |
    """
    lines = [
        [
            name,
            f"{row['solved']} / {row['seeds']}",
            f"{100 * row['solved'] / row['seeds']:.1f} %",
            f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %",
            f"{row['median_steps']:g}" if row["median_steps"] else "",
        ]
        for name, row in rows.items()
    ]
    table = markdown(["_", "solved", "rate", "95 % interval", "median steps"], lines)
    return table.replace("| _ |", "| |", 1)


def speed_benchmark(record: Mapping[str, Any]) -> str:
    """Times and their ratios to ours, XOR and MNIST side by side.

    >>> one = {"lawful": {"µs a step": 25.0, "times_ours": 1.0}}
    >>> print(speed_benchmark({"xor": one}))
    | | XOR, µs a step | times ours |
    |---|---|---|
    | lawful | 25 | 1.00 |
    """
    races = {"xor": "µs a step", "mnist": "s an epoch"}
    held = {race: unit for race, unit in races.items() if race in record}
    names = list(dict.fromkeys(name for race in held for name in record[race]))
    head = ["_"]
    for race, unit in held.items():
        head += [f"{race.upper()}, {unit}", "times ours"]
    lines = []
    for name in names:
        line = [name]
        for race, unit in held.items():
            row = record[race].get(name)
            line += [f"{row[unit]:.3g}", f"{row['times_ours']:.2f}"] if row else ["", ""]
        lines.append(line)
    return markdown(head, lines).replace("| _ |", "| |", 1)


def mnist_benchmark(record: Mapping[str, Any]) -> str:
    """Test accuracy over seeds, a sentence.

    >>> mnist_benchmark({"learned": [{"test_accuracy": 0.98, "seconds": 20.0}]})
    'Test accuracy 98.00 % (seed 0; mean 98.00 %), 20 s a training on one thread.'
    """
    rows = record["learned"]
    shown = ", ".join(f"{100 * row['test_accuracy']:.2f}" for row in rows)
    seeds = "seed 0" if len(rows) == 1 else f"seeds 0 to {len(rows) - 1}"
    return (
        f"Test accuracy {shown} % ({seeds}; mean "
        f"{100 * mean(row['test_accuracy'] for row in rows):.2f} %), "
        f"{mean(row['seconds'] for row in rows):.0f} s a training on one thread."
    )


def _record(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


TABLES: dict[str, Callable[[Path], str]] = {
    "laws-bench": lambda folder: law_benchmark(_record(folder, "laws.json")["rows"]),
    "xor-bench": lambda folder: xor_benchmark(_record(folder, "xor.json")),
    "learning-bench": lambda folder: speed_benchmark(_record(folder, "learning.json")),
    "mnist-bench": lambda folder: mnist_benchmark(_record(folder, "learning.json")),
}
