"""The catalogue: every claim of every system is proved, measured, and held to be independent."""

import json
import re
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import sympy as sp

from lawful.expressions import compiled
from lawful.refusal import Refusal
from lawful.systems import Parameter, define, names, prove, quantities, rates, simulate, system
from lawful.systems.define import points, position, velocity
from lawful.trajectories import check
from lawful.units import known

LAWLESS = ("lorenz", "van-der-pol", "damped-spring", "damped-pendulum")
LAWFUL = [name for name in names() if name not in LAWLESS]
WANTED = {
    "projectile": 3,
    "spring": 1,
    "pendulum": 1,
    "double-pendulum": 1,
    "orbit": 3,
    "kepler": 5,
    "three-body": 5,
    "isotropic-oscillator": 3,
    "anisotropic-oscillator": 2,
    "coupled-oscillators": 2,
    "henon-heiles": 1,
    "toda": 3,
    "fput": 1,
    "calogero-moser": 5,
    "euler-top": 2,
    "lagrange-top": 3,
    "kovalevskaya-top": 3,
    "charged-particle": 4,
    "magnetic-mirror": 2,
    "point-vortices": 4,
    "lotka-volterra": 1,
    "sir": 2,
    "kuramoto": 1,
}


@cache
def sampled(name):
    return simulate(name, runs=60, seed=5)


def columns(name):
    runs = sampled(name)
    return {n: runs[n].values for n in system(name).names}


def along(name, formulas):
    """Formulas along the sampled runs, arrays (run, time)."""
    return quantities(formulas, {**columns(name), **system(name).values})


# ------------------------------------------------------------------ what is claimed holds


@pytest.mark.parametrize("name", names())
def test_every_invariant_is_proved_by_algebra(name):
    for proof in prove(system(name)):
        assert proof.holds, f"{proof.name}: dI/dt = {proof.rate}"
        assert proof.how == "algebra"


@pytest.mark.parametrize("name", LAWFUL)
def test_every_invariant_stays_along_simulated_runs(name):
    for law, values in along(name, system(name).invariants).items():
        drift = np.abs(values - values[:, :1]).max()
        assert drift < 1e-8 * values[:, 0].std(), law


@pytest.mark.parametrize("name", names())
def test_constraints_are_the_same_in_every_run(name):
    for values in along(name, system(name).constraints).values():
        assert np.ptp(values) < 1e-9


@pytest.mark.parametrize("name", LAWFUL)
def test_invariants_are_functionally_independent(name):
    """The Jacobian of invariants and constraints has full rank at sampled states."""
    chosen = system(name)
    claims = [*chosen.invariants.values(), *chosen.constraints.values()]
    claims = [c.replace(sp.Abs, lambda x: x) for c in claims]  # log|f| and log f differ alike
    jacobian = {
        f"{i} {n}": sp.diff(c, chosen.symbols[n])
        for i, c in enumerate(claims)
        for n in chosen.names
    }
    at = {n: v[:8, ::66] for n, v in columns(name).items()}
    found = quantities(jacobian, {**at, **chosen.values})
    matrices = np.array(list(found.values())).reshape(len(claims), len(chosen.names), -1)
    for matrix in np.moveaxis(matrices, 2, 0):
        scaled = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
        assert np.linalg.svd(scaled, compute_uv=False)[-1] > 1e-6


@pytest.mark.parametrize("name", LAWFUL)
def test_invariants_differ_between_runs_each_in_its_own_way(name):
    values = np.array([v[:, 0] for v in along(name, system(name).invariants).values()])
    within = {n: c.std() for n, c in columns(name).items()}
    assert (values.std(axis=1) > 0.1 * np.abs(values).mean(axis=1)).all()
    assert min(within.values()) > 0
    if len(values) > 1:
        assert np.linalg.eigvalsh(np.corrcoef(values))[0] > 0.01


@pytest.mark.parametrize("name", sorted(WANTED))
def test_as_many_invariants_as_there_are(name):
    assert len(system(name).invariants) == WANTED[name]
    assert set(system(name).beyond) <= set(system(name).invariants)


