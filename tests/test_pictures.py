"""Pictures: whole files, of the right size, true to the network, which they never change."""

import subprocess
import sys
from dataclasses import replace
from threading import Thread

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from lawful import pictures
from lawful.learning import Adam, Momentum, NeuralNetwork, Samples, datasets, record
from lawful.learning.landscape import landscape, losses_on, principal_plane
from lawful.pictures import field, reading, style
from lawful.pictures.animation import Animation
from lawful.pictures.confusion import counts
from lawful.pictures.endings import spread
from lawful.pictures.oklab import from_oklab, linear, oklab
from lawful.pictures.relief import Relief, seen
from lawful.pictures.saving import save
from lawful.pictures.sight import sight
from lawful.refusal import Refusal


def blobs(classes, dimensions, size=60, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(size) % classes
    X = 3.0 * rng.standard_normal((classes, dimensions))[labels]
    X += 0.5 * rng.standard_normal((size, dimensions))
    return Samples.from_labels(X, labels, [f"kind {k}" for k in range(classes)], name="blobs")


@pytest.fixture(scope="module")
def xor():
    return record(
        NeuralNetwork([2, 3, 1], seed=1),
        datasets.xor(),
        dynamics=Momentum(0.5, 0.9),
        steps=300,
        every=3,
    )


@pytest.fixture(scope="module")
def many():
    """Four classes in five dimensions, by mini-batches, without a ledger."""
    return record(
        NeuralNetwork([5, 12, 4], seed=1),
        blobs(4, 5),
        dynamics=Adam(0.02),
        epochs=12,
        batch=20,
        validation=0.2,
    )


STILLS = {
    "energy_decay": pictures.energy_decay,
    "loss_decay": pictures.loss_decay,
    "comparison": lambda one, **o: pictures.comparison([one, one], **o),
    "decision_boundary": pictures.decision_boundary,
    "phase_diagram": pictures.phase_diagram,
    "loss_landscape": lambda one, **o: pictures.loss_landscape(one, cells=15, **o),
    "landscape_map": pictures.landscape_map,
    "weight_evolution": pictures.weight_evolution,
    "confusion_matrix": pictures.confusion_matrix,
}
FILMS = {
    "energy": pictures.energy_animation,
    "loss": pictures.loss_animation,
    "comparison": lambda one, **o: pictures.comparison_animation([one], **o),
    "boundary": pictures.boundary_animation,
    "landscape": lambda one, **o: pictures.landscape_animation(one, cells=11, **o),
    "weights": pictures.weight_animation,
}


def pixels(figure, dpi=40):
    return next(Animation(figure, 1, lambda k: None).pixels(dpi=dpi))


BY_MINI_BATCHES = ("energy_decay", "loss_decay", "phase_diagram", "weight_evolution")


@pytest.mark.parametrize(
    ("name", "which"),
    [*((name, "xor") for name in STILLS), *((name, "many") for name in BY_MINI_BATCHES)],
)
def test_a_picture_is_drawn_in_its_theme_and_changes_nothing(name, which, request):
    training = request.getfixturevalue(which)
    before = training.network.parameters.tobytes(), training.snapshots.tobytes()
    settings = dict(mpl.rcParams)
    theme = "light" if which == "many" else "dark"
    figure = STILLS[name](training, theme=theme)
    image = pixels(figure, dpi=60)
    paper = np.array(mpl.colors.to_rgb(style.theme(theme).paper)) * 255
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        assert np.abs(edge - paper).max() < 12, "something is cut off at the edge"
    assert (np.abs(image - paper).max(axis=-1) > 60).mean() > 0.005, "almost nothing is drawn"
    assert figure.get_label(), "no words for those who cannot see it"
    assert (training.network.parameters.tobytes(), training.snapshots.tobytes()) == before
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize(
    ("name", "which"),
    [*((name, "xor") for name in FILMS), ("boundary", "many"), ("weights", "many")],
)
def test_a_film_has_its_frames_and_changes_nothing(name, which, request, tmp_path):
    training = request.getfixturevalue(which)
    before = training.network.parameters.tobytes()
    film = FILMS[name](training, frames=4)
    said = []
    path = save(film, tmp_path / "film.gif", dpi=40, progress=lambda k, n: said.append((k, n)))
    with Image.open(path) as gif:
        assert gif.n_frames == film.frames == 4
        assert gif.info["loop"] == 0
        frames = []
        for k in range(gif.n_frames):
            gif.seek(k)
            frames.append(np.asarray(gif.convert("RGB"), dtype=int))
    assert np.abs(frames[0] - frames[-1]).max() > 60, "nothing moves"
    assert said == [(k + 1, 4) for k in range(4)]
    assert film.description
    assert training.network.parameters.tobytes() == before


@pytest.mark.parametrize("name", ["energy", "boundary", "landscape"])
def test_a_film_draws_the_same_frames_in_part_and_in_full(name, xor):
    """Drawing only what moves gives what drawing everything gives."""
    film = FILMS[name](xor, frames=3)
    quick = list(film.pixels(dpi=50))
    slow = list(replace(film, moving=()).pixels(dpi=50))
    for one, other in zip(quick, slow, strict=True):
        assert (np.abs(one.astype(int) - other).max(axis=-1) > 40).mean() < 2e-3


def test_training_moves_the_boundary(xor):
    """Trained, (0, 1) lies on blue and (1, 1) on red, and the picture has changed for it."""
    first, last = (pictures.decision_boundary(xor, step=k) for k in (0, 300))
    assert np.array_equal(xor.network.predict([[0, 1], [1, 1]]), [1, 0])
    ground = last.axes[0].images[0]
    cells = np.asarray(ground.get_array())
    left, right, bottom, top = ground.get_extent()
    for (x, y), tint in (((0.0, 1.0), style.POSITIVE), ((1.0, 1.0), style.NEGATIVE)):
        row = int((y - bottom) / (top - bottom) * (len(cells) - 1))
        column = int((x - left) / (right - left) * (len(cells) - 1))
        said, hue = oklab(cells[row, column]), oklab(np.array(mpl.colors.to_rgb(tint)))
        assert said[1:] @ hue[1:] > 0.3 * (hue[1:] @ hue[1:])
    assert np.abs(pixels(first).astype(int) - pixels(last)).max() > 80


def test_the_ground_is_what_the_network_answers(xor):
    """The colour at a point is that of a = network(x), and the line runs along a = 1/2."""
    where = sight(xor.data)
    view = field.window(where, xor.data, cells=60)
    a = field.answers(xor.network, where, view.inputs)
    at = view.inputs[1234]
    assert a[1234, 1] == pytest.approx(xor.network.forward(at[None])[0, 0], abs=1e-15)
    lines = field.boundaries(a, view)
    assert lines
    on_the_line = xor.network.forward(np.concatenate(lines))[:, 0]
    assert np.abs(on_the_line - 0.5).max() < 0.05


def test_a_plane_through_many_dimensions_lifts_and_projects(many):
    for features in (None, (3, "x2")):
        where = sight(many.data, features)
        u = np.random.default_rng(0).standard_normal((20, 2))
        assert np.allclose(where.project(where.lift(u)), u)
        assert where.note
        lifted = field.two_sided(many.network.forward(where.lift(u)))
        assert np.allclose(field.answers(many.network, where, u), lifted, atol=1e-12)
    assert where.labels == ("x4", "x2")


@pytest.mark.parametrize("features", [("x9", "x1"), (0, 0), (0, 7), (1,)])
def test_features_that_are_not_there_are_refused(many, features):
    with pytest.raises(Refusal, match="feature"):
        pictures.decision_boundary(many, features=features)


def test_numbers_have_no_boundary_and_no_classes():
    data = Samples([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.3, 1.2, 2.0], name="heights")
    done = record(NeuralNetwork([2, 2, 1], output="linear"), data, steps=5, learning_rate=0.01)
    for draw in (pictures.decision_boundary, pictures.confusion_matrix):
        with pytest.raises(Refusal, match="the answers are numbers"):
            draw(done)
    assert isinstance(pictures.loss_decay(done), Figure)


@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_the_landscape_is_the_loss(l2):
    """Every height is the loss of a network with those weights, penalties included."""
    network = NeuralNetwork([3, 5, 4, 3], activation="relu", seed=2, l1=l2 / 3, l2=l2)
    data = blobs(3, 3, size=30)
    done = record(network, data, steps=60, learning_rate=0.1)
    ground = landscape(network, data.X, data.y, done.snapshots, cells=7)
    plane = ground.plane
    assert np.allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    for row, column in ((0, 0), (3, 5), (6, 2)):
        x = plane.origin + ground.alpha[column] * plane.directions[0]
        x = x + ground.beta[row] * plane.directions[1]
        loss = network.with_parameters(x).loss(data.X, data.y)
        assert ground.loss[row, column] == pytest.approx(loss, rel=1e-12)
    assert ground.path_loss[-1] == pytest.approx(network.loss(data.X, data.y), rel=1e-12)
    assert ground.alpha[0] < plane.path[:, 0].min()
    assert plane.path[:, 0].max() < ground.alpha[-1]


def test_a_path_in_a_plane_is_held_whole_and_one_beyond_is_not():
    t = np.linspace(0.0, 3.0, 40)
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((9, 3)))[0].T
    flat = np.stack([t, np.sin(t)], axis=1) @ basis[:2]
    assert principal_plane(flat).share == pytest.approx(1.0, abs=1e-12)
    coil = np.stack([np.cos(5 * t), np.sin(5 * t), np.cos(9 * t)], axis=1)
    coil -= coil.mean(axis=0)
    variances = np.linalg.svd(coil, compute_uv=False) ** 2
    expected = variances[:2].sum() / variances.sum()
    assert principal_plane(coil @ basis).share == pytest.approx(expected, rel=1e-9)


