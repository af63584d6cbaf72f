"""Methods of continual learning by name: what each is, and how its learner is made.

    basins, dual, analytic      fields: each task a basin of its own, or one readout for all
    plain, still, relu          the same without a field, of equal size
    naive, joint                what forgets, and what need not
    ewc, si, lwf                weights or outputs are held
    replay, derpp               images are stored

All baselines train one and the same network of two hidden layers. Their strengths are
recorded ones, chosen on validation images, unless a study chooses anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lawful.studies.memory.strengths import recorded

if TYPE_CHECKING:
    from lawful.fields.memory import Learner, Stream
    from lawful.studies.memory.choice import MemoryStudy

FEW = 5_000  # training images a task, below which batches are small
SMALL_BATCH, BATCH = 64, 128
HIDDEN = (256, 256)
STORED = 500  # images that replay may store
SMALL_FEATURES, FEATURES = 1024, 2048  # of a readout in closed form, below and above FEW
SMALL_FISHER = 256  # images by which EWC weighs its springs, below FEW
SMALL_RATE = 1e-2  # of fields and their control below FEW, chosen on validation images of digits


def batch_for(images: float) -> int:
    """Images a step, of a task of so many.

    >>> batch_for(1_300), batch_for(54_000)
    (64, 128)
    """
    return SMALL_BATCH if images < FEW else BATCH


@dataclass(frozen=True)
class Terms:
    """What a method is told of its task.

    Attributes
    ----------
    classes, side
        Of the images.
    images
        Training images of a task, on average.
    scenario, tasks
        What comes; a learner is not told when.
    epochs
        Times that a task is seen.
    seed
        Of all that the learner draws.
    data
        What the data are called; strengths are recorded by it.
    strength
        How strongly a baseline holds on to what it knows; the recorded one when None.
    """

    classes: int
    side: int
    images: int
    scenario: str
    tasks: int
    epochs: int
    seed: int
    data: str
    strength: float | None = None

    @classmethod
    def of(cls, study: "MemoryStudy", stream: "Stream") -> "Terms":
        """Those of a study that is complete."""
        images = round(sum(len(one.train) for one in stream.experiences) / len(stream))
        epochs, tasks = int(study.epochs or 1), len(stream)
        return cls(
            stream.classes,
            stream.side,
            images,
            study.scenario,
            tasks,
            epochs,
            study.seed,
            study.data,
        )

    @property
    def few(self) -> bool:
        """Whether there are few images a task."""
        return self.images < FEW

    @property
    def batch(self) -> int:
        """Images a step."""
        return batch_for(self.images)

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Method:
    """A method by name.

    Attributes
    ----------
    name
        What it is called.
    says
        What it is, in one line.
    learner
        Makes a fresh one for its terms.
    strategy
        The baseline's strategy; "" of what has none.
    look
        How often `follow` asks it.
    many
        Whether it calls for many images.
    """

    name: str
    says: str
    learner: Callable[[Terms], "Learner"]
    strategy: str = ""
    look: str = "seen"
    many: bool = False

    @property
    def values(self) -> tuple[float, ...]:
        """Strengths to choose from; none where there is nothing to choose."""
        if not self.strategy:
            return ()
        from lawful.fields.memory.strategies import STRATEGIES

        return STRATEGIES[self.strategy].values


def _basins(name: str, expert: str, *, rated: bool = True) -> Callable[[Terms], "Learner"]:
    """Basins whose experts are trained by steps."""

    def made(terms: Terms) -> "Learner":
        rate = {"rate": SMALL_RATE} if rated and terms.few else {}
        return _opened(terms, name, expert, epochs=terms.epochs, batch=terms.batch, **rate)

    return made


def _analytic(name: str, kinds: tuple[str, str]) -> Callable[[Terms], "Learner"]:
    """Basins of readouts in closed form; where classes part the tasks, one readout for all."""

    def made(terms: Terms) -> "Learner":
        from lawful.fields.memory.analytic import AnalyticReadout
        from lawful.fields.memory.analytic_expert import AnalyticExpert

        features = SMALL_FEATURES if terms.few else FEATURES
        if terms.scenario == "split":
            return AnalyticReadout(
                classes=terms.classes,
                side=terms.side,
                features=features,
                kind=kinds[0],
                seed=terms.seed,
                name=name,
            )
        return _opened(terms, name, partial(AnalyticExpert, features=features, kinds=kinds))

    return made


def _opened(terms: Terms, name: str, expert: Any, **settings: Any) -> "Learner":
    """Basins, the lowest of which speaks; where tasks look alike, all of them."""
    from lawful.fields.memory.basins import Basins

    return Basins(
        classes=terms.classes,
        side=terms.side,
        expert=expert,
        gating="hard" if terms.scenario == "permuted" else "soft",
        seed=terms.seed,
        name=name,
        **settings,
    )


def _network(name: str, strategy: str) -> Callable[[Terms], "Learner"]:
    def made(terms: Terms) -> "Learner":
        from lawful.fields.memory.network_learner import NetworkLearner
        from lawful.fields.memory.networks import mlp

        return NetworkLearner(
            partial(mlp, terms.side, terms.classes, HIDDEN),
            _strategy(strategy, terms),
            classes=terms.classes,
            side=terms.side,
            epochs=terms.epochs,
            batch=terms.batch,
            seed=terms.seed,
            name=name,
        )

    return made


def _strategy(name: str, terms: Terms) -> Any:
    """A strategy with its strength: the one asked for, or the recorded one."""
    from lawful.fields.memory.strategies import STRATEGIES
    from lawful.fields.memory.tuning import strengths

    few = {"samples": SMALL_FISHER} if name == "ewc" and terms.few else {}
    plain = STRATEGIES[name](**few)
    if plain.strength is None:
        return plain
    strength = terms.strength
    if strength is None:
        strength = recorded(terms.data, terms.scenario, name)
    return plain if strength is None else strengths(plain, [strength])[0]


def _baseline(name: str, says: str, look: str = "seen") -> Method:
    return Method(name, says, _network(name, name), name, look)


METHODS: Mapping[str, Method] = {
    one.name: one
    for one in (
        Method(
            "basins",
            "a trap and a field of learned planes for each task",
            _basins("basins", "field"),
        ),
        Method(
            "dual",
            "the same with a convolutional stem beside the field",
            _basins("dual", "dual", rated=False),
            many=True,
        ),
        Method(
            "analytic",
            "fields behind random planes, read out in closed form",
            _analytic("analytic", ("lens", "diffuser")),
        ),
        Method(
            "plain",
            "basins without evolution: the field's control, of equal size",
            _basins("plain", "plain"),
        ),
        Method(
            "still",
            "dual without evolution: its control, of equal size",
            _basins("still", "dual-plain", rated=False),
            many=True,
        ),
        Method(
            "relu",
            "random ReLU features in place of fields: analytic's control",
            _analytic("relu", ("convolution", "dense")),
        ),
        _baseline("naive", "a network that goes on with the next task"),
        _baseline("joint", "a network that keeps all images and learns them together", "last"),
        _baseline("ewc", "online elastic weight consolidation"),
        _baseline("si", "synaptic intelligence"),
        _baseline("lwf", "learning without forgetting: old outputs are held"),
        _baseline("replay", "experience replay from a reservoir of images"),
        _baseline("derpp", "dark experience replay ++: images with their old scores"),
    )
}
"""Every method, by name, in the order in which they are shown."""


def method(name: str) -> Method:
    """The method of a name.

    Raises
    ------
    Refusal
        For a name that is none, with the nearest one.

    Examples
    --------
    >>> method("ewc").says
    'online elastic weight consolidation'
    """
    from lawful.studies.memory.words import named

    return METHODS[named("method", name, tuple(METHODS))]


def fitting(images: float) -> tuple[str, ...]:
    """The methods that fit tasks of so many images: of few, no expert of half a million numbers.

    >>> sorted(set(METHODS) - set(fitting(1_300))), fitting(54_000) == tuple(METHODS)
    (['dual', 'still'], True)
    """
    return tuple(name for name, one in METHODS.items() if images >= FEW or not one.many)
