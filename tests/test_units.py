"""Units: spellings read, algebra, and text that is no unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful import units
from lawful.refusal import Refusal


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("m s-1", "m s-1"),
        ("m/s", "m s-1"),
        ("m s^-1", "m s-1"),
        ("m·s⁻¹", "m s-1"),
        ("m/s/s", "m s-2"),
        ("kg m2 s-2", "kg m2 s-2"),
        ("kg.m2.s-2", "kg m2 s-2"),
        ("kg/(m s2)", "kg m-1 s-2"),
        ("au/day", "au day-1"),
        ("AU/day", "au day-1"),
        ("days since 2000-01-01", "day"),
        ("1/s", "s-1"),
        ("1", "1"),
        ("", ""),
        ("kilometer", "km"),
        ("m^0.5", "m^0.5"),
    ],
)
def test_spellings(spelling, canonical):
    assert units.spell(spelling) == canonical
    assert units.spell(canonical) == canonical
    assert units.same(spelling, canonical)


@pytest.mark.parametrize(
    "text",
    [
        "wibble",
        "x y",
        "10 m",
        "2",
        "9**9**9",
        "()",
        "m*",
        "(m",
        "__import__('os')",
        "m" * 300,
        "m**999",
    ],
)
def test_what_is_no_unit_is_refused_with_a_remedy(text):
    with pytest.raises(Refusal, match=r"is not a unit.*--units"):
        units.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_unit_or_refused(text):
    if units.known(text):
        assert units.same(units.spell(text), units.spell(units.spell(text)))
    elif text.strip():
        with pytest.raises(Refusal):
            units.parse(text)


BASES = ["m", "s", "kg", "au", "day", "rad"]


@given(st.dictionaries(st.sampled_from(BASES), st.integers(-4, 4), max_size=4))
def test_products_are_read_back(powers):
    spelled = units.product(powers)
    assert units.same(units.product({spelled: 1}), spelled)
    inverse = units.product({spelled: -1})
    assert units.same(units.product({spelled: 1, inverse: 1}), "1")


def test_products_with_an_unknown_unit_are_unknown():
    assert units.product({"m": 2, "": 1}) == ""
    assert units.product({"m": 2, "": 0}) == "m2"


def test_sameness_needs_the_scale_too():
    assert units.same("J", "N m")
    assert units.same("rad", "1")
    assert not units.same("km", "m")
    assert units.alike("km", "m")
    assert not units.same("m", "")
    assert units.factor("au", "m") == 149597870700.0


def test_degrees():
    assert units.degrees("deg") == pytest.approx(0.017453292519943295)
    assert units.degrees("deg2 s-1") == pytest.approx(0.017453292519943295**2)
    assert units.in_radians("deg/s") == "rad s-1"
    assert units.degrees("degC") is None


def test_assignments():
    assert units.assignments("x=m,vx=m/s, t=s") == {"x": "m", "vx": "m/s", "t": "s"}
    assert units.assignments(None) == {}
    for text in ("x", "x=", "x=wibble"):
        with pytest.raises(Refusal):
            units.assignments(text)
