"""Thousands of networks at once: ours against torch and JAX, the machine, and theory.

    step     one network, XOR with 2-3-1: a step of ours and of torch eager
    many     10⁵ networks, XOR with 2-3-1, 100 steps, float64 and float32, against torch
             (stacked products or `torch.func.vmap`, the faster) and JAX (`vmap` of a compiled
             loop, blocked by `lax.map`: layers as products or sums or all written out,
             networks first or last, blocks of several sizes, the fastest)
    map      the map of two learning rates that Sohl-Dickstein drew (arXiv:2402.06184): a
             tanh network of width 16 and a rate for each layer, all of 272 random samples,
             squared error; against jit(vmap(step)) called step by step, as his notebook
             does, and jit(vmap(vmap(train))). Both have our layout: biases, and U = ½ mean;
             both keep an account of the loss at each step, as a map needs it. No aim, but
             shown: the same in JAX with blocks of networks that fit the cache
    peak     what `many` and `map` reach of the operations that one core can do
    laws     `lawful learn --ensemble`, then `lawful discover` on its log alone: the laws
             found, as functions of the weights, against those of theory
    diagram  `lawful phases`, 48 × 48 cells of 64 networks, 2000 steps, on one core

Every contestant lives in a process of its own, on one core with one thread, and first
shows that it computes the same: its weights after a few steps are compared with the
first one's. Then rounds are interleaved, so that a busy machine slows all of them alike;
a ratio is the median over rounds of the ratio within a round, with its quartiles. Ours
goes through `evolve`, which also watches when each network solves its task; "steps
alone" leaves that out, as the others do, and compilation is in nobody's time. "A long
run" is steps alone, more of them, so that taking networks into the cache and out again
counts for little: its share of the peak is that of the arithmetic.

    python bench/ensembles.py [--quick] [--only PART ...] [--rounds N] [--json] [--out FILE]

torch and JAX are this bench's own needs: pip install 'lawful[bench]'. Without one of
them its rows are left out, and said.
"""

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

# Read by NumPy, torch and JAX, here and in each contestant, which load after this.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
from rich.console import Console
from rich.table import Table

from peers.problem import Problem

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])
WIDE = "--xla_cpu_prefer_vector_width=512"  # where XLA has it, it helps
PRECISIONS = ("float64", "float32")
WIDTH, SAMPLES = 16, 272  # of the map
CHECKED = 4  # steps, after which all have the same weights
MILD = 2.0  # learning rates that are compared; beyond, rounding grows tenfold at each step
# float32 has 7 digits; what they differ by after some steps is of that size.
SAME = {"float64": 1e-6, "float32": 2e-5}
PARTS = ("step", "many", "map", "peak", "laws", "diagram")
OURS, ALONE, LONG = "lawful", "lawful, steps alone", "lawful, a long run"
LONGER = {"many": 10, "map": 4}  # times the steps of the others
STEPWISE, LOOPED, BLOCKED = "JAX, step by step", "JAX, one loop", "JAX, in blocks"
NEEDS = {"in_torch": "torch", "in_jax": "jax"}
# Contestants: a module of peers, and what in it makes them.
MAKERS = {
    OURS: ("ours", "whole"),
    ALONE: ("ours", "alone"),
    LONG: ("ours", "alone"),
    "torch eager": ("in_torch", "eager"),
    "torch": ("in_torch", "variants"),
    "JAX": ("in_jax", "variants"),
    STEPWISE: ("in_jax", "stepwise"),
    LOOPED: ("in_jax", "looped"),
    BLOCKED: ("in_jax", "blocked"),
    "peak": ("peak", "fastest"),
}
RACES = {
    "step": (OURS, ALONE, "torch eager"),
    "many": (OURS, ALONE, LONG, "torch", "JAX", "peak"),
    "map": (OURS, ALONE, LONG, STEPWISE, LOOPED, BLOCKED, "peak"),
}
# The least ratio, share or number, and what they are called in the table.
AIMS = {
    "step, torch eager": ("one network's step against torch eager", 500.0),
    "many float64, torch": ("10⁵ networks against torch, float64", 10.0),
    "many float32, torch": ("10⁵ networks against torch, float32", 20.0),
    "many float64, JAX": ("10⁵ networks against JAX in blocks, float64", 1.5),
    "map float64, stepwise": ("trainability map against jit(vmap(step)), float64", 6.0),
    "map float64, looped": ("the same against jit(vmap(vmap(train)))", 6.0),
    "peak float64": ("share of the measured peak, float64", 0.30),
    "peak float32": ("share of the measured peak, float32", 0.40),
    "laws": ("laws found = theory", 1.0),
    "diagram": ("a 48 × 48 × 64-seed diagram of 2000 steps, s", 20.0),
}


