"""Random features of an image: a field that scatters in random planes, and is detected.

    φ(x) = mean over a detector of |ψ(T)|,   ψ(0) = x / ‖x‖,   i ψ_t = [−½∇² + V] ψ

V are random planes that nobody trains. Smooth ones are lenses: what a detector sees then
comes from a neighbourhood, and |·| behind it makes small shifts small, as in a scattering
transform. White ones are a diffuser: every point sees the whole image, which serves where
neighbours mean nothing. The controls without physics draw weights in place of planes.

Sources: A. Saade et al., "Random projections through multiple optical scattering", ICASSP
(2016); J. Bruna and S. Mallat, IEEE Trans. Pattern Anal. Mach. Intell. 35, 1872 (2013).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from lawful.fields.grid import Grid
from lawful.fields.memory.image_field import grid_of, padded
from lawful.fields.observables import density
from lawful.fields.split_step import evolve
from lawful.refusal import Refusal

DEPTH = {"lens": 6.0, "diffuser": 1.0}
"""The spread of a plane's phase, in radians."""
FLIGHT = {"lens": 3.0, "diffuser": 2.0}
"""Time between two planes, on a grid of 32 points; times (points/32)² on others."""
PLANES = {"lens": 2, "diffuser": 3}
TOGETHER = 250  # images in a batch: what a processor's cache holds


class Reservoir(ABC):
    """Features of images that are drawn, not learnt."""

    side: int
    features: int
    seed: int

    @abstractmethod
    def drawn(self) -> int:
        """How many numbers are drawn; the seed alone need be kept."""

    @abstractmethod
    def _of(self, x: Tensor) -> Tensor:
        """Features of a few images."""

    @final
    def __call__(self, x: Tensor) -> Tensor:
        """Features (b, features), float32, of images (b, side, side)."""
        if x.ndim != 3 or x.shape[1:] != (self.side, self.side):
            raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {self.side}, {self.side})")
        with torch.no_grad():
            return torch.cat([self._of(part) for part in x.split(TOGETHER)])

    def _check(self) -> None:
        if self.features < 1 or self.side < 1:
            raise Refusal(f"{self.features} features of images of {self.side}", "1 at least")


