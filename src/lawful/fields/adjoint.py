"""A whole evolution as one operation of autograd, with its backward pass written by hand.

    forward     kicks   ψ′ = ψ · exp(−γ − iφ − i g t |ψ|²)
                drifts  ψ′ = F⁻¹ e^(−i k² t/2) F ψ
    backward    h = conj(∂L/∂ψ′) obeys the same drifts, for they are symmetric matrices:
                a kick takes it to   f·(h + 2 g t a⁻² q ψ̄′),   f = ψ′/ψ,   a = e^(−γ)
                and leaves           ∂L/∂φ = Σ q,   ∂L/∂g = Σ t a⁻² q |ψ′|²,   q = Im(h ψ′)

Here φ = ∫(V − μ) dt, and γ = ∫Γ dt is absorption, under which a kick sees the time
t = (1 − e^(−2γ)) / (2Γ), so that it stays exact. Without gradients of φ a linear evolution
keeps no state at all; otherwise it keeps one a kick, or runs them backward in time.
Source of the splitting: M. Feit, J. Fleck and A. Steiger, J. Comput. Phys. 47, 412 (1982).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lawful.fields.grid import complex_of

Move = tuple[int | None, int]  # a drift, or none, and a kick
Moment = tuple[int | None, int, Any, Any]  # drift before, kick, state after it, its factor
CACHED = 1 << 16  # points that pass through all steps together: they stay in a core's cache


@dataclass(frozen=True)
class Course:
    """What happens to a field, in order, and what is fixed about it.

    Attributes
    ----------
    axes
        The grid's axes, counted from the end.
    first
        The kick before anything else; None where there is none.
    moves
        Pairs (drift, kick), both by number.
    drifts
        Complex factors by number, already divided by the number of grid points.
    times
        The time that |ψ|² acts for in each kick: numbers, or tensors under absorption.
    fades
        a = e^(−γ) of each kick, or None.
    keep
        How the backward pass comes by states: "all" kept, "some" kept and the rest computed
        again, or "none", found by running backward in time.
    """

    axes: tuple[int, ...]
    first: int | None
    moves: tuple[tuple[int, int], ...]
    drifts: tuple[Tensor, ...]
    times: tuple[float | Tensor, ...]
    fades: tuple[Tensor, ...] | None
    keep: str = "all"

    def drift(self, psi: Tensor, which: int) -> Tensor:
        """Free flight; `psi` is left alone."""
        waves = torch.fft.fftn(psi, dim=self.axes).mul_(self.drifts[which])
        return torch.fft.ifftn(waves, dim=self.axes, norm="forward")

    def undrift(self, psi: Tensor, which: int) -> Tensor:
        """Free flight backward in time."""
        waves = torch.fft.fftn(psi, dim=self.axes).mul_(self.drifts[which].conj())
        return torch.fft.ifftn(waves, dim=self.axes, norm="forward")

    @property
    def order(self) -> list[Move]:
        """Pairs (drift before, kick), in order."""
        start: list[Move] = [] if self.first is None else [(None, self.first)]
        return start + list(self.moves)

    @property
    def stride(self) -> int:
        """Kicks from one kept state to the next."""
        return max(1, math.isqrt(len(self.order))) if self.keep == "some" else 1

    def squared_fade(self, kick: int) -> Tensor | None:
        """a² of a kick, where it absorbs."""
        return None if self.fades is None else self.fades[kick] ** 2


def density(psi: Tensor) -> Tensor:
    """|ψ|², real."""
    parts = torch.view_as_real(psi)
    return (parts[..., 0] ** 2).addcmul_(parts[..., 1], parts[..., 1])


def unit(angle: Tensor) -> Tensor:
    """e^(i·angle); sine and cosine apart are several times faster than `torch.polar`."""
    return torch.complex(torch.cos(angle), torch.sin(angle))


class Kicks:
    """The kicks of a course on fields of one precision, linear or not.

    Parameters
    ----------
    angles
        φ, shape (kicks, *grid).
    g
        The strength; None for linear kicks, whose factors are the same for all fields.
    course
        With the times and the fades.
    """

    def __init__(self, angles: Tensor, g: float | None, course: Course) -> None:
        self.g, self.course, self.minus = g, course, -angles
        self.factors: Tensor | None = None
        if g is None:
            self.factors = unit(self.minus)
            if course.fades is not None:
                self.factors = self.factors * torch.stack(course.fades)
        self._room: list[Tensor] = []

    def rooms(self, psi: Tensor) -> list[Tensor]:
        """Two real tensors and a complex one to work in, of the shape of `psi`."""
        if not self._room or self._room[0].shape != psi.shape:
            real = torch.empty_like(psi.real, memory_format=torch.contiguous_format)
            self._room = [real, torch.empty_like(real), torch.empty_like(psi)]
        return self._room

    def factor(self, psi: Tensor, kick: int) -> Tensor:
        """What a kick multiplies `psi` by; for nonlinear ones a new tensor."""
        if self.factors is not None:
            return self.factors[kick]
        a, b, _ = self.rooms(psi)
        parts, time = torch.view_as_real(psi), self.course.times[kick]
        torch.mul(parts[..., 0], parts[..., 0], out=a).addcmul_(parts[..., 1], parts[..., 1])
        if isinstance(time, Tensor):
            a.mul_(time)
            time = 1.0
        torch.add(self.minus[kick], a, alpha=-(self.g or 0.0) * time, out=a)
        turned = torch.complex(torch.cos(a, out=b), a.sin_())
        return turned if self.course.fades is None else turned.mul_(self.course.fades[kick])

    def along(
        self, psi: Tensor, order: Sequence[Move], end: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The state after each move and the factor of its kick; the last is put in `end`."""
        for k, (drift, kick) in enumerate(order):
            fresh = drift is not None
            psi = psi if drift is None else self.course.drift(psi, drift)
            factor = self.factor(psi, kick)
            if end is not None and k == len(order) - 1:
                psi = torch.mul(psi, factor, out=end)
            else:
                psi = psi.mul_(factor) if fresh else psi * factor
            yield psi, factor

    def forward(self, psi: Tensor, end: Tensor) -> list[Tensor]:
        """Fill `end` with the end of the course from `psi`; return what is to be kept."""
        kept: list[Tensor] = []
        last, keep = len(self.course.order) - 1, self.course.keep
        for k, (state, factor) in enumerate(self.along(psi, self.course.order, end)):
            # The last state is the answer itself, which is kept anyway.
            if keep == "all" or (keep == "some" and (k + 1) % self.course.stride == 0):
                kept += [state] if k < last else []
            if keep == "all" and self.g is not None:
                kept.append(factor)
        return kept


