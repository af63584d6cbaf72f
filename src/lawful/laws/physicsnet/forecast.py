"""Forecasts: the network fed with its own predictions.

    x̂_{t+1} = D(P(E(x̂_{t−w+1}, …, x̂_t)))

What is held is put back after every step, by a Gauss-Newton step of least length onto the
level set where the prefix lies:

    y ← y − Jᵀ (J Jᵀ)⁻¹ (q(y) − q₀)

y being the sample just predicted and q what the network learned of the window that ends with
it, or laws that were found.

Source: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), § IV.4, the
projection; A. Sanchez-Gonzalez et al., arXiv:2002.09405 (2020), forecasts fed back.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawful.laws.physicsnet.quantities import HOLDS, independent, run_means
from lawful.laws.physicsnet.windows import starts
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    from lawful.laws.physicsnet.trained import Trained

Array = NDArray[np.float64]

FARTHEST = 20.0  # spreads: a forecast beyond is lost, and stays there
FARTHEST_BACK = 0.01  # spreads, a step: a learned quantity knows no farther
ROUNDS = 2
_DAMPING = 1e-6


def predicted(
    trained: "Trained",
    runs: Trajectories,
    *,
    prefix: int | None = None,
    hold: bool | Sequence[str] = False,
) -> Trajectories:
    """The first samples as they are, the others predicted.

    Parameters
    ----------
    trained
        The network.
    runs
        What it sees the first samples of; of the others only the clock.
    prefix
        How many are seen, at least a window; a window when not given.
    hold
        True: keep the learned quantities that hold. Formulas in the observed variables: keep
        these.

    Returns
    -------
    Trajectories
        The observed variables, NaN where the clock ends or the prefix is not complete.

    Raises
    ------
    Refusal
        For a prefix shorter than a window or longer than the runs.
    """
    window = trained.window
    seen = window if prefix is None else prefix
    if not window <= seen < runs.sizes["time"]:
        raise Refusal(
            f"a prefix of {seen} samples",
            f"from {window} (a window) to {runs.sizes['time'] - 1} (all but one)",
        )
    x, ahead = trained.frame.encoded(runs)
    rows = np.flatnonzero(starts(x[:, seen - window : seen], window)[:, 0])
    held = _holder(trained, runs.isel(run=rows), seen, hold)
    out = np.full((*x.shape[:2], trained.frame.channels), np.nan)
    out[:, :seen] = x[:, :seen, : trained.frame.channels]
    out[rows, seen:] = _fed_back(trained, x[rows], ahead[rows], seen, held)
    out[~np.isfinite(clock(runs))] = np.nan
    near = {n: _before(runs[n].values, seen) for n in trained.variables}
    return trained.as_runs(_angles_on(trained.frame.decoded(out), near, seen), runs)


class _Free:
    """Nothing is held."""

    def back(self, shown: Tensor, before: Tensor, now: Tensor) -> Tensor:
        """Samples (b, channels) after windows `before`; `now` are their clock's channels."""
        return shown


@torch.no_grad()
def _fed_back(trained: "Trained", x: Array, ahead: Array, seen: int, held: _Free) -> Array:
    net, window, channels = trained.net, trained.window, trained.frame.channels
    views = torch.tensor(x[:, seen - window : seen], dtype=torch.float32)
    clocks = torch.tensor(np.nan_to_num(x[:, :, channels:]), dtype=torch.float32)
    steps = torch.tensor(np.nan_to_num(ahead), dtype=torch.float32)
    out = []
    for t in range(seen, x.shape[1]):
        z = net.step(net.encode(views), steps[:, t - 1, None])
        shown = held.back(_on_circles(trained, net.decode(z)), views[:, 1:], clocks[:, t])
        shown = shown.clamp(-FARTHEST, FARTHEST)
        out.append(shown.double().numpy())
        views = _longer(views[:, 1:], shown, clocks[:, t])
    return np.stack(out, axis=1)


def _longer(before: Tensor, shown: Tensor, now: Tensor) -> Tensor:
    """Windows with one more sample at their end."""
    return torch.cat([before, torch.cat([shown, now], -1)[:, None]], 1)


def _on_circles(trained: "Trained", shown: Tensor) -> Tensor:
    """Sines and cosines of one angle, put back to sin² + cos² = 1."""
    frame, k = trained.frame, 0
    mean = torch.tensor(frame.mean, dtype=shown.dtype)
    spread = torch.tensor(frame.spread, dtype=shown.dtype)
    plain = shown * spread + mean
    for role in frame.roles.values():
        wide = 2 if role.get("role") == "angle" else 1
        if wide == 2:
            pair = plain[:, k : k + 2]
            plain[:, k : k + 2] = pair / pair.norm(dim=1, keepdim=True).clamp_min(1e-9)
        k += wide
    return (plain - mean) / spread


def _before(values: Array, seen: int) -> Array:
    return np.asarray(values[:, :seen], dtype=float)


def _angles_on(columns: dict[str, Array], near: Mapping[str, Array], seen: int) -> dict[str, Array]:
    """The prefix as it was; angles go on from it without a jump."""
    out = {}
    for name, values in columns.items():
        first = near[name][:, -1:]
        turns = 2 * np.pi * np.round((first - values[:, seen - 1 : seen]) / (2 * np.pi))
        shifted = values + np.where(np.isfinite(turns), turns, 0.0)
        same = np.allclose(values[:, :seen], near[name], equal_nan=True)
        out[name] = np.concatenate([near[name], (values if same else shifted)[:, seen:]], axis=1)
    return out