# ---------------------------------------------------------------- what is trained


def xor_problem(networks, dtype):
    """XOR 2-3-1, a seed and a learning rate for each network."""
    from lawful.learning.ensembles import Population

    rate = np.geomspace(0.1, 2.0, networks)
    made = Population.of(
        [2, 3, 1], dtype=dtype, learning_rate=rate, seeds=np.arange(networks) % 5000
    )
    return Problem(
        (2, 3, 1), ("tanh", "sigmoid"), made.positions(), made.learning_rate, XOR_X, XOR_Y
    )


def map_problem(side, dtype):
    """One network at the rates of a grid, on random samples: as many as it has weights."""
    from lawful.learning.ensembles import Population

    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((SAMPLES, WIDTH)), rng.standard_normal((SAMPLES, 1))
    rates = np.meshgrid(np.geomspace(0.1, 100.0, side), np.geomspace(0.1, 100.0, side))
    layers = (WIDTH, WIDTH, 1)
    made = Population.of(
        layers,
        output="linear",
        dtype=dtype,
        learning_rate=np.stack([r.ravel() for r in rates]),
        seeds=1,
    )
    return Problem(layers, ("tanh", "linear"), made.positions(), made.learning_rate, X, y)


# ---------------------------------------------------------------- the race


def made_by(name, problem):
    """A function of a number of steps, what was chosen, and operations of a peak's step."""
    module, maker = MAKERS[name]
    flags = widen() if name in ("JAX", BLOCKED) else ""  # read when JAX is imported
    make = getattr(importlib.import_module(f"peers.{module}"), maker)
    if name == "peak":
        run, each, chosen = make(problem.dtype)
        return run, chosen, each
    if maker not in ("variants", "blocked"):
        return make(problem), "", 0
    timings, tried = {}, make(problem)
    for variant, build in tried.items():
        timings[variant] = tried_out(build())
    best = min(timings, key=timings.get)
    return tried[best](), best + flags, 0


def tried_out(run, steps=6):
    """Seconds of a few steps, compiled before."""
    run(steps)
    spent = []
    for _ in range(3):
        began = perf_counter()
        run(steps)
        spent.append(perf_counter() - began)
    return min(spent)


def contestant(name, problem, pipe):
    """Live in a process of one's own: show some steps, then a round when asked."""
    with np.errstate(all="ignore"):
        run, chosen, each = made_by(name, problem)
        shown = None if name == "peak" else np.asarray(run(CHECKED))
        pipe.send((shown, chosen, each))
        while steps := pipe.recv():
            began = perf_counter()
            run(steps)
            pipe.send(perf_counter() - began)


def widen():
    """Let XLA use the widest registers; it ends a process that tells it what it knows not."""
    told = {**os.environ, "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {WIDE}".strip()}
    asked = [sys.executable, "-c", "import jax; jax.devices()"]
    if subprocess.run(asked, env=told, capture_output=True, check=False).returncode:
        return ""
    os.environ["XLA_FLAGS"] = told["XLA_FLAGS"]
    return f", {WIDE}"


def missing(name):
    """The package that a contestant lacks, or None."""
    package = NEEDS.get(MAKERS[name][0])
    return package if package and importlib.util.find_spec(package) is None else None


def same(name, shown, wanted, problem):
    """The largest difference of weights; ends all where it is no rounding."""
    mild = (problem.rate <= MILD).all(axis=0)
    wanted, shown = wanted[:, mild], shown[:, mild]
    worst = float(np.max(np.abs(shown - wanted) / np.maximum(1.0, np.abs(wanted))))
    if not worst <= SAME[problem.dtype]:
        raise SystemExit(f"{name} does not compute the same: weights differ by {worst:.1e}")
    return worst


