"""How often XOR is learned: success rates over a thousand seeds or more, with intervals.

A training succeeds when all four samples are right (each answer on its side of 1/2)
within the steps given; success is tested every ten steps. All four samples are shown at
each step, the output is a sigmoid, the loss the squared error. Intervals are Wilson's, at
95 %. A line is a setting; every line sees the same seeds 0, 1, 2, …

    python bench/xor.py [--quick] [--seeds N] [--steps N] [--jobs N] [--json] [--out FILE]

Killed on the way, it goes on where it was: finished lines stay in the file of --out.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from lawful.learning import Diverged, NeuralNetwork, datasets, evolve
from lawful.learning.named import named
from lawful.studies.intervals import wilson

TANH = {"activation": "tanh", "weight_init": "random"}
BALL = ("momentum", {"learning_rate": 0.5, "momentum": 0.9})
BATH = {"mass": 1.0, "friction": 0.2, "time_step": 0.5}
LINES = {
    "2-2-1 tanh, N(0, 1)": ([2, 2, 1], TANH, BALL),
    "2-3-1 tanh, N(0, 1)": ([2, 3, 1], TANH, BALL),
    "2-4-1 tanh, N(0, 1)": ([2, 4, 1], TANH, BALL),
    "2-2-2-1 tanh, N(0, 1)": ([2, 2, 2, 1], TANH, BALL),
    "2-3-1 tanh, Xavier": ([2, 3, 1], {"activation": "tanh", "weight_init": "xavier"}, BALL),
    "2-3-1 tanh, orthogonal": (
        [2, 3, 1],
        {"activation": "tanh", "weight_init": "orthogonal"},
        BALL,
    ),
    "2-3-1 sigmoid, N(0, 1)": ([2, 3, 1], {**TANH, "activation": "sigmoid"}, BALL),
    "2-3-1 ReLU, He": ([2, 3, 1], {"activation": "relu", "weight_init": "he"}, BALL),
    "2-3-1 GELU, He": ([2, 3, 1], {"activation": "gelu", "weight_init": "he"}, BALL),
    "2-2-1 tanh, gradient descent": (
        [2, 2, 1],
        TANH,
        ("gradient_descent", {"learning_rate": 1.0}),
    ),
    "2-2-1 tanh, Adam": ([2, 2, 1], TANH, ("adam", {"learning_rate": 0.03})),
    "2-2-1 tanh, Langevin at T = 0.003": (
        [2, 2, 1],
        TANH,
        ("langevin", {**BATH, "temperature": 0.003}),
    ),
    "2-2-1 tanh, the same at T = 0": ([2, 2, 1], TANH, ("langevin", {**BATH, "temperature": 0.0})),
}


def solved_at(layers, settings, dynamics, seed, steps):
    """The step at which all four are right, or None."""
    net = NeuralNetwork(layers, loss="squared", seed=seed, **settings)
    mover = named(dynamics[0], **dynamics[1])
    options = {"dynamics": mover, "steps": steps, "every": 10, "goal": 1.0, "seed": seed}
    try:
        *_, last = evolve(net, datasets.xor(), ledger=False, **options)
    except Diverged:
        return None
    return last.step if last.accuracy == 1.0 else None


def measured(line, seeds, steps, jobs):
    began = perf_counter()
    ends = Parallel(n_jobs=jobs, batch_size=10)(
        delayed(solved_at)(*LINES[line], seed, steps) for seed in range(seeds)
    )
    found = [end for end in ends if end is not None]
    low, high = wilson(len(found), seeds)
    return {
        "seeds": seeds,
        "steps": steps,
        "solved": len(found),
        "rate": len(found) / seeds,
        "low": low,
        "high": high,
        "median_steps": median(found) if found else None,
        "seconds": perf_counter() - began,
    }


def shown(console, rows):
    table = Table(title="XOR learned")
    for column in ("", "solved", "rate", "95 % interval", "median steps"):
        table.add_column(column, justify="right" if column else "left")
    for line, row in rows.items():
        table.add_row(
            line,
            f"{row['solved']} / {row['seeds']}",
            f"{row['rate']:.1%}",
            f"{row['low']:.1%} to {row['high']:.1%}",
            str(row["median_steps"]),
        )
    console.print(table)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="50 seeds")
    parser.add_argument("--seeds", type=int, default=None, help="1000, or 50 with --quick")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--jobs", type=int, default=-1, help="processes; all cores by default")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--out", type=Path, help="write JSON to a file, line by line")
    chosen = parser.parse_args(argv)
    console = Console(stderr=chosen.json)
    seeds = chosen.seeds or (50 if chosen.quick else 1000)
    there = chosen.out is not None and chosen.out.exists()
    rows = json.loads(chosen.out.read_text(encoding="utf-8")) if there else {}
    for line in LINES:
        kept = rows.get(line, {})
        if (kept.get("seeds"), kept.get("steps")) != (seeds, chosen.steps):
            rows[line] = measured(line, seeds, chosen.steps, chosen.jobs)
            console.print(f"{line}: {rows[line]['rate']:.1%} in {rows[line]['seconds']:.0f} s")
        if chosen.out:
            chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    shown(console, rows)
    if chosen.json:
        print(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
