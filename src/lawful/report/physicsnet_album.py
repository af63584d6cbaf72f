"""The album of an evaluation of networks: which pictures are drawn of it, and what each shows.

Of each system: forecasts beside the truth, the energy along them, learned quantities against
true ones, the latent space, formulas against the truth and their Pareto fronts, the losses,
and the ablations.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful import pictures
from lawful.pictures.predicted import ordered, word
from lawful.refusal import Refusal
from lawful.report import physicsnet_words as say
from lawful.report.album import Picture, Plan

if TYPE_CHECKING:
    from lawful.studies.physicsnet.discovered import Discovered
    from lawful.studies.physicsnet.evaluation import Evaluation

Array = NDArray[np.float64]
DOTS = 150.0
FRONTS = 4  # Pareto fronts of one system
SHOWN = ("standard", "physicsnet", "hamiltonian")  # on the path; more hide one another


def physicsnet_album(
    evaluations: "Sequence[Evaluation]",
    folder: Path,
    *,
    theme: str = "light",
    format: str = "png",
    animate: bool = False,
    share: Callable[[float], None] | None = None,
) -> tuple[Picture, ...]:
    """Draw the pictures of evaluations.

    Parameters
    ----------
    evaluations
        One or several.
    folder
        Where to.
    theme
        "light" or "dark".
    format
        "png" or "svg", of what stands still; what moves is a GIF.
    animate
        Draw the forecast beside the truth as a film, too.
    share
        Called with the part that is done, from 0 to 1.

    Returns
    -------
    tuple of Picture
        What was drawn, each `of` "part/system". What cannot be (no truth is known, no
        ablation was run) is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plans = [
        plan
        for e, name in zip(evaluations, say.names(evaluations), strict=True)
        for plan in Portrait(e, name, theme, animate).plans()
    ]
    drawn = []
    for k, plan in enumerate(plans):
        if share:
            share(k / len(plans))
        path = folder / f"{plan.stem}.{'gif' if plan.moving else format}"
        try:
            pictures.save(plan.draw(), path, dpi=None if plan.moving else DOTS)
        except Refusal:
            continue  # it says of itself that there is nothing to see
        drawn.append(Picture(path, plan.title, plan.caption, plan.of))
    return tuple(drawn)


@dataclass(frozen=True)
class Portrait:
    """The pictures of one evaluation."""

    e: "Evaluation"
    name: str
    theme: str
    animate: bool

    def plans(self) -> Iterator[Plan]:
        """All, in the order of the page."""
        for part in (
            self.quantities,
            self.forecasts,
            self.energy,
            self.latent,
            self.formulas,
            self.fronts,
            self.losses,
            self.ablations,
        ):
            yield from part()

    def _plan(
        self, part: str, stem: str, title: str, caption: str, draw: Any, *, moving: bool = False
    ) -> Plan:
        whole = f"{_stem(self.name)}-{stem}"
        return Plan(whole, title, caption, draw, moving, f"{part}/{self.name}")

    def quantities(self) -> Iterator[Plan]:
        """Learned against true."""
        if self.e.correlations:
            yield self._plan(
                "quantities",
                "quantities",
                f"{self.name}: what was learned, and what is true.",
                "Rank correlation of every learned quantity with every true invariant, on test "
                "runs; where one row is strong in one column, that quantity is that invariant, up "
                "to a rising or falling function.",
                lambda: pictures.learned_against_true(
                    {say.plain(name): row for name, row in self.e.correlations.items()},
                    r2=say.together(self.e),
                    theme=self.theme,
                ),
            )

    def forecasts(self) -> Iterator[Plan]:
        """The path and every variable, true and forecast."""
        seen = _seen(self.e)
        if seen is None:
            return
        true, said = seen
        chosen = {method: said[method] for method in SHOWN if method in said} or said
        drawn = ", ".join(word(method) for method in ordered(chosen))
        options: dict[str, Any] = {
            "seen": self.e.prefix,
            "name": f"{self.name}, a test run",
            "theme": self.theme,
        }
        yield self._plan(
            "forecasts",
            "forecast",
            f"{self.name}: true and forecast.",
            f"A test run, the truth pale, forecasts upon it ({drawn}).",
            partial(pictures.forecast_curves, true, chosen, **options),
        )
        if self.animate:
            yield self._plan(
                "forecasts",
                "forecast",
                "The same, as it comes about.",
                "Forecast and truth side by side.",
                partial(pictures.forecast_animation, true, chosen, **options),
                moving=True,
            )

    def energy(self) -> Iterator[Plan]:
        """The energy along forecasts, or the first invariant where there is none."""
        if not self.e.drifts:
            return
        what = say.plain(next(iter(self.e.drifts.values())).of)
        yield self._plan(
            "forecasts",
            "energy",
            f"{self.name}: the {what} of forecasts.",
            "Taken of the predicted states, along time: of one run above, and how far it is off "
            "in the runs shown below. The table is of all test runs.",
            lambda: _drift(self.e, self.theme),
        )

    def latent(self) -> Iterator[Plan]:
        """The latent space, coloured."""
        scores = np.asarray(self.e.components.scores, dtype=float)
        yield self._plan(
            "latent",
            "latent",
            f"{self.name}: the latent space.",
            "Latent states along their principal axes, coloured by what is truly conserved. Where "
            "colour changes across and not along the hairlines, the network tells runs apart.",
            lambda: pictures.latent_space(
                scores,
                _invariants(self.e, scores.shape[:2]),
                share=self.e.components.share,
                name=self.name,
                theme=self.theme,
            ),
        )

    def formulas(self) -> Iterator[Plan]:
        """What formulas say against what is true."""
        pairs = _pairs(self.e)
        if pairs:
            told = {say.plain(d.target): d.formula for d in self.e.discovered}
            yield self._plan(
                "formulas",
                "formulas",
                f"{self.name}: formulas against the truth.",
                "Every dot a sample of a test run without noise.",
                lambda: pictures.formula_agreement(pairs, formulas=told, theme=self.theme),
            )

    def fronts(self) -> Iterator[Plan]:
        """Accuracy against complexity, of each formula sought."""
        for d in self.e.discovered[:FRONTS]:
            yield self._plan(
                "fronts",
                f"front-{_stem(d.target)}",
                f"{self.name}: formulas for the {say.plain(d.target)}.",
                "Accuracy on samples held out against complexity; ringed is the one chosen, before "
                "its constants were refined.",
                partial(
                    pictures.pareto_front, d.front, target=say.plain(d.target), theme=self.theme
                ),
            )

    def losses(self) -> Iterator[Plan]:
        """The losses by epoch."""
        yield self._plan(
            "training",
            "losses",
            f"{self.name}: how the losses fall.",
            "On runs learned from, and on runs kept apart.",
            lambda: pictures.training_losses(self.e.run.history, name=self.name, theme=self.theme),
        )

    def ablations(self) -> Iterator[Plan]:
        """One setting at a time."""
        if self.e.ablations:
            yield self._plan(
                "ablations",
                "ablations",
                f"{self.name}: one setting at a time.",
                "Trainings on the same runs; crossed where the learned quantity collapsed.",
                lambda: pictures.ablation_comparison(self.e.ablations, theme=self.theme),
            )