def test_what_has_no_law_claims_none():
    assert set(WANTED) | set(LAWLESS) <= set(names())
    for name in LAWLESS:
        assert not system(name).invariants
        assert not prove(system(name))


@pytest.mark.parametrize("name", ["damped-spring", "damped-pendulum"])
def test_friction_takes_energy(name):
    """dE/dt = −(something) v² ≤ 0, by the proof's own derivative."""
    from lawful.systems.proof import time_derivative

    bare = system(name.removeprefix("damped-"))
    damped, energy = system(name), bare.invariants["energy"]
    rate = sp.factor(time_derivative(damped, energy))
    speed = damped.symbols[damped.names[1]]
    assert sp.simplify(rate / speed**2).free_symbols <= set(damped.symbols.values()) - {speed}
    along_runs = quantities({"rate": rate}, {**columns(name), **damped.values})["rate"]
    assert (along_runs <= 0).all()
    assert along_runs.min() < 0


def test_the_magnetic_moment_is_nearly_kept():
    moment = along("magnetic-mirror", system("magnetic-mirror").adiabatic)["magnetic moment"]
    within, between = moment.std(axis=1).mean(), moment.mean(axis=1).std()
    assert 1e-3 * between < within < 0.3 * between


def test_modes_of_the_nonlinear_chain_trade_energy():
    """Else the modes of the linear chain would be laws too, nearly."""
    data = columns("fput")
    q = np.array([data[f"q{i}"] for i in range(1, 5)])
    p = np.array([data[f"p{i}"] for i in range(1, 5)])
    place = np.arange(1, 5)
    for k in range(1, 5):
        shape = np.sqrt(2 / 5) * np.sin(np.pi * k * place / 5)
        frequency = 2 * np.sin(np.pi * k / 10)
        a, b = np.einsum("i,irt->rt", shape, q), np.einsum("i,irt->rt", shape, p)
        mode = b**2 / 2 + frequency**2 * a**2 / 2
        assert mode.std(axis=1).mean() > 0.1 * mode.mean(axis=1).std()


def test_a_false_claim_is_found_out():
    chosen = system("pendulum")
    false = define(
        "false",
        "False",
        chosen.variables,
        chosen.parameters,
        {n: str(chosen.equations[n]) for n in chosen.names},
        chosen.sampler,
        invariants={"energy": "omega**2/2 - cos(theta)", "nothing": "theta - theta"},
    )
    energy, nothing = prove(false)
    assert not energy.holds
    assert "sin(theta)" in energy.rate
    assert nothing.holds


def test_a_proof_beyond_algebra_says_how_it_was_found():
    """Powers with a symbol above are no polynomials."""
    odd = define(
        "odd",
        "Odd",
        [position("x"), position("y")],
        [Parameter("k", 2.5)],
        {"x": "1", "y": "x**k"},
        lambda rng, n, p: {"x": 1.0, "y": 1.0},
        invariants={"true": "y - x**(k + 1)/(k + 1)", "false": "y - x**(k + 1)/k"},
    )
    true, false = prove(odd)
    assert (true.holds, true.how) == (True, "simplify")
    assert (false.holds, false.how) == (False, "numbers")


# ------------------------------------------------------------------ equations, samples, roles


@pytest.mark.parametrize("name", names())
def test_rates_match_the_slope_of_the_trajectory(name):
    chosen, runs = system(name), sampled(name)
    step = 1e-4 * chosen.time
    start = np.array([v[:5, 7] for v in columns(name).values()])
    short = {n: start[i] for i, n in enumerate(chosen.names)}
    near = simulate(chosen, runs=5, samples=5, duration=4 * step, initial=short)
    weights = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12 / step
    for name_, rate in zip(chosen.names, rates(chosen)(middle(near, chosen)), strict=True):
        slope = near[name_].values @ weights
        size = np.abs(runs[name_].values).max() / chosen.time
        assert np.allclose(slope, rate, rtol=1e-5, atol=1e-5 * size)


def middle(runs, chosen):
    return np.array([runs[n].values[:, 2] for n in chosen.names])


