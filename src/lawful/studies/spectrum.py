"""The Hessian's eigenvalues before, during and after a training.

    φ(λ) = 1/P Σᵢ δ(λ − λᵢ),   λᵢ of ∂²U/∂x² at x

How many directions are flat, are steep, or bend down is counted at each moment. A
network small enough for every eigenvalue to be computed is trained by full-batch steps
of gradient descent; at the same moments the density is estimated by Lanczos' quadrature
too, and how far the two lie apart is measured:

    distance = ∫ |F(λ) − F̂(λ)| dλ / (λ_max − λ_min),   F the share of eigenvalues up to λ.

Sources: Sagun, Bottou and LeCun, arXiv:1611.07476, for what is to be expected;
Ghorbani, Krishnan and Xiao, arXiv:1901.10159, for the estimate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.curvature import Hessian
from lawful.learning.datasets import dataset
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.spectrum import EXACT, Spectrum, spectrum
from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.result import record

Array = NDArray[np.float64]
Share = Callable[[float, str], None]

TITLE = "The loss is steep in few directions: its curvature before, during and after training."

MOMENTS = (0.0, 0.02, 0.2, 1.0)
"""When the spectrum is taken, as shares of the steps."""
FLAT = 1e-3
"""An eigenvalue below this share of the largest is flat; one as far below zero bends down."""
STEEP = 0.1
"""An eigenvalue above this share of the largest is steep."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A network's spectrum at one step; `distance` is that of the estimate from it."""

    seed: int
    step: int
    loss: float
    spectrum: Spectrum
    distance: float

    @property
    def down(self) -> float:
        """The share of directions that bend down."""
        return self.spectrum.below(-FLAT * self.spectrum.high)

    @property
    def flat(self) -> float:
        """The share that is flat."""
        return self.spectrum.within(FLAT * self.spectrum.high)

    @property
    def steep(self) -> int:
        """How many directions are steep."""
        nodes = self.spectrum.nodes
        return int((nodes > STEEP * self.spectrum.high).sum())


