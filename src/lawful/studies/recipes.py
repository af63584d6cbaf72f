"""What is taken where the user says nothing: a recipe for each data set.

The numbers were chosen by trying: each recipe solves its data set with nearly every
seed, in seconds (MNIST: in minutes), on two cores.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lawful.learning.activations import NAMES as ACTIVATIONS
from lawful.learning.named import KINDS
from lawful.learning.naming import chosen
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.studies.lesson import Lesson, NetworkChoice, Sizes, TrainingChoice, shape

MECHANICAL: dict[str, dict[str, float]] = {
    "heavy_ball": {"time_step": 0.5},
    "langevin": {"time_step": 0.5, "temperature": 1e-4},
    "discrete_gradient": {"time_step": 0.5},
    "hamiltonian": {"time_step": 0.2},
}
DESCENT = {"sgd": "gradient_descent", "gd": "gradient_descent"}
FEWEST = 40  # samples from which some are set aside for patience to watch


@dataclass(frozen=True)
class Recipe:
    """Settings for one kind of data.

    Attributes
    ----------
    hidden
        Hidden layers of each architecture that is compared.
    network, training
        What the choices are filled with.
    seeds
        Trainings of each.
    """

    hidden: tuple[Sizes, ...]
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    seeds: int = 5


_GATE = Recipe(
    ((2,), (3,), (2, 2)),
    {"activation": ("tanh",), "weight_init": "xavier"},
    {"optimizer": "momentum", "learning_rate": 0.5, "steps": 2000},
    20,
)
# Wide first weights: with Xavier's a third of the trainings stays in a straight line.
_PLANE = {"activation": ("tanh",), "weight_init": "random"}
_PICTURES = {"activation": ("relu",), "weight_init": "he", "l2": 1e-4}
RECIPES: dict[str, Recipe] = {
    "xor": _GATE,
    "and": replace(_GATE, hidden=((), (2,))),
    "or": replace(_GATE, hidden=((), (2,))),
    "parity": replace(_GATE, hidden=((3,), (6,))),
    "circles": Recipe(
        ((4,), (8,)), _PLANE, {"optimizer": "adam", "learning_rate": 0.03, "epochs": 400}
    ),
    "moons": Recipe(
        ((8,), (8, 8)), _PLANE, {"optimizer": "adam", "learning_rate": 0.03, "epochs": 400}
    ),
    "spirals": Recipe(
        ((8, 8), (16, 16)),
        _PLANE,
        {"optimizer": "adam", "learning_rate": 0.02, "batch": 16, "epochs": 300},
    ),
    "digits": Recipe(
        ((32,),),
        _PICTURES,
        {"optimizer": "adam", "learning_rate": 0.003, "batch": 32, "epochs": 30},
        3,
    ),
    "mnist": Recipe(
        ((128,),),
        {**_PICTURES, "dtype": "float32"},
        {
            "optimizer": "adam",
            "learning_rate": 0.002,
            "batch": 64,
            "epochs": 20,
            "schedule": "cosine",
        },
        1,
    ),
}


def recipe(name: str, samples: Samples) -> Recipe:
    """The recipe of a data set, or one by the size of the data."""
    if name in RECIPES:
        return RECIPES[name]
    width = min(max(8, 2 * samples.inputs), 64)
    small = samples.size <= 256
    length = {"epochs": 400} if small else {"batch": 32, "epochs": 60}
    return Recipe(
        ((width,), (width, width)),
        {"activation": ("tanh",)},
        {"optimizer": "adam", "learning_rate": 0.01, **length},
        3,
    )


def completed(lesson: Lesson, samples: Samples) -> Lesson:
    """The lesson with everything said, checked against the data.

    Raises
    ------
    Refusal
        Where layers do not fit the data; says what the data have, and what would fit.

    Examples
    --------
    >>> from lawful.learning.gates import xor
    >>> from lawful.studies.lesson import DataChoice
    >>> done = completed(Lesson(DataChoice("xor")), xor())
    >>> [shape(layers) for layers in done.network.layers], done.training.steps
    (['2-2-1', '2-3-1', '2-2-2-1'], 2000)
    """
    given = recipe(samples.name, samples)
    ends = samples.inputs, samples.outputs
    layers = lesson.network.layers or tuple((ends[0], *h, ends[1]) for h in given.hidden)
    for one in layers:
        check_fit(one, samples)
    network = _filled(lesson.network, _network(lesson.network, given.network, samples))
    training = _filled(lesson.training, _training(lesson.training, given.training, samples))
    return replace(
        lesson,
        network=replace(network, layers=layers),
        training=training,
        seeds=lesson.seeds or given.seeds,
    )


def check_fit(layers: Sizes, samples: Samples) -> None:
    """Refuse layers whose ends are not the data's."""
    inputs, outputs = samples.inputs, samples.outputs
    if (layers[0], layers[-1]) == (inputs, outputs):
        return
    kinds = f" for {len(samples.classes)} classes" if samples.classes else ""
    raise Refusal(
        f"layers {shape(layers)} do not fit {samples.name or 'the data'}",
        f"{inputs} input{'s' * (inputs != 1)} and {outputs} output{'s' * (outputs != 1)}{kinds}",
        f"such as {shape((inputs, *(layers[1:-1] or (8,)), outputs))}",
    )


def _filled(choice: Any, standard: Mapping[str, Any]) -> Any:
    """`choice` with what is None in it, or at its default, taken from `standard`."""
    unsaid = {
        f.name: standard[f.name]
        for f in fields(choice)
        if f.name in standard and getattr(choice, f.name) == f.default
    }
    return replace(choice, **unsaid)


def _network(said: NetworkChoice, standard: Mapping[str, Any], samples: Samples) -> dict[str, Any]:
    """The recipe, with first weights that suit the activation that was said."""
    kept = dict(standard)
    if said.activation is not None:
        bent = {chosen("activation", name, ACTIVATIONS) for name in said.activation}
        if bent & {"relu", "leaky_relu", "gelu"}:
            kept["weight_init"] = "he"
    return kept if samples.classes else {**kept, "output": "linear", "loss": "squared"}


def _training(
    said: TrainingChoice, standard: Mapping[str, Any], samples: Samples
) -> dict[str, Any]:
    """The recipe without what the user's own words take the ground from."""
    kept = dict(standard)
    name = standard["optimizer"]
    if said.optimizer is not None:
        name = DESCENT.get(said.optimizer) or chosen("optimizer", said.optimizer, tuple(KINDS))
    if name != standard["optimizer"]:
        kept.pop("learning_rate", None)
    if name in MECHANICAL and said.batch is None:
        # A mechanical system falls in one landscape, that of all samples.
        kept.pop("batch", None)
        kept.pop("epochs", None)
        kept["steps"] = 2000 if samples.size <= 10_000 else 200
    kept |= MECHANICAL.get(name, {}) if name != standard["optimizer"] else {}
    if said.steps is not None or said.epochs is not None:
        kept.pop("steps", None)
        kept.pop("epochs", None)
    if said.patience is not None and said.validation is None and samples.size >= FEWEST:
        kept.setdefault("validation", 0.15)
    return kept
