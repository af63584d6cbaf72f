"""How sure a formula is: from what was read off a network to laws, as `find_laws` words them.

    λ = variance within runs / total,   ρ = variance within runs / variance of its noise

both on runs that neither the network nor the formula was fitted on. The noise of Q at a
sample is that of the columns carried through the formula, and its size that of high-order
differences in time of Q itself. ρ near 1: exact; λ small: approximate; else no law.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled, latex, names_in, parse
from lawful.laws import Findings, Law, inspect
from lawful.laws.features import Atom, Term, roles_of
from lawful.laws.gauge import unscented
from lawful.laws.noise import noise_level
from lawful.laws.search import NEARLY, STEADY
from lawful.laws.surrogates import p_value
from lawful.laws.verdict import ROUND_OFF
from lawful.laws.wording import POWERS, name_of, pivot_of, term_units
from lawful.studies.discovery import seen
from lawful.studies.physicsnet.independence import is_new
from lawful.studies.physicsnet.states import columns_of, measured
from lawful.studies.sources import Source
from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    import sympy

    from lawful.studies.physicsnet.discovering import Discovered
    from lawful.studies.physicsnet.folder import TrainingRun

Array = NDArray[np.float64]

MOST_RATIO = 1.3  # ρ of an exact law: chance, and noise in the formula's own constants
NEARLY_ESTIMATED = 2e-2  # λ of an approximate law where a rate is itself an estimate
SURROGATES = 199
FEWEST_RUNS = 6


def findings(run: "TrainingRun", discovered: "Sequence[Discovered]") -> Findings:
    """What was discovered, as findings: for `laws.json`, the monitor and the report.

    A formula that is not conserved on the test runs (a kinetic energy, say) is no law and
    is said under `warnings`; so is one that others imply.
    """
    states = measured(run)
    laws, said = _laws(run, states, discovered)
    m = run.material
    source = Source(m.runs, m.name, m.notes, m.fingerprints)
    return Findings(
        laws=tuple(laws),
        library=_searched(run, discovered),
        warnings=tuple(said),
        data={
            **seen(source, inspect(m.runs)),
            "learned": {
                "conserved": int(run.trained.count),
                "within_total": [float(v) for v in run.trained.within_total],
                "test_runs": int(run.test.size),
            },
        },
    )


def _laws(
    run: "TrainingRun", states: Trajectories, discovered: "Sequence[Discovered]"
) -> tuple[list[Law], list[str]]:
    laws: list[Law] = []
    said: list[str] = []
    surest_first = sorted(discovered, key=lambda one: one.within_total)
    for one in surest_first:
        law = graded(one.formula, run, states)
        if law is None:
            said.append(
                f"{one.target}: {one.formula} is not conserved along the test runs "
                f"(λ = {one.within_total:.2g}) and is no law."
            )
        elif not is_new(law.expression, [k.expression for k in laws], run, states):
            said.append(f"{one.target}: {one.formula} follows from the laws above it.")
        else:
            laws.append(law)
    return _told_apart(laws), said


def _told_apart(laws: Sequence[Law]) -> list[Law]:
    """Every law with a name, and no two with the same."""
    names: list[str] = []
    for k, law in enumerate(laws):
        name = law.name or f"quantity {k + 1}"
        names.append(name if name not in names else f"{name} ({k + 1})")
    return [replace(law, name=name) for law, name in zip(laws, names, strict=True)]


def _searched(run: "TrainingRun", discovered: "Sequence[Discovered]") -> dict[str, Any]:
    engines = sorted({one.front.engine for one in discovered})
    words = "formulas by symbolic regression" + (f" with {', '.join(engines)}" if engines else "")
    return {
        "method": "physicsnet",
        "variables": list(run.trained.variables),
        "functions": [f"{words} of what a network learned from {', '.join(run.trained.variables)}"],
    }


# ------------------------------------------------------------------- one formula


def graded(
    expression: str,
    run: "TrainingRun",
    states: Trajectories,
    which: "NDArray[np.intp] | None" = None,
) -> Law | None:
    """The law that a formula is, judged on runs held out; None where it is none.

    Parameters
    ----------
    expression
        A formula of the columns of `states`.
    run
        The training: which runs test, which parameters vary.
    states
        All runs, hidden rates estimated.
    which
        The runs that judge; the test runs when not given.
    """
    judges = run.test if which is None else which
    table = columns_of(run.material, states)
    used = {name: table[name] for name in names_in(expression)}
    times = np.array(clock(states))
    sizes = _column_noise(times, used, run)
    with np.errstate(all="ignore"):
        value, std = unscented(compiled(expression), used, sizes)
    held = np.isfinite(value)
    value = np.where(held, value, np.nan)
    lam, ratio, noise = _ratios(times[judges], value[judges], std[judges])
    exact = ratio <= MOST_RATIO or lam <= ROUND_OFF
    nearly = NEARLY_ESTIMATED if _estimated(states, used) else NEARLY
    drift, spread = _drift(value[judges]), float(np.nanstd(_means(value)))
    if not np.isfinite(lam + drift) or lam > (STEADY if exact else nearly):
        return None
    roles = roles_of(states)
    terms = _terms(expression)
    units = {str(n): str(v.attrs.get("units", "")) for n, v in run.material.runs.variables.items()}
    return Law(
        name=name_of(terms, roles),
        expression=expression,
        latex=latex(expression),
        grade="exact" if exact else "approximate",
        noise_ratio=ratio,
        within_total=lam,
        p_value=_chance(value, run.settings.seed),
        heldout_drift=drift / spread if spread > 0 else 0.0,
        units=_units(terms, roles, units),
        spread=spread,
        noise=noise,
        note=_note(states, used),
    )


def _column_noise(times: Array, used: Mapping[str, Array], run: "TrainingRun") -> dict[str, float]:
    """The measurement noise of each column; none of a parameter."""
    sizes = {}
    for name, values in used.items():
        if name not in run.material.varied:
            level = noise_level(times, values[..., None])
            size = float(level.std[0])
            sizes[name] = size if bool(level.resolved[0]) and np.isfinite(size) else 0.0
    return sizes


def _ratios(times: Array, value: Array, std: Array) -> tuple[float, float, float]:
    """λ, ρ and the noise of a formula's values, each of shape (run, time)."""
    held = np.isfinite(value)
    runs = int(held.any(axis=1).sum())
    off = value - _means(value)[:, None]
    within = float(np.nansum(off**2) / max(int(held.sum()) - runs, 1))
    total = float(np.nanvar(value))
    if not total > 0:
        return float("nan"), float("nan"), 0.0
    noise = _noise(times, value, std)
    return within / total, within / noise**2, noise


