"""What one architecture conserves, found from its training logs alone, then held to theory.

    Q(x) found on a gradient flow           λ = variance of Q within runs / in all
    the same Q on gradient descent          λ ∝ η² for a law, λ ∝ η⁰ for anything else
    the same search with momentum, and with weights of different networks put together

The search knows nothing of networks. Only afterwards theory is asked, and a law found
counts as right if it is, on random weights, made of what theory says (R² above `RIGHT`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws import find_laws
from lawful.laws.law import Law
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.recording import record
from lawful.learning.gates import xor
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.studies.lesson import Sizes, shape
from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
RIGHT = 0.9999
TIME = 100.0  # of every log, in units of the learning rate
RECORDS = 100
FLOW = 0.01  # the flow's time step
RATES = (0.1, 0.05, 0.025)
MOMENTUM = (0.1, 0.9)  # learning rate, μ
POINTS = 600  # random weights on which quantities are compared
CONTROLS = 20  # random quadratics
ROUND_OFF = 1e-24  # λ below this says nothing but how numbers are rounded


@dataclass(frozen=True)
class Case:
    """An architecture, and how many networks are logged."""

    layers: Sizes
    activation: str
    output: str | None = None
    networks: int = 200
    seed: int = 0

    @property
    def name(self) -> str:
        """Such as "relu 2-3-1".

        >>> Case((2, 3, 3), "relu", "softmax").name
        'relu 2-3-3 softmax'
        """
        return " ".join(filter(None, (self.activation, shape(self.layers), self.output)))

    @property
    def samples(self) -> Samples:
        """XOR; for three outputs the corners of its square by how many ones they have."""
        corners = xor()
        return corners if self.layers[-1] == 1 else Samples(corners.X, np.eye(3)[[0, 1, 1, 2]])

    def network(self) -> NeuralNetwork:
        """One of them."""
        return NeuralNetwork(self.layers, activation=self.activation, output=self.output)

    def log(self, rate: float, momentum: float = 0.0, *, flow: bool = False) -> Trajectories:
        """The weights of all networks on their way, from N(0, 1) on."""
        steps = round(TIME / rate)
        return record(
            Population.of(
                self.layers,
                activation=self.activation,
                output=self.output,
                weight_init="random",
                learning_rate=rate,
                momentum=momentum,
                seeds=self.seed + np.arange(self.networks),
            ),
            self.samples,
            steps=steps,
            every=steps // RECORDS,
            dynamics="gradient_flow" if flow else "heavy_ball",
        )


Columns = Mapping[str, Array]


def columns_of(runs: Trajectories) -> dict[str, Array]:
    """The weights by name, shape (run, time)."""
    return {str(name): v.values for name, v in runs.data_vars.items()}


def strangers(runs: Trajectories, seed: int) -> Trajectories:
    """The control: every weight's path as it was, but of another network than its neighbours'.

    Times are left in order: shuffled, a weight that hardly moves would be a constant with
    noise, which is a law.
    """
    rng = np.random.default_rng(seed)
    mixed = runs.copy(deep=True)
    for variable in mixed.data_vars.values():
        variable.values = rng.permutation(variable.values, axis=0)
    return mixed


def steadiness(values: Array) -> float:
    """λ of a quantity on a log, shape (run, time).

    >>> steadiness(np.array([[1.0, 1.0], [2.0, 2.0]]))
    0.0
    """
    return float(values.var(axis=1).mean() / values.var())


def quadratics(names: Sequence[str], count: int, seed: int) -> list[str]:
    """Random quadratics of the weights, which nothing conserves."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        pairs = rng.integers(len(names), size=(3, 2))
        weights = rng.uniform(0.5, 2.0, 3) * rng.choice([-1, 1], 3)
        made.append(
            " + ".join(
                f"({w:.6f})*{names[i]}*{names[j]}" for w, (i, j) in zip(weights, pairs, strict=True)
            )
        )
    return made


def evaluated(expression: str, columns: Columns) -> Array:
    """A formula on weights."""
    from lawful.expressions import compiled

    return np.asarray(compiled(expression)(columns), dtype=float)


# ---------------------------------------------------------------------- one case


