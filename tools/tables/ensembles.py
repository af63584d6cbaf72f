"""Thousands of networks, and laws of their learning: `ensembles.py`, `laws_of_learning.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from .writing import markdown


def ensembles_benchmark(record: Mapping[str, Any]) -> str:
    """What `bench/ensembles.py` aimed at, a line each, with quartiles where there are some.

    >>> line = {"row": "against torch", "measured": 12.34, "quartiles": [11.9, 12.61],
    ...     "aim": 10.0, "at_most": False, "reached": True}
    >>> share = {"row": "laws", "measured": 1.0, "quartiles": None, "aim": 1.0,
    ...     "at_most": False, "reached": True}
    >>> print(ensembles_benchmark({"aims": [line, share]}))
    | | measured | quartiles | aim | |
    |---|---|---|---|---|
    | against torch | 12.3 | 11.9 to 12.6 | ≥ 10 | reached |
    | laws | 1 |  | ≥ 1 | reached |
    """
    lines = [
        [
            str(line["row"]),
            f"{line['measured']:.3g}",
            "{:.3g} to {:.3g}".format(*line["quartiles"]) if line["quartiles"] else "",
            f"{'≤' if line['at_most'] else '≥'} {line['aim']:g}",
            "reached" if line["reached"] else "missed",
        ]
        for line in record["aims"]
    ]
    return markdown(["_", "measured", "quartiles", "aim", "_"], lines).replace("| _ |", "| |")


def ensembles_races(record: Mapping[str, Any]) -> str:
    """The contestants of `bench/ensembles.py` side by side, nanoseconds and ratios to ours.

    >>> row = {"ns_a_network_step": 52.4, "times_ours": {"median": 1.0}, "chosen": ""}
    >>> race = {"networks": 102400, "steps": 100, "rows": {"lawful": row}}
    >>> print(ensembles_races({"many float64": race}))
    | | | ns a network's step | times ours | how |
    |---|---|---|---|---|
    | many float64 | lawful | 52.4 | 1.00 |  |
    """
    races = [name for name in record if isinstance(record[name], dict) and "rows" in record[name]]
    lines = [
        [
            race,
            name,
            f"{row['ns_a_network_step']:.4g}",
            f"{row['times_ours']['median']:.2f}",
            str(row["chosen"]),
        ]
        for race in races
        for name, row in record[race]["rows"].items()
    ]
    head = ["_", "_", "ns a network's step", "times ours", "how"]
    return markdown(head, lines).replace("| _ | _ |", "| | |", 1)


def ensembles_laws(record: Mapping[str, Any]) -> str:
    """Laws found in training logs beside those of theory.

    >>> row = {"found": 7, "independent": 7, "following": 17, "theory": 17, "false": 0,
    ...     "off": 4.8e-06}
    >>> print(ensembles_laws({"laws": {"ReLU and softmax 2-3-3": row}}))
    | network | laws found, of theory | with their products | false | outside theory |
    |---|---|---|---|---|
    | ReLU and softmax 2-3-3 | 7 of 7 | 17 of 17 | 0 | 5e-06 |
    """
    lines = [
        [
            name,
            f"{row['found']} of {row['independent']}",
            f"{row['following']} of {row['theory']}",
            str(row["false"]),
            f"{row['off']:.0e}" if row["off"] else "",
        ]
        for name, row in record["laws"].items()
    ]
    head = ["network", "laws found, of theory", "with their products", "false", "outside theory"]
    return markdown(head, lines)


def laws_of_learning(record: Mapping[str, Any]) -> str:
    """What `bench/laws_of_learning.py` found in logs of many seeds.

    >>> row = {"network": "tanh 2-3-1", "theory": 0, "logs": 3, "flow": 3, "gap": 3, "false": 0,
    ...     "descent": [{"rate": 0.1, "complete": 3}], "momentum": [0], "strangers": 0,
    ...     "shuffled": 0, "slope": None, "others": [-0.01, -0.001]}
    >>> print(laws_of_learning({"rows": [row]}).splitlines()[2])
    | tanh 2-3-1 | 0 | 3 of 3 | 3 | 3 of 3 | 0 | 0, 0 | – | -0.01 to 0.00 |
    """

    def span(ends: Sequence[float] | None) -> str:
        return "{:.2f} to {:.2f}".format(*(round(x, 2) + 0.0 for x in ends)) if ends else "–"

    lines = [
        [
            str(row["network"]),
            str(row["theory"]),
            f"{row['flow']} of {row['logs']}",
            ", ".join(str(one["complete"]) for one in row["descent"]),
            f"{row['gap']} of {row['logs']}",
            ", ".join(map(str, row["momentum"])),
            f"{row['strangers']}, {row['shuffled']}",
            span(row["slope"]),
            span(row["others"]),
        ]
        for row in record["rows"]
    ]
    rates = ", ".join(f"{one['rate']:g}" for one in record["rows"][0]["descent"])
    head = ["network", "theory", "all and no other, flow", f"η = {rates}", "by the gap"]
    head += ["laws with momentum", "in controls", "slope of laws", "of others"]
    return markdown(head, lines)
