"""The network: hand-written gradients against finite differences and torch, files, refusals."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.learning.activations import ACTIVATIONS, activation
from lawful.learning.initialization import drawn
from lawful.learning.network import NeuralNetwork, classes_of
from lawful.refusal import Refusal

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
OUTPUTS = [
    ("sigmoid", "squared"),
    ("sigmoid", "binary_cross_entropy"),
    ("tanh", "squared"),
    ("linear", "squared"),
    ("softmax", "squared"),
    ("softmax", "cross_entropy"),
]


def problem(inputs=3, outputs=2, samples=7, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((samples, inputs))
    y = np.eye(outputs)[rng.integers(outputs, size=samples)]
    return X, y


def shaken(net):
    """The same network off zero biases, where a dead layer would stand on ReLU's kink."""
    rng = np.random.default_rng(99)
    net.parameters += 0.1 * rng.standard_normal(net.parameters.size)
    return net


def differences(net, X, y, h=1e-6):
    x = net.parameters.copy()
    losses = [
        net.with_parameters(x + s * h * e).loss(X, y) for e in np.eye(x.size) for s in (1, -1)
    ]
    return (np.array(losses[::2]) - np.array(losses[1::2])) / (2 * h)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_gradient_is_that_of_finite_differences(hidden, output, loss):
    X, y = problem(seed=3)
    net = NeuralNetwork(
        [3, 4, 5, 2], activation=hidden, output=output, loss=loss, l2=0.01, l1=0.003, seed=5
    )
    shaken(net)
    np.testing.assert_allclose(net.gradient(X, y), differences(net, X, y), atol=3e-9)


def test_every_layer_may_have_its_own_activation():
    X, y = problem()
    net = NeuralNetwork([3, 4, 5, 6, 2], activation=["relu", "gelu", "tanh"], seed=2)
    shaken(net)
    assert net.activations == ("relu", "gelu", "tanh", "softmax")
    np.testing.assert_allclose(net.gradient(X, y), differences(net, X, y), atol=3e-9)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("seed", range(3))
