"""The energy monitor: what should stay the same along a run, and where it does not.

    Q(t) − Q₀,  and a band about it:  slack  ⊂  slack + 3 σ_Q

Laws with their verdicts (`lawful.laws.monitor`), leaks with their source taken out, a
training's energies with its books; overview over all runs. `lawful.web.live.growing` shows
the same of a file that grows.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.report.numbers import unit_text
from lawful.report.verdict import GRADES
from lawful.trajectories import clock
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.scenes import verdicts
from lawful.web.scenes.again import where
from lawful.web.scenes.course import along, law_columns, start_of
from lawful.web.scenes.formula import dressed
from lawful.web.scenes.onerun import check_run, parameters, thinned, time_words
from lawful.web.scenes.thinning import chosen, part
from lawful.web.scenes.trajectory import read_line
from lawful.web.scenes.watched import KINDS, Quantity, Watched, table, watched

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

SHOWN_EXCURSIONS = 200
REMEDY = (
    "No laws are known for these data. Find some with: lawful discover {file}; then they are "
    "watched here. Until then the columns are shown as they are, and nothing is judged."
)


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
    laws: str = "",
) -> Message:
    """What is watched, along one run.

    Parameters
    ----------
    opened
        What is looked at.
    run
        Which run.
    start, stop, stride
        Samples; thinned to some 4000 with all extremes where no stride is given.
    laws
        Which set of laws, as `sources` names them; the nearest when empty, "none" for none.

    Returns
    -------
    Message
        Arrays `time`, `sample` (n,); `value`, `departure` (from the run's own start, a leak's
        source taken out), `noise` and `slack`, each (quantity, n). Where all runs are judged,
        `state`, `onset`, `begin`, `end` (law, run) as `overview` gives them.

    Raises
    ------
    Refusal
        For a run, samples or laws that are not there.
    """
    watch = watched(opened, laws)
    check_run(run, watch.runs)
    times = clock(watch.runs)[run]
    length = int(np.isfinite(times).sum())
    verdict = verdicts.of_run(watch, run)
    every = [_along(watch, q, run, length, verdict) for q in watch.quantities]
    shown = [a for one in every for a in (one["value"], one["departure"])]
    places = chosen(shown or [times[:length]], start, stop, stride)
    first, last, _ = part(start, stop, stride, length)
    whole = verdicts.of_all(watch)
    data = {
        "name": opened.name,
        "kind": opened.kind,
        "run": run,
        "runs": [str(name) for name in watch.runs["run"].values],
        "parameters": parameters(watch.runs, run),
        "time_words": time_words(watch.runs),
        "samples": length,
        "start": first,
        "stop": last,
        "quantities": [
            {**described(q), **_judgement(q, run, verdict, one)}
            for q, one in zip(watch.quantities, every, strict=True)
        ],
        "source": watch.source.words if watch.source else "",
        "laws": watch.source.id if watch.source else "",
        "sources": [{"id": one.id, "words": one.words} for one in watch.sources],
        "overview": whole is not None,
        "false_alarm": verdicts.FALSE_ALARM,
        "notes": [
            *watch.notes,
            *([verdicts.TOO_MANY] if watch.laws and verdict is None else []),
            *thinned(len(places), last - first),
        ],
        "remedy": _remedy(opened, watch),
    }
    arrays: dict[str, NDArray[Any]] = {
        "time": times[places],
        "sample": places.astype(np.int32),
        **{
            name: np.stack([one[name][places] for one in every]).astype(dtype)
            for name, dtype in ARRAYS.items()
            if every
        },
        **(verdicts.matrix(watch, whole) if whole is not None else {}),
    }
    return Message(data, arrays, kind="answer")


ARRAYS: dict[str, Any] = {
    "value": np.float64, "departure": np.float32, "noise": np.float32, "slack": np.float32,
}  # fmt: skip


def overview(opened: "Opened", *, laws: str = "") -> Message:
    """All runs judged: arrays `state`, `onset`, `begin`, `end`, each (law, run).

    State is 0 where nothing can be said, 1 where the law holds, 2 where it was left, 3 where
    it drifts; the others are NaN where it was not left.
    """
    watch = watched(opened, laws)
    verdict = verdicts.of_all(watch, waiting=True)
    if verdict is None:
        raise Refusal(
            "runs that cannot be judged together",
            f"at most {verdicts.ALL} samples times laws, and a law",
            "lawful monitor FILE --laws laws.json judges any number",
        )
    notes = {name: list(words) for name, words in verdict.notes.items()}
    data = {"laws": [law.name for law in watch.laws], "notes": notes}
    return Message(data, verdicts.matrix(watch, verdict), kind="answer")


def python(opened: "Opened", *, run: int = 0, laws: str = "") -> Message:
    """The lines that judge the same runs."""
    watch = watched(opened, laws)
    if opened.kind == "learn":
        text = _BOOKS.format(read=read_line(opened))
    elif watch.source is None:
        text = _SEARCH.format(read=read_line(opened))
    else:
        place = watch.source.place or "the folder of the laws"
        text = _MONITOR.format(read=read_line(opened), folder=repr(place))
    return Message({"text": text}, kind="answer")


def reading(opened: "Opened") -> Reading:
    """The channel of a run."""
    return Reading("energy", **answers(opened))


def answers(opened: "Opened") -> dict[str, Any]:
    """What can be asked, by name."""

    def _scene(
        run: int = 0,
        start: int = 0,
        stop: int | None = None,
        stride: int | None = None,
        laws: str = "",
    ) -> Message:
        return scene(opened, run=run, start=start, stop=stop, stride=stride, laws=laws)

    def _overview(laws: str = "") -> Message:
        return overview(opened, laws=laws)

    def _python(run: int = 0, laws: str = "") -> Message:
        return python(opened, run=run, laws=laws)

    return {"scene": _scene, "overview": _overview, "python": _python}


def recorded(opened: "Opened") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What an exported page asks beyond its scenes."""
    watch = watched(opened)
    if watch.laws and verdicts.of_all(watch) is None:
        yield "overview", {}


