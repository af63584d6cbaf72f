"""How a measured number is written: as many digits as the data know, and no more.

2.9591(3) × 10⁻⁴  is written  (2.9591 ± 0.0003)×10⁻⁴
"""

import math
import re

from lawful.laws.law import Constant

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_TINY = 1e-290  # below this, scaling by powers of ten leaves the range of numbers
_ROUND_OFF = 1e-11  # an interval narrower than this share of its value is arithmetic's own
_SYMMETRIC = 0.3  # a side may be this much longer than the other and still be written ±


def superscript(exponent: int | str) -> str:
    """A whole number as superscript text.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(exponent).translate(_SUPERSCRIPTS)


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits; a dash where there is none.

    >>> number(0.000123456), number(0.25), number(1234567.0), number(None)
    ('1.23×10⁻⁴', '0.25', '1.23×10⁶', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    power = _power(value)
    if -4 < power < max(digits, 5):
        return _minus(_trimmed(f"{value:.{max(digits - 1 - power, 0)}f}"))
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{_minus(_trimmed(mantissa))}×10{superscript(int(exponent))}"


def measured(constant: Constant) -> str:
    """A constant with its interval, without its units.

    >>> measured(Constant("GM", 2.9591e-4, 2.9588e-4, 2.9594e-4))
    '(2.9591 ± 0.0003)×10⁻⁴'
    >>> measured(Constant("k", 2.01, 1.9, 2.05))
    '2.01 [1.90, 2.05]'
    >>> measured(Constant("g", 9.80665, 9.80665, 9.80665))
    '9.80665'
    """
    value, low, high = constant.value, constant.low, constant.high
    if not all(map(_finite, (value, low, high))) or not low < high:
        return number(value, 12)
    below, above = value - low, high - value
    half = max(below, above)
    if half < _ROUND_OFF * abs(value) or max(half, abs(value)) < _TINY:
        return number(value, 12)
    # A value far inside its interval is read on the interval's scale.
    power = _power(max(abs(value), half))
    shift = power if not -3 <= power < 5 else 0
    scale = 10.0**shift
    # One digit of the interval is enough, two where that digit would be a 1.
    finest = _power(half) - (1 if half / 10 ** _power(half) < 1.95 else 0)
    places = min(max(shift - finest, 0), 15)
    if abs(above - below) <= _SYMMETRIC * half:
        body = f"{_minus(f'{value / scale:.{places}f}')} ± {half / scale:.{places}f}"
        return f"({body})×10{superscript(shift)}" if shift else body
    low_text, high_text = (_minus(f"{v / scale:.{places}f}") for v in (low, high))
    body = f"{_minus(f'{value / scale:.{places}f}')} [{low_text}, {high_text}]"
    return f"{body} ×10{superscript(shift)}" if shift else body


def unit_text(units: str) -> str:
    """Units with their powers raised; nothing for a pure number.

    >>> unit_text("au3 day-2"), unit_text("kg*m**2/s^2"), unit_text("1")
    ('au³ day⁻²', 'kg·m²/s²', '')
    """
    if units.strip() in ("", "1", "dimensionless"):
        return ""
    raised = re.sub(
        r"(?:\s*(?:\*\*|\^)\s*|(?<=[A-Za-zµ°]))(-?\d+)(?![\w.])",
        lambda match: superscript(match[1]),
        units,
    )
    return re.sub(r"\s*\*\s*", "·", re.sub(r"\s*/\s*", "/", raised))


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun; thousands set apart.

    >>> counted(1, "run"), counted(12000, "sample"), counted(2, "quantity", "quantities")
    ('1 run', '12\u202f000 samples', '2 quantities')
    """
    text = f"{count:,}".replace(",", "\u202f")
    return f"{text} {one if count == 1 else many or one + 's'}"


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minus(text: str) -> str:
    """A true minus sign, and none before a zero."""
    if text.startswith("-") and not text.strip("-0."):
        return text[1:]
    return text.replace("-", "−")
