"""Thousands of networks at once: ensembles over rates, momenta, temperatures and seeds.

>>> from lawful.learning import datasets
>>> from lawful.learning.ensembles import Population, evolve
>>> many = Population.of([2, 3, 1], learning_rate=1.0, momentum=0.9, seeds=range(100))
>>> bool(evolve(many, datasets.xor(), steps=1000).solved.mean() > 0.5)
True
"""

from lawful.learning.ensembles.curvature import sharpness
from lawful.learning.ensembles.evolution import Outcome, evolve
from lawful.learning.ensembles.goals import Goal
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.recording import record
from lawful.learning.ensembles.state import State

__all__ = ["Population", "Goal", "State", "Outcome", "evolve", "record", "sharpness"]
