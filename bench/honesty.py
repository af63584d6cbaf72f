"""The honesty benchmark: data on which there is no law, and what is reported there all the same.

    python bench/honesty.py [--quick] [--seed 0] [--only walk lorenz] [--jobs 1] [--out FILE]

Forty makers of data without a law, five seeds each: 200 data sets. Shuffled systems,
random walks, white and autocorrelated noise, Lorenz and van der Pol at several
spreads and steps, columns rescaled by 1e±6, few runs, short runs, single runs. No
variable is constant along a run, so every law reported is false. The other way
round, systems whose columns are rescaled by 1e±6 must still give their laws, judged
as in `bench/laws.py` on fresh runs without noise.

`--quick` takes every second maker, once each. One data set again, with its laws:

    python bench/honesty.py --only lorenz/spread-5-fine --seed 3 --repeats 1 --verbose
"""

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from lawful.laws import find_laws
from lawful.systems import simulate, system
from lawful.trajectories import Trajectories, make

RUNS, SAMPLES, REPEATS = 24, 200, 5
TRUE = 0.99  # R² on fresh clean runs above which a control's law is found
Maker = Callable[[int], Trajectories]

PLAIN: dict[str, dict[str, str]] = {}
POINT = {
    name: {"role": role, "group": "p", "axis": name[-1], **({"of": name[1:]} if of else {})}
    for name, role, of in (
        ("x", "position", False),
        ("y", "position", False),
        ("vx", "velocity", True),
        ("vy", "velocity", True),
    )
}
POPULATIONS = {name: {"role": "population", "group": name} for name in ("n", "m")}
ANGLES = {
    "a": {"role": "angle"},
    "b": {"role": "angle"},
    "p": {"role": "angular_velocity", "of": "a"},
    "q": {"role": "angular_velocity", "of": "b"},
}


# ------------------------------------------------------------------ makers


def generator(name: str, seed: int) -> np.random.Generator:
    """Random numbers of this maker's own, so that no two makers share theirs."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def shuffled_times(name: str, **settings: Any) -> Maker:
    """Every variable's samples shuffled along its own run, each variable on its own."""

    def data(seed: int) -> Trajectories:
        runs = simulate(name, **{"runs": RUNS, "samples": SAMPLES, "seed": seed} | settings)
        rng = generator("times", seed)
        return changed(runs, {n: rng.permuted(v.values, axis=1) for n, v in runs.data_vars.items()})

    return data


def shuffled_rows(name: str, **settings: Any) -> Maker:
    """Whole samples shuffled over all runs: every relation between variables is kept."""

    def data(seed: int) -> Trajectories:
        runs = simulate(name, **{"runs": RUNS, "samples": SAMPLES, "seed": seed} | settings)
        order = generator("rows", seed).permutation(RUNS * SAMPLES)
        return changed(
            runs,
            {n: v.values.ravel()[order].reshape(v.shape) for n, v in runs.data_vars.items()},
        )

    return data


def walk(
    names: str,
    step: float,
    spread: float,
    roles: dict[str, dict[str, str]] = PLAIN,
    shape: Callable[[Any], Any] = lambda x: x,
    runs: int = RUNS,
    samples: int = SAMPLES,
) -> Maker:
    """Random walks: steps of size `step`, origins `spread` apart."""

    def data(seed: int) -> Trajectories:
        rng = generator(f"walk {names} {step} {spread}", seed)
        columns = {}
        for n in names.split():
            origin = spread * rng.normal(size=(runs, 1))
            columns[n] = shape(origin + np.cumsum(step * rng.normal(size=(runs, samples)), axis=1))
        return make(columns, np.arange(samples) * 0.1, roles=roles)

    return data


