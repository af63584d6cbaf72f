"""One trained network, made ready to be asked for formulas.

    columns, target on the runs learned from → front → the one chosen, its constants anew
    → without the terms that are not worth having → judged on the test runs

See `discovering` for what is asked.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled
from lawful.laws.features import roles_of
from lawful.refusal import Refusal
from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.form import coefficients, composed, pruned, same_form, sparer
from lawful.studies.physicsnet.grading import graded
from lawful.studies.physicsnet.scores import correlation, r_squared, up_to_scale
from lawful.studies.physicsnet.states import (
    RATES,
    Columns,
    columns_of,
    fitted_on,
    flat,
    measured,
    of_runs,
)
from lawful.studies.physicsnet.targets import invariants, named, true_expression, truths

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Target
    from lawful.laws.symbolic import Front
    from lawful.studies.physicsnet.folder import TrainingRun

Array = NDArray[np.float64]
Say = Callable[[str], None]

AS_WELL = 0.9  # of the best formula's R²: a steadier one still tells the quantity


class Search:
    """One training, made ready to be asked for formulas."""

    def __init__(
        self, run: "TrainingRun", engine: str, niterations: int, seed: int, say: Say
    ) -> None:
        self.run, self.say = run, say
        self.options: dict[str, Any] = {"engine": engine, "niterations": niterations, "seed": seed}
        states, self.words = fitted_on(run)
        self.roles = roles_of(states)
        self.columns = columns_of(run.material, states)
        self.measured = measured(run)
        self.data = columns_of(run.material, self.measured)
        self.truths = truths(run.material)
        clean = run.material.clean
        self.clean = None if clean is None else columns_of(run.material, clean)

    def known(self, target: str) -> Discovered:
        """A formula of a true quantity."""
        from lawful.laws.symbolic import refined

        m, began = self.run.material, time.perf_counter()
        name = named(m.system, target)
        if name not in self.truths or m.system is None:
            raise Refusal(
                f"target {target!r} of data whose states without noise are not known",
                "a simulation",
                "leave --target away: what the network learnt is then read off",
            )
        self.say(f"search: {name}")
        truth = self.truths[name]
        columns, words = self._columns_for(name)
        front, rows, groups, wanted = self._front(truth, columns)
        formula = self._settled(
            front.chosen.expression,
            rows,
            lambda f: refined(f, rows, wanted, groups=groups),
            lambda f: self._misses(f, truth),
        )
        true = true_expression(m.system, name, varied=m.varied)
        values = self._value(formula, self.clean or self.data)[self.run.test]
        every = self.run.trained.quantities(m.runs)[self.run.test]
        return Discovered(
            name,
            front,
            formula,
            r_squared(values, truth[self.run.test]),
            self._within_total(formula, self.run.test),
            self._best(every, by_run=True),
            same_form(formula, true),
            time.perf_counter() - began,
            self._best(every, by_run=False),
            name,
            {},
            _rows(formula, true),
            words,
        )

    def learned(self, target: "Target", number: int) -> Discovered:
        """A formula of a quantity that the network learned."""
        from lawful.laws.symbolic import conserved

        began, name = time.perf_counter(), f"learned {number}"
        self.say(f"search: {name}")
        front, *_ = self._front(target.values, self.columns)
        rows, groups, _ = flat(of_runs(self.data, self.run.fitted))

        def refit(formula: str) -> str:
            return conserved(formula, rows, groups, roles=self.roles)

        def error(formula: str) -> float:
            return self._within_total(formula, self.run.chosen_by) ** 0.5

        likeliest = self._steadiest(front, target.values, refit)
        formula = self._settled(likeliest, rows, refit, error)
        truth, r2, made, exact = self._judged(formula, front.chosen.r2)
        values = target.values[self.run.test][..., None]
        return Discovered(
            name,
            front,
            formula,
            r2,
            self._within_total(formula, self.run.test),
            self._best(values, by_run=True),
            exact,
            time.perf_counter() - began,
            self._best(values, by_run=False),
            truth,
            made,
            self._coefficients(formula, made),
            self.words,
        )

    def _columns_for(self, name: str) -> tuple[Columns, str]:
        """The columns that a target may depend on: T on rates alone, V on all else."""
        rates = {n for n, r in self.roles.items() if r.get("role") in RATES}
        others = set(self.columns) - rates
        if not rates or not others or name not in ("kinetic", "potential"):
            return self.columns, self.words
        parameters = set(self.run.material.varied)
        kept = (rates if name == "kinetic" else others) | parameters
        chosen = {n: values for n, values in self.columns.items() if n in kept}
        return chosen, f"{self.words}; of these {', '.join(chosen)}, as a {name} energy is"

    def _front(
        self, target: Array, columns: Columns
    ) -> "tuple[Front, Columns, NDArray[np.intp], Array]":
        """The search's answer, and what it was given: rows, the run of each, the target."""
        from lawful.laws.symbolic import regress

        which = self.run.fitted
        rows, groups, (wanted,) = flat(of_runs(columns, which), target[which])
        roles = {name: self.roles[name] for name in rows if name in self.roles}
        front = regress(rows, wanted, groups=groups, roles=roles, **self.options)
        return front, rows, groups, wanted

    def _steadiest(self, front: "Front", target: Array, refit: Callable[[str], str]) -> str:
        """The simplest formula of the front that is a law to the data and tells the quantity.

        What a network learned is a law's value up to its own errors, and the formula that
        fits these best need not be the law. Where none is one, that of the best score.
        """
        which, best = self.run.chosen_by, front.chosen.expression
        data = of_runs(self.data, which)

        def told(formula: str) -> float:
            return up_to_scale(self._value(formula, data), target[which])

        enough = AS_WELL * told(best)
        for one in front.formulas:
            if not told(one.expression) >= enough:
                continue
            formula = refit(one.expression)
            law = graded(formula, self.run, self.measured, which)
            if law is not None and law.grade == "exact" and told(formula) >= enough:
                return formula
        return best

    def _value(self, formula: str, columns: Columns) -> Array:
        """A formula along all runs, shape (run, time)."""
        shape = next(iter(columns.values())).shape
        with np.errstate(all="ignore"):
            values = np.asarray(compiled(formula)(columns), dtype=float)
        return np.array(np.broadcast_to(values, shape))

    def _settled(
        self,
        formula: str,
        rows: Columns,
        refit: Callable[[str], str],
        error: Callable[[str], float],
    ) -> str:
        """Constants refitted, without the terms that hardly move it or are not worth having."""
        formula = refit(formula)
        while (fewer := pruned(formula, rows)) != formula:
            formula = refit(fewer)
        return sparer(formula, refit, error)

    def _misses(self, formula: str, truth: Array) -> float:
        """By how much a formula misses the truth on runs that it was not fitted on."""
        which = self.run.chosen_by
        off = self._value(formula, of_runs(self.columns, which)) - truth[which]
        off = off[np.isfinite(off)]
        return float(np.sqrt(np.mean(off**2))) if off.size else float("inf")

    def _within_total(self, formula: str, which: NDArray[np.intp]) -> float:
        """λ of a formula on some runs of the data."""
        from lawful.laws.symbolic import within_total

        rows, groups, _ = flat(of_runs(self.data, which))
        return float(within_total(formula, rows, groups))

    @property
    def _invariants(self) -> dict[str, Array]:
        names = invariants(self.run.material.system)
        return {name: self.truths[name] for name in names if name in self.truths}

    def _best(self, quantities: Array, *, by_run: bool) -> dict[str, float]:
        """For each invariant the largest |Spearman| that a quantity has with it, on test runs."""
        return {
            name: max(
                correlation(quantities[..., k], truth[self.run.test], by_run=by_run)
                for k in range(quantities.shape[-1])
            )
            for name, truth in self._invariants.items()
        }

    def _judged(
        self, formula: str, otherwise: float
    ) -> tuple[str, float, dict[str, float], bool | None]:
        """The truth that a learned formula tells, how well, and whether to the letter."""
        m, known = self.run.material, self._invariants
        if m.system is None or self.clean is None or not known:
            return "", otherwise, {}, None
        test, values = self.run.test, self._value(formula, self.clean)
        true = {name: true_expression(m.system, name, varied=m.varied) for name in known}
        made = composed(formula, true) or {}
        if made:
            whole = sum(w * _product(name, known) for name, w in made.items())
            truth = " + ".join(made) if len(made) > 1 else next(iter(made))
            return truth, up_to_scale(values[test], np.asarray(whole)[test]), made, True
        scores = {n: up_to_scale(values[test], truth[test]) for n, truth in known.items()}
        best = max(scores, key=lambda name: np.nan_to_num(scores[name], nan=-np.inf))
        return best, scores[best], {}, False

    def _coefficients(
        self, formula: str, made: Mapping[str, float]
    ) -> tuple[tuple[str, float, float], ...]:
        """Beside the true ones, where the formula is one truth up to a factor."""
        m = self.run.material
        if m.system is None or len(made) != 1 or next(iter(made)) not in self.truths:
            return ()
        (name, factor), *_ = made.items()
        true = true_expression(m.system, name, varied=m.varied)
        return _rows(formula, factor * true)


def _rows(formula: str, true: Any) -> tuple[tuple[str, float, float], ...]:
    return tuple((row.term, row.true, row.found) for row in coefficients(formula, true))


def _product(name: str, known: Mapping[str, Array]) -> Array:
    """An invariant, or a product of two as `form.composed` names it."""
    if name in known:
        return known[name]
    first, _, second = name.partition(" * ")
    return known[first] * known[second]
