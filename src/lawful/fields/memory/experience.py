"""What a learner meets: experiences, one after the other, and tests that it never sees.

    stream = (D_1, …, D_T),   D_k = (training images, validation images) with labels

An experience is all that a learner is given at a time; what is not in it, it must
remember. Tests are of the stream, not of an experience, so that no learner can look.
The words are those of V. Lomonaco et al., "Avalanche: an end-to-end library for
continual learning", CVPR Workshops (2021).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lawful.refusal import Refusal

View = Callable[[Tensor], Tensor]
"""Images (b, side, side) to images of the same shape: how a task shows them."""


@dataclass(frozen=True, eq=False)
class Part:
    """Labelled square images, seen through a view.

    Parameters
    ----------
    images
        Shape (n, side, side), float32, from 0 to 1.
    labels
        Shape (n,), int64, from 0 up.
    view
        Applied to each batch as it is asked for; as they are when not given.

    Raises
    ------
    Refusal
        For shapes or types that do not fit.

    Examples
    --------
    >>> part = Part(torch.rand(5, 8, 8), torch.tensor([0, 1, 0, 1, 2]))
    >>> len(part), [len(y) for x, y in part.batches(2)]
    (5, [2, 2, 1])
    """

    images: Tensor
    labels: Tensor
    view: View | None = None

    def __post_init__(self) -> None:
        shape = tuple(self.images.shape)
        if len(shape) != 3 or shape[1] != shape[2] or 0 in shape:
            raise Refusal(f"images of the shape {shape}", "(n, side, side), n from 1 up")
        if self.images.dtype != torch.float32:
            raise Refusal(f"images of type {self.images.dtype}", "torch.float32, from 0 to 1")
        if self.labels.shape != shape[:1] or self.labels.dtype != torch.int64:
            raise Refusal(
                f"labels of the shape {tuple(self.labels.shape)} and type {self.labels.dtype}",
                f"({shape[0]},) and torch.int64",
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def side(self) -> int:
        """Points along an edge."""
        return self.images.shape[-1]

    def batches(
        self, size: int, *, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Images (b, side, side) and labels (b,), in order; shuffled where drawn from `generator`.

        All are given, the last batch may be smaller.
        """
        if size < 1:
            raise Refusal(f"batches of {size}", "1 at least")
        if generator is None:
            pairs: Iterable[tuple[Tensor, Tensor]] = zip(
                self.images.split(size), self.labels.split(size), strict=True
            )
        else:
            order = torch.randperm(len(self), generator=generator).split(size)
            pairs = ((self.images[rows], self.labels[rows]) for rows in order)
        for images, labels in pairs:
            yield (images if self.view is None else self.view(images)), labels

    def tensors(self) -> tuple[Tensor, Tensor]:
        """All images as they are seen, and their labels."""
        seen = [x for x, _ in self.batches(4096)]
        return torch.cat(seen), self.labels


@dataclass(frozen=True, eq=False)
class Experience:
    """What is learnt at a time.

    Parameters
    ----------
    name
        What it is called.
    train, validation
        To learn from, and to choose by.
    classes
        The classes that occur in it, ascending.
    """

    name: str
    train: Part
    validation: Part
    classes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Stream:
    """Experiences in their order, and a test for each.

    Parameters
    ----------
    name
        What it is called.
    experiences
        T of them.
    tests
        T parts, for the last word alone.
    classes
        How many classes there are in all.
    side
        Points along an edge of the images.

    Raises
    ------
    Refusal
        Where the counts or the sizes do not fit.
    """

    name: str
    experiences: tuple[Experience, ...]
    tests: tuple[Part, ...]
    classes: int
    side: int

    def __post_init__(self) -> None:
        if not self.experiences or len(self.experiences) != len(self.tests):
            raise Refusal(
                f"{len(self.experiences)} experiences and {len(self.tests)} tests",
                "as many of each, one at least",
            )
        parts = [part for one in self.experiences for part in (one.train, one.validation)]
        for part in (*parts, *self.tests):
            if part.side != self.side:
                raise Refusal(f"images of {part.side} × {part.side}", f"{self.side} × {self.side}")
            low, high = int(part.labels.min()), int(part.labels.max())
            if low < 0 or high >= self.classes:
                raise Refusal(f"labels from {low} to {high}", f"0 to {self.classes - 1}")

    def __len__(self) -> int:
        return len(self.experiences)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the experiences."""
        return tuple(one.name for one in self.experiences)
