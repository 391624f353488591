"""What leaves for a provider: stand-ins, withheld fields, and a log of it without any text."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.egress.log import logged
from taplens.egress.pseudonyms import Pseudonyms
from tests.agent.model.conftest import NOW, Asking, Serve, call, calls

ALL = ("people", "phones", "mails", "secrets")
PEOPLE = ("张三", "欧阳娜娜", "dev.tangyuan", "索朗", "བསོད་ནམས།", "产品小鱼🐟", "㐂𠮷")
SAMPLES = {
    "people": ["张三", "欧阳娜娜", "dev.tangyuan", "བསོད་ནམས།", "产品小鱼🐟", "㐂𠮷"],
    "phones": ["13812345678", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８",
               "010-62345678", "+44 20 7946 0958"],
    "mails": ["a.b+c@corp.example.com", "测试@例子.公司", "x_y@sub.example.cn"],
    "secrets": ["password: hunter2!", "密码是Abc12345", "sk-abcdEFGH12345678", "api_key=AAAABBBB",
                "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc-def",
                "11010519900307123X",
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"],
}  # fmt: skip
_SECRET_PARTS = {
    "password: hunter2!": "hunter2!",
    "密码是Abc12345": "Abc12345",
    "api_key=AAAABBBB": "AAAABBBB",
}


def made(*kinds: str, key: bytes = b"key") -> Pseudonyms:
    return Pseudonyms(kinds or ALL, PEOPLE, key)


@pytest.mark.parametrize(("kind", "sample"), [(k, s) for k, some in SAMPLES.items() for s in some])
def test_what_is_private_is_replaced_and_comes_back(kind: str, sample: str) -> None:
    stand_ins = made(kind)
    hidden = stand_ins.hidden(f"请联系：{sample}，谢谢")
    assert _SECRET_PARTS.get(sample, sample) not in hidden
    assert stand_ins.restored(hidden) == f"请联系：{sample}，谢谢"


@pytest.mark.parametrize(
    "text", ["1150311786001000101", "缺陷 1000101", "2026-03-31 14:00", "12345678", "v4.1.0", "张"]
)
def test_ids_dates_and_versions_are_left(text: str) -> None:
    assert made().hidden(text) == text


def test_a_value_has_one_stand_in_in_a_conversation_and_another_one_elsewhere() -> None:
    one, again, other = made(), made(), made(key=b"other")
    assert one.hidden("张三和张三") == again.hidden("张三和张三")
    assert one.hidden("张三") != other.hidden("张三")
    assert len(set(one.hidden("张三和张三").split("和"))) == 1


def test_a_longer_name_is_not_taken_for_a_shorter_one() -> None:
    stand_ins = Pseudonyms(("people",), ("李四", "李四光"), b"k")
    assert stand_ins.hidden("李四光") != stand_ins.hidden("李四") + "光"


def test_keys_and_lists_are_replaced_too() -> None:
    stand_ins = made()
    told: dict[str, Any] = {"created": {"张三": 3}, "owner": ["张三"], "n": 1, "none": None}
    hidden = stand_ins.hidden(told)
    assert "张三" not in json.dumps(hidden, ensure_ascii=False)
    assert json.loads(stand_ins.restored(json.dumps(hidden))) == told


_PRIVATE = st.sampled_from([sample for some in SAMPLES.values() for sample in some])
_TEXT = st.lists(
    st.one_of(_PRIVATE, st.text(alphabet="缺陷有 PERSON_MAIL8。\n", max_size=9)), max_size=6
)


@given(_TEXT, st.lists(st.integers(1, 200), max_size=12))
def test_a_stream_is_restored_however_it_is_cut(parts: list[str], cuts: list[int]) -> None:
    stand_ins = made()
    text = "，".join(parts)
    hidden = stand_ins.hidden(text)
    places = sorted({0, len(hidden), *(cut for cut in cuts if cut < len(hidden))})
    stream = stand_ins.stream()
    told = [stream.feed(hidden[a:b]) for a, b in pairwise(places)]
    assert "".join((*told, stream.finish())) == text


ASKED = {"messages": [{"role": "user", "content": "你好"}]}
ITEMS = calls(call("find_items", where="type:bug is:open", limit=5))


def _sent(agent: Asking) -> str:
    return json.dumps(agent.sent(), ensure_ascii=False)


async def test_names_leave_as_stand_ins_and_come_back_in_the_answer(asking: Serve) -> None:
    async with asking(egress_pseudonyms=ALL) as agent:
        agent.provider.script([ITEMS])
        agent.provider.script(["好的。"])
        await agent.ask("沈听澜手上有哪些缺陷？电话 13812345678")
        sent = agent.sent()
        name = sent[0]["messages"][-1]["content"].partition("手上")[0]
        agent.provider.clear()
        agent.provider.script([ITEMS, f"{name}负责 1000103。"])
        said = await agent.ask("沈听澜手上有哪些缺陷？电话 13812345678")
        told = _sent(agent)
    assert name.startswith("PERSON_")
    assert "沈听澜" not in told
    assert "13812345678" not in told
    assert said.plain == "沈听澜负责 1000103。"


async def test_arguments_are_restored_before_a_tool_is_called(asking: Serve) -> None:
    question = "沈听澜有多少未关闭的缺陷？"
    async with asking(egress_pseudonyms=ALL) as agent:
        agent.provider.script(["好的。"])
        await agent.ask(question)
        name = agent.sent()[0]["messages"][-1]["content"].partition("有多少")[0]
        agent.provider.script(
            [
                calls(call("count_items", where=f"type:bug is:open owner:{name}")),
                f"{name}有 {{{{r1.total}}}} 个未关闭的缺陷。",
            ]
        )
        said = await agent.ask(question)
    assert said.text == "沈听澜有 2 个未关闭的缺陷。"
    assert said.basis["tools"][0]["arguments"] == {"where": "type:bug is:open owner:沈听澜"}


async def test_a_member_called_like_a_role_breaks_no_message(asking: Serve) -> None:
    async with asking(egress_pseudonyms=ALL) as agent:
        agent.agent._known = None
        agent.provider.script(
            [calls(call("find_items", where="type:bug"), content="先查。"), "好的。"]
        )
        vocabulary = await agent.agent._vocabulary(await agent.agent._context(ASKED))
        for nick in ("user", "tool", "assistant", "function"):
            vocabulary.add("person", [nick])
        said = await agent.ask("你好")
        roles = {one["role"] for one in agent.sent()[1]["messages"]}
    assert said.text == "先查。\n\n好的。"
    assert roles == {"system", "user", "assistant", "tool"}


async def test_a_withheld_field_does_not_leave_but_can_be_referred_to(asking: Serve) -> None:
    async with asking(egress_withheld=("title", "siliconflow:owner", "other:status")) as agent:
        agent.provider.script([ITEMS, "1000103 的负责人是 {{r1.rows[0].owner[0]}}。"])
        said = await agent.ask("最新的未关闭缺陷是谁的？")
        result = agent.sent()[1]["messages"][-1]["content"]
    assert '"title"' not in result
    assert '"owner"' not in result
    assert '"status"' in result
    assert said.plain == "1000103 的负责人是 沈听澜。"


async def test_the_log_says_what_went_where_and_holds_no_text(asking: Serve) -> None:
    async with asking() as agent:
        agent.provider.script([ITEMS, "好的。"])
        await agent.ask("一个只有提问者知道的词：薛定谔")
        size = len(json.dumps(agent.sent()[1], ensure_ascii=False).encode())
        rows = logged(agent.settings, since=NOW, until=NOW)[:2]
    last, first = rows
    assert first["answer"] == last["answer"]
    assert (last["provider"], first["item_ids"]) == ("siliconflow", [])
    assert {"title", "owner", "status"} <= set(last["fields"])
    assert "1150311786001000103" in last["item_ids"]
    assert 0.5 < last["size"] / size < 1.5
    assert "薛定谔" not in json.dumps(rows, ensure_ascii=False)
    assert "客服会话" not in json.dumps(rows, ensure_ascii=False)


async def test_nothing_leaves_where_the_log_cannot_be_written(
    asking: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taplens.egress import log
    from taplens.errors import ReadOnlyMirrorError

    def refuse(*_: object) -> None:
        raise ReadOnlyMirrorError("mirror_read_only", path="state.db")

    monkeypatch.setattr(log, "_write", refuse)
    async with asking() as agent:
        with pytest.raises(ReadOnlyMirrorError):
            await agent.ask("你好")
        assert agent.sent() == []
