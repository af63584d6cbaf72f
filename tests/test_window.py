"""The window: its buttons, sliders and keys do what they say, on a copy of the network."""

import ast
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lawful.learning import datasets
from lawful.learning.named import NAMES
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.training import record
from lawful.pictures import player
from lawful.pictures import window as module
from lawful.pictures.arithmetic import short
from lawful.pictures.panels import Agreement, Boundary
from lawful.pictures.practice import Practice, samples_of
from lawful.pictures.window import NetworkVisualizer
from lawful.refusal import Refusal

X, Y = datasets.xor()


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch):
    """Headless, and drawn only where a test asks for it."""
    monkeypatch.setattr(FigureCanvasAgg, "draw_idle", lambda self: None)
    with mpl.rc_context():
        plt.switch_backend("agg")
        yield
        plt.close("all")


@pytest.fixture
def net():
    return NeuralNetwork([2, 3, 1], seed=3)


@pytest.fixture
def window(net):
    made = NetworkVisualizer(net)
    made.create_interactive_visualization(X, Y, learning_rate=1.0)
    return made


def curve(window):
    return window.practice.course().tobytes()


def press_key(window, key):
    canvas = window.figure.canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


def click(window, button):
    canvas = window.figure.canvas
    x, y = window.controls.buttons[button].ax.bbox.corners().mean(axis=0)
    for name in ("button_press_event", "button_release_event"):
        canvas.callbacks.process(name, MouseEvent(name, canvas, x, y, button=1))


# ---------------------------------------------------------------- training


def test_the_network_given_is_never_changed(net, window):
    before = net.parameters.tobytes()
    for name in ("train", "step", "forward", "reset", "step"):
        window.press(name)
        window.tick()
    window.figure.canvas.draw()
    assert net.parameters.tobytes() == before
    assert window.network is not net
    assert window.network.parameters.tobytes() != before


def test_step_is_one_step_of_gradient_descent(net, window):
    window.press("step")
    twin = net.copy()
    twin.train_step(X, Y, learning_rate=1.0)
    np.testing.assert_array_equal(window.network.parameters, twin.parameters)
    assert window.practice.step == 1


def test_train_begins_and_pauses(window):
    window.press("train")
    assert window.training
    assert window.controls.buttons["train"].label.get_text() == "Pause"
    assert window.tick()
    reached = window.practice.step
    assert reached > 0
    window.press("train")
    assert not window.training
    assert not window.tick()
    assert window.practice.step == reached
    assert window.controls.buttons["train"].label.get_text() == "Train"


def test_the_timer_keeps_its_callback_after_a_pause(window):
    for _ in range(2):
        window.press("train")
        window._timer._on_timer()
        window.press("train")
        window._timer._on_timer()
    window.press("train")
    before = window.practice.step
    window._timer._on_timer()
    assert window.practice.step > before


def test_reset_gives_the_same_curve_bit_for_bit(window):
    for _ in range(30):
        window.press("step")
    first, reached = curve(window), window.network.parameters.tobytes()
    window.press("reset")
    assert window.practice.step == 0
    for _ in range(30):
        window.press("step")
    assert curve(window) == first
    assert window.network.parameters.tobytes() == reached


def test_reset_begins_from_the_seed_even_where_a_trained_network_was_given(net):
    fresh = net.parameters.tobytes()
    for _ in range(10):
        net.train_step(X, Y, 1.0)
    window = NetworkVisualizer(net)
    window.create_interactive_visualization(X, Y)
    assert window.network.parameters.tobytes() == net.parameters.tobytes()
    window.press("reset")
    assert window.network.parameters.tobytes() == fresh


@pytest.mark.parametrize("dynamics", NAMES)
def test_every_dynamics_learns_in_the_window_as_elsewhere(net, dynamics):
    practice = Practice(net, samples_of(net, X, Y), dynamics=dynamics, seed=5)
    practice.advance(40)
    twin = net.copy()
    record(twin, (X, Y), dynamics=dynamics, steps=40, every=1, seed=5)
    np.testing.assert_array_equal(practice.network.parameters, twin.parameters)


