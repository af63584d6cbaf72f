"""How laws are said: names by structure, formulas that parse, units that follow."""

import numpy as np
import pytest

from lawful.expressions import compiled, parse
from lawful.laws import wording
from lawful.laws.constants import Coefficients
from lawful.laws.features import Atom, Term

ROLES = {
    "x": {"role": "position", "group": "p", "axis": "x"},
    "y": {"role": "position", "group": "p", "axis": "y"},
    "z": {"role": "position", "group": "p", "axis": "z"},
    "vx": {"role": "velocity", "group": "p", "axis": "x", "of": "x"},
    "vy": {"role": "velocity", "group": "p", "axis": "y", "of": "y"},
    "vz": {"role": "velocity", "group": "p", "axis": "z", "of": "z"},
}
UNITS = {n: "au/day" if n.startswith("v") else "au" for n in ROLES}
INVERSE = Atom("inverse", ("x", "y", "z"), "(x**2+y**2+z**2)**(-1/2)")


def term(*parts, stage=2):
    """`term("x", "vy")`, `term(("vx", 2))`, `term(INVERSE)`."""
    factors = []
    for part in parts:
        what, power = part if isinstance(part, tuple) else (part, 1)
        atom = what if isinstance(what, Atom) else Atom("variable", (what,), what)
        factors.append((atom, power))
    return Term(tuple(factors), stage)


SPEED = [term(("vx", 2)), term(("vy", 2)), term(("vz", 2))]
ENERGY = [*SPEED, term(INVERSE)]


def fixed(*values, exact=None):
    value = np.array(values)
    return Coefficients(value, value - 0.01, value + 0.01, exact or ("",) * len(values))


@pytest.mark.parametrize(
    ("terms", "name"),
    [
        (ENERGY, "energy"),
        (SPEED[:1] + ENERGY[3:], "partial energy"),
        ([term("x", "vy"), term("y", "vx")], "angular momentum z"),
        ([term("y", "vz"), term("z", "vy")], "angular momentum x"),
        ([term("z", "vx"), term("x", "vz")], "angular momentum y"),
        ([term("vx")], "momentum x"),
        ([term("vx"), term("y")], "guiding centre"),
        ([term("x", ("vy", 2)), term("y", "vx", "vy"), term("x", INVERSE)],
         "Laplace-Runge-Lenz component"),
        ([term(("x", 3))], ""),
    ],
)  # fmt: skip
def test_names_follow_structure_and_role(terms, name):
    assert wording.name_of(terms, ROLES) == name


def test_amounts_that_add_up_are_a_total():
    roles = {n: {"role": "population"} for n in "abc"}
    assert wording.name_of([term("a"), term("b"), term("c")], roles) == "total"
    assert wording.name_of([term("a")], roles) == ""


def test_a_law_of_unknown_roles_has_no_name():
    assert wording.name_of([term("x", "vy"), term("y", "vx")], {}) == ""


def test_half_a_squared_speed_is_the_pivot_else_the_simplest_is_one():
    assert wording.pivot_of([term("x"), *SPEED], ROLES) == (1, 0.5)
    assert wording.pivot_of([term("x", "vy"), term("x")], ROLES) == (1, 1.0)


def test_the_expression_is_the_sum():
    said = wording.expression(ENERGY, fixed(0.5, 0.5, 0.5, -2.959e-4, exact=("1/2",) * 3 + ("",)))
    rng = np.random.default_rng(0)
    columns = {n: rng.normal(size=9) for n in ROLES}
    wanted = sum(columns[n] ** 2 for n in ("vx", "vy", "vz")) / 2 - 2.959e-4 / np.sqrt(
        sum(columns[n] ** 2 for n in "xyz")
    )
    np.testing.assert_allclose(compiled(said)(columns), wanted, rtol=1e-12)
    assert {str(s) for s in parse(said).free_symbols} == set(ROLES)


@pytest.mark.parametrize("value", [-3.0, -1.0, -1e-9, 1e-30, 1.0, 1.5, 1e25])
def test_any_size_and_sign_of_number_is_written_so_that_it_reads_back(value):
    for second in (value, -value):
        said = wording.expression([term("x"), term("y")], fixed(value, second))
        found = compiled(said)({"x": 2.0, "y": 3.0})
        assert found == pytest.approx(2 * value + 3 * second, rel=1e-9, abs=1e-8 * abs(value))


def balanced(text):
    depth = 0
    for letter in text.replace("\\{", "").replace("\\}", ""):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    return depth == 0 and text.count("\\left") == text.count("\\right")


def test_latex_shows_symbols_for_what_is_no_rational():
    pytest.importorskip("matplotlib")
    from matplotlib.mathtext import MathTextParser

    numbers = fixed(0.5, 0.5, 0.5, -2.959e-4, exact=("", "1/2", "1/2", ""))
    said = wording.latex(ENERGY, numbers, ["", "", "", "GM"])
    assert balanced(said)
    assert "GM" in said
    assert "v_{x}^{2}" in said
    assert "+ -" not in said
    MathTextParser("path").parse(f"${said}$")


@pytest.mark.parametrize("name", ["x", "vx", "theta1", "omega", "speed", "x_1", "p2", "alpha_0"])
def test_every_column_name_makes_sound_latex(name):
    said = wording.latex([term(name)], fixed(2.5), [""])
    assert balanced(said)


def test_units_follow_from_the_columns():
    constants, symbols, whole = wording.constants(
        ENERGY, fixed(0.5, 0.5, 0.5, -2.959e-4, exact=("1/2",) * 3 + ("",)), 0, UNITS
    )
    assert whole == "au2 day-2"
    gm = constants[-1]
    assert (gm.name, gm.units) == ("GM", "au3 day-2")
    assert gm.low < gm.value < gm.high
    assert gm.value == pytest.approx(2.959e-4), "GM is positive, its term is subtracted"
    assert symbols == ("", "", "", "GM")
    assert [c.units for c in constants[:2]] == ["1", "1"]


@pytest.mark.parametrize(
    ("made", "unit"),
    [
        (term("x", "vy"), "au2 day-1"),
        (term(INVERSE), "au-1"),
        (term("x", INVERSE), "1"),
        (term(Atom("cos", ("a",), "cos(a)")), "1"),
    ],
)
def test_units_of_terms(made, unit):
    assert wording.term_units(made, {**UNITS, "a": "radian"}) == unit


def test_unknown_units_are_not_made_up():
    assert wording.term_units(term("x", "vy"), {"x": "", "vy": "au/day"}) == ""
    constants, _, whole = wording.constants(SPEED, fixed(0.5, 0.5, 0.5), 0, {})
    assert whole == ""
    assert {c.units for c in constants} == {""}
