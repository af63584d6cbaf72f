"""Streams from one set of labelled images: permuted, rotated, split.

    permuted   task k shows x[π_k], π_k a permutation of all points     (domain-incremental)
    rotated    task k shows x turned by k·step degrees                  (domain-incremental)
    split      task k has the classes 2k and 2k + 1 alone               (class-incremental)

In the first two every task has all classes, and the answer is the class; in the third it is
the class among all that were ever met. No task label is given at test.

Permuted and rotated tasks share one set of images: a view is applied to each batch as it is
asked for, and nothing is kept of it. Drawn once, permutations depend on the seed and the size
of the images alone, so that a longer stream begins with the tasks of a shorter one.
Sources: I. Goodfellow et al., arXiv:1312.6211 (2013), permuted; D. Lopez-Paz and M. Ranzato,
NeurIPS (2017), rotated; F. Zenke et al., ICML (2017), split.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lawful.fields.memory.experience import Experience, Part, Stream, View
from lawful.refusal import Refusal

SCENARIOS = ("permuted", "rotated", "split")
VALIDATION = 1 / 12  # of each class: 5002 of MNIST's 60 000
STEP = 18.0


@dataclass(frozen=True, eq=False)
class Permuted:
    """Images with their points in another order, shape (side²,).

    >>> Permuted(torch.tensor([3, 2, 1, 0]))(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[4., 3.],
             [2., 1.]]])
    """

    order: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Images (b, side, side), permuted."""
        return x.flatten(1)[:, self.order].view_as(x)


@dataclass(frozen=True)
class Rotated:
    """Images turned counterclockwise about their middle, between points by two linear steps.

    >>> x = torch.rand(1, 8, 8)
    >>> bool(torch.allclose(Rotated(90.0)(x), torch.rot90(x, 1, (1, 2)), atol=1e-5))
    True
    """

    degrees: float

    def __call__(self, x: Tensor) -> Tensor:
        """Images (b, side, side), rotated; what comes from outside is 0."""
        angle = math.radians(self.degrees)
        c, s = math.cos(angle), math.sin(angle)
        # Where a point of the new image was in the old one; y points down.
        turn = torch.tensor([[[c, -s, 0.0], [s, c, 0.0]]], dtype=x.dtype, device=x.device)
        places = functional.affine_grid(turn, [1, 1, *x.shape[1:]], align_corners=False)
        seen = functional.grid_sample(x[None], places, align_corners=False)
        return seen[0]


def permuted(
    train: Part,
    test: Part,
    *,
    tasks: int = 10,
    seed: int = 0,
    validation: float = VALIDATION,
    first_as_is: bool = True,
) -> Stream:
    """Tasks that show the same images with their points permuted.

    Parameters
    ----------
    train, test
        Images to learn from, and to test.
    tasks
        How many.
    seed
        Of the permutations, and of which images are for validation.
    validation
        The share of each class's training images that is held apart, the same ones in
        every task; one image at least.
    first_as_is
        Whether the first task shows the images as they are.

    Raises
    ------
    Refusal
        For counts or shares that cannot be meant.

    Examples
    --------
    >>> part = Part(torch.rand(24, 4, 4), torch.arange(24) % 3)
    >>> permuted(part, part, tasks=3).names
    ('as they are', 'permutation 2', 'permutation 3')
    """
    _check(tasks, seed)
    source = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(train.side**2, generator=source) for _ in range(tasks)]
    views: list[View | None] = [Permuted(order) for order in orders]
    names = [f"permutation {k + 1}" for k in range(tasks)]
    if first_as_is:
        views[0], names[0] = None, "as they are"
    name = f"permuted, seed {seed}"
    return _domains(name, train, test, list(zip(names, views, strict=True)), seed, validation)


def rotated(
    train: Part,
    test: Part,
    *,
    tasks: int = 10,
    step: float = STEP,
    seed: int = 0,
    validation: float = VALIDATION,
) -> Stream:
    """Tasks that show the same images turned, each by `step` degrees more than the last.

    Parameters
    ----------
    train, test
        Images to learn from, and to test.
    tasks
        How many.
    step
        In degrees.
    seed
        Of which images are for validation.
    validation
        The share of each class's training images that is held apart, the same ones in
        every task; one image at least.

    Raises
    ------
    Refusal
        For counts or shares that cannot be meant.

    Examples
    --------
    >>> part = Part(torch.rand(24, 4, 4), torch.arange(24) % 3)
    >>> rotated(part, part, tasks=3).names
    ('0°', '18°', '36°')
    """
    _check(tasks, seed)
    if not math.isfinite(step) or (step % 360 == 0 and tasks > 1):
        raise Refusal(f"a step of {step} degrees", "a finite angle that turns", "take 18")
    angles = [k * step for k in range(tasks)]
    views: list[View | None] = [Rotated(angle) if angle % 360 else None for angle in angles]
    named = list(zip([f"{angle:g}°" for angle in angles], views, strict=True))
    return _domains(f"rotated by {step:g}°, seed {seed}", train, test, named, seed, validation)


