"""Evaluations of PhysicsNet: drifts, correlations, collapse, ablations, folders, the pipeline."""

import json
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.store import RunFolder
from lawful.studies.physicsnet import agreement, peers, rollouts, words
from lawful.studies.physicsnet.drift import Drift, drift_of
from lawful.studies.physicsnet.errors import forecast_error, one_step_error
from lawful.studies.physicsnet.folder import TrainingRun
from lawful.studies.physicsnet.material import Material, material
from lawful.studies.physicsnet.shelf import Shelf
from lawful.studies.physicsnet.targets import truths, values_of
from lawful.systems import simulate, system
from lawful.trajectories import clock, make

torch = pytest.importorskip("torch", reason="lawful[torch] trains the network")
torch.set_num_threads(1)

from lawful.laws.physicsnet import NetSettings, split  # noqa: E402
from lawful.studies.physicsnet import ablations, evaluating, judging, pipeline  # noqa: E402
from lawful.studies.physicsnet.evaluation import evaluate  # noqa: E402
from lawful.studies.physicsnet.evaluation_folder import (  # noqa: E402
    put_evaluations,
    read_evaluation,
    read_evaluations,
    write_evaluation,
)
from lawful.studies.physicsnet.training import train_network  # noqa: E402

SEEN = 10
TINY = NetSettings(epochs=1, hidden=8, latent_dim=4, horizon=1)
QUICK = {"hamiltonian": False, "targets": (), "learned": False}


@dataclass(frozen=True, eq=False)
class Known:
    """A network that knows the truth, up to what a test puts between."""

    material: Material
    of: tuple = ("energy",)
    off: float = 0.0
    scale: float = 1.0
    settings: NetSettings = field(default_factory=NetSettings)
    window: int = 2
    history: dict = field(default_factory=dict)

    @property
    def variables(self):
        return tuple(self.settings.observe or map(str, self.material.runs.data_vars))

    @property
    def count(self):
        return len(self.of)

    @property
    def within_total(self):
        return np.full(len(self.of), 1e-9)

    @property
    def turn(self):
        return SimpleNamespace(directions=np.eye(len(self.of)) / self.scale)

    def quantities(self, runs):
        table = [values_of(self.material.system, name, runs) for name in self.of]
        q = np.stack(table, axis=-1)
        q[:, : self.window - 1] = np.nan
        return (q - np.nanmean(q, (0, 1))) / np.nanstd(q, (0, 1))

    def targets(self, runs):
        return ()

    def forecast(self, runs, *, prefix=None, hold=False):
        names = list(self.variables)
        return runs[names].assign({n: runs[n] + self.off for n in names})


def trained_on(m, **options):
    network = Known(m, **options)
    return TrainingRun(network, m, network.settings, None, {"loss": np.ones(3)})


@pytest.fixture(scope="module")
def orbit():
    return material(["orbit"], runs=40, samples=60)


# ------------------------------------------------------------------------------ drift


def test_a_spring_that_is_stretched_drifts_by_what_the_formula_says():
    m, share = material(["spring"], runs=6, samples=50), 0.01
    which = np.array([4, 0, 2])
    said = (m.runs * (1 + share)).isel(run=which)
    said = said.assign({n: said[n].assign_attrs(m.runs[n].attrs) for n in said.data_vars})
    energy = truths(m)["energy"][:, 0]
    scale = max(np.abs(energy).mean(), energy.std())
    drift = drift_of(m, said, which, SEEN)
    wanted = (2 * share + share**2) * energy[which] / scale
    np.testing.assert_allclose(drift.by_run, wanted, rtol=1e-6)
    assert drift.mean == pytest.approx(wanted.mean(), rel=1e-6)
    assert drift.worst == pytest.approx(wanted.max(), rel=1e-6)
    assert drift.scale == pytest.approx(scale)
    assert drift.floor == 0.0
    assert drift.others == {}


def test_what_was_seen_does_not_count():
    m = material(["spring"], runs=4, samples=40)
    wild = m.runs.copy(deep=True)
    wild["x"].values[:, :SEEN] = 1e6
    assert drift_of(m, wild, np.arange(4), SEEN).worst < 1e-8


