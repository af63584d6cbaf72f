"""Formulas from samples: symbolic regression, its constants and its choice.

    y ≈ f(x),   f short and exact where the data allow

`regress` searches, with pyoperon or PySR; `refined` puts the constants of a formula right, and
`conserved` those of a quantity that stays the same along runs.
"""

from lawful.laws.symbolic.conservation import conserved, within_total
from lawful.laws.symbolic.engines import ENGINES, Engine, Task
from lawful.laws.symbolic.front import Formula, Front
from lawful.laws.symbolic.refinement import refined
from lawful.laws.symbolic.regression import regress
from lawful.laws.symbolic.simplification import complexity, simplified
from lawful.laws.symbolic.suggestions import suggested_features

__all__ = [
    "ENGINES",
    "Engine",
    "Formula",
    "Front",
    "Task",
    "complexity",
    "conserved",
    "refined",
    "regress",
    "simplified",
    "suggested_features",
    "within_total",
]
