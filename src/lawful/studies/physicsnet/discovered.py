"""What a search in a trained network gives: a formula, and every number that judges it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lawful.store import plain

if TYPE_CHECKING:
    from lawful.laws.symbolic import Front


@dataclass(frozen=True)
class Discovered:
    """One formula, with what it is worth.

    Attributes
    ----------
    target
        "energy", … where a truth was regressed; "learned 1", … where none was asked for.
    front
        What the search found: accuracy against complexity.
    formula
        The final one: chosen by held-out score, without terms that hardly move it, its
        constants refitted.
    r2
        Of the formula on the test runs, on states without noise, against `truth`. For what
        was learned without a target, offset and factor are no matter, for a conserved
        quantity has none of its own. Without a truth, of the search on held-out samples.
    within_total
        λ of the formula on the test runs of the data, noise included.
    rank_correlation
        By true invariant, |Spearman| of the network's quantity with it on the test runs,
        one mean a run. For a target: the best of the network's quantities.
    exact_form
        Whether the formula has the terms of the truth, each coefficient within 1 %; for a
        learned quantity, of a sum of true ones and their products. None without a truth.
    seconds
        How long it took.
    sample_correlation
        As `rank_correlation`, sample by sample.
    truth
        What `r2` compares with, by name; empty where nothing is known.
    composition
        Of which true quantities a learned formula is made, and how much of each.
    coefficients
        (term, true, found) of a target's formula, or of a learned one that is one truth.
    columns
        What the formula was fitted on, in words.
    """

    target: str
    front: "Front"
    formula: str
    r2: float
    within_total: float
    rank_correlation: Mapping[str, float] = field(default_factory=dict)
    exact_form: bool | None = None
    seconds: float = 0.0
    sample_correlation: Mapping[str, float] = field(default_factory=dict)
    truth: str = ""
    composition: Mapping[str, float] = field(default_factory=dict)
    coefficients: tuple[tuple[str, float, float], ...] = ()
    columns: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "front"}
        return plain({**own, "front": self.front.to_dict()})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Discovered":
        """The inverse of `to_dict`; null, where a number was, is NaN again."""
        from lawful.laws.symbolic import Front

        numbers = {
            name: float("nan") if record.get(name) is None else record[name]
            for name in ("r2", "within_total", "seconds")
        }
        rows = tuple((str(t), float(a), float(b)) for t, a, b in record.get("coefficients", ()))
        front = Front.from_dict(record["front"])
        return cls(**{**record, **numbers, "coefficients": rows, "front": front})
