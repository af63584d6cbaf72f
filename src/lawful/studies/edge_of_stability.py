"""The edge of stability: a network sharpens its own valley until it can only just stand in it.

    v′ = μ v − η g,  x′ = x + v′       stable in a bowl of curvature λ for  η λ < 2 (1 + μ)
    s = λ_max(x) · η / 2 (1 + μ)       rises during training, then hovers at 1

λ_max is the largest eigenvalue of the Hessian at x, the sharpness. A network of tanh
neurons learns a Chebyshev polynomial by full-batch steps and squared error. Two controls
are measured by the same means: a learning rate so small that the edge is not reached,
and a bowl (a network without hidden layer, linear, on the same data), whose curvature
cannot change.

Source: Cohen, Kaur, Li, Kolter and Talwalkar, "Gradient descent on neural networks
typically occurs at the edge of stability", arXiv:2103.00065.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.result import record
from lawful.studies.sharpening import NEAR, Course, Task, trained

Array = NDArray[np.float64]
Share = Callable[[float, str], None]

TITLE = "Training sharpens its own valley until sharpness · η / 2(1+μ) hovers at 1."

LAYERS = (1, 50, 50, 1)
PAIRS = ((0.1, 0.0), (0.2, 0.0), (0.4, 0.0), (0.1, 0.5), (0.2, 0.5), (0.05, 0.9))
"""Learning rates and momenta that are trained at."""
SMALL = (0.01, 0.9)
"""The control whose steps are too small for the edge to be reached."""
BOWL = (0.4, 0.0)
"""The control whose curvature cannot change."""


@dataclass(frozen=True, eq=False)
class EdgeOfStability:
    """What the study found.

    Attributes
    ----------
    courses
        All trainings.
    settings
        What they were made with.
    """

    courses: tuple[Course, ...]
    settings: Mapping[str, Any]

    def groups(self) -> dict[tuple[str, float, float], list[Course]]:
        """Courses by (kind, η, μ), one for each seed."""
        found: dict[tuple[str, float, float], list[Course]] = {}
        for course in self.courses:
            task = course.task
            key = (task.kind, task.learning_rate, task.momentum)
            found.setdefault(key, []).append(course)
        return found

    def rows(self) -> list[dict[str, Any]]:
        """A line for each kind, learning rate and momentum.

        `last third` is the median over seeds of each seed's median; `least` and `most` are
        over seeds too; `spread` is the median width between quartiles along one training.
        """
        return [_row(key, courses) for key, courses in self.groups().items()]

    def headline(self) -> str:
        """What came out, in a sentence or two."""
        networks = [c for c in self.courses if c.task.kind == "network"]
        held = [c.last_third[0] for c in networks if c.finite]
        hovering = sum(c.hovers for c in networks)
        lost = sum(not c.finite for c in networks)
        if not held:
            return f"All {len(networks)} trainings diverged: the learning rates are too large."
        spread = np.quantile(held, [0.5, 0.25, 0.75])
        said = (
            f"In {hovering} of {len(networks)} trainings sharpness · η/2(1+μ) ends within "
            f"{NEAR:g} of 1: median {spread[0]:.3f}, quartiles {spread[1]:.3f} to {spread[2]:.3f}"
        )
        said += f", {lost} diverged. " if lost else ". "
        return said + self._of_controls()

    def _of_controls(self) -> str:
        said = []
        for kind, words in (("small steps", "small steps"), ("bowl", "a bowl")):
            found = [c.ratio for c in self.courses if c.task.kind == kind and c.finite]
            if found:
                low, high = min(map(np.min, found)), max(map(np.max, found))
                said.append(f"{words} between {low:.3f} and {high:.3f}")
        return f"Controls: {', '.join(said)}." if said else "No controls were run."

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        said = [
            "One network, one small data set, full batch: larger networks and mini-batches are "
            "not measured here.",
            "Medians and quartiles over seeds describe them; they are no confidence intervals.",
        ]
        for (kind, eta, mu), courses in self.groups().items():
            away = sum(not c.hovers for c in courses)
            if kind == "network" and away:
                said.append(
                    f"η {eta:g}, μ {mu:g}: {away} of {len(courses)} trainings do not end at the "
                    "edge; they diverged, had not come there, or had left it for a flatter place."
                )
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it: what is no number is None."""
        more = {
            "courses": [course.to_dict() for course in self.courses],
        }
        return record(self, TITLE, more)


