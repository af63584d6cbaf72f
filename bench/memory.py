"""Learning task after task without forgetting: fields, controls without physics, baselines.

    two       MNIST, then permuted MNIST
    ten       10 permuted tasks
    twenty    20 permuted tasks, each image seen once
    split     split MNIST, class-incremental: 0 1 | 2 3 | 4 5 | 6 7 | 8 9
    rotated   10 tasks, turned by 18° more each
    digits    10 permuted tasks of scikit-learn's digits, 8 × 8

No learner is told the task at test. Every method runs from `--seeds` seeds, which draw the
permutations, the weights and the order of images; tables give the mean and the 95 % interval
of Student's t. Beside each field stands its control without physics, of equal size. What was
chosen was chosen on validation images, which are training images held apart. Each run is
kept in a folder as it ends, and within a run each task, so that the whole can be broken off
and taken up again.

    python bench/memory.py [--rows two ten …] [--methods …] [--seeds N] [--threads N] [--quick]
                           [--cells FOLDER] [--out FILE] [--json]
"""

import argparse
import json
import platform
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import t as student

from lawful.fields.memory import AnalyticReadout, Basins, NetworkLearner, Part, follow
from lawful.fields.memory.analytic_expert import AnalyticExpert
from lawful.fields.memory.history import History
from lawful.fields.memory.networks import mlp
from lawful.fields.memory.scenarios import permuted, rotated, split
from lawful.fields.memory.strategies import STRATEGIES
from lawful.fields.memory.tuning import Tuning, tuned
from lawful.learning.datasets import dataset

# ------------------------------------------------------------------ the streams


@cache
def parts(data, quick):
    """Training and test images."""
    samples = dataset(data)
    if samples.test is None:
        order = np.random.default_rng(0).permutation(samples.size)
        held = samples.size // 5
        lots = [(samples.X[rows], samples.labels[rows]) for rows in (order[held:], order[:held])]
    else:
        lots = [(samples.X, samples.labels), (samples.test.X, samples.test.labels)]
    side = round(samples.inputs**0.5)
    most = 1200 if quick else None
    return [
        Part(
            torch.tensor(X[:most], dtype=torch.float32).reshape(-1, side, side),
            torch.tensor(y[:most], dtype=torch.int64),
        )
        for X, y in lots
    ]


STREAMS = {
    "two": ("mnist", partial(permuted, tasks=2)),
    "ten": ("mnist", partial(permuted, tasks=10)),
    "twenty": ("mnist", partial(permuted, tasks=20)),
    "split": ("mnist", split),
    "rotated": ("mnist", partial(rotated, tasks=10, step=18.0)),
    "digits": ("digits", partial(permuted, tasks=10)),
}

# ------------------------------------------------------------------ the methods
# Each makes a learner from what the stream is, a seed, and the strength chosen on validation.

BOTH = ("lens", "diffuser")
WEIGHTS = ("convolution", "dense")


def analytic_basins(features, kinds):
    """A basin a task, each with a readout in closed form."""

    def make(classes, side, seed, strength):
        expert = partial(AnalyticExpert, features=features, kinds=kinds)
        return Basins(classes=classes, side=side, expert=expert, seed=seed)

    return make


def basins(expert, **settings):
    """A basin a task, each with an expert that learns by gradients."""

    def make(classes, side, seed, strength):
        return Basins(classes=classes, side=side, expert=expert, seed=seed, **settings)

    return make


def readout(features, kind):
    """One readout for all tasks, in closed form."""

    def make(classes, side, seed, strength):
        return AnalyticReadout(classes=classes, side=side, features=features, kind=kind, seed=seed)

    return make


def baseline(name, *, epochs=1, hidden=(256, 256), **settings):
    """A network of two hidden layers and a strategy."""

    def make(classes, side, seed, strength):
        strategy = STRATEGIES[name](**settings)
        if strength is not None:
            strategy = replace(strategy, **{strategy.strength: strength})
        network = partial(mlp, side, classes, hidden)
        return NetworkLearner(
            network, strategy, classes=classes, side=side, epochs=epochs, seed=seed
        )

    make.strategy = STRATEGIES[name](**settings)
    return make


STORED = {"examples": 5120}
BASELINES = {
    "naive": baseline("naive"),
    "EWC": baseline("ewc"),
    "SI": baseline("si"),
    "LwF": baseline("lwf"),
    "replay, 5120 images": baseline("replay", **STORED),
    "DER++, 5120 images": baseline("derpp", **STORED),
    "joint training": baseline("joint"),
}


def some(*names):
    return {name: BASELINES[name] for name in names}