def test_loss_and_gradient_are_those_of_torch(hidden, output, loss, seed):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    X, y = problem(seed=seed)
    net = NeuralNetwork([3, 5, 4, 2], activation=hidden, output=output, loss=loss, seed=seed)
    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": F.leaky_relu,
        "gelu": F.gelu,
        "linear": lambda z: z,
        "softmax": lambda z: torch.softmax(z, 1),
    }
    x = torch.tensor(net.parameters, requires_grad=True)
    a, z, start = torch.tensor(X), None, 0
    for n, m, name in zip(net.layers, net.layers[1:], net.activations, strict=False):
        W, b = x[start : start + n * m].reshape(n, m), x[start + n * m : start + (n + 1) * m]
        z = a @ W + b
        a, start = functions[name](z), start + (n + 1) * m
    t = torch.tensor(y)
    value = {
        "squared": lambda: 0.5 * ((a - t) ** 2).sum() / len(t),
        "binary_cross_entropy": lambda: (
            F.binary_cross_entropy_with_logits(z, t, reduction="sum") / len(t)
        ),
        "cross_entropy": lambda: F.cross_entropy(z, t),
    }[loss]()
    value.backward()
    ours, gradient = net.loss_and_gradient(X, y)
    assert abs(ours - value.item()) <= 1e-12
    np.testing.assert_allclose(gradient, x.grad.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(net.forward(X), a.detach().numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("hidden", ["relu", "tanh"])
def test_gradient_with_dropout_is_that_of_what_is_left(hidden):
    X, y = problem()
    net = NeuralNetwork([3, 6, 5, 2], activation=hidden, dropout=0.5, seed=1)
    shaken(net)
    masks = net.dropout_masks(len(X), np.random.default_rng(0))
    x, h = net.parameters.copy(), 1e-6

    def loss(at):
        return net.with_parameters(at).loss_and_gradient(X, y, masks)[0]

    expected = [(loss(x + h * e) - loss(x - h * e)) / (2 * h) for e in np.eye(x.size)]
    np.testing.assert_allclose(net.loss_and_gradient(X, y, masks)[1], expected, atol=3e-9)


def test_dropout_keeps_the_mean_and_leaves_answers_alone():
    net = NeuralNetwork([3, 200, 2], dropout=0.3, seed=1)
    mask = net.dropout_masks(500, np.random.default_rng(0))[0]
    assert abs(mask.mean() - 1.0) < 0.01
    assert set(np.unique(mask)) == {0.0, 1 / 0.7}
    X, _ = problem()
    np.testing.assert_array_equal(net.forward(X), net.forward(X))


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_neither_overflow_nor_lose_their_way(name):
    z = np.array([[-1e3, -50.0, -1.0, 0.5, 50.0, 1e3]])
    one = activation(name)
    a = one.value(z)
    assert np.isfinite(a).all()
    assert np.isfinite(one.pull(z, a, np.ones_like(z))).all()


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_cross_entropies_stay_finite_and_right_where_answers_saturate(loss):
    output = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}[loss]
    net = NeuralNetwork([2, 2], output=output, loss=loss)
    net.parameters = [1000.0, 0.0, 0.0, 1000.0, 0.0, 0.0]
    X, y = np.eye(2), np.eye(2)[::-1]  # sure, and wrong
    value, gradient = net.loss_and_gradient(X, y)
    assert value == pytest.approx(1000.0 + (loss == "binary_cross_entropy") * np.log(2), abs=1e-9)
    assert np.isfinite(gradient).all()


# ---------------------------------------------------------------- first weights


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("rows", "columns"), [(300, 200), (200, 300)])
def test_first_weights_have_the_spread_they_promise(rows, columns, seed):
    rng = np.random.default_rng(seed)
    tolerance = 5 / np.sqrt(2 * rows * columns)  # five standard errors of a deviation
    for name, spread in [
        ("random", 1.0),
        ("xavier", np.sqrt(2 / (rows + columns))),
        ("he", np.sqrt(2 / rows)),
    ]:
        W, b = drawn(name, rows, columns, 1.0, rng)
        assert W.std() == pytest.approx(spread, rel=tolerance), name
        assert b.any() == (name == "random")
    W, _ = drawn("orthogonal", rows, columns, 1.5, rng)
    small = W.T @ W if rows >= columns else W @ W.T
    np.testing.assert_allclose(small, 2.25 * np.eye(min(rows, columns)), atol=1e-12)


@pytest.mark.parametrize(("hidden", "init"), [("relu", "he"), ("tanh", "xavier")])
def test_first_weights_keep_signals_alive_through_many_layers(hidden, init):
    X = np.random.default_rng(0).standard_normal((200, 100))
    net = NeuralNetwork([100] * 20 + [1], activation=hidden, weight_init=init, seed=0)
    spread = [np.sqrt((a**2).mean()) for a in net.trace(X).a[1:-1]]
    assert 0.05 < spread[-1] / spread[0] < 5


