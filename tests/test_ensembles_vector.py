"""The exponential and its kin in lanes, against NumPy; counters against Random123's answers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lawful.learning.ensembles.philox import normals, philox

numba = pytest.importorskip("numba")
from llvmlite import ir  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

from lawful.learning.ensembles import exponential, vector  # noqa: E402

DTYPES = ("float64", "float32")


def in_lanes(dtype, *functions):
    """What functions of a `Vector` make of numbers, as a function of arrays."""
    width = vector.width_of(dtype)

    @intrinsic
    def emitted(context, source, target, start):
        def codegen(context, builder, signature, args):
            ends = [
                context.make_array(signature.args[k])(context, builder, args[k]).data
                for k in (0, 1)
            ]
            at, to = (
                vector.Emitter(builder, dtype, builder.gep(end, [args[2]]), 1 << 12) for end in ends
            )
            for k, function in enumerate(functions):
                to.store(k, function(at.load(0)))
            return context.get_dummy_value()

        return numba.types.void(source, target, start), codegen

    @numba.njit(error_model="numpy", fastmath={"contract"})
    def run(source, target):
        for start in range(0, source.shape[1], width):
            emitted(source, target, start)

    def over(values):
        source = np.zeros((1, 1 << 12), dtype)
        source[0, : len(values)] = values
        target = np.zeros((len(functions), 1 << 12), dtype)
        run(source, target)
        made = target[:, : len(values)]
        return made if len(functions) > 1 else made[0]

    return over


def within(made, right, dtype, units):
    """Equal to some units of the last place."""
    made, right = np.asarray(made, np.longdouble), np.asarray(right, np.longdouble)
    assert (np.abs(made - right) <= units * np.finfo(dtype).eps * np.abs(right)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_exponential_is_right_to_the_last_places(dtype):
    edge = 700 if dtype == "float64" else 86
    x = np.linspace(-edge, edge, 4000).astype(dtype)
    within(in_lanes(dtype, exponential.exp)(x), np.exp(x.astype(np.longdouble)), dtype, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e-30, 1e-8, 1e-3, 0.3, 3.0, 30.0])
def test_tanh_keeps_its_digits_near_zero(dtype, size):
    x = np.linspace(-size, size, 2000).astype(dtype)
    within(in_lanes(dtype, exponential.tanh)(x), np.tanh(x.astype(np.longdouble)), dtype, 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_sigmoid_and_the_logarithm(dtype):
    x = np.linspace(-60, 60, 3000).astype(dtype)
    right = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    within(in_lanes(dtype, exponential.sigmoid)(x), right, dtype, 4)
    y = np.geomspace(1e-30, 1e30, 3000).astype(dtype)
    made, right = in_lanes(dtype, exponential.log)(y), np.log(y.astype(np.longdouble))
    assert np.abs(made - right).max() <= 2 * np.finfo(dtype).eps * np.abs(right).max()
    near = (1 + np.linspace(-0.2, 0.3, 1001)).astype(dtype)
    within(in_lanes(dtype, exponential.log)(near), np.log(near.astype(np.longdouble)), dtype, 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_circle_is_round(dtype):
    turns = np.linspace(-0.5, 0.5, 4001).astype(dtype)
    make = in_lanes(dtype, lambda t: exponential.circle(t)[0], lambda t: exponential.circle(t)[1])
    cosine, sine = make(turns[:4000])
    angle = 2 * np.pi * turns[:4000].astype(np.longdouble)
    eps = np.finfo(dtype).eps
    assert np.abs(cosine - np.cos(angle)).max() < 2 * eps
    assert np.abs(sine - np.sin(angle)).max() < 2 * eps


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_no_number_stays_none_and_the_edges_hold(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0], dtype)
    for function, ends in ((exponential.tanh, (1, -1, 0)), (exponential.sigmoid, (1, 0, 0.5))):
        made = in_lanes(dtype, function)(x)
        assert np.isnan(made[0])
        np.testing.assert_allclose(made[1:], ends, atol=1e-30 if dtype == "float64" else 1e-37)
    assert np.isnan(in_lanes(dtype, exponential.exp)(x)[0])


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_whatever_its_neighbours_a_lane_gives_the_same_bits(numbers):
    alone = [TANH(np.array([one]))[0] for one in numbers]
    assert (TANH(np.array(numbers)) == alone).all()


TANH = in_lanes("float64", exponential.tanh)


def test_a_sum_of_products_is_fused_and_packed():
    @intrinsic
    def emitted(context, table):
        def codegen(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            at = vector.Emitter(builder, "float64", data, 8)
            at.store(3, at.load(0) * at.load(1) + at.load(2))
            return context.get_dummy_value()

        return numba.types.void(table), codegen

    @numba.njit(fastmath={"contract"})
    def run(table):
        emitted(table)

    table = np.arange(32.0).reshape(4, 8)
    run(table)
    np.testing.assert_array_equal(table[3], table[0] * table[1] + table[2])
    text = next(iter(run.inspect_llvm().values()))
    assert "fmul contract <8 x double>" in text
    assert isinstance(ir.VectorType(ir.DoubleType(), 8), ir.VectorType)


# ---------------------------------------------------------------------- chance


def test_the_counter_gives_random123s_known_answers():
    ones = np.full(4, 0xFFFFFFFF, dtype=np.uint64)
    assert [f"{w:08x}" for w in philox(ones, ones[:2])] == [
        "408f276d",
        "41c83b0e",
        "a20bc7c6",
        "6d5451fd",
    ]
    pi = np.array([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], dtype=np.uint64)
    key = np.array([0xA4093822, 0x299F31D0], dtype=np.uint64)
    assert [f"{w:08x}" for w in philox(pi, key)] == [
        "d16cfe09",
        "94fdcceb",
        "5001e420",
        "24126ea1",
    ]


def test_the_numbers_are_normal_and_independent():
    drawn = np.stack([normals(np.arange(40), step, 25) for step in range(100)])
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3
    for axis in range(3):
        first, second = np.moveaxis(drawn, axis, 0)[:-1], np.moveaxis(drawn, axis, 0)[1:]
        r = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert abs(r) < 4 / math.sqrt(first.size)


def test_large_seeds_and_steps_have_numbers_of_their_own():
    seeds = np.array([0, 1, 2**32, 2**40 + 3])
    drawn = [normals(seeds, step, 8) for step in (0, 1, 2**33)]
    assert len(np.unique(np.concatenate(drawn))) == 3 * 4 * 8
