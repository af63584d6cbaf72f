"""Training a few steps at a time, with a learning rate that may change on the way.

    xₜ₊₁, vₜ₊₁ = step(xₜ, vₜ, U; s·η),   s = the rate asked for now / the rate at the start

The loop is `lawful.learning.training.evolve`; here it is drawn by hand, step by
step, on a copy of the network, and begun again from the same seed.
"""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.architecture import positive
from lawful.learning.look import Moment
from lawful.learning.motion import Dynamics, Motion
from lawful.learning.named import named
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Landscape
from lawful.learning.samples import Samples
from lawful.learning.stopping import Diverged
from lawful.learning.training import evolve
from lawful.refusal import Refusal

Array = NDArray[Any]

_RATES = ("learning_rate", "time_step", "step")  # what a dynamics calls the rate it scales
_ENDLESS = 10**9
_MANY = 4096  # samples, above which a step sees a batch of them
_BATCH = 64


class Throttle:
    """A dynamics whose rate can be changed between steps: a slider's hand on it.

    Unlike other dynamics it is not frozen; that is its purpose. It keeps no ledger,
    for a ledger needs a rate that stays.

    Examples
    --------
    >>> throttle = Throttle(named("momentum", learning_rate=0.5))
    >>> throttle.rate = 0.1
    >>> throttle.settings["learning_rate"]
    0.1
    """

    def __init__(self, dynamics: Dynamics) -> None:
        self.dynamics = dynamics
        known = dynamics.settings
        self.setting = next(name for name in _RATES if name in known)
        self._first = self._rate = float(known[self.setting])

    @property
    def rate(self) -> float:
        """The learning rate or time step in force."""
        return self._rate

    @rate.setter
    def rate(self, value: float) -> None:
        """From the next step on."""
        positive(self.setting.replace("_", " "), value)
        self._rate = float(value)

    @property
    def factor(self) -> float:
        """The rate over that at the start."""
        return self._rate / self._first

    def begin(self, x: Array, landscape: Landscape, rng: np.random.Generator) -> Motion:
        """As the dynamics begins."""
        return self.dynamics.begin(x, landscape, rng)

    def step(
        self, motion: Motion, landscape: Landscape, rng: np.random.Generator, scale: float = 1.0
    ) -> Motion:
        """As the dynamics steps, at the rate in force."""
        return self.dynamics.step(motion, landscape, rng, scale * self.factor)

    def kinetic(self, motion: Motion) -> float:
        """K(v); an optimiser's is |v|²/2η, with the η in force."""
        kinetic = self.dynamics.kinetic(motion)
        return kinetic / self.factor if self.setting == "learning_rate" else kinetic

    def account(self, before: Motion, after: Motion) -> dict[str, float]:
        """None."""
        return {}

    @property
    def settings(self) -> dict[str, float]:
        """Its numbers by name, with the rate in force."""
        return {**self.dynamics.settings, self.setting: self._rate}


