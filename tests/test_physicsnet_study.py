"""PhysicsNet as a study: material, truths, forms, trainings kept, formulas found and graded."""

import sys
from dataclasses import asdict, dataclass
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.expressions import compiled
from lawful.refusal import Refusal
from lawful.store import RunFolder, read_json
from lawful.studies.physicsnet import folder, grading, scores, targets, training
from lawful.studies.physicsnet.discovering import Discovered, discover_in, findings
from lawful.studies.physicsnet.form import coefficients, composed, pruned, same_form, sparer
from lawful.studies.physicsnet.material import Material, material
from lawful.studies.physicsnet.states import columns_of, measured, with_rates
from lawful.studies.physicsnet.terms import terms_of
from lawful.studies.sources import Reading
from lawful.systems import names, simulate, system
from lawful.trajectories import make

# ------------------------------------------------------------------- material


def test_a_system_is_simulated_twice_and_differs_by_noise_alone():
    noisy = material(["orbit"], runs=6, samples=60, noise=0.02, seed=4)
    clean = simulate("orbit", runs=6, samples=60, seed=4)
    assert noisy.clean.identical(clean)
    assert all((noisy.runs[n].values != clean[n].values).all() for n in clean.data_vars)
    assert noisy.noise == pytest.approx(0.02, rel=0.1)


def test_redrawn_runs_stay_the_same_without_noise():
    """A system that declines some runs draws others: the noise must not shift that."""
    noisy = material(["swinging-atwood"], runs=5, samples=40, noise=0.05, seed=1)
    assert noisy.clean.identical(simulate("swinging-atwood", runs=5, samples=40, seed=1))


def test_without_noise_the_runs_are_the_clean_ones():
    m = material(["spring"], runs=3, samples=30)
    assert m.clean is m.runs
    assert m.noise == 0.0


def test_files_have_no_truth(tmp_path):
    from lawful import files

    place = tmp_path / "spring.csv"
    files.write(simulate("spring", runs=12, samples=40), place)
    m = material([str(place)])
    assert (m.system, m.clean, m.noise) == (None, None, None)
    assert targets.truths(m) == {}
    assert m.fingerprints[0]["name"] == "spring.csv"


@pytest.mark.parametrize(
    ("options", "word"),
    [({"noise": 0.1}, "noise"), ({"samples": 9}, "samples"), ({"runs": 9}, "runs")],
)
def test_settings_of_a_simulation_are_refused_with_files(options, word):
    with pytest.raises(Refusal, match=f"^{word} with 'planets'"):
        material(["planets"], **options)


def test_reading_options_are_refused_with_a_system():
    with pytest.raises(Refusal, match="--angle for a system"):
        material(["spring"], Reading(angle=("x",)), runs=3, samples=9)


def test_no_data_and_misspelt_data_are_refused():
    with pytest.raises(Refusal, match="no data"):
        material([])
    with pytest.raises(Refusal, match="did you mean"):
        material(["orbti"])


def test_clean_runs_must_be_alike():
    runs = simulate("spring", runs=3, samples=20)
    with pytest.raises(Refusal, match="clean runs"):
        Material.of(runs, clean=simulate("spring", runs=3, samples=21))


# ------------------------------------------------------------------- targets


@pytest.mark.parametrize("name", ["orbit", "projectile", "toda", "lotka-volterra", "sir"])
def test_what_is_said_to_be_conserved_is(name):
    """Every invariant that a target may name keeps its value along clean runs."""
    m = material([name], runs=3, samples=25, noise=0.03)
    known = targets.truths(m)
    for quantity in targets.invariants(m.system):
        values = known[quantity]
        size = np.abs(values).max()
        assert np.ptp(values, axis=1).max() <= 1e-5 * size, quantity


def test_parameters_that_vary_enter_truths_run_by_run():
    runs = simulate("spring", runs=5, samples=50, vary={"k": (1.0, 9.0)}, seed=2)
    m = Material.of(runs, system=system("spring"), clean=runs)
    truth = targets.truths(m)["energy"]
    own = runs.v**2 / 2 + runs.k * runs.x**2 / 2
    np.testing.assert_allclose(truth, own, rtol=1e-12)
    assert m.varied == ("k",)
    true = targets.true_expression(m.system, "energy", varied=m.varied)
    assert same_form("0.5*k*x**2 + 0.5*v**2", true)


