"""The gateway beside a direct call, a bare pass-through, and (--peers) other gateways, in one run.

Each server has a core of its own; the mock provider and the load share another one. All servers are
up at once and take turns; the figures are medians of the rounds.

    python bench/gateway/run.py [--rounds 3] [--seconds 3] [--peers] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import contenders
import peers
from contenders import OTHER_CORE, Contender, Running, on_core, running

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tapd import machine

OPEN_STREAMS = 1000
STARTS = 5
AIMS = {"pass-through": 0.5, "LiteLLM": 25.0, "Portkey": 3.0}  # TapLens's rate over theirs
_FILES = 8192  # two for each open stream, and some


RUNS = {
    "one": ("--model=mock", "--concurrency=1"),
    "32": ("--model=mock", "--concurrency=32"),
    "64": ("--model=mock", "--concurrency=64"),
    "streams of 50": ("--model=mock-50", "--concurrency=32", "--stream"),
    "streams of 200": ("--model=mock-200", "--concurrency=32", "--stream"),
    "first events": ("--model=mock-clock", "--concurrency=16", "--stream"),
}


class Figure(NamedTuple):
    """A row of the table: which of the load's figures, in which of the runs."""

    title: str
    run: str
    key: str
    form: str = "{:,.0f}"


RATE = Figure("requests/s, 32 at once", "32", "requests_per_second")
# What a busy machine changes least: how much the server itself has to do.
EFFORT = Figure("requests a CPU second, 32 at once", "32", "requests_per_cpu_second")
LATENCY = Figure("ms a request, one at a time", "one", "median_ms", "{:.2f}")
LAG = Figure("ms from a first event's sending, 16 streams", "first events", "lag_ms", "{:.2f}")
FIGURES = (
    RATE,
    Figure("requests/s, 64 at once", "64", "requests_per_second"),
    EFFORT,
    LATENCY,
    Figure("ms a request, 32 at once", "32", "median_ms", "{:.2f}"),
    Figure("events/s, streams of 50, 32 at once", "streams of 50", "events_per_second"),
    Figure("events/s, streams of 200, 32 at once", "streams of 200", "events_per_second"),
    LAG,
)


class Found(NamedTuple):
    """Medians by figure's title and server's name; requests that went wrong by server."""

    figures: dict[str, dict[str, float]]
    errors: dict[str, int]


def measured(servers: dict[Contender, Running], rounds: int, seconds: float) -> Found:
    """Each figure of each server, in turn, `rounds` times."""
    reports: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for _ in range(rounds):
        for run, options in RUNS.items():
            for server, process in servers.items():
                report = _loaded(server, process, *options, f"--seconds={seconds}")
                reports[run, server.name].append(report)
    names = [server.name for server in servers]
    medians = {
        figure.title: {
            name: statistics.median(report[figure.key] for report in reports[figure.run, name])
            for name in names
        }
        for figure in FIGURES
    }
    errors = {
        name: sum(report["errors"] for run in RUNS for report in reports[run, name])
        for name in names
    }
    return Found(medians, errors)


def _loaded(server: Contender, process: Running, *options: str) -> dict[str, Any]:
    before = process.cpu_seconds
    with on_core(OTHER_CORE):
        done = subprocess.run(
            server.load_command(*options), check=True, stdout=subprocess.PIPE, timeout=300
        )
    report: dict[str, Any] = json.loads(done.stdout)
    spent = process.cpu_seconds - before
    return report | {"requests_per_cpu_second": report["answered"] / max(spent, 0.01)}


