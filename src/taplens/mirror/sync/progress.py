"""What a sync tells while it runs, and what it did when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.tapd import Usage


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One step of a sync under way.

    `total` is None where TAPD doesn't tell; `seconds_left` is an estimate for the step; `note` is
    what else is to be told, such as what it has cost so far.
    """

    workspace_id: str
    step: str
    done: int
    total: int | None
    requests: int
    items_per_second: float
    seconds_left: float | None
    note: str = ""


Progress = Callable[[ProgressEvent], None]


@dataclass(slots=True)
class SyncReport:
    """What a sync did: requests sent, rows landed by step, seconds in all and until answerable.

    `warnings` are keys of the catalogue.
    """

    requests: int = 0
    waited_seconds: float = 0.0
    seconds: float = 0.0
    answerable_seconds: float | None = None
    rows: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def total_rows(self) -> int:
        """Rows landed in all."""
        return sum(self.rows.values())


class Meter:
    """Counts what a sync lands and tells the listener, step by step."""

    def __init__(self, clock: Clock, usage: Usage, listener: Progress | None) -> None:
        self.clock = clock
        self.usage = usage
        self.report = SyncReport()
        self._listener = listener
        self._began = clock.monotonic()
        self._first_request = usage.requests
        self._first_wait = usage.waited_seconds
        self._steps: dict[tuple[str, str], tuple[float, int]] = {}

    def landed(self, workspace_id: str, step: str, rows: int, total: int | None = None) -> None:
        """`rows` more of `step` are in the mirror, of `total` in all where that is known."""
        self.report.rows[step] = self.report.rows.get(step, 0) + rows
        self.advanced(workspace_id, step, rows, total)

    def advanced(self, workspace_id: str, step: str, rows: int, total: int | None = None) -> None:
        """A step went on by `rows`, of `total` in all where that is known."""
        now = self.clock.monotonic()
        began, done = self._steps.setdefault((workspace_id, step), (now, 0))
        done += rows
        self._steps[workspace_id, step] = (began, done)
        if self._listener is None:
            return
        rate = done / max(now - began, 0.001) if done else 0.0
        left = (total - done) / rate if total is not None and rate else None
        self._listener(
            ProgressEvent(
                workspace_id,
                step,
                done,
                total,
                self.requests,
                rate,
                None if left is None else max(left, 0.0),
            )
        )

    def warn(self, key: str) -> None:
        """Something to be told when the sync has ended: a key of the catalogue."""
        if key not in self.report.warnings:
            self.report.warnings.append(key)

    @property
    def requests(self) -> int:
        """Requests sent since the meter began."""
        return self.usage.requests - self._first_request

    def answerable(self) -> None:
        """The items are in the mirror: questions can be answered from now on."""
        if self.report.answerable_seconds is None:
            self.report.answerable_seconds = self.clock.monotonic() - self._began

    def finish(self) -> SyncReport:
        """The report, with its final sums."""
        self.report.requests = self.requests
        self.report.waited_seconds = self.usage.waited_seconds - self._first_wait
        self.report.seconds = self.clock.monotonic() - self._began
        return self.report
