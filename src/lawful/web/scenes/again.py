"""How a search, or its data, is made again in Python: lines that run."""

from typing import TYPE_CHECKING, Any

from lawful.web.scenes.formula import one_line

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

_SEARCH = ("degree", "noise", "functions", "confidence", "fdr", "seed")


def data_of(opened: "Opened") -> list[str]:
    """What the data are called: a file, several, `planets`, a system."""
    if opened.folder is None:
        return [where(opened)]
    return [str(mark.get("name", "")) for mark in opened.folder.manifest.data if mark.get("name")]


def where(opened: "Opened") -> str:
    """Its path in the folder that is shown."""
    return str(opened.id).replace("~", "/")


def runs_line(opened: "Opened") -> str:
    """The line that reads the data, or simulates them again."""
    names = data_of(opened) or [where(opened)]
    if is_system(names):
        seed = int(opened.folder.manifest.seed) if opened.folder is not None else 0
        return f"runs = lawful.simulate({names[0]!r}, runs=60, seed={seed})"
    given = names[0] if len(names) == 1 else names
    return f"runs = lawful.read({given!r})"


def is_system(names: list[str]) -> bool:
    """Whether the data are a system of the catalogue."""
    from lawful.systems import names as known

    return len(names) == 1 and names[0] in known()


def data_lines(opened: "Opened") -> str:
    """Principal axes of the standardised columns."""
    return _DATA_LINES.format(runs=runs_line(opened))


def weight_lines(file: str) -> str:
    """Principal axes of the weights in a log."""
    return _WEIGHT_LINES.format(file=repr(file))


def latent_lines(folder: str) -> str:
    """Principal axes of a network's latent states."""
    return _LATENT_LINES.format(folder=repr(folder))


def search_lines(opened: "Opened") -> str:
    """A whole search, as lines that run."""
    if opened.folder is None:
        return f"import lawful\n\n{runs_line(opened)}\nfindings = lawful.find_laws(runs)\n"
    manifest = opened.folder.manifest
    if manifest.settings.get("method") == "physicsnet":
        return _network_lines(dict(manifest.settings))
    settings = dict(manifest.settings)
    search = _words({k: settings[k] for k in _SEARCH if settings.get(k) is not None})
    how = _words({k: v for k, v in settings.items() if k in _reading()})
    return _LIBRARY.format(
        command=one_line(" ".join(manifest.command)) or "lawful discover",
        data=data_of(opened), reading=f"Reading({how})", search=f"Search({search})",
    )  # fmt: skip


def _reading() -> tuple[str, ...]:
    from dataclasses import fields

    from lawful.studies.sources import Reading

    return tuple(field.name for field in fields(Reading))


def _words(options: dict[str, Any]) -> str:
    """Keyword arguments, as literals: nothing of a file becomes code."""
    return ", ".join(f"{k}={_literal(v)}" for k, v in options.items())


def _literal(value: Any) -> str:
    if isinstance(value, list | tuple):
        inside = ", ".join(_literal(v) for v in value)
        return f"({inside},)" if value else "()"
    return repr(value if isinstance(value, bool | int | float | str | None) else str(value))


def _network_lines(settings: dict[str, Any]) -> str:
    wanted: tuple[str, ...] = ("target", "engine", "niterations", "seed")
    options = {k: settings[k] for k in wanted if k in settings}
    return _NETWORK.format(folder=repr(str(settings.get("training", ""))), options=_words(options))


_LIBRARY = """\
# {command}
from lawful.studies.discovery import Search, discover
from lawful.studies.sources import Reading

found = discover({data}, {reading}, {search})
for law in (*found.findings.laws, *found.findings.leaks):
    print(law.name, law.grade, law.expression)
"""

_NETWORK = """\
from lawful.studies.physicsnet.discovering import discover_in, findings
from lawful.studies.physicsnet.folder import read_training

run = read_training({folder})
found = discover_in(run, {options})
for one in found:
    for formula in one.front.formulas:
        print(formula.complexity, 1 - formula.r2, formula.expression)
for law in findings(run, found).laws:
    print(law.name, law.grade, law.expression)
"""

_LATENT_LINES = """\
from lawful.laws.physicsnet import principal
from lawful.studies.physicsnet.folder import read_training

run = read_training({folder})
latent = run.trained.latent(run.material.runs)      # (run, time, latent)
axes = principal(latent, components=3)
print(axes.share)                                   # of the variance
scores = axes.scores                                # (run, time, 3)
learned = run.trained.quantities(run.material.runs) # what it holds fast, (run, time, k)
"""

_WEIGHT_LINES = """\
import re

import numpy as np

import lawful
from lawful.laws.physicsnet import principal

runs = lawful.read({file})
weights = [n for n in runs.data_vars if re.fullmatch(r"[Wb]\\d+(_\\d+){{1,2}}", n)]
path = np.stack([runs[n].values for n in weights], axis=-1)  # (run, step, weight)
axes = principal(path, components=3)
print(axes.share)                                            # of the variance
scores = axes.scores                                         # (run, step, 3)
"""

_DATA_LINES = """\
import numpy as np

import lawful
from lawful.laws.physicsnet import principal

{runs}
names = [n for n in runs.data_vars if float(runs[n].std()) > 0]
columns = [(runs[n] - runs[n].mean()) / runs[n].std() for n in names]
axes = principal(np.stack([c.values for c in columns], axis=-1), components=3)
print(names, axes.share)                  # of the variance
print(axes.directions)                    # what each axis is made of
scores = axes.scores                      # (run, time, 3)
"""
