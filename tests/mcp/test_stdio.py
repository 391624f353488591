"""The spawned stdio server: what goes over its pipes, how it starts and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taplens.tools import registry

pytestmark = pytest.mark.timeout(20)  # processes of their own, that load the SDK anew
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
GREETING = {
    "protocolVersion": VERSIONS[-1],
    "capabilities": {},
    "clientInfo": {"name": "测试客户端", "version": "1"},
}
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


class Pipe:
    """A client that speaks JSON-RPC line by line to a spawned server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[bytes] = []
        self._id = 0

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        line = json.dumps({"jsonrpc": "2.0"} | message, ensure_ascii=False).encode() + b"\n"
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request; notifications before it are kept in `lines`."""
        self._id += 1
        self.send({"id": self._id, "method": method, "params": parameters})
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            self.lines.append(line)
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._id:
                return message

    def greet(self, version: str = VERSIONS[-1]) -> dict[str, Any]:
        answer = self.ask("initialize", **GREETING | {"protocolVersion": version})
        self.send({"method": "notifications/initialized"})
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def spawned(environment: dict[str, str], *options: str) -> Iterator[Pipe]:
    process = subprocess.Popen(
        [sys.executable, *options, "-m", "taplens", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with process:
        try:
            yield Pipe(process)
        finally:
            process.kill()


def test_a_question_on_an_empty_home_is_answered_and_stdout_carries_only_json_rpc(
    environment: dict[str, str],
) -> None:
    with spawned(environment) as pipe:
        pipe.greet()
        arguments = {"where": "type:bug", "limit": "3"}
        answer = pipe.ask("tools/call", name="find_items", arguments=arguments)["result"]
        assert answer["structuredContent"]["total"] == 100
        assert answer["structuredContent"]["returned"] == 3
        assert all(json.loads(line)["jsonrpc"] == "2.0" for line in pipe.lines)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_handshake_protocol_is_spoken(environment: dict[str, str], version: str) -> None:
    with spawned(environment) as pipe:
        assert pipe.greet(version)["protocolVersion"] == version
        assert len(pipe.ask("tools/list")["result"]["tools"]) == len(registry.NAMES)


def test_the_stateless_protocol_is_spoken(environment: dict[str, str]) -> None:
    with spawned(environment) as pipe:
        found = pipe.ask("server/discover", _meta=_META)["result"]
        assert found["supportedVersions"] == [MODERN]
        tools = pipe.ask("tools/list", _meta=_META)["result"]
        assert len(tools["tools"]) == len(registry.NAMES)
        assert tools["resultType"] == "complete"


def test_a_client_that_probes_first_is_still_greeted(environment: dict[str, str]) -> None:
    with spawned(environment) as pipe:
        assert "result" in pipe.ask("server/discover", _meta=_META)
        assert pipe.greet()["serverInfo"]["name"] == "taplens"
        assert "result" in pipe.ask("tools/list")


def test_a_probe_without_its_envelope_is_refused_and_chooses_nothing(
    environment: dict[str, str],
) -> None:
    with spawned(environment) as pipe:
        assert pipe.ask("server/discover")["error"]["code"] == -32602
        assert pipe.greet()["serverInfo"]["name"] == "taplens"


def test_the_server_ends_when_stdin_does(environment: dict[str, str]) -> None:
    with spawned(environment) as pipe:
        pipe.greet()
        assert pipe.process.stdin is not None
        pipe.process.stdin.close()
        assert pipe.process.wait(4) == 0


def test_a_line_that_is_no_message_ends_nothing(environment: dict[str, str]) -> None:
    with spawned(environment) as pipe:
        pipe.greet()
        assert pipe.process.stdin is not None
        pipe.process.stdin.write("这不是 JSON\n\n{\n".encode() + b"\xff\xfe\n")
        assert "result" in pipe.ask("ping")


def test_neither_the_database_nor_the_http_client_is_loaded_to_greet(
    environment: dict[str, str],
) -> None:
    """`-X importtime` tells on stderr what was loaded by the time the greeting is answered."""
    with spawned(environment, "-X", "importtime") as pipe:
        pipe.ask("initialize", **GREETING)
        pipe.process.kill()
        assert pipe.process.stderr is not None
        told = pipe.process.stderr.read().decode().splitlines()
    loaded = {line.rsplit("|")[-1].strip() for line in told if line.startswith("import time:")}
    assert "mcp.server.lowlevel.server" in loaded
    roots = {name.split(".")[0] for name in loaded}
    heavy = {"sqlalchemy", "aiohttp", "rich", "markdownify", "bs4", "orjson", "sqlite3"}
    assert not roots & (heavy | {"duckdb", "numpy"})
    ours = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("taplens.")}
    assert not ours & {"taplens.mirror", "taplens.tapd", "taplens.sandbox", "taplens.filters"}
