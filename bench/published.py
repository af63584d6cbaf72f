"""What the physics is worth: the published network without it, and the image as the field.

    cores         MNIST, then MNIST permuted, nothing against forgetting, an epoch each, on all
                  60 000 images: explicit Euler, Strang, and no evolution at equal size
    norms         what a core makes of the norm, in 5, 100 and 500 steps
    image         the image as the field on 15 000 images × 2 epochs, as they are and
                  permuted: no evolution, free flight, random planes, learned planes, MLPs
    nonlinearity  g fixed and learned, behind several numbers of planes

Rates and time steps of `image` and `nonlinearity` are chosen on validation images, by other
seeds than those that are reported, for every arm on its own; the curves are kept, and rates
fall to zero. In `cores` nothing is chosen: Adam, rate 0.001, batches of 128. Tests are looked
at once, at the end.
Networks of one seed have the same first weights wherever their shapes agree, and the same
batches: differences are paired, their intervals Student's over the seeds.

Every measurement is a file in --cells; what is there is not measured again.

    python bench/published.py [--quick] [--seeds N] [--only TABLE …] [--cells FOLDER]
                              [--json] [--out FILE]
"""

import argparse
import json
import os
import sys
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy import stats
from torch.nn.functional import cross_entropy

from lawful.fields.memory.image_field import ImageField
from lawful.fields.memory.networks import mlp, numbers
from lawful.fields.memory.published import PublishedNetwork
from lawful.learning.datasets import dataset

TABLES = ("cores", "norms", "image", "nonlinearity")
SEEDS = 5
TUNING_SEEDS = (1000, 1001)
VALIDATION = 5000  # the last of the training images, in `image` and `nonlinearity`
BATCH = 128
TASKS = ("permuted", "as they are")

CORES = {
    "Euler, 0.01": {"core": "euler"},
    "Strang, 0.2": {"core": "strang"},
    "Strang, 0.2, g 0": {"core": "strang", "nonlinearity": 0.0},
    "identity": {"core": "identity"},
}
CHIEF = ("Euler, 0.01", "Strang, 0.2", "identity")  # measured first
NORMS = [("euler", dt) for dt in (0.01, 0.05, 0.1)] + [("strang", dt) for dt in (0.01, 0.1, 0.2)]

# Every arm of `image` and `nonlinearity`: what it is, and what is tuned for it.
RATES = {"rate": (1e-3, 3e-3, 1e-2, 3e-2)}
IMAGE = {
    "no evolution": ({"potential": "none"}, RATES),
    "free flight": ({"potential": "free"}, RATES | {"dt": (1.0, 3.0)}),
    "random planes": ({"potential": "random"}, RATES | {"dt": (1.0, 3.0)}),
    "learned planes": ({"potential": "learned"}, RATES | {"dt": (1.0, 3.0)}),
    "MLP of equal size": ({"hidden": (20,)}, RATES),
    "MLP of 636 k": ({"hidden": (800,)}, RATES),
}
STRENGTHS = (0.0, -300.0, 30.0, 300.0, "learned")
FEWER = {"rate": (3e-3, 1e-2)}
NONLINEARITY = {
    f"{words}, g {g if isinstance(g, str) else format(g, '+g') if g else '0'}": (
        {"planes": planes, "nonlinearity": g, "dt": 3.0},
        FEWER,
    )
    for words, planes, strengths in (
        ("6 planes", 6, STRENGTHS),
        ("1 plane", 1, (0.0, "learned")),
    )
    for g in strengths
}


# ------------------------------------------------------------------ data and training


def mnist(quick):
    """Images and labels, to learn from and to test."""
    samples = dataset("mnist")

    def tensors(part, most):
        images = torch.tensor(part.X[:most], dtype=torch.float32).reshape(-1, 28, 28)
        return images, torch.tensor(part.labels[:most])

    few = (9000, 2000) if quick else (None, None)
    return (*tensors(samples, few[0]), *tensors(samples.test, few[1]))


def permutation(seed):
    """Pixels in the order of a draw."""
    order = torch.randperm(28 * 28, generator=torch.Generator().manual_seed(seed))
    return lambda x: x.flatten(1)[:, order].reshape(x.shape)


def trained(network, images, labels, *, rate, epochs, seed, view, falling=False):
    """The naive loop: shuffled batches, a new optimizer for every task.

    A rate that falls in a line to zero leaves less of the last batches in the end.
    """
    groups = getattr(network, "parameter_groups", lambda rate: list(network.parameters()))(rate)
    stepper = torch.optim.Adam(groups, lr=rate)
    steps, end = epochs * -(-len(labels) // BATCH), 0.0 if falling else 1.0
    fall = torch.optim.lr_scheduler.LinearLR(stepper, 1.0, end, total_iters=steps)
    draw = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels), generator=draw).split(BATCH):
            stepper.zero_grad()
            cross_entropy(network(view(images[rows])), labels[rows]).backward()
            stepper.step()
            fall.step()
    return network


