"""What one architecture conserves, found from its training logs alone, then held to theory.

    Q(x) found on a gradient flow           λ = variance of Q within runs / in all
    the same Q on gradient descent          λ ∝ η² for a law, λ ∝ η⁰ for anything else
    the same search with momentum, and on two controls

The search knows nothing of networks. Only afterwards theory is asked, and a law found
counts as right if it is, on random weights, made of what theory says (R² above `RIGHT`).
Beside the search, all λ of degree 2 are computed (`steadiest`): how many are 0 is measured
without a search, and how they fall with η without a theory. Each log is a part of its own,
which can be made and kept alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws import find_laws
from lawful.laws.law import Law
from lawful.learning.batch_normalization import BatchNormalized
from lawful.learning.symmetries import conserved_space, independent, symmetries
from lawful.studies.charges import decay
from lawful.studies.quantities import (
    columns_of,
    evaluated,
    explained,
    products,
    quadratics,
    rank,
    steadiness,
)
from lawful.studies.steadiest import Steadiest, steadiest
from lawful.studies.training_cases import (
    CONTROLS,
    DESCENT,
    FLOW,
    LOGS,
    MOMENTUM,
    RATES,
    RECORDS,
    TIME,
    Case,
)

Array = NDArray[np.float64]
Record = Mapping[str, Any]
RIGHT = 0.9999
POINTS = 600  # random weights on which quantities are compared
QUADRATICS = 20  # random ones, which nothing conserves
NEXT = 5  # of the steadiest quadratics that are no laws
LISTED = 40  # λ that are kept of a log


@dataclass(frozen=True, eq=False)
class Theory:
    """What is known of an architecture.

    Attributes
    ----------
    laws
        Conserved quantities, as formulas.
    independent, space
        How many of them are, and how many polynomials of degree 2 they make.
    points
        Random weights, by name.
    made
        The laws and products of the linear ones there, shape (points, k).
    """

    laws: tuple[str, ...]
    independent: int
    space: int
    points: Mapping[str, Array]
    made: Array

    def right(self, expression: str) -> bool:
        """Whether a quantity is made of what is known."""
        return explained(evaluated(expression, self.points), self.made) > RIGHT


@lru_cache(maxsize=4)
def theory_of(case: Case) -> Theory:
    """What theory says of a case.

    >>> theory_of(Case((2, 3, 1), "relu")).independent
    3
    """
    network, rng = case.network(), np.random.default_rng([case.seed, 7])
    samples = case.samples
    known = (
        BatchNormalized(network, samples.X, samples.y).symmetries()
        if case.normalized
        else symmetries(network)
    )
    laws = tuple(one.expression for one in known)
    x = rng.standard_normal((network.parameters.size, POINTS))
    points = dict(zip(network.names, x, strict=True))
    made = products(laws, points)
    space = rank(made) if case.normalized else conserved_space(network)
    return Theory(laws, independent(known, x[:, 0]), space, points, made)


# ---------------------------------------------------------------------- one part


def searched(case: Case, part: str) -> dict[str, Any]:
    """All that one log of a case says, as JSON can hold it."""
    if part == "charges":
        return decay(case.population(*MOMENTUM), case.samples, case.seed)
    log, theory = case.log(part), theory_of(case)
    said = {
        **_said(find_laws(log).laws, theory),
        "spectrum": _spectrum(steadiest(log), theory),
    }
    if part in CONTROLS:  # no path of theirs is a network's
        return said
    columns = columns_of(log)
    controls = quadratics([*columns], QUADRATICS, case.seed)
    return {
        **said,
        "steadiness": {
            "laws": [steadiness(evaluated(one, columns)) for one in theory.laws],
            "controls": [steadiness(evaluated(one, columns)) for one in controls],
        },
        "drift": _drift(theory.laws, controls, columns),
    }


def _said(laws: Sequence[Law], theory: Theory) -> dict[str, Any]:
    grades = [law.grade for law in laws]
    found = [law.expression for law in laws]
    return {
        "laws": [
            {"expression": law.expression, "grade": law.grade, "within_total": law.within_total}
            for law in laws
        ],
        "count": len(laws),
        "right": sum(map(theory.right, found)),
        "exact": grades.count("exact"),
        "approximate": grades.count("approximate"),
        "space": rank(products(found, theory.points)),
    }


def _spectrum(spectrum: Steadiest, theory: Theory) -> dict[str, Any]:
    """The least λ, how many are below the gap, and how much of those theory does not know."""
    below = spectrum.conserved(np.stack([*theory.points.values()], axis=-1))
    outside = [1.0 - explained(one, theory.made) for one in below.T]
    return {
        "terms": len(spectrum.vectors),
        "values": spectrum.values[:LISTED].tolist(),
        "dimension": spectrum.dimension,
        "outside_theory": max(outside, default=0.0),
    }


def _drift(laws: Sequence[str], controls: Sequence[str], columns: Mapping[str, Array]) -> Record:
    """How far a law and a control go from where they began, over their spread."""
    paths = {}
    for kind, one in {"law": laws[0] if laws else "", "control": controls[0]}.items():
        if one:
            q = evaluated(one, columns)
            gone = np.sqrt(((q - q[:, :1]) ** 2).mean(axis=0)) / q[:, 0].std()
            paths[kind] = {"quantity": one, "path": gone.tolist()}
    return paths


# ---------------------------------------------------------------------- one case


def parts_of(case: Case) -> tuple[str, ...]:
    """What is found out about a case, one after another.

    Scales have charges that do not decay by themselves, and batch normalisation has no other.
    """
    return LOGS if case.normalized else (*LOGS, "charges")


def studied(case: Case) -> dict[str, Any]:
    """Everything that is found out about a case."""
    return whole(case, {part: searched(case, part) for part in parts_of(case)})


def whole(case: Case, parts: Mapping[str, Record]) -> dict[str, Any]:
    """A case put together from its parts, as JSON can hold it."""
    theory, flow = theory_of(case), parts["flow"]
    descents = [parts[name] for name in DESCENT]

    def plain(part: Record) -> dict[str, Any]:
        return {key: part[key] for key in part if key not in ("steadiness", "drift")}

    return {
        "name": case.name,
        "networks": case.networks,
        "seed": case.seed,
        "theory": list(theory.laws),
        "independent": theory.independent,
        "space": theory.space,
        "flow": plain(flow),
        "descent": [
            {"rate": rate, **plain(part)} for rate, part in zip(RATES, descents, strict=True)
        ],
        **{name: plain(parts[name]) for name in ("momentum", *CONTROLS)},
        "certificate": _certificate(flow, descents),
        "drift": _drifts(flow, descents),
        "under_momentum": parts["momentum"]["steadiness"]["laws"],
        "charges": dict(parts["charges"]) if "charges" in parts else None,
    }


def _certificate(flow: Record, descents: Sequence[Record]) -> dict[str, Any]:
    """λ at every learning rate, of quantities that are the same on every log, theory's laws and
    random quadratics; and, without any theory, of the steadiest of each log: as many as the flow
    conserves, and the next.
    """
    count = flow["spectrum"]["dimension"]

    def given(kind: str) -> list[list[float]]:
        lists = [part["steadiness"][kind] for part in descents]
        return [list(curve) for curve in zip(*lists, strict=True)]

    def ranked(first: int, last: int) -> list[list[float]]:
        lists = [part["spectrum"]["values"][first:last] for part in descents]
        return [list(curve) for curve in zip(*lists, strict=True)]

    return {
        "rates": list(RATES),
        "laws": given("laws"),
        "controls": given("controls"),
        "steadiest": ranked(0, count),
        "next": ranked(count, count + NEXT),
    }


def _drifts(flow: Record, descents: Sequence[Record]) -> dict[str, Any]:
    courses = [part["drift"] for part in (flow, *descents)]
    shown = {kind: one["quantity"] for kind, one in courses[0].items()}
    return {
        "law": "",
        **shown,
        "rates": [FLOW, *RATES],
        "times": np.linspace(0.0, TIME, RECORDS + 1).tolist(),
        "paths": {
            kind: [one[kind]["path"] for one in courses if kind in one]
            for kind in ("law", "control")
        },
    }
