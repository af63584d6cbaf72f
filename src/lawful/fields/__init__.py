"""Fields that remember: the Gross-Pitaevskii equation, differentiable, inside a network.

    i ψ_t = [−½ ∇² + V(x) + g|ψ|² − μ] ψ      on a periodic grid of one or two dimensions

Torch only (`lawful[torch]`). Read it in this order: `grid`, `potentials`, `split_step`,
`adjoint`; `observables`, `imaginary_time`, `solitons`, `record`; `layer`.
Source: L. Pitaevskii and S. Stringari, *Bose-Einstein Condensation* (Oxford, 2003).

>>> import torch
>>> from lawful.fields import FieldLayer
>>> FieldLayer(grid=16, steps=4)(torch.rand(8, 16, 16)).shape
torch.Size([8, 16, 16])
"""

from importlib.util import find_spec

from lawful.refusal import missing_extra

if find_spec("torch") is None:
    raise missing_extra("torch", "torch")

from lawful.fields import observables, potentials, solitons
from lawful.fields.euler import euler
from lawful.fields.grid import Grid
from lawful.fields.imaginary_time import GroundState, ground_state
from lawful.fields.layer import FieldLayer
from lawful.fields.record import frames, record
from lawful.fields.split_step import evolve

__all__ = [
    "FieldLayer",
    "Grid",
    "evolve",
    "euler",
    "ground_state",
    "GroundState",
    "record",
    "frames",
    "observables",
    "potentials",
    "solitons",
]
