"""A plan: which data, which networks, which plane of settings, how finely it is divided.

    v' = μ v − η g(x) + √(2 (1−μ) η T) ξ,   x' = x + v'

Two of η (of all layers, or of one), μ, T and the scale of the first weights are axes; the
others are fixed. What is not said is None and is filled in for the data by `completed`.
"""

import math
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lawful.learning.activations import NAMES as ACTIVATIONS
from lawful.learning.architecture import Architecture
from lawful.learning.ensembles.evolution import ENGINES, engine_for
from lawful.learning.ensembles.goals import Goal
from lawful.learning.naming import chosen
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.studies.lesson import DataChoice, NetworkChoice, Sizes
from lawful.studies.phases.axes import SETTINGS, Axis
from lawful.studies.phases.observables import OBSERVABLES
from lawful.studies.recipes import check_fit, recipe

USUAL = {"learning_rate": 0.1, "momentum": 0.0, "temperature": 0.0, "init_scale": 1.0}
BOUNDARIES = ("auto", "solved", "diverged")
MOST_CELLS = 4096  # along an axis
ENERGY = 0.01  # counts as solved where there is no accuracy


@dataclass(frozen=True)
class Plan:
    """Everything that bears on a phase diagram.

    Attributes
    ----------
    data, network
        What is learned, and by what; one architecture.
    x, y
        What is varied.
    size
        Cells along x and along y.
    seeds, seed
        Networks in each cell, and the first of their seeds: the same ones in every cell.
    steps
        Of each training.
    learning_rate, momentum, temperature, init_scale
        Those that are not axes.
    goal, energy
        The accuracy, or the loss, that counts as solved: one of them, by the data when
        neither is given.
    observable
        The map that is shown first.
    zoom, factor
        How often the boundary is zoomed into, and how much each time.
    boundary
        "solved", "diverged", or "auto": between those that diverge and those that do not,
        where the first network does both somewhere; else between solved and unsolved.
    measured
        Networks of each cell whose sharpness is measured.
    engine
        What advances the networks; the fastest that can when "auto".

    Raises
    ------
    Refusal
        For what cannot be meant.

    Examples
    --------
    >>> rate, scale = Axis("learning_rate", 0.01, 100, "log"), Axis("init_scale", 0.01, 10, "log")
    >>> Plan(DataChoice("xor"), rate, scale).networks
    147456
    >>> Plan(DataChoice("xor"), rate, rate)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: both axes vary learning_rate; expected two different settings
    """

    data: DataChoice
    x: Axis
    y: Axis
    network: NetworkChoice = field(default_factory=NetworkChoice)
    size: tuple[int, int] = (48, 48)
    seeds: int = 64
    seed: int = 0
    steps: int = 2000
    learning_rate: float | None = None
    momentum: float | None = None
    temperature: float | None = None
    init_scale: float | None = None
    goal: float | None = None
    energy: float | None = None
    observable: str = "probability"
    zoom: int = 0
    factor: float = 4.0
    boundary: str = "auto"
    measured: int = 4
    engine: str = "auto"

    def __post_init__(self) -> None:
        self._check_axes()
        self._check_numbers()
        _check_fixed(self)
        for name, known in (
            ("observable", tuple(OBSERVABLES)), ("boundary", BOUNDARIES), ("engine", ENGINES),
        ):  # fmt: skip
            object.__setattr__(self, name, chosen(name, getattr(self, name), known))

    def _check_axes(self) -> None:
        if self.x.name == self.y.name:
            raise Refusal(f"both axes vary {self.x.name}", "two different settings")
        for axis in (self.x, self.y):
            if axis.name in SETTINGS and getattr(self, axis.name) is not None:
                raise Refusal(
                    f"{axis.name} is fixed to {getattr(self, axis.name):g} and an axis",
                    "one of the two",
                )

    def _check_numbers(self) -> None:
        for name in ("seeds", "steps"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} {getattr(self, name)}", "a whole number from 1 up")
        for name in ("seed", "zoom", "measured"):
            if getattr(self, name) < 0:
                raise Refusal(f"{name} {getattr(self, name)}", "a whole number from 0 up")
        if len(self.size) != 2 or not all(2 <= cells <= MOST_CELLS for cells in self.size):
            said = "x".join(map(str, self.size))
            raise Refusal(f"size {said}", f"2 to {MOST_CELLS} cells a side", "such as 48 or 64x32")
        if not 1 < self.factor <= 100:
            raise Refusal(f"a zoom factor of {self.factor:g}", "a number above 1 up to 100")
        if self.goal is not None and self.energy is not None:
            raise Refusal("both a goal of accuracy and one of energy", "one of them")
        if len(self.network.layers) > 1:
            raise Refusal(f"{len(self.network.layers)} architectures", "one for a phase diagram")

    @property
    def cells(self) -> int:
        """Of one diagram."""
        return math.prod(self.size)

    @property
    def networks(self) -> int:
        """Of one diagram."""
        return self.cells * self.seeds

    @property
    def settings(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)

    @property
    def wanted(self) -> Goal:
        """What counts as solved, of a plan that is complete."""
        return Goal(self.goal, self.energy)

    def said_goal(self) -> str:
        """The same in words.

        >>> rate, scale = Axis("learning_rate", 0.1, 1), Axis("init_scale", 0.1, 1)
        >>> Plan(DataChoice("xor"), rate, scale, goal=1.0, steps=500).said_goal()
        'all samples right within 500 steps, and finite to the end'
        """
        within = f"within {self.steps} steps, and finite to the end"
        if self.goal is None:
            return f"a loss of {self.energy:g} or less {within}"
        share = "all samples" if self.goal == 1 else f"{self.goal:.4g} of the samples"
        return f"{share} right {within}"


