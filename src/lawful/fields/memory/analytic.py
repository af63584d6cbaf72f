"""Learning without gradients: a field that nobody trains, and a readout in closed form.

    score(x) = W φ(x) + b,   (W, b) by ridge regression over all that was ever seen

A single pass, nothing forgotten, no image stored, no task label: but the sums are kept,
half of F² numbers. See `reservoir` for φ and `ridge` for W.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lawful.fields.memory.experience import Experience, Part
from lawful.fields.memory.learner import Learner, Progress, Size
from lawful.fields.memory.reservoir import Reservoir, reservoir
from lawful.fields.memory.ridge import Readout, Ridge

BLOCK = 2000  # samples added at a time


class AnalyticReadout(Learner):
    """One readout for all tasks, of random features.

    Parameters
    ----------
    classes, side
        Of the stream.
    features
        F; memory and solution grow as F² and F³.
    kind
        Of the reservoir: "lens" for images, "diffuser" where neighbours mean nothing, and
        the controls "dense" and "convolution".
    strength
        λ of the ridge.
    seed
        Of the reservoir.

    Examples
    --------
    >>> learner = AnalyticReadout(classes=2, side=8, features=64)
    >>> bright = torch.linspace(0.1, 1, 40)[:, None, None] * torch.eye(8)
    >>> dark = torch.linspace(0.1, 1, 40)[:, None, None] * torch.eye(8).flip(0)
    >>> part = Part(torch.cat([bright, dark]), torch.arange(2).repeat_interleave(40))
    >>> learner.train(Experience("lines", part, part, (0, 1)))
    >>> learner.eval([part]).tolist()
    [1.0]
    """

    def __init__(
        self,
        *,
        classes: int,
        side: int,
        features: int = 2048,
        kind: str = "lens",
        strength: float = 10.0,
        seed: int = 0,
        name: str = "analytic",
    ) -> None:
        self.name, self.classes, self.side, self.seed = name, classes, side, seed
        self.kind, self.reservoir = kind, reservoir(kind, side=side, features=features, seed=seed)
        self.ridge = Ridge(features, classes, strength)
        self._readout: Readout | None = None

    def train(self, experience: Experience, *, progress: Progress | None = None) -> None:
        """Add an experience to the sums; the readout is solved for when it is asked."""
        gather(self.ridge, self.reservoir, experience.train, progress)
        self._readout = None

    def scores(self, x: Tensor) -> Tensor:
        """Scores (b, classes); zeros before anything was learnt."""
        if int(self.ridge.count) == 0:
            return torch.zeros(len(x), self.classes)
        if self._readout is None:
            self._readout = self.ridge.readout()
        return self._readout(self.reservoir(x))

    def size(self) -> Size:
        """The sums; the reservoir is its seed."""
        held = self.ridge.numbers()
        return Size(held, shared=held)

    def settings(self) -> dict[str, Any]:
        """What it was made with."""
        return {
            "learner": "analytic",
            "classes": self.classes,
            "side": self.side,
            "features": self.reservoir.features,
            "kind": self.kind,
            "strength": self.ridge.strength,
            "seed": self.seed,
        }

    def state(self) -> dict[str, Tensor]:
        """The sums."""
        return self.ridge.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the sums of another of the same settings."""
        self.ridge.restore(state)
        self._readout = None


def gather(ridge: Ridge, features: Reservoir, part: Part, progress: Progress | None = None) -> None:
    """Add all images of a part to the sums of a ridge, block by block."""
    done = 0
    for x, y in part.batches(BLOCK):
        ridge.add(features(x), y)
        done += len(y)
        if progress:
            progress(done / len(part), f"{done} of {len(part)} images")
