"""Laws found in training logs over many seeds, against theory and two controls.

    python bench/laws_of_learning.py [--seeds 10] [--quick] [--jobs N] [--json] [--out FILE]

For each architecture and seed: 200 networks (500 with softmax) and their weights on a
gradient flow, on gradient descent at three learning rates, and with momentum. A log is
*complete* where the search gives as many laws as theory knows, each made of theory's
(R² above 0.9999 on random weights), and no other. *Gap* counts logs whose λ of degree 2
show as many conserved polynomials below their gap as theory has, without any search.
Controls: weights of different networks put together, every weight's times shuffled, and,
for the slope of λ with the learning rate, random quadratics and the steadiest that are
no laws. Finished logs are kept beside FILE; a killed run goes on from there.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lawful.studies.laws_of_learning import slopes, study

KEPT = ".laws-of-learning.parts"


def complete(case, log):
    """Whether a log gave all laws and nothing else."""
    return log["right"] == log["count"] == case["independent"]


def span(values):
    """Least and most; None of nothing."""
    return [min(values), max(values)] if values else None


def summary(cases):
    """One line an architecture."""
    first = cases[0]
    others = [slope for c in cases for kind in ("controls", "next") for slope in slopes(c, kind)]
    return {
        "network": first["name"],
        "networks": first["networks"],
        "theory": first["independent"],
        "space": first["space"],
        "logs": len(cases),
        "flow": sum(complete(c, c["flow"]) for c in cases),
        "descent": [
            {"rate": d["rate"], "complete": sum(complete(c, c["descent"][k]) for c in cases)}
            for k, d in enumerate(first["descent"])
        ],
        "gap": sum(c["flow"]["spectrum"]["dimension"] == c["space"] for c in cases),
        "false": sum(c["flow"]["count"] - c["flow"]["right"] for c in cases),
        "momentum": sorted({c["momentum"]["count"] for c in cases}),
        "strangers": sum(c["strangers"]["count"] for c in cases),
        "strangers_gap": sum(c["strangers"]["spectrum"]["dimension"] for c in cases),
        "shuffled": sum(c["shuffled"]["right"] for c in cases),
        "slope": span([slope for c in cases for slope in slopes(c, "laws")]),
        "others": span(others),
        "charges": first["charges"] and first["charges"]["what"],
        "off": span([c["charges"]["off"] for c in cases if c["charges"]]),
    }


def told(seeds, quick, jobs, kept):
    """The record of all architectures."""
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("logs", total=1.0)
        done = study(
            quick=quick,
            seeds=seeds,
            jobs=jobs,
            kept=kept,
            progress=lambda share, _: bar.update(task, completed=share),
        )
    by_name = {}
    for case in done.cases:
        by_name.setdefault(case["name"], []).append(case)
    return {
        "headline": done.headline(),
        "settings": done.settings,
        "rows": [summary(cases) for cases in by_name.values()],
    }


def shown(record):
    """The table on a screen."""
    table = Table(title=record["headline"])
    heads = ("network", "theory", "logs", "flow", "descent", "gap", "strangers", "shuffled")
    for head in (*heads, "slope", "others"):
        table.add_column(head)
    for row in record["rows"]:
        said = [str(row[head]) for head in heads]
        said[4] = ", ".join(str(d["complete"]) for d in row["descent"])
        ends = ["–" if row[k] is None else "{:.2f} to {:.2f}".format(*row[k])
                for k in ("slope", "others")]  # fmt: skip
        table.add_row(*said, *ends)
    Console().print(table)


def main():
    """Run, show, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="logs of each architecture")
    parser.add_argument("--quick", action="store_true", help="three architectures")
    parser.add_argument("--jobs", type=int, help="processes")
    parser.add_argument("--json", action="store_true", help="print the record")
    parser.add_argument("--out", type=Path, help="where to write it")
    chosen = parser.parse_args()
    kept = chosen.out.with_name(KEPT) if chosen.out else None
    record = told(chosen.seeds, chosen.quick, chosen.jobs, kept)
    if chosen.out:
        chosen.out.write_text(json.dumps(record, indent=1) + "\n")
        shutil.rmtree(kept, ignore_errors=True)
    if chosen.json:
        json.dump(record, sys.stdout, indent=1)
    else:
        shown(record)


if __name__ == "__main__":
    main()