# ---------------------------------------------------------------------- what is drawn


def _seen(e: "Evaluation") -> tuple[Any, dict[str, Any]] | None:
    """The truth of the runs shown, where it is known, else the data, and their forecasts."""
    said = {method: e.forecasts[method] for method in ordered(e.forecasts)}
    if not said:
        return None
    true = e.forecasts.get("true")
    if true is None:
        true = e.run.material.runs.sel(run=next(iter(said.values()))["run"].values)
    return true, said


def _drift(e: "Evaluation", theme: str) -> Any:
    """What is said to drift, along the forecasts shown, in the table's own shares."""
    from lawful.studies.physicsnet.targets import values_of

    seen, system = _seen(e), e.run.material.system
    told = next(iter(e.drifts.values()), None)
    if seen is None or system is None or told is None:
        raise Refusal("no forecast of a known quantity", "one at least")
    true, said = seen
    courses = {"true": values_of(system, told.of, true)}
    for method, runs in said.items():
        with suppress(Refusal):  # what it needs was neither forecast nor could be estimated
            courses[method] = values_of(system, told.of, runs)
    return pictures.forecast_drift(
        true["time"].values,
        courses,
        seen=e.prefix,
        scale=told.scale,
        name=say.plain(told.of),
        time_units=str(true["time"].attrs.get("units", "")),
        theme=theme,
    )


def _invariants(e: "Evaluation", shape: tuple[int, ...]) -> dict[str, Array]:
    """What is truly conserved on the runs whose latent states are drawn."""
    from lawful.studies.physicsnet.targets import invariants, truths

    m = e.run.material
    known, conserved = truths(m), invariants(m.system)
    rows = np.arange(m.runs.sizes["run"]) if m.runs.sizes["run"] == shape[0] else e.run.test
    return {name: known[name][rows] for name in conserved if name in known}


def _pairs(e: "Evaluation") -> dict[str, tuple[Array, Array]]:
    """By target, the truth and what its formula says, on test runs without noise."""
    from lawful.studies.physicsnet.targets import named, truths

    m = e.run.material
    known = truths(m)
    if not known or m.clean is None:
        return {}
    rows = e.run.test
    states = m.clean.isel(run=rows)
    return {
        say.plain(d.target): (known[named(m.system, d.target)][rows], _said(d, states))
        for d in e.discovered
        if say.from_truth(d)
    }


def _said(d: "Discovered", states: Any) -> Array:
    from lawful.expressions import compiled

    columns = {str(name): np.asarray(v.values, float) for name, v in states.data_vars.items()}
    columns |= {
        str(name): np.asarray(c.values, float)[:, None]
        for name, c in states.coords.items()
        if c.dims == ("run",) and np.issubdtype(c.dtype, np.number)
    }
    with np.errstate(all="ignore"):
        values = compiled(d.formula)(columns)
    shape = (states.sizes["run"], states.sizes["time"])
    return np.array(np.broadcast_to(np.asarray(values, dtype=float), shape))


def _stem(name: str) -> str:
    """A name as a file may be called.

    >>> _stem("learned 1/2")
    'learned-1-2'
    """
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
