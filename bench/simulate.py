"""2000 orbits side by side: error against the analytic orbit, and speed against a loop.

The exact orbit comes from Kepler's equation M = E − e sin E, solved by Newton's
method. The loop calls `scipy.integrate.solve_ivp` once an orbit, with the loosest
tolerance of a ladder whose largest error is at most 1e-9, which is asked of both; a
part of the orbits is timed and scaled up, unless --all is given.

    python bench/simulate.py [--quick] [--all] [--json] [--out FILE]
"""

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.integrate import solve_ivp

from lawful.systems import names, simulate, system

TARGET = 1e-9
LADDER = (1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13)
NAMES = ("x", "y", "vx", "vy")


def analytic(start, time, mu):
    """Positions and velocities (4, run, time) on Kepler ellipses from `start` (4, run)."""
    r, v = start[:2], start[2:]
    distance = np.hypot(*r)
    size = 1 / (2 / distance - (v**2).sum(axis=0) / mu)
    ecc_cos, ecc_sin = 1 - distance / size, (r * v).sum(axis=0) / np.sqrt(mu * size)
    e, first = np.hypot(ecc_cos, ecc_sin), np.arctan2(ecc_sin, ecc_cos)
    mean = first - ecc_sin
    rate = np.sqrt(mu / size**3)
    wanted = mean[:, None] + rate[:, None] * time
    anomaly = wanted + e[:, None] * np.sin(wanted)
    for _ in range(50):
        slope = 1 - e[:, None] * np.cos(anomaly)
        step = (anomaly - e[:, None] * np.sin(anomaly) - wanted) / slope
        anomaly = anomaly - step
        if np.abs(step).max() < 1e-15 * max(1.0, np.abs(wanted).max()):
            break
    # Lagrange's f and g carry the first state to each later one.
    turned = anomaly - first[:, None]
    later = size[:, None] * (1 - e[:, None] * np.cos(anomaly))
    f = 1 - size[:, None] / distance[:, None] * (1 - np.cos(turned))
    g = time - (turned - np.sin(turned)) / rate[:, None]
    df = -np.sqrt(mu * size)[:, None] * np.sin(turned) / (later * distance[:, None])
    dg = 1 - size[:, None] / later * (1 - np.cos(turned))
    place = f * r[:, :, None] + g * v[:, :, None]
    return np.concatenate([place, df * r[:, :, None] + dg * v[:, :, None]])


def columns(runs):
    return np.array([runs[name].values for name in NAMES])


def looped(start, time, mu, tolerance):
    """One call of solve_ivp an orbit."""

    def rate(t, s):
        x, y, vx, vy = s
        pull = -mu / (x * x + y * y) ** 1.5
        return vx, vy, pull * x, pull * y

    span = (time[0], time[-1])
    found = [
        solve_ivp(rate, span, s, "DOP853", time, rtol=tolerance, atol=tolerance).y for s in start.T
    ]
    return np.array(found).transpose(1, 0, 2)


def orbits(runs, part):
    """Errors and seconds of both, on the same orbits."""
    orbit = system("orbit")
    simulate(orbit, runs=2, samples=5)  # formulas are compiled once
    began = perf_counter()
    found = simulate(orbit, runs=runs, samples=200, seed=0)
    ours = perf_counter() - began
    states, time, mu = columns(found), found["time"].values, orbit.values["mu"]
    exact = analytic(states[..., 0], time, mu)
    error = np.abs(states - exact).max()
    few = states[:, :part, 0]
    for tolerance in LADDER:
        began = perf_counter()
        theirs = looped(few, time, mu, tolerance)
        seconds = (perf_counter() - began) * runs / part
        their_error = np.abs(theirs - exact[:, :part]).max()
        if their_error <= TARGET:
            break
    return {
        "orbits": runs,
        "samples": 200,
        "max_error": float(error),
        "seconds": ours,
        "loop_tolerance": tolerance,
        "loop_max_error": float(their_error),
        "loop_seconds": seconds,
        "loop_orbits_timed": part,
        "times_faster": seconds / ours,
    }


def catalogue(runs):
    """Seconds to simulate each system, and the method chosen."""
    rows = []
    for name in names():
        simulate(name, runs=2, samples=5)
        began = perf_counter()
        origin = json.loads(simulate(name, runs=runs).attrs["origin"])
        methods = sorted(origin["integrator"])
        rows.append({"system": name, "seconds": perf_counter() - began, "method": methods})
    return rows


def show(result):
    console = Console(stderr=True)
    found, table = result["orbit"], Table(title=f"{result['orbit']['orbits']} orbits × 200 samples")
    for heading in ("", "largest error", "seconds", "tolerance"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("lawful", f"{found['max_error']:.1e}", f"{found['seconds']:.2f}", "default")
    table.add_row(
        f"loop of solve_ivp ({found['loop_orbits_timed']} timed)",
        f"{found['loop_max_error']:.1e}",
        f"{found['loop_seconds']:.1f}",
        f"{found['loop_tolerance']:.0e}",
    )
    console.print(table)
    console.print(f"{found['times_faster']:.0f} times faster")
    table = Table(title="60 runs × 200 samples")
    for heading in ("system", "seconds", "method"):
        table.add_column(heading)
    for row in result["catalogue"]:
        table.add_row(row["system"], f"{row['seconds']:.2f}", ", ".join(row["method"]))
    console.print(table)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 orbits, 10 of them in the loop")
    parser.add_argument("--all", action="store_true", help="time the loop on every orbit")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    chosen = parser.parse_args(arguments)
    runs = 500 if chosen.quick else 2000
    part = runs if chosen.all else (10 if chosen.quick else 100)
    result = {"orbit": orbits(runs, part), "catalogue": catalogue(10 if chosen.quick else 60)}
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(result)
    return 0 if result["orbit"]["max_error"] <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
