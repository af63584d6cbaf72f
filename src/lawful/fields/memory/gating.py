"""Which basin speaks: the lowest, or all of them, each as far as it is low and sure.

    hard   p(y|x) = p_j(y|x),   j = argmin_k E_k(x)
    soft   p(y|x) = Σ_k w_k p_k(y|x),   w_k ∝ exp(−E_k(x)/T − γ H_k(x)),   H_k = −Σ_y p_k log p_k

E_k is the energy in the basin of task k and H_k the entropy of its readout. T → 0 is hard;
T = ∞ trusts the readouts alone.

T and γ are chosen on validation images, of which none is kept. When a task has been learnt,
its validation images are at hand for the last time; for every pair (T, γ) of a small table it
is counted how many of them the mixture of all basins known by then gets right, and what
likelihood it gives them. Only these sums stay. They add up over tasks, and the pair with the
most hits is used, the likelihood deciding between equals. What this cannot see is how a later
basin draws images of an earlier task away; the sums hold the same rivalry from the other side.
The mixture is that of R. Jacobs et al., "Adaptive mixtures of local experts", Neural
Computation 3, 79 (1991), with energies for its gate, which nobody trains.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from lawful.refusal import Refusal

GATINGS = ("hard", "soft")
TEMPERATURES = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, math.inf)
TRUSTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LEAST = -30.0  # a log-probability below it counts as this much


def entropy(speech: Tensor) -> Tensor:
    """H of log-probabilities (…, classes), (…); what is impossible adds nothing.

    >>> entropy(torch.tensor([[0.5, 0.5], [1.0, 0.0]]).log()).tolist()
    [0.6931471824645996, 0.0]
    """
    shares = speech.exp()
    return torch.where(shares > 0, -shares * speech, 0.0).sum(-1)


def log_weights(energies: Tensor, speech: Tensor, temperature: float, trust: float) -> Tensor:
    """Log w, (b, K), of energies (b, K) and log-probabilities (b, K, classes).

    Parameters
    ----------
    energies, speech
        Of b images in K basins.
    temperature
        T, above 0; `math.inf` leaves energies out.
    trust
        γ, 0 at least: how much it counts that a readout is sure.

    Examples
    --------
    >>> even = torch.full((1, 2, 4), 0.25).log()
    >>> log_weights(torch.tensor([[5.0, 6.0]]), even, 0.5, 1.0).exp()
    tensor([[0.8808, 0.1192]])
    """
    depths = energies / temperature + trust * entropy(speech)
    return torch.log_softmax(-depths, dim=1)


def mixture(weights: Tensor, speech: Tensor) -> Tensor:
    """Log p, (b, classes), of log-weights (b, K) and log-probabilities (b, K, classes)."""
    return torch.logsumexp(weights[..., None] + speech, dim=1)


def check(gating: str, temperature: float | None, trust: float | None) -> None:
    """Refuse what cannot be meant."""
    if gating not in GATINGS:
        raise Refusal(f"gating={gating!r}", "one of " + ", ".join(GATINGS))
    if temperature is not None and not temperature > 0:
        raise Refusal(
            f"temperature={temperature}", "a number above 0", "for T → 0 take gating hard"
        )
    if trust is not None and not (math.isfinite(trust) and trust >= 0):
        raise Refusal(f"trust={trust}", "a finite number, 0 at least")
    if gating == "hard" and not (temperature is None and trust is None):
        raise Refusal("a temperature or a trust for hard gating", "soft gating, or neither")


class Choice:
    """Hits and likelihoods of every pair (T, γ), summed over the validation images of all tasks.

    Parameters
    ----------
    temperature, trust
        Fixed, or chosen from the tables when None.

    Examples
    --------
    >>> choice = Choice()
    >>> choice.numbers, choice.best
    (154, (0.3, 4.0))
    """

    def __init__(self, temperature: float | None = None, trust: float | None = None) -> None:
        self.temperatures = TEMPERATURES if temperature is None else (float(temperature),)
        self.trusts = TRUSTS if trust is None else (float(trust),)
        shape = (len(self.temperatures), len(self.trusts))
        self.hits = torch.zeros(shape, dtype=torch.int64)
        self.likelihood = torch.zeros(shape, dtype=torch.float64)

    def add(self, energies: Tensor, speech: Tensor, labels: Tensor) -> None:
        """Take in validation images: energies (b, K), log-probabilities (b, K, classes), labels.

        Nothing can be learnt of one basin alone, and nothing is noted.
        """
        if energies.shape[1] < 2:
            return
        for i, temperature in enumerate(self.temperatures):
            for j, trust in enumerate(self.trusts):
                said = mixture(log_weights(energies, speech, temperature, trust), speech)
                self.hits[i, j] += int((said.argmax(1) == labels).sum())
                right = said.gather(1, labels[:, None]).clamp_min(LEAST)
                self.likelihood[i, j] += float(right.sum(dtype=torch.float64))

    @property
    def best(self) -> tuple[float, float]:
        """(T, γ) of the most hits; the middle of the tables before anything was seen."""
        if self.numbers == 2:
            return self.temperatures[0], self.trusts[0]
        if not self.likelihood.any():
            return _usual(self.temperatures, 0.3), _usual(self.trusts, 4.0)
        most = self.hits == self.hits.max()
        place = int(torch.where(most, self.likelihood, -math.inf).argmax())
        i, j = divmod(place, len(self.trusts))
        return self.temperatures[i], self.trusts[j]

    @property
    def numbers(self) -> int:
        """How many numbers it keeps."""
        return 2 * self.hits.numel()

    def state(self) -> dict[str, Tensor]:
        """The sums."""
        return {"hits": self.hits.clone(), "likelihood": self.likelihood.clone()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the sums of another over the same tables."""
        if state["hits"].shape != self.hits.shape:
            raise Refusal(
                f"sums of the shape {tuple(state['hits'].shape)}",
                f"{tuple(self.hits.shape)}",
                "restore with the same temperature and trust",
            )
        self.hits, self.likelihood = state["hits"].clone(), state["likelihood"].clone()


def _usual(table: tuple[float, ...], value: float) -> float:
    return value if value in table else table[0]
