"""Training logs that are searched for laws: one architecture, many networks, and the controls.

flow            gradient flow, to the order of Runge and Kutta
descent η       gradient descent over the same time, at several learning rates
momentum        a heavy ball
strangers       the flow, with weights of different networks put together
shuffled        the flow, with every weight's times in an order of its own
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.recording import record
from lawful.learning.gates import xor
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.studies.lesson import Sizes, shape
from lawful.trajectories import Trajectories

TIME = 100.0  # of every log, in units of the learning rate
RECORDS = 100
FLOW = 0.01  # the flow's time step
RATES = (0.1, 0.05, 0.025)
MOMENTUM = (0.1, 0.9)  # learning rate, μ
DESCENT = {f"descent {rate:g}": rate for rate in RATES}
CONTROLS = ("strangers", "shuffled")
LOGS = ("flow", *DESCENT, "momentum", *CONTROLS)


@dataclass(frozen=True)
class Case:
    """An architecture, and how many networks are logged."""

    layers: Sizes
    activation: str
    output: str | None = None
    networks: int = 200
    seed: int = 0
    normalized: bool = False

    @property
    def name(self) -> str:
        """Such as "relu 2-3-1".

        >>> Case((2, 3, 3), "relu", "softmax").name
        'relu 2-3-3 softmax'
        """
        normalized = "batch-normalised" if self.normalized else None
        words = (self.activation, shape(self.layers), self.output, normalized)
        return " ".join(filter(None, words))

    @property
    def samples(self) -> Samples:
        """XOR; for three outputs the corners of its square by how many ones they have."""
        corners = xor()
        return corners if self.layers[-1] == 1 else Samples(corners.X, np.eye(3)[[0, 1, 1, 2]])

    def network(self) -> NeuralNetwork:
        """One of them."""
        return NeuralNetwork(self.layers, activation=self.activation, output=self.output)

    def population(self, rate: float, momentum: float = 0.0) -> Population:
        """All of them, their first weights from N(0, 1)."""
        return Population.of(
            self.layers,
            activation=self.activation,
            output=self.output,
            weight_init="random",
            learning_rate=rate,
            momentum=momentum,
            seeds=self.seed + np.arange(self.networks),
        )

    def log(self, name: str) -> Trajectories:
        """Their weights on the way, by one of the names in `LOGS`."""
        if name in DESCENT:
            return self.run(DESCENT[name])
        if name == "momentum":
            return self.run(*MOMENTUM)
        flow = _flow(self)
        mixed = {"strangers": strangers, "shuffled": shuffled}
        return mixed[name](flow, self.seed) if name in mixed else flow

    def run(self, rate: float, momentum: float = 0.0, *, flow: bool = False) -> Trajectories:
        """Their weights on the way, over the time of every log."""
        steps = round(TIME / rate)
        return record(
            self.population(rate, momentum),
            self.samples,
            steps=steps,
            every=steps // RECORDS,
            dynamics="gradient_flow" if flow else "heavy_ball",
            batch_normalization=self.normalized,
        )


@lru_cache(maxsize=1)
def _flow(case: Case) -> Trajectories:
    """Three logs are made of it, one after another; none changes it."""
    return case.run(FLOW, flow=True)


def strangers(runs: Trajectories, seed: int) -> Trajectories:
    """A control: every weight's path as it was, but of another network than its neighbours'."""
    rng = np.random.default_rng(seed)
    mixed = runs.copy(deep=True)
    for variable in mixed.data_vars.values():
        variable.values = rng.permutation(variable.values, axis=0)
    return mixed


def shuffled(runs: Trajectories, seed: int) -> Trajectories:
    """A weaker control: every weight's values as they were, each in an order of its own.

    A weight that hardly moves is then a constant with noise, and may rightly be called so;
    what must not be found is anything that theory knows.
    """
    rng = np.random.default_rng(seed)
    mixed = runs.copy(deep=True)
    for variable in mixed.data_vars.values():
        order = np.argsort(rng.random(variable.shape), axis=1)
        variable.values = np.take_along_axis(variable.values, order, axis=1)
    return mixed
