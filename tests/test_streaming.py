"""Laws found chunk by chunk are those found on the whole, to round-off."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.laws import find_laws, streaming, stretches
from lawful.laws.continuity import numbered
from lawful.laws.scatter import scatter
from lawful.laws.streaming import FilePart, find_laws_in, parts_of
from lawful.laws.sums import Scatter
from lawful.laws.survey import WITNESSES, lots, witnesses
from lawful.refusal import Refusal
from lawful.trajectories import make

SPRING = {
    "x": {"role": "position", "group": "p", "axis": "x"},
    "v": {"role": "velocity", "of": "x", "group": "p", "axis": "x"},
}


def springs(runs=30, samples=150, noise=0.01, seed=1, parameter=False):
    """Springs of ω² = 2, each with its own clock and amplitude; some end early."""
    rng = np.random.default_rng(seed)
    amplitude, phase = rng.uniform(0.5, 2, (runs, 1)), rng.uniform(0, 6, (runs, 1))
    stiff = rng.uniform(1, 3, (runs, 1)) if parameter else np.full((runs, 1), 2.0)
    omega = np.sqrt(stiff)
    t = np.linspace(0, 12, samples) + rng.uniform(0, 1, (runs, 1))
    x, v = amplitude * np.cos(omega * t + phase), -amplitude * omega * np.sin(omega * t + phase)
    x, v = (c + noise * rng.normal(size=c.shape) for c in (x, v))
    for run in range(0, runs, 5):
        for column in (x, v, t):
            column[run, samples - 7 - run % 40 :] = np.nan
    x[-1, 40:43] = np.nan
    longest = int(np.isfinite(t).sum(axis=1).max())
    return make(
        {"x": x[:, :longest], "v": v[:, :longest]},
        t[:, :longest],
        roles=SPRING,
        units={"x": "m", "v": "m/s", "time": "s"},
        runs=[f"run{k}" for k in range(runs)],
        parameters={"k": stiff[:, 0], "m": 1.0} if parameter else {},
    )


def by_runs(runs, sizes):
    """Whole runs, `sizes` of them a chunk, each chunk no wider than it must be."""
    start = 0
    for size in sizes:
        chunk = runs.isel(run=slice(start, start + size))
        longest = int(np.isfinite(chunk["time"].values).sum(axis=1).max())
        yield chunk.isel(time=slice(0, longest))
        start += size
    assert start == runs.sizes["run"]


def by_rows(runs, rows):
    """As a long file is read: the rows of all runs one after the other, cut anywhere."""
    flat = [
        (k, j)
        for k in range(runs.sizes["run"])
        for j in range(int(np.isfinite(runs["time"].values[k]).sum()))
    ]
    for start in range(0, len(flat), rows):
        part = flat[start : start + rows]
        pieces = {k: [j for r, j in part if r == k] for k in dict.fromkeys(r for r, _ in part)}
        width = max(map(len, pieces.values()))
        chunk = runs.isel(run=list(pieces), time=slice(0, width)).copy(deep=True)
        for row, (k, places) in enumerate(pieces.items()):
            for name in ("x", "v", "time"):
                values = chunk[name].values
                values[row] = np.nan
                values[row, : len(places)] = runs[name].values[k, places]
        yield chunk


def alike(one, other, rtol=1e-9):
    """The same words, and numbers that differ by round-off."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[k], other[k], rtol) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(
            alike(a, b, rtol) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, float):
        return bool(np.isclose(one, other, rtol=rtol, atol=1e-12))
    return one == other


def assert_same(found, expected):
    assert [law.expression for law in found.laws] == [law.expression for law in expected.laws]
    assert found.laws
    assert found.warnings == expected.warnings
    for law, other in zip(found.laws, expected.laws, strict=True):
        # Where terms are few, a surrogate may tie with what was observed.
        assert law.p_value == pytest.approx(other.p_value, abs=0.02)
    found, expected = (
        replace(f, laws=tuple(replace(law, p_value=0.0) for law in f.laws))
        for f in (found, expected)
    )
    for key, value in expected.to_dict().items():
        # The smallest eigenvalues are differences of large numbers.
        assert alike(value, found.to_dict()[key], 1e-7 if key == "spectrum" else 1e-9), key


