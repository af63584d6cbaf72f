"""The law benchmark: every system of the catalogue, three noise levels, laws found against known.

    python bench/laws.py [--noise 0 0.01] [--systems orbit] [--seeds 0 1] [--out FILE]

For each system: 60 runs × 200 samples. A law that was found is checked on fresh
runs without noise, which the engine never saw: R² = 1 − λ, the share of the
law's variance that lies between runs. It is *right* where R² > 0.9999, *true*
where R² > 0.99, and false otherwise. Laws found count no more than there are.
The control is the same data with each variable shuffled over times and runs.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from lawful.laws import Law, find_laws
from lawful.systems import names, simulate, system
from lawful.trajectories import Trajectories

RUNS, SAMPLES = 60, 200


def share_between_runs(law: Law, clean: Trajectories) -> float:
    """R² of the law on clean runs: the variance between runs over the total."""
    columns = {str(n): v.values for n, v in clean.data_vars.items()}
    q = np.broadcast_to(law.function(columns), next(iter(columns.values())).shape)
    total = q.var()
    return float(1 - q.var(axis=1).mean() / total) if total > 0 else 0.0


def shuffled(runs: Trajectories, seed: int) -> Trajectories:
    """The control: every variable, its samples shuffled over times and runs on their own."""
    rng = np.random.default_rng(seed)
    return runs.assign(
        {
            name: (v.dims, rng.permuted(v.values.ravel()).reshape(v.shape), v.attrs)
            for name, v in runs.data_vars.items()
        }
    )


def judge(name: str, noise: float, seed: int, clean: Trajectories) -> dict[str, Any]:
    """One search on one system, and its control."""
    known = system(name)
    runs = simulate(known, runs=RUNS, samples=SAMPLES, seed=seed, noise=noise)
    start = time.perf_counter()
    found = find_laws(runs, seed=seed)
    seconds = time.perf_counter() - start
    r2 = [share_between_runs(law, clean) for law in found.laws]
    control = find_laws(shuffled(runs, seed), seed=seed)
    reachable = len(known.invariants) - len(known.beyond)
    true = sum(r > 0.99 for r in r2)
    return {
        "system": name,
        "noise": noise,
        "seed": seed,
        "known": len(known.invariants),
        "reachable": reachable,
        "beyond": list(known.beyond),
        "found": min(true, len(known.invariants)),
        "right": sum(r > 0.9999 for r in r2),
        "false": len(r2) - true,
        "false_in_control": len(control.laws),
        "terms": found.library["terms"],
        "degree": found.library["degree"],
        "seconds": seconds,
        "laws": [
            {"name": law.name, "grade": law.grade, "expression": law.expression, "r2": r}
            for law, r in zip(found.laws, r2, strict=True)
        ],
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows for reading: one line a system."""
    levels = sorted({row["noise"] for row in rows})
    out = Table(title=f"Laws found / known in {RUNS} runs × {SAMPLES} samples")
    out.add_column("system")
    for level in levels:
        out.add_column(f"{level:.0%} noise", justify="right")
    for head in ("right", "false", "control", "seconds", "beyond the library"):
        out.add_column(head, justify="right")
    for name in dict.fromkeys(row["system"] for row in rows):
        mine = [row for row in rows if row["system"] == name]
        cells = []
        for level in levels:
            of = [row for row in mine if row["noise"] == level]
            cells.append(f"{sum(r['found'] for r in of)}/{sum(r['known'] for r in of)}")
        out.add_row(
            name,
            *cells,
            f"{sum(r['right'] for r in mine)}/{sum(r['found'] for r in mine)}",
            str(sum(r["false"] for r in mine)),
            str(sum(r["false_in_control"] for r in mine)),
            f"{max(r['seconds'] for r in mine):.2f}",
            ", ".join(mine[0]["beyond"]),
        )
    return out


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Totals by noise level."""
    out = {}
    for level in sorted({row["noise"] for row in rows}):
        of = [row for row in rows if row["noise"] == level]
        out[f"{level:g}"] = {
            key: sum(row[key] for row in of)
            for key in ("known", "reachable", "found", "right", "false", "false_in_control")
        } | {"slowest_seconds": max(row["seconds"] for row in of)}
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.01, 0.05])
    parser.add_argument("--systems", nargs="+", default=list(names()))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print every law found")
    options = parser.parse_args(arguments)
    find_laws(simulate("spring", runs=12, samples=50))  # imports are not part of a search
    rows = []
    for name in options.systems:
        clean = simulate(name, runs=RUNS, samples=SAMPLES, seed=10_000)
        for seed in options.seeds:
            for noise in options.noise:
                row = judge(name, noise, seed, clean)
                rows.append(row)
                print(
                    f"{name:22s} noise {noise:4.0%}  found {row['found']}/{row['known']}"
                    f"  right {row['right']}  false {row['false']}"
                    f"  control {row['false_in_control']}  {row['seconds']:.2f} s",
                    file=sys.stderr,
                )
                if options.verbose:
                    for law in row["laws"]:
                        print(
                            f"    {law['grade']:11s} R² {law['r2']:.6f}  {law['expression'][:150]}",
                            file=sys.stderr,
                        )
                if options.out:
                    record = {"summary": summary(rows), "rows": rows}
                    options.out.write_text(json.dumps(record, indent=1))
    Console(width=130).print(table(rows))
    print(json.dumps(summary(rows), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
