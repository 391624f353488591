"""A model scores cases over HTTP; whatever it loses or spoils, each case has one verdict."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taplens.egress.fields import without
from taplens.errors import NotFoundError
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.judging import AT_ONCE, Judge, Judged
from taplens.evaluate.model import ELEMENTS, Case, Requirement
from taplens.evaluate.rules import DEFAULT
from taplens.evaluate.verdicts import NAME, KeptVerdicts
from taplens.llm import Client
from tests.llm.scripted_server import Exchange, Play, ScriptedServer, answers, resets, whole

MODEL = "Qwen/QwQ-32B"
STORIES = [
    Requirement(id="1150311786001000101", title="支付收银台支持余额支付"),
    Requirement(id="1150311786001000102", title="发票抬头可修改"),
    Requirement(id="1150311786001000103", title="直播间评论置顶"),
]
CASES = [
    Case(id=f"TC{n}", title=f"余额支付 {n}", precondition="已登录", steps=f"1. 用余额支付 {n} 元",
         expected=f"扣款 {n} 元", priority="P1")
    for n in range(1, 24)
]  # fmt: skip


def data_of(exchange: Exchange) -> Any:
    texts = [one["content"] for one in exchange.json["messages"]]
    text = next(one for one in texts if one.startswith("<data>"))
    return json.loads(text.removeprefix("<data>\n").removesuffix("\n</data>"))


def scored(row: Any, score: int = 7, **more: Any) -> dict[str, Any]:
    mark = {"score": score, "suggestion": f"写明金额：{row['title']}"}
    told = {"id": row["id"], "requirement_id": STORIES[0].id, "reason": "都测余额支付"}
    return told | dict.fromkeys(ELEMENTS, mark) | more


def playing(change: Callable[[list[dict[str, Any]], int], Any] = lambda rows, _: rows) -> Play:
    """Scores every case; `change` spoils an answer, by the number of the request."""
    count = 0

    async def play(exchange: Exchange) -> None:
        nonlocal count
        count += 1
        told = change([scored(row) for row in data_of(exchange)["cases"]], count)
        if callable(told):
            await told(exchange)
            return
        body = told if isinstance(told, str) else json.dumps({"cases": told}, ensure_ascii=False)
        await answers(whole(body))(exchange)

    return play


def judge_of(client: Client, home: Path, cases: Any = CASES, **changes: Any) -> Judge:
    return Judge(
        client=client, model=MODEL, locale="zh", kept=KeptVerdicts(home), cases=cases,
        requirements=STORIES, **changes,
    )  # fmt: skip


async def judged(judge: Judge) -> Judged:
    return await judge.judge(judge.prepared())


def names(server: ScriptedServer) -> Counter[str]:
    return Counter(row["id"] for e in server.exchanges for row in data_of(e)["cases"])


async def test_every_case_is_sent_once_with_the_requirements_near_it(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    server.script = [playing()]
    heard: list[tuple[int, int]] = []
    found = await judged(judge_of(client_of(), tmp_path, told=lambda *a: heard.append(a)))
    assert set(found.verdicts) == set(range(len(CASES)))
    assert found.missing == {}
    assert set(names(server).values()) == {1}
    assert len(server.exchanges) == 3
    assert heard[-1] == (len(CASES), len(CASES))
    for exchange in server.exchanges:
        given = [one["id"] for one in data_of(exchange)["requirements"]]
        assert STORIES[0].id in given
        assert STORIES[2].id not in given  # nothing in common


SPOILED: dict[str, Callable[[list[dict[str, Any]], int], Any]] = {
    "drops": lambda rows, _: rows[:-1],
    "doubles": lambda rows, n: [*rows, rows[0]] if n <= 3 else rows,
    "reorders": lambda rows, _: rows[::-1],
    "foreign ids": lambda rows, n: [*rows, scored({"id": "c999", "title": ""})] if n < 3 else rows,
    "corrupts": lambda rows, n: '{"cases": [' if n % 2 else rows,
    "talks": lambda rows, n: "好的，以下是结果：" if n <= 2 else rows,
    "wrong shape": lambda rows, n: [rows[0] | {"title": 7}] if n <= 2 else rows,
    "out of range": lambda rows, n: [scored(r, 11) for r in ROWS] if n <= 2 else rows,
    "resets": lambda rows, n: resets if n == 1 else rows,
    "busy": lambda rows, n: answers({"message": "busy"}, status=503) if n == 1 else rows,
}
ROWS = [{"id": "c1", "title": ""}]


@pytest.mark.parametrize("name", SPOILED)
async def test_what_an_answer_spoils_is_asked_again_until_each_case_has_one_verdict(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path, name: str
) -> None:
    server.script = [playing(SPOILED[name])]
    cases = CASES[:8]
    found = await judged(judge_of(client_of(), tmp_path, cases, most_cases=4))
    whole_found = set(found.verdicts) | set(found.missing)
    assert whole_found == set(range(len(cases)))
    assert not set(found.verdicts) & set(found.missing)
    if name == "drops":  # the last of every list never comes, however short
        assert len(found.missing) < len(cases)
    else:
        assert found.missing == {}
    for place, verdict in found.verdicts.items():
        assert verdict.suggestions["title"].endswith(cases[place].title)


@pytest.mark.parametrize(
    "play",
    [answers({"message": "no"}, status=401), answers({"message": "no"}, status=400),
     answers(b"<html></html>", media="text/html")],
)  # fmt: skip
async def test_a_provider_that_refuses_leaves_the_rules_scores_and_says_why(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path, play: Play
) -> None:
    server.script = [play]
    found = await judged(judge_of(client_of(), tmp_path, CASES[:4]))
    assert found.verdicts == {}
    assert all(found.missing.values())
    marks = evaluate(CASES[:4], DEFAULT, STORIES, "zh", found.verdicts).evaluations[0].marks
    assert all(mark.by == "rule" for mark in marks)


@pytest.mark.parametrize(("status", "most"), [(401, 4), (503, 4)])
async def test_a_provider_that_is_not_there_is_given_up_instead_of_asked_for_every_batch(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path, status: int, most: int
) -> None:
    server.script = [answers({"message": "no"}, status=status)]
    cases = [Case(id=str(n), title=f"余额 {n}", steps="1. 付") for n in range(200)]
    found = await judged(judge_of(client_of(), tmp_path, cases))
    assert found.requests <= most
    assert len(found.missing) == len(cases)
    assert all(found.missing.values())


async def test_a_withheld_field_of_requirements_and_cases_is_not_sent(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    server.script = [playing()]
    secret = Requirement(id="1", title="余额支付", description="口令九", acceptance_criteria="标准")
    withheld = frozenset(("description", "precondition"))
    judge = Judge(client=client_of(), model=MODEL, locale="zh", kept=KeptVerdicts(tmp_path),
                  cases=CASES[:1], requirements=[secret],
                  shown=lambda told: without(told, withheld))  # fmt: skip
    await judged(judge)
    sent = json.dumps(server.exchanges[0].json, ensure_ascii=False)
    assert "标准" in sent
    assert "口令九" not in sent
    assert "已登录" not in sent


async def test_a_case_that_is_as_it_was_is_not_sent_again(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    server.script = [playing()]
    first = await judged(judge_of(client_of(), tmp_path))
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write('{"key": "cut in the mid')
    before = names(server)
    changed = [*CASES[:-1], Case(id="TC23", title="余额支付 23 次", steps="1. 付")]
    again = await judged(judge_of(client_of(), tmp_path, changed))
    assert (names(server) - before).total() == 1
    assert again.verdicts[0] == first.verdicts[0]
    other = judge_of(client_of(), tmp_path, rules="title_length = 9")
    assert len(other.prepared().pending) == len(CASES)


async def test_a_run_that_is_stopped_goes_on_where_it_was(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    stuck = asyncio.Event()

    def change(rows: list[dict[str, Any]], n: int) -> Any:
        async def hang(exchange: Exchange) -> None:
            stuck.set()
            await exchange.left()

        return hang if n == 2 else rows

    server.script = [playing(change)]
    judge = judge_of(client_of(), tmp_path, at_once=1)
    task = asyncio.create_task(judged(judge))
    await stuck.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.script, before = [playing()], names(server)
    found = await judged(judge_of(client_of(), tmp_path))
    assert len(found.verdicts) == len(CASES)
    assert (names(server) - before).total() == len(CASES) - 10


async def test_as_many_batches_run_at_once_as_may_and_no_more(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    """Each answer waits for the others that may run beside it: one after another it would hang."""
    cases = [Case(id=str(n), title=f"余额 {n}", steps="1. 付") for n in range(80)]
    running, most = 0, 0
    full = asyncio.Event()

    def together(rows: list[dict[str, Any]], _: int) -> Any:
        async def play(exchange: Exchange) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            if running == AT_ONCE:
                full.set()
            await full.wait()
            running -= 1
            await answers(whole(json.dumps({"cases": rows}, ensure_ascii=False)))(exchange)

        return play

    server.script = [playing(together)]
    judge = judge_of(client_of(), tmp_path, cases)
    found = await judge.judge(judge.prepared())
    assert (len(found.verdicts), found.requests) == (80, 8)
    assert most == AT_ONCE == 4


async def test_what_it_will_take_is_told_before(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    judge = judge_of(client_of(), tmp_path)
    effort = judge.effort(judge.prepared())
    assert (effort.cases, effort.requests) == (23, 3)
    assert effort.tokens > 23 * 350
    assert effort.cost is None
    assert server.exchanges == []


async def test_a_model_that_is_not_set_up_is_told_before_anything_is_sent(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    judge = Judge(client=client_of(), model="nope", locale="zh", kept=KeptVerdicts(tmp_path),
                  cases=CASES)  # fmt: skip
    with pytest.raises(NotFoundError):
        await judged(judge)
    assert server.exchanges == []


async def test_a_model_takes_points_and_gives_none_back(
    server: ScriptedServer, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    server.script = [playing(lambda rows, _: [scored({"id": row["id"], "title": ""},
                                                     10 if row["id"] == "c1" else 3)
                                              for row in rows])]  # fmt: skip
    cases = [
        Case(id="1", title="余额支付", steps="点\n付", expected="功能正常", priority="P1"),
        Case(id="2", title="余额支付二", steps="1. 付", expected="扣款 3 元", priority="P1"),
    ]
    found = await judged(judge_of(client_of(), tmp_path, cases))
    told = evaluate(cases, DEFAULT, STORIES, "zh", found.verdicts)
    first, second = ({mark.element: mark for mark in one.marks} for one in told.evaluations)
    assert (first["expected"].score, first["expected"].by) == (5, "rule")
    assert (first["requirement"].score, first["precondition"].score) == (-1, -1)
    assert (second["title"].score, second["title"].by) == (3, "model")
    assert second["title"].suggestion
    assert (second["precondition"].score, second["precondition"].by) == (-1, "rule")
    assert told.evaluations[1].requirement_id == STORIES[0].id
    assert told.coverage[0].cases == ("1", "2")
    assert [one.id for one in told.uncovered] == [STORIES[1].id, STORIES[2].id]
