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


STREAMS = {
    "two": "MNIST, then permuted MNIST",
    "ten": "10 permuted MNIST tasks",
    "twenty": "20 permuted MNIST tasks, one epoch each",
    "split": "split MNIST, class by class",
    "rotated": "MNIST turned by 18° more each, 10 tasks",
    "digits": "10 permuted tasks of 8 × 8 digits",
}


def memory_benchmark(record: Mapping[str, Any]) -> str:
    """Continual learning: a table a stream, a line a method, best average first.

    >>> one = {"mean": 97.0, "half": 0.5}
    >>> row = {"average": one, "forgotten": one, "first": one, "last": one, "seconds": one,
    ...     "numbers": 12000, "images": 0, "seeds": 3}
    >>> print(memory_benchmark({"rows": {"split": {"analytic": row}}}))
    **split MNIST, class by class**
    <BLANKLINE>
    | % | average | forgotten | first task | last task | numbers | images | seconds | seeds |
    |---|---|---|---|---|---|---|---|---|
    | analytic | 97.00 ± 0.50 | 97.00 ± 0.50 | 97.00 ± 0.50 | 97.00 ± 0.50 | 12 k | 0 | 97 | 3 |
    """
    names = ("average", "forgotten", "first task", "last task", "numbers", "images", "seconds")
    blocks = []
    for stream, methods in record["rows"].items():
        ranked = sorted(methods.items(), key=lambda item: -item[1]["average"]["mean"])
        lines = [[name, *_remembered(row)] for name, row in ranked]
        blocks.append(f"**{STREAMS[stream]}**\n\n" + markdown(["%", *names, "seeds"], lines))
    return "\n\n".join(blocks)


def _remembered(row: Mapping[str, Any]) -> list[str]:
    measures = [_spread(row[key]) for key in ("average", "forgotten", "first", "last")]
    numbers = row["numbers"]
    told = f"{numbers / 1e6:.1f} M" if numbers >= 1e6 else f"{numbers / 1e3:.0f} k"
    seconds = f"{row['seconds']['mean']:.0f}"
    return [*measures, told, str(row["images"]), seconds, str(row["seeds"])]


def _spread(value: Mapping[str, float | None] | None) -> str:
    """A mean with half its interval.

    >>> _spread({"mean": -0.001, "half": 0.2}), _spread(None)
    ('0.00 ± 0.20', '–')
    """
    if value is None:
        return "–"
    mean_of = f"{value['mean'] + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
    return mean_of if value["half"] is None else f"{mean_of} ± {value['half']:.2f}"


def published_benchmark(record: Mapping[str, Any]) -> str:
    """The published network by core, the image as the field by planes, and the nonlinearity.

    >>> value = {"mean": 60.0, "interval": [50.0, 70.0]}
    >>> core = dict.fromkeys(("first", "second", "left", "forgotten"), value) | {"numbers": 7000}
    >>> arm = {"accuracy": value, "numbers": 16394}
    >>> print(published_benchmark({
    ...     "cores": {"rows": {"identity": core}, "differences": {"forgotten": {"a − b": value}}},
    ...     "image": {"rows": {"permuted": {"learned": arm}}},
    ...     "nonlinearity": {"differences": {"permuted": {"g 1 − g 0": value}}}}))
    | core | task 1 at first | task 2 | task 1 left | forgotten | numbers |
    |---|---|---|---|---|---|
    | identity | 60.00 ± 10.00 | 60.00 ± 10.00 | 60.00 ± 10.00 | 60.00 ± 10.00 | 7 k |
    <BLANKLINE>
    Forgotten, seed by seed, in points: a − b 60.00 ± 10.00.
    <BLANKLINE>
    | the image as the field | permuted | numbers |
    |---|---|---|
    | learned | 60.00 ± 10.00 | 16 k |
    <BLANKLINE>
    What a nonlinearity gave there, in points: g 1 − g 0 60.00 ± 10.00.
    """
    cores, image = record["cores"], record["image"]["rows"]
    keys = ("first", "second", "left", "forgotten")
    lines = [
        [name, *(_between(row[key]) for key in keys), f"{row['numbers'] / 1e3:.0f} k"]
        for name, row in cores["rows"].items()
    ]
    head = ["core", "task 1 at first", "task 2", "task 1 left", "forgotten", "numbers"]
    arms = next(iter(image.values()))
    planes = [
        [
            name,
            *(_between(image[task][name]["accuracy"]) for task in image),
            f"{arms[name]['numbers'] / 1e3:.0f} k",
        ]
        for name in arms
    ]
    bent = record["nonlinearity"]["differences"]["permuted"]
    return "\n\n".join(
        [
            markdown(head, lines),
            f"Forgotten, seed by seed, in points: {_listed(cores['differences']['forgotten'])}.",
            markdown(["the image as the field", *image, "numbers"], planes),
            f"What a nonlinearity gave there, in points: {_listed(bent)}.",
        ]
    )