class Practice:
    """A network that learns when it is told to, and how that went.

    Parameters
    ----------
    network
        Copied; the one given is not changed.
    data
        What it learns from.
    dynamics
        A `Dynamics`, or the name of one.
    learning_rate
        For a dynamics given by name.
    batch
        Samples a step; all when not given, or 64 where there are more than 4096.
    seed
        Of batches, noise and dropout.

    Attributes
    ----------
    network
        The copy, as far as it has come.
    moments
        A tuple (step, loss, energy, accuracy) for each look; energy is loss and kinetic
        energy, accuracy NaN where there is none.
    trouble
        Why training has stopped by itself, in words; empty otherwise.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> practice = Practice(NeuralNetwork([2, 3, 1]), datasets.xor(), learning_rate=1.0)
    >>> practice.advance(20)
    20
    >>> practice.moments[-1][1] < practice.moments[0][1]
    True
    """

    def __init__(
        self,
        network: NeuralNetwork,
        data: Samples,
        *,
        dynamics: Dynamics | str = "gradient_descent",
        learning_rate: float | None = None,
        batch: int | None = None,
        seed: int = 0,
    ) -> None:
        if isinstance(dynamics, str):
            dynamics = named(dynamics, learning_rate=learning_rate)
        self.throttle = Throttle(dynamics)
        self.data, self.seed = data, seed
        self.batch = _BATCH if batch is None and data.size > _MANY else batch
        self._begin(network.copy())

    def _begin(self, network: NeuralNetwork) -> None:
        self.network = network
        self.moments: list[tuple[int, float, float, float]] = []
        self.trouble = ""
        self._last: Moment | None = None
        self._course = self._evolving()
        first = next(self._course)
        if not math.isfinite(first.measures.get("loss", math.nan)):
            raise Refusal("a network whose loss is no number", "weights that are finite")
        self._note(first)

    def _evolving(self) -> Iterator[Moment]:
        cost = self.data.size * self.network.parameters.size  # of a look, which sees all samples
        small = cost < 1_000_000 and self.batch is None
        return evolve(
            self.network,
            self.data,
            dynamics=self.throttle,
            steps=_ENDLESS,
            batch=self.batch,
            seed=self.seed,
            every=1 if small else 10 if cost < 100_000_000 else 50,
        )

    def _note(self, moment: Moment) -> None:
        self._last = moment
        energy = moment.loss + moment.measures.get("kinetic", 0.0)
        self.moments.append((moment.step, moment.loss, energy, moment.accuracy))

    @property
    def step(self) -> int:
        """Steps made."""
        return self.moments[-1][0]

    @property
    def rate(self) -> float:
        """The learning rate or time step in force; may be set at any time."""
        return self.throttle.rate

    @rate.setter
    def rate(self, value: float) -> None:
        """From the next step on."""
        self.throttle.rate = value

    def advance(self, looks: int = 1, seconds: float = math.inf) -> int:
        """Train on: so many looks (1, 10 or 50 steps apart, as looking costs), or so long.

        Returns
        -------
        How many looks were made; fewer than asked where time is up or training diverged,
        and then `trouble` says why; after that only `reset` helps.
        """
        until = time.perf_counter() + seconds
        if self.trouble:
            return 0
        for made in range(looks):
            try:
                moment = next(self._course)
            except Diverged as end:
                self.trouble = str(end)
                return made
            if not math.isfinite(moment.measures.get("loss", math.nan)):
                self._refuse(moment)
                return made
            self._note(moment)
            if time.perf_counter() > until:
                return made + 1
        return looks

    def _refuse(self, moment: Moment) -> None:
        """Weights may be finite where the loss is not: go back to the last sound ones."""
        assert self._last is not None  # noqa: S101
        self.network.parameters = self._last.parameters
        word = self.throttle.setting.replace("_", " ")
        self.trouble = (
            f"the loss at step {moment.step} is no longer a number: "
            f"take a smaller {word}, {self.rate / 10:g} in place of {self.rate:g}"
        )

    def reset(self) -> None:
        """Begin again with weights drawn anew from the network's own seed."""
        self._begin(NeuralNetwork(**self.network.settings))

    def course(self) -> Array:
        """Steps, losses, energies and accuracies, shape (4, looks)."""
        return np.array(self.moments, dtype=float).T


def samples_of(network: NeuralNetwork, X: Samples | ArrayLike, y: ArrayLike | None) -> Samples:
    """Samples from whatever a user has: `Samples`, or inputs and answers.

    Answers may be 0 and 1, numbers of classes, one row a sample (one-hot), or numbers
    to fit.

    Examples
    --------
    >>> samples_of(NeuralNetwork([1, 3]), [[0.0], [1.0]], [2, 0]).y
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if isinstance(X, Samples):
        return X
    if y is None:
        raise Refusal("inputs without answers", "X and y, or Samples")
    try:
        inputs, answers = np.asarray(X), np.asarray(y)
    except ValueError:
        raise Refusal("rows of several lengths", "a rectangle of numbers") from None
    outputs = network.layers[-1]
    decides = network.activations[-1] != "linear" and answers.dtype.kind in "biuf"
    if not decides or not answers.size:
        return Samples(inputs, answers)
    column = answers.size == len(answers)
    if outputs > 1 and column and (answers == np.round(answers)).all():
        return Samples.from_labels(inputs, answers.ravel().astype(int), _numbered(outputs))
    one = column if outputs == 1 else (answers.sum(axis=1) == 1).all()
    if not (one and np.isin(answers, (0, 1)).all()):
        return Samples(inputs, answers)
    # Samples know two classes by one column; two columns are kept as the network wants them.
    return Samples(inputs, answers, classes=() if outputs == 2 else _numbered(max(outputs, 2)))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
