"""What methods remember, as a page shows it: matrices, forgetting, what is kept, pictures.

    R[i, j] = accuracy on task j after task i;   average of row i over the tasks seen

The numbers are those of `memory.json` in a `lawful remember` folder; whoever wrote it, what
is no number becomes a gap, and what is too much is left out and said.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.web.channel import Reading
from lawful.web.codec import Message

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]
RECORD, EXHIBITS = "memory.json", "exhibits.npz"
MOST_TASKS, MOST_METHODS, MOST_IMAGES, WIDEST = 60, 24, 8, 64


def reading(opened: "Opened") -> Reading:
    """The channel of the view.

    Raises
    ------
    Refusal
        For a run that holds no such numbers.
    """
    return Reading(
        "memory",
        scene=lambda **given: scene(opened, **given),
        python=lambda: python(opened),
    )


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
) -> Message:
    """All of it; there is one run, and no stretch of it to choose.

    Parameters
    ----------
    opened
        A `remember` folder.
    run, start, stop, stride
        As of other views; they choose nothing here.

    Returns
    -------
    Message
        `matrices` has shape (methods, seeds, tasks, tasks), NaN where nothing was asked yet
        and where a method has fewer seeds.
    """
    if run != 0:
        raise Refusal(f"run {run}", "0: what is remembered is one run")
    record = _record(opened)
    tasks = [str(task)[:60] for task in _list(record, "tasks")][:MOST_TASKS]
    held = _mapping(record.get("histories"))
    named = [m for m in _list(record, "methods") if isinstance(m, Mapping)][:MOST_METHODS]
    names = [str(m.get("method", ""))[:40] for m in named]
    notes = [str(note)[:400] for note in [*_list(record, "caveats"), *_list(record, "notes")]]
    if len(_list(record, "tasks")) > MOST_TASKS:
        notes.append(f"The first {MOST_TASKS} tasks are shown.")
    data = {
        "run": 0,
        "name": opened.name,
        "headline": str(record.get("headline", ""))[:600],
        "notes": notes[:12],
        "tasks": tasks,
        "methods": [_method(m) for m in named],
        "about": _about(record),
    }
    arrays: dict[str, Array] = {"matrices": _matrices(names, held, len(tasks))}
    arrays |= _exhibits(opened, names)
    return Message(data, arrays, "answer")


def python(opened: "Opened") -> Message:
    """The lines that make the same study."""
    from lawful.studies.memory import MemoryStudy

    record = _record(opened)
    settings = _mapping(record.get("settings"))
    known = [name for name in MemoryStudy.__dataclass_fields__ if name in settings]
    words = []
    for name in known:
        value = settings[name]
        plain = tuple(value) if isinstance(value, list) else value
        if isinstance(plain, str | int | float | bool | tuple | None):
            words.append(f"{name}={plain!r}")
    lines = [
        "from lawful.studies.memory import MemoryStudy, remember",
        "",
        f"study = MemoryStudy({', '.join(words)})",
        "done = remember(study)",
        "print(done.to_dict()['headline'])",
    ]
    return Message({"text": "\n".join(lines)}, kind="answer")


def _record(opened: "Opened") -> Mapping[str, Any]:
    place = opened.path / RECORD
    if opened.folder is None or place.is_symlink() or not place.is_file():
        raise Refusal(f"{opened.name!r} holds no {RECORD}", "a run of lawful remember")
    record = opened.folder.read_json(RECORD)
    if not isinstance(record, Mapping):
        raise Refusal(f"{RECORD} of {opened.name!r} is no object", "what lawful remember wrote")
    return record


def _method(given: Mapping[str, Any]) -> dict[str, Any]:
    """A method's name and numbers, each mean with the half-width of its interval."""
    pairs = {
        name: {
            "mean": _number(_mapping(given.get(name)).get("mean")),
            "half": _number(_mapping(given.get(name)).get("half")),
        }
        for name in ("average", "forgetting", "backward", "forward")
    }
    counts = {name: _number(given.get(name)) for name in ("parameters", "per_task", "stored")}
    return {"name": str(given.get("method", ""))[:40], **pairs, **counts}


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    data, settings = _mapping(record.get("data")), _mapping(record.get("settings"))
    texts = {"data": data.get("name"), "scenario": settings.get("scenario")}
    numbers = {"train": data.get("train"), "test": data.get("test"), "side": data.get("side"),
               "seeds": settings.get("seeds"), "epochs": settings.get("epochs")}  # fmt: skip
    return {
        **{name: str(value or "")[:60] for name, value in texts.items()},
        **{name: _number(value) for name, value in numbers.items()},
    }


def _matrices(names: list[str], held: Mapping[str, Any], tasks: int) -> Array:
    """Accuracies, shape (methods, seeds, tasks, tasks)."""
    seeds = max((len(_list(held, name)) for name in names), default=1) or 1
    found = np.full((len(names), min(seeds, 100), tasks, tasks), np.nan)
    for m, name in enumerate(names):
        for s, history in enumerate(_list(held, name)[: found.shape[1]]):
            rows = _list(_mapping(history), "matrix")[:tasks]
            for i, row in enumerate(rows):
                if isinstance(row, list):
                    cells = [_number(value) for value in row[:tasks]]
                    found[m, s, i, : len(cells)] = [np.nan if c is None else c for c in cells]
    return found


def _exhibits(opened: "Opened", names: list[str]) -> dict[str, Array]:
    """Images of the tasks, attractors of the basins, and energies of images in each basin."""
    place = opened.path / EXHIBITS
    if opened.folder is None or place.is_symlink() or not place.is_file():
        return {}
    try:
        held = opened.folder.read_arrays(EXHIBITS)
    except Refusal:  # pictures are beside the point: the numbers are shown without them
        return {}
    shown: dict[str, Array] = {}
    images, densities = held.get("images"), held.get("densities")
    if images is not None and _fits(images, 4):
        shown["images"] = images[:MOST_TASKS, :MOST_IMAGES].astype(np.float32)
    if densities is not None and _fits(densities, 3):
        shown["densities"] = densities[:MOST_TASKS].astype(np.float32)
    for name in names:
        energies = held.get(f"energies/{name}")
        # (task of the image, image, basin): how deep each basin lies for it.
        if energies is not None and energies.ndim == 3 and energies.dtype.kind == "f":
            shown[f"depths/{name}"] = energies[:MOST_TASKS, :200, :MOST_TASKS].astype(np.float32)
    return shown


def _fits(array: NDArray[Any], axes: int) -> bool:
    return array.ndim == axes and array.dtype.kind in "fiu" and max(array.shape[-2:]) <= WIDEST


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    found = record.get(name)
    return found if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good and math.isfinite(value) else None
