"""Roles: every row of the table in `roles.py`, what is said, and what is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.roles import groups, guess
from lawful.trajectories import ROLES


def roles_of(names, **options):
    return {n: r["role"] for n, r in guess(names.split(), **options).attributes.items()}


POINTS = {
    "x y z vx vy vz": {"r": "xyz"},
    "x y px py": {"r": "xy"},
    "x y x_dot y_dot": {"r": "xy"},
    "x y dx dy": {"r": "xy"},
    "x y dxdt dydt": {"r": "xy"},
    "x y ux uy": {"r": "xy"},
    "x y u v": {"r": "xy"},
    "x1 y1 x2 y2 vx1 vy1 vx2 vy2": {"r1": "xy", "r2": "xy"},
    "xa ya xb yb vxa vya vxb vyb": {"a": "xy", "b": "xy"},
    "x_sun y_sun x_moon y_moon vx_sun vy_sun vx_moon vy_moon": {"sun": "xy", "moon": "xy"},
    "sun_x sun_y sun_vx sun_vy": {"sun": "xy"},
    "pos_x pos_y vel_x vel_y": {"r": "xy"},
    "x v": {"x": "x"},
    "z vz": {"z": "z"},
    "q p": {"q": "x"},
    "q1 q2 q3 p1 p2 p3": {"q1": "x", "q2": "x", "q3": "x"},
    "x1 x2 v1 v2": {"x1": "x", "x2": "x"},
    "displacement velocity": {"displacement": "x"},
}


@pytest.mark.parametrize("names", POINTS)
def test_points_and_their_velocities(names):
    found = guess(names.split())
    assert not found.missing
    places = {n: r for n, r in found.attributes.items() if r["role"] == "position"}
    rates = {r["of"]: r for r in found.attributes.values() if r["role"] == "velocity"}
    assert {*rates} == {*places}
    assert len(places) * 2 == len(names.split())
    grouped = {}
    for name, record in places.items():
        grouped[record["group"]] = grouped.get(record["group"], "") + record["axis"]
        for key in ("group", "axis"):
            assert rates[name][key] == record[key]
    assert grouped == POINTS[names]


@pytest.mark.parametrize(
    ("angle", "rate"),
    [
        ("theta", "omega"),
        ("theta", "theta_dot"),
        ("theta", "thetadot"),
        ("theta", "dtheta"),
        ("theta", "dtheta_dt"),
        ("theta", "p_theta"),
        ("th1", "w1"),
        ("theta1", "omega1"),
        ("theta1", "theta_dot1"),
        ("theta_1", "omega_1"),
        ("phi2", "dphi2"),
        ("θ", "ω"),
        ("angle", "angular_velocity"),
    ],
)
def test_angles_and_their_rates(angle, rate):
    found = guess([angle, rate]).attributes
    assert found[angle] == {"role": "angle"}
    assert found[rate] == {"role": "angular_velocity", "of": angle}


def test_angles_of_a_double_pendulum():
    assert roles_of("th1 th2 w1 w2") == {
        "th1": "angle",
        "th2": "angle",
        "w1": "angular_velocity",
        "w2": "angular_velocity",
    }


def test_angles_without_rates_are_said_not_invented():
    found = guess(["theta1", "theta2", "theta3"])
    assert not found.missing
    assert any("--angle theta1,theta2,theta3" in note for note in found.notes)
    assert guess(["theta"], angle="theta").missing == {"theta_dot": "theta"}


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ("L1 L2 L3 g1 g2 g3", 6),
        ("Lx Ly Lz", 3),
        ("w1 w2 w3", 3),
        ("omega_x omega_y omega_z", 3),
        ("gamma1 gamma2 gamma3", 3),
        ("x y z vx vy vz Bx By Bz", 3),
        ("x1 x2 x3", 0),
        ("k1 k2 k3", 0),
    ],
)
def test_vectors(names, count):
    assert list(roles_of(names).values()).count("vector") == count


def test_what_has_no_velocity_is_no_position():
    found = guess(["x", "y", "z"])
    assert {r["role"] for r in found.attributes.values()} == {"scalar"}
    assert not found.missing
    assert "--position x,y,z" in found.notes[0]
    assert roles_of("x y") == {"x": "scalar", "y": "scalar"}


def test_what_is_sure_to_be_a_position_gets_its_velocity():
    lengths = guess(["x", "y"], units={"x": "au", "y": "au"})
    assert lengths.missing == {"vx": "x", "vy": "y"}
    assert guess(["pos_x", "pos_y"]).missing == {"pos_vx": "pos_x", "pos_vy": "pos_y"}
    assert guess(["x", "y", "z"], position="x,y,z").missing == {"vx": "x", "vy": "y", "vz": "z"}
    assert guess(["x", "y", "vx"]).missing == {"vy": "y"}
    assert guess(["a", "b"], position="a,b").missing == {"a_dot": "a", "b_dot": "b"}
    assert guess(["x", "y"], units={"x": "m/s", "y": "m/s"}).missing == {}


def test_several_points_are_said_together():
    found = guess(["x1", "y1", "x2", "y2", "sun_x", "sun_y", "omega_x", "omega_y", "omega_z"])
    assert "--position 'x1,y1;x2,y2;sun_x,sun_y'" in found.notes[0]
    assert found.attributes["sun_x"]["role"] == "scalar"
    assert found.attributes["omega_x"]["role"] == "vector"


def test_two_points_are_said():
    found = guess(["a", "b", "c", "d"], position="a,b;c,d").attributes
    assert {n: (r["group"], r["axis"]) for n, r in found.items()} == {
        "a": ("a_b", "x"),
        "b": ("a_b", "y"),
        "c": ("c_d", "x"),
        "d": ("c_d", "y"),
    }
    assert groups(["x1,y1", "x2,y2"]) == groups("x1,y1;x2,y2")


POSITIVE = np.array([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    "names", ["prey predator", "N", "N1 N2", "population_a", "S I R", "fish_count", "hares foxes"]
)
def test_populations(names):
    values = dict.fromkeys(names.split(), POSITIVE)
    assert set(roles_of(names, values=values).values()) == {"population"}
    nothing = dict.fromkeys(names.split(), POSITIVE - 1)
    found = guess(names.split(), values=nothing)
    assert {r["role"] for r in found.attributes.values()} == {"scalar"}
    assert any("not positive everywhere" in note for note in found.notes)


def test_populations_by_unit_and_by_word():
    assert roles_of("a", units={"a": "individuals"}, values={"a": POSITIVE}) == {"a": "population"}
    assert roles_of("x y", population="x,y", values={"x": POSITIVE, "y": POSITIVE}) == {
        "x": "population",
        "y": "population",
    }
    with pytest.raises(Refusal, match="falls to 0"):
        guess(["x"], population="x", values={"x": POSITIVE - 1})


def test_s_alone_is_no_population():
    assert roles_of("S R", values={"S": POSITIVE, "R": POSITIVE})["S"] == "scalar"


def test_an_angle_must_look_like_one():
    steps = np.linspace(0, 1, 200)[None, :]
    wrapped = np.mod(40 * steps, 2 * np.pi)
    for values in (steps, wrapped, 90 * steps):
        assert roles_of("theta", values={"theta": values}) == {"theta": "angle"}
    degrees = np.mod(4000 * steps, 360)
    found = guess(["theta"], values={"theta": degrees})
    assert found.attributes["theta"]["role"] == "scalar"
    assert "--units theta=deg" in found.notes[0]
    assert roles_of("theta", units={"theta": "K"}) == {"theta": "scalar"}
    assert roles_of("bearing", units={"bearing": "rad"}) == {"bearing": "angle"}


def test_the_user_wins():
    assert roles_of("theta omega", population="theta")["theta"] == "population"
    given = {"x": {"role": "scalar"}, "y": {"role": "population"}}
    assert roles_of("x y vx vy", given=given)["x"] == "scalar"
    assert roles_of("x y", given=given, position="x,y")["y"] == "position"


def test_unknown_and_double_names_are_refused():
    with pytest.raises(Refusal, match="did you mean 'theta'"):
        guess(["theta"], angle="thetta")
    with pytest.raises(Refusal, match="two roles"):
        guess(["x"], angle="x", population="x")


def test_every_guess_is_said():
    names = ["x", "y", "vx", "vy", "theta", "omega", "Lx", "Ly", "Lz", "prey"]
    notes = " ".join(guess(names).notes)
    for part in (
        "x, y are taken as the position",
        "velocity vx, vy",
        "theta is",
        "omega is",
        "prey",
    ):
        assert part in notes


@given(st.lists(st.from_regex(r"[a-zA-Z_]{1,3}[0-9]?(_dot)?", fullmatch=True), unique=True))
def test_any_names_give_one_role_each(names):
    found = guess(names)
    assert list(found.attributes) == names
    for name, record in found.attributes.items():
        assert record["role"] in ROLES
        if "of" in record:
            assert found.attributes[record["of"]]["role"] in ("position", "angle")
            assert record["of"] != name
    rates = [r["of"] for r in found.attributes.values() if "of" in r]
    assert len(rates) == len(set(rates))
    assert not {*found.missing} & {*names}
