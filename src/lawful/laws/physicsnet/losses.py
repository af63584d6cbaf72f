"""What PhysicsNet minimises.

    prediction     mean (x̂ − x)² / mean (x_{t+1} − x_t)²
    conservation   (1/k) log det W / det T, Wilks' Λ   "variance"
    or             mean (q_{t+1} − q_t)²               "change"
    keeping        mean_i h_i max((r_i(ẑ_{t+j}) − r_i(z_t))² − 2 λ_i, 0)
    smoothness     mean (ẑ_{t+1} − z_{t+1})²

W is the covariance of the heads within runs, T that over all. A constant has W = T = 0 and
wins the plain change; of Λ, a ratio, it wins nothing, and heads that say the same have
det T = 0 as well. The logarithm gives every quantity the same pull, however well it holds
already: the trace of T⁻¹W has its whole gradient in the worst. r_i are the eigenvectors of
W v = λ T v, of unit variance, and h_i = max(1 − λ_i/0.02, 0): what is not conserved has no say
in predictions, and what is, is asked of them no better than it holds along real runs.

Source: S. S. Wilks, "Certain generalizations in the analysis of variance", Biometrika 24
(1932) 471; that a constant must be kept from winning, S. Ha and H. Jeong, Phys. Rev. Research
3, L042035 (2021).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lawful.laws.physicsnet.model import PhysicsNet

PIECES = 4  # of each run in a batch: the change along it is seen
LEAST, MOST = 25, 100  # batches in an epoch
LOOSE = 0.02  # λ of a head from which on it has no say
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
        conserved = wilks(q)
    else:
        conserved = ((net.quantity(follower.detach()).unflatten(0, x.shape[:2]) - q) ** 2).mean()
    return Losses(wrong / change, conserved, _keeping(kept, q), rough)


def _with_clock(shown: Tensor, true: Tensor, channels: int) -> Tensor:
    """A predicted sample as the encoder takes it: clocks are known, states are not."""
    return torch.cat([shown, true[:, channels:]], -1)


def _keeping(kept: list[Tensor], q: Tensor) -> Tensor:
    """How far what holds strays along predictions, in units of its spread."""
    within, total, scale = _standard(q.detach().double())
    if not torch.isfinite(total).all():
        return total.new_tensor(torch.nan)  # it diverges, and training says so
    root = torch.linalg.inv(torch.linalg.cholesky(total))
    small, turn = torch.linalg.eigh(root @ within @ root.T)
    directions = (scale[:, None] * (root.T @ turn)).to(q.dtype)
    holds = (1 - small / LOOSE).clamp(0, 1).to(q.dtype)
    now = q.detach().flatten(0, 1)
    noise = 2 * small.clamp_min(0).to(q.dtype)
    away = torch.stack([((one - now) @ directions) ** 2 for one in kept])
    return (holds * torch.relu(away - noise)).mean()


def within_and_total(q: Tensor) -> tuple[Tensor, Tensor]:
    """W, unbiased, and T of quantities of shape (runs, pieces, k)."""
    count, pieces = q.shape[0] * q.shape[1], q.shape[1]
    away = (q - q.mean((0, 1))).flatten(0, 1)
    inside = (q - q.mean(1, keepdim=True)).flatten(0, 1)
    return inside.T @ inside / count * (pieces / max(pieces - 1, 1)), away.T @ away / count


def _standard(q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """W and T of heads of unit variance, and what brought them to it.

    The same floor is under both: where nothing differs between runs, nothing is won.
    """
    within, total = within_and_total(q)
    scale = (total.diagonal() + _STILL).rsqrt()
    floor = FLOOR * torch.eye(len(total), dtype=q.dtype, device=q.device)
    within, total = (m * scale[:, None] * scale + floor for m in (within, total))
    return within, total, scale


def wilks(q: Tensor) -> Tensor:
    """(1/k) log det W / det T: the mean logarithm of the λ of W v = λ T v.

    Parameters
    ----------
    q
        Heads of shape (runs, pieces, k).

    Examples
    --------
    >>> law = torch.randn(50, 1, 1).expand(50, 8, 1)
    >>> noise, constant = torch.randn(50, 8, 1), torch.ones(50, 8, 1)
    >>> [round(float(wilks(q))) + 0 for q in (law, noise, constant)]
    [-14, 0, 0]
    """
    within, total, _ = _standard(q)
    return (torch.logdet(within) - torch.logdet(total)) / len(total)
