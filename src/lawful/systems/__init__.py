"""Equations that move: a catalogue of systems, their known laws, and their simulation.

>>> from lawful.systems import names, system
>>> system("orbit").title
'Planet around a fixed sun'
"""

# Two files here share their name with a function: the functions are bound last, and stay.
from lawful.systems.define import define
from lawful.systems.own import read_system
from lawful.systems.proof import Proof, prove
from lawful.systems.rates import quantities, rates
from lawful.systems.system import Parameter, System, Variable

from lawful.systems.catalogue import FAMILIES, names, system  # isort: skip
from lawful.systems.simulate import simulate  # isort: skip

__all__ = [
    "FAMILIES",
    "Parameter",
    "Proof",
    "System",
    "Variable",
    "define",
    "names",
    "prove",
    "quantities",
    "rates",
    "read_system",
    "simulate",
    "system",
]