def studied(case: Case) -> dict[str, Any]:
    """Everything that is found out about a case, as JSON can hold it."""
    flow = case.log(FLOW, flow=True)
    laws = find_laws(flow).laws
    logs = {rate: case.log(rate) for rate in RATES}
    moving = case.log(*MOMENTUM)
    found = [law.expression for law in laws]
    controls = quadratics([*columns_of(flow)], CONTROLS, case.seed)
    theory = theory_of(case, found)
    return {
        "name": case.name,
        "networks": case.networks,
        "seed": case.seed,
        **theory,
        "flow": _said(laws),
        "descent": [{"rate": r, **_said(find_laws(log).laws)} for r, log in logs.items()],
        "momentum": _said(find_laws(moving).laws),
        "strangers": _said(find_laws(strangers(flow, case.seed)).laws),
        "certificate": {
            "rates": list(RATES),
            "laws": _certificate(theory["theory"] or found, logs),
            "controls": _certificate(controls, logs),
        },
        "drift": _drift(theory["theory"] or found, controls, {FLOW: flow, **logs}),
        "under_momentum": [steadiness(evaluated(q, columns_of(moving))) for q in theory["theory"]],
    }


def _said(laws: Sequence[Law]) -> dict[str, Any]:
    grades = [law.grade for law in laws]
    return {
        "laws": [
            {"expression": law.expression, "grade": law.grade, "within_total": law.within_total}
            for law in laws
        ],
        "count": len(laws),
        "exact": grades.count("exact"),
        "approximate": grades.count("approximate"),
    }


def _certificate(
    quantities: Sequence[str], logs: Mapping[float, Trajectories]
) -> list[list[float]]:
    """λ of each quantity at each learning rate."""
    held = [columns_of(log) for log in logs.values()]
    return [[steadiness(evaluated(one, columns)) for columns in held] for one in quantities]


def _drift(
    quantities: Sequence[str], controls: Sequence[str], logs: Mapping[float, Trajectories]
) -> dict[str, Any]:
    """How far a law and a control go from where they began, over their spread, by learning rate."""
    shown = {"law": quantities[0] if quantities else "", "control": controls[0]}
    paths: dict[str, list[list[float]]] = {"law": [], "control": []}
    for log in logs.values():
        columns = columns_of(log)
        for kind, one in shown.items():
            if not one:
                continue
            q = evaluated(one, columns)
            paths[kind].append(
                (np.sqrt(((q - q[:, :1]) ** 2).mean(axis=0)) / q[:, 0].std()).tolist()
            )
    times = np.linspace(0.0, TIME, RECORDS + 1).tolist()
    return {**shown, "rates": list(logs), "times": times, "paths": paths}


# ---------------------------------------------------------------------- theory


def theory_of(case: Case, found: Sequence[str]) -> dict[str, Any]:
    """What theory says, and how much of it was found."""
    from lawful.learning.symmetries import conserved_space, independent, symmetries

    network = case.network()
    known = symmetries(network)
    theory = [one.expression for one in known]
    rng = np.random.default_rng([case.seed, 7])
    x = rng.standard_normal((network.parameters.size, POINTS))
    columns = dict(zip(network.names, x, strict=True))
    made = products(theory, columns)
    right = [explained(evaluated(one, columns), made) > RIGHT for one in found]
    return {
        "theory": theory,
        "independent": independent(known, x[:, 0]),
        "space": conserved_space(network),
        "right": sum(right),
        "found_space": rank(products(found, columns)),
    }


def products(quantities: Sequence[str], columns: Columns) -> Array:
    """Quantities, and the products of those that are linear, at random weights: (points, k)."""
    far = {name: 2 * values for name, values in columns.items()}
    at = [evaluated(one, columns) for one in quantities]
    linear = [
        q
        for one, q in zip(quantities, at, strict=True)
        if np.allclose(evaluated(one, far), 2 * q, rtol=1e-6, atol=1e-9)
    ]
    pairs = [linear[i] * linear[j] for i in range(len(linear)) for j in range(i, len(linear))]
    both = [*at, *pairs]
    return np.stack(both, axis=1) if both else np.zeros((POINTS, 0))


def explained(values: Array, by: Array) -> float:
    """R² of a quantity by others and a constant."""
    design = np.column_stack([np.ones(len(values)), by])
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(1.0 - rest.var() / values.var())


def rank(columns: Array) -> int:
    """How many of the columns, less their means, are independent.

    >>> rank(np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0], [2.0, 1.0, 3.0]]))
    2
    """
    if not columns.shape[1]:
        return 0
    centred = columns - columns.mean(axis=0)
    return int(np.linalg.matrix_rank(centred / centred.std(axis=0), tol=1e-6 * len(columns)))
