"""Whatever is asked there is an answer, and its numbers are the tools' own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taplens.agent.direct.answerer import Answered, Direct
from taplens.agent.direct.lexicon import lexicon
from taplens.config import Settings
from taplens.mirror import Keeper
from tests.agent.conftest import CLOCK

WORDS = [
    *sorted(lexicon().phrases), "陆千帆", "白芷", "测试中", "上周", "本月", "last week",
    "since June",
    "5", "支付收银", "阻塞", "ACME", "1000003", "3.5.0", "，", "?", "🐛", "\x00", "张三", "|", "`",
    "](http://x)",
]  # fmt: skip
QUESTIONS = st.lists(st.sampled_from(WORDS), max_size=6).flatmap(
    lambda words: st.sampled_from([" ".join(words), "".join(words)])
)


class Asked:
    """The answerer in an event loop of its own, for many questions after one another."""

    def __init__(self, mirrored: Settings) -> None:
        self._runner = asyncio.Runner()
        self._keeper = Keeper(mirrored, clock=CLOCK)
        self._direct = Direct(self._opened, CLOCK)

    async def _opened(self) -> Keeper:
        return self._keeper

    def __call__(self, *questions: str) -> Answered:
        return self._runner.run(self._direct.ask(questions))

    def close(self) -> None:
        self._runner.run(self._keeper.close())
        self._runner.close()


@pytest.fixture(scope="module")
def asked(mirrored: Settings) -> Iterator[Asked]:
    opened = Asked(mirrored)
    yield opened
    opened.close()


@settings(max_examples=60)
@given(QUESTIONS, QUESTIONS)
@example("", "'scategory")
def test_any_words_get_an_answer_whose_numbers_a_tool_gave(
    asked: Asked, before: str, question: str
) -> None:
    answered = asked(before, question)
    assert answered.text
    assert answered.basis.confidence in ("sure", "asked_back", "refused")
    if answered.basis.confidence != "sure":
        assert not re.search(r"\*\*\d+\*\*", answered.text)
        return
    totals = [call["total"] for call in answered.basis.tools]
    given_numbers = {total for total in totals if total is not None}
    given_numbers |= {abs(one - other) for one in given_numbers for other in given_numbers}
    for number in re.findall(r"\*\*(\d+)\*\*", answered.text):
        assert int(number) in given_numbers, answered.text


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_any_text_gets_an_answer(asked: Asked, question: str) -> None:
    answered = asked(question)
    assert answered.text
    assert set(answered.json_object()["taplens"]) == {
        "reading", "where", "tools", "confidence", "as_of", "item_ids",
    }  # fmt: skip
