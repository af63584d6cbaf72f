"""The album of a study of learning: which pictures are drawn of it, and what each shows.

Of all trainings: the comparison. Of one training of each architecture: the network, where
its energy goes, how its answers and its weights change, the landscape it goes through.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful import pictures
from lawful.refusal import Refusal
from lawful.report.learned import foremost

if TYPE_CHECKING:
    from lawful.learning.record import Training
    from lawful.studies.learning import Learned, Shown

MOST_COMPARED = 20  # trainings of each architecture in one comparison
MOST_DETAILED = 6  # architectures that get pictures of their own
FEW_WEIGHTS = 20_000  # above, the landscape would take minutes
FILMS = ("forward", "energy", "loss", "boundary", "landscape", "weights")
Drawing = Callable[[], Any]


@dataclass(frozen=True)
class Picture:
    """A picture in a file, its title, what is to be seen in it, and the training it is of."""

    path: Path
    title: str
    caption: str
    of: str = ""


@dataclass(frozen=True)
class Plan:
    """A picture that is to be drawn: the stem of its name, its title and caption, and how."""

    stem: str
    title: str
    caption: str
    draw: Drawing
    moving: bool = False
    of: str = ""


def album(
    done: "Learned",
    folder: Path,
    *,
    theme: str = "light",
    format: str = "png",
    animate: bool = False,
    share: Callable[[float], None] | None = None,
) -> tuple[Picture, ...]:
    """Draw the pictures of a study.

    Parameters
    ----------
    done
        The study.
    folder
        Where to.
    theme
        "light" or "dark".
    format
        "png" or "svg", of what stands still; what moves is a GIF.
    animate
        Draw everything that can move, the forward pass too.
    share
        Called with the part that is done, from 0 to 1.

    Returns
    -------
    tuple of Picture
        What was drawn. What cannot be (a boundary of numbers, a landscape of a training
        that stood still) is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plans, drawn = list(planned(done, theme, animate)), []
    for k, plan in enumerate(plans):
        if share:
            share(k / len(plans))
        path = folder / f"{plan.stem}.{'gif' if plan.moving else format}"
        try:
            pictures.save(plan.draw(), path)
        except Refusal:
            continue  # it says of itself that there is nothing to see
        drawn.append(Picture(path, plan.title, plan.caption, plan.of))
    return tuple(drawn)


def planned(done: "Learned", theme: str, animate: bool) -> Iterator[Plan]:
    """Every picture that makes sense of these data and networks.

    Films take their time, so without `animate` they are of the best architecture alone.
    """
    yield from _compared(done, theme)
    best = foremost(done)
    for one in done.shown[:MOST_DETAILED]:
        moving = ("energy", "boundary") if one.architecture is best else ()
        album = Portrait(done, one, theme, FILMS if animate else moving)
        for plan in album.plans():
            yield replace(plan, of=one.name)


def _compared(done: "Learned", theme: str) -> Iterator[Plan]:
    first = done.lesson.seed
    chosen = [
        cell
        for cell, outcome in zip(done.cells, done.outcomes, strict=True)
        if cell.seed < first + MOST_COMPARED and outcome.diverged is None
    ]
    if len(chosen) < 2:
        return
    several = [done.training(cell) for cell in chosen]
    caption = (
        f"The median of each architecture, and a band about its middle half, of {len(several)} "
        "trainings."
    )
    yield Plan(
        "comparison",
        "Architectures compared.",
        caption,
        lambda: pictures.comparison(several, theme=theme),
    )
    yield Plan(
        "comparison",
        "The same, as training goes.",
        caption,
        lambda: pictures.comparison_animation(several, theme=theme),
        moving=True,
    )


