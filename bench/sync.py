"""Time until answerable, requests and peak memory of a sync, beside a naive fetcher.

python bench/sync.py [--items 10000] [--latency 0.05] [--runs 3]
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from tapd import admin, machine, sandbox

IN_FLIGHT = 4
FLOOR_REQUESTS = 62


def naive(environment: dict[str, str]) -> tuple[float, int]:
    """Read all stories and bugs as a simple script does: pages of 30, one by one, a new
    connection each. Returns seconds and requests."""
    began, requests = time.perf_counter(), 0
    for path in ("stories", "bugs"):
        page = 1
        while True:
            query = urllib.parse.urlencode(
                {
                    "workspace_id": environment["TAPD_WORKSPACE_ID"],
                    "page": page,
                    "limit": 30,
                }
            )
            request = urllib.request.Request(
                f"{environment['TAPD_API_BASE_URL']}/{path}?{query}",
                headers={"Authorization": f"Bearer {environment['TAPD_ACCESS_TOKEN']}"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                rows = json.loads(answer.read())["data"]
            requests += 1
            if len(rows) < 30:
                break
            page += 1
    return time.perf_counter() - began, requests


def received(environment: dict[str, str], items: int, least: int) -> float:
    """Seconds to receive what a first sync asks for, IN_FLIGHT requests at once, and drop it.

    That is the floor on this machine, where the sandbox takes a core; it also lets the sandbox
    encode its pages before anything is measured.
    """
    base = urllib.parse.urlsplit(environment["TAPD_API_BASE_URL"])
    headers = {"Authorization": f"Bearer {environment['TAPD_ACCESS_TOKEN']}"}
    pages = range(1, math.ceil(items / 2 / 200) + 1)
    asked = [(path, {"page": page}) for path in ("stories", "bugs") for page in pages]
    asked += [("stories/count", {})] * (least - len(asked))
    here = threading.local()

    def get(request: tuple[str, dict[str, int]]) -> None:
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection(base.netloc, timeout=60)
        path, page = request
        query = {"workspace_id": environment["TAPD_WORKSPACE_ID"], **page}
        if page:
            query |= {"limit": 200, "order": "id asc"}
        here.connection.request("GET", f"/{path}?{urllib.parse.urlencode(query)}", None, headers)
        here.connection.getresponse().read()

    began = time.perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(get, asked))
    return time.perf_counter() - began


def ours(environment: dict[str, str], phase: str, home: str) -> dict[str, float]:
    """Run one phase in a process of its own; returns what it measured."""
    answer = subprocess.run(
        [sys.executable, __file__, "--phase", phase],
        check=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        timeout=3600,
        env=os.environ
        | environment
        | {"TAPLENS_HOME": home, "TAPLENS_BUDGET_FOLDER": home}
        | {
            "TAPLENS_REQUESTS_PER_MINUTE": environment.get("TAPLENS_REQUESTS_PER_MINUTE", "1000000")
        },
    )
    return json.loads(answer.stdout)


async def measure(phase: str) -> dict[str, float]:
    from taplens.cli.app import collect_rarely
    from taplens.config import load
    from taplens.mirror.keeper import Keeper

    collect_rarely()  # as every command does
    async with Keeper(load()) as keeper:
        began = time.perf_counter()
        if phase == "answerable":
            await keeper.ready(keeper.workspace_ids)
            return {
                "seconds": time.perf_counter() - began,
                "requests": keeper.client().usage.requests,
            }
        report = await keeper.sync(census=False)
    return {
        "seconds": report.seconds,
        "requests": report.requests,
        "waited": report.waited_seconds,
        "answerable": report.answerable_seconds or 0,
        "memory": peak_memory(),
        **{f"rows {name}": n for name, n in report.rows.items()},
    }


def peak_memory() -> float:
    """This process's peak resident memory in MB."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


CAPS = {"story_change": 100, "task_change": 100}
STREAMS = (
    "story",
    "bug",
    "task",
    "tcase",
    "iteration",
    "comment",
    "story_change",
    "bug_change",
    "task_change",
)


def pages(report: dict[str, float], names: tuple[str, ...]) -> int:
    """The least pages that these rows take."""
    return sum(math.ceil(report.get(f"rows {name}", 0) / CAPS.get(name, 200)) for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--phase")
    options = parser.parse_args()
    if options.phase:
        print(json.dumps(asyncio.run(measure(options.phase))))
        return
    with sandbox(options.items) as environment:
        run(options, environment)


def run(options: argparse.Namespace, environment: dict[str, str]) -> None:
    base_url = environment["TAPD_API_BASE_URL"]
    print(f"{machine()}; {options.items} items, {options.latency * 1000:.0f} ms a request")
    admin(base_url, "POST", "faults", {"kind": "latency", "seconds": options.latency})
    # The aim is for 5,000 stories and 5,000 bugs; other sizes have other least pages.
    least = 12 + 2 * math.ceil(options.items / 2 / 200)
    floor = least / IN_FLIGHT * options.latency
    received(environment, options.items, least)
    bare = statistics.median(received(environment, options.items, least) for _ in range(3))
    answerable = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as home:
            admin(base_url, "DELETE", "requests")
            answerable.append(ours(environment, "answerable", home))
    seconds = statistics.median(run["seconds"] for run in answerable)
    slow, naive_requests = naive(environment)
    print(
        f"answerable: {seconds:.2f} s (runs {[round(r['seconds'], 2) for r in answerable]}); "
        f"floor {floor:.2f} s ({least} requests / {IN_FLIGHT} in flight); "
        f"ratio {seconds / floor:.2f}, aim <= 2; "
        f"only receiving the same: {bare:.2f} s, ratio {seconds / bare:.2f}"
    )
    print(f"naive fetcher: {slow:.2f} s, {naive_requests} requests: {slow / seconds:.1f} x ours")
    with tempfile.TemporaryDirectory() as home:
        spared = ours(environment | {"TAPLENS_REQUESTS_PER_MINUTE": "60"}, "answerable", home)
        print(
            f"answerable under the default budget of 60 requests a minute: "
            f"{spared['seconds']:.0f} s, {spared['requests']:.0f} requests"
        )
    with tempfile.TemporaryDirectory() as home:
        full = ours(environment, "sync", home)
        history = pages(full, ("story_change", "bug_change", "task_change"))
        print(
            f"full sync: {full['seconds']:.1f} s, {full['requests']:.0f} requests, "
            f"peak memory {full['memory']:.0f} MB; least pages of the history: {history}"
        )
        asked = [row["path"] for row in admin(base_url, "GET", "requests")["requests"]]
        spent = sum("_changes" in path for path in asked)
        print(f"history requests: {spent} (all runs of this sandbox), aim <= {1.2 * history:.0f}")
        changed = admin(base_url, "POST", "life", {"days": 1, "rate": options.items / 100})
        incremental = ours(environment, "sync", home)
        allowed = 25 + pages(incremental, STREAMS)
        print(
            f"incremental after {sum(changed.values())} acts: {incremental['seconds']:.2f} s, "
            f"{incremental['requests']:.0f} requests, aim <= {allowed}"
        )


if __name__ == "__main__":
    main()
