"""`%%bash` for the documentation's kernels: wait for the commands, then print what they printed."""

import os
import subprocess
import sys

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line, cell):
    """Run a cell's commands; fail where one fails."""
    loud = {"FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", cell],
        env={key: value for key, value in os.environ.items() if key not in loud} | {"TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    done.check_returncode()
