"""The landscape about a training that goes on: the loss over a plane, and the path upon it.

    U(x* + α e₁ + β e₂)      x* where the network is

e₁ and e₂ are the principal directions of the path so far. Before there is a path, e₁ goes
straight down and e₂ is any direction across.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.landscape import Ground, Plane, landscape, losses_on
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.pictures.reading import percent
from lawful.refusal import Refusal
from lawful.web.codec import Message
from lawful.web.live.maps import single

Array = NDArray[Any]
SAMPLES = 200
WORK = 60_000_000  # numbers of one picture
SENT = 20_000  # weights up to which the directions are sent, too


def message(network: NeuralNetwork, samples: Samples, path: Array, cells: int) -> Message:
    """The loss about the path.

    Parameters
    ----------
    network
        Gives the architecture.
    samples
        What it learns from.
    path
        Its weights so far, shape (k, P), the present ones last.
    cells
        Points along each side.

    Returns
    -------
    Message
        losses (cells, cells), rows along β; alpha, beta; path (k, 2) and path_losses; origin
        and directions, so that weights x fall upon the plane at (x − origin)·e.
    """
    most = max(16, int(WORK / (cells**2 * sum(network.layers[1:]))))
    with np.errstate(all="ignore"):
        try:
            ground = landscape(
                network, samples.X, samples.y, path, cells=cells, samples=min(SAMPLES, most)
            )
            straight = False
        except Refusal:
            ground, straight = _around(network, samples, path[-1], cells), True
    plane = ground.plane
    arrays = {
        "losses": single(ground.loss),
        "alpha": ground.alpha,
        "beta": ground.beta,
        "path": single(plane.path),
        "path_losses": single(ground.path_loss),
    }
    if plane.origin.size <= SENT:
        arrays["origin"] = single(plane.origin)
        arrays["directions"] = single(plane.directions)
    record = {
        "share": None if straight else plane.share,
        "samples": ground.samples,
        "words": _words(ground, straight, samples.size),
        "axes": ["straight down", "a direction across"]
        if straight
        else ["first direction of the path", "second direction"],
    }
    return Message(record, arrays, "answer")


def _words(ground: Ground, straight: bool, of: int) -> str:
    if straight:
        said = "no path yet: across, the way straight down; upward, any direction beside it"
    else:
        share = percent(ground.plane.share)
        said = f"the plane along which the path varies most; it holds {share} of its variance"
    return said + (f"; loss of {ground.samples} of {of} samples" if ground.samples < of else "")


def _around(network: NeuralNetwork, samples: Samples, x: Array, cells: int) -> Ground:
    """A square about a point, as wide as half its distance from zero."""
    rows = np.linspace(0, samples.size - 1, min(SAMPLES, samples.size)).astype(int)
    X, y = samples.X[rows], samples.y[rows]
    rng = np.random.default_rng(0)
    down = -network.with_parameters(x).gradient(X, y)
    if not down.any():
        down = rng.standard_normal(x.size)
    down = down / np.linalg.norm(down)
    across = rng.standard_normal(x.size)
    across = across - (across @ down) * down
    plane = Plane(x, np.stack([down, across / np.linalg.norm(across)]), np.zeros((1, 2)), 0.0)
    half = max(1.0, 0.5 * float(np.linalg.norm(x)))
    side = np.linspace(-half, half, cells)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    values = losses_on(network, X, y, plane, np.concatenate([grid, plane.path]))
    many = cells * cells
    return Ground(plane, side, side, values[:many].reshape(cells, cells), values[many:], len(X))
