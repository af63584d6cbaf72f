"""An evaluation on its way: every piece in turn, those that are finished taken up.

formulas, ablations, Hamiltonian network  →  forecasts  →  drifts, correlations, components
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.studies.physicsnet import agreement, rollouts
from lawful.studies.physicsnet.ablations import ablate, one_thread, standard_network
from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.drift import completed, drift_of
from lawful.studies.physicsnet.errors import forecast_error
from lawful.studies.physicsnet.evaluation import Evaluation
from lawful.studies.physicsnet.judging import Ablation
from lawful.studies.physicsnet.peers import spanned
from lawful.studies.physicsnet.shelf import Shelf
from lawful.studies.physicsnet.targets import targets_of, truths
from lawful.studies.physicsnet.training import key
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Components, TrainedHamiltonian
    from lawful.studies.physicsnet.folder import TrainingRun

Say = Callable[[str], None]

SHOWN = 6  # test runs whose forecasts are kept for pictures
HAMILTONIAN_STEPS = 3000


class Work:
    """One evaluation."""

    def __init__(
        self,
        run: "TrainingRun",
        seen: int,
        options: Mapping[str, Any],
        shelf: Shelf,
        jobs: int | None,
        say: Say,
    ) -> None:
        self.run, self.seen, self.options = run, seen, options
        self.shelf, self.jobs, self.say = shelf, jobs, say
        self.began = time.perf_counter()
        self.which = rollouts.asked(run, seen)
        self.notes: list[str] = []

    def done(self) -> Evaluation:
        """Everything."""
        discovered = self._discovered()
        ablations = self._ablations()
        said = self._forecasts(discovered)
        self.say("quantities")
        rows = agreement.learned(self.run, read_off=bool(self.options["learned"]))
        true = agreement.true_quantities(self.run)
        test = self.run.test
        on_test = [{k: v[test] for k, v in table.items()} for table in (rows, true)]
        m = self.run.material
        drifts = {k: drift_of(m, one, self.which, self.seen) for k, one in said.items()}
        return Evaluation(
            self.run,
            self.seen,
            {name: one for name, one in drifts.items() if one is not None},
            self._shown(said),
            agreement.correlations(*on_test),
            spanned(self.run, agreement.held(self.run), true),
            self._components(),
            discovered,
            ablations,
            agreement.correlations(*on_test, by_run=True),
            {k: forecast_error(m, one, self.which, self.seen) for k, one in said.items()},
            tuple(self.notes),
            self.options,
            time.perf_counter() - self.began,
        )

    # ------------------------------------------------------------------- formulas

    def _discovered(self) -> tuple[Discovered, ...]:
        m = self.run.material
        asked = self.options["targets"]
        known = list(targets_of(m.system)) if truths(m) else []
        wanted: list[str | None] = list(known if asked is None else asked)
        found = []
        for target in [*wanted, *([None] if self.options["learned"] else [])]:
            found += self._searched(target)
        return tuple(found)

    def _searched(self, target: str | None) -> list[Discovered]:
        from lawful.studies.physicsnet.discovering import discover_in

        search = {name: self.options[name] for name in ("engine", "niterations", "seed")}
        of = {"training": key(self.run.material, self.run.settings), **search, "target": target}
        name = f"formulas-{target or 'learned'}"
        kept = self.shelf.get(name, of)
        if kept is not None:
            return [Discovered.from_dict(one) for one in kept]
        found = discover_in(self.run, target=target, **search, progress=self.say)
        self.shelf.put(name, of, [one.to_dict() for one in found])
        return list(found)

    # ------------------------------------------------------------------ trainings

    def _ablations(self) -> tuple[Ablation, ...]:
        asked = self.options["ablations"]
        if not asked:
            return ()
        self.say("ablations")
        found, notes = ablate(
            self.run,
            self.seen,
            names=None if asked is True else asked,
            epochs=self.options["epochs"],
            shelf=self.shelf,
            jobs=self.jobs,
            progress=self.say,
        )
        self.notes += notes
        if self.options["epochs"] not in (None, self.run.settings.epochs):
            self.notes.append(
                f"Ablations were trained for {self.options['epochs']} epochs, all alike."
            )
        return found

    def _hamiltonian(self) -> "TrainedHamiltonian | None":
        """The Hamiltonian network; None where the data do not admit one, which is noted."""
        from lawful.laws.physicsnet import TrainedHamiltonian, train_hamiltonian

        run, seed = self.run, int(self.options["seed"])
        of = {"training": key(run.material, run.settings), "seed": seed}
        place = self.shelf.file("hamiltonian", {**of, "steps": HAMILTONIAN_STEPS}, "safetensors")
        if place.is_file():
            return TrainedHamiltonian.load(place)
        self.say("Hamiltonian network")
        part = run.material.runs.isel(run=run.fitted)[list(run.trained.variables)]
        try:
            with one_thread():
                done = train_hamiltonian(
                    part,
                    hidden=run.settings.hidden,
                    steps=HAMILTONIAN_STEPS,
                    seed=seed,
                    progress=lambda k, of, _: self.say(f"Hamiltonian network: {k} of {of} batches"),
                )
        except Refusal as refused:
            self.notes.append(f"No Hamiltonian network: {refused}.")
            return None
        done.save(place)
        return done

    # ------------------------------------------------------------------ forecasts

    def _forecasts(self, discovered: Sequence[Discovered]) -> dict[str, Trajectories]:
        """By method, forecasts of every test run that can be asked for one."""
        m = self.run.material
        if not self.which.size:
            self.notes.append("No forecasts: no test run has a complete window to start from.")
            return {}
        hamiltonian = self._hamiltonian() if self.options["hamiltonian"] else None
        self.say("forecasts")
        said = rollouts.by_network(
            self.run.trained, m, self.which, self.seen, self._laws(discovered)
        )
        standard = standard_network(self.run, self.seen, self.shelf)
        part = m.runs.isel(run=self.which)
        if standard is not None and self.options["ablations"]:
            said["standard"] = standard.forecast(part, prefix=self.seen)
        if hamiltonian is not None:
            said["hamiltonian"] = hamiltonian.forecast(part, prefix=self.seen)
        integrated = rollouts.by_integrator(m, self.which, self.seen)
        if integrated is not None:
            said["integrator"] = integrated
        elif m.system is not None:
            self.notes.append("No true integrator: the motion could not be followed from there.")
        return said

    def _laws(self, discovered: Sequence[Discovered]) -> tuple[str, ...]:
        """Formulas read off that a forecast can be held to, and that hold on validation runs."""
        from lawful.expressions import names_in

        seen, run = set(self.run.trained.variables), self.run
        angles = [n for n in seen if run.material.runs[n].attrs.get("role") == "angle"]
        return tuple(
            one.formula
            for one in discovered
            if one.target.startswith("learned")
            and not angles
            and set(names_in(one.formula)) <= seen
            and rollouts.holds(run, one.formula)
        )

    def _shown(self, said: Mapping[str, Trajectories]) -> dict[str, Trajectories]:
        """A few runs of each forecast, rates estimated, with the truth."""
        m, some = self.run.material, self.which[:SHOWN]
        shown = {}
        for name, whole in said.items():
            few = whole.isel(run=slice(0, some.size))
            filled = _filled(few, _completed_or_bare(m, few, some, self.seen))
            shown[name] = filled.assign_coords(run=m.runs["run"].values[some])
        if shown and m.clean is not None:
            shown["true"] = m.clean.isel(run=some)
        return shown

    def _components(self) -> "Components":
        from lawful.laws.physicsnet import principal

        latent = self.run.trained.latent(self.run.material.runs.isel(run=self.run.test))
        return principal(latent, components=3)


def _completed_or_bare(
    m: Any, few: Trajectories, some: NDArray[np.intp], seen: int
) -> Trajectories:
    try:
        return completed(m, few, some, seen)
    except Refusal:
        return few.isel(time=slice(seen, None))


def _filled(whole: Trajectories, later: Trajectories) -> Trajectories:
    """`whole` with the variables that only `later`, its end, has; NaN before."""
    before = whole.sizes["time"] - later.sizes["time"]
    for name in later.data_vars:
        if name not in whole.data_vars:
            values = np.pad(later[name].values, ((0, 0), (before, 0)), constant_values=np.nan)
            whole = whole.assign({name: (("run", "time"), values, later[name].attrs)})
    return whole
