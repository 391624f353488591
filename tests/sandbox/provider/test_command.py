"""`taplens sandbox --provider` as a process: what it prints, and that it answers there."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.provider.conftest import chat
from tests.spawning import clean_environment

VARIABLES = (
    "TAPD_API_BASE_URL", "TAPD_ACCESS_TOKEN", "TAPD_WORKSPACE_ID",
    "SILICONFLOW_BASE_URL", "SILICONFLOW_API_KEY",
)  # fmt: skip


@pytest.mark.parametrize("form", [["--json"], []])
def test_the_sandbox_prints_what_makes_it_the_provider(bytecode: Path, form: list[str]) -> None:
    command = [sys.executable, "-m", "taplens", "sandbox", "--provider", "--port", "0"]
    environment = clean_environment() | {"PYTHONPYCACHEPREFIX": str(bytecode)}
    with subprocess.Popen(
        [*command, "--items", "5", *form], stdout=subprocess.PIPE, env=environment, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            told = _told(process.stdout.readline, as_json=bool(form))
            assert tuple(told) == VARIABLES
            assert _answer(told["SILICONFLOW_BASE_URL"], told["SILICONFLOW_API_KEY"]) == 200
        finally:
            process.kill()


def _told(readline: object, *, as_json: bool) -> dict[str, str]:
    assert callable(readline)
    first = readline()
    if as_json:
        return dict(json.loads(first))
    return dict(readline().strip().split("=", 1) for _ in VARIABLES)


def _answer(base_url: str, key: str) -> int:
    host, _, path = base_url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=4)
    body = json.dumps(chat("你好", "Qwen/QwQ-32B")).encode()
    connection.request(
        "POST", f"/{path}/chat/completions", body, {"Authorization": f"Bearer {key}"}
    )
    status = connection.getresponse().status
    connection.close()
    return status