def test_drift_of_noisy_data_is_from_the_state_without_noise():
    m = material(["orbit"], runs=5, samples=60, noise=0.02)
    which = np.arange(5)
    assert drift_of(m, m.clean, which, SEEN).worst < 1e-8
    assert drift_of(m, m.runs, which, SEEN).mean > 1e-3


def test_an_energy_near_zero_is_measured_by_its_spread():
    m = material(["projectile"], runs=30, samples=30, seed=1)
    shift = truths(m)["energy"][:, 0].mean() / 9.81
    level = m.runs.assign(y=(m.runs.y - shift).assign_attrs(m.runs.y.attrs))
    moved = Material.of(level, "moved", system=m.system, clean=level)
    drift = drift_of(moved, level, np.arange(30), SEEN)
    first = truths(moved)["energy"][:, SEEN - 1]
    assert abs(first.mean()) < 1e-6
    assert drift.scaled_by == "spread between runs"
    assert drift.scale == pytest.approx(first.std())


def test_a_lost_forecast_is_no_good_mean():
    m = material(["spring"], runs=4, samples=40)
    said = m.runs.copy(deep=True)
    said["x"].values[2, 30:] = np.nan
    drift = drift_of(m, said, np.arange(4), SEEN)
    assert drift.lost == 1
    assert drift.mean == drift.worst == drift.by_run[2] == np.inf
    assert np.isfinite(drift.by_run[[0, 1, 3]]).all()
    back = Drift.from_dict(json.loads(json.dumps(drift.to_dict(), allow_nan=False)))
    np.testing.assert_array_equal(back.by_run, drift.by_run)
    assert (back.mean, back.of, back.lost) == (np.inf, "energy", 1)
    assert "beyond all bounds" in words.share(back.mean)


def test_the_end_of_a_run_is_no_lost_forecast():
    t = np.linspace(0, 5, 40)
    runs = simulate("spring", runs=3, samples=40, duration=5.0)
    columns = {n: runs[n].values.copy() for n in runs.data_vars}
    times = np.tile(t, (3, 1))
    times[1, 25:] = np.nan
    for values in columns.values():
        values[1, 25:] = np.nan
    short = make(columns, times, roles={n: dict(runs[n].attrs) for n in columns})
    m = Material.of(short, "short", system=system("spring"), clean=short)
    drift = drift_of(m, short, np.arange(3), SEEN)
    assert drift.lost == 0
    assert drift.worst < 1e-8


def test_hidden_rates_are_estimated_and_what_that_costs_is_said():
    m = material(["orbit"], runs=5, samples=80)
    drift = drift_of(m, m.runs[["x", "y"]], np.arange(5), SEEN)
    assert drift.mean == pytest.approx(drift.floor)
    assert 0 < drift.floor < 0.05
    wrong = m.runs[["x", "y"]] * 1.05
    wrong = wrong.assign({n: wrong[n].assign_attrs(m.runs[n].attrs) for n in ("x", "y")})
    assert drift_of(m, wrong, np.arange(5), SEEN).mean > 2 * drift.floor


def test_other_invariants_drift_too(orbit):
    said = orbit.runs.assign(vx=orbit.runs.vx + 0.1)
    drift = drift_of(orbit, said, np.arange(40), SEEN)
    assert set(drift.others) == {"angular momentum", "eccentricity vector x"}
    assert min(drift.others.values()) > 1e-3


def test_without_a_truth_there_is_no_drift(tmp_path):
    runs = simulate("spring", runs=4, samples=40)
    assert drift_of(Material.of(runs), runs, np.arange(4), SEEN) is None
    lorenz = material(["lorenz"], runs=3, samples=40)
    assert drift_of(lorenz, lorenz.runs, np.arange(3), SEEN) is None


