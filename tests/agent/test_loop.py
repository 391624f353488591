"""The model `taplens`: tools are called, the answer is checked, what fails is told."""

from __future__ import annotations

from tests.agent.conftest import Serve, call, calls


async def test_a_model_that_calls_a_tool_answers_with_the_figure_of_the_data(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script(
            [calls(call("count_items", where="type:bug is:open")), "目前有 {{r1.total}} 个未关闭的缺陷。"]
        )
        said = await agent.ask("有多少未关闭的缺陷？")
    assert said.text == "目前有 8 个未关闭的缺陷。"
    assert said.finish == "stop"
    assert said.basis["tools"][0]["tool"] == "count_items"
    assert said.basis["unverified"] == 0
