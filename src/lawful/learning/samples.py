"""Samples: what a network learns from, inputs beside the answers wanted.

X(n, d) -> y(n, k)

two classes        k = 1, y = 0 or 1
C > 2 classes      k = C, one 1 a row (one-hot)
numbers            k any, `classes` empty (regression)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.scaling import Scaling
from lawful.learning.splitting import stratified
from lawful.refusal import Refusal

Array = NDArray[Any]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and the answers wanted; frozen, and its arrays are read-only views.

    Unpacks as `X, y = samples`.

    Parameters
    ----------
    X
        Inputs, shape (n, d). Float64; float32 stays float32 (MNIST's pixels, to halve
        the memory), anything else becomes float64.
    y
        Answers, shape (n, k) or (n,), made to the dtype of X; see the module for what
        they hold. `Samples.from_labels` makes them of labels.
    name
        What the samples are called.
    features
        Names of the d inputs; x1, x2, … when not given.
    classes
        Names of the classes in the order of y; empty for numbers.
    goal
        The accuracy that counts as solved, 0 < goal <= 1; not used where the answers are
        numbers, which have no accuracy.
    test
        Samples kept apart for the last word (MNIST's own test set).
    notes
        Sentences that say what was left out, scaled or guessed.
    x_scaling, y_scaling
        How X and y were scaled from the units of their source; None where they were not.

    Raises
    ------
    Refusal
        For shapes that do not fit, values that are not finite, answers that are no
        classes where there are classes, a goal outside (0, 1].

    Examples
    --------
    >>> samples = Samples([[0, 0], [0, 1], [1, 1]], [0, 1, 0], classes=("even", "odd"))
    >>> samples.size, samples.inputs, samples.outputs
    (3, 2, 1)
    >>> samples.labels
    array([0, 1, 0])
    """

    X: Array
    y: Array
    name: str = ""
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    goal: float = 1.0
    test: "Samples | None" = None
    notes: tuple[str, ...] = ()
    x_scaling: Scaling | None = None
    y_scaling: Scaling | None = None

    def __post_init__(self) -> None:
        X = _numbers("X", self.X)
        y = _numbers("y", self.y, X.dtype)
        if X.ndim != 2 or 0 in X.shape:
            raise Refusal(f"inputs of the shape {X.shape}", "(samples, features), neither 0")
        y = y[:, None] if y.ndim == 1 else y
        if y.ndim != 2 or 0 in y.shape or len(y) != len(X):
            raise Refusal(f"answers of the shape {y.shape} to {len(X)} samples", "one row each")
        features = tuple(self.features) or tuple(f"x{i + 1}" for i in range(X.shape[1]))
        if len(features) != X.shape[1]:
            raise Refusal(f"{len(features)} names for {X.shape[1]} features", "one each")
        _check_answers(y, tuple(self.classes))
        if not 0 < self.goal <= 1:
            raise Refusal(f"a goal of {self.goal}", "a share above 0 and at most 1")
        if self.test is not None and self.test.X.shape[1:] + self.test.y.shape[1:] != (
            X.shape[1:] + y.shape[1:]
        ):
            raise Refusal("test samples of another shape", f"{X.shape[1]} inputs, {y.shape[1]} out")
        for name, value in {
            "X": _frozen(X),
            "y": _frozen(y),
            "features": features,
            "classes": tuple(self.classes),
            "notes": tuple(self.notes),
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_labels(
        cls, X: ArrayLike, labels: ArrayLike, classes: Sequence[str], **rest: Any
    ) -> "Samples":
        """Samples of classes, told by their numbers.

        Parameters
        ----------
        X
            Inputs, shape (n, d).
        labels
            Which of `classes`, shape (n,), whole numbers from 0.
        classes
            Names, two at least.
        **rest
            As `Samples` takes it.

        Examples
        --------
        >>> Samples.from_labels([[0.0], [1.0], [2.0]], [0, 2, 1], "abc").y
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
        """
        numbers = np.asarray(labels)
        if numbers.ndim != 1 or numbers.dtype.kind not in "biu" or not numbers.size:
            raise Refusal(
                f"labels of type {numbers.dtype} and shape {numbers.shape}", "whole numbers, (n,)"
            )
        if numbers.min() < 0 or numbers.max() >= len(classes):
            raise Refusal(
                f"labels from {numbers.min()} to {numbers.max()}",
                f"0 to {len(classes) - 1} for {len(classes)} classes",
            )
        if len(classes) == 2:
            y = numbers[:, None].astype(np.float32)
        else:
            y = np.zeros((len(numbers), len(classes)), np.float32)
            y[np.arange(len(numbers)), numbers.astype(np.intp)] = 1
        return cls(np.asarray(X), y, classes=tuple(classes), **rest)

    def __iter__(self) -> Iterator[Array]:
        yield self.X
        yield self.y

    def __repr__(self) -> str:
        what = f"{len(self.classes)} classes" if self.classes else f"{self.outputs} numbers"
        kept = f", {self.test.size} to test" if self.test else ""
        named = f"{self.name!r}, " if self.name else ""
        return f"Samples({named}{self.size} samples of {self.inputs} features, {what}{kept})"

    @property
    def size(self) -> int:
        """How many samples."""
        return len(self.X)

    @property
    def inputs(self) -> int:
        """How many features."""
        return int(self.X.shape[1])

    @property
    def outputs(self) -> int:
        """How many answers a sample: the size of a network's last layer."""
        return int(self.y.shape[1])

    @property
    def labels(self) -> Indices:
        """Which class, shape (n,).

        Raises
        ------
        Refusal
            Where the answers are numbers.
        """
        if not self.classes:
            raise Refusal(
                f"{self.name or 'these samples'}: the answers are numbers",
                "classes",
                "use .y",
            )
        return _labels(self.y)

    def take(self, indices: ArrayLike) -> "Samples":
        """Some of the samples, in the order asked; `test` stays.

        Parameters
        ----------
        indices
            Whole numbers from −n to n − 1, or n times true or false.

        Examples
        --------
        >>> Samples([[1.0], [2.0], [3.0]], [1, 2, 3]).take([2, 0]).X.ravel()
        array([3., 1.])
        """
        rows = np.atleast_1d(np.asarray(indices))
        masking = rows.dtype.kind == "b" and rows.shape == (self.size,)
        if rows.ndim != 1 or not (masking or rows.dtype.kind in "iu"):
            raise Refusal(
                f"indices of type {rows.dtype} and shape {rows.shape}",
                f"whole numbers, or {self.size} times true or false",
            )
        rows = np.flatnonzero(rows) if masking else rows
        if not rows.size:
            raise Refusal("no sample is taken", "one at least")
        if rows.min() < -self.size or rows.max() >= self.size:
            raise Refusal(
                f"samples {rows.min()} to {rows.max()} asked for", f"0 to {self.size - 1}"
            )
        return replace(self, X=self.X[rows], y=self.y[rows])

    def split(self, fraction: float, seed: int = 0) -> tuple["Samples", "Samples"]:
        """`(rest, part)`: the part holds that fraction of each class, drawn by `seed`.

        Disjoint, together everything, each in the order of these samples. Neither is
        empty. The rest keeps `test`.

        Parameters
        ----------
        fraction
            The part's share, above 0 and below 1.
        seed
            The same seed, the same split.

        Raises
        ------
        Refusal
            For another fraction, or a single sample.

        Examples
        --------
        >>> rest, part = Samples(np.arange(10.0)[:, None], np.zeros(10)).split(0.3)
        >>> rest.size, part.size
        (7, 3)
        """
        if not 0 < fraction < 1:
            raise Refusal(f"a fraction of {fraction}", "a number above 0 and below 1, such as 0.2")
        if self.size < 2:
            raise Refusal("one sample cannot be split", "two at least")
        strata = self.labels if self.classes else np.zeros(self.size, np.intp)
        chosen = stratified(strata, fraction, np.random.default_rng(seed))
        return self.take(~chosen), replace(self.take(chosen), test=None)

    def standardised(self, like: "Samples | None" = None) -> "Samples":
        """Each feature with mean 0 and standard deviation 1, `test` scaled alike.

        Answers stay as they are. A feature that never changes becomes 0.

        Parameters
        ----------
        like
            Take mean and deviation from these samples instead, not yet standardised:
            a validation part is scaled like the rest, so that nothing of it leaks.

        Examples
        --------
        >>> samples = Samples([[1.0, 5.0], [3.0, 5.0]], [0, 1]).standardised()
        >>> samples.X
        array([[-1.,  0.],
               [ 1.,  0.]])
        >>> samples.x_scaling.centre
        array([2., 5.])
        """
        source = self if like is None else like
        if source.inputs != self.inputs:
            raise Refusal(f"{source.inputs} features to scale {self.inputs} by", "as many")
        return self._scaled(Scaling.of(source.X))

    def _scaled(self, scaling: Scaling) -> "Samples":
        return replace(
            self,
            X=scaling.apply(self.X),
            x_scaling=scaling.after(self.x_scaling),
            test=self.test and self.test._scaled(scaling),
        )


def _numbers(what: str, values: ArrayLike, dtype: Any = None) -> Array:
    if np.ma.is_masked(values):
        raise Refusal(f"{what} has masked values", "numbers", "drop such samples, or fill them")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise TypeError
    except (TypeError, ValueError):
        raise Refusal(f"{what} is not an array of numbers", "a rectangle of numbers") from None
    if dtype is None:
        dtype = array.dtype if array.dtype == np.float32 else np.float64
    array = array.astype(dtype, copy=False)
    # The extremes are finite only if all are, and need no second array.
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        place = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise Refusal(
            f"{what} is not finite at {place}", "numbers", "drop such samples, or fill them"
        )
    return array


def _check_answers(y: Array, classes: tuple[str, ...]) -> None:
    if not classes:
        return
    columns = 1 if len(classes) == 2 else len(classes)
    if len(classes) < 2 or y.shape[1] != columns:
        raise Refusal(
            f"answers of {y.shape[1]} columns to {len(classes)} classes",
            "one column of 0 and 1 for two classes, one each for more",
        )
    if not ((y == 0) | (y == 1)).all() or (columns > 1 and not (y.sum(axis=1) == 1).all()):
        raise Refusal(
            "answers that are no classes",
            "0 or 1" if columns == 1 else "a single 1 a row",
            "make them with Samples.from_labels, or leave classes empty for numbers",
        )


def _labels(y: Array) -> Indices:
    return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(np.intp)


def _frozen(array: Array) -> Array:
    """Read-only, and a copy of what somebody else might still write to."""
    view = array.copy() if array.flags.writeable else array.view()
    view.flags.writeable = False
    return view
