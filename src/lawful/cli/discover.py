"""`lawful discover`: from data to laws, on the screen, as JSON, and as a page."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lawful.cli.formulas import CONFIDENCE, FDR, PARETO, Answer, read_off, refuse_library
from lawful.cli.network import AS_FORMULAS, FORMULAS, FormulaOptions, is_training
from lawful.cli.options import GUESSED, Flag, ReadingOptions, Words, words
from lawful.cli.screen import put_json, screen, steps
from lawful.refusal import Refusal

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
lawful discover lawful-physicsnet/orbit --method physicsnet
lawful discover lawful-physicsnet/orbit --method physicsnet --target angular_momentum
```

Exit code 0 also where no law is found: that is an answer.
"""
FOLDER = Path("lawful-report")


def discover(
    *data: Annotated[str, Parameter(show_default=False)],
    method: Literal["library", "physicsnet"] = "library",
    degree: int | None = None,
    noise: float | None = None,
    functions: Words = (),
    confidence: float = CONFIDENCE,
    fdr: float = FDR,
    seed: int = 0,
    reading: ReadingOptions = GUESSED,
    target: Annotated[str | None, Parameter(group=FORMULAS)] = None,
    formulas: FormulaOptions = AS_FORMULAS,
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
        Files, patterns, planets, or a system's name, which is simulated first; with
        --method physicsnet the folder that `lawful train` left.
    method
        library: combinations of terms. physicsnet: what a trained network learned.
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
    target
        A known quantity to regress: energy, kinetic, potential, angular_momentum, or an
        invariant of the system. What the network learned is read off when not given.
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

    folder = (out or (None if json else FOLDER)) if report else None
    if method == "physicsnet":
        refuse_library(
            reading, degree, noise, functions, confidence, fdr, chunk_rows, jobs, cluster
        )
        found = read_off(data, target, formulas, seed, folder)
    else:
        _refuse_network(data, target, formulas)
        search = Search(degree, noise, _functions(functions), confidence, fdr, seed)
        found = _searched(data, reading, search, chunk_rows, jobs, cluster, folder)
    if save_laws is not None:
        write_atomically(save_laws, to_json(found.findings.to_dict()) + "\n")
    if json:
        put_json(found.record())
        return
    shown = screen()
    found.show(shown)
    if folder is not None:
        left = [folder / REPORT, folder / LAWS]
        left += [folder / PARETO] if method == "physicsnet" else []
        shown.print("\n" + "\n".join(map(str, left)), style="bold", soft_wrap=True)


def _functions(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """None for the engine's own choice, () for monomials alone."""
    asked = words(given)
    if not asked:
        return None
    return () if asked == ("none",) else asked


def _searched(
    data: tuple[str, ...],
    reading: ReadingOptions,
    search: "Search",
    chunk_rows: int | None,
    jobs: int | None,
    cluster: str | None,
    folder: Path | None,
) -> Answer:
    from lawful.cli.findings import put_discovery

    with steps() as step:
        found = _found(data, reading, search, chunk_rows, jobs, cluster, step)
        if folder is not None:
            step("report")
            _write(found, folder)
    return Answer(found.findings, lambda shown: put_discovery(shown, found))


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


def _refuse_network(data: tuple[str, ...], target: str | None, formulas: FormulaOptions) -> None:
    """Refuse what asks for a trained network without saying so."""
    remedy = "say --method physicsnet, and the folder that `lawful train` left"
    if target is not None:
        raise Refusal(f"--target {target} with a library of terms", "", remedy)
    for name, value in asdict(formulas).items():
        if value != getattr(AS_FORMULAS, name):
            raise Refusal(f"--{name} {value} with a library of terms", "", remedy)
    if len(data) == 1 and is_training(data[0]):
        raise Refusal(f"{data[0]!r} is a training's folder", "data", "say --method physicsnet")