def test_parameters_of_each_run_are_its_own():
    runs = simulate("spring", runs=8, samples=60, vary={"k": (1.0, 4.0)})
    m = Material.of(runs, "springs", system=system("spring"), clean=runs)
    bare = runs.drop_vars("k")
    assert drift_of(m, bare, np.arange(8), SEEN).worst < 1e-7
    assert abs(rollouts.by_integrator(m, np.arange(8), SEEN) - runs).max().to_array().max() < 1e-6


# ------------------------------------------------------------------------------ roll-outs


def test_the_true_equations_follow_the_truth(orbit):
    which = np.array([3, 11])
    said = rollouts.by_integrator(orbit, which, SEEN)
    for name in said.data_vars:
        np.testing.assert_allclose(said[name].values, orbit.runs[name].values[which], atol=1e-6)
    assert drift_of(orbit, said, which, SEEN).worst < 1e-8


def test_the_true_equations_follow_uneven_clocks():
    t = np.sort(np.random.default_rng(0).uniform(0, 6, (3, 50)), axis=1)
    a = np.array([[1.0], [1.5], [2.0]])
    roles = {"x": {"role": "position"}, "v": {"role": "velocity", "of": "x"}}
    runs = make({"x": a * np.cos(t), "v": -a * np.sin(t)}, t, roles=roles)
    m = Material.of(runs, "mine", system=system("spring")(k=1.0, m=1.0), clean=runs)
    said = rollouts.by_integrator(m, np.arange(3), SEEN)
    assert abs(said - runs).max().to_array().max() < 1e-7


def test_a_noisy_start_is_the_integrators_own():
    m = material(["orbit"], runs=6, samples=60, noise=0.02)
    said = rollouts.by_integrator(m, np.arange(6), SEEN)
    np.testing.assert_array_equal(said["x"].values[:, SEEN - 1], m.runs["x"].values[:, SEEN - 1])
    assert drift_of(m, said, np.arange(6), SEEN).mean > 1e-3


def test_only_runs_with_a_whole_window_are_asked(orbit):
    runs = orbit.runs.copy(deep=True)
    test = split(runs, 0)[2]
    runs["x"].values[test[0], SEEN - 1] = np.nan
    run = trained_on(Material.of(runs, "gaps", system=orbit.system, clean=orbit.runs))
    assert rollouts.asked(run, SEEN).tolist() == test[1:].tolist()


def test_a_prefix_that_cannot_be_meant_is_refused(orbit):
    run = trained_on(orbit)
    assert rollouts.samples_seen(run) == 6
    assert rollouts.samples_seen(run, 20) == 20
    for prefix in (1, 60):
        with pytest.raises(Refusal, match=f"a prefix of {prefix} samples"):
            rollouts.samples_seen(run, prefix)


# ------------------------------------------------------------------------------ errors


def test_the_error_is_in_spreads_of_the_data():
    m = material(["spring"], runs=10, samples=40)
    off = {n: 0.1 * m.runs[n].values.std() for n in m.runs.data_vars}
    said = m.runs.assign({n: m.runs[n] + off[n] for n in off})
    assert forecast_error(m, said, np.arange(10), SEEN) == pytest.approx(0.1)
    run = trained_on(m, off=0.05)
    wanted = np.sqrt(np.mean([(0.05 / m.runs[n].values.std()) ** 2 for n in off]))
    assert one_step_error(run) == pytest.approx(wanted)


def test_an_angle_is_off_the_shorter_way_round():
    m = material(["pendulum"], runs=10, samples=40)
    turned = m.runs.assign(theta=m.runs.theta + 2 * np.pi)
    assert forecast_error(m, turned, np.arange(10), SEEN) < 1e-12


# ------------------------------------------------------------------------------ agreement


def test_what_is_a_function_of_the_energy_follows_it(orbit):
    run = trained_on(orbit, of=("energy", "angular momentum"))
    rows, true = agreement.learned(run), agreement.true_quantities(run)
    test = run.test
    table = agreement.correlations(
        {"quantity 1": -np.exp(rows["quantity 1"][test]), **{k: v[test] for k, v in rows.items()}},
        {k: v[test] for k, v in true.items()},
        by_run=True,
    )
    assert table["quantity 1"]["energy"] == 1.0
    assert table["quantity 2"]["angular momentum"] == 1.0
    assert agreement.best(table)["energy"] == 1.0
    r2 = peers.spanned(run, agreement.held(run), true)
    assert r2["energy"] > 1 - 1e-9
    assert r2["angular momentum"] > 1 - 1e-9
    assert r2["eccentricity vector x"] < 0.9