ROWS = {
    "two": {
        "analytic": analytic_basins(6144, BOTH),
        "dual": basins("dual"),
        "dual, no field": basins("dual-plain"),
        **some("naive", "joint training"),
    },
    "ten": {
        "dual": basins("dual"),
        "analytic": analytic_basins(2048, BOTH),
        "analytic, no field": analytic_basins(2048, WEIGHTS),
        "field": basins("field"),
        "field, no field": basins("plain"),
        "MLP of equal size": basins("mlp"),
        **BASELINES,
    },
    "twenty": {
        "field": basins("field", epochs=1),
        "field, no field": basins("plain", epochs=1),
        **some("naive", "DER++, 5120 images", "joint training"),
    },
    "split": {
        "analytic": readout(4096, "lens"),
        "analytic, convolution": readout(4096, "convolution"),
        "analytic, dense": readout(4096, "dense"),
        "analytic, 2048": readout(2048, "lens"),
        **BASELINES,
    },
    "rotated": {
        "analytic": readout(1024, "lens"),
        "analytic, 2048": readout(2048, "lens"),
        "analytic, convolution": readout(1024, "convolution"),
        "soft basins": basins("field", gating="soft"),
        "soft basins, no field": basins("plain", gating="soft"),
        **some("naive", "EWC", "DER++, 5120 images", "joint training"),
    },
    "digits": {
        "analytic": analytic_basins(512, BOTH),
        "analytic, no field": analytic_basins(512, WEIGHTS),
        "field": basins("field"),
        "field, no field": basins("plain"),
        **{
            "naive": baseline("naive", epochs=10),
            "EWC": baseline("ewc", epochs=10),
            "SI": baseline("si", epochs=10),
            "LwF": baseline("lwf", epochs=10),
            "replay, 500 images": baseline("replay", epochs=10, examples=500),
            "DER++, 500 images": baseline("derpp", epochs=10, examples=500),
            "joint training": baseline("joint", epochs=10),
        },
    },
}
CONTROLS = {
    ("two", "dual"): "dual, no field",
    ("ten", "analytic"): "analytic, no field",
    ("ten", "field"): "field, no field",
    ("twenty", "field"): "field, no field",
    ("split", "analytic"): "analytic, convolution",
    ("rotated", "analytic"): "analytic, convolution",
    ("rotated", "soft basins"): "soft basins, no field",
    ("digits", "analytic"): "analytic, no field",
    ("digits", "field"): "field, no field",
}

LOOKS = {"two": "seen", "split": "seen"}  # the others at the ends: after a task, and after all
AIMS = {
    "two": "98.86, 95.93, 26.43 forgotten: published; aim 98.9, 98.3, 0.1, in 5 minutes",
    "ten": "97.6: hypernetworks (2020), as they report; aim 98, 0.1; 96.3 with 20 k numbers a task",
    "twenty": "92.26: DER++ with 5120 images; aim 96",
    "split": "95.3: DER++ with 5120 images; aim 97.5 with nothing stored, in 2 minutes",
    "rotated": "89.5: a soft mixture; aim 90, stretch 93",
    "digits": "aim 98.5",
}

# ------------------------------------------------------------------ the runs


def stream(row, seed, quick):
    data, make = STREAMS[row]
    return make(*parts(data, quick), seed=seed)


def few(row, seed, quick):
    """A shorter stream of the same kind, of other seeds, to choose strengths on."""
    data, make = STREAMS[row]
    train, test = parts(data, quick)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:12000]
    train = Part(train.images[order], train.labels[order])
    tasks = {} if row == "split" else {"tasks": min(5, make.keywords["tasks"])}
    return make(train, test, seed=1000 + seed, **tasks)


def strength(row, name, make, chosen):
    """The strength of a baseline, chosen on validation, and its curve; kept as a cell."""
    strategy = getattr(make, "strategy", None)
    if strategy is None or strategy.strength is None:
        return None, None
    place = chosen.cells / f"{row}-{slug(name)}-tuning.json"
    if not place.exists():
        one = few(row, 0, chosen.quick)
        curve = tuned(
            lambda value: make(one.classes, one.side, 0, value),
            lambda seed: few(row, seed, chosen.quick),
            strategy.values,
            seeds=(0,),
        )
        place.write_text(json.dumps(curve.to_json()), encoding="utf-8")
    found = Tuning.from_json(json.loads(place.read_text(encoding="utf-8")))
    return found.best, found.to_json()


def run(row, name, make, seed, chosen):
    """One method on one stream: a cell, read where it is there already."""
    place = chosen.cells / f"{row}-{slug(name)}-{seed}.json"
    if place.exists():
        return json.loads(place.read_text(encoding="utf-8"))
    best, curve = strength(row, name, make, chosen)
    met = stream(row, seed, chosen.quick)
    learner = make(met.classes, met.side, seed, best)
    lazy = getattr(getattr(make, "strategy", None), "lazy", False)
    history = follow(
        learner,
        met,
        look="last" if lazy else LOOKS.get(row, "ends"),
        checkpoint=None if lazy else place.with_suffix(".safetensors"),
        resume=True,
    )
    if isinstance(learner, Basins) and learner.gating == "soft":
        # The same basins, the lowest alone being asked: nothing need be learnt anew.
        learner.gating = "hard"
        history.extras["hard"] = learner.eval(met).numpy()
    cell = summary(history) | {"strength": best, "tuning": curve, "history": history.to_json()}
    part = place.with_suffix(".part")
    part.write_text(json.dumps(cell), encoding="utf-8")
    part.replace(place)
    place.with_suffix(".safetensors").unlink(missing_ok=True)
    return cell


