"""Architectures and first scenes as a page or a URL asks for them, checked against the limits.

    "2-8-8-1", activations a name or a list, initialisations a name or a list

What is not said stays as it is, where it fits.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from lawful.learning import activations, initialization, losses
from lawful.learning.named import NAMES
from lawful.learning.naming import chosen
from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal
from lawful.web.live import dials, given, sources
from lawful.web.live.session import Session, fitted, usual_loss
from lawful.web.live.sources import Source

WIDTH, LAYERS, PARAMETERS = 128, 8, 50_000
LIMITS: dict[str, Any] = {
    **{dial: list(bounds) for dial, bounds in dials.LIMITS.items()},
    "width": WIDTH,
    "layers": LAYERS,
    "parameters": PARAMETERS,
    "samples": sources.SAMPLES,
    "points": 2000,
    "letters": 2_000_000,
    "noise": [0.0, 1.0],
    "speed": [0.05, 1000],
    "cells": [16, 128],
    "weight": 1000.0,
}
KNOWN: dict[str, list[str]] = {
    "activations": [name for name in activations.NAMES if name != "softmax"],
    "outputs": list(activations.NAMES),
    "initializations": list(initialization.NAMES),
    "optimizers": list(NAMES),
    "mechanical": list(dials.MECHANICAL),
    "losses": list(losses.NAMES),
}


def sizes(layers: Any) -> list[int]:
    """Numbers of neurons, from text or a list.

    Raises
    ------
    Refusal
        For what is no architecture, or too large a one.

    Examples
    --------
    >>> sizes("2-8-8-1")
    [2, 8, 8, 1]
    """
    if isinstance(layers, str):
        spelt = layers.strip().replace("–", "-").replace("−", "-").replace(" ", "")
        parts: list[Any] = [int(n) if n.isdecimal() and len(n) < 6 else n for n in spelt.split("-")]
    else:
        parts = list(layers) if isinstance(layers, list | tuple) else []
    said = str(layers)[:60]
    if not 2 <= len(parts) <= LAYERS + 2:
        raise Refusal(f"layers {said!r}", f"at most {LAYERS} hidden ones", "such as 2-8-8-1")
    for n in parts:
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise Refusal(f"layers {said!r}", "whole numbers from 1 up", "such as 2-8-8-1")
    if max(parts[1:]) > WIDTH:
        raise Refusal(f"a layer of {max(parts[1:])} neurons", f"at most {WIDTH}")
    count = sum((n + 1) * m for n, m in pairwise(parts))
    if count > PARAMETERS:
        raise Refusal(f"a network of {count} weights", f"at most {PARAMETERS}", "narrower layers")
    return parts


def architecture(
    network: NeuralNetwork,
    layers: Any = None,
    activations: Any = None,
    initializations: Any = None,
    loss: Any = None,
    output: Any = None,
) -> dict[str, Any]:
    """The settings of a network that differs in what is said.

    Parameters
    ----------
    network
        What is not said stays as it is there, where it fits.
    layers
        "2-8-8-1".
    activations
        A name for all hidden layers, or one each, the output's last or left out.
    initializations
        A name for all layers of weights, or one each.
    loss, output
        A name; what goes with the output, when not given.
    """
    plan = network.architecture
    wanted = list(network.layers) if layers is None else sizes(layers)
    hidden = len(wanted) - 2
    names, last = _activations(plan.activations, activations, hidden)
    last = given.text("output", output) if output is not None else last
    settings = {**network.settings, "layers": wanted, "activation": names, "output": last}
    settings["weight_init"] = _each(
        plan.initializations if initializations is None
        else given.names("initialisations", initializations), hidden + 1
    )  # fmt: skip
    kept = plan.loss if last == plan.activations[-1] else usual_loss(_spelt(last))
    settings["loss"] = given.text("loss", loss) if loss else kept
    return settings


def _spelt(output: str) -> str:
    return chosen("output", output, activations.NAMES)


def _activations(now: tuple[str, ...], wanted: Any, hidden: int) -> tuple[Any, str]:
    """Those of the hidden layers, and of the output."""
    if wanted is None:
        return _each(now[:-1] or ("tanh",), hidden), now[-1]
    names = given.names("activations", wanted)
    if isinstance(names, list) and len(names) == hidden + 1:
        return names[:-1], names[-1]
    return names, now[-1]


def _each(names: Any, count: int) -> Any:
    """As many names as layers: the last one goes on where there are more of them now."""
    if isinstance(names, str) or len(names) == count or not isinstance(names, tuple):
        return names
    return [*names[:count], *(names[-1:] * (count - len(names)))]


def source_of(look: Mapping[str, Any]) -> Source:
    """The data set that a look asks for."""
    asked = look.get("dataset", "circles")
    said = asked if isinstance(asked, dict) else {"name": asked}
    words = ("name", "samples", "noise", "seed", "validation")
    return sources.named(**{**{"noise": 0.05}, **{k: v for k, v in said.items() if k in words}})


def session_of(look: Mapping[str, Any], network: NeuralNetwork | None = None) -> Session:
    """The session that a look asks for: what `asked_of` says of it begins it again.

    Raises
    ------
    Refusal
        For what cannot be meant.

    Examples
    --------
    >>> session = session_of({"layers": "2-4-1", "dataset": "moons", "optimizer": "adam"})
    >>> session.network.layers, session.source.name
    ((2, 4, 1), 'moons')
    """
    from lawful.web.live.session import first_network

    source = source_of(look)
    base = first_network() if network is None else network
    base = NeuralNetwork(**fitted(base, source))
    parts = {k: look[k] for k in ("layers", "activations", "initializations", "loss") if k in look}
    settings = architecture(base, **parts)
    if "seed" in look:
        settings["seed"] = given.whole("seed", look["seed"])
    return Session(NeuralNetwork(**settings), source, dynamics=_dynamics(look))


def _dynamics(look: Mapping[str, Any]) -> Any:
    name = given.text("optimizer", look.get("optimizer", "momentum"))
    first = {"learning_rate": 0.03} if name == "momentum" else {}
    made = dials.chosen(name, None, **first)
    for dial in dials.LIMITS:
        if look.get(dial) is not None and dials.setting(made, dial):
            made = dials.turned(made, dial, look[dial])
    return made


def asked_of(session: Session) -> dict[str, Any]:
    """A look that begins this session again; of pasted and drawn data, all but the data."""
    plan = session.network.architecture
    readings = dials.readings(session.dynamics)
    return {
        "layers": "-".join(map(str, plan.layers)),
        "activations": list(plan.activations),
        "initializations": list(plan.initializations),
        "loss": plan.loss,
        "seed": plan.seed,
        "optimizer": dials.name_of(session.dynamics),
        **{dial: value for dial, value in readings.items() if value is not None},
        **({"dataset": _recipe(session.source)} if session.source.recipe else {}),
    }


def _recipe(source: Source) -> dict[str, Any]:
    share = {"validation": source.validation} if source.validation else {}
    return {**source.recipe, **share}
