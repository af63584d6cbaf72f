"""Which way an ensemble is calculated.

    engine       taken for                              how
    lanes        widths up to 16, with numba            machine code, networks in SIMD lanes
    wide         a hidden layer of more than 8          a matrix product for each network
    shared       more than 16 inputs, narrow layers     X W of all networks in one product
    reference    what is left, and for reading          the oracle

In narrow networks the work is in the functions, one number at a time, and lanes do that
best. A product of matrices pays once they fill the machine's registers: measured with
tens to hundreds of samples, from some 8 to 12 neurons on. Below that it pays only where
the first layers of all networks, which see the same data, make one large matrix.
"""

from importlib import import_module
from types import ModuleType

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import lanes
from lawful.learning.naming import chosen
from lawful.learning.samples import Samples
from lawful.refusal import Refusal, missing_extra

ENGINES = ("auto", "lanes", "shared", "wide", "reference")
NORMALIZED = "batch_normalized"  # no way of calculating but another network: the oracle's alone
NUMBERS = {"wide": 100_000}  # of a block, where it is not the usual; measured
USUAL = 400_000
MOST = 1 << 15  # networks between two reports of progress
WIDE = 9  # neurons from which a matrix product for each network is the better way


def engine_for(plan: Architecture, engine: str) -> str:
    """The engine asked for if it can, the fastest one for "auto".

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> engine_for(NeuralNetwork([784, 64, 10]).architecture, "auto")
    'wide'
    """
    engine = chosen("engine", engine, ENGINES)
    hidden = plan.layers[1:-1] or plan.layers[-1:]
    if engine == "lanes":
        if not lanes.available():
            raise missing_extra("numba", "fast")
        if not lanes.fits(plan):
            shape = "-".join(map(str, plan.layers))
            raise Refusal(
                f"engine 'lanes' for a {shape} network with {', '.join(plan.activations)}",
                f"widths up to {lanes.WIDEST} and no gelu",
                "take 'auto'",
            )
    if engine != "auto":
        return engine
    if lanes.available() and lanes.fits(plan):
        return "lanes"
    if max(hidden) >= WIDE:
        return "wide"
    return "shared" if plan.layers[0] > lanes.WIDEST else "reference"


def written_for(plan: Architecture, engine: str) -> ModuleType:
    """The module with an engine's `loss_and_gradient` and `loss_and_answers` in NumPy.

    Lanes move networks only; what is said of them at the end is said by what is fastest.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> written_for(NeuralNetwork([2, 3, 1]).architecture, "lanes").__name__
    'lawful.learning.ensembles.reference'
    """
    if engine == "lanes":
        engine = "wide" if max(plan.layers[1:]) >= WIDE else "reference"
    return import_module(f"lawful.learning.ensembles.{engine}")


def together(plan: Architecture, samples: Samples, engine: str) -> int:
    """Networks of a block, whose activations and parameters stay in the cache."""
    if engine == "lanes":
        return MOST
    each = len(samples.X) * sum(plan.layers[1:]) + 4 * plan.size
    return max(2, min(MOST, NUMBERS.get(engine, USUAL) // each))
