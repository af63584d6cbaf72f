"""Whether a formula says something that others do not.

    Q is new  ⇔  ∇Q is not in the span of ∇Q_1, …, ∇Q_n,  on the whole

Slopes are central differences at samples of the data, in units of each column's spread.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled, names_in
from lawful.studies.physicsnet.states import columns_of
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun

Array = NDArray[np.float64]

NOVEL = 0.05  # share of a formula's gradient that those before it do not span
_POINTS = 400


def is_new(expression: str, known: Sequence[str], run: "TrainingRun", states: Trajectories) -> bool:
    """Whether a formula is independent of others: its gradient is not in the span of theirs."""
    if not known:
        return True
    table = columns_of(run.material, states)
    names = sorted({name for text in (expression, *known) for name in names_in(text)})
    rows = np.stack([table[name].ravel() for name in names])
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    chosen = np.random.default_rng(0).permutation(rows.shape[1])[:_POINTS]
    points = dict(zip(names, rows[:, chosen], strict=True))
    scale = dict(zip(names, rows.std(axis=1), strict=True))
    slopes = [_gradient(text, points, scale) for text in (expression, *known)]
    new, *old = [s / np.sqrt(np.mean(np.sum(s**2, axis=1))) for s in slopes]
    basis = np.linalg.qr(np.stack(old, axis=2))[0]
    left = new - np.einsum("pvk,pwk,pw->pv", basis, basis, new)
    return bool(np.sqrt(np.mean(np.sum(left**2, axis=1))) > NOVEL)


def _gradient(text: str, points: Mapping[str, Array], scale: Mapping[str, float]) -> Array:
    """Slopes in units of each column's spread, shape (point, column)."""
    function = compiled(text)
    slopes = []
    for name, values in points.items():
        step = 1e-5 * scale[name]
        with np.errstate(all="ignore"):
            up = function({**points, name: values + step})
            down = function({**points, name: values - step})
        slopes.append(np.broadcast_to(np.asarray(up - down) / 2e-5, values.shape))
    return np.nan_to_num(np.stack(slopes, axis=1))