def test_a_changed_parameter_is_put_in():
    heavy = system("pendulum")(length=2.0)
    assert same_form("2*omega**2 - 19.62*cos(theta)", targets.true_expression(heavy, "energy"))


def test_targets_are_those_that_the_system_has():
    assert targets.targets_of(system("orbit")) == targets.TARGETS
    assert targets.targets_of(system("projectile")) == ("energy", "kinetic", "potential")
    assert targets.targets_of(system("isotropic-oscillator")) == targets.TARGETS
    assert targets.targets_of(None) == ()
    assert targets.named(system("kepler"), "angular_momentum_z") == "angular momentum z"
    with pytest.raises(Refusal, match="expected one of angular_momentum_x, angular_momentum_y"):
        targets.named(system("kepler"), "angular_momentum")
    with pytest.raises(Refusal, match="none: nothing of it is known"):
        targets.named(system("lorenz"), "energy")
    with pytest.raises(Refusal, match="system is not known"):
        targets.named(None, "energy")


# ------------------------------------------------------------------- forms

ENERGY = targets.true_expression(system("orbit"), "energy")


@pytest.mark.parametrize(
    "found",
    [
        "0.5*vx**2+0.5*vy**2-39.478/sqrt(x**2+y**2)",
        "(vx**2 + vy**2)/2 - 39.6*(x**2 + y**2)**(-0.5) + 12",
        "((vx**2 + vy**2)*sqrt(x**2 + y**2) - 79)/(2*sqrt(x**2 + y**2))",
        "0.5*(vx**2 + vy**2) - 19.739/sqrt(0.25*x**2 + 0.25*y**2)",
        "0.5*(vx**2 + vy**2) - 39.478*sqrt(1/(x*x + y*y))",
        "0.502*vx**2 + 0.498*vy**2 - 39.3/sqrt(x**2 + 1.004*y**2)",
    ],
)
def test_the_same_form_however_it_is_written(found):
    assert same_form(found, ENERGY)


@pytest.mark.parametrize(
    "found",
    [
        "0.5*vx**2+0.5*vy**2-38/sqrt(x**2+y**2)",  # a constant off by 4 %
        "0.5*vx**2-39.478/sqrt(x**2+y**2)",  # a term missing
        "0.5*vx**2+0.5*vy**2-39.478/sqrt(x**2+y**2)+1e-9*x",  # a term too many, however small
        "0.5*vx**2+0.5*vy**2-39.478/(x**2+y**2)",  # another power
        "0.5*vx**2+0.5*vy**2-39.478/sqrt(x**2+y**2+0.01)",  # softened
        "0.5*vx**2+0.5*vy**2+39.478/sqrt(x**2+y**2)",  # another sign
        "vx**2+vy**2-78.956/sqrt(x**2+y**2)",  # another scale
        "12.5",
    ],
)
def test_another_form_is_refused(found):
    assert not same_form(found, ENERGY)


def test_a_scale_is_no_matter_for_a_learned_quantity():
    assert same_form("-3*vx**2 - 3*vy**2 + 237/sqrt(x**2 + y**2)", ENERGY, scale=True)
    assert not same_form("-3*vx**2 - 3*vy**2 + 200/sqrt(x**2 + y**2)", ENERGY, scale=True)
    assert not same_form("vx**2", ENERGY, scale=True)


_SLOW = ("calogero-moser", "three-body", "toda", "magnetic-mirror", "point-vortices")


@pytest.mark.parametrize("name", [n for n in names() if n not in _SLOW])
def test_every_truth_has_its_own_form_multiplied_out_or_not(name):
    import sympy as sp

    chosen = system(name)
    for quantity in list(targets.formulas(chosen))[:2]:
        true = targets.true_expression(chosen, quantity)
        assert same_form(str(sp.expand(true)), true)
        assert same_form(str(sp.expand(-2 * true)), true, scale=True)
        assert not same_form(f"{true} + 1e-8*{chosen.names[0]}**3", true)
        one = terms_of(true)[0]
        assert not same_form(true + 0.02 * one.coefficient * one.body, true)


