"""A training that is over, as the view of a live one shows it.

    curves   energies and accounts, as they were recorded
    weights  all of them on the way, where the network is small enough to have them written
    ground   the landscape about their path      phases   the boundary at telling moments

The names are those of `lawful.web.live.network`, so that one view shows both. Everything is
in the first scene: an exported page has nobody to ask.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.look import MEASURES, Moment, State
from lawful.learning.motion import Motion
from lawful.learning.named import KINDS
from lawful.learning.network import NeuralNetwork
from lawful.learning.record import LEDGER
from lawful.learning.samples import Samples
from lawful.learning.stopping import Best
from lawful.refusal import Refusal
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.live import ground, phases, sources, words
from lawful.web.live.frames import layout
from lawful.web.live.maps import Plane, plane_of, single

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[Any]
ROWS = 4000  # of a curve
MOMENTS = 160  # weights on the way
CELLS, PANELS, PANEL = 41, 6, 32


def reading(opened: "Opened") -> Reading:
    """The channel of a run of `lawful learn`."""
    return Reading(
        "training",
        scene=lambda **given: scene(opened, **given),
        python=lambda **given: python(opened, **given),
    )


@dataclass(frozen=True)
class One:
    """One training of a run.

    Attributes
    ----------
    name
        Such as "2-3-1 seed 0".
    log, row
        The file of its curves, and which run of it.
    """

    name: str
    log: Path
    row: int


def trainings(opened: "Opened") -> list[One]:
    """All trainings of a run whose curves were kept, architecture by architecture.

    Raises
    ------
    Refusal
        Where there are none.
    """
    logs = sorted((opened.path / "training").glob("*.nc"))
    if not logs:
        raise Refusal(f"{opened.name} has no training logs", "training/*.nc")
    found = []
    for log in logs:
        names = _names(str(log), log.stat().st_mtime_ns)
        found += [One(name, log, row) for row, name in enumerate(names)]
    return found


@lru_cache(maxsize=64)
def _names(log: str, changed: int) -> tuple[str, ...]:
    """The trainings of a log, as it was when it was last changed."""
    from lawful.files import read

    return tuple(str(name) for name in read(log).coords["run"].values)


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
) -> Message:
    """One training: curves, weights on the way, the landscape, the phases of its boundary.

    Parameters
    ----------
    opened
        A run of `lawful learn`.
    run
        Which training, in the order of `trainings`.
    start, stop, stride
        Rows of the curves.

    Raises
    ------
    Refusal
        For a training that is not there.
    """
    every = trainings(opened)
    if not isinstance(run, int) or not 0 <= run < len(every):
        raise Refusal(f"training {run!r}", f"0 to {len(every) - 1}")
    one = every[run]
    curves, weights, origin = _read(one, start, stop, stride)
    network = _network(opened, one, origin)
    samples, notes = _samples(opened)
    data = {
        **_told(opened, one, origin, network, curves),
        "run": run,
        "runs": [other.name for other in every],
    }
    arrays: dict[str, Array] = {f"curve_{name}": column for name, column in curves.items()}
    if weights is not None:
        steps, path = weights
        arrays["timeline_steps"] = steps.astype(np.int32)
        arrays["timeline_parameters"] = single(path)
        if samples is not None:
            _add_ground(data, arrays, network, samples, steps, path)
            _add_phases(data, arrays, network, samples, steps, path)
    else:
        count = network.parameters.size
        notes = [*notes, f"the {count} weights on the way were not written: no landscape"]
    arrays["parameters"] = single(network.parameters)
    if samples is not None:
        arrays["X"], arrays["y"] = (single(part) for part in samples)
        labels = samples.labels if samples.classes else np.zeros(samples.size)
        arrays["labels"] = labels.astype(np.int32)
    return Message({**data, "notes": notes}, arrays, "answer")


def _read(
    one: One, start: int, stop: int | None, stride: int | None
) -> tuple[dict[str, Array], tuple[Array, Array] | None, dict[str, Any]]:
    """Curves, weights on the way with their steps or None, and who made them."""
    from lawful.files import read

    runs = read(str(one.log)).isel(run=one.row)
    steps = runs["time"].values
    there = np.flatnonzero(np.isfinite(steps))
    origin = json.loads(runs.attrs.get("origin") or "{}")
    chosen = there[start:stop]
    thin = max(1, -(-len(chosen) // ROWS)) if stride is None else stride
    if not isinstance(thin, int) or thin < 1:
        raise Refusal(f"a stride of {thin}", "a whole number from 1 up")
    kept = chosen[::thin]
    if len(chosen) and kept[-1] != chosen[-1]:
        kept = np.append(kept, chosen[-1])
    names = [str(name) for name in runs.data_vars]
    curves: dict[str, Array] = {"steps": steps[kept].astype(np.int32)}
    for name in names:
        if name in MEASURES or name.startswith(LEDGER):
            curves[name.removeprefix(LEDGER)] = single(runs[name].values[kept])
    layers = tuple(origin.get("network", {}).get("layers", ()))
    weights = _weights(runs, layers, there)
    return curves, weights, origin


def _weights(runs: Any, layers: tuple[int, ...], there: Array) -> tuple[Array, Array] | None:
    names = NeuralNetwork(layers).names if len(layers) > 1 else ()
    if not names or any(name not in runs.data_vars for name in names) or len(there) < 2:
        return None
    path = np.stack([runs[name].values[there] for name in names], axis=1)
    some = _even(path)
    return runs["time"].values[there[some]].astype(int), path[some]


def _even(path: Array) -> Array:
    """Some moments of a path: closer together where it goes fast, none skipped for long."""
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    order = np.linspace(0.0, 1.0, len(path))
    clock = 0.6 * gone / gone[-1] + 0.4 * order if gone[-1] > 0 else order
    marks = np.linspace(0.0, clock[-1], min(MOMENTS, len(path)))
    return np.unique([0, *np.searchsorted(clock, marks), len(path) - 1])


def _network(opened: "Opened", one: One, origin: Mapping[str, Any]) -> NeuralNetwork:
    """The network as trained; as its seed draws it, where its weights were not kept."""
    path = opened.path / "weights" / f"{one.name.replace(' ', '-')}.safetensors"
    if path.is_file() and not path.is_symlink():
        return NeuralNetwork.load(path)
    seed = int(one.name.rpartition(" ")[2])
    return NeuralNetwork(**{**origin["network"], "seed": seed})


@lru_cache(maxsize=4)
def _material(settings: str, seed: int, beside: str, mark: str) -> Samples | None:
    """The samples that were learned from, drawn again or read from a file beside the run."""
    from lawful.store import fingerprint
    from lawful.studies.lesson import DataChoice
    from lawful.studies.material import is_file, opened

    given = json.loads(settings)
    name = str(given.get("name", ""))
    # A test file kept everything else for training; it is not read here.
    unseen = 0.0 if given.get("test") else given.get("unseen")
    choice = DataChoice(name, given.get("target"), given.get("samples"), given.get("noise"),
                        unseen=unseen)  # fmt: skip
    if name.strip().casefold() in sources.WORDS:
        return opened(choice, seed).samples
    place = Path(beside) / Path(name).name
    if not is_file(name) or place.is_symlink() or not place.is_file():
        return None
    if fingerprint(place)["sha256"] != mark:
        return None
    return opened(DataChoice(str(place), *_rest(choice), unseen=unseen), seed).samples


def _rest(choice: Any) -> tuple[Any, Any, Any]:
    return choice.target, choice.samples, choice.noise


def _samples(opened: "Opened") -> tuple[Samples | None, list[str]]:
    assert opened.folder is not None  # noqa: S101
    manifest = opened.folder.manifest
    settings = json.dumps(manifest.settings.get("data", {}), sort_keys=True)
    mark = str(manifest.data[0].get("sha256", "")) if manifest.data else ""
    try:
        samples = _material(settings, manifest.seed, str(opened.path.parent), mark)
    except Refusal as why:
        return None, [f"what was learned from cannot be had here: {why}"]
    if samples is not None:
        return samples, list(samples.notes)
    name = manifest.settings.get("data", {}).get("name", "the data")
    return None, [f"{name} is not beside this run: without it there is no landscape"]


def _told(
    opened: "Opened",
    one: One,
    origin: Mapping[str, Any],
    network: NeuralNetwork,
    curves: Mapping[str, Array],
) -> dict[str, Any]:
    """What a live scene says of itself, of this one."""
    plan = network.architecture
    measures = {n: float(c[-1]) for n, c in curves.items() if n in MEASURES and len(c)}
    accounts = {n: float(c[-1]) for n, c in curves.items() if n in words.ACCOUNTS and len(c)}
    energy = curves.get("energy", np.empty(0))
    dynamics = dict(origin.get("dynamics", {}))
    books = None
    if accounts and len(energy):
        books = {"start": float(energy[0]), "now": float(energy[-1]), "since": 0, "hand": 0.0,
                 "entries": int(curves["steps"][-1])}  # fmt: skip
    kind = str(dynamics.get("name", ""))
    optimizer = next((n for n, k in KINDS.items() if k.__name__ == kind), kind)
    return {
        "version": 0,
        "recorded": True,
        "name": one.name,
        "layers": list(plan.layers),
        "activations": list(plan.activations),
        "initializations": list(plan.initializations),
        "loss": plan.loss,
        "layout": layout(plan.layers),
        "dataset": origin.get("data", ""),
        "optimizer": optimizer,
        "rate": dynamics.get("learning_rate", dynamics.get("time_step")),
        "rate_called": "time step" if "time_step" in dynamics else "learning rate",
        **{dial: dynamics.get(dial) for dial in ("momentum", "friction", "temperature", "mass")},
        "seed": plan.seed,
        "step": int(curves["steps"][-1]) if len(curves["steps"]) else 0,
        "measures": measures,
        "accounts": accounts,
        "books": books,
        "residual": _residual(opened, one),
        "trouble": "",
        "stopped": origin.get("stopped", ""),
        "curve_from": 0,
        "words": {
            "accounts": words.ACCOUNTS,
            "energies": words.ENERGIES,
            "optimizers": words.OPTIMIZERS,
        },
    }


def _residual(opened: "Opened", one: One) -> float | None:
    """The ledger's, as the run's record has it."""
    assert opened.folder is not None  # noqa: S101
    try:
        record = opened.folder.read_json("learning.json")
        for outcome in record["trainings"]:
            if f"{outcome['architecture']} seed {outcome['seed']}" == one.name:
                value = outcome.get("residual")
                return None if value is None else float(value)
    except (Refusal, KeyError, TypeError, ValueError):
        pass
    return None


def _add_ground(
    data: dict[str, Any],
    arrays: dict[str, Array],
    network: NeuralNetwork,
    samples: Samples,
    steps: Array,
    path: Array,
) -> None:
    """The landscape about the path, its names with `landscape_` before them."""
    found = ground.message(network, samples, path, CELLS)
    data["landscape"] = {**found.data, "steps": steps.tolist(), "version": 0}
    arrays |= {f"landscape_{name}": array for name, array in found.arrays.items()}


def _add_phases(
    data: dict[str, Any],
    arrays: dict[str, Array],
    network: NeuralNetwork,
    samples: Samples,
    steps: Array,
    path: Array,
) -> None:
    """The boundary at telling moments, its names with `phase_` before them."""
    plane = _plane(samples)
    middle = samples.X.mean(axis=0)
    kept = [_moment(network, samples, int(s), x) for s, x in zip(steps, path, strict=True)]
    drawn = phases.Scene(network, samples, plane, middle)
    found = phases.moments(drawn, kept, PANELS, PANEL)
    data["phase"] = dict(found.data)
    data["extent"], data["slice"] = list(plane.extent), list(plane.pair)
    arrays |= {f"phase_{name}": array for name, array in found.arrays.items()}


def _plane(samples: Samples) -> Plane:
    return plane_of(samples, (0, min(1, samples.inputs - 1)))


def _moment(network: NeuralNetwork, samples: Samples, step: int, x: Array) -> Moment:
    """A moment of the record: its weights, and what they answer."""
    moved = network.with_parameters(x)
    value, answers = moved.loss_and_answers(*samples)
    right = moved.accuracy_of(answers, samples.y) if samples.classes else float("nan")
    measures = {"loss": value, "accuracy": right, "kinetic": 0.0}
    state = State(step, Motion(moved.parameters, np.zeros(0)), Best())
    return Moment(step, float(step), measures, {}, float("nan"), state)


# ------------------------------------------------------------------------------ as Python


def python(opened: "Opened", *, run: int = 0) -> Message:
    """The lines that make this training again."""
    every = trainings(opened)
    if not isinstance(run, int) or not 0 <= run < len(every):
        raise Refusal(f"training {run!r}", f"0 to {len(every) - 1}")
    return Message({"text": _lines(opened, every[run].name)}, kind="answer")


def _lines(opened: "Opened", name: str) -> str:
    from lawful.studies.lesson import DataChoice, NetworkChoice, TrainingChoice, sizes

    assert opened.folder is not None  # noqa: S101
    manifest = opened.folder.manifest
    shape, _, seed = name.partition(" seed ")
    settings = manifest.settings
    network = {**settings.get("network", {}), "layers": [list(sizes(shape))]}
    choices = [
        _call(DataChoice, settings.get("data", {})),
        _call(NetworkChoice, network),
        _call(TrainingChoice, settings.get("training", {})),
    ]
    count = int(seed) - manifest.seed + 1
    return "\n".join(
        [
            "from lawful.studies.learning import learn",
            "from lawful.studies.lesson import DataChoice, Lesson, NetworkChoice, TrainingChoice",
            "",
            "lesson = Lesson(",
            *(f"    {choice}," for choice in choices),
            f"    seeds={count},",
            f"    seed={int(manifest.seed)},",
            ")",
            "done = learn(lesson)",
            f"cell = next(cell for cell in done.cells if cell.name == {name!r})",
            "training = done.training(cell)",
            "print(training.stopped, training.network, training.residual)",
            "",
        ]
    )


def _call(kind: type, given: Mapping[str, Any]) -> str:
    """A call with what was said: literals alone, nothing of a file becomes code."""
    known = [field.name for field in fields(kind)]
    said = [(k, given[k]) for k in known if given.get(k) is not None and given[k] is not False]
    return f"{kind.__name__}({', '.join(f'{k}={_literal(v)}' for k, v in said)})"


def _literal(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(_literal(one) for one in value)},)"
    sound = isinstance(value, bool | int | float | str) or value is None
    return repr(value if sound else str(value))
