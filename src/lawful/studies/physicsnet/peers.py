"""Two ways to laws on the same runs: a library of terms, and a network.

    R²(Q | q_1, …, q_k):  Q ≈ polynomial of degree 3 at most, with a ridge,
    fitted on the runs that were learned from, scored on the test runs, one mean a run

A method has found an invariant if that is a function of what it found. Degree and ridge are
chosen within the runs that are fitted, whole runs held out in turn, so that few runs are not
fitted to death.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.store import plain
from lawful.studies.physicsnet.agreement import held, learned_from
from lawful.studies.physicsnet.states import columns_of
from lawful.studies.physicsnet.targets import truths

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun

Array = NDArray[np.float64]

DEGREE = 3
RIDGES = tuple(10.0**-k for k in (12, 10, 8, 6, 4, 2))
FOLDS = 4  # within the runs that are fitted
FEWEST = 4  # runs: fewer cannot be halved to any purpose
MOST = 20  # samples of a run


@dataclass(frozen=True)
class Found:
    """What one method found: how many laws, which, and the worst R² of a true one in them."""

    count: int
    names: tuple[str, ...]
    worst: float
    r2: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class Side:
    """Both methods on the runs of one system.

    Attributes
    ----------
    system
        Whose.
    true_count
        How many invariants there are.
    library, learned
        What was found: by the library of terms, by the network.
    """

    system: str
    true_count: int
    library: Found
    learned: Found

    @property
    def spans(self) -> dict[str, tuple[int, float]]:
        """Count and worst R² by method, as `pictures.method_spans` takes them."""
        return {
            name: (one.count, one.worst)
            for name, one in (("library", self.library), ("learned", self.learned))
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return plain(asdict(self))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Side":
        """The inverse of `to_dict`."""
        sides = {name: _found(record[name]) for name in ("library", "learned")}
        return cls(str(record["system"]), int(record["true_count"]), **sides)


def _found(record: Mapping[str, Any]) -> Found:
    r2 = {name: _number(value) for name, value in record["r2"].items()}
    worst, seconds = _number(record["worst"]), _number(record["seconds"])
    return Found(int(record["count"]), tuple(record["names"]), worst, r2, seconds)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def side_by_side(
    run: "TrainingRun", *, seed: int = 0, progress: Callable[[str], None] | None = None
) -> Side:
    """Search the network's own runs with the library, and compare what both found.

    The library searches the runs that the network learned from and was stopped by, with the
    columns that the network sees. Both are judged on the test runs.

    Parameters
    ----------
    run
        A training on a system whose invariants are known.
    seed
        Of the search.
    progress
        Called with the name of each step.
    """
    from lawful.laws import find_laws

    say = progress or (lambda step: None)
    seen = run.material.runs[list(run.trained.variables)]
    say("library")
    began = time.perf_counter()
    laws = find_laws(seen.isel(run=learned_from(run)), seed=seed).laws
    took = time.perf_counter() - began
    columns = columns_of(run.material, seen)
    shape = (seen.sizes["run"], seen.sizes["time"])
    with np.errstate(all="ignore"):
        read = [np.broadcast_to(law.function(columns), shape) for law in laws]
    library = np.stack(read, axis=-1) if read else np.empty((*shape, 0))
    say("learned")
    count = int(run.trained.count)
    names = tuple(f"quantity {k + 1}" for k in range(count))
    return Side(
        run.material.name,
        len(_own_invariants(run)),
        _judged(run, (len(laws), tuple(law.name for law in laws)), library, took),
        _judged(run, (count, names), held(run), run.seconds),
    )


def _own_invariants(run: "TrainingRun") -> dict[str, Array]:
    """The system's independent invariants alone, without sums of them."""
    system = run.material.system
    every = truths(run.material)
    return {name: every[name] for name in (system.invariants if system else ()) if name in every}


def _judged(
    run: "TrainingRun", found: tuple[int, tuple[str, ...]], q: Array, seconds: float
) -> Found:
    true = {name: run_means(truth[..., None])[:, 0] for name, truth in _own_invariants(run).items()}
    r2 = spanned(run, run_means(q), true)
    finite = [value for value in r2.values() if np.isfinite(value)]
    return Found(*found, min(finite, default=float("nan")), r2, seconds)


