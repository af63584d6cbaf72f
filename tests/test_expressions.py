"""Formulas: what they mean, what is refused, and that nothing is ever run."""

import contextlib
import math
import sys

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from lawful.expressions import FUNCTIONS, compiled, latex, names_in, parse
from lawful.refusal import Refusal

NUMBER = st.floats(0.1, 3.0).map(lambda x: round(x, 3))
LEAF = st.sampled_from(["x", "y", "2", "0.5", "3", "pi"])


def _grown(inner):
    sums = st.tuples(inner, st.sampled_from("+-*"), inner)
    binary = sums.map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    call = st.tuples(st.sampled_from(["sin", "cos", "atan", "tanh", "abs"]), inner)
    power = st.tuples(inner, st.sampled_from(["2", "3"])).map(lambda t: f"{t[0]}**{t[1]}")
    return binary | call.map(lambda t: f"{t[0]}({t[1]})") | power


FORMULA = st.recursive(LEAF, _grown, max_leaves=8)


@given(FORMULA, NUMBER, NUMBER)
def test_both_readings_agree_with_python(text, x, y):
    scope = {name: getattr(math, name, abs) for name in FUNCTIONS} | {"pi": math.pi}
    expected = eval(text, {}, {**scope, "x": x, "y": y})  # noqa: S307 - our own text
    got = compiled(text)({"x": x, "y": y})
    assert float(got) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    symbolic = parse(text).subs({"x": x, "y": y})
    assert float(symbolic) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(FORMULA)
def test_what_sympy_prints_is_read_back(text):
    once = parse(text)
    again = parse(str(once))
    point = {"x": 0.7, "y": 1.3}
    assert float(again.subs(point)) == pytest.approx(float(once.subs(point)), rel=1e-9, abs=1e-9)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    for read in (parse, compiled, latex):
        with contextlib.suppress(Refusal):
            read(text)


def test_every_function_is_known_to_both_readings():
    for name, count in FUNCTIONS.items():
        arguments = ["x", "y"][:count]
        text = f"{name}({', '.join(arguments)})"
        point = {"x": 0.4, "y": 0.9}
        assert float(compiled(text)(point)) == pytest.approx(float(parse(text).subs(point)))


def test_arrays_broadcast_and_integers_count_as_floats():
    x, y = np.arange(1, 4), np.array([[2], [4]])
    assert compiled("x**-1 + y")({"x": x, "y": y}) == pytest.approx(1 / x + y)
    assert float(compiled("2**-1")({})) == 0.5


def test_an_xarray_variable_stays_one():
    import xarray as xr

    x = xr.DataArray(np.ones((2, 3)), dims=("run", "time"))
    assert compiled("sqrt(x) + abs(-x)")({"x": x}).dims == ("run", "time")


def test_pi_is_a_number_unless_a_name():
    assert parse("pi") == sp.pi
    assert parse("pi", ["pi"]) == sp.Symbol("pi")
    assert float(compiled("2*pi")({})) == 2 * math.pi
    assert float(compiled("2*pi")({"pi": 3.0})) == 6.0


def test_names_are_plain_symbols_even_where_sympy_means_more():
    assert parse("S + I + E + N + beta + gamma").free_symbols == {
        sp.Symbol(n) for n in ("S", "I", "E", "N", "beta", "gamma")
    }
    assert names_in("b*a + a - sin(c) + pi") == ("b", "a", "c")


def test_a_long_sum_is_flat():
    text = "+".join(f"{k}*x" for k in range(400))
    assert parse(text) == sum(range(400)) * sp.Symbol("x")
    assert float(compiled(text)({"x": 1.0})) == sum(range(400))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("x^2", r"write \*\* for a power"),
        ("x = 3", "is no formula"),
        ("x == 3", "one side"),
        ("2 x", "is no formula"),
        ("sinn(x)", "did you mean sin"),
        ("sin", "without its argument"),
        ("sin(x, y)", "expected 1 argument"),
        ("atan2(x)", "expected 2 arguments"),
        ("sin(x=1)", "expected 1 argument"),
        ("sin(*x)", "expected 1 argument"),
        ("x[0]", "its own name"),
        ("x.real", "without a dot"),
        ("np.sin(x)", "without a dot"),
        ("1j*x", "finite real number"),
        ("True*x", "finite real number"),
        ("'x'", "finite real number"),
        ("1e999", "finite real number"),
        ("1/0", "finite"),
        ("log(0)", "finite"),
        ("sqrt(-1)", "finite"),
        ("x if x else y", "expected numbers"),
        ("lambda: 1", "expected numbers"),
        ("[x for x in y]", "expected numbers"),
        ("__import__('os').system('true')", "character"),
        ("open('f')", "character"),
    ],
)
@pytest.mark.parametrize("read", [parse, compiled])
def test_anything_else_is_refused_with_its_place(read, text, says):
    with pytest.raises(Refusal, match=says):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "2**1000**1000",
        "((2**1000)**1000)**1000",
        "x**10000",
        "x**exp(1000)",
        "9" * 4000 + "*x",
        "1" * 5000,
        "x**" * 300 + "x",
        "-" * 300 + "x",
        "(" * 300 + "x" + ")" * 300,
        "sin(" * 150 + "x" + ")" * 150,
        "x+" * 100_000 + "x",
    ],
)
def test_texts_that_would_fill_the_memory_are_refused(text):
    with pytest.raises(Refusal):
        parse(text)


def test_a_name_that_is_not_known_is_refused_with_the_near_one():
    with pytest.raises(Refusal, match=r"'vz' at character 5.*expected one of vx, vy"):
        parse("vx +vz", ["vx", "vy"])
    with pytest.raises(Refusal, match=r"no column 'y'.*the columns are x"):
        compiled("x*y")({"x": 1.0})


@pytest.mark.parametrize("thing", [None, 3.0, ["x"]])
def test_what_is_no_text_is_refused(thing):
    with pytest.raises((Refusal, TypeError)):
        parse(thing)


def test_compiled_loads_no_sympy():
    import subprocess

    code = (
        "import sys; from lawful.expressions import compiled; "
        "compiled('x**2')({'x': 2.0}); print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_latex_reads_well():
    assert latex("sqrt(x**2 + y**2)*theta1") == r"\theta_{1} \sqrt{x^{2} + y^{2}}"