def autocorrelated(
    names: str,
    memory: float,
    roles: dict[str, dict[str, str]] = PLAIN,
    shape: Callable[[Any], Any] = lambda x: x,
    runs: int = RUNS,
    samples: int = SAMPLES,
) -> Maker:
    """AR(1): x' = memory · x + white noise, stationary from the start; 0 is white noise."""

    def data(seed: int) -> Trajectories:
        rng = generator(f"AR {names} {memory}", seed)
        columns = {}
        for n in names.split():
            x = np.empty((runs, samples))
            x[:, 0] = rng.normal(size=runs)
            for t in range(1, samples):
                x[:, t] = memory * x[:, t - 1] + np.sqrt(1 - memory**2) * rng.normal(size=runs)
            columns[n] = shape(x)
        return make(columns, np.arange(samples) * 0.1, roles=roles)

    return data


def lorenz(
    spread: float, duration: float, runs: int = RUNS, samples: int = SAMPLES, noise: float = 0.0
) -> Maker:
    """Lorenz's attractor from starts `spread` around (1, 1, 20)."""

    def data(seed: int) -> Trajectories:
        rng = generator(f"lorenz {spread}", seed)
        centre = zip("xyz", (1, 1, 20), strict=True)
        start = {n: c + spread * rng.normal(size=runs) for n, c in centre}
        return simulate(
            "lorenz", runs=runs, samples=samples, duration=duration, seed=seed, noise=noise,
            initial=start,
        )  # fmt: skip

    return data


def simulated(name: str, **settings: Any) -> Maker:
    """A system of the catalogue that has no law."""

    def data(seed: int) -> Trajectories:
        return simulate(name, **{"runs": RUNS, "samples": SAMPLES, "seed": seed} | settings)

    return data


def rescaled(maker: Maker, *factors: float) -> Maker:
    """The data of another maker, the columns in other units."""

    def data(seed: int) -> Trajectories:
        runs = maker(seed)
        pairs = zip(runs.data_vars.items(), factors, strict=True)
        return changed(runs, {n: v.values * f for (n, v), f in pairs})

    return data


def changed(runs: Trajectories, columns: dict[Any, Any]) -> Trajectories:
    """The same runs with other numbers in `columns`."""
    return runs.assign({n: (runs[n].dims, v, runs[n].attrs) for n, v in columns.items()})


PLANE = "x y vx vy"
MAKERS: dict[str, Maker] = {
    "times-shuffled/orbit": shuffled_times("orbit"),
    "times-shuffled/lotka-volterra": shuffled_times("lotka-volterra"),
    "times-shuffled/spring": shuffled_times("spring"),
    "times-shuffled/pendulum-few": shuffled_times("pendulum", runs=8),
    "rows-shuffled/orbit": shuffled_rows("orbit"),
    "rows-shuffled/lotka-volterra": shuffled_rows("lotka-volterra"),
    "walk/common-origin-2": walk("x y", 0.1, 0.0),
    "walk/common-origin-point": walk(PLANE, 0.1, 0.0, POINT),
    "walk/spread-origins-point": walk(PLANE, 0.003, 1.0, POINT),
    "walk/spread-origins-0.01": walk("x y z", 0.01, 1.0),
    "walk/spread-origins-0.001": walk("x y z", 0.001, 1.0),
    "walk/populations": walk("n m", 0.02, 0.5, POPULATIONS, np.exp),
    "walk/angles": walk("a b p q", 0.05, 1.0, ANGLES),
    "white/scalars": autocorrelated("x y z", 0.0),
    "white/point": autocorrelated(PLANE, 0.0, POINT),
    "white/angles": autocorrelated("a b p q", 0.0, ANGLES),
    "autocorrelated/0.5": autocorrelated("x y z", 0.5),
    "autocorrelated/0.9-point": autocorrelated(PLANE, 0.9, POINT),
    "autocorrelated/0.99": autocorrelated("x y z", 0.99),
    "autocorrelated/0.99-populations": autocorrelated("n m", 0.99, POPULATIONS, np.exp),
    "lorenz/spread-1-fine": lorenz(1, 1.0),
    "lorenz/spread-1-coarse": lorenz(1, 20.0),
    "lorenz/spread-5-fine": lorenz(5, 1.0),
    "lorenz/spread-5-coarse": lorenz(5, 20.0),
    "lorenz/spread-20-fine": lorenz(20, 1.0),
    "lorenz/spread-20-coarse": lorenz(20, 20.0, noise=0.01),
    "van-der-pol/clean": simulated("van-der-pol"),
    "van-der-pol/noise": simulated("van-der-pol", noise=0.05),
    "van-der-pol/brief": simulated("van-der-pol", duration=1.0),
    "rescaled/lorenz": rescaled(lorenz(5, 3.0), 1e6, 1.0, 1e-6),
    "rescaled/walk": rescaled(walk("x y z", 0.05, 1.0), 1e-6, 1e6, 1e6),
    "few-runs/lorenz-3": lorenz(5, 3.0, runs=3),
    "few-runs/autocorrelated-8": autocorrelated(PLANE, 0.9, POINT, runs=8),
    "few-runs/walk-3": walk("x y z", 0.05, 1.0, runs=3),
    "few-runs/walk-10": walk("x y z", 0.001, 1.0, runs=10),
    "short/lorenz": lorenz(5, 2.0, samples=20),
    "short/walk": walk("x y", 0.1, 1.0, samples=20),
    "single/lorenz": lorenz(5, 10.0, runs=1),
    "single/van-der-pol": simulated("van-der-pol", runs=1),
    "single/walk": walk("x y z", 0.1, 1.0, runs=1),
}