def completed(plan: Plan, samples: Samples) -> Plan:
    """The plan with everything said, checked against the data.

    Raises
    ------
    Refusal
        Where layers do not fit the data, an axis names a layer that is not there, or the
        goal cannot be met by such a network.
    """
    one = plan.network
    hidden = recipe(samples.name, samples).hidden[0]
    layers = one.layers[0] if one.layers else (samples.inputs, *hidden, samples.outputs)
    check_fit(layers, samples)
    output = one.output or (None if samples.classes else "linear")
    activation = one.activation or ("tanh",)
    bent = {chosen("activation", name, ACTIVATIONS) for name in activation}
    start = "he" if bent & {"relu", "leaky_relu", "gelu"} else "xavier"
    network = replace(
        one,
        layers=(layers,),
        activation=activation,
        output=output,
        weight_init=one.weight_init or start,
    )
    _check_layers(plan, len(layers) - 1)
    goal, energy = _goal(plan, samples, output)
    axes = (plan.x.name, plan.y.name)
    usual = {name: value for name, value in USUAL.items() if name not in axes}
    fixed: dict[str, Any] = {
        n: v if getattr(plan, n) is None else getattr(plan, n) for n, v in usual.items()
    }
    if _every_rate(plan, len(layers) - 1):
        fixed.pop("learning_rate", None)
    return replace(
        plan,
        network=network,
        goal=goal,
        energy=energy,
        measured=min(plan.measured, plan.seeds),
        # Resolved here, once: another machine's "auto" might be another engine.
        engine=engine_for(_architecture(network, layers), plan.engine),
        **fixed,
    )


def _architecture(network: NetworkChoice, layers: Sizes) -> Architecture:
    return NeuralNetwork(**network.settings(layers, 0)).architecture


def _goal(plan: Plan, samples: Samples, output: str | None) -> tuple[float | None, float | None]:
    """Accuracy or loss: what is asked for, or what the data have."""
    told = bool(samples.classes) and output != "linear"
    if plan.goal is not None and not told:
        why = "a linear output" if samples.classes else "answers that are numbers"
        raise Refusal(f"a goal of accuracy with {why}", "a loss", "say --goal-energy 0.01")
    if plan.goal is None and plan.energy is None:
        return (samples.goal, None) if told else (None, ENERGY)
    Goal(plan.goal, plan.energy)  # refuses numbers that cannot be meant
    return plan.goal, plan.energy


def _check_layers(plan: Plan, count: int) -> None:
    for axis in (plan.x, plan.y):
        if axis.layer is not None and axis.layer > count:
            last = f"learning_rate_1 to learning_rate_{count}" if count > 1 else "learning_rate_1"
            said = f"{count} layer{'s' * (count > 1)} of weights"
            raise Refusal(f"axis {axis.name} of a network with {said}", last)
    names = {plan.x.name, plan.y.name}
    if count == 1 and names == {"learning_rate", "learning_rate_1"}:
        raise Refusal(
            "axes learning_rate and learning_rate_1 of a network with 1 layer of weights",
            "two different settings",
        )
    if plan.learning_rate is not None and _every_rate(plan, count):
        raise Refusal(
            f"a learning rate of {plan.learning_rate:g} where the axes set every layer's",
            "one of the two",
        )


def _every_rate(plan: Plan, count: int) -> bool:
    """Whether the axes set the learning rate of every layer, one by one."""
    return len({axis.layer for axis in (plan.x, plan.y)} - {None}) == count


def _check_fixed(plan: Plan) -> None:
    """Numbers that are fixed, as a population would take them."""
    allowed = {
        "learning_rate": (lambda v: v > 0, "above 0"),
        "momentum": (lambda v: 0 <= v < 1, "from 0 up to, not including, 1"),
        "temperature": (lambda v: v >= 0, "from 0 up"),
        "init_scale": (lambda v: v > 0, "above 0"),
    }
    for name, (good, meant) in allowed.items():
        value = getattr(plan, name)
        if value is not None and not (math.isfinite(value) and good(value)):
            raise Refusal(f"{name.replace('_', ' ')} {value:g}", f"a number {meant}")


def cells(text: str) -> tuple[int, int]:
    """A size as it is written: 48, or 64x32 for 64 columns and 32 rows.

    >>> cells("48"), cells("64x32")
    ((48, 48), (64, 32))
    >>> cells("1")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: size '1'; expected 2 to 4096 cells a side; such as 48 or 64x32
    """
    found = re.fullmatch(r"\s*([0-9]{1,6})(?:\s*[xX×]\s*([0-9]{1,6}))?\s*", text)
    size = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not all(2 <= side <= MOST_CELLS for side in size):
        raise Refusal(f"size {text!r}", f"2 to {MOST_CELLS} cells a side", "such as 48 or 64x32")
    return size
