"""The search from end to end: right laws, no false ones, and the same ones however data come."""

import json
from functools import lru_cache

import numpy as np
import pytest
import sympy

from lawful.expressions import parse
from lawful.laws import Findings, find_laws
from lawful.refusal import Refusal
from lawful.systems import simulate, system
from lawful.trajectories import make

RIGHT = 0.9999
KNOWN = {"spring": 1, "pendulum": 1, "orbit": 3, "lotka-volterra": 1, "euler-top": 2}


@lru_cache
def data(name, noise=0.0, seed=0, runs=40, samples=120):
    return simulate(name, runs=runs, samples=samples, seed=seed, noise=noise)


def r_squared(law, clean):
    columns = {str(n): v.values for n, v in clean.data_vars.items()}
    q = law.function(columns)
    return 1 - q.var(axis=1).mean() / q.var()


def changed(runs, **columns):
    return runs.assign({n: (("run", "time"), v, runs[n].attrs) for n, v in columns.items()})


def same_laws(found, other, clean):
    """Whether laws agree as functions, up to a factor and a constant, one by one."""
    columns = {str(n): v.values.ravel() for n, v in clean.data_vars.items()}
    assert len(found.laws) == len(other.laws)
    for a, b in zip(found.laws, other.laws, strict=True):
        p, q = a.function(columns), b.function(columns)
        assert abs(np.corrcoef(p, q)[0, 1]) > 1 - 1e-6, (a.expression, b.expression)


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("name", KNOWN)
def test_the_right_laws_are_found(name, noise, seed):
    found = find_laws(data(name, noise, seed), seed=seed)
    clean = data(name, 0.0, seed + 1000)
    assert len(system(name).invariants) == KNOWN[name]
    assert len(found.laws) == KNOWN[name], [law.expression for law in found.laws]
    for law in found.laws:
        assert r_squared(law, clean) > RIGHT, law.expression
        assert law.p_value <= 0.05
        if noise == 0:
            assert law.grade == "exact"


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("name", ["lorenz", "van-der-pol", "damped-spring"])
def test_no_law_is_made_up(name, noise, seed):
    assert find_laws(data(name, noise, seed), seed=seed).laws == ()


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("runs", [1, 3, 20])
def test_noise_has_no_law(seed, runs):
    rng = np.random.default_rng(seed)
    table = {n: rng.normal(size=(runs, 100)) for n in "xyz"}
    assert find_laws(make(table, np.arange(100) * 0.1), seed=seed).laws == ()


def walks(runs, seed):
    """Random walks that barely move: everything is nearly constant, nothing is a law."""
    rng = np.random.default_rng(seed)
    table = {
        n: rng.normal(size=(runs, 1)) + np.cumsum(0.001 * rng.normal(size=(runs, 200)), axis=1)
        for n in "xyz"
    }
    return make(table, np.arange(200) * 0.1)


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("runs", [10, 24, 60])
def test_what_barely_moves_has_no_law(seed, runs):
    assert find_laws(walks(runs, seed), seed=seed).laws == ()


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_one_run_of_a_coarsely_sampled_attractor_has_no_law(seed):
    runs = simulate("lorenz", runs=1, samples=200, duration=10, seed=seed)
    assert find_laws(runs, seed=seed).laws == ()


# ------------------------------------------------------------------ the same, however given


def test_equal_seeds_give_equal_findings_to_the_last_bit():
    first, again = (find_laws(data("orbit", 0.01), seed=3).to_json() for _ in range(2))
    assert first == again


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("factors", [(1e6, 1e-6, 1), (1e-6, 1e-6, 1e6), (1e6, 1e6, 1e6)])
def test_laws_do_not_depend_on_the_units_of_columns(factors, noise):
    runs = data("euler-top", noise)
    scaled = changed(runs, **{n: runs[n].values * f for n, f in zip(runs, factors, strict=True)})
    found = find_laws(scaled)
    clean = data("euler-top", 0.0, 1000)
    clean = changed(clean, **{n: clean[n].values * f for n, f in zip(clean, factors, strict=True)})
    assert len(found.laws) == 2
    assert min(r_squared(law, clean) for law in found.laws) > RIGHT


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_laws_do_not_depend_on_the_order_of_columns_and_runs(noise):
    runs = data("lotka-volterra", noise)
    plain, clean = find_laws(runs), data("lotka-volterra", 0.0, 1000)
    same_laws(find_laws(runs[list(runs)[::-1]]), plain, clean)
    order = np.random.default_rng(0).permutation(runs.sizes["run"])
    if noise == 0:
        same_laws(find_laws(runs.isel(run=order)), plain, clean)
    else:  # other runs are held out: the fit may differ within its interval
        assert r_squared(find_laws(runs.isel(run=order)).laws[0], clean) > RIGHT


def test_a_duplicated_column_is_an_identity_and_no_law():
    runs = data("spring")
    twin = runs.assign(twin=(("run", "time"), 3 * runs.x.values, {"units": "", "role": "scalar"}))
    found = find_laws(twin)
    assert len(found.laws) == 1
    assert r_squared(found.laws[0], twin) > RIGHT
    assert any("twin" in said for said in found.identities)