class Sums:
    """∂L/∂φ and ∂L/∂g, as the backward pass gathers them."""

    def __init__(self, kicks: Kicks, of_angle: bool, of_strength: bool) -> None:
        self.kicks, self.of_angle, self.of_strength = kicks, of_angle, of_strength
        kind = complex_of(kicks.minus.dtype)
        self.angles = torch.zeros_like(kicks.minus, dtype=kind)
        self.strength = kicks.minus.new_zeros(())

    def backward(self, h: Tensor, way: Iterator[Moment]) -> Tensor:
        """conj(∂L/∂ψ) at the start from that at the end, along the states on the way."""
        for drift, kick, psi, factor in way:
            if psi is not None:
                turned = torch.mul(h, psi, out=self.kicks.rooms(psi)[2])
                if self.of_angle:
                    self.angles[kick] += turned.sum(0)
                if self.kicks.g is not None:
                    self._pull(h, turned.imag, psi, kick)
            h.mul_(factor)
            if drift is not None:
                h = self.kicks.course.drift(h, drift)
        return h

    def _pull(self, h: Tensor, q: Tensor, psi: Tensor, kick: int) -> None:
        """Make h into h + 2 g t a⁻² q ψ̄′, in place."""
        ours, its = torch.view_as_real(h), torch.view_as_real(psi)
        time, fade = self.kicks.course.times[kick], self.kicks.course.squared_fade(kick)
        if isinstance(time, Tensor):
            q, time = q * (time if fade is None else time / fade), 1.0
        if self.of_strength:
            a, b, _ = self.kicks.rooms(psi)
            torch.mul(its[..., 0], its[..., 0], out=a).addcmul_(its[..., 1], its[..., 1])
            self.strength += torch.mul(q, a, out=b).sum() * time
        double = 2 * (self.kicks.g or 0.0) * time
        ours[..., 0].addcmul_(q, its[..., 0], value=double)
        ours[..., 1].addcmul_(q, its[..., 1], value=-double)


