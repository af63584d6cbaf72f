"""Discovery beyond memory, or beyond one machine: the same settings, some runs at a time.

    data → chunks → find_laws_in → NAME/{manifest.json, laws.json}

One file is read here, chunk by chunk; of several, each is read where there are
hands for it, on a thread or by a worker of a Dask cluster. What is drawn and
inspected is the first chunk, and that is said.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from lawful import files
from lawful.laws import inspect
from lawful.laws.streaming import find_laws_in, parts_of
from lawful.refusal import Refusal
from lawful.studies.discovery import Discovery, Search, concluded
from lawful.studies.sources import (
    Reading,
    Source,
    fingerprints,
    is_system,
    notes_of,
    paths,
    title,
)
from lawful.trajectories import Trajectories

ROWS = 250_000


@dataclass(frozen=True)
class Workers:
    """Who sums the chunks: rows a chunk, threads, or a Dask scheduler. See `find_laws_in`."""

    rows: int = ROWS
    jobs: int | None = None
    cluster: str | None = None


def discover_in_chunks(
    data: Sequence[str],
    reading: Reading | None = None,
    search: Search | None = None,
    workers: Workers | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Discovery:
    """Search as `discovery.discover` does, in the memory of a few chunks.

    Parameters
    ----------
    data
        Files, patterns or `planets`.
    reading, search, workers
        How to read, what to search, who does it.
    progress
        Called with the name of each step.

    Returns
    -------
    Discovery
        Its runs are those of the first chunk, to draw.

    Raises
    ------
    Refusal
        As `discover`; for a system's name; for a cluster that does not answer.

    Examples
    --------
    >>> found = discover_in_chunks(["planets"], workers=Workers(rows=2000))
    >>> found.findings.data["runs"]
    8
    """
    reading, search, workers = reading or Reading(), search or Search(), workers or Workers()
    if not data:
        raise Refusal("no data", "a file or planets", "try: lawful --help")
    if is_system(data):
        raise Refusal(
            f"{data[0]!r} in chunks", "files", "simulate it to a file first: lawful simulate"
        )
    if progress:
        progress("read")
    marks = fingerprints(data)
    chunks = Chunks(data, reading, workers.rows)
    first = next(iter(chunks()), None)
    if first is None:
        raise Refusal("no runs", "at least one")
    if progress:
        progress("inspect")
    diagnosis = inspect(first)
    source = (
        chunks if len(marks) == 1 else parts_of(paths(data), **asdict(reading), rows=workers.rows)
    )
    findings = find_laws_in(
        source, **search.options, cluster=workers.cluster, jobs=workers.jobs, progress=progress
    )
    runs = first.sizes["run"]
    said = (*notes_of(first), f"inspected and drawn: the first chunk, {runs} runs")
    kept = Source(first, title([m["name"] for m in marks]), said, marks)
    counted = {"runs": chunks.runs, "samples": chunks.samples}
    findings = replace(findings, data={**counted, **findings.data})
    return concluded(kept, diagnosis, findings, reading, search)


class Chunks:
    """The chunks of some files, as often as they are asked for.

    `runs` and `samples` are None until a pass came to its end.
    """

    def __init__(self, data: Sequence[str], reading: Reading, rows: int) -> None:
        self.data, self.reading, self.rows = data, reading, rows
        self.runs: int | None = None
        self.samples: int | None = None

    def __call__(self) -> Iterator[Trajectories]:
        """Read the files from the beginning."""
        runs, samples, last = 0, 0, None
        parts = files.read_chunks(paths(self.data), **asdict(self.reading), rows=self.rows)
        for part in parts:
            names = part["run"].values
            # A run that goes on from one chunk to the next is one run.
            runs += len(names) - int(bool(len(names)) and names[0] == last)
            last = names[-1] if len(names) else last
            samples += _samples(part)
            yield part
        self.runs, self.samples = runs, samples


def _samples(part: Trajectories) -> int:
    import numpy as np

    from lawful.trajectories import clock

    return int(np.isfinite(clock(part)).sum())
