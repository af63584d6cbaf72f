"""What each part of a training is for: the same training with one setting changed.

physics-aware   as it was trained
standard        β = 0: its predictions know nothing of what is conserved
change          the plain squared change for a loss, which a constant wins
latent n, beta b
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.physicsnet.folder import TrainingRun
from lawful.studies.physicsnet.judging import CHANGE, OWN, STANDARD, Ablation, measure
from lawful.studies.physicsnet.shelf import Shelf
from lawful.studies.physicsnet.training import key

if TYPE_CHECKING:
    from lawful.laws.physicsnet import NetSettings, Trained
    from lawful.studies.physicsnet.material import Material

Array = NDArray[np.float64]
Say = Callable[[str], None]

LATENT, BETAS = (2, 4, 8, 16, 32), (0.1, 0.5, 1.0)


def variants(
    settings: "NetSettings", names: Sequence[str] | None = None
) -> "dict[str, NetSettings]":
    """The trainings of an ablation by name, without the one that was done already.

    Parameters
    ----------
    settings
        Of the training that was done.
    names
        Those that are wanted; all when not given.

    Raises
    ------
    Refusal
        For a name that is none.

    Examples
    --------
    >>> from lawful.laws.physicsnet import NetSettings
    >>> list(variants(NetSettings()))  # doctest: +NORMALIZE_WHITESPACE
    ['standard', 'change', 'latent 2', 'latent 4', 'latent 8', 'latent 16', 'beta 0.1',
     'beta 1']
    """
    every = {
        STANDARD: replace(settings, beta=0.0),
        CHANGE: replace(settings, conservation="change"),
        **{f"latent {n}": replace(settings, latent_dim=n) for n in LATENT},
        **{f"beta {b:g}": replace(settings, beta=b) for b in BETAS},
    }
    for name in names or ():
        if name not in every:
            raise Refusal(f"an ablation {name!r}", "one of " + ", ".join(every))
    return {
        name: changed
        for name, changed in every.items()
        if changed != settings and (names is None or name in names)
    }


@dataclass(frozen=True)
class Cell:
    """One training of an ablation, to be done in any process."""

    name: str
    settings: "NetSettings"
    material: "Material"
    seen: int

    @property
    def of(self) -> dict[str, Any]:
        """All that bears on it."""
        return {"training": key(self.material, self.settings), "seen": self.seen}


def ablate(
    run: TrainingRun,
    seen: int,
    *,
    names: Sequence[str] | None = None,
    epochs: int | None = None,
    shelf: Shelf | None = None,
    jobs: int | None = None,
    progress: Say | None = None,
) -> tuple[tuple[Ablation, ...], tuple[str, ...]]:
    """Train again with one setting changed at a time; the training that was done comes first.

    Parameters
    ----------
    run
        The training that was done.
    seen
        How many samples forecasts start from.
    names
        Which; all of `variants` when not given.
    epochs
        Fewer than the training's own; it is then trained again, too, so that all are alike.
    shelf
        Where finished trainings are kept and found again.
    jobs
        Processes; as many as there are processors, where it is worth it, when not given.
    progress
        Called with the name of each training that is done.

    Returns
    -------
    ablations, notes
        What came of each, and what could not be done, a sentence each.
    """
    shelf, say = shelf or Shelf(), progress or (lambda step: None)
    cut = run.settings if epochs is None else replace(run.settings, epochs=epochs)
    wanted = variants(cut, names)
    wanted = wanted if cut == run.settings else {OWN: cut, **wanted}
    cells = [Cell(name, changed, run.material, seen) for name, changed in wanted.items()]
    left = [cell for cell in cells if shelf.get(cell.name, cell.of) is None]
    for name in shared_out(left, partial(worked, folder=shelf.place), jobs=jobs):
        say(f"trained: {name}")
    own = [] if OWN in wanted else [measure(OWN, run, seen)]
    found, notes = [], []
    for cell in cells:
        record = shelf.get(cell.name, cell.of)
        if "refused" in record:
            notes.append(f"Not trained: {cell.name} ({record['refused']}).")
        else:
            found.append(Ablation.from_dict(record))
    return (*own, *found), tuple(notes)


def worked(cell: Cell, folder: Path) -> str:
    """Train one cell in one thread and keep what came of it; the cell's name."""
    from lawful.laws.physicsnet import train

    shelf = Shelf(folder)
    checkpoint = shelf.file(cell.name, cell.of, "checkpoint")
    with one_thread():
        try:
            done = train(cell.material.runs, cell.settings, checkpoint=checkpoint, resume=True)
            run = TrainingRun(done, cell.material, cell.settings)
            done.save(network_of(shelf, cell))
            shelf.put(cell.name, cell.of, measure(cell.name, run, cell.seen).to_dict())
        except Refusal as refused:
            shelf.put(cell.name, cell.of, {"refused": str(refused)})
    checkpoint.unlink(missing_ok=True)
    return cell.name


def network_of(shelf: Shelf, cell: Cell) -> Path:
    """Where the network of a finished cell lies."""
    return shelf.file(cell.name, cell.of, "safetensors")


def standard_network(run: TrainingRun, seen: int, shelf: Shelf) -> "Trained | None":
    """The network without physics, where the ablation has trained it with the run's settings."""
    from lawful.laws.physicsnet import Trained

    cell = Cell(STANDARD, replace(run.settings, beta=0.0), run.material, seen)
    place = network_of(shelf, cell)
    return Trained.load(place) if place.is_file() else None


@contextmanager
def one_thread() -> Iterator[None]:
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
