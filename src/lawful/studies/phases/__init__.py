"""Phase diagrams of learning: what becomes of networks over a plane of settings.

`axes` and `plan` say what is asked; `sheet` and `tiles` do it; `diagram` holds it; `zoom`
and `dimension` look at its boundary; `run` is all of it.
"""

from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import Diagram
from lawful.studies.phases.dimension import Dimension, dimension_of
from lawful.studies.phases.plan import Plan
from lawful.studies.phases.run import Phases, phases

__all__ = ["Axis", "Diagram", "Dimension", "Phases", "Plan", "dimension_of", "phases"]
