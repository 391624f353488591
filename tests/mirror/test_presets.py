"""Priorities are found by the words everybody knows, whatever the team calls them."""

from __future__ import annotations

import pytest

from taplens.mirror.catalogue import Option
from taplens.mirror.presets import meant

TAPD_BUG = ["urgent:紧急", "high:高", "medium:中", "low:低", "insignificant:无关紧要"]
TAPD_STORY = ["4:High", "3:Middle", "2:Low", "1:Nice To Have"]
OWN = ["甲:必须马上", "乙:本周", "丙:本月", "丁:有空再说"]
LETTERS = ["P0:P0", "P1:P1", "P2:P2", "P3:P3"]


def options(words: list[str]) -> list[Option]:
    pairs = [word.split(":") for word in words]
    return [
        Option(1, "bug", "priority", place, value, label, None)
        for place, (value, label) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("words", "asked", "expected"),
    [
        (TAPD_BUG, "urgent", ["紧急"]),
        (TAPD_BUG, "紧急", ["紧急"]),
        (TAPD_BUG, "P1", ["高"]),
        (TAPD_BUG, "middle", ["中"]),
        (TAPD_BUG, "无关紧要", ["无关紧要"]),
        (TAPD_STORY, "medium", ["Middle"]),
        (TAPD_STORY, "中", ["Middle"]),
        (TAPD_STORY, "高", ["High"]),
        (TAPD_STORY, "urgent", []),
        (TAPD_STORY, "4", ["High"]),
        (OWN, "urgent", ["必须马上"]),
        (OWN, "high", ["本周"]),
        (OWN, "medium", ["本月"]),
        (OWN, "low", ["有空再说"]),
        (OWN, "本月", ["本月"]),
        (OWN, "随便", []),
        (LETTERS, "ＵＲＧＥＮＴ", ["P0"]),
        (LETTERS, "low", ["P3"]),
        ([], "low", []),
    ],
)
def test_a_word_means_the_teams_own_priority(words, asked: str, expected: list[str]) -> None:
    assert [option.label for option in meant(options(words), asked)] == expected
