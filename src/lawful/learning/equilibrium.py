"""Equilibrium propagation: a gradient from two rests, without backpropagation.

    ∂L/∂θ = lim_{β→0} [ ∂E/∂θ(s_β) − ∂E/∂θ(s_0) ] / β,     ∂E/∂Wₖ = −sₖ₋₁ᵀ sₖ

The network falls to rest at s_0; that is its answer. A weak spring β then nudges
the last layer towards the target, the network falls to rest again at s_β, and each
weight compares the product of the two states that it joins: a local rule, Hebbian
when nudged and anti-Hebbian when free. L is the squared error at s_0.

    one-sided   [ … (s_β) − … (s_0) ] / β          wrong by O(β)
    centred     [ … (s_β) − … (s_−β) ] / 2β        wrong by O(β²)

Sources: B. Scellier and Y. Bengio, Front. Comput. Neurosci. 11, 24 (2017); for the
centred rule, A. Laborieux et al., Front. Neurosci. 15, 633674 (2021). The energy, how
it is minimised, and why the coupling is held at 1 or less is in `relaxation.py`.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning import architecture
from lawful.learning.activations import activation as activation_named
from lawful.learning.initialization import drawn
from lawful.learning.matrices import matrix
from lawful.learning.network import classes_of
from lawful.learning.relaxation import COSTS, Equilibrium, Springs
from lawful.refusal import Refusal

Array = NDArray[Any]
BOUNDED = ("tanh", "sigmoid")


class EquilibriumNetwork:
    """A network with symmetric weights that answers by coming to rest.

    Parameters
    ----------
    layers
        Numbers of neurons, inputs first and outputs last: `[2, 8, 1]`.
    activation
        "tanh" or "sigmoid", one name for all hidden layers or one for each.
    output
        "sigmoid", "tanh" or "linear".
    weight_init
        See `initialization.NAMES`.
    nudging
        The spring's stiffness β, used where `gradient` is not told another.
    centred
        Whether to nudge both ways; used where `gradient` is not told.
    coupling
        The most that neurons may pull at each other: beyond it their weights are scaled
        back, when they are drawn and after each `train_step`. Up to 1 there is one rest.
        None sets no limit; learning is quicker at first and may then break down, where
        the network falls into another rest from one step to the next.
    tolerance
        A sample is at rest once no state changes by more in a sweep.
    sweeps
        The most that are made; `Equilibrium.residual` says what was still moving.
    seed
        Of the first weights.

    Raises
    ------
    Refusal
        For settings that cannot be meant.

    Examples
    --------
    >>> net = EquilibriumNetwork([2, 8, 1], seed=0)
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> net.forward(X).shape
    (4, 1)
    >>> exact = net.exact_gradient(X, y)
    >>> error = [abs(net.gradient(X, y, beta) - exact).max() for beta in (0.02, 0.01)]
    >>> print(round(error[0] / error[1], 1))
    4.0
    >>> before = net.loss(X, y)
    >>> loss, accuracy = net.train_step(X, y, learning_rate=0.3)
    >>> loss == before and net.loss(X, y) < before
    True
    """

    def __init__(
        self,
        layers: Sequence[int],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str = "sigmoid",
        weight_init: str = "xavier",
        nudging: float = 0.1,
        centred: bool = True,
        coupling: float | None = 1.0,
        tolerance: float = 1e-8,
        sweeps: int = 500,
        seed: int = 0,
    ) -> None:
        self.architecture = architecture.plan(
            layers, activation, output, "squared", weight_init, 0.0, 0.0, 0.0, seed, "float64"
        )
        _bounded(self.architecture.activations)
        architecture.positive("tolerance", tolerance)
        if coupling is not None:
            architecture.positive("coupling", coupling)
        self.coupling = None if coupling is None else float(coupling)
        if not isinstance(sweeps, int | np.integer) or sweeps < 1:
            raise Refusal(f"sweeps = {sweeps!r}", "a whole number from 1 up")
        self.nudging, self.centred = _stiffness(nudging, centred), bool(centred)
        self.tolerance, self.sweeps = float(tolerance), int(sweeps)
        self._lay_out(np.zeros(self.architecture.size))
        rng = np.random.default_rng(self.seed)
        for W, b, name in zip(self.weights, self.biases, self.activations, strict=True):
            rows, columns = W.shape
            W[:], b[:] = drawn(weight_init, rows, columns, activation_named(name).gain, rng)
        self._hold()

    def _lay_out(self, storage: Array) -> None:
        self._parameters = storage
        self.weights, self.biases = self.architecture.views(storage)
        self.springs = Springs(self.weights, self.biases, self.activations)

    # ------------------------------------------------------------------ what it is

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of neurons, inputs first."""
        return self.architecture.layers

    @property
    def activations(self) -> tuple[str, ...]:
        """Names, one for each layer of weights; the output's is last."""
        return self.architecture.activations

    @property
    def seed(self) -> int:
        """Of the first weights."""
        return self.architecture.seed

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each parameter: `W1_2_3` is layer 1, between neurons 2 and 3."""
        return self.architecture.names

    @property
    def settings(self) -> dict[str, Any]:
        """What makes this network again, but for its training."""
        ours = ("layers", "activation", "output", "weight_init", "seed")
        return {
            **{name: self.architecture.settings[name] for name in ours},
            "nudging": self.nudging,
            "centred": self.centred,
            "coupling": self.coupling,
            "tolerance": self.tolerance,
            "sweeps": self.sweeps,
        }

    @property
    def parameters(self) -> Array:
        """All weights and biases, shape (P,); assigning copies into it."""
        return self._parameters

    @parameters.setter
    def parameters(self, x: ArrayLike) -> None:
        """Copy x into the weights and biases; its coupling is the caller's concern."""
        if np.shape(x) not in ((), self._parameters.shape):
            raise Refusal(f"parameters of shape {np.shape(x)}", f"{self._parameters.shape}")
        self._parameters[...] = x

    def copy(self) -> "EquilibriumNetwork":
        """The same network, weights of its own."""
        return self.with_parameters(self._parameters)

    def with_parameters(self, x: ArrayLike) -> "EquilibriumNetwork":
        """A network like this one at the position x, shape (P,)."""
        made = EquilibriumNetwork(**self.settings)
        made._lay_out(architecture.fitting(self.architecture, np.array(x, dtype=float)))
        return made

    def __repr__(self) -> str:
        return f"EquilibriumNetwork({list(self.layers)}, {self.activations}, seed={self.seed})"

    # ------------------------------------------------------------------ two phases

    def free(self, X: ArrayLike) -> Equilibrium:
        """The free phase: from zero to rest, with only the inputs X (samples, inputs) held."""
        return self._settled(self.springs.at_zero(self._inputs(X)))

    def nudged(
        self, X: ArrayLike, y: ArrayLike, nudging: float, start: Equilibrium | None = None
    ) -> Equilibrium:
        """The nudged phase: from the free rest to rest under the spring β, of either sign."""
        if not nudging > -1 or not np.isfinite(nudging):
            raise Refusal(f"nudging {nudging}", "a number above -1", "such as 0.1")
        free = start or self.free(X)
        return self._settled(free.states, self._targets(y, len(free.output)), nudging)

    def _settled(
        self, start: Sequence[Array], y: Array | None = None, nudging: float = 0.0
    ) -> Equilibrium:
        return self.springs.settled(start, y, nudging, tolerance=self.tolerance, sweeps=self.sweeps)

    def energy(self, states: Equilibrium | Sequence[Array]) -> Array:
        """E of each sample, shape (samples,), at rest or anywhere else."""
        return self.springs.energy(states.states if isinstance(states, Equilibrium) else states)

    def descent(
        self, X: ArrayLike, y: ArrayLike | None = None, nudging: float = 0.0, *, sweeps: int = 20
    ) -> Array:
        """The energy, nudge included, as the network falls from zero: (sweeps + 1, samples)."""
        start = self.springs.at_zero(self._inputs(X))
        target = None if y is None else self._targets(y, len(start[0]))
        return np.array(list(islice(self.springs.descent(start, target, nudging), sweeps + 1)))

    # ------------------------------------------------------------------ answers

    def forward(self, X: ArrayLike) -> Array:
        """The answers, shape (samples, outputs): the last layer at rest."""
        return self.free(X).output

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """The class of each sample, shape (samples,): 0 or 1 for a single output."""
        return classes_of(self.forward(X))

    def loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """L = 1/2n Σ |s_L − y|², at the free rest."""
        return self.loss_and_answers(X, y)[0]

    def loss_and_answers(self, X: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
        """L and the answers, from one free phase."""
        answers = self.forward(X)
        return _squared(answers, self._targets(y, len(answers))), answers

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float:
        """The share of samples whose class is right."""
        return self.accuracy_of(self.forward(X), y)

    def accuracy_of(self, answers: Array, y: ArrayLike) -> float:
        """The share of answers whose class is right."""
        return float(np.mean(classes_of(answers) == classes_of(self._targets(y, len(answers)))))

    # ------------------------------------------------------------------ learning

    def gradient(
        self,
        X: ArrayLike,
        y: ArrayLike,
        nudging: float | None = None,
        centred: bool | None = None,
    ) -> Array:
        """∂L/∂θ as equilibrium propagation estimates it, shape (P,).

        Raises
        ------
        Refusal
            For a nudging that is not positive, or a centred one of 1 or more, whose
            push away from the target the network could not hold.
        """
        return self._contrast(self.free(X), X, y, nudging, centred)

    def loss_and_gradient(
        self, X: ArrayLike, y: ArrayLike, masks: Sequence[Array] = ()
    ) -> tuple[float, Array]:
        """L and the estimate of its gradient, from one free phase; there is no dropout to mask."""
        return self.loss_gradient_and_answers(X, y)[:2]

    def loss_gradient_and_answers(self, X: ArrayLike, y: ArrayLike) -> tuple[float, Array, Array]:
        """L, the estimate of its gradient, and the answers, from one free phase."""
        free = self.free(X)
        loss = _squared(free.output, self._targets(y, len(free.output)))
        return loss, self._contrast(free, X, y), free.output

    def _contrast(
        self,
        free: Equilibrium,
        X: ArrayLike,
        y: ArrayLike,
        nudging: float | None = None,
        centred: bool | None = None,
    ) -> Array:
        both = self.centred if centred is None else centred
        beta = _stiffness(self.nudging if nudging is None else nudging, both)
        towards = self._pull(self.nudged(X, y, beta, free).states)
        if both:
            return (towards - self._pull(self.nudged(X, y, -beta, free).states)) / (2 * beta)
        return (towards - self._pull(free.states)) / beta

    def _pull(self, states: Sequence[Array]) -> Array:
        """∂E/∂θ, the mean over samples."""
        return _flat(self.springs.slopes(states))

    def exact_gradient(self, X: ArrayLike, y: ArrayLike) -> Array:
        """∂L/∂θ by implicit differentiation of ∂E/∂s = 0, shape (P,): what the estimates tend to.

        It solves for all neurons at once, as none of them could; it is here to judge
        `gradient`.
        """
        states = self.free(X).states
        return _flat(self.springs.carried(states, states[-1] - self._targets(y, len(states[-1]))))

    def train_step(
        self, X: ArrayLike, y: ArrayLike, learning_rate: float = 0.1
    ) -> tuple[float, float]:
        """One step down the estimated gradient; the loss and accuracy before it."""
        architecture.positive("learning rate", learning_rate)
        loss, gradient, answers = self.loss_gradient_and_answers(X, y)
        self._parameters -= learning_rate * gradient
        self._hold()
        return loss, self.accuracy_of(answers, y)

    def _hold(self) -> None:
        """Scale the weights between neurons back to the coupling allowed."""
        if self.coupling is None or (now := self.springs.coupling()) <= self.coupling:
            return
        for W in self.weights[1:]:
            W *= self.coupling / now

    def _inputs(self, X: ArrayLike) -> Array:
        given = matrix("inputs", X)
        if given.shape[1] != self.layers[0]:
            raise architecture.misfit("inputs", given, self.layers)
        return given

    def _targets(self, y: ArrayLike, samples: int) -> Array:
        given = matrix("targets", y)
        # One output: the targets may come in a row.
        given = given.T if np.ndim(y) == 1 and self.layers[-1] == 1 else given
        if given.shape[1] != self.layers[-1]:
            raise architecture.misfit("targets", given, self.layers)
        if len(given) != samples:
            raise Refusal(f"{len(given)} targets for {samples} inputs", "as many")
        return given


def gradient_errors(
    network: EquilibriumNetwork,
    X: ArrayLike,
    y: ArrayLike,
    nudgings: ArrayLike,
    *,
    centred: bool = True,
) -> Array:
    """|estimate − exact| / |exact| for each nudging; on log-log axes its slope is 1 or 2.

    A copy of the network is brought to rest with a tolerance of 1e-14: a rest
    missed by τ shows in the estimate as τ/β.

    Examples
    --------
    >>> net = EquilibriumNetwork([2, 4, 1], seed=1)
    >>> e = gradient_errors(net, [[0., 1.], [1., 1.]], [1., 0.], [0.02, 0.01], centred=False)
    >>> round(float(e[0] / e[1]), 1)
    2.0
    """
    still = network.copy()
    still.tolerance, still.sweeps = 1e-14, max(5000, network.sweeps)
    exact = still.exact_gradient(X, y)
    size = np.linalg.norm(exact)
    betas = np.atleast_1d(np.asarray(nudgings, dtype=float))
    wrong = [np.linalg.norm(still.gradient(X, y, b, centred) - exact) for b in betas]
    return np.array(wrong) / size


def _flat(slopes: Sequence[tuple[Array, Array]]) -> Array:
    return np.concatenate([part.ravel() for pair in slopes for part in pair])


def _squared(a: Array, y: Array) -> float:
    return float(0.5 * ((a - y) ** 2).sum() / len(a))


def _bounded(names: Sequence[str]) -> None:
    """Refuse a neuron whose state nothing holds."""
    for name in names[:-1]:
        if name not in BOUNDED:
            raise Refusal(
                f"activation {name!r} in a network that comes to rest",
                "one of " + ", ".join(BOUNDED),
                "an energy with unbounded hidden states may have no lowest point",
            )
    if names[-1] not in COSTS:
        raise Refusal(
            f"output {names[-1]!r} in a network that comes to rest", "one of " + ", ".join(COSTS)
        )


def _stiffness(nudging: float, centred: bool) -> float:
    """The nudging, if it is one."""
    if not isinstance(nudging, int | float | np.number) or not 0 < nudging < np.inf:
        raise Refusal(f"nudging {nudging!r}", "a positive number", "such as 0.1")
    if centred and nudging >= 1:
        raise Refusal(
            f"a centred nudging of {nudging}", "less than 1", "take 0.1, or centred=False"
        )
    return float(nudging)
