"""A small workspace whose words can be counted by hand."""

from __future__ import annotations

from typing import Any

from taplens.analysis.words.frequency import Frequency, word_frequency
from taplens.filters import parse
from taplens.mirror.database import Database
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.rest import land_comments
from tests.search.corpus import SCOPE, bug, build, comment, land, long_id

STORIES = [
    {
        "id": long_id(201),
        "name": "退款功能",
        "description": "<p>退款功能，退款</p>",
        "created": "2026-03-01 09:00:00",
        "modified": "2026-03-02 09:00:00",
        "module": "支付中心",
        "label": "阻塞|待讨论",
    }
]
BUGS = [
    bug(1, "登录闪退", "<p>登录，登录，登录。ORDER-1024</p>"),
    bug(2, "退款闪退", "<p>Login failed: ORDER-1024, v2.3.1. 500</p>"),
    bug(3, "訂單ＯＲＤＥＲ－１０２４", "<table><tr><td>微信</td><td>支付</td></tr></table>"),
    bug(4, "🎉闪\n退", "<p>闪</p><p>退</p><p>བསོད་ནམས ᠮᠣᠩᠭᠣᠯ ئۇيغۇر 阿依古丽·买买提</p>"),
]
TCASES = [
    {
        "id": long_id(301),
        "name": "充值用例",
        "steps": "<p>充值，充值</p>",
        "created": "2026-03-01 09:00:00",
        "modified": "2026-03-02 09:00:00",
    }
]
COMMENTS = [comment(901, 1, "<p>数据库，数据库</p>")]


def fill(database: Database) -> None:
    land(database, land_items, "story", STORIES)
    land(database, land_items, "bug", BUGS)
    land(database, land_items, "tcase", TCASES)
    land(database, land_comments, COMMENTS)
    build(database)


def asked(database: Database, where: str = "", **more: Any) -> Frequency:
    with database.read() as connection:
        return word_frequency(connection, parse(where), SCOPE, **{"min_frequency": 1} | more)


def counts(found: Frequency) -> dict[str, tuple[int, int]]:
    """Word -> how often it occurs, and in how many items."""
    return {word.text: (word.count, word.items) for word in found.words}
