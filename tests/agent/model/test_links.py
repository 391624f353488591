"""Addresses in a model's text: only those of items that were found are passed on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.agent.checks.links import Links
from taplens.agent.fence import fenced, seen
from tests.agent.model.corpus import checker

BUG = "1150311786001000101"
LINKS = Links("https://www.tapd.cn")
PAGE = f"https://www.tapd.cn/50311786/bugtrace/bugs/view/{BUG}"


def restricted(text: str) -> str:
    return LINKS.restricted(text, [BUG], "〔链接已移除〕")


@pytest.mark.parametrize("text", [f"见 [1000101]({PAGE})。", f"见 {PAGE} 。"])
def test_a_link_to_an_item_that_was_found_stays(text: str) -> None:
    assert restricted(text) == text


@pytest.mark.parametrize(
    "target",
    [
        f"{PAGE}?q=secret", f"{PAGE}#secret", PAGE.replace(BUG, "1150311786001000999"),
        PAGE.replace("www.tapd.cn", "www.tapd.cn.evil.example"), f"//evil.example/{BUG}",
        PAGE.replace("https", "http"), f"https://user@www.tapd.cn:444/{BUG}", f"/{BUG}",
        PAGE.replace("/bugtrace", "\\bugtrace"), "https://www.tapd.cn/redirect",
        f"javascript:{BUG}",
    ],
)  # fmt: skip
def test_any_other_link_leaves_only_its_words(target: str) -> None:
    assert restricted(f"[见这里]({target}) 完") == "见这里 完"
    assert target not in restricted(f"见 {target} 完") or target.startswith("/1")


_PARTS = st.sampled_from(
    [
        *("![", "[", "](", ")", "<", ">", "https://", "http:", "//", "evil.example", "/x?q=1", " "),
        *("\n", "a", "]: ", "www.", "javascript:", "\u200b", "<img src=", "'", '"', "！", "。"),
        *("&#104;", "data:", PAGE),
    ]
)


@given(st.lists(_PARTS, max_size=14).map("".join))
def test_no_address_elsewhere_is_left_in_any_text(text: str) -> None:
    told = restricted(text)
    assert "//evil" not in told
    assert "www.evil" not in told
    assert "](evil" not in told
    assert "<img" not in told
    assert "\u200b" not in told


def test_an_id_that_was_found_becomes_a_link_and_no_other() -> None:
    told = (
        checker("1000101？").check(f"缺陷 1000101 和 [1000102]({PAGE[:-1]}2)，另有 #1000103。").text
    )
    assert f"[1000101]({PAGE})" in told
    assert told.count("](") == 3
    assert "](" not in checker("1000999？").check("缺陷 1000999 怎么样？").text


def test_what_nobody_sees_is_taken_out_and_emoji_stay() -> None:
    assert seen("缺\u200b陷\u202e👨\u200d👩\u200d👧\ufeff") == "缺陷👨\u200d👩\u200d👧"


def test_three_braces_are_no_reference_either() -> None:
    assert "{{" not in fenced("{{{r1.total}}}")


@given(st.text(alphabet='</data id="0123456789abcdef">{}\n缺陷', max_size=80))
def test_no_text_closes_its_fence_or_holds_a_reference(text: str) -> None:
    told = fenced(text)
    mark = told.partition('id="')[2][:8]
    assert told.count(f'</data id="{mark}">') == 1
    assert "{{" not in told
    assert "}}" not in told
