"""What a network learns of a motion, beside the truth, a Hamiltonian network and a library.

    symbols    formulas of known quantities, without noise and with 1 %, with the features that
               roles suggest and without, beside the published scores
    drift      energy let go by forecasts: trained to predict alone (β = 0), to keep what it
               finds (β = 0.5), held to what was found, a Hamiltonian network, the true equations
    learned    what is found without a target: whole states, positions alone, and the control,
               whose samples are shuffled between runs and times
    loss       the plain squared change against the ratio; latent dimensions
    peers      five more systems: a library of terms and the network on the same runs

Every cell trains one network, is kept as one JSON file in --cells, and is not measured again.
Networks of one seed see the same runs in every arm. ± is half of the 95 % interval of the mean
over seeds (Student's t).

The published scores are those of a pipeline of the same shape (a GRU network, then symbolic
regression): they were reported without intervals, on data of its own; they are a mark, not a
race.

    python bench/physicsnet.py [--quick] [--seeds N] [--only ROW …] [--cells FOLDER]
                               [--only-finished] [--jobs N] [--json] [--out FILE]
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

ROWS = ("symbols", "drift", "learned", "loss", "peers")
SYSTEMS = ("projectile", "spring", "orbit")
EPOCHS = {"projectile": 20, "spring": 20, "orbit": 50}
OTHERS = ("pendulum", "henon-heiles", "lotka-volterra", "euler-top", "isotropic-oscillator")
RUNS, OTHER_EPOCHS, CONTROL_EPOCHS = 600, 30, 10
POSITIONS = {"projectile": ("x", "y"), "spring": ("x",), "orbit": ("x", "y")}
LATENT = (2, 4, 8)
FEWER_SEEDS = 2  # of positions alone, which take long windows, and of the Hamiltonian network
PUBLISHED = {
    ("projectile", "energy"): 0.9987, ("projectile", "kinetic"): 0.9998,
    ("projectile", "potential"): 0.9999, ("spring", "energy"): 0.9954,
    ("spring", "kinetic"): 0.9996, ("spring", "potential"): 0.9971,
    ("orbit", "energy"): 0.9943, ("orbit", "kinetic"): 0.9999,
    ("orbit", "angular momentum"): 0.9991,
}  # fmt: skip
PUBLISHED_DRIFT = {"standard": 12.4, "aware": 0.3}  # per cent
PUBLISHED_MINUTES = {"projectile": 8, "spring": 10, "orbit": 18}  # on a GPU


@dataclass(frozen=True)
class Cell:
    """One measurement: a training, and what is asked of it."""

    row: str
    system: str
    arm: str
    seed: int
    settings: dict[str, Any] = field(default_factory=dict)
    noise: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.system}-{self.arm}-{self.seed}".replace(" ", "-")


def cells(seeds: int) -> Iterator[Cell]:
    """All, the most telling first."""
    epochs = {system: {"epochs": EPOCHS[system]} for system in SYSTEMS}
    for system in SYSTEMS:
        seen = {**epochs[system], "observe": POSITIONS[system]}
        yield Cell("drift", system, "aware", 0, epochs[system])
        yield Cell("drift", system, "standard", 0, {**epochs[system], "beta": 0.0})
        yield Cell("symbols", system, "noisy", 0, epochs[system], noise=0.01)
        yield Cell("symbols", system, "bare", 0, {"epochs": 1})
        yield Cell("learned", system, "shuffled", 0, {"epochs": CONTROL_EPOCHS})
        yield Cell("learned", system, "positions", 0, seen)
        yield Cell("drift", system, "hamiltonian", 0, {"epochs": 1})
    for name in OTHERS:
        yield Cell("peers", name, "peers", 0, {"epochs": OTHER_EPOCHS})
    spring = epochs["spring"]
    yield Cell("loss", "spring", "change", 0, {**spring, "conservation": "change"})
    for latent in LATENT:
        yield Cell("loss", "spring", f"latent {latent}", 0, {**spring, "latent_dim": latent})
    for seed in range(1, seeds):
        for system in SYSTEMS:
            yield Cell("drift", system, "aware", seed, epochs[system])
            yield Cell("drift", system, "standard", seed, {**epochs[system], "beta": 0.0})
    for seed in range(1, min(seeds, FEWER_SEEDS)):
        for system in SYSTEMS:
            seen = {**epochs[system], "observe": POSITIONS[system]}
            yield Cell("learned", system, "positions", seed, seen)
            yield Cell("drift", system, "hamiltonian", seed, {"epochs": 1})


# ------------------------------------------------------------------------- measuring


def measured(cell: Cell, quick: bool) -> dict[str, Any]:
    """Train, ask, and say it as JSON can hold it."""
    from lawful.laws.physicsnet import NetSettings
    from lawful.studies.physicsnet.material import material

    began = time.perf_counter()
    m = material([cell.system], runs=40 if quick else RUNS, noise=cell.noise, seed=cell.seed)
    small = {"epochs": 2, "hidden": 16, "latent_dim": 8} if quick else {}
    settings = NetSettings(**{**cell.settings, **small, "seed": cell.seed})
    found = ASKED.get(cell.arm, _trained)(m, settings, cell, quick)
    return {
        "row": cell.row, "system": cell.system, "arm": cell.arm, "seed": cell.seed,
        "noise": cell.noise, "settings": settings.to_dict(), **found,
        "whole_seconds": time.perf_counter() - began,
    }  # fmt: skip


def _trained(m: Any, settings: Any, cell: Cell, quick: bool) -> dict[str, Any]:
    """A training, its forecasts, what it learned; formulas where they are asked for."""
    from lawful.studies.physicsnet.evaluation import evaluate
    from lawful.studies.physicsnet.training import train_network

    began = time.perf_counter()
    run = train_network(m, settings)
    seconds = time.perf_counter() - began
    formulas = cell.arm in ("aware", "noisy") and cell.seed == 0
    done = evaluate(
        run, hamiltonian=False, targets=None if formulas else (),
        learned=cell.arm in ("aware", "noisy", "positions"),
        seed=cell.seed, niterations=4 if quick else 40,
    )  # fmt: skip
    said = done.to_dict()
    keys = ("discovered", "drifts", "errors", "correlations", "run_correlations", "r2", "notes")
    return {
        "seconds": seconds, "count": int(run.trained.count),
        "within_total": [float(v) for v in run.trained.within_total],
        "spread": _spread(run), "epochs": len(run.history["loss"]),
        **{key: said[key] for key in keys},
    }  # fmt: skip


def _spread(run: Any) -> float:
    """Of the heads as they are, before they are brought to unit variance."""
    heads = run.trained._heads(run.material.runs)
    return float(np.nanstd(heads, axis=(0, 1)).max())


def _shuffled(m: Any, settings: Any, cell: Cell, quick: bool) -> dict[str, Any]:
    """The control: every variable keeps its values, no run keeps anything."""
    from lawful.laws.physicsnet import train

    rng = np.random.default_rng([cell.seed, 99])
    runs = m.runs.copy(deep=True)
    order = rng.permutation(runs.sizes["run"] * runs.sizes["time"])
    for name in runs.data_vars:
        flat = runs[name].values.ravel()[order]
        runs[name][:] = flat.reshape(runs[name].shape)
    done = train(runs, settings)
    return {"count": int(done.count), "within_total": [float(v) for v in done.within_total]}


def _bare(m: Any, settings: Any, cell: Cell, quick: bool) -> dict[str, Any]:
    """Formulas of the known quantities from the columns alone, nothing suggested."""
    from lawful.laws.features import roles_of
    from lawful.laws.physicsnet import split
    from lawful.laws.symbolic import regress
    from lawful.studies.physicsnet.form import same_form
    from lawful.studies.physicsnet.targets import targets_of, true_expression, truths

    found = {}
    fit, _, test = split(m.runs, cell.seed)
    for target in targets_of(m.system):
        name = target.replace("_", " ")
        truth = truths(m)[name]
        for suggested in (True, False):
            columns = {str(n): m.runs[n].values[fit].ravel() for n in m.runs.data_vars}
            groups = np.repeat(fit, m.runs.sizes["time"])
            front = regress(
                columns, truth[fit].ravel(), groups=groups, roles=roles_of(m.runs),
                suggested=suggested, seed=cell.seed, niterations=4 if quick else 40,
            )  # fmt: skip
            found[f"{name}, {'suggested' if suggested else 'bare'}"] = {
                "formula": front.chosen.expression, "seconds": front.seconds,
                "r2": _r2(front.chosen.expression, m, truth, test),
                "exact_form": same_form(front.chosen.expression, true_expression(m.system, name)),
            }  # fmt: skip
    return {"found": found}


def _r2(formula: str, m: Any, truth: Any, test: Any) -> float:
    from lawful.expressions import compiled

    columns = {str(n): m.clean[n].values[test] for n in m.clean.data_vars}
    with np.errstate(all="ignore"):
        values = np.broadcast_to(compiled(formula)(columns), truth[test].shape)
    return 1.0 - float(np.mean((values - truth[test]) ** 2) / np.var(truth[test]))


def _hamiltonian(m: Any, settings: Any, cell: Cell, quick: bool) -> dict[str, Any]:
    """The Hamiltonian network's forecasts of the same test runs from the same samples."""
    from lawful.laws.physicsnet import split, train_hamiltonian
    from lawful.studies.physicsnet.drift import drift_of

    fit, validation, test = split(m.runs, cell.seed)
    both = np.concatenate([fit, validation])
    began = time.perf_counter()
    done = train_hamiltonian(m.runs.isel(run=both), steps=50 if quick else 3000, seed=cell.seed)
    seconds = time.perf_counter() - began
    seen = max(2, round(0.1 * m.runs.sizes["time"]))
    drift = drift_of(m, done.forecast(m.runs.isel(run=test), prefix=seen), test, seen)
    return {"seconds": seconds, "drifts": {"hamiltonian": drift.to_dict() if drift else None}}