def test_a_straight_path_still_has_a_plane_and_none_has_none():
    straight = np.outer(np.linspace(0, 1, 10), [1.0, 2.0, 0.0])
    plane = principal_plane(straight)
    assert np.allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    assert plane.share == pytest.approx(1.0)
    for path in (np.ones((5, 3)), straight[:2]):
        with pytest.raises(Refusal):
            principal_plane(path)


def test_the_loss_on_points_does_not_depend_on_how_many_at_once(xor):
    plane = principal_plane(xor.snapshots)
    points = np.random.default_rng(0).standard_normal((23, 2))
    all_at_once = losses_on(xor.network, *xor.data, plane, points)
    few = losses_on(xor.network, *xor.data, plane, points, cells=30)
    assert np.allclose(all_at_once, few, rtol=1e-13)


def test_a_relief_hides_what_lies_behind_a_wall():
    heights = np.zeros((41, 41))
    heights[:, 20] = 1.0
    relief = Relief(heights, np.array([[-0.8, 0.0], [0.8, 0.0]]), np.zeros(2))
    assert relief.hidden(0.0, 0.3).tolist() == [True, False]
    assert relief.hidden(np.pi, 0.3).tolist() == [False, True]
    assert relief.hidden(0.0, 1.4).tolist() == [False, False]
    up = seen(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 0.7, 0.4)[0]
    assert up[1, 1] > up[0, 1]
    assert up[1, 0] == up[0, 0]