@given(st.floats(0.2, 5.0), st.floats(-3.0, 3.0).filter(lambda b: abs(b) > 0.1))
def test_terms_give_the_values_of_the_formula(a, b):
    text = f"({a!r}*x - y)**2/sqrt({a!r}*x**2 + 2*y**2) + {b!r}*log(x*y) - cos({a!r}*x) + 3"
    at = {"x": np.array([0.3, 1.1, 2.0]), "y": np.array([0.7, 0.2, 1.6])}
    total = sum(t.coefficient * compiled(str(t.body))(at) for t in terms_of(text))
    off = compiled(text)(at) - total
    np.testing.assert_allclose(off, off[0], atol=1e-9)


def test_coefficients_are_paired_and_what_is_too_many_is_said():
    rows = coefficients("2.02*x**2 + y", "2*x**2 + z")
    assert [(r.term, r.true, r.found) for r in rows] == [
        ("z", 1.0, 0),
        ("x**2", 2.0, 2.02),
        ("y", 0.0, 1.0),
    ]
    assert rows[1].error == pytest.approx(0.01)
    assert rows[2].error == float("inf")


def test_a_function_of_true_quantities_is_composed_of_them():
    fall = system("projectile")
    true = {n: targets.true_expression(fall, n) for n in targets.invariants(fall)}
    made = composed("vy**2/2 + 9.8*y", true)
    assert set(made) == {"energy", "horizontal velocity * horizontal velocity"}
    assert composed("vx*vy + 9.8*x - 2*vx", true) is not None
    assert composed("vx*vy + 9.8*x - 2*vy", true) is None
    assert composed("vy**2/2 + 9.8*y + 1e-6*x", true) is None
    assert composed("4", true) is None


def test_what_is_pruned_is_gone_from_the_formula():
    x = np.linspace(-1, 1, 200)
    at = {"x": x, "y": x**3}
    assert pruned("x**2 + 3e-5*y", at) == "x**2"
    kept = "x**2 + 3e-4*y"
    assert pruned(kept, at) == kept
    assert pruned("x**2 + 2", at) == "x**2 + 2"
    assert pruned("7", at) == "7"


def test_terms_that_are_not_worth_having_go_and_real_ones_stay():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 400))
    noisy = x + 0.05 * y**2 + 0.1 * rng.normal(size=400)

    def refit(text):
        parts = [str(t.body) for t in terms_of(text)]
        table = np.stack([compiled(p)({"x": x[:200], "y": y[:200]}) for p in parts], axis=1)
        weights = np.linalg.lstsq(table, noisy[:200], rcond=None)[0]
        return " + ".join(f"{w:.9g}*{p}" for w, p in zip(weights, parts, strict=True))

    def error(text):
        return np.std(compiled(text)({"x": x[200:], "y": y[200:]}) - noisy[200:])

    kept = sparer(refit("x + y + x*y + y**2"), refit, error)
    assert {str(t.body) for t in terms_of(kept)} == {"x", "y**2"}


# ------------------------------------------------------------------- scores


def test_correlation_by_run_counts_a_run_once():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(20, 1)) + np.zeros((20, 50))
    noisy = truth + rng.normal(size=truth.shape)
    noisy[0, 3] = np.nan
    assert scores.correlation(noisy, truth, by_run=True) > 0.95
    assert scores.correlation(noisy, truth, by_run=False) < 0.9
    assert np.isnan(scores.correlation(np.ones((20, 50)), truth, by_run=True))


def test_r_squared_is_strict_and_up_to_scale_is_not():
    truth = np.linspace(0, 1, 50)
    assert scores.r_squared(2 * truth, truth) < 0.5
    assert scores.up_to_scale(-2 * truth + 1, truth) == pytest.approx(1.0)
    assert np.isnan(scores.r_squared(truth, np.ones(50)))


# ------------------------------------------------------------------- a network that is not one


@dataclass(frozen=True)
class Front:
    """A search's answer, as `laws.symbolic` gives it."""

    chosen: SimpleNamespace
    engine: str = "made up"

    @property
    def formulas(self):
        return (self.chosen,)

    def to_dict(self):
        return {"engine": self.engine, "chosen": vars(self.chosen)}

    @classmethod
    def from_dict(cls, record):
        return cls(SimpleNamespace(**record["chosen"]), record["engine"])


