"""`lawful remember`: methods of continual learning, taught task after task and compared."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from lawful.cli.lesson import Several
from lawful.cli.options import Flag, words
from lawful.cli.resuming import refuse_jobs, resumable
from lawful.cli.screen import bar, put_json, screen

if TYPE_CHECKING:
    from lawful.studies.memory import MemoryStudy, Remembered
    from lawful.studies.memory.bench import MemoryBench

EXAMPLES = """
Examples:

```console
lawful remember
lawful remember digits --scenario rotated --method basins plain naive --seeds 5
lawful remember digits --scenario split --method analytic relu replay
lawful remember mnist --scenario permuted --tasks 10 --method basins ewc si lwf replay naive joint
lawful remember digits --method ewc si --tune
lawful remember my.csv --target label --tasks 3
```

Methods: basins, dual, analytic (fields); plain, still, relu (the same without a field); naive,
joint, ewc, si, lwf, replay, derpp (one network).
"""
FOLDER = Path("lawful-memory")

_TASKS = Group("Tasks", sort_key=1)
_METHODS = Group("Methods", sort_key=2)
_PICTURES = Group("Pictures", sort_key=3)


@Parameter(name="*", group=_TASKS)
@dataclass(frozen=True)
class TaskOptions:
    """What is learnt, task after task."""

    scenario: str = "permuted"
    """permuted (pixels in another order), rotated (by 18° more each time) or split (by classes)."""
    tasks: int | None = None
    """How many: 10 when not given; of split, one for each pair of classes."""
    samples: int | None = None
    """How many images of the data are taken; all when not given."""
    target: str | None = None
    """Column of the classes, for a table of square images."""


@Parameter(name="*", group=_METHODS)
@dataclass(frozen=True)
class MethodOptions:
    """What learns it."""

    method: Several = ()
    """One or several: basins ewc si. All that fit the data when not given."""
    epochs: int | None = None
    """Times that a task is seen; by the number of images when not given."""
    tune: Annotated[bool, Flag] = False
    """Choose the baselines' strengths on validation images, each seed for itself."""


@Parameter(name="*", group=_PICTURES)
@dataclass(frozen=True)
class PageOptions:
    """What is drawn."""

    pictures: Annotated[bool, Parameter(negative="--no-pictures", show_default=False)] = True
    """Draw them (the default)."""
    animate: Annotated[bool, Flag] = False
    """Animations too: the field on its way."""
    theme: Literal["light", "dark"] = "light"
    """Of the pictures and the page."""
    format: Literal["png", "svg"] = "png"
    """Of the pictures."""


ANY_TASKS, ALL_METHODS, DRAWN = TaskOptions(), MethodOptions(), PageOptions()


def remember(
    data: str = "digits",
    /,
    *,
    seeds: int = 3,
    seed: int = 0,
    stream: TaskOptions = ANY_TASKS,
    methods: MethodOptions = ALL_METHODS,
    drawing: PageOptions = DRAWN,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
    report: Annotated[bool, Parameter(negative="--no-report", show_default=False)] = True,
    jobs: int | None = None,
) -> int:
    """Teach methods task after task, ask them about all, and write a report.

    Parameters
    ----------
    data
        digits, mnist, or a table of square images.
    seeds
        How often; each draws the tasks and the learners anew.
    seed
        The first; the same seed gives the same numbers.
    out
        The folder for report.html, memory.json, weights and pictures: lawful-memory when
        not given; with --json, none when not given.
    resume
        Take up what a killed run has left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    report
        Write the report (the default); without, the folder holds data alone.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given. The numbers do not depend on it.
    """
    from lawful.studies.memory import MemoryStudy

    refuse_jobs(jobs)
    study = MemoryStudy(
        data,
        stream.scenario,
        stream.tasks,
        words(methods.method),
        seeds,
        seed,
        methods.epochs,
        stream.samples,
        stream.target,
        methods.tune,
    )
    folder = out or (None if json else FOLDER)
    done, bench = _remembered(study, folder, resume, jobs)
    if folder is not None:
        _write(done, folder, drawing, report)
    if json:
        put_json(done.to_dict())
    else:
        from lawful.cli.memory import put_remembered

        put_remembered(screen(), done, folder, report)
    bench.clear()
    return 0


def _remembered(
    study: "MemoryStudy", folder: Path | None, resume: bool, jobs: int | None
) -> "tuple[Remembered, MemoryBench]":
    from lawful.studies.memory import remember as run
    from lawful.studies.memory.bench import MemoryBench

    with (
        resumable(MemoryBench, folder, "finished learner", resume=resume) as bench,
        bar("learning") as done,
    ):
        share = lambda part, _: done(part)  # noqa: E731
        return run(study, bench=bench, resume=resume, jobs=jobs, share=share), bench


def _write(done: "Remembered", folder: Path, drawing: PageOptions, report: bool) -> None:
    from lawful.store import RunFolder
    from lawful.studies.memory.folder import REPORT, write_data

    command = ("lawful", *sys.argv[1:])
    with RunFolder.create(folder, done.manifest(command)) as built:
        left = write_data(done, built)
        if not report:
            return
        from lawful.report.memory import write_memory_report

        with bar("drawing") as share:
            write_memory_report(
                done,
                built.path / REPORT,
                theme=drawing.theme,
                manifest=built.manifest,
                left_out=left,
                pictures=drawing.pictures,
                animate=drawing.animate,
                format=drawing.format,
                share=share,
            )
