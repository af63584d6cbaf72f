"""What a picture reads from a `Training`, and in which words it says it.

training.network, .data, .runs (one run), .steps (k,), .snapshots (k, P), .stopped
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.learning.network import NeuralNetwork
    from lawful.learning.record import Training

Array = NDArray[np.float64]

MEASURES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "validation_loss": "validation loss",
    "validation_accuracy": "validation accuracy",
    "kinetic": "kinetic energy",
    "energy": "energy",
    "gradient_norm": "size of the gradient",
    "epoch": "epoch",
}

LEDGER = "ledger_"

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def trainings(given: "Training | Sequence[Training]") -> "list[Training]":
    """One training or several, as a list; none at all is refused."""
    several = list(given) if isinstance(given, Sequence) else [given]
    if not several:
        raise Refusal("no training to draw", "at least one")
    return several


def layers(network: "NeuralNetwork") -> str:
    """The layers of a network: "2-3-1"."""
    return "-".join(map(str, network.layers))


def hidden(network: "NeuralNetwork") -> str:
    """The hidden activations, or the output's where nothing is hidden: "tanh", "relu, tanh"."""
    names = network.activations[:-1] or network.activations[-1:]
    return names[0] if len(set(names)) == 1 else ", ".join(names)


def title(training: "Training") -> str:
    """What was trained on what: "xor, 2-3-1 tanh"."""
    name = getattr(training.data, "name", "")
    return f"{name}, {layers(training.network)} {hidden(training.network)}".lstrip(", ")


def has(training: "Training", name: str) -> bool:
    """Whether something was measured at least once on the way."""
    return name in training.runs and bool(np.isfinite(training.runs[name].values).any())


def series(training: "Training", name: str) -> tuple[Array, Array]:
    """The steps at which something was measured, and its values there.

    Raises
    ------
    Refusal
        Where it was not measured.
    """
    if not has(training, name):
        known = ", ".join(n for n in MEASURES if has(training, n))
        raise Refusal(f"{name!r} was not recorded in this training", f"one of {known}")
    values = np.asarray(training.runs[name].values, dtype=float)[0]
    times = np.asarray(training.runs["time"].values, dtype=float)
    times = times[0] if times.ndim == 2 else times
    held = np.isfinite(values) & np.isfinite(times)
    return times[held], values[held]


def moments(training: "Training", name: str) -> Array:
    """Something measured, at the steps of the snapshots: by straight lines in between."""
    return np.interp(np.asarray(training.steps, dtype=float), *series(training, name))


def accounts(training: "Training") -> list[str]:
    """The variables that hold the energy ledger's accounts, summed from the start."""
    names = [str(name) for name in training.runs.data_vars]
    return [name for name in names if name.startswith(LEDGER) and has(training, name)]


def classes(data: Any) -> tuple[str, ...]:
    """The names of the classes.

    Raises
    ------
    Refusal
        Where the answers are numbers.
    """
    if not data.classes:
        raise Refusal(
            f"{data.name or 'these samples'}: the answers are numbers",
            "classes, for this picture",
            "draw the decay or the landscape instead",
        )
    return tuple(map(str, data.classes))


def number(value: float, digits: int = 3) -> str:
    r"""A number in so many significant digits.

    >>> number(0.000123456), number(0.25), number(12345.0), number(-2.0)
    ('1.23×10⁻⁴', '0.25', '12\xa0300', '−2')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{float(f'{value:.{digits - 1}e}'):,.{max(digits - 1 - power, 0)}f}"
        text = text.replace(",", "\N{NO-BREAK SPACE}")
    else:
        text = mantissa
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if not -3 <= power < 6:
        text += f"×10{str(power).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "−")


def power_of_ten(power: int) -> str:
    """The number 10ᵖ, short.

    >>> power_of_ten(-2), power_of_ten(-5), power_of_ten(0)
    ('0.01', '10⁻⁵', '1')
    """
    return f"{10.0**power:g}" if -2 <= power <= 3 else f"10{str(power).translate(_SUPERSCRIPTS)}"


def count(value: float) -> str:
    """A whole number with thin gaps: 12 000.

    >>> count(12000) == "12\N{NO-BREAK SPACE}000"
    True
    """
    return f"{round(value):,}".replace(",", "\N{NO-BREAK SPACE}")


def percent(share: float) -> str:
    r"""A share in percent; what is not all is never rounded up to all.

    >>> percent(1.0), percent(0.9996), percent(0.034), percent(0.0004)
    ('100\xa0%', '99.9\xa0%', '3.4\xa0%', '<\xa00.1\xa0%')
    """
    if not math.isfinite(share):
        return "–"
    if 0 < share < 0.0005:
        return "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%"
    text = f"{share * 100 if share in (0.0, 1.0) else min(share * 100, 99.9):.1f}"
    return f"{text.removesuffix('.0')}\N{NO-BREAK SPACE}%"
