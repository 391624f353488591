"""The servers that are measured: how each is started on a core of its own, and how it is asked."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import load
import peers
import psutil

HERE = Path(__file__).resolve().parent
MODELS = ("mock", "mock-50", "mock-200", "mock-clock", "mock-held")
SERVER_CORE, OTHER_CORE = 0, 1
START_SECONDS = 180.0  # LiteLLM takes a minute on a busy machine
_LOOK_SECONDS = 0.005
_OWN_VARIABLES = ("TAPLENS_", "TAPD_", "SILICONFLOW_", "DEEPSEEK_", "PYTHONDONTWRITE")

# Everything is on, and wide enough to let all of the load through.
_PROVIDERS = """\
[providers.mock]
base_url = "{upstream}"
api_key = "sk-upstream"
models = {models}
currency = "CNY"
rpm = 1_000_000_000
tpm = 2_000_000_000
"""
_MODEL = """
[models."{name}"]
limits = "documented"
price = {{ input = 1.0, output = 4.0 }}
"""
_KEY_OPTIONS = ("--rpm", "1000000000", "--tpm", "2000000000", "--model", "mock*")
_BUDGET = ("--budget", "1000000000", "--currency", "CNY")


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A server: `base_url` of its chat API; an empty `command` means that it runs already."""

    name: str
    base_url: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = "none"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where chats are asked."""
        return f"{self.base_url}/chat/completions"

    def load_command(self, *options: str) -> list[str]:
        """The load generator's command for this server."""
        headers = [f"--header={name}: {value}" for name, value in self.headers.items()]
        program = [sys.executable, str(HERE / "load.py"), self.url, f"--key={self.key}"]
        return [*program, *headers, *options]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


def taplens(upstream: str, home: Path) -> Contender:
    """The gateway with a key, limits, a budget and prices; ledger and metrics are always on."""
    home.mkdir(parents=True, exist_ok=True)
    providers = _PROVIDERS.format(upstream=upstream, models=json.dumps(MODELS))
    providers += "".join(_MODEL.format(name=name) for name in MODELS)
    (home / "providers.toml").write_text(providers, encoding="utf-8")
    program = (sys.executable, "-m", "taplens")
    environment = {"TAPLENS_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home.parent / "compiled")}
    made = subprocess.run(
        [*program, "keys", "create", "bench", *_KEY_OPTIONS, *_BUDGET, "--json"],
        env=_environment(environment),
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    port = free_port()
    command = (*program, "serve", "--port", str(port), "--json")
    key = json.loads(made.stdout)["key"]
    return Contender("TapLens", address(port), command, environment, key)


def passthrough(upstream: str, folder: Path) -> Contender:
    """The bare pass-through on the same stack."""
    port = free_port()
    options = ("--port", str(port), "--no-access-log", "--log-level", "warning")
    command = (sys.executable, "-m", "uvicorn", "--app-dir", str(HERE), *options, "passthrough:app")
    environment = {"BENCH_UPSTREAM": upstream, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return Contender("pass-through", address(port), command, environment)


def others(upstream: str) -> list[Contender]:
    """The installed peers."""
    port = free_port()
    command, environment = peers.litellm(port, upstream, MODELS)
    litellm = Contender("LiteLLM", address(port), tuple(command), environment, peers.KEY)
    port = free_port()
    command, environment = peers.portkey(port)
    headers = peers.portkey_headers(upstream)
    portkey = Contender("Portkey", address(port), tuple(command), environment, peers.KEY, headers)
    return [litellm, portkey]


def upstream(port: int) -> Contender:
    """The mock provider, asked directly."""
    command = (sys.executable, str(HERE / "upstream.py"), "--port", str(port))
    return Contender("direct", address(port), command)


@dataclass(slots=True)
class Running:
    """A started server; `start_seconds` until its first answer."""

    process: subprocess.Popen[bytes]
    start_seconds: float

    @property
    def cpu_seconds(self) -> float:
        """What it has computed so far, for itself and in the kernel."""
        return sum(sum(one.cpu_times()[:2]) for one in self._family())

    @property
    def megabytes(self) -> float:
        """Resident memory, with what it started."""
        return sum(one.memory_info().rss for one in self._family()) / 1e6

    def _family(self) -> list[psutil.Process]:
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]


@contextlib.contextmanager
def running(contender: Contender, core: int = SERVER_CORE) -> Iterator[Running]:
    """The server, answering, on a core of its own where the system lets choose."""
    began = time.perf_counter()
    with on_core(core):
        process = subprocess.Popen(
            contender.command,
            env=_environment(contender.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    try:
        _wait_for_answer(contender, process)
        yield Running(process, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes started inside run on this core only (where there are several, and a choice)."""
    if not hasattr(os, "sched_setaffinity") or core not in os.sched_getaffinity(0):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OWN_VARIABLES)}
    return kept | dict(more)


def _wait_for_answer(contender: Contender, process: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + START_SECONDS
    while (answer := _answer(contender)) != "200":
        if process.poll() is not None or time.perf_counter() > until:
            sys.exit(f"{contender.name} does not answer (exit code {process.poll()}): {answer}")
        time.sleep(_LOOK_SECONDS)


def _answer(contender: Contender) -> str:
    """What a chat is answered with: "200", or what went wrong."""
    body = json.dumps({"model": "mock", "messages": [{"role": "user", "content": load.PROMPT}]})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {contender.key}"}
    parts = urlsplit(contender.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", parts.path, body, headers | dict(contender.headers))
        response = connection.getresponse()
        return "200" if response.status == 200 else f"{response.status} {response.read()!r}"
    except (OSError, http.client.HTTPException) as fault:
        return repr(fault)
    finally:
        connection.close()
