"""What is compiled for an architecture, and where a network's numbers lie in a block.

A block is one buffer of rows, a row for each number that a network has, a lane for each
network; the distance between rows is a constant. Rows are positions x, velocities v,
gradients g, then where a step began or what a bath does, the networks' settings, and
what is watched.
"""

from dataclasses import dataclass
from functools import cached_property

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles.philox import PER_COUNTER

# Networks in a block: their rows stay in the nearest cache, and, nine vectors being no
# power of two, not all rows compete for the same lines of it.
BLOCK = {"float64": 72, "float32": 144}
OPERATIONS = 1200  # in one piece of straight-line code; more would only compile for longer
OF_A_FUNCTION = 22  # about as many as an exponential takes
STAGES = 4  # gradients in a step of Runge and Kutta


@dataclass(frozen=True)
class Program:
    """What is compiled; two equal ones share their code.

    Attributes
    ----------
    layers, activations, loss, dtype
        Of the architecture.
    samples
        How many, N.
    dynamics
        "heavy_ball" or "gradient_flow".
    noisy
        Whether a bath shakes the networks.
    asked
        What is watched at each step: "loss", "right", both or neither.
    judge
        How an answer is right: "each" output by itself, or the "largest".
    """

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    dtype: str
    samples: int
    dynamics: str
    noisy: bool
    asked: tuple[str, ...]
    judge: str

    @cached_property
    def plan(self) -> Architecture:
        """The architecture, as far as it bears on the code."""
        return Architecture(
            self.layers, self.activations, self.loss, "xavier", 0.0, 0.0, 0.0, 0, self.dtype
        )

    @property
    def at_once(self) -> int:
        """Samples in one piece of code."""
        neurons = sum(self.layers[1:])
        most = max(1, OPERATIONS // (3 * self.plan.size + OF_A_FUNCTION * neurons))
        if most >= self.samples:
            return self.samples
        # A number that leaves none over saves a second piece for the rest.
        even = [k for k in range((most + 1) // 2, most + 1) if self.samples % k == 0]
        return even[-1] if even else most

    @property
    def stages(self) -> int:
        """Gradients in a step."""
        return STAGES if self.dynamics == "gradient_flow" else 1

    @cached_property
    def rows(self) -> "Rows":
        """Where things lie."""
        return Rows(self.plan.size, len(self.layers) - 1)


@dataclass(frozen=True)
class Rows:
    """Rows of a block, for P parameters in K layers of weights."""

    size: int
    layers: int

    @property
    def v(self) -> int:
        """Of the first velocity."""
        return self.size

    @property
    def g(self) -> int:
        """Of the first gradient."""
        return 2 * self.size

    @property
    def start(self) -> int:
        """Of the first position at the start of a step, or of the first push of a bath."""
        return 3 * self.size

    @property
    def rate(self) -> int:
        """Of the first layer's learning rate."""
        return self.start + PER_COUNTER * self.groups

    @property
    def groups(self) -> int:
        """Of numbers that are drawn together."""
        return -(-self.size // PER_COUNTER)

    @property
    def shake(self) -> int:
        """Of the first layer's amplitude of noise."""
        return self.rate + self.layers

    @property
    def momentum(self) -> int:
        """Of the momentum."""
        return self.shake + self.layers

    @property
    def seed(self) -> int:
        """Of the halves of the seed, as bits."""
        return self.momentum + 1

    @property
    def solved(self) -> int:
        """Of the step that solved it, as bits; −1 before."""
        return self.seed + 2

    @property
    def loss(self) -> int:
        """Of the loss."""
        return self.solved + 1

    @property
    def right(self) -> int:
        """Of the number of right answers."""
        return self.solved + 2

    @property
    def goals(self) -> int:
        """Of the loss and the number of right answers that count as solved."""
        return self.solved + 3

    @property
    def count(self) -> int:
        """How many in all."""
        return self.goals + 2
