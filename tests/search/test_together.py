"""Full text and meaning together: what holds the words leads, the nearest follow and say so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.mirror.embedders.builtin import BuiltinEmbedder
from taplens.mirror.index.keeping import begin_anew
from taplens.mirror.landing.items import land_items
from taplens.mirror.scope import Notice, Scope
from taplens.search.find import Hits
from taplens.search.fusion import fused
from taplens.search.meaning import UNASKED, Sense
from tests.search.corpus import SCOPE, WORKSPACE, bug, build, hits, land, long_id
from tests.search.embedded import embed, sense


def asked(database, where: str, words: str | None = None, **more) -> Hits:
    return hits(database, where, sense=sense(where if words is None else words), **more)


def numbers(found: Hits) -> list[int]:
    return [row.number for row in found.rows]


def codes(found: Hits) -> list[str]:
    return [notice.code for notice in found.warnings]


def test_what_holds_all_the_words_leads_and_the_nearest_follow(embedded) -> None:
    found = asked(embedded, "闪退")
    assert numbers(found)[:2] == [1, 2]
    assert 5 in numbers(found)[2:]  # crashed
    assert found.total == 2
    assert found.end == 2 + found.near == len(found.rows)
    assert codes(found) == ["nearest_follow"]
    assert found.warnings[0].parameters == {"count": 2}


@pytest.mark.parametrize(
    ("where", "first"),
    [("付款没反应", 3), ("登陆很慢", 2), ("login 崩溃", 5), ("導出亂碼", 4), ("iso 推送 消息", 6)],
)
def test_where_nothing_holds_the_words_the_nearest_in_meaning_come(
    embedded, where: str, first: int
) -> None:
    found = asked(embedded, where)
    assert first in numbers(found)[:2]
    assert found.total in (0, 1)


def test_an_id_that_is_found_is_meant_alone(embedded) -> None:
    found = asked(embedded, "order-2048")
    assert (numbers(found), found.end, codes(found)) == ([5], 1, [])


def test_quoted_words_and_conditions_hold_for_what_is_near_too(embedded) -> None:
    assert 5 not in numbers(asked(embedded, '闪退 "重现步骤"', "闪退"))
    assert numbers(asked(embedded, "崩溃 id:5", "崩溃")) == [5]
    assert numbers(asked(embedded, "崩溃 id:4", "崩溃")) in ([], [4])
    assert 2 not in numbers(asked(embedded, "崩溃 -登录", "崩溃"))
    assert asked(embedded, '"崩溃"', "崩溃").end == 0
    assert 101 not in numbers(asked(embedded, "退钱", "退钱"))
    assert numbers(asked(embedded, "退钱 type:tcase", "退钱")) == [101]


def test_pages_joined_are_the_whole_answer(embedded) -> None:
    whole = asked(embedded, "闪退 支付")
    pages = [asked(embedded, "闪退 支付", limit=1, offset=n) for n in range(whole.end + 1)]
    assert [numbers(page) for page in pages] == [[n] for n in numbers(whole)] + [[]]
    assert {page.end for page in pages} == {whole.end}
    assert {page.total for page in pages} == {1}


def test_mode_semantic_asks_the_meaning_alone(embedded) -> None:
    found = asked(embedded, "应用崩溃", mode="semantic")
    assert set(numbers(found)[:3]) & {1, 5}
    assert (found.total, found.end) == (0, len(found.rows))
    off = hits(embedded, "应用崩溃", mode="semantic")
    assert (numbers(off), codes(off)) == ([], ["embedder_off"])
    unranked = hits(embedded, "", mode="semantic")
    assert (len(numbers(unranked)), codes(unranked)) == (6, ["not_by_meaning"])
    sorted_ = asked(embedded, "闪退 sort:-id", "闪退", mode="semantic")
    assert (numbers(sorted_), codes(sorted_)) == ([2, 1], ["not_by_meaning"])
    assert codes(hits(embedded, "-闪退", mode="semantic")) == ["not_by_meaning"]


def test_mode_fulltext_never_goes_further(embedded) -> None:
    assert numbers(asked(embedded, "付款没反应", mode="fulltext")) == []


def test_an_embedder_that_failed_is_told_and_the_words_are_still_found(embedded) -> None:
    failed = Sense("", fault=Notice("embedder_failed"))
    found = hits(embedded, "支付超时怎么处理的", sense=failed)
    assert numbers(found)[0] == 3
    assert codes(found) == ["nearest", "embedder_failed"]
    assert numbers(hits(embedded, "闪退", sense=failed)) == [1, 2]


@pytest.mark.parametrize("mode", ["auto", "semantic"])
def test_a_vector_of_another_length_is_told_and_the_words_are_still_found(
    embedded, mode: str
) -> None:
    known = sense("支付超时")
    longer = replace(known, vector=np.ones(64, np.float32))
    found = hits(embedded, "支付超时怎么处理的", sense=longer, mode=mode)
    assert "vector_of_another_length" in codes(found)
    assert (3 in numbers(found)) == (mode == "auto")


def test_vectors_that_are_not_there_yet_are_told(embedded) -> None:
    other = Sense("another embedder", 0.1, False, sense("崩溃").vector)
    found = hits(embedded, "支付超时怎么处理的", sense=other)
    assert numbers(found)[0] == 3
    assert codes(found) == ["nearest", "vectors_incomplete"]


def test_a_workspace_outside_the_scope_is_never_near(embedded) -> None:
    foreign = Scope(("99999999",), SCOPE.now, "")
    assert hits(embedded, "崩溃", foreign, sense=sense("崩溃")).rows == []
    assert WORKSPACE in SCOPE.workspace_ids


@pytest.mark.parametrize("text", ["闪" * 3990, "a中" * 1990, "🎉" * 30, "\x1b[31m", '" OR 1=1 --'])
def test_any_question_is_answered(embedded, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    hits(embedded, f"{quoted if text.isalnum() else ''} 登录", sense=sense(text))
    hits(embedded, "登录", sense=sense(text), mode="semantic")


KEYS = st.lists(st.integers(0, 20), unique=True, max_size=10)


@given(KEYS, KEYS)
def test_fusion_holds_each_once_and_keeps_an_order_that_all_share(one, other) -> None:
    both = fused([(1.0, one), (2.0, other)])
    assert sorted(both) == sorted({*one, *other})
    assert fused([(1.0, one)]) == one
    assert fused([(1.0, one), (2.0, one)]) == one


def test_standing_in_both_rankings_beats_standing_first_in_one() -> None:
    assert fused([(1.0, [1, 2]), (1.0, [3, 2])])[0] == 2


def test_an_item_whose_id_is_asked_for_comes_before_all(mirror) -> None:
    land(mirror, land_items, "bug", [bug(1024, "别的缺陷")])
    build(mirror)
    assert numbers(asked(mirror, "1024")) == [1024, 3]
    assert numbers(asked(mirror, long_id(1024))) == [1024]
    assert asked(mirror, "1024").total == 2
    assert numbers(asked(mirror, "1024 type:story")) == []
    assert numbers(asked(mirror, "1024 订单")) != [1024]
    assert numbers(asked(mirror, "１０２４")) == [1024, 3]
    assert numbers(asked(mirror, "1024 sort:id")) == [3, 1024]
    assert numbers(hits(mirror, "1024", mode="fulltext")) == [3]


def test_an_item_whose_id_is_asked_for_comes_before_the_many_that_name_it(mirror) -> None:
    named = [bug(2000 + n, f"重复 {n}", "见 1000123") for n in range(10)]
    land(mirror, land_items, "bug", [bug(1_000_123, "真正要找的", "1000123"), *named])
    build(mirror)
    found = asked(mirror, "1000123")
    assert (found.total, found.end, numbers(found)[0]) == (11, 11, 1_000_123)
    assert len(set(numbers(found))) == 11
    pages = [asked(mirror, "1000123", limit=1, offset=n) for n in range(12)]
    assert [numbers(page) for page in pages] == [[n] for n in numbers(found)] + [[]]
    assert {page.total for page in pages} == {11}


def test_until_the_index_is_there_an_item_is_found_by_its_id(mirror) -> None:
    land(mirror, land_items, "bug", [bug(4242, "别的缺陷")])
    found = hits(mirror, "４２４２")
    assert (numbers(found), codes(found)) == ([4242], ["index_not_ready"])


async def test_by_meaning_what_is_excluded_stays_so_while_the_index_is_made(mirror) -> None:
    build(mirror)
    await embed(mirror, BuiltinEmbedder())
    before = asked(mirror, "闪退 -登录", "闪退", mode="semantic")
    assert 2 not in numbers(before)
    with mirror.write() as connection:
        begin_anew(connection)
    during = asked(mirror, "闪退 -登录", "闪退", mode="semantic")
    assert 2 not in numbers(during)  # its title says so
    assert 1 in numbers(during)
    assert "index_not_ready" in codes(during)
    assert "index_not_ready" not in codes(asked(mirror, "闪退", mode="semantic"))


def test_what_the_words_mean_is_asked_for_only_where_it_is_needed(mirror) -> None:
    land(mirror, land_items, "bug", [bug(3000 + n, f"登录失败 {n}") for n in range(10)])
    build(mirror)
    for where in ("登录失败", "order-2048", '"崩溃"', "登录 sort:id", "type:bug", "-闪退"):
        assert not hits(mirror, where, sense=UNASKED).needs_sense, where
    for where in ("崩溃", "登录失败 闪退"):
        assert hits(mirror, where, sense=UNASKED).needs_sense, where


def test_words_taken_apart_still_find_longer_ones(mirror) -> None:
    land(mirror, land_items, "bug", [bug(50, "卡"), bug(51, "卡死机")])
    build(mirror)
    assert set(numbers(hits(mirror, "卡 xyzzy"))) == {50, 51}
    assert numbers(hits(mirror, "crash xyzzy")) == [5]
    assert numbers(hits(mirror, "闪退 xyzzy")) == [1, 2]


def test_what_happened_in_the_time_that_is_named_comes_first(mirror) -> None:
    then = {"created": "2025-03-01 09:00:00", "resolved": "2025-06-14 09:00:00"}
    rows = [
        bug(21, "登录页闪退", "<p>点登录就闪退</p>"),
        bug(22, "登录时崩溃", "<p>App 崩溃</p>", **then),
        bug(23, "登录后闪退", "<p>一闪就退</p>", created="2026-03-11 09:00:00"),
    ]
    land(mirror, land_items, "bug", rows)
    build(mirror)
    asyncio.run(embed(mirror, BuiltinEmbedder()))
    for where, first, days in (
        ("who fixed the login crash last June", 22, ("2025-06-01", "2025-06-30")),
        ("上周 登录崩溃的原因", 23, ("2026-03-09", "2026-03-15")),
    ):
        found = asked(mirror, where, "登录 崩溃")
        assert numbers(found)[0] == first
        assert {21, 22, 23} <= set(numbers(found))
        told = found.warnings[[*codes(found)].index("period_first")]
        assert tuple(map(str, told.parameters.values())) == days
    assert "period_first" not in codes(asked(mirror, "登录崩溃的原因", "登录 崩溃"))
