"""`lawful export`: a run's views in one page that opens from disk."""

from pathlib import Path
from typing import Annotated, Literal

from lawful.cli.lesson import Several
from lawful.cli.options import Flag, words
from lawful.cli.screen import bar, put_json, said, screen
from lawful.refusal import Refusal

EXAMPLES = """
Examples:

```console
lawful export planets
lawful export lawful-report out.html
lawful export orbit.nc orbit.html --views trajectory energy --runs 3 --theme dark
```

The page holds its data and needs neither a server nor a network.
"""


def export(
    run: str,
    out: Path | None = None,
    /,
    *,
    views: Several = (),
    runs: int | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    force: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Write a run's views into one HTML page that opens from disk.

    Parameters
    ----------
    run
        A run folder, a data file, or planets.
    out
        The page: NAME.html in the folder you stand in when not given.
    views
        trajectory, energy, latent, equations, memory, training; all that can show the run
        when not given.
    runs
        How many trajectories of the data, from the first: 12 when not given.
    theme
        As the page opens; auto is as the reader's system is.
    force
        Write over a file that is there.
    json
        Print what was done as JSON.
    """
    from lawful.store import write_atomically
    from lawful.web.held import opened_at
    from lawful.web.page import RUNS, exported

    opened = opened_at(run)
    place = out or Path(f"{_stem(opened.name, opened.kind)}.html")
    if place.exists() and not force:
        raise Refusal(f"{str(place)!r} is there already", "", "add --force to write over it")
    if not place.parent.is_dir():
        raise Refusal(f"no folder {str(place.parent)!r}", "", "make it first")
    with bar("asking the views") as share:
        page = exported(
            opened, words(views) or None, RUNS if runs is None else runs, theme=theme, share=share
        )
    write_atomically(place, page.html)
    if json:
        put_json({"file": str(place), "bytes": len(page.html.encode()), **page.to_dict()})
        return
    shown = screen()
    size = f"{len(page.html.encode()) / 1e6:.1f} MB"
    said(shown, f"{place}: {', '.join(page.views)} of {opened.name}, {size}")
    for sentence in page.left:
        said(shown, sentence, "note")


def _stem(name: str, kind: str) -> str:
    """The name of the page: a data file's without its ending.

    >>> _stem("orbit.csv.gz", "data"), _stem("run-1.5", "discover")
    ('orbit', 'run-1.5')
    """
    return name.partition(".")[0] or name if kind == "data" else name
