"""Work shared over processes, where it is worth their coming.

    pieces  →  one after the other  →  over processes, once it is plain that much is left

A piece is done by the same function wherever it is done, so results do not depend on how
many hands there are; only their order does.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def shared_out(
    pieces: Sequence[Piece],
    work: Callable[[Piece], Result],
    *,
    here: Callable[[Piece], Result] | None = None,
    jobs: int | None = None,
    worth: float = 3.0,
) -> Iterator[Result]:
    """Do all pieces; results as they come.

    Parameters
    ----------
    pieces
        What is to be done.
    work
        Does one of them, in any process: a function of a module.
    here
        The same in this process, which may tell of its progress; `work` when not given.
    jobs
        Processes; as many as there are processors, where the work is worth it, when not
        given.
    worth
        Seconds of work that must remain for more processes to be started.

    Examples
    --------
    >>> sorted(shared_out([1, -2, 3], abs, jobs=1))
    [1, 2, 3]
    """
    wanted = processors() if jobs is None else jobs
    began = time.perf_counter()
    for k, piece in enumerate(pieces):
        left = pieces[k:]
        ahead = (time.perf_counter() - began) / max(k, 1) * len(left)
        worthwhile = jobs is not None or (k > 0 and ahead > worth)
        if wanted > 1 and len(left) > 1 and worthwhile:
            from joblib import Parallel, delayed
            from joblib.externals.loky import get_reusable_executor

            # Hands left from another study of this process would never answer again.
            get_reusable_executor().shutdown(wait=True, kill_workers=True)
            hands = Parallel(n_jobs=min(wanted, len(left)), return_as="generator_unordered")
            yield from hands(delayed(work)(one) for one in left)
            return
        yield (here or work)(piece)


def processors() -> int:
    """How many there are for this process."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
