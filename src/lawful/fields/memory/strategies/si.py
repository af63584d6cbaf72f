"""Synaptic intelligence: each weight earns its importance on the way.

    L(θ) = −log p_θ(y | x) + c Σᵢ Ωᵢ (θᵢ − θ*ᵢ)²
    on the way:              ωᵢ ← ωᵢ − gᵢ Δθᵢ,   g the gradient of the first term
    after each experience:   Ωᵢ ← Ωᵢ + max(ωᵢ, 0)/((θᵢ − θ*ᵢ)² + ξ),   θ* ← θ,   ω ← 0

Source: F. Zenke, B. Poole and S. Ganguli, "Continual learning through synaptic
intelligence", ICML (2017), arXiv:1703.04200. The sum of ω is the fall of the loss along a
path of small steps. A negative ω, which would push a weight away, counts as 0 here.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory.experience import Part
from lawful.fields.memory.strategies.strategy import (
    Memory,
    Strategy,
    check_at_least,
    learnt,
)
from lawful.refusal import Refusal


@dataclass(frozen=True)
class SynapticIntelligence(Strategy):
    """SI.

    Parameters
    ----------
    c
        How strongly weights are held. The paper has 0.1 on permuted MNIST, with 20 epochs;
        with one epoch, and Adam going on, 10 is the better by far on validation.
    xi
        ξ, which bounds the importance of a weight that hardly moved; 0.1 in the paper too.

    Examples
    --------
    >>> SynapticIntelligence().settings()
    {'strategy': 'si', 'c': 10.0, 'xi': 0.1}
    """

    name: ClassVar[str] = "si"
    strength: ClassVar[str | None] = "c"
    values: ClassVar[tuple[float, ...]] = (0.1, 1.0, 10.0, 100.0)

    c: float = 10.0
    xi: float = 0.1

    def __post_init__(self) -> None:
        check_at_least(0, c=self.c, xi=self.xi)
        if not self.xi:
            raise Refusal(f"xi={self.xi}", "a number above 0")

    def begun(self, network: nn.Module, memory: Memory) -> None:
        """Start the path: no ω yet, and where θ is."""
        for name, p in learnt(network):
            memory.kept.setdefault(f"importance.{name}", torch.zeros_like(p))
            memory.kept.setdefault(f"anchor.{name}", p.detach().clone())
            memory.kept[f"path.{name}"] = torch.zeros_like(p)
            memory.kept[f"slope.{name}"] = torch.zeros_like(p)
            memory.kept[f"before.{name}"] = p.detach().clone()

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch; `pulled` adds the penalty."""
        return cross_entropy(output, y)

    def pulled(self, network: nn.Module, memory: Memory) -> None:
        """Note the gradient of the loss alone, then add 2 c Ω (θ − θ*)."""
        kept = memory.kept
        for name, p in learnt(network):
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            kept[f"slope.{name}"].copy_(p.grad)
            stretch = p.detach() - kept[f"anchor.{name}"]
            p.grad.addcmul_(kept[f"importance.{name}"], stretch, value=2 * self.c)

    def stepped(
        self,
        network: nn.Module,
        x: Tensor,
        y: Tensor,
        output: Tensor,
        memory: Memory,
        *,
        first: bool,
    ) -> None:
        """Add −g Δθ to the path integral."""
        kept = memory.kept
        for name, p in learnt(network):
            before = kept[f"before.{name}"].sub_(p.detach())
            kept[f"path.{name}"].addcmul_(kept[f"slope.{name}"], before)
            before.copy_(p.detach())

    def finished(self, network: nn.Module, part: Part, memory: Memory) -> None:
        """Turn the path integral into importance, and hold on to where θ is."""
        kept = memory.kept
        for name, p in learnt(network):
            moved = (p.detach() - kept[f"anchor.{name}"]).square_()
            earned = kept.pop(f"path.{name}").clamp_(min=0) / (moved + self.xi)
            kept[f"importance.{name}"] += earned
            kept[f"anchor.{name}"] = p.detach().clone()
            del kept[f"slope.{name}"], kept[f"before.{name}"]
