"""A small team's workspace, landed row by row as TAPD sends rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select, update

from taplens.clock import WORKSPACE_ZONE
from taplens.mirror.database import Database
from taplens.mirror.index.keeping import build_chunk
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import land_changes
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import (
    ensure_workspace,
    land_custom_fields,
    land_field_info,
    land_references,
    land_statuses,
)
from taplens.mirror.landing.rest import Removal, land_comments, land_relations, land_removals
from taplens.mirror.schema import stream, workspace
from taplens.mirror.scope import Scope

WORKSPACE = "58210347"
SECOND = "582103470"  # nine digits; in the scope of some tests
FOREIGN = "60000001"  # mirrored, but never in a scope
ME = "林小满"


def instant(text: str) -> int:
    """UTC epoch seconds of `YYYY-MM-DD HH:MM:SS` in the workspace's zone."""
    from datetime import datetime

    return int(datetime.fromisoformat(text).replace(tzinfo=WORKSPACE_ZONE).timestamp())


NOW = instant("2026-03-20 18:00:00")
SCOPE = Scope((WORKSPACE,), NOW, ME)
BOTH = Scope((WORKSPACE, SECOND), NOW, ME)


def long_id(number: int, workspace_id: str = WORKSPACE) -> str:
    return f"11{workspace_id}{number:09}"


REQUIREMENT, TECHNICAL = long_id(1000010), long_id(1000011)
ITERATIONS = {1: long_id(1000045), 2: long_id(1000046), 3: long_id(1000047)}
CATEGORIES = {"报表": long_id(1000019), "导出": long_id(1000020)}

STORY_STATUSES = {
    "planning": "规划中",
    "developing": "实现中",
    "status_3": "测试中",
    "resolved": "已实现",
}
TECHNICAL_STATUSES = {"planning": "待评估", "status_3": "灰度中", "resolved": "已上线"}
BUG_STATUSES = {
    "new": "新",
    "in_progress": "接受/处理",
    "status_3": "测试中",
    "reopened": "重新打开",
    "closed": "已关闭",
}
PRIORITIES = [
    ("urgent", "紧急"),
    ("high", "高"),
    ("medium", "中"),
    ("low", "低"),
    ("insignificant", "无关紧要"),
]
SEVERITIES = [("fatal", "致命"), ("serious", "严重"), ("normal", "一般"), ("prompt", "提示")]
MEMBERS = {
    ME: "林小满",
    "zhangwei": "张伟",
    "tenzin": "བསྟན་འཛིན།",
    "aygul": "ئايگۈل",
    "old_hand": "",
}
# custom column, label, TAPD's type, options
STORY_CUSTOMS = [
    ("custom_field_one", "客户", "select", '{"1":"ACME","2":"环宇"}'),
    ("custom_field_two", "渠道", "multi_select", "线上|线下|合作方"),
    ("custom_field_three", "耗时", "float", ""),
    ("custom_field_four", "上线日", "dateinput", ""),
]
BUG_CUSTOMS = [
    ("custom_field_one", "客户", "text", ""),
    ("custom_field_two", "复现时间", "datetime", ""),
    ("custom_field_three", "评审人", "user_chooser", ""),
    ("custom_field_four", "备注", "textarea", ""),
]

