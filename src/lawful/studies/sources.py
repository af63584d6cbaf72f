"""What a user calls data: a file, several, a pattern, the planets, or a system's name.

A system, from the catalogue or from a TOML file, is simulated first.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lawful import files
from lawful.data import BUILT_IN
from lawful.places import found
from lawful.refusal import Refusal
from lawful.store import fingerprint, fingerprint_arrays
from lawful.trajectories import Trajectories

SIMULATED_RUNS = 60


@dataclass(frozen=True)
class Reading:
    """How columns are to be read; what is not said is guessed. See `files.read`."""

    run: str | None = None
    time: str | None = None
    ignore: tuple[str, ...] = ()
    angle: tuple[str, ...] = ()
    position: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    units: str | None = None
    velocities: bool = True

    @property
    def said(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        standard = asdict(Reading())
        return {k: v for k, v in asdict(self).items() if v != standard[k]}


@dataclass(frozen=True)
class Source:
    """Data opened: the runs, where they came from, and what to tell the user.

    Attributes
    ----------
    runs
        The trajectories.
    name
        What to call them: a file's name, "planets", a system's name.
    notes
        What was guessed, estimated or simulated, a sentence each.
    fingerprints
        Name, SHA-256 and size of each input.
    """

    runs: Trajectories
    name: str
    notes: tuple[str, ...] = ()
    fingerprints: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)


def opened(
    data: Sequence[str], reading: Reading | None = None, *, seed: int = 0, noise: float = 0.0
) -> Source:
    """Open what the user named.

    Parameters
    ----------
    data
        Files, patterns, `planets`, or one system.
    reading
        How columns are to be read.
    seed, noise
        For a system, which is simulated.

    Raises
    ------
    Refusal
        Where nothing is named, or what is named cannot be read.

    Examples
    --------
    >>> opened(["spring"], seed=1).notes[0]
    'spring is a system of the catalogue: simulated 60 runs with seed 1'
    """
    reading = reading or Reading()
    if not data:
        raise Refusal("no data", "a file, planets, or a system's name", "try: lawful --help")
    if is_system(data):
        return _simulated(data[0], reading, seed, noise)
    _refuse_misspelt(data)
    runs = files.read(paths(data), **asdict(reading))
    marks = fingerprints(data)
    return Source(runs, title([m["name"] for m in marks]), notes_of(runs), marks)


def is_system(data: Sequence[str]) -> bool:
    """Whether one system is meant, and no file of that name."""
    if len(data) != 1:
        return False
    if Path(data[0]).suffix == ".toml":
        return True
    from lawful.systems import names

    return data[0] in names() and not Path(data[0]).exists()


def fingerprints(data: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """Name, SHA-256 and size of each file that `data` names."""
    with found(paths(data)) as (places, names):
        return tuple(
            {**fingerprint(place), "name": name} for place, name in zip(places, names, strict=True)
        )


def title(data: Sequence[str]) -> str:
    """What to call the data in a sentence.

    >>> title(["a/b.csv"]), title(["a.csv", "b.csv", "c.csv"])
    ('b.csv', 'a.csv and 2 more')
    """
    first = Path(data[0]).name
    return first if len(data) == 1 else f"{first} and {len(data) - 1} more"


def notes_of(runs: Trajectories) -> tuple[str, ...]:
    """What was guessed or estimated when the data were read."""
    try:
        said = json.loads(runs.attrs.get("notes", "[]"))
    except (TypeError, ValueError):
        return ()
    return tuple(map(str, said)) if isinstance(said, list) else ()


def paths(data: Sequence[str]) -> str | list[str]:
    """As `files.read` takes them; a name such as `planets` only alone."""
    return data[0] if len(data) == 1 else list(data)


def _simulated(name: str, reading: Reading, seed: int, noise: float) -> Source:
    from lawful.systems import simulate, system

    if reading.said:
        raise Refusal(
            f"--{next(iter(reading.said))} for a system",
            "reading options only with files",
            "a system's variables have their roles and units already",
        )
    chosen = system(name)
    runs = simulate(chosen, runs=SIMULATED_RUNS, seed=seed, noise=noise)
    kind = "a file of equations" if name.endswith(".toml") else "a system of the catalogue"
    with_noise = f" and {100 * noise:g} % noise" if noise else ""
    note = f"{name} is {kind}: simulated {SIMULATED_RUNS} runs with seed {seed}{with_noise}"
    arrays = {str(n): v.values for n, v in runs.variables.items()}
    prints = [fingerprint_arrays(chosen.name, arrays)]
    if name.endswith(".toml"):
        prints.insert(0, fingerprint(name))
    return Source(runs, chosen.name, (note,), tuple(prints))


def _refuse_misspelt(data: Sequence[str]) -> None:
    """A bare word that is no file was meant as a name."""
    from lawful.systems import names

    known = (*BUILT_IN, *names())
    for word in data:
        if word in BUILT_IN and len(data) == 1:
            return
        bare = not set(word) & set("./\\*?[")
        if bare and not Path(word).exists():
            near = difflib.get_close_matches(word, known, 2)
            if word in known:
                raise Refusal(f"{word!r} beside other data", "one name alone, or files")
            raise Refusal(
                f"{word!r} is no file and no system",
                "a file, planets, or a name that `lawful systems` lists",
                f"did you mean {' or '.join(near)}?" if near else "",
            )
