"""A linear readout in closed form, from sums over samples.

    W = (C + λ s I)⁻¹ D,   C = Σ(φ − m)(φ − m)ᵀ,   D = Σ(φ − m)(y − p)ᵀ,   s = tr C / (n F)

C and D come from sums that add up in any order, so that classes met one after the other
end in the same W as all at once: nothing is forgotten, and no sample is kept. λ counts as
so many samples' worth of belief in W = 0. That is in exact arithmetic; here the sums are
float64 over blocks of float32, of features less a constant near their mean.
Source: A. Hoerl and R. Kennard, Technometrics 12, 55 (1970); its use for learning in
sequence: H. Zhuang et al., "ACIL: analytic class-incremental learning", NeurIPS (2022).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lawful.refusal import Refusal

WIDE = 512  # features in a block of the Gram matrix
SUMS = ("count", "origin", "features", "answers", "gram", "cross")


@dataclass(eq=False)
class Ridge:
    """Sums over samples, and the readout that follows from them.

    Parameters
    ----------
    features, classes
        F and K.
    strength
        λ, above 0.

    Examples
    --------
    >>> phi = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    >>> ridge = Ridge(features=5, classes=2, strength=0.1)
    >>> ridge.add(phi, (phi[:, 0] > 0).long())
    >>> readout = ridge.readout()
    >>> float((readout(phi).argmax(1) == (phi[:, 0] > 0)).float().mean()) > 0.95
    True
    """

    features: int
    classes: int
    strength: float = 10.0

    def __post_init__(self) -> None:
        if self.features < 1 or self.classes < 1:
            raise Refusal(f"{self.features} features, {self.classes} classes", "1 at least")
        if not 0 < self.strength < float("inf"):
            raise Refusal(f"a ridge of strength {self.strength}", "a finite number above 0")
        F, K, wide = self.features, self.classes, torch.float64
        self.count = torch.zeros((), dtype=torch.int64)
        self._origin = torch.zeros(F)
        self._features, self._answers = torch.zeros(F, dtype=wide), torch.zeros(K, dtype=wide)
        self._gram, self._cross = torch.zeros(F, F, dtype=wide), torch.zeros(F, K, dtype=wide)

    def add(self, phi: Tensor, labels: Tensor) -> None:
        """Add samples: features (b, F), float32, and labels (b,)."""
        if int(self.count) == 0:
            # Round-off in C grows with the square of what is subtracted: subtract it first.
            self._origin.copy_(phi.mean(0))
        phi = phi - self._origin
        answers = torch.zeros(len(phi), self.classes).scatter_(1, labels[:, None], 1.0)
        self.count += len(phi)
        self._features += phi.sum(0, dtype=torch.float64)
        self._answers += answers.sum(0, dtype=torch.float64)
        for rows in torch.arange(self.features).split(WIDE):
            # The lower triangle alone, in blocks: the rest is its mirror image.
            first, last = int(rows[0]), int(rows[-1]) + 1
            self._gram[first:last, :last] += phi[:, first:last].T @ phi[:, :last]
        self._cross += phi.T @ answers

    def readout(self) -> "Readout":
        """The readout of what was added so far.

        Raises
        ------
        Refusal
            Where nothing was.
        """
        n = int(self.count)
        if n == 0:
            raise Refusal("a readout of no samples", "some added first")
        middle, prior = self._features / n, self._answers / n
        C = torch.addr(self._gram, middle, middle, alpha=-n)  # its lower triangle counts
        D = torch.addr(self._cross, middle, prior, alpha=-n)
        spread = C.diagonal().mean() / n
        # Constant features have no spread at all; any positive number keeps C regular.
        C.diagonal().add_(self.strength * float(spread) or 1.0)
        W = torch.cholesky_solve(D, _root(C))
        return Readout(W.float().contiguous(), (prior - (self._origin + middle) @ W).float())

    def numbers(self) -> int:
        """How many numbers the sums are; C is symmetric."""
        F, K = self.features, self.classes
        return F * (F + 1) // 2 + F * K + 2 * F + K + 1

    def state(self) -> dict[str, Tensor]:
        """Copies of the sums, by name."""
        return {name: held.clone() for name, held in self._sums().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take sums of `state`."""
        for name, held in self._sums().items():
            if state[name].shape != held.shape:
                raise Refusal(
                    f"{name} of the shape {tuple(state[name].shape)}", f"{tuple(held.shape)}"
                )
            held.copy_(state[name])

    def _sums(self) -> dict[str, Tensor]:
        held = (self.count, self._origin, self._features, self._answers, self._gram, self._cross)
        return dict(zip(SUMS, held, strict=True))


def _root(C: Tensor) -> Tensor:
    """The Cholesky factor of C, made stronger on its diagonal where round-off demands it."""
    added = 0.0
    while True:
        root, failed = torch.linalg.cholesky_ex(C)
        if not int(failed):
            return root
        more = max(10 * added, 1e-9 * float(C.diagonal().mean()))
        C.diagonal().add_(more - added)
        added = more


@dataclass(frozen=True, eq=False)
class Readout:
    """W, shape (F, K), and b, shape (K,): scores φ W + b."""

    weight: Tensor
    bias: Tensor

    def __call__(self, phi: Tensor) -> Tensor:
        """Scores (b, K) of features (b, F)."""
        return phi @ self.weight + self.bias

    def numbers(self) -> int:
        """How many numbers it is."""
        return self.weight.numel() + self.bias.numel()
