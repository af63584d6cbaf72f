"""The bench of a study of memory: cells shared over processes, each kept as it ends.

A study that is killed leaves its bench beside its folder; taken up again, it goes on from
the last task that was learnt and ends in the same bits, for each cell is drawn from its own
seed alone and calculates in one thread, whoever its neighbours are.
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.memory.cells import MemoryCell, Outcome, outcome_in, worked

Share = Callable[[float, str], None]


@dataclass(eq=False)
class MemoryBench:
    """A folder of cells.

    Parameters
    ----------
    folder
        Where; a temporary one, gone with this object, when not given.
    """

    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="lawful-cells-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @classmethod
    def beside(cls, out: str | Path) -> "MemoryBench":
        """The bench of a run folder: hidden, next to it.

        >>> MemoryBench.beside("study/digits").place.name
        '.digits.cells'
        """
        place = Path(os.path.realpath(out))
        return cls(place.with_name(f".{place.name}.cells"))

    @property
    def place(self) -> Path:
        """The folder."""
        return Path(self.folder or ".")

    @property
    def left(self) -> int:
        """How many finished cells of some study lie here."""
        return len(list(self.place.glob("*.json")))

    def weights(self, cell: MemoryCell) -> Path:
        """Where the learner of a finished cell lies, if it was kept."""
        return cell.file(self.place, "safetensors")

    def clear(self) -> None:
        """Remove the bench: the study is done."""
        shutil.rmtree(self.place, ignore_errors=True)

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
        self._open()
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

    def _open(self) -> None:
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(
                f"cannot write {str(self.place)!r}: {error.strerror or error}",
                remedy="choose another place with --out",
            ) from None


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
