"""`lawful phases`: what becomes of networks over a plane of settings, as a diagram."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from lawful.cli.options import Flag, words
from lawful.cli.plane import (
    ALL,
    DRAWN,
    PLAIN,
    USUAL,
    WHOLE,
    DynamicsOptions,
    MapOptions,
    SampleOptions,
    ShapeOptions,
    ZoomOptions,
)
from lawful.cli.resuming import refuse_jobs, resumable
from lawful.cli.screen import bar, put_json, screen

if TYPE_CHECKING:
    from lawful.studies.phases.plan import Plan
    from lawful.studies.phases.run import Phases
    from lawful.studies.phases.tiles import Tiles

EXAMPLES = """
Examples:

```console
lawful phases xor --layers 2-2-1 --x learning_rate=1e-2:1e2:log --y init_scale=1e-2:10:log
lawful phases xor --x learning_rate=0.1:100:log --y momentum=0:1 --seeds 16 --size 32
lawful phases moons --samples 40 --seeds 8 --x learning_rate_1=0.1:1e3:log --y momentum=0:1
lawful phases xor --x learning_rate=0.1:30:log --y temperature=1e-6:0.1:log --observable steps
lawful phases xor --x learning_rate=1:1e3:log --y init_scale=0.1:10:log --seeds 1 --zoom 3
lawful phases my.csv --target label --x learning_rate=0.01:10:log --y momentum=0:1 --json
lawful phases digits --x learning_rate=0.1:10:log --y momentum=0:1 --cluster tcp://host:8786
```

A killed run goes on with --resume. Exit code 1 where every network of every cell diverges.
"""
FOLDER = Path("lawful-phases")
DIVERGED = 1


def phases(
    data: str,
    /,
    *,
    x: str,
    y: str,
    size: str = "48",
    seeds: int = 64,
    seed: int = 0,
    sharpness: int = 4,
    data_options: SampleOptions = ALL,
    network: ShapeOptions = USUAL,
    dynamics: DynamicsOptions = PLAIN,
    closer: ZoomOptions = WHOLE,
    drawing: MapOptions = DRAWN,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
    jobs: int | None = None,
    cluster: str | None = None,
) -> int:
    """Train networks all over a plane of settings: where do they learn, and where not?

    Parameters
    ----------
    data
        xor, and, circles, moons, spirals, gaussians, digits, …, or a file.
    x
        What varies across: learning_rate=1e-2:1e2:log; or learning_rate_1, … for one layer
        of weights, momentum, temperature, init_scale.
    y
        What varies upward.
    size
        Cells a side: 48, or 64x32.
    seeds
        Networks in each cell.
    seed
        The first of them; the same seed gives the same numbers.
    sharpness
        Networks of each cell whose sharpness is measured; 0 for none.
    out
        The folder for report.html, phases.json, diagram.nc and pictures: lawful-phases when
        not given; with --json, none when not given.
    resume
        Take up what a killed run has left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given. The numbers do not depend on it.
    cluster
        The address of a Dask scheduler whose workers train: tcp://host:8786.
    """
    refuse_jobs(jobs)
    plan = _plan(
        data, x, y, size, seeds, seed, sharpness, data_options, network, dynamics, closer, drawing
    )
    folder = out or (None if json else FOLDER)
    done, tiles = _done(plan, folder, resume, jobs, cluster)
    if folder is not None:
        _write(done, folder, drawing)
    tiles.clear()
    if json:
        put_json(done.to_dict())
    else:
        from lawful.cli.phase_table import put_phases

        put_phases(screen(), done, folder)
    return _verdict(done)


def _plan(
    data: str,
    x: str,
    y: str,
    size: str,
    seeds: int,
    seed: int,
    sharpness: int,
    given: SampleOptions,
    network: ShapeOptions,
    dynamics: DynamicsOptions,
    closer: ZoomOptions,
    drawing: MapOptions,
) -> "Plan":
    from lawful.studies.lesson import DataChoice, NetworkChoice, sizes
    from lawful.studies.phases.axes import Axis
    from lawful.studies.phases.plan import Plan, cells

    d = dynamics
    return Plan(
        DataChoice(data, given.target, given.samples, given.noise),
        Axis.parse(x),
        Axis.parse(y),
        NetworkChoice(
            (sizes(network.layers),) if network.layers else (),
            words(network.activation) or None,
            network.output,
            network.loss,
            network.weight_init,
            dtype=network.dtype,
        ),
        cells(size),
        seeds,
        seed,
        d.steps,
        d.learning_rate,
        d.momentum,
        d.temperature,
        d.init_scale,
        d.goal,
        d.goal_energy,
        drawing.observable,
        closer.zoom,
        closer.zoom_factor,
        closer.boundary,
        sharpness,
    )


def _done(
    plan: "Plan", folder: Path | None, resume: bool, jobs: int | None, cluster: str | None
) -> "tuple[Phases, Tiles]":
    from lawful.studies.phases.run import phases as study
    from lawful.studies.phases.tiles import Tiles

    with (
        resumable(Tiles, folder, "finished tile", resume=resume) as tiles,
        bar("training") as tell,
    ):
        share = lambda part, _: tell(part)  # noqa: E731
        made = study(plan, tiles=tiles, resume=resume, jobs=jobs, cluster=cluster, share=share)
    return made, tiles


def _write(done: "Phases", folder: Path, drawing: MapOptions) -> None:
    from lawful.report.phases import write_phases_report
    from lawful.store import RunFolder
    from lawful.studies.phases.folder import REPORT, write_data

    command, drawn = ("lawful", *sys.argv[1:]), list[Path]()
    with RunFolder.create(folder, done.manifest(command)) as built:
        write_data(done, built)
        if drawing.pictures:
            from lawful.pictures.phases import draw

            place = built.path / "pictures"
            place.mkdir()
            look = {"theme": drawing.theme, "format": drawing.format}
            drawn = draw(done, place, animate=drawing.animate, **look)
        page = built.path / REPORT
        write_phases_report(done, page, pictures=drawn, theme=drawing.theme, command=command)


def _verdict(done: "Phases") -> int:
    """0; 1 where every network of every cell diverged."""
    if not done.all_diverged:
        return 0
    print(
        f"lawful: every network of every cell diverged; begin {done.diagram.x.name} or "
        f"{done.diagram.y.name} lower, or take a bounded --output",
        file=sys.stderr,
    )
    return DIVERGED