@pytest.mark.parametrize("jobs", [1, 3])
def test_chunks_of_whole_runs_give_what_the_whole_gives(jobs):
    runs = springs()
    found = find_laws_in(lambda: by_runs(runs, [11, 1, 18]), degree=3, jobs=jobs)
    assert_same(found, find_laws(runs, degree=3))


@pytest.mark.parametrize("rows", [1000, 333])
def test_runs_cut_between_chunks_count_once(rows):
    runs = springs()
    found = find_laws_in(lambda: by_rows(runs, rows), degree=3, jobs=2)
    assert_same(found, find_laws(runs, degree=3))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_few_long_runs_are_summed_in_stretches(count, monkeypatch):
    runs = springs(count, 1200, noise=0.003, seed=4)
    expected = find_laws(runs, degree=2)
    monkeypatch.setattr(streaming, "BLOCK", 5 * 100)
    found = find_laws_in(lambda: by_rows(runs, 350), degree=2, jobs=1)
    assert_same(found, expected)


def test_parts_side_by_side_give_what_the_whole_gives():
    runs = springs()
    parts = [
        (lambda a=a, b=b: by_rows(runs.isel(run=slice(a, b)), 400))
        for a, b in ((0, 9), (9, 10), (10, 30))
    ]
    assert_same(find_laws_in(parts, degree=3, jobs=2), find_laws(runs, degree=3))


def test_a_parameter_that_varies_only_later_is_seen():
    runs = springs(parameter=True)
    runs["k"].values[:10] = 2.0
    runs = runs.isel(run=slice(0, 28))
    expected = find_laws(runs, degree=2)
    assert expected.library["parameters"] == ["k"]
    found = find_laws_in(lambda: by_runs(runs, [10, 10, 8]), degree=2, jobs=1)
    assert found.library["parameters"] == ["k"]
    assert alike(found.library, expected.library)


def test_more_runs_than_keep_their_pieces(monkeypatch):
    from lawful.laws import sums

    runs = springs(90, 60)
    every = find_laws(runs, degree=2)
    monkeypatch.setattr(sums, "KEPT_RUNS", 30)
    settled = find_laws(runs, degree=2)
    assert_same(find_laws_in(lambda: by_rows(runs, 700), degree=2, jobs=1), settled)
    for law, same in zip(every.laws, settled.laws, strict=True):
        assert alike(law.noise_ratio, same.noise_ratio)
        assert alike(law.within_total, same.within_total)
        assert [c.value for c in law.constants] == pytest.approx(
            [c.value for c in same.constants], rel=1e-9
        )


def test_settling_changes_no_matrix():
    runs = springs(90, 60)
    seen = streaming.survey(runs, streaming.library(runs, degree=3))
    sums = scatter(runs, seen.usable(), folds=48, block=4)
    few = sums.settled(10**6)
    assert few.piece_run.size < 5 < sums.piece_run.size
    weights = np.random.default_rng(0).exponential(size=48)
    whole, settled = (s.joined().matrices(weights) for s in (sums, few))
    for one, other in zip(whole, settled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13)
    parts = [
        scatter(
            runs.isel(run=slice(a, a + 30)),
            seen.usable(),
            folds=48,
            block=4,
            numbers=np.arange(a, a + 30),
        ).settled(10**6)
        for a in (0, 30, 60)
    ]
    for one, other in zip(
        few.joined().matrices(weights),
        (parts[0] + parts[1] + parts[2]).joined().matrices(weights),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13)


