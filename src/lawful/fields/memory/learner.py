"""What learns a stream: trained on one experience at a time, asked without a task label.

    ŷ(x) = argmax_c score_c(x)

A learner may keep numbers and examples between experiences; `size` says how many, for
memory is what methods of continual learning trade in.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

import torch
from torch import Tensor

from lawful.fields.memory.experience import Experience, Part, Stream
from lawful.refusal import Refusal

Progress = Callable[[float, str], None]
"""Told the share that is done, from 0 to 1, and a few words."""


@dataclass(frozen=True)
class Size:
    """What a learner keeps between experiences.

    Parameters
    ----------
    parameters
        All numbers that it keeps, stored images not among them.
    per_task
        Numbers that one more task adds.
    stored_examples
        Images that it stores.
    shared
        Of `parameters`, those that serve all tasks.
    """

    parameters: int
    per_task: float = 0.0
    stored_examples: int = 0
    shared: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


class Learner(ABC):
    """A learner of streams of square images.

    A learner has `name`, `classes`, and `side`, the points along an edge. What is abstract
    here is all that one more method has to say.
    """

    name: str
    classes: int
    side: int

    @abstractmethod
    def train(self, experience: Experience, *, progress: Progress | None = None) -> None:
        """Learn an experience."""

    @abstractmethod
    def scores(self, x: Tensor) -> Tensor:
        """Scores (b, classes) of images (b, side, side), whatever task they are of."""

    @abstractmethod
    def size(self) -> Size:
        """What is kept at present."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What it was made with, as JSON keeps it."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """All that it needs to go on; `restore` takes it."""

    @abstractmethod
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on where a learner of the same settings was."""

    def energy(self, x: Tensor) -> Tensor:
        """Energies (b, tasks) of images in the basins of the tasks, where there are basins."""
        raise Refusal(f"{self.name} has no energies", "a learner with basins", "use Basins")

    def novelty(self, x: Tensor) -> Tensor:
        """How new images are, (b,), in standard deviations, where there are basins."""
        raise Refusal(f"{self.name} knows no novelty", "a learner with basins", "use Basins")

    @final
    def predict(self, x: Tensor, *, batch: int = 1000) -> Tensor:
        """Classes (n,) of images (n, side, side)."""
        with torch.no_grad():
            return torch.cat([self.scores(part).argmax(-1) for part in x.split(batch)])

    @final
    def eval(self, tests: Stream | Iterable[Part], *, batch: int = 1000) -> Tensor:
        """The accuracy on each test of a stream, or on each of some parts, (T,) float64."""
        parts = tests.tests if isinstance(tests, Stream) else tests
        return torch.tensor([self._hits(part, batch) for part in parts], dtype=torch.float64)

    def _hits(self, part: Part, batch: int) -> float:
        pairs = part.batches(batch)
        right = sum(int((self.predict(x, batch=batch) == y).sum()) for x, y in pairs)
        return right / len(part)
