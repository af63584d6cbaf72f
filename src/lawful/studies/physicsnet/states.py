"""The columns that formulas are fitted on: what the network saw, as measured or denoised.

measured:  x(run, time) of the observed variables
denoised:  what the network's decoder makes of them
rates:     dx/dt by local polynomials, where a velocity was kept from the network
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.studies.physicsnet.material import Material

Array = NDArray[np.float64]
Columns = dict[str, Array]
RATES = ("velocity", "angular_velocity")


def measured(run: "TrainingRun") -> Trajectories:
    """The observed variables as they were measured, hidden rates estimated."""
    names = [n for n in map(str, run.material.runs.data_vars) if n in run.trained.variables]
    return with_rates(run.material.runs[names], run.material.runs)


def denoised(run: "TrainingRun") -> Trajectories:
    """The observed variables as the network's decoder sees them, hidden rates estimated."""
    return with_rates(run.trained.states(run.material.runs), run.material.runs)


def fitted_on(run: "TrainingRun") -> tuple[Trajectories, str]:
    """What a formula is fitted on, and what to call it.

    Where no noise was added the data are better than anything a network makes of them.
    """
    if run.material.noise == 0.0:
        states, what = measured(run), "the data, which have no noise"
    else:
        states, what = denoised(run), "the states as the network denoises them"
    hidden = [str(n) for n, v in states.data_vars.items() if v.attrs.get("estimated")]
    return states, what + (f"; {', '.join(hidden)} estimated" if hidden else "")


def with_rates(states: Trajectories, whole: Trajectories) -> Trajectories:
    """`states` with the rates that `whole` has and they lack, estimated from them.

    Examples
    --------
    >>> from lawful.systems import simulate
    >>> whole = simulate("spring", runs=2, samples=200)
    >>> filled = with_rates(whole[["x"]], whole)
    >>> bool(abs(filled.v - whole.v).max() < 1e-3 * whole.v.std())
    True
    """
    from lawful.differentiation import derivative

    times, filled = clock(whole), states
    for name, variable in whole.data_vars.items():
        of = variable.attrs.get("of", "")
        if name in states.data_vars or variable.attrs.get("role") not in RATES:
            continue
        if of in states.data_vars:
            rate = derivative(times, states[of].values)
            attributes = {**variable.attrs, "estimated": "yes"}
            filled = filled.assign({name: (("run", "time"), rate, attributes)})
    return filled


def columns_of(m: "Material", states: Trajectories) -> Columns:
    """Variables and parameters that vary between runs, each of shape (run, time)."""
    shape = (states.sizes["run"], states.sizes["time"])
    columns = {str(n): np.asarray(v.values, dtype=float) for n, v in states.data_vars.items()}
    for name in m.varied:
        columns[name] = np.array(np.broadcast_to(m.runs[name].values[:, None], shape), dtype=float)
    return columns


def of_runs(columns: Columns, which: NDArray[np.intp]) -> Columns:
    """The columns of some runs alone."""
    return {name: values[which] for name, values in columns.items()}


def flat(columns: Columns, *others: Array) -> tuple[Columns, NDArray[np.intp], list[Array]]:
    """Complete samples in one row: columns, the run of each sample, and other arrays.

    Examples
    --------
    >>> rows, groups, _ = flat({"x": np.array([[1.0, np.nan], [2.0, 3.0]])})
    >>> rows["x"], groups
    (array([1., 2., 3.]), array([0, 1, 1]))
    """
    arrays = [*columns.values(), *others]
    held = np.all([np.isfinite(a) for a in arrays], axis=0)
    rows = {name: values[held] for name, values in columns.items()}
    return rows, np.nonzero(held)[0], [other[held] for other in others]
