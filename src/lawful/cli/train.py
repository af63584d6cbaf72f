"""`lawful train`: a network that learns a motion, and what stays the same along it."""

import sys
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lawful.cli.network import (
    AS_NETWORK,
    AS_SIMULATED,
    TRAININGS,
    NetworkOptions,
    SimulationOptions,
    folder_name,
)
from lawful.cli.options import GUESSED, Flag, ReadingOptions
from lawful.cli.screen import put_json, screen
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.laws.physicsnet.settings import NetSettings
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.studies.physicsnet.material import Material

EXAMPLES = """
Examples:

```console
lawful train orbit
lawful train orbit --epochs 100 --batch-size 64 --alpha 1.0 --beta 0.5 --gamma 0.1 --tag run1
lawful train orbit --observe x,y --noise 0.01
lawful train my.csv --run trial --time t --out mine
lawful train spring --conservation change --tag collapsed
```

What it leaves is for `lawful discover RUN --method physicsnet` and `lawful evaluate RUN`.
Needs `lawful[torch]`.
"""


def train(
    *data: Annotated[str, Parameter(show_default=False)],
    network: NetworkOptions = AS_NETWORK,
    simulation: SimulationOptions = AS_SIMULATED,
    reading: ReadingOptions = GUESSED,
    seed: int = 0,
    tag: str = "",
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Train a network on runs, where no library of terms reaches or not all is seen.

    Parameters
    ----------
    data
        A system's name or file of equations, which is simulated first, or files.
    seed
        The same seed gives the same runs and the same network.
    tag
        A word behind the folder's name: lawful-physicsnet/orbit-run1.
    out
        The folder for the network, its runs and its losses: lawful-physicsnet/NAME when
        not given.
    resume
        Go on from the checkpoint that a stopped training left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    """
    from lawful.cli.physicsnet import put_trained

    if tag and out is not None:
        raise Refusal("--tag with --out", "one of them", "say the whole folder with --out")
    settings = network.settings(seed)
    material = simulation.material(data, reading.reading, seed)
    place = out or TRAININGS / folder_name(material.name, tag)
    run = _trained(material, settings, place, resume)
    if json:
        put_json({"folder": str(place), **run.to_dict()})
    else:
        put_trained(screen(), run, place)


def _trained(m: "Material", settings: "NetSettings", place: Path, resume: bool) -> "TrainingRun":
    from lawful.cli.physicsnet import Course
    from lawful.studies.physicsnet.training import checkpoint, train_network

    left = checkpoint(m, settings, place)
    beside = left.name.rsplit(".", 2)[0]  # .NAME, before the key
    if not resume and any(left.parent.glob(f"{escape(beside)}.*.checkpoint")):
        text = "note: this begins anew; --resume would have gone on from what a stopped run left"
        screen(sys.stderr).print(text)
    course = Course()
    try:
        with course:
            return train_network(
                m,
                settings,
                place=place,
                resume=resume,
                progress=course.epochs(m.name),
                command=("lawful", *sys.argv[1:]),
            )
    except KeyboardInterrupt:
        _say_kept(left, *course.done)
        raise


def _say_kept(left: Path, epoch: int, epochs: int) -> None:
    """What is not lost."""
    if left.exists():
        kept = (
            f"kept: the network after epoch {epoch} of {epochs}"
            if epoch
            else "kept: the checkpoint"
        )
        text = f"{kept}; the same command with --resume goes on from there"
    else:
        text = "nothing is kept: it was stopped before the first epoch ended"
    screen(sys.stderr).print(text)
