"""`lawful learn`: networks trained, compared, drawn and checked by hand."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from lawful.cli.lesson import (
    ALONE,
    AS_DATA,
    AS_NETWORK,
    AS_TRAINING,
    DRAWN,
    DataOptions,
    EnsembleOptions,
    NetworkOptions,
    PictureOptions,
    TrainingOptions,
)
from lawful.cli.options import Flag
from lawful.cli.resuming import refuse_jobs, resumable
from lawful.cli.screen import bar, put_json, screen
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.studies.learning import Learned
    from lawful.studies.lesson import Lesson

EXAMPLES = """
Examples:

```console
lawful learn xor --layers 2-2-1 2-3-1 2-2-2-1
lawful learn spirals --layers 2-8-8-1 --activation tanh --optimizer adam --batch 16 --patience 200
lawful learn digits --layers 64-32-10
lawful learn my.csv --target label
lawful learn xor --optimizer heavy-ball --friction 0.1 --seeds 100 --no-pictures
lawful learn moons --animate --theme dark
lawful learn circles --interactive
lawful learn xor --layers 2-3-1 --activation relu --ensemble 200 --out training.nc
```

What is not said is chosen for the data. Exit code 1 where every training diverges.
"""
FOLDER = Path("lawful-learning")
DIVERGED = 1


def learn(
    data: str,
    /,
    *,
    seeds: int | None = None,
    seed: int = 0,
    data_options: DataOptions = AS_DATA,
    network: NetworkOptions = AS_NETWORK,
    training: TrainingOptions = AS_TRAINING,
    drawing: PictureOptions = DRAWN,
    ensemble: EnsembleOptions = ALONE,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
    jobs: int | None = None,
) -> int:
    """Train networks, compare them, and write a report.

    Parameters
    ----------
    data
        xor, and, circles, moons, spirals, gaussians, digits, mnist, …, or a file.
    seeds
        Trainings of each architecture.
    seed
        The first; the same seed gives the same numbers.
    out
        The folder for report.html, learning.json, weights and pictures: lawful-learning
        when not given; with --json, none when not given.
    resume
        Take up what a killed run has left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given. The numbers do not depend on it.
    """
    from lawful.studies.lesson import Lesson

    if ensemble != ALONE:
        if ensemble.ensemble is None:
            said = " and ".join(
                f"--{k.replace('_', '-')}" for k, v in asdict(ensemble).items() if v
            )
            raise Refusal(f"{said} without --ensemble", "how many networks", "add --ensemble 200")
        if seeds is not None or resume or jobs is not None or drawing != DRAWN:
            raise Refusal("--ensemble with --seeds, --resume, --jobs or pictures", "none of them")
        from lawful.cli.ensemble import write_log

        chosen = (data_options.choice(data), network.choice(), training, ensemble)
        return write_log(*chosen, seed=seed, out=out, json=json)
    lesson = Lesson(data_options.choice(data), network.choice(), training.choice(), seeds, seed)
    refuse_jobs(jobs)
    if drawing.interactive:
        return _interactive(lesson, drawing.theme)
    folder = out or (None if json else FOLDER)
    done = _learned(lesson, folder, resume, jobs)
    if folder is not None:
        _write(done, folder, drawing)
        done.bench.clear()
    if json:
        put_json(done.to_dict())
    else:
        from lawful.cli.learning import put_learned

        put_learned(screen(), done, folder)
    return _verdict(done)


def _learned(lesson: "Lesson", folder: Path | None, resume: bool, jobs: int | None) -> "Learned":
    from lawful.studies.learning import learn as study
    from lawful.studies.workbench import Bench

    with (
        resumable(Bench, folder, "finished training", resume=resume) as bench,
        bar("training") as done,
    ):
        share = lambda part, _: done(part)  # noqa: E731
        return study(lesson, bench=bench, resume=resume, jobs=jobs, share=share)


def _write(done: "Learned", folder: Path, drawing: PictureOptions) -> None:
    from lawful.report.album import Picture, album
    from lawful.report.learning import write_learning_report
    from lawful.store import RunFolder
    from lawful.studies.learning import REPORT, write_data

    command = ("lawful", *sys.argv[1:])
    with RunFolder.create(folder, done.manifest(command)) as built:
        left = write_data(done, built)
        drawn: tuple[Picture, ...] = ()
        if drawing.pictures:
            with bar("drawing") as share:
                drawn = album(
                    done,
                    built.path / "pictures",
                    theme=drawing.theme,
                    format=drawing.format,
                    animate=drawing.animate,
                    share=share,
                )
        write_learning_report(
            done,
            built.path / REPORT,
            pictures=drawn,
            theme=drawing.theme,
            manifest=built.manifest,
            left_out=left,
        )


def _verdict(done: "Learned") -> int:
    """0; 1 with the first reason where every training diverged."""
    if not done.all_diverged:
        return 0
    first = done.outcomes[0].diverged or {}
    line = f"lawful: every training diverged: {first['reason']}; {first['hint']}"
    print(line, file=sys.stderr)
    return DIVERGED


def _interactive(lesson: "Lesson", theme: str) -> int:
    """The window, on the first architecture."""
    from lawful.learning.named import named
    from lawful.learning.network import NeuralNetwork
    from lawful.pictures.window import NetworkVisualizer
    from lawful.studies.material import opened
    from lawful.studies.recipes import completed

    material = opened(lesson.data, lesson.seed)
    whole = completed(lesson, material.samples)
    network = NeuralNetwork(**whole.network.settings(whole.network.layers[0], whole.seed))
    visualizer = NetworkVisualizer(network, theme=theme)
    visualizer.create_interactive_visualization(
        material.samples,
        dynamics=named(str(whole.training.optimizer), **whole.training.numbers),
        batch=whole.training.batch,
        seed=whole.seed,
        show=True,
    )
    return 0
