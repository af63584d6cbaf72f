"""The film of a forward pass: its numbers are the trace's, its pulses carry x·w."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from PIL import Image

from lawful.learning.network import NeuralNetwork
from lawful.pictures import style
from lawful.pictures.arithmetic import short
from lawful.pictures.diagram import Diagram
from lawful.pictures.forward_pass import ForwardPass, ForwardPropagationAnimator, stages
from lawful.refusal import Refusal

X = [0.5, -2.0]


def passing(net, x=X, **options):
    drawn = Diagram(net, Figure(figsize=(9, 5)).add_axes((0, 0, 1, 1)))
    return ForwardPass(drawn, x, **options)


def numbers(running):
    return [[text.get_text() for text in row] for row in running.drawn.numbers]


@pytest.fixture
def net():
    return NeuralNetwork([2, 3, 1], seed=4)


def test_stages_follow_the_layers(net):
    kinds = [(stage.kind, stage.layer) for stage in stages(net)]
    within = [(kind, k) for k in (0, 1) for kind in ("flow", "sum", "fire")]
    assert kinds == [("inputs", 0), *within, ("answer", 1)]


def test_every_number_is_one_of_the_trace(net):
    running = passing(net)
    trace = net.trace([X])
    a = [[short(v) for v in row[0]] for row in trace.a]
    z = [[short(v) for v in row[0]] for row in trace.z]
    empty = [[""] * n for n in net.layers]
    wanted = {
        ("inputs", 0): [a[0], empty[1], empty[2]],
        ("flow", 0): [a[0], empty[1], empty[2]],
        ("sum", 0): [a[0], z[0], empty[2]],
        ("fire", 0): [a[0], a[1], empty[2]],
        ("flow", 1): [a[0], a[1], empty[2]],
        ("sum", 1): [a[0], a[1], z[1]],
        ("fire", 1): a,
        ("answer", 1): a,
    }
    for k, stage in enumerate(running.stages):
        for frame in (k * running.each, (k + 1) * running.each - 1):
            running.update(frame)
            assert numbers(running) == wanted[stage.kind, stage.layer]


def test_pulses_go_from_rim_to_rim_and_show_their_sign(net):
    running = passing(net)
    source, target = running.drawn.columns[:2]
    products = (np.array(X)[:, None] * net.weights[0]).ravel()
    heads = slice(-products.size, None)
    running.update(running.each)
    start = running.pulses.get_offsets()[heads]
    away = np.hypot(start[:, 0] - source.x, start[:, 1] - source.y.repeat(3))
    np.testing.assert_allclose(away, source.radius)
    running.update(2 * running.each - 1)
    end = running.pulses.get_offsets()[heads]
    left = np.hypot(end[:, 0] - target.x, end[:, 1] - np.tile(target.y, 2))
    np.testing.assert_allclose(left, target.radius)
    faces = running.pulses.get_facecolors()[heads, :3]
    hollow = np.abs(faces - np.array(to_rgba(style.DARK.paper)[:3])).max(axis=1) < 0.01
    np.testing.assert_array_equal(hollow, products < 0)
    sizes = running.pulses.get_sizes()[heads]
    assert sizes[np.argsort(np.abs(products))].tolist() == sorted(sizes)


def test_what_carries_nothing_is_not_seen(net):
    running = passing(net, [0.0, 1.0])
    running.update(running.each + 3)
    sizes = running.pulses.get_sizes().reshape(-1, 2, 3)
    assert (sizes[:, 0] == 0).all()
    assert (sizes[:, 1] > 0).all()


def test_a_frame_does_not_depend_on_the_one_before(net):
    film = ForwardPropagationAnimator(net).animate_forward_pass(X, interval=200, size=(6, 5))
    canvas = FigureCanvasAgg(film.figure)

    def picture(frame):
        film.update(frame)
        canvas.draw()
        return np.array(canvas.buffer_rgba())

    first = [picture(k) for k in (0, 5, 9, 13, film.frames - 1)]
    again = [picture(k) for k in (film.frames - 1, 13, 9, 5, 0)][::-1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_film_moves_all_that_changes():
    """What is blitted frame by frame is the picture that is drawn in full."""
    net = NeuralNetwork([64, 20, 3], seed=1)
    film = ForwardPropagationAnimator(net).animate_forward_pass(
        np.linspace(0, 1, 64), interval=100, size=(6, 5)
    )
    wanted = [2, 9, film.frames - 1]
    blitted = list(film.pixels(dpi=60, frames=wanted))
    film.figure.set_dpi(60)
    canvas = FigureCanvasAgg(film.figure)
    for frame, seen in zip(wanted, blitted, strict=True):
        film.update(frame)
        canvas.draw()
        whole = np.array(canvas.buffer_rgba())[..., :3].astype(int)
        assert (np.abs(whole - seen).max(axis=-1) > 40).mean() < 1e-3


@pytest.mark.parametrize(("interval", "frames"), [(800, 128), (100, 16), (1, 16)])
def test_the_interval_is_how_long_a_stage_lasts(net, interval, frames):
    film = ForwardPropagationAnimator(net).animate_forward_pass(X, interval=interval)
    assert film.frames == frames
    assert film.rate == 20


def test_the_words_say_sum_and_function(net):
    running = passing(net)
    trace = net.trace([X])
    title, lines = running.words(running.stages[3])
    assert title == "Layer 1:  each neuron answers,  a = tanh(z)"
    assert [line.split(" = ")[-1] for line in lines] == [short(v) for v in trace.a[1][0]]
    title, (line,) = running.words(running.stages[-1])
    assert line == f"{short(trace.a[-1][0, 0])} → {net.predict([X])[0]}"


@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh"])
def test_every_output_has_words(output):
    net = NeuralNetwork([6, 7, 3], activation="gelu", output=output, seed=2)
    running = passing(net, np.ones(6))
    for stage in running.stages:
        title, lines = running.words(stage)
        assert title
        assert all(lines)


def test_it_is_saved_as_a_film(net, tmp_path):
    path = ForwardPropagationAnimator(net).save(X, tmp_path / "pass.gif", interval=100)
    with Image.open(path) as film:
        assert film.n_frames > 8
        assert film.info["loop"] == 0


@pytest.mark.parametrize("interval", [0, -5, float("nan"), float("inf")])
def test_an_interval_that_cannot_be_is_refused(net, interval):
    with pytest.raises(Refusal, match="positive number, such as 800"):
        ForwardPropagationAnimator(net).animate_forward_pass(X, interval=interval)


def test_a_sample_that_does_not_fit_is_refused(net):
    with pytest.raises(Refusal, match="give one row"):
        ForwardPropagationAnimator(net).animate_forward_pass(np.ones((4, 2)))


def test_the_network_is_only_read(net):
    before = net.parameters.tobytes()
    film = ForwardPropagationAnimator(net).animate_forward_pass(X, interval=50)
    for frame in range(film.frames):
        film.update(frame)
    assert net.parameters.tobytes() == before


class Live:
    look = style.LIGHT
    features, classes = ("left", "right"), ("no", "yes")

    def __init__(self, live):
        self.live, self.played = live, []

    def play(self, x, interval=800):
        self.played.append((np.ravel(x).tolist(), interval))


@pytest.mark.parametrize("live", [True, False])
def test_it_plays_in_a_window_that_is_open(net, live):
    window = Live(live)
    animator = ForwardPropagationAnimator(net, window)
    film = animator.animate_forward_pass(X, interval=300)
    assert window.played == ([(X, 300)] if live else [])
    assert film.figure.get_facecolor() == to_rgba(style.LIGHT.paper)
    assert animator.classes == ("no", "yes")


def test_weights_that_have_run_away_are_drawn_without_a_warning():
    net = NeuralNetwork([4, 5, 1], activation="relu", output="linear", seed=1)
    net.parameters = net.parameters * 1e200
    running = passing(net, 1e150 * np.ones(4))
    for frame in range(0, running.frames, 5):
        running.update(frame)
