"""A user's own system, from a small TOML file of equations.

    [system]      name, title, description, source: text; degree: a whole number
    [parameters]  k = 1.0, or k = {value = 1.0, units = "N/m", meaning = "stiffness"}
    [equations]   x = "v", v = "-k*x/m": the rate of each variable
    [initial]     x = [-1, 1] (uniform), {normal = [0, 1]} (mean, deviation), or a number
    [units]       x = "m", time = "s"
    [roles]       theta = "angle", omega = "angular_velocity of theta",
                  x = {role = "position", group = "body", axis = "x"}
    [invariants]  energy = "m*v**2/2 + k*x**2/2": shown by `prove` to hold, or not to
    [simulation]  duration: a number, or a formula of the parameters; samples

Only [equations] and [initial] are needed. Formulas are read by
`lawful.expressions`; nothing in the file is ever run.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lawful import expressions
from lawful.refusal import Refusal
from lawful.systems.define import define
from lawful.systems.system import Parameter, System, Values, Variable

_KEYS: dict[str, tuple[str, ...] | None] = {
    "system": ("name", "title", "description", "source", "degree"),
    "parameters": None,
    "equations": None,
    "initial": None,
    "units": None,
    "roles": None,
    "invariants": None,
    "simulation": ("duration", "samples"),
}
_LARGEST = 1_000_000  # bytes


def read_system(path: str | Path) -> System:
    """The system that a TOML file defines.

    Raises
    ------
    Refusal
        For a file that is not there or no TOML, an unknown table, key or name, a
        formula that cannot be read, a variable without an initial value.

    Examples
    --------
    >>> _ = Path("oscillator.toml").write_text('''
    ... [parameters]
    ... k = {value = 4.0, units = "N/m"}
    ... [equations]
    ... x = "v"
    ... v = "-k*x"
    ... [initial]
    ... x = [-1, 1]
    ... v = 0
    ... ''')
    >>> print(read_system("oscillator.toml").text)
    dx/dt = v
    dv/dt = -k*x
    """
    path = Path(path)
    table = _table(path)
    head, run = table["system"], table["simulation"]
    name = _text(path, head, "name", path.stem)
    parameters = [_parameter(path, n, v) for n, v in table["parameters"].items()]
    variables = _variables(path, table)
    values = {p.name: p.value for p in parameters}
    try:
        return define(
            name,
            _text(path, head, "title", name),
            variables,
            parameters,
            _formulas(path, table, "equations"),
            _Sampler({n: _initial(path, n, table["initial"][n]) for n in table["equations"]}),
            invariants=_formulas(path, table, "invariants"),
            duration=_duration(path, run.get("duration", 10.0), values),
            samples=_whole(path, run, "samples", 200, 2),
            degree=_whole(path, head, "degree", 2, 1),
            time_units=_text(path, table["units"], "time", ""),
            description=_text(path, head, "description", ""),
            source=_text(path, head, "source", ""),
        )
    except Refusal as refusal:
        raise _within(path, refusal) from None


class _Sampler:
    """Initial states from numbers, ranges and normal distributions."""

    def __init__(self, laws: Mapping[str, tuple[str, float, float]]) -> None:
        self.laws = dict(laws)

    def __call__(self, rng: np.random.Generator, runs: int, values: Values) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for name, (kind, a, b) in self.laws.items():
            if kind == "number":
                drawn[name] = a
            else:
                draw = rng.uniform if kind == "uniform" else rng.normal
                drawn[name] = draw(a, b, runs)
        return drawn


# ------------------------------------------------------------------- the file


def _within(path: Path, refusal: Refusal) -> Refusal:
    """The refusal with the file's name in front."""
    if refusal.got.startswith(f"{path}:"):
        return refusal
    return Refusal(f"{path}: {refusal.got}", refusal.expected, refusal.remedy)


