"""Networks that learn, from first principles, seen as physics.

    weights are positions x;  loss is potential energy U(x);  training is motion

NumPy only. Read it as a short course: `activations`, `losses`, `network`;
`potential`, `motion`, `optimizers`, `dynamics`, `ledger`; `training`.

>>> from lawful.learning import NeuralNetwork, datasets
>>> NeuralNetwork([2, 3, 1], seed=0).forward(datasets.xor().X).shape
(4, 1)
"""

from lawful.learning import datasets
from lawful.learning.discrete_gradient import DiscreteGradient
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.ledger import Ledger
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.optimizers import Adam, GradientDescent, Momentum, Nesterov, RMSprop
from lawful.learning.potential import Potential
from lawful.learning.record import Training
from lawful.learning.samples import Samples
from lawful.learning.stopping import Diverged
from lawful.learning.training import evolve, record, train

__all__ = [
    "NeuralNetwork",
    "Samples",
    "datasets",
    "train",
    "record",
    "evolve",
    "Training",
    "Diverged",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "RMSprop",
    "Adam",
    "HeavyBall",
    "Hamiltonian",
    "Langevin",
    "DiscreteGradient",
    "Potential",
    "Motion",
    "Ledger",
]
