"""Pictures and films of networks that learn, fields that remember, and laws that are learned.

Every function takes a `Training` (or several), histories of learners and what they hold,
runs and what was made of them, or the result of a study, and a theme, "dark" or "light",
and gives a matplotlib figure or an `Animation`; `save` writes either. Nothing that is
drawn changes the network. Importing this package loads neither matplotlib nor any file of
its own: each name is fetched from its home on first use.

>>> from lawful.learning import NeuralNetwork, datasets, record
>>> from lawful.pictures import decision_boundary, save
>>> done = record(NeuralNetwork([2, 3, 1], seed=1), datasets.xor(), steps=50)
>>> save(decision_boundary(done), "boundary.png").name
'boundary.png'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "energy_decay": "lawful.pictures.curves",
    "energy_animation": "lawful.pictures.curves",
    "loss_decay": "lawful.pictures.curves",
    "loss_animation": "lawful.pictures.curves",
    "comparison": "lawful.pictures.curves",
    "comparison_animation": "lawful.pictures.curves",
    "decision_boundary": "lawful.pictures.boundary",
    "phase_diagram": "lawful.pictures.boundary",
    "boundary_animation": "lawful.pictures.boundary",
    "loss_landscape": "lawful.pictures.landscape",
    "landscape_animation": "lawful.pictures.landscape",
    "landscape_map": "lawful.pictures.landscape",
    "weight_evolution": "lawful.pictures.weights",
    "weight_animation": "lawful.pictures.weights",
    "confusion_matrix": "lawful.pictures.confusion",
    "network_diagram": "lawful.pictures.diagram",
    "NetworkVisualizer": "lawful.pictures.window",
    "ForwardPropagationAnimator": "lawful.pictures.forward_pass",
    "accuracy_matrix": "lawful.pictures.accuracy",
    "forgetting_curves": "lawful.pictures.forgetting",
    "method_comparison": "lawful.pictures.methods",
    "energies_by_task": "lawful.pictures.energies",
    "basin_attractors": "lawful.pictures.attractors",
    "attractor_drift": "lawful.pictures.attractors",
    "field_passage": "lawful.pictures.field_strip",
    "field_animation": "lawful.pictures.field_strip",
    "task_images": "lawful.pictures.tasks",
    "motion_picture": "lawful.pictures.motion",
    "motion_animation": "lawful.pictures.motion",
    "forecast_curves": "lawful.pictures.forecasts",
    "forecast_animation": "lawful.pictures.forecasts",
    "forecast_drift": "lawful.pictures.invariance",
    "formula_agreement": "lawful.pictures.agreement",
    "latent_space": "lawful.pictures.latent",
    "pareto_front": "lawful.pictures.pareto",
    "training_losses": "lawful.pictures.losses",
    "ablation_comparison": "lawful.pictures.ablation",
    "learned_against_true": "lawful.pictures.spans",
    "method_spans": "lawful.pictures.spans",
    "edge_of_stability": "lawful.pictures.edge",
    "hessian_spectrum": "lawful.pictures.spectrum",
    "race_energy": "lawful.pictures.race",
    "race_map": "lawful.pictures.race",
    "race_animation": "lawful.pictures.race",
    "temperature_curves": "lawful.pictures.warmth",
    "Animation": "lawful.pictures.animation",
    "save": "lawful.pictures.saving",
}
# Names that would hide the file they live in.
_OTHERWISE = {"network_diagram": "diagram", "temperature_curves": "warmth"}

__all__ = [
    "energy_decay",
    "energy_animation",
    "loss_decay",
    "loss_animation",
    "comparison",
    "comparison_animation",
    "decision_boundary",
    "phase_diagram",
    "boundary_animation",
    "loss_landscape",
    "landscape_animation",
    "landscape_map",
    "weight_evolution",
    "weight_animation",
    "confusion_matrix",
    "network_diagram",
    "NetworkVisualizer",
    "ForwardPropagationAnimator",
    "accuracy_matrix",
    "forgetting_curves",
    "method_comparison",
    "energies_by_task",
    "basin_attractors",
    "attractor_drift",
    "field_passage",
    "field_animation",
    "task_images",
    "motion_picture",
    "motion_animation",
    "forecast_curves",
    "forecast_animation",
    "forecast_drift",
    "formula_agreement",
    "latent_space",
    "pareto_front",
    "training_losses",
    "ablation_comparison",
    "learned_against_true",
    "method_spans",
    "edge_of_stability",
    "hessian_spectrum",
    "race_energy",
    "race_map",
    "race_animation",
    "temperature_curves",
    "Animation",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), _OTHERWISE.get(name, name))
    raise AttributeError(f"module 'lawful.pictures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lawful.pictures.ablation import ablation_comparison
    from lawful.pictures.accuracy import accuracy_matrix
    from lawful.pictures.agreement import formula_agreement
    from lawful.pictures.animation import Animation
    from lawful.pictures.attractors import attractor_drift, basin_attractors
    from lawful.pictures.boundary import boundary_animation, decision_boundary, phase_diagram
    from lawful.pictures.confusion import confusion_matrix
    from lawful.pictures.curves import (
        comparison,
        comparison_animation,
        energy_animation,
        energy_decay,
        loss_animation,
        loss_decay,
    )
    from lawful.pictures.diagram import diagram as network_diagram
    from lawful.pictures.edge import edge_of_stability
    from lawful.pictures.energies import energies_by_task
    from lawful.pictures.field_strip import field_animation, field_passage
    from lawful.pictures.forecasts import forecast_animation, forecast_curves
    from lawful.pictures.forgetting import forgetting_curves
    from lawful.pictures.forward_pass import ForwardPropagationAnimator
    from lawful.pictures.invariance import forecast_drift
    from lawful.pictures.landscape import landscape_animation, landscape_map, loss_landscape
    from lawful.pictures.latent import latent_space
    from lawful.pictures.losses import training_losses
    from lawful.pictures.methods import method_comparison
    from lawful.pictures.motion import motion_animation, motion_picture
    from lawful.pictures.pareto import pareto_front
    from lawful.pictures.race import race_animation, race_energy, race_map
    from lawful.pictures.saving import save
    from lawful.pictures.spans import learned_against_true, method_spans
    from lawful.pictures.spectrum import hessian_spectrum
    from lawful.pictures.tasks import task_images
    from lawful.pictures.warmth import warmth as temperature_curves
    from lawful.pictures.weights import weight_animation, weight_evolution
    from lawful.pictures.window import NetworkVisualizer
