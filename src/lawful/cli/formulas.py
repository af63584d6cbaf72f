"""`lawful discover RUN --method physicsnet`: formulas read off a trained network."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful.cli.network import FormulaOptions, training_in
from lawful.cli.options import GUESSED, ReadingOptions
from lawful.cli.screen import steps
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.cli.screen import Screen
    from lawful.laws import Findings
    from lawful.studies.physicsnet import Discovered, TrainingRun

PARETO = "pareto.json"
CONFIDENCE, FDR = 0.95, 0.05


@dataclass(frozen=True)
class Answer:
    """What was found, how it is shown, and what stands behind it."""

    findings: "Findings"
    show: "Callable[[Screen], None]"
    fronts: "tuple[Discovered, ...]" = ()

    def record(self) -> dict[str, Any]:
        """As JSON: what `laws.json` holds, with the fronts where there are some."""
        record = self.findings.to_dict()
        if self.fronts:
            fronts = [one.to_dict() for one in self.fronts]
            record["library"] = {**record["library"], "pareto": fronts}
        return record


def read_off(
    data: tuple[str, ...],
    target: str | None,
    formulas: FormulaOptions,
    seed: int,
    folder: Path | None,
) -> Answer:
    """Find formulas in the training that `data` names, and keep them in a folder."""
    from lawful.cli.physicsnet import put_discovered
    from lawful.studies.physicsnet import discover_in, findings

    if len(data) != 1:
        raise Refusal(f"{len(data)} folders", "the one that `lawful train` left")
    asked = {**asdict(formulas.checked()), "target": target, "seed": seed}
    with steps() as step:
        step("read")
        run = training_in(data[0])
        found = discover_in(run, **asked, progress=step)
        said = findings(run, found)
        if folder is not None:
            step("report")
            _write(run, found, said, asked, folder)
    return Answer(said, lambda shown: put_discovered(shown, run, found, said), found)


def _write(
    run: "TrainingRun",
    found: "tuple[Discovered, ...]",
    said: "Findings",
    asked: Mapping[str, Any],
    folder: Path,
) -> None:
    """The same files as of a library's laws, and every formula with its Pareto front."""
    from lawful.report import write_report
    from lawful.store import Manifest, RunFolder, fingerprint
    from lawful.studies.discovery import LAWS, REPORT
    from lawful.studies.physicsnet.folder import NETWORK

    place = run.place or Path()
    settings = {"method": "physicsnet", "training": str(place), **asked}
    prints = (*run.material.fingerprints, fingerprint(place / NETWORK))
    command = ("lawful", *sys.argv[1:])
    manifest = Manifest("discover", command, settings, asked["seed"], prints)
    with RunFolder.create(folder, manifest) as built:
        built.write_json(LAWS, said.to_dict())
        built.write_json(PARETO, {"discovered": [one.to_dict() for one in found]})
        write_report(said, run.material.runs, built.path / REPORT, manifest=built.manifest)


def refuse_library(
    reading: ReadingOptions,
    degree: int | None,
    noise: float | None,
    functions: tuple[str, ...],
    confidence: float,
    fdr: float,
    chunk_rows: int | None,
    jobs: int | None,
    cluster: str | None,
) -> None:
    """Refuse options that only a library of terms has a use for."""
    given = {
        "--degree": degree is not None,
        "--noise": noise is not None,
        "--functions": bool(functions),
        "--confidence": confidence != CONFIDENCE,
        "--fdr": fdr != FDR,
        "--chunk-rows": chunk_rows is not None,
        "--jobs": jobs is not None,
        "--cluster": cluster is not None,
        "an option of reading columns": reading != GUESSED,
    }
    for name in (name for name, said in given.items() if said):
        raise Refusal(
            f"{name} with --method physicsnet",
            "options that bear on what a network learned",
            "leave it away: the network has its data",
        )