def _peers(m: Any, settings: Any, cell: Cell, quick: bool) -> dict[str, Any]:
    from lawful.studies.physicsnet.peers import side_by_side
    from lawful.studies.physicsnet.training import train_network

    run = train_network(m, settings)
    return {"side": side_by_side(run, seed=cell.seed).to_dict()}


ASKED = {"shuffled": _shuffled, "bare": _bare, "hamiltonian": _hamiltonian, "peers": _peers}


def record_of(cell: Cell, place: Path, quick: bool) -> Path:
    """A quick cell never passes for a whole one."""
    return place / f"{cell.name}{'-quick' if quick else ''}.json"


def finished(cell: Cell, place: Path, quick: bool) -> dict[str, Any]:
    """From the folder, or measured and put there."""
    from lawful.store import to_json, write_atomically

    file = record_of(cell, place, quick)
    if file.exists():
        return json.loads(file.read_text())
    # Processes side by side: one thread each.
    import torch

    torch.set_num_threads(1)
    found = measured(cell, quick)
    write_atomically(file, to_json(found) + "\n")
    print(f"{found['whole_seconds']:6.0f} s  {cell.name}", file=sys.stderr, flush=True)
    return json.loads(to_json(found))


# ---------------------------------------------------------------------------- tables


def interval(values: list[float]) -> tuple[float, float]:
    """Mean and half of its 95 % interval; NaN for one value."""
    held = [v for v in values if v is not None and math.isfinite(v)]
    if not held:
        return math.nan, math.nan
    half = math.nan
    if len(held) > 1:
        half = float(stats.t.ppf(0.975, len(held) - 1) * np.std(held, ddof=1) / len(held) ** 0.5)
    return float(np.mean(held)), half