def accuracy(network, images, labels, view):
    """In per cent."""
    with torch.no_grad():
        found = [network(view(x)).argmax(1) for x in images.split(500)]
    return 100 * float((torch.cat(found) == labels).double().mean())


def same(x):
    return x


# ------------------------------------------------------------------ cells: one measurement each


def core_cell(data, arm, seed):
    """MNIST, then permuted."""
    images, labels, tests, answers = data
    torch.manual_seed(seed)
    network, view, began = PublishedNetwork(**CORES[arm]), permutation(seed), process_time()
    fit = partial(trained, network, images, labels, rate=1e-3, epochs=1)
    fit(seed=2 * seed, view=same)
    first = accuracy(network, tests, answers, same)
    fit(seed=2 * seed + 1, view=view)
    second, left = accuracy(network, tests, answers, view), accuracy(network, tests, answers, same)
    return {
        "first": first,
        "second": second,
        "left": left,
        "forgotten": first - left,
        "numbers": numbers(network),
        "seconds": process_time() - began,
    }


def norm_cell(data, core, dt):
    """The norm of the fields of 200 images over that at the start, by the number of steps."""
    grown = {}
    for steps in (5, 100, 500):
        torch.manual_seed(0)
        network = PublishedNetwork(core, steps=steps, dt=dt)
        with torch.no_grad():
            start = network.start(data[2][:200])
            end = network.field.evolve(start)
        ratio = (end.abs().double() ** 2).sum((1, 2)) / (start.abs().double() ** 2).sum((1, 2))
        worst = float(ratio.max())
        grown[str(steps)] = worst if np.isfinite(worst) else None
    return grown


def model(settings, seed, dt=None):
    if "hidden" in settings:
        return mlp(28, 10, settings["hidden"])
    return ImageField(28, 10, **(settings if dt is None else settings | {"dt": dt}), seed=seed)


def image_cell(data, settings, chosen, seed, task, few, *, validation):
    """The accuracy on validation images, or on the tests."""
    images, labels, tests, answers = data
    if validation:
        tests, answers = images[-VALIDATION:], labels[-VALIDATION:]
    drawn = torch.randperm(len(labels) - VALIDATION, generator=torch.Generator().manual_seed(seed))
    rows = drawn[:few]
    view = permutation(seed) if task == "permuted" else same
    torch.manual_seed(seed)
    network, began = model(settings, seed, chosen.get("dt")), process_time()
    fit = partial(trained, network, images[rows], labels[rows])
    fit(rate=chosen["rate"], epochs=2, seed=seed, view=view, falling=True)
    cell = {
        "accuracy": accuracy(network, tests, answers, view),
        "numbers": numbers(network),
        "seconds": process_time() - began,
    }
    if settings.get("nonlinearity") == "learned":
        cell["g"] = float(network.field.nonlinearity)
    return cell


class Cells:
    """Measurements by name, each a file that is written once and whole."""

    def __init__(self, folder, console):
        self.folder, self.console = folder, console
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name, measure):
        path = self.folder / f"{name.replace(' ', '-').replace(',', '')}.json"
        if not path.exists():
            cell = measure()
            self.console.print(f"{name}: {json.dumps(cell)}", highlight=False)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(cell) + "\n", encoding="utf-8")
            os.replace(part, path)
        return json.loads(path.read_text(encoding="utf-8"))


# ------------------------------------------------------------------ tables


def interval(values):
    """Median, mean, and the 95 % interval of the mean by Student's t."""
    values = np.asarray(values, dtype=float)
    found = {"median": float(median(values)), "mean": float(values.mean())}
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        found["interval"] = [found["mean"] - half, found["mean"] + half]
    return found | {"values": values.tolist()}


def differences(rows, key, pairs):
    """Of pairs of arms, seed by seed."""
    return {
        f"{a} − {b}": interval(np.subtract(rows[a][key]["values"], rows[b][key]["values"]))
        for a, b in pairs
    }


def cores(data, cells, seeds, quick):
    rows = {}
    found = {(arm, s): cells(f"core {arm} {s}", partial(core_cell, data, arm, s))
             for arms in (CHIEF, CORES) for s in range(seeds) for arm in arms}  # fmt: skip
    for arm in CORES:
        mine = [found[arm, s] for s in range(seeds)]
        keys = ("first", "second", "left", "forgotten", "seconds")
        rows[arm] = {key: interval([one[key] for one in mine]) for key in keys}
        rows[arm]["numbers"] = mine[0]["numbers"]
    pairs = [("Strang, 0.2", "identity"), ("Strang, 0.2", "Euler, 0.01"),
             ("Euler, 0.01", "identity"), ("Strang, 0.2, g 0", "identity")]  # fmt: skip
    apart = {key: differences(rows, key, pairs) for key in ("first", "second", "forgotten")}
    return {"rows": rows, "differences": apart}


def norms(data, cells, seeds, quick):
    rows = {f"{core}, {dt:g}": cells(f"norm {core} {dt:g}", partial(norm_cell, data, core, dt))
            for core, dt in NORMS}  # fmt: skip
    return {"rows": rows}


