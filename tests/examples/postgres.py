"""A PostgreSQL server of the tests' own; tests that need one skip where there is none."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres_server() -> Iterator[str]:
    """Starts a server; gives the address of an empty database on it."""
    programs = {name: shutil.which(name) for name in ("initdb", "pg_ctl")}
    if None in programs.values():
        pytest.skip("needs PostgreSQL: initdb and pg_ctl are not installed")
    if find_spec("ase_db_backends") is None or find_spec("psycopg2") is None:
        pytest.skip("needs the extra database: ase-db-backends and psycopg2")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        user = {}
        if os.getuid() == 0:  # a server refuses to be run by root
            try:
                who = pwd.getpwnam("postgres")
            except KeyError:
                pytest.skip("needs a user postgres, as root may start no server")
            os.chown(folder, who.pw_uid, who.pw_gid)
            user = {"user": "postgres", "group": who.pw_gid}
        data = Path(folder) / "data"

        def call(name: str, *arguments: str) -> None:
            subprocess.run(
                [str(programs[name]), "-D", str(data), *arguments],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **user,  # type: ignore[call-overload]
            )

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        call("initdb", "-U", "tester", "-A", "trust", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "-w", "-o", options, "start")
        try:
            yield f"postgresql://tester:secret@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