# ------------------------------------------------------------------------------ held


def _holder(trained: "Trained", runs: Trajectories, seen: int, hold: bool | Sequence[str]) -> _Free:
    if hold is False or (hold is not True and not hold):
        return _Free()
    if hold is True:
        return _Learned(trained, runs, seen)
    return _Formulas(trained, runs, seen, hold)


class _Learned(_Free):
    """The network's own quantities that hold, each as the prefix has it on average."""

    def __init__(self, trained: "Trained", runs: Trajectories, seen: int) -> None:
        q = trained.quantities(runs)
        holds = np.flatnonzero(trained.within_total <= HOLDS)
        kept = holds[independent(run_means(q[..., holds]))] if holds.size else holds
        early = q[:, trained.window - 1 : seen, kept]
        self._net = trained.net
        self._mean = torch.tensor(trained.turn.mean, dtype=torch.float32)
        self._turn = torch.tensor(trained.turn.directions[:, kept], dtype=torch.float32)
        self._first = torch.tensor(np.nanmean(early, axis=1), dtype=torch.float32)

    def back(self, shown: Tensor, before: Tensor, now: Tensor) -> Tensor:
        if not self._first.shape[1]:
            return shown

        window = _longer(before, shown, now)
        shape, channels = window.shape, shown.shape[1]

        def asked(y: Tensor) -> Tensor:
            q = self._net.quantity(self._net.encode(y.unflatten(1, shape[1:])))
            return (q - self._mean) @ self._turn

        # The whole window moves: what it says of the state has to stay of one piece.
        moved = put_back(window.flatten(1), asked, self._first, most=FARTHEST_BACK)
        return moved.unflatten(1, shape[1:])[:, -1, :channels]


class _Formulas(_Free):
    """Formulas in the variables, each as the prefix has it on average."""

    def __init__(
        self, trained: "Trained", runs: Trajectories, seen: int, formulas: Sequence[str]
    ) -> None:
        from lawful.expressions import compiled

        frame = trained.frame
        if any(r.get("role") == "angle" for r in frame.roles.values()):
            raise Refusal("a formula to hold on angles", "positions and velocities", "hold=True")
        columns = {n: np.asarray(runs[n].values[:, :seen], dtype=float) for n in frame.variables}
        first = [np.nanmean(compiled(text)(columns), axis=1) for text in formulas]
        self._frame, self._ask = frame, [_in_torch(text, frame.variables) for text in formulas]
        values = np.stack(first, axis=-1)
        self._size = torch.tensor(np.abs(values).mean(0) + values.std(0) + 1e-30)
        self._first = torch.tensor(values) / self._size

    def back(self, shown: Tensor, before: Tensor, now: Tensor) -> Tensor:
        mean, spread = torch.tensor(self._frame.mean), torch.tensor(self._frame.spread)

        def asked(y: Tensor) -> Tensor:
            columns = tuple((y * spread + mean).unbind(-1))
            return torch.stack([ask(*columns) for ask in self._ask], -1) / self._size

        return put_back(shown.double(), asked, self._first).to(shown.dtype)


def _in_torch(text: str, variables: Sequence[str]) -> Callable[..., Tensor]:
    """A parsed formula as a function of tensors."""
    import sympy as sp

    from lawful.expressions import parse

    known = {name: getattr(torch, name) for name in _TORCH}
    expression = parse(text, variables)
    return sp.lambdify([sp.Symbol(n) for n in variables], expression, modules=[known])


_TORCH = ("sqrt", "sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh", "atan", "atan2")


def put_back(
    y: Tensor, ask: Callable[[Tensor], Tensor], first: Tensor, most: float = math.inf
) -> Tensor:
    """Move y as little as will do to have q(y) = `first`, by `ROUNDS` Gauss-Newton steps.

    Parameters
    ----------
    y
        Shape (b, n).
    ask
        q: (b, n) → (b, m).
    first
        Shape (b, m).
    most
        The longest step.

    Examples
    --------
    >>> y = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> put_back(y, lambda y: (y**2).sum(-1, keepdim=True), one).round(decimals=1).tolist()
    [[1.0, 0.0]]
    """
    for _ in range(ROUNDS):
        with torch.enable_grad():
            free = y.detach().requires_grad_()
            q = ask(free)
            rows = [
                torch.autograd.grad(q[:, k].sum(), free, retain_graph=True)[0]
                for k in range(q.shape[1])
            ]
        slope = torch.stack(rows, 1)
        gram = slope @ slope.transpose(1, 2)
        damping = _DAMPING * gram.diagonal(dim1=1, dim2=2).mean(-1)[:, None, None] + 1e-30
        gram = gram + damping * torch.eye(gram.shape[1], dtype=gram.dtype)
        gap = (q.detach() - first)[..., None]
        step = (slope.transpose(1, 2) @ torch.linalg.solve(gram, gap))[..., 0]
        size = step.norm(dim=1, keepdim=True)
        y = y - step * (most / size.clamp_min(1e-30)).clamp(max=1.0)
    return y
