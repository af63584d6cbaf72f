"""The published network: a field between an encoder and a readout, and the field taken out.

    image → CNN → 64 numbers → ψ(0) on 32 × 32 → core → P|ψ|² → CNN → scores

Three cores share everything else, to the number: "euler", the published one, five explicit
steps of 0.01 in a harmonic trap; "strang", the same equation solved as it should be, in
steps of any length; "identity", no evolution at all. What is published of it are its cores
and its layout; the widths of its layers are ours, and so is g. It is here to find out what
its physics is worth: nothing in the core learns, unless the trap is made to.
"""

import math

from torch import Tensor, nn

from lawful.fields.layer import FieldLayer
from lawful.fields.observables import density
from lawful.refusal import Refusal

CORES = ("euler", "strang", "identity")
STEP = {"euler": 0.01, "strang": 0.2, "identity": 0.01}
"""The time step of a core, when none is given: the published, and one that is felt."""
WIDTHS = (16, 32)  # channels of both convolutions, of the encoder and of the readout


class PublishedNetwork(nn.Module):
    """Encoder, field, core and readout.

    Takes images (b, side, side) and gives scores (b, classes).

    Parameters
    ----------
    core
        "euler", "strang" or "identity".
    classes, side
        Of the images.
    latent
        Numbers between encoder and field.
    grid
        Points along an edge of the field.
    steps
        Of the core; the identity takes none.
    dt
        The time step; 0.01 for "euler" and 0.2 for "strang" when not given.
    potential
        "harmonic", or another of `FieldLayer`. A learned one is kept by all three cores, so
        that they are of one size; the identity has no use for it.
    nonlinearity
        g, at a mean density of one.
    seed
        Of what is drawn of the potential; torch's global generator draws the weights.

    Raises
    ------
    Refusal
        For settings or images that cannot be meant.

    Examples
    --------
    >>> import torch
    >>> network = PublishedNetwork("strang")
    >>> network(torch.rand(5, 28, 28)).shape
    torch.Size([5, 10])
    >>> [sum(p.numel() for p in PublishedNetwork(core).parameters()) for core in CORES]
    [263626, 263626, 263626]
    """

    def __init__(
        self,
        core: str = "strang",
        *,
        classes: int = 10,
        side: int = 28,
        latent: int = 64,
        grid: int = 32,
        steps: int = 5,
        dt: float | None = None,
        potential: str = "harmonic",
        nonlinearity: float | str = 1.0,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        _check(core, classes=classes, side=side, latent=latent, grid=grid, steps=steps)
        self.side, self.classes, self.core = side, classes, core
        self.encoder = nn.Sequential(*_convolutions(), nn.Linear(_flat(side), latent))
        self.projector = nn.Linear(latent, 2 * grid * grid)
        self.field = FieldLayer(
            grid,
            0 if core == "identity" else steps,
            STEP[core] if dt is None else dt,
            potential=potential,
            nonlinearity=nonlinearity,
            norm=float(grid * grid),
            pair=True,
            readout="complex",
            method="euler" if core == "euler" else "strang",
            seed=seed,
        )
        self.readout = nn.Sequential(*_convolutions(), nn.Linear(_flat(grid), classes))

    def start(self, x: Tensor) -> Tensor:
        """ψ(0), complex (b, *grid), at a mean density of one, from images (b, side, side)."""
        if x.ndim != 3 or x.shape[1:] != (self.side, self.side):
            raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {self.side}, {self.side})")
        pair = self.projector(self.encoder(x[:, None]))
        return self.field.field(pair.reshape(len(x), 2, *self.field.grid.points))

    def forward(self, x: Tensor) -> Tensor:
        """Scores (b, classes) of images (b, side, side)."""
        seen = density(self.field.evolve(self.start(x)))
        scores: Tensor = self.readout(seen[:, None])
        return scores

    def extra_repr(self) -> str:
        """The core."""
        return f"core={self.core!r}"


def _convolutions() -> list[nn.Module]:
    """Two that halve the image each, flat at the end."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip((1, WIDTHS[0]), WIDTHS, strict=True):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU()]
    return [*layers, nn.Flatten()]


def _flat(side: int) -> int:
    """How many numbers the convolutions give of an image."""
    return WIDTHS[-1] * math.ceil(math.ceil(side / 2) / 2) ** 2


def _check(core: str, **counts: int) -> None:
    if core not in CORES:
        raise Refusal(f"core={core!r}", "one of " + ", ".join(CORES))
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise Refusal(f"{name}={value!r}", "a whole number from 1 up")
