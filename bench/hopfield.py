"""How much a Hopfield network holds: recall against the load, for growing networks.

Random patterns are stored by Hebb's rule and recalled neuron by neuron, each from
itself; a pattern counts as recalled where the overlap ends above 0.8. The theory
for N → ∞ breaks off at 0.138 N. In a network of N neurons the fall is gradual and
comes later: the load at which half are recalled is measured, with its interval,
and drawn on to N → ∞ by fits of a + b N^−k. Nobody has told us k, so three fits stand
side by side, each with its χ²: k = ½, k free, and a as theory says.

    python bench/hopfield.py [--quick] [--neurons N …] [--json] [--out FILE]
"""

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.optimize import curve_fit

from lawful.learning.capacity import capacity, critical_load, recalled_overlap

NEURONS = (200, 500, 1000, 2000)
QUICK = (100, 200, 400)
LOADS = (0.06, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.2, 0.22, 0.25)
# Networks a load: about as many recalls of about the same weight for each size.
WORK = 20_000


def measured(neurons, quick, progress):
    """The capacity curve of one size."""
    networks = int(np.clip(WORK // neurons, 10, 100)) // (4 if quick else 1)
    began = perf_counter()
    bar = progress.add_task(f"N = {neurons}", total=None)
    found = capacity(
        neurons,
        LOADS,
        networks=max(networks, 5),
        probes=50,
        progress=lambda done, total: progress.update(bar, completed=done, total=total),
    )
    return {
        "neurons": neurons,
        "networks": found.networks,
        "loads": found.loads.tolist(),
        "overlap": found.overlap.tolist(),
        "overlap_interval": np.transpose([found.low, found.high]).tolist(),
        "recalled": found.recalled.tolist(),
        "recalled_interval": np.transpose([found.recalled_low, found.recalled_high]).tolist(),
        "unsettled": found.unsettled.tolist(),
        "half": number(found.half()),
        "half_interval": [number(end) for end in found.half_interval()],
        "seconds": perf_counter() - began,
    }


def number(x):
    """As JSON can hold it: null where the share recalled does not fall through a half."""
    return x if np.isfinite(x) else None


def extrapolated(curves):
    """Fits of half = a + b N^−k, weighted by the intervals, with standard errors and χ²."""
    known = [c for c in curves if None not in (c["half"], *c["half_interval"])]
    n = np.array([c["neurons"] for c in known], dtype=float)
    half = np.array([c["half"] for c in known])
    error = np.array([(c["half_interval"][1] - c["half_interval"][0]) / 3.92 for c in known])
    edge = critical_load()
    forms = {
        "root": (("limit", "factor"), lambda n, a, b: a + b * n**-0.5, (0.14, 1.0)),
        "free": (
            ("limit", "factor", "exponent"),
            lambda n, a, b, k: a + b * n**-k,
            (0.14, 1.0, 0.5),
        ),
        "theory": (("factor", "exponent"), lambda n, b, k: edge + b * n**-k, (1.0, 0.5)),
    }
    found = {}
    for name, (words, form, guess) in forms.items():
        if len(known) <= len(words):
            continue
        best, cover = curve_fit(form, n, half, guess, sigma=error, absolute_sigma=True)
        found[name] = {
            **dict(zip(words, best.tolist(), strict=True)),
            "standard_errors": dict(zip(words, np.sqrt(np.diag(cover)).tolist(), strict=True)),
            "chi_squared": float((((half - form(n, *best)) / error) ** 2).sum()),
            "degrees_of_freedom": len(known) - len(words),
        }
    return found


def show(result):
    console = Console(stderr=True)
    table = Table(title="mean overlap after recall (95 % interval)")
    table.add_column("load")
    for curve in result["curves"]:
        table.add_column(f"N = {curve['neurons']}", justify="right")
    table.add_column("theory", justify="right")
    for k, load in enumerate(LOADS):
        cells = [
            f"{c['overlap'][k]:.3f} ({c['overlap_interval'][k][0]:.3f}, "
            f"{c['overlap_interval'][k][1]:.3f})"
            for c in result["curves"]
        ]
        theory = result["theory"]["overlap"][k]
        table.add_row(f"{load:.2f}", *cells, f"{theory:.3f}" if theory else "lost")
    console.print(table)
    for c in result["curves"]:
        low, high = c["half_interval"]
        if None in (c["half"], low, high):
            console.print(f"N = {c['neurons']}: no load tried at which half are recalled")
            continue
        console.print(
            f"N = {c['neurons']}: half are recalled at {c['half']:.4f} N "
            f"({low:.4f} to {high:.4f}); {c['seconds']:.0f} s"
        )
    for name, fit in result["extrapolated"].items():
        words = [
            f"{word} {fit[word]:.4f} ± {error:.4f}"
            for word, error in fit["standard_errors"].items()
        ]
        console.print(
            f"fit {name}: {', '.join(words)}; "
            f"χ² {fit['chi_squared']:.1f} of {fit['degrees_of_freedom']}"
        )
    console.print(f"theory for N → ∞: {result['theory']['critical_load']:.4f}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small networks, and few")
    parser.add_argument("--neurons", type=int, nargs="+", help="sizes of networks")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    chosen = parser.parse_args(arguments)
    sizes = chosen.neurons or (QUICK if chosen.quick else NEURONS)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        curves = [measured(n, chosen.quick, progress) for n in sizes]
    result = {
        "theory": {
            "critical_load": critical_load(),
            "overlap": recalled_overlap(LOADS).tolist(),
        },
        "curves": curves,
        "extrapolated": extrapolated(curves),
    }
    text = json.dumps(result, indent=2, allow_nan=False)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