# Lengths and rates of one point each in their own unit, or the formula for 1/r would change.
CONTROLS: dict[str, tuple[str, tuple[float, ...]]] = {
    "orbit, lengths × 1e6, rates × 1e-6": ("orbit", (1e6, 1e6, 1e-6, 1e-6)),
    "orbit, lengths × 1e-6, rates × 1e6": ("orbit", (1e-6, 1e-6, 1e6, 1e6)),
    "euler-top, columns × 1e6, 1, 1e-6": ("euler-top", (1e6, 1.0, 1e-6)),
    "lotka-volterra, columns × 1e-6, 1e6": ("lotka-volterra", (1e-6, 1e6)),
}


# ------------------------------------------------------------------ judgement


def judge(name: str, seed: int) -> dict[str, Any]:
    """One search where there is no law; every law found is false."""
    runs = MAKERS[name](seed)
    for variable in runs.data_vars.values():
        if (np.ptp(variable.values, axis=1) == 0).any():
            raise AssertionError(f"{name}: {variable.name} is constant along a run, a law")
    start = time.perf_counter()
    found = find_laws(runs, seed=seed)
    return {
        "maker": name,
        "seed": seed,
        "seconds": time.perf_counter() - start,
        "warnings": list(found.warnings),
        "false": [
            {
                "name": law.name,
                "grade": law.grade,
                "rho": law.noise_ratio,
                "lambda": law.within_total,
                "p": law.p_value,
                "expression": law.expression,
            }
            for law in found.laws
        ],
    }


def control(name: str, seed: int) -> dict[str, Any]:
    """A system with laws, its columns rescaled: how many laws are found, how many false."""
    known, factors = system(CONTROLS[name][0]), CONTROLS[name][1]
    runs = rescaled(simulated(known.name, runs=40), *factors)(seed)
    clean = rescaled(simulated(known.name, runs=40), *factors)(seed + 10_000)
    columns = {str(n): v.values for n, v in clean.data_vars.items()}
    r2 = []
    found = find_laws(runs, seed=seed)
    for law in found.laws:
        q = np.broadcast_to(law.function(columns), next(iter(columns.values())).shape)
        r2.append(float(1 - q.var(axis=1).mean() / q.var()) if q.var() > 0 else 0.0)
    return {
        "control": name,
        "seed": seed,
        "known": len(known.invariants),
        "found": sum(r > TRUE for r in r2),
        "false": sum(r <= TRUE for r in r2),
        "r2": r2,
        "laws": [law.expression for law in found.laws],
    }


# ------------------------------------------------------------------ telling


