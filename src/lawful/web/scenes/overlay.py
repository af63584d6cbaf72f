"""What formulas say along one run, against what they should say.

    of a target       f(x(t))   against   the quantity that it was read off
    of a law          Q(x(t))   against   its own mean along the run
    of a leak         Q(x(t))   against   Q(x(0)) + ∫₀ᵗ s(x) dt

A learned quantity has no offset and factor of its own: both are fitted over all runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.store import RunFolder
from lawful.trajectories import Trajectories, clock
from lawful.web.scenes.colours import along, table_of

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

SAMPLES = 600  # along one run
LEVELS = 240  # runs whose levels are drawn
THIN = 200  # samples of each that its level is the mean of
TO_MEAN = "its own mean along this run"
TO_BALANCE = "its start and what has leaked since"


@dataclass(frozen=True)
class Asked:
    """A formula to be drawn.

    Attributes
    ----------
    expression
        As `lawful.expressions` reads it.
    target
        The quantity that it was read off, or "".
    free
        Whether the target's offset and factor are free: a conserved quantity has none.
    balance
        The source of a leak, or "".
    """

    expression: str
    target: str = ""
    free: bool = False
    balance: str = ""


@dataclass(frozen=True, eq=False)
class Material:
    """The data that formulas are held against, and the quantities that they were read off."""

    runs: Trajectories
    targets: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the runs are called."""
        return tuple(str(name) for name in self.runs["run"].values)


@dataclass(frozen=True, eq=False)
class Line:
    """One formula along one run.

    Attributes
    ----------
    value, expected
        Shape (time,).
    against
        What is expected, in words.
    levels
        Its mean along every run, for its scale.
    trouble
        Why there is none.
    """

    value: Array
    expected: Array
    against: str = TO_MEAN
    levels: Array = field(default_factory=lambda: np.zeros(0))
    trouble: str = ""


def line(asked: Asked, data: Material, run: int) -> Line:
    """A formula along one run; where it cannot be evaluated, why."""
    table, long = table_of(data.runs), int(data.runs.sizes["time"])
    nothing = np.full(long, np.nan)
    try:
        own = _of_run(asked.expression, table, run, long)
        source = _of_run(asked.balance, table, run, long) if asked.balance else None
        few = _Few(data, table)
        values = few.along(asked.expression)
    except Refusal as why:
        return Line(nothing, nothing, trouble=str(why))
    levels = _means(values)
    if asked.target in data.targets:
        wanted = data.targets[asked.target]
        offset, factor = fitted(few.of(wanted), values) if asked.free else (0.0, 1.0)
        return Line(own, offset + factor * wanted[run], asked.target, levels)
    if source is not None:
        return Line(own, _leaked(own, source, clock(data.runs)[run]), TO_BALANCE, levels)
    held = np.isfinite(own)
    mean = float(own[held].mean()) if held.any() else np.nan
    return Line(own, np.where(held, mean, np.nan), TO_MEAN, levels)


def _of_run(expression: str, table: dict[str, Array], run: int, long: int) -> Array:
    rows = {name: values[run : run + 1] for name, values in table.items()}
    return along(expression, rows, (1, long))[0]


