"""The question that an engine is asked: features of size one, a target, what may occur."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.symbolic.engines import FUNCTIONS
from lawful.laws.symbolic.parametrised import Columns
from lawful.laws.symbolic.suggestions import suggested_features
from lawful.refusal import Refusal

Array = NDArray[np.float64]
Roles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, eq=False)
class Features:
    """What a search may use.

    Attributes
    ----------
    names
        Of the data's columns and of what was suggested.
    values
        Shape (samples, features).
    texts
        How each is written in the data's columns.
    scale
        The root mean square of each: the engine sees them divided by it.
    functions
        Those of one argument that the roles call for.
    """

    names: tuple[str, ...]
    values: Array
    texts: tuple[str, ...]
    scale: Array
    functions: tuple[str, ...]

    @classmethod
    def of(cls, data: Columns, roles: Roles | None, *, suggested: bool) -> "Features":
        """An angle is represented by its sine and cosine alone; what never varies is left out.

        Examples
        --------
        >>> theta = np.linspace(0, 6, 30)
        >>> Features.of({"theta": theta}, {"theta": {"role": "angle"}}, suggested=True).texts
        ('cos(theta)', 'sin(theta)')
        """
        known = _roles(data, roles) if suggested else {}
        angles = {n for n, record in known.items() if record.get("role") == "angle"}
        every = {n: (v, n) for n, v in data.items() if n not in angles}
        every |= suggested_features(data, known)
        every = {name: pair for name, pair in every.items() if np.ptp(pair[0]) > 0}
        if not every:
            raise Refusal("columns that are the same in every sample", "one that varies at least")
        values = np.column_stack([v for v, _ in every.values()])
        scale = np.sqrt(np.mean(values**2, axis=0))
        texts = tuple(text for _, text in every.values())
        return cls(tuple(every), values, texts, scale, _functions(known, suggested=suggested))

    def standardised(self, target: Array, some: NDArray[np.intp]) -> tuple[Array, Array]:
        """Features of size one, and the target with mean 0 and spread 1, on some samples."""
        part = target[some]
        return self.values[some] / self.scale, (part - part.mean()) / (part.std() or 1.0)

    def written(self, names: Sequence[str]) -> dict[str, tuple[str, float]]:
        """By the engine's name of a feature its text and its scale."""
        pairs = zip(self.texts, map(float, self.scale), strict=True)
        return dict(zip(names, pairs, strict=True))


def drawn(which: NDArray[np.bool_], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The places of some samples, at most so many.

    >>> drawn(np.array([True, False, True]), 5, np.random.default_rng(0)).tolist()
    [0, 2]
    """
    places = np.flatnonzero(which)
    return places if places.size <= most else np.sort(rng.choice(places, most, replace=False))


def check_settings(
    niterations: int, most: int, samples: int, seed: int, functions: Sequence[str] | None
) -> None:
    """Refuse what cannot be meant."""
    for name, value, least in (
        ("niterations", niterations, 1),
        ("most", most, 3),
        ("samples", samples, 20),
        ("seed", seed, 0),
    ):
        if isinstance(value, bool) or int(value) != value or value < least:
            raise Refusal(f"{name}={value!r}", f"a whole number from {least} up")
    for name in functions or ():
        if name not in FUNCTIONS:
            raise Refusal(f"function {name!r}", "one of " + ", ".join(FUNCTIONS))


def _roles(data: Columns, roles: Roles | None) -> dict[str, dict[str, str]]:
    from lawful.roles import guess

    given = guess(list(data)).attributes if roles is None else roles
    return {name: dict(given[name]) for name in data if name in given}


def _functions(roles: Roles, *, suggested: bool) -> tuple[str, ...]:
    """Square; where nothing has a role, so that nothing could be suggested, sqrt as well."""
    bare = all(record.get("role", "scalar") == "scalar" for record in roles.values())
    return ("square", "sqrt") if suggested and bare else ("square",)
