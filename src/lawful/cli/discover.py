"""`lawful discover`: from data to laws, on the screen, as JSON, and as a page."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lawful.cli.options import GUESSED, Flag, ReadingOptions, Words, words
from lawful.cli.screen import put_json, screen, steps

if TYPE_CHECKING:
    from lawful.studies.discovery import Discovery, Search

EXAMPLES = """
Examples:

```console
lawful discover planets
lawful discover my.csv --run trial --time t
lawful discover orbit.nc --noise 0.01 --degree 3
lawful discover pendulum --json
lawful discover 'data/*.parquet' --cluster tcp://host:8786
```

Exit code 0 also where no law is found: that is an answer.
"""
FOLDER = Path("lawful-report")


def discover(
    *data: Annotated[str, Parameter(show_default=False)],
    degree: int | None = None,
    noise: float | None = None,
    functions: Words = (),
    confidence: float = 0.95,
    fdr: float = 0.05,
    seed: int = 0,
    reading: ReadingOptions = GUESSED,
    out: Path | None = None,
    report: Annotated[bool, Parameter(negative="--no-report", show_default=False)] = True,
    save_laws: Path | None = None,
    json: Annotated[bool, Flag] = False,
    chunk_rows: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> None:
    """Find what stays the same in the data, and write a report.

    Parameters
    ----------
    data
        Files, patterns, planets, or a system's name, which is simulated first.
    degree
        Largest degree of monomials; by the number of variables when not given.
    noise
        Measurement noise as a fraction of each variable's spread, where it is known;
        estimated when not given.
    functions
        Terms beyond monomials: trig,log,inverse,exp (all by default), or none.
    confidence
        Of the constants' intervals.
    fdr
        The false discovery rate among the laws reported.
    seed
        The same seed gives the same answer to the last bit.
    out
        The folder for report.html and laws.json: lawful-report when not given; with
        --json, none when not given.
    report
        Write the folder (the default), or not.
    save_laws
        A file for the laws alone, as JSON.
    json
        Print JSON, and nothing else, to standard output.
    chunk_rows
        Read so many rows at a time, in the memory of one chunk.
    jobs
        Threads for the chunks.
    cluster
        The address of a Dask scheduler that sums the chunks: tcp://host:8786.
    """
    from lawful.store import to_json, write_atomically
    from lawful.studies.discovery import LAWS, REPORT, Search

    search = Search(degree, noise, _functions(functions), confidence, fdr, seed)
    with steps() as step:
        found = _found(data, reading, search, chunk_rows, jobs, cluster, step)
        folder = out or (None if json else FOLDER)
        if report and folder is not None:
            step("report")
            _write(found, folder)
    if save_laws is not None:
        write_atomically(save_laws, to_json(found.findings.to_dict()) + "\n")
    if json:
        put_json(found.findings.to_dict())
        return
    from lawful.cli.findings import put_discovery

    shown = screen()
    put_discovery(shown, found)
    if report and folder is not None:
        shown.print(f"\n{folder / REPORT}\n{folder / LAWS}", style="bold", soft_wrap=True)


def _functions(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """None for the engine's own choice, () for monomials alone."""
    asked = words(given)
    if not asked:
        return None
    return () if asked == ("none",) else asked


def _found(
    data: tuple[str, ...],
    reading: ReadingOptions,
    search: "Search",
    chunk_rows: int | None,
    jobs: int | None,
    cluster: str | None,
    step: Callable[[str], None],
) -> "Discovery":
    if chunk_rows is None and jobs is None and cluster is None:
        from lawful.studies.discovery import discover as searched

        return searched(data, reading.reading, search, progress=step)
    from lawful.studies.chunked import ROWS, Workers, discover_in_chunks

    workers = Workers(ROWS if chunk_rows is None else chunk_rows, jobs, cluster)
    return discover_in_chunks(data, reading.reading, search, workers, progress=step)


def _write(found: "Discovery", folder: Path) -> None:
    from lawful.report import write_report
    from lawful.studies.discovery import REPORT, kept

    with kept(found, folder, ("lawful", *sys.argv[1:])) as built:
        write_report(
            found.findings,
            found.source.runs,
            built.path / REPORT,
            manifest=built.manifest,
        )
