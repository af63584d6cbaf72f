"""Waiting for what a page draws.

The rules of our own pages forbid Playwright to poll within them, so it is asked from here,
again and again, until it has come or the patience is over.
"""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def once(
    look: Callable[[], Seen],
    holds: Callable[[Seen], bool],
    seconds: float = 20.0,
    still: bool = False,
) -> Seen:
    """What `look` gives, as soon as it holds; where `still`, and is the same twice running."""
    end, before = time.monotonic() + seconds, None
    while not (holds(now := look()) and (not still or now == before)):
        assert time.monotonic() < end, f"it never came in {seconds} s; last seen: {str(now)[:300]}"
        before = now
        time.sleep(0.05)
    return now
