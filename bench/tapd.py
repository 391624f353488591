"""What the benchmarks share: a sandbox in a process of its own, and the machine's name."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def sandbox(items: int, *options: str, seed: int = 1) -> Iterator[dict[str, str]]:
    """A sandbox process; gives the environment that points TapLens at it."""
    command = [
        sys.executable,
        "-m",
        "taplens",
        "sandbox",
        "--items",
        str(items),
        "--seed",
        str(seed),
        "--port",
        "0",
        "--json",
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


def admin(base_url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """A request to the sandbox's admin path."""
    request = urllib.request.Request(
        f"{base_url}/_sandbox/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.loads(answer.read() or b"null")


def machine() -> str:
    """The machine in a few words."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
