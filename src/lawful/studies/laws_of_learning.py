"""The laws of learning: what training conserves, found from training logs, case by case.

    exact under gradient flow → approximate under finite steps → gone under momentum

Each case is an architecture; see `conserved` for what is done with it. The certificate
needs no theory: λ, the variance of a quantity within runs over that in all, falls with
the square of the learning rate for what gradient flow conserves, and stays for the rest.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from lawful import __version__
from lawful.refusal import Refusal
from lawful.store import to_json, write_atomically
from lawful.studies.conserved import parts_of, searched, whole
from lawful.studies.hands import shared_out
from lawful.studies.steadiest import ROUND_OFF
from lawful.studies.training_cases import Case

TITLE = "What training conserves, found from training logs alone."
CASES = (
    Case((2, 3, 1), "relu"),
    Case((2, 3, 1), "linear"),
    Case((2, 2, 2, 1), "linear"),
    Case((2, 2, 2, 1), "relu"),
    Case((2, 3, 3), "relu", "softmax", networks=500),
    Case((2, 3, 1), "tanh"),
    Case((2, 3, 1), "tanh", normalized=True),
)
QUICK = (0, 1, 5)
Share = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class LawsOfLearning:
    """What the study found.

    Attributes
    ----------
    cases
        One record for each architecture and first seed; see `conserved.whole`.
    settings
        What it was made with.
    """

    cases: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any]

    def complete(self, case: Mapping[str, Any]) -> bool:
        """Whether what was found is what theory says, no more and no less."""
        count = case["flow"]["count"]
        return bool(case["flow"]["right"] == count == case["independent"])

    def headline(self) -> str:
        """What came out, in a sentence."""
        done = sum(map(self.complete, self.cases))
        laws = sum(case["independent"] for case in self.cases)
        found = sum(case["flow"]["right"] for case in self.cases)
        wrong = sum(case["flow"]["count"] - case["flow"]["right"] for case in self.cases)
        control = sum(case["strangers"]["count"] for case in self.cases)
        shuffled = sum(case["shuffled"]["right"] for case in self.cases)
        return (
            f"{found} of {laws} laws found from logs of gradient flow, {wrong} that theory does "
            f"not know, {control} where weights of different networks are put together, "
            f"{shuffled} where times are shuffled; "
            f"{done} of {len(self.cases)} logs gave all and nothing else."
        )

    def rows(self) -> list[dict[str, Any]]:
        """The table: one line a log."""
        return [
            {
                "network": case["name"],
                "seed": case["seed"],
                "theory": case["independent"],
                "found": case["flow"]["count"],
                "right": case["flow"]["right"],
                "exact": case["flow"]["exact"],
                "space": f"{case['flow']['space']} of {case['space']}",
                "λ below the gap": case["flow"]["spectrum"]["dimension"],
                "η " + ", ".join(f"{d['rate']:g}" for d in case["descent"]): ", ".join(
                    str(d["count"]) for d in case["descent"]
                ),
                "momentum": case["momentum"]["count"],
                "strangers": case["strangers"]["count"],
                "shuffled": f"{case['shuffled']['right']} of {case['shuffled']['count']}",
                "slope": _span(slopes(case, "laws")),
                "others": _span([*slopes(case, "controls"), *slopes(case, "next")]),
                "charges": case["charges"]["what"] if case["charges"] else "–",
                "off μᵗ": f"{case['charges']['off']:.0e}" if case["charges"] else "–",
            }
            for case in self.cases
        ]

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        return (
            "ReLU's gradient jumps where a neuron falls silent; no step of Runge and Kutta sees "
            "the jump come, so its laws hold to some 1e-9 of their variance and not to round-off: "
            "they are graded approximate along the flow, too.",
            "The sums that softmax conserves are linear in the weights: steps of gradient descent "
            "and momentum keep them to round-off. Their slope says nothing and is left out.",
            "Space counts the polynomials of degree 2 that are conserved: products of the linear "
            "laws are among them, and no new laws.",
            "Others are random quadratics, and the steadiest of all that are no laws.",
            "λ below the gap counts conserved polynomials without a search and without theory: "
            "those before the last hundredfold jump among all λ of degree 2.",
            "With times shuffled, a weight that hardly moves is a constant with noise, and may be "
            "called so: what counts is how many of those found are laws of theory.",
            "Momentum at 0.9 keeps less, and how much depends on how long it lasts: where a law is "
            "still found, its λ is larger by orders of magnitude.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "headline": self.headline(),
            "cases": [dict(case) for case in self.cases],
            "settings": dict(self.settings),
        }


def study(
    *,
    quick: bool = False,
    seed: int = 0,
    seeds: int = 1,
    jobs: int | None = None,
    kept: Path | None = None,
    progress: Share | None = None,
) -> LawsOfLearning:
    """Log, search, compare.

    Parameters
    ----------
    quick
        Three cases of the seven.
    seed, seeds
        The first of each log's seeds, and how many logs of each case.
    jobs
        Processes; as many as there are processors, where it is worth it, when not given.
    kept
        A folder where finished logs are kept, and taken from.
    progress
        Called with the share that is done, and words.
    """
    if seeds < 1 or seed < 0:
        raise Refusal(f"{seeds} logs from seed {seed}", "1 or more, from 0 up")
    chosen = [CASES[k] for k in QUICK] if quick else CASES
    cases = [replace(c, seed=seed + 1000 * k) for c in chosen for k in range(seeds)]
    done: dict[str, Mapping[str, Any]] = {}
    for one in shared_out(cases, partial(case_of, kept=kept), jobs=jobs):
        done[_key(Case(**one["case"]))] = one
        if progress is not None:
            progress(len(done) / len(cases), one["name"])
    settings = {"seed": seed, "seeds": seeds, "quick": quick, "version": __version__}
    return LawsOfLearning(tuple(done[_key(case)] for case in cases), settings)


def case_of(case: Case, kept: Path | None = None) -> dict[str, Any]:
    """A case, its parts from the folder where they are kept or made anew."""
    parts = {part: _part_of(case, part, kept) for part in parts_of(case)}
    return {**whole(case, parts), "case": asdict(case)}


def _part_of(case: Case, part: str, kept: Path | None) -> dict[str, Any]:
    place = kept / f"{_key(case)}-{part.replace(' ', '-')}.json" if kept else None
    if place is not None and place.is_file():
        return dict(json.loads(place.read_text()))
    made = searched(case, part)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, to_json(made))
    return made


def _key(case: Case) -> str:
    facts = {**asdict(case), "layers": list(case.layers), "version": __version__}
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def slopes(case: Mapping[str, Any], kind: str) -> list[float]:
    """Of log λ by log η, for what is above round-off: 2 for laws, 0 for the rest."""
    rates = np.log(case["certificate"]["rates"])
    curves = [c for c in case["certificate"][kind] if min(c) > ROUND_OFF]
    return [float(np.polyfit(rates, np.log(curve), 1)[0]) for curve in curves]


def _span(values: Sequence[float]) -> str:
    """From least to most.

    >>> _span([2.0, 1.98, -0.001])
    '0.00…2.00'
    """
    least, most = (round(f(values), 2) + 0.0 for f in (min, max)) if values else (0.0, 0.0)
    return f"{least:.2f}…{most:.2f}" if values else "–"
