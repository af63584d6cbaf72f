"""PhysicsNet, and symbolic regression after it, by `bench/physicsnet.py`."""

from collections.abc import Mapping
from typing import Any

from .writing import markdown


def physicsnet_benchmark(record: Mapping[str, Any], table: str) -> str:
    """One of the tables that `bench/physicsnet.py` recorded, a column for each thing said.

    >>> rows = [{"system": "spring", "λ": "1e-05"}, {"system": "orbit", "control": "0"}]
    >>> print(physicsnet_benchmark({"tables": {"learned": rows}}, "learned"))
    | system | λ | control |
    |---|---|---|
    | spring | 1e-05 |  |
    | orbit |  | 0 |
    """
    rows = record["tables"][table]
    head = list(dict.fromkeys(key for row in rows for key in row))
    return markdown(head, [[row.get(key, "") for key in head] for row in rows])
