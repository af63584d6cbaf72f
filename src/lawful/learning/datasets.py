"""The front door to data: a name, or the path of a table, to `Samples`.

    xor, and, or, parity                        the corners of a cube
    circles, moons, spirals, gaussians, sample  drawn by a seed
    digits, mnist                               handwritten; from lawful[data]
    my.csv                                      a table, with the column to learn

>>> from lawful.learning import datasets
>>> datasets.xor()
Samples('xor', 4 samples of 2 features, 2 classes)
>>> datasets.dataset("moons", samples=50, noise=0.2, seed=3).size
50
"""

import difflib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lawful.learning.digits import digits
from lawful.learning.gates import and_, or_, parity, xor
from lawful.learning.labelled import labelled
from lawful.learning.mnist import mnist
from lawful.learning.samples import Samples
from lawful.learning.shapes import circles, create_sample_data, gaussians, moons, spirals
from lawful.refusal import Refusal

__all__ = [
    "and_",
    "circles",
    "create_sample_data",
    "dataset",
    "digits",
    "gaussians",
    "labelled",
    "mnist",
    "moons",
    "names",
    "or_",
    "parity",
    "spirals",
    "xor",
]

_DRAWN: dict[str, Callable[..., Samples]] = {
    "xor": xor,
    "and": and_,
    "or": or_,
    "parity": parity,
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
    "gaussians": gaussians,
}
_HELD: dict[str, Callable[[], Samples]] = {"digits": digits, "mnist": mnist}


def names() -> tuple[str, ...]:
    """What `dataset` knows by name.

    >>> names()
    ('xor', 'and', 'or', 'parity', 'circles', 'moons', 'spirals', 'gaussians', 'sample',
     'digits', 'mnist')
    """
    return (*_DRAWN, "sample", *_HELD)


def dataset(
    name_or_path: str | os.PathLike[str],
    *,
    target: str | None = None,
    samples: int | None = None,
    noise: float | None = None,
    seed: int = 0,
) -> Samples:
    """The samples of a name, or of a table.

    Parameters
    ----------
    name_or_path
        One of `names`, or the path of a table (`labelled`).
    target
        The column to learn; of a table alone.
    samples
        How many: drawn, or of what is held a stratified part.
    noise
        Standard deviation of what is drawn; what is held has none to set.
    seed
        Of what is drawn.

    Raises
    ------
    Refusal
        For a name that is none and a file that is not there, settings that the
        data does not have, more samples than there are.

    Examples
    --------
    >>> dataset("spirals", samples=100).goal > 0.9
    True
    >>> dataset("cirlces")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: no data set and no file 'cirlces'; expected one of xor, and, or, \
parity, circles, moons, spirals, gaussians, sample, digits, mnist, or the path of a table; \
did you mean 'circles'?
    """
    called = os.fspath(name_or_path)
    name = called.strip().casefold() if isinstance(name_or_path, str) else ""
    if name not in names():
        _check_there(called)
        _refuse_noise(called, noise)
        return _fewer(labelled(name_or_path, target), samples, seed)
    if target is not None:
        raise Refusal(f"a target {target!r} for {name}", "none: it says itself what is learnt")
    if name in _HELD:
        _refuse_noise(name, noise)
        return _fewer(_HELD[name](), samples, seed)
    if name == "sample":
        _refuse_noise(name, noise)
        return create_sample_data(seed=seed, **({} if samples is None else {"n_samples": samples}))
    asked = {"n": samples, "noise": noise}
    return _DRAWN[name](seed=seed, **{k: v for k, v in asked.items() if v is not None})


def _check_there(called: str) -> None:
    """Refuse what is neither a name nor like a path; a path that is not there says so itself."""
    place = Path(called).expanduser()
    if place.suffix or len(place.parts) > 1 or any(mark in called for mark in "*?["):
        return
    if place.is_file():
        return
    near = difflib.get_close_matches(called.casefold(), names(), 1, 0.6)
    raise Refusal(
        f"no data set and no file {called!r}",
        f"one of {', '.join(names())}, or the path of a table",
        f"did you mean {near[0]!r}?" if near else "",
    )


def _refuse_noise(name: str, noise: float | None) -> None:
    if noise:
        raise Refusal(f"a noise of {noise} for {name}", "none", "its noise is its own")


def _fewer(held: Samples, samples: int | None, seed: int) -> Samples:
    """A stratified part of that many samples; the test set stays whole."""
    if samples is None or samples == held.size:
        return held
    if not isinstance(samples, int) or not 0 < samples < held.size:
        raise Refusal(f"{samples!r} samples of {held.name}", f"1 to {held.size}")
    part = held.split(samples / held.size, seed)[1]
    return replace(part, test=held.test)