def test_many_samples_are_learned_in_batches():
    data = datasets.dataset("circles", samples=5000, seed=1)
    practice = Practice(NeuralNetwork([2, 4, 1], seed=0), data, learning_rate=0.5)
    assert practice.batch == 64
    assert practice.advance(3) == 3
    assert practice.step == 30
    first = practice.course().tobytes()
    practice.reset()
    practice.advance(3)
    assert practice.course().tobytes() == first


def test_portions_are_short(window):
    practice = window.practice
    assert practice.advance(10**6, seconds=0.02) < 10**6


@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_divergence_stops_and_says_why(output):
    net = NeuralNetwork([2, 8, 1], activation="relu", output=output, l2=1.0, seed=1)
    window = NetworkVisualizer(net)
    window.create_interactive_visualization(X, Y, learning_rate=10.0)
    window.press("train")
    turns = 0
    while window.tick() and turns < 400:
        turns += 1
    assert not window.training
    assert "take a smaller learning rate" in window.practice.trouble
    assert window.headline.get_text() == "Training has stopped"
    assert "no longer a number" in window.lines.get_text().replace("\n", " ")
    assert np.isfinite(window.network.parameters).all()
    assert np.isfinite(window.practice.course()[:3]).all()
    window.figure.canvas.draw()
    window.press("train")
    assert not window.tick()
    window.set_rate(0.01)
    window.press("reset")
    assert window.practice.trouble == ""
    window.press("step")
    assert window.practice.step == 1


# ---------------------------------------------------------------- sliders


def test_the_rate_slider_is_logarithmic_and_shows_the_rate(window):
    rate = window.controls.rate
    assert rate.slider.val == pytest.approx(0.0)
    assert rate.value.get_text() == "1"
    rate.slider.set_val(-2.0)
    assert window.practice.rate == pytest.approx(0.01)
    assert rate.value.get_text() == "0.01"
    twin = window.network.copy()
    twin.train_step(X, Y, learning_rate=window.practice.rate)
    window.press("step")
    np.testing.assert_allclose(window.network.parameters, twin.parameters, rtol=1e-14)


def test_the_sample_slider_chooses_what_is_seen(window):
    for number in (3, 1, 4):
        window.controls.sample.slider.set_val(number)
        assert window.selected == number - 1
        assert window.controls.sample.value.get_text() == f"{number} of 4"
        trace = window.network.trace(X[number - 1 : number])
        for texts, a in zip(window.drawn.numbers, trace.a, strict=True):
            assert [text.get_text() for text in texts] == [short(v) for v in a[0]]
        ring = np.ravel(window.answers.ring.get_data())
        np.testing.assert_allclose(ring, X[number - 1])


def test_the_layer_slider_chooses_the_matrix(window):
    for number in (2, 1):
        window.controls.layer.slider.set_val(number)
        W = window.network.weights[number - 1]
        np.testing.assert_array_equal(window.matrix.image.get_array(), W)
        shown = [text.get_text() for text in window.matrix.numbers]
        assert shown == [short(v) for v in W.ravel()]
        assert f"layer {number}" in window.headline.get_text()
        assert len(window.lines.get_text().splitlines()) == W.shape[1]


def test_calls_move_the_sliders(window):
    window.select_sample(2)
    window.select_layer(1)
    window.set_rate(0.1)
    controls = window.controls
    assert controls.sample.slider.val == 3
    assert controls.layer.slider.val == 2
    assert controls.rate.slider.val == pytest.approx(-1)
    assert window.practice.rate == 0.1


def test_sliders_without_a_choice_stand_still():
    window = NetworkVisualizer(NeuralNetwork([2, 1], seed=1))
    window.create_interactive_visualization(X[:1], Y[:1])
    assert not window.controls.sample.slider.active
    assert not window.controls.layer.slider.active
    for key in ("right", "w", "left", " "):
        press_key(window, key)
        window.tick()
    assert (window.selected, window.layer) == (0, 0)
    window.figure.canvas.draw()


# ---------------------------------------------------------------- buttons and keys


def test_buttons_can_be_clicked(window):
    click(window, "step")
    assert window.practice.step == 1
    click(window, "train")
    assert window.training
    click(window, "reset")
    assert not window.training
    assert window.practice.step == 0
    click(window, "forward")
    assert window._player is not None


