"""The library of terms: every term is what its text says, and roles decide which there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.expressions import compiled
from lawful.laws.features import FUNCTIONS, MOST_TERMS, library
from lawful.laws.survey import survey
from lawful.refusal import Refusal
from lawful.trajectories import make

PLANE = {
    "x": {"role": "position", "group": "p", "axis": "x"},
    "y": {"role": "position", "group": "p", "axis": "y"},
    "vx": {"role": "velocity", "group": "p", "axis": "x", "of": "x"},
}
CHAIN = {
    "q1": {"role": "position", "group": "1", "axis": "x"},
    "q2": {"role": "position", "group": "2", "axis": "x"},
    "v1": {"role": "velocity", "group": "1", "axis": "x", "of": "q1"},
}
PAIR = {
    f"{axis}{k}": {"role": "position", "group": str(k), "axis": axis}
    for k in (1, 2)
    for axis in "xy"
}
SPIN = {
    "a": {"role": "angle"},
    "b": {"role": "angle"},
    "w": {"role": "angular_velocity", "of": "a"},
}
SYNC = {"a": {"role": "angle"}, "b": {"role": "angle"}}
FOOD = {"n": {"role": "population", "group": "n"}, "m": {"role": "population", "group": "m"}}
ALL_ROLES = {
    "plane": PLANE, "chain": CHAIN, "pair": PAIR, "spin": SPIN, "sync": SYNC, "food": FOOD,
}  # fmt: skip
ALL_KINDS = {
    "variable", "sin", "cos", "sin_sum", "cos_sum", "sin_difference", "cos_difference",
    "log_chord", "log", "inverse", "log_norm", "inverse_separation", "inverse_square",
    "log_separation", "exp_difference",
}  # fmt: skip


def data(roles, runs=3, samples=30, seed=0, **parameters):
    rng = np.random.default_rng(seed)
    table = {name: rng.uniform(0.5, 2.5, (runs, samples)) for name in roles}
    return make(table, np.arange(samples) * 0.1, roles=roles, parameters=parameters)


def texts(roles, **settings):
    return {term.text for term in library(data(roles), **settings).terms}


@pytest.mark.parametrize("roles", ALL_ROLES.values(), ids=ALL_ROLES)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 10))
def test_terms_evaluate_to_what_their_text_says(roles, seed, scale):
    found = library(data(roles, mass=[1.0, 2.0, 3.0]))
    rng = np.random.default_rng(seed)
    columns = {name: scale * rng.uniform(0.1, 2, 7) for name in (*roles, "mass")}
    values = found.values(columns)
    for k, term in enumerate(found.terms):
        np.testing.assert_allclose(
            values[:, k], compiled(term.text)(columns), rtol=1e-9, err_msg=term.text
        )


def test_the_roles_above_reach_every_kind_of_atom():
    reached = {
        atom.kind
        for roles in ALL_ROLES.values()
        for term in library(data(roles)).terms
        for atom, _ in term.factors
    }
    assert reached == ALL_KINDS


def test_texts_are_unique_and_simplest_come_first():
    for roles in ALL_ROLES.values():
        terms = library(data(roles)).terms
        assert len({t.text for t in terms}) == len(terms)
        assert [t.stage for t in terms] == sorted(t.stage for t in terms)


def test_roles_decide_the_families():
    assert "(x**2+y**2)**(-1/2)" in texts(PLANE)
    assert {"q1", "log(sqrt((q1-q2)**2))", "exp(q1-q2)", "exp(q2-q1)"} <= texts(CHAIN)
    assert "((x1-x2)**2+(y1-y2)**2)**(-1/2)" in texts(PAIR)
    assert {"cos(a)", "sin(a-b)", "cos(a+b)", "w*cos(a)"} <= texts(SPIN)
    assert not {"a", "b", "a*w", "a**2"} & texts(SPIN), "an angle is no monomial"
    assert "log(Abs(sin((a-b)/2)))" in texts(SYNC)
    assert "log(Abs(sin((a-b)/2)))" not in texts(SPIN), "a rate is known: no chord"
    assert {"log(n)", "log(m)"} <= texts(FOOD)
    bare = {name: {} for name in "xyv"}
    assert all("(" not in text for text in texts(bare)), "no role, no function"


@pytest.mark.parametrize("family", FUNCTIONS)
def test_a_family_that_is_not_asked_for_is_not_there(family):
    word = {"trig": ("sin", "cos"), "log": ("log",), "inverse": ("**(-1",), "exp": ("exp",)}
    others = [name for name in FUNCTIONS if name != family]
    for roles in ALL_ROLES.values():
        found = {t for t in texts(roles, functions=others) if not t.startswith("log(Abs")}
        assert not [t for t in found if any(w in t for w in word[family])]


def test_what_differs_between_runs_multiplies_and_divides():
    found = library(data(FOOD, rate=[1.0, 2.0, 3.0], same=[5.0, 5.0, 5.0]))
    assert found.parameters == ("rate",)
    assert {"n*rate", "n*rate**-1"} <= {t.text for t in found.terms}
    assert not [t for t in found.terms if "same" in t.text]


def test_the_degree_follows_the_number_of_variables():
    degrees = [library(data({f"u{k}": {} for k in range(n)})).degree for n in (2, 4, 8, 16, 40)]
    assert degrees == sorted(degrees, reverse=True)
    assert degrees[0] == 4
    assert degrees[-1] >= 1
    for n in (2, 4, 8, 16, 40):
        assert len(library(data({f"u{k}": {} for k in range(n)})).terms) <= MOST_TERMS
    assert max(t.stage for t in library(data(FOOD), degree=3, functions=()).terms) == 3


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"functions": ("bessel",)}, "bessel"),
        ({"degree": 0}, "degree 0"),
        ({"degree": 12}, "library of"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, word):
    with pytest.raises(Refusal, match=word):
        library(data({f"u{k}": {} for k in range(4)}), **settings)


def test_poles_constants_and_infinities_are_left_out_and_said():
    runs = data(FOOD | {"still": {}})
    runs["n"].values[0, 3] = 0.0  # its logarithm is not finite
    runs["still"].values[:] = 4.0
    usable = survey(runs, library(runs)).usable()
    kept, said = {t.text for t in usable.terms}, " | ".join(usable.left_out)
    assert "log(n)" not in kept
    assert "log(n) (not finite)" in said
    assert "still (constant)" in said
    assert {"log(m)", "n"} <= kept


def test_a_pole_that_the_data_come_close_to_is_left_out():
    runs = data(PLANE, runs=20, samples=200)
    runs["x"].values[4, 7] = runs["y"].values[4, 7] = 1e-5
    usable = survey(runs, library(runs)).usable()
    assert "(x**2+y**2)**(-1/2)" not in {t.text for t in usable.terms}
    assert "(x**2+y**2)**(-1/2) (pole nearby)" in usable.left_out
    calm = data(PLANE, runs=20, samples=200)
    assert "(x**2+y**2)**(-1/2)" in {t.text for t in survey(calm, library(calm)).usable().terms}


def test_usable_terms_are_standardised_over_all_samples():
    runs = data(PLANE, runs=5)
    usable = survey(runs, library(runs)).usable()
    values = usable.values({n: runs[n].values for n in usable.variables}).reshape(150, -1)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(values.std(axis=0), 1, rtol=1e-10)


def test_a_survey_of_parts_is_the_survey_of_the_whole():
    runs = data(SPIN, runs=9, seed=3)
    terms = library(runs)
    whole, parts = (
        survey(runs, terms),
        [survey(runs.isel(run=slice(a, b)), terms) for a, b in ((0, 2), (2, 3), (3, 9))],
    )
    total = parts[0] + parts[1] + parts[2]
    assert total.runs == whole.runs == 9
    for name in ("count", "mean", "square", "largest", "smallest", "broken"):
        np.testing.assert_allclose(getattr(total, name), getattr(whole, name), rtol=1e-10)
