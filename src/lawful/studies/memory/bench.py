"""The bench of a study of memory: cells shared over processes, each kept as it ends.

A study that is killed leaves its bench beside its folder; taken up again, it goes on from
the last task that was learnt and ends in the same bits, for each cell is drawn from its own
seed alone and calculates in one thread, whoever its neighbours are.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.memory.cells import MemoryCell, Outcome, outcome_in, worked
from lawful.studies.work_folder import WorkFolder

Share = Callable[[float, str], None]


class MemoryBench(WorkFolder):
    """A folder of cells."""

    finished_files = "*.json"

    def weights(self, cell: MemoryCell) -> Path:
        """Where the learner of a finished cell lies, if it was kept."""
        return cell.file(self.place, "safetensors")

    def run(
        self,
        cells: Sequence[MemoryCell],
        *,
        jobs: int | None = None,
        resume: bool = False,
        share: Share | None = None,
    ) -> tuple[Outcome, ...]:
        """Learn all cells; their outcomes, in their order.

        Parameters
        ----------
        cells
            What.
        jobs
            Processes; as many as there are processors, if the work is worth it, when not
            given.
        resume
            Take up what an earlier study left; else everything is learnt anew.
        share
            Called with the part that is done, from 0 to 1, and a few words.

        Raises
        ------
        Refusal
            Where the bench cannot be written, or a cell cannot be meant.
        """
        self.open()
        if not resume:
            for cell in cells:
                cell.forget(self.place)
        done = {c.key: o for c in cells if (o := outcome_in(c, self.place)) is not None}
        left = [cell for cell in cells if cell.key not in done]
        tell = _Teller(len(cells), len(done), share)
        work = partial(worked, folder=self.place)
        here = partial(work, progress=tell.within)
        for name in shared_out(left, work, here=here, jobs=jobs):
            tell.one(name)
        outcomes = (done.get(c.key) or outcome_in(c, self.place) for c in cells)
        return tuple(_there(o, c) for o, c in zip(outcomes, cells, strict=True))


def _there(outcome: Outcome | None, cell: MemoryCell) -> Outcome:
    if outcome is None:
        raise Refusal(f"{cell.name} is no longer where it was kept", "", "run again with --resume")
    return outcome


class _Teller:
    """Says how far the whole study is."""

    def __init__(self, cells: int, done: int, share: Share | None) -> None:
        self.cells, self.done, self.share = cells, done, share

    def one(self, name: str) -> None:
        """Another cell is finished."""
        self.done += 1
        self.within(0.0, name)

    def within(self, part: float, words: str) -> None:
        """So much of the cell at work is done."""
        if self.share:
            whole = (self.done + part) / max(self.cells, 1)
            self.share(min(whole, 1.0), words)
