"""Quantities that colour states: columns, laws, what a network holds fast, parameters.

    λ = variance within runs / total variance;   R² of the best linear function of the axes

A quantity that is conserved has λ near 0: its colour changes from run to run alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.report.numbers import unit_text
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws import Law

Array = NDArray[np.float64]

ENOUGH = 20_000  # samples that a fit looks at
RANGE = (0.01, 0.99)  # what the colours span: a stray run does not take them all


@dataclass(frozen=True, eq=False)
class Colour:
    """One quantity along all runs.

    Attributes
    ----------
    name
        What to call it; no two of a scene have the same.
    values
        Shape (run, time).
    kind
        "law", "learned", "true", "column", "measure" or "parameter".
    units
        "" where they are not known.
    long_name
        More about it; may be empty.
    """

    name: str
    values: Array
    kind: str
    units: str = ""
    long_name: str = ""

    @property
    def offset(self) -> float:
        """The middle of its values, which single precision need not carry."""
        held = self.values[np.isfinite(self.values)]
        return float(np.median(held)) if held.size else 0.0


def described(colour: Colour, scores: Array, held: NDArray[np.bool_]) -> dict[str, Any]:
    """What a page must know of a quantity.

    Returns
    -------
    dict
        `low` and `high` of the colours, `within` (λ) and `r2`; None where there is too little.
    """
    values = colour.values[held]
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, RANGE) if finite.size else (0.0, 1.0)
    return {
        "name": colour.name,
        "kind": colour.kind,
        "units": unit_text(colour.units),
        "long_name": colour.long_name,
        "offset": colour.offset,
        "low": float(low),
        "high": float(high),
        "within": within(colour.values),
        "r2": linear(scores[held], values),
    }


def within(values: Array) -> float | None:
    """The share of a quantity's variance that lies within runs; None for a single run.

    >>> within(np.array([[1.0, 1.0], [3.0, 3.0]]))
    0.0
    """
    held = np.isfinite(values)
    if held.any(axis=1).sum() < 2:
        return None
    count = np.maximum(held.sum(axis=1), 1)
    mean = np.where(held, values, 0.0).sum(axis=1) / count
    inside = float(np.mean((values - mean[:, None])[held] ** 2))
    total = float(np.var(values[held]))
    return inside / total if total > 0 else None


def linear(scores: Array, values: Array) -> float | None:
    """R² of a quantity as a linear function of the axes; None where nothing varies.

    >>> linear(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0, 7.0]))
    1.0
    """
    rows = np.flatnonzero(np.isfinite(values))
    rows = rows[:: max(1, len(rows) // ENOUGH)]
    basis = np.column_stack([scores[rows], np.ones(len(rows))])
    if len(rows) <= basis.shape[1]:
        return None
    spread = float(np.var(values[rows]))
    if not spread > 0:
        return None
    best, *_ = np.linalg.lstsq(basis, values[rows], rcond=None)
    share = 1.0 - float(np.mean((values[rows] - basis @ best) ** 2)) / spread
    return round(share, 9)


# ------------------------------------------------------------------------ where they come from


def columns(runs: Trajectories, kind: str = "column") -> Iterator[Colour]:
    """Each variable on (run, time)."""
    for name, variable in runs.data_vars.items():
        if variable.ndim == 2:
            about = variable.attrs
            yield Colour(
                str(name), np.asarray(variable.values, dtype=float), kind,
                str(about.get("units", "")), str(about.get("long_name", "")),
            )  # fmt: skip


def parameters(runs: Trajectories) -> Iterator[Colour]:
    """What is fixed within a run and differs between runs."""
    shape = (runs.sizes["run"], runs.sizes["time"])
    for name, value in runs.coords.items():
        if value.dims == ("run",) and name != "run" and value.dtype.kind in "fiu":
            values = np.asarray(value.values, dtype=float)
            if np.unique(values[np.isfinite(values)]).size > 1:
                along = np.broadcast_to(values[:, None], shape)
                yield Colour(str(name), along, "parameter", str(value.attrs.get("units", "")))


def of_laws(runs: Trajectories, laws: "Iterable[Law]") -> tuple[list[Colour], list[str]]:
    """Each law's value along the runs, and what could not be evaluated."""
    table = table_of(runs)
    shape = (runs.sizes["run"], runs.sizes["time"])
    made, said = [], []
    for law in laws:
        try:
            values = along(law.expression, table, shape)
        except Refusal as why:
            said.append(f"{law.name}: {why}")
            continue
        made.append(Colour(law.name, values, "law", law.units, law.expression))
    return made, said


def table_of(runs: Trajectories) -> dict[str, Array]:
    """Columns and parameters by name, as laws take them."""
    table = {colour.name: colour.values for colour in columns(runs)}
    for name, value in runs.coords.items():
        if value.dims == ("run",) and name != "run" and value.dtype.kind in "fiu":
            table.setdefault(str(name), np.asarray(value.values, dtype=float)[:, None])
    return table


def along(expression: str, table: dict[str, Array], shape: tuple[int, int]) -> Array:
    """A formula's values, shape (run, time); NaN where they are not finite.

    Raises
    ------
    Refusal
        For what is no formula, or needs a column that is not there.
    """
    from lawful.expressions import compiled

    function = compiled(expression)
    with np.errstate(all="ignore"):
        values = np.asarray(function(table), dtype=float)
    values = np.array(np.broadcast_to(values, shape))
    values[~np.isfinite(values)] = np.nan
    return values


def told_apart(colours: Iterable[Colour]) -> tuple[Colour, ...]:
    """The same, each with a name of its own: what comes later says of which kind it is."""
    from dataclasses import replace

    names: set[str] = set()
    out = []
    for colour in colours:
        name = colour.name if colour.name not in names else f"{colour.name} ({colour.kind})"
        if name not in names:
            names.add(name)
            out.append(replace(colour, name=name))
    return tuple(out)