def _between(value: Mapping[str, Any]) -> str:
    low, high = value.get("interval", (None, None))
    half = None if low is None else (high - low) / 2
    return _spread({"mean": value["mean"], "half": half})


def _listed(differences: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {_between(value)}" for name, value in differences.items())


FIELDS = ("analytic", "analytic, 2048", "dual", "field", "soft basins")


def memory_summary(record: Mapping[str, Any]) -> str:
    """A line a stream: the best field, and the baselines that people know.

    >>> def row(mean):
    ...     return {"average": {"mean": mean, "half": 0.1}}
    >>> print(memory_summary({"rows": {"split": {"analytic": row(98.0), "EWC": row(20.0)}}}))
    | average accuracy, % | field | | EWC | replay, stored | DER++, stored | joint training |
    |---|---|---|---|---|---|---|
    | split MNIST, class by class | 98.00 ± 0.10 | analytic | 20.00 ± 0.10 |  |  |  |
    """
    head = ["average accuracy, %", "field", "_", "EWC", "replay, stored", "DER++, stored"]
    lines = []
    for stream, methods in record["rows"].items():
        fields = [name for name in FIELDS if name in methods]
        best = max(fields, key=lambda name: methods[name]["average"]["mean"])
        known = [
            next((_spread(row["average"]) for n, row in methods.items() if n.startswith(start)), "")
            for start in ("EWC", "replay", "DER++", "joint")
        ]
        lines.append([STREAMS[stream], _spread(methods[best]["average"]), best, *known])
    return markdown([*head, "joint training"], lines).replace("| _ |", "| |", 1)


def memory_controls(record: Mapping[str, Any]) -> str:
    """What the field gave, against the same without a field: points of average accuracy.

    >>> print(memory_controls({"field less control": {"split: analytic": {"mean": 0.1,
    ...     "half": 0.2, "control": "analytic, convolution"}}}))
    | stream | field | control | field less control, points |
    |---|---|---|---|
    | split MNIST, class by class | analytic | analytic, convolution | 0.10 ± 0.20 |
    """
    lines = []
    for key, gain in record["field less control"].items():
        stream, field = key.split(": ")
        lines.append([STREAMS[stream], field, gain["control"], _spread(gain)])
    return markdown(["stream", "field", "control", "field less control, points"], lines)


def _record(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def physicsnet_benchmark(record: Mapping[str, Any], table: str) -> str:
    """One of the tables that `bench/physicsnet.py` recorded, a column for each thing said.

    >>> rows = [{"system": "spring", "λ": "1e-05"}, {"system": "orbit", "control": "0"}]
    >>> print(physicsnet_benchmark({"tables": {"learned": rows}}, "learned"))
    | system | λ | control |
    |---|---|---|
    | spring | 1e-05 |  |
    | orbit |  | 0 |
    """
    rows = record["tables"][table]
    head = list(dict.fromkeys(key for row in rows for key in row))
    return markdown(head, [[row.get(key, "") for key in head] for row in rows])


def _physicsnet(table: str) -> Callable[[Path], str]:
    return lambda folder: physicsnet_benchmark(_record(folder, "physicsnet.json"), table)


def studio_benchmark(record: Mapping[str, Any]) -> str:
    """What `bench/web.py` measured, beside what was aimed at.

    >>> record = {"summary": {"page": {"frames_a_second": 40.0, "server_ms": 2.0,
    ...     "browser_ms": 20.0}, "window": {"frames_a_second": 4.0}}, "ratio": 10.0,
    ...     "start": {"server_s": 0.5, "page_s": 0.7, "megabytes": 0.25},
    ...     "crowd": {"clients": 10, "frames_a_second": {"least": 30.0}, "slow_client": 1.0,
    ...     "server_cores": 0.5}}
    >>> print(studio_benchmark(record).splitlines()[2])
    | frames a second, a network 2-8-8-1, boundary 64 × 64 | 40 | at least 30 |
    """
    page, start, crowd = record["summary"]["page"], record["start"], record["crowd"]
    ratio, total = record["ratio"], start["server_s"] + start["page_s"]
    lines = [
        ("frames a second, a network 2-8-8-1, boundary 64 × 64",
         f"{page['frames_a_second']:.0f}", "at least 30"),
        ("times those of the matplotlib window", f"{ratio:.0f}", ""),
        ("processor time a frame: server, browser",
         f"{page['server_ms']:.1f} ms, {page['browser_ms']:.0f} ms", ""),
        ("from the command to the first frame", f"{total:.1f} s", "below 2 s"),
        ("what crosses the line until then", f"{start['megabytes']:.2f} MB", "below 1 MB"),
        (f"{crowd['clients']} pages at once: frames a second of the slowest",
         f"{crowd['frames_a_second']['least']:.0f}", ""),
        ("processors that the server takes for them", f"{crowd['server_cores']:.1f}", ""),
    ]  # fmt: skip
    if "soak" in record:
        soak = record["soak"]
        growth = soak["growth_mb_an_hour"]
        lines.append((
            f"{soak['minutes']:.0f} minutes of training: growth of server, page, MB an hour",
            f"{growth['server']:+.1f}, {growth['page_heap']:+.1f}", "none",
        ))  # fmt: skip
    return markdown(["", "measured", "aim"], lines)


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


TABLES: dict[str, Callable[[Path], str]] = {
    "laws-bench": lambda folder: law_benchmark(_record(folder, "laws.json")["rows"]),
    "xor-bench": lambda folder: xor_benchmark(_record(folder, "xor.json")),
    "learning-bench": lambda folder: speed_benchmark(_record(folder, "learning.json")),
    "memory-bench": lambda folder: memory_benchmark(_record(folder, "memory.json")),
    "published-bench": lambda folder: published_benchmark(_record(folder, "published.json")),
    "memory-summary": lambda folder: memory_summary(_record(folder, "memory.json")),
    "memory-controls": lambda folder: memory_controls(_record(folder, "memory.json")),
    **{
        f"physicsnet-{table}": _physicsnet(table)
        for table in ("symbols", "drift", "learned", "loss", "peers")
    },
    "studio": lambda folder: studio_benchmark(_record(folder, "web.json")),
    "ensembles-aims": lambda folder: ensembles_benchmark(_record(folder, "ensembles.json")),
    "ensembles-races": lambda folder: ensembles_races(_record(folder, "ensembles.json")),
    "ensembles-laws": lambda folder: ensembles_laws(_record(folder, "ensembles.json")),
    "laws-of-learning": lambda folder: laws_of_learning(_record(folder, "laws_of_learning.json")),
    "laws-of-learning-summary": lambda folder: _record(folder, "laws_of_learning.json")["headline"],
    "mnist-bench": lambda folder: mnist_benchmark(_record(folder, "learning.json")),
}