def run_means(q: Array) -> Array:
    """The mean of each quantity along each run, (run, k) from (run, time, k); NaN for none."""
    known = np.asarray(np.isfinite(q).all(axis=-1))
    count = known.sum(axis=1)[:, None]
    total = np.where(known[..., None], q, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def spanned(run: "TrainingRun", q: Array, true: Mapping[str, Array]) -> dict[str, float]:
    """By true invariant, R² of it as a function of quantities, sample by sample or run by run.

    Quantities are of shape (run, time, k), truths (run, time); or both without time.
    """
    fit = np.zeros(len(q), dtype=bool)
    fit[learned_from(run)] = True
    return {name: span_r2(q, truth, fit=fit) for name, truth in true.items()}


# ------------------------------------------------------------------------ the regression


def span_r2(
    quantities: Array,
    truth: Array,
    *,
    fit: NDArray[np.bool_] | None = None,
    degree: int = DEGREE,
    seed: int = 0,
) -> float:
    """R² of a truth as a polynomial of what was found, on runs that it was not fitted on.

    Parameters
    ----------
    quantities
        Shape (run, time, k), or (run, k) with one value a run; NaN is left out.
    truth
        Shape (run, time), or (run,).
    fit
        On which runs the polynomial is fitted, shape (run,); it is scored on the others. Half
        of them, drawn with `seed`, when not given.
    degree
        At most.

    Returns
    -------
    float
        At most 1; NaN where nothing was found, where runs are few or the truth is the same in
        all that are scored.

    Examples
    --------
    >>> e, l = np.random.default_rng(0).uniform(-1, 1, size=(2, 200))
    >>> mixed = np.stack([e + l**2, l - 0.1 * e], axis=1)
    >>> bool(span_r2(mixed, e) > 0.999), bool(span_r2(mixed[:, :1], l) < 0.5)
    (True, True)
    """
    q, t = (quantities[:, None], truth[:, None]) if truth.ndim == 1 else (quantities, truth)
    known = np.isfinite(np.concatenate([q, t[..., None]], axis=-1)).all(axis=-1)
    runs = np.flatnonzero(known.any(axis=1))
    if not q.shape[-1] or runs.size < FEWEST:
        return float("nan")
    if fit is None:
        fit = np.zeros(len(q), dtype=bool)
        fit[np.random.default_rng(seed).permutation(runs)[: runs.size // 2]] = True
    rows, groups = _rows(known, runs)
    x, y, inside = q[rows], t[rows], fit[groups]
    scored = y[~inside]
    if np.unique(groups[inside]).size < 2 or not scored.size or not np.ptp(scored) > _least(y):
        return float("nan")
    wrong = scored - _chosen(x[inside], y[inside], groups[inside], degree)(x[~inside])
    return float(1 - np.sum(wrong**2) / np.sum((scored - scored.mean()) ** 2))


def _least(values: Array) -> float:
    """Below this a spread is round-off."""
    return 1e-9 * max(float(np.abs(values).max()), 1e-300)


def _rows(known: NDArray[np.bool_], runs: NDArray[np.intp]) -> tuple[Any, NDArray[np.intp]]:
    """Samples of every run, at most `MOST` of each, and whose they are."""
    chosen = []
    for run in runs:
        places = np.flatnonzero(known[run])
        some = np.unique(np.linspace(0, places.size - 1, min(MOST, places.size)).astype(np.intp))
        chosen.append(np.stack([np.full(some.size, run), places[some]]))
    rows = np.concatenate(chosen, axis=1)
    return (rows[0], rows[1]), rows[0]


def _chosen(x: Array, y: Array, groups: NDArray[np.intp], degree: int) -> Callable[[Array], Array]:
    """The polynomial whose degree and ridge do best on runs held out in turn."""
    folds = np.unique(groups, return_inverse=True)[1] % FOLDS
    tried = [
        (_held_out(x, y, folds, d, ridge), d, ridge)
        for d in range(1, degree + 1)
        for ridge in RIDGES
    ]
    _, d, ridge = min(tried)
    return _fitted(x, y, d, ridge)


def _held_out(x: Array, y: Array, folds: NDArray[np.intp], degree: int, ridge: float) -> float:
    wrong = 0.0
    for fold in np.unique(folds):
        out = folds == fold
        wrong += float(np.sum((y[out] - _fitted(x[~out], y[~out], degree, ridge)(x[out])) ** 2))
    return wrong


def _fitted(x: Array, y: Array, degree: int, ridge: float) -> Callable[[Array], Array]:
    """Least squares with a ridge, on columns in units of their spread."""
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    terms = np.stack(list(_terms((x - mean) / spread, degree)), axis=1)
    middle, size = terms.mean(0), np.maximum(terms.std(0), 1e-12)
    unit = (terms - middle) / size
    gram = unit.T @ unit / len(unit) + ridge * np.eye(unit.shape[1])
    weights = np.linalg.solve(gram, unit.T @ (y - y.mean()) / len(unit))

    def ask(new: Array) -> Array:
        columns = np.stack(list(_terms((new - mean) / spread, degree)), axis=1)
        said = y.mean() + (columns - middle) / size @ weights
        room = 0.5 * np.ptp(y)  # a polynomial knows no bounds
        return np.asarray(np.clip(said, y.min() - room, y.max() + room))

    return ask


def _terms(columns: Array, degree: int) -> Iterator[Array]:
    for order in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(columns.shape[1]), order):
            yield np.prod(columns[:, list(chosen)], axis=1)