STORIES: list[dict[str, Any]] = [
    {
        "id": long_id(1000321),
        "name": "订单导出为 CSV 文件",
        "description": "<p>作为<b>运营</b>，我希望导出订单</p>",
        "workitem_type_id": REQUIREMENT,
        "status": "status_3",
        "priority": "4",
        "priority_label": "High",
        "owner": f"{ME};zhangwei;",
        "developer": "zhangwei;",
        "creator": "tenzin",
        "created": "2026-02-03 09:41:07",
        "modified": "2026-03-11 16:20:55",
        "begin": "2026-02-05",
        "due": "2026-03-20",
        "iteration_id": ITERATIONS[2],
        "category_id": CATEGORIES["导出"],
        "module": "报表",
        "label": "阻塞|待讨论",
        "effort": "16",
        "size": "3",
        "custom_field_one": "ACME",
        "custom_field_two": "线上|线下",
        "custom_field_three": "2.5",
        "custom_field_four": "2026-04-01",
    },
    {
        "id": long_id(1000322),
        "name": "导出支持Ｅｘｃｅｌ格式 🎉",
        "workitem_type_id": REQUIREMENT,
        "status": "planning",
        "priority_label": "Middle",
        "owner": f"{ME};",
        "creator": ME,
        "created": "2026-03-19 23:59:59",
        "modified": "2026-03-20 10:00:00",
        "parent_id": long_id(1000321),
        "iteration_id": ITERATIONS[3],
        "category_id": CATEGORIES["报表"],
        "label": "待讨论",
        "effort": "2.5",
        "custom_field_one": "环宇",
        "custom_field_two": "线上",
        "custom_field_three": "10",
    },
    {
        "id": long_id(1000323),
        "name": "升级数据库驱动",
        "workitem_type_id": TECHNICAL,
        "status": "status_3",
        "owner": "zhangwei;",
        "creator": "zhangwei",
        "created": "2026-01-01 00:00:00",
        "modified": "2026-01-31 23:59:59",
        "category_id": "-1",
    },
    {
        "id": long_id(1000324),
        "name": "旧的导出入口",
        "workitem_type_id": REQUIREMENT,
        "status": "resolved",
        "priority_label": "Low",
        "creator": "old_hand",
        "owner": "old_hand;",
        "created": "2025-12-31 23:59:59",
        "modified": "2026-01-15 08:00:00",
        "completed": "2026-01-14 12:00:00",
        "iteration_id": ITERATIONS[1],
    },
]
BUGS: list[dict[str, Any]] = [
    {
        "id": long_id(1000321),  # the same number as a story
        "title": "CSV 丢失前导零",
        "description": "<p>步骤：</p><ol><li>导出</li><li>打开</li></ol>",
        "status": "in_progress",
        "priority": "urgent",
        "priority_label": "urgent",
        "severity": "fatal",
        "reporter": "aygul",
        "current_owner": f"{ME};",
        "te": "aygul;",
        "participator": f";aygul;{ME};",
        "created": "2026-03-01 09:15:20",
        "modified": "2026-03-19 11:02:44",
        "due": "2026-03-25",
        "iteration_id": ITERATIONS[2],
        "module": "报表",
        "version_report": "1.4.0",
        "label": "阻塞",
        "story_id": long_id(1000321),
        "custom_field_one": "ACME",
        "custom_field_two": "2026-03-01 08:00:00",
        "custom_field_three": "zhangwei;tenzin;",
    },
    {
        "id": long_id(1000512),
        "title": "［登录］页面（iOS）闪退",
        "status": "new",
        "priority": "high",
        "severity": "serious",
        "reporter": ME,
        "current_owner": "zhangwei;",
        "created": "2026-03-20 08:00:00",
        "modified": "2026-03-20 08:00:00",
        "version_report": "1.10.0",
        "custom_field_one": "Globex",
        "custom_field_two": "2026-03-18 23:30:00",
    },
    {
        "id": long_id(1000513),
        "title": "报表 100% 卡在[加载]_状态",
        "status": "status_3",
        "priority": "medium",
        "severity": "normal",
        "reporter": "aygul",
        "created": "2026-02-28 12:00:00",
        "modified": "2026-03-05 12:00:00",
        "deadline": "2026-03-01",
        "custom_field_one": "ａcme",  # typed by hand into a text field
    },
    {
        "id": long_id(1000514),
        "title": "导出按钮错位",
        "status": "closed",
        "priority": "low",
        "severity": "prompt",
        "reporter": "aygul",
        "fixer": "zhangwei",
        "closer": "aygul",
        "created": "2026-01-10 12:00:00",
        "modified": "2026-02-01 12:00:00",
        "resolved": "2026-01-20 12:00:00",
        "closed": "2026-02-01 12:00:00",
    },
]
TASKS: list[dict[str, Any]] = [
    {
        "id": long_id(1000877),
        "name": "编写 CSV 序列化",
        "status": "progressing",
        "owner": "zhangwei;",
        "creator": "zhangwei",
        "created": "2026-02-05 10:02:31",
        "modified": "2026-02-09 18:44:10",
        "story_id": long_id(1000321),
        "iteration_id": ITERATIONS[2],
        "progress": "50",
        "effort": "4",
    },
]
TCASES: list[dict[str, Any]] = [
    {
        "id": long_id(1003301),
        "name": "导出保留前导零",
        "status": "normal",
        "priority": "高",
        "type": "功能测试",
        "creator": "aygul",
        "steps": "<p>1. 导出</p>",
        "expectation": "<p>007 不变</p>",
        "created": "2026-02-06 13:30:00",
        "modified": "2026-02-06 13:30:00",
        "is_automated": "1",
    },
]
STORY_CHANGES: list[dict[str, Any]] = [
    {
        "id": long_id(1007711),
        "story_id": long_id(1000321),
        "workitem_type_id": REQUIREMENT,
        "creator": "tenzin",
        "created": "2026-02-04 09:00:00",
        "change_type": "manual_update",
        "field_changes": [
            {"field": "status", "value_before": "planning", "value_after": "developing"},
            {"field": "iteration_id", "value_before": "0", "value_after": ITERATIONS[2]},
        ],
    },
    {
        "id": long_id(1007712),
        "story_id": long_id(1000321),
        "workitem_type_id": REQUIREMENT,
        "creator": "zhangwei",
        "created": "2026-03-11 16:20:55",
        "change_type": "manual_update",
        "field_changes": [
            {"field": "status", "value_before": "developing", "value_after": "status_3"},
            {
                "field": "description",
                "value_before": "<p>旧的<b>描述</b></p>",
                "value_after": "<p>作为<b>运营</b>，我希望导出订单</p>",
            },
        ],
    },
]
COMMENTS: list[dict[str, Any]] = [
    {
        "id": long_id(1009912),
        "entry_type": "stories",
        "entry_id": long_id(1000321),
        "author": "aygul",
        "description": "<p>已在 <b>1.4.1</b> 验证</p>",
        "created": "2026-03-12 10:00:12",
        "modified": "2026-03-12 10:00:12",
        "reply_id": long_id(1009911),
    },
    {
        "id": long_id(1009911),
        "entry_type": "stories",
        "entry_id": long_id(1000321),
        "author": "zhangwei",
        "description": "<p>请验证</p>",
        "created": "2026-03-12 09:00:00",
        "modified": "2026-03-12 09:00:00",
        "reply_id": "0",
    },
]


