"""Discovery: from data and settings to findings, kept in a run folder.

data → inspect → find_laws → NAME/{manifest.json, laws.json}
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from lawful.expressions import parse
from lawful.laws import Diagnosis, Findings, Law, find_laws, inspect
from lawful.laws.law import Constant
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, read_json
from lawful.studies.sources import Reading, Source, opened

LAWS = "laws.json"
REPORT = "report.html"


@dataclass(frozen=True)
class Search:
    """What is asked of the engine; None leaves the choice to it. See `find_laws`."""

    degree: int | None = None
    noise: float | None = None
    functions: tuple[str, ...] | None = None
    confidence: float = 0.95
    fdr: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise Refusal(f"seed {self.seed}", "a whole number from 0 up")

    @property
    def options(self) -> dict[str, Any]:
        """As keyword arguments of `find_laws`."""
        return {k: v for k, v in asdict(self).items() if v is not None}


@dataclass(frozen=True)
class Discovery:
    """What a discovery gives: the data, what stands against them, and the findings."""

    source: Source
    diagnosis: Diagnosis
    findings: Findings
    settings: Mapping[str, Any]

    def manifest(self, command: Sequence[str] = ()) -> Manifest:
        """Who made this, and how to make it again."""
        return Manifest(
            "discover",
            tuple(command),
            self.settings,
            int(self.settings["seed"]),
            self.source.fingerprints,
        )


def discover(
    data: Sequence[str],
    reading: Reading | None = None,
    search: Search | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Discovery:
    """Open the data, look at them, and search for laws.

    Parameters
    ----------
    data
        Files, patterns, `planets` or a system; see `sources.opened`.
    reading, search
        How to read, what to search.
    progress
        Called with the name of each step.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant.

    Examples
    --------
    >>> found = discover(["spring"], search=Search(seed=1))
    >>> [law.grade for law in found.findings.laws]
    ['exact']
    """
    reading, search = reading or Reading(), search or Search()
    say = progress or (lambda step: None)
    say("read")
    source = opened(data, reading, seed=search.seed, noise=search.noise or 0.0)
    say("inspect")
    diagnosis = inspect(source.runs)
    findings = find_laws(source.runs, **search.options, progress=progress)
    return concluded(source, diagnosis, findings, reading, search)


def concluded(
    source: Source, diagnosis: Diagnosis, findings: Findings, reading: Reading, search: Search
) -> Discovery:
    """Findings with what was seen, and everything else a folder needs."""
    whole = replace(findings, data={**seen(source, diagnosis), **findings.data})
    return Discovery(source, diagnosis, whole, {**reading.said, **search.options})


def seen(source: Source, diagnosis: Diagnosis) -> dict[str, Any]:
    """What was seen, for `Findings.data`."""
    return {
        "source": source.name,
        "runs": diagnosis.data.get("runs"),
        "samples": diagnosis.data.get("samples"),
        "time": diagnosis.data.get("time", {}),
        "variables": {
            c.name: {
                "role": c.role,
                "units": c.units,
                "low": c.low,
                "high": c.high,
                "spread": c.spread,
                "noise": c.noise,
                "noise_fraction": c.noise_share,
                "resolved": c.resolved,
            }
            for c in diagnosis.columns
        },
        "notes": list(source.notes),
        "fingerprints": [dict(f) for f in source.fingerprints],
    }


@contextmanager
def kept(found: Discovery, path: str | Path, command: Sequence[str] = ()) -> Iterator[RunFolder]:
    """A run folder with `laws.json` in it; it appears when the block ends."""
    with RunFolder.create(path, found.manifest(command)) as folder:
        folder.write_json(LAWS, found.findings.to_dict())
        yield folder


def read_findings(path: str | Path) -> Findings:
    """Findings from a `laws.json`, or from a run folder that holds one.

    Raises
    ------
    Refusal
        Where the file is no findings of ours, or a formula cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "laws.json"
    >>> _ = place.write_text('{"laws": []}')
    >>> read_findings(place).laws
    ()
    """
    place = Path(path)
    if place.is_dir():
        place = place / LAWS
    record = read_json(place)
    if not isinstance(record, dict) or not isinstance(record.get("laws"), list):
        raise Refusal(f"{str(path)!r} holds no laws", "the laws.json of lawful discover")
    _refuse_unknown(record, Findings, str(path))
    for law in [*record["laws"], *_listed(record, "leaks", str(path))]:
        _check_law(law, str(path))
    _check_shape(record, str(path))
    return Findings.from_dict(_with_numbers(record))


def _check_shape(record: Mapping[str, Any], where: str) -> None:
    for name in ("identities", "warnings"):
        if not all(isinstance(item, str) for item in _listed(record, name, where)):
            raise Refusal(f"{where} has {name} that are no sentences", "a list of text")
    for name in ("library", "data", "spectrum"):
        if not isinstance(record.get(name, {}), dict):
            raise Refusal(f"{where} has {name} = {record[name]!r:.40}", "an object")


def _listed(record: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = record.get(name, [])
    if not isinstance(value, list):
        raise Refusal(f"{where} has {name} = {value!r:.40}", "a list")
    return value


def _check_law(law: Any, where: str) -> None:
    """Refuse a law that cannot be meant, before it is used."""
    if not isinstance(law, dict):
        raise Refusal(f"{where} has a law {law!r:.40}", "an object")
    named = f"the law {law.get('name', '?')!r:.60} in {where}"
    _refuse_unknown(law, Law, named)
    _check_types(law, Law, named)
    parse(law["expression"])
    if law.get("balance"):
        parse(law["balance"])
    for constant in _listed(law, "constants", named):
        if not isinstance(constant, dict):
            raise Refusal(f"{named} has a constant {constant!r:.40}", "an object")
        _refuse_unknown(constant, Constant, named)
        _check_types(constant, Constant, named)


def _check_types(record: Mapping[str, Any], kind: type, where: str) -> None:
    """Text is text, numbers are numbers or null, and nothing needed is missing."""
    from dataclasses import MISSING

    for field in fields(kind):
        needed = field.default is MISSING and field.default_factory is MISSING
        if field.name not in record:
            if needed:
                raise Refusal(f"{where} has no {field.name!r}", "a laws.json of lawful discover")
            continue
        value = record[field.name]
        if field.type in (float, "float"):
            good = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
            wanted = "a number"
        elif field.name == "grade":
            good, wanted = (
                value in ("exact", "approximate", "leaking"),
                "exact, approximate, leaking",
            )
        elif field.type in (str, "str"):
            good, wanted = isinstance(value, str), "text"
        else:
            continue
        if not good:
            raise Refusal(f"{where} has {field.name} = {value!r:.40}", wanted)


def _refuse_unknown(record: Mapping[str, Any], kind: type, where: str) -> None:
    known = [field.name for field in fields(kind)]
    for name in record.keys() - set(known):
        raise Refusal(
            f"{where} has an unknown field {name!r}",
            ", ".join(known),
            "a newer version of lawful may have written it",
        )


def _with_numbers(record: dict[str, Any]) -> dict[str, Any]:
    """Null where a number stood that JSON cannot hold becomes NaN again."""

    def numbers(part: Mapping[str, Any], kind: type) -> dict[str, Any]:
        floats = {f.name for f in fields(kind) if f.type in (float, "float")}
        return {k: float("nan") if v is None and k in floats else v for k, v in part.items()}

    def law(part: Mapping[str, Any]) -> dict[str, Any]:
        constants = [numbers(c, Constant) for c in part.get("constants", ())]
        return {**numbers(part, Law), "constants": constants}

    return {
        **record,
        "laws": [law(part) for part in record["laws"]],
        "leaks": [law(part) for part in record.get("leaks", [])],
    }
