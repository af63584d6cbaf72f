"""The album of a study of memory: which pictures are drawn of it, and what each shows.

Of all methods: the comparison, the curves, a matrix each. Of the first seed: the tasks, the
basins, the energies, an image on its way through the field, and how attractors drift where
nothing holds them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful import pictures
from lawful.refusal import Refusal
from lawful.report.album import Picture, Plan
from lawful.studies.memory import words as say
from lawful.studies.memory.drift import TASKS, TAUGHT

if TYPE_CHECKING:
    from lawful.studies.memory import Remembered

BEST, WORST = 3, 3  # methods whose matrices are drawn
DOTS = 150.0
ROWS = 4  # images of each task
FIELDS = ("basins", "dual")  # methods whose learners hold a field that can be looked into
FULL = 900  # images of a task in a ridge are enough


def memory_album(
    done: "Remembered",
    folder: Path,
    *,
    theme: str = "light",
    format: str = "png",
    animate: bool = False,
    share: Callable[[float], None] | None = None,
) -> tuple[Picture, ...]:
    """Draw the pictures of a study of memory.

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
        Draw the field on its way as a film, too.
    share
        Called with the part that is done, from 0 to 1.

    Returns
    -------
    tuple of Picture
        What was drawn, each `of` the part of the page it belongs to. What cannot be (a
        single task is not forgotten, a method has no energies) is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plans, drawn = list(planned(done, theme, animate)), []
    for k, plan in enumerate(plans):
        if share:
            share(k / len(plans))
        path = folder / f"{plan.stem}.{'gif' if plan.moving else format}"
        try:
            pictures.save(plan.draw(), path, dpi=None if plan.moving else DOTS)
        except Refusal:
            continue  # it says of itself that there is nothing to see
        drawn.append(Picture(path, plan.title, plan.caption, plan.of))
    return tuple(drawn)


def planned(done: "Remembered", theme: str, animate: bool) -> Iterator[Plan]:
    """Every picture that makes sense of this study."""
    yield from _compared(done, theme)
    yield from _matrices(done, theme)
    yield from _tasks(done, theme)
    yield from _energies(done, theme)
    yield from _passage(done, theme, animate)
    yield from _drift(done, theme)


def _compared(done: "Remembered", theme: str) -> Iterator[Plan]:
    histories = dict(done.histories)
    yield Plan(
        "methods",
        "Methods compared.",
        "Sorted by average accuracy over all tasks after the last; beside it what was forgotten, "
        "and what is kept for it.",
        lambda: pictures.method_comparison(histories, theme=theme),
        of="methods",
    )
    yield Plan(
        "forgetting",
        "What is forgotten.",
        "Above, what is left of the first task; below, the average over the tasks so far.",
        lambda: pictures.forgetting_curves(histories, theme=theme),
        of="curves",
    )


def _matrices(done: "Remembered", theme: str) -> Iterator[Plan]:
    """The matrices of the best methods and of the worst, in this order."""
    if len(done.tasks) < 2:
        return
    ranked = sorted(done.summaries, key=lambda one: -np.nan_to_num(one.average.mean))
    # What was asked once, at the end, has no course to show.
    names = [m.method for m in ranked if np.isfinite(done.mean_matrix(m.method)[:-1]).any()]
    for name in dict.fromkeys([*names[:BEST], *names[BEST:][-WORST:]]):
        yield Plan(
            f"matrix-{name}",
            f"{name}.",
            "A row after each task, a column a test; a column that fades is a task forgotten.",
            partial(pictures.accuracy_matrix, done.histories[name], name=name, theme=theme),
            of="matrices",
        )


def _tasks(done: "Remembered", theme: str) -> Iterator[Plan]:
    shown = done.exhibits
    labels = shown.get("labels")
    if "images" in shown:
        yield Plan(
            "tasks",
            "The tasks.",
            "A few test images of each task, as a learner sees them.",
            lambda: pictures.task_images(
                shown["images"][:, :ROWS],
                labels=None if labels is None else np.array(done.facts.labels)[labels[:, :ROWS]],
                tasks=done.tasks,
                theme=theme,
            ),
            of="tasks",
        )


def _energies(done: "Remembered", theme: str) -> Iterator[Plan]:
    """The basins, and the energies of the first method that has some."""
    shown = done.exhibits
    named = [name for name in shown if name.startswith("energies/")]
    if "densities" in shown and named:
        yield Plan(
            "basins",
            "The basins.",
            "The mean density of each task’s images, its attractor, and the trap made of it.",
            lambda: pictures.basin_attractors(shown["densities"], tasks=done.tasks, theme=theme),
            of="field",
        )
    if named:
        tables = [table[:FULL] for table in shown[named[0]]]
        yield Plan(
            "energies",
            f"Energies by task, {named[0].removeprefix('energies/')}.",
            "An image falls into the basin of lowest energy; no task label is asked for. Test "
            "images of the first seed.",
            lambda: pictures.energies_by_task(tables, tasks=done.tasks, theme=theme),
            of="field",
        )


def _passage(done: "Remembered", theme: str, animate: bool) -> Iterator[Plan]:
    """A test image of the first task on its way through the field that learnt that task."""
    held = [name for name in FIELDS if name in done.weights and "images" in done.exhibits]
    if not held:
        return
    image = done.exhibits["images"][0, 0]
    label = done.facts.labels[int(np.ravel(done.exhibits["labels"])[0])]
    network = _network(done, held[0])
    if network is None:
        return
    words = f"Test image “{label}” in the first basin of {held[0]}"
    caption = (
        f"{words}: kicks of the learnt planes turn the phase, flights between them move the "
        "density, which is read out at the end."
    )
    yield Plan(
        "passage",
        "A field on its way.",
        caption,
        lambda: pictures.field_passage(network, image, name=words, theme=theme),
        of="field",
    )
    if animate:
        yield Plan(
            "passage",
            "The same, as a film.",
            "Every frame is a state of the layer’s own calculation.",
            lambda: pictures.field_animation(network, image, name=words, theme=theme),
            moving=True,
            of="field",
        )


def _network(done: "Remembered", name: str) -> Any:
    """The network of the first basin of a learner; None where it has none that can be seen."""
    try:
        learner: Any = done.learner(name)
    except Refusal:
        return None
    basins = getattr(learner, "basins", None)
    return getattr(basins[0].expert, "network", None) if basins else None


def _drift(done: "Remembered", theme: str) -> Iterator[Plan]:
    """One field taught task after task, with nothing to hold it: what basins avoid."""
    if len(done.tasks) < 2:
        return

    def draw() -> Any:
        from lawful.studies.memory.drift import drift

        found = drift(done.stream(), seed=done.study.seed)
        first, last = (say.percent(float(share)) for share in found.accuracy[[0, -1]])
        return pictures.attractor_drift(
            found.densities,
            names=[done.facts.labels[c] for c in found.classes],
            moments=found.moments,
            what=f"Test images of task 1: {first} right at first, {last} at the end",
            theme=theme,
        )

    yield Plan(
        "drift",
        "What basins avoid.",
        f"One field, its planes shared by all tasks, taught up to {TAUGHT} images of each of the "
        f"first {min(TASKS, len(done.tasks))} in turn (none of the methods compared): where its "
        "output density gathers for the images of the first task, by class, and how that drifts "
        "as others are learnt. A basin’s planes are not touched by later tasks, so that its "
        "attractors stay.",
        draw,
        of="field",
    )
