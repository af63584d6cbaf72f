"""`lawful learn … --ensemble N`: a training log, for `lawful discover` to read."""

from pathlib import Path
from typing import TYPE_CHECKING

from lawful.cli.lesson import EnsembleOptions, TrainingOptions
from lawful.cli.screen import bar, put_json, said, screen
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.studies.lesson import DataChoice, NetworkChoice
    from lawful.studies.training_log import LogChoice, TrainingLog

FILE = Path("training.nc")
ENDINGS = (".nc", ".parquet", ".csv", ".csv.gz")
_TAKEN = ("optimizer", "learning_rate", "momentum", "temperature", "steps")


def write_log(
    data: "DataChoice",
    network: "NetworkChoice",
    training: TrainingOptions,
    ensemble: EnsembleOptions,
    *,
    seed: int,
    out: Path | None,
    json: bool,
) -> int:
    """Record the networks, write the file, and say what can be done with it."""
    from lawful import files
    from lawful.studies.training_log import training_log

    choice = _choice(training, ensemble, seed)
    _refuse_penalties(network)
    _refuse_questions(data)
    place = out or FILE
    _refuse_place(place, force=ensemble.force)
    with bar(f"training {choice.networks} networks") as share:
        log = training_log(data, network, choice, progress=share)
    lost = files.write(log.runs, place)
    if json:
        put_json({"file": str(place), **log.to_dict(), "notes": [*log.notes(), *lost]})
    else:
        _put(log, place, lost)
    return 0


def _choice(training: TrainingOptions, ensemble: EnsembleOptions, seed: int) -> "LogChoice":
    from lawful.studies.training_log import LogChoice

    standard = TrainingOptions()
    for name in TrainingOptions.__dataclass_fields__:
        if name not in _TAKEN and getattr(training, name) != getattr(standard, name):
            option = name.replace("_", "-")
            raise Refusal(
                f"--{option} with --ensemble", "full batches to the end", f"leave out --{option}"
            )
    scale = ensemble.init_scale
    return LogChoice(
        ensemble.ensemble if ensemble.ensemble is not None else 1,
        (training.optimizer or "gradient_flow").replace("-", "_"),
        training.learning_rate,
        training.momentum,
        training.temperature or 0.0,
        1.0 if scale is None else scale,
        training.steps,
        ensemble.every,
        seed,
        ensemble.batch_normalization,
    )


def _refuse_penalties(network: "NetworkChoice") -> None:
    for name in ("l1", "l2", "dropout"):
        if getattr(network, name):
            raise Refusal(f"--{name} with --ensemble", "none", f"leave out --{name}")


def _refuse_questions(data: "DataChoice") -> None:
    for name in ("test", "unseen"):
        if getattr(data, name) is not None:
            raise Refusal(f"--{name} with --ensemble", "all samples learned", f"leave out --{name}")


def _refuse_place(place: Path, *, force: bool) -> None:
    """Before hours of training, not after them."""
    if not place.name.casefold().endswith(ENDINGS):
        raise Refusal(f"{place.name!r} to write to", f"an ending {', '.join(ENDINGS)}")
    if not place.parent.is_dir():
        raise Refusal(f"no folder {str(place.parent)!r}", "", "make it first")
    if place.is_dir():
        raise Refusal(f"{str(place)!r} is a folder", "a file", "choose another with --out")
    if place.exists() and not force:
        raise Refusal(f"{str(place)!r} is there already", "", "add --force to write over it")


def _put(log: "TrainingLog", place: Path, lost: tuple[str, ...]) -> None:
    shown, sizes = screen(), log.runs.sizes
    said(
        shown,
        f"{place}: {sizes['run']} networks of {len(log.runs.data_vars)} weights, "
        f"{sizes['time']} records each",
    )
    said(
        shown,
        f"{log.solved} of {sizes['run']} solve {log.samples.name} at the end, {log.moved} moved, "
        f"{log.diverged} diverged",
    )
    for sentence in (*log.notes(), *lost):
        said(shown, sentence, "note")
    said(shown, f"what stays the same?  lawful discover {place}")
