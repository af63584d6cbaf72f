"""What can be started from the page: five commands, their fields, and a safe command line.

    {"command": "simulate", "fields": {"system": "spring", "runs": 40}}
        →  lawful simulate spring --runs 40 --out spring.nc

A field is checked against its kind before it becomes a word of the command line; no shell
sees it. What the commands themselves refuse is left to them, and comes back in their words.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lawful.refusal import Refusal

LONGEST = 2_000  # letters of one field
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes
    ----------
    name
        As the command's option, with _ for -.
    type
        "text", "words" (several, parted by spaces), "integer", "number", "boolean",
        "choice" or "run" (something of the workspace, by its id, or where `free`, any word
        that the command knows).
    help
        What it means.
    default
        What the command takes when it is not given.
    required, more
        Must be given; stands behind "more settings".
    choices, kinds
        Of a choice, or offered beside a text; kinds of entries that fit a run.
    low, high
        Least and largest number.
    free
        Whether another word than an id is good too.
    example
        A word that could stand there.
    """

    name: str
    type: str
    help: str = ""
    default: Any = None
    required: bool = False
    more: bool = False
    choices: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    free: bool = False
    example: str = ""

    def word(self, given: Any) -> str:
        """What was given, as one word of a command line.

        Raises
        ------
        Refusal
            For what is not of this kind.
        """
        return _WORDS[self.type](self, given)