def test_a_constant_column_is_left_out_and_no_law():
    runs = data("spring")
    still = np.full(runs.x.shape, 4.0)
    found = find_laws(runs.assign(still=(("run", "time"), still, {"units": ""})))
    assert len(found.laws) == 1
    assert "still" not in found.laws[0].expression
    assert any(said.startswith("still (constant)") for said in found.library["left_out"])


def test_a_column_constant_within_each_run_is_a_law():
    runs = data("spring")
    mass = np.repeat(np.linspace(1, 2, runs.sizes["run"])[:, None], runs.sizes["time"], axis=1)
    found = find_laws(runs.assign(mass=(("run", "time"), mass, {"units": "kg"})))
    assert "mass" in {law.expression for law in found.laws}
    assert len(found.laws) == 2


# ------------------------------------------------------------------ few and short runs


@pytest.mark.parametrize("seed", [0, 7])
def test_a_single_run_warns(seed):
    found = find_laws(data("orbit", 0.0, seed, runs=1), seed=seed)
    assert any("one run" in said.lower() for said in found.warnings)
    clean = data("orbit", 0.0, 1000)
    assert any(r_squared(law, clean) > 0.99 for law in found.laws)


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("runs", [2, 3, 5, 8])
def test_few_runs_find_the_spring_and_nothing_else(runs, seed):
    found = find_laws(data("spring", 0.0, seed, runs=runs), seed=seed)
    assert len(found.laws) == 1
    assert r_squared(found.laws[0], data("spring", 0.0, 1000)) > RIGHT
    assert any("few" in said for said in found.warnings)


@pytest.mark.parametrize("runs", [1, 2, 4, 8, 20])
@pytest.mark.parametrize("samples", [9, 12, 20, 27])
def test_short_runs_are_searched_or_refused(runs, samples):
    rng = np.random.default_rng(0)
    table = {n: rng.normal(size=(runs, samples)) for n in "xy"}
    try:
        found = find_laws(make(table, np.arange(samples) * 0.1))
    except Refusal:
        return
    assert found.laws == ()


def test_ragged_runs_with_gaps_and_clocks_of_their_own():
    runs = data("spring", 0.0).copy(deep=True)
    times = np.repeat(runs.time.values[None], runs.sizes["run"], axis=0)
    for run in range(0, runs.sizes["run"], 3):
        times[run, 80 + run :] = np.nan
        for column in runs.data_vars.values():
            column.values[run, 80 + run :] = np.nan
    runs.x.values[5, 30:33] = np.nan
    table = {n: runs[n].values for n in runs}
    roles = {n: {k: v for k, v in runs[n].attrs.items() if k != "units"} for n in runs}
    found = find_laws(make(table, times, roles=roles))
    assert len(found.laws) == 1
    assert r_squared(found.laws[0], data("spring", 0.0, 1000)) > RIGHT


# ------------------------------------------------------------------ what is handed back


@pytest.mark.parametrize("name", KNOWN)
def test_expressions_parse_and_evaluate_as_the_law(name):
    runs = data(name, 0.01)
    columns = {str(n): v.values[:3, :5].ravel() for n, v in runs.data_vars.items()}
    for law in find_laws(runs).laws:
        for read in (sympy.sympify(law.expression), parse(law.expression)):
            ours = sympy.lambdify(list(columns), read)(*columns.values())
            np.testing.assert_allclose(ours, law.function(columns), rtol=1e-9)
        assert law.latex
        for constant in law.constants:
            assert constant.low <= constant.value <= constant.high


def test_findings_survive_json():
    found = find_laws(data("orbit", 0.01))
    back = Findings.from_dict(json.loads(found.to_json()))
    assert back.to_json() == found.to_json()
    assert back.laws == found.laws


def test_known_constants_lie_in_their_intervals():
    values = system("spring").values
    (energy,) = find_laws(data("spring", 0.01)).laws
    (stiffness,) = energy.constants
    wanted = values["k"] / values["m"] / 2
    width = stiffness.high - stiffness.low
    assert stiffness.low - width <= wanted <= stiffness.high + width
    assert energy.name == "energy"


@pytest.mark.parametrize(
    "settings",
    [{"confidence": 1.0}, {"fdr": 0.0}, {"noise": -0.1}, {"surrogates": 3}, {"degree": 0},
     {"functions": ("bessel",)}],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(settings):
    with pytest.raises(Refusal):
        find_laws(data("spring"), **settings)


def test_data_that_cannot_be_meant_are_refused():
    with pytest.raises(Refusal, match="complete samples"):
        find_laws(make({"x": np.arange(4.0)}, np.arange(4.0)))
    nothing = np.full((3, 20), np.nan)
    with pytest.raises(Refusal, match="complete samples"):
        find_laws(make({"x": nothing, "y": nothing + 1}, np.arange(20.0)))


def test_each_step_is_told():
    steps = []
    find_laws(data("spring"), progress=steps.append)
    assert steps == list(dict.fromkeys(steps))
    assert {"survey", "scatter", "search", "verdict"} <= set(steps)
