"""Searching a data file: by a text, by priority, and counting what there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.filters import fold
from taplens.tools import registry
from taplens.tools.classic.matching import Search
from taplens.tools.classic.priorities import FILTERS, step_of
from tests.tools.classic.conftest import Classic, Item
from tests.tools.conftest import FIRST

LOGIN = {
    "id": f"11{FIRST}001000123", "workspace_id": FIRST, "name": "ＡＢＣ 登录页",
    "owner": "阿依古丽·买买提;次仁旺姆;", "description": "<p>点击<b>登</b>录 🎁</p>",
    "priority": "4", "priority_label": "高", "status": "planning",
}  # fmt: skip
OTHER = {"id": f"11{FIRST}001000124", "workspace_id": FIRST, "name": "支付 abc"}
OTHER |= {"owner": "阿依古丽;"}
BUG = {"id": f"11{FIRST}001000123", "workspace_id": FIRST, "title": "登录闪退"}
BUG |= {"priority": "urgent"}


async def searched(classic: Classic, value: str, **arguments: Any) -> list[str]:
    """The titles that are found."""
    classic.holds([LOGIN, OTHER], [BUG])
    told = await classic("precise_search_tapd_data", search_value=value, **arguments)
    rows = told["stories"] + told["bugs"]
    assert told["summary"]["total_items"] == len(rows)
    assert all(row["_match_info"]["match_count"] >= 1 for row in rows)
    return [row.get("name") or row["title"] for row in rows]


@pytest.mark.parametrize(
    ("value", "arguments", "found"),
    [
        ("登录", {}, ["ＡＢＣ 登录页", "登录闪退"]),
        ("登录", {"data_type": "bugs"}, ["登录闪退"]),
        ("登录", {"search_field": "description"}, ["ＡＢＣ 登录页"]),  # across the markup
        ("abc", {}, ["ＡＢＣ 登录页", "支付 abc"]),
        ("abc", {"case_sensitive": True}, ["支付 abc"]),
        ("支付 ABC", {"exact_match": True}, ["支付 abc"]),
        ("支付", {"exact_match": True}, []),
        ("阿依古丽", {"search_field": "owner", "exact_match": True}, ["支付 abc"]),
        ("次仁旺姆", {"search_field": "owner", "exact_match": True}, ["ＡＢＣ 登录页"]),
        ("1000123", {"search_field": "id", "exact_match": True}, ["ＡＢＣ 登录页", "登录闪退"]),
        ("🎁", {}, ["ＡＢＣ 登录页"]),
        ("没有这样的词", {}, []),
    ],
)
async def test_a_text_is_found_where_it_stands(
    classic: Classic, value: str, arguments: dict[str, Any], found: list[str]
) -> None:
    assert await searched(classic, value, **arguments) == found


async def test_a_field_that_no_item_has_is_refused_and_not_just_empty(classic: Classic) -> None:
    classic.holds([LOGIN])
    asked = {"search_value": "登录", "search_field": "titel"}
    assert await classic.refused("precise_search_tapd_data", **asked) == "data_field_unknown"
    assert await classic.refused("precise_search_tapd_data", search_value=" ") == "argument_missing"


TEXTS = st.text(st.sampled_from("aAＡ登录支付 ;|🙂"), max_size=8)


@given(value=TEXTS, wanted=TEXTS.filter(bool))
def test_what_is_a_value_exactly_is_also_a_part_of_it(value: str, wanted: str) -> None:
    items = [{"name": value}]
    exact = list(Search(text=wanted, exact=True).matches(items))
    partial = list(Search(text=wanted.strip() or wanted).matches(items))
    assert not exact or partial
    assert bool(partial) == (fold(wanted.strip() or wanted) in fold(value))


@pytest.mark.parametrize(
    ("name", "item", "step"),
    [
        ("stories", {"priority": "4"}, "high"),
        ("stories", {"priority": "3", "priority_label": "Middle"}, "medium"),
        ("stories", {"priority": "2", "priority_label": "低"}, "low"),
        ("stories", {"priority": "1", "priority_label": "Nice To Have"}, "least"),
        ("stories", {"priority": "4", "priority_label": "紧急"}, "urgent"),
        ("stories", {"priority": "客户阻断"}, None),
        ("bugs", {"priority": "urgent", "priority_label": "紧急"}, "urgent"),
        ("bugs", {"priority": "insignificant"}, "least"),
        ("bugs", {"priority": "P1"}, "high"),
        ("bugs", {}, None),
    ],
)
def test_a_priority_means_what_everybody_means_by_it(
    name: str, item: Item, step: str | None
) -> None:
    assert step_of(item, name) == step


@pytest.mark.parametrize("name", list(FILTERS))
async def test_each_priority_gives_its_items_and_no_others(classic: Classic, name: str) -> None:
    told = await classic("search_tapd_by_priority", priority_filter=name)
    every = await classic("search_tapd_by_priority", priority_filter="all")
    wanted = FILTERS[name]
    for part in ("stories", "bugs"):
        rows = [one for one in every[part] if wanted is None or step_of(one, part) in wanted]
        assert [one["id"] for one in told[part]] == [one["id"] for one in rows]
    assert told["summary"]["total_items"] > 0


async def test_the_statistics_are_those_that_sql_counts(classic: Classic) -> None:
    told = await classic("get_tapd_data_statistics")
    for name, kind in (("stories", "story"), ("bugs", "bug")):
        asked = {"where": f"type:{kind}", "by": "creator", "limit": 50}
        counted = await registry.call(classic.context, "count_items", asked)
        assert told[name]["total_count"] == counted.content["total"]
        spread = told[name]["creator_distribution" if kind == "story" else "reporter_distribution"]
        assert spread == {
            row["creator"]: row["count"] for row in counted.content["data"] if row["creator"]
        }
    ended = await registry.call(classic.context, "count_items", {"where": "type:story is:closed"})
    assert told["stories"]["completed_items"] == ended.content["total"]


async def test_recent_are_those_of_the_last_seven_days(classic: Classic) -> None:
    today = classic.context.clock.today()
    days = [today - timedelta(days=count) for count in (0, 7, 8)]
    classic.holds(bugs=[{"id": str(n), "created": f"{day} 10:00:00"} for n, day in enumerate(days)])
    told = await classic("get_tapd_data_statistics")
    assert told["bugs"]["recent_items"] == 2
