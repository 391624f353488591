"""Threads that take turns share one heap."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# glibc reserves 64 MB of addresses, most of them without any right, for each thread's own heap.
PROGRAM = """
import sys, threading
from taplens.mirror.heaps import share_one_heap

if sys.argv[1] == "shared":
    share_one_heap()
kept, gate = [], threading.Barrier(4)

def fill():
    gate.wait()
    kept.append([bytes(1000) for _ in range(2000)])

threads = [threading.Thread(target=fill) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
reserved = 0
for line in open("/proc/self/maps", encoding="ascii"):
    place, rights, *_ = line.split()
    start, end = (int(side, 16) for side in place.split("-"))
    reserved += rights == "---p" and end - start > 1 << 25
print(reserved)
"""


def reserved(how: str) -> int:
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, how],
        env={**os.environ, "PYTHONMALLOC": "malloc"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=20,
    )
    return int(answer.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone has such heaps")
def test_threads_share_one_heap() -> None:
    assert reserved("apart") > 0
    assert reserved("shared") == 0
