"""MNIST: IDX files whole, broken and hostile; folder, cache, mirrors; nothing needs the net."""

import gzip
import hashlib
import http.server
import os
import struct
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lawful.learning import datasets, idx, mnist
from lawful.refusal import Refusal

CODES = {"u1": 8, "i1": 9, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
NAMES = list(mnist.FILES)


def written(array):
    """An array as IDX bytes."""
    code = CODES[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def tiny(count=20, side=3, seed=0):
    """MNIST's four files, small: contents by name."""
    rng = np.random.default_rng(seed)
    contents = {}
    for part, n in (("train", count), ("t10k", count // 2)):
        images = rng.integers(0, 256, (n, side, side), np.uint8)
        contents[f"{part}-images-idx3-ubyte.gz"] = written(images)
        contents[f"{part}-labels-idx1-ubyte.gz"] = written((np.arange(n) % 10).astype(np.uint8))
    return contents


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder of one's own, with tiny files in it."""
    monkeypatch.setenv("LAWFUL_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    for name, data in tiny().items():
        (tmp_path / "mnist" / name).write_bytes(gzip.compress(data))
    return tmp_path / "mnist"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, no data folder, no mirrors, and the tiny files as the published ones."""
    pooch = pytest.importorskip("pooch", reason="lawful[data] brings it")
    monkeypatch.delenv("LAWFUL_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    monkeypatch.setattr(mnist, "MIRRORS", ())
    zipped = {name: gzip.compress(data, mtime=0) for name, data in tiny().items()}
    published = {
        name: mnist.Published(
            hashlib.sha256(zipped[name]).hexdigest(), hashlib.sha256(data).hexdigest()
        )
        for name, data in tiny().items()
    }
    monkeypatch.setattr(mnist, "FILES", published)
    (tmp_path / "lawful" / "mnist").mkdir(parents=True)
    return tmp_path / "lawful" / "mnist", zipped


@contextmanager
def serving(files, asked):
    """A mirror on this machine: bytes by name; what is asked for is noted."""

    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rsplit("/", 1)[1]
            asked.append(name)
            self.send_response(200 if name in files else 404)
            self.send_header("Content-Length", str(len(files.get(name, b""))))
            self.end_headers()
            self.wfile.write(files.get(name, b""))

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mnist/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# ---------------------------------------------------------------- IDX


@given(
    st.sampled_from(sorted(CODES)).flatmap(
        lambda code: arrays.arrays(
            np.dtype(code), arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)
        )
    ),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_idx_round_trip(tmp_path_factory, array, zipped):
    path = tmp_path_factory.mktemp("idx") / "array"
    data = written(array)
    path.write_bytes(gzip.compress(data) if zipped else data)
    read = idx.read_idx(path)
    assert read.shape == array.shape
    assert np.array_equal(read, array, equal_nan=array.dtype.kind == "f")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_cut_file_is_refused(tmp_path_factory, data):
    whole = written(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    zipped = data.draw(st.booleans())
    whole = gzip.compress(whole) if zipped else whole
    path = tmp_path_factory.mktemp("idx") / "cut"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(Refusal) as refusal:
        idx.read_idx(path)
    assert "\n" not in str(refusal.value)


@given(st.integers(0, 200), st.integers(1, 255))
@settings(max_examples=80, deadline=None)
def test_a_flipped_byte_of_gzip_never_changes_numbers_in_silence(tmp_path_factory, place, flip):
    array = np.arange(200, dtype=np.uint8).reshape(20, 10)
    zipped = bytearray(gzip.compress(written(array), mtime=0))
    zipped[place % len(zipped)] ^= flip
    path = tmp_path_factory.mktemp("idx") / "flipped"
    path.write_bytes(zipped)
    try:
        read = idx.read_idx(path)
    except Refusal:
        return
    assert np.array_equal(read, array)  # a byte of gzip's own header, of no meaning


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        array = idx.parsed(data, "any")
    except Refusal:
        return
    assert data[4 + 4 * array.ndim :] == array.tobytes()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "begins with 89 50 4e 47"),
        (bytes([0, 0, 0x0A, 1, 0, 0, 0, 0]), "begins with 00 00 0a 01"),
        (bytes([0, 0, 8, 0]), "begins with 00 00 08 00"),
        (bytes([0, 0, 8, 3, 0, 0]), "header of 16 bytes"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 1]), "10 bytes, not 9"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 1, 1, 1]), "goes on after its end"),
        (bytes([0, 0, 8, 2]) + b"\xff" * 8, "announces 4294967295 × 4294967295"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_what_is_no_idx_says_why(tmp_path, data, told, zipped):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(data) if zipped else data)
    with pytest.raises(Refusal, match=told):
        idx.read_idx(path)


def test_a_small_file_cannot_fill_the_memory(tmp_path):
    """30 MB of zeros behind a header of one byte: no more is unpacked than announced."""
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 1]) + bytes(30_000_000)))
    assert len(idx.unpacked(path)) < 2000
    with pytest.raises(Refusal, match="goes on after its end"):
        idx.read_idx(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Refusal, match="cannot be read: No such file"):
        idx.read_idx(tmp_path / "none")


# ---------------------------------------------------------------- a folder of one's own


def test_the_data_folder_comes_first(folder):
    samples = datasets.dataset("mnist")
    raw = idx.parsed(tiny()[NAMES[0]], "raw")
    assert samples.X.shape == (20, 9)
    assert samples.X.dtype == samples.y.dtype == np.float32
    assert np.array_equal(np.round(samples.X * 255).astype(np.uint8), raw.reshape(20, 9))
    assert samples.labels.tolist() == [*range(10)] * 2
    assert samples.test.size == 10
    assert samples.features[:4] == ("pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0")
    assert len(samples.notes) == 4
    assert "not the published file" in samples.notes[0]
    some = datasets.dataset("mnist", samples=10)
    assert (some.size, some.test.size) == (10, 10)


def test_plain_files_do_as_well(folder):
    for name in NAMES:
        zipped = folder / name
        (folder / name.removesuffix(".gz")).write_bytes(gzip.decompress(zipped.read_bytes()))
        zipped.unlink()
    assert datasets.mnist().size == 20


def test_a_missing_file_is_named(folder):
    (folder / NAMES[3]).unlink()
    with pytest.raises(Refusal, match=r"has no t10k-labels-idx1-ubyte\.gz"):
        datasets.mnist()


@pytest.mark.parametrize(
    ("name", "array", "told"),
    [
        (NAMES[0], np.zeros((20, 9), np.uint8), "images are uint8 of the shape"),
        (NAMES[0], np.zeros((20, 3, 3), np.int16), "images are >i2"),
        (NAMES[0], np.zeros((19, 3, 3), np.uint8), "19 unsigned bytes, one for each image"),
        (NAMES[1], np.full(20, 10, np.uint8), "labels from 10 to 10"),
        (NAMES[1], np.zeros(20, np.int32), "labels are >i4"),
        (NAMES[2], np.zeros((10, 4, 4), np.uint8), "test samples of another shape"),
    ],
)
def test_files_that_do_not_fit_each_other_are_refused(folder, name, array, told):
    (folder / name).write_bytes(gzip.compress(written(array)))
    with pytest.raises(Refusal, match=told):
        datasets.mnist()


# ---------------------------------------------------------------- cache and mirrors


def test_files_are_fetched_once_from_the_mirror_that_has_them(cache, monkeypatch):
    kept, zipped = cache
    first, second = [], []
    with serving({}, first) as none, serving(zipped, second) as full:
        monkeypatch.setattr(mnist, "MIRRORS", (none, full))
        samples = datasets.mnist()
        assert samples.size == 20
        assert samples.notes == ()
        assert first == second == NAMES
        datasets.mnist()
        assert len(second) == 4
    assert sorted(p.name for p in kept.iterdir()) == sorted(NAMES)
    datasets.mnist()  # the mirrors are gone


def test_a_file_that_is_not_the_published_one_is_not_kept(cache, monkeypatch):
    kept, zipped = cache
    wrong = {**zipped, NAMES[0]: gzip.compress(tiny(seed=1)[NAMES[0]])}
    with serving(wrong, []) as mirror:
        monkeypatch.setattr(mnist, "MIRRORS", (mirror,))
        with pytest.raises(Refusal, match="not the published file"):
            datasets.mnist()
    assert not (kept / NAMES[0]).exists()


def test_a_damaged_file_in_the_cache_is_fetched_again(cache, monkeypatch):
    kept, zipped = cache
    for name, data in zipped.items():
        (kept / name).write_bytes(data)
    (kept / NAMES[0]).write_bytes(zipped[NAMES[0]][:-9])
    asked = []
    with serving(zipped, asked) as mirror:
        monkeypatch.setattr(mnist, "MIRRORS", (mirror,))
        assert datasets.mnist().size == 20
    assert asked == [NAMES[0]]


def test_the_same_contents_gzipped_anew_are_good(cache):
    kept, _ = cache
    for name, data in tiny().items():
        (kept / name).write_bytes(gzip.compress(data, 1, mtime=7))
    assert datasets.mnist().size == 20


def test_offline_says_which_files_and_where(cache, monkeypatch):
    kept, _ = cache
    with serving({}, []) as gone:
        pass
    monkeypatch.setattr(mnist, "MIRRORS", (gone,))
    with pytest.raises(Refusal) as refusal:
        datasets.mnist()
    told = str(refusal.value)
    assert "\n" not in told
    for word in (*NAMES, "LAWFUL_DATA", str(kept), "127.0.0.1"):
        assert word in told


def test_offline_by_whatever_error(cache, monkeypatch):
    import pooch

    def refuse(*_, **__):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    monkeypatch.setattr(mnist, "MIRRORS", ("https://one.example/", "https://two.example/"))
    with pytest.raises(Refusal, match=r"one.example: Network is unreachable; two.example"):
        datasets.mnist()


def test_without_pooch_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("LAWFUL_DATA", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(Refusal, match=r"pip install 'lawful\[data\]', or put train-images"):
        datasets.mnist()


@pytest.mark.skipif(
    not os.path.isfile(os.path.join(os.environ.get("LAWFUL_DATA", ""), "mnist", NAMES[0])),
    reason="LAWFUL_DATA holds no MNIST",
)
def test_mnist_itself():
    samples = datasets.mnist()
    assert samples.notes == ()  # the contents have the published SHA-256
    assert samples.X.shape == (60000, 784)
    assert samples.test.X.shape == (10000, 784)
    # the counts of each digit, as published with the files
    assert samples.y.sum(axis=0).tolist() == [
        *(5923, 6742, 5958, 6131, 5842),
        *(5421, 5918, 6265, 5851, 5949),
    ]
    assert samples.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert samples.X.mean() == pytest.approx(0.1307, abs=1e-4)
