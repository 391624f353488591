"""Start until `initialize` is answered over stdio, beside a bare one-tool server of the same SDK.

Both are started in turn, with compiled modules kept; the medians are compared.

    python bench/start.py [--runs 15] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tapd import machine

LIMIT = 1.15
BARE = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")


@server.tool()
def echo(text: str) -> str:
    return text


server.run("stdio")
"""
GREETING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """From starting `command` until the greeting is answered."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(GREETING).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        took = time.perf_counter() - began
        process.stdin.close()
        process.kill()
    assert "result" in answer
    return took


def measured(runs: int, folder: str) -> dict[str, float]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPYCACHEPREFIX": folder,
        "TAPLENS_HOME": folder,
        "TAPD_WORKSPACE_ID": "12345678",
    }
    commands = {
        "bare": [sys.executable, "-c", BARE],
        "taplens": [sys.executable, "-m", "taplens", "mcp"],
    }
    for command in commands.values():  # compiles the modules
        seconds(command, environment)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command, environment))
    found = {name: statistics.median(values) for name, values in times.items()}
    return found | {"ratio": found["taplens"] / found["bare"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(options.runs, folder)
    if options.json:
        print(json.dumps(found))
    else:
        print(f"Start → initialize over stdio, median of {options.runs} ({machine()})\n")
        print("| server | ms |\n|---|---|")
        print(f"| bare one-tool server | {found['bare'] * 1000:.0f} |")
        print(f"| taplens mcp | {found['taplens'] * 1000:.0f} |")
        print(f"\nratio {found['ratio']:.2f}, at most {LIMIT}")
    sys.exit(found["ratio"] > LIMIT)


if __name__ == "__main__":
    main()
