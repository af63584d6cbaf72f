"""What is watched along runs: laws, leaks, a training's books, what a network learned, columns.

    r(t) = (Q(t) − Q₀) / |Q₀|       for a leak  Q − ∫ s dt;  for a training  E − Σ accounts

Of a training the books must balance (`lawful.learning.ledger`): that is a law too, and is
judged like one. Where no law is known the columns are shown as they are, unjudged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lawful.laws.law import Law
from lawful.refusal import Refusal
from lawful.report.numbers import unit_text
from lawful.trajectories import Trajectories, clock, stack
from lawful.web.scenes.instruments import Instrument, instruments, taken

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

MOST = 12  # quantities at once
LEDGER = "ledger_"
MEASURES = ("energy", "loss", "kinetic")
KINDS = {
    "law": "a law that was found",
    "leak": "it changes by a known source, which is taken out",
    "balance": "the energy less all that the ledger has booked: the books must balance",
    "learned": "learned by the network to stay the same",
    "true": "truly conserved, of the simulation",
    "measure": "as it was recorded",
    "column": "a column as it is; nothing says that it stays the same",
}
JUDGED = ("law", "leak", "balance")


@dataclass(frozen=True, eq=False)
class Quantity:
    """One thing along runs.

    Attributes
    ----------
    name, kind, units, long_name
        What it is; `kind` is one of `KINDS`.
    law
        How it is computed and judged; None for what is only shown.
    values
        Shape (run, time), of what has no law.
    """

    name: str
    kind: str
    units: str = ""
    long_name: str = ""
    law: Law | None = None
    values: Array | None = None


@dataclass(frozen=True, eq=False)
class Watched:
    """A data set with what is watched along it.

    Attributes
    ----------
    runs
        The data.
    quantities
        What is watched.
    source
        The laws' origin; None where there are none.
    sources
        All sets of laws that could be taken.
    notes
        What a reader should know.
    """

    runs: Trajectories
    quantities: tuple[Quantity, ...]
    source: Instrument | None = None
    sources: tuple[Instrument, ...] = ()
    notes: tuple[str, ...] = ()
    held: dict[Any, Any] = field(default_factory=dict)

    @property
    def laws(self) -> tuple[Law, ...]:
        """What is judged."""
        return tuple(q.law for q in self.quantities if q.law is not None)

    def index(self, law: str) -> int:
        """The place of a law among the quantities."""
        return next(k for k, q in enumerate(self.quantities) if q.law and q.law.name == law)


_KNOWN: "WeakKeyDictionary[Any, dict[str, Watched]]" = WeakKeyDictionary()


def watched(opened: "Opened", laws: str = "") -> Watched:
    """What is watched along the runs of what was opened.

    Parameters
    ----------
    opened
        What is looked at.
    laws
        Which set of laws; the nearest when empty, "none" for none.

    Raises
    ------
    Refusal
        Where there are no runs, or no such laws.
    """
    runs = opened.trajectories() if opened.kind != "learn" else _trainings(opened)
    every = instruments(opened, runs)
    source = taken(every, laws)
    known = _KNOWN.setdefault(opened, {})
    # The laws may be found while the page is open: what was made before counts only for them.
    key = f"{laws} {source.id if source else ''} {len(source.laws) if source else 0}"
    if key not in known or known[key].runs is not runs:
        known.clear()
        known[key] = _made(opened, runs, source, every)
    made = known[key]
    return made if made.sources == every else replace(made, sources=every)


def _made(
    opened: "Opened", runs: Trajectories, source: Instrument | None, every: Sequence[Instrument]
) -> Watched:
    quantities, notes = _of_laws(runs, source.laws if source else ())
    if opened.kind == "learn":
        quantities += _books(runs)
    if opened.kind == "train":
        more, why = _of_network(opened)
        quantities, notes = quantities + more, notes + why
    if not quantities:
        quantities = list(_columns(runs))
    if len(quantities) > MOST:
        left = ", ".join(q.name for q in quantities[MOST:][:6])
        notes.append(f"{len(quantities) - MOST} more are not shown: {left}.")
    return Watched(runs, tuple(quantities[:MOST]), source, tuple(every), tuple(notes))


# ------------------------------------------------------------------------------- laws


def _of_laws(runs: Trajectories, laws: Sequence[Law]) -> tuple[list[Quantity], list[str]]:
    """Each law that can be evaluated here, and why the others cannot."""
    from lawful.laws.watch import needed, refuse_missing

    given = {*map(str, runs.data_vars), *map(str, runs.coords)} - {"run"}
    plain = {n for n in given if n == "time" or runs[n].ndim == (2 if n in runs.data_vars else 1)}
    made: list[Quantity] = []
    notes: list[str] = []
    names: set[str] = set()
    for law in laws:
        try:
            refuse_missing(needed([law]), plain)
        except Refusal as why:
            notes.append(f"{law.name} is not shown: {why}.")
            continue
        name = law.name if law.name not in names else f"{law.name} ({len(names) + 1})"
        names.add(name)
        kind = "leak" if law.balance else "law"
        made.append(Quantity(name, kind, unit_text(law.units), law.note, replace(law, name=name)))
    return made, notes


# -------------------------------------------------------------------------- trainings


def _trainings(opened: "Opened") -> Trajectories:
    """The curves of all trainings of a run, in the order of the view of training."""
    known = _KNOWN.setdefault(opened, {})
    for made in known.values():
        return made.runs
    from lawful.web.scenes.training import trainings

    inside = opened.path.resolve()
    every = [one for one in trainings(opened) if one.log.resolve().is_relative_to(inside)]
    return _stacked(tuple((str(one.log), one.row, one.name) for one in every))


def _stacked(rows: tuple[tuple[str, int, str], ...]) -> Trajectories:
    """What all networks have in common: their curves, not their weights."""
    from lawful.files import read

    if not rows:
        raise Refusal("no training logs", "training/*.nc")
    logs = {log: read(log) for log in dict.fromkeys(log for log, _, _ in rows)}
    shared = [
        name
        for name in next(iter(logs.values())).data_vars
        if name in MEASURES or str(name).startswith(LEDGER)
        if all(name in log.data_vars for log in logs.values())
    ]
    if not shared:
        raise Refusal("training logs without energies", "the logs of lawful learn")
    parts = [logs[log][shared].isel(run=[row]).reset_coords(drop=True) for log, row, _ in rows]
    kept = [
        part.assign_coords(time=logs[log]["time"] if logs[log]["time"].ndim == 1 else
                           logs[log]["time"].isel(run=[row]))
        for part, (log, row, _) in zip(parts, rows, strict=True)
    ]  # fmt: skip
    whole = stack(kept)
    return whole.assign_coords(run=[name for _, _, name in rows])


def _books(runs: Trajectories) -> list[Quantity]:
    """The balance of the ledger, then energies and accounts."""
    accounts = [str(n) for n in runs.data_vars if str(n).startswith(LEDGER)]
    measures = [n for n in MEASURES if n in runs.data_vars]
    found = []
    if accounts and "energy" in measures:
        text = " - ".join(["energy", *accounts])
        start = runs["energy"].values[:, 0]
        # Accounts are sums over many steps of the energy's size: that is what round-off is of.
        size = max(float(np.nanstd(start)), float(np.nanmax(np.abs(start))))
        law = Law("the books", text, "", "exact", 1.0, 0.0, 0.0, 0.0, spread=size)
        found.append(Quantity("the books", "balance", "", KINDS["balance"], law))
    return found + [
        Quantity(name.removeprefix(LEDGER), "measure", "", _long(runs, name), None,
                 np.asarray(runs[name].values, dtype=float))
        for name in (*measures, *accounts)
    ]  # fmt: skip


def _long(runs: Trajectories, name: str) -> str:
    return str(runs[name].attrs.get("long_name", ""))


# ---------------------------------------------------------------- networks and columns


def _of_network(opened: "Opened") -> tuple[list[Quantity], list[str]]:
    """What a network of `lawful train` learned to be conserved, and what truly is."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        from lawful.refusal import missing_extra

        why = f"What the network learned cannot be read: {missing_extra('torch', 'torch')}."
        return [], [why]
    from lawful.web.scenes.states import latent_states

    place = opened.path / "network.safetensors"
    try:
        states = latent_states(str(opened.path), place.stat().st_mtime_ns, opened.name)
    except (Refusal, OSError) as why:
        return [], [f"What the network learned cannot be read: {why}."]
    chosen = [c for kind in ("learned", "true") for c in states.colours if c.kind == kind]
    return [
        Quantity(c.name, c.kind, unit_text(c.units), c.long_name, None, c.values) for c in chosen
    ], []


def _columns(runs: Trajectories) -> Iterator[Quantity]:
    for name, variable in runs.data_vars.items():
        if variable.ndim == 2:
            units = unit_text(str(variable.attrs.get("units", "")))
            values = np.asarray(variable.values, dtype=float)
            yield Quantity(str(name), "column", units, _long(runs, str(name)), None, values)


def table(runs: Trajectories, run: int, names: Sequence[str]) -> dict[str, Array]:
    """Columns of one run by name, each of shape (time,)."""
    length = runs.sizes["time"]
    found = {}
    for name in names:
        if name == "time":
            found[name] = np.array(clock(runs)[run])
            continue
        values = np.asarray(runs[name].isel(run=run).values, dtype=float)
        found[name] = np.broadcast_to(values, (length,))
    return found
