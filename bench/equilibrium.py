"""Equilibrium propagation: how its gradient's error falls, and how often it learns.

The error is that of the estimate against implicit differentiation, for networks of
several shapes, outputs and seeds; its slope is fitted on log-log axes. Where a network
is near a fold, at which a rest is born or lost, the theory's next term shows: hence the
share of networks within 0.05 of theory beside the extremes.

Learning is plain descent with the centred rule, with the coupling held at 1 and without
a limit, beside backpropagation in a feedforward network of the same layers, rate and
batches. The rates were tried out beforehand, on a few seeds. What counts is the end, not
the best moment.

    XOR     2-8-1    all samples at once, solved where all four are right
    moons   2-16-1   200 samples to learn, 200 to judge, solved at 95 % on the latter
    digits  64-32-10 four fifths to learn, one to judge, solved at 95 % on the latter

    python bench/equilibrium.py [--quick] [--json] [--out FILE]
"""

import argparse
import json
import sys
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

from lawful.learning import NeuralNetwork, datasets
from lawful.learning.equilibrium import EquilibriumNetwork, gradient_errors
from lawful.studies.intervals import wilson

NUDGINGS = np.geomspace(1e-3, 1e-2, 6)
SHAPES = ([2, 6, 1], [2, 6, 4, 1], [5, 10, 3])
OUTPUTS = ("sigmoid", "tanh", "linear")
SOLVED = 0.95


def slope(errors):
    return float(np.polyfit(np.log(NUDGINGS), np.log(errors), 1)[0])


def slopes(seeds):
    """Fitted slopes, one-sided and centred, over all shapes, outputs and seeds."""
    rows = []
    for layers, output, seed in product(SHAPES, OUTPUTS, range(seeds)):
        rng = np.random.default_rng([seed, *layers])
        X = rng.uniform(-1, 1, (20, layers[0]))
        y = rng.uniform(0, 1, (20, layers[-1]))
        net = EquilibriumNetwork(layers, output=output, seed=seed)
        one, two = (gradient_errors(net, X, y, NUDGINGS, centred=c) for c in (False, True))
        rows.append((slope(one), slope(two), one[-1], two[-1]))
    first, second, one, two = np.array(rows).T
    return {
        "networks": len(rows),
        "nudgings": NUDGINGS.tolist(),
        "one_sided": beside(first, 1),
        "centred": beside(second, 2),
        "median_error_at_0.01": {
            "one_sided": float(np.median(one)),
            "centred": float(np.median(two)),
        },
    }


def beside(found, theory):
    near = float((abs(found - theory) < 0.05).mean())
    return {"median": float(np.median(found)), "within_0.05": near, **ends(found)}


def ends(values):
    return {"least": float(values.min()), "most": float(values.max())}


def descend(net, samples, rate, epochs, batch):
    rng = np.random.default_rng(net.seed)
    for _ in range(epochs):
        order = rng.permutation(samples.size)
        for first in range(0, samples.size, batch):
            part = order[first : first + batch]
            net.train_step(samples.X[part], samples.y[part], rate)


RULES = ("coupling held at 1", "no limit", "backpropagation")


def network(rule, layers, seed, tolerance):
    if rule == "backpropagation":
        return NeuralNetwork(layers, output="sigmoid", loss="squared", seed=seed)
    coupling = 1.0 if rule == "coupling held at 1" else None
    return EquilibriumNetwork(layers, seed=seed, tolerance=tolerance, coupling=coupling)


def xor(seeds, steps, rate):
    """Accuracy after so many steps, and the first step before which all four were right."""
    X, y = datasets.xor()
    found = {"layers": [2, 8, 1], "learning_rate": rate, "steps": steps, "seeds": seeds}
    for rule in RULES:
        began, first, right = perf_counter(), [], 0
        for seed in range(seeds):
            net = network(rule, [2, 8, 1], seed, 1e-6)
            reached = [net.train_step(X, y, rate)[1] for _ in range(steps)]
            first += [reached.index(1.0)] if 1.0 in reached else []
            right += net.accuracy(X, y) == 1
        found[rule] = {
            **success(right, seeds),
            "once_right": len(first),
            "median_steps": float(np.median(first)) if first else None,
            "seconds": perf_counter() - began,
        }
    return found


def success(solved, trials):
    return {"solved": solved, "rate": solved / trials, "interval": wilson(solved, trials)}


def held_out(samples, share, layers, seeds, rate, epochs, tolerance):
    """Accuracy on samples kept apart, at the end, for each seed."""
    rest, test = samples.split(share, 0)
    found = {"layers": layers, "learning_rate": rate, "epochs": epochs, "seeds": seeds}
    for rule in RULES:
        began, reached = perf_counter(), []
        for seed in range(seeds):
            net = network(rule, layers, seed, tolerance)
            descend(net, rest, rate, epochs, batch=20)
            reached.append(net.accuracy(test.X, test.y))
        found[rule] = {
            **success(int(np.sum(np.array(reached) >= SOLVED)), seeds),
            "mean_accuracy": float(np.mean(reached)),
            **ends(np.array(reached)),
            "seconds": perf_counter() - began,
        }
    return found


def learning(quick):
    moons = datasets.dataset("moons", samples=400, noise=0.15, seed=0).standardised()
    return {
        "xor": xor(3 if quick else 100, 1000, 0.5),
        "moons": held_out(
            moons, 0.5, [2, 16, 1], 2 if quick else 10, 1.0, 20 if quick else 200, 1e-5
        ),
        "digits": held_out(
            datasets.digits(), 0.2, [64, 32, 10], 1 if quick else 5, 0.5, 3 if quick else 20, 1e-4
        ),
    }


def show(result):
    console = Console(stderr=True)
    table = Table(title="slope of the gradient's error against the nudging")
    for heading in ("rule", "theory", "median", "within 0.05", "least", "most", "error at 0.01"):
        table.add_column(heading, justify="right" if heading != "rule" else "left")
    for name, theory in (("one_sided", 1), ("centred", 2)):
        found = result["slopes"][name]
        table.add_row(
            name.replace("_", "-"),
            str(theory),
            f"{found['median']:.4f}",
            f"{found['within_0.05']:.0%}",
            *(f"{found[k]:.4f}" for k in ("least", "most")),
            f"{result['slopes']['median_error_at_0.01'][name]:.1e}",
        )
    console.print(table)
    table = Table(title="learning")
    for heading in ("data", "rule", "solved", "interval", "", "seconds"):
        table.add_column(heading)
    for data, found in result["learning"].items():
        for name in RULES:
            one = found[name]
            low, high = one["interval"]
            if "mean_accuracy" in one:
                detail = f"accuracy {one['mean_accuracy']:.3f} ({one['least']:.3f} at worst)"
            else:
                detail = f"{one['once_right']} once right, median step {one['median_steps']}"
            table.add_row(
                data,
                name,
                f"{one['solved']}/{found['seeds']}",
                f"{low:.3f} to {high:.3f}",
                detail,
                f"{one['seconds']:.1f}",
            )
    console.print(table)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few seeds")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    chosen = parser.parse_args(arguments)
    result = {"slopes": slopes(1 if chosen.quick else 10), "learning": learning(chosen.quick)}
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(result)
    found = result["slopes"]
    right = (
        abs(found["one_sided"]["median"] - 1) < 0.05 and abs(found["centred"]["median"] - 2) < 0.05
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
