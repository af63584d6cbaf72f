"""What every test runs under: one thread, fixed seeds for hypothesis, no user configuration."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# What the command line prints must not hang on the reader's terminal.
os.environ.update(NO_COLOR="1", COLUMNS="120")
os.environ.pop("FORCE_COLOR", None)

import hypothesis  # noqa: E402
import pytest  # noqa: E402

hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=30)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: while a test waits for a browser or a job, another works."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())
    return len(cores) + 1


@pytest.fixture(autouse=True)
def _doctests_write_elsewhere(request, monkeypatch, tmp_path_factory):
    """Run each doctest in an empty folder, so that its files stay out of the repository."""
    if type(request.node).__name__ == "DoctestItem":
        monkeypatch.chdir(tmp_path_factory.mktemp("doctest"))