def test_samples_of_a_run_are_not_taken_for_runs():
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.normal(size=(8, 1)), 50, axis=1)
    noisy = truth + 2.0 * rng.normal(size=truth.shape)
    one = {"q": noisy}
    by_sample = agreement.correlations(one, {"e": truth})["q"]["e"]
    by_run = agreement.correlations(one, {"e": truth}, by_run=True)["q"]["e"]
    assert by_sample < 0.7 < by_run


@settings(max_examples=8)
@given(st.floats(0.1, 10), st.floats(-5, 5))
def test_the_span_is_the_same_in_other_units(factor, shift):
    e, l = np.random.default_rng(1).uniform(-1, 1, (2, 60))
    mixed = np.stack([e + l**2, l - 0.1 * e], axis=1)
    assert peers.span_r2(factor * mixed + shift, e) == pytest.approx(
        peers.span_r2(mixed, e), abs=1e-6
    )


def test_the_span_is_scored_on_runs_that_it_was_not_fitted_on():
    rng = np.random.default_rng(2)
    truth = np.repeat(rng.normal(size=(30, 1)), 40, axis=1)
    chance = np.repeat(rng.normal(size=(30, 1, 6)), 40, axis=1)
    assert peers.span_r2(chance, truth) < 0.3
    fit = np.arange(30) < 20
    spoilt = np.where(fit[:, None], truth, -truth)
    assert peers.span_r2(truth[..., None], spoilt, fit=fit) < 0


def test_there_is_no_span_of_nothing():
    truth = np.random.default_rng(0).normal(size=(20, 5))
    assert np.isnan(peers.span_r2(np.empty((20, 5, 0)), truth))
    assert np.isnan(peers.span_r2(truth[..., None], np.ones((20, 5))))
    assert np.isnan(peers.span_r2(truth[:3, :, None], truth[:3]))
    gap = truth.copy()
    gap[0] = np.nan
    assert peers.span_r2(gap[..., None], truth) > 0.999


# ------------------------------------------------------------------------------ collapse


def test_a_constant_is_told_by_its_own_spread(orbit):
    """In units of its own spread a constant looks like any other quantity."""
    good, flat = (trained_on(orbit, scale=scale) for scale in (1.0, 1e-3))
    np.testing.assert_array_equal(
        good.trained.quantities(orbit.runs), flat.trained.quantities(orbit.runs)
    )
    one, other = (judging.measure("own", run, SEEN) for run in (good, flat))
    assert (one.constant, other.constant) == (False, True)
    assert one.spread == pytest.approx(1e3 * other.spread)
    assert one.within_total < 1e-8
    assert one.correlation > 0.99
    assert one.drift < 1e-8
    back = judging.Ablation.from_dict(json.loads(json.dumps(other.to_dict(), allow_nan=False)))
    assert back == other


def test_the_plain_change_collapses_and_the_ratio_does_not():
    m = material(["spring"], runs=20, samples=40)
    quick = NetSettings(epochs=3, hidden=8, latent_dim=4, rate=3e-2, batch_size=16, horizon=1)
    found = {}
    for kind in ("variance", "change"):
        run = train_network(m, replace(quick, conservation=kind))
        found[kind] = judging.measure(kind, run, 6)
    assert found["change"].constant
    assert not found["variance"].constant
    assert found["variance"].spread > 10 * found["change"].spread
    (said,) = words.worth([found["variance"], found["change"]])
    assert "is a constant" in said


# ------------------------------------------------------------------------------ ablations


@pytest.fixture(scope="module")
def tiny():
    return train_network(material(["orbit"], runs=20, samples=40), TINY)


