"""What PhysicsNet minimises.

    prediction     mean (x̂ − x)² / mean (x_{t+1} − x_t)²
    conservation   mean_k log (var of r_k within runs / var of r_k over all)    "variance"
                   mean (q_{t+1} − q_t)²                                        "change"
    keeping        mean (q(ẑ_{t+j}) − q(z_t))² / var q / mean (x_{t+1} − x_t)²
    smoothness     mean (ẑ_{t+1} − z_{t+1})²

r_k is what head q_k says that no polynomial of the heads before it does: E² is no second law.
A constant has no variance at all and wins the plain change; of a ratio it wins nothing. The
logarithm gives every quantity the same pull, however well it holds already.

Source: for one quantity, the ratio is Wilks' Λ: S. S. Wilks, "Certain generalizations in the
analysis of variance", Biometrika 24 (1932) 471; that a constant wins the plain change is noted
by S. Ha and H. Jeong, Phys. Rev. Research 3, L042035 (2021), who add noise to forbid it.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from lawful.laws.physicsnet.model import PhysicsNet

PIECES = 4  # of each run in a batch: the change along it is seen
LEAST, MOST = 25, 100  # batches in an epoch
DEGREE = 3  # of the polynomials that a further quantity must not be
RIDGE = 1e-4  # of the batch is a moderate number of samples
FLOOR = 1e-6  # of λ: round-off of single precision is no quality
_STILL = 1e-8  # variance of a head below which it is constant


@dataclass(frozen=True)
class Losses:
    """The four, each a scalar."""

    prediction: Tensor
    conservation: Tensor
    keeping: Tensor
    smoothness: Tensor


def losses(
    net: PhysicsNet, x: Tensor, ahead: Tensor, window: int, change: float, kind: str
) -> Losses:
    """All losses of a batch of pieces.

    Parameters
    ----------
    net
        The network.
    x
        Pieces of shape (runs, pieces, window + horizon, inputs).
    ahead
        The step after each sample, of shape (runs, pieces, window + horizon).
    window
        Samples that are encoded; the others are predicted.
    change
        Mean square of the change between samples.
    kind
        "variance" or "change".
    """
    flat, later = x.flatten(0, 1), ahead.flatten(0, 1)
    seen = flat[:, :window]
    z = net.encode(seen)
    first = z
    channels = flat.shape[-1] - net.clocked
    wrong = ((net.decode(z) - flat[:, window - 1, :channels]) ** 2).mean()
    rough, kept, follower = z.new_zeros(()), [], z
    horizon = flat.shape[1] - window
    for j in range(horizon):
        guess = net.step(z, later[:, window - 1 + j, None])
        shown = net.decode(guess)
        wrong = wrong + ((shown - flat[:, window + j, :channels]) ** 2).mean() / horizon
        kept.append(net.quantity_fixed(guess))
        seen = torch.cat(
            [seen[:, 1:], _with_clock(shown, flat[:, window + j], channels)[:, None]], 1
        )
        z = net.encode(seen)
        rough = rough + ((guess - z) ** 2).mean() / horizon
        follower = z if j == 0 else follower
    q = net.quantity(first.detach()).unflatten(0, x.shape[:2])
    if kind == "variance":
        conserved = ratio(q)
    else:
        conserved = ((net.quantity(follower.detach()).unflatten(0, x.shape[:2]) - q) ** 2).mean()
    return Losses(wrong / change, conserved, _keeping(kept, q) / change, rough)


def _with_clock(shown: Tensor, true: Tensor, channels: int) -> Tensor:
    """A predicted sample as the encoder takes it: clocks are known, states are not."""
    return torch.cat([shown, true[:, channels:]], -1)


def _keeping(kept: list[Tensor], q: Tensor) -> Tensor:
    """How far quantities stray along predictions, over their variance."""
    now = q.detach().flatten(0, 1)
    spread = now.var(0) + 1e-12
    return torch.stack([((one - now) ** 2 / spread).mean() for one in kept]).mean()


def ratio(q: Tensor) -> Tensor:
    """Mean logarithm of within-run over total variance, each head freed of those before it.

    Parameters
    ----------
    q
        Heads of shape (runs, pieces, k).

    Examples
    --------
    >>> law = torch.randn(50, 1, 1).expand(50, 8, 1)
    >>> noise, constant = torch.randn(50, 8, 1), torch.ones(50, 8, 1)
    >>> [round(float(ratio(q))) + 0 for q in (law, noise, constant)]
    [-14, 0, 0]
    """
    spread = (q.flatten(0, 1).var(0) + _STILL).sqrt()
    unit = (q - q.mean((0, 1))) / spread
    logs = []
    for k in range(q.shape[-1]):
        left = unit[..., k] - _said_before(unit, k)
        within, total = _variances(left)
        # The same floor under both: where nothing differs between runs, nothing is won.
        logs.append(torch.log((within + FLOOR) / (total + FLOOR)))
    return torch.stack(logs).mean()


def _variances(left: Tensor) -> tuple[Tensor, Tensor]:
    """Within runs, unbiased, and over all, of one quantity (runs, pieces)."""
    pieces = left.shape[1]
    inside = (left - left.mean(1, keepdim=True)).square().mean()
    return inside * (pieces / max(pieces - 1, 1)), (left - left.mean()).square().mean()


def _said_before(unit: Tensor, k: int) -> Tensor:
    """The best polynomial of the heads before head k; its coefficients are no way to learn."""
    flat = unit.flatten(0, 1)
    before, asked = flat[:, :k], flat[:, k]
    if k == 0:
        return torch.zeros_like(unit[..., 0])
    degree = DEGREE if k < 3 else 2
    chosen = [c for d in range(1, degree + 1) for c in combinations_with_replacement(range(k), d)]
    columns = [before[:, list(c)].prod(1, keepdim=True) for c in chosen]
    basis = torch.cat([torch.ones_like(before[:, :1]), *columns], 1)
    with torch.no_grad():
        gram = basis.T @ basis
        gram.diagonal().mul_(1 + RIDGE)
        weights = torch.linalg.solve(gram, basis.T @ asked)
    return (basis @ weights).unflatten(0, unit.shape[:2])