def test_stretches_sum_to_the_scatter_of_the_whole():
    runs = springs(3, 700)
    terms = streaming.survey(runs, streaming.library(runs, degree=3)).usable()
    lengths = np.isfinite(runs["time"].values).sum(axis=1)
    for segments, block in ((1, 1), (1, 4), (4, 1), (4, 8)):
        folds = 3 * segments
        whole = scatter(runs, terms, folds=folds, segments=segments, block=block)
        frame = stretches.Frame(folds, segments, block, runs.sizes["time"], 64)
        stretcher = stretches.Stretcher(frame, lengths)
        total = Scatter.empty(len(terms.terms), folds)
        for chunk in numbered(by_rows(runs, 211)):
            for row in range(chunk.number.size):
                for stretch in stretcher.cut(chunk, row):
                    total = total + stretches.scatter_of_stretch(stretch, terms, frame)
        total = total.coalesced()
        assert sorted(zip(total.piece_run, total.piece_fold, total.piece_half, strict=True)) == (
            sorted(zip(whole.piece_run, whole.piece_fold, whole.piece_half, strict=True))
        )
        for name in ("count", "within", "noise", "noise_count", "coarse", "block_count"):
            np.testing.assert_allclose(
                getattr(total, name), getattr(whole, name), rtol=1e-9, atol=1e-11, err_msg=name
            )


def test_witnesses_do_not_depend_on_order():
    runs = springs(200, 60)
    chosen = witnesses(runs, np.random.default_rng(3))
    assert chosen.sizes["run"] == WITNESSES
    back = witnesses(runs.isel(run=slice(None, None, -1)), np.random.default_rng(3))
    assert {*chosen["run"].values} == {*back["run"].values}
    other = witnesses(runs, np.random.default_rng(4))
    assert {*chosen["run"].values} != {*other["run"].values}
    assert np.unique(lots(runs, 1)).size == 200


def test_a_name_that_comes_back_with_a_new_clock_is_another_run():
    t = np.arange(4.0)
    chunks = [make({"x": t}, t, runs=["a"]) for _ in range(3)]
    assert [c.number.tolist() for c in numbered(chunks)] == [[0], [1], [2]]


def test_files_as_parts(tmp_path):
    from lawful.files import read, write

    runs = springs()
    for k in range(3):
        write(runs.isel(run=slice(10 * k, 10 * k + 10)), tmp_path / f"part{k}.parquet")
    parts = parts_of(str(tmp_path / "*.parquet"), rows=400)
    assert len(parts) == 3
    whole = read([part.path for part in parts])
    assert_same(find_laws_in(parts, degree=3, jobs=2), find_laws(whole, degree=3))


def chunks_of(*chunks):
    return lambda: iter(chunks)


def test_refusals():
    t = np.arange(20.0)
    a = make({"x": np.sin(t)}, t, units={"x": "m"})
    b = make({"x": np.sin(t)}, t, units={"x": "km"})
    c = make({"y": np.sin(t)}, t)
    once = iter([springs()])
    cases = [
        (chunks_of(a, b), "'x' is in 'm' and in 'km'"),
        (chunks_of(a, c), "is not in every chunk"),
        (chunks_of(), "no chunks"),
        ([], "no parts of data"),
        (lambda: once, "no chunks|without chunks|other chunks"),
        (chunks_of(a.isel(time=slice(0, 5))), "5 complete samples"),
        ([FilePart("nowhere.parquet")], "is not there"),
    ]
    for source, said in cases:
        with pytest.raises(Refusal, match=said):
            find_laws_in(source, degree=2, jobs=1)
    with pytest.raises(Refusal, match="0 jobs"):
        find_laws_in(chunks_of(a), jobs=0)


def test_roles_are_those_of_the_first_chunk_and_it_is_said():
    runs = springs()
    other = runs.isel(run=slice(15, 30)).copy(deep=True)
    other["x"].attrs["role"] = "scalar"
    found = find_laws_in(chunks_of(runs.isel(run=slice(0, 15)), other), degree=2, jobs=1)
    assert any("role of x" in warning for warning in found.warnings)
    assert [law.expression for law in found.laws] == [
        law.expression for law in find_laws(runs, degree=2).laws
    ]