def _table(path: Path) -> dict[str, Any]:
    """The file's tables, all known, absent ones empty."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Refusal(f"{path}: {path.stat().st_size} bytes", f"at most {_LARGEST}")
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Refusal(f"no file {path}", "a TOML file of equations") from None
    except OSError as error:
        raise Refusal(
            f"{path}: {error.strerror or error}", "a TOML file that can be read"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"{path}: no TOML: {error}", "", "correct that place") from None
    for key, part in table.items():
        if key not in _KEYS:
            raise Refusal(f"{path}: table [{key}]", "one of " + _listed(_KEYS), _near(key, _KEYS))
        if not isinstance(part, dict):
            raise Refusal(f"{path}: {key} = {part!r}", f"a table [{key}]")
        _check_keys(path, key, part)
    for key in ("equations", "initial"):
        if not table.get(key):
            raise Refusal(
                f"{path}: no table [{key}]", "one", "see `lawful.systems.own` for the form"
            )
    whole = {key: table.get(key, {}) for key in _KEYS}
    _check_states(path, whole)
    return whole


def _check_keys(path: Path, key: str, part: Mapping[str, Any]) -> None:
    known = _KEYS[key]
    for name in part:
        if known is not None and name not in known:
            raise Refusal(
                f"{path}: {name!r} in [{key}]", "one of " + _listed(known), _near(name, known)
            )


def _check_states(path: Path, table: Mapping[str, Any]) -> None:
    """[initial], [units] and [roles] speak of the names of [equations]."""
    states = list(table["equations"])
    for name in (*states, *table["parameters"]):
        if not name.isidentifier() or _cannot_be_written(name):
            raise Refusal(f"{path}: the name {name!r}", "letters, digits and _", "rename it")
    for name in states:
        if name not in table["initial"]:
            raise Refusal(
                f"{path}: no initial value of {name!r}",
                f"{name} = [low, high] in [initial]",
            )
    allowed = {
        "initial": states,
        "roles": states,
        "units": [*states, *table["parameters"], "time"],
    }
    for key, known in allowed.items():
        for name in table[key]:
            if name not in known:
                raise Refusal(
                    f"{path}: {name!r} in [{key}]", "one of " + _listed(known), _near(name, known)
                )


def _cannot_be_written(name: str) -> bool:
    """Whether no formula can use this name, as with `lambda` or `sin`."""
    try:
        return expressions.names_in(name) != (name,)
    except Refusal:
        return True


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}?" if near else ""


# ------------------------------------------------------------------- its entries


def _text(path: Path, part: Mapping[str, Any], key: str, default: str) -> str:
    value = part.get(key, default)
    if not isinstance(value, str):
        raise Refusal(f"{path}: {key} = {value!r}", "text in quotes")
    return value


def _whole(path: Path, part: Mapping[str, Any], key: str, default: int, least: int) -> int:
    value = part.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise Refusal(f"{path}: {key} = {value!r}", f"a whole number of at least {least}")
    return value


def _number(path: Path, where: str, value: Any) -> float:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not math.isfinite(value):
        raise Refusal(f"{path}: {where} = {value!r}", "a finite number")
    return float(value)


def _formulas(path: Path, table: Mapping[str, Any], key: str) -> dict[str, str]:
    found = {}
    for name, value in table[key].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not isinstance(value, str) and not number:
            raise Refusal(f"{path}: {name} = {value!r} in [{key}]", "a formula in quotes")
        found[name] = value if isinstance(value, str) else repr(value)
    return found


def _parameter(path: Path, name: str, value: Any) -> Parameter:
    if not isinstance(value, dict):
        return Parameter(name, _number(path, f"{name} in [parameters]", value))
    for key in value:
        if key not in ("value", "units", "meaning"):
            raise Refusal(f"{path}: {key!r} of parameter {name!r}", "value, units or meaning")
    if "value" not in value:
        raise Refusal(f"{path}: parameter {name!r} without a value", f"{name} = {{value = 1.0}}")
    return Parameter(
        name,
        _number(path, f"value of {name!r}", value["value"]),
        _text(path, value, "units", ""),
        _text(path, value, "meaning", ""),
    )


def _variables(path: Path, table: Mapping[str, Any]) -> list[Variable]:
    return [
        Variable(
            name,
            _text(path, table["units"], name, ""),
            **_role(path, name, table["roles"].get(name, "scalar")),
        )
        for name in table["equations"]
    ]


def _role(path: Path, name: str, value: Any) -> dict[str, str]:
    """Role, group, axis and of, from "velocity of x" or a table."""
    if isinstance(value, str):
        role, _, of = value.partition(" of ")
        entries = {"role": role.strip(), "of": of.strip()}
    elif isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        entries = dict(value)
    else:
        raise Refusal(f"{path}: role {value!r} of {name!r}", 'text such as "velocity of x"')
    for key in entries:
        if key not in ("role", "group", "axis", "of", "long_name"):
            raise Refusal(f"{path}: {key!r} in the role of {name!r}", "role, group, axis or of")
    if entries.get("role") in ("position", "velocity"):
        entries.setdefault("group", entries.get("of") or name)
        entries.setdefault("axis", "x")
    return entries


def _initial(path: Path, name: str, value: Any) -> tuple[str, float, float]:
    where = f"{name} in [initial]"
    if isinstance(value, list) and len(value) == 2:
        low, high = (_number(path, where, v) for v in value)
        if low > high:
            raise Refusal(f"{path}: {where} = {value!r}", "the lower bound first")
        return "uniform", low, high
    if isinstance(value, dict) and list(value) == ["normal"]:
        pair = value["normal"]
        if isinstance(pair, list) and len(pair) == 2:
            mean, deviation = (_number(path, where, v) for v in pair)
            if deviation >= 0:
                return "normal", mean, deviation
    elif not isinstance(value, list | dict):
        return "number", _number(path, where, value), 0.0
    raise Refusal(
        f"{path}: {where} = {value!r}",
        "a number, [low, high] or {normal = [mean, deviation]}",
    )


def _duration(path: Path, value: Any, parameters: Mapping[str, float]) -> str:
    if isinstance(value, str):
        expressions.parse(value, list(parameters))
        found = float(expressions.compiled(value)(parameters))
    else:
        found = _number(path, "duration", value)
    if not (math.isfinite(found) and found > 0):
        raise Refusal(f"{path}: duration = {value!r}", "a positive time")
    return value if isinstance(value, str) else repr(found)
