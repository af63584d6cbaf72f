"""What the engine finds: a conserved quantity Q(x) with dQ/dt = 0, and how sure it is.

A `Law` is plain data: it goes to JSON and back without loss, and carries no
reference to the data it came from. `Findings` is everything one search says.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Grade = Literal["exact", "approximate", "leaking"]


@dataclass(frozen=True)
class Constant:
    """A number in a law, with the interval that the data leave it.

    `exact` is a simple rational inside the interval, as text, where there is one.
    """

    name: str
    value: float
    low: float
    high: float
    units: str = ""
    exact: str = ""


@dataclass(frozen=True)
class Law:
    """One conserved quantity.

    Attributes
    ----------
    name
        "energy", "angular momentum z", "momentum x", … or "quantity 3".
    expression
        A string SymPy parses, in the data's column names, constants numeric.
    latex
        The same for reading, with the constants' symbols.
    grade
        exact: all change along a run is measurement noise; approximate: it
        changes, slowly or little; leaking: it changes by a known source.
    noise_ratio
        ρ on held-out runs: change along a run over what noise alone makes.
    within_total
        λ on held-out runs: variance within runs over total variance.
    p_value
        Against surrogates, before the false discovery rate is controlled.
    heldout_drift
        Median over held-out runs of the change of Q's mean from the first half
        of a run to the second, over Q's spread between runs.
    units
        By dimensional analysis; "" where the columns' units are unknown.
    constants
        With intervals, from a bootstrap over runs.
    noise
        Standard deviation of what measurement noise makes of Q.
    balance
        For a leaking law, the source s in dQ/dt = s, as an expression.
    spread
        Standard deviation of Q between runs: the unit in which drift is said.
    note
        One sentence on what limits the law; may be empty.
    """

    name: str
    expression: str
    latex: str
    grade: Grade
    noise_ratio: float
    within_total: float
    p_value: float
    heldout_drift: float
    units: str = ""
    constants: tuple[Constant, ...] = ()
    balance: str = ""
    spread: float = 1.0
    noise: float = 0.0
    note: str = ""

    @cached_property
    def function(self) -> Callable[[Mapping[str, Any]], NDArray[np.float64]]:
        """The law as a function of a mapping from column names to arrays.

        >>> law = Law("energy", "v**2/2 + 2*x**2", "", "exact", 1.0, 0.0, 0.01, 0.0)
        >>> float(law.function({"x": 1.0, "v": 2.0}))
        4.0
        """
        from lawful.expressions import compiled

        return compiled(self.expression)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Law":
        """The inverse of `to_dict`."""
        constants = tuple(Constant(**c) for c in record.get("constants", ()))
        return cls(**{**record, "constants": constants})


@dataclass(frozen=True)
class Findings:
    """All that one search says.

    Attributes
    ----------
    laws
        Functionally independent conserved quantities, surest first.
    leaks
        Quantities that change by a known source (dissipation, drive).
    identities
        Relations that hold in every sample of every run; no laws of motion.
    library
        What was searched: variables, degree, functions, number of terms.
    warnings
        What the user should know, one sentence each.
    data
        What was seen: runs, samples, variables, units, roles, noise.
    spectrum
        The eigenvalues λ and ρ of the search, ascending, for the picture.
    """

    laws: tuple[Law, ...]
    leaks: tuple[Law, ...] = ()
    identities: tuple[str, ...] = ()
    library: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    spectrum: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)

    def to_json(self) -> str:
        """The text of `laws.json`."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Findings":
        """The inverse of `to_dict`."""
        parts = dict(record)
        for key in ("laws", "leaks"):
            parts[key] = tuple(Law.from_dict(r) for r in parts.get(key, ()))
        for key in ("identities", "warnings"):
            parts[key] = tuple(parts.get(key, ()))
        return cls(**parts)
