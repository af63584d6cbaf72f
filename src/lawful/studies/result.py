"""What every study of learning says of itself, and how JSON holds it."""

from collections.abc import Mapping
from typing import Any, Protocol

from lawful.studies.strict_json import strict


class Result(Protocol):
    """What every study of learning says of itself."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What it was made with."""
        ...

    def headline(self) -> str:
        """What came out, in a sentence."""
        ...

    def rows(self) -> list[dict[str, Any]]:
        """Its table."""
        ...

    def caveats(self) -> tuple[str, ...]:
        """What to bear in mind."""
        ...


def record(result: Result, title: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """What a study says of itself, and `more`, its own numbers."""
    whole = {
        "title": title,
        "headline": result.headline(),
        "caveats": result.caveats(),
        "settings": result.settings,
        "rows": result.rows(),
        **more,
    }
    return dict(strict(whole))
