"""A model that lies, over HTTP and about real results: nothing false leaves unmarked."""

from __future__ import annotations

import pytest

from taplens.tools import registry
from tests.agent.model.conftest import Serve, call, calls

ASKED = calls(
    call("count_items", where="type:bug is:open", by=["owner"]),
    call("trends", where="type:bug", interval="month", since="2026-01-01"),
    call("find_items", where="type:bug priority:urgent is:open", fields=["created"]),
    call("flow_metrics", metric="cycle_time", where="type:story", since="2025-12-01", by="owner"),
    call("count_items", where="type:bug created:last_week"),
)
QUESTION = "未关闭的缺陷怎么样？"
FOREIGN_ID = "1171450286001000007"
LIES = [
    "小卷有 2 个未关闭的缺陷。",
    "小卷有 {{r1.rows[0].count}} 个未关闭的缺陷。",
    "白芷有 8 个未关闭的缺陷。",
    "诸葛孔明有 8 个未关闭的缺陷。",
    "目前有 9 个未关闭的缺陷。",
    "目前有九个未关闭的缺陷。",
    "目前有 8 个已关闭的缺陷。",
    "目前有 8 个紧急缺陷未关闭。",
    "目前有 8 个未关闭的需求。",
    "小卷和沈听澜分别有 2 个和 1 个未关闭的缺陷。",
    "小卷的未关闭缺陷比沈听澜多。",
    "小卷的未关闭缺陷最多。",
    "2026 年 1 月新建了 7 个缺陷。",
    "2026 年 2 月关闭了 7 个缺陷。",
    "本周新建了 {{r5.total}} 个缺陷。",
    "上周关闭了 {{r5.total}} 个缺陷。",
    "从 2026 年 1 月到 2 月，未关闭的缺陷在下降。",
    "沈听澜的需求平均周期时间为 24.02 小时。",
    "沈听澜的需求周期时间中位数为 24.02 天。",
    "沈听澜的缺陷平均周期时间为 24.02 天。",
    "截至 2026-03-01，有 8 个未关闭的缺陷。",
    "截至昨天，数据是完整的。",
    "由于测试环境不稳定，缺陷增多。",
    "根因是接口超时。",
    f"另一个工作区的缺陷 {FOREIGN_ID} 也是紧急的。",
    "缺陷 1000999 也未关闭。",
    "缺陷 1000103 的状态是已关闭。",
    "缺陷 1000103 的负责人是小卷。",
    "缺陷 1000103 创建于 2026-03-01。",
    "一半的未关闭缺陷在小卷名下。",
    "绝大多数未关闭的缺陷在小卷名下。",
    "没有紧急缺陷。",
    "所有缺陷都已关闭。",
    "未关闭的缺陷有 {{r1.total}}0 个。",
    "There are dozens of open bugs.",
    "| 负责人 | 未关闭的缺陷 |\n| --- | --- |\n| 小卷 | 2 |",
]


@pytest.mark.parametrize("part", range(4))
async def test_no_lie_of_a_model_leaves_unmarked(asking: Serve, part: int) -> None:
    unmarked = []
    async with asking() as agent:
        for lie in LIES[part::4]:
            agent.provider.script([ASKED, lie, lie])
            said = await agent.ask(QUESTION)
            assert len(said.basis["tools"]) == 5, said
            if "〔未核实〕" not in said.text:
                unmarked.append(said.text)
    assert unmarked == []


async def test_a_result_of_any_tool_can_be_learnt(asking: Serve) -> None:
    tools = [registry.get(name) for name in registry.NAMES]
    made = [call(tool.name, **tool.example) for tool in tools if tool.read_only]
    async with asking() as agent:
        agent.provider.script([calls(*made[:5]), calls(*made[5:]), "好的。"])
        said = await agent.ask("你都能查什么？")
    assert len(said.basis["tools"]) >= len(made) - 2  # not all examples fit this workspace
    assert said.text == "好的。"


async def test_the_truth_about_the_same_results_leaves_as_it_is(asking: Serve) -> None:
    truths = [
        "目前有 {{r1.total}} 个未关闭的缺陷。",
        "沈听澜有 2 个未关闭的缺陷，小卷有 1 个。",
        "2026 年 1 月新建了 {{r2.rows[0].created}} 个缺陷。",
        "沈听澜的需求平均周期时间为 24.02 天。",
        "上周新建了 {{r5.total}} 个缺陷。",
        "缺陷 1000103 的状态是处理中，负责人是沈听澜。",
    ]
    async with asking() as agent:
        agent.provider.script([ASKED, "".join(truths)])
        said = await agent.ask(QUESTION)
        assert len(agent.sent()) == 2, agent.sent()[-1]["messages"][-1]
    assert "〔未核实〕" not in said.text
    assert "{{" not in said.text