class Trained:
    """Knows what it is told: quantities are formulas of the data, some of them distorted."""

    window, count = 1, 1
    within_total = np.array([1e-4, 0.3])

    def __init__(self, settings, variables, formulas, epochs=3):
        self.settings, self.variables, self.formulas = settings, variables, formulas
        self.history = {"loss": np.linspace(1, 0.1, epochs), "seconds": np.full(epochs, 0.5)}

    def _of(self, runs, formula):
        return compiled(formula)({str(n): v.values for n, v in runs.data_vars.items()})

    def quantities(self, runs):
        return np.stack([self._of(runs, f) for f in self.formulas], axis=-1) ** 3

    def targets(self, runs):
        for formula in self.formulas:
            yield SimpleNamespace(name=formula, values=2 - 3 * self._of(runs, formula))

    def states(self, runs):
        return runs[list(self.variables)]

    def save(self, place):
        from lawful.store import to_json, write_atomically

        told = {"settings": self.settings.to_dict(), "variables": list(self.variables)}
        write_atomically(place, to_json({**told, "formulas": list(self.formulas)}))

    @classmethod
    def load(cls, place):
        from lawful.laws.physicsnet import NetSettings

        told = read_json(place)
        settings = NetSettings.from_dict(told["settings"])
        return cls(settings, tuple(told["variables"]), tuple(told["formulas"]))


CALLS = []


def train(runs, settings=None, *, checkpoint=None, resume=False, progress=None):
    CALLS.append((checkpoint, resume))
    if checkpoint is not None:
        checkpoint.write_text("halfway")
    for epoch in range(settings.epochs):
        if progress:
            progress(epoch + 1, settings.epochs, {"loss": 1.0})
    names = tuple(settings.observe or map(str, runs.data_vars))
    return Trained(settings, names, ("v**2/2 + x**2", "x"))


def split(runs, seed):
    count = runs.sizes["run"]
    order = np.random.default_rng(seed).permutation(count)
    a, b = int(0.7 * count), int(0.85 * count)
    return np.sort(order[:a]), np.sort(order[a:b]), np.sort(order[b:])


def regress(columns, target, *, groups, roles, engine, niterations, seed):
    """Least squares on squares and the columns themselves: no search, but a fit."""
    texts = [*columns, *(f"{n}**2" for n in columns)]
    terms = np.stack([compiled(t)(columns) for t in texts] + [np.ones_like(target)], axis=1)
    weights = np.linalg.lstsq(terms, target, rcond=None)[0]
    made = " + ".join(f"{w:.12g}*{t}" for w, t in zip(weights, texts, strict=False))
    return Front(SimpleNamespace(expression=f"{made} + {weights[-1]:.12g}", r2=0.99))


def within_total(expression, columns, groups):
    values = compiled(expression)(columns)
    _, which = np.unique(groups, return_inverse=True)
    means = np.bincount(which, values) / np.bincount(which)
    return float(np.mean((values - means[which]) ** 2) / values.var())


@pytest.fixture
def pretended(monkeypatch):
    """Put the above where network and search are, so that only the study is tested."""
    CALLS.clear()
    parts = {
        "lawful.laws.physicsnet.training": {"train": train},
        "lawful.laws.physicsnet.trained": {"Trained": Trained},
        "lawful.laws.physicsnet.windows": {"split": split},
        "lawful.laws.symbolic": {
            "regress": regress,
            "refined": lambda formula, columns, target, groups: formula,
            "conserved": lambda formula, columns, groups, roles: formula,
            "within_total": within_total,
            "Front": Front,
        },
    }
    for name, contents in parts.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    import lawful.laws.physicsnet as package

    return package.NetSettings(epochs=3)


def spring_run(settings, noise=0.0, runs=40, **more):
    m = material(["spring"], runs=runs, samples=80, noise=noise, seed=1)
    return training.train_network(m, settings, **more)


# ------------------------------------------------------------------- trainings kept


