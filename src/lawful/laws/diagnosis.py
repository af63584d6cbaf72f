"""What is in these data, and what can be known from them: the look before the search.

Every finding says what was seen, what follows for the search, and what to do.
Noise is read from high-order differences (`lawful.laws.noise`); whether the
sampling resolves the motion, from how they fall with the order.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lawful.laws.evidence import Evidence, Finding
from lawful.laws.kinematics import kinematics
from lawful.laws.noise import is_even
from lawful.laws.quality import noise_share, quality
from lawful.laws.sampling import sampling
from lawful.trajectories import Trajectories

_ORDER = {"stop": 0, "warning": 1, "note": 2, "ok": 3}


@dataclass(frozen=True)
class Column:
    """One column, in numbers. None stands for what cannot be said.

    Attributes
    ----------
    name, role, units
        As the data have them.
    low, high, spread
        Smallest, largest, and standard deviation over all samples.
    noise
        Standard deviation of its measurement noise.
    noise_share
        The same over its spread along a run.
    memory
        Samples in a correlation time; None where no run is that long.
    resolved
        Whether the sampling resolves its motion.
    """

    name: str
    role: str
    units: str
    low: float | None
    high: float | None
    spread: float | None
    noise: float | None
    noise_share: float | None
    memory: float | None
    resolved: bool


@dataclass(frozen=True)
class Diagnosis:
    """All that `inspect` says.

    Attributes
    ----------
    findings
        The gravest first.
    columns
        One a column.
    data
        Runs, samples, clock and columns, as JSON can hold it.
    """

    findings: tuple[Finding, ...]
    columns: tuple[Column, ...]
    data: Mapping[str, Any]

    @property
    def sound(self) -> bool:
        """Whether nothing stands against a search."""
        return all(finding.level != "stop" for finding in self.findings)

    def at(self, *levels: str) -> tuple[Finding, ...]:
        """The findings of these levels."""
        return tuple(finding for finding in self.findings if finding.level in levels)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        findings = [asdict(finding) for finding in self.findings]
        return {"findings": findings, "data": dict(self.data)}

    def __str__(self) -> str:
        data = self.data
        head = f"{data['runs']} runs, {data['samples']} samples, {len(self.columns)} columns"
        names = ("column", "role", "units", "low", "high", "noise", "of spread", "memory", "seen")
        rows = [names, *map(_row, self.columns)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
        table = ["  ".join(f"{c:<{w}}" for c, w in zip(r, widths, strict=True)) for r in rows]
        return "\n".join([head, *(line.rstrip() for line in table), *map(str, self.findings)])


def _row(column: Column) -> tuple[str, ...]:
    return (
        column.name,
        column.role,
        column.units or "?",
        _short(column.low),
        _short(column.high),
        _short(column.noise),
        "?" if column.noise_share is None else f"{column.noise_share:.2%}",
        _short(column.memory),
        "yes" if column.resolved else "no",
    )


def _short(value: float | None) -> str:
    return "?" if value is None else f"{value:.4g}"


def inspect(runs: Trajectories) -> Diagnosis:
    """Look at runs before a search.

    Parameters
    ----------
    runs
        Any trajectories. Variables with space axes are named and passed over.

    Returns
    -------
    Diagnosis
        Findings with their consequences, and a table of the columns.

    Raises
    ------
    Refusal
        Where `runs` does not follow the schema.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> t, start = np.linspace(0, 20, 300), np.linspace(0, 3, 8)[:, None]
    >>> size = 1 + start
    >>> runs = make({"x": size * np.cos(t + start), "v": -size * np.sin(t + start)}, t)
    >>> diagnosis = inspect(runs)
    >>> diagnosis.sound, diagnosis.data["runs"]
    (True, 8)
    """
    seen = Evidence(runs)
    columns = tuple(_column(seen, k) for k in range(len(seen.names)))
    findings = [*sampling(seen)]
    if seen.names and seen.held.any():
        findings += [*quality(seen), *kinematics(seen)]
    findings.sort(key=lambda finding: _ORDER[finding.level])
    return Diagnosis(tuple(findings), columns, _data(seen, columns))


def _column(seen: Evidence, k: int) -> Column:
    name, values = seen.names[k], seen.values[..., k]
    attributes = seen.runs[name].attrs
    return Column(
        name,
        seen.role(name),
        str(attributes.get("units", "")),
        _number(np.fmin.reduce(values, axis=None, initial=np.inf)),
        _number(np.fmax.reduce(values, axis=None, initial=-np.inf)),
        _number(seen.spread[k]),
        _number(seen.noise.std[k]),
        _number(noise_share(seen)[k]),
        _number(seen.memory[k]),
        bool(seen.noise.resolved[k]),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _data(seen: Evidence, columns: tuple[Column, ...]) -> dict[str, Any]:
    lengths = seen.lengths
    finite = seen.times[np.isfinite(seen.times)]
    return {
        "runs": len(lengths),
        "samples": int(lengths.sum()),
        "shortest": int(lengths.min()) if lengths.size else 0,
        "longest": int(lengths.max(initial=0)),
        "time": {
            "start": _number(finite.min()) if finite.size else None,
            "end": _number(finite.max()) if finite.size else None,
            "step": _number(float(np.median(seen.steps))) if seen.steps.size else None,
            "even": is_even(seen.times) if seen.steps.size else True,
            "units": str(seen.runs["time"].attrs.get("units", "")),
        },
        "columns": [asdict(column) for column in columns],
        "fields": list(seen.fields),
    }
