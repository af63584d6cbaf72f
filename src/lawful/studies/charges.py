"""Noether charges with momentum: what is conserved without friction decays with it.

    v' = μ v − η g(x),   x' = x + v'      L = xᵀB v,  C = c·v      L(t) = μᵗ L(0),  C likewise

A rotation between linear layers has such a charge, and so has the sum of what goes to a
softmax. Networks that have neither are the control: the charge of a linear network of
their shape is asked of them, and does as it likes. See `lawful.learning.symmetries`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.ensembles.evolution import evolve
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.state import State
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.symmetries import Symmetry, rotations, symmetries

Array = NDArray[np.float64]
STEPS, EVERY = 60, 3
PUSH = 0.1  # size of the first velocities: from rest, these charges are 0 for ever


def decay(population: Population, samples: Samples, seed: int) -> dict[str, Any]:
    """How charges decay in networks that begin with a push.

    Parameters
    ----------
    population
        With one momentum for all.
    samples
        What they learn.
    seed
        Of the push.

    Returns
    -------
    dict
        what: rotation, translation or control; count of charges; momentum; steps; share, the
        charges left, root mean square over charges and networks; off, the largest departure
        of any of them from μᵗ, over their root mean square at the start.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> net = {"weight_init": "random", "momentum": 0.9, "seeds": range(20)}
    >>> linear = Population.of([2, 2, 1], activation="linear", **net)
    >>> decay(linear, datasets.xor(), 0)["off"] < 1e-12
    True
    >>> decay(Population.of([2, 2, 1], **net), datasets.xor(), 0)["off"] > 1e-3
    True
    """
    what, charges = _charges(population.network(0))
    momentum, x = float(population.momentum[0]), population.positions()
    rng = np.random.default_rng([seed, 3])
    v = PUSH * rng.standard_normal(x.shape).astype(x.dtype)
    state = State(x, v, 0, np.full(population.size, -1))
    steps, share, off = list(range(0, STEPS + 1, EVERY)), [], 0.0
    first = _values(charges, state)
    size = float(np.sqrt((first**2).mean()))
    for step in steps:
        if step:
            state = evolve(population, samples, steps=EVERY, state=state).state
        now = _values(charges, state)
        share.append(float(np.sqrt((now**2).mean())) / size)
        off = max(off, float(np.abs(now - momentum**step * first).max()) / size)
    return {
        "what": what,
        "count": len(charges),
        "momentum": momentum,
        "steps": steps,
        "share": share,
        "off": off,
    }


def _charges(network: NeuralNetwork) -> tuple[str, tuple[Symmetry, ...]]:
    """Those that should decay; for a network without any, those of a linear one."""
    turned = rotations(network)
    if turned:
        return "rotation", turned
    shifted = tuple(one for one in symmetries(network) if one.kind == "translation")
    if shifted:
        return "translation", shifted
    linear = NeuralNetwork(network.architecture.layers, activation="linear")
    return "control", rotations(linear)


def _values(charges: tuple[Symmetry, ...], state: State) -> Array:
    return np.stack([one.charge(state.x, state.v) for one in charges])