def memory(server: Contender, process: Running, streams: int) -> dict[str, float]:
    """MB before and while `streams` are open."""
    before = process.megabytes
    with (
        on_core(OTHER_CORE),
        subprocess.Popen(
            server.load_command("--model=mock-held", f"--hold={streams}"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as client,
    ):
        assert client.stdout is not None
        opened = json.loads(client.stdout.readline())["open"]
        during = process.megabytes
        client.communicate(b"\n", timeout=60)
    return {"streams": opened, "before": before, "during": during}


def starts(server: Contender, count: int) -> float:
    """Seconds from the start of the process to the first answer, the median."""
    took = []
    for _ in range(count):
        with running(server) as process:
            took.append(process.start_seconds)
    return statistics.median(took)


def table(found: Found, names: list[str], start_seconds: dict[str, float]) -> str:
    """The figures as Markdown."""
    lines = ["| figure | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for figure in FIGURES:
        row = found.figures[figure.title]
        lines.append(_row(figure.title, [figure.form.format(row[name]) for name in names]))
    one = found.figures[LATENCY.title]
    added = ["", *(f"{one[name] - one['direct']:+.2f}" for name in names[1:])]
    lines.append(_row("ms added to a request, one at a time", added))
    began = ["", *(f"{start_seconds[name]:.2f}" for name in names[1:])]
    lines.append(_row("s from start to the first answer", began))
    return "\n".join(lines)


def _row(title: str, cells: list[str]) -> str:
    return f"| {title} | " + " | ".join(cells) + " |"


def verdicts(found: Found) -> list[tuple[str, float, str, bool]]:
    """What was aimed at: title, what was reached, the aim, whether it was met."""
    reached = []
    for figure in (RATE, EFFORT):
        row = found.figures[figure.title]
        for name, least in AIMS.items():
            if name in row:
                times = row["TapLens"] / row[name]
                title = f"{figure.title}: times {name}'s"
                reached.append((title, times, f">= {least:g}", times >= least))
    first = found.figures[LAG.title]
    late = first["TapLens"] - first["direct"]
    return [*reached, ("ms added to the first event", late, "<= 1", late <= 1)]


def raise_file_limit() -> None:
    """Let this process and its children open enough connections, where the system asks."""
    with contextlib.suppress(ImportError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def load_average() -> str:
    """How busy the machine is, where it tells."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def everything(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All figures, with all servers up at once."""
    mock = contenders.upstream(contenders.free_port())
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(running(mock, OTHER_CORE))
        own = [
            contenders.passthrough(mock.base_url, folder),
            contenders.taplens(mock.base_url, folder / "home"),
        ]
        servers = [*own, *(contenders.others(mock.base_url) if options.peers else ())]
        start_seconds = {}
        for server in servers:
            starts(server, 1)  # compiles the modules
            start_seconds[server.name] = starts(server, options.starts)
        processes = {server: stack.enter_context(running(server)) for server in servers}
        found = measured({mock: provider} | processes, options.rounds, options.seconds)
        memories = {
            server.name: memory(server, processes[server], options.streams) for server in own
        }
    return {"found": found, "start_seconds": start_seconds, "memory": memories}


def show(results: dict[str, Any], options: argparse.Namespace, before: str) -> None:
    found: Found = results["found"]
    names = ["direct", *results["start_seconds"]]
    print(
        f"{machine()}; median of {options.rounds} rounds of {options.seconds:g} s; load of the "
        f"machine before {before}, after {load_average()} (the benchmark itself makes up to 2)"
    )
    if options.peers:
        print("; ".join(f"{name} {version}" for name, version in peers.versions().items()))
    print(f"\n{table(found, names, results['start_seconds'])}\n")
    print("errors: " + ", ".join(f"{name} {found.errors[name]}" for name in names))
    for name, held in results["memory"].items():
        print(
            f"{name}: {held['before']:.0f} MB, {held['during']:.0f} MB with "
            f"{held['streams']:.0f} open streams"
        )
    for title, value, aim, met in verdicts(found):
        print(f"{title}: {value:.2f}, aim {aim}: {'met' if met else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--streams", type=int, default=OPEN_STREAMS)
    parser.add_argument("--peers", action="store_true", help="beside the installed peers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    raise_file_limit()
    before = load_average()
    with tempfile.TemporaryDirectory() as folder:
        results = everything(options, Path(folder))
    if options.json:
        print(json.dumps(results | {"found": results["found"]._asdict()}, ensure_ascii=False))
    else:
        show(results, options, before)


if __name__ == "__main__":
    main()
