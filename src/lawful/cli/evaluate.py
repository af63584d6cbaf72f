"""`lawful evaluate`: how good trained networks are, in tables, pictures and a report."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from lawful.cli.network import (
    AS_FORMULAS,
    DRAWN,
    FormulaOptions,
    PageOptions,
    training_in,
)
from lawful.cli.options import Flag
from lawful.cli.screen import bar, put_json, screen, steps
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.store import Manifest
    from lawful.studies.physicsnet.evaluation import Evaluation

EXAMPLES = """
Examples:

```console
lawful evaluate lawful-physicsnet/orbit
lawful evaluate lawful-physicsnet/orbit lawful-physicsnet/spring --ablations
lawful evaluate lawful-physicsnet/orbit --no-hamiltonian --theme dark --animate
```

Forecasts, their drift from the true energy, learned quantities against true ones, and formulas.
"""
FOLDER = Path("lawful-evaluation")
REPORT = "report.html"


_COMPARED = Group("What it is compared with", sort_key=1)


@Parameter(name="*", group=_COMPARED)
@dataclass(frozen=True)
class ComparisonOptions:
    """What else is trained, and where forecasts start."""

    ablations: Annotated[bool, Flag] = False
    """Train again with one setting changed at a time: without conservation, with the loss that a
    constant wins, with other latent dimensions and weights."""
    hamiltonian: Annotated[bool, Parameter(negative="--no-hamiltonian", show_default=False)] = True
    """Train a Hamiltonian network on the same runs (the default)."""
    prefix: int | None = None
    """Samples that forecasts start from: a tenth of them, and a window at least, when not given."""
    jobs: int | None = None
    """Processes for the ablations; as many as there are processors, where it is worth it, when not
    given. The numbers do not depend on it."""

    def options(self, formulas: FormulaOptions, seed: int) -> dict[str, Any]:
        """As `studies.physicsnet.evaluation.evaluate` takes them."""
        own = {**asdict(self), **asdict(formulas.checked()), "seed": seed}
        if self.jobs is not None and self.jobs < 1:
            raise Refusal(f"--jobs {self.jobs}", "a whole number from 1 up")
        return own


COMPARED = ComparisonOptions()


def evaluate(
    *runs: Annotated[str, Parameter(show_default=False)],
    compared: ComparisonOptions = COMPARED,
    ablation_epochs: Annotated[int | None, Parameter(group=_COMPARED)] = None,
    seed: int = 0,
    formulas: FormulaOptions = AS_FORMULAS,
    drawing: PageOptions = DRAWN,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Say how good trained networks are, and write a report.

    Parameters
    ----------
    runs
        Folders that `lawful train` left.
    ablation_epochs
        Epochs of the ablations; the training's own when not given.
    seed
        Of the search for formulas, and of the Hamiltonian network.
    out
        The folder for report.html, evaluation.json and pictures: lawful-evaluation when
        not given; with --json, none when not given.
    resume
        Take up what a stopped evaluation has left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    """
    if ablation_epochs is not None and ablation_epochs < 1:
        raise Refusal(f"--ablation-epochs {ablation_epochs}", "a whole number from 1 up")
    if ablation_epochs is not None and not compared.ablations:
        raise Refusal("--ablation-epochs without --ablations", "both, or neither")
    options = {**compared.options(formulas, seed), "epochs": ablation_epochs}
    folder = out or (None if json else FOLDER)
    work = _work_beside(folder, resume)
    done = _evaluated(runs, options, work, resume)
    if folder is not None:
        _write(done, folder, drawing)
    if work is not None:
        rmtree(work, ignore_errors=True)
    if json:
        put_json({"evaluations": [one.to_dict() for one in done]})
        return
    from lawful.cli.evaluation import put_evaluations

    put_evaluations(screen(), done, folder, REPORT)


def _work_beside(folder: Path | None, resume: bool) -> Path | None:
    """Where pieces are kept as they end: hidden, beside the folder."""
    if folder is None:
        if resume:
            raise Refusal("--resume without a folder", "the --out of the run that was stopped")
        return None
    from lawful.store import check_place

    real = Path(os.path.realpath(folder))
    check_place(real, str(folder))
    work = real.with_name(f".{real.name}.pieces")
    if work.exists() and not resume:
        text = "note: this begins anew; --resume would have taken up what a stopped run left"
        screen(sys.stderr).print(text)
        rmtree(work, ignore_errors=True)
    return work


def _evaluated(
    names: Sequence[str], options: Mapping[str, Any], work: Path | None, resume: bool
) -> "list[Evaluation]":
    from lawful.studies.physicsnet.evaluation import evaluate as study
    from lawful.studies.physicsnet.training import key

    if not names:
        raise Refusal("no training", "folders that `lawful train` left", "lawful train orbit")
    trainings = [training_in(name) for name in names]
    done = []
    try:
        with steps() as step:
            for run in trainings:
                say = partial(_step, step, run.name)
                place = work / key(run.material, run.settings) if work else None
                done.append(study(run, **options, work=place, resume=resume, progress=say))
    except KeyboardInterrupt:
        _say_kept(work)
        raise
    return done


def _step(step: Callable[[str], None], name: str, what: str) -> None:
    step(f"{name}: {what}")


def _say_kept(work: Path | None) -> None:
    """What is not lost."""
    from lawful.report.numbers import counted

    kept = len(list(work.rglob("*.json"))) if work else 0
    if kept:
        pieces = counted(kept, "finished piece")
        text = f"kept: {pieces} of the work; the same command with --resume goes on from there"
        screen(sys.stderr).print(text)


def _write(done: "Sequence[Evaluation]", folder: Path, drawing: PageOptions) -> None:
    from lawful.store import RunFolder
    from lawful.studies.physicsnet.evaluation_folder import manifest_of, put_evaluations

    with RunFolder.create(folder, manifest_of(done, ("lawful", *sys.argv[1:]))) as built:
        put_evaluations(done, built)
        write_page(done, built.path / REPORT, drawing, built.manifest)


def write_page(
    done: "Sequence[Evaluation]", place: Path, drawing: PageOptions, manifest: "Manifest"
) -> None:
    """The report, with its pictures."""
    from lawful.report.physicsnet import write_physicsnet_report

    with bar("drawing") as share:
        write_physicsnet_report(
            done,
            place,
            theme=drawing.theme,
            manifest=manifest,
            pictures=drawing.pictures,
            animate=drawing.animate,
            format=drawing.format,
            share=share,
        )
