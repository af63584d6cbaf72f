"""A JupyterLab of its own for a test: its own settings, its own folder, nothing from outside."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SETTINGS = {
    # No news, no updates: it asks nothing of any other machine.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True,
    },
    # All cells are there, not only those in sight.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}  # fmt: skip
PATIENCE = 60.0


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs."""

    address: str
    token: str

    def of(self, notebook: str) -> str:
        return f"{self.address}/lab/tree/{notebook}?token={self.token}"


@contextmanager
def lab(folder: Path, settings: Path) -> Iterator[Lab]:
    """JupyterLab on a folder, for as long as the block runs; its own files are in `settings`."""
    port, token = _free(), secrets.token_hex(16)
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    environment = {**os.environ, **{f"JUPYTER_{name}": str(settings / name) for name in places}}
    environment |= {
        "JUPYTERLAB_SETTINGS_DIR": str(_settings(settings / "user")),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    words = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"),
        *("--LabApp.extension_manager=readonly", "--ServerApp.log_level=ERROR"),
    ]
    log = settings / "log.txt"
    with log.open("w") as out:
        running = subprocess.Popen(words, env=environment, stdout=out, stderr=out)
        try:
            address = f"http://127.0.0.1:{port}"
            _await(f"{address}/api", running, log)
            yield Lab(address, token)
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def _settings(folder: Path) -> Path:
    for name, record in SETTINGS.items():
        package, plugin = name.split(":")
        place = folder / package / f"{plugin}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(record))
    return folder


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text()[-2000:]}")
