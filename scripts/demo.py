"""The demo: a sandbox as TAPD and model provider, its workspace mirrored, then MCP and chat.

Runs on a fresh machine with Python 3.11 or newer and nothing else. Ctrl-C ends everything that
was started. `--once` ends after one health check was served, `--seconds` after a time.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import ROOT, ensure

PORT = 8780
STARTING_SECONDS = 60
ENDING_SECONDS = 10
INTERRUPTED = 130
# Left out of the demo's environment: it must not reach a real TAPD or model by mistake.
OTHER_SETTINGS = ("TAPD_", "TAPLENS_", "SILICONFLOW_", "DEEPSEEK_")
DATABASES = ("mirror.db", "state.db", "budget.db")


def main() -> int:
    """Run the demo; returns its exit code."""
    options = _options()
    return run(options, [str(ensure()), "-m", "taplens"])


def run(options: argparse.Namespace, taplens: list[str]) -> int:
    """Run the demo with the command `taplens`, until it is told to end; returns its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started, too
    try:
        return _demo(options, taplens)
    except KeyboardInterrupt:
        return INTERRUPTED


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=300, help="stories and bugs (300)")
    parser.add_argument("--home", type=Path, default=ROOT / ".demo", help="folder of the mirror")
    parser.add_argument("--port", type=int, default=None, help=f"of the MCP server ({PORT})")
    parser.add_argument("--seconds", type=float, default=None, help="end after so long")
    parser.add_argument("--once", action="store_true", help="end after one health check")
    return parser.parse_args()


def _demo(options: argparse.Namespace, taplens: list[str]) -> int:
    sandbox = [*taplens, "sandbox", "--port", "0", "--items", str(options.items)]
    sandbox += ["--provider", "--json"]
    with _child(sandbox, stdout=subprocess.PIPE) as tapd:
        environment = _environment(options.home, json.loads(_first_line(tapd)))
        for command in ("sync", "status"):
            code = subprocess.run([*taplens, command], env=environment, check=False).returncode
            if code:
                return code
            print(flush=True)
        return _serve(options, taplens, environment)


def _environment(home: Path, sandbox: dict[str, str]) -> dict[str, str]:
    """What makes TapLens use the sandbox, and a home of its own that begins empty."""
    for name in DATABASES:  # they belong to the sandbox of an earlier demo, which is gone
        for path in home.glob(f"{name}*"):
            path.unlink()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OTHER_SETTINGS)}
    if "TAPLENS_LANG" in os.environ:
        kept["TAPLENS_LANG"] = os.environ["TAPLENS_LANG"]
    # The sandbox is ours: it needn't be spared, and its budget is nobody else's.
    place = str(home.absolute())
    own = {"TAPLENS_HOME": place, "TAPLENS_BUDGET_FOLDER": place}
    return kept | sandbox | own | {"TAPLENS_REQUESTS_PER_MINUTE": "6000"}


def _serve(options: argparse.Namespace, taplens: list[str], environment: dict[str, str]) -> int:
    port = options.port if options.port is not None else _free_port(PORT)
    command = [*taplens, "serve", "--port", str(port)]
    with _child(command, env=environment) as server:
        _wait_until_healthy(port, server)
        if options.once:
            return 0
        try:
            return server.wait(options.seconds)
        except subprocess.TimeoutExpired:
            return 0


@contextmanager
def _child(command: list[str], **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that ends with the block, whatever happens."""
    with subprocess.Popen(command, **settings) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit("The sandbox didn't start.")
    return line


def _free_port(wanted: int) -> int:
    """`wanted` where it is free, else any port that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def _wait_until_healthy(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(server.returncode)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        except (http.client.HTTPException, OSError):
            time.sleep(0.1)
        finally:
            connection.close()
    sys.exit("The MCP server didn't start in time.")


if __name__ == "__main__":
    sys.exit(main())
