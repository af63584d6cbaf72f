"""Does a warm network generalise better? Test accuracy against the temperature of training.

    v′ = μ v − η g(x) + √(2 (1 − μ) η T) ξ,   x′ = x + v′

Ensembles of networks learn few noisy samples in baths from T = 0 up, all with the same
first weights, the same noise ξ but for its size, and the same number of steps; what they
have learned is asked of many fresh samples. The unit of chance is the draw of the training
samples: means are taken over seeds within a draw, intervals over draws. Which T is best is
chosen on one half of the draws and judged on the other, so that the choice is not its own
judge. The T = 0 ensemble is the control. The sharpness says whether the bath leads to
wider valleys. Where `lawful[fast]` is not installed this takes many times longer.

Source of the question: Welling and Teh, ICML 2011; Zhang et al., arXiv:1803.01927.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import Population, evolve
from lawful.learning.ensembles.curvature import sharpness
from lawful.learning.ensembles.reference import loss_and_answers
from lawful.learning.samples import Samples
from lawful.learning.shapes import moons
from lawful.refusal import Refusal
from lawful.studies.hands import shared_out
from lawful.studies.result import record

Array = NDArray[np.float64]
Share = Callable[[float, str], None]

TITLE = "Networks trained in a bath: does some warmth help them to generalise from few samples?"

TEMPERATURES = (0.0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
LAYERS = (2, 12, 1)
SAMPLES, NOISE, FRESH = 30, 0.3, 1000
LOOKS = 5
"""How often, over the last third of the steps, each network is asked."""
MEASURES = ("accuracy", "committee", "test energy", "train energy", "sharpness")


@dataclass(frozen=True, eq=False)
class Warmth:
    """What the study found.

    Attributes
    ----------
    temperatures
        T in units of the loss, shape (k,), 0 first.
    measured
        By name, each of shape (draws, k), means over seeds and looks: "accuracy" of single
        networks on fresh samples, that of the "committee" of all seeds (the mean of their
        answers at the end), "test energy" and "train energy"; "sharpness", the median over seeds of
        the Hessian's largest eigenvalue at the end.
    lost
        The share of networks that diverged, shape (draws, k).
    settings
        What it was made with.
    """

    temperatures: Array
    measured: Mapping[str, Array]
    lost: Array
    settings: Mapping[str, Any]

    def against_cold(self, name: str) -> Array:
        """A measure less that of T = 0 of the same draw, shape (draws, k)."""
        return self.measured[name] - self.measured[name][:, :1]

    def chosen(self, name: str = "accuracy") -> tuple[int, Array]:
        """The best T above 0 by the even draws, and its gain over T = 0 on the odd draws."""
        gain = self.against_cold(name)
        best = 1 + int(np.argmax(gain[::2, 1:].mean(axis=0)))
        return best, gain[1::2, best]

    def rows(self) -> list[dict[str, Any]]:
        """A line for each temperature; intervals are of 95 %, over draws."""
        return [self._row(k) for k in range(len(self.temperatures))]

    def _row(self, k: int) -> dict[str, Any]:
        row: dict[str, Any] = {"T": float(self.temperatures[k])}
        for name in MEASURES:
            low, high = interval(self.measured[name][:, k])
            row |= {name: float(self.measured[name][:, k].mean()), f"{name} ±": (high - low) / 2}
        gain = self.against_cold("accuracy")[:, k]
        row["gain over T = 0"] = float(gain.mean())
        row["gain from"], row["gain to"] = interval(gain)
        row["diverged"] = float(self.lost[:, k].mean())
        return row

    def headline(self) -> str:
        """Whether warmth helped, and how sure that is."""
        half = len(self.measured["accuracy"]) // 2
        return (
            f"{self._verdict('accuracy', 'one network')}; "
            f"{self._verdict('committee', 'the committee of all seeds')}. T was chosen on the "
            f"other half of the draws; gains over T = 0 on these {half}, 95 % intervals."
        )

    def _verdict(self, name: str, words: str) -> str:
        best, gain = self.chosen(name)
        low, high = interval(gain)
        verdict = "helps" if low > 0 else "hurts" if high < 0 else "makes no sure difference to"
        cold = 100 * self.measured[name][:, 0].mean()
        return (
            f"T = {self.temperatures[best]:.0e} {verdict} {words}: {100 * gain.mean():+.1f} points "
            f"of test accuracy ({100 * low:+.1f} to {100 * high:+.1f}) on {cold:.1f} %"
        )

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        return (
            "The weights are free, without a penalty: a warm network's weights spread as long as "
            "it is trained, so that no ensemble is in equilibrium.",
            "The learning rate and the number of steps are the same for all T; a cold network "
            "stopped early, or one with a penalty, is not compared.",
            "One kind of data, two noisy moons; intervals are over draws of the samples.",
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        more = {
            "temperatures": self.temperatures,
            "measured": self.measured,
            "diverged": self.lost,
        }
        return record(self, TITLE, more)


def interval(values: Array) -> tuple[float, float]:
    """Student's 95 % interval of a mean; NaN to NaN for a single value.

    >>> low, high = interval(np.array([1.0, 2.0, 3.0]))
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    from scipy.special import stdtrit

    if len(values) < 2:
        return float("nan"), float("nan")
    half = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def study(
    *,
    quick: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    progress: Share | None = None,
    temperatures: Sequence[float] | None = None,
    layers: Sequence[int] = LAYERS,
    samples: int = SAMPLES,
    noise: float = NOISE,
    learning_rate: float = 0.5,
    momentum: float = 0.9,
    draws: int | None = None,
    seeds: int | None = None,
    steps: int | None = None,
) -> Warmth:
    """Train ensembles in baths, and ask them of fresh samples.

    Parameters
    ----------
    quick
        Fewer draws, seeds, temperatures and steps: a look, not a result.
    seed
        The first of the seeds of the draws.
    jobs
        Processes; see `hands.shared_out`.
    progress
        Called with the part that is done, from 0 to 1, and words.
    temperatures
        T in units of the loss; 0 is added where it is missing.
    layers
        Of the networks, two inputs and one output.
    samples, noise
        Of each draw of two moons, and of the fresh samples.
    learning_rate, momentum
        η and μ of the bath.
    draws, seeds, steps
        Draws of the samples, networks at each temperature, and how long they are trained.

    Raises
    ------
    Refusal
        For settings that cannot be meant.
    """
    draws = draws or (6 if quick else 48)
    seeds = seeds or (8 if quick else 24)
    steps = steps or (600 if quick else 4000)
    given = TEMPERATURES[::2] if temperatures is None and quick else temperatures or TEMPERATURES
    chosen = tuple(sorted({0.0, *map(float, given)}))
    if draws < 4 or len(chosen) < 2 or tuple(layers)[:: len(layers) - 1] != (2, 1):
        raise Refusal(
            f"{draws} draws, {len(chosen)} temperatures, layers {tuple(layers)}",
            "4 draws at least, one temperature above 0, two inputs and one output",
        )
    settings = {
        "quick": quick, "seed": seed, "draws": draws, "seeds": seeds, "steps": steps,
        "temperatures": list(chosen), "layers": list(layers), "data": "moons",
        "samples": samples, "fresh": FRESH, "noise": noise, "learning_rate": learning_rate,
        "momentum": momentum, "looks": LOOKS,
    }  # fmt: skip
    done: dict[int, tuple[Array, Array]] = {}
    for draw, asked, away in shared_out(range(draws), partial(_draw, settings=settings), jobs=jobs):
        done[draw] = asked, away
        if progress:
            progress(len(done) / draws, f"{len(done)} of {draws} draws")
    table = np.stack([done[draw][0] for draw in range(draws)])
    lost = np.stack([done[draw][1] for draw in range(draws)])
    measured = {name: table[:, k] for k, name in enumerate(MEASURES)}
    return Warmth(np.array(chosen), measured, lost, settings)