# ----------------------------------------------------------------------------- one run


def _along(
    watch: Watched, quantity: Quantity, run: int, length: int, verdict: verdicts.Verdict | None
) -> dict[str, Array]:
    """A quantity along one run: value, departure, noise, slack; each (length,)."""
    if quantity.law is None:
        assert quantity.values is not None  # noqa: S101
        value = np.array(quantity.values[run][:length], dtype=float)
        value[~np.isfinite(value)] = np.nan
        none = np.full(length, np.nan)
        return {"value": value, "departure": value - start_of(value), "noise": none, "slack": none}
    noise = verdict.noise if verdict else {}
    course = verdict.courses.get((quantity.law.name, run)) if verdict else None
    columns = law_columns(quantity.law)
    times = clock(watch.runs)[run][:length]
    held = {name: v[:length] for name, v in table(watch.runs, run, columns).items()}
    return along(quantity.law, times, held, noise, course)


def described(quantity: Quantity) -> dict[str, Any]:
    """What a page must know of a quantity, in any run."""
    law = quantity.law
    told: dict[str, Any] = {
        "name": quantity.name,
        "kind": quantity.kind,
        "words": KINDS[quantity.kind],
        "units": quantity.units,
        "long_name": quantity.long_name,
        "expression": "",
        "latex": "",
    }
    if law is None:
        return told
    sign, meaning = GRADES.get(law.grade, ("", ""))
    formula = dressed(law.expression, law.latex)
    balance = dressed(law.balance) if law.balance else None
    return {
        **told,
        "expression": formula["expression"],
        "latex": "" if quantity.kind == "balance" else formula["latex"],
        "balance": balance and {k: balance[k] for k in ("expression", "latex")},
        "grade": law.grade,
        "sign": sign,
        "meaning": meaning,
        "spread": law.spread,
        "units": unit_text(law.units) or quantity.units,
    }


def _judgement(
    quantity: Quantity, run: int, verdict: verdicts.Verdict | None, one: Mapping[str, Array]
) -> dict[str, Any]:
    """The verdict on one quantity in one run, and its level at the start."""
    law = quantity.law
    start = one["value"] - one["departure"]
    level = start_of(start)
    if law is None:
        return {"state": verdicts.UNJUDGED, "level": level, "excursions": [], "count": 0}
    course = verdict.courses.get((law.name, run)) if verdict else None
    told = verdicts.told(law, course)
    told["excursions"] = told["excursions"][:SHOWN_EXCURSIONS]
    notes = list(verdict.notes.get(law.name, ())) if verdict else []
    return {**told, "level": level, "notes": notes}


def _remedy(opened: "Opened", watch: Watched) -> str:
    if any(q.kind != "column" for q in watch.quantities):
        return ""
    return REMEDY.format(file=where(opened))


_MONITOR = """\
import lawful
from lawful.laws import monitor
from lawful.studies.discovery import read_findings

{read}
laws = read_findings({folder})
report = monitor(runs, laws)
print(report)
"""

_SEARCH = """\
import lawful
from lawful.laws import monitor

{read}
laws = lawful.find_laws(runs)
print(monitor(runs, laws))
"""

_BOOKS = """\
import lawful

{read}
accounts = [n for n in runs.data_vars if n.startswith("ledger_")]
books = runs["energy"] - sum(runs[n] for n in accounts)
print(float(abs(books - books.isel(time=0)).max()))       # what the ledger cannot account for
"""
