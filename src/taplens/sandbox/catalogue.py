"""Wikis, releases, features and test plans of a workspace: few rows, written at once."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from taplens.clock import day_start, tapd_time
from taplens.sandbox.vocabulary import WIKIS
from taplens.sandbox.workspace import Workspace

Row = dict[str, Any]

_QUARTER_DAYS = 91


def write(workspace: Workspace, rng: Random, today: date) -> None:
    """Write them as of `today`."""
    for number, name in enumerate(WIKIS):
        workspace.sink("wiki", _wiki(workspace, rng, name, today - timedelta(days=30 * number + 9)))
    for quarter in range(-3, 2):
        release = _release(workspace, quarter, today)
        workspace.sink("release", release)
        workspace.sink("feature", _feature(workspace, release))
        workspace.sink("test_plan", _test_plan(workspace, release))


def _wiki(workspace: Workspace, rng: Random, name: str, day: date) -> Row:
    lead = workspace.crew.lead
    row = {
        "id": workspace.next_id("wiki"),
        "name": name,
        "workspace_id": workspace.id,
        "note": "",
        "view_count": str(rng.randrange(3, 400)),
        "created": tapd_time(day_start(day - timedelta(days=60)) + 36_000),
        "creator": lead,
        "modified": tapd_time(day_start(day) + 54_000),
        "modifier": rng.choice(workspace.crew.tester_nicks),
    }
    if rng.random() < 0.5:
        table = f"| 项 | 负责人 |\n| --- | --- |\n| 回滚 | {lead} |"
        text = f"# {name}\n\n1. 确认环境\n2. 通知值班\n\n{table}\n"
        return row | {"markdown_description": text}
    return row | {"description": f"<h1>{name}</h1><p>见群公告。</p>", "is_rich": "1"}


def _release(workspace: Workspace, quarter: int, today: date) -> Row:
    start = today + timedelta(days=quarter * _QUARTER_DAYS - 40)
    end = start + timedelta(days=_QUARTER_DAYS - 1)
    created = tapd_time(day_start(min(start, today) - timedelta(days=20)) + 36_000)
    return {
        "id": workspace.next_id("release"),
        "workspace_id": workspace.id,
        "name": f"{start.year}Q{(start.month - 1) // 3 + 1} 发布计划",
        "startdate": str(start),
        "enddate": str(end),
        "creator": workspace.crew.lead,
        "created": created,
        "modified": created,
        "status": "done" if end < today else "open",
    }


def _feature(workspace: Workspace, release: Row) -> Row:
    number = workspace.numbers.get("feature", 0) % len(workspace.modules)
    return {
        "id": workspace.next_id("feature"),
        "name": f"{workspace.modules[number]}专项",
        "description": "",
        "created": release["created"],
        "modified": release["created"],
        "owner": workspace.crew.lead,
        "due": "1970-01-01",
        "release_id": release["id"],
        "release_name": release["name"],
        "workspace_id": workspace.id,
    }


def _test_plan(workspace: Workspace, release: Row) -> Row:
    tester = workspace.crew.tester_nicks[0]
    return {
        "id": workspace.next_id("test_plan"),
        "workspace_id": workspace.id,
        "name": f"{release['name']} 回归",
        "version": workspace.versions[-1],
        "owner": f"{tester};",
        "status": "close" if release["status"] == "done" else "open",
        "type": "功能测试",
        "start_date": release["startdate"],
        "end_date": release["enddate"],
        "creator": tester,
        "created": release["created"],
        "modified": release["created"],
        "modifier": tester,
        "created_from": "",
    }
