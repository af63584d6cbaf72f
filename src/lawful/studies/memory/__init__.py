"""A study of memory: methods, taught task after task, asked about all, and compared.

    data → streams → cells (method, seed) → histories → scores, with intervals → what is said

Read it in this order: `choice`, `streams`, `methods`, `cells`, `bench`, `remembered`, `scores`,
`words`, `exhibits`, `drift`, `folder`. Nothing here loads torch before a study runs.
"""

from lawful.studies.memory.choice import MemoryStudy
from lawful.studies.memory.remembered import Remembered, remember

__all__ = ["MemoryStudy", "Remembered", "remember"]