def table(rows: list[dict[str, Any]]) -> Table:
    """One line a maker."""
    out = Table(title=f"Laws reported in {len(rows)} data sets that have none")
    for head in ("data", "sets", "false laws", "exact", "sets with one", "slowest"):
        out.add_column(head, justify="left" if head == "data" else "right")
    for name in dict.fromkeys(row["maker"] for row in rows):
        out.add_row(name, *_counted([row for row in rows if row["maker"] == name]))
    out.add_section()
    out.add_row("all", *_counted(rows))
    return out


def _counted(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    laws = [law for row in rows for law in row["false"]]
    exact = sum(law["grade"] == "exact" for law in laws)
    some = sum(bool(row["false"]) for row in rows)
    slowest = max(row["seconds"] for row in rows)
    return str(len(rows)), str(len(laws)), str(exact), str(some), f"{slowest:.2f} s"


def table_of_controls(rows: list[dict[str, Any]]) -> Table:
    """One line a control."""
    out = Table(title="Laws found where there are some, columns rescaled")
    for head in ("control", "found", "known", "false"):
        out.add_column(head, justify="left" if head == "control" else "right")
    for row in rows:
        out.add_row(row["control"], str(row["found"]), str(row["known"]), str(row["false"]))
    return out


def summary(rows: list[dict[str, Any]], controls: list[dict[str, Any]]) -> dict[str, Any]:
    """Totals."""
    return {
        "sets": len(rows),
        "false_laws": sum(len(row["false"]) for row in rows),
        "sets_with_false_laws": sum(bool(row["false"]) for row in rows),
        "control_found": sum(row["found"] for row in controls),
        "control_known": sum(row["known"] for row in controls),
        "control_false": sum(row["false"] for row in controls),
    }


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 sets: every second maker, once")
    parser.add_argument("--seed", type=int, default=0, help="of the first of each maker's sets")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="sets of each maker")
    parser.add_argument("--only", nargs="+", default=[""], help="makers whose names begin so")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--no-control", action="store_true", help="leave out the controls")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    parser.add_argument("--verbose", action="store_true", help="print every set")
    return parser.parse_args(arguments)


def _each(
    work: Callable[[str, int], dict[str, Any]], names: list[str], seeds: list[int], jobs: int
) -> Iterable[dict[str, Any]]:
    orders = [(seed, name) for seed in seeds for name in names]
    asked = [name for _, name in orders], [seed for seed, _ in orders]
    if jobs == 1:
        yield from map(work, *asked)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, *asked)


def _tell(row: dict[str, Any], verbose: bool) -> None:
    if row["false"] or verbose:
        print(f"{row['maker']} seed {row['seed']}: {len(row['false'])} laws", file=sys.stderr)
    for law in row["false"]:
        print(
            f"    {law['grade']} ρ {law['rho']:.3g} λ {law['lambda']:.3g} p {law['p']:.3g}  "
            f"{law['expression'][:200]}",
            file=sys.stderr,
        )


def main(arguments: list[str] | None = None) -> int:
    asked = _asked(arguments)
    names = [name for name in MAKERS if name.startswith(tuple(asked.only))]
    seeds = [asked.seed + k for k in range(asked.repeats)]
    if asked.quick:
        names, seeds = names[1::2], seeds[:1]
    rows = []
    for row in _each(judge, names, seeds, asked.jobs):
        _tell(row, asked.verbose)
        rows.append(row)
    wanted = [] if asked.no_control else list(CONTROLS)
    controls = list(_each(control, wanted, [asked.seed], asked.jobs))
    console = Console(width=110)
    console.print(table(rows))
    if controls:
        console.print(table_of_controls(controls))
    totals = summary(rows, controls)
    print(json.dumps(totals, indent=1))
    if asked.out:
        record = {"summary": totals, "rows": rows, "controls": controls}
        asked.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return int(totals["false_laws"] > 0 or totals["control_found"] < totals["control_known"])


if __name__ == "__main__":
    sys.exit(main())
