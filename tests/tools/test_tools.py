"""The tools' answers, over a real mirror."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from taplens.errors import (
    ArgumentError,
    CursorError,
    FilterError,
    NotFoundError,
    TapLensError,
)
from taplens.mirror import Keeper
from taplens.tools import get_items, registry
from taplens.tools.sizing import compact, tokens
from tests.tools.conftest import FIRST, FOREIGN, SECOND, Ask

BY_ID = ("get_items", "similar_items")
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("workspace_status", {}),
    ("workspace_status", {"workspace": [FIRST, SECOND]}),
    ("describe_workspace", {}),
    *(
        ("describe_workspace", {"part": part})
        for part in ("fields", "statuses", "people", "iterations", "categories", "modules")
    ),
    ("find_items", {"where": "type:bug sort:-created", "limit": 200}),
    ("find_items", {"where": "", "fields": ["created", "creator", "iteration"], "limit": "200"}),
    ("find_items", {"where": "status:没有这个"}),
    ("count_items", {"where": "type:bug", "by": "owner,status", "limit": 200}),
    ("count_items", {"where": "", "by": ["created:day"], "limit": 200}),
    ("trends", {"where": "", "interval": "day", "since": "2025-10"}),
    ("trends", {"where": "type:bug", "by": "owner", "interval": "month", "limit": 50}),
    ("get_items", {"ids": [f"bug:{1000001 + n}" for n in range(20)]}),
    ("get_items", {"ids": ["story:1000001", "99999999"]}),
    ("find_items", {"where": "付款没反应", "limit": 50}),
    ("similar_items", {"id": "bug:1000001", "all_modules": True, "limit": 20}),
]


@pytest.mark.parametrize("budget", [200, 500, 2000])
@pytest.mark.parametrize(("name", "arguments"), QUESTIONS)
async def test_no_answer_is_larger_than_its_budget(
    ask: Ask, name: str, arguments: dict[str, Any], budget: int
) -> None:
    try:
        result = await ask(name, arguments, budget=budget)
    except FilterError:
        return
    assert tokens(compact(result.content)) + tokens(result.text) <= budget
    assert result.content["as_of"]


@pytest.mark.parametrize(("name", "arguments"), QUESTIONS)
async def test_the_text_is_no_copy_of_the_json(
    ask: Ask, name: str, arguments: dict[str, Any]
) -> None:
    try:
        result = await ask(name, arguments)
    except FilterError:
        return
    assert '{"' not in result.text
    assert tokens(result.text) < tokens(compact(result.content)) * 1.3


async def pages(ask: Ask, name: str, arguments: dict[str, Any], **changes: Any) -> list[Any]:
    found, cursor = [], ""
    for _ in range(400):
        result = await ask(name, {**arguments, "cursor": cursor}, **changes)
        found.append(result.content)
        cursor = result.content.get("next_cursor", "")
        if not cursor:
            return found
    raise AssertionError("the pages don't end")


async def test_the_pages_of_a_list_hold_every_item_once(ask: Ask) -> None:
    found = await pages(ask, "find_items", {"where": "type:bug sort:created", "limit": 50})
    ids = [row["id"] for page in found for row in page["data"]]
    assert len(ids) == len(set(ids)) == found[0]["total"] == 100
    whole = await ask("find_items", {"where": "type:bug sort:created", "limit": 200}, budget=None)
    assert [row["id"] for row in whole.content["data"]] == ids


@pytest.mark.parametrize("budget", [500, 2000])
async def test_the_pages_of_an_item_hold_all_of_it(ask: Ask, budget: int) -> None:
    arguments = {"ids": ["bug:1000003"]}
    (whole,) = (await ask("get_items", arguments, budget=None)).content["data"]
    merged: dict[str, Any] = {}
    for page in await pages(ask, "get_items", arguments, budget=budget):
        for name, value in page["data"][0].items():
            match value:
                case dict():
                    parts = merged.setdefault(name, {})
                    for label, text in value.items():
                        parts[label] = parts.get(label, "") + text
                case list() if name not in ("owner", "label"):
                    merged.setdefault(name, []).extend(value)
                case str() if name == "description":
                    merged[name] = merged.get(name, "") + value
                case _:
                    merged[name] = value
    merged["comments"] = joined(merged.get("comments", []))
    assert merged == whole | {"comments": whole.get("comments", [])}


def joined(comments: list[dict[str, str]]) -> list[dict[str, str]]:
    """Comments of which a page told only the beginning, put together."""
    found: list[dict[str, str]] = []
    for comment in comments:
        if "at" in comment:
            found.append(dict(comment))
        else:
            found[-1]["text"] += comment["text"]
    return found


async def test_the_state_shows_the_teams_own_words(ask: Ask) -> None:
    result = await ask("workspace_status")
    head, *rows = result.content["data"]
    assert head == {"workspace": FIRST, "name": "星舟商城"} | {
        "open_urgent_bugs": head["open_urgent_bugs"]
    }
    counts = {row["type"]: row for row in rows if "statuses" in row}
    assert counts["story"]["total"] == counts["bug"]["total"] == 100
    assert "已关闭" in counts["bug"]["statuses"]
    urgent = [row for row in rows if "statuses" not in row]
    assert len(urgent) == min(head["open_urgent_bugs"], 10) > 0
    assert {row["priority"] for row in urgent} == {"紧急"}
    assert "## 星舟商城" in result.text
    assert result.content["definition"]
    assert result.content["history_from"]


async def test_a_status_shows_its_key_beside_the_teams_word(ask: Ask) -> None:
    result = await ask("find_items", {"where": "type:bug status:测试中"})
    assert {row["status"] for row in result.content["data"]} == {"测试中"}
    assert {row["status_key"] for row in result.content["data"]} == {"status_3"}


async def test_further_columns_are_shown_on_request(ask: Ask) -> None:
    asked = {"where": "type:bug 客户:any", "fields": "客户, created", "limit": 3}
    result = await ask("find_items", asked)
    for row in result.content["data"]:
        assert row["客户"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row["created"])


async def test_counts_are_those_of_the_list_and_sum_up(ask: Ask) -> None:
    counted = (await ask("count_items", {"where": "type:bug", "by": "status"})).content
    assert counted["total"] == sum(row["count"] for row in counted["data"]) == 100
    for row in counted["data"]:
        where = f'type:bug status:"{row["status"]}"'
        assert (await ask("find_items", {"where": where})).content["total"] == row["count"]


@pytest.mark.parametrize("kind", ["story", "bug", "task", "tcase"])
async def test_groups_tell_their_share_in_percent(ask: Ask, kind: str) -> None:
    asked = {"where": f"type:{kind}", "by": "status", "limit": 200}
    counted = (await ask("count_items", asked, budget=None)).content
    assert counted["total"] > 10
    for row in counted["data"]:
        assert row["share"] == round(100 * row["count"] / counted["total"], 1)
    assert sum(row["share"] for row in counted["data"]) == pytest.approx(100, abs=1)


async def test_groups_left_out_are_counted(ask: Ask) -> None:
    result = await ask("count_items", {"where": "", "by": ["created:day"]}, budget=500)
    (warning,) = [text for text in result.content["warnings"] if "left out" in text]
    left = int(re.findall(r"\d+", warning)[0])
    assert left + sum(row["count"] for row in result.content["data"]) == result.content["total"]


async def test_open_is_defined_where_a_number_rests_on_it(ask: Ask) -> None:
    result = await ask("count_items", {"where": "type:bug is:open"})
    assert "open" in result.content["definition"].lower()


@pytest.mark.parametrize(
    "written",
    [
        "bug:1000003",
        "BUG 1000003",
        "缺陷:1000003",
        "bug#1000003",
        "1150311786001000003",
        "#1150311786001000003",
        "1050311786001000003",
        "https://www.tapd.cn/50311786/bugtrace/bugs/view/1150311786001000003",
    ],
)
async def test_an_item_is_found_by_whatever_people_write(ask: Ask, written: str) -> None:
    result = await ask("get_items", {"ids": written})
    assert "1150311786001000003" in {row["id"] for row in result.content["data"]}
    assert "bug" in {row["type"] for row in result.content["data"]}


async def test_a_full_id_is_looked_for_in_the_workspace_it_names(ask: Ask) -> None:
    (row,) = (await ask("find_items", {"workspace": SECOND, "limit": 1})).content["data"]
    (found,) = [
        item
        for item in (await ask("get_items", {"ids": row["id"]})).content["data"]
        if item["type"] == row["type"]
    ]
    assert found["workspace"] == SECOND


async def test_long_descriptions_are_cut_up_off_the_event_loop(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_in: list[int] = []
    cut = get_items.pieces_of

    def watched(*arguments: Any) -> Any:
        cut_in.append(threading.get_ident())
        return cut(*arguments)

    monkeypatch.setattr(get_items, "pieces_of", watched)
    result = await ask("get_items", {"ids": ["bug:1000003"]})
    assert result.content["total"] == 1
    assert cut_in
    assert threading.get_ident() not in cut_in


async def test_an_unknown_id_is_named_beside_what_was_found(ask: Ask) -> None:
    result = await ask("get_items", {"ids": ["bug:1000003", "99999999"]})
    assert result.content["total"] == 1
    assert any("99999999" in text for text in result.content["warnings"])


async def test_only_unknown_ids_are_an_error(ask: Ask) -> None:
    with pytest.raises(NotFoundError) as caught:
        await ask("get_items", {"ids": ["99999999", "88888888"]})
    assert "99999999, 88888888" in str(caught.value)


async def test_what_people_wrote_is_quoted(ask: Ask) -> None:
    result = await ask("get_items", {"ids": ["bug:1000003"]}, budget=None)
    (item,) = result.content["data"]
    for line in item["description"].splitlines():
        assert f"> {line}".rstrip() in result.text


async def test_items_show_history_links_and_hours_in_statuses(ask: Ask) -> None:
    result = await ask("get_items", {"ids": ["bug:1000003"]}, budget=None)
    (item,) = result.content["data"]
    assert {"at", "by", "field", "from", "to"} <= item["history"][0].keys() | {"from", "to"}
    assert item["statuses"][-1]["status"] == item["status"]
    assert all(stay["hours"] >= 0 for stay in item["statuses"])
    assert result.content["history_from"]


FAULTS: list[tuple[str, dict[str, Any], type[TapLensError], str]] = [
    ("find_items", {"where": "stauts:新"}, FilterError, "status"),
    ("find_items", {"where": "type:bug status:测试忠"}, FilterError, "测试中"),
    ("find_items", {"where": "created:>2026-99-99"}, FilterError, "2026-99-99"),
    ("find_items", {"where": '(type:bug "oops'}, FilterError, ""),
    ("find_items", {"limit": -1}, ArgumentError, "1 to 200"),
    ("find_items", {"cursor": "AAAA"}, CursorError, "next_cursor"),
    ("find_items", {"workspace": "12345678"}, NotFoundError, FIRST),
    ("count_items", {"by": ["a", "b", "c"]}, ArgumentError, ""),
    ("count_items", {"by": "colour"}, TapLensError, ""),
    ("trends", {"by": "colour"}, ArgumentError, ""),
    ("trends", {"of": "status"}, ArgumentError, ""),
    ("trends", {"since": "32 Feb"}, ArgumentError, ""),
    ("trends", {"since": "2026-03", "until": "2026-02"}, ArgumentError, ""),
    ("trends", {"since": "1950", "interval": "day"}, ArgumentError, ""),
    ("trends", {"interval": "hour"}, ArgumentError, ""),
    ("get_items", {"ids": []}, ArgumentError, "ids"),
    ("get_items", {"ids": "the first one"}, ArgumentError, "the first one"),
    ("get_items", {"ids": "1" * 400}, ArgumentError, ""),
    ("tell_fortune", {}, NotFoundError, "find_items"),
]


@pytest.mark.parametrize(("name", "arguments", "kind", "said"), FAULTS)
async def test_a_fault_says_what_is_wrong_and_what_to_do(
    ask: Ask, name: str, arguments: dict[str, Any], kind: type[TapLensError], said: str
) -> None:
    with pytest.raises(kind) as caught:
        await ask(name, arguments)
    text = str(caught.value)
    assert said in text
    assert caught.value.mend("zh") != caught.value.mend("en")
    assert len(text) < 1500


@pytest.mark.parametrize("name", [n for n in registry.NAMES if n not in BY_ID])
async def test_a_workspace_of_others_looks_like_one_that_does_not_exist(
    ask: Ask, name: str
) -> None:
    told = []
    for workspace in (FOREIGN, "99999999"):
        with pytest.raises(NotFoundError) as caught:
            await ask(name, {"workspace": workspace})
        told.append(str(caught.value).replace(workspace, "…"))
    assert told[0] == told[1]


async def test_a_mirrored_workspace_is_not_seen_by_a_principal_without_it(ask: Ask) -> None:
    only = {"workspaces": (FIRST,)}
    (row,) = (await ask("find_items", {"workspace": SECOND, "limit": 1})).content["data"]
    with pytest.raises(NotFoundError):
        await ask("get_items", {"ids": [row["id"]]}, **only)
    with pytest.raises(NotFoundError):
        await ask("find_items", {"workspace": SECOND}, **only)
    with pytest.raises(TapLensError):
        await ask("find_items", {"where": f"workspace:{SECOND}"}, **only)


async def test_a_cursor_is_refused_by_another_filter_and_says_so(ask: Ask) -> None:
    first = await ask("find_items", {"where": "type:bug", "limit": 2})
    with pytest.raises(CursorError) as caught:
        await ask("find_items", {"where": "type:story", "cursor": first.content["next_cursor"]})
    assert caught.value.code == "cursor_of_another_query"


async def test_a_failed_refresh_is_told_beside_the_state(ask: Ask, keeper: Keeper) -> None:
    keeper.last_fault = ArgumentError("argument_missing", name="x")
    result = await ask("workspace_status")
    assert any("The last refresh failed" in text for text in result.content["warnings"])


async def test_words_bring_the_best_matches_first_with_what_matched(ask: Ask) -> None:
    bugs = await ask("find_items", {"where": "type:bug sort:id", "limit": 200}, budget=None)
    title = bugs.content["data"][0]["title"]
    result = await ask("find_items", {"where": f'type:bug "{title}"'}, budget=None)
    assert title in [row["title"] for row in result.content["data"][:3]]
    body = await ask("find_items", {"where": "步骤", "mode": "fulltext"}, budget=None)
    matches = [row["match"] for row in body.content["data"] if "match" in row]
    assert matches
    assert all("**步骤**" in match for match in matches)
    assert matches[0] in body.text


async def test_a_mode_that_does_not_exist_is_refused_with_those_that_do(ask: Ask) -> None:
    with pytest.raises(ArgumentError) as caught:
        await ask("find_items", {"where": "登录", "mode": "fuzzy"})
    assert "fulltext" in caught.value.mend("en")


async def test_counts_agree_with_what_is_found_in_words(ask: Ask) -> None:
    found = await ask("find_items", {"where": "登录", "mode": "fulltext"})
    counted = await ask("count_items", {"where": "登录"})
    assert found.content["total"] == counted.content["total"] > 0


async def test_a_cursor_of_one_mode_is_refused_by_another(ask: Ask) -> None:
    first = await ask("find_items", {"where": "登录", "limit": 1})
    again = {"where": "登录", "limit": 1, "cursor": first.content["next_cursor"]}
    assert (await ask("find_items", again)).content["returned"] == 1
    with pytest.raises(CursorError):
        await ask("find_items", again | {"mode": "exact"})