class _Few:
    """Some runs, thinned: enough for levels and for a fit, however large the data are."""

    def __init__(self, data: Material, table: dict[str, Array]) -> None:
        runs, long = data.runs.sizes["run"], data.runs.sizes["time"]
        self.rows = slice(None, None, max(1, -(-runs // LEVELS)))
        self.columns = slice(None, None, max(1, -(-long // THIN)))
        self.table = {name: self.of(values) for name, values in table.items()}
        self.shape = (len(range(runs)[self.rows]), len(range(long)[self.columns]))

    def of(self, values: Array) -> Array:
        """The same of other values; of a parameter, one a run."""
        return values[self.rows] if values.shape[1] == 1 else values[self.rows, self.columns]

    def along(self, expression: str) -> Array:
        return along(expression, self.table, self.shape)


def samples(
    count: int, start: int = 0, stop: int | None = None, stride: int | None = None
) -> NDArray[np.intp]:
    """Which samples are drawn: those asked for, thinned where no stride is given.

    Raises
    ------
    Refusal
        For what is no range.

    Examples
    --------
    >>> samples(5), samples(5, start=1, stride=2)
    (array([0, 1, 2, 3, 4]), array([1, 3]))
    """
    for name, given in (("start", start), ("stop", stop), ("stride", stride)):
        least = 1 if name == "stride" else 0
        whole = isinstance(given, int) and not isinstance(given, bool) and given >= least
        if not whole and (given is not None or name == "start"):
            raise Refusal(f"{name} {given!r}", f"a whole number from {least} up")
    chosen = np.arange(count)[start:stop:stride]
    return chosen if stride else chosen[:: max(1, -(-len(chosen) // SAMPLES))]


def _means(values: Array) -> Array:
    held = np.isfinite(values)
    count = held.sum(axis=1)
    total = np.where(held, values, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def fitted(wanted: Array, values: Array) -> tuple[float, float]:
    """Offset and factor that bring `wanted` nearest to `values`; 0 and 1 where there are none.

    >>> offset, factor = fitted(np.array([0.0, 1.0, 2.0]), np.array([5.0, 7.0, 9.0]))
    >>> round(offset, 9), round(factor, 9)
    (5.0, 2.0)
    """
    held = np.isfinite(wanted) & np.isfinite(values)
    if held.sum() < 2 or not np.ptp(wanted[held]) > 0:
        return 0.0, 1.0
    factor, offset = np.polyfit(wanted[held], values[held], 1)
    return float(offset), float(factor)


def _leaked(own: Array, source: Array, times: Array) -> Array:
    """Where a quantity should be by now, from its first value and its source."""
    from scipy.integrate import cumulative_simpson

    held = np.isfinite(own) & np.isfinite(source) & np.isfinite(times)
    out = np.full(own.shape, np.nan)
    # Up to the first gap: an integral knows nothing beyond it.
    end = len(held) if held.all() else int(np.argmin(held))
    if end >= 3:
        out[:end] = own[0] + cumulative_simpson(source[:end], x=times[:end], initial=0.0)
    return out


# ------------------------------------------------------------------------ where the data are


def material(opened: "Opened", targets: Sequence[str]) -> Material:
    """The data of a search, and the quantities of the network that it asked.

    Raises
    ------
    Refusal
        Where the data are not here.
    """
    folder = _training(opened)
    notes: list[str] = []
    if folder is not None and targets:
        if find_spec("torch") is not None:
            return _of_training(str(folder), str(opened.path), tuple(targets))
        why = missing_extra("torch", "torch")
        notes.append(f"What the network learned cannot be drawn: {why}.")
    elif targets:
        named = str(_settings(opened).get("training", "")) or "the training"
        notes.append(f"{named} is not in this folder: formulas are held against their own means.")
    return Material(opened.trajectories(), {}, tuple(notes))


def _settings(opened: "Opened") -> Mapping[str, object]:
    return {} if opened.folder is None else opened.folder.manifest.settings


def _training(opened: "Opened") -> Path | None:
    """The run folder of the network that was asked: beside this one, and the same to the bit."""
    if opened.folder is None or _settings(opened).get("method") != "physicsnet":
        return None
    wanted = {str(mark.get("sha256")) for mark in opened.folder.manifest.data} - {"None"}
    beside = opened.path.resolve().parent
    named = Path(str(_settings(opened).get("training", ""))).name
    places = sorted(beside.iterdir(), key=lambda p: (p.name != named, p.name))
    for place in places:
        if place.is_symlink() or not (place / "network.safetensors").is_file():
            continue
        try:
            held = RunFolder.open(place)
        except Refusal:
            continue
        if held.manifest.files.get("network.safetensors") in wanted:
            return place
    return None


@lru_cache(maxsize=4)
def _of_training(folder: str, asker: str, targets: tuple[str, ...]) -> Material:
    """The runs of a training, and the quantities named: learned ones and true ones."""
    from lawful.studies.physicsnet.folder import read_training
    from lawful.studies.physicsnet.states import measured
    from lawful.studies.physicsnet.targets import truths

    run = read_training(folder)
    known: dict[str, Array] = {}
    if any(not name.startswith("learned") for name in targets):
        known |= truths(run.material)
    if any(name.startswith("learned") for name in targets):
        # The same walk that numbered them: "learned 2" is the second that was read off.
        read_off = run.trained.targets(measured(run))
        known |= {f"learned {k}": one.values for k, one in enumerate(read_off, 1)}
    # Rates that were kept from the network are estimated, as they were for the search.
    runs = measured(run)
    held = {name: known[name] for name in targets if name in known}
    left = ", ".join(name for name in targets if name not in known)
    lost = f"{left}: not known any more; formulas are held against their own means."
    return Material(runs, held, (lost,) if left else ())
