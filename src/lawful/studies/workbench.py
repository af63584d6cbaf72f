"""The workbench: cells are trained over processes, and each is kept as it ends.

    .NAME.cells/KEY.npz           a finished cell
    .NAME.cells/KEY.checkpoint    one on its way

A study that is killed leaves its bench beside its folder; taken up again, it goes on
from there and ends in the same bits, for each cell is drawn from its own seed alone
and calculates in one thread, whoever its neighbours are.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from lawful.learning.record import Training
from lawful.refusal import Refusal
from lawful.studies.cells import Cell
from lawful.studies.hands import shared_out
from lawful.studies.kept import keep, outcome_in, training_in
from lawful.studies.material import Material
from lawful.studies.outcome import Outcome, trained
from lawful.studies.work_folder import WorkFolder

Share = Callable[[float, str], None]


class Bench(WorkFolder):
    """A folder of cells."""

    def file(self, cell: Cell) -> Path:
        """Where a finished cell lies."""
        return self.place / f"{cell.key}.npz"

    def checkpoint(self, cell: Cell) -> Path:
        """Where a cell on its way lies."""
        return self.place / f"{cell.key}.checkpoint"

    def finished(self, cells: Sequence[Cell]) -> dict[str, Outcome]:
        """Outcomes by key of those cells that are finished and whole."""
        held = {cell.key: outcome_in(self.file(cell)) for cell in cells}
        return {key: outcome for key, outcome in held.items() if outcome is not None}

    def training(self, cell: Cell, material: Material) -> Training:
        """The training of a finished cell."""
        return training_in(self.file(cell), material.samples)

    def run(
        self,
        cells: Sequence[Cell],
        material: Material,
        *,
        jobs: int | None = None,
        resume: bool = False,
        share: Share | None = None,
    ) -> tuple[Outcome, ...]:
        """Train all cells; their outcomes, in their order.

        Parameters
        ----------
        cells, material
            What, and on which data.
        jobs
            Processes; as many as there are processors, if the work is worth it, when not
            given.
        resume
            Take up what an earlier study left; else everything is trained anew.
        share
            Called with the part that is done, from 0 to 1, and how many cells are.

        Raises
        ------
        Refusal
            Where the bench cannot be written, or a training cannot be meant.
        """
        self.open()
        done = self.finished(cells) if resume else {}
        if not resume:
            for cell in cells:
                self.checkpoint(cell).unlink(missing_ok=True)
        left = [cell for cell in cells if cell.key not in done]
        tell = _Teller(len(cells), len(done), share)
        for key, outcome in self._worked(left, material, jobs, tell):
            done[key] = outcome
            tell.one()
        return tuple(done[cell.key] for cell in cells)

    def _worked(
        self, left: Sequence[Cell], material: Material, jobs: int | None, tell: "_Teller"
    ) -> Iterator[tuple[str, Outcome]]:
        yield from shared_out(
            left,
            partial(_one, material=material, folder=self.place),
            here=partial(_one, material=material, folder=self.place, progress=tell.within),
            jobs=jobs,
        )


def _one(
    cell: Cell,
    material: Material,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[str, Outcome]:
    """Train a cell in one thread and keep it."""
    from threadpoolctl import threadpool_limits

    checkpoint = folder / f"{cell.key}.checkpoint"

    def once() -> tuple[Outcome, Training]:
        return trained(
            cell,
            material.samples,
            material.questions,
            checkpoint=checkpoint,
            progress=progress,
        )

    with threadpool_limits(1):
        try:
            outcome, training = once()
        except Refusal:
            if not checkpoint.exists():
                raise
            checkpoint.unlink()  # damaged, or of another version: begin again
            outcome, training = once()
    keep(folder / f"{cell.key}.npz", outcome, training)
    return cell.key, outcome


class _Teller:
    """Says how far the whole study is."""

    def __init__(self, cells: int, done: int, share: Share | None) -> None:
        self.cells, self.done, self.share = cells, done, share

    def one(self) -> None:
        """Another cell is finished."""
        self.done += 1
        self.within(0, 1)

    def within(self, step: int, steps: int) -> None:
        """The cell at work has made so many steps."""
        if self.share:
            whole = (self.done + step / max(steps, 1)) / max(self.cells, 1)
            self.share(min(whole, 1.0), f"{self.done} of {self.cells}")
