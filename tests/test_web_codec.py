"""Messages to a page: aligned, whole after a round trip, refused where they cannot be meant."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lawful.refusal import Refusal
from lawful.web.codec import DTYPES, Message, little, packed, parted, trouble, unpacked

SOME = st.sampled_from(DTYPES).flatmap(
    lambda name: arrays(
        np.dtype(name), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    )
)


@given(st.dictionaries(st.text(max_size=8), SOME, max_size=5), st.integers(0, 2**31 - 1))
def test_what_is_packed_comes_back(given_arrays, seq):
    frame = packed(Message({"λ": "±"}, given_arrays), 7, seq)
    header, held = unpacked(frame)
    assert (header["channel"], header["seq"], header["data"]) == (7, seq, {"λ": "±"})
    assert list(held) == list(given_arrays)
    for name, array in given_arrays.items():
        np.testing.assert_array_equal(held[name], array)
        assert held[name].shape == array.shape


@given(st.dictionaries(st.text(max_size=8), SOME, max_size=5))
def test_every_buffer_begins_at_a_multiple_of_eight(given_arrays):
    frame = packed(Message({}, given_arrays), 1)
    (length,) = struct.unpack_from("<I", frame)
    assert (4 + length) % 8 == 0
    assert len(frame) % 8 == 0
    sizes = [little(k, a).nbytes for k, a in given_arrays.items()]
    assert len(frame) == 4 + length + sum(n + -n % 8 for n in sizes)


@given(st.binary(max_size=64))
def test_bytes_that_are_no_frame_are_refused(noise):
    with pytest.raises(Refusal):
        unpacked(noise)


def test_the_header_is_json_that_every_browser_reads():
    frame = packed(Message({"x": float("nan"), "y": np.float32(1)}, {}), 0)
    (length,) = struct.unpack_from("<I", frame)

    def never(word):
        raise AssertionError(word)

    header = json.loads(frame[4 : 4 + length], parse_constant=never)
    assert header["data"] == {"x": None, "y": 1.0}


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([1, 2]), "int32"),
        (np.array([2**40]), "float64"),
        (np.array([True]), "uint8"),
        (np.array([1.0], ">f8"), "float64"),
        (np.arange(6).reshape(2, 3).T.astype("float32"), "float32"),
    ],
)
def test_types_that_a_browser_has(array, dtype):
    sent = little("x", array)
    assert sent.dtype.name == dtype
    assert sent.dtype.byteorder in "<|="
    assert sent.flags.c_contiguous
    np.testing.assert_array_equal(sent, array)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1 + 2j]), np.array([None])])
def test_types_that_it_has_not_are_refused(array):
    with pytest.raises(Refusal, match="array 'x'"):
        parted(Message({}, {"x": array}))


def test_trouble_says_got_expected_remedy():
    said = trouble(Refusal("rate -1", "a positive number", "take 0.1"))
    assert said.kind == "trouble"
    assert said.data["text"] == "rate -1; expected a positive number; take 0.1"
    assert said.data["remedy"] == "take 0.1"
