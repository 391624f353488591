"""Commands as processes of their own: serving, being interrupted, piping, and the demo."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.timeout(30)  # several processes, one after the other
by_signal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows can't send Ctrl-C to one process alone"
)


@contextmanager
def process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "taplens", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def interrupt(running: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C, and how the process ended: its exit code and what it said."""
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    return running.returncode, err


def get(url: str) -> int:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", f"/{path}")
    status = connection.getresponse().status
    connection.close()
    return status


@by_signal
def test_a_server_prints_what_to_paste_and_ends_with_ctrl_c(environment: dict[str, str]) -> None:
    with process(environment, "serve", "--port", "0", "--json") as server:
        assert server.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            text += server.stdout.readline()
        printed = json.loads(text)
        assert get(printed["url"].replace("/mcp", "/healthz")) == 200
        assert printed["http"]["mcpServers"]["taplens"]["url"] == printed["url"]
        code, err = interrupt(server)
    assert code == 130
    assert "Nothing that was committed is lost" in err
    assert "Traceback" not in err


@by_signal
def test_a_sandbox_tells_how_to_use_it_and_ends_with_ctrl_c(environment: dict[str, str]) -> None:
    with process(environment, "sandbox", "--port", "0", "--items", "5", "--json") as sandbox:
        assert sandbox.stdout is not None
        told = json.loads(sandbox.stdout.readline())
        assert get(told["TAPD_API_BASE_URL"] + "/_sandbox/requests") == 200
        code, err = interrupt(sandbox)
    assert code in (0, 130)
    assert "Traceback" not in err


@by_signal
def test_a_sync_that_is_interrupted_goes_on_at_the_next_run(
    environment: dict[str, str], sandbox: RunningSandbox
) -> None:
    sandbox.fault("latency", seconds=0.3)
    with process(environment, "sync") as syncing:
        while len(sandbox.requests()) < 8:
            assert syncing.poll() is None
        code, err = interrupt(syncing)
    assert code == 130
    assert "Nothing that was committed is lost" in err
    assert "Traceback" not in err
    sandbox.clear_faults()
    done = subprocess.run(
        [sys.executable, "-m", "taplens", "count", "type:bug"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "100\n")


@by_signal
def test_an_mcp_server_in_a_terminal_ends_with_ctrl_c(environment: dict[str, str]) -> None:
    with process(environment, "mcp") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 1
        code, err = interrupt(server)
    assert code == 130
    assert "Traceback" not in err


def test_output_is_utf_8_whatever_the_locale(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "taplens", "status"],
        env=environment | {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0", "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert "星舟商城" in done.stdout.decode("utf-8")


def test_a_reader_that_leaves_early_is_no_fault(environment: dict[str, str]) -> None:
    with process(environment, "find", "--limit", "200") as finding:
        assert finding.stdout is not None
        finding.stdout.readline()
        finding.stdout.close()
        finding.stdout = None
        _, err = finding.communicate(timeout=20)
    assert finding.returncode == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


@contextmanager
def demo(environment: dict[str, str], home: Path, *, once: bool) -> Iterator[subprocess.Popen[str]]:
    code = (
        "import sys; sys.path.insert(0, 'scripts'); import demo, argparse, pathlib;"
        "options = argparse.Namespace(items=20, home=pathlib.Path(sys.argv[1]), port=None,"
        f" seconds=None, once={once});"
        "sys.exit(demo.run(options, [sys.executable, '-m', 'taplens']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        cwd=ROOT,
        env=environment | {"TAPD_WORKSPACE_ID": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as started:
        try:
            yield started
        finally:
            started.terminate()


def test_the_demo_mirrors_shows_and_serves(tmp_path: Path, environment: dict[str, str]) -> None:
    with demo(environment, tmp_path / "demo", once=True) as running:
        out, err = running.communicate(timeout=25)
    assert running.returncode == 0, err
    assert "星舟商城 (50311786)" in out
    assert "Open urgent bugs" in out
    assert '"TAPD_ACCESS_TOKEN": "demo"' in out
    assert '"url": "http://127.0.0.1:' in out
    assert list((tmp_path / "demo").iterdir())


@by_signal
def test_an_ended_demo_leaves_no_process_behind(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with demo(environment, tmp_path / "demo", once=False) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Ctrl-C" in line:
                break
        children = psutil.Process(running.pid).children(recursive=True)
        running.terminate()
        running.wait(20)
    assert len(children) >= 2  # the sandbox and the server
    left = psutil.wait_procs(children, timeout=5)[1]
    for child in left:
        child.kill()
    assert left == []
