"""The command line: laws from data, networks that learn, and systems to try them on.

Exit codes:

    0    done; for `monitor`, the laws hold
    1    a law breaks (`monitor`); every training diverges (`learn`)
    2    input or an option that cannot be meant, said on one line
    70   a fault in lawful itself; --debug shows where
    130  stopped with Ctrl-C
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from lawful.refusal import Refusal

DONE, BREAKS, REFUSED, FAULT, STOPPED, CLOSED = 0, 1, 2, 70, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv
        The words after `lawful`; those of this process when not given.

    Examples
    --------
    >>> main(["--version"])
    0.1.0
    0
    """
    from cyclopts import CycloptsError

    from lawful.cli.app import app

    words, debug = _without_debug(list(sys.argv[1:] if argv is None else argv))
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except (Refusal, CycloptsError) as error:
        if debug:
            raise
        return _said(str(error), REFUSED)
    except KeyboardInterrupt:
        return _said("stopped", STOPPED)
    except BrokenPipeError:
        return _closed()
    except MemoryError:
        return _said(
            "out of memory; take less data at a time (lawful discover reads parts: --chunk-rows)",
            FAULT,
        )
    except Exception as error:
        if debug:
            raise
        fault = f"{type(error).__name__}: {error}"
        return _said(f"a fault in lawful: {fault}; run again with --debug to see where", FAULT)


def _without_debug(words: list[str]) -> tuple[list[str], bool]:
    """The words before `--` without `--debug`, and whether it was there."""
    end = words.index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != "--debug"]
    return kept + words[end:], len(kept) < end


def _said(message: str, code: int) -> int:
    """One line on standard error."""
    line = " ".join(message.split())
    line = line.encode(sys.stderr.encoding or "utf-8", "replace").decode(
        sys.stderr.encoding or "utf-8", "replace"
    )
    print(f"lawful: {line}", file=sys.stderr)
    return code


def _closed() -> int:
    """Whoever read our output has left; write no more, not even at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CLOSED
