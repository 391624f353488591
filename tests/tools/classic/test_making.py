"""Invented data, the overview in words, and what is known of each story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import tapd_time
from taplens.tools import registry
from taplens.tools.classic import data, invented
from tests.evaluate.test_files import ROW, book
from tests.llm.scripted_server import Exchange, ScriptedServer, answers, resets, whole
from tests.tools.classic.conftest import Classic

COUNT = st.integers(0, 40)
NOW = 1_774_929_600  # 2026-03-31 12:00


@given(wanted=st.builds(invented.Wanted, COUNT, COUNT, COUNT, COUNT))
def test_invented_items_agree_with_themselves_and_never_share_an_id(
    wanted: invented.Wanted,
) -> None:
    stories, bugs = (list(make(wanted, NOW)) for make in (invented.stories, invented.bugs))
    assert len(stories) == wanted.strategies + wanted.decisions
    assert len(bugs) == wanted.short_bugs + wanted.long_bugs
    ids = [one["id"] for one in (*stories, *bugs)]
    assert len(set(ids)) == len(ids)
    for one in (*stories, *bugs):
        assert one["created"] <= one["modified"] <= tapd_time(NOW)
    for story in stories:
        assert ("completed" in story) == (story["status"] == "resolved")
        assert story["begin"] < story["due"]
    for bug in bugs:
        assert ("resolution" in bug) == (bug["status"] in ("resolved", "closed"))


async def test_invented_data_is_called_invented_wherever_it_is_used(classic: Classic) -> None:
    made = await classic(
        "generate_fake_tapd_data", n_story_A=3, n_story_B=2, n_bug_A=4, n_bug_B=1
    )
    assert made["details"] == {
        "story_type_A": 3, "story_type_B": 2, "bug_type_A": 4, "bug_type_B": 1, "total": 10,
        "output_file": data.DATA_FILE,
    }  # fmt: skip
    told = await classic("get_tapd_data_statistics")
    assert (told["stories"]["total_count"], told["bugs"]["total_count"]) == (5, 5)
    assert told["generated"] is True
    await classic("get_tapd_data")
    assert "generated" not in await classic("get_tapd_data_statistics")


async def test_invented_data_stays_in_the_home_and_within_bounds(classic: Classic) -> None:
    for asked, code in (
        ({"output_path": "../fake.json"}, "file_outside"),
        ({"output_path": "fake.txt"}, "sheet_format"),
        ({"n_bug_A": -1}, "argument_number"),
        ({"n_bug_A": 10**9}, "argument_number"),
    ):
        assert await classic.refused("generate_fake_tapd_data", **asked) == code
    assert list(classic.home.rglob("*.json")) == []


async def test_the_overview_counts_as_sql_does(classic: Classic) -> None:
    told = await classic("generate_tapd_overview", since="2026-01-01", until="2026-03-31")
    for name, kind in (("total_stories", "story"), ("total_bugs", "bug")):
        where = f"type:{kind} created:2026-01-01..2026-03-31"
        counted = await registry.call(classic.context, "count_items", {"where": where})
        assert told[name] == counted.content["total"] > 0
    assert str(told["total_bugs"]) in told["summary_text"]
    assert told["chunks"] == 0  # no model is set up
    short = await classic("generate_tapd_overview", max_total_tokens=200)
    assert short["truncated"] is True
    assert told["summary_text"] != short["summary_text"]


async def test_a_wrong_day_of_an_overview_is_refused(classic: Classic) -> None:
    assert await classic.refused("generate_tapd_overview", since="2026-02-30") == "classic_day"
    asked = {"since": "2026-03-02", "until": "2026-03-01"}
    assert await classic.refused("generate_tapd_overview", **asked) == "classic_span"


def use_model(classic: Classic, server: ScriptedServer) -> None:
    """Set up the scripted provider as the only one."""
    text = f'[providers.siliconflow]\nbase_url = "{server.base_url}"\napi_key = "sk-geheim"\n'
    (classic.home / "providers.toml").write_text(text, encoding="utf-8")


def findings(exchange: Exchange) -> dict[str, Any]:
    """An honest answer: findings of a batch, or a summary."""
    asked = exchange.json["messages"]
    if "summary of a quality report" in str(asked):
        return {"paragraphs": ["本期 {{f1}}。"]}
    text = asked[-1]["content"].removeprefix("<data>\n").removesuffix("\n</data>")
    ids = [one["id"] for one in json.loads(text)]
    return {"findings": [{"text": "登录反复失败。", "ids": ids}]}


async def test_what_a_model_did_not_answer_is_asked_again_and_counted(
    classic: Classic, server: ScriptedServer
) -> None:
    use_model(classic, server)
    torn = 0

    async def play(exchange: Exchange) -> None:
        nonlocal torn
        asks_for_items = "summary of a quality report" not in str(exchange.json["messages"])
        if asks_for_items and torn < 12:  # beyond the client's own retries of one request
            torn += 1
            await resets(exchange)
            return
        await answers(whole(json.dumps(findings(exchange), ensure_ascii=False)))(exchange)

    server.script = [play]
    asked = {"since": "2026-03-01", "until": "2026-03-31", "chunk_size": 5, "retry_backoff": 0}
    told = await classic("generate_tapd_overview", **asked)
    sent = told["transmission"]
    assert sent["coverage"]["items_read"] == sent["coverage"]["items_sent"] > 5
    assert sent["stats"]["ack_failed_chunks"] == 0
    assert sent["stats"]["total_chunks"] == told["chunks"] >= 2
    assert "本期" in told["summary_text"]


async def test_a_provider_that_refuses_leaves_the_figures_and_says_what_is_missing(
    classic: Classic, server: ScriptedServer
) -> None:
    use_model(classic, server)
    server.script = [answers(b'{"message": "invalid key"}', status=401)]
    asked = {"since": "2026-03-25", "until": "2026-03-31", "max_retries": 0}
    told = await classic("generate_tapd_overview", **asked)
    assert told["status"] == "success"
    assert told["total_stories"] > 0
    assert told["transmission"]["coverage"]["items_read"] == 0
    assert told["transmission"]["missing"]


async def test_each_story_is_described_beside_the_data_which_stays_as_it_is(
    classic: Classic, tmp_path: Path
) -> None:
    story = {"id": "1", "name": "微信登录：支持扫码登录", "description": "<p>扫码</p>"}
    classic.holds([story, {"id": "2", "name": "订单退款"}])
    before = (classic.home / data.DATA_FILE).read_bytes()
    book(tmp_path / "cases.xlsx", ROW, [*ROW[:2], "扫码登录成功后跳转首页", *ROW[3:]])
    told = await classic("enhance_tapd_with_knowledge", testcase_file="cases.xlsx")
    assert (classic.home / data.DATA_FILE).read_bytes() == before
    kept = json.loads((classic.home / told["file_path"]).read_text(encoding="utf-8"))
    assert [one["id"] for one in kept["requirements"]] == ["1", "2"]
    known = kept["requirements"][0]["kb_info"]
    assert known["feature_type"] == "登录与账号"
    assert known["test_case_suggestions"][0] == "扫码登录成功后跳转首页"
    assert "登录" in known["similar_keywords"]
    assert kept["knowledge_base_meta"]["test_templates_count"] == told["test_templates"] == 2


async def test_tapds_own_cases_are_suggested_without_a_file(classic: Classic) -> None:
    told = await classic("enhance_tapd_with_knowledge")
    assert told["test_templates"] > 20
    assert sum(told["feature_types"].values()) == told["enhanced_requirements"] > 50
    assert any(one["kb_info"]["test_case_suggestions"] for one in told["stories"])


async def test_a_workbook_that_is_none_leaves_no_knowledge(
    classic: Classic, tmp_path: Path
) -> None:
    classic.holds([{"id": "1", "name": "登录"}])
    (tmp_path / "cases.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    refused = await classic.refused("enhance_tapd_with_knowledge", testcase_file="cases.xlsx")
    assert refused == "sheet_format"
    assert not (classic.home / "config").exists()


async def test_the_example_answers(classic: Classic) -> None:
    told = await classic("example_tool", param1="straße", param2=-3)
    assert told == {"processed_str": "STRASSE", "processed_num": -6, "combined": "STRASSE_-6"}
