"""The other process: reads a task from a folder, runs PySR, leaves the formulas there.

python -m lawful.laws.symbolic.pysr_worker FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

LEAST_SIZE = 7  # PySR takes no smaller limit


def settings(record: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What PySR is told, for a task's record.

    >>> record = {"functions": ["square"], "niterations": 5, "most": 20, "seed": 3}
    >>> told = settings(record, Path("place"))
    >>> told["unary_operators"], told["maxsize"], told["deterministic"], told["parallelism"]
    (['square'], 20, True, 'serial')
    """
    return {
        "binary_operators": ["+", "-", "*", "/"],
        "unary_operators": list(record["functions"]),
        "niterations": int(record["niterations"]),
        "maxsize": max(int(record["most"]), LEAST_SIZE),
        "random_state": int(record["seed"]),
        "deterministic": True,
        "parallelism": "serial",
        "progress": False,
        "verbosity": 0,
        "input_stream": "devnull",
        "temp_equation_file": True,
        "tempdir": str(folder),
    }


def work(folder: Path) -> None:
    """Search, and write `formulas.json`."""
    from pysr import PySRRegressor

    record = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    with np.load(folder / "task.npz", allow_pickle=False) as task:
        features, target = task["features"], task["target"]
    search = PySRRegressor(**settings(record, folder))
    search.fit(features, target, variable_names=record["names"])
    formulas = [str(formula) for formula in search.equations_["sympy_format"]]
    (folder / "formulas.json").write_text(json.dumps(formulas), encoding="utf-8")


if __name__ == "__main__":
    work(Path(sys.argv[1]))
