"""PySR as an engine, in a process of its own.

PySR brings Julia into the process that imports it, and Julia and torch do not live well in one.
So a task is written to a folder, `pysr_worker` reads it in another process, and leaves the
formulas there. Importing PySR downloads Julia where there is none; here it is looked for first,
and the worker is told to stay offline, unless PYTHON_JULIAPKG_OFFLINE=no says otherwise.

Source: M. Cranmer, "Interpretable machine learning for science with PySR and
SymbolicRegression.jl", arXiv:2305.01582 (2023).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lawful.laws.symbolic.engines import Task
from lawful.refusal import Refusal, missing_extra

OFFLINE = "PYTHON_JULIAPKG_OFFLINE"
WORKER = "pysr_worker.py"
EXECUTABLES = ("PYTHON_JULIAPKG_EXE", "PYTHON_JULIACALL_EXE")
REMEDY = (
    "install Julia from julialang.org, or let PySR download it: python -c 'import pysr'; "
    "or search with operon"
)


class PySR:
    """PySR in a subprocess, serial and deterministic."""

    name = "pysr"

    def check(self) -> None:
        """Refuse where PySR or Julia is missing; nothing is imported and nothing downloaded."""
        if find_spec("pysr") is None:
            raise missing_extra("pysr", "pysr")
        if julia() is None and os.environ.get(OFFLINE) != "no":
            raise Refusal("PySR without Julia", "the program julia", REMEDY)

    def rounds(self, task: Task) -> Iterator[tuple[str, ...]]:
        """One round: PySR has its own way of starting anew."""
        with tempfile.TemporaryDirectory(prefix="lawful-pysr-") as name:
            folder = Path(name)
            np.savez(folder / "task.npz", features=task.features, target=task.target)
            record = {
                "names": list(task.names),
                "functions": list(task.functions),
                "niterations": task.niterations,
                "most": task.most,
                "seed": task.seed,
            }
            (folder / "task.json").write_text(json.dumps(record), encoding="utf-8")
            _run(folder)
            yield tuple(json.loads((folder / "formulas.json").read_text(encoding="utf-8")))


def julia() -> Path | None:
    """Where Julia is; None where neither the path nor Julia's own installers know it.

    >>> import os
    >>> place = julia()
    >>> place is None or os.access(place, os.X_OK)
    True
    """
    named = [Path(value) for key in EXECUTABLES if (value := os.environ.get(key))]
    on_path = shutil.which("julia")
    found = [*named, *([Path(on_path)] if on_path else []), *_installed()]
    return next((place for place in found if os.access(place, os.X_OK)), None)


def _installed() -> Iterator[Path]:
    """Where juliapkg and juliaup put it."""
    program = "julia.exe" if os.name == "nt" else "julia"
    depot = Path(os.environ.get("JULIA_DEPOT_PATH", "").split(os.pathsep)[0] or "~/.julia")
    projects = [
        os.environ.get("PYTHON_JULIAPKG_PROJECT", ""),
        str(Path(sys.prefix) / "julia_env"),
        str(depot.expanduser() / "environments" / "pyjuliapkg"),
    ]
    for project in filter(None, projects):
        yield Path(project) / "pyjuliapkg" / "install" / "bin" / program
    juliaup = Path(os.environ.get("JULIAUP_DEPOT_PATH") or "~/.julia").expanduser() / "juliaup"
    yield from sorted(juliaup.glob(f"julia-*/bin/{program}"), reverse=True)


def _run(folder: Path) -> None:
    """The worker on a folder; its last words, where it fails."""
    environment = {OFFLINE: "yes", "PYTHON_JULIACALL_HANDLE_SIGNALS": "yes", **os.environ}
    # By its path, so that no more than PySR is loaded; -P, so that no neighbour is mistaken for it.
    command = [sys.executable, "-P", str(Path(__file__).with_name(WORKER)), str(folder)]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0 or not (folder / "formulas.json").is_file():
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        last = said[-1][:300] if said else f"exit code {done.returncode}"
        raise Refusal(f"PySR stopped: {last}", "", REMEDY)