def _draw(draw: int, *, settings: Mapping[str, Any]) -> tuple[int, Array, Array]:
    """One draw of samples: (measures, temperatures) and the shares that diverged."""
    first = settings["seed"] + draw
    samples = moons(settings["samples"], settings["noise"], 2 * first)
    fresh = moons(settings["fresh"], settings["noise"], 2 * first + 1)
    warm = np.array(settings["temperatures"])
    shape = (len(warm), settings["seeds"])
    seeds = first * settings["seeds"] + np.arange(settings["seeds"])
    population = Population.of(
        settings["layers"],
        learning_rate=settings["learning_rate"],
        momentum=settings["momentum"],
        temperature=np.repeat(warm, settings["seeds"]),
        seeds=np.tile(seeds, len(warm)),
    )
    looks = []
    for x in _positions(population, samples, settings["steps"]):
        looks.append(_asked(population.architecture, x, samples, fresh, shape))
    sharp = _median(sharpness(population, x, samples).reshape(shape))
    alone = np.mean([single for single, _, _ in looks], axis=0)
    votes = looks[-1][1]
    committee = ((votes > 0.5) == (fresh.y > 0.5)).mean(axis=0)
    committee[np.isnan(votes).any(axis=0)] = np.nan
    return draw, np.array([alone[0], committee, alone[1], alone[2], sharp]), looks[-1][2]


def _positions(population: Population, samples: Samples, steps: int) -> Iterator[Array]:
    """The weights at every look, shape (P, E)."""
    cuts = np.linspace(2 * steps / 3, steps, LOOKS).round().astype(int)
    state = None
    for count in np.diff(cuts, prepend=0):
        state = evolve(population, samples, steps=int(count), state=state).state
        yield np.asarray(state.x)


def _asked(
    plan: Architecture, x: Array, samples: Samples, fresh: Samples, shape: tuple[int, int]
) -> tuple[Array, Array, Array]:
    """Means over seeds at each temperature, diverged networks left out.

    Returns
    -------
    single (3, k)
        Accuracy and energy on fresh samples, energy on those learned from.
    votes (n, k)
        The mean answer to every fresh sample.
    lost (k,)
        The share that diverged.
    """
    with np.errstate(all="ignore"):
        train, _ = loss_and_answers(plan, x, samples.X, samples.y)
        test, answers = loss_and_answers(plan, x, fresh.X, fresh.y)
    right = ((answers[:, 0] > 0.5) == (fresh.y > 0.5)).mean(axis=0)
    lost = ~np.isfinite(train).reshape(shape)
    single = np.array([_mean(part.reshape(shape), lost) for part in (right, test, train)])
    votes = np.array([_mean(one.reshape(shape), lost) for one in answers[:, 0]])
    return single, votes, lost.mean(axis=1)


def _mean(values: Array, lost: NDArray[np.bool_]) -> Array:
    """The mean along the last axis of what is not lost; NaN where all is."""
    kept = (~lost).sum(axis=-1)
    total = np.where(lost, 0.0, values).sum(axis=-1)
    return np.divide(total, kept, out=np.full(kept.shape, np.nan), where=kept > 0)


def _median(values: Array) -> Array:
    """The median of each row's numbers; NaN where there are none."""
    held = [row[np.isfinite(row)] for row in values]
    return np.array([np.median(row) if row.size else np.nan for row in held])
