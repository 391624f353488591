"""The model `taplens`: tools are called, the answer is checked, what fails is told."""

from __future__ import annotations

import asyncio

import pytest

from taplens.errors import ModelError
from tests.agent.model.conftest import FOREIGN, Serve, call, calls

OPEN = call("count_items", where="type:bug is:open")
QUESTION = "有多少未关闭的缺陷？"
TRUE = "目前有 {{r1.total}} 个未关闭的缺陷。"


async def test_a_model_that_calls_a_tool_answers_with_the_figure_of_the_data(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), TRUE])
        said = await agent.ask(QUESTION)
    assert said.text == "目前有 8 个未关闭的缺陷。"
    assert said.finish == "stop"
    assert said.basis["tools"][0]["tool"] == "count_items"
    assert said.basis["unverified"] == 0
    assert said.basis["as_of"]
    assert not said.steps


async def test_independent_calls_are_carried_out_in_one_round(asking: Serve) -> None:
    async with asking() as agent:
        stories = call("count_items", where="type:story is:open")
        agent.provider.script(
            [
                calls(OPEN, stories),
                "未关闭的缺陷有 {{r1.total}} 个，未关闭的需求有 {{r2.total}} 个。",
            ]
        )
        said = await agent.ask("未关闭的缺陷和需求各有多少？")
        assert len(agent.sent()) == 2
    assert said.text == "未关闭的缺陷有 8 个，未关闭的需求有 16 个。"


async def test_steps_are_shown_only_where_they_are_asked_for(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), TRUE])
        said = await agent.ask(QUESTION, enable_thinking=True)
    assert "r1 = count_items" in said.steps
    assert "total 8" in said.steps


async def test_a_fault_is_mended_once(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), "目前有 80 个未关闭的缺陷。", TRUE])
        said = await agent.ask(QUESTION)
        told = agent.sent()[-1]["messages"][-1]["content"]
    assert said.text == "目前有 8 个未关闭的缺陷。"
    assert "80" in told


async def test_what_was_true_before_a_fault_has_left_and_is_not_said_twice(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), TRUE + "由于人手不足，进展较慢。", "详情请看列表。"])
        said = await agent.ask(QUESTION)
    assert said.text == "目前有 8 个未关闭的缺陷。详情请看列表。"


async def test_what_is_still_wrong_after_the_mend_is_marked(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), "有 80 个未关闭的缺陷。", "有 81 个未关闭的缺陷。"])
        said = await agent.ask(QUESTION)
    assert said.text == "有 81〔未核实〕 个未关闭的缺陷。"
    assert said.basis["unverified"] >= 1


async def test_a_mend_that_fails_leaves_the_first_text_with_its_marks(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), "有 80 个未关闭的缺陷。", {"status": 503, "body": {}}])
        said = await agent.ask(QUESTION)
    assert said.text == "有 80〔未核实〕 个未关闭的缺陷。"


async def test_a_clients_tool_ends_the_turn_with_its_calls(asking: Serve) -> None:
    tool = {"type": "function", "function": {"name": "send_mail", "parameters": {"type": "object"}}}
    async with asking() as agent:
        agent.provider.script([calls(call("send_mail", to="boss"))])
        said = await agent.ask("给 boss 发邮件", tools=[tool])
        offered = {one["function"]["name"] for one in agent.sent()[0]["tools"]}
    assert said.finish == "tool_calls"
    assert said.called == ["send_mail"]
    assert {"send_mail", "count_items"} <= offered


async def test_a_clients_tool_with_a_name_of_ours_is_told_and_not_offered(asking: Serve) -> None:
    tool = {"type": "function", "function": {"name": "count_items", "description": "theirs"}}
    async with asking() as agent:
        agent.provider.script(["好的。"])
        said = await agent.ask("你好", tools=[tool], enable_thinking=True)
        offered = [one["function"] for one in agent.sent()[0]["tools"]]
    assert said.basis["tools_not_offered"] == ["count_items"]
    assert "count_items" in said.steps
    assert all(one.get("description") != "theirs" for one in offered)


async def test_only_tools_that_read_are_offered(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(call("sync_workspace")), "好的。"])
        said = await agent.ask("同步一下", enable_thinking=True)
        offered = {one["function"]["name"] for one in agent.sent()[0]["tools"]}
        told = agent.sent()[1]["messages"][-1]["content"]
    assert "sync_workspace" not in offered
    assert "There is no tool" in told
    assert said.basis["tools"] == []


async def test_an_unknown_tool_and_broken_arguments_are_told_to_the_model(asking: Serve) -> None:
    broken = {"type": "function", "function": {"name": "count_items", "arguments": '{"where": "ty'}}
    refused = call("count_items", where="nofield:1")
    async with asking() as agent:
        agent.provider.script([calls(call("drop_table"), broken, refused), "我没能查到。"])
        said = await agent.ask(QUESTION)
        results = [one["content"] for one in agent.sent()[1]["messages"] if one["role"] == "tool"]
    assert "There is no tool 'drop_table'" in results[0]
    assert "no JSON object" in results[1]
    assert "nofield" in results[2]
    assert said.text == "我没能查到。"