def test_ablations_change_one_setting_at_a_time():
    own = NetSettings(latent_dim=8, beta=1.0)
    for name, changed in ablations.variants(own).items():
        differing = [k for k, v in changed.to_dict().items() if v != own.to_dict()[k]]
        assert len(differing) == 1, name
    assert "latent 8" not in ablations.variants(own)
    assert list(ablations.variants(own, ["standard"])) == ["standard"]
    with pytest.raises(Refusal, match="an ablation 'none'"):
        ablations.variants(own, ["none"])


def test_finished_ablations_are_found_again(tiny, tmp_path, monkeypatch):
    shelf, told = Shelf(tmp_path / "pieces"), []
    options = {"names": ("standard", "latent 2"), "shelf": shelf, "jobs": 1}
    found, notes = ablations.ablate(tiny, 6, **options, progress=told.append)
    assert [one.name for one in found] == ["physics-aware", "standard"]
    assert found[1].settings == replace(TINY, beta=0.0)
    assert told == ["trained: standard", "trained: latent 2"]
    assert len(notes) == 1, "a latent space smaller than what is seen"
    assert "latent 2" in notes[0]
    assert not list(shelf.place.glob("*.checkpoint"))
    monkeypatch.setattr("lawful.laws.physicsnet.training.train", None)
    again, _ = ablations.ablate(tiny, 6, **options)
    assert again == found
    network = ablations.standard_network(tiny, 6, shelf)
    assert network.settings.beta == 0.0


def test_where_epochs_are_cut_all_are_alike(tiny):
    longer = replace(tiny, settings=replace(TINY, epochs=9))
    found, _ = ablations.ablate(longer, 6, names=("standard",), epochs=1, jobs=1)
    assert [(one.name, one.epochs) for one in found] == [("physics-aware", 1), ("standard", 1)]


def test_a_shelf_removes_its_own_alone(tmp_path):
    (tmp_path / "thesis.json").write_text("years of work")
    shelf = Shelf(tmp_path)
    shelf.put("sum", {}, 1)
    assert shelf.left == 2
    shelf.clear()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.json"]
    shelf.put("sum", {}, 1)
    shelf.file("sum", {}, "json").write_text('{"pie')
    assert shelf.get("sum", {}) is None, "half a piece is none"


# ------------------------------------------------------------------------------ evaluation


def alike(one, other):
    """Two evaluations, to the bit."""
    assert json.dumps(one.to_dict(), allow_nan=False) == json.dumps(other.to_dict())
    assert one.forecasts.keys() == other.forecasts.keys()
    for method, runs in one.forecasts.items():
        for name in runs.data_vars:
            np.testing.assert_array_equal(runs[name].values, other.forecasts[method][name].values)
            assert runs[name].attrs.get("role") == other.forecasts[method][name].attrs.get("role")
        np.testing.assert_array_equal(runs["run"].values, other.forecasts[method]["run"].values)
        np.testing.assert_array_equal(clock(runs), clock(other.forecasts[method]))
    for name in ("scores", "share", "directions", "mean"):
        ours, theirs = getattr(one.components, name), getattr(other.components, name)
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def evaluated(tiny):
    return evaluate(tiny, **QUICK, ablations=("standard",), jobs=1)


def test_an_evaluation_is_of_test_runs_alone(evaluated, tiny):
    e = evaluated
    assert set(e.drifts) == {"physicsnet", "held", "standard", "integrator"}
    assert set(e.forecasts) == {*e.drifts, "true"}
    for runs in e.forecasts.values():
        assert set(runs["run"].values) <= set(tiny.material.runs["run"].values[tiny.test])
    np.testing.assert_array_equal(
        e.forecasts["true"]["x"].values, tiny.material.clean["x"].values[tiny.test]
    )
    assert e.components.scores.shape == (tiny.test.size, 40, 3)
    assert e.drifts["integrator"].worst < 1e-6 < e.drifts["physicsnet"].mean
    assert e.errors["integrator"] < e.errors["physicsnet"]
    assert e.prefix == max(tiny.trained.window, 4)
    record = json.loads(json.dumps(e.to_dict(), allow_nan=False))
    assert record["test_runs"] == tiny.test.tolist()
    assert record["drifts"]["physicsnet"]["mean"] == e.drifts["physicsnet"].mean
    assert any("of the true equations" in sentence for sentence in record["found"])
    assert any("test run" in sentence for sentence in record["caveats"])


