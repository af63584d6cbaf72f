"""A field on its way through a layer, moment by moment, as the layer itself computes it.

    ψ → e^(−i h/2 W) e^(−i h T) e^(−i h/2 W) ψ,   W = V + g|ψ|² − μ − iΓ,   T = −½∇²

A kick turns phases, a flight moves density, and a share f of either is the same with f·h
in the place of h. So every moment between two steps is exact too, and the last one is
what the layer gives. See `lawful.fields.split_step`; an Euler step has nothing between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lawful.fields.layer import FieldLayer

Array = NDArray[np.float64]
Field = NDArray[np.complex128]


@dataclass(frozen=True)
class Moment:
    """A field on its way.

    Attributes
    ----------
    psi
        Shape (y, x).
    step
        How many whole steps are done.
    plane
        The plane of potential that it is in, or was in last; 0 at the start.
    doing
        "start", "kick", "flight", or "step" where a step is over.
    """

    psi: Field
    step: int
    plane: int
    doing: str


@dataclass(frozen=True)
class Way:
    """What a field meets in a layer: numbers of the layer, as arrays.

    Attributes
    ----------
    planes
        V, shape (planes, y, x); zeros where there is none.
    spectrum
        ½k², shape (y, x).
    edge
        Γ, shape (y, x); zeros where nothing is absorbed.
    strength, level
        g and μ.
    step, steps
        The time step and how many there are.
    weights
        The shares of a step that the method takes it in; empty for Euler.
    spacing
        Of the grid, along y and x.
    potential
        "learned", "random", "harmonic" or "none".
    """

    planes: Array
    spectrum: Array
    edge: Array
    strength: float
    level: float
    step: float
    steps: int
    weights: tuple[float, ...]
    spacing: tuple[float, float]
    potential: str

    @classmethod
    def of(cls, layer: "FieldLayer") -> "Way":
        """The way through a layer on a plane."""
        from lawful.fields.split_step import METHODS
        from lawful.integrators import WEIGHTS

        if layer.grid.dimensions != 2:
            raise Refusal("a field on a ring", "a grid of two axes", "draw |ψ|² as a line")
        planes = np.zeros((1, *layer.grid.points)) if layer.V is None else numbers(layer.V)
        points = layer.grid.points
        euler = layer.method == "euler"
        return cls(
            planes=planes.reshape(-1, *points),
            spectrum=numbers(layer.grid.kinetic),
            edge=np.zeros(points) if layer.edge is None else numbers(layer.edge),
            strength=float(layer.nonlinearity),
            level=layer.mu,
            step=layer.dt,
            steps=layer.steps,
            weights=() if euler else tuple(WEIGHTS[METHODS[layer.method]]),
            spacing=(layer.grid.spacing[0], layer.grid.spacing[1]),
            potential=layer.potential,
        )

    def plane(self, step: int) -> int:
        """The plane that a step lies in, counted from 0."""
        return step * len(self.planes) // max(self.steps, 1)

    def kicked(self, psi: Field, plane: int, time: float) -> Field:
        """After potential and nonlinearity have acted for so long."""
        faded = np.exp(-self.edge * time)
        with np.errstate(divide="ignore", invalid="ignore"):
            lasting = np.where(self.edge > 0, (1 - faded**2) / (2 * self.edge), time)
        turned = (self.planes[plane] - self.level) * time
        turned = turned + self.strength * np.abs(psi) ** 2 * lasting
        return np.asarray(psi * faded * np.exp(-1j * turned))

    def flown(self, psi: Field, time: float) -> Field:
        """After free flight for so long."""
        return np.asarray(np.fft.ifft2(np.fft.fft2(psi) * np.exp(-1j * time * self.spectrum)))

    def stepped(self, psi: Field, plane: int) -> Field:
        """After an explicit Euler step."""
        bent = sum(
            (np.roll(psi, 1, axis) + np.roll(psi, -1, axis) - 2 * psi) / h**2
            for axis, h in enumerate(self.spacing)
        )
        level = self.planes[plane] - self.level + self.strength * np.abs(psi) ** 2
        return np.asarray(psi - 1j * self.step * (-0.5 * bent + (level - 1j * self.edge) * psi))

    def moments(self, psi: Field, *, kicks: int = 1, flights: int = 1) -> Iterator[Moment]:
        """The field at the start and at moments on its way.

        Parameters
        ----------
        psi
            ψ(0), shape (y, x).
        kicks, flights
            Into how many moments a half kick and a flight are cut.
        """
        now = np.asarray(psi, dtype=np.complex128)
        yield Moment(now, 0, 0, "start")
        for s in range(self.steps):
            plane = self.plane(s)
            if not self.weights:
                now = self.stepped(now, plane)
            for weight in self.weights:
                time = weight * self.step
                for doing, cuts in (("kick", kicks), ("flight", flights), ("kick", kicks)):
                    share = (0.5 if doing == "kick" else 1.0) * time / cuts
                    for _ in range(cuts):
                        kick = doing == "kick"
                        now = self.kicked(now, plane, share) if kick else self.flown(now, share)
                        yield Moment(now, s, plane, doing)
            yield Moment(now, s + 1, plane, "step")


def numbers(given: Any) -> Array:
    """A tensor of any device, or what NumPy takes, as an array of doubles."""
    held = given.detach().cpu().numpy() if hasattr(given, "detach") else given
    return np.asarray(held, dtype=np.float64)


def layer_of(model: "nn.Module") -> "FieldLayer":
    """The first field layer that a model is, or holds.

    Raises
    ------
    Refusal
        Where there is none.
    """
    from lawful.fields.layer import FieldLayer

    modules = model.modules() if hasattr(model, "modules") else ()
    for module in modules:
        if isinstance(module, FieldLayer):
            return module
    raise Refusal(
        f"a {type(model).__name__}", "a FieldLayer, or a model that holds one", "such as ImageField"
    )


def entering(model: "nn.Module", image: Any) -> Field:
    """ψ(0) of an image as it enters the field layer of a model, shape (y, x).

    A model is asked the image, and what reaches its layer is taken; a layer itself is
    given the image, in the middle of its grid where it is smaller. Nothing is changed.

    Raises
    ------
    Refusal
        For what is no image, is larger than the grid, or is empty.
    """
    import torch

    layer = layer_of(model)
    given = image.detach() if hasattr(image, "detach") else torch.as_tensor(np.array(image))
    if given.ndim != 2:
        shape = tuple(given.shape)
        raise Refusal(f"an image of the shape {shape}", "(y, x)", "take one of a batch: images[0]")
    if not bool(torch.isfinite(given).all()) or not bool(given.any()):
        raise Refusal("an image without light, or not of finite numbers", "pixels from 0 to 1")
    held = next((p.device for p in (*model.parameters(), *model.buffers())), None)
    x = given.to(device=held, dtype=layer.dtype)[None]
    with torch.no_grad():
        psi = layer.field(_reaching(model, layer, x) if model is not layer else _laid(layer, x))
    psi = psi.reshape(-1, *layer.grid.points)[0].detach().cpu().resolve_conj()
    return np.asarray(psi.numpy(), dtype=np.complex128)


def _laid(layer: "FieldLayer", x: "Tensor") -> "Tensor":
    """An image (1, y, x) in the middle of a layer's grid."""
    from torch.nn.functional import pad

    (tall, wide), (rows, columns) = layer.grid.points, x.shape[1:]
    if rows > tall or columns > wide:
        raise Refusal(f"an image of {rows} × {columns}", f"at most {tall} × {wide}, the grid")
    above, left = (tall - rows) // 2, (wide - columns) // 2
    return pad(x, (left, wide - columns - left, above, tall - rows - above))


def _reaching(model: "nn.Module", layer: "FieldLayer", x: "Tensor") -> "Tensor":
    """What reaches a layer of a model that is asked images."""
    import torch

    seen: list[Tensor] = []
    modes = [(module, module.training) for module in model.modules()]
    hook = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        hook.remove()
        for module, mode in modes:
            module.training = mode
    if not seen:
        raise Refusal(
            f"a {type(model).__name__} whose images do not pass its FieldLayer",
            "a model that calls its layer",
            "draw the layer itself",
        )
    return seen[0]