async def test_a_model_that_calls_tools_without_end_is_stopped(asking: Serve) -> None:
    async with asking(agent_steps=3) as agent:
        different = [
            calls(call("count_items", where=f"type:bug created:>-{days}d")) for days in range(1, 9)
        ]
        agent.provider.script([*different[:3], "目前我没有查到结论。"])
        said = await agent.ask(QUESTION)
        sent = agent.sent()
    assert len(sent) == 4
    assert "tools" not in sent[-1]
    assert said.text == "目前我没有查到结论。"


async def test_the_same_call_twice_is_not_carried_out_twice(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([calls(OPEN), calls(OPEN), TRUE])
        said = await agent.ask(QUESTION)
        told = agent.sent()[2]["messages"][-1]["content"]
    assert "You have this already: r1" in told
    assert len(said.basis["tools"]) == 1


async def test_the_tokens_of_an_answer_are_bounded(asking: Serve) -> None:
    usage = {"prompt_tokens": 5000, "completion_tokens": 100, "total_tokens": 5100}
    async with asking(agent_tokens=5000) as agent:
        agent.provider.script([calls(OPEN) | {"usage": usage}, TRUE])
        said = await agent.ask(QUESTION)
        assert "tools" not in agent.sent()[1]
    assert said.basis["usage"]["prompt_tokens"] > 5000


async def test_old_results_make_room_and_can_still_be_referred_to(asking: Serve) -> None:
    many = calls(call("find_items", where="type:bug", limit=60))
    async with asking(agent_tokens=4000, answer_tokens=9000) as agent:
        agent.provider.script([calls(OPEN), many, TRUE])
        said = await agent.ask(QUESTION)
        results = [one["content"] for one in agent.sent()[2]["messages"] if one["role"] == "tool"]
    assert results[0].startswith("r1 is no longer shown")
    assert said.text == "目前有 8 个未关闭的缺陷。"


async def test_another_workspace_stays_closed(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script(
            [
                calls(call("count_items", where="type:bug", workspace=[FOREIGN])),
                "我看不到那个工作区。",
            ]
        )
        said = await agent.ask(f"工作区 {FOREIGN} 有多少缺陷？")
        told = agent.sent()[1]["messages"][-1]["content"]
    assert FOREIGN in told
    assert "rows" not in told
    assert said.basis["item_ids"] == []


async def test_a_long_question_is_cut_before_it_is_sent(asking: Serve) -> None:
    async with asking(agent_tokens=20_000) as agent:
        agent.provider.script(["好的。"])
        said = await agent.ask("这是一段很长的需求描述。" * 1400 + QUESTION)
        sent = agent.sent()[0]["messages"][-1]["content"]
    assert said.text == "好的。"
    assert len(sent) < 10_000
    assert sent.endswith(QUESTION)


async def test_a_long_conversation_is_compacted_and_keeps_its_question(asking: Serve) -> None:
    turns = [
        {"role": role, "content": f"{number}：" + "说明" * 400}
        for number in range(60)
        for role in ("user", "assistant")
    ]
    async with asking(agent_tokens=20_000) as agent:
        agent.provider.script(["好的。"])
        await agent.ask([*turns, {"role": "user", "content": QUESTION}])
        sent = agent.sent()[0]["messages"]
    assert sent[-1]["content"] == QUESTION
    assert sum(len(one["content"]) for one in sent) < 20_000


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503, "body": {"code": 50505, "message": "busy"}},
        {"status": 401, "body": "Invalid token"},
        {"status": 400, "body": {"code": 20015, "message": "bad"}},
        {"stream": ["data: {not json\n\n"]},
        {"stream": ["data: [DONE]\n\n"]},
        {"body": "<html>", "media": "text/html"},
        "",
    ],
    ids=["overloaded", "key", "refused", "bad JSON", "nothing", "a page", "empty"],
)
async def test_a_provider_that_fails_leaves_the_answer_to_taplens_direct(
    asking: Serve, answer: object
) -> None:
    async with asking() as agent:
        agent.provider.script([answer])
        said = await agent.ask(QUESTION)
    assert "taplens-direct" in said.text
    assert "8" in said.text
    assert said.finish == "stop"


async def test_without_a_provider_taplens_direct_answers_and_says_so(asking: Serve) -> None:
    async with asking(keyed=False) as agent:
        said = await agent.ask(QUESTION)
        assert agent.sent() == []
    assert "taplens-direct" in said.text
    assert "8" in said.text


async def test_a_stream_that_breaks_off_in_the_middle_is_never_passed_off_as_whole(
    asking: Serve,
) -> None:
    piece = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": "好的。接下"}, "finish_reason": None}],
    }  # fmt: skip
    async with asking() as agent:
        agent.provider.script([{"stream": [piece]}])
        with pytest.raises(ModelError):
            await agent.ask(QUESTION)


async def test_a_provider_that_is_too_slow_is_given_up(asking: Serve) -> None:
    async with asking(agent_seconds=0.2) as agent:
        agent.provider.fault("silent", gate="never")
        said = await asyncio.wait_for(agent.ask(QUESTION), 10)
        agent.provider.open_gate("never")
    assert "taplens-direct" in said.text
    assert said.finish == "stop"