@pytest.mark.parametrize("name", names())
def test_sampling_resolves_the_motion(name):
    """Every other sample predicts the rest by a cubic spline."""
    from scipy.interpolate import CubicSpline

    time = sampled(name)["time"].values
    for values in columns(name).values():
        spline = CubicSpline(time[::2], values[:, ::2], axis=1)
        error = spline(time[1:-1:2]) - values[:, 1:-1:2]
        assert np.sqrt(np.mean(error**2)) < 0.01 * values.std()


@pytest.mark.parametrize("name", names())
def test_the_motion_is_followed_long_enough(name):
    for n, values in columns(name).items():
        rate = system(name).equations[n]
        if rate != 0:
            assert np.ptp(values, axis=1).mean() > 0.3 * values.std(), n


@pytest.mark.parametrize("name", names())
def test_roles_and_units_can_be_read(name):
    chosen, runs = system(name), sampled(name)
    check(runs)
    for variable in chosen.variables:
        assert known(variable.units), variable
        assert bool(variable.of) == (variable.role in ("velocity", "angular_velocity"))
        if variable.of:
            assert chosen.equations[variable.of].has(chosen.symbols[variable.name])
        if variable.role == "population":
            assert (runs[variable.name] > 0).all()
    assert all(known(p.units) for p in chosen.parameters)
    assert known(chosen.time_units)


@pytest.mark.parametrize("name", names())
def test_units_of_the_equations_agree(name):
    """Each rate has the unit of its variable over time, by scaling every unit at random."""
    from lawful.units import parse

    chosen = system(name)
    rng = np.random.default_rng(1)
    factors = {base: rng.uniform(0.5, 2.0) for base in ("[length]", "[mass]", "[time]")}

    def scale(unit):
        powers = parse(unit).dimensionality
        return np.prod([factors[b] ** float(p) for b, p in powers.items()])

    units = chosen.units
    state = np.array([v[:4, 0] for v in columns(name).values()])
    larger = state * np.array([[scale(units[n])] for n in chosen.names])
    values = {n: v * scale(units[n]) for n, v in chosen.values.items()}
    expected = rates(chosen)(state) * np.array(
        [[scale(units[n]) / scale(units["time"])] for n in chosen.names]
    )
    assert np.allclose(rates(chosen, values)(larger), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in names() if system(n).kinetic is not None])
def test_the_split_is_the_energy_and_separates(name):
    chosen = system(name)
    q, v = chosen.partition
    assert {str(s) for s in chosen.kinetic.free_symbols} & set(q) == set()
    assert {str(s) for s in chosen.potential.free_symbols} & set(v) == set()
    from lawful.systems.proof import time_derivative

    total = time_derivative(chosen, chosen.kinetic + chosen.potential)
    values = quantities({"rate": total}, {**columns(name), **chosen.values})["rate"]
    parts = quantities(
        {"rate": time_derivative(chosen, chosen.kinetic)}, {**columns(name), **chosen.values}
    )["rate"]
    assert np.abs(values).max() < 1e-10 * np.abs(parts).max()


@pytest.mark.parametrize("name", names())
def test_it_says_where_it_comes_from(name):
    chosen = system(name)
    assert re.search(r"(1[89]|20)\d\d", chosen.source)
    assert chosen.title
    assert chosen.description
    assert chosen.name == name


@pytest.mark.parametrize("name", names())
def test_text_and_latex_are_complete(name):
    chosen = system(name)
    assert chosen.text.count("\n") + 1 == chosen.latex.count(r"\dot{") == len(chosen.names)
    assert set(chosen.invariants_latex) == set(chosen.invariants)


@pytest.mark.parametrize("name", LAWFUL)
def test_formulas_as_text_are_read_back(name):
    """What a benchmark compares: str(invariant) evaluated by the safe reader."""
    chosen = system(name)
    first = {n: v[:3, 0] for n, v in columns(name).items()}
    expected = quantities(chosen.invariants, {**first, **chosen.values})
    for law, formula in chosen.invariants.items():
        got = compiled(str(formula))({**first, **chosen.values})
        assert np.allclose(got, expected[law])


