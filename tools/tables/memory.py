"""Task after task: what is remembered; `bench/memory.py` and `bench/published.py`."""

from collections.abc import Mapping
from typing import Any

from .writing import markdown

STREAMS = {
    "two": "MNIST, then permuted MNIST",
    "ten": "10 permuted MNIST tasks",
    "twenty": "20 permuted MNIST tasks, one epoch each",
    "split": "split MNIST, class by class",
    "rotated": "MNIST turned by 18° more each, 10 tasks",
    "digits": "10 permuted tasks of 8 × 8 digits",
}


FIELDS = ("analytic", "analytic, 2048", "dual", "field", "soft basins")


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


def _spread(value: Mapping[str, float | None] | None) -> str:
    """A mean with half its interval.

    >>> _spread({"mean": -0.001, "half": 0.2}), _spread(None)
    ('0.00 ± 0.20', '–')
    """
    if value is None:
        return "–"
    mean_of = f"{value['mean'] + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
    return mean_of if value["half"] is None else f"{mean_of} ± {value['half']:.2f}"
