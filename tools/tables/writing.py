"""How a table is written in Markdown."""

from collections.abc import Iterable, Sequence


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table.

    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    table = ["| " + " | ".join(line) + " |" for line in [head, *lines]]
    table.insert(1, "|" + "---|" * len(head))
    return "\n".join(table)