def said(values: list[float], digits: int = 2) -> str:
    mean, half = interval(values)
    if math.isnan(mean):
        return ""
    return f"{mean:.{digits}f}" + ("" if math.isnan(half) else f" ± {half:.{digits}f}")


def tables(found: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """What README and docs show, from what was measured."""
    return {
        "symbols": list(_symbols(found)), "drift": list(_drift(found)),
        "learned": list(_learned(found)), "loss": list(_loss(found)), "peers": list(_sides(found)),
    }  # fmt: skip


def _of(found: list[dict[str, Any]], system: str, arm: str) -> list[dict[str, Any]]:
    return [one for one in found if one["system"] == system and one["arm"] == arm]


def _symbols(found: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for (system, name), mark in PUBLISHED.items():
        row = {"quantity": f"{system}, {name}", "published R²": f"{mark:.4f}"}
        for arm, words in (("aware", "no noise"), ("noisy", "1 % noise")):
            for one in _of(found, system, arm):
                for formula in one.get("discovered", []):
                    if formula["target"] == name:
                        row[f"R², {words}"] = scored(formula["r2"])
                        row[f"exact form, {words}"] = "yes" if formula["exact_form"] else "no"
                        if arm == "aware":
                            row["formula"] = f"`{formula['formula']}`"
        for one in _of(found, system, "bare"):
            bare = one["found"].get(f"{name}, bare")
            if bare:
                exact = "yes" if bare["exact_form"] else "no"
                row["nothing suggested"] = f"{exact}, {scored(bare['r2'])}"
        yield row


def scored(r2: float | None) -> str:
    """R², never rounded up to 1 but by round-off itself."""
    if r2 is None:
        return ""
    if r2 > 1 - 1e-12:
        return "1"
    return f"1 − {1 - r2:.0e}" if r2 > 0.99995 else f"{r2:.4f}"


METHODS = {
    "predicts alone (β = 0)": ("standard", "physicsnet"),
    "keeps what it finds (β = 0.5)": ("aware", "physicsnet"),
    "the same, held to what it learned": ("aware", "held"),
    "the same, held to the formulas found": ("aware", "laws"),
    "Hamiltonian network": ("hamiltonian", "hamiltonian"),
    "true equations": ("aware", "integrator"),
}


def _drift(found: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for words, (arm, method) in METHODS.items():
        row = {"forecast": words}
        for system in SYSTEMS:
            got = [one["drifts"].get(method) for one in _of(found, system, arm)]
            kept = [one for one in got if one]
            means = [100 * one["mean"] for one in kept if one["mean"] is not None]
            lost = len(kept) - len(means)
            row[f"{system}, %"] = said(means, 3) + (f" ({lost} lost)" if lost else "")
        row["seeds"] = str(max((len(_of(found, s, arm)) for s in SYSTEMS), default=0))
        yield row


def _learned(found: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for system in SYSTEMS:
        for arm, words in (("aware", "whole state"), ("positions", "positions alone")):
            got = _of(found, system, arm)
            if not got:
                continue
            best = [_best(one["correlations"]) for one in got]
            by_run = [_best(one["run_correlations"]) for one in got]
            yield {
                "system": system, "sees": words,
                "follows": ", ".join(sorted({name for name, _ in best})),
                "rank correlation": said([value for _, value in best], 4),
                "a run": said([value for _, value in by_run], 4),
                "λ": f"{np.median([min(one['within_total']) for one in got]):.0e}",
                "independent": ", ".join(str(one["count"]) for one in got),
                "seconds": said([one["seconds"] for one in got], 0),
                "published minutes": str(PUBLISHED_MINUTES[system]) if arm == "aware" else "",
            }  # fmt: skip
        for one in _of(found, system, "shuffled"):
            yield {
                "system": system, "sees": "shuffled: the control", "independent": str(one["count"]),
                "λ": f"{min(one['within_total']):.2f}",
            }  # fmt: skip


def _best(table: dict[str, dict[str, float]]) -> tuple[str, float]:
    """The pair of a learned quantity and a true one that agree best."""
    pairs = [(name, value) for row in table.values() for name, value in row.items() if value]
    return max(pairs, key=lambda pair: pair[1], default=("", math.nan))


def _loss(found: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    arms = [("aware", "ratio, 32 latent"), ("change", "plain change, 32 latent")]
    arms += [(f"latent {k}", f"ratio, {k} latent") for k in LATENT]
    for arm, words in arms:
        for one in [o for o in _of(found, "spring", arm) if o["seed"] == 0]:
            yield {
                "loss": words, "spread of the heads": f"{one['spread']:.2g}",
                "λ": f"{min(one['within_total']):.1e}", "independent": str(one["count"]),
                "rank correlation with the energy": said([_best(one["correlations"])[1]], 4),
                "drift, %": said([100 * (one["drifts"]["physicsnet"]["mean"] or math.nan)], 3),
            }  # fmt: skip


def _sides(found: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for system in OTHERS:
        for one in _of(found, system, "peers"):
            side = one["side"]
            row = {"system": system, "true laws": str(side["true_count"])}
            for name in ("library", "learned"):
                got = side[name]
                row[name] = str(got["count"])
                row[f"worst R², {name}"] = scored(got["worst"])
                row[f"seconds, {name}"] = f"{got['seconds']:.2g}"
            yield row


def shown(record: dict[str, Any]) -> None:
    console = Console()
    for name, rows in record["tables"].items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        table = Table(title=name)
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*(row.get(column, "") for column in columns))
        if rows:
            console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny trainings: does it all work?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--cells", type=Path, default=None, help="where cells are kept")
    parser.add_argument("--only-finished", action="store_true", help="measure nothing more")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    import tempfile

    place = asked.cells or Path(tempfile.mkdtemp())
    place.mkdir(parents=True, exist_ok=True)
    wanted = [c for c in cells(1 if asked.quick else asked.seeds) if c.row in asked.only]
    if asked.only_finished:
        wanted = [c for c in wanted if record_of(c, place, asked.quick).exists()]
    from joblib import Parallel, delayed

    work = (delayed(finished)(cell, place, asked.quick) for cell in wanted)
    found = Parallel(n_jobs=asked.jobs, pre_dispatch="n_jobs")(work)
    record = {"quick": asked.quick, "runs": RUNS, "tables": tables(found), "cells": found}
    if asked.out:
        asked.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    if asked.json:
        print(json.dumps(record, ensure_ascii=False))
    else:
        shown(record)


if __name__ == "__main__":
    main()
