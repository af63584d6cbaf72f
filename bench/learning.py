"""Time per training step: ours against torch, scikit-learn and scalar autograd.

Two races, every contestant alone in a process of its own on one thread, their rounds
interleaved so that a busy machine slows all of them alike; the median round counts:

- XOR with 2-3-1, tanh inside, sigmoid out, squared error, gradient descent on all four
  samples: one step of `NeuralNetwork.train_step`, of `training.record` with its energy
  ledger, of torch eager (zero_grad, forward, backward, step), of scikit-learn's
  MLPRegressor.partial_fit (whose output is linear), and of a scalar autograd engine in
  pure Python, a number a node, as micrograd teaches;
- MNIST with 784-128-10, ReLU, softmax, cross-entropy, momentum 0.9, batch 64, float32:
  one epoch. torch takes contiguous slices of a shuffled tensor, without a DataLoader.

Then MNIST is learned to the end: `--mnist` trains 784-128-10 by the command line's own
recipe over some seeds and counts test accuracy; nothing is chosen on the test set.

    python bench/learning.py [--quick] [--mnist] [--rounds N] [--seeds N] [--json] [--out FILE]

MNIST is read from $LAWFUL_DATA or fetched; without it its race is left out, and said.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from lawful.refusal import Refusal

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])
BATCH = 64


# ---------------------------------------------------------------- XOR, a step


def xor_ours(steps):
    from lawful.learning import NeuralNetwork

    net = NeuralNetwork([2, 3, 1], seed=0)

    def run():
        for _ in range(steps):
            net.train_step(XOR_X, XOR_Y, 0.1)

    return run


def xor_recorded(steps):
    from lawful.learning import NeuralNetwork, datasets, record

    net, data = NeuralNetwork([2, 3, 1], seed=0), datasets.xor()
    return lambda: record(net, data, dynamics="momentum", learning_rate=0.01, steps=steps)


def xor_torch(steps):
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1), torch.nn.Sigmoid()
    ).double()
    X, y = torch.tensor(XOR_X), torch.tensor(XOR_Y)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def run():
        for _ in range(steps):
            optimizer.zero_grad()
            loss = 0.5 * ((net(X) - y) ** 2).mean()
            loss.backward()
            optimizer.step()

    return run


def xor_sklearn(steps):
    from sklearn.neural_network import MLPRegressor

    net = MLPRegressor(
        hidden_layer_sizes=(3,), activation="tanh", solver="sgd", batch_size=4, alpha=0.0
    )
    target = XOR_Y[:, 0]

    def run():
        for _ in range(steps):
            net.partial_fit(XOR_X, target)

    return run


class Scalar:
    """A number that remembers how it was made: autograd with a node an operation."""

    __slots__ = ("grad", "value", "parents")

    def __init__(self, value, parents=()):
        self.value, self.grad, self.parents = value, 0.0, parents

    def __add__(self, other):
        return Scalar(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Scalar(self.value * other.value, ((self, other.value), (other, self.value)))

    def tanh(self):
        a = float(np.tanh(self.value))
        return Scalar(a, ((self, 1.0 - a * a),))

    def sigmoid(self):
        a = 1.0 / (1.0 + float(np.exp(-self.value)))
        return Scalar(a, ((self, a * (1.0 - a)),))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((parent, False) for parent, _ in node.parents)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad


def xor_scalars(steps):
    rng = np.random.default_rng(0)
    hidden = [[Scalar(float(w)) for w in rng.standard_normal(3)] for _ in range(3)]
    last = [Scalar(float(w)) for w in rng.standard_normal(4)]
    everything = [w for row in hidden for w in row] + last

    def loss():
        total = Scalar(0.0)
        for x, y in zip(XOR_X.tolist(), XOR_Y[:, 0].tolist(), strict=True):
            a = [(r[0] * Scalar(x[0]) + r[1] * Scalar(x[1]) + r[2]).tanh() for r in hidden]
            out = (last[0] * a[0] + last[1] * a[1] + last[2] * a[2] + last[3]).sigmoid()
            off = out + Scalar(-y)
            total = total + off * off * Scalar(0.125)
        return total

    def run():
        for _ in range(steps):
            for w in everything:
                w.grad = 0.0
            loss().backward()
            for w in everything:
                w.value -= 0.1 * w.grad

    return run


# ---------------------------------------------------------------- MNIST, an epoch


def mnist(samples):
    from lawful.learning import datasets

    data = datasets.mnist()
    return data.X[:samples], data.y[:samples], data.labels[:samples]


def mnist_ours(samples):
    from lawful.learning import NeuralNetwork, Samples, evolve

    X, y, _ = mnist(samples)
    data = Samples(X, y, classes=tuple("0123456789"))
    net = NeuralNetwork([784, 128, 10], activation="relu", weight_init="he", dtype="float32")
    options = {"dynamics": "momentum", "learning_rate": 0.05, "batch": BATCH, "epochs": 1}
    # One look, at the end, is what `every` leaves; it is part of the time.
    return lambda: list(evolve(net, data, every=-(-samples // BATCH), **options))


def mnist_torch(samples):
    import torch

    torch.set_num_threads(1)
    X, _, labels = mnist(samples)
    X, labels = torch.from_numpy(X.copy()), torch.from_numpy(labels.astype(np.int64))
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    loss = torch.nn.CrossEntropyLoss()

    def run():
        order = torch.randperm(len(X))
        for start in range(0, len(X), BATCH):
            part = order[start : start + BATCH]
            optimizer.zero_grad()
            loss(net(X[part]), labels[part]).backward()
            optimizer.step()

    return run


def mnist_sklearn(samples):
    from sklearn.neural_network import MLPClassifier

    X, _, labels = mnist(samples)
    net = MLPClassifier(
        hidden_layer_sizes=(128,),
        solver="sgd",
        learning_rate_init=0.05,
        momentum=0.9,
        batch_size=BATCH,
        alpha=0.0,
    )
    return lambda: net.partial_fit(X, labels, classes=np.arange(10))


RACES: dict[str, dict[str, Callable]] = {
    "xor": {
        "lawful": xor_ours,
        "lawful, recorded with its ledger": xor_recorded,
        "torch eager": xor_torch,
        "scikit-learn": xor_sklearn,
        "scalars": xor_scalars,
    },
    "mnist": {"lawful": mnist_ours, "torch eager": mnist_torch, "scikit-learn": mnist_sklearn},
}
NEEDS = {"torch eager": "torch", "scikit-learn": "sklearn"}


# ---------------------------------------------------------------- the race


def contestant(race, name, size, pipe):
    """Live in a process of one's own: run a round when asked, answer its seconds."""
    run = RACES[race][name](size)
    run()  # warm up
    pipe.send("ready")
    while pipe.recv():
        began = perf_counter()
        run()
        pipe.send(perf_counter() - began)