class Race:
    """Contestants side by side on one problem."""

    def __init__(self, names, problem, say):
        self.problem, self.say = problem, say
        self.lanes, self.chosen, self.differences, self.each = {}, {}, {}, {}
        context, wanted = multiprocessing.get_context("spawn"), None
        for name in names:
            if missing(name):
                say(f"{missing(name)} is not installed: {name} does not run")
                continue
            here, there = context.Pipe()
            process = context.Process(target=contestant, args=(name, problem, there), daemon=True)
            process.start()
            there.close()
            shown, self.chosen[name], self.each[name] = here.recv()
            self.lanes[name] = (here, process)
            if shown is not None:
                wanted = shown if wanted is None else wanted
                self.differences[name] = same(name, shown, wanted, problem)

    def run(self, rounds, steps):
        """Seconds a step of all networks, by contestant, round by round."""
        seconds = {name: [] for name in self.lanes}
        for k in range(rounds):
            for name, (pipe, _) in self.lanes.items():
                pipe.send(steps[name])
                seconds[name].append(pipe.recv() / steps[name])
            self.say(f"round {k + 1} of {rounds}")
        for pipe, process in self.lanes.values():
            pipe.send(0)
            process.join()
        return seconds


def spread(values):
    """Median and quartiles."""
    low, _, high = quantiles(values, n=4) if len(values) > 1 else values * 3
    return {"median": median(values), "quartiles": [low, high]}


def summary(race, seconds):
    """A row for each contestant: time, what was chosen, and its ratio to both of ours."""
    rows = {}
    for name, spent in seconds.items():
        if name == "peak":
            continue
        rows[name] = {
            "ns_a_network_step": 1e9 * median(spent) / race.problem.networks,
            "fastest_ns": 1e9 * min(spent) / race.problem.networks,
            "differs_by": race.differences[name],
            "chosen": race.chosen[name],
            "times_ours": ratio(spent, seconds[OURS]),
            "times_steps_alone": ratio(spent, seconds[ALONE]),
        }
    return rows


def ratio(theirs, ours):
    return spread([a / b for a, b in zip(theirs, ours, strict=True)])


def peak_of(race, seconds):
    """The share of the core's operations that a step's arithmetic is."""
    limit = [race.each["peak"] / s for s in seconds["peak"]]
    shares = {}
    for name in (OURS, ALONE, LONG):
        for counted, e in (("share", None), ("share_exponential_one", 1)):
            work = race.problem.work(e) * race.problem.networks
            reached = [work / s / top for s, top in zip(seconds[name], limit, strict=True)]
            shares.setdefault(name, {})[counted] = spread(reached)
    return {
        "operations_a_second": median(limit),
        "by": race.chosen["peak"],
        "operations_a_step": race.problem.work(),
        "shares": shares,
    }


