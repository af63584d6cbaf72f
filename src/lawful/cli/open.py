"""`lawful open`: the studio, a page in the browser on this machine."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from lawful.cli.options import Flag
from lawful.cli.screen import put_json, said, screen

EXAMPLES = """
Examples:

```console
lawful open
lawful open results --port 9000
lawful open --no-browser
```

It listens on 127.0.0.1. Ctrl-C ends it; runs that were started from the page end with it and
can be resumed.
"""


def open_studio(
    folder: Path = Path(),
    /,
    *,
    port: int = 8642,
    host: str = "127.0.0.1",
    token: str | None = None,
    beyond_this_machine: Annotated[bool, Flag] = False,
    no_browser: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> int:
    """Open the studio: watch networks learn, look at runs, start new ones.

    Parameters
    ----------
    folder
        Whose runs and data are shown; new ones are written there.
    port
        0 takes a free one.
    host
        The address to listen on.
    token
        What the page's address carries; drawn at random when not given.
    beyond_this_machine
        Allow an address that others can reach. Whoever has the token can then read the
        folder and start runs; the line is not encrypted.
    no_browser
        Print the address and open no browser.
    json
        Print the address as one line of JSON.
    """
    from lawful.web.server import prepared

    server_of = prepared(folder, host=host, port=port, token=token, beyond=beyond_this_machine)
    with server_of as (server, listening, studio):
        if json:
            put_json({"url": studio.url, "folder": str(studio.folder)})
        else:
            # On one line, however narrow the terminal: an address is copied whole.
            screen().print(studio.url, style="bold", soft_wrap=True, markup=False)
            said(screen(), f"shows {studio.folder}; Ctrl-C ends it")
        sys.stdout.flush()
        if not (no_browser or json):
            _browse(studio.url)
        with suppress(KeyboardInterrupt):  # the way to end it
            server.run(sockets=[listening])
    return 0


def _browse(url: str) -> None:
    """Open a browser once the server listens, which it does: the socket is bound."""
    import threading
    import webbrowser

    threading.Timer(0.3, webbrowser.open, (url,)).start()
