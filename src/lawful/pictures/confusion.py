"""The confusion matrix: which classes a network takes for which.

    Nᵢⱼ = number of samples of class i that are called j;   share = Nᵢⱼ / Σⱼ Nᵢⱼ

Blue, on the diagonal, is right; red is wrong; the stronger, the larger the share of
the row. Source: K. Pearson's contingency table (1904), as classifiers use it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from lawful.pictures import reading, style
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.learning.record import Training
    from lawful.learning.samples import Samples

WORDY = 7  # classes up to which a cell says both count and share
NUMBERED = 26  # and up to which it says the count


def counts(known: ArrayLike, said: ArrayLike, classes: int) -> NDArray[np.intp]:
    """How often each class was called each, shape (classes, classes): known by said.

    Examples
    --------
    >>> counts([0, 0, 1], [0, 1, 1], 2)
    array([[1, 1],
           [0, 1]])
    """
    known, said = np.asarray(known, dtype=np.intp), np.asarray(said, dtype=np.intp)
    if known.shape != said.shape:
        raise Refusal(f"{known.size} classes known and {said.size} said", "as many")
    table = np.zeros((classes, classes), dtype=np.intp)
    np.add.at(table, (known, said), 1)
    return table


def confusion_matrix(
    training: "Training",
    *,
    data: "Samples | None" = None,
    theme: str | style.Theme = "dark",
) -> Figure:
    """The confusion matrix of a trained network, with counts and shares.

    Parameters
    ----------
    training
        Of a network with two classes or more.
    data
        The samples to judge; those kept apart for the last word (`training.data.test`)
        where there are such, those learned from otherwise.
    theme
        "dark" or "light".

    Raises
    ------
    Refusal
        For answers that are numbers.
    """
    judged = data or training.data.test or training.data
    names = reading.classes(judged)
    table = counts(judged.labels, training.network.predict(judged.X), len(names))
    known = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, known, out=np.zeros(table.shape), where=known > 0)
    side = float(np.clip(2.6 + 0.52 * len(names), 4.6, 8.4))
    with style.figure(theme, (side + 1.0, side + 1.0)) as (picture, look):
        axes = style.dress(picture.subplots(), look)
        _cells(axes, table, shares, look)
        _sides(axes, names, shares, look)
        style.headline(picture, look, "Confusion matrix", _words(training, judged, table))
    return picture


def _cells(
    axes: Axes, table: NDArray[np.intp], shares: NDArray[np.float64], look: style.Theme
) -> None:
    """The coloured cells, and what is written in them."""
    n = len(table)
    right = np.eye(n, dtype=bool)
    paper = style.oklab(np.array(to_rgb(look.panel)))
    ends = [style.oklab(np.array(to_rgb(c))) for c in (look.negative, look.positive)]
    strong = np.where(right[..., None], ends[1], ends[0])
    # A rare mistake is to be seen too.
    strength = np.where(table > 0, 0.12 + 0.88 * np.sqrt(shares), 0.0)
    mixed = paper + strength[..., None] * (strong - paper)
    colours = np.clip(style.from_oklab(mixed), 0.0, 1.0)
    axes.imshow(colours, aspect="equal", interpolation="nearest")
    axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=look.paper, linewidth=2.0 if n <= NUMBERED else 0.5)
    axes.tick_params(which="both", length=0)
    if n > NUMBERED:
        return
    size = float(np.clip(150.0 / n, 6.5, 17.0))
    for i, j in np.argwhere(table > 0):
        light = float(style.linear(colours[i, j]) @ np.array([0.2126, 0.7152, 0.0722]))
        ink = "#ffffff" if light < 0.18 else "#101218"
        both = n <= WORDY
        said = [(reading.count(table[i, j]), size, 0.5 * size if both else 0.0)]
        said += [(reading.percent(shares[i, j]), 0.62 * size, -0.6 * size)] if both else []
        for words, letters, up in said:
            axes.annotate(
                *(words, (j, i), (0.0, up)),
                textcoords="offset points", ha="center", va="center", size=letters, color=ink,
            )  # fmt: skip


def _sides(
    axes: Axes, names: tuple[str, ...], shares: NDArray[np.float64], look: style.Theme
) -> None:
    """Names of the classes on both sides; on the right, how much of each was found."""
    n = len(names)
    size = float(np.clip(130.0 / n, 5.0, 10.5))
    at = range(0, n, max(1, n // 40))
    short = [name if len(name) <= 14 else f"{name[:13]}…" for name in names]
    crowded = n * max(map(len, short)) > 60
    axes.set_xticks(list(at), [short[k] for k in at], rotation=60 if crowded else 0, size=size)
    axes.set_yticks(list(at), [short[k] for k in at], size=size)
    axes.tick_params(labelsize=size)
    axes.set(xlabel="said by the network", ylabel="true class")
    for spine in axes.spines.values():
        spine.set_visible(False)
    if n > NUMBERED or n <= WORDY:
        return
    twin: Any = axes.secondary_yaxis("right")
    found = [reading.percent(share) for share in np.diag(shares)]
    twin.set_yticks(range(n), found, size=size)
    style.dress(twin, look)
    twin.tick_params(length=0, labelsize=size)
    twin.spines["right"].set_visible(False)
    twin.set_ylabel("found", color=look.soft)


def _words(training: "Training", judged: Any, table: NDArray[np.intp]) -> str:
    own = training.data
    if judged is own.test:
        which = "samples kept apart"
    else:
        which = "samples it learned from" if judged is own else "samples"
    right = reading.percent(float(np.trace(table) / max(table.sum(), 1)))
    return (
        f"{reading.title(training)}: right for {right} of {reading.count(table.sum())} {which}\n"
        "Blue is right, red is wrong, the stronger the larger the share of the row"
    )
