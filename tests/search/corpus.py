"""A few items in the words of a team, and short forms of what is asked of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from taplens.filters import parse
from taplens.mirror.database import Database
from taplens.mirror.index.keeping import build_chunk
from taplens.mirror.landing import Place
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace, land_custom_fields
from taplens.mirror.landing.rest import land_comments
from taplens.mirror.schema import workspace
from taplens.mirror.scope import Scope
from taplens.search.find import Hits, find

WORKSPACE = "58210347"
NOW = 1_774_000_000
SCOPE = Scope((WORKSPACE,), NOW, "林小满")


def long_id(number: int) -> str:
    return f"11{WORKSPACE}{number:09}"


def bug(number: int, title: str, description: str = "", **more: Any) -> dict[str, Any]:
    times = {"created": "2026-03-01 09:00:00", "modified": "2026-03-02 09:00:00"}
    shared = {"id": long_id(number), "title": title, "description": description, "status": "new"}
    return shared | times | more


def comment(number: int, item: int, text: str, **more: Any) -> dict[str, Any]:
    times = {"created": "2026-03-05 09:00:00", "modified": "2026-03-05 09:00:00"}
    place = {"id": str(number), "entry_type": "bug", "entry_id": long_id(item), "author": "林小满"}
    return place | times | {"description": text} | more


BUGS = [
    bug(1, "支付页闪退", "<p>点击<b>确认</b>后闪退，重现步骤如下：打开 App，下单。</p>"),
    bug(2, "登录慢", "<p>重现步骤：登录，等待。偶尔闪退。</p>", custom_field_one="ACME 中国"),
    bug(3, "ＯＲＤＥＲ－１０２４ 支付超時", "<p>重现步骤：下单后等待支付结果，接口超时。</p>"),
    bug(4, "导出的 CSV 乱码", "<ul><li>重现步骤：导出</li></ul><img src='/tfl/闪退.png'>"),
    bug(5, "The app crashed on login 🎉", "Fixed in v2.3.1 by rolling back. ORDER-2048"),
    bug(
        6,
        "iOS端消息推送",
        "<p>重现步骤：<br>在iOS上收不到。\n2024 ORDER</p>",
        current_owner="阿依古丽;",
    ),
]
TCASES = [
    {
        "id": long_id(101),
        "name": "退款用例",
        "precondition": "<p>已有订单</p>",
        "steps": "<p>申请退款</p>",
        "expectation": "<p>余额到账</p>",
        "created": "2026-03-01 09:00:00",
        "modified": "2026-03-02 09:00:00",
    }
]
COMMENTS = [comment(901, 2, "<p>数据库连接池耗尽，已扩容</p>")]


def land(database: Database, function: Any, *arguments: Any) -> None:
    with database.write() as connection:
        key = ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
        function(Place(connection, database.terms, key, WORKSPACE, "user:demo", NOW), *arguments)


def fill(database: Database) -> None:
    """The corpus as it is after the first load, without its index."""
    custom = {"custom_field": "custom_field_one", "name": "客户", "type": "text", "enabled": "1"}
    land(database, land_custom_fields, "bug", [custom])
    land(database, land_items, "bug", BUGS)
    land(database, land_items, "tcase", TCASES)
    land(database, land_comments, COMMENTS)


def build(database: Database, chunk: int = 2) -> None:
    """Index everything, in small chunks."""
    with database.read() as connection:
        keys = connection.scalars(select(workspace.c.key)).all()
    for key in keys:
        indexed = 1
        while indexed:
            with database.write() as connection:
                indexed = build_chunk(connection, key, chunk)


def hits(database: Database, where: str, scope: Scope = SCOPE, **more: Any) -> Hits:
    with database.read() as connection:
        return find(connection, parse(where), scope, **more)


def numbers(database: Database, where: str, **more: Any) -> list[int]:
    """The numbers of what is found, in order."""
    return [row.number for row in hits(database, where, **more).rows]