def _noise(times: Array, value: Array, std: Array) -> float:
    """Root mean square of the noise of Q, its pattern by the columns, its size by Q's own.

    Never less than the rounding of Q's largest value.
    """
    least = max(float(np.nanmax(np.abs(value))), 1e-300) * np.finfo(float).eps
    sizes = np.maximum(np.where(np.isfinite(std), std, 0.0), least)
    factor = noise_level(times, value[..., None], sizes[..., None]).std[0]
    pattern = float(np.sqrt(np.mean(sizes[np.isfinite(value)] ** 2)))
    return max(float(factor) * pattern if np.isfinite(factor) else 0.0, least)


def _means(value: Array) -> Array:
    held = np.isfinite(value)
    count = held.sum(axis=1)
    total = np.where(held, value, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _halves(value: Array) -> tuple[Array, Array]:
    """Each run's mean over the first half of its samples, and over the second."""
    held = np.isfinite(value)
    second = np.cumsum(held, axis=1) * 2 > held.sum(axis=1, keepdims=True)
    first = _means(np.where(~second, value, np.nan))
    other = _means(np.where(second, value, np.nan))
    whole = np.isfinite(first) & np.isfinite(other)
    return first[whole], other[whole]


def _drift(value: Array) -> float:
    first, second = _halves(value)
    return float(np.median(np.abs(second - first))) if first.size else float("nan")


def _chance(value: Array, seed: int) -> float:
    """The share of surrogates, first halves joined to other runs' second, as steady as this.

    Over all runs; 1 where they are too few to say.
    """
    first, second = _halves(value)
    if first.size < FEWEST_RUNS:
        return 1.0
    rng = np.random.default_rng([seed, 7])
    observed = float(np.mean((first - second) ** 2))
    drawn = []
    for _ in range(SURROGATES):
        order = rng.permutation(first.size)
        other = np.empty(first.size, dtype=np.intp)
        other[order] = np.roll(order, 1)
        drawn.append(float(np.mean((first - second[other]) ** 2)))
    return p_value(observed, np.array(drawn))


def _note(states: Trajectories, used: Mapping[str, Array]) -> str:
    hidden = _estimated(states, used)
    return f"{', '.join(hidden)} estimated from what the network saw." if hidden else ""


def _estimated(states: Trajectories, used: Mapping[str, Array]) -> list[str]:
    """The columns that were not measured."""
    return [n for n in used if n in states.data_vars and states[n].attrs.get("estimated")]


# ------------------------------------------------------------------- words


def _terms(expression: str) -> list[Term]:
    """The formula's terms, in the words of the library."""
    import sympy as sp

    parts = sp.Add.make_args(sp.expand(parse(expression)))
    return [_term(part) for part in parts if part.free_symbols]


def _term(part: "sympy.Expr") -> Term:
    factors = [f for f in part.as_ordered_factors() if f.free_symbols]
    return Term(tuple(_factor(f) for f in factors), 1)


def _factor(factor: "sympy.Expr") -> tuple[Atom, int]:
    """A variable to a power, 1/r of a point, or some function of variables."""
    import sympy as sp

    base, exponent = factor.as_base_exp()
    if base.is_Symbol and exponent.is_Integer:
        return Atom("variable", (str(base),), str(base)), int(exponent)
    of = tuple(sorted(str(s) for s in factor.free_symbols))
    near = abs(float(exponent) + 0.5) < 1e-6 if exponent.is_Number else False
    squares = all(p.as_base_exp()[1] == 2 for p in map(_bare, sp.Add.make_args(base)))
    kind = "inverse" if near and base.is_Add and squares else "function"
    return Atom(kind, of, str(factor)), 1


def _bare(part: "sympy.Expr") -> "sympy.Expr":
    return part.as_coeff_Mul()[1]


def _units(
    terms: Sequence[Term], roles: Mapping[str, Mapping[str, str]], units: Mapping[str, str]
) -> str:
    """The unit of the term whose coefficient is a pure number; "" where that is not known."""
    if not terms:
        return ""
    pivot = terms[pivot_of(terms, roles)[0]]
    known = all(atom.kind in POWERS for atom, _ in pivot.factors)
    return term_units(pivot, units) if known else ""
