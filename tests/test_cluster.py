"""The same laws from two worker processes of a Dask cluster as from one process."""

import re
import socket

import numpy as np
import pytest

from lawful.files import write
from lawful.laws import find_laws
from lawful.laws.streaming import FilePart, find_laws_in, parts_of
from lawful.laws.workers import Cluster
from lawful.refusal import Refusal
from lawful.trajectories import make, stack

distributed = pytest.importorskip("distributed")

# Dask's own threads may leave a socket to the collector when a cluster closes.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        host="127.0.0.1",
        memory_limit=0,
    ) as local:
        yield local


def orbits(runs, seed):
    rng = np.random.default_rng(seed)
    a, phase = rng.uniform(0.5, 2, (2, runs, 1))
    b = rng.uniform(0.5, 2, (runs, 1))
    t = np.linspace(0, 9, 120)
    columns = {
        "x": a * np.cos(t + phase),
        "y": b * np.sin(t),
        "vx": -a * np.sin(t + phase),
        "vy": b * np.cos(t),
    }
    return make(
        {n: c + 0.005 * rng.normal(size=c.shape) for n, c in columns.items()},
        t,
        roles={
            n: {"role": "velocity" if n[0] == "v" else "position", "group": "p", "axis": n[-1]}
            | ({"of": n[1]} if n[0] == "v" else {})
            for n in columns
        },
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    parts = [orbits(20, seed) for seed in range(5)]
    for k, part in enumerate(parts):
        write(part, folder / f"part{k}.parquet")
    return folder, stack(parts)


def numbers(found):
    return [
        n
        for law in found.laws
        for n in (
            law.noise_ratio,
            law.within_total,
            law.p_value,
            law.heldout_drift,
            law.spread,
            *(v for c in law.constants for v in (c.value, c.low, c.high)),
        )
    ]


def rounded(law):
    return re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]):.5g}", law.expression)


def assert_same(found, expected):
    assert len(expected.laws) >= 2
    # The last digits that are written may differ by one.
    assert [rounded(law) for law in found.laws] == [rounded(law) for law in expected.laws]
    assert numbers(found) == pytest.approx(numbers(expected), rel=1e-8, abs=1e-12)
    assert found.library == expected.library
    assert found.warnings == expected.warnings


def test_workers_that_read_files_find_what_one_process_finds(cluster, files):
    folder, whole = files
    parts = parts_of(str(folder / "*.parquet"), rows=1000)
    found = find_laws_in(parts, degree=2, cluster=cluster.scheduler_address)
    assert_same(found, find_laws(whole, degree=2))
    again = find_laws_in(parts, degree=2, cluster=cluster.scheduler_address)
    assert again.to_json() == found.to_json()


def test_workers_that_are_sent_chunks_find_what_one_process_finds(cluster, files):
    _, whole = files

    def chunks():
        for start in range(0, 100, 15):
            yield whole.isel(run=slice(start, start + 15))

    with distributed.Client(cluster, set_as_default=False) as client:
        assert_same(find_laws_in(chunks, degree=2, cluster=client), find_laws(whole, degree=2))
        assert client.status == "running"


def test_the_work_is_done_by_both_workers(cluster):
    import os

    class Who:
        def __init__(self, place):
            self.places = {place}

        def __add__(self, other):
            self.places = self.places | other.places
            return self

    def work(item):
        import time

        time.sleep(0.05)
        return Who(os.getpid())

    with distributed.Client(cluster, set_as_default=False) as client:
        who = Cluster(client).total(work, range(12))
        assert len(who.places) == 2
        assert os.getpid() not in who.places
        assert Cluster(client).total(lambda n: [n], range(21)) == list(range(21))
        with pytest.raises(Refusal, match="no chunks"):
            Cluster(client).total(work, [])


def test_a_file_that_workers_do_not_see_is_refused(cluster, files):
    folder, _ = files
    parts = [*parts_of(str(folder / "part0.parquet")), FilePart(str(folder / "gone.parquet"))]
    with pytest.raises(Refusal, match=r"gone\.parquet.*every worker.*share") as caught:
        find_laws_in(parts, degree=2, cluster=cluster.scheduler_address)
    assert "\n" not in str(caught.value)


def test_no_scheduler_is_refused_in_one_line(monkeypatch):
    from lawful.laws import workers

    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    for place in (address, "nonsense://here"):
        with pytest.raises(Refusal, match="no scheduler answers") as caught:
            find_laws_in([lambda: orbits(3, 0)], cluster=place)
        assert "\n" not in str(caught.value)


def test_a_cluster_without_workers_is_refused():
    with (
        distributed.LocalCluster(
            n_workers=0, processes=True, dashboard_address=":0", host="127.0.0.1"
        ) as empty,
        pytest.raises(Refusal, match="without workers"),
    ):
        find_laws_in([lambda: orbits(3, 0)], cluster=empty.scheduler_address)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refusal, match=r"lawful\[cluster\]"):
        find_laws_in([lambda: orbits(3, 0)], cluster="tcp://127.0.0.1:1")