@contextlib.contextmanager
def landing(database: Database, workspace_id: str = WORKSPACE) -> Iterator[Place]:
    """A place in a write transaction."""
    names = {WORKSPACE: "环宇商城", SECOND: "支付中台", FOREIGN: "别家项目"}
    with database.write() as connection:
        row = {"id": workspace_id, "name": names[workspace_id]}
        key = ensure_workspace(connection, row)
        yield Place(connection, database.terms, key, workspace_id, "user:demo", NOW)


def build(database: Database) -> None:
    """The whole team, and two workspaces beside it."""
    with landing(database) as place:
        _metadata(place)
        _iterations(place)
        for item_type, rows in (
            ("story", STORIES),
            ("bug", BUGS),
            ("task", TASKS),
            ("tcase", TCASES),
        ):
            land_items(place, item_type, rows)
        _removed(place)
        land_changes(place, "story", STORY_CHANGES)
        land_comments(place, COMMENTS)
        story = long_id(1000321)
        land_relations(place, "story_bug", [story], [(story, long_id(1000512))])
        land_relations(place, "story_tcase", [story], [(story, long_id(1003301))])
        _streams(place)
    for workspace_id in (SECOND, FOREIGN):
        with landing(database, workspace_id) as place:
            land_statuses(place, {("bug", ""): {"new": "待处理"}}, {}, {})
            land_items(
                place,
                "bug",
                [
                    {
                        "id": long_id(1000321, workspace_id),
                        "title": "退款金额错误",
                        "status": "new",
                        "reporter": "secret_nick",
                        "current_owner": f"{ME};",
                        "created": "2026-03-20 09:00:00",
                        "modified": "2026-03-20 09:00:00",
                        "custom_field_one": "ACME",
                    }
                ],
            )
    with database.write() as connection:
        for key in connection.scalars(select(workspace.c.key)).all():
            while build_chunk(connection, key):
                pass


