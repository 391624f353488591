"""Descriptions lose their styles and nothing else; a shorter one must hold what matters."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from taplens.descriptions.checking import faults
from taplens.descriptions.cleaning import Image, Link, clean, marked

HTML = (
    '<p style="margin: 0px; color: #333;"><span style="font-family:宋体">点击</span>登录 🎁</p>'
    '<ul style="x"><li>第一步</li><li>第二步</li></ul>'
    "<table><tr><td style='width:9px'>条件</td><td>行为</td></tr>"
    "<tr><td>有</td><td>展示</td></tr></table>"
    '<p>见<a href="https://docs.qq.com/doc/Dabc" style="color:red">方案</a>与'
    '<a href="https://example.com/x">规范</a></p>'
    '<p><img src="/tfl/captures/2026-03/tapd_1_base64_2.png" alt="截图" style="width:80%"/></p>'
)


def test_styles_go_and_text_lists_tables_links_and_pictures_stay() -> None:
    found = clean(HTML)
    assert "style" not in found.markdown
    assert "margin" not in found.markdown
    for kept in (
        "点击登录 🎁",
        "- 第一步",
        "| 条件 | 行为 |",
        "| 有 | 展示 |",
        "[腾讯文档: 方案](https://docs.qq.com/doc/Dabc)",
        "[规范](https://example.com/x)",
        "![图片: 截图](tapd-image:/tfl/captures/2026-03/tapd_1_base64_2.png)",
    ):
        assert kept in found.markdown
    assert found.links == (
        Link("方案", "https://docs.qq.com/doc/Dabc"),
        Link("规范", "https://example.com/x"),
    )
    assert [link.is_document for link in found.links] == [True, False]
    assert found.images == (Image("图片: 截图", "/tfl/captures/2026-03/tapd_1_base64_2.png"),)
    assert found.before == len(HTML.encode()) > 1.5 * found.after
    assert found.after == len(found.markdown.encode())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("见 https://docs.qq.com/s?tab=2，谢谢", "见 [腾讯文档](https://docs.qq.com/s?tab=2)，谢谢"),
        ("[腾讯文档: a](https://docs.qq.com/a)", "[腾讯文档: a](https://docs.qq.com/a)"),
        ("[x](https://docs.qq.com.evil.cn/a)", "[x](https://docs.qq.com.evil.cn/a)"),
        ("[x](https://doc.weixin.qq.com/a)", "[腾讯文档: x](https://doc.weixin.qq.com/a)"),
    ],
)  # fmt: skip
def test_links_to_tencent_docs_are_marked_once(text: str, told: str) -> None:
    assert marked(text) == told
    assert marked(told) == told


@given(st.text())
@example("[](http://[)")
@example("https://docs.qq.com/" + "(" * 50)
@example("<a href='http://[::1'>x</a>")
def test_whatever_people_paste_is_cleaned(text: str) -> None:
    for html in (text, f"<p>{text}</p>", f'<a href="{text}">x</a>'):
        found = clean(html)
        assert found.after == len(found.markdown.encode("utf-8", "surrogatepass"))


ORIGINAL = (
    "登录超时 30 秒后提示，重试 3 次；见 BUG-1024 与 "
    "[方案](https://docs.qq.com/doc/D1)。\n1. 打开 v2.3.1\n2. 等待 500 ms\n"
    "![图](tapd-image:/tfl/x_1.png) 成功率 99.5%，共 12 人。"
)
SHORT = (
    "登录 30秒 超时后提示，重试 3 次（BUG-1024、[方案](https://docs.qq.com/doc/D1)）。\n"
    "- 打开 v2.3.1\n- 等待 500ms\n![图](tapd-image:/tfl/x_1.png) 成功率 99.5%，12 人"
)


def test_a_text_that_keeps_everything_passes_however_it_is_put() -> None:
    assert faults(ORIGINAL, SHORT) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("30秒", "3秒", ["- 30秒", "+ 3秒"]),
        ("30秒", "30分钟", ["- 30秒", "+ 30分钟"]),
        ("BUG-1024", "BUG-1025", ["- bug-1024", "+ bug-1025"]),
        ("v2.3.1", "v2.3", ["- v2.3.1", "+ v2.3"]),
        ("99.5%", "995%", ["- 99.5%", "+ 995%"]),
        ("99.5%", "高", ["- 99.5%"]),
        ("https://docs.qq.com/doc/D1", "https://docs.qq.com/doc/D2",
         ["- https://docs.qq.com/doc/D1", "+ https://docs.qq.com/doc/D2"]),
        ("tapd-image:/tfl/x_1.png", "tapd-image:/tfl/x_2.png",
         ["- tapd-image:/tfl/x_1.png", "+ tapd-image:/tfl/x_2.png"]),
        ("12 人", "人", ["- 12"]),
        ("提示", "提示 7 秒", ["+ 7秒"]),
    ],
)  # fmt: skip
def test_what_is_lost_or_made_up_is_named(old: str, new: str, told: list[str]) -> None:
    assert faults(ORIGINAL, SHORT.replace(old, new)) == told


NUMBERS = list(re.finditer(r"\d+", SHORT))


@given(place=st.integers(0, len(NUMBERS) - 1), number=st.integers(0, 10**6))
def test_a_changed_number_never_passes(place: int, number: int) -> None:
    match = NUMBERS[place]
    assume(int(match[0]) != number)
    changed = SHORT[: match.start()] + str(number) + SHORT[match.end() :]
    assert faults(ORIGINAL, changed)


@given(st.decimals(0, 1000, places=1), st.decimals(0, 1000, places=1))
@example(Decimal("3.5"), Decimal("4.5"))
def test_a_decimal_at_the_begin_of_a_line_is_no_number_of_a_list(
    before: Decimal, after: Decimal
) -> None:
    assume(before != after)
    assert faults(f"限时：\n{before} ms 内返回", f"限时\n{after} ms 内返回")
    assert faults(f"限时：\n{before} ms 内返回", f"{before} ms 内返回") == []


@given(st.text(max_size=200))
def test_a_text_is_true_to_itself(text: str) -> None:
    assert faults(text, text) == []
