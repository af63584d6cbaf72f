"""Who does the work: this thread, a few threads, or the workers of a Dask cluster.

    total = work(item₁) + work(item₂) + …

Results are added in the order of the items whoever is done first, so the same
input gives the same sum. No more items are under way than there are hands for
them: memory stays that of a few chunks.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from operator import add
from typing import Any, Protocol, TypeVar, cast

from lawful.refusal import Refusal, missing_extra

Item = TypeVar("Item")
Sum = TypeVar("Sum")
PATIENCE = 5.0  # seconds to wait for a scheduler
MOST_THREADS = 4


class Hands(Protocol):
    """Whoever can apply a function to many items and add up what comes out."""

    def total(self, work: Callable[[Item], Sum], items: Iterable[Item]) -> Sum:
        """The sum of `work(item)` over `items`, in their order; refused without items."""
        ...


class Here:
    """The thread that asks."""

    def total(self, work: Callable[[Item], Sum], items: Iterable[Item]) -> Sum:
        """The sum, one item after the other.

        >>> Here().total(lambda n: n * n, range(4))
        14
        """
        return _sum(map(work, items))


class Threads:
    """A few threads of this process; NumPy lets them run side by side in large products."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def total(self, work: Callable[[Item], Sum], items: Iterable[Item]) -> Sum:
        """The sum, with at most one item a thread under way and one waiting.

        >>> Threads(2).total(lambda n: n * n, range(4))
        14
        """
        from threadpoolctl import threadpool_limits

        with (
            threadpool_limits(1, user_api="blas"),
            ThreadPoolExecutor(self.jobs, thread_name_prefix="lawful") as pool,
        ):
            return _sum(self._done(pool, work, items))

    def _done(
        self, pool: ThreadPoolExecutor, work: Callable[[Item], Sum], items: Iterable[Item]
    ) -> Iterator[Sum]:
        under_way: deque[Any] = deque()
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                del item
                if len(under_way) > self.jobs:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


class Cluster:
    """The workers of a Dask cluster; they also add up what they find, two by two.

    Parameters
    ----------
    client
        A `distributed.Client`.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        threads = sum(
            w["nthreads"] for w in client.scheduler_info(n_workers=-1)["workers"].values()
        )
        if not threads:
            raise Refusal(
                "a cluster without workers",
                "one at least",
                "start some with: dask worker " + client.scheduler.address,
            )
        self.ahead = 2 * threads

    def total(self, work: Callable[[Item], Sum], items: Iterable[Item]) -> Sum:
        """The sum, by a tree whose shape depends on the number of items alone."""
        tree: list[tuple[int, Any]] = []
        under_way: deque[Any] = deque()
        for item in items:
            leaf = self._submitted(work, item)
            under_way.append(leaf)
            if len(under_way) > self.ahead:
                self._finished(under_way.popleft())
            tree.append((0, leaf))
            while len(tree) > 1 and tree[-1][0] == tree[-2][0]:
                (height, left), (_, right) = tree[-2:]
                tree[-2:] = [(height + 1, self.client.submit(add, left, right, pure=False))]
        while len(tree) > 1:
            (height, left), (_, right) = tree[-2:]
            tree[-2:] = [(height, self.client.submit(add, left, right, pure=False))]
        under_way.clear()
        if not tree:
            raise _nothing()
        total: Sum = tree[0][1].result()
        return total

    @staticmethod
    def _finished(future: Any) -> None:
        """Wait for one item; what went wrong there goes wrong here, now."""
        failed = future.exception()
        if failed is not None:
            raise failed

    def _submitted(self, work: Callable[[Item], Sum], item: Item) -> Any:
        if callable(item):  # a partition: its worker loads it
            return self.client.submit(work, item, pure=False)
        return self.client.submit(work, self.client.scatter(item, hash=False), pure=False)


def _sum(parts: Iterator[Sum]) -> Sum:
    total: Any = None
    for part in parts:
        total = part if total is None else total + part
        del part
    if total is None:
        raise _nothing()
    return cast("Sum", total)


def _nothing() -> Refusal:
    return Refusal(
        "no chunks", "at least one", "give a function that returns them anew at each call"
    )


@contextmanager
def hands(cluster: Any = None, jobs: int | None = None) -> Iterator[Hands]:
    """Those who are asked for; a cluster that this connected to is left again afterwards.

    Parameters
    ----------
    cluster
        The address of a Dask scheduler, or a `distributed.Client`.
    jobs
        How many threads here; as many as there are processors, but no more than
        `MOST_THREADS`, when not given.

    Raises
    ------
    Refusal
        Without `lawful[cluster]`, where no scheduler answers, without workers.
    """
    if jobs is not None and jobs < 1:
        raise Refusal(f"{jobs} jobs", "a whole number from 1 up")
    if cluster is None:
        count = jobs or min(os.cpu_count() or 1, MOST_THREADS)
        yield Here() if count == 1 else Threads(count)
    elif isinstance(cluster, str):
        client = _connected(cluster)
        try:
            yield Cluster(client)
        finally:
            client.close()
    else:
        yield Cluster(cluster)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("distributed", "cluster") from None
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise Refusal(
            f"no scheduler answers at {address!r}",
            "the address of a running one, such as tcp://host:8786",
            "start it with: dask scheduler",
        ) from None
