"""A PostgreSQL server with PostGIS of one's own, on a socket of this machine, for as long as a test run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
EXTENSION = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
NOBODY_ELSE = "postgres"  # who runs the server where the tests are run by root, for whom it refuses to


def installed() -> bool:
    return bool(PROGRAMS and EXTENSION)


@contextmanager
def server() -> Iterator[str]:
    """Its address; the user `farmer` with the password `hay` owns the database `land`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="postgis-", dir="/tmp"))  # a socket's path is short
    user = NOBODY_ELSE if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    programs = PROGRAMS[-1].parent

    def program(name: str, *arguments: str) -> None:
        subprocess.run(
            [programs / name, *arguments],
            user=user,
            check=True,
            cwd=folder,
            capture_output=True,
            env={"LC_ALL": "C"},
        )

    program("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
    program("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", f"-p {port} -k {folder} -h 127.0.0.1 -F", "start")
    try:
        for command in ("CREATE ROLE farmer SUPERUSER LOGIN PASSWORD 'hay'", "CREATE DATABASE land OWNER farmer"):
            program("psql", "-h", str(folder), "-p", str(port), "-U", "postgres", "-c", command)
        address = f"postgresql://farmer:hay@127.0.0.1:{port}/land"  # pragma: allowlist secret
        run(address, "CREATE EXTENSION postgis")
        yield address
    finally:
        program("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def run(address: str, *commands: str) -> None:
    """Each command in a transaction of its own."""
    from adbc_driver_postgresql import dbapi

    with closing(dbapi.connect(address, autocommit=True)) as connection, closing(connection.cursor()) as cursor:
        for command in commands:
            cursor.execute(command)
