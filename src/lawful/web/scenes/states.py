"""The states that a run has: a network's latent states, its weights, or columns of data.

    train      z_t = E(x_{t−w+1}, …, x_t)                  what a network took the motion to be
    learn      all weights and biases, step by step        one motion through the space of weights
    all else   (x − x̄) / σ_x, of every column              where the motion is

Each comes with the quantities that can colour it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.report.numbers import unit_text
from lawful.trajectories import Trajectories, clock
from lawful.web.scenes.again import data_lines, latent_lines, weight_lines, where
from lawful.web.scenes.colours import Colour, columns, of_laws, parameters, told_apart

if TYPE_CHECKING:
    from lawful.laws import Law
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

MOST_COLOURS = 24
MOST_COLUMNS = 4096
NETWORK = "network.safetensors"
_WEIGHT = re.compile(r"[Wb]\d+(_\d+){1,2}")


@dataclass(frozen=True, eq=False)
class States:
    """States of all runs, with what can colour them.

    Attributes
    ----------
    values
        Shape (run, time, dimension), NaN where there is none.
    clock
        Times, shape (run, time).
    colours
        Quantities along the same runs.
    name, what
        Of the data; what its states are, in a sentence.
    runs
        What the runs are called.
    index
        Which run of the data each one is, for who shares a cursor; −1 where it is none.
    columns
        What the dimensions are called; empty where they have no names.
    first
        The quantity that colours them first.
    of, choices
        Which network of several, and which there are.
    notes
        What a reader should know, a sentence each.
    python
        The lines that make the same.
    """

    values: Array
    clock: Array
    colours: tuple[Colour, ...]
    name: str
    what: str
    runs: tuple[str, ...]
    index: tuple[int, ...]
    columns: tuple[str, ...] = ()
    first: str = "time"
    time_units: str = ""
    time_name: str = "time"
    of: str = ""
    choices: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    python: str = ""


def found(opened: "Opened", of: str = "") -> States:
    """The states of what was opened.

    Raises
    ------
    Refusal
        Where it has none.
    """
    made = _network(opened) or _learned(opened, of) or _columns(opened)
    if len(made.colours) > MOST_COLOURS:
        left = len(made.colours) - MOST_COLOURS
        note = f"{left} more quantities could colour the states; {MOST_COLOURS} are offered."
        made = replace(made, colours=made.colours[:MOST_COLOURS], notes=(*made.notes, note))
    return made


# ------------------------------------------------------------------------ of a trained network


def _network(opened: "Opened") -> States | None:
    """The latent states of a network of `lawful train`; None where there is none to be read."""
    if opened.kind != "train" or opened.folder is None or find_spec("torch") is None:
        return None
    states = latent_states(str(opened.path), _stamp(opened.path / NETWORK), opened.name)
    return replace(states, python=latent_lines(where(opened)))


def _stamp(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def latent_states(folder: str, stamp: int, name: str) -> States:
    """The latent states of a training; `stamp` changes where its network does."""
    from lawful.studies.physicsnet.folder import read_training

    run = read_training(folder)
    runs, trained = run.material.runs, run.trained
    values = trained.latent(runs)
    learned = trained.quantities(runs)
    count = int(trained.count)
    holds = [f"λ = {share:.2g}" for share in np.asarray(trained.within_total, dtype=float)]
    own = [
        Colour(f"own quantity {k + 1}", learned[..., k], "learned", "", f"learned; {holds[k]}")
        for k in range(learned.shape[-1])
    ]
    return States(
        values=values,
        clock=np.array(clock(runs)),
        colours=told_apart([*own, *_true(run), *columns(runs), *parameters(runs)]),
        name=name,
        what=(
            f"The {values.shape[-1]} latent numbers of a network that sees "
            f"{', '.join(trained.variables)}, {trained.window} samples at a time, centred."
        ),
        runs=_names(runs),
        index=tuple(range(runs.sizes["run"])),
        first=own[0].name if own else "time",
        **time_words(runs),
        notes=() if count else ("Nothing that the network learned holds on runs held out.",),
    )


def _true(run: "TrainingRun") -> Iterator[Colour]:
    """What is truly conserved, where the data were simulated."""
    from lawful.studies.physicsnet.targets import invariants, truths

    try:
        known = truths(run.material)
    except Refusal:
        return
    for name in invariants(run.material.system):
        if name in known:
            yield Colour(name, known[name], "true", "", "true, of the simulation")


# ------------------------------------------------------------------------ of a network's weights


def _learned(opened: "Opened", of: str) -> States | None:
    """The paths of weights in the logs of `lawful learn`; None where no log holds any."""
    if opened.kind != "learn" or opened.folder is None:
        return None
    logs = {place.stem: place for place in _logs(opened.path)}
    held = [name for name, place in logs.items() if _weights(_read(str(place), _stamp(place)))]
    if not held:
        return None
    if of and of not in held:
        raise Refusal(f"network {of!r}", "one of " + ", ".join(held))
    chosen = of or held[0]
    runs = _read(str(logs[chosen]), _stamp(logs[chosen]))
    names = _weights(runs)
    rest = [c for c in columns(runs, "measure") if c.name not in names]
    weights = [c for c in columns(runs) if c.name in names]
    first = next((c.name for c in rest if c.name == "loss"), "time")
    return States(
        values=np.stack([runs[n].values for n in names], axis=-1).astype(float),
        clock=np.array(clock(runs)),
        colours=told_apart([*rest, *parameters(runs), *weights]),
        name=f"{opened.name}: {chosen}" if len(held) > 1 else opened.name,
        what=f"The {len(names)} weights and biases of the network {chosen}, step by step, centred.",
        runs=_names(runs),
        index=_index(opened, runs),
        columns=tuple(names),
        first=first,
        **time_words(runs),
        of=chosen,
        choices=tuple(held),
        python=weight_lines(f"{where(opened)}/{logs[chosen].relative_to(opened.path).as_posix()}"),
    )


def _logs(folder: Path) -> list[Path]:
    """The logs of a folder, the whole one last; no links out of it."""
    inside = folder.resolve()
    places = [*sorted((folder / "training").glob("*.nc")), folder / "training.nc"]
    return [p for p in places if p.is_file() and p.resolve().is_relative_to(inside)]


@lru_cache(maxsize=8)
def _read(place: str, stamp: int) -> Trajectories:
    from lawful.netcdf import as_trajectories, load_netcdf

    try:
        runs = as_trajectories(load_netcdf(Path(place)))
    except OSError as error:
        why = f"cannot read {Path(place).name!r}: {error}"
        raise Refusal(why, "a log of lawful learn") from None
    if runs is None:
        raise Refusal(f"{Path(place).name!r} holds no runs", "a log of lawful learn")
    return runs


def _weights(runs: Trajectories) -> list[str]:
    """The variables that are weights and biases: those of a whole network, known at every step."""
    names = [str(n) for n, v in runs.data_vars.items() if _WEIGHT.fullmatch(str(n)) and v.ndim == 2]
    whole = [n for n in names if np.isfinite(runs[n].values).any()]
    return whole if len(whole) > 1 else []


def _index(opened: "Opened", runs: Trajectories) -> tuple[int, ...]:
    """Which run of the opened data each run is, by its name."""
    try:
        every = list(_names(opened.trajectories()))
    except Refusal:
        return tuple([-1] * runs.sizes["run"])
    return tuple(every.index(name) if name in every else -1 for name in _names(runs))


# ------------------------------------------------------------------------ of data


def _columns(opened: "Opened") -> States:
    """The standardised columns of the data."""
    runs = opened.trajectories()
    values, names, notes = standardised(runs)
    laws, said = of_laws(runs, _laws(opened, notes))
    if opened.kind == "train" and find_spec("torch") is None:
        why = missing_extra("torch", "torch")
        notes.insert(0, f"The network's own latent states cannot be read: {why}.")
    few = names if len(names) <= 12 else [*names[:12], "…"]
    return States(
        values=values,
        clock=np.array(clock(runs)),
        colours=told_apart([*laws, *columns(runs), *parameters(runs)]),
        name=opened.name,
        what=f"The columns {', '.join(few)}, each less its mean and over its spread.",
        runs=_names(runs),
        index=tuple(range(runs.sizes["run"])),
        columns=tuple(names),
        first=laws[0].name if laws else "time",
        **time_words(runs),
        notes=(*notes, *(f"Not evaluated here: {why}." for why in said)),
        python=data_lines(opened),
    )


def _laws(opened: "Opened", notes: list[str]) -> "tuple[Law, ...]":
    """The laws that are known; where their file is none, the states are shown without them."""
    try:
        return opened.laws()
    except Refusal as why:
        notes.append(f"Its laws cannot be read: {why}.")
        return ()


def standardised(runs: Trajectories) -> tuple[Array, list[str], list[str]]:
    """All columns less their means and over their spreads, (run, time, column); names; notes.

    Raises
    ------
    Refusal
        Where nothing varies.
    """
    shape = (runs.sizes["run"], runs.sizes["time"])
    parts: list[Array] = []
    names: list[str] = []
    notes: list[str] = []
    for name, variable in runs.data_vars.items():
        if variable.ndim > 2:
            notes.append(f"{name} is a field of its own and is left out.")
            continue
        values = np.asarray(variable.values, dtype=float).reshape(shape)
        held = values[np.isfinite(values)]
        spread = float(held.std()) if held.size else 0.0
        if not spread > 0 or len(names) >= MOST_COLUMNS:
            notes.append(f"{name} does not vary and is left out.")
            continue
        parts.append((values - held.mean()) / spread)
        names.append(str(name))
    if not parts:
        raise Refusal("data in which no column varies", "one that does")
    return np.stack(parts, axis=-1), names, notes


def _names(runs: Trajectories) -> tuple[str, ...]:
    return tuple(str(name) for name in runs["run"].values)


def time_words(runs: Trajectories) -> dict[str, Any]:
    """What the clock is called, and its units."""
    about = runs["time"].attrs
    return {
        "time_units": unit_text(str(about.get("units", ""))),
        "time_name": str(about.get("long_name", "")) or "time",
    }