def test_the_run_folder_gives_the_evaluation_back(evaluated, tmp_path):
    place = write_evaluation(evaluated, tmp_path / "mine")
    assert RunFolder.open(place).changed() == ()
    alike(read_evaluation(place), evaluated)
    with RunFolder.create(tmp_path / "two", RunFolder.open(place).manifest) as folder:
        put_evaluations([evaluated, evaluated], folder)
    one, other = read_evaluations(tmp_path / "two")
    alike(one, other)
    with pytest.raises(Refusal, match="2 evaluations"):
        read_evaluation(tmp_path / "two")


def test_a_damaged_folder_is_refused(evaluated, tmp_path):
    place = write_evaluation(evaluated, tmp_path / "mine")
    (place / "evaluation.json").write_text('{"evaluations": [{"stem": "orbit"}]}')
    with pytest.raises(Refusal, match="not whole"):
        read_evaluation(place)
    (place / "evaluation.json").unlink()
    with pytest.raises(Refusal, match="holds no"):
        read_evaluation(place)


def test_what_nobody_knows_is_not_said():
    run = train_network(Material.of(simulate("orbit", runs=12, samples=30), "mine"), TINY)
    e = evaluate(run, **QUICK)
    assert (e.drifts, e.correlations["quantity 1"], e.r2) == ({}, {}, {})
    assert set(e.forecasts) == {"physicsnet", "held"}
    assert e.errors["physicsnet"] > 0
    assert any("No truth is known" in sentence for sentence in words.caveats(e))


def test_positions_alone_are_evaluated():
    m = material(["spring"], runs=12, samples=60, noise=0.01)
    run = train_network(m, replace(TINY, observe=("x",)))
    e = evaluate(run, **QUICK)
    assert e.drifts["physicsnet"].floor > 0
    filled = e.forecasts["physicsnet"]["v"].values
    assert np.isnan(filled[:, : e.prefix]).all()
    assert np.isfinite(filled[:, e.prefix :]).all()
    said = words.caveats(e)
    assert any("are noisy (1 %)" in sentence for sentence in said)
    assert any("estimated from predicted positions" in sentence for sentence in said)


def test_formulas_that_hold_are_held_to(tiny):
    work = evaluating.Work(tiny, 6, {}, Shelf(), None, print)
    formulas = {
        "learned 1": "x*vy - y*vx",
        "learned 2": "x*vx",
        "energy": "vx**2",
        "learned 3": "x*q",
    }
    found = [SimpleNamespace(target=name, formula=text) for name, text in formulas.items()]
    assert work._laws(found) == ("x*vy - y*vx",)


def test_formulas_that_were_found_are_not_sought_again(monkeypatch):
    pytest.importorskip("pyoperon", reason="lawful[sr] searches for formulas")
    from lawful.studies.physicsnet import discovering

    run, shelf = trained_on(material(["spring"], runs=20, samples=30)), Shelf()
    options = {"targets": ("kinetic",), "learned": False, "engine": "operon", "niterations": 2}
    options |= {"seed": 0}
    found = evaluating.Work(run, SEEN, options, shelf, None, str)._discovered()
    assert [one.target for one in found] == ["kinetic"]
    monkeypatch.setattr(discovering, "discover_in", None)
    again = evaluating.Work(run, SEEN, options, shelf, None, str)._discovered()
    assert [one.to_dict() for one in again] == [one.to_dict() for one in found]


def test_data_without_momenta_have_no_hamiltonian_network():
    run = trained_on(material(["lotka-volterra"], runs=12, samples=30), of=("Volterra's",))
    work = evaluating.Work(run, SEEN, {"seed": 0}, Shelf(), None, str)
    assert work._hamiltonian() is None
    assert work.notes[0].startswith("No Hamiltonian network: ")


