"""Tiles of a diagram: done over processes or a cluster, and each kept as it ends.

    .NAME.tiles/KEY.npz     a finished tile

A study that is killed leaves its tiles beside its folder; taken up again, it does those
that are missing and ends in the same bits, for a network depends on its own settings and
seed alone, whoever trains it. What is kept has a few numbers for each cell and no history.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from lawful.learning.samples import Samples
from lawful.store import write_atomically
from lawful.studies.hands import shared_out
from lawful.studies.phases.sheet import Sheet
from lawful.studies.work_folder import WorkFolder

if TYPE_CHECKING:
    from lawful.laws.workers import Cluster

Array = NDArray[Any]
Done = dict[str, Array]
Share = Callable[[float, str], None]
NAMES = ("cells", "solved", "diverged", "steps", "energy", "sharpness", "first")


class Tiles(WorkFolder):
    """A folder of tiles."""

    kind = "tiles"

    def run(
        self,
        sheet: Sheet,
        samples: Samples,
        *,
        resume: bool = False,
        jobs: int | None = None,
        cluster: Any = None,
        share: Share | None = None,
    ) -> list[Done]:
        """Do all tiles of a sheet, in their order.

        Parameters
        ----------
        sheet, samples
            What is done, on which data.
        resume
            Take up the tiles that an earlier study left; else all are done anew.
        jobs
            Processes; as many as there are processors, where the work is worth it, when
            not given.
        cluster
            The address of a Dask scheduler whose workers do it, or a `distributed.Client`.
        share
            Called with the part that is done, from 0 to 1, and how many tiles are.

        Raises
        ------
        Refusal
            Where the folder cannot be written, no scheduler answers, or a network cannot
            be meant.
        """
        self.open()
        count = len(sheet.tiles)
        held = {k: self._held(sheet, k) for k in range(count)} if resume else {}
        done = {k: tile for k, tile in held.items() if tile is not None}
        left = [k for k in range(count) if k not in done]
        work = partial(_one, sheet=sheet, samples=samples)
        for k, tile in _worked(left, work, jobs, cluster):
            self._keep(sheet, k, tile)
            done[k] = tile
            if share:
                share(len(done) / count, f"{len(done)} of {count} tiles")
        return [done[k] for k in range(count)]

    def file(self, sheet: Sheet, tile: int) -> Path:
        """Where a finished tile lies."""
        return self.place / f"{sheet.key(tile)}.npz"

    def _keep(self, sheet: Sheet, tile: int, done: Done) -> None:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **done)
        write_atomically(self.file(sheet, tile), buffer.getvalue())

    def _held(self, sheet: Sheet, tile: int) -> Done | None:
        """A finished tile; None where it is missing or damaged."""
        try:
            whole = io.BytesIO(self.file(sheet, tile).read_bytes())
            with np.load(whole, allow_pickle=False) as held:
                done = {name: held[name] for name in NAMES}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        same = np.array_equal(done["cells"], sheet.tiles[tile])
        fit = all(array.shape[-1] == len(done["cells"]) for array in done.values())
        return done if same and fit else None


def _one(tile: int, sheet: Sheet, samples: Samples) -> tuple[int, Done]:
    """Do a tile in one thread."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return tile, sheet.done(tile, samples)


def _worked(
    left: Sequence[int],
    work: Callable[[int], tuple[int, Done]],
    jobs: int | None,
    cluster: Any,
) -> Iterator[tuple[int, Done]]:
    if not left:
        return
    if cluster is None:
        yield from shared_out(left, work, jobs=jobs)
        return
    from joblib import Parallel, delayed, parallel_config

    from lawful.laws.workers import hands

    with hands(cluster) as them:
        client = cast("Cluster", them).client
        with parallel_config(backend="dask", client=client):
            over = Parallel(n_jobs=-1, return_as="generator_unordered")
            yield from over(delayed(work)(tile) for tile in left)
