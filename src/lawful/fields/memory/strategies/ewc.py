"""Online elastic weight consolidation: weights that mattered are held by springs.

    L(θ) = −log p_θ(y | x) + (λ/2) Σᵢ Fᵢ (θᵢ − θ*ᵢ)²
    after each experience:   F ← γF + F_k,   θ* ← θ,   F_k = E_x E_y[(∂ log p_θ(y | x)/∂θ)²]

Source: J. Schwarz et al., "Progress & Compress: a scalable framework for continual
learning", ICML (2018), arXiv:1805.06370, section 3.2; the springs are those of
J. Kirkpatrick et al., PNAS 114, 3521 (2017). The paper weighs the penalty by γ once more,
a constant, here within λ. How F is computed decides much: G. van de Ven, "On the computation of
the Fisher information in continual learning", arXiv:2502.11756 (2025).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory.experience import Part
from lawful.fields.memory.strategies.strategy import Memory, Strategy, check_at_least, learnt
from lawful.refusal import Refusal

LABELS = ("sampled", "true")


@dataclass(frozen=True)
class OnlineEWC(Strategy):
    """Online EWC, with the diagonal of the Fisher information.

    Parameters
    ----------
    lam
        λ, how strong the springs are.
    gamma
        γ, from 0 to 1: how much of the older Fisher information stays; 1 forgets none.
    labels
        "sampled": y is drawn from the network's own p(y | x), which is the Fisher information.
        "true": y is the label, the "empirical" one, which vanishes where the network is sure.
    samples
        From how many training images F_k is estimated, one gradient each; all when fewer.

    Examples
    --------
    >>> OnlineEWC(lam=30.0).settings()["labels"]
    'sampled'
    """

    name: ClassVar[str] = "ewc"
    strength: ClassVar[str | None] = "lam"
    values: ClassVar[tuple[float, ...]] = (1.0, 10.0, 100.0, 1e3, 1e4)

    lam: float = 100.0
    gamma: float = 1.0
    labels: str = "sampled"
    samples: int = 1024

    def __post_init__(self) -> None:
        check_at_least(0, lam=self.lam, gamma=self.gamma)
        check_at_least(1, samples=self.samples)
        if self.gamma > 1:
            raise Refusal(f"gamma={self.gamma}", "from 0 to 1")
        if self.labels not in LABELS:
            raise Refusal(f"labels={self.labels!r}", "one of " + ", ".join(LABELS))

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch; `pulled` adds the springs."""
        return cross_entropy(output, y)

    def pulled(self, network: nn.Module, memory: Memory) -> None:
        """Add λ F (θ − θ*) to the gradients."""
        if not memory.kept or not self.lam:
            return
        for name, p in learnt(network):
            stretch = p.detach() - memory.kept[f"anchor.{name}"]
            _grad(p).addcmul_(memory.kept[f"fisher.{name}"], stretch, value=self.lam)

    def penalty(self, network: nn.Module, memory: Memory) -> Tensor:
        """(λ/2) Σ F (θ − θ*)², a scalar, 0 before the first experience is over."""
        total = torch.zeros(())
        for name, p in learnt(network) if memory.kept else ():
            stretch = p - memory.kept[f"anchor.{name}"]
            total = total + self.lam / 2 * (memory.kept[f"fisher.{name}"] * stretch**2).sum()
        return total

    def finished(self, network: nn.Module, part: Part, memory: Memory) -> None:
        """Add the Fisher information of what was learnt, and hold on to where θ is."""
        rows = torch.randperm(len(part), generator=memory.generator)[: self.samples]
        chosen = Part(part.images[rows], part.labels[rows], part.view)
        drawn = memory.generator if self.labels == "sampled" else None
        for name, value in fisher(network, chosen, generator=drawn).items():
            before = memory.kept.get(f"fisher.{name}")
            now = value if before is None else self.gamma * before + value
            memory.kept[f"fisher.{name}"] = now
        for name, p in learnt(network):
            memory.kept[f"anchor.{name}"] = p.detach().clone()


def fisher(
    network: nn.Module, part: Part, *, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """The diagonal of the Fisher information, by parameter: the mean of squared gradients.

    Of single images, one after the other, for the square of a batch's mean is another thing.
    Labels are drawn from the network's own probabilities with a `generator`, else the true ones.
    """
    parameters = dict(learnt(network))
    total = {name: torch.zeros_like(p) for name, p in parameters.items()}
    device = next(iter(total.values())).device
    was = network.training
    network.eval()
    for x, y in part.batches(1):
        logs = network(x.to(device)).log_softmax(-1)
        if generator is not None:
            y = torch.multinomial(logs.detach().exp().cpu(), 1, generator=generator)[:, 0]
        slopes = torch.autograd.grad(logs[0, int(y)], list(parameters.values()), allow_unused=True)
        for sum_, slope in zip(total.values(), slopes, strict=True):
            if slope is not None:
                sum_.addcmul_(slope, slope, value=1 / len(part))
    network.train(was)
    return total


def _grad(p: nn.Parameter) -> Tensor:
    if p.grad is None:
        p.grad = torch.zeros_like(p)
    return p.grad
