"""The resources: items and reports by their addresses, as Markdown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import mcp_types as types

from taplens.errors import NotFoundError

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

SCHEME = "tapd"
ITEM = "tapd://{workspace}/{type}/{id}"
REPORT = "tapd://{workspace}/report/{since}/{until}"
MARKDOWN = "text/markdown"
TYPES = ("story", "bug", "task", "tcase", "iteration")
# Reports worth a place in a list, by the period that both ends name.
_LISTED = ("last_week", "last_month")
_MOST_CHARACTERS = 400


def templates() -> types.ListResourceTemplatesResult:
    """The kinds of resources there are."""
    return types.ListResourceTemplatesResult(
        resource_templates=[
            types.ResourceTemplate(
                name="item",
                title="TAPD item",
                uri_template=ITEM,
                description="Everything about one item: fields, description, comments, history.",
                mime_type=MARKDOWN,
            ),
            types.ResourceTemplate(
                name="report",
                title="Report of a period",
                uri_template=REPORT,
                description="Figures, flow, quality, risks and items to look at, since to until.",
                mime_type=MARKDOWN,
            ),
        ]
    )


def listed(workspaces: Sequence[str]) -> types.ListResourcesResult:
    """Resources that can be read at once; items are too many to be listed."""
    return types.ListResourcesResult(
        resources=[
            types.Resource(
                name=f"report {period} {workspace}",
                title=f"Report of {period.replace('_', ' ')} ({workspace})",
                uri=report_address(workspace, period, period),
                mime_type=MARKDOWN,
            )
            for workspace in workspaces
            for period in _LISTED
        ]
    )


def report_address(workspace: str, since: str, until: str) -> str:
    """The address of a report."""
    return f"{SCHEME}://{workspace}/report/{quote(since, safe='')}/{quote(until, safe='')}"


async def read(context: ToolContext, address: str) -> types.ReadResourceResult:
    """What stands at an address. Raises NotFoundError for one that leads nowhere, and as tools."""
    workspace, parts = _split(address)
    context.chosen([workspace])  # no other workspace than the caller's
    match parts:
        case ["report", since, until]:
            text = await _report(context, workspace, since, until)
        case [kind, digits] if kind in TYPES and digits.isascii() and digits.isdigit():
            text = await _item(context, workspace, kind, digits)
        case _:
            raise _unknown(address)
    content = types.TextResourceContents(uri=address, mime_type=MARKDOWN, text=text)
    return types.ReadResourceResult(contents=[content])


def _split(address: str) -> tuple[str, list[str]]:
    if len(address) > _MOST_CHARACTERS:
        raise _unknown(address)
    try:
        place = urlsplit(address)
    except ValueError:
        raise _unknown(address) from None
    if place.scheme != SCHEME or not place.netloc or place.query or place.fragment:
        raise _unknown(address)
    return place.netloc, [unquote(part) for part in place.path.strip("/").split("/")]


def _unknown(address: str) -> NotFoundError:
    return NotFoundError("resource_unknown", address=address[:80], known=f"{ITEM}, {REPORT}")


async def _item(context: ToolContext, workspace: str, kind: str, digits: str) -> str:
    from taplens.tools import registry

    asked = {"ids": [f"{kind}:{digits}"], "workspace": [workspace]}
    # Whoever reads a resource wants all of it: there is no next page to ask for.
    return (await registry.call(replace(context, budget=None), "get_items", asked)).text


async def _report(context: ToolContext, workspace: str, since: str, until: str) -> str:
    from taplens.reports.formats import text_of
    from taplens.tools.reporting import ReportAsked, report_of

    asked = ReportAsked(since=since, until=until, workspace=(workspace,))
    report = await report_of(context, asked)
    home = context.keeper.settings.home
    return await asyncio.to_thread(partial(text_of, report, "md", "overview", home))