@dataclass(frozen=True, eq=False)
class Spectra:
    """What the study found: moments of every training, and what they were made with."""

    moments: tuple[Moment, ...]
    settings: Mapping[str, Any]

    @property
    def by_step(self) -> dict[int, list[Moment]]:
        """The moments at each step, one for each seed."""
        found: dict[int, list[Moment]] = {}
        for moment in self.moments:
            found.setdefault(moment.step, []).append(moment)
        return found

    def rows(self) -> list[dict[str, Any]]:
        """A line for each step: medians over seeds, and the extremes of the sharpness."""
        return [_row(step, held) for step, held in self.by_step.items()]

    def headline(self) -> str:
        """What changed from the first moment to the last."""
        rows = self.rows()
        first, last = rows[0], rows[-1]
        parameters = self.moments[0].spectrum.size
        return (
            f"Of {parameters} directions a median of {100 * first['bend down']:.0f} % bend down "
            f"at the start and {100 * last['bend down']:.0f} % at the end; "
            f"{100 * first['flat']:.0f} % and {100 * last['flat']:.0f} % are flat; the sharpness "
            f"goes from {first['sharpness']:.3g} to {last['sharpness']:.3g} "
            f"(medians of {first['seeds']} seeds)."
        )

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        far = max(moment.distance for moment in self.moments)
        return (
            f"Flat is within {FLAT:g} of the sharpness of the same moment, and the sharpness "
            "grows: the share of flat directions grows with it.",
            f"Lanczos' estimate of the same densities lies at most {100 * far:.1f} % of the "
            "spectrum's extent from them (4 probes of 40 steps).",
            "One small network and data set; medians over seeds.",
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        more = {
            "moments": [
                {
                    "seed": moment.seed,
                    "step": moment.step,
                    "loss": moment.loss,
                    "distance": moment.distance,
                    "eigenvalues": moment.spectrum.nodes,
                }
                for moment in self.moments
            ],
        }
        return record(self, TITLE, more)


def _row(step: int, held: Sequence[Moment]) -> dict[str, Any]:
    def median(values: Sequence[float]) -> float:
        return float(np.median(values))

    high = [moment.spectrum.high for moment in held]
    return {
        "step": step,
        "seeds": len(held),
        "loss": median([moment.loss for moment in held]),
        "sharpness": median(high),
        "least": min(high),
        "most": max(high),
        "lowest": median([moment.spectrum.low for moment in held]),
        "trace": median([moment.spectrum.trace for moment in held]),
        "bend down": median([moment.down for moment in held]),
        "flat": median([moment.flat for moment in held]),
        "steep": median([moment.steep for moment in held]),
        "distance of the estimate": median([moment.distance for moment in held]),
    }


def study(
    *,
    quick: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    progress: Share | None = None,
    data: str = "moons",
    layers: Sequence[int] = (2, 12, 12, 1),
    activation: str = "tanh",
    learning_rate: float = 1.0,
    seeds: int | None = None,
    steps: int | None = None,
) -> Spectra:
    """Train, and take the spectrum on the way.

    Parameters
    ----------
    quick
        Fewer seeds and steps: a look, not a result.
    seed
        The first of the seeds of the first weights, and that of the data.
    jobs
        Processes; see `hands.shared_out`.
    progress
        Called with the part that is done, from 0 to 1, and words.
    data
        A name that `learning.datasets` knows.
    layers, activation, learning_rate
        Of the networks and of gradient descent.
    seeds, steps
        How many trainings, and how long.

    Raises
    ------
    Refusal
        For a network of too many parameters, or settings that cannot be meant.

    Examples
    --------
    >>> done = study(data="xor", layers=(2, 3, 1), seeds=2, steps=50, jobs=1)
    >>> [row["step"] for row in done.rows()]
    [0, 1, 10, 50]
    """
    seeds = seeds or (3 if quick else 12)
    steps = steps or (1000 if quick else 5000)
    samples = dataset(data, samples=100, noise=0.2, seed=seed) if data == "moons" else dataset(data)
    network = NeuralNetwork(list(layers), activation=activation)
    if network.architecture.size > 2 * EXACT:
        raise Refusal(
            f"{network.architecture.size} parameters",
            f"{2 * EXACT} at most, for every eigenvalue to be computed",
            "take fewer neurons, or lawful.learning.spectrum for an estimate",
        )
    settings = {
        "quick": quick, "seed": seed, "seeds": seeds, "steps": steps, "data": samples.name,
        "samples": samples.size, "layers": list(layers), "activation": activation,
        "learning_rate": learning_rate, "loss": network.architecture.loss,
        "flat": FLAT, "steep": STEEP,
    }  # fmt: skip
    work = partial(watched, samples=samples, settings=settings)
    found: dict[int, tuple[Moment, ...]] = {}
    for moments in shared_out(range(seed, seed + seeds), work, jobs=jobs):
        found[moments[0].seed] = moments
        if progress:
            progress(len(found) / seeds, f"{len(found)} of {seeds} trainings")
    return Spectra(tuple(m for s in sorted(found) for m in found[s]), settings)


def watched(seed: int, *, samples: Samples, settings: Mapping[str, Any]) -> tuple[Moment, ...]:
    """One training, and its spectrum at every moment."""
    from threadpoolctl import threadpool_limits

    network = NeuralNetwork(list(settings["layers"]), activation=settings["activation"], seed=seed)
    moments, done = [], 0
    with threadpool_limits(1):
        for step in sorted({round(share * settings["steps"]) for share in MOMENTS}):
            for _ in range(step - done):
                network.train_step(samples.X, samples.y, settings["learning_rate"])
            done = step
            hessian = Hessian(network, samples.X, samples.y)
            whole = spectrum(hessian, exact=True)
            guess = spectrum(hessian, exact=False, probes=4, steps=40, seed=seed)
            moments.append(Moment(seed, step, hessian.loss, whole, distance(whole, guess)))
    return tuple(moments)


def distance(whole: Spectrum, guess: Spectrum) -> float:
    """∫ |F − F̂| dλ over the spectrum's extent; 0 where two densities are one."""
    places = np.unique(np.concatenate([whole.nodes, guess.nodes]))
    apart = np.abs(whole.cumulative(places) - guess.cumulative(places))[:-1]
    extent = whole.high - whole.low
    return float(apart @ np.diff(places) / extent) if extent > 0 else 0.0