def test_the_same_seed_is_the_same_network_and_another_is_not():
    one, same, other = (NeuralNetwork([2, 3, 1], seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one.parameters, same.parameters)
    assert not np.array_equal(one.parameters, other.parameters)


def test_each_layer_of_weights_may_begin_in_its_own_way(tmp_path):
    names = ["he", "orthogonal", "random"]
    net = NeuralNetwork([3, 6, 6, 2], weight_init=names, seed=3)
    assert net.settings["weight_init"] == names
    assert net.architecture.initializations == tuple(names)
    np.testing.assert_allclose(net.weights[1].T @ net.weights[1], np.eye(6), atol=1e-12)
    assert not net.biases[1].any()
    assert net.biases[2].all()
    net.save(tmp_path / "net.safetensors")
    again = NeuralNetwork.load(tmp_path / "net.safetensors")
    assert again.settings == net.settings
    np.testing.assert_array_equal(NeuralNetwork(**again.settings).parameters, net.copy().parameters)


def test_one_name_for_each_layer_is_the_one_name_where_all_are_alike():
    each = NeuralNetwork([2, 4, 1], weight_init=["he", "he"], seed=1)
    one = NeuralNetwork([2, 4, 1], weight_init="he", seed=1)
    assert each.architecture == one.architecture
    assert each.settings["weight_init"] == "he"
    np.testing.assert_array_equal(each.parameters, one.parameters)


# ---------------------------------------------------------------- steps, classes, copies


@pytest.mark.parametrize("seed", range(5))
def test_train_step_goes_downhill_and_tells_what_was(seed):
    X, y = problem(seed=seed)
    net = NeuralNetwork([3, 8, 2], seed=seed)
    before, right = net.loss(X, y), net.accuracy(X, y)
    loss, accuracy = net.train_step(X, y, learning_rate=0.01)
    assert (loss, accuracy) == (before, right)
    assert net.loss(X, y) < before


def test_train_step_is_one_step_along_the_gradient():
    X, y = problem()
    net = NeuralNetwork([3, 4, 2], seed=1)
    x, g = net.parameters.copy(), net.gradient(X, y)
    net.train_step(X, y, learning_rate=0.3)
    np.testing.assert_array_equal(net.parameters, x - 0.3 * g)


def test_classes_are_read_from_answers():
    np.testing.assert_array_equal(classes_of(np.array([[0.2], [0.7]])), [0, 1])
    np.testing.assert_array_equal(classes_of(np.array([[0.2, 0.5, 0.3]])), [1])
    linear = NeuralNetwork([1, 1], output="linear")
    assert np.isnan(linear.accuracy([[1.0]], [[1.0]]))


def test_weights_are_views_of_the_parameters_and_names_count_them():
    net = NeuralNetwork([2, 3, 1], seed=0)
    net.parameters = np.arange(13.0)
    named = dict(zip(net.names, net.parameters, strict=True))
    assert net.weights[0][1, 2] == named["W1_2_3"] == 5.0
    assert net.biases[1][0] == named["b2_1"] == 12.0


def test_copies_are_their_own():
    net = NeuralNetwork([2, 3, 1], seed=0)
    copy = net.copy()
    copy.parameters = 0.0
    assert net.parameters.any()
    assert copy.settings == net.settings


def test_settings_make_the_network_again():
    net = NeuralNetwork([2, 3, 4, 1], activation=["relu", "tanh"], l2=0.1, dropout=0.2, seed=9)
    again = NeuralNetwork(**json.loads(json.dumps(net.settings)))
    np.testing.assert_array_equal(net.parameters, again.parameters)
    assert again.architecture == net.architecture


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_saved_network_comes_back(tmp_path, dtype):
    net = NeuralNetwork([2, 3, 2], activation="gelu", l1=0.1, seed=7, dtype=dtype)
    net.save(tmp_path / "net.safetensors")
    back = NeuralNetwork.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(back.parameters, net.parameters)
    assert back.architecture == net.architecture
    assert back.parameters.dtype == dtype


@pytest.mark.parametrize("content", [b"", b"not a network", b"\xff" * 64])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    place = tmp_path / "net.safetensors"
    place.write_bytes(content)
    with pytest.raises(Refusal, match="expected a network saved by lawful"):
        NeuralNetwork.load(place)
    with pytest.raises(Refusal, match="cannot read"):
        NeuralNetwork.load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"W1": np.zeros((2, 1))}, {}),
        ({"W1": np.zeros((2, 1))}, {"lawful network": '{"layers": [2, 1]}'}),
        ({"W1": np.zeros(3)}, {"lawful network": "nonsense"}),
    ],
)
def test_a_safetensors_file_of_something_else_is_refused(tmp_path, tensors, metadata):
    from safetensors.numpy import save_file

    save_file(tensors, tmp_path / "other.safetensors", metadata=metadata)
    with pytest.raises(Refusal, match="expected a network saved by lawful"):
        NeuralNetwork.load(tmp_path / "other.safetensors")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("layers", "settings", "message"),
    [
        ([2, 3, 1], {"activation": "rellu"}, "did you mean 'relu'"),
        ([2, 3, 1], {"activation": ["relu", "relu"]}, "2 activations for 1 hidden"),
        ([2, 3, 1], {"activation": "softmax"}, "softmax in a hidden layer"),
        ([2, 3, 1], {"output": "softmax"}, "softmax with one output"),
        ([2, 3, 2], {"output": "tanh", "loss": "cross_entropy"}, "expected output 'softmax'"),
        ([2, 3, 1], {"loss": "crossentropy2"}, "did you mean 'cross_entropy'"),
        ([2, 3, 1], {"weight_init": "xaver"}, "did you mean 'xavier'"),
        ([2, 3, 1], {"weight_init": ["he", "xaver"]}, "did you mean 'xavier'"),
        ([2, 3, 1], {"weight_init": ["he"]}, "1 weight initialisations for 2 layers"),
        ([2, 3, 1], {"weight_init": 7}, "weight initialisation 7"),
        ([2, 3, 1], {"dropout": 1.0}, "a share from 0"),
        ([2, 3, 1], {"l2": -1.0}, "a number from 0 up"),
        ([2, 3, 1], {"seed": -1}, "a whole number from 0 up"),
        ([2, 3, 1], {"dtype": "float16"}, "float32"),
        ([2], {}, "at least two whole numbers"),
        ([2, 0, 1], {}, "at least two whole numbers"),
        ([2, 2.5, 1], {}, "at least two whole numbers"),
        ("2-3", {}, "at least two whole numbers"),
    ],
)
def test_settings_that_cannot_be_meant(layers, settings, message):
    with pytest.raises(Refusal, match=message):
        NeuralNetwork(layers, **settings)


