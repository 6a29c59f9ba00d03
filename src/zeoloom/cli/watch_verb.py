"""`watch`: a page on a long run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zeoloom
from zeoloom.cli.terminal import out

if TYPE_CHECKING:
    from zeoloom.run.file_requests import WatchRequest


def watch_verb(request: WatchRequest) -> None:
    """Serve a page, to this machine alone, that shows a run or a database as it grows."""
    with zeoloom.watch_server(request) as server:
        out.print(f"http://127.0.0.1:{server.server_port}/ until you press Ctrl-C")
        server.serve_forever()