# ------------------------------------------------------------------ systems as values


def test_a_new_parameter_makes_a_new_system():
    old = system("pendulum")
    new = old(length=2.0)
    assert new == old.with_parameters(length=2.0)
    assert hash(new) == hash(old(length=2.0))
    assert new != old
    assert (old.values["length"], new.values["length"]) == (1.0, 2.0)
    assert new.time == pytest.approx(old.time * np.sqrt(2))
    with pytest.raises(AttributeError):
        old.name = "other"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "long", True, None])
def test_a_parameter_is_a_finite_number(bad):
    with pytest.raises(Refusal, match="expected a finite number"):
        system("pendulum")(length=bad)


def test_names_that_are_not_there_are_refused_with_the_near_ones():
    with pytest.raises(Refusal, match="did you mean length"):
        system("pendulum")(lenght=2.0)
    with pytest.raises(Refusal, match="none: it has no parameters"):
        system("toda")(a=2.0)
    with pytest.raises(Refusal, match="did you mean double-pendulum or"):
        system("dubble-pendulum")
    assert system("Double_Pendulum") is system("double-pendulum")


def make(**changes):
    settings = {
        "name": "own",
        "title": "Own",
        "variables": [position("x"), velocity("v", of="x")],
        "parameters": [Parameter("k", 1.0)],
        "equations": {"x": "v", "v": "-k*x"},
        "sampler": lambda rng, n, p: {"x": rng.normal(size=n), "v": 0.0},
    }
    return define(**(settings | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"equations": {"x": "v"}}, "no equation for 'v'"),
        ({"equations": {"x": "v", "v": "-k*x", "w": "1"}}, "unknown 'w'"),
        ({"equations": {"x": "v", "v": "-kk*x"}}, "equation of 'v' of own: name 'kk'.*mean k"),
        ({"invariants": {"energy": "v**2 + z"}}, "invariant 'energy' of own: name 'z'"),
        ({"parameters": [Parameter("x", 1.0), Parameter("k", 1.0)]}, "'x' twice"),
        ({"parameters": [Parameter("time", 1.0), Parameter("k", 1.0)]}, "'time' as a name"),
        ({"variables": [position("x"), velocity("v", of="y")]}, "rate of 'y'"),
        ({"variables": [], "equations": {}}, "without variables"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused(changes, says):
    with pytest.raises(Refusal, match=says):
        make(**changes)


def test_a_sampler_must_speak_of_every_variable():
    with pytest.raises(Refusal, match="one of each variable"):
        make(sampler=lambda rng, n, p: {"x": 0.0}).sample(np.random.default_rng(0), 3)


def test_variables_called_like_functions_do_not_mean_them():
    odd = make(
        variables=[position("E"), velocity("I", of="E")],
        parameters=[Parameter("S", 2.0)],
        equations={"E": "I", "I": "-S*E + sqrt(E**2)*0 + (E**2 + 1)**(3/2)*0"},
        sampler=lambda rng, n, p: {"E": 1.0, "I": 0.0},
    )
    assert np.allclose(rates(odd)(np.array([[1.0], [3.0]])), [[3.0], [-2.0]])


def test_points_are_grouped_by_axis():
    made = points({"a": ("", "1"), "b": ("", "2")}, "xy", "m", "m/s")
    assert [v.name for v in made] == ["x1", "y1", "x2", "y2", "vx1", "vy1", "vx2", "vy2"]
    assert made[4].attributes == {"role": "velocity", "group": "a", "axis": "x", "of": "x1"}


def test_listing_the_catalogue_loads_no_sympy():
    code = (
        "import sys; from lawful.systems import names; n = names(); "
        "print([m for m in ('sympy', 'scipy', 'pandas', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_origin_says_what_was_done():
    origin = json.loads(sampled("orbit").attrs["origin"])
    assert origin["system"] == "orbit"
    assert origin["integrator"] == {"kahan-li8": 60}
    assert origin["parameters"] == system("orbit").values
