"""A model writes cases over HTTP: under the rules, once, and none that is there already."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from taplens.errors import NotFoundError
from taplens.evaluate import import_book
from taplens.evaluate.columns import CASES
from taplens.evaluate.drafting import KEPT, Drafted, Drafter
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.model import Case, Requirement
from taplens.evaluate.reading import read_cases
from taplens.evaluate.rules import DEFAULT
from taplens.llm import Client
from taplens.tables.lines import KeptLines
from tests.evaluate.test_judging import MODEL, data_of
from tests.llm.scripted_server import Exchange, Play, ScriptedServer, answers, keeps_silent, whole

STORIES = [
    Requirement(id="1150311786001000101", title="支付收银台支持余额支付",
                acceptance_criteria="余额不足时提示，订单不变"),
    Requirement(id="R2", title="发票抬头可修改"),
]  # fmt: skip
EXISTING = [
    Case(id="TC1", title="余额不足时下单", precondition="余额为 0", steps="1. 点击结算",
         expected="弹出“余额不足”，订单仍为待支付", requirement="1000101"),
    Case(id="TC2", title="直播间评论置顶", steps="1. 长按评论", expected="评论在最上方"),
]  # fmt: skip


def row(title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "x", "title": title, "precondition": f"已登录，{title}", "priority": "P1",
        "steps": [f"打开{title}页", f"1. 点击{title}"], "expected": f"显示“{title}完成”",
    } | more  # fmt: skip


def writing(rows: Callable[[Any], list[dict[str, Any]]]) -> Play:
    async def play(exchange: Exchange) -> None:
        told = json.dumps({"cases": rows(data_of(exchange))}, ensure_ascii=False)
        await answers(whole(told))(exchange)

    return play


def drafter_of(client: Client, **changes: Any) -> Drafter:
    asked = {"model": MODEL, "requirements": STORIES, "existing": EXISTING, "count": 3}
    return Drafter(client=client, locale="zh", rules=DEFAULT, **asked | changes)


def titled(data: Any, *names: str) -> list[dict[str, Any]]:
    return [row(f"{data['requirement']['title'][:2]}{name}") for name in names]


async def test_each_requirement_gets_cases_that_keep_the_rules_with_numbered_steps(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    server.script = [writing(lambda data: titled(data, "成功", "超限", "退回", "多写的"))]
    heard: list[tuple[int, int]] = []
    found = await drafter_of(client_of(), told=lambda *a: heard.append(a)).draft()
    assert [one.id for one in found.cases] == ["N1", "N2", "N3", "N4", "N5", "N6"]
    assert [one.requirement for one in found.cases] == [STORIES[0].id] * 3 + ["R2"] * 3
    assert found.cases[0].steps == "1. 打开支付成功页\n2. 点击支付成功"
    assert (found.requests, len(server.exchanges), heard[-1]) == (2, 2, (2, 2))
    told = evaluate(found.cases, DEFAULT, STORIES)
    assert all(not mark.rules for one in told.evaluations for mark in one.marks)
    assert told.uncovered == []


async def test_a_model_is_told_what_is_there_for_the_requirement_and_what_the_rules_are(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    server.script = [writing(lambda data: titled(data, "成功"))]
    await drafter_of(client_of(), requirements=STORIES[:1]).draft()
    exchange = server.exchanges[0]
    assert [one["title"] for one in data_of(exchange)["existing"]] == ["余额不足时下单"]
    assert data_of(exchange)["requirement"]["acceptance_criteria"] == "余额不足时提示，订单不变"
    text = exchange.json["messages"][1]["content"]
    assert "P1 (60-70% of all)" in text
    assert "功能正常" in text


async def test_what_is_there_or_was_written_before_is_left_out(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    old = EXISTING[0]
    copied = row(old.title, precondition="余额为０", steps=["点击结算"], expected=old.expected)
    server.script = [writing(lambda data: [copied, *titled(data, "成功", "成功")])]
    found = await drafter_of(client_of(), requirements=STORIES[:1]).draft()
    assert [one.title for one in found.cases] == ["支付成功"]
    assert sorted(like.title for _, like in found.doubled) == ["余额不足时下单", "支付成功"]


async def test_what_the_rules_find_is_written_anew_and_the_better_stays(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    def play(data: Any) -> list[dict[str, Any]]:
        if "cases" not in data:
            vague = [row("支付失败", expected="功能正常"), row("支付取消", expected="功能正常")]
            return [*titled(data, "成功"), *vague]
        assert [one["title"] for one in data["cases"]] == ["支付失败", "支付取消"]
        assert all("功能正常" in one["findings"][0] for one in data["cases"])
        ids = [one["id"] for one in data["cases"]]
        worse = row("支付取消", id=ids[1], expected="功能正常", steps=["点击，然后提交"])
        return [row("支付失败", id=ids[0]), worse, row("别的", id="N99")]

    server.script = [writing(play)]
    found = await drafter_of(client_of(), requirements=STORIES[:1]).draft()
    assert [one.title for one in found.cases] == ["支付成功", "支付失败", "支付取消"]
    assert [one.expected for one in found.cases][1:] == ["显示“支付失败完成”", "功能正常"]
    assert found.cases[2].steps.count("然后") == 0
    assert found.requests == 2


@pytest.mark.parametrize(
    "play",
    [answers({"message": "no"}, status=401), answers({"message": "busy"}, status=503),
     answers(whole("好的，用例如下")), answers(whole('{"cases": [', "length")),
     answers(whole('{"cases": [{"title": "没有步骤"}]}')), answers(b"<html>", media="text/html")],
)  # fmt: skip
async def test_a_requirement_that_got_none_says_why(
    server: ScriptedServer, client_of: Callable[..., Client], play: Play
) -> None:
    server.script = [play]
    found = await drafter_of(client_of()).draft()
    assert found.cases == []
    assert set(found.missing) == {one.id for one in STORIES}
    assert all(found.missing.values())


async def test_a_requirement_that_fails_leaves_the_others_theirs(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    async def play(exchange: Exchange) -> None:
        if data_of(exchange)["requirement"]["id"] == "R2":
            await answers({"message": "too long"}, status=400)(exchange)
        else:
            await writing(lambda data: titled(data, "成功"))(exchange)

    server.script = [play]
    found = await drafter_of(client_of()).draft()
    assert [one.requirement for one in found.cases] == [STORIES[0].id]
    assert set(found.missing) == {"R2"}


async def test_what_it_will_take_is_told_and_an_unknown_model_too(
    server: ScriptedServer, client_of: Callable[..., Client]
) -> None:
    effort = drafter_of(client_of()).effort()
    assert (effort.cases, effort.requests) == (6, 3)  # two to write, one to judge
    assert effort.tokens > 6 * 1_000
    with pytest.raises(NotFoundError):
        await drafter_of(client_of(), model="nope").draft()
    assert server.exchanges == []


async def test_the_workbook_has_tapds_columns_and_is_read_again_as_it_was(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    server.script = [writing(lambda data: titled(data, "成功", "=1+1", "🐟\u0007"))]
    found: Drafted = await drafter_of(client_of()).draft()
    path = tmp_path / "new.xlsx"
    import_book.write(evaluate(found.cases, DEFAULT, STORIES), path, "zh")
    book = load_workbook(path)
    assert [cell.value for cell in book.worksheets[0][1]] == [
        heads[0] for heads in CASES.headings.values()
    ]
    again = read_cases(path).cases
    assert [one.title.replace("\u0007", "�") for one in found.cases] == [o.title for o in again]
    assert [one.steps.replace("\u0007", "�") for one in found.cases] == [o.steps for o in again]
    assert [one.requirement for one in again] == [one.requirement for one in found.cases]
    assert book.sheetnames == ["用例", "用例评估"]


async def test_a_run_that_is_stopped_asks_for_nothing_twice(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    kept = KeptLines(tmp_path / KEPT)
    got_one = asyncio.Event()

    async def half(exchange: Exchange) -> None:
        if data_of(exchange)["requirement"]["id"] == "R2":
            await keeps_silent(exchange)
            return
        await writing(lambda data: titled(data, "成功"))(exchange)

    server.script = [half]
    drafter = drafter_of(client_of(), kept=kept, told=lambda *_: got_one.set())
    running = asyncio.create_task(drafter.draft())
    async with asyncio.timeout(4):
        await got_one.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    server.script, before = [writing(lambda data: titled(data, "成功"))], len(server.exchanges)
    again = drafter_of(client_of(), kept=KeptLines(tmp_path / KEPT))
    found = await again.draft()
    assert len(found.cases) == 2
    assert len(server.exchanges) - before == 1
    again.forget()
    await drafter_of(client_of(), kept=KeptLines(tmp_path / KEPT)).draft()
    assert len(server.exchanges) - before == 3