@dataclass(frozen=True)
class Portrait:
    """The pictures of one training; `films` names those that move, too."""

    done: "Learned"
    one: "Shown"
    theme: str
    films: Sequence[str]

    @property
    def training(self) -> "Training":
        """Of whom."""
        return self.one.training

    def plans(self) -> Iterator[Plan]:
        """All, each film after its still."""
        if self.one.outcome.diverged:
            yield from self.loss()
            return
        for part in (
            self.network,
            self.energy,
            self.loss,
            self.boundary,
            self.landscape,
            self.weights,
            self.confusion,
        ):
            yield from part()

    def _pair(
        self, stem: str, title: str, caption: str, still: Drawing, film: Drawing
    ) -> Iterator[Plan]:
        name = f"{_stem(self.one.name)}-{stem}"
        yield Plan(name, title, caption, still)
        if stem in self.films:
            yield Plan(name, "The same, as training goes.", "", film, moving=True)

    def network(self) -> Iterator[Plan]:
        """The diagram, and a sample on its way."""
        network, data, x = self.training.network, self.training.data, _telling(self.training)
        features, classes, theme = data.features, data.classes, self.theme
        stem = _stem(self.one.name)

        def forward() -> Any:
            animator = pictures.ForwardPropagationAnimator(
                network, features=features, classes=classes, theme=theme
            )
            return animator.animate_forward_pass(x)

        yield Plan(
            f"{stem}-network",
            "The network.",
            "Edges blue and whole for positive weights, red and dashed for negative ones, wider "
            "for larger; neurons filled by their activation for one sample.",
            lambda: pictures.network_diagram(
                network, x=x, features=features, classes=classes, theme=theme
            ),
        )
        if "forward" in self.films:
            caption = "Every sum and every answer, layer by layer."
            yield Plan(f"{stem}-forward", "A sample on its way.", caption, forward, moving=True)

    def energy(self) -> Iterator[Plan]:
        """Where the energy goes."""
        ledger = ", and what the ledger says of it" if self.one.outcome.accounts else ""
        yield from self._pair(
            "energy",
            "Where the energy goes.",
            f"Potential, kinetic and total energy on the way{ledger}.",
            lambda: pictures.energy_decay(self.training, theme=self.theme),
            lambda: pictures.energy_animation(self.training, theme=self.theme),
        )

    def loss(self) -> Iterator[Plan]:
        """Loss and accuracy."""
        apart = ", and on those kept apart" if "validation_loss" in self.training.runs else ""
        yield from self._pair(
            "loss",
            "Loss and accuracy.",
            f"On the samples learned from{apart}.",
            lambda: pictures.loss_decay(self.training, theme=self.theme),
            lambda: pictures.loss_animation(self.training, theme=self.theme),
        )

    def boundary(self) -> Iterator[Plan]:
        """How the answers change."""
        yield from self._pair(
            "boundary",
            "How its answers change.",
            "The decision boundary at moments of training that are equally far apart in what "
            "the network says.",
            lambda: pictures.phase_diagram(self.training, theme=self.theme),
            lambda: pictures.boundary_animation(self.training, theme=self.theme),
        )

    def landscape(self) -> Iterator[Plan]:
        """The loss around the path."""
        if self.training.network.parameters.size > FEW_WEIGHTS:
            return
        yield from self._pair(
            "landscape",
            "Its landscape.",
            "The loss around the path of training, in the plane in which the path moves most.",
            lambda: pictures.loss_landscape(self.training, theme=self.theme),
            lambda: pictures.landscape_animation(self.training, theme=self.theme),
        )

    def weights(self) -> Iterator[Plan]:
        """Every weight."""
        yield from self._pair(
            "weights",
            "Its weights.",
            "Every weight and bias on the way, a panel a layer.",
            lambda: pictures.weight_evolution(self.training, theme=self.theme),
            lambda: pictures.weight_animation(self.training, theme=self.theme),
        )

    def confusion(self) -> Iterator[Plan]:
        """What it takes for what, of more than two classes."""
        asked = self.done.material.questions
        if len(self.training.data.classes) <= 2:
            return
        judged = asked.samples if asked is not None and asked.known else None
        where = "unseen samples" if judged is not None else "the samples learned from"
        yield Plan(
            f"{_stem(self.one.name)}-confusion",
            "What it takes for what.",
            f"How often each class was called each, on {where}.",
            lambda: pictures.confusion_matrix(self.training, data=judged, theme=self.theme),
        )


def _stem(name: str) -> str:
    """A name as a file may be called.

    >>> _stem("2-3-1 seed 0")
    '2-3-1-seed-0'
    """
    return name.replace(" ", "-")


def _telling(training: "Training") -> Sequence[float]:
    """The sample with the most inputs that are not zero, of the first hundred."""
    X = np.asarray(training.data.X[:100], dtype=float)
    chosen: Sequence[float] = X[int(np.count_nonzero(X, axis=1).argmax())].tolist()
    return chosen