def test_the_stack_of_accounts_ends_where_the_energy_does(xor):
    """The books close: what is stacked adds up to the line that is drawn by itself."""
    _, energy = reading.series(xor, "energy")
    stacked = sum(reading.series(xor, name)[1] for name in reading.accounts(xor))
    assert reading.accounts(xor)
    assert np.allclose(stacked, energy - energy[0], atol=1e-12)


def test_a_confusion_matrix_counts(many):
    known, said = many.data.labels, many.network.predict(many.data.X)
    table = counts(known, said, 4)
    assert table.sum() == many.data.size
    assert np.array_equal(table.sum(axis=1), np.bincount(known, minlength=4))
    assert np.trace(table) == np.count_nonzero(known == said)
    figure = pictures.confusion_matrix(many)
    shown = {words.get_text() for words in figure.axes[0].texts}
    assert {reading.count(n) for n in table[table > 0]} <= shown


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_file_is_whole_and_the_same_each_time(ending, xor, tmp_path):
    path = tmp_path / f"picture.{ending}"
    first = save(pictures.confusion_matrix(xor), path).read_bytes()
    second = save(pictures.confusion_matrix(xor), path).read_bytes()
    assert first == second
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert first[:4] == {"png": b"\x89PNG", "svg": b"<?xm", "pdf": b"%PDF"}[ending]
    if ending == "png":
        with Image.open(path) as image:
            assert image.width >= 800
            assert "xor" in image.info["Description"]


def test_a_film_stays_small_and_a_moved_frame_is_a_picture(xor, tmp_path):
    film = pictures.boundary_animation(xor, frames=12)
    assert save(film, tmp_path / "film.gif").stat().st_size < 3_000_000
    assert save(film, tmp_path / "last.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("name", "said"), [("a.bmp", "ends in"), ("a", "ends in"), ("a.gif", "an animation")]
)
def test_what_cannot_be_saved_is_refused(xor, tmp_path, name, said):
    with pytest.raises(Refusal, match=said):
        save(pictures.confusion_matrix(xor), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_without_ffmpeg_an_mp4_is_refused_with_the_remedy(xor, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match=r"ffmpeg is not installed.*\.gif"):
        save(pictures.loss_animation(xor, frames=2), tmp_path / "film.mp4")


def test_ffmpeg_is_given_every_pixel(xor, tmp_path, monkeypatch):
    """A stand-in for ffmpeg keeps what it is sent: the frames, and the last one held."""
    tools = tmp_path / "tools"
    tools.mkdir()
    program = tools / "ffmpeg"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen(sys.argv[-1], 'wb').write(sys.stdin.buffer.read())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    film = pictures.loss_animation(xor, frames=3)
    path = save(film, tmp_path / "film.mp4", dpi=20)
    width, height = (round(x * 20) for x in film.figure.get_size_inches())
    held = round(film.hold * film.rate)
    assert path.stat().st_size == (3 + held) * width * height * 3
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no such codec')\n")
    with pytest.raises(Refusal, match="no such codec"):
        save(film, tmp_path / "other.mp4", dpi=20)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "tools"]