def raced(part, problem, rounds, steps, say):
    """A race's rows, and what it reaches of the peak."""
    race = Race(RACES[part], problem, say)
    # A peak's round takes as long as some of ours.
    counts = dict.fromkeys(race.lanes, steps)
    counts |= {LONG: steps * LONGER[part]} if LONG in race.lanes else {}
    counts |= {"peak": int(2e9 / race.each["peak"])} if "peak" in race.lanes else {}
    counts |= {"torch eager": max(100, steps // 100)} if "torch eager" in race.lanes else {}
    seconds = race.run(rounds, counts)
    found = {"networks": problem.networks, "steps": steps, "rows": summary(race, seconds)}
    if "peak" in seconds:
        found["peak"] = peak_of(race, seconds)
    return found


# ---------------------------------------------------------------- laws


THREE = "three.csv"
NETWORKS = 200
# By name: layers, the function of hidden layers, whether a softmax follows, and the words.
LAWS = {
    "ReLU 2-3-1": ((2, 3, 1), "relu", False, "xor"),
    "linear 2-3-1": ((2, 3, 1), "linear", False, "xor --output linear"),
    "linear 2-2-2-1": ((2, 2, 2, 1), "linear", False, "xor --output linear"),
    "ReLU 2-2-2-1": ((2, 2, 2, 1), "relu", False, "xor"),
    "ReLU and softmax 2-3-3": ((2, 3, 3), "relu", True, f"{THREE} --target kind"),
    "tanh 2-3-1": ((2, 3, 1), "tanh", False, "xor"),
}


def laws(say):
    """Which laws the command line finds in a log, held against those there are."""
    from peers import theory

    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        classes(Path(folder) / THREE)
        for name, (layers, function, softmax, words) in LAWS.items():
            log, began = f"log-{len(rows)}.nc", perf_counter()
            shape = "-".join(map(str, layers))
            learn = f"learn {words} --layers {shape} --activation {function}"
            learn += f" --ensemble {NETWORKS} --out {log}"
            lawful(learn, folder)
            taught = perf_counter()
            said = json.loads(lawful(f"discover {log} --no-report --json", folder))
            found = [law["expression"] for law in said["laws"]]
            rows[name] = row = {
                **theory.judged(found, layers, function, softmax),
                "laws": found,
                "commands": [f"lawful {learn}", f"lawful discover {log}"],
                "seconds": {"learn": taught - began, "discover": perf_counter() - taught},
            }
            say(
                f"{name}: {row['found']} independent laws of {row['independent']}, with products "
                f"{row['following']} of {row['theory']}; {row['false']} false; {row['off']:.1e} off"
            )
    return rows


def as_theory(row):
    """Whether what is found is what there is: all of it, and nothing else."""
    whole = row["found"] == row["independent"] and row["following"] == row["theory"]
    return whole and not row["false"]


def classes(path):
    """Three kinds of points in a plane."""
    rng = np.random.default_rng(0)
    middles = np.array([[0.0, 1.0], [1.0, -0.6], [-1.0, -0.6]])
    lines = ["a,b,kind"]
    for k in range(24):
        a, b = middles[k % 3] + 0.4 * rng.standard_normal(2)
        lines.append(f"{a:.6f},{b:.6f},{'xyz'[k % 3]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def lawful(words, folder):
    """What a command prints; ends all where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "lawful", *words.split()],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"lawful {words}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


# ---------------------------------------------------------------- a diagram


def diagram(quick, rounds, say):
    """Seconds of a phase diagram by the command line, on one core."""
    size, steps = (12, 500) if quick else (48, 2000)
    words = (
        "phases xor --layers 2-2-1 --x learning_rate=1e-2:1e2:log --y init_scale=1e-2:10:log"
        f" --seeds 64 --size {size} --steps {steps} --jobs 1 --no-pictures --json"
    )
    whole = []
    for k in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            began = perf_counter()
            said = json.loads(lawful(f"{words} --out diagram", folder))
            whole.append(perf_counter() - began)
        say(f"diagram, round {k + 1} of {rounds}: {whole[-1]:.1f} s")
    networks = 64 * size**2
    return {
        "command": f"lawful {words}",
        "networks": networks,
        "steps": steps,
        "engine": said.get("engine"),
        "seconds": spread(whole),
        "network_steps_a_second": networks * steps / median(whole),
    }


# ---------------------------------------------------------------- what is said


def reached(found):
    """By aim: what was measured, or None where it was not."""
    got = {}

    def times(part, name):
        row = found.get(part, {}).get("rows", {}).get(name)
        return row and row["times_ours"]

    got["step, torch eager"] = times("step", "torch eager")
    for dtype in PRECISIONS:
        got[f"many {dtype}, torch"] = times(f"many {dtype}", "torch")
        got[f"peak {dtype}"] = share(found, dtype)
    got["many float64, JAX"] = times("many float64", "JAX")
    got["map float64, stepwise"] = times("map float64", STEPWISE)
    got["map float64, looped"] = times("map float64", LOOPED)
    if "laws" in found:
        right = sum(map(as_theory, found["laws"].values()))
        got["laws"] = {"median": right / len(found["laws"]), "quartiles": None}
    if "diagram" in found:
        got["diagram"] = found["diagram"]["seconds"]
    return {aim: got.get(aim) for aim in AIMS}


def share(found, dtype):
    """Of the peak, by a long run, in the race that comes nearer to it."""
    peaks = [found[part]["peak"] for part in (f"many {dtype}", f"map {dtype}") if part in found]
    shares = [peak["shares"][LONG]["share"] for peak in peaks]
    return max(shares, key=lambda one: one["median"], default=None)


def against_aims(found):
    """A line for each aim: measured, spread, aim, and whether it is reached."""
    lines = []
    for aim, measured in reached(found).items():
        said, wanted = AIMS[aim]
        if measured is None:
            continue
        at_most = aim == "diagram"
        value = measured["median"]
        lines.append({
            "row": said,
            "measured": value,
            "quartiles": measured["quartiles"],
            "aim": wanted,
            "at_most": at_most,
            "reached": bool(value <= wanted if at_most else value >= wanted),
        })  # fmt: skip
    return lines


def shown_race(console, title, found):
    table = Table(title=f"{title}: {found['networks']} networks, {found['steps']} steps")
    for column in ("", "ns a network's step", "times ours", "quartiles", "steps alone", "how"):
        table.add_column(column, justify="left" if column in ("", "how") else "right")
    for name, row in found["rows"].items():
        ours = row["times_ours"]
        low, high = ours["quartiles"]
        table.add_row(
            name, f"{row['ns_a_network_step']:.4g}", f"{ours['median']:.2f}",
            f"{low:.2f} to {high:.2f}", f"{row['times_steps_alone']['median']:.2f}", row["chosen"],
        )  # fmt: skip
    console.print(table)
    if "peak" in found:
        peak = found["peak"]
        for name, shares in peak["shares"].items():
            console.print(
                f"{name}: {100 * shares['share']['median']:.1f} % of "
                f"{peak['operations_a_second'] / 1e9:.1f} Gflop/s ({peak['by']}); "
                f"{100 * shares['share_exponential_one']['median']:.1f} % "
                "with an exponential counted as one operation"
            )


def shown_aims(console, lines, quick):
    smaller = "; quick, so with fewer networks and steps than they are for" if quick else ""
    table = Table(title=f"against the aims{smaller}")
    for column in ("", "measured", "quartiles", "aim", ""):
        table.add_column(column, justify="right" if column else "left")
    for line in lines:
        quartiles = line["quartiles"]
        table.add_row(
            line["row"], f"{line['measured']:.3g}",
            f"{quartiles[0]:.3g} to {quartiles[1]:.3g}" if quartiles else "",
            f"{'≤' if line['at_most'] else '≥'} {line['aim']:g}",
            "reached" if line["reached"] else "missed",
        )  # fmt: skip
    console.print(table)


def options(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, few networks")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
                        help=f"of {', '.join(PARTS)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=None, help="9, or 3 with --quick")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--out", type=Path, help="write JSON to a file")
    return parser.parse_args(argv)


def on_one_core():
    """Keep this process and all that it starts on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def sized(part, dtype, quick):
    """A race's problem, its steps, and how many rounds at most."""
    if part == "many":
        return xor_problem(16_384 if quick else 102_400, dtype), 100, 99
    return map_problem(16 if quick else 48, dtype), 20 if quick else 50, 5


def measured(chosen, rounds, console):
    """All parts that are asked for."""
    quick, say, found = chosen.quick, console.print, {}
    if "step" in chosen.only:
        one = xor_problem(1, "float64")
        found["step"] = raced("step", one, rounds, 20_000 if quick else 500_000, say)
        shown_race(console, "XOR 2-3-1, one network", found["step"])
    wanted = {"many", "map"} & set(chosen.only) or ({"many", "map"} & _for_peak(chosen.only))
    for part in sorted(wanted, reverse=True):
        for dtype in PRECISIONS:
            problem, steps, most = sized(part, dtype, quick)
            found[f"{part} {dtype}"] = raced(part, problem, min(rounds, most), steps, say)
            shown_race(console, f"{part}, {dtype}", found[f"{part} {dtype}"])
    if "laws" in chosen.only:
        found["laws"] = laws(say)
    if "diagram" in chosen.only:
        found["diagram"] = diagram(quick, min(rounds, 3), say)
    return found


def _for_peak(only):
    """The races that tell the peak."""
    return {"many", "map"} if "peak" in only else set()


def main(argv=None):
    chosen = options(argv)
    on_one_core()
    console = Console(stderr=chosen.json)
    rounds = chosen.rounds or (3 if chosen.quick else 9)
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: version(name) for name in ("numba", "torch", "jax")},
        "quick": chosen.quick,
        "rounds": rounds,
        **measured(chosen, rounds, console),
    }
    found["aims"] = against_aims(found)
    shown_aims(console, found["aims"], chosen.quick)
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if chosen.json:
        print(json.dumps(found, indent=1))
    return 0


def version(name):
    """Of a package, or None."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