@dataclass(frozen=True)
class Command:
    """One command that the page can start.

    Attributes
    ----------
    name, title, sentence
        Of the command; of its tab; what it does.
    fields
        The first one stands alone, the others are options.
    suffix
        Of the file that it writes; empty where it writes a folder.
    resumes
        Whether `--resume` takes up what was cancelled.
    """

    name: str
    title: str
    sentence: str
    fields: tuple[Field, ...]
    suffix: str = ""
    resumes: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As the form is drawn from."""
        return asdict(self)

    def options(self, fields: Mapping[str, Any]) -> list[str]:
        """The words of the command line behind its name, without where it writes.

        Raises
        ------
        Refusal
            For a field that is unknown, missing or cannot be meant.
        """
        known = {field.name: field for field in self.fields}
        for name in fields:
            if name not in known and name != "name":
                raise Refusal(f"the field {str(name)[:60]!r} of {self.name}", ", ".join(known))
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        first, *rest = self.fields
        if first.name not in given:
            raise Refusal(f"no {first.name} for {self.name}", first.help)
        words = [first.word(given[first.name])]
        for field in rest:
            if field.name not in given:
                continue
            if field.type == "boolean":
                words += _flag(field, given[field.name])
            else:
                words += _option(field, given[field.name])
        return words


def _option(field: Field, given: Any) -> list[str]:
    """An option and what it is given: joined, so that a word that begins with - stays one."""
    option = "--" + field.name.replace("_", "-")
    word = field.word(given)
    if field.type == "words":
        return [f"{option}={part}" for part in word.split()]
    return [f"{option}={word}"]


def _flag(field: Field, given: Any) -> list[str]:
    if not isinstance(given, bool):
        raise Refusal(f"{field.name} {str(given)[:40]!r}", "true or false")
    option = field.name.replace("_", "-")
    return [f"--{option}" if given else f"--no-{option}"] if given != field.default else []


def _text(field: Field, given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST:
        raise Refusal(f"{field.name} that is no text, or too long", f"at most {LONGEST} letters")
    word = given.strip()
    if not word.isprintable() or word.startswith("-"):
        raise Refusal(f"{field.name} {word[:60]!r}", "letters that can be seen, no - before them")
    return word


def _number(field: Field, given: Any) -> str:
    whole = field.type == "integer"
    kinds = (int,) if whole else (int, float)
    if isinstance(given, bool) or not isinstance(given, kinds) or not math.isfinite(given):
        raise Refusal(
            f"{field.name} {str(given)[:40]!r}", "a whole number" if whole else "a number"
        )
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    if not low <= given <= high:
        raise Refusal(f"{field.name} {given}", f"a number from {low:g} to {high:g}")
    return str(given)


def _choice(field: Field, given: Any) -> str:
    if given not in field.choices:
        raise Refusal(f"{field.name} {str(given)[:60]!r}", "one of " + ", ".join(field.choices))
    return str(given)


_WORDS = {
    "text": _text,
    "words": _text,
    "run": _text,
    "integer": _number,
    "number": _number,
    "choice": _choice,
}


def named(fields: Mapping[str, Any], otherwise: str) -> str:
    """The name that the result shall have: what the form says, or one that tells what it is.

    >>> named({"name": "mine"}, "spring"), named({}, "a/b c.csv")
    ('mine', 'b c')
    """
    given = fields.get("name")
    if given in (None, ""):
        given = re.sub(r"[^A-Za-z0-9._-]+", " ", otherwise.replace("\\", "/").rsplit("/", 1)[-1])
        given = given.strip(" .-_").split(".")[0][:60] or "run"
    if not isinstance(given, str) or not _NAME.fullmatch(given) or given.endswith((".", " ")):
        raise Refusal(f"the name {str(given)[:80]!r}", "letters, digits, spaces, . _ and -")
    return given


_SEED = Field("seed", "integer", "The same seed gives the same numbers.", 0, more=True, low=0,
              high=2**31)  # fmt: skip
_COLUMNS = (
    Field("run", "text", "Column that names the run.", more=True, example="trial"),
    Field("time", "text", "Column of times.", more=True, example="t"),
    Field("ignore", "words", "Columns to pass over.", more=True),
    Field("angle", "words", "Columns that are angles.", more=True, example="theta1 theta2"),
    Field("position", "words", "Columns that make a point.", more=True, example="x,y,z"),
    Field("units", "words", "Units by column.", more=True, example="x=m,vx=m/s,t=s"),
)


def _simulate() -> Command:
    from lawful.systems import names

    return Command(
        "simulate",
        "Simulate",
        "Runs of a system whose laws are known, as a file of data.",
        (
            Field("system", "choice", "Which system.", required=True, choices=tuple(names())),
            Field("runs", "integer", "How many runs.", 60, low=1, high=20_000),
            Field("samples", "integer", "Samples along each.", low=2, high=100_000),
            Field("noise", "number", "White noise, as a share of each variable's spread.", 0.0,
                  low=0, high=10),
            Field("duration", "number", "Time of the last sample.", low=1e-9, more=True),
            Field("set", "words", "Parameters.", more=True, example="g=9.8 length=2"),
            Field("vary", "words", "Parameters drawn anew for each run.", more=True,
                  example="length=0.5:2"),
            _SEED,
        ),
        ".nc",
    )  # fmt: skip


def _discover() -> Command:
    return Command(
        "discover",
        "Find laws",
        "What stays the same along the runs of a file, with constants and confidence.",
        (
            Field(
                "data",
                "run",
                "A data file of this folder, or a network's run.",
                required=True,
                kinds=("data", "train"),
            ),
            Field("noise", "number", "Measurement noise, where it is known.", low=0, high=10),
            Field("degree", "integer", "Largest degree of monomials.", low=1, high=12, more=True),
            Field(
                "confidence",
                "number",
                "Of the constants' intervals.",
                0.95,
                low=0.5,
                high=0.9999,
                more=True,
            ),
            Field(
                "fdr",
                "number",
                "The false discovery rate among the laws.",
                0.05,
                low=1e-6,
                high=0.5,
                more=True,
            ),
            *_COLUMNS,
            _SEED,
        ),
    )


def _learn() -> Command:
    from lawful.learning.activations import ACTIVATIONS
    from lawful.learning.datasets import names
    from lawful.learning.named import NAMES

    return Command(
        "learn",
        "Train networks",
        "Networks on a classic problem, several seeds each, with their energies and pictures.",
        (
            Field("data", "run", "What is learned: a problem, or a table of this folder.",
                  required=True, kinds=("data",), choices=tuple(names()), free=True,
                  example="moons"),
            Field("layers", "words", "Neurons from inputs to outputs, one network or several.",
                  example="2-8-8-1"),
            Field("seeds", "integer", "Trainings of each network.", low=1, high=10_000),
            Field("activation", "choice", "Of hidden layers.", choices=tuple(ACTIVATIONS)),
            Field("optimizer", "choice", "How it moves through its landscape.",
                  choices=tuple(name.replace("_", "-") for name in NAMES)),
            Field("learning_rate", "number", "Of an optimiser.", low=1e-9, high=1e6),
            Field("momentum", "number", "What it keeps of its motion.", low=0, high=0.99999,
                  more=True),
            Field("friction", "number", "Of a mechanical system.", low=0, more=True),
            Field("temperature", "number", "Of langevin.", low=0, more=True),
            Field("steps", "integer", "How long.", low=1, high=10_000_000, more=True),
            Field("batch", "integer", "Samples a step; all when not given.", low=1, more=True),
            Field("target", "text", "Column to learn, for a table.", more=True),
            Field("pictures", "boolean", "Draw pictures and films.", True, more=True),
            _SEED,
        ),
        resumes=True,
    )  # fmt: skip


def _train() -> Command:
    from lawful.systems import names

    return Command(
        "train",
        "Train on a motion",
        "A network that learns a motion and what it keeps, from positions or noisy data too.",
        (
            Field("data", "run", "A system's name, or a data file of this folder.", required=True,
                  kinds=("data",), choices=tuple(names()), free=True, example="spring"),
            Field("runs", "integer", "Runs of a system, which is simulated.", 600, low=4,
                  high=100_000),
            Field("epochs", "integer", "How long.", 100, low=1, high=100_000),
            Field("observe", "words", "Columns that the network sees.", example="x,y"),
            Field("noise", "number", "Measurement noise of a simulation.", 0.0, low=0, high=10,
                  more=True),
            Field("latent_dim", "integer", "Numbers of the latent state.", 32, low=1, high=4096,
                  more=True),
            Field("hidden", "integer", "Units of each layer.", 128, low=1, high=8192, more=True),
            Field("beta", "number", "Weight of conservation.", 0.5, low=0, more=True),
            Field("time", "text", "Column of times.", more=True),
            Field("run", "text", "Column that names the run.", more=True),
            _SEED,
        ),
        resumes=True,
    )  # fmt: skip


def _remember() -> Command:
    return Command(
        "remember",
        "Teach task after task",
        "Methods of continual learning side by side: what each remembers, and at what cost.",
        (
            Field("data", "choice", "Which images.", "digits", required=True,
                  choices=("digits", "mnist")),
            Field("scenario", "choice", "How tasks differ.", "permuted",
                  choices=("permuted", "rotated", "split")),
            Field("tasks", "integer", "How many.", low=2, high=100),
            Field("method", "words", "One or several; all that fit when not given.",
                  example="basins ewc naive"),
            Field("samples", "integer", "Images taken; all when not given.", low=50, high=70_000),
            Field("seeds", "integer", "How often.", 3, low=1, high=100, more=True),
            Field("epochs", "integer", "Times that a task is seen.", low=1, high=1000, more=True),
            _SEED,
        ),
        resumes=True,
    )  # fmt: skip


_MAKERS = {
    "simulate": _simulate,
    "discover": _discover,
    "learn": _learn,
    "train": _train,
    "remember": _remember,
}
NAMES = tuple(_MAKERS)


def commands() -> tuple[Command, ...]:
    """All of them."""
    return tuple(make() for make in _MAKERS.values())


def command(name: Any) -> Command:
    """The command of that name.

    Examples
    --------
    >>> command("train").options({"data": "spring", "epochs": 3})
    ['spring', '--epochs=3']
    >>> command("train").options({"data": "--out"})
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: data '--out'; expected letters that can be seen, no - before them
    """
    if name not in _MAKERS:
        raise Refusal(f"the command {str(name)[:40]!r}", "one of " + ", ".join(_MAKERS))
    return _MAKERS[name]()
