"""What methods remember, as a page shows it: matrices, forgetting, what is kept, what is recalled.

    R[i, j] = accuracy on task j after task i;   an image falls into the basin of lowest energy

The numbers are those of `memory.json` in a `lawful remember` folder; whoever wrote it, what
is no number becomes a gap, and what is too much is left out and said.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.scenes.forgetting import averages, forgotten, intervals
from lawful.web.scenes.passage import held, passage

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]
RECORD, EXHIBITS = "memory.json", "exhibits.npz"
MOST_TASKS, MOST_METHODS, MOST_IMAGES, MOST_SEEDS, WIDEST = 60, 24, 8, 100, 64
PIXELS = 300_000  # of all images that are sent
MOST = 1e300
CELLS = 60_000  # accuracies that are sent seed by seed


def reading(opened: "Opened") -> Reading:
    """The channel of the view.

    Raises
    ------
    Refusal
        For a run that holds no such numbers.
    """
    return Reading(
        "memory",
        scene=partial(scene, opened),
        python=partial(python, opened),
        passage=partial(passage, opened),
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
        `means` and `halves` (methods, tasks, tasks): accuracies over seeds and half the widths
        of their intervals; `averages` and `forgotten` (methods, 2, tasks) likewise, mean and
        half; NaN where nothing was asked yet. `recalled/METHOD` (tasks, basins): the share of
        a task's test images that fall into each basin; `energies/METHOD` (tasks, images,
        basins): those of the images shown. `matrices` (methods, seeds, tasks, tasks) where
        they are few.
    """
    if run != 0:
        raise Refusal(f"run {run}", "0: what is remembered is one run")
    record = _record(opened)
    tasks = [str(task)[:60] for task in _list(record, "tasks")][:MOST_TASKS]
    named = [m for m in _list(record, "methods") if isinstance(m, Mapping)][:MOST_METHODS]
    names = [str(m.get("method", ""))[:40] for m in named]
    R = _matrices(names, _mapping(record.get("histories")), len(tasks))
    data = {
        "run": 0,
        "name": opened.name,
        "headline": str(record.get("headline", ""))[:600],
        "notes": _notes(record, R.shape[1]),
        "tasks": tasks,
        "methods": [_method(m) for m in named],
        "classes": [
            str(label)[:20] for label in _list(_mapping(record.get("data")), "labels")[:1000]
        ],
        "fields": held(opened),
        "about": _about(record),
    }
    means, halves = intervals(R, axis=1)
    arrays: dict[str, NDArray[Any]] = {
        "means": means,
        "halves": halves,
        "averages": np.stack(intervals(averages(R), axis=1), axis=1),
        "forgotten": np.stack(intervals(forgotten(R), axis=1), axis=1),
    }
    if R.size <= CELLS:
        arrays["matrices"] = R
    arrays |= _exhibits(opened, names, len(tasks))
    return Message(data, arrays, "answer")


def _notes(record: Mapping[str, Any], seeds: int) -> list[str]:
    said = [str(note)[:400] for note in [*_list(record, "caveats"), *_list(record, "notes")]][:12]
    for what, count, most in (
        ("tasks", len(_list(record, "tasks")), MOST_TASKS),
        ("methods", len(_list(record, "methods")), MOST_METHODS),
    ):
        if count > most:
            said.append(f"The first {most} of {count} {what} are shown.")
    if seeds == 1:
        said.append("One seed: no interval can be given.")
    return said


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
    found = np.full((len(names), min(seeds, MOST_SEEDS), tasks, tasks), np.nan)
    for m, name in enumerate(names):
        for s, history in enumerate(_list(held, name)[: found.shape[1]]):
            rows = _list(_mapping(history), "matrix")[:tasks]
            for i, row in enumerate(rows):
                if isinstance(row, list):
                    cells = [_number(value) for value in row[:tasks]]
                    found[m, s, i, : len(cells)] = [np.nan if c is None else c for c in cells]
    return found


def _exhibits(opened: "Opened", names: list[str], tasks: int) -> dict[str, NDArray[Any]]:
    """Images of the tasks, attractors of the basins, and which basin an image falls into."""
    place = opened.path / EXHIBITS
    if opened.folder is None or place.is_symlink() or not place.is_file():
        return {}
    try:
        found = opened.folder.read_arrays(EXHIBITS)
    except Refusal:  # pictures are beside the point: the numbers are shown without them
        return {}
    shown: dict[str, NDArray[Any]] = {}
    images, densities, labels = (found.get(n) for n in ("images", "densities", "labels"))
    each = MOST_IMAGES
    if images is not None and _fits(images, 4) and images.size:
        images = images[:tasks, :MOST_IMAGES]
        # Fewer of each task rather than fewer tasks.
        each = max(1, min(images.shape[1], PIXELS // max(images[:, :1].size, 1)))
        shown["images"] = images[:, :each].astype(np.float32)
        if labels is not None and labels.ndim == 2 and labels.dtype.kind in "iu":
            shown["labels"] = labels[:tasks, :each].astype(np.int32)
    if densities is not None and _fits(densities, 3) and densities.size:
        shown["densities"] = densities[:tasks].astype(np.float32)
    for name in names:
        energies = found.get(f"energies/{name}")
        if energies is not None and energies.ndim == 3 and energies.dtype.kind == "f" and tasks:
            energies = energies[:tasks, :, :tasks]
            if energies.size and np.isfinite(energies).all():
                shown[f"recalled/{name}"] = _recalled(energies)
                shown[f"energies/{name}"] = energies[:, :each].astype(np.float32)
    return shown


def _recalled(energies: NDArray[Any]) -> NDArray[Any]:
    """The share of each task's images whose lowest energy is in each basin, (tasks, basins)."""
    basins = np.arange(energies.shape[2])
    lowest = energies.argmin(axis=2)
    return np.asarray((lowest[:, :, None] == basins).mean(axis=1))


def _fits(array: NDArray[Any], axes: int) -> bool:
    return array.ndim == axes and array.dtype.kind in "fiu" and max(array.shape[-2:]) <= WIDEST


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    found = record.get(name)
    return found if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    # A whole number may be longer than any float.
    return float(value) if good and -MOST < value < MOST else None