def test_data_that_do_not_fit_are_refused_with_layers_that_would():
    net = NeuralNetwork([3, 4, 2])
    with pytest.raises(Refusal, match="layers that fit: 5-4-2"):
        net.forward(np.zeros((6, 5)))
    with pytest.raises(Refusal, match="layers that fit: 3-4-1"):
        net.loss(np.zeros((6, 3)), np.zeros((6, 1)))
    with pytest.raises(Refusal, match=r"expected \(samples, 3\)"):
        net.forward(np.zeros(3))


@given(rate=st.floats(max_value=0.0) | st.just(float("nan")) | st.just(float("inf")))
def test_a_learning_rate_that_is_not_positive_is_refused(rate):
    net = NeuralNetwork([2, 1])
    with pytest.raises(Refusal, match="expected a positive number"):
        net.train_step(np.zeros((1, 2)), np.zeros((1, 1)), learning_rate=rate)


@given(
    layers=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    hidden=st.sampled_from(HIDDEN),
    seed=st.integers(0, 2**31),
)
def test_any_shape_of_network_has_a_true_gradient(layers, hidden, seed):
    rng = np.random.default_rng(seed)
    net = shaken(NeuralNetwork(layers, activation=hidden, seed=seed))
    X, y = rng.standard_normal((5, layers[0])), rng.random((5, layers[-1]))
    y /= y.sum(axis=1, keepdims=True)
    along = rng.standard_normal(net.parameters.size)
    x, h = net.parameters.copy(), 1e-7
    ends = [net.with_parameters(x + s * h * along).loss(X, y) for s in (1, -1)]
    slope = (ends[0] - ends[1]) / (2 * h)
    assert net.gradient(X, y) @ along == pytest.approx(slope, abs=1e-5, rel=1e-5)