def _row(key: tuple[str, float, float], courses: Sequence[Course]) -> dict[str, Any]:
    kind, eta, mu = key
    thirds = np.array([c.last_third for c in courses if c.finite]).reshape(-1, 3)
    nothing = float("nan")
    middles = thirds[:, 0] if len(thirds) else np.array([nothing])
    arrivals = [c.arrival for c in courses if np.isfinite(c.arrival)]
    return {
        "kind": kind,
        "η": eta,
        "μ": mu,
        "seeds": len(courses),
        "at the start": float(np.median([c.ratio[0] for c in courses])),
        "last third": float(np.median(middles)),
        "least": float(middles.min()),
        "most": float(middles.max()),
        "spread": float(np.median(thirds[:, 2] - thirds[:, 1])) if len(thirds) else nothing,
        "hovering": sum(c.hovers for c in courses),
        "diverged": sum(not c.finite for c in courses),
        "first at 1": float(np.median(arrivals)) if arrivals else nothing,
        "loss rises": float(np.median([c.rising for c in courses])),
        "sharpness at the end": float(np.median([c.sharpness[-1] for c in courses])),
        "final loss": float(np.median([c.loss[-1] for c in courses])),
    }


def study(
    *,
    quick: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    progress: Share | None = None,
    pairs: Sequence[tuple[float, float]] | None = None,
    layers: Sequence[int] = LAYERS,
    degree: int = 4,
    samples: int = 20,
    seeds: int | None = None,
    steps: int | None = None,
    looks: int = 150,
) -> EdgeOfStability:
    """Train at several learning rates and momenta, and watch the sharpness.

    Parameters
    ----------
    quick
        Fewer seeds, pairs and steps: a look, not a result.
    seed
        The first of the seeds of the first weights.
    jobs
        Processes; see `hands.shared_out`.
    progress
        Called with the part that is done, from 0 to 1, and words.
    pairs
        (η, μ) of the trainings; `PAIRS` when not given.
    layers
        Of the network, one input and one output.
    degree, samples
        Of the Chebyshev polynomial, and how many points of it on [−1, 1] are learned.
    seeds, steps, looks
        How many trainings of each, how long, and how often the sharpness is taken.

    Raises
    ------
    Refusal
        For numbers that cannot be meant.

    Examples
    --------
    >>> small = study(pairs=[(0.2, 0.0)], layers=(1, 8, 1), seeds=1, steps=60, looks=6, jobs=1)
    >>> sorted({row["kind"] for row in small.rows()})
    ['bowl', 'network', 'small steps']
    """
    chosen = tuple(pairs) if pairs is not None else PAIRS[1::3] if quick else PAIRS
    seeds = seeds or (2 if quick else 8)
    steps = steps or (3000 if quick else 6000)
    _check(chosen, layers, degree, samples, looks)
    wanted = [("network", *pair) for pair in chosen] + [("small steps", *SMALL), ("bowl", *BOWL)]
    shape = tuple(layers)
    tasks = [
        Task(kind, eta, mu, s, (1, 1) if kind == "bowl" else shape, degree, samples, steps, looks)
        for s in range(seed, seed + seeds)
        for kind, eta, mu in wanted
    ]
    courses: dict[Task, Course] = {}
    for course in shared_out(tasks, trained, jobs=jobs):
        courses[course.task] = course
        if progress:
            progress(len(courses) / len(tasks), f"{len(courses)} of {len(tasks)} trainings")
    settings = {
        "quick": quick, "seed": seed, "seeds": seeds, "steps": steps, "looks": looks,
        "layers": list(shape), "degree": degree, "samples": samples, "pairs": list(chosen),
        "activation": "tanh", "near": NEAR,
    }  # fmt: skip
    return EdgeOfStability(tuple(courses[task] for task in tasks), settings)


def _check(
    pairs: Sequence[tuple[float, float]],
    layers: Sequence[int],
    degree: int,
    samples: int,
    looks: int,
) -> None:
    for eta, mu in pairs:
        if not (0 < eta < np.inf and 0 <= mu < 1):
            raise Refusal(f"η {eta}, μ {mu}", "η above 0, μ from 0 up to, not including, 1")
    if layers[0] != 1 or layers[-1] != 1:
        raise Refusal(f"layers {tuple(layers)}", "one input and one output, such as 1-50-50-1")
    if degree < 1 or samples < 2 or looks < 3:
        raise Refusal(
            f"degree {degree}, {samples} samples, {looks} looks", "1, 2 and 3 at the least"
        )