def _metadata(place: Place) -> None:
    land_references(
        place,
        "workitem_type",
        [{"id": REQUIREMENT, "name": "需求"}, {"id": TECHNICAL, "name": "技术需求"}],
    )
    land_statuses(
        place,
        {
            ("story", REQUIREMENT): STORY_STATUSES,
            ("story", TECHNICAL): TECHNICAL_STATUSES,
            ("bug", ""): BUG_STATUSES,
        },
        {
            ("story", REQUIREMENT): ["resolved"],
            ("story", TECHNICAL): ["resolved"],
            ("bug", ""): ["closed"],
        },
        {("bug", ""): ["new"]},
    )
    roles = [{"id": "1000000000000000009", "name": "开发"}]
    land_references(place, "role", roles)
    land_references(
        place,
        "member",
        [
            {"user": nick, "name": name, "role_id": ["1000000000000000009"]}
            for nick, name in MEMBERS.items()
        ],
        name="user",
    )
    for kind, names in (
        ("module", ["报表", "登录"]),
        ("version", ["1.4.0", "1.10.0"]),
        ("label", ["阻塞", "待讨论", "有风险"]),
    ):
        rows = [{"id": str(number), "name": name} for number, name in enumerate(names)]
        land_references(place, kind, rows)
    land_references(
        place,
        "category",
        [
            {"id": CATEGORIES["报表"], "name": "报表", "parent_id": "0"},
            {"id": CATEGORIES["导出"], "name": "导出", "parent_id": CATEGORIES["报表"]},
        ],
    )
    land_field_info(
        place,
        "story",
        {
            "name": {"label": "标题"},
            "status": {"label": "状态"},
            "iteration_id": {"label": "迭代"},
            "description": {"label": "详细描述"},
            "priority": {
                "label": "优先级",
                "options": [("4", "High", None), ("3", "Middle", None), ("2", "Low", None)],
            },
            "business_value": {"label": "商业价值"},
        },
    )
    land_field_info(
        place,
        "bug",
        {
            "title": {"label": "标题"},
            "priority": {"label": "优先级", "options": [(*pair, None) for pair in PRIORITIES]},
            "severity": {"label": "严重程度", "options": [(*pair, None) for pair in SEVERITIES]},
            "current_owner": {"label": "处理人"},
            "version_report": {"label": "发现版本"},
        },
    )
    for item_type, customs in (("story", STORY_CUSTOMS), ("bug", BUG_CUSTOMS)):
        land_custom_fields(
            place,
            item_type,
            [
                {
                    "custom_field": name,
                    "name": label,
                    "type": html_type,
                    "options": options,
                    "enabled": "1",
                }
                for name, label, html_type, options in customs
            ],
        )


def _iterations(place: Place) -> None:
    spans = {
        1: ("2026-03-01", "2026-03-14"),
        2: ("2026-03-15", "2026-03-28"),
        3: ("2026-03-29", "2026-04-11"),
    }
    land_items(
        place,
        "iteration",
        [
            {
                "id": ITERATIONS[number],
                "name": f"2026-S{number}",
                "startdate": begin,
                "enddate": due,
                "status": "done" if number == 1 else "open",
                "created": f"{begin} 09:00:00",
                "modified": f"{begin} 09:00:00",
            }
            for number, (begin, due) in spans.items()
        ],
    )


def _removed(place: Place) -> None:
    land_items(
        place,
        "bug",
        [
            {
                "id": long_id(1000480),
                "title": "重复的缺陷",
                "status": "new",
                "reporter": "aygul",
                "created": "2026-02-10 09:00:00",
                "modified": "2026-02-10 09:00:00",
            }
        ],
    )
    land_removals(
        place,
        "bug",
        [
            Removal(
                long_id(1000480),
                "moved",
                "重复的缺陷",
                "aygul",
                instant("2026-02-12 10:10:00"),
                "https://www.tapd.cn/60000001/bugtrace/bugs/view/1",
            )
        ],
    )
    gone = Removal(
        long_id(1000300), "deleted", "早已删除", "tenzin", instant("2026-01-02 03:04:05")
    )
    land_removals(place, "story", [gone])


def _streams(place: Place) -> None:
    place.connection.execute(
        insert(stream),
        [
            {
                "workspace": place.workspace,
                "name": name,
                "complete": True,
                "watermark": NOW,
                "history_from": since,
                "read_at": NOW,
            }
            for name, since in (
                ("story", None),
                ("story_change", instant("2026-01-01 00:00:00")),
                ("bug_change", instant("2026-02-01 00:00:00")),
            )
        ],
    )
    place.connection.execute(
        update(workspace)
        .where(workspace.c.key == place.workspace)
        .values(synced_at=NOW - 60, answerable_at=NOW - 3600)
    )
