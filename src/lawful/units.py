"""Units: [Q] = Π [x_k]^a_k, read and spelled as CF and UDUNITS do.

Spellings read: `m s-1`, `m/s`, `m s^-1`, `m·s⁻¹`, `au/day`, `kg m2 s-2`,
`days since 2000-01-01` (as days). `au` is the astronomical unit, `1` is
dimensionless, and `""` says that the unit is unknown. Pint does the algebra; it
is imported on first use.

Sources: NetCDF Climate and Forecast Metadata Conventions 1.11, section 3.1;
UDUNITS-2, unit grammar.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from lawful.refusal import Refusal

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NEAR_ONE = 1e-12

_POWER = r"(\*\*[+-]?\d{1,2}(\.\d+)?|\*\*\([+-]?\d{1,2}([./]\d+)?\))?"
_FACTOR = rf"\(*(1|[^\W\d]\w*|[°%]\w*){_POWER}(\){_POWER})*"
_GRAMMAR = re.compile(rf"{_FACTOR}(\s*[*/]\s*{_FACTOR})*")


def parse(unit: str) -> Any:
    """The unit as a `pint.Unit`.

    Parameters
    ----------
    unit
        A spelling as in the module's docstring; `""` is refused, being unknown.

    Raises
    ------
    Refusal
        Where the text names no unit.

    Examples
    --------
    >>> parse("kg m2 s-2") == parse("J").dimensionality
    False
    >>> parse("kg m2 s-2").dimensionality == parse("J").dimensionality
    True
    >>> parse("furlongs per fortnite")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: 'furlongs per fortnite' is not a unit; expected one such as m, \
