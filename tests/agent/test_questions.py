"""The judged questions: enough of them, in two languages and two halves, and judged strictly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from questions.judging import judged, table
from questions.run import HALVES, questions
from questions.slow import World

from tests.agent.conftest import NOW, Ask


def test_there_are_enough_questions_in_both_languages_and_halves() -> None:
    every = list(questions())
    assert len(every) >= 200
    assert len({(one.before, one.text) for one in every}) == len(every)
    languages = Counter(one.language for one in every)
    halves = Counter(one.half for one in every)
    assert min(languages["zh"], languages["en"]) > 0.4 * len(every)
    assert min(halves[name] for name in HALVES) > 0.4 * len(every)


async def test_a_wrong_number_told_as_sure_is_wrong(ask: Ask, world: World) -> None:
    expected = {"is": "count", "of": ["bug"], "with": ["open"]}
    answered = await ask("未关闭的缺陷有多少")
    assert judged(expected, answered, world, NOW) == "right"
    right = len(world.meant(["bug"], ["open"]))
    other = replace(answered, text=answered.text.replace(f"**{right}**", f"**{right + 1}**"))
    assert judged(expected, other, world, NOW) == "wrong"
    assert judged(expected, await ask("量子缺陷有多少"), world, NOW) == "asked back"


async def test_a_sure_answer_to_what_must_be_asked_back_is_wrong(ask: Ask, world: World) -> None:
    assert judged({"is": "asked"}, await ask("未关闭的缺陷有多少"), world, NOW) == "wrong"
    assert judged({"is": "asked"}, await ask("为什么缺陷多"), world, NOW) == "right"


def test_cells_are_read_back_as_they_were() -> None:
    text = "x\n\n| a | b |\n| --- | --- |\n| kira\\_w | 3 |\n| a\\|b | 4 |\n"
    assert table(text) == [["kira_w", "3"], ["a|b", "4"]]
