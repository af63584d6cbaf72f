"""`lawful pipeline`: simulate, train, discover and evaluate, for one system after another."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lawful.cli.evaluate import COMPARED, REPORT, ComparisonOptions, write_page
from lawful.cli.network import (
    AS_FORMULAS,
    AS_NETWORK,
    AS_SIMULATED,
    DRAWN,
    FormulaOptions,
    NetworkOptions,
    PageOptions,
    SimulationOptions,
)
from lawful.cli.options import Flag
from lawful.cli.screen import put_json, screen

if TYPE_CHECKING:
    from lawful.laws.physicsnet.settings import NetSettings
    from lawful.studies.physicsnet.pipeline import PipelineResult

EXAMPLES = """
Examples:

```console
lawful pipeline projectile spring orbit
lawful pipeline spring --epochs 50 --noise 0.01 --ablations
lawful pipeline orbit --observe x,y --out from-positions
```

Without a name: projectile, spring and orbit.
"""
FOLDER = Path("lawful-pipeline")
SYSTEMS = ("projectile", "spring", "orbit")


def pipeline(
    *systems: Annotated[str, Parameter(show_default=False)],
    network: NetworkOptions = AS_NETWORK,
    simulation: SimulationOptions = AS_SIMULATED,
    formulas: FormulaOptions = AS_FORMULAS,
    drawing: PageOptions = DRAWN,
    compared: ComparisonOptions = COMPARED,
    seed: int = 0,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Simulate systems, train networks on them, read formulas off, and evaluate it all.

    Parameters
    ----------
    systems
        Names that `lawful systems` lists, or files of equations.
    seed
        The same seed gives the same runs, networks and formulas.
    out
        The folder for the report and every system's own: lawful-pipeline when not given.
    resume
        Take up what a killed run has left.
    json
        Print JSON, and nothing else, to standard output.
    """
    from lawful.cli.evaluation import put_evaluations
    from lawful.store import RunFolder, check_place

    options = compared.options(formulas, seed)
    settings = network.settings(seed)
    folder = out or FOLDER
    check_place(folder, str(folder))
    done = _done(systems or SYSTEMS, settings, simulation, seed, folder, resume, options)
    evaluations = list(done.evaluations.values())
    with RunFolder.create(folder, done.manifest(("lawful", *sys.argv[1:]))) as built:
        done.put(built)
        write_page(evaluations, built.path / REPORT, drawing, built.manifest)
    done.clear()
    if json:
        put_json({"folder": str(folder), "evaluations": [one.to_dict() for one in evaluations]})
    else:
        put_evaluations(screen(), evaluations, folder, REPORT)


def _done(
    systems: Sequence[str],
    settings: "NetSettings",
    simulation: SimulationOptions,
    seed: int,
    folder: Path,
    resume: bool,
    options: Mapping[str, Any],
) -> "PipelineResult":
    from lawful.cli.physicsnet import Course
    from lawful.studies.physicsnet.pipeline import Simulation
    from lawful.studies.physicsnet.pipeline import pipeline as study

    bench = Path(os.path.realpath(folder))
    bench = bench.with_name(f".{bench.name}.pipeline")
    if bench.exists() and not resume:
        text = "note: this begins anew; --resume would have taken up what a stopped run left"
        screen(sys.stderr).print(text)
    course = Course()
    try:
        with course:
            return study(
                systems,
                settings,
                place=folder,
                simulation=Simulation(**asdict(simulation), seed=seed),
                resume=resume,
                epochs=course.epochs,
                progress=course.step,
                **options,
            )
    except KeyboardInterrupt:
        _say_kept(bench, len(systems))
        raise


def _say_kept(bench: Path, count: int) -> None:
    """What is not lost."""
    whole = len(list(bench.glob("*/evaluation/manifest.json")))
    if bench.exists():
        kept = f"kept: {whole} of {count} systems, and what was done of the next"
        screen(sys.stderr).print(f"{kept}; the same command with --resume goes on from there")
