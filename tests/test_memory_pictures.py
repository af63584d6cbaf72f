"""Pictures of memory: they say what the arrays say, in both themes, no word upon another."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
import torch

from lawful import pictures
from lawful.fields import FieldLayer
from lawful.fields.memory import History, ImageField, Size
from lawful.fields.memory.tuning import Tuning
from lawful.pictures import recalled, style
from lawful.pictures.animation import Animation
from lawful.pictures.attractors import moved, plane
from lawful.pictures.field_strip import coloured
from lawful.pictures.passage import Way, entering, layer_of
from lawful.refusal import Refusal
from lawful.report.memory import first_left, memory_page, write_memory_report
from lawful.store import Manifest
from lawful.studies.memory import MemoryStudy, Remembered
from lawful.studies.memory.drift import drift
from lawful.studies.memory.scores import Score
from lawful.studies.memory.streams import Facts

T = 4
NAMES = ("as they are", *(f"permutation {k}" for k in range(2, T + 1)))


def history(name="ewc", top=0.95, lost=0.1, seed=0, tasks=T, stored=0, look="seen"):
    rng = np.random.default_rng(seed)
    matrix = np.full((tasks, tasks), np.nan)
    for i in range(tasks):
        for j in range(tasks if look == "all" else i + 1):
            known = top - lost * (i - j) if j <= i else 0.1
            matrix[i, j] = known + 0.01 * rng.standard_normal()
    if look == "last":
        matrix[:-1] = np.nan
    apart = name in ("basins", "plain")  # a part of its own for each task
    names = NAMES if tasks == T else tuple(f"task {k + 1}" for k in range(tasks))
    return History(
        name, "permuted", names, matrix.clip(0, 1), np.full(tasks, np.nan), np.ones(tasks),
        (Size(1000 * len(name), per_task=500 * apart, stored_examples=stored),) * tasks,
    )  # fmt: skip


@pytest.fixture(scope="module")
def methods():
    lost = {"basins": 0.0, "plain": 0.01, "ewc": 0.08, "replay": 0.04, "naive": 0.2}
    made = {
        name: tuple(
            history(name, lost=each, seed=s, stored=50 * (name == "replay")) for s in (0, 1, 2)
        )
        for name, each in lost.items()
    }
    return {**made, "joint": tuple(history("joint", seed=s, look="last") for s in (0, 1, 2))}


@pytest.fixture(scope="module")
def energies():
    rng = np.random.default_rng(0)
    tables = rng.normal(6.0, 0.3, (T, 80, T))
    tables[range(T), :, range(T)] -= 2.0
    return tables


@pytest.fixture(scope="module")
def densities():
    return np.random.default_rng(0).random((5, T, 6, 6))


@pytest.fixture(scope="module")
def image():
    picture = np.zeros((8, 8), dtype=np.float32)
    picture[1:7, 3:5] = 1.0
    return picture


def drawn(figure, dpi=40):
    return next(Animation(figure, 1, lambda k: None).pixels(dpi=dpi)).astype(float)


def by_gid(figure, gid):
    return figure.findobj(lambda artist: artist.get_gid() == gid)


def boxes(figure, gid):
    renderer = figure.canvas.get_renderer()
    return [artist.get_window_extent(renderer) for artist in by_gid(figure, gid)]


def apart(found):
    pairs = [(a, b) for k, a in enumerate(found) for b in found[:k]]
    return not any(
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
        for a, b in pairs
    )


STILLS = {
    "matrix": lambda given, **o: pictures.accuracy_matrix(given["methods"]["ewc"], **o),
    "curves": lambda given, **o: pictures.forgetting_curves(given["methods"], **o),
    "methods": lambda given, **o: pictures.method_comparison(given["methods"], **o),
    "energies": lambda given, **o: pictures.energies_by_task(given["energies"], **o),
    "basins": lambda given, **o: pictures.basin_attractors(given["densities"][0], **o),
    "drift": lambda given, **o: pictures.attractor_drift(given["densities"], **o),
    "tasks": lambda given, **o: pictures.task_images(given["densities"], **o),
    "passage": lambda given, **o: pictures.field_passage(
        ImageField(8, 3, planes=3, seed=0), given["image"], **o
    ),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", STILLS)
def test_a_picture_is_whole_in_its_theme(name, theme, methods, energies, densities, image):
    given = {"methods": methods, "energies": energies, "densities": densities, "image": image}
    settings = dict(mpl.rcParams)
    figure = STILLS[name](given, theme=theme)
    pixels = drawn(figure)
    paper = np.array(mpl.colors.to_rgb(style.theme(theme).paper)) * 255
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert np.abs(edge - paper).max() < 12, "something is cut off at the edge"
    assert (np.abs(pixels - paper).max(axis=-1) > 60).mean() > 0.005, "almost nothing is drawn"
    assert figure.get_label(), "no words for those who cannot see it"
    assert dict(mpl.rcParams) == settings


# ------------------------------------------------------------------------------ histories


def test_the_matrix_says_the_mean_of_the_seeds(methods):
    figure = pictures.accuracy_matrix(methods["ewc"])
    mean = np.mean([one.matrix for one in methods["ewc"]], axis=0)
    said = {
        tuple(map(int, text.get_position())): text.get_text() for text in by_gid(figure, "cell")
    }
    assert len(said) == T * (T + 1) // 2
    for (j, i), words in said.items():
        assert abs(float(words) - 100 * mean[i, j]) < 0.051
    average = Score.of(one.average for one in methods["ewc"])
    lost = Score.of(one.forgetting for one in methods["ewc"])
    assert f"Average accuracy {recalled.interval(average)} %" in figure.get_label()
    assert f"forgotten {recalled.interval(lost)} points" in figure.get_label()


def test_what_nobody_looked_at_is_left_blank_and_what_is_to_come_is_faint(methods):
    seen = by_gid(pictures.accuracy_matrix(methods["ewc"][0]), "accuracies")[0].get_array()
    assert (seen[..., 3][np.triu_indices(T, 1)] == 0).all()
    figure = pictures.accuracy_matrix(history(look="all"))
    alpha = by_gid(figure, "accuracies")[0].get_array()[..., 3]
    assert 0 < alpha[0, 1] < alpha[1, 0] == 1
    assert "not learnt yet" in figure.get_label()


def test_a_matrix_takes_tables_and_its_names_do_not_overlap():
    table = [[0.9, 0.1], [0.5, 0.8]]
    assert "forgotten 40.0 points" in pictures.accuracy_matrix(table).get_label()
    assert "100" in pictures.accuracy_matrix(np.ones((1, 1))).get_label()
    figure = pictures.accuracy_matrix(history(tasks=20))
    drawn(figure, dpi=100)
    assert apart(boxes(figure, "cell"))
    figure = pictures.accuracy_matrix(history())
    drawn(figure, dpi=100)
    down = figure.axes[0].get_yticklabels()
    renderer = figure.canvas.get_renderer()
    assert apart([label.get_window_extent(renderer) for label in down])
    assert all(label.get_rotation() == 45 for label in figure.axes[0].get_xticklabels())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (np.full((2, 2), 1.5), "outside 0 to 1"),
        (np.full((2, 2), np.nan), "none at all"),
        ([], "no history"),
        ([np.ones((2, 2)), np.ones((3, 3))], r"histories of \[2, 3\] tasks"),
    ],
)
def test_what_is_no_history(given, says):
    with pytest.raises(Refusal, match=says):
        pictures.accuracy_matrix(given)


def test_names_that_do_not_fit_the_tasks():
    with pytest.raises(Refusal, match="3 names of tasks"):
        pictures.accuracy_matrix(np.ones((2, 2)), tasks=("a", "b", "c"))


def test_curves_are_means_in_their_intervals(methods):
    figure = pictures.forgetting_curves(methods)
    first, average = by_gid(figure, "line ewc")
    tables = np.array([one.matrix for one in methods["ewc"]])
    np.testing.assert_allclose(first.get_ydata(), tables[:, :, 0].mean(0))
    so_far = [[row[: i + 1].mean() for i, row in enumerate(table)] for table in tables]
    np.testing.assert_allclose(average.get_ydata(), np.mean(so_far, axis=0))
    ends = by_gid(figure, "band ewc")[0].get_paths()[0].vertices
    score = Score.of(tables[:, -1, 0])
    at_the_end = ends[ends[:, 0] == T][:, 1]
    assert at_the_end.max() == pytest.approx(score.mean + score.half)
    assert at_the_end.min() == pytest.approx(score.mean - score.half)
    assert list(first.get_xdata()) == [1, 2, 3, 4]


def test_every_curve_is_named_at_its_end_and_no_name_lies_upon_another(methods):
    many = {f"{name} {k}": each for k in range(2) for name, each in methods.items()}
    figure = pictures.forgetting_curves(many)
    drawn(figure, dpi=100)
    for axes in figure.axes:
        inside = [text for text in axes.texts if text.get_gid() == "end"]
        renderer = figure.canvas.get_renderer()
        found = [text.get_window_extent(renderer) for text in inside]
        assert len(found) == len(many)
        assert apart(found)
        frame = axes.get_window_extent()
        assert all(frame.y0 - 8 < box.y0 and box.y1 < frame.y1 + 8 for box in found)
    assert not any(axes.get_legend() for axes in figure.axes)


def test_what_was_asked_at_the_end_alone_is_a_point(methods):
    line = by_gid(pictures.forgetting_curves(methods), "line joint")[1]
    assert list(line.get_xdata()) == [T]
    assert line.get_marker() not in ("", "None")


def test_bands_stay_in_what_accuracies_can_be():
    wild = [np.array([[a, np.nan], [a, a]]) for a in (0.2, 1.0)]
    low, high = recalled.band(recalled.so_far(recalled.seeds_of(wild)))[1:]
    assert (low == 0).all()
    assert (high == 1).all()


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        ({}, {}, "no method"),
        ({"a": np.ones((1, 1))}, {}, "a single task"),
        ({"a": np.ones((3, 3))}, {"task": 2}, "task 2; expected 0 to 1"),
        ({"a": np.ones((3, 3)), "b": np.ones((2, 2))}, {}, r"methods with \[2, 3\] tasks"),
    ],
)
def test_curves_that_cannot_be(given, options, says):
    with pytest.raises(Refusal, match=says):
        pictures.forgetting_curves(given, **options)


def test_methods_are_sorted_and_say_what_they_keep(methods):
    figure = pictures.method_comparison(methods)
    drawn(figure, dpi=100)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    means = {name: np.mean([one.average for one in each]) for name, each in methods.items()}
    assert names == sorted(means, key=lambda name: -means[name])
    for name, mean in means.items():
        at = by_gid(figure, f"mean {name}")[0]
        assert at.get_xdata()[0] == pytest.approx(100 * mean)
        assert at.get_ydata()[0] == names.index(name)
        score = Score.of(one.average for one in methods[name])
        ends = by_gid(figure, f"interval {name}")[0].get_xdata()
        np.testing.assert_allclose(ends, [100 * (mean + s * score.half) for s in (-1, 1)])
    bound = by_gid(figure, "bound")[0].get_xdata()[0]
    assert bound == pytest.approx(100 * means["joint"])
    kept = [text.get_text() for text in by_gid(figure, "kept")]
    assert kept[len(names) + names.index("replay")] == "50"
    assert kept[len(names) + names.index("ewc")] == "none"
    assert apart(boxes(figure, "kept") + boxes(figure, "number") + boxes(figure, "head"))


def test_methods_of_one_seed_and_one_task():
    figure = pictures.method_comparison({"a": np.full((1, 1), 0.9), "b": np.full((1, 1), 0.8)})
    assert "no interval can be given" in figure.get_label()
    assert len(figure.axes) == 1
    assert not by_gid(figure, "interval a")


# ------------------------------------------------------------------------------- energies


def test_the_lowest_basin_is_outlined_and_the_share_routed_right_said(energies):
    energies = energies.copy()
    energies[1, :20, 0] = 0.0  # a quarter of the second test falls into the first basin
    figure = pictures.energies_by_task(energies)
    assert [(int(b.get_x() + 0.5), int(b.get_y() + 0.5)) for b in by_gid(figure, "lowest")] == [
        (k, k) for k in range(T)
    ]
    right = [text.get_text() for text in by_gid(figure, "routed")]
    assert [words.split("\N{NO-BREAK SPACE}")[0] for words in right] == ["100", "75", "100", "100"]
    assert "4 of 4 tests lie lowest" in figure.get_label()
    assert "93.8" in figure.get_label()
    np.testing.assert_allclose(by_gid(figure, "energies")[0].get_array(), energies.mean(axis=1))


def test_means_alone_have_no_margins(energies):
    figure = pictures.energies_by_task(torch.tensor(energies.mean(axis=1)))
    assert len(figure.axes) == 1
    assert not by_gid(figure, "routed")
    swapped = energies.mean(axis=1)[:, ::-1]
    label = pictures.energies_by_task(swapped.copy()).get_label()
    assert "0 of 4 tests" in label


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "no energies"),
        ([np.ones((5, 2)), np.ones((5, 3))], "K the same"),
        ([np.ones((5, 1)), np.ones((5, 1))], "a basin for each test"),
        ([np.full((5, 2), np.nan), np.ones((5, 2))], "not finite"),
    ],
)
def test_what_are_no_energies(given, says):
    with pytest.raises(Refusal, match=says):
        pictures.energies_by_task(given)


# ------------------------------------------------------------------------------ attractors


def test_the_cross_lies_where_the_density_is_highest(densities):
    figure = pictures.basin_attractors(densities[0])
    for mark, density in zip(by_gid(figure, "deepest"), densities[0], strict=True):
        y, x = np.unravel_index(density.argmax(), density.shape)
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (x, y)
    for trap, density in zip(by_gid(figure, "trap"), densities[0], strict=True):
        share = density / density.sum()
        np.testing.assert_allclose(trap.get_array(), -np.log(share + 0.01 / share.size))
    many = pictures.basin_attractors(np.ones((23, 4, 4)))
    assert "20 of 23 drawn" in many.get_label()


def test_the_plane_holds_what_lies_in_a_plane():
    """Densities that move along two directions keep their distances in the picture."""
    rng = np.random.default_rng(0)
    middle, u, v = np.full((5, 5), 1.0), *(rng.standard_normal((2, 5, 5)))
    ways = rng.uniform(-0.1, 0.1, (6, 3, 2))
    spread = middle + ways[..., :1, None] * u + ways[..., 1:, None] * v
    places, shares = plane(spread)
    assert shares.sum() == pytest.approx(1.0)
    flat = spread.reshape(18, -1)
    true = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    shown = places.reshape(18, 2)
    np.testing.assert_allclose(np.linalg.norm(shown[:, None] - shown[None], axis=-1), true)


def test_how_much_has_moved_is_said(densities):
    figure = pictures.attractor_drift(densities, names=list("abcd"), what="Some densities")
    spread = densities / densities.sum(axis=(2, 3), keepdims=True)
    share = moved(spread)[-1]
    said = [
        float(text.get_text().split("\N{NO-BREAK SPACE}")[0]) for text in by_gid(figure, "moved")
    ]
    np.testing.assert_allclose(said, 100 * share, atol=0.051)
    path = by_gid(figure, "path a")[0].get_segments()
    np.testing.assert_allclose([path[0][0], path[-1][1]], plane(spread)[0][[0, -1], 0])
    drawn(figure, dpi=100)
    names = boxes(figure, "name")
    assert len(names) == T
    assert apart(names)


def test_names_of_attractors_that_meet_do_not_overlap():
    rng = np.random.default_rng(1)
    spread = rng.random((3, 10, 6, 6))
    spread[-1] = spread[-1, 0] + 1e-3 * spread[-1]  # all end in one place
    figure = pictures.attractor_drift(spread)
    drawn(figure, dpi=100)
    assert apart(boxes(figure, "name"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.ones((1, 2, 4, 4)), "1 moment"),
        (np.ones((2, 4, 4)), r"shape \(2, 4, 4\)"),
        (-np.ones((2, 2, 4, 4)), "negative"),
        (np.zeros((2, 2, 4, 4)), "zero everywhere"),
    ],
)
def test_what_cannot_drift(given, says):
    with pytest.raises(Refusal, match=says):
        pictures.attractor_drift(given)


# ------------------------------------------------------------------------------- the field

LAYERS = {
    "planes": lambda: FieldLayer(12, 6, 0.5, planes=3, potential="random", depth=2.0, seed=1),
    "nonlinear": lambda: FieldLayer(12, 4, 0.3, potential="harmonic", nonlinearity=0.8, mu=0.3),
    "absorbing": lambda: FieldLayer(12, 4, 0.3, nonlinearity=0.5, absorbing=0.4, seed=1),
    "order four": lambda: FieldLayer(12, 3, 0.3, nonlinearity=-0.5, method="yoshida4", seed=1),
    "euler": lambda: FieldLayer((12, 10), 5, 0.05, method="euler", nonlinearity=0.5, seed=1),
    "free": lambda: FieldLayer(12, 3, 0.5, potential="none"),
    "still": lambda: FieldLayer(12, 0, potential="none"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_way_is_the_layers_own(name, image):
    """However finely it is cut, the last moment is what the layer gives, to round-off."""
    layer = LAYERS[name]()
    psi = entering(layer, image)
    way = Way.of(layer)
    wanted = layer.evolve(torch.tensor(psi)[None])[0].detach().numpy()
    for kicks, flights in ((1, 1), (3, 4)):
        last = list(way.moments(psi, kicks=kicks, flights=flights))[-1]
        np.testing.assert_allclose(last.psi, wanted, atol=3e-7)
        assert last.step == layer.steps
    assert last.doing == ("step" if layer.steps else "start")


def test_a_kick_leaves_the_density_and_a_flight_the_norm(image):
    layer = LAYERS["planes"]()
    before = None
    for moment in Way.of(layer).moments(entering(layer, image), kicks=2, flights=3):
        if before is not None and moment.doing == "kick":
            np.testing.assert_allclose(np.abs(moment.psi), np.abs(before), atol=1e-12)
        if before is not None and moment.doing == "flight":
            norms = [(np.abs(psi) ** 2).sum() for psi in (moment.psi, before)]
            assert norms[0] == pytest.approx(norms[1], rel=1e-12)
        before = moment.psi


class Encoded(torch.nn.Module):
    """A model that makes its field of an image, and drops some of it while it learns."""

    def __init__(self, calls=True):
        super().__init__()
        self.mix, self.drop = torch.nn.Linear(64, 144), torch.nn.Dropout(0.5)
        self.field, self.calls = FieldLayer(12, 2, seed=0), calls

    def forward(self, x):
        made = self.drop(self.mix(x.flatten(1))).reshape(-1, 12, 12)
        return self.field(made) if self.calls else made


def test_what_enters_is_what_reaches_the_layer_and_nothing_changes(image):
    model = Encoded().train()
    model.drop.eval()
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    psi = entering(model, image)
    wanted = model.mix(torch.tensor(image).flatten()[None]).reshape(12, 12).detach()
    np.testing.assert_allclose(psi, wanted, rtol=1e-6)
    np.testing.assert_array_equal(entering(Encoded().train(), image).shape, (12, 12))
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not layer_of(model)._forward_pre_hooks
    with pytest.raises(Refusal, match="do not pass its FieldLayer"):
        entering(Encoded(calls=False), image)


def test_an_image_lies_in_the_middle_of_its_grid_at_unit_norm(image):
    rho = np.abs(entering(ImageField(8, 3, seed=0), image)) ** 2
    assert rho.sum() == pytest.approx(1.0, rel=1e-6)
    np.testing.assert_allclose(rho[2:-2, 2:-2], image**2 / (image**2).sum(), atol=1e-7)


def test_hue_is_phase_and_strength_is_density():
    look = style.DARK
    paper = np.array(mpl.colors.to_rgb(look.paper))
    phases = np.exp(1j * np.linspace(-np.pi, np.pi, 9))[None]
    full = style.oklab(coloured(phases, 1.0, look))[0]
    np.testing.assert_allclose(full[0], full[-1], atol=1e-9)
    blue, opposite = full[4], full[0]
    assert blue[2] < 0 < opposite[2], "phase 0 is blue, π is not"
    sizes = np.sqrt(np.linspace(0, 1, 6))[None].astype(complex)
    away = np.linalg.norm(style.oklab(coloured(sizes, 1.0, look)) - style.oklab(paper), axis=-1)
    assert away[0, 0] < 1e-9
    assert (np.diff(away[0]) > 0).all()


def test_the_strip_shows_each_plane_once(image):
    figure = pictures.field_passage(LAYERS["planes"](), image, name="a bar")
    assert len(by_gid(figure, "density")) == 7
    layer = LAYERS["planes"]()
    shown = [np.asarray(one.get_array()) for one in by_gid(figure, "potential")]
    np.testing.assert_allclose(shown, layer.V.numpy())
    assert figure.get_label().startswith("A field on its way. A bar: 6 steps")
    assert not by_gid(pictures.field_passage(LAYERS["free"](), image), "potential")
    long = FieldLayer(12, 30, 0.1, potential="none")
    assert "of 31 moments" in pictures.field_passage(long, image).get_label()


def test_the_film_begins_with_the_image_and_ends_with_what_is_read(image, tmp_path):
    layer = LAYERS["planes"]()
    film = pictures.field_animation(layer, image, kicks=1, flights=2)
    assert film.frames == 1 + 6 * (1 + 2 + 1 + 1)
    first, last = film.pixels(dpi=40, frames=[0, film.frames - 1])
    assert np.abs(first.astype(int) - last).max() > 60
    psi = layer.evolve(torch.tensor(entering(layer, image))[None])[0].numpy()
    rho = film.figure.axes[1].images[0].get_array()
    peak = np.max(rho**2 / np.abs(psi) ** 2) ** -1
    np.testing.assert_allclose(rho, np.abs(psi) / np.sqrt(peak), atol=1e-6)
    film.draw(0)
    still = film.figure.axes[1].images[0].get_array()
    np.testing.assert_allclose(still[2:-2, 2:-2] > 0, image > 0)
    assert pictures.save(film, tmp_path / "film.gif", dpi=40).stat().st_size > 1000


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        (lambda: torch.nn.Linear(2, 2), np.ones((8, 8)), "a Linear; expected a FieldLayer"),
        (lambda: FieldLayer((16,)), np.ones((8, 8)), "a ring"),
        (lambda: FieldLayer(8), np.ones((9, 9)), "9 × 9; expected at most 8 × 8"),
        (lambda: FieldLayer(8), np.ones((1, 8, 8)), r"images\[0\]"),
        (lambda: FieldLayer(8), np.zeros((8, 8)), "without light"),
    ],
)
def test_what_cannot_be_seen_on_its_way(model, given, says):
    with pytest.raises(Refusal, match=says):
        pictures.field_passage(model(), given)


def test_labels_of_tasks_stand_beside_rows_or_below_images():
    images = np.random.default_rng(0).random((3, 2, 4, 4))
    alike = pictures.task_images(images, labels=[["7", "1"]] * 3)
    assert [axes.get_ylabel() for axes in alike.axes[::3]] == ["7", "1"]
    own = pictures.task_images(images, labels=[["0", "1"], ["2", "3"], ["4", "5"]])
    assert [axes.get_xlabel() for axes in own.axes] == ["0", "2", "4", "1", "3", "5"]
    with pytest.raises(Refusal, match="labels of the shape"):
        pictures.task_images(images, labels=[["0"]])


# ------------------------------------------------------------------------------ the report


class Unseen(Remembered):
    """A study without data to draw streams from."""

    def stream(self, seed=None):
        raise Refusal("no data here")


def remembered(methods, energies, densities, **changed):
    study = MemoryStudy(tasks=T, methods=tuple(methods), epochs=2)
    tuning = Tuning((1.0, 10.0), np.array([[0.8, 0.81], [0.9, 0.88]]))
    facts = Facts(
        "digits <8>",
        90,
        20,
        6,
        ("0", "1"),
        ("a fifth is held back",),
        ({"name": "d", "sha256": "ab"},),
    )
    exhibits = {
        "images": densities[:T, :T],
        "labels": np.zeros((T, T), dtype=int),
        "densities": densities[0],
        "energies/basins": energies,
    }
    whole = Unseen(study, facts, methods, {"ewc": tuning}, ("a note & more",), exhibits)
    return replace(whole, **changed)


def test_the_page_needs_nothing_else_and_says_it_all(methods, energies, densities, tmp_path):
    done = remembered(methods, energies, densities)
    manifest = Manifest("remember", ("lawful", "remember"), {}, 0, done.facts.fingerprints)
    told = []
    path = write_memory_report(
        done, tmp_path / "report.html", manifest=manifest,
        left_out=("the learner of joint",), share=told.append,
    )  # fmt: skip
    page = path.read_text()
    assert page.count('src="data:image/png;base64,') == page.count("<img")
    assert page.count("<img") == len(list((tmp_path / "pictures").iterdir())) >= 8
    for outside in ("http://", "https://", "<script", "<link", "@import"):
        assert outside not in page.replace("http-equiv", "")
    for theme in ("light", "dark"):
        assert f'<meta name="color-scheme" content="{theme}">' in memory_page(done, theme=theme)
    for words in (
        "digits &lt;8&gt;", "a note &amp; more", "a fifth is held back", "trivially told apart",
        "Physics against no physics", "basins against plain", "lawful remember", "10 is best",
        "the learner of joint", "What each method is", "in another order",
    ):  # fmt: skip
        assert words in page, words
    left = first_left(done, "ewc")
    assert left.mean == pytest.approx(np.mean([one.matrix[-1, 0] for one in methods["ewc"]]))
    assert f"{100 * left.mean:.2f} ± {100 * left.half:.2f}" in page
    assert told
    assert told == sorted(told)


def test_a_page_without_pictures_of_one_seed_and_one_task(tmp_path):
    one = history("naive", tasks=1)
    study = MemoryStudy(tasks=1, methods=("naive",), seeds=1, scenario="split", epochs=1)
    facts = Facts("own", 30, 5, 8, ("a", "b"))
    done = Remembered(study, facts, {"naive": (one,)})
    path = write_memory_report(done, tmp_path / "report.html", pictures=False)
    assert not (tmp_path / "pictures").exists()
    page = path.read_text()
    assert "<img" not in page
    assert "One seed" in page
    assert "Accuracy matrices" not in page
    assert "class-incremental" in page
    assert memory_page(done) == page


def test_the_drift_of_a_shared_field():
    """The same images twice move nothing to speak of less than images turned by a half do."""
    from lawful.fields.memory import Experience, Part, Stream

    g = torch.Generator().manual_seed(0)
    labels = torch.arange(80) % 2
    images = 0.2 * torch.rand(80, 8, 8, generator=g)
    images[labels == 0, :4] += 0.8
    images[labels == 1, 4:] += 0.8

    def stream(view):
        parts = [Part(images, labels), Part(images, labels, view)]
        told = tuple(Experience(f"t{k}", p, p, (0, 1)) for k, p in enumerate(parts))
        return Stream("two", told, tuple(parts), 2, 8)

    found = drift(stream(lambda x: x.flip(1)))
    assert found.moments == ("task 1", "half task 2", "task 2")
    assert found.densities.shape == (3, 2, 12, 12)
    np.testing.assert_allclose(found.densities.sum(axis=(2, 3)), 1.0, rtol=1e-5)
    assert found.accuracy[0] > 0.9
    assert found.accuracy[-1] < 0.5 < found.accuracy[0], "the other way round, it is forgotten"
    kept = drift(stream(None))
    assert kept.accuracy[-1] > 0.9
    again = drift(stream(None))
    np.testing.assert_array_equal(kept.densities, again.densities)


def test_names_are_fetched_on_first_use_alone():
    code = (
        "import sys, lawful.pictures as p\n"
        "assert not {'matplotlib', 'torch'} & set(sys.modules)\n"
        "p.accuracy_matrix, p.forgetting_curves, p.method_comparison, p.energies_by_task\n"
        "p.attractor_drift, p.basin_attractors, p.field_passage, p.field_animation, p.task_images\n"
        "import lawful.report.memory\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_history_is_read_by_its_names_alone():
    """Whatever has a matrix will do: pictures ask for no class."""
    like = SimpleNamespace(matrix=np.full((2, 2), 0.5), tasks=("a", "b"), learner="like")
    assert pictures.accuracy_matrix(like).get_label().startswith("What like remembers")