def test_a_training_comes_back_from_its_folder(pretended, tmp_path):
    run = spring_run(pretended, 0.02, place=tmp_path / "one", command=("lawful", "train"))
    back = folder.read_training(tmp_path / "one")
    assert back.material.runs.identical(run.material.runs)
    assert back.material.clean.identical(run.material.clean)
    assert back.material.system == run.material.system
    assert back.settings == run.settings
    assert (back.name, back.seconds) == ("one", 1.5)
    held = RunFolder.open(tmp_path / "one")
    assert [line["epoch"] for line in held.metrics()] == [1, 2, 3]
    assert held.changed() == ()
    assert held.manifest.command == ("lawful", "train")
    assert [p.name for p in tmp_path.iterdir()] == ["one"]  # the checkpoint is gone


def test_runs_with_gaps_and_changed_parameters_come_back(pretended, tmp_path):
    heavy = system("spring")(k=5.0)
    runs = simulate(heavy, runs=12, samples=30)
    runs["x"][2, 20:] = np.nan
    m = Material.of(runs, "mine", system=heavy, clean=runs)
    training.train_network(m, pretended, place=tmp_path / "two")
    back = folder.read_training(tmp_path / "two")
    assert back.material.runs.identical(runs)
    assert back.material.clean is back.material.runs
    assert back.material.system.values["k"] == 5.0


def test_a_file_of_equations_travels_with_the_training(pretended, tmp_path):
    place = tmp_path / "cart.toml"
    place.write_text(
        '[equations]\nx = "v"\nv = "-w*x"\n[parameters]\nw = 3.0\n'
        "[initial]\nx = [-1, 1]\nv = [-1, 1]\n[simulation]\nduration = 5\n"
        '[invariants]\nenergy = "v**2/2 + w*x**2/2"\n',
        encoding="utf-8",
    )
    m = material([str(place)], runs=12, samples=30)
    training.train_network(m, pretended, place=tmp_path / "three")
    place.unlink()
    back = folder.read_training(tmp_path / "three")
    assert back.material.system.name == "cart"
    assert set(targets.truths(back.material)) == {"energy"}


