"""Quantities of a log: formulas evaluated on weights, how steady they are, what makes them up.

    λ(Q) = variance of Q within runs / in all

0 for what never changes along a run, 1 for what does not tell one run from another.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
Columns = Mapping[str, Array]


def columns_of(runs: Trajectories) -> dict[str, Array]:
    """The weights by name, shape (run, time)."""
    return {str(name): v.values for name, v in runs.data_vars.items()}


def evaluated(expression: str, columns: Columns) -> Array:
    """A formula on weights."""
    from lawful.expressions import compiled

    return np.asarray(compiled(expression)(columns), dtype=float)


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
    points = np.size(next(iter(columns.values())))
    return np.stack(both, axis=1) if both else np.zeros((points, 0))


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
