"""Networks that learn: XOR, speed, MNIST; `bench/xor.py` and `bench/learning.py`."""

from collections.abc import Mapping
from statistics import mean
from typing import Any

from .writing import markdown


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