def test_keys_do_what_the_buttons_do(window):
    press_key(window, "s")
    assert window.practice.step == 1
    press_key(window, " ")
    assert window.training
    press_key(window, "r")
    assert (window.practice.step, window.training) == (0, False)
    press_key(window, "right")
    press_key(window, "right")
    press_key(window, "left")
    assert window.selected == 1
    press_key(window, "left")
    press_key(window, "left")
    assert window.selected == 3  # round about
    press_key(window, "up")
    assert window.practice.rate == pytest.approx(10**0.1)
    press_key(window, "down")
    press_key(window, "down")
    assert window.practice.rate == pytest.approx(10**-0.1)
    press_key(window, "w")
    assert window.layer == 1
    press_key(window, "f")
    assert window._player is not None
    press_key(window, "q")  # means nothing here


def test_matplotlibs_own_keys_are_off(window, monkeypatch):
    from matplotlib import backend_bases

    def never(*_):
        raise AssertionError("matplotlib took the key")

    monkeypatch.setattr(backend_bases, "key_press_handler", never)
    press_key(window, "s")
    press_key(window, "f")


def test_forward_plays_to_the_end(window, monkeypatch):
    moments = iter(np.arange(0.0, 1000.0, 0.4))
    monkeypatch.setattr(player.time, "perf_counter", lambda: next(moments))
    window.press("train")
    window.press("forward")
    assert not window.training
    seen = [window.headline.get_text()]
    while window.tick():
        seen.append(window.headline.get_text())
    said = [text for k, text in enumerate(seen) if k == 0 or seen[k - 1] != text]
    assert [text.split(":")[0] for text in said] == [
        "The sample enters",
        *["Layer 1"] * 3,
        *["Layer 2"] * 3,
        "The answer",
    ]
    assert window._player is None
    assert not any(artist.get_animated() for artist in window.drawn.moving)
    window.figure.canvas.draw()


def test_anything_else_ends_the_pass(window):
    for name in ("train", "step", "reset", "next sample", "next layer"):
        window.press("forward")
        window.press(name)
        assert window._player is None
        a = window.network.trace(X[window.selected : window.selected + 1]).a[-1]
        assert window.drawn.numbers[-1][0].get_text() == short(a[0, 0])


# ---------------------------------------------------------------- panels


@pytest.mark.parametrize(
    ("layers", "data", "kind"),
    [
        ([2, 3, 1], datasets.xor(), Boundary),
        ([4, 5, 3], datasets.dataset("gaussians", samples=60, seed=0), None),
        ([3, 2, 1], Samples(np.eye(3), [1.5, 2.0, 3.0]), Agreement),
        ([1, 2, 1], Samples([[0.0], [1.0]], [0, 1], classes=("a", "b")), Agreement),
        ([2, 2, 2], Samples(X, np.hstack([Y, 1 - Y])), Boundary),
    ],
)
def test_each_kind_of_data_has_its_panel(layers, data, kind):
    layers = [data.inputs, *layers[1:-1], data.outputs]
    output = None if data.classes or data.outputs > 1 else "linear"
    window = NetworkVisualizer(NeuralNetwork(layers, output=output, seed=1), theme="light")
    window.create_interactive_visualization(data)
    assert kind is None or isinstance(window.answers, kind)
    window.press("step")
    window.select_sample(data.size - 1)
    window.figure.canvas.draw()


def test_the_curves_are_those_of_the_training(window):
    for _ in range(5):
        window.press("step")
    steps, loss, energy, _ = window.practice.course()
    np.testing.assert_array_equal(window.energies.loss.get_xdata(), steps)
    np.testing.assert_array_equal(window.energies.loss.get_ydata(), loss)
    np.testing.assert_array_equal(window.energies.energy.get_ydata(), energy)
    assert (energy[1:] > loss[1:]).all()
    assert window.practice.network.loss(X, Y) == pytest.approx(loss[-1], rel=1e-15)


# ---------------------------------------------------------------- doors


