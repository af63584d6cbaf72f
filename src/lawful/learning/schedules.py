"""How the learning rate changes along training: η(t) = η₀ s(t/T), T steps in all.

    constant         s = 1
    linear           s = 1 − t/T
    cosine           s = (1 + cos πt/T)/2
    exponential:F    s = Fᵗᐟᵀ                     F at the end; 0.01 when not given
    step:F:N         s = Fᵏ, k of N equal parts    0.1 and 3 when not given
    inverse:R        s = 1/(1 + R t/T)             10 when not given

`warmup:W+cosine` rises in a line during the first share W of the steps, then
falls by the other. Sources: Loshchilov and Hutter, arXiv:1608.03983, for the
cosine; Goyal et al., arXiv:1706.02677, for the warm-up.
"""

import math
from collections.abc import Callable

from lawful.learning.naming import chosen
from lawful.refusal import Refusal

Schedule = Callable[[int, int], float]
Curve = Callable[..., float]

_CURVES: dict[str, tuple[Curve, tuple[float, ...]]] = {
    "constant": (lambda s: 1.0, ()),
    "linear": (lambda s: 1.0 - s, ()),
    "cosine": (lambda s: 0.5 * (1.0 + math.cos(math.pi * s)), ()),
    "exponential": (lambda s, end: end**s, (0.01,)),
    "step": (lambda s, factor, parts: factor ** math.floor(s * parts), (0.1, 3.0)),
    "inverse": (lambda s, rate: 1.0 / (1.0 + rate * s), (10.0,)),
}
NAMES = tuple(_CURVES)


def schedule(text: str) -> Schedule:
    """The schedule that `text` means: (step, steps) -> factor.

    Raises
    ------
    Refusal
        For an unknown name, or numbers that cannot be meant.

    Examples
    --------
    >>> fall = schedule("warmup:0.1+cosine")
    >>> [round(fall(t, 100), 3) for t in (0, 5, 10, 55, 99)]
    [0.1, 0.6, 1.0, 0.5, 0.0]
    """
    if not isinstance(text, str):
        raise Refusal(f"schedule {text!r}", "text, such as 'cosine' or 'warmup:0.1+linear'")
    first, plus, rest = text.partition("+")
    if plus or first.partition(":")[0].strip().lower() == "warmup":
        return _warmed(first, _curve(rest or "constant"))
    curve = _curve(first)
    return lambda step, steps: curve(step / steps)


def _curve(text: str) -> Callable[[float], float]:
    name, *given = text.split(":")
    curve, standard = _CURVES[chosen("schedule", name, NAMES)]
    numbers = [_number(part, text) for part in given]
    if len(numbers) > len(standard):
        raise Refusal(f"schedule {text!r}", f"at most {len(standard)} numbers after {name!r}")
    values = (*numbers, *standard[len(numbers) :])
    return lambda share: curve(share, *values)


def _warmed(first: str, curve: Callable[[float], float]) -> Schedule:
    name, _, given = first.partition(":")
    if name.strip().lower() != "warmup":
        raise Refusal(f"schedule {first!r} before a +", "warmup", "such as warmup:0.1+cosine")
    share = _number(given or "0.1", first)
    if share >= 1:
        raise Refusal(f"schedule {first!r}", "a share of the steps below 1", "such as warmup:0.1")

    def factor(step: int, steps: int) -> float:
        begun = math.ceil(share * steps)
        if step < begun:
            return min(1.0, (step + 1) / begun) if begun else 1.0
        return curve((step - begun) / max(1, steps - begun))

    return factor


def _number(part: str, text: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise Refusal(f"schedule {text!r}", "positive numbers after the colon")
    return value
