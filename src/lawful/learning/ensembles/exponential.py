"""eˣ, tanh, logarithm and circle, from additions and products alone.

    eˣ      = 2ⁿ e^r,          n = round(x / ln 2),  |r| ≤ ½ ln 2
    e^r − 1 = r + r² q(r)      so that eˣ − 1 keeps its digits near 0
    tanh x  = (e^2x − 1) / (e^2x + 1)
    ln x    = k ln 2 + 2 artanh((m − 1)/(m + 1)),   x = m 2ᵏ,  √½ ≤ m < √2

The compilers' own functions are called number by number, which would leave seven of
eight lanes idle. The polynomials interpolate their series at Chebyshev's nodes; they
are made here, not copied. Errors stay within a few units of the last place. Source for
the reduction: W. J. Cody and W. Waite, *Software Manual for the Elementary Functions*
(1980).
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.polynomial import chebyshev

from lawful.learning.ensembles.vector import Vector, polynomial

TERMS = 30  # of a series, far more than a double can tell


@cache
def _fitted(series: Callable[[float], float], low: float, high: float, degree: int) -> list[float]:
    """The polynomial through a series at Chebyshev's nodes, lowest power first."""
    fit = chebyshev.Chebyshev.interpolate(
        lambda points: np.array([series(float(p)) for p in points]), degree, domain=[low, high]
    )
    return [float(c) for c in fit.convert(kind=np.polynomial.Polynomial, domain=[-1, 1]).coef]


def _beyond_linear(r: float) -> float:
    """(e^r − 1 − r) / r²."""
    return sum(r**k / math.factorial(k + 2) for k in range(TERMS))


def _artanh(s2: float) -> float:
    """(artanh s / s − 1) / s² by s²."""
    return sum(s2**k / (2 * k + 3) for k in range(TERMS))


def _turning(first: int, terms: int) -> list[float]:
    """Of the series of cos 2πt (`first` 0) or sin 2πt / t (1), by t²."""
    powers = range(first, first + 2 * terms, 2)
    return [(-1) ** (n // 2) * math.tau**n / math.factorial(n) for n in powers]


def _parted(x: Vector) -> tuple[Vector, Vector]:
    """2ⁿ and e^r − 1, for x between the logarithms of the least and the largest number."""
    double = x.at.dtype.itemsize == 8
    mantissa, bias = (52, 1023) if double else (23, 127)
    # Adding 1.5 · 2^mantissa leaves round(x / ln 2) in the last bits; with the bias, 2ⁿ's exponent.
    magic = 1.5 * 2.0**mantissa + bias
    shifted = x * (1 / math.log(2)) + magic
    n = shifted - magic
    high = _short_ln2()
    r = x - n * high
    r = r - n * _rest_of_ln2(high)
    half = 0.5 * math.log(2)
    q = polynomial(r, _fitted(_beyond_linear, -half, half, 9 if double else 4))
    power = shifted.bits().left(mantissa).number()
    return power, r + (r * r) * q


def _short_ln2() -> float:
    """The first 15 bits of ln 2, whose products with n are exact in either precision."""
    return math.floor(math.log(2) * 2**15) / 2**15


def _rest_of_ln2(high: float) -> float:
    from decimal import Decimal, getcontext

    getcontext().prec = 60
    return float(Decimal(2).ln() - Decimal(high))


def exp(x: Vector) -> Vector:
    """eˣ; at most 1e308 and at least 1e-307, NaN for NaN (in single precision 1e38, 1e-37)."""
    edge = 708.0 if x.at.dtype.itemsize == 8 else 87.0
    power, less_one = _parted(_held(x, edge))
    return power * less_one + power


def expm1(x: Vector, edge: float) -> Vector:
    """eˣ − 1 with all its digits, x held between ±edge."""
    power, less_one = _parted(_held(x, edge))
    return power * less_one + (power - 1.0)


def tanh(x: Vector) -> Vector:
    """The hyperbolic tangent; beyond ±20 it is ±1 to the last digit."""
    e = expm1(x + x, _edge(x))
    return e / (e + 2.0)


def _edge(x: Vector) -> float:
    """Where tanh is 1 to the last digit, twice over."""
    return 40.0 if x.at.dtype.itemsize == 8 else 20.0


def sigmoid(x: Vector) -> Vector:
    """1/(1 + e⁻ˣ)."""
    return 1.0 / (exp(-x) + 1.0)


def log(x: Vector) -> Vector:
    """Natural logarithms of positive normal numbers."""
    double = x.at.dtype.itemsize == 8
    mantissa = 52 if double else 23
    # √½ as bits: what lies above it in the exponent is k.
    root = int(np.array(math.sqrt(0.5), x.at.dtype).view(np.uint64 if double else np.uint32))
    above = x.bits() - root
    k = above.right(mantissa).left(mantissa)  # k · 2^mantissa, modulo the word
    m = (x.bits() - k).number()
    power = _signed(above, mantissa)
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    rest = polynomial(s2, _fitted(_artanh, 0.0, 0.02945, 9 if double else 4))
    series = (s + s) + (s + s) * (s2 * rest)
    high = _short_ln2()
    return power * high + (series + power * _rest_of_ln2(high))


def _signed(bits: Vector, mantissa: int) -> Vector:
    """The exponent part of bits, as a number with its sign."""
    b = bits.at.builder
    shift = bits._other(mantissa)
    return Vector(bits.at, b.ashr(bits.value, shift)).converted()


def circle(turns: Vector) -> tuple[Vector, Vector]:
    """Cosine and sine of 2πt for |t| ≤ ½, quarter by quarter."""
    double = turns.at.dtype.itemsize == 8
    magic = 1.5 * 2.0 ** (52 if double else 23)
    shifted = turns * 4.0 + magic
    quarter = shifted.bits()
    t = turns - (shifted - magic) * 0.25
    t2, terms = t * t, 9 if double else 5  # |t| ≤ 1/8, where the series is as good as a fit
    sine, cosine = t * polynomial(t2, _turning(1, terms)), polynomial(t2, _turning(0, terms))
    odd = (quarter & 1).same(1)
    c, s = odd.where(sine, cosine), odd.where(cosine, sine)
    c = ((quarter + 1) & 2).same(2).where(-c, c)
    s = (quarter & 2).same(2).where(-s, s)
    return c, s


def _held(x: Vector, edge: float) -> Vector:
    """Between ±edge; NaN stays."""
    high, low = x.at.constant(edge), x.at.constant(-edge)
    x = (x > high).where(high, x)
    return (x < low).where(low, x)
