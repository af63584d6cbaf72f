"""Fields that remember: continual learning, with its scenarios, measures and baselines.

    task 1, task 2, …, task T  →  one learner, asked without a task label

Read it in this order: `experience`, `scenarios`, `learner`, `accuracy`, `history`; then the
learners: `reservoir`, `ridge`, `analytic`; `image_field`, `trap`, `gating`, `experts`,
`basins`; `network_learner` and `strategies`, the baselines; `published`.
Source: G. van de Ven and A. Tolias, "Three scenarios for continual learning",
arXiv:1904.07734 (2019).
"""

from lawful.fields.memory.analytic import AnalyticReadout
from lawful.fields.memory.basins import Basins
from lawful.fields.memory.experience import Experience, Part, Stream
from lawful.fields.memory.history import History, follow
from lawful.fields.memory.image_field import ImageField
from lawful.fields.memory.learner import Learner, Size
from lawful.fields.memory.network_learner import NetworkLearner
from lawful.fields.memory.published import PublishedNetwork
from lawful.fields.memory.scenarios import permuted, rotated, split

__all__ = [
    "Experience",
    "Part",
    "Stream",
    "permuted",
    "rotated",
    "split",
    "Learner",
    "Size",
    "follow",
    "History",
    "AnalyticReadout",
    "Basins",
    "NetworkLearner",
    "ImageField",
    "PublishedNetwork",
]
