"""Simulate, train, discover, evaluate: one system after another, whatever interrupts it.

    .NAME.pipeline/SYSTEM/SYSTEM/       as soon as it is trained; its checkpoint until then
    .NAME.pipeline/SYSTEM/pieces/       formulas and ablations as they end
    .NAME.pipeline/SYSTEM/evaluation/   when it is done
    NAME/                               all of it, when the caller has kept it

The bench lies hidden beside the folder to be. Taken up again, systems that are done are read
back whole, and the one that was broken off goes on from its last piece.
"""

import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful import __version__
from lawful.refusal import Refusal
from lawful.store import RunFolder, plain
from lawful.studies.physicsnet.evaluation import Evaluation, evaluate
from lawful.studies.physicsnet.evaluation_folder import (
    manifest_of,
    put_evaluations,
    read_evaluation,
    read_evaluations,
)
from lawful.studies.physicsnet.material import RUNS, Material, material
from lawful.studies.physicsnet.training import key, train_network

if TYPE_CHECKING:
    from lawful.laws.physicsnet import NetSettings
    from lawful.store import Manifest

Progress = Callable[[str, str], None]
Epochs = Callable[[str], Callable[[int, int, Mapping[str, float]], None]]

SYSTEMS = ("projectile", "spring", "orbit")
STUDY, PIECES, EVALUATION = "pipeline", "pieces", "evaluation"


@dataclass(frozen=True)
class Simulation:
    """How every system is simulated; see `material`."""

    runs: int = RUNS
    samples: int | None = None
    duration: float | None = None
    noise: float = 0.0
    seed: int = 0


@dataclass(eq=False)
class PipelineResult:
    """What came of all systems.

    Attributes
    ----------
    evaluations
        By system.
    seconds
        By system: how long this took now; next to nothing for what was read back.
    bench
        Where trainings and evaluations lie until they are kept.
    asked
        By system: all that bears on it, by which a finished folder is known again.
    """

    evaluations: dict[str, Evaluation]
    seconds: dict[str, float]
    bench: Path
    asked: dict[str, Any] = field(default_factory=dict)

    def manifest(self, command: Sequence[str] = ()) -> "Manifest":
        """Who made this, and how to make it again."""
        made = manifest_of(list(self.evaluations.values()), command)
        return replace(made, study=STUDY, settings=self.asked)

    def put(self, folder: RunFolder) -> None:
        """Everything into a run folder that is being built: each system's training along."""
        put_evaluations(list(self.evaluations.values()), folder)

    def clear(self) -> None:
        """Remove the bench: the folder is there."""
        shutil.rmtree(self.bench, ignore_errors=True)


def pipeline(
    systems: Sequence[str] = SYSTEMS,
    settings: "NetSettings | None" = None,
    *,
    place: str | Path | None = None,
    simulation: Simulation | None = None,
    resume: bool = False,
    epochs: Epochs | None = None,
    progress: Progress | None = None,
    **evaluation: Any,
) -> PipelineResult:
    """Simulate, train, discover and evaluate, for one system after another.

    Parameters
    ----------
    systems
        Names of the catalogue, or files of equations.
    settings
        Of every training; the defaults when not given.
    place
        The folder to be; the bench lies hidden beside it. A temporary one when not given.
    simulation
        How systems are simulated.
    resume
        Take up what lies on the bench; else everything begins anew.
    epochs
        Called with a system; gives what is called after every epoch of its training.
    progress
        Called with a system and the step that begins.
    evaluation
        Keyword arguments of `evaluate`.

    Raises
    ------
    Refusal
        For no system, for one named twice, and for what training and evaluating refuse.
    KeyboardInterrupt
        When interrupted; the bench stays.
    """
    from lawful.laws.physicsnet import NetSettings

    chosen = settings or NetSettings()
    simulated = simulation or Simulation()
    _check(systems)
    materials = [_material(name, simulated) for name in systems]
    bench = _bench(place)
    if not resume:
        shutil.rmtree(bench, ignore_errors=True)
    result = PipelineResult({}, {}, bench)
    if place is None:
        weakref.finalize(result, shutil.rmtree, bench, ignore_errors=True)
    for m in materials:
        began = time.perf_counter()
        one = _One(m, chosen, bench / _stem(m.name), evaluation, epochs, progress, place)
        result.asked[m.name] = one.asked
        result.evaluations[m.name] = one.done(resume)
        result.seconds[m.name] = time.perf_counter() - began
    return result


def _check(systems: Sequence[str]) -> None:
    if not systems:
        raise Refusal("no systems", "names that `lawful systems` lists")
    twice = [name for k, name in enumerate(systems) if name in systems[:k]]
    if twice:
        raise Refusal(f"{twice[0]!r} twice", "every system once")


def _material(name: str, simulation: Simulation) -> Material:
    """The runs of a system; everything that can be refused is, before anything is trained."""
    made = material([name], **vars(simulation))
    if made.system is None:
        raise Refusal(f"{name!r} is no system", "a name that `lawful systems` lists")
    return made


def _bench(place: str | Path | None) -> Path:
    if place is None:
        return Path(tempfile.mkdtemp(prefix="lawful-pipeline-"))
    real = Path(os.path.realpath(place))
    return real.with_name(f".{real.name}.pipeline")


def _stem(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "system"


@dataclass(frozen=True)
class _One:
    """One system."""

    material: Material
    settings: "NetSettings"
    place: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: Epochs | None = None
    progress: Progress | None = None
    kept: str | Path | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """All that bears on the evaluation."""
        apart = ("jobs", "progress", "work", "resume")
        options = {name: value for name, value in self.options.items() if name not in apart}
        training = key(self.material, self.settings)
        return plain({"version": __version__, "training": training, "options": options})

    def done(self, resume: bool) -> Evaluation:
        """The evaluation, read back where it is finished."""
        if resume and (finished := self._finished()) is not None:
            return finished
        name = self.material.name
        self._say("train")
        run = train_network(
            self.material,
            self.settings,
            place=self.place / self.place.name,
            resume=resume,
            progress=self.epochs(name) if self.epochs else None,
        )
        options = {k: v for k, v in self.options.items() if k not in ("progress", "work", "resume")}
        done = evaluate(run, **options, work=self.place / PIECES, resume=resume, progress=self._say)
        self._keep(done)
        shutil.rmtree(self.place / PIECES, ignore_errors=True)
        return done

    def _say(self, step: str) -> None:
        if self.progress:
            self.progress(self.material.name, step)

    def _keep(self, done: Evaluation) -> None:
        manifest = replace(manifest_of([done]), settings=self.asked)
        with RunFolder.create(self.place / EVALUATION, manifest) as folder:
            put_evaluations([done], folder, trainings={done.run.name: f"../{done.run.name}"})

    def _finished(self) -> Evaluation | None:
        """From the bench, or from the folder where all of it was kept."""
        try:
            held = RunFolder.open(self.place / EVALUATION)
            if held.manifest.settings == self.asked and not held.changed():
                return read_evaluation(held.path)
        except Refusal:
            pass
        if self.kept is None:
            return None
        try:
            held = RunFolder.open(self.kept)
            name = self.material.name
            if held.manifest.study != STUDY or held.manifest.settings.get(name) != self.asked:
                return None
            whole = [e for e in read_evaluations(held.path) if e.run.material.name == name]
            return whole[0] if whole and not held.changed() else None
        except Refusal:
            return None
