"""PhysicsNet as a study: data, training, formulas, and how good they are.

    Material → train_network → TrainingRun → discover_in → Discovered → findings
                                           → evaluate → Evaluation

Read it in this order: `material` and `pipeline` (whose functions have the files' names),
`targets`, `training`, `folder`; `states`, `searching`, `discovering`, `discovered`, `terms`,
`form`, `grading`, `scores`; `rollouts`, `drift`, `agreement`, `judging`, `ablations`, `peers`,
`evaluation`. Importing this package loads none of its files: each name is fetched from its
home on first use.

>>> from lawful.studies.physicsnet import TARGETS
>>> TARGETS
('energy', 'kinetic', 'potential', 'angular_momentum')
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Material": "material",
    "TARGETS": "targets",
    "targets_of": "targets",
    "true_expression": "targets",
    "truths": "targets",
    "train_network": "training",
    "TrainingRun": "folder",
    "read_training": "folder",
    "Discovered": "discovered",
    "discover_in": "discovering",
    "findings": "grading",
    "same_form": "form",
    "Evaluation": "evaluation",
    "evaluate": "evaluation",
    "Drift": "drift",
    "Ablation": "judging",
    "Side": "peers",
    "side_by_side": "peers",
    "PipelineResult": "pipeline",
    "write_evaluation": "evaluation_folder",
    "read_evaluation": "evaluation_folder",
}

__all__ = [
    "Material",
    "TARGETS",
    "targets_of",
    "true_expression",
    "truths",
    "train_network",
    "TrainingRun",
    "read_training",
    "Discovered",
    "discover_in",
    "findings",
    "same_form",
    "Evaluation",
    "evaluate",
    "Drift",
    "Ablation",
    "Side",
    "side_by_side",
    "PipelineResult",
    "write_evaluation",
    "read_evaluation",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lawful.studies.physicsnet.discovered import Discovered
    from lawful.studies.physicsnet.discovering import discover_in
    from lawful.studies.physicsnet.drift import Drift
    from lawful.studies.physicsnet.evaluation import Evaluation, evaluate
    from lawful.studies.physicsnet.evaluation_folder import read_evaluation, write_evaluation
    from lawful.studies.physicsnet.folder import TrainingRun, read_training
    from lawful.studies.physicsnet.form import same_form
    from lawful.studies.physicsnet.grading import findings
    from lawful.studies.physicsnet.judging import Ablation
    from lawful.studies.physicsnet.material import Material
    from lawful.studies.physicsnet.peers import Side, side_by_side
    from lawful.studies.physicsnet.pipeline import PipelineResult
    from lawful.studies.physicsnet.targets import TARGETS, targets_of, true_expression, truths
    from lawful.studies.physicsnet.training import train_network
