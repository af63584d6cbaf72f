"""Strengths of the baselines that were once chosen, on validation images, and recorded.

    a(v) = accuracy on validation after the last task,   recorded: argmax_v a(v)

For data or a scenario that were never tuned, the strategy's own usual strength serves.
`lawful remember --tune` chooses anew.
"""

from collections.abc import Mapping

RECORDED: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("digits", "permuted"): {"si": 10.0, "lwf": 0.03, "replay": 1.0, "derpp": 0.5},
}
"""By data and scenario: strengths by strategy, chosen on streams of other seeds."""


def recorded(data: str, scenario: str, strategy: str) -> float | None:
    """The recorded strength; None where there is none.

    >>> recorded("my.csv", "permuted", "ewc") is None
    True
    """
    return RECORDED.get((data.strip().casefold(), scenario), {}).get(strategy)
