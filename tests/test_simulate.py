"""Simulation: true to known solutions, reproducible, clear in refusals; systems from TOML."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.systems import names, prove, read_system, simulate, system
from lawful.systems.motion import integrate
from lawful.trajectories import check

HOUSE = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((HOUSE / "examples").glob("*.toml"))


def origin(runs):
    return json.loads(runs.attrs["origin"])


def drift(quantity):
    return float((quantity.max("time") - quantity.min("time")).max())


# ------------------------------------------------------------------ true to known solutions


def kepler_by_newton(start, time, mu):
    """The state (4, time) on the ellipse through `start`, by Kepler's equation."""
    r, v = start[:2], start[2:]
    spin, distance = r[0] * v[1] - r[1] * v[0], np.hypot(*r)
    pointer = np.array([v[1], -v[0]]) * spin / mu - r / distance
    e, size = np.hypot(*pointer), 1 / (2 / distance - v @ v / mu)
    along = pointer / e
    across = np.sign(spin) * np.array([-along[1], along[0]])
    rate, b = np.sqrt(mu / size**3), np.sqrt(1 - e**2)
    first = np.arctan2(r @ across / (size * b), r @ along / size + e)
    mean = first - e * np.sin(first) + rate * time
    turn = mean + e * np.sin(mean)
    for _ in range(30):
        turn = turn - (turn - e * np.sin(turn) - mean) / (1 - e * np.cos(turn))
    place = size * ((np.cos(turn) - e) * along[:, None] + b * np.sin(turn) * across[:, None])
    speed = size * rate / (1 - e * np.cos(turn))
    return np.vstack(
        [place, speed * (-np.sin(turn) * along[:, None] + b * np.cos(turn) * across[:, None])]
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_orbits_are_the_analytic_ones(seed):
    runs = simulate("orbit", runs=200, seed=seed)
    states = np.array([runs[n].values for n in ("x", "y", "vx", "vy")])
    mu = system("orbit").values["mu"]
    for k in range(200):
        exact = kepler_by_newton(states[:, k, 0], runs["time"].values, mu)
        assert np.abs(states[:, k] - exact).max() < 1e-9


def test_a_spring_is_a_cosine():
    runs = simulate("spring", runs=5, seed=3, vary={"k": (0.5, 4.0), "m": (1.0, 3.0)})
    omega = np.sqrt(runs["k"] / runs["m"])
    phase = omega * runs["time"]
    start = runs.isel(time=0)
    exact = start["x"] * np.cos(phase) + start["v"] / omega * np.sin(phase)
    assert float(np.abs(runs["x"] - exact).max()) < 1e-9


def test_friction_is_an_exponential():
    runs = simulate("damped-spring", runs=5, seed=3)
    p = system("damped-spring").values
    decay = p["c"] / (2 * p["m"])
    omega = np.sqrt(p["k"] / p["m"] - decay**2)
    x, v, time = runs["x"][:, 0], runs["v"][:, 0], runs["time"]
    turn = x * np.cos(omega * time) + (v + decay * x) / omega * np.sin(omega * time)
    assert origin(runs)["integrator"] == {"DOP853": 5}
    assert float(np.abs(runs["x"] - np.exp(-decay * time) * turn).max()) < 1e-9


def test_one_bad_run_does_not_hide_in_the_stack():
    """Each run of a stack is as good as it would be alone."""
    top = system("euler-top")
    calm = np.array([0.01, 0.02, 0.015])[:, None] * np.ones(200)
    wild = np.array([[3.0], [12.0], [5.0]])
    time = np.linspace(0, 3, 50)
    together = integrate(top, np.hstack([calm, wild]), time)[:, -1]
    alone = integrate(top, wild, time, tolerance=1e-12)[:, 0]
    assert np.abs(together - alone).max() < 1e-9 * np.abs(alone).max()


def test_both_ways_of_moving_agree():
    from dataclasses import replace

    separable = system("henon-heiles")
    hidden = replace(
        separable, variables=tuple(replace(v, role="scalar", of="") for v in separable.variables)
    )
    assert hidden.partition is None
    a, b = (simulate(s, runs=20, seed=2) for s in (separable, hidden))
    assert origin(a)["integrator"] == {"kahan-li8": 20}
    assert origin(b)["integrator"] == {"DOP853": 20}
    assert max(float(np.abs(a[n] - b[n]).max()) for n in separable.names) < 1e-8


def test_runs_too_hard_for_equal_steps_go_to_an_adaptive_one():
    """An orbit of eccentricity 0.99 among easy ones."""
    mu = system("orbit").values["mu"]
    speed = np.sqrt(mu * np.array([1.0, 1.0 - 0.99]))
    start = {"x": [1.0, 1.0], "y": 0.0, "vx": 0.0, "vy": speed}
    runs = simulate("orbit", runs=2, initial=start, duration=0.6)
    assert origin(runs)["integrator"] == {"kahan-li8": 1, "DOP853": 1}
    states = np.array([runs[n].values for n in ("x", "y", "vx", "vy")])
    exact = kepler_by_newton(states[:, 1, 0], runs["time"].values, mu)
    assert np.abs(states[:2, 1] - exact[:2]).max() < 1e-7


def test_a_motionless_variable_does_not_spoil_the_step():
    """Started on a line, an orbit's y stays zero, and even and odd modes stay apart."""
    line = simulate("isotropic-oscillator", runs=3, initial={"y": 0.0, "vy": 0.0})
    assert float(np.abs(line["y"]).max()) == 0.0
    even = simulate(
        "coupled-oscillators", runs=2, initial={"x1": 1.0, "x2": -1.0, "v1": 0.5, "v2": -0.5}
    )
    assert origin(even)["integrator"] == {"kahan-li8": 2}
    assert float(np.abs(even["x1"] + even["x2"]).max()) < 1e-12


def test_a_looser_tolerance_is_kept_too():
    for name, angle in (("orbit", "x"), ("damped-pendulum", "theta")):
        fine, coarse = (simulate(name, runs=20, tolerance=t)[angle] for t in (1e-12, 1e-5))
        assert 1e-13 < float(np.abs(fine - coarse).max()) < 1e-4


# ------------------------------------------------------------------ seeds, noise, parameters


@pytest.mark.parametrize("name", names())
def test_the_same_seed_gives_the_same_bits(name):
    settings = {"runs": 3, "samples": 20, "seed": 11, "noise": 0.02}
    a, b = simulate(name, **settings), simulate(name, **settings)
    assert a.identical(b)
    other = simulate(name, **(settings | {"seed": 12}))
    assert any((a[n] != other[n]).any() for n in a.data_vars)


def test_a_fresh_process_gives_the_same_bits():
    code = (
        "from lawful.systems import simulate; r = simulate('double-pendulum', runs=3, seed=4); "
        "print(r['theta2'].values.tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = simulate("double-pendulum", runs=3, seed=4)["theta2"].values
    assert done.stdout.strip() == here.tobytes().hex()


def test_noise_is_white_and_of_the_size_stated():
    clean = simulate("lotka-volterra", runs=40, seed=1)
    noisy = simulate("lotka-volterra", runs=40, seed=1, noise=0.05)
    for name in clean.data_vars:
        error = (noisy[name] - clean[name]).values
        stated = origin(noisy)["noise_std"][name]
        assert stated == pytest.approx(0.05 * float(clean[name].std()))
        assert error.std() == pytest.approx(stated, rel=0.05)
        neighbours = np.corrcoef(error[:, 1:].ravel(), error[:, :-1].ravel())[0, 1]
        assert abs(neighbours) < 5 / np.sqrt(error.size)


def test_an_angle_that_turns_is_no_noisier_for_it():
    runs = simulate("kuramoto", runs=10, duration=200.0, noise=0.01)
    assert float(runs["theta1"].std()) > 10
    assert origin(runs)["noise_std"]["theta1"] == pytest.approx(0.01 * np.pi / np.sqrt(3))


def test_what_varies_is_a_coordinate_on_run():
    runs = check(simulate("pendulum", runs=30, vary={"length": (0.5, 2.0)}, seed=2))
    length = runs["length"]
    assert length.dims == ("run",)
    assert 0.5 < float(length.min()) < float(length.max()) < 2.0
    assert length.attrs["units"] == "m"
    energy = length**2 * runs["omega"] ** 2 / 2 - 9.81 * length * np.cos(runs["theta"])
    assert drift(energy) < 1e-8
    assert "length" not in origin(runs)["parameters"]


def test_what_varies_goes_with_its_run_where_runs_are_drawn_again():
    runs = simulate("three-body", runs=8, samples=60, vary={"m1": (0.8, 1.2)}, seed=3)
    momentum = runs["m1"] * runs["vx1"] + 0.9 * runs["vx2"] + 0.8 * runs["vx3"]
    assert runs.sizes["run"] == 8
    assert origin(runs)["runs_declined"] > 0
    assert drift(momentum) < 1e-12


def test_initial_states_can_be_given():
    runs = simulate("spring", runs=3, initial={"x": [1.0, 2.0, 3.0], "v": 0})
    assert runs["x"][:, 0].values.tolist() == [1.0, 2.0, 3.0]
    assert (runs["v"][:, 0] == 0).all()


def test_progress_rises_to_one():
    for name in ("orbit", "euler-top"):
        seen = []
        simulate(name, runs=5, progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"runs": 0}, "runs=0; expected a whole number of at least 1"),
        ({"runs": 2.5}, "runs=2.5"),
        ({"runs": True}, "runs=True"),
        ({"samples": 1}, "at least 2"),
        ({"seed": -1}, "seed=-1"),
        ({"noise": -0.1}, "noise=-0.1"),
        ({"noise": float("nan")}, "noise=nan"),
        ({"duration": 0.0}, "a positive time"),
        ({"duration": float("inf")}, "a positive time"),
        ({"tolerance": 0.0}, "tolerance=0.0"),
        ({"vary": {"lenght": (1, 2)}}, "did you mean length"),
        ({"vary": {"length": (2, 1)}}, "the smaller first"),
        ({"vary": {"length": (1, 2, 3)}}, "two numbers"),
        ({"initial": {"x": 1.0}}, "one of theta, omega"),
        ({"initial": {"theta": [1.0, 2.0]}}, "a finite number or 60 of them"),
        ({"initial": {"theta": float("nan")}}, "a finite number"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(Refusal, match=says):
        simulate("pendulum", **settings)


@given(st.floats(allow_nan=True), st.integers(-3, 3), st.floats(-1, 1))
def test_any_numbers_simulate_or_are_refused(duration, samples, noise):
    try:
        runs = simulate(
            "spring", runs=2, duration=min(duration, 50.0), samples=samples, noise=noise
        )
    except Refusal:
        return
    assert np.isfinite(runs["x"].values).all()


def written(tmp_path, text, name="own.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_run_that_diverges_is_named_with_its_time(tmp_path):
    """The solution of dx/dt = x² from 1/2 ends at t = 2."""
    blow = written(tmp_path, '[equations]\nx = "x**2"\n[initial]\nx = 0\n')
    with pytest.raises(Refusal, match=r"run 1 of own diverges in 'x' at time (2|1\.9999)"):
        simulate(blow, runs=3, initial={"x": [0.1, 0.5, 0.2]}, duration=3.0)
    escape = {"x": 0.0, "y": [0.2, 1.5], "vx": 0.0, "vy": [0.0, 1.0]}
    with pytest.raises(Refusal, match="run 1 of henon-heiles diverges"):
        simulate("henon-heiles", runs=2, initial=escape)


# ------------------------------------------------------------------ a user's own system


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_simulate_and_their_laws_are_proved(path):
    own = system(str(path))
    assert own == read_system(path)
    assert all(proof.holds for proof in prove(own))
    runs = check(simulate(path, runs=10, seed=1))
    assert set(runs.data_vars) == set(own.names)
    assert float(runs["time"][-1]) == own.time


def test_the_duffing_example_keeps_its_energy():
    runs = simulate(HOUSE / "examples" / "duffing.toml", runs=30, seed=1)
    energy = runs["v"] ** 2 / 2 - runs["x"] ** 2 / 2 + runs["x"] ** 4 / 4
    assert drift(energy) < 1e-9
    assert float(energy[:, 0].std()) > 0.1
    assert runs["v"].attrs["of"] == "x"
    assert runs["x"].attrs["units"] == "m"
    assert runs["time"].attrs["units"] == "s"


SPRING = """
[parameters]
k = {value = 1.0, units = "N/m"}
[equations]
x = "v"
v = "-k*x"
[initial]
x = [-1, 1]
v = {normal = [0, 1]}
"""


def test_a_small_file_is_enough(tmp_path):
    own = read_system(written(tmp_path, SPRING))
    assert (own.name, own.title, own.time, own.samples) == ("own", "own", 10.0, 200)
    runs = simulate(own(k=4.0), runs=500, seed=1)
    assert -1 <= float(runs["x"][:, 0].min()) < -0.9
    assert float(runs["v"][:, 0].std()) == pytest.approx(1.0, rel=0.2)


def test_a_false_law_in_a_file_is_said_when_asked(tmp_path):
    text = SPRING + '[invariants]\nenergy = "v**2/2 + k*x**2/2"\nfalse = "v**2 + x"\n'
    energy, false = prove(read_system(written(tmp_path, text)))
    assert energy.holds
    assert not false.holds


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"-k*x"', '"-kk*x"', "equation of 'v' of own: name 'kk'.*did you mean k"),
        ('"-k*x"', '"-k*x^2"', r"write \*\* for a power"),
        ('"-k*x"', "true", "a formula in quotes"),
        ("\nx = [-1, 1]\n", "\n", r"no initial value of 'x'"),
        ("\nx = [-1, 1]\n", "\nx = [1, -1]\n", "the lower bound first"),
        ("\nx = [-1, 1]\n", "\nx = [1, 2, 3]\n", r"\[low, high\]"),
        ("\nx = [-1, 1]\n", "\nx = nan\n", "a finite number"),
        ("\nx = [-1, 1]\n", '\nx = "1"\n', "a finite number"),
        ("\nx = [-1, 1]\n", "\nx = [-1, 1]\ny = 0\n", r"'y' in \[initial\]"),
        ("normal = [0, 1]", "normal = [0, -1]", "deviation"),
        ("normal = [0, 1]", "gauss = [0, 1]", "deviation"),
        ("value = 1.0, ", "", "parameter 'k' without a value"),
        ("value = 1.0", 'value = "1"', "a finite number"),
        ("units =", "unit =", "'unit' of parameter 'k'"),
        ("[initial]", "[initials]", r"\[initials\].*did you mean initial"),
        ("[equations]", "[equations", "no TOML.*line"),
        ("[parameters]", "x = 3\n[parameters]", "table"),
        ('x = "v"', 'sin = "v"', "the name 'sin'"),
        ('x = "v"', '"a b" = "v"', "the name 'a b'"),
    ],
)
def test_mistakes_in_a_file_are_refused_with_their_place(tmp_path, old, new, says):
    assert old in SPRING
    path = written(tmp_path, SPRING.replace(old, new, 1))
    with pytest.raises(Refusal, match=says) as caught:
        read_system(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[roles]\nx = "angel"', "role 'angel'"),
        ('[roles]\nv = "velocity of y"', "rate of 'y'"),
        ("[roles]\nv = 3", "velocity of x"),
        ('[roles]\nv = {role = "velocity", off = "x"}', "'off' in the role"),
        ('[roles]\nw = "angle"', r"'w' in \[roles\]"),
        ('[units]\nw = "m"', r"'w' in \[units\]"),
        ("[units]\nx = 3", "text in quotes"),
        ("[simulation]\nduration = -1", "a positive time"),
        ('[simulation]\nduration = "k*x"', "name 'x'"),
        ("[simulation]\nsamples = 1", "at least 2"),
        ("[simulation]\nsample = 100", "did you mean samples"),
        ('[system]\ndegree = "two"', "a whole number"),
        ("[system]\nname = 3", "text in quotes"),
        ('[invariants]\nenergy = "v**2 + z"', "invariant 'energy'"),
    ],
)
def test_mistakes_in_what_may_be_added_are_refused_too(tmp_path, more, says):
    with pytest.raises(Refusal, match=says):
        read_system(written(tmp_path, f"{SPRING}\n{more}\n"))


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(Refusal, match="no file"):
        system(tmp_path / "missing.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(Refusal, match="can be read"):
        system(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refusal, match="no TOML"):
        system(tmp_path / "bytes.toml")
    with pytest.raises(Refusal, match=r"no table \[equations\]"):
        system(written(tmp_path, ""))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.toml"
    path.write_bytes(content)
    with pytest.raises(Refusal):
        read_system(path)


def test_nothing_in_a_file_is_run(tmp_path):
    mark = tmp_path / "ran"
    text = SPRING.replace('"-k*x"', f"\"__import__('pathlib').Path('{mark}').touch()\"")
    with pytest.raises(Refusal):
        read_system(written(tmp_path, text))
    assert not mark.exists()


def test_the_benchmark_runs_and_meets_its_aim(tmp_path):
    out = tmp_path / "simulate.json"
    command = [sys.executable, HOUSE / "bench" / "simulate.py", "--quick", "--json", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["orbit"]
    assert json.loads(out.read_text(encoding="utf-8"))["orbit"] == found
    assert found["max_error"] <= 1e-9
    assert found["times_faster"] > 5  # a loaded machine; the README says what an idle one does
