"""Which laws a data set can be held against, and where each set of laws comes from.

    its own       found in these very bytes, or given with them
    earlier       found in a file of this name when it held other samples: it has grown since
    others        found elsewhere, on columns that these data have as well

Laws of other data are taken only where they are asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.law import Findings, Law
    from lawful.web.workspace import Entry, Opened

OWN = "own"
NONE = "none"


@dataclass(frozen=True)
class Instrument:
    """A set of laws.

    Attributes
    ----------
    id
        "own", or the id of the run that found them.
    words
        Where they come from.
    laws
        The laws, leaks after them.
    by_default
        Whether they are taken where nothing was asked.
    place
        The folder that holds them, inside the one that is shown.
    """

    id: str
    words: str
    laws: "tuple[Law, ...]"
    by_default: bool = True
    place: str = ""


def instruments(opened: "Opened", runs: Trajectories) -> tuple[Instrument, ...]:
    """All sets of laws whose columns the data have, the nearest first."""
    found: dict[str, Instrument] = {}
    own = opened.laws()
    for entry in _searches(opened):
        findings = _findings(str(entry.path), _stamp(entry.path))
        if findings is None or not (findings.laws or findings.leaks):
            continue
        laws, place = (*findings.laws, *findings.leaks), entry.id.replace("~", "/")
        if entry.id == opened.id or _made_from(entry, opened):
            words = f"found by {entry.name}"
            found.setdefault(OWN, Instrument(OWN, words, laws, place=place))
        elif _measurable(laws, runs):
            earlier = opened.kind == "data" and _names(entry, opened.name)
            words = f"found by {entry.name}" + (
                ", when this file held other samples" if earlier else ", in other data"
            )
            found[entry.id] = Instrument(entry.id, words, laws, earlier, place)
    if own and OWN not in found:
        found[OWN] = Instrument(OWN, "given with the data", tuple(own))
    ranked = sorted(found.values(), key=lambda one: (one.id != OWN, not one.by_default))
    return tuple(ranked)


def taken(every: tuple[Instrument, ...], asked: str) -> Instrument | None:
    """The set that was asked for, or the one that goes without asking.

    Raises
    ------
    Refusal
        For a set that is not there.
    """
    if not isinstance(asked, str):
        raise Refusal(f"the laws {asked!r}"[:80], "a name")
    if asked == NONE:
        return None
    if not asked:
        return next((one for one in every if one.by_default), None)
    one = next((one for one in every if one.id == asked), None)
    if one is None:
        there = ", ".join(one.id for one in every) or NONE
        raise Refusal(f"the laws {asked[:80]!r}", f"one of {there}")
    return one


def _searches(opened: "Opened") -> "Iterator[Entry]":
    """The searches of the same folder, newest first; the opened one before all others."""
    workspace = getattr(opened, "workspace", None) or getattr(opened, "_workspace", None)
    entries = [e for e in workspace.runs() if e.kind == "discover"] if workspace else []
    yield from sorted(entries, key=lambda entry: entry.id != opened.id)


def _stamp(folder: Path) -> int:
    try:
        return (folder / "laws.json").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=128)
def _findings(folder: str, stamp: int) -> "Findings | None":
    """What a search found; None where it cannot be read. `stamp` changes where it does."""
    from lawful.studies.discovery import read_findings

    try:
        return read_findings(folder)
    except (Refusal, OSError):
        return None


def _measurable(laws: "tuple[Law, ...]", runs: Trajectories) -> bool:
    """Whether the data have all columns that the laws stand on."""
    from lawful.laws.watch import needed

    try:
        return {*needed(laws)} <= {"time", *map(str, runs.data_vars), *map(str, runs.coords)}
    except Refusal:
        return False


def _marks(entry: "Entry") -> list[Mapping[str, Any]]:
    """The files that a search was made in."""
    from lawful.store import RunFolder

    try:
        return [mark for mark in RunFolder.open(entry.path).manifest.data if mark]
    except (Refusal, OSError):
        return []


def _names(entry: "Entry", name: str) -> bool:
    """Whether a search was made in a file of that name."""
    return any(Path(str(mark.get("name", ""))).name == name for mark in _marks(entry))


def _made_from(entry: "Entry", opened: "Opened") -> bool:
    """Whether a search was made in the very bytes of a data file."""
    if opened.kind != "data":
        return False
    marks = _marks(entry)
    try:
        stat = opened.path.stat()
    except OSError:  # built in, or in memory
        return bool(opened.id) and [mark.get("name") for mark in marks] == [opened.id]
    alike = [mark for mark in marks if mark.get("bytes") == stat.st_size]
    return bool(alike) and any(
        mark.get("sha256") == _print(str(opened.path), stat.st_mtime_ns) for mark in alike
    )


@lru_cache(maxsize=16)
def _print(file: str, stamp: int) -> str:
    """The fingerprint of a file; `stamp` changes where the file does."""
    from lawful.store import fingerprint

    return str(fingerprint(Path(file))["sha256"])
