"""Training: from data and settings to a network in a run folder, whatever interrupts it.

    Material, NetSettings → train → .NAME.KEY.checkpoint (every epoch) → NAME/

The key is a hash of all that bears on the result, so that a checkpoint is taken up by the
training that left it and by no other; the resumed training ends in the same bits.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from glob import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lawful import __version__
from lawful.refusal import Refusal, missing_extra
from lawful.store import RunFolder, check_place, plain
from lawful.studies.physicsnet.folder import STUDY, TrainingRun, read_training, write_training
from lawful.studies.physicsnet.material import Material

if TYPE_CHECKING:
    from lawful.laws.physicsnet import NetSettings

Progress = Callable[[int, int, Mapping[str, float]], None]


def train_network(
    m: Material,
    settings: "NetSettings | None" = None,
    *,
    place: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> TrainingRun:
    """Train a network on the material, and keep it.

    Parameters
    ----------
    m
        What on.
    settings
        How; the defaults when not given.
    place
        The run folder to be; nothing is kept when not given.
    resume
        Go on from the checkpoint that an interrupted training left beside the folder. A
        folder that the same training has finished is read back.
    progress
        Called after every epoch with its number, the number of epochs, and the losses.
    command
        The command line, for the manifest.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant; where torch is not installed; where
        there is nothing of this training to resume, but something of another.
    KeyboardInterrupt
        When interrupted; the checkpoint stays.
    """
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")
    from lawful.laws.physicsnet import NetSettings, train

    chosen = settings or NetSettings()
    if place is None:
        trained = train(m.runs, chosen, progress=progress)
        return TrainingRun(trained, m, chosen, None, trained.history)
    check_place(Path(os.path.realpath(place)), str(place))
    if resume and (done := _finished(m, chosen, place)) is not None:
        return done
    left = checkpoint(m, chosen, place)
    going_on = _taken_up(left, place, resume)
    trained = train(m.runs, chosen, checkpoint=left, resume=going_on, progress=progress)
    run = TrainingRun(trained, m, chosen, None, trained.history)
    kept = write_training(run, place, command)
    left.unlink(missing_ok=True)
    return kept


def key(m: Material, settings: "NetSettings") -> str:
    """The same for the same work of the same version, and for no other."""
    whole = plain(
        {
            "version": __version__,
            "settings": settings.to_dict(),
            "data": [dict(mark) for mark in m.fingerprints],
        }
    )
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def checkpoint(m: Material, settings: "NetSettings", place: str | Path) -> Path:
    """Where a training keeps its checkpoint: hidden, beside its folder."""
    real = Path(os.path.realpath(place))
    return real.with_name(f".{real.name}.{key(m, settings)}.checkpoint")


def _others(place: str | Path) -> list[Path]:
    """The checkpoints that lie beside a folder."""
    real = Path(os.path.realpath(place))
    return sorted(real.parent.glob(f".{escape(real.name)}.{'[0-9a-f]' * 16}.checkpoint"))


def _taken_up(left: Path, place: str | Path, resume: bool) -> bool:
    """Whether there is something to go on from; makes way where nothing shall be resumed."""
    try:
        left.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"cannot write {str(place)!r}: {error.strerror or error}",
            remedy="choose another place with --out",
        ) from None
    lying = _others(place)
    if resume and lying and left not in lying:
        raise Refusal(
            f"the training left beside {str(place)!r} has other data, settings or version",
            "the data and settings that it was started with",
            "leave --resume away to begin anew",
        )
    if not resume:
        for old in lying:
            old.unlink(missing_ok=True)
    return left.exists()


def _finished(m: Material, settings: "NetSettings", place: str | Path) -> TrainingRun | None:
    """The training at `place`, where it is this very one and whole."""
    try:
        held = RunFolder.open(place)
    except Refusal:
        return None
    if held.manifest.study != STUDY or held.changed():
        return None
    done = read_training(place)
    same = key(done.material, done.settings) == key(m, settings)
    return done if same and held.manifest.version == __version__ else None