def test_an_interrupted_training_is_taken_up_by_itself_alone(pretended, tmp_path, monkeypatch):
    def interrupted(epoch, epochs, losses):
        raise KeyboardInterrupt

    place = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        spring_run(pretended, place=place, progress=interrupted)
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    assert left[0].name.startswith(".run.")
    with pytest.raises(Refusal, match="other data, settings or version"):
        spring_run(pretended, 0.1, place=place, resume=True)
    spring_run(pretended, place=place, resume=True)
    assert CALLS[-1] == (left[0], True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_without_resume_an_old_checkpoint_is_removed(pretended, tmp_path):
    place = tmp_path / "run"
    old = tmp_path / ".run.0123456789abcdef.checkpoint"
    other = tmp_path / ".run.txt.checkpoint"
    old.write_text("of another training")
    other.write_text("of somebody else")
    spring_run(pretended, place=place)
    assert not CALLS[-1][1]
    assert not old.exists()
    assert other.exists()


def test_a_finished_training_is_read_back_not_trained_again(pretended, tmp_path):
    spring_run(pretended, place=tmp_path / "run")
    again = spring_run(pretended, place=tmp_path / "run", resume=True)
    assert len(CALLS) == 1
    assert again.place == tmp_path / "run"
    spring_run(pretended, 0.1, place=tmp_path / "run", resume=True)  # other data: anew
    assert len(CALLS) == 2


def test_a_place_that_is_not_ours_is_refused_before_training(pretended, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(Refusal, match="holds files that lawful did not make"):
        spring_run(pretended, place=tmp_path)
    assert CALLS == []


def test_another_study_and_a_broken_folder_are_refused(pretended, tmp_path):
    from lawful.store import Manifest

    with RunFolder.create(tmp_path / "other", Manifest("discover")):
        pass
    with pytest.raises(Refusal, match="one of `lawful train`"):
        folder.read_training(tmp_path / "other")
    spring_run(pretended, place=tmp_path / "run")
    (tmp_path / "run" / "runs.nc").write_bytes(b"nothing")
    with pytest.raises(Refusal, match=r"runs\.nc"):
        folder.read_training(tmp_path / "run")


def test_test_runs_are_never_fitted_on(pretended):
    run = spring_run(pretended)
    parts = [set(part.tolist()) for part in (run.fitted, run.chosen_by, run.test)]
    assert [len(part) for part in parts] == [28, 6, 6]
    assert set.union(*parts) == set(range(40))


# ------------------------------------------------------------------- formulas


def test_a_target_is_found_and_judged_on_test_runs(pretended):
    (found,) = discover_in(spring_run(pretended), target="energy")
    assert same_form(found.formula, "0.5*v**2 + x**2")
    assert "x + " not in found.formula  # what hardly moves it is gone from it
    assert found.r2 > 0.999999
    assert found.exact_form is True
    assert found.truth == found.target == "energy"
    assert found.rank_correlation["energy"] > 0.999
    assert [round(b, 6) for _, _, b in found.coefficients] in ([0.5, 1.0], [1.0, 0.5])


def test_what_was_learned_is_read_off_and_named_by_the_truth(pretended):
    energy, place = discover_in(spring_run(pretended))
    assert energy.truth == "energy"
    assert energy.exact_form is True
    assert energy.composition["energy"] == pytest.approx(-3.0, rel=1e-6)
    assert energy.r2 == pytest.approx(1.0, abs=1e-9)
    assert energy.within_total < 1e-9
    assert place.exact_form is False
    assert place.within_total > 0.5
    back = Discovered.from_dict(energy.to_dict())
    assert asdict(back)["formula"] == energy.formula
    assert back.to_dict() == energy.to_dict()


def test_noise_is_met_with_the_states_of_the_network(pretended):
    (found,) = discover_in(spring_run(pretended, 0.01), target="kinetic")
    assert "denoises" in found.columns
    assert found.r2 > 0.999
    assert same_form(found.formula, "0.5*v**2")


def test_a_hidden_velocity_is_estimated_and_said(pretended):
    from dataclasses import replace

    run = spring_run(replace(pretended, observe=("x",)))
    run.trained.formulas = ("x",)
    (found,) = discover_in(run, target="energy")
    assert "v estimated" in found.columns
    assert found.r2 > 0.9999
    states = measured(run)
    assert list(states.data_vars) == ["x", "v"]
    assert states.v.attrs["estimated"]


def test_without_a_system_the_search_speaks_for_itself(pretended):
    runs = simulate("spring", runs=30, samples=60)
    run = training.train_network(Material.of(runs, "measured"), pretended)
    energy, _ = discover_in(run)
    assert (energy.exact_form, energy.truth, energy.r2) == (None, "", 0.99)
    assert energy.rank_correlation == {}
    with pytest.raises(Refusal, match="system is not known"):
        discover_in(run, target="energy")


def test_a_target_without_clean_states_is_refused(pretended):
    runs = simulate("spring", runs=30, samples=60, noise=0.1)
    run = training.train_network(Material.of(runs, system=system("spring")), pretended)
    with pytest.raises(Refusal, match="without noise are not known"):
        discover_in(run, target="energy")


# ------------------------------------------------------------------- findings


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_findings_hold_laws_that_the_monitor_reads(pretended, tmp_path, noise):
    from lawful.laws import monitor
    from lawful.report import write_report
    from lawful.studies.discovery import read_findings

    run = spring_run(pretended, noise)
    told = findings(run, discover_in(run))
    (law,) = told.laws
    assert (law.name, law.grade) == ("energy", "exact")
    assert law.p_value < 0.05
    assert law.heldout_drift < 0.05
    assert law.units == "m2 s-2"
    assert any("is not conserved" in sentence for sentence in told.warnings)
    with RunFolder.create(tmp_path / "found", run.manifest()) as held:
        held.write_json("laws.json", told.to_dict())
    back = read_findings(tmp_path / "found")
    new = simulate("spring", runs=6, samples=80, seed=9, noise=noise)
    assert not monitor(new, back.laws).broken
    broken = new.assign(v=new.v * (1 + 0.3 * (new.time > 6)))
    assert monitor(broken, back.laws).broken
    page = write_report(told, run.material.runs, tmp_path / "report.html")
    assert "energy" in page.read_text(encoding="utf-8")


def test_what_others_imply_is_no_further_law(pretended):
    run = spring_run(pretended)
    energy, _ = discover_in(run)
    from dataclasses import replace

    twice = replace(energy, target="learned 3", formula=f"({energy.formula})**2")
    told = findings(run, (energy, twice))
    assert len(told.laws) == 1
    assert any("follows from the laws" in sentence for sentence in told.warnings)


def test_a_formula_with_a_wrong_constant_is_not_exact(pretended):
    run = spring_run(pretended)
    states = measured(run)
    good = grading.graded("0.5*v**2 + x**2", run, states)
    off = grading.graded("0.5*v**2 + 1.004*x**2", run, states)
    wrong = grading.graded("0.5*v**2 + 1.3*x**2", run, states)
    assert good.grade == "exact"
    assert off.grade == "approximate"
    assert wrong is None


def test_a_law_without_any_change_along_runs_can_be_written(pretended):
    """A column that is constant in every run has neither noise nor change."""
    m = material(["projectile"], runs=20, samples=30)
    run = training.train_network(m, pretended)
    law = grading.graded("2*vx", run, measured(run))
    assert (law.name, law.grade) == ("momentum x", "exact")
    assert np.isfinite([law.noise_ratio, law.within_total, law.p_value, law.heldout_drift]).all()


def test_rates_of_angles_are_filled_in():
    whole = simulate("pendulum", runs=3, samples=300)
    filled = with_rates(whole[["theta"]], whole)
    assert float(abs(filled.omega - whole.omega).max()) < 0.01 * float(whole.omega.std())


def test_a_parameter_that_varies_is_a_column():
    runs = simulate("spring", runs=3, samples=9, vary={"k": (1.0, 2.0)})
    columns = columns_of(Material.of(runs), runs)
    assert columns["k"].shape == (3, 9)
    still = make({"x": np.ones((2, 9))}, np.arange(9.0), parameters={"k": [1.0, 1.0]})
    assert set(columns_of(Material.of(still), still)) == {"x"}


def test_every_public_name_is_there():
    pytest.importorskip("torch", reason="lawful[torch] evaluates networks")
    import lawful.studies.physicsnet as package

    assert {name for name in package.__all__ if getattr(package, name) is None} == set()
    assert not callable(package.material)  # a file; its function is in it
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("", ("torch", "sympy", "pandas", "matplotlib", "xarray", "numpy")),
        (".training, lawful.studies.physicsnet.discovering", ("torch", "sympy", "matplotlib")),
    ],
)
def test_the_package_is_light(module, heavy):
    import subprocess

    code = (
        f"import sys, lawful.studies.physicsnet{module};"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------- the real ones


def test_a_real_network_and_a_real_search(tmp_path):
    pytest.importorskip("torch", reason="lawful[torch] trains networks")
    pytest.importorskip("pyoperon", reason="lawful[sr] searches for formulas")
    import torch

    from lawful.laws.physicsnet import NetSettings

    torch.set_num_threads(1)
    m = material(["spring"], runs=20, samples=40, seed=3)
    settings = NetSettings(epochs=1, hidden=8, latent_dim=4, batch_size=8, horizon=1)
    run = training.train_network(m, settings, place=tmp_path / "run")
    back = folder.read_training(tmp_path / "run")
    np.testing.assert_array_equal(back.trained.quantities(m.runs), run.trained.quantities(m.runs))
    (found,) = discover_in(back, target="energy", niterations=5)
    assert (found.exact_form, found.r2) == (True, pytest.approx(1.0, abs=1e-9))
    assert Discovered.from_dict(found.to_dict()).to_dict() == found.to_dict()
    assert [law.name for law in findings(back, [found]).laws] == ["energy"]


def test_a_real_training_broken_off_ends_in_the_same_bits(tmp_path):
    pytest.importorskip("torch", reason="lawful[torch] trains networks")
    from lawful.laws.physicsnet import NetSettings

    def break_off(epoch, epochs, losses):
        raise KeyboardInterrupt

    m = material(["spring"], runs=20, samples=30)
    settings = NetSettings(epochs=2, hidden=8, latent_dim=4, batch_size=8, horizon=1)
    whole = training.train_network(m, settings)
    with pytest.raises(KeyboardInterrupt):
        training.train_network(m, settings, place=tmp_path / "run", progress=break_off)
    again = training.train_network(m, settings, place=tmp_path / "run", resume=True)
    np.testing.assert_array_equal(
        again.trained.quantities(m.runs), whole.trained.quantities(m.runs)
    )
    assert [place.name for place in tmp_path.iterdir()] == ["run"]