@dataclass(frozen=True)
class FieldReservoir(Reservoir):
    """A field behind random planes.

    Parameters
    ----------
    side
        Points along an edge of the images.
    features
        How many; of each draw of planes there are as many as detectors, the last draw
        gives what is missing.
    kind
        "lens": planes smooth over an eighth of the grid, detectors of as much; "diffuser":
        white planes, a detector for each point.
    planes, depth, flight
        How many planes, the standard deviation of their phase in radians, the time between
        them; the kind's own when not given.
    seed
        Of the planes.

    Raises
    ------
    Refusal
        For an unknown kind, or numbers that cannot be meant.

    Examples
    --------
    >>> reservoir = FieldReservoir(side=8, features=100, kind="diffuser", seed=0)
    >>> reservoir(torch.rand(5, 8, 8)).shape
    torch.Size([5, 100])
    """

    side: int
    features: int
    kind: str = "lens"
    planes: int | None = None
    depth: float | None = None
    flight: float | None = None
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in DEPTH:
            raise Refusal(f"a reservoir of kind {self.kind!r}", "one of " + ", ".join(DEPTH))
        self._check()
        for name, value in (("planes", self.planes), ("depth", self.depth)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise Refusal(f"{name}={value}", "above 0")

    @cached_property
    def grid(self) -> Grid:
        """Where the field lives."""
        return Grid((grid_of(self.side),) * 2)

    @property
    def detector(self) -> int:
        """Points along an edge of a detector."""
        return max(self.grid.points[0] // 8, 2) if self.kind == "lens" else 1

    @property
    def draws(self) -> int:
        """How many fields are sent out."""
        return math.ceil(self.features / (self.grid.points[0] // self.detector) ** 2)

    @property
    def time(self) -> float:
        """Between two planes. It grows as the square of lengths, for diffraction does."""
        usual = FLIGHT[self.kind] * (self.grid.points[0] / 32) ** 2
        return usual if self.flight is None else self.flight

    @cached_property
    def potentials(self) -> Tensor:
        """The planes, float32 of shape (draws, planes, *grid)."""
        count = PLANES[self.kind] if self.planes is None else self.planes
        depth = DEPTH[self.kind] if self.depth is None else self.depth
        source = torch.Generator().manual_seed(self.seed)
        shape = (self.draws, count, *self.grid.points)
        noise = torch.randn(shape, generator=source, dtype=torch.float64)
        if self.kind == "lens":
            noise = _smoothed(noise, self.grid.points[0] / 8)
        return (depth / self.time * noise).to(torch.float32)

    def drawn(self) -> int:
        """How many numbers are drawn; the seed alone need be kept."""
        return self.potentials.numel()

    def _of(self, x: Tensor) -> Tensor:
        psi = padded(x, self.grid).to(torch.complex64)
        found = [self._detected(psi, V) for V in self.potentials]
        return torch.cat(found, dim=1)[:, : self.features]

    def _detected(self, psi: Tensor, V: Tensor) -> Tensor:
        out = evolve(psi, self.grid, V, step=self.time, steps=len(V))
        amplitude = density(out).sqrt_() * math.sqrt(math.prod(self.grid.points))
        if self.detector > 1:
            amplitude = functional.avg_pool2d(amplitude[:, None], self.detector)
        return amplitude.flatten(1)


@dataclass(frozen=True)
class WeightReservoir(Reservoir):
    """The controls without a field: random weights, and max(0, ·).

    Parameters
    ----------
    side, features
        As of the field.
    kind
        "dense": each feature sees all points. "convolution": random filters three detectors
        wide, and the mean over detectors of the lenses' size.
    seed
        Of the weights.

    Examples
    --------
    >>> WeightReservoir(side=8, features=100, kind="dense")(torch.rand(5, 8, 8)).shape
    torch.Size([5, 100])
    """

    side: int
    features: int
    kind: str = "dense"
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in ("dense", "convolution"):
            raise Refusal(f"a reservoir of kind {self.kind!r}", "'dense' or 'convolution'")
        self._check()

    @property
    def _points(self) -> int:
        return grid_of(self.side)

    @property
    def detector(self) -> int:
        """Points along an edge of a detector."""
        return max(self._points // 8, 2)

    @cached_property
    def weights(self) -> tuple[Tensor, Tensor]:
        """Weights and biases."""
        source = torch.Generator().manual_seed(self.seed)
        if self.kind == "dense":
            shape: tuple[int, ...] = (self.side**2, self.features)
        else:
            wide = 3 * self.detector + 1  # odd, so that it has a middle
            filters = math.ceil(self.features / (self._points // self.detector) ** 2)
            shape = (filters, 1, wide, wide)
        weight = torch.randn(shape, generator=source)
        return weight, 0.3 * torch.randn(
            shape[-1] if len(shape) == 2 else shape[0], generator=source
        )

    def drawn(self) -> int:
        """How many numbers are drawn; the seed alone need be kept."""
        return sum(one.numel() for one in self.weights)

    def _of(self, x: Tensor) -> Tensor:
        weight, bias = self.weights
        if self.kind == "dense":
            flat = x.flatten(1)
            return torch.relu(functional.normalize(flat) @ weight + bias)
        image = padded(x, Grid((self._points,) * 2))[:, None] * self.detector
        seen = torch.relu(functional.conv2d(image, weight, bias, padding="same"))
        return functional.avg_pool2d(seen, self.detector).flatten(1)[:, : self.features]


def _smoothed(noise: Tensor, length: float) -> Tensor:
    """White noise, smoothed by a Gaussian of width `length`, to variance one and mean zero."""
    k = 2 * math.pi * torch.fft.fftfreq(noise.shape[-1], dtype=torch.float64)
    window = torch.exp(-(length**2) * (k[:, None] ** 2 + k**2) / 2)
    window[0, 0] = 0  # a constant potential is a phase that nobody sees
    smooth = torch.fft.ifft2(torch.fft.fft2(noise) * window).real
    # Scaled by what is expected, not by each draw, so that draws differ in strength too.
    return smooth / window.square().mean().sqrt()


RESERVOIRS = {
    "lens": FieldReservoir,
    "diffuser": FieldReservoir,
    "dense": WeightReservoir,
    "convolution": WeightReservoir,
}


def reservoir(kind: str, *, side: int, features: int, seed: int = 0) -> Reservoir:
    """The reservoir of a kind: "lens", "diffuser", "dense" or "convolution".

    >>> reservoir("lens", side=28, features=256).drawn()
    8192
    """
    if kind not in RESERVOIRS:
        raise Refusal(f"a reservoir of kind {kind!r}", "one of " + ", ".join(RESERVOIRS))
    return RESERVOIRS[kind](side, features, kind, seed=seed)
