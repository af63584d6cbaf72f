"""Learning without forgetting: the old network teaches the new one, on the new images.

    L(θ) = (1/k) · −log p_θ(y | x) + (1 − 1/k) · α T² KL(q_T(· | x) ‖ p_θ,T(· | x))

k counts the experiences with the present one, q is the network after the last one, and T
divides both networks' scores. With one head q speaks of the classes met so far, and gives
the others 0, while p_θ has them all.
Source: Z. Li and D. Hoiem, "Learning without forgetting", ECCV (2016), arXiv:1606.09282,
with T = 2; the form for one head and the weights 1/k are those of G. van de Ven,
T. Tuytelaars and A. Tolias, "Three types of incremental learning", Nature Machine
Intelligence 4, 1185 (2022). The divergence differs from their cross-entropy by a constant.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, kl_div

from lawful.fields.memory.experience import Part
from lawful.fields.memory.strategies.strategy import Memory, Strategy, check_at_least
from lawful.refusal import Refusal


@dataclass(frozen=True)
class LearningWithoutForgetting(Strategy):
    """LwF for one head.

    Parameters
    ----------
    alpha
        α, the weight of the old network's word. The papers have 1; where the images are
        permuted that leaves no room for the new, and 0.3 is the better by far on validation.
    temperature
        T.

    Examples
    --------
    >>> LearningWithoutForgetting().settings()
    {'strategy': 'lwf', 'alpha': 0.3, 'temperature': 2.0}
    """

    name: ClassVar[str] = "lwf"
    strength: ClassVar[str | None] = "alpha"
    values: ClassVar[tuple[float, ...]] = (0.03, 0.1, 0.3, 1.0, 3.0)

    alpha: float = 0.3
    temperature: float = 2.0

    def __post_init__(self) -> None:
        check_at_least(0, alpha=self.alpha, temperature=self.temperature)
        if not self.temperature:
            raise Refusal(f"temperature={self.temperature}", "a number above 0")

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """Cross-entropy with the labels, and divergence from the old network."""
        new = cross_entropy(output, y)
        if not memory.kept:
            return new
        share = 1 / (int(memory.kept["experiences"]) + 1)
        old = self.divergence(output, self.taught(network, x, memory), memory)
        return share * new + (1 - share) * self.alpha * old

    def divergence(self, output: Tensor, taught: Tensor, memory: Memory) -> Tensor:
        """T² KL(q_T ‖ p_T) of scores (b, classes), averaged over the batch."""
        T = self.temperature
        unmet = memory.kept["met"] == 0
        q = taught.masked_fill(unmet, -torch.inf).div(T).softmax(-1)
        return T**2 * kl_div((output / T).log_softmax(-1), q, reduction="batchmean")

    def taught(self, network: nn.Module, x: Tensor, memory: Memory) -> Tensor:
        """The old network's scores (b, classes)."""
        was = network.training
        network.eval()
        with torch.no_grad():
            scores = functional_call(network, _old(memory), (x,))
        network.train(was)
        return scores

    def finished(self, network: nn.Module, part: Part, memory: Memory) -> None:
        """Keep the network as it is, and the classes that it has met."""
        kept = memory.kept
        for name, value in network.state_dict().items():
            kept[f"old.{name}"] = value.detach().clone()
        device = next(iter(network.parameters())).device
        met = kept.setdefault("met", torch.zeros(memory.classes, dtype=torch.int64, device=device))
        met[part.labels.unique().to(device)] = 1
        kept["experiences"] = kept.get("experiences", torch.zeros((), dtype=torch.int64)) + 1


def _old(memory: Memory) -> dict[str, Tensor]:
    return {k.removeprefix("old."): v for k, v in memory.kept.items() if k.startswith("old.")}
