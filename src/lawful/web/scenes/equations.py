"""What a search found, as a page shows it: laws, leaks, formulas and their Pareto fronts.

    law      Q(x), its grade, the numbers that judge it, its constants with their intervals
    front    complexity against 1 − R² on samples held out, and the formula chosen
    overlay  every formula along one run, against what it should say

A `laws.json` may come from anybody. What is no formula is shown as text, what is no number
as a gap, and what is endless is cut and said to be.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws.law import Findings, Law
from lawful.refusal import Refusal
from lawful.report.numbers import counted
from lawful.report.verdict import GRADES, library_text, verdict
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.scenes.again import search_lines
from lawful.web.scenes.findings import MOST_FORMULAS, Record, front_of, law, listed, text_of, texts
from lawful.web.scenes.formula import LONGEST, dressed, short
from lawful.web.scenes.overlay import Asked, Material, line, material, samples
from lawful.web.scenes.states import time_words

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

LAWS, PARETO = "laws.json", "pareto.json"
MOST_LAWS, MOST_FRONTS = 60, 12
MOST_TEXT = 60_000  # characters of formulas that are set
MOST_LEVELS = 400  # of the search's spectrum
LARGEST = 8_000_000  # bytes of a file of laws


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
) -> Message:
    """Everything that was found, and each formula along one run.

    Parameters
    ----------
    opened
        A run that holds laws.
    run
        Along which the formulas are drawn.
    start, stop, stride
        At which of its samples: at all, thinned where they are many.

    Returns
    -------
    Message
        Data as `findings` says; arrays `time` and `sample` (time,), `value` and
        `expected` (formula, time), `levels` (formula, run).

    Raises
    ------
    Refusal
        Where the run holds no laws, or has no such run.
    """
    data = _found(opened)
    asked = _asked(data)
    try:
        held = material(opened, [front["target"] for front in data["fronts"]])
    except Refusal as why:
        data |= {"runs": [], "run": run, "lines": [], "away": str(why)}
        return Message(data, kind="answer")
    if isinstance(run, bool) or not isinstance(run, int) or not 0 <= run < len(held.names):
        raise Refusal(f"run {run!r}", f"a whole number from 0 to {len(held.names) - 1}")
    data["notes"] = [*data["notes"], *held.notes]
    data |= {"runs": list(held.names), "run": run, "away": ""}
    sample = samples(held.runs.sizes["time"], start, stop, stride)
    lines, arrays = _overlay(asked, held, run, sample)
    return Message({**data, **time_words(held.runs), "lines": lines}, arrays, kind="answer")


def python(opened: "Opened") -> Message:
    """The lines that make the same search in Python."""
    return Message({"text": search_lines(opened)}, kind="answer")


def reading(opened: "Opened") -> Reading:
    """The channel of a run."""

    def _scene(
        run: int = 0, start: int = 0, stop: int | None = None, stride: int | None = None
    ) -> Message:
        return scene(opened, run=run, start=start, stop=stop, stride=stride)

    def _python() -> Message:
        return python(opened)

    return Reading("equations", scene=_scene, python=_python)


# ------------------------------------------------------------------------ what was found


def _found(opened: "Opened") -> dict[str, Any]:
    record = _record(opened, LAWS)
    room = _Room()
    found = room.of(listed(_optional(opened, PARETO), "discovered"), MOST_FRONTS)
    fronts = [front_of(one) for one in found]
    scores = {f["final"]["expression"]: f for f in fronts}
    laws = [law(one, scores) for one in room.of(listed(record, "laws"), MOST_LAWS)]
    leaks = [law(one, scores) for one in room.of(listed(record, "leaks"), MOST_LAWS)]
    identities = room.of(texts(record, "identities"), MOST_LAWS)
    library = record.get("library") if isinstance(record.get("library"), Mapping) else {}
    return {
        "name": opened.name,
        "laws": laws,
        "leaks": leaks,
        "fronts": fronts,
        "verdict": _verdict(record),
        "searched": _searched(library or {}),
        "method": "physicsnet" if (library or {}).get("method") == "physicsnet" else "library",
        "identities": [dressed(text, name="identity") for text in identities],
        "warnings": [*room.said, *(short(text) for text in texts(record, "warnings"))],
        "notes": [short(text) for text in texts(record.get("data"), "notes")],
        "seen": _seen(record.get("data")),
        "spectrum": _spectrum(record.get("spectrum")),
        "grades": {grade: list(words) for grade, words in GRADES.items()},
    }


class _Room:
    """How much of a file is shown: setting formulas takes time, and a file may be endless."""

    def __init__(self) -> None:
        self.left = MOST_TEXT
        self.said: list[str] = []

    def of(self, items: Sequence[Any], most: int) -> list[Any]:
        """The first of them, as long as there is room; what is left out is said."""
        kept: list[Any] = []
        for item in items[:most]:
            self.left -= _cost(item)
            if self.left < 0:
                break
            kept.append(item)
        if len(kept) < len(items):
            self.said.append(f"{len(items) - len(kept)} of {len(items)} entries are not shown.")
        return kept


def _cost(item: Any) -> int:
    """How many characters of an entry are set as mathematics; what is too long is not."""
    if isinstance(item, str):
        return len(item) if len(item) <= LONGEST else 0
    held = item if isinstance(item, Mapping) else {}
    own = sum(_cost(str(held.get(name, ""))) for name in ("expression", "formula", "balance"))
    front = held.get("front")
    return own + sum(_cost(one) for one in listed(front, "formulas")[:MOST_FORMULAS])


def _record(opened: "Opened", name: str) -> Record:
    found = _optional(opened, name)
    if found is None:
        raise Refusal(
            f"{opened.name!r} holds no laws", f"a run with {name}", "make one with lawful discover"
        )
    return found


def _optional(opened: "Opened", name: str) -> Record | None:
    from lawful.store import read_json

    place = opened.path / name
    if opened.folder is None or place.is_symlink() or not place.is_file():
        return None
    if place.stat().st_size > LARGEST:
        raise Refusal(f"{name} of {place.stat().st_size} bytes", f"at most {LARGEST}")
    record = read_json(place)
    return record if isinstance(record, Mapping) else {}


def _verdict(record: Record) -> str:
    """The answer in one sentence, of what can be said of the file."""
    laws, leaks = (tuple(map(_bare, listed(record, key))) for key in ("laws", "leaks"))
    library = record.get("library")
    known = (
        {k: v for k, v in library.items() if _sayable(k, v)} if isinstance(library, Mapping) else {}
    )
    return short(verdict(Findings(laws, leaks, library=known), brief=True), 1000)


def _sayable(name: str, value: Any) -> bool:
    """Whether a part of the library can be said."""
    if name in ("variables", "functions"):
        return isinstance(value, list | str)
    return name == "method" or (isinstance(value, int) and not isinstance(value, bool))


def _bare(law: Any) -> Law:
    held = law if isinstance(law, Mapping) else {}
    grade = held.get("grade") if held.get("grade") in GRADES else "approximate"
    return Law(text_of(held, "name", 60) or "a quantity", "0", "", grade, 0.0, 0.0, 1.0, 0.0)  # type: ignore[arg-type]


def _searched(library: Record) -> str:
    return short(library_text({k: v for k, v in library.items() if _sayable(k, v)}), 1000)


def _seen(data: Any) -> str:
    """How much data was looked at."""
    held = data if isinstance(data, Mapping) else {}
    runs, samples = held.get("runs"), held.get("samples")
    if not isinstance(runs, int) or not isinstance(samples, int):
        return ""
    source = text_of(held, "source", 60)
    return f"{source}: {counted(runs, 'run')}, {counted(samples, 'sample')}".removeprefix(": ")


def _spectrum(spectrum: Any) -> dict[str, Any]:
    """λ of every combination that was looked at, the steadiest first."""
    values = listed(spectrum, "within_total")[:MOST_LEVELS]
    kept = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return {"within_total": [v for v in kept if math.isfinite(v)]}


# ------------------------------------------------------------------------ along a run


def _asked(data: Record) -> list[Asked]:
    """Every formula of the page, each once, with what it is held against."""
    asked: dict[str, Asked] = {}
    for front in data["fronts"]:
        # On the front they are fitted to the target; the final one is put right without it.
        for one in front["formulas"]:
            if not one["trouble"]:
                asked.setdefault(one["expression"], Asked(one["expression"], front["target"]))
        final = front["final"]
        if not final["trouble"]:
            free = front["learned"]
            asked.setdefault(final["expression"], Asked(final["expression"], front["target"], free))
    for one in (*data["laws"], *data["leaks"]):
        source = (
            one["balance"]["expression"] if one["balance"] and not one["balance"]["trouble"] else ""
        )
        if not one["trouble"]:
            asked.setdefault(one["expression"], Asked(one["expression"], balance=source))
    return list(asked.values())


def _overlay(
    asked: Sequence[Asked], held: Material, run: int, sample: NDArray[np.intp]
) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    from lawful.trajectories import clock

    drawn = [(one, line(one, held, run)) for one in asked]
    good = [(one, made) for one, made in drawn if not made.trouble]
    rows = {one.expression: k for k, (one, _) in enumerate(good)}
    lines = [
        {"expression": one.expression, "row": rows.get(one.expression, -1),
         "against": made.against, "trouble": short(made.trouble)}
        for one, made in drawn
    ]  # fmt: skip
    times = np.array(clock(held.runs)[run])[sample]
    ended = np.isfinite(times)
    sample = sample[ended]
    stacked = {
        name: np.stack([getattr(made, name)[sample] for _, made in good])
        if good
        else np.zeros((0, len(sample)))
        for name in ("value", "expected")
    }
    levels = np.stack([made.levels for _, made in good]) if good else np.zeros((0, 0))
    return lines, {
        "time": times[ended],
        "sample": sample.astype(np.int32),
        **stacked,
        "levels": levels,
    }
