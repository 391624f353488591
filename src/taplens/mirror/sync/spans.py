"""Cutting a long list into spans of time that TAPD lets one page through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.clock import tapd_time
from taplens.tapd.entities import DEPTH_CAP
from taplens.tapd.values import parse_instant

if TYPE_CHECKING:
    from taplens.mirror.sync.job import Job
    from taplens.mirror.sync.rows import RowStream

# Nothing in TAPD is older or younger: the outer spans are open in effect.
_BEGINNING = 946_684_800  # 2000-01-01
_END = 4_102_444_800  # 2100-01-01
_SLACK = 2 * 86_400  # TAPD's clock and ours may differ
_SHORTEST = 1


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time (UTC epoch seconds, both inside), and how many rows it held when counted.

    Without bounds it means everything.
    """

    since: int | None
    until: int | None
    total: int

    def parameters(self, field: str) -> dict[str, Any]:
        """The request parameter that keeps to the span."""
        if self.since is None or self.until is None:
            return {}
        return {field: f"{tapd_time(self.since)}~{tapd_time(self.until)}"}

    def stored(self) -> list[int | None]:
        """The span for a stream's position."""
        return [self.since, self.until, self.total]

    @staticmethod
    def restored(stored: list[Any]) -> Span:
        """The span that a stream's position holds."""
        return Span(*stored)


async def plan_spans(
    job: Job, source: RowStream, total: int, *, field: str = "created", since: int | None = None
) -> list[Span]:
    """Spans of at most DEPTH_CAP rows that hold all `total` rows between them, oldest first.

    Halves the time until each half is small enough: one count a cut.
    """
    if total <= DEPTH_CAP and since is None:
        return [Span(None, None, total)]
    low = since or await workspace_created(job)
    middle_span = Span(low, job.clock.now() + _SLACK, total)
    spans = await _cut(job, source, field, middle_span)
    first, last = spans[0], spans[-1]
    spans[0] = Span(since or _BEGINNING, first.until, first.total)
    spans[-1] = Span(spans[-1].since, _END, last.total)
    return spans


async def _cut(job: Job, source: RowStream, field: str, span: Span) -> list[Span]:
    assert span.since is not None and span.until is not None
    if span.total <= DEPTH_CAP or span.until - span.since <= _SHORTEST:
        return [span]
    middle = (span.since + span.until) // 2
    left = Span(span.since, middle, 0)
    count = await job.client.count(
        source.entity,
        workspace_id=job.workspace_id,
        **source.parameters,
        **left.parameters(field),
    )
    halves = (
        Span(span.since, middle, count),
        Span(middle + 1, span.until, max(span.total - count, 0)),
    )
    return [part for half in halves for part in await _cut(job, source, field, half)]


async def workspace_created(job: Job) -> int:
    """When the workspace was founded (UTC epoch seconds); where TAPD doesn't tell, long ago."""
    info = await job.client.workspace_info(job.workspace_id)
    return parse_instant(info.get("created")) or _BEGINNING
