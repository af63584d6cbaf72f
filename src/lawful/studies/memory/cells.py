"""A cell of a study of memory: one method, one seed, one stream learnt task after task.

    KEY.checkpoint     on its way: after every task
    KEY.tuning         the curve of its strength, where it was chosen
    KEY.safetensors    the learner at the end, of the first seed alone
    KEY.json           the history; written last, so that a cell that has it is finished

The key is a hash of all that bears on the result: two cells of one key have one result.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful import __version__
from lawful.refusal import Refusal
from lawful.store import read_json, to_json, write_atomically
from lawful.studies.memory.methods import METHODS, Terms

if TYPE_CHECKING:
    from lawful.fields.memory import Learner, Stream
    from lawful.fields.memory.history import History
    from lawful.fields.memory.tuning import Tuning
    from lawful.studies.memory.choice import MemoryStudy

MOST_BYTES = 64_000_000  # learners that are larger are not kept
FORMAT = "lawful learner"
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class MemoryCell:
    """One method with one seed.

    Attributes
    ----------
    study
        Of this cell alone: one method, one seed.
    data
        The fingerprint of the data.
    kept
        Whether the learner is kept at the end.
    """

    study: "MemoryStudy"
    data: str
    kept: bool = False

    @classmethod
    def of(cls, study: "MemoryStudy", name: str, seed: int, data: str) -> "MemoryCell":
        """The cell of a study that is complete."""
        tune = study.tune and bool(METHODS[name].values)
        alone = replace(study, methods=(name,), seeds=1, seed=seed, tune=tune)
        return cls(alone, data, seed == study.seed)

    @property
    def method(self) -> str:
        """Which method."""
        return self.study.methods[0]

    @property
    def name(self) -> str:
        """Such as "ewc seed 0"."""
        return f"{self.method} seed {self.study.seed}"

    @property
    def key(self) -> str:
        """The same for the same work of the same version, and for no other."""
        whole = {"version": __version__, "study": self.study.settings, "data": self.data}
        digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
        return f"{self.method}-{self.study.seed}-{digest[:16]}"

    def file(self, folder: Path, ending: str) -> Path:
        """One of the cell's files in a folder."""
        return folder / f"{self.key}.{ending}"

    def forget(self, folder: Path) -> None:
        """Remove what an earlier run left of this cell."""
        for ending in ("checkpoint", "tuning", "safetensors", "json"):
            self.file(folder, ending).unlink(missing_ok=True)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a cell.

    Attributes
    ----------
    history
        How the accuracies went.
    settings
        What the learner was made with.
    tuning
        The curve by which its strength was chosen; None where none was.
    weights
        Whether the learner was kept; None where nobody asked for it.
    """

    history: "History"
    settings: Mapping[str, Any]
    tuning: "Tuning | None" = None
    weights: bool | None = None


def outcome_in(cell: MemoryCell, folder: Path) -> Outcome | None:
    """The outcome of a cell; None where it is not finished, or not whole."""
    from lawful.fields.memory.history import History
    from lawful.fields.memory.tuning import Tuning

    try:
        record = read_json(cell.file(folder, "json"))
        tuning = record["tuning"] and Tuning.from_json(record["tuning"])
        history = History.from_json(record["history"])
        settings, weights = record["settings"], record["weights"]
    except (Refusal, KeyError, TypeError, ValueError):
        return None
    if cell.kept and (weights is None or weights != cell.file(folder, "safetensors").is_file()):
        return None
    return Outcome(history, settings, tuning, weights)


def worked(cell: MemoryCell, folder: Path, progress: Progress | None = None) -> str:
    """Learn the stream of a cell in one thread and keep what came of it; the cell's name.

    Raises
    ------
    Refusal
        Where the method cannot be meant for the stream.
    """
    from lawful.studies.memory.streams import stream_of

    with _one_thread():
        stream = stream_of(cell.study, cell.study.seed)
        terms = Terms.of(cell.study, stream)
        tuning = _tuning(cell, terms, stream, folder, progress)
        if tuning is not None:
            terms = replace(terms, strength=tuning.best)
        learner, history = _followed(cell, terms, stream, folder, progress)
        weights = _keep(cell, terms, learner, folder) if cell.kept else None
    record = {
        "history": history.to_json(),
        "settings": learner.settings(),
        "tuning": None if tuning is None else tuning.to_json(),
        "weights": weights,
    }
    write_atomically(cell.file(folder, "json"), to_json(record))
    for ending in ("checkpoint", "tuning"):
        cell.file(folder, ending).unlink(missing_ok=True)
    return cell.name


def _followed(
    cell: MemoryCell, terms: Terms, stream: "Stream", folder: Path, progress: Progress | None
) -> "tuple[Learner, History]":
    """Learn the stream from where the cell was left."""
    from lawful.fields.memory.history import follow

    method, place = METHODS[cell.method], cell.file(folder, "checkpoint")

    def once(resume: bool) -> "tuple[Learner, History]":
        learner = method.learner(terms)
        history = follow(
            learner, stream, look=method.look, checkpoint=place, resume=resume, progress=progress
        )
        return learner, history

    if not place.exists():
        return once(False)
    try:
        return once(True)
    except Refusal:
        place.unlink()  # damaged, or of another version: begin again
        return once(False)


def _tuning(
    cell: MemoryCell, terms: Terms, stream: "Stream", folder: Path, progress: Progress | None
) -> "Tuning | None":
    """The curve of the strength, on the validation images of the cell's own stream.

    Its tests are never looked at, so each seed chooses for itself and nothing leaks.
    """
    from lawful.fields.memory.tuning import Tuning, tuned

    if not cell.study.tune:
        return None
    place = cell.file(folder, "tuning")
    try:
        return Tuning.from_json(read_json(place))
    except (Refusal, KeyError, TypeError, ValueError):
        place.unlink(missing_ok=True)  # not there, or damaged
    method = METHODS[cell.method]
    curve = tuned(
        lambda strength: method.learner(replace(terms, strength=strength)),
        lambda seed: stream,
        method.values,
        seeds=(cell.study.seed,),
        progress=progress,
    )
    write_atomically(place, to_json(curve.to_json()))
    return curve


def _keep(cell: MemoryCell, terms: Terms, learner: "Learner", folder: Path) -> bool:
    """Keep the learner with what it was made by, where it is not too large."""
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous() for name, value in learner.state().items()}
    if sum(value.nbytes for value in state.values()) > MOST_BYTES:
        cell.file(folder, "safetensors").unlink(missing_ok=True)
        return False
    # One entry alone: several come in no order, and bytes are to be the same.
    about = {FORMAT: json.dumps({"method": cell.method, "terms": terms.to_dict()})}
    # Tensors that share their memory cannot be saved as two.
    apart = {name: value.clone() for name, value in state.items()}
    write_atomically(cell.file(folder, "safetensors"), save(apart, about))
    return True


def learner_in(path: Path) -> "Learner":
    """The learner in a file that a study kept.

    Raises
    ------
    Refusal
        For a file that holds none.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as held:
            about = held.metadata() or {}
            state = {name: held.get_tensor(name) for name in held.keys()}  # noqa: SIM118
        if FORMAT not in about:
            raise Refusal(f"{str(path)!r} holds no learner", "a file of `lawful remember`")
        told = json.loads(about[FORMAT])
        learner = METHODS[told["method"]].learner(Terms(**told["terms"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal(f"cannot read {str(path)!r}: {error}", "a learner kept by lawful") from None
    learner.restore(state)
    return learner


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread alone, so that sums are added in one order whoever else is at work."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