class Evolution(torch.autograd.Function):
    """ψ(end) from ψ(start), real kick angles φ and the strength g; see the module."""

    @staticmethod
    def forward(
        ctx: Any, psi: Tensor, angles: Tensor, strength: Tensor | None, course: Course
    ) -> Tensor:
        """`psi` (batch, *grid) complex, `angles` (kicks, *grid) real, `strength` () real."""
        g = None if strength is None else strength.item()
        needed = any(ctx.needs_input_grad) and (ctx.needs_input_grad[1] or g is not None)
        course = course if needed else replace(course, keep="none")
        kicks = Kicks(angles, g, course)
        end, size = torch.empty_like(psi, memory_format=torch.contiguous_format), _together(psi)
        states: list[Tensor] = []
        for part, its_end in zip(psi.split(size), end.split(size), strict=True):
            states += kicks.forward(part, its_end)
        ctx.course, ctx.g, ctx.needed, ctx.size = course, g, needed, size
        begin = psi if course.keep == "some" else None
        ctx.save_for_backward(angles, begin, end if needed else None, *states)
        return end

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None, Any, None]:
        """The adjoint, from the last kick to the first."""
        angles, begin, end, *states = ctx.saved_tensors
        kicks = Kicks(angles, ctx.g, ctx.course)
        sums = Sums(kicks, ctx.needs_input_grad[1], ctx.needs_input_grad[2])
        back = torch.empty_like(slope, memory_format=torch.contiguous_format)
        pieces = -(-len(slope) // ctx.size)
        for k, (part, its_back) in enumerate(
            zip(slope.split(ctx.size), back.split(ctx.size), strict=True)
        ):
            mine = slice(k * ctx.size, (k + 1) * ctx.size)
            way = _way(
                kicks, None if begin is None else begin[mine], end[mine] if ctx.needed else None,
                states[k * len(states) // pieces : (k + 1) * len(states) // pieces],
            )  # fmt: skip
            torch.conj_physical(sums.backward(part.conj_physical(), way), out=its_back)
        return (
            back,
            sums.angles.imag if sums.of_angle else None,
            sums.strength if sums.of_strength else None,
            None,
        )


def _together(psi: Tensor) -> int:
    """How many fields pass through all steps together."""
    if psi.device.type != "cpu":
        return max(1, len(psi))
    return max(1, CACHED * torch.get_num_threads() // max(1, math.prod(psi.shape[1:])))


def _way(
    kicks: Kicks, begin: Tensor | None, end: Tensor | None, states: list[Tensor]
) -> Iterator[Moment]:
    """What happened to a part of the batch, last first."""
    order = kicks.course.order
    if end is None or kicks.course.keep == "none":
        yield from _retraced(kicks, end)
    elif begin is not None:
        yield from _repeated(kicks, [begin, *states])
    elif kicks.factors is not None:
        for (drift, kick), psi in zip(reversed(order), [end, *reversed(states)], strict=True):
            yield drift, kick, psi, kicks.factors[kick]
    else:
        mine = [*states[:-1], end, states[-1]]
        for k in range(len(order) - 1, -1, -1):
            yield *order[k], mine[2 * k], mine[2 * k + 1]


def _repeated(kicks: Kicks, starts: list[Tensor]) -> Iterator[Moment]:
    """Stretch by stretch from the last, each computed again from its start."""
    order, stride = kicks.course.order, kicks.course.stride
    for k in range(-(-len(order) // stride) - 1, -1, -1):
        stretch = order[k * stride : (k + 1) * stride]
        found = list(kicks.along(starts[k], stretch))
        for (drift, kick), (psi, factor) in zip(reversed(stretch), reversed(found), strict=True):
            yield drift, kick, psi, factor


def _retraced(kicks: Kicks, psi: Tensor | None) -> Iterator[Moment]:
    """The way without kept states: backward in time from the end, or without states at all."""
    for drift, kick in reversed(kicks.course.order):
        if psi is None:
            yield drift, kick, None, kicks.factors[kick] if kicks.factors is not None else None
            continue
        factor = kicks.factor(psi, kick)
        yield drift, kick, psi, factor
        psi = psi * factor.conj()
        psi = psi if drift is None else kicks.course.undrift(psi, drift)
