"""How good a trained network is: formulas, what it learned, forecasts, its latent space.

    TrainingRun → discover_in, roll-outs, correlations, components, ablations → Evaluation

Every number is of test runs, which neither taught the network nor stopped its training, and is
held against states without noise, where these are known. What could not be measured is said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.store import plain
from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.drift import Drift
from lawful.studies.physicsnet.judging import Ablation
from lawful.studies.physicsnet.rollouts import samples_seen
from lawful.studies.physicsnet.shelf import Shelf
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Components
    from lawful.studies.physicsnet.folder import TrainingRun

Say = Callable[[str], None]
Table = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All that was measured of one training.

    Attributes
    ----------
    run
        The training.
    prefix
        Samples that forecasts start from.
    drifts, errors
        By method: how far forecasts let go of the energy, and of the state. See
        `rollouts` for the methods; "standard" is there where an ablation trained it.
    forecasts
        By method, a few test runs, and "true" among them where it is known. After the prefix,
        rates that a method does not forecast are estimated.
    correlations, run_correlations
        |Spearman| of each learned quantity with each true invariant, sample by sample, and with
        one mean a run.
    r2
        By true invariant: R² of it as a function of all that was learned and holds.
    components
        Principal axes of the latent states of the test runs.
    discovered
        Formulas: for known targets, and for what was learned.
    ablations
        Trainings with one setting changed.
    notes
        What was not done and why, a sentence each.
    settings
        How it was evaluated.
    seconds
        How long that took.
    """

    run: "TrainingRun"
    prefix: int
    drifts: Mapping[str, Drift]
    forecasts: Mapping[str, Trajectories]
    correlations: Table
    r2: Mapping[str, float]
    components: "Components"
    discovered: tuple[Discovered, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    run_correlations: Table = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Every number, as JSON can hold it; arrays for pictures are kept beside."""
        from lawful.studies.physicsnet import words

        return plain(
            {
                "name": self.run.material.name,
                "training": {**self.run.to_dict(), "seconds": self.run.seconds},
                "settings": dict(self.settings),
                "test_runs": [int(k) for k in self.run.test],
                "prefix": self.prefix,
                "discovered": [one.to_dict() for one in self.discovered],
                "drifts": {name: one.to_dict() for name, one in self.drifts.items()},
                "errors": dict(self.errors),
                "correlations": {k: dict(v) for k, v in self.correlations.items()},
                "run_correlations": {k: dict(v) for k, v in self.run_correlations.items()},
                "r2": dict(self.r2),
                "latent_share": np.asarray(self.components.share),
                "ablations": [one.to_dict() for one in self.ablations],
                "notes": list(self.notes),
                "found": words.found(self),
                "missed": words.missed(self),
                "caveats": words.caveats(self),
                "seconds": self.seconds,
            }
        )

    @classmethod
    def from_dict(
        cls,
        record: Mapping[str, Any],
        run: "TrainingRun",
        forecasts: Mapping[str, Trajectories],
        components: "Components",
    ) -> "Evaluation":
        """The inverse of `to_dict`, with what was kept beside it."""
        return cls(
            run,
            int(record["prefix"]),
            {name: Drift.from_dict(one) for name, one in record["drifts"].items()},
            forecasts,
            {name: _numbers(row) for name, row in record["correlations"].items()},
            _numbers(record["r2"]),
            components,
            tuple(Discovered.from_dict(one) for one in record["discovered"]),
            tuple(Ablation.from_dict(one) for one in record["ablations"]),
            {name: _numbers(row) for name, row in record["run_correlations"].items()},
            _numbers(record["errors"]),
            tuple(record["notes"]),
            dict(record["settings"]),
            float(record["seconds"]),
        )


def _numbers(row: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float("nan") if value is None else float(value) for name, value in row.items()}


def evaluate(
    run: "TrainingRun",
    *,
    ablations: bool | Sequence[str] = False,
    hamiltonian: bool = True,
    targets: Sequence[str] | None = None,
    learned: bool = True,
    engine: str = "operon",
    niterations: int = 40,
    seed: int = 0,
    prefix: int | None = None,
    epochs: int | None = None,
    work: Path | None = None,
    resume: bool = False,
    jobs: int | None = None,
    progress: Say | None = None,
) -> Evaluation:
    """Measure all that a training is worth.

    Parameters
    ----------
    run
        The training.
    ablations
        Train again with one setting changed at a time; or the names of those that are wanted,
        such as ("standard",).
    hamiltonian
        Train a Hamiltonian network on the same runs, to compare with.
    targets
        True quantities that formulas are sought for; those of `TARGETS` that the system has
        when not given.
    learned
        Whether what was learned without a target is read off, too.
    engine, niterations, seed
        Of the search for formulas; the seed of the Hamiltonian network, too.
    prefix
        Samples that forecasts start from; a tenth of them, and a window at least, when not
        given.
    epochs
        Of the ablations; the training's own when not given.
    work
        A folder where each piece is kept as it ends; none when not given.
    resume
        Take up what an evaluation that was killed has left there.
    jobs
        Processes for the ablations.
    progress
        Called with the name of each step.

    Raises
    ------
    Refusal
        For settings that cannot be meant, and for an engine that is not installed.
    """
    from lawful.studies.physicsnet.evaluating import Work

    seen = samples_seen(run, prefix)
    shelf = Shelf(work)
    if not resume:
        shelf.clear()
    options = {
        "ablations": ablations if isinstance(ablations, bool) else list(ablations),
        "hamiltonian": hamiltonian,
        "targets": None if targets is None else list(targets),
        "learned": learned,
        "engine": engine,
        "niterations": niterations,
        "seed": seed,
        "epochs": epochs,
        "prefix": seen,
    }
    return Work(run, seen, options, shelf, jobs, progress or (lambda step: None)).done()