def test_without_a_screen_show_is_refused(net, window):
    assert not window.live
    with pytest.raises(Refusal, match=r"'agg', which opens no window.*MPLBACKEND"):
        window.show()
    with pytest.raises(Refusal, match="opens no window"):
        NetworkVisualizer(net).create_interactive_visualization(X, Y, show=True)


def test_a_backend_that_cannot_begin_is_refused(net, monkeypatch):
    def broken(*_, **__):
        raise ImportError("cannot load backend 'TkAgg'")

    monkeypatch.setattr(plt, "figure", broken)
    with pytest.raises(Refusal, match=r"no window could be opened.*TkAgg.*MPLBACKEND"):
        NetworkVisualizer(net).create_interactive_visualization(X, Y)


def test_the_window_lives_as_long_as_its_figure(net):
    import gc

    figure = NetworkVisualizer(net).create_interactive_visualization(X, Y)
    gc.collect()
    window = figure.lawful_window
    click(window, "step")
    assert window.practice.step == 1


def test_it_says_what_must_come_first(net):
    with pytest.raises(Refusal, match=r"create_interactive_visualization\(X, y\) first"):
        NetworkVisualizer(net).show()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((X, None), "inputs without answers"),
        ((np.ones((4, 3)), Y), "3 inputs for a 2-3-1 network"),
        ((X, np.ones((4, 2))), "2 targets for a 2-3-1 network"),
        ((X, [[1], [2, 3], [4], [5]]), "several lengths"),
        ((X, ["a", "b", "c", "d"]), "not an array of numbers"),
    ],
)
def test_data_that_do_not_fit_are_refused(net, data, words):
    with pytest.raises(Refusal, match=words):
        NetworkVisualizer(net).create_interactive_visualization(*data)


def test_numbers_out_of_range_are_refused(window):
    for call, value in [
        (window.select_sample, 4),
        (window.select_layer, -1),
        (window.set_rate, 0.0),
        (window.set_rate, float("nan")),
        (window.press, "jump"),
    ]:
        with pytest.raises(Refusal):
            call(value)


def test_answers_come_in_many_forms():
    three = NeuralNetwork([2, 3])
    assert samples_of(three, X, [0, 2, 1, 0]).labels.tolist() == [0, 2, 1, 0]
    assert samples_of(three, X, np.eye(3)[[0, 2, 1, 0]]).classes == ("0", "1", "2")
    assert samples_of(NeuralNetwork([2, 1]), X, Y.ravel()).classes == ("0", "1")
    assert samples_of(NeuralNetwork([2, 1]), X, 0.3 * Y).classes == ()
    given = datasets.xor()
    assert samples_of(three, given, None) is given


def test_still_pictures(net, window, tmp_path):
    assert window.save(tmp_path / "window.png", dpi=40).stat().st_size > 5_000
    alone = NetworkVisualizer(net, classes=("no", "yes"))
    figure = alone.draw_network([0.0, 1.0])
    assert any(text.get_text().startswith("→ ") for text in figure.axes[0].texts)
    assert alone.network is net
    assert alone.save(tmp_path / "net.svg").exists()


def test_closing_keeps_what_was_learned(window):
    window.press("step")
    learned = window.network.parameters.tobytes()
    window.press("train")
    window.close()
    assert not plt.get_fignums()
    assert window.network.parameters.tobytes() == learned
    assert not window.tick()
    window.close()


def test_the_window_may_change_its_size(window):
    window.figure.set_size_inches(9, 6)
    window.figure.canvas.callbacks.process("resize_event", None)
    assert window.drawn.sheet.width == pytest.approx(0.60 * 9 * 72)
    window.press("step")


def test_settings_of_matplotlib_are_as_before(net):
    before = dict(mpl.rcParams)
    NetworkVisualizer(net).create_interactive_visualization(X, Y)
    assert dict(mpl.rcParams) == before


def test_pyplot_is_loaded_only_for_a_window():
    """No module of pictures imports it at its top, and only `window` at all."""
    for path in sorted(Path(module.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        loading = [node for node in imports if "pyplot" in ast.unparse(node)]
        assert not set(loading) & set(tree.body), path.name
        assert path.name == "window.py" or not loading, path.name
