"""An expert in closed form: random features of a field, and a ridge for one task.

    log p(y|x) = log softmax (β (W φ(x) + b))_y

Which reservoir serves, lenses or a diffuser, is asked of the validation images, with a part
of the training images and of the features: a permuted image has no neighbourhoods. β, which
makes confidences of scores, has the highest likelihood on the same images.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from lawful.fields.memory.analytic import gather
from lawful.fields.memory.experience import Part
from lawful.fields.memory.learner import Progress
from lawful.fields.memory.reservoir import Reservoir, reservoir
from lawful.fields.memory.ridge import Readout, Ridge
from lawful.refusal import Refusal

TRIED = (5000, 1024)  # at most so many images, and features, to choose a reservoir by
BETAS = torch.logspace(-1, 2, 61)


class AnalyticExpert:
    """One task's readout; the reservoirs are shared by all who have the same seed.

    Parameters
    ----------
    side, classes
        Of the images.
    features
        F.
    kinds
        The reservoirs to choose from, see `reservoir`.
    strength
        λ of the ridge.
    seed
        Of the reservoirs.

    Examples
    --------
    >>> part = Part(torch.rand(60, 8, 8), torch.arange(60) % 3)
    >>> expert = AnalyticExpert(side=8, classes=3, features=64)
    >>> expert.fit(part, part)
    >>> bool(torch.isclose(expert.scores(part.images).exp().sum(1), torch.ones(60)).all())
    True
    """

    def __init__(
        self,
        *,
        side: int,
        classes: int,
        features: int = 4096,
        kinds: Sequence[str] = ("lens", "diffuser"),
        strength: float = 10.0,
        seed: int = 0,
    ) -> None:
        if not kinds:
            raise Refusal("no reservoir to choose from", "one kind at least")
        self.classes, self.features, self.strength = classes, features, strength
        self.kinds, self.side, self.seed = tuple(kinds), side, seed
        self.chosen: Reservoir = reservoir(self.kinds[0], side=side, features=features, seed=seed)
        self._which, self._beta = 0, torch.ones(())
        self._readout = Readout(torch.zeros(features, classes), torch.zeros(classes))

    def fit(self, train: Part, validation: Part, *, progress: Progress | None = None) -> None:
        """Choose the reservoir, gather the sums, solve, and calibrate; a second time, anew.

        The sums are not kept: what a basin of unknown boundaries is given later replaces, in
        this expert, what it was given first.
        """
        if len(self.kinds) > 1:
            self._choose(train, validation)
        ridge = Ridge(self.features, self.classes, self.strength)
        gather(ridge, self.chosen, train, progress)
        self._readout = ridge.readout()
        x, y = validation.tensors()
        scores = self._readout(self.chosen(x))
        losses = [float(functional.cross_entropy(beta * scores, y)) for beta in BETAS]
        self._beta = BETAS[losses.index(min(losses))].clone()

    def _choose(self, train: Part, validation: Part) -> None:
        images, most = TRIED
        few = Part(train.images[:images], train.labels[:images], train.view)
        x, y = validation.tensors()
        hits = []
        for kind in self.kinds:
            tried = self._reservoir(kind, min(most, self.features))
            ridge = Ridge(tried.features, self.classes, self.strength)
            gather(ridge, tried, few)
            hits.append(int((ridge.readout()(tried(x)).argmax(1) == y).sum()))
        self._which = hits.index(max(hits))
        self.chosen = self._reservoir(self.kinds[self._which], self.features)

    def _reservoir(self, kind: str, features: int) -> Reservoir:
        return reservoir(kind, side=self.side, features=features, seed=self.seed)

    def scores(self, x: Tensor) -> Tensor:
        """Log-probabilities (b, classes) of images (b, side, side)."""
        return functional.log_softmax(self._beta * self._readout(self.chosen(x)), dim=1)

    def numbers(self) -> int:
        """What is kept of the task: the readout, β, and which reservoir it reads."""
        return self._readout.numbers() + 2

    def state(self) -> dict[str, Tensor]:
        """The readout, β and the reservoir's number."""
        return {
            "weight": self._readout.weight,
            "bias": self._readout.bias,
            "beta": self._beta,
            "which": torch.tensor(self._which),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of another of the same settings."""
        self._which = int(state["which"])
        self.chosen = self._reservoir(self.kinds[self._which], self.features)
        self._beta = state["beta"].clone()
        self._readout = Readout(state["weight"].clone(), state["bias"].clone())
