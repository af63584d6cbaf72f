"""What a page is told of one run, whatever view it is in."""

import json
from typing import Any

from lawful.refusal import Refusal
from lawful.report.numbers import counted, unit_text
from lawful.trajectories import Trajectories

NOTES = 12


def check_run(run: Any, runs: Trajectories) -> None:
    """Refuse what is no run of these."""
    count = runs.sizes["run"]
    if isinstance(run, bool) or not isinstance(run, int) or not 0 <= run < count:
        raise Refusal(f"run {run!r}", f"a whole number from 0 to {count - 1}")


def time_words(runs: Trajectories) -> dict[str, str]:
    """What the clock is called, and its units."""
    about = runs["time"].attrs
    name = str(about.get("long_name", "")) or "time"
    return {"name": name, "units": unit_text(str(about.get("units", "")))}


def parameters(runs: Trajectories, run: int) -> list[dict[str, Any]]:
    """What is fixed within this run, and what the simulation fixed for all."""
    own = [
        {
            "name": str(name),
            "value": float(value.values[run]),
            "units": unit_text(str(value.attrs.get("units", ""))),
            "of": "this run",
        }
        for name, value in runs.coords.items()
        if value.dims == ("run",) and name != "run" and value.dtype.kind in "fiu"
    ]
    names = {p["name"] for p in own}
    try:
        given = json.loads(runs.attrs.get("origin", "{}")).get("parameters") or {}
        shared = {str(k): float(v) for k, v in given.items() if isinstance(v, int | float)}
    except (ValueError, AttributeError):
        shared = {}
    return own + [
        {"name": name, "value": value, "units": "", "of": "all runs"}
        for name, value in shared.items()
        if name not in names
    ]


def notes_of(runs: Trajectories) -> list[str]:
    """What was guessed or estimated when the data were read."""
    try:
        notes = json.loads(runs.attrs.get("notes", "[]"))
    except ValueError:
        return []
    return [str(note)[:400] for note in notes][:NOTES] if isinstance(notes, list) else []


def thinned(shown: int, there: int) -> list[str]:
    """A sentence on samples that are not drawn, where there are any.

    >>> thinned(400, 400)
    []
    """
    if shown >= there:
        return []
    return [
        f"{counted(shown, 'sample')} of {counted(there, 'sample')} are drawn, with every stretch's "
        "least and greatest; zoom in for more."
    ]