def test_pictures_need_no_window_and_importing_them_costs_nothing():
    code = (
        "import sys, lawful.pictures as p\n"
        "assert 'matplotlib' not in sys.modules and 'numpy' not in sys.modules\n"
        "dir(p), p.save, p.confusion_matrix, p.boundary_animation, p.landscape_animation\n"
        "p.weight_animation, p.energy_animation\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert set(p.__all__) == set(p._HOMES)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_threads_draw_side_by_side(xor):
    alone = {t: pixels(pictures.confusion_matrix(xor, theme=t)) for t in style.THEMES}
    drawn = {}

    def draw(key, theme):
        drawn[key] = theme, pixels(pictures.confusion_matrix(xor, theme=theme))

    themes = [*style.THEMES] * 3
    threads = [Thread(target=draw, args=(k, theme)) for k, theme in enumerate(themes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 6
    for theme, image in drawn.values():
        assert np.array_equal(image, alone[theme])


# Machado, Oliveira and Fernandes (2009), severity 1, on linear light.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def as_seen(colours, matrix):
    light = np.clip(linear(np.array([mpl.colors.to_rgb(c) for c in colours])) @ matrix.T, 0, 1)
    return oklab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("look", style.THEMES.values(), ids=style.THEMES)
@pytest.mark.parametrize("blindness", [None, *BLINDNESS])
def test_colours_stay_apart_for_every_reader(look, blindness):
    matrix = np.array(BLINDNESS[blindness]) if blindness else np.eye(3)
    seen_ = as_seen(look.palette, matrix)
    apart = np.linalg.norm(seen_[:, None] - seen_[None], axis=-1)[np.triu_indices(len(seen_), 1)]
    assert apart.min() > 0.09
    signs = as_seen([look.positive, look.negative], matrix)
    assert np.linalg.norm(signs[0] - signs[1]) > 0.12


@pytest.mark.parametrize("look", style.THEMES.values(), ids=style.THEMES)
def test_words_and_lines_stand_out_from_the_paper(look):
    """WCAG 2.2: 4.5 for words, 3 for lines and signs."""

    def luminance(colour):
        return float(linear(np.array(mpl.colors.to_rgb(colour))) @ [0.2126, 0.7152, 0.0722])

    def contrast(colour):
        dark, light = sorted([luminance(colour), luminance(look.paper)])
        return (light + 0.05) / (dark + 0.05)

    assert min(map(contrast, (look.ink, look.soft, look.accent))) >= 4.5
    assert min(map(contrast, (*look.palette, look.positive, look.negative))) >= 3.0


@pytest.mark.parametrize("look", style.THEMES.values(), ids=style.THEMES)
def test_ramps_are_even_and_lightness_only_rises(look):
    lab = oklab(np.asarray(style.sequential(look)(np.linspace(0, 1, 64)))[:, :3])
    assert (np.diff(lab[:, 0]) > 0).all()
    ends = oklab(np.asarray(style.diverging(look)([0.0, 0.5, 1.0]))[:, :3])
    paper = oklab(np.array(mpl.colors.to_rgb(look.paper)))
    assert np.linalg.norm(ends[1] - paper) < 0.02


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.3))
def test_words_are_kept_apart_and_in_order(wanted, gap):
    places = spread(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(places[order]) >= gap - 1e-9).all()
    assert np.mean(places) == pytest.approx(np.mean(wanted), abs=1e-9)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_oklab_returns(rgb):
    assert np.allclose(from_oklab(oklab(np.array(rgb))), rgb, atol=1e-6)


@given(st.floats(1e-12, 1e12), st.integers(1, 6))
def test_a_number_in_words_is_the_number(value, digits):
    words = reading.number(value, digits).replace("\N{NO-BREAK SPACE}", "").replace("−", "-")
    table = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    mantissa, _, power = words.partition("×10")
    back = float(mantissa) * 10.0 ** float(power.translate(table) or 0)
    assert back == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))


@given(st.floats(0, 1))
def test_only_all_is_a_hundred_percent(share):
    words = reading.percent(share)
    assert (words == "100\N{NO-BREAK SPACE}%") == (share == 1.0)
    assert (words == "0\N{NO-BREAK SPACE}%") == (share == 0.0)


def test_an_unknown_theme_and_a_missing_measure_are_refused(xor):
    with pytest.raises(Refusal, match="dark, light"):
        pictures.confusion_matrix(xor, theme="sepia")
    with pytest.raises(Refusal, match="not recorded"):
        pictures.comparison([xor], measure="beauty")
    with pytest.raises(Refusal, match="no training"):
        pictures.comparison([])
    with pytest.raises(Refusal, match="at least 2"):
        pictures.phase_diagram(xor, panels=1)
