"""What a search for formulas answers: accuracy against complexity, and the one chosen.

    a formula is on the front where no simpler one is as accurate on samples held out

Source: G. Smits and M. Kotanchek, "Pareto-front exploitation in symbolic regression", Genetic
Programming Theory and Practice II (Springer, 2005) 283.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lawful.refusal import Refusal

FACTOR = 1.1  # times the least held-out distance: what a simpler formula may have
FLOOR = 1e-5  # of the spreads: distances below that are alike


@dataclass(frozen=True)
class Formula:
    """One formula.

    Attributes
    ----------
    expression
        In the data's columns alone, as `lawful.expressions` parses it.
    complexity
        Constants, variables and operations, see `complexity`.
    r2, error
        On runs held out: share of the target's variance explained; root mean square error.
    latex
        The same for reading.
    distance
        On runs held out, from the samples to the formula, see `distance.distance`; None where
        it was not measured.
    """

    expression: str
    complexity: int
    r2: float
    error: float
    latex: str = ""
    distance: float | None = None


@dataclass(frozen=True)
class Front:
    """What one search found.

    Attributes
    ----------
    formulas
        By complexity, ascending; each more accurate than all before it.
    chosen
        See `chosen`.
    engine
        What searched.
    features
        The columns it was given: the data's, and what their roles suggest.
    seconds
        How long it took.
    settings
        With which settings.
    """

    formulas: tuple[Formula, ...]
    chosen: Formula
    engine: str = ""
    features: tuple[str, ...] = ()
    seconds: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        record = asdict(self)
        record["chosen"] = self.formulas.index(self.chosen)
        return {**record, "formulas": list(record["formulas"]), "features": list(self.features)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Front":
        """The inverse of `to_dict`.

        >>> front = Front((Formula("x", 1, 0.5, 1.0), Formula("x**2", 2, 1.0, 0.0)),
        ...               Formula("x**2", 2, 1.0, 0.0), "operon")
        >>> Front.from_dict(front.to_dict()) == front
        True
        """
        formulas = tuple(Formula(**one) for one in record["formulas"])
        rest = {k: record[k] for k in ("engine", "seconds") if k in record}
        return cls(
            formulas,
            formulas[int(record["chosen"])],
            features=tuple(record.get("features", ())),
            settings=dict(record.get("settings", {})),
            **rest,
        )


def pareto(formulas: Iterable[Formula]) -> tuple[Formula, ...]:
    """Those that no simpler formula, and none as simple, matches in accuracy.

    >>> made = [Formula("x**2", 2, 0.9, 0.3), Formula("x", 1, 0.5, 0.7), Formula("2*x", 3, 0.6, 1)]
    >>> [one.expression for one in pareto(made)]
    ['x', 'x**2']
    """
    front: list[Formula] = []
    for one in sorted(formulas, key=lambda f: (f.complexity, f.error, f.expression)):
        if not front or (one.error < front[-1].error and one.r2 > front[-1].r2):
            front.append(one)
    return tuple(front)


def chosen(formulas: Sequence[Formula], spread: float) -> Formula:
    """The simplest formula that is nearly as good as the best.

    Nearly as good: its held-out distance is at most `FACTOR` (1.1) times the least on the
    front, or at most `FLOOR` (1e-5). The factor is for noise, where longer formulas go on
    gaining a little; the floor for exact data, where 1e-9 is no better than 1e-6: both are
    rounding. Where no distance was measured, the error over the target's `spread` stands for
    it. The distance and not the error, for with noise in the columns a longer formula can have
    less error than the true one, by shrinking where the noise is large.

    Raises
    ------
    Refusal
        Where there is none to choose from.

    Examples
    --------
    >>> front = [Formula("x", 1, 0.5, 0.7), Formula("x**2", 2, 0.99, 0.104),
    ...          Formula("x**2 + 0.01*x", 6, 0.99, 0.1)]
    >>> chosen(front, 1.0).expression
    'x**2'
    """
    if not formulas:
        raise Refusal("a front without formulas", "one at least")
    away = [f.error / spread if f.distance is None else f.distance for f in formulas]
    bar = max(FACTOR * min(away), FLOOR)
    near = [one for one, distance in zip(formulas, away, strict=True) if distance <= bar]
    return min(near, key=lambda one: (one.complexity, one.error))
