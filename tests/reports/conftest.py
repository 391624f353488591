"""Reports of a mirrored sandbox, each made once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from taplens.mirror import Keeper
from taplens.tools.context import ToolContext
from taplens.tools.reporting import ReportAsked, report_of
from tests.llm.conftest import client_of, manual_time, server, transport_of, upstream_of
from tests.tools.conftest import FIRST, SECOND, Ask, ask, context, keeper, mirrored

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.reports.model import Report

__all__ = [
    "DAYS", "FIRST", "SECOND", "Ask", "ask", "client_of", "context", "hostile", "keeper", "made",
    "manual_time", "mirrored", "server", "transport_of", "upstream_of",
]  # fmt: skip

DAYS = {"since": "2026-03-18", "until": "2026-03-31"}
HOSTILE = "<script>alert(1)</script> ![x](http://evil/?q) `a` <@all> | \u202e😀"


def made(settings: Settings, **asked: Any) -> Report:
    """A report of the mirror in `settings`."""

    async def work() -> Report:
        async with Keeper(settings) as opened:
            asking = ToolContext(keeper=opened, workspaces=settings.workspace_ids, locale="en")
            return await report_of(asking, ReportAsked(**(DAYS | asked)))

    return asyncio.run(work())


@pytest.fixture(scope="session")
def report(mirrored: Settings) -> Report:
    """The report of two weeks, in English."""
    return made(mirrored)


@pytest.fixture(scope="session")
def chinese(mirrored: Settings) -> Report:
    """The same in Chinese."""
    return made(mirrored, lang="zh")


def hostile(report: Report) -> Report:
    """The report with texts that would do harm if they weren't taken for texts."""
    sections = []
    for section in report.sections:
        items = tuple(replace(one, title=HOSTILE, owner=HOSTILE) for one in section.items)
        figures = tuple(replace(one, label=HOSTILE) for one in section.figures)
        sections.append(replace(section, items=items, figures=figures))
    return replace(report, where=HOSTILE, sections=tuple(sections))
