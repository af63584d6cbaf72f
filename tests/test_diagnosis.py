"""Each thing that can be wrong with data is planted, and must be found; sound data stay quiet."""

import json

import numpy as np
import pytest

from lawful.laws.diagnosis import inspect
from lawful.laws.kinematics import rate_fit
from lawful.trajectories import make

ROLES = {
    "x": {"role": "position", "group": "p", "axis": "x"},
    "v": {"role": "velocity", "of": "x", "group": "p", "axis": "x"},
}


def spring(runs=12, samples=200, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(samples) * 0.1
    size, phase = rng.uniform(0.5, 2, (runs, 1)), rng.uniform(0, 6, (runs, 1))
    x, v = size * np.cos(2 * t + phase), -2 * size * np.sin(2 * t + phase)
    return t, x + noise * rng.normal(size=x.shape), v + 2 * noise * rng.normal(size=x.shape)


def look(variables, t, roles=None, **more):
    return inspect(make(variables, t, units={"time": "s"}, roles=roles, **more))


def said(diagnosis, words, *levels):
    found = [f for f in diagnosis.findings if words in f"{f.subject} {f.what}"]
    assert found, f"nothing says {words!r} in:\n{diagnosis}"
    if levels:
        assert found[0].level in levels
    return found[0]


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_sound_data_raise_nothing(noise):
    t, x, v = spring(noise=noise)
    diagnosis = look({"x": x, "v": v}, t, ROLES)
    assert diagnosis.sound
    assert diagnosis.at("note", "warning", "stop") == ()
    said(diagnosis, "agree with their positions", "ok")
    said(diagnosis, "resolves the motion", "ok")


def test_the_table_says_what_is_there():
    t, x, v = spring(noise=0.01)
    x_row, v_row = look({"x": x, "v": v}, t, ROLES).columns
    assert x_row.noise == pytest.approx(0.01, rel=0.1)
    assert v_row.noise == pytest.approx(0.02, rel=0.1)
    # half the mean squared change reaches 1 − 1/e of the variance at arccos(1/e) / ω
    assert x_row.memory == pytest.approx(np.arccos(np.exp(-1)) / 0.2, rel=0.05)
    assert (x_row.role, v_row.role) == ("position", "velocity")
    assert x_row.low == x.min()


def test_json_holds_it_all():
    t, x, v = spring()
    x[:, 50:] = np.nan
    diagnosis = look({"x": x, "v": v, "gone": np.full(x.shape, np.nan)}, t)
    text = json.dumps(diagnosis.to_dict(), allow_nan=False)
    assert json.loads(text)["data"]["runs"] == 12
    assert said(diagnosis, "'gone' lacks").level == "stop"
    assert "gone" in str(diagnosis)


def test_noise_is_named_by_column():
    t, x, v = spring(noise=0.1)
    found = said(look({"x": x, "v": v}, t, ROLES), "'x' is noisy", "note")
    assert "%" in found.what


def test_motion_too_fast_for_the_clock_stops():
    rng = np.random.default_rng(0)
    diagnosis = look({"x": rng.normal(size=(10, 100))}, np.arange(100.0))
    said(diagnosis, "change from sample to sample", "stop")
    assert not diagnosis.sound


def test_one_noise_column_among_sound_ones_warns():
    t, x, v = spring()
    z = np.random.default_rng(1).normal(size=x.shape)
    diagnosis = look({"x": x, "v": v, "z": z}, t)
    assert said(diagnosis, "change from sample to sample", "warning").subject == "'z'"


def test_constants_parameters_and_near_constants():
    t, x, v = spring()
    own = np.linspace(1, 2, 12)[:, None]
    more = {"c": x * 0 + 3, "m": x * 0 + own, "slow": own + 1e-5 * x}
    diagnosis = look({"x": x, "v": v, **more}, t)
    assert said(diagnosis, "never changes", "note").subject == "'c'"
    assert said(diagnosis, "keeps one value", "note").subject == "'m'"
    assert said(diagnosis, "hardly changes", "note").subject == "'slow'"


def test_copies_and_linear_dependence_are_written_out():
    t, x, v = spring()
    diagnosis = look({"x": x, "v": v, "copy": 2 * x, "sum": x - 3 * v + 1}, t)
    assert "2·x" in said(diagnosis, "'copy' is", "warning").what
    assert said(diagnosis, "'sum' is", "warning").what.startswith("is 1·x -3·v +1")


def test_scales_and_lost_digits():
    t, x, v = spring()
    diagnosis = look({"x": x * 1e-6, "v": v * 1e6, "far": np.sin(t) + 1e8 + 0 * x}, t)
    said(diagnosis, "differ widely in scale", "note")
    assert said(diagnosis, "varies by", "warning").subject == "'far'"


def test_rounding_is_recognised_with_its_step():
    t, x, v = spring()
    assert "0.01" in said(look({"x": x.round(2), "v": v}, t), "rounded", "note").what


def test_a_lone_spike_is_found_where_it_is():
    t, x, v = spring(noise=0.01)
    x[3, 70] += 1.0
    diagnosis = look({"x": x, "v": v}, t)
    assert "a lone spike, at" in said(diagnosis, "lone spike", "warning").what
    assert f"time {t[70]:.6g}" in said(diagnosis, "lone spike").what


def test_a_spike_is_found_on_an_uneven_clock():
    rng = np.random.default_rng(5)
    t = np.cumsum(rng.uniform(0.05, 0.15, (8, 200)), axis=1)
    x = np.sin(t + np.arange(8)[:, None]) + 0.005 * rng.normal(size=t.shape)
    x[2, 100] -= 2.0
    found = said(look({"x": x}, t), "lone spike", "warning")
    assert f"{t[2, 100]:.6g}" in found.what


def test_gaps_ragged_runs_and_leaps_of_the_clock():
    t, x, v = spring()
    x[1, 20:25] = np.nan
    clock = np.broadcast_to(t, x.shape).copy()
    clock[2, 100:] += 5.0
    clock[0, 150:] = np.nan
    x[0, 150:] = v[0, 150:] = np.nan
    diagnosis = look({"x": x, "v": v}, clock)
    assert "at most 5 in a row" in said(diagnosis, "'x' lacks 5 samples", "note").what
    assert "5.1" in said(diagnosis, "clocks leap 1 times", "note").what
    said(diagnosis, "of 150 to 200 samples", "ok")


def test_one_run_few_runs_short_runs():
    t, x, v = spring()
    said(look({"x": x[:1], "v": v[:1]}, t), "number just one", "warning")
    said(look({"x": x[:3], "v": v[:3]}, t), "number only 3", "note")
    said(look({"x": x[:, :12], "v": v[:, :12]}, t[:12]), "12 samples at most", "warning")
    said(look({"x": x[:, :4], "v": v[:, :4]}, t[:4]), "4 samples at most", "stop")
    said(look({"x": np.full((2, 5), np.nan)}, np.arange(5.0)), "hold no sample", "stop")


def test_runs_that_do_not_turn_back():
    t = np.linspace(0, 1, 100)
    diagnosis = look({"x": np.linspace(1, 3, 8)[:, None] * t + 1}, t)
    said(diagnosis, "shorter than the motion", "note")


def test_runs_from_one_start_and_copies():
    rng = np.random.default_rng(2)
    t, x, v = spring()
    same = x[:1] + 0.01 * rng.normal(size=x.shape)
    said(
        look({"x": same, "v": v[:1] + 0.01 * rng.normal(size=x.shape)}, t), "same state", "warning"
    )
    said(look({"x": np.repeat(x[:1], 3, axis=0)}, t), "2 of 3 are exact copies", "warning")


def test_runs_on_one_attractor_are_alike():
    """A driven linear oscillator with long memory of noise: stationary, the same in all runs."""
    rng = np.random.default_rng(4)
    forcing = rng.normal(size=(12, 6000))
    kernel = np.exp(-0.5 * (np.arange(-40, 41) / 8) ** 2)
    x = np.array([np.convolve(f, kernel, mode="valid") for f in forcing])
    said(look({"x": x}, np.arange(float(x.shape[1]))), "alike", "warning")


@pytest.mark.parametrize(
    ("factor", "words"), [(86400.0, "days against seconds"), (60.0, "minutes"), (-1.0, "sign")]
)
def test_a_velocity_in_another_unit_is_named(factor, words):
    t, x, v = spring(noise=0.005)
    diagnosis = look({"x": x, "v": v / factor}, t, ROLES)
    assert words in said(diagnosis, "times the clock's step", "warning").what


def test_a_velocity_of_something_else_is_named():
    t, x, _ = spring()
    _, _, other = spring(seed=9)
    said(look({"x": x, "v": other}, t, ROLES), "is not the rate of 'x'", "warning")


def test_positions_without_velocities():
    t, x, _ = spring()
    said(look({"x": x}, t, {"x": ROLES["x"]}), "no velocity beside it", "note")


def test_wrapped_angles_and_degrees():
    t = np.arange(300) * 0.1
    turning = t + np.arange(6)[:, None]
    wrapped = np.angle(np.exp(1j * turning))
    assert "2π" in said(look({"a": wrapped}, t), "jumps by", "warning").what
    assert "360" in said(look({"a": np.degrees(wrapped)}, t), "jumps by", "warning").what
    declared = look({"a": wrapped}, t, {"a": {"role": "angle"}})
    assert not [f for f in declared.findings if "jumps" in f.what]


def test_angular_velocity_of_a_wrapped_angle_agrees():
    t = np.arange(300) * 0.05
    turning = t + 0.3 * np.sin(t) + np.arange(6)[:, None]
    rate = 1 + 0.3 * np.cos(t) + 0 * turning
    fit = rate_fit(np.broadcast_to(t, rate.shape), np.angle(np.exp(1j * turning)), rate, angle=True)
    assert fit.factor == pytest.approx(1, abs=1e-3)


def test_populations_below_zero():
    t, x, _ = spring()
    said(look({"n": x}, t, {"n": {"role": "population"}}), "is not positive", "warning")


def test_what_the_reader_guessed_is_passed_on():
    t, x, v = spring()
    runs = make({"x": x, "v": v}, t)
    runs.attrs["notes"] = json.dumps(["column 'x' was taken for a position"])
    said(inspect(runs), "taken for a position", "note")


def test_fields_are_named_and_passed_over():
    t, x, _ = spring()
    runs = make({"x": x, "u": np.zeros((12, 200, 3))}, t)
    diagnosis = inspect(runs)
    assert [c.name for c in diagnosis.columns] == ["x"]
    said(diagnosis, "space axes", "note")