def raced(race, size, rounds, say):
    """Seconds of every round, by contestant."""
    # Read by each contestant's own NumPy and torch, which load after this.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    context = multiprocessing.get_context("spawn")
    lanes = {}
    for name in RACES[race]:
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            say(f"{name} is not installed and does not run")
            continue
        here, there = context.Pipe()
        process = context.Process(target=contestant, args=(race, name, size, there), daemon=True)
        process.start()
        here.recv()
        lanes[name] = (here, process)
    seconds = {name: [] for name in lanes}
    for k in range(rounds):
        for name, (pipe, _) in lanes.items():
            pipe.send(True)
            seconds[name].append(pipe.recv())
        say(f"{race}: round {k + 1} of {rounds}")
    for pipe, process in lanes.values():
        pipe.send(False)
        process.join()
    return seconds


def table_of(race, seconds, size, unit):
    """Medians a unit, and their ratio to ours."""
    scale = {"xor": 1e6 / size, "mnist": 1.0}[race]
    ours = median(seconds["lawful"])
    return {
        name: {
            unit: median(all_rounds) * scale,
            "fastest": min(all_rounds) * scale,
            "times_ours": median(all_rounds) / ours,
        }
        for name, all_rounds in seconds.items()
    }


# ---------------------------------------------------------------- MNIST to the end


def learned(seeds, epochs, say):
    """Test accuracy of the command line's recipe for MNIST, over seeds."""
    from lawful.learning import datasets, record
    from lawful.studies.cells import cells_of
    from lawful.studies.lesson import DataChoice, Lesson, NetworkChoice, TrainingChoice
    from lawful.studies.recipes import completed

    data = datasets.mnist()
    asked = NetworkChoice(layers=((784, 128, 10),))
    lesson = Lesson(DataChoice("mnist"), asked, TrainingChoice(epochs=epochs), seeds)
    rows = []
    for cell in cells_of(completed(lesson, data), data, ""):
        net, began = cell.made(), perf_counter()
        with threadpool_limits(1):
            record(net, data, **cell.options)
        row = {
            "seed": cell.seed,
            "seconds": perf_counter() - began,
            "test_accuracy": net.accuracy(data.test.X, data.test.y),
        }
        say(f"mnist, seed {cell.seed}: {row['test_accuracy']:.4f} in {row['seconds']:.0f} s")
        rows.append(row)
    return rows


def shown(console, title, unit, rows):
    table = Table(title=title)
    for column in ("", unit, "times ours"):
        table.add_column(column, justify="right" if column else "left")
    for name, row in rows.items():
        table.add_row(name, f"{row[unit]:.3g}", f"{row['times_ours']:.2f}")
    console.print(table)


def options(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, a tenth of MNIST")
    parser.add_argument("--mnist", action="store_true", help="also learn MNIST to the end")
    parser.add_argument("--rounds", type=int, default=None, help="15, or 3 with --quick")
    parser.add_argument("--seeds", type=int, default=3, help="of MNIST learned to the end")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--out", type=Path, help="write JSON to a file")
    return parser.parse_args(argv)


def main(argv=None):
    chosen = options(argv)
    console = Console(stderr=chosen.json)
    rounds = chosen.rounds or (3 if chosen.quick else 15)
    steps, samples = (300, 6000) if chosen.quick else (2000, 60_000)
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rounds": rounds,
        "xor": table_of("xor", raced("xor", steps, rounds, console.print), steps, "µs a step"),
    }
    shown(console, "XOR 2-3-1, a step", "µs a step", found["xor"])
    try:
        mnist(10)
    except Refusal as missing:
        console.print(f"MNIST is left out: {missing}")
    else:
        seconds = raced("mnist", samples, max(2, rounds // 3), console.print)
        found["mnist"] = table_of("mnist", seconds, samples, "s an epoch")
        found["mnist_samples"] = samples
        shown(console, f"MNIST 784-128-10, {samples} samples", "s an epoch", found["mnist"])
        if chosen.mnist:
            found["learned"] = learned(chosen.seeds, 1 if chosen.quick else None, console.print)
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if chosen.json:
        print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
