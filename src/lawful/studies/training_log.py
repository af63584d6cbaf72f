"""A training log: the weights of many networks on their way, for the law engine to read.

    data, architecture, N seeds  →  x(run, time), one variable a weight

Along a gradient flow nothing blurs what is conserved, so that is the usual way; steps of
gradient descent blur it with the learning rate, momentum does away with most of it.
First weights and biases are drawn from N(0, 1) unless told otherwise: what starts at the
same value in every network (biases at 0, as is customary) cannot be told from a constant.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import batch_normalized
from lawful.learning.ensembles.evolution import met, tables, wanted
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.recording import record
from lawful.learning.ensembles.reference import forward, loss_of
from lawful.learning.naming import chosen
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.studies.lesson import DataChoice, NetworkChoice
from lawful.studies.material import opened
from lawful.studies.recipes import check_fit, recipe
from lawful.trajectories import Trajectories

OPTIMIZERS = ("gradient_flow", "gradient_descent", "momentum")
Array = NDArray[Any]
USUAL_RATE = {"gradient_flow": 0.01, "gradient_descent": 0.05, "momentum": 0.02}
USUAL_TIME = 100.0  # in units of the learning rate: long enough to learn XOR
RECORDS = 100
MOST_WEIGHTS = 256  # as many as are named
STILL = 0.01  # of its first weights: a network that has moved less has not moved
RECTIFIED = ("relu",)  # a neuron that never rises has no gradient any more


@dataclass(frozen=True)
class LogChoice:
    """What is recorded; what is None is filled in.

    Attributes
    ----------
    networks
        How many, with seeds one after another from `seed` on.
    optimizer
        One of `OPTIMIZERS`.
    learning_rate
        Of each step, or the time of a step of the flow.
    momentum, temperature, init_scale
        Of all networks.
    steps, every
        Steps made, and from one record to the next.
    batch_normalization
        Whether hidden sums are measured by their spread over all samples.

    Raises
    ------
    Refusal
        For numbers that cannot be meant.

    Examples
    --------
    >>> LogChoice(200).whole
    LogChoice(networks=200, optimizer='gradient_flow', learning_rate=0.01, momentum=0.0, \
temperature=0.0, init_scale=1.0, steps=10000, every=100, seed=0, batch_normalization=False)
    """

    networks: int
    optimizer: str = "gradient_flow"
    learning_rate: float | None = None
    momentum: float | None = None
    temperature: float = 0.0
    init_scale: float = 1.0
    steps: int | None = None
    every: int | None = None
    seed: int = 0
    batch_normalization: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "optimizer", chosen("optimizer", self.optimizer, OPTIMIZERS))
        for name in ("networks", "steps", "every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise Refusal(f"{name} {value}", "a whole number from 1 up")
        for name in ("learning_rate", "init_scale"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise Refusal(f"{name.replace('_', ' ')} {value:g}", "a number above 0")
        if self.temperature and self.optimizer == "gradient_flow":
            raise Refusal(
                f"a temperature of {self.temperature:g} with gradient flow",
                "none",
                "say --optimizer momentum or gradient-descent",
            )
        if self.seed < 0:
            raise Refusal(f"seed {self.seed}", "a whole number from 0 up")
        if self.momentum and self.optimizer != "momentum":
            raise Refusal(
                f"a momentum of {self.momentum:g} with {self.optimizer.replace('_', ' ')}",
                "none",
                "say --optimizer momentum",
            )

    @property
    def whole(self) -> "LogChoice":
        """The same with everything said."""
        rate = self.learning_rate or USUAL_RATE[self.optimizer]
        moving = self.optimizer == "momentum"
        momentum = (0.9 if self.momentum is None else self.momentum) if moving else 0.0
        steps = self.steps or max(RECORDS, round(USUAL_TIME / rate))
        every = self.every or max(1, steps // RECORDS)
        return replace(self, learning_rate=rate, momentum=momentum, steps=steps, every=every)

    @property
    def dynamics(self) -> str:
        """As ensembles call it."""
        return "gradient_flow" if self.optimizer == "gradient_flow" else "heavy_ball"


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """A log, and how the networks did.

    Attributes
    ----------
    runs
        The weights on the way.
    population, samples
        Who learned what.
    choice
        How.
    solved
        Networks that met the goal at the end.
    moved
        Networks that went further than `STILL` of the size of their first weights.
    silent
        Networks with a ReLU neuron that is silent on every sample at the end: what goes
        into it and out of it stands still from then on.
    remarks
        What was said of the data.
    """

    runs: Trajectories
    population: Population
    samples: Samples
    choice: LogChoice
    solved: int
    moved: int
    silent: int
    remarks: tuple[str, ...] = ()

    @property
    def diverged(self) -> int:
        """Networks that are left out, for they did."""
        return self.choice.networks - int(self.runs.sizes["run"])

    @property
    def terms(self) -> int:
        """Terms of a library of degree 2 in all weights."""
        P = len(self.runs.data_vars)
        return P + P * (P + 1) // 2

    def to_dict(self) -> dict[str, Any]:
        """What was done, as JSON can hold it."""
        return {
            "networks": self.choice.networks,
            "kept": int(self.runs.sizes["run"]),
            "records": int(self.runs.sizes["time"]),
            "weights": len(self.runs.data_vars),
            "solved": self.solved,
            "moved": self.moved,
            "with_silent_neurons": self.silent,
            "diverged": self.diverged,
            "terms_of_degree_2": self.terms,
            "network": self.population.architecture.settings,
            "choice": {n: getattr(self.choice, n) for n in LogChoice.__dataclass_fields__},
        }

    def notes(self) -> tuple[str, ...]:
        """What a reader of the log should know."""
        kept, said = int(self.runs.sizes["run"]), [*self.remarks]
        said += json.loads(self.runs.attrs.get("notes", "[]"))
        if self.moved < kept:
            said.append(
                f"{kept - self.moved} of {kept} networks hardly moved; what does not move shows "
                "no law: take smaller first weights, another learning rate or more steps."
            )
        if self.silent:
            said.append(
                f"{self.silent} of {kept} networks have a neuron that is silent on all samples "
                "at the end."
            )
        if kept < 1.5 * self.terms:
            said.append(
                f"{len(self.runs.data_vars)} weights make {self.terms} terms of degree 2: fewer "
                f"networks than that can hide laws; --ensemble {2 * self.terms} would be enough."
            )
        return tuple(said)


def training_log(
    data: DataChoice,
    network: NetworkChoice,
    choice: LogChoice,
    *,
    progress: Callable[[float], None] | None = None,
) -> TrainingLog:
    """Let many networks learn, and write their weights down.

    Parameters
    ----------
    data, network
        What is learned, all of it at each step, and by what: one architecture.
    choice
        How many, how, how long.
    progress
        Called with the share that is done.

    Raises
    ------
    Refusal
        For what cannot be meant, and where every network diverges.

    Examples
    --------
    >>> log = training_log(DataChoice("xor"), NetworkChoice(((2, 3, 1),)), LogChoice(8, steps=200))
    >>> dict(log.runs.sizes), log.terms
    ({'run': 8, 'time': 101}, 104)
    """
    if data.test is not None or data.unseen:
        raise Refusal("a log with samples held back", "all of them learned", "leave that out")
    # Nothing is asked of these networks afterwards, so nothing is held back.
    material = opened(replace(data, unseen=0.0), choice.seed)
    samples, whole = material.samples, choice.whole
    population = _population(network, samples, whole)
    if population.architecture.size > MOST_WEIGHTS:
        raise Refusal(
            f"a log of {population.architecture.size} weights",
            f"{MOST_WEIGHTS} at most",
            "take fewer neurons",
        )
    runs = record(
        population,
        samples,
        steps=whole.steps or 1,
        every=whole.every or 1,
        dynamics=whole.dynamics,
        batch_normalization=whole.batch_normalization,
        name=samples.name,
        progress=progress,
    )
    return _seen(runs, population, samples, whole, material.notes)


def _population(network: NetworkChoice, samples: Samples, choice: LogChoice) -> Population:
    if len(network.layers) > 1:
        raise Refusal(f"{len(network.layers)} architectures", "one for a log")
    hidden = recipe(samples.name, samples).hidden[0]
    layers = network.layers[0] if network.layers else (samples.inputs, *hidden, samples.outputs)
    check_fit(layers, samples)
    names = network.activation or ("tanh",)
    usual = None if samples.classes else "linear"
    return Population.of(
        layers,
        activation=names[0] if len(names) == 1 else names,
        output=network.output or usual,
        loss=network.loss,
        weight_init=network.weight_init or "random",
        dtype=network.dtype or "float64",
        learning_rate=choice.learning_rate or USUAL_RATE[choice.optimizer],
        momentum=choice.momentum or 0.0,
        temperature=choice.temperature,
        init_scale=choice.init_scale,
        seeds=choice.seed + np.arange(choice.networks),
    )


def _seen(
    runs: Trajectories,
    population: Population,
    samples: Samples,
    choice: LogChoice,
    remarks: tuple[str, ...],
) -> TrainingLog:
    """The log, and what its first and last weights say of the networks."""
    plan = population.architecture
    first, last = (
        np.stack([v.values[:, k] for v in runs.data_vars.values()]).astype(plan.dtype)
        for k in (0, -1)
    )
    X, y = tables(samples, plan)
    with np.errstate(all="ignore"):
        z, a = _sums(plan, last, X, normalized=choice.batch_normalization)
        U = loss_of(plan, z[-1], a[-1], y[:, :, None])[0]
    solved = met(wanted(None, plan, samples), plan, U, a[-1], y)
    moved = np.linalg.norm(last - first, axis=0) > STILL * np.linalg.norm(first, axis=0)
    silent = np.zeros(last.shape[1], dtype=bool)
    for name, sums in zip(plan.activations[:-1], z[:-1], strict=True):
        if name in RECTIFIED:
            silent |= (sums <= 0).all(axis=0).any(axis=0)
    counts = {
        name: int(one.sum())
        for name, one in {"solved": solved, "moved": moved, "silent": silent}.items()
    }
    return TrainingLog(runs, population, samples, choice, **counts, remarks=remarks)


def _sums(
    plan: Architecture, x: Array, X: Array, *, normalized: bool
) -> tuple[list[Array], list[Array]]:
    """What the functions are asked, and what they answer, layer by layer."""
    if not normalized:
        return forward(plan, x, X)
    made = batch_normalized.forward(plan, x, X)
    return [one.asked for one in made], [one.out for one in made]