# ------------------------------------------------------------------------------ two ways


def test_both_ways_are_held_against_the_same_truth(orbit):
    run = trained_on(orbit, of=("energy", "angular momentum"))
    side = peers.side_by_side(run)
    assert (side.true_count, side.library.count, side.learned.count) == (3, 3, 2)
    for one in (side.library, side.learned):
        assert min(one.r2["energy"], one.r2["angular momentum"]) > 0.999
    assert side.learned.worst == side.learned.r2["eccentricity vector x"] < 0.9
    bad = replace(side.learned, worst=0.1)
    good = replace(side.library, worst=0.9999)
    assert "the library wins" in words.side(replace(side, library=good, learned=bad))
    assert "the network wins" in words.side(replace(side, library=bad, learned=good))
    assert side.spans["learned"] == (2, side.learned.worst)
    assert peers.Side.from_dict(json.loads(json.dumps(side.to_dict(), allow_nan=False))) == side
    none = replace(side.learned, count=0, worst=np.nan)
    assert "neither" in words.side(peers.Side("x", 1, none, none))
    assert "alike" in words.side(peers.Side("x", 1, side.library, side.library))


# ------------------------------------------------------------------------------ pipeline


SMALL = pipeline.Simulation(runs=12, samples=30)


def test_a_pipeline_that_was_stopped_goes_on(tmp_path, monkeypatch):
    place, told = tmp_path / "all", []

    def stop(name, step):
        told.append((name, step))
        if (name, step) == ("orbit", "quantities"):
            raise KeyboardInterrupt

    run = {"place": place, "simulation": SMALL, **QUICK}
    with pytest.raises(KeyboardInterrupt):
        pipeline.pipeline(["spring", "orbit"], TINY, **run, progress=stop)
    assert not place.exists()
    assert ("orbit", "train") in told
    monkeypatch.setattr("lawful.laws.physicsnet.training.train", None)
    taken = []
    done = pipeline.pipeline(
        ["spring", "orbit"], TINY, **run, resume=True, progress=lambda *one: taken.append(one)
    )
    assert {name for name, _ in taken} == {"orbit"}, "the spring is read back whole"
    with RunFolder.create(place, done.manifest(("lawful", "pipeline"))) as folder:
        done.put(folder)
    done.clear()
    assert [p.name for p in tmp_path.iterdir()] == ["all"]
    kept = pipeline.pipeline(["orbit", "spring"], TINY, **run, resume=True)
    assert list(kept.evaluations) == ["orbit", "spring"]
    for name, one in kept.evaluations.items():
        alike(one, done.evaluations[name])
    assert sorted(p.name for p in place.iterdir() if p.is_dir()) == ["orbit", "spring"]


@pytest.mark.parametrize(
    ("settings", "simulated", "options"),
    [
        (replace(TINY, hidden=6), SMALL, QUICK),
        (TINY, replace(SMALL, seed=1), QUICK),
        (TINY, SMALL, {**QUICK, "seed": 1}),
        (TINY, SMALL, {**QUICK, "ablations": True}),
    ],
)
def test_what_was_asked_otherwise_is_not_taken_up(settings, simulated, options, tmp_path):
    def asked(settings, simulated, options):
        m = material(["spring"], **vars(simulated))
        return pipeline._One(m, settings, tmp_path, options).asked

    first = asked(TINY, SMALL, QUICK)
    assert first == asked(TINY, SMALL, {**QUICK, "jobs": 2}), "hands change nothing"
    assert asked(settings, simulated, options) != first


def test_a_pipeline_refuses_before_it_trains():
    with pytest.raises(Refusal, match="no systems"):
        pipeline.pipeline([])
    with pytest.raises(Refusal, match="'spring' twice"):
        pipeline.pipeline(["spring", "spring"])
    with pytest.raises(Refusal, match="did you mean"):
        pipeline.pipeline(["spring", "orbti"])