au/day, kg m2 s-2 or 1; correct it, or say it with --units NAME=UNIT
    """
    return _parsed(unit.strip())


def known(unit: str) -> bool:
    """Whether the text spells a unit that can be read.

    >>> known("m s-1"), known("wibble"), known("")
    (True, False, False)
    """
    try:
        _parsed(unit.strip())
    except Refusal:
        return False
    return True


def same(a: str, b: str) -> bool:
    """Whether two spellings are one unit; unknown units are the same only as each other.

    >>> same("m s-1", "m/s"), same("J", "kg m2 s-2"), same("km", "m"), same("rad", "1")
    (True, True, False, True)
    """
    if a.strip() == b.strip():
        return True
    if not a.strip() or not b.strip() or not alike(a, b):
        return False
    return abs(factor(a, b) - 1) < _NEAR_ONE


def alike(a: str, b: str) -> bool:
    """Whether two units measure one kind of thing; False where either is unknown.

    >>> alike("au", "km"), alike("m", "s"), alike("m", "")
    (True, False, False)
    """
    if not a.strip() or not b.strip():
        return False
    return bool(parse(a).dimensionality == parse(b).dimensionality)


def factor(unit: str, into: str) -> float:
    """How many of `into` make one `unit`.

    >>> factor("km", "m")
    1000.0
    """
    if not alike(unit, into):
        raise Refusal(f"{unit!r} cannot be turned into {into!r}", "two units of one kind")
    return float((1.0 * parse(unit)).to(parse(into)).magnitude)


def product(powers: Mapping[str, float]) -> str:
    """The product of units to powers, spelled; `""` as soon as one of them is unknown.

    Parameters
    ----------
    powers
        Exponents by unit.

    Examples
    --------
    >>> product({"au": 3, "day": -2})
    'au3 day-2'
    >>> product({"m/s": 2, "kg": 1})
    'kg m2 s-2'
    >>> product({"m": 1, "": 1}), product({"m": 0}), product({})
    ('', '1', '1')
    """
    present = {unit.strip(): power for unit, power in powers.items() if power}
    if "" in present:
        return ""
    result = _registry().dimensionless
    for unit, power in present.items():
        result = result * parse(unit) ** power
    return _spelled(result)


def spell(unit: str) -> str:
    """The unit in one canonical spelling, `""` unchanged.

    >>> spell("m/s"), spell("au/day**2"), spell("kilometer"), spell("1"), spell("")
    ('m s-1', 'au day-2', 'km', '1', '')
    """
    return _spelled(parse(unit)) if unit.strip() else ""


def is_length(unit: str) -> bool:
    """Whether the unit is one of length.

    >>> is_length("au"), is_length("m/s"), is_length("")
    (True, False, False)
    """
    return alike(unit, "m")


def is_count(unit: str) -> bool:
    """Whether the unit counts things: `count`, `individuals`, `people`.

    >>> is_count("individuals"), is_count("1")
    (True, False)
    """
    return spell(unit) in {"count", "individual", "person"}


def degrees(unit: str) -> float | None:
    """The factor from a unit with degrees in it to the same with radians; None without.

    >>> round(degrees("deg/s"), 4), degrees("m"), degrees("")
    (0.0175, None, None)
    """
    if ("deg" not in unit and "°" not in unit) or not known(unit):
        return None
    power = _powers(unit).get("degree", 0.0)
    return math.radians(1) ** power if power else None


def in_radians(unit: str) -> str:
    """The unit with radians for degrees.

    >>> in_radians("deg/s")
    'rad s-1'
    """
    return product(
        {
            **{_symbol(n): p for n, p in _powers(unit).items() if n != "degree"},
            "rad": _powers(unit).get("degree", 0),
        }
    )


def _powers(unit: str) -> dict[str, float]:
    return {str(name): float(power) for name, power in dict(parse(unit)._units).items()}


def assignments(text: str | Mapping[str, str] | None) -> dict[str, str]:
    """Units by name from `x=m,vx=m/s`, each checked.

    >>> assignments("x=m, vx=m/s")
    {'x': 'm', 'vx': 'm/s'}
    """
    if text is None:
        return {}
    if isinstance(text, str):
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        if broken := [name for name, equals, unit in pairs if not equals or not unit.strip()]:
            raise Refusal(f"{broken[0].strip()!r} without a unit", "NAME=UNIT, as in x=m,vx=m/s")
        text = {name.strip(): unit.strip() for name, _, unit in pairs}
    for unit in text.values():
        if unit.strip():
            parse(unit)
    return dict(text)


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry()
    for line in ("individual = count = _ = individuals", "person = count = _ = people"):
        registry.define(line)
    registry.define("@alias astronomical_unit = AU")
    return registry


@cache
def _parsed(unit: str) -> Any:
    if not unit:
        raise Refusal("an empty unit", "one such as m, au/day or 1")
    refusal = Refusal(
        f"{unit!r} is not a unit",
        "one such as m, au/day, kg m2 s-2 or 1",
        "correct it, or say it with --units NAME=UNIT",
    )
    # Pint evaluates whatever arithmetic it is given: let only a unit's letters through.
    text = _expanded(unit)
    if len(text) > 200 or not re.fullmatch(_GRAMMAR, text):
        raise refusal
    try:
        quantity = _registry().parse_expression(text)
        if isinstance(quantity, int | float):
            quantity = quantity * _registry().dimensionless
        if quantity.magnitude == 1:
            return quantity.units
    except Exception:  # Pint raises many kinds, tokenizer errors among them
        raise refusal from None
    raise refusal


def _expanded(unit: str) -> str:
    """UDUNITS' spelling in Pint's: `m s-1` becomes `m * s**-1`."""
    text = re.sub(r"\s+since\s.*$", "", unit).translate(_SUPERSCRIPTS)
    text = text.replace("·", " ").replace("⋅", " ").replace("^", "**")
    text = re.sub(r"(?<=[^\W_])\.(?=[^\W\d_])", " ", text)
    text = re.sub(r"(?<=[^\W\d_])([+-]?\d+(\.\d+)?)(?!\w)", r"**\1", text)
    text = re.sub(r"\s*(\*\*|[*/])\s*", r"\1", text.strip())
    return re.sub(r"\s+", " * ", text)


def _spelled(unit: Any) -> str:
    """Positive powers first, then by name: `kg m2 s-2`."""
    powers = dict(unit._units)
    parts = sorted(powers.items(), key=lambda item: (item[1] < 0, _symbol(item[0]).casefold()))
    return " ".join(_symbol(name) + _exponent(float(power)) for name, power in parts) or "1"


@cache
def _symbol(name: str) -> str:
    symbols = {"day": "day", "astronomical_unit": "au", "degree": "deg", "year": "year"}
    return symbols.get(name) or str(_registry().get_symbol(name))


def _exponent(power: float) -> str:
    if power == 1:
        return ""
    return str(round(power)) if abs(power - round(power)) < _NEAR_ONE else f"^{power:.6g}"