def split(
    train: Part,
    test: Part,
    *,
    parts: int = 5,
    seed: int = 0,
    validation: float = VALIDATION,
) -> Stream:
    """Tasks that have some classes each, in their order: 0 1, then 2 3, and so on.

    Parameters
    ----------
    train, test
        Images to learn from, and to test.
    parts
        How many tasks; classes are shared out as evenly as can be.
    seed
        Of which images are for validation.
    validation
        The share of each class's training images that is held apart; one image at least.

    Raises
    ------
    Refusal
        For more tasks than classes, or a class without images.

    Examples
    --------
    >>> part = Part(torch.rand(240, 4, 4), torch.arange(240) % 6)
    >>> [one.classes for one in split(part, part, parts=3).experiences]
    [(0, 1), (2, 3), (4, 5)]
    """
    _check(parts, seed)
    held, kept = _parted(train, test, seed, validation)
    classes = _classes(held, test)
    if parts > classes:
        raise Refusal(f"{parts} tasks of {classes} classes", f"at most {classes} tasks")
    groups = torch.arange(classes).tensor_split(parts)
    experiences, tests = [], []
    for group in groups:
        own = tuple(group.tolist())
        name = " ".join(map(str, own))
        experiences.append(Experience(name, _only(held, group), _only(kept, group), own))
        tests.append(_only(test, group))
    told = f"split in {parts}, seed {seed}"
    return Stream(told, tuple(experiences), tuple(tests), classes, train.side)


def _domains(
    name: str,
    train: Part,
    test: Part,
    views: list[tuple[str, View | None]],
    seed: int,
    validation: float,
) -> Stream:
    """A task for each view of the same images."""
    held, kept = _parted(train, test, seed, validation)
    classes = tuple(torch.unique(held.labels).tolist())
    experiences = tuple(
        Experience(
            called,
            Part(held.images, held.labels, view),
            Part(kept.images, kept.labels, view),
            classes,
        )
        for called, view in views
    )
    tests = tuple(Part(test.images, test.labels, view) for _, view in views)
    return Stream(name, experiences, tests, int(train.labels.max()) + 1, train.side)


def _parted(train: Part, test: Part, seed: int, validation: float) -> tuple[Part, Part]:
    """To learn from, and to choose by: the same images whatever the task."""
    if train.view is not None or test.view is not None:
        raise Refusal(
            "images that are seen through a view",
            "images as they are",
            "take Part(*part.tensors()) of them",
        )
    if not 0 < validation < 1:
        raise Refusal(f"a share of {validation} for validation", "above 0, below 1")
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    apart = torch.zeros(len(train), dtype=torch.bool)
    for label in torch.unique(train.labels):
        own = order[train.labels[order] == label]
        # Of each class, so that a task of few classes has some too; a lone image is learnt from.
        apart[own[: min(max(1, round(validation * len(own))), len(own) - 1)]] = True
    if not bool(apart.any()):
        raise Refusal(
            f"{len(train)} images, no two of a class", "some to learn from, some to validate by"
        )
    return (
        Part(train.images[~apart], train.labels[~apart]),
        Part(train.images[apart], train.labels[apart]),
    )


def _classes(held: Part, test: Part) -> int:
    """How many classes there are; every one must be learnt, and no other be tested."""
    classes = int(max(held.labels.max(), test.labels.max())) + 1
    missing = sorted(set(range(classes)) - set(held.labels.tolist()))
    if missing:
        raise Refusal(
            f"no image to learn from of the classes {missing}",
            f"one at least of each of the {classes} classes from 0 to {classes - 1}",
            "number the labels from 0 without gaps",
        )
    return classes


def _only(part: Part, classes: Tensor) -> Part:
    rows = torch.isin(part.labels, classes)
    if not bool(rows.any()):
        raise Refusal(
            f"no image of the classes {classes.tolist()}",
            "one at least to validate and to test by",
            "take more images, or fewer tasks",
        )
    return Part(part.images[rows], part.labels[rows])


def _check(tasks: int, seed: int) -> None:
    if isinstance(tasks, bool) or not isinstance(tasks, int) or tasks < 1:
        raise Refusal(f"{tasks!r} tasks", "a whole number from 1 up")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise Refusal(f"the seed {seed!r}", "a whole number from 0 up")