def summary(history: History):
    last, size = history.matrix[-1], history.sizes[-1]
    extras = {name: np.asarray(value).tolist() for name, value in history.extras.items()}
    return {
        "average": 100 * history.average,
        "forgotten": 100 * history.forgetting if np.isfinite(history.forgetting) else None,
        "first": 100 * last[0],
        "last": 100 * last[-1],
        "seconds": float(history.seconds.sum()),
        "numbers": size.parameters,
        "a_task": size.per_task,
        "images": size.stored_examples,
        "extras": extras,
    }


def slug(name):
    return "".join(c if c.isalnum() else "-" for c in name)


# ------------------------------------------------------------------ what is shown


def spread(values):
    """Mean and half the 95 % interval of Student's t; None where there is one value."""
    values = np.array([v for v in values if v is not None], dtype=float)
    if len(values) == 0:
        return None
    if len(values) == 1:
        return {"mean": float(values[0]), "half": None, "values": values.tolist()}
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return {"mean": float(values.mean()), "half": float(half), "values": values.tolist()}


def gathered(cells):
    told = {key: spread([cell[key] for cell in cells]) for key in MEASURES}
    same = {key: cells[0][key] for key in ("numbers", "a_task", "images", "strength", "tuning")}
    return told | same | {"seeds": len(cells)}


MEASURES = ("average", "forgotten", "first", "last", "seconds")


def text(value, digits=2):
    if value is None:
        return "–"
    half = "" if value["half"] is None else f" ± {value['half']:.{digits}f}"
    return f"{value['mean']:.{digits}f}{half}"


def shown(console, row, found):
    table = Table(title=f"{row}\n{AIMS[row]}", title_justify="left")
    for column in ("", "average", "forgotten", "first task", "last task", "s", "numbers", "images"):
        table.add_column(column, justify="right" if column else "left")
    for name, one in found.items():
        cells = [text(one[key]) for key in ("average", "forgotten", "first", "last")]
        table.add_row(
            name, *cells, text(one["seconds"], 0), f"{one['numbers']:,}", f"{one['images']:,}"
        )
    console.print(table)


def paired(row, cells):
    """Field less its control, same seeds, in points of average accuracy."""
    for (where, field), control in CONTROLS.items():
        if where == row and field in cells and control in cells:
            pairs = zip(cells[field], cells[control], strict=False)  # some may not be done yet
            yield field, control, spread([a["average"] - b["average"] for a, b in pairs])


def options(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=list(ROWS))
    parser.add_argument("--methods", nargs="+", help="only those of these names")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="1200 images: does it run?")
    parser.add_argument("--cells", type=Path, help="folder of finished runs")
    parser.add_argument("--only-finished", action="store_true", help="gather what is there")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--out", type=Path, help="write JSON to a file")
    chosen = parser.parse_args(argv)
    usual = Path("runs") / ("memory-quick" if chosen.quick else "memory")
    chosen.cells = chosen.cells or usual
    chosen.cells.mkdir(parents=True, exist_ok=True)
    return chosen


def row_of(row, chosen, console):
    cells = {}
    for seed in range(chosen.seeds):
        for name, make in ROWS[row].items():
            if chosen.methods and name not in chosen.methods:
                continue
            place = chosen.cells / f"{row}-{slug(name)}-{seed}.json"
            if chosen.only_finished and not place.exists():
                continue
            cell = run(row, name, make, seed, chosen)
            cells.setdefault(name, []).append(cell)
            console.print(
                f"{row}, {name}, seed {seed}: {cell['average']:.2f} %, {cell['seconds']:.0f} s"
            )
    return cells


def main(argv=None):
    chosen = options(argv)
    torch.set_num_threads(chosen.threads)
    console = Console(stderr=chosen.json)
    found = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": chosen.threads,
        "quick": chosen.quick,
        "rows": {},
        "field less control": {},
    }
    for row in chosen.rows:
        cells = row_of(row, chosen, console)
        if not cells:
            continue
        found["rows"][row] = gains = {name: gathered(one) for name, one in cells.items()}
        shown(console, row, gains)
        for field, control, gain in paired(row, cells):
            found["field less control"][f"{row}: {field}"] = gain | {"control": control}
            console.print(f"{field} less {control}: {text(gain)} points")
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if chosen.json:
        print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
