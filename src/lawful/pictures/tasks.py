"""The tasks themselves: the same few images as each task shows them.

A row is a task, a column an image; of a stream split by classes each task has its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lawful.pictures import recalled, style
from lawful.pictures.field_strip import brightness
from lawful.pictures.passage import numbers
from lawful.refusal import Refusal

MOST = 10  # tasks that are drawn


def task_images(
    images: Any,
    *,
    tasks: Sequence[str] | None = None,
    labels: Any = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """A few images of every task.

    Parameters
    ----------
    images
        Shape (T, k, side, side); at most 10 tasks are drawn.
    tasks
        Their names; "task 1", … when not given.
    labels
        The names of the classes, shape (T, k): beside a row where it has one class, else below.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For shapes that do not fit.
    """
    sheet = numbers(images)
    if sheet.ndim != 4 or 0 in sheet.shape:
        raise Refusal(f"images of the shape {sheet.shape}", "(tasks, k, side, side)")
    count, each = sheet.shape[:2]
    if tasks is not None and len(tasks) != count:
        raise Refusal(f"{len(tasks)} names of tasks", f"{count}")
    if labels is not None and np.shape(labels) != (count, each):
        raise Refusal(f"labels of the shape {np.shape(labels)}", f"{(count, each)}")
    names = [f"task {k + 1}" for k in range(count)] if tasks is None else list(tasks)
    shown = min(count, MOST)
    peak = float(sheet.max()) or 1.0
    words = None if labels is None else np.asarray(labels).astype(str)
    alike = words is not None and bool((words == words[:1]).all())
    room = 0.0 if alike or words is None else 0.2
    # Tasks side by side, their images below one another: pages are wide.
    cell = float(np.clip(7.4 / shown, 0.92, 1.1))
    size = (max(cell * shown + 0.6, 7.4), (cell + room) * each + 1.1)
    letters = recalled.letters(names, 70 * cell, 9.5)
    with style.figure(theme, size) as (picture, look):
        sheets: Any = picture.subplots(each, shown, squeeze=False)
        for i, j in np.ndindex(each, shown):
            axes = style.dress(sheets[i][j], look)
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(visible=True, linewidth=0.6)
            axes.imshow(sheet[j, i] / peak, cmap=brightness(look), vmin=0, vmax=1)
            if i == 0:
                axes.set_title(names[j], size=letters, color=look.soft, loc="center", pad=4)
            if words is not None and not alike:
                axes.set_xlabel(str(words[j, i]), size=9, labelpad=2)
            elif words is not None and j == 0:
                axes.set_ylabel(str(words[0, i]), size=10, rotation=0, ha="right", va="center")
        more = f"The first {shown} of {count} tasks" if shown < count else f"{count} tasks"
        style.headline(picture, look, "What is to be learnt", f"{more}, a few test images of each")
    return picture
