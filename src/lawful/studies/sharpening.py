"""One training by full-batch steps with momentum, its sharpness watched on the way.

    s = λ_max(x) · η / 2 (1 + μ)

The data are points of a Chebyshev polynomial, T_d(x) = cos(d arccos x) on [−1, 1], whose
fit sharpens a network of tanh neurons; a network without hidden layer has a bowl for a
landscape.

Source: Cohen, Kaur, Li, Kolter and Talwalkar, arXiv:2103.00065, for both.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.curvature import Hessian
from lawful.learning.network import NeuralNetwork

Array = NDArray[np.float64]

NEAR = 0.1
"""How near to 1 the median of the last third must be, for a training to hover at the edge."""

_LOST = 1e3  # a loss beyond this is on its way to infinity


@dataclass(frozen=True)
class Task:
    """One training to be done; `kind` is "network", "small steps" or "bowl"."""

    kind: str
    learning_rate: float
    momentum: float
    seed: int
    layers: tuple[int, ...]
    degree: int
    samples: int
    steps: int
    looks: int


@dataclass(frozen=True, eq=False)
class Course:
    """One training, looked at on its way.

    Attributes
    ----------
    task
        What was trained, and how.
    steps, sharpness, loss
        Moments of looking (k,), λ_max and U there.
    rising
        The share of the last third's steps at which the loss rose.
    finite
        Whether it stayed finite to the end.
    """

    task: Task
    steps: Array
    sharpness: Array
    loss: Array
    rising: float
    finite: bool

    @property
    def ratio(self) -> Array:
        """The sharpness in units of what is stable, λ_max η / 2 (1 + μ), shape (k,)."""
        return self.sharpness * self.task.learning_rate / (2.0 * (1.0 + self.task.momentum))

    @cached_property
    def last_third(self) -> tuple[float, float, float]:
        """Median, lower and upper quartile of s over the last third; NaN where it diverged."""
        if not self.finite:
            return (float("nan"),) * 3
        late = self.ratio[self.steps >= 2.0 * self.task.steps / 3.0]
        low, middle, high = np.quantile(late, [0.25, 0.5, 0.75])
        return float(middle), float(low), float(high)

    @property
    def arrival(self) -> float:
        """The first step looked at where s ≥ 1; NaN if there is none."""
        there = np.flatnonzero(self.ratio >= 1.0)
        return float(self.steps[there[0]]) if there.size else float("nan")

    @property
    def hovers(self) -> bool:
        """Whether the last third's median is within `NEAR` of 1."""
        return self.finite and abs(self.last_third[0] - 1.0) <= NEAR

    def to_dict(self) -> dict[str, Any]:
        """Its numbers by name."""
        return {
            **asdict(self.task),
            "at": self.steps,
            "sharpness": self.sharpness,
            "losses": self.loss,
            "rising": self.rising,
            "finite": self.finite,
        }


def chebyshev(samples: int, degree: int) -> tuple[Array, Array]:
    """Points of T_d(x) = cos(d arccos x), evenly spaced on [−1, 1], each of shape (n, 1).

    >>> chebyshev(3, 2)[1].ravel().round(12).tolist()
    [1.0, -1.0, 1.0]
    """
    X = np.linspace(-1.0, 1.0, samples)[:, None]
    return X, np.cos(degree * np.arccos(X))


def trained(task: Task) -> Course:
    """One training, full batch, looked at at equal distances."""
    from threadpoolctl import threadpool_limits

    network = NeuralNetwork(list(task.layers), output="linear", seed=task.seed)
    data = chebyshev(task.samples, task.degree)
    every = max(1, task.steps // task.looks)
    with threadpool_limits(1), np.errstate(all="ignore"):
        losses, looks = _walk(network, *data, task, every)
    finite = losses.size == task.steps + 1
    late = losses[2 * task.steps // 3 :]
    rising = float(np.mean(np.diff(late) > 0)) if finite else float("nan")
    at, sharpness = np.array(looks).T
    return Course(task, at, sharpness, losses[at.astype(int)], rising, finite)


def _walk(
    network: NeuralNetwork, X: Array, y: Array, task: Task, every: int
) -> tuple[Array, list[tuple[int, float]]]:
    """Every loss, and (step, sharpness) every so often, until the end or its divergence."""
    x, v = network.parameters.copy(), np.zeros(network.parameters.size)
    losses, looks = [], []
    top: Array | None = None
    for step in range(task.steps + 1):
        network.parameters = x
        loss, g = network.loss_and_gradient(X, y)
        if not loss < _LOST:
            break
        losses.append(loss)
        if step % every == 0:
            sharpness, top = Hessian(network, X, y).top(top, tolerance=1e-5)
            looks.append((step, sharpness))
        v = task.momentum * v - task.learning_rate * g
        x = x + v
    return np.array(losses), looks
