"""`lawful study`: whole studies of learning, each with its table, pictures and report."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.table import Table

from lawful.cli.options import Flag
from lawful.cli.resuming import refuse_jobs
from lawful.cli.screen import bar, put_json, said, screen
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.studies.catalogue import Entry

EXAMPLES = """
Examples:

```console
lawful study
lawful study laws-of-learning
lawful study edge-of-stability --quick --out edge
lawful study race --animate --theme dark
lawful study temperature --json
```

A killed study of the laws of learning goes on with --resume, log by log.
"""
REPORT, RESULT = "report.html", "study.json"


def study(
    name: str | None = None,
    /,
    *,
    quick: Annotated[bool, Flag] = False,
    seed: int = 0,
    seeds: int | None = None,
    out: Path | None = None,
    resume: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
    jobs: int | None = None,
    pictures: Annotated[bool, Parameter(negative="--no-pictures", show_default=False)] = True,
    animate: Annotated[bool, Flag] = False,
    theme: Literal["light", "dark"] = "light",
    format: Literal["png", "svg"] = "png",
) -> int:
    """Do a whole study of learning, and write a report.

    Parameters
    ----------
    name
        laws-of-learning, edge-of-stability, spectrum, race or temperature; without a name
        they are listed.
    quick
        A small version, in seconds.
    seed
        The first; the same seed gives the same numbers.
    seeds
        How many; as many as each study needs when not given.
    out
        The folder for report.html, study.json and pictures: lawful-NAME when not given; with
        --json, none when not given.
    resume
        Take up what a killed run has left beside the folder.
    json
        Print JSON, and nothing else, to standard output.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given. The numbers do not depend on it.
    pictures
        Draw them (the default).
    animate
        Films too, where a study has one.
    theme, format
        Of the pictures.
    """
    if name is None:
        _list(json)
        return 0
    from lawful.studies.catalogue import entry

    one = entry(name)
    refuse_jobs(jobs)
    if seeds is not None and seeds < 1:
        raise Refusal(f"--seeds {seeds}", "a whole number from 1 up")
    folder = out or (None if json else Path(f"lawful-{one.name}"))
    kept = _kept(one, folder, resume)
    with bar(one.name) as share:
        done = one.study(
            quick=quick,
            seed=seed,
            seeds=seeds,
            jobs=jobs,
            kept=kept,
            progress=lambda part, _="": share(part),
        )
    if folder is not None:
        _write(one, done, folder, (theme, format), seed=seed, drawn=pictures, animate=animate)
    _clear(kept)
    if json:
        put_json(done.to_dict())
    else:
        _put(one, done, folder)
    return 0


def _list(json: bool) -> None:
    from lawful.studies.catalogue import CATALOGUE

    if json:
        put_json([{"name": one.name, "title": one.title} for one in CATALOGUE.values()])
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for one in CATALOGUE.values():
        table.add_row(one.name, one.title)
    out = screen()
    out.print(table)
    said(out, "lawful study NAME does one; --quick does a small version of it", style="dim")


def _kept(one: "Entry", folder: Path | None, resume: bool) -> Path | None:
    """Where finished parts are kept while the study runs; hidden, beside its folder."""
    if folder is not None:
        from lawful.store import check_place

        check_place(folder, str(folder))
    if not one.takes("kept") or folder is None:
        if resume:
            why = "it is not kept part by part" if folder is not None else "there is no --out"
            raise Refusal(f"--resume for {one.name}: {why}", "no --resume")
        return None
    place = folder.with_name(f".{folder.name}.parts")
    if place.is_dir() and not resume:
        note = f"note: parts of a run that was stopped lie in {place}; --resume would take them up"
        screen(sys.stderr).print(note)
        _clear(place)
    return place


def _clear(kept: Path | None) -> None:
    import shutil

    if kept is not None:
        shutil.rmtree(kept, ignore_errors=True)


def _write(
    one: "Entry",
    done: Any,
    folder: Path,
    look: tuple[str, str],
    *,
    seed: int,
    drawn: bool,
    animate: bool,
) -> None:
    from lawful.report.studies import Part, write_study_report
    from lawful.store import Manifest, RunFolder, to_json, write_atomically

    theme, format = look
    command = ("lawful", *sys.argv[1:])
    manifest = Manifest("study", command, {"name": one.name, **done.settings}, seed)
    with RunFolder.create(folder, manifest) as built:
        write_atomically(built.path / RESULT, to_json(done.to_dict()))
        made: list[Path] = []
        if drawn:
            place = built.path / "pictures"
            place.mkdir()
            made = one.draw(done, place, theme=theme, format=format, animate=animate)
        write_study_report([Part(one.title, done, made)], built.path / REPORT, theme=theme)


def _put(one: "Entry", done: Any, folder: Path | None) -> None:
    out, rows = screen(), done.rows()
    said(out, done.headline(), style="bold")
    for table in _tables(rows, out.width):
        out.print()
        out.print(table)
    out.print()
    for sentence in done.caveats():
        said(out, sentence, "note")
    if folder is not None:
        said(out, f"{folder / REPORT}: pictures, and all numbers")


def _tables(rows: list[dict[str, Any]], width: int) -> Iterator[Table]:
    """The rows in as many tables as fit a screen."""
    from lawful.report.plain import sheets

    head = [*rows[0]] if rows else []
    cells = [[_cell(row[name]) for name in head] for row in rows]
    for columns in sheets(head, cells, width) if rows else []:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for k in columns:
            side: Literal["left", "right"] = "right" if k else "left"
            table.add_column(head[k], header_style="dim", justify=side, no_wrap=True)
        for row in cells:
            table.add_row(*(row[k] for k in columns))
        yield table


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
