"""The network diagram: drawn by sign, size and trace; the network stays as it is."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from lawful.learning.network import NeuralNetwork
from lawful.pictures import style
from lawful.pictures.arithmetic import sentences, short
from lawful.pictures.diagram import Diagram, diagram
from lawful.pictures.neurons import Sheet, chosen, placed
from lawful.pictures.pen import HAIRLINE, WIDEST, strokes
from lawful.refusal import Refusal

WEIGHTS = [2.0, -1.0, 0.0, 0.5, -4.0, 1.0, 0.3, -0.2, 0.0, 1.5, -3.0, 0.75, 0.1]  # of 2-3-1


def network(weights=WEIGHTS, layers=(2, 3, 1)):
    return NeuralNetwork(layers).with_parameters(weights)


def drawn(net, **options):
    return Diagram(net, Figure(figsize=(9, 5)).add_axes((0, 0, 1, 1)), **options)


# ---------------------------------------------------------------- edges


def edges_of(picture, layer):
    """Weight -> how its edge is drawn."""
    lines, W = picture.edges[layer], picture.network.weights[layer]
    rows = zip(
        picture.pairs[layer],
        lines.get_linewidths(),
        lines.get_linestyles(),
        lines.get_colors(),
        lines.get_segments(),
        strict=True,
    )
    return {(i, j): (float(W[i, j]), *rest) for (i, j), *rest in rows}


def test_colour_dashes_and_width_follow_the_weight():
    net = network()
    picture = drawn(net)
    for layer, W in enumerate(net.weights):
        edges = edges_of(picture, layer)
        assert sorted(edges) == sorted(np.ndindex(*W.shape))
        largest = np.abs(W).max()
        for w, width, (_, dashes), colour, _ in edges.values():
            sign = {1: style.POSITIVE, -1: style.NEGATIVE, 0: style.DARK.soft}[int(np.sign(w))]
            assert tuple(colour[:3]) == pytest.approx(to_rgba(sign)[:3])
            assert (dashes is None) == (w > 0)
            wanted = HAIRLINE if w == 0 else 0.5 + (WIDEST - 0.5) * abs(w) / largest
            assert width == pytest.approx(wanted)


def test_each_edge_runs_between_its_two_neurons():
    picture = drawn(network())
    first, second = picture.columns[:2]
    for (i, j), (*_, segment) in edges_of(picture, 0).items():
        np.testing.assert_allclose(segment, [[first.x, first.y[i]], [second.x, second.y[j]]])


def test_biases_are_drawn_as_edges_are():
    net = network()
    stubs = drawn(net).biases[0]
    colours = stubs.get_colors()[:, :3]
    signs = {1: style.POSITIVE, -1: style.NEGATIVE, 0: style.DARK.soft}
    wanted = [to_rgba(signs[int(np.sign(b))])[:3] for b in net.biases[0]]
    np.testing.assert_allclose(colours, wanted)


@given(st.lists(st.floats(-1e300, 1e300) | st.sampled_from([0.0, np.nan, np.inf]), min_size=1))
def test_a_larger_weight_is_never_drawn_thinner_or_fainter(values):
    w = np.array(values)
    held = np.isfinite(w)
    pen = strokes(w, float(np.abs(w[held]).max(initial=0.0)), style.DARK)
    alpha = np.array([colour[3] for colour in pen.colours])
    assert np.isfinite(pen.widths).all()
    assert (pen.widths > 0).all()
    assert ((alpha > 0) & (alpha <= 1)).all()
    signed = np.flatnonzero(held & (w != 0))
    order = signed[np.argsort(np.abs(w[signed]), kind="stable")]
    assert (np.diff(pen.widths[order]) >= -1e-12).all()
    assert (np.diff(alpha[order]) >= -1e-12).all()


def test_the_diagram_follows_the_network():
    picture = drawn(network())
    picture.weigh(network([-w for w in WEIGHTS]))
    assert all(
        (dashes is None) == (w > 0) for w, _, (_, dashes), *_ in edges_of(picture, 0).values()
    )


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_weights_without_sign_or_number_are_drawn_as_dots(value):
    net = network([value] * 13)
    picture = drawn(net)
    picture.axes.figure.canvas.draw()
    assert all(dashes is not None for _, _, (_, dashes), *_ in edges_of(picture, 0).values())


def test_focus_dims_the_other_layers():
    picture = drawn(network())
    before = picture.edges[1].get_colors()[:, 3].copy()
    picture.focus(0)
    assert (picture.edges[1].get_colors()[:, 3] < 0.2 * before + 1e-12).all()
    picture.focus(None)
    np.testing.assert_allclose(picture.edges[1].get_colors()[:, 3], before)


# ---------------------------------------------------------------- neurons and words


def test_the_numbers_are_those_of_the_trace():
    net, x = network(), [0.5, -2.0]
    picture = drawn(net)
    picture.light(x)
    for k, a in enumerate(net.trace([x]).a):
        assert [text.get_text() for text in picture.numbers[k]] == [short(v) for v in a[0]]
        rims = picture.neurons[k].get_linestyles()
        assert [dashes is not None for _, dashes in rims] == list(a[0] < 0)


def test_fill_follows_the_activation():
    picture = drawn(network())
    picture.fill(1, np.array([-1.0, 0.0, 1.0]))
    low, middle, high = picture.neurons[1].get_facecolors()[:, :3]
    assert low[0] > low[2]
    assert high[2] > high[0]
    np.testing.assert_allclose(middle, to_rgba(style.DARK.paper)[:3], atol=0.02)


def test_names_stand_at_inputs_and_outputs():
    net = NeuralNetwork([2, 3, 3], seed=1)
    picture = drawn(net, features=("sun", "rain"), classes=("beech", "oak", "pine"))
    words = {text.get_text() for text in picture.axes.texts}
    assert {"sun", "rain", "inputs", "hidden", "outputs", "softmax"} <= words
    picture.light([1.0, 0.0])
    bold = [text.get_text() for text in picture.outlets if text.get_fontweight() == "bold"]
    assert bold == [("beech", "oak", "pine")[net.predict([[1.0, 0.0]])[0]]]


def test_one_output_names_its_class():
    net = network()
    picture = drawn(net, classes=("out", "in"))
    for x in ([0.0, 0.0], [1.0, -3.0]):
        picture.light(x)
        said = picture.outlets[0].get_text()
        assert said == "→ " + ("out", "in")[net.predict([x])[0]]


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_short_numbers_are_short_and_true(value):
    text = short(value)
    assert len(text) <= 7
    if np.isfinite(value) and "e" not in text:
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.006, abs=0.00501)


def test_sentences_add_up():
    net, x = network(), [0.5, -2.0]
    trace = net.trace([x])
    for j, line in enumerate(sentences(net, trace, 0)):
        assert f"= {short(trace.z[0][0, j])} " in line
        assert line.endswith(f"= {short(trace.a[1][0, j])}")
    wide = NeuralNetwork([5, 40, 1], activation="relu")
    lines = sentences(wide, wide.trace(np.ones((1, 5))), 0)
    assert lines[-1] == "… and 35 more neurons"
    assert len(lines) == 6


# ---------------------------------------------------------------- wide layers and pictures


def test_the_strongest_neurons_of_a_wide_layer_are_shown():
    net = NeuralNetwork([40, 1])
    net.parameters = 0.0
    net.weights[0][[3, 17, 39]] = [[5.0], [-6.0], [7.0]]
    shown = chosen(net, 4)[0]
    assert len(shown) == 2
    assert set(shown) == {17, 39}


@pytest.mark.parametrize("layers", [(64, 32, 10), (784, 128, 10), (3, 200, 100), (1, 1)])
def test_every_neuron_has_its_place(layers):
    for column in placed(NeuralNetwork(layers), Sheet(600, 400)):
        assert column.elided == (len(column.shown) < column.size)
        assert (np.diff(column.y) < -2 * column.radius).all()
        assert column.y.max() + column.radius <= 400 - 44
        assert column.y.min() - column.radius >= 44


def test_a_square_of_inputs_is_shown_as_a_picture():
    x = np.linspace(0, 1, 64)
    picture = drawn(NeuralNetwork([64, 32, 10]))
    picture.light(x)
    np.testing.assert_array_equal(picture.picture.image.get_array(), x.reshape(8, 8))
    assert drawn(NeuralNetwork([64, 2]), features=[f"gene {k}" for k in range(64)]).picture is None


def test_mnist_is_drawn_quickly():
    net = NeuralNetwork([784, 128, 10], activation="relu")
    start = time.perf_counter()
    diagram(net, x=np.ones(784)).canvas.draw()
    assert time.perf_counter() - start < 5.0


CASES = {
    "xor": ([2, 3, 1], {}),
    "two hidden": ([2, 2, 2, 1], {"features": ("left", "right"), "classes": ("no", "yes")}),
    "names": (
        [4, 8, 8, 3],
        {
            "features": ("sepal length (cm)", "a name that goes on and on", "$x_1$", "w_2"),
            "classes": ("setosa", "versicolor", "virginica with a long name"),
        },
    ),
    "digits": ([64, 32, 10], {"classes": tuple("0123456789")}),
    "wide": ([30, 40, 20], {}),
    "one weight": ([1, 1], {}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_words_overlap_or_leave_the_picture(name, theme):
    layers, names = CASES[name]
    picture = diagram(NeuralNetwork(layers), x=np.linspace(-1, 1, layers[0]), theme=theme, **names)
    picture.canvas.draw()
    texts = [t for t in picture.findobj(Text) if t.get_text().strip() and t.get_visible()]
    frame = picture.bbox
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts if on_sheet(t)]
    for text, box in boxes:
        assert box.x0 >= frame.x0, text
        assert box.x1 <= frame.x1, text
        assert box.y0 >= frame.y0, text
        assert box.y1 <= frame.y1, text
    for k, (text, box) in enumerate(boxes):
        for other, beside in boxes[k + 1 :]:
            shared = (min(box.x1, beside.x1) - max(box.x0, beside.x0) > 1.0) and (
                min(box.y1, beside.y1) - max(box.y0, beside.y0) > 2.5
            )
            assert not shared, (text, other)


def on_sheet(text):
    """Bare axes keep tick labels that nobody sees."""
    return not (text.axes and text in [*text.axes.get_xticklabels(), *text.axes.get_yticklabels()])


# ---------------------------------------------------------------- doors


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_drawing_changes_nothing(dtype):
    net = NeuralNetwork([64, 5, 3], dtype=dtype)
    before = net.parameters.tobytes()
    diagram(net, x=np.ones(64)).canvas.draw()
    picture = drawn(net)
    picture.light(np.zeros(64))
    picture.focus(1)
    picture.weigh(net)
    assert net.parameters.tobytes() == before


def test_it_draws_on_axes_of_the_user():
    figure = Figure(figsize=(8, 4))
    left, _ = figure.subplots(1, 2)
    assert diagram(network(), axes=left) is figure


@pytest.mark.parametrize(
    "x", [[1.0], [1, 2, 3], np.ones((2, 2)), "text", [[1, 2], [3]], np.ones((2, 1))]
)
def test_a_sample_that_does_not_fit_is_refused(x):
    with pytest.raises(Refusal, match=r"sample .*; expected 2 numbers"):
        diagram(network(), x=x)


def test_too_few_neurons_to_show_are_refused():
    with pytest.raises(Refusal, match="at least 2"):
        diagram(network(), most=1)
