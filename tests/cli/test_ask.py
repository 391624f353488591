"""`taplens ask` answers as the model `taplens-direct` does."""

from __future__ import annotations

import json

from tests.cli.conftest import Taplens


def test_a_question_is_answered_in_its_own_language(synced: Taplens) -> None:
    outcome = synced("ask", "How", "many", "bugs", "are", "there?")
    assert outcome.code == 0
    assert outcome.out.startswith("**100** bugs.")
    assert synced("ask", "一共有多少缺陷？").out.startswith("共 **100** 个缺陷。")


def test_as_json_it_says_what_it_rests_on(synced: Taplens) -> None:
    found = json.loads(synced("ask", "一共有多少缺陷？", "--json").out)
    assert found["taplens"]["confidence"] == "sure"
    assert found["taplens"]["tools"] == [
        {"name": "count_items", "arguments": {"where": "type:bug"}, "total": 100}
    ]


def test_what_is_not_understood_is_asked_back(synced: Taplens) -> None:
    outcome = synced("ask", "量子模块的缺陷有多少")
    assert outcome.code == 0
    assert "量子" in outcome.out
    assert "**" not in outcome.out
