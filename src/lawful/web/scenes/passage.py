"""An image on its way through the field that a basin has learned, moment by moment.

    ψ → e^(−i h/2 W) e^(−i h T) e^(−i h/2 W) ψ        kicks turn phases, flights move density

The learner's weights lie in the run folder and are read as numbers alone; every moment is
a state of its own calculation (see `lawful.pictures.passage`), none is made up in between.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.web.codec import Message

if TYPE_CHECKING:
    from lawful.studies.memory.remembered import Remembered
    from lawful.web.workspace import Opened

FIELDS = ("basins", "dual")  # methods whose learners hold a field that can be looked into
READ = ("memory.json", "histories.json", "exhibits.npz")
MOMENTS = 64
WIDEST = 96
CUTS = ((2, 4), (1, 2), (1, 1))  # into how many moments a half kick and a flight are cut


def held(opened: "Opened") -> list[str]:
    """The methods of a run whose field can be looked into; no file is read for it."""
    home = opened.path / "weights"
    read = (home, *(opened.path / name for name in READ))
    if any(place.is_symlink() for place in read):  # what lies outside the folder is not read
        return []
    places = [home / f"{name}.safetensors" for name in FIELDS]
    return [p.stem for p in places if p.is_file() and not p.is_symlink()]


def passage(
    opened: "Opened", *, method: str = "", task: int = 0, image: int = 0, basin: int | None = None
) -> Message:
    """The field of one shown image at moments on its way.

    Parameters
    ----------
    opened
        A `remember` folder.
    method
        One of `held`; the first of them when not given.
    task, image
        Which of the shown images.
    basin
        Through whose field; its own task's when not given.

    Returns
    -------
    Message
        `densities` and `phases` of shape (moments, y, x), `planes` (planes, y, x).

    Raises
    ------
    Refusal
        Where torch is not installed, or nothing of that kind is held.
    """
    names = held(opened)
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")
    chosen = method or (names[0] if names else "")
    if chosen not in names:
        raise Refusal(f"a field of {chosen[:40]!r}", ", ".join(names) or "a run that kept one")
    done = _study(str(opened.path), opened.created)
    shown = done.exhibits["images"]
    _counted("task", task, len(shown))
    _counted("image", image, shown.shape[1])
    network = _network(done, chosen, task if basin is None else basin)
    return _drawn(network, shown[task, image], chosen, task if basin is None else basin)


def _drawn(network: Any, image: NDArray[Any], method: str, basin: int) -> Message:
    from lawful.pictures.passage import Way, entering, layer_of

    way = Way.of(layer_of(network))
    psi = entering(network, image)
    if max(psi.shape) > WIDEST:
        raise Refusal(f"a field of {psi.shape[0]} × {psi.shape[1]}", f"{WIDEST} × {WIDEST} at most")
    stages = max(len(way.weights), 1)
    kicks, flights = next(
        (cut for cut in CUTS if way.steps * ((2 * cut[0] + cut[1]) * stages + 1) < MOMENTS),
        CUTS[-1],
    )
    moments = list(way.moments(psi, kicks=kicks, flights=flights))
    moments = moments[:: -(-len(moments) // MOMENTS)]
    data = {
        "method": method, "basin": basin, "steps": way.steps, "h": way.step, "g": way.strength,
        "potential": way.potential, "doing": [m.doing for m in moments],
        "step": [m.step for m in moments], "plane": [m.plane for m in moments],
    }  # fmt: skip
    fields = np.stack([m.psi for m in moments])
    arrays = {
        "densities": (np.abs(fields) ** 2).astype(np.float32),
        "phases": np.angle(fields).astype(np.float32),
        "planes": way.planes.astype(np.float32),
    }
    return Message(data, arrays, "answer")


@lru_cache(maxsize=2)
def _study(folder: str, created: str) -> "Remembered":
    """The study of a folder; read once, as long as it is the same."""
    from lawful.studies.memory.folder import read

    done = read(Path(folder))
    if "images" not in done.exhibits or done.exhibits["images"].ndim != 4:
        raise Refusal("a run without images of its tasks", "exhibits.npz with images")
    return done


def _network(done: "Remembered", method: str, basin: int) -> Any:
    learner: Any = done.learner(method)
    basins = getattr(learner, "basins", None) or ()
    _counted("basin", basin, len(basins))
    network = getattr(basins[basin].expert, "network", None)
    if network is None:
        raise Refusal(f"a basin of {method} without a network", ", ".join(FIELDS))
    return network


def _counted(what: str, value: Any, count: int) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value < count:
        raise Refusal(f"{what} {str(value)[:40]!r}", f"0 to {count - 1}")
