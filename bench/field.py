"""A step of the field, forward and backward, against bare FFTs and against explicit Euler.

    field layer   kick, FFT, drift, inverse FFT, kick, with gradients of input and potential
    bare          FFT and inverse FFT at the same shape, forward and backward by autograd
    Euler         as many explicit steps with a rolled Laplacian, by autograd

All in complex64, batch first, on the same fields, interleaved round by round so that a busy
machine slows all of them alike; the ratio to bare FFTs is the median over rounds of the
ratio within a round, printed with its quartiles. Times are those of one step.

    python bench/field.py [--quick] [--device cpu|cuda] [--threads N] [--batch N] [--steps N]
                          [--rounds N] [--json] [--out FILE]
"""

import argparse
import json
import platform
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import torch
from rich.console import Console
from rich.table import Table

from lawful.fields import FieldLayer

AIMS = {"linear": 1.5, "nonlinear": 2.5}


def bare(steps, axes=(-2, -1)):
    def run(psi):
        for _ in range(steps):
            psi = torch.fft.ifftn(torch.fft.fftn(psi, dim=axes), dim=axes)
        return psi

    return run


def contestants(grid, steps, device):
    """By name: what evolves a field of shape (batch, grid, grid), without readout."""
    common = {"dt": 0.2, "seed": 0, "readout": "complex", "device": device}

    def layer(**settings):
        return FieldLayer(grid, steps, **common, **settings)

    return {
        "bare": bare(steps),
        "linear": layer(),
        "linear, fixed potential": layer(potential="random"),
        "linear, keep some": layer(keep="some"),
        "linear, keep none": layer(keep="none"),
        "nonlinear": layer(nonlinearity="learned", bound=1.0),
        "Euler": layer(method="euler"),
        "Euler, nonlinear": layer(method="euler", nonlinearity="learned"),
    }


def timed(run, psi, slope, device):
    """Seconds forward and backward."""
    if isinstance(run, torch.nn.Module):
        run.zero_grad(set_to_none=True)
    psi.grad = None
    wait(device)
    began = perf_counter()
    run(psi).backward(slope)
    wait(device)
    return perf_counter() - began


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def raced(grid, batch, steps, rounds, device):
    """Seconds a step of every round, by contestant."""
    torch.manual_seed(0)
    shape = (batch, grid, grid)
    # Norm one a cell, so that a nonlinearity of order one is felt.
    psi = torch.randn(shape, dtype=torch.complex64, device=device, requires_grad=True)
    slope = torch.randn(shape, dtype=torch.complex64, device=device)
    lanes = contestants(grid, steps, device)
    seconds = {name: [] for name in lanes}
    for k in range(rounds + 2):
        for name, run in lanes.items():
            spent = timed(run, psi, slope, device)
            if k >= 2:
                seconds[name].append(spent / steps)
    return seconds


def summary(seconds):
    rows = {}
    for name, spent in seconds.items():
        ratios = [a / b for a, b in zip(spent, seconds["bare"], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        rows[name] = {
            "us_a_step": 1e6 * median(spent),
            "fastest_us": 1e6 * min(spent),
            "times_bare": median(ratios),
            "quartiles": [low, high],
        }
    for ours, theirs in (("linear", "Euler"), ("nonlinear", "Euler, nonlinear")):
        ratios = [b / a for a, b in zip(seconds[ours], seconds[theirs], strict=True)]
        rows[ours]["times_faster_than_euler"] = median(ratios)
    return rows


def shown(console, title, rows):
    table = Table(title=title)
    for column in ("", "µs a step", "times bare FFTs", "quartiles"):
        table.add_column(column, justify="right" if column else "left")
    for name, row in rows.items():
        low, high = row["quartiles"]
        table.add_row(
            name, f"{row['us_a_step']:.0f}", f"{row['times_bare']:.2f}", f"{low:.2f} to {high:.2f}"
        )
    console.print(table)
    for name, aim in AIMS.items():
        reached = "reached" if rows[name]["times_bare"] <= aim else "missed"
        console.print(
            f"{name}: aim {aim} {reached}; "
            f"{rows[name]['times_faster_than_euler']:.2f} times faster than Euler"
        )


def options(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 rounds")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=None, help="25, or 5 with --quick")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--out", type=Path, help="write JSON to a file")
    return parser.parse_args(argv)


def main(argv=None):
    chosen = options(argv)
    torch.set_num_threads(chosen.threads)
    console = Console(stderr=chosen.json)
    rounds = chosen.rounds or (5 if chosen.quick else 25)
    found = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if chosen.device == "cuda" else "cpu",
        "threads": chosen.threads,
        "batch": chosen.batch,
        "steps": chosen.steps,
        "rounds": rounds,
    }
    for grid in (32, 64):
        seconds = raced(grid, chosen.batch, chosen.steps, rounds, chosen.device)
        found[f"grid {grid}"] = rows = summary(seconds)
        shown(console, f"{chosen.batch} fields of {grid} × {grid}, {chosen.device}", rows)
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if chosen.json:
        print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
