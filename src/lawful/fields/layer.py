"""The field as a layer of a network.

    input (batch, …, *grid) → ψ(0) → i ψ_t = [−½∇² + V + g|ψ|² − μ − iΓ] ψ → ψ(T) → readout

What it learns is the potential, plane by plane, and the strength g, which stays in
(−bound, bound) as g = bound·tanh(a). Everything else is fixed.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lawful.fields import observables, potentials
from lawful.fields.euler import euler
from lawful.fields.grid import Grid, complex_of
from lawful.fields.split_step import KEEPS, METHODS, check_steps, evolve
from lawful.refusal import Refusal

POTENTIALS = ("learned", "random", "harmonic", "none")
READOUTS = ("density", "amplitude", "complex")
START = 0.1  # the spread of learned phases a step before learning


class FieldLayer(nn.Module):
    """A complex field, evolved by the Gross-Pitaevskii equation.

    Takes real tensors (batch, …, *grid), float32 or float64, as fields without phase;
    complex ones as they are; and, with `pair`, real ones (batch, …, 2, *grid) as real
    and imaginary part. Half precision is computed in the layer's own. Gives (batch, …, *grid).

    Parameters
    ----------
    grid
        Points: `32` for a plane of 32 × 32, `(24, 32)`, or `(64,)` for a ring.
    steps
        Time steps; 0 makes the identity, read out.
    dt
        The time step. Any is stable; what is not resolved is merely inexact.
    potential
        "learned", "random" (drawn once, kept in the state dict), "harmonic" or "none".
    planes
        Into how many planes the potential is cut, passed one after the other, at most one
        a step; 1 when not given. "harmonic" and "none" have one.
    depth
        Of the first planes: the largest |V| where they are random (π/dt when not given: any
        phase at all in a step), its standard deviation where they are learned (0.1/dt).
    frequency
        ω of the harmonic trap; 8/L when not given, so that its ground state fits in.
    nonlinearity
        g, a number, or "learned", which begins at 0.
    bound
        The largest |g|; a fixed g beyond it is refused.
    mu
        μ, a number.
    absorbing
        The share of half the grid in which the border absorbs, 0 for none.
    absorption
        Γ at the border; 1/dt when not given.
    length
        The grid's period; cells of size 1 when not given.
    norm
        Fields are scaled to ∫|ψ|² dx = norm first; left as they are when None.
    pair
        Whether real input comes as a pair of real and imaginary part.
    readout
        "density" |ψ|², "amplitude" |ψ| (both real), or "complex" ψ.
    method
        "strang", a higher order of `split_step.METHODS`, or "euler", for comparison.
    keep
        For the backward pass: "all", "some" or "none", see `split_step.evolve`.
    seed
        Of the first planes; torch's global generator when not given.
    dtype, device
        As of any module; float32 or float64.

    Raises
    ------
    Refusal
        For settings or input that cannot be meant.

    Examples
    --------
    >>> layer = FieldLayer(grid=32, steps=8, dt=0.2, potential="learned", planes=4)
    >>> layer(torch.rand(5, 32, 32)).shape, sum(p.numel() for p in layer.parameters())
    (torch.Size([5, 32, 32]), 4096)
    >>> FieldLayer(grid=8, steps=2, potential="none")
    FieldLayer(grid=(8, 8), steps=2, dt=0.2, potential='none', readout='density')
    """

    V: Tensor | None
    raw: Tensor | None
    edge: Tensor | None

    def __init__(
        self,
        grid: int | Sequence[int] = 32,
        steps: int = 8,
        dt: float = 0.2,
        *,
        potential: str = "learned",
        planes: int | None = None,
        depth: float | None = None,
        frequency: float | None = None,
        nonlinearity: float | str = 0.0,
        bound: float = 1.0,
        mu: float = 0.0,
        absorbing: float = 0.0,
        absorption: float | None = None,
        length: float | Sequence[float] | None = None,
        norm: float | None = None,
        pair: bool = False,
        readout: str = "density",
        method: str = "strang",
        keep: str = "all",
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        _check_words(potential, readout, method, keep)
        _check_numbers(steps, dt, bound, mu, absorbing, absorption, norm, depth)
        self.grid = Grid((grid, grid) if isinstance(grid, int) else grid, length)
        self.steps, self.dt, self.potential, self.mu = steps, float(dt), potential, float(mu)
        self.bound, self.norm, self.pair = float(bound), norm, pair
        self.readout, self.method, self.keep = readout, method, keep
        self.absorbing = float(absorbing)
        if dtype not in (torch.float32, torch.float64):
            raise Refusal(f"dtype {dtype}", "torch.float32 or torch.float64")
        self._make_planes(planes, depth, frequency, seed, dtype, device)
        self._make_strength(nonlinearity, dtype, device)
        self._make_edge(absorption, dtype, device)

    # ------------------------------------------------------------------ how it is made

    def _make_planes(
        self,
        planes: int | None,
        depth: float | None,
        frequency: float | None,
        seed: int | None,
        dtype: torch.dtype,
        device: torch.device | str | None,
    ) -> None:
        drawn = self.potential in ("learned", "random")
        count = 1 if planes is None else planes
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise Refusal(f"planes={planes!r}", "a whole number from 1 up")
        if not drawn and count != 1:
            raise Refusal(f"{count} planes of potential {self.potential!r}", "one")
        if count > max(self.steps, 1):
            raise Refusal(
                f"{count} planes in {self.steps} steps",
                "at most one plane a step",
                "take more steps or fewer planes",
            )
        if self.potential == "none":
            self.register_parameter("V", None)
            return
        if self.potential == "harmonic":
            omega = 8.0 / max(self.grid.length) if frequency is None else frequency
            values = potentials.harmonic(self.grid, omega)[None]
        else:
            kind = "normal" if self.potential == "learned" else "uniform"
            usual = START if self.potential == "learned" else math.pi
            reach = usual / abs(self.dt) if depth is None else depth
            values = potentials.random_planes(self.grid, count, reach, distribution=kind, seed=seed)
        values = values.to(dtype=dtype, device=device)
        if self.potential == "learned":
            self.V = nn.Parameter(values)
        else:
            self.register_buffer("V", values)

    def _make_strength(
        self, nonlinearity: float | str, dtype: torch.dtype, device: torch.device | str | None
    ) -> None:
        self._fixed = 0.0
        if nonlinearity == "learned":
            self.raw = nn.Parameter(torch.zeros((), dtype=dtype, device=device))
            return
        self.register_parameter("raw", None)
        if isinstance(nonlinearity, str) or not math.isfinite(nonlinearity):
            raise Refusal(f"nonlinearity={nonlinearity!r}", "a finite number or 'learned'")
        if abs(nonlinearity) > self.bound:
            raise Refusal(
                f"nonlinearity {nonlinearity} beyond the bound {self.bound}",
                "at most the bound",
                "raise `bound`",
            )
        self._fixed = float(nonlinearity)

    def _make_edge(
        self, absorption: float | None, dtype: torch.dtype, device: torch.device | str | None
    ) -> None:
        edge = None
        if self.absorbing:
            if self.keep == "none" or self.method not in ("strang", "euler"):
                raise Refusal(
                    f"an absorbing edge with method {self.method!r} and keep={self.keep!r}",
                    "'strang' or 'euler', and keep='all' or 'some'",
                    "what is absorbed cannot be run backward in time",
                )
            rate = 1 / self.dt if absorption is None else absorption
            edge = potentials.absorbing_edge(self.grid, self.absorbing, rate)
            edge = edge.to(dtype=dtype, device=device)
        self.register_buffer("edge", edge, persistent=False)

    # ------------------------------------------------------------------ what it does

    @property
    def nonlinearity(self) -> float | Tensor:
        """g: a number, or a scalar tensor where it is learned."""
        return self._fixed if self.raw is None else self.bound * torch.tanh(self.raw)

    @property
    def dtype(self) -> torch.dtype:
        """The real type that the layer computes in; float32 where it holds nothing."""
        for one in (self.V, self.raw, self.edge):
            if one is not None:
                return one.dtype
        return torch.float32

    def field(self, x: Tensor) -> Tensor:
        """ψ(0), complex (batch, …, *grid), from an input."""
        if not isinstance(x, Tensor):
            raise Refusal(f"input is a {type(x).__name__}", "a torch tensor")
        if not (x.is_floating_point() or x.is_complex()):
            raise Refusal(f"input of type {x.dtype}", "real or complex numbers", "x.float()")
        self.grid.check(x, "input")
        paired = self.pair and not x.is_complex()
        least = self.grid.dimensions + 1 + paired
        if x.ndim < least or (paired and x.shape[-self.grid.dimensions - 1] != 2):
            words = "(batch, …, 2, *grid)" if paired else "(batch, …, *grid)"
            raise Refusal(
                f"input of shape {tuple(x.shape)}", words, f"the grid is {self.grid.points}"
            )
        wide = torch.float64 in (self.dtype, x.dtype) or x.dtype == torch.complex128
        kind = complex_of(torch.float64 if wide else torch.float32)
        if paired:
            real, imaginary = x.to(_real_part(kind)).unbind(-self.grid.dimensions - 1)
            psi = torch.complex(real, imaginary)
        else:
            psi = x.to(kind)
        return psi if self.norm is None else observables.normalised(psi, self.grid, self.norm)

    def evolve(self, psi: Tensor) -> Tensor:
        """ψ(T) from ψ(0), both complex (batch, …, *grid)."""
        settings: dict[str, Any] = {
            "step": self.dt,
            "steps": self.steps,
            "nonlinearity": self.nonlinearity,
            "chemical": self.mu,
            "absorption": self.edge,
        }
        V = self.V if self.steps else None
        if self.method == "euler":
            return euler(psi, self.grid, V, **settings)
        return evolve(psi, self.grid, V, method=self.method, keep=self.keep, **settings)

    def forward(self, x: Tensor) -> Tensor:
        """The readout of the field after `steps` steps, (batch, …, *grid)."""
        psi = self.evolve(self.field(x))
        if self.readout == "complex":
            return psi
        return observables.density(psi) if self.readout == "density" else psi.abs()

    def extra_repr(self) -> str:
        """The settings that differ from the usual ones."""
        points = self.grid.points
        parts = [f"grid={points}", f"steps={self.steps}", f"dt={self.dt:g}"]
        parts.append(f"potential={self.potential!r}")
        if self.V is not None and len(self.V) > 1:
            parts.append(f"planes={len(self.V)}")
        if self.raw is not None:
            parts.append(f"nonlinearity='learned', bound={self.bound:g}")
        elif self._fixed:
            parts.append(f"nonlinearity={self._fixed:g}")
        usual: dict[str, float | str | None] = {
            "mu": 0.0,
            "absorbing": 0.0,
            "norm": None,
            "pair": False,
        }
        usual |= {"method": "strang", "keep": "all"}
        parts += [f"{k}={getattr(self, k)!r}" for k, v in usual.items() if getattr(self, k) != v]
        if self.grid.length != tuple(map(float, points)):
            parts.append(f"length={self.grid.length}")
        return ", ".join([*parts, f"readout={self.readout!r}"])


def _real_part(kind: torch.dtype) -> torch.dtype:
    return torch.float64 if kind == torch.complex128 else torch.float32


def _check_words(potential: str, readout: str, method: str, keep: str) -> None:
    known = {
        "potential": (potential, POTENTIALS),
        "readout": (readout, READOUTS),
        "method": (method, (*METHODS, "euler")),
        "keep": (keep, KEEPS),
    }
    for name, (word, words) in known.items():
        if word not in words:
            raise Refusal(f"{name}={word!r}", "one of " + ", ".join(words))


def _check_numbers(
    steps: int,
    dt: float,
    bound: float,
    mu: float,
    absorbing: float,
    absorption: float | None,
    norm: float | None,
    depth: float | None,
) -> None:
    check_steps(dt, steps)
    if dt == 0:
        raise Refusal("dt=0", "a time step other than 0", "for no evolution take steps=0")
    if not math.isfinite(mu):
        raise Refusal(f"mu={mu}", "a finite number")
    if not math.isfinite(bound) or bound <= 0:
        raise Refusal(f"bound={bound}", "a finite positive number")
    if not 0 <= absorbing <= 1:
        raise Refusal(f"absorbing={absorbing}", "a share from 0 to 1")
    if absorbing and dt < 0:
        raise Refusal(f"an absorbing edge with dt={dt}", "a positive time step")
    for name, value in (("absorption", absorption), ("norm", norm), ("depth", depth)):
        if value is None:
            continue
        zero_too = name == "depth"
        if not math.isfinite(value) or value < 0 or (value == 0 and not zero_too):
            raise Refusal(
                f"{name}={value}", f"a finite number {'of at least' if zero_too else 'above'} 0"
            )
