"""Columns that a formula can be searched for in: checked at the door."""

import keyword
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.expressions import FUNCTIONS
from lawful.refusal import Refusal

Array = NDArray[np.float64]

FEWEST = 20  # samples


def checked(
    columns: Mapping[str, ArrayLike],
    target: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> tuple[dict[str, Array], Array, NDArray[np.intp] | None]:
    """Columns, target and groups as arrays of one length; refused where they cannot be meant.

    Examples
    --------
    >>> checked({"exp": np.zeros(30)})
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: column 'exp'; expected a name that is no function of formulas; \
rename it
    """
    if not columns:
        raise Refusal("no columns", "at least one array of shape (samples,)")
    data = {name: _numbers(values, f"column {name!r}") for name, values in columns.items()}
    for name in data:
        _check_name(name)
    size = next(iter(data.values())).size
    y = np.zeros(size) if target is None else _numbers(target, "the target")
    for what, values in [*((f"column {n!r}", v) for n, v in data.items()), ("the target", y)]:
        if values.size != size:
            raise Refusal(f"{what} with {values.size} samples", f"{size}, as in the first column")
    if size < FEWEST:
        raise Refusal(f"{size} samples", f"at least {FEWEST}", "give more runs, or longer ones")
    if target is not None and not np.ptp(y) > 1e-12 * np.abs(y).max():
        raise Refusal(f"a target that is {y[0]:g} everywhere", "one that varies")
    return data, y, None if groups is None else _groups(groups, size)


def _numbers(values: ArrayLike, what: str) -> Array:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise Refusal(f"{what} holds something other than numbers", "real numbers") from None
    if array.ndim != 1:
        raise Refusal(f"{what} of shape {array.shape}", "(samples,)", "flatten it")
    bad = int((~np.isfinite(array)).sum())
    if bad:
        raise Refusal(
            f"{what} with {bad} samples that are no finite number", "none", "drop those samples"
        )
    return array


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise Refusal(
            f"column {name!r}", "a name of letters, digits and _ as formulas have", "rename it"
        )
    if name in FUNCTIONS or name == "pi":
        raise Refusal(f"column {name!r}", "a name that is no function of formulas", "rename it")


def _groups(groups: ArrayLike, size: int) -> NDArray[np.intp]:
    names = np.asarray(groups)
    if names.shape != (size,):
        raise Refusal(f"groups of shape {names.shape}", f"({size},): the run of each sample")
    return np.unique(names, return_inverse=True)[1].astype(np.intp)
