"""PhysicsNet: a network that learns the state of a motion, and what stays the same along it.

    z_t = E(x_{t−w+1}, …, x_t),   x̂_t = D(z_t),   ẑ_{t+1} = P(z_t),   q_t = Q(z_t),   dq/dt = 0

For data beyond a library of terms: only positions seen, or noise, or no simple formula. Needs
PyTorch; importing this package does not load it.

>>> from lawful.laws.physicsnet import NetSettings
>>> NetSettings(latent_dim=8).latent_dim
8
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "NetSettings": "lawful.laws.physicsnet.settings",
    "PhysicsNet": "lawful.laws.physicsnet.model",
    "Trained": "lawful.laws.physicsnet.trained",
    "train": "lawful.laws.physicsnet.training",
    "split": "lawful.laws.physicsnet.windows",
    "Target": "lawful.laws.physicsnet.reading",
    "HamiltonianNet": "lawful.laws.physicsnet.hamiltonian",
    "TrainedHamiltonian": "lawful.laws.physicsnet.hamiltonian",
    "train_hamiltonian": "lawful.laws.physicsnet.hamiltonian",
    "Components": "lawful.laws.physicsnet.components",
    "principal": "lawful.laws.physicsnet.components",
}

__all__ = [
    "NetSettings",
    "PhysicsNet",
    "Trained",
    "train",
    "split",
    "Target",
    "HamiltonianNet",
    "TrainedHamiltonian",
    "train_hamiltonian",
    "Components",
    "principal",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lawful.laws.physicsnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lawful.laws.physicsnet.components import Components, principal
    from lawful.laws.physicsnet.hamiltonian import (
        HamiltonianNet,
        TrainedHamiltonian,
        train_hamiltonian,
    )
    from lawful.laws.physicsnet.model import PhysicsNet
    from lawful.laws.physicsnet.reading import Target
    from lawful.laws.physicsnet.settings import NetSettings
    from lawful.laws.physicsnet.trained import Trained
    from lawful.laws.physicsnet.training import train
    from lawful.laws.physicsnet.windows import split