def best(data, cells, arm, settings, grid, task, few):
    """The tuned settings, and the curve over the grid: mean over the tuning seeds."""
    curve = []
    for values in product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        words = " ".join(f"{k} {v:g}" for k, v in chosen.items())
        reached = [
            cells(
                f"tune {arm} {task} {words} {seed}",
                partial(image_cell, data, settings, chosen, seed, task, few, validation=True),
            )["accuracy"]
            for seed in TUNING_SEEDS
        ]
        curve.append(chosen | {"accuracy": float(np.mean(reached))})
    top = max(curve, key=lambda one: one["accuracy"])
    return {name: top[name] for name in grid}, curve


def arms(data, cells, seeds, quick, table, tasks):
    few, found = 3000 if quick else 15_000, {}
    for task, (arm, (settings, grid)) in product(tasks, table.items()):
        grid = {k: v[:1] for k, v in grid.items()} if quick else grid
        chosen, curve = best(data, cells, arm, settings, grid, task, few)
        mine = [
            cells(
                f"test {arm} {task} {seed}",
                partial(image_cell, data, settings, chosen, seed, task, few, validation=False),
            )
            for seed in range(seeds)
        ]
        row = {key: interval([one[key] for one in mine]) for key in ("accuracy", "seconds")}
        row |= {"numbers": mine[0]["numbers"], "chosen": chosen, "curve": curve}
        if "g" in mine[0]:
            row["g"] = [one["g"] for one in mine]
        found.setdefault(task, {})[arm] = row
    return found


def image(data, cells, seeds, quick):
    found = arms(data, cells, seeds, quick, IMAGE, TASKS)
    learned = "learned planes"
    pairs = [(learned, "random planes"), ("random planes", "no evolution"),
             ("random planes", "free flight"), (learned, "MLP of equal size"),
             (learned, "MLP of 636 k")]  # fmt: skip
    apart = {task: differences(rows, "accuracy", pairs) for task, rows in found.items()}
    return {"rows": found, "differences": apart}


def nonlinearity(data, cells, seeds, quick):
    found = arms(data, cells, seeds, quick, NONLINEARITY, ("permuted",))
    names = list(NONLINEARITY)
    pairs = [(arm, f"{arm.split(',')[0]}, g 0") for arm in names if not arm.endswith(", g 0")]
    apart = {task: differences(rows, "accuracy", pairs) for task, rows in found.items()}
    return {"rows": found, "differences": apart}


# ------------------------------------------------------------------ what is shown


def said(found, signed=False):
    form = "{:+.2f}" if signed else "{:.2f}"
    if "interval" not in found:
        return form.format(found["mean"])
    low, high = found["interval"]
    return f"{form.format(found['mean'])} ({low:.2f} to {high:.2f})"


def show_rows(console, title, rows, keys):
    table = Table(title=title)
    for word in ("", *keys, "numbers"):
        table.add_column(word)
    for arm, row in rows.items():
        table.add_row(arm, *(said(row[key]) for key in keys), str(row["numbers"]))
    console.print(table)


def show_differences(console, title, found):
    table = Table(title=f"{title}: paired differences")
    table.add_column("")
    table.add_column("points")
    for pair, difference in found.items():
        table.add_row(pair, said(difference, signed=True))
    console.print(table)


def show(result):
    console = Console(stderr=True)
    if "cores" in result:
        keys = ("first", "second", "left", "forgotten")
        show_rows(console, "accuracy in per cent, mean (95 %)", result["cores"]["rows"], keys)
        for key, found in result["cores"]["differences"].items():
            show_differences(console, key, found)
    if "norms" in result:
        table = Table(title="norm at the end over norm at the start, the worst of 200 images")
        for word in ("", "5 steps", "100 steps", "500 steps"):
            table.add_column(word)
        for arm, row in result["norms"]["rows"].items():
            table.add_row(arm, *("overflow" if v is None else f"{v:.6g}" for v in row.values()))
        console.print(table)
    for name in ("image", "nonlinearity"):
        for task, rows in result.get(name, {}).get("rows", {}).items():
            show_rows(console, f"{name}, {task}: accuracy in per cent", rows, ("accuracy",))
            show_differences(console, task, result[name]["differences"][task])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few images, two seeds, no tuning")
    parser.add_argument("--seeds", type=int, help=f"how many, {SEEDS} when not given")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=TABLES, help="which tables")
    parser.add_argument("--cells", type=Path, help="where measurements are kept")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    seeds = chosen.seeds or (2 if chosen.quick else SEEDS)
    kept = Path("runs") / ("published-quick" if chosen.quick else "published")
    cells = Cells(chosen.cells or kept, Console(stderr=True))
    data = mnist(chosen.quick)
    made = {"cores": cores, "norms": norms, "image": image, "nonlinearity": nonlinearity}
    result = {"seeds": seeds, "quick": chosen.quick}
    result |= {name: made[name](data, cells, seeds, chosen.quick) for name in chosen.only}
    text = json.dumps(result, indent=2, allow_nan=False, ensure_ascii=False)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
