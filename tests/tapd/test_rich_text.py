"""TAPD's HTML as Markdown and as bare text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taplens.tapd import rich_text
from taplens.tapd.rich_text import to_markdown, to_text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>作为<b>运营</b>，我想<i>导出</i></p>", "作为**运营**，我想*导出*"),
        (
            "<h2>步骤</h2><ol><li>打开 order_list</li><li>点 <code>a*b*</code></li></ol>",
            "## 步骤\n\n1. 打开 order_list\n2. 点 `a*b*`",
        ),
        ("<ol start='3'><li>三</li></ol>", "3. 三"),
        ("<ul><li>甲<ul><li>乙</li></ul></li></ul>", "- 甲\n  - 乙"),
        ("<div>一</div><div><br></div><div>二</div>", "一\n\n二"),
        ("a<br/>b<br>c", "a\nb\nc"),
        (
            '<a href="https://docs.qq.com/doc/DQ?tab=1">腾讯文档：方案（终稿）</a>',
            "[腾讯文档：方案（终稿）](https://docs.qq.com/doc/DQ?tab=1)",
        ),
        (
            '<a href="https://docs.qq.com/sheet/x">https://docs.qq.com/sheet/x</a>',
            "https://docs.qq.com/sheet/x",
        ),
        ('<a href="javascript:alert(1)">点我</a>', "点我"),
        ('<a href=" JAVASCRIPT:alert(1)">点我</a>', "点我"),
        (
            '<a href="/58210347/prong/stories/view/1">需求</a>',
            "[需求](/58210347/prong/stories/view/1)",
        ),
        ("<a name='x'>锚</a>", "锚"),
        ("<style>p{color:red}</style><script>alert('x')</script>文", "文"),
        ("<!-- 注释 --><?xml version='1.0'?><o:p>来自 Word</o:p>", "来自 Word"),
        ("cannot&amp;nbsp;reproduce&nbsp;&amp;quot;1.4&amp;quot;", 'cannot reproduce "1.4"'),
        ("<p>cannot&amp;nbsp;reproduce</p>", "cannot reproduce"),
        ("<p>a &lt; b &amp;&amp; c</p>", "a < b && c"),
        ("<pre>line 1\n  line 2</pre>", "```\nline 1\n  line 2\n```"),
        ("<p>👨‍👩‍👧 བོད་ཡིག ئۇيغۇرچە ａｂｃ</p>", "👨‍👩‍👧 བོད་ཡིག ئۇيغۇرچە ａｂｃ"),
        ("只有文字\n第二行", "只有文字\n第二行"),
        ("3 < 5 而 5 > 3", "3 < 5 而 5 > 3"),
        ("<p><b>没有关", "**没有关**"),
        ("", ""),
        (None, ""),
        ("<p></p>", ""),
        ("<p>\u200b&nbsp;</p>", ""),
    ],
)
def test_rich_text_becomes_markdown(html: str | None, markdown: str) -> None:
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    ("tag", "placeholder"),
    [
        (
            '<img src="/tfl/captures/2026-02/tapd_5.png" alt="登录页"/>',
            "![图片: 登录页](tapd-image:/tfl/captures/2026-02/tapd_5.png)",
        ),
        (
            '<img src="/tfl/captures/2026-02/tapd_5.png">',
            "![图片: tapd_5.png](tapd-image:/tfl/captures/2026-02/tapd_5.png)",
        ),
        (
            '<img src="https://file.tapd.cn/tfl/a%20b (1).png">',
            "![图片: a b (1).png](tapd-image:/tfl/a%20b%20%281%29.png)",
        ),
        (
            '<img src="//www.tapd.cn//tfl/a.png" alt="a]\n(b">',
            "![图片: a) (b](tapd-image:/tfl/a.png)",
        ),
        ('<img src="https://img.example/x/y.gif">', "![图片: y.gif](https://img.example/x/y.gif)"),
        ('<img src="data:image/png;base64,iVBORw0KGgo=">', "[图片]"),
        ('<img src="file:///C:/a.png" alt="截图">', "[图片: 截图]"),
        ("<img>", "[图片]"),
        ('<img src="http://[broken">', "![图片: (broken](http://[broken)"),
    ],
)
def test_pictures_become_placeholders_that_say_where_to_fetch_them(
    tag: str, placeholder: str
) -> None:
    assert to_markdown(f"<p>{tag}</p>") == placeholder


def test_tables_become_pipes() -> None:
    html = (
        "<table><tbody><tr><td>浏览器</td><td colspan='2'>结果</td></tr>"
        "<tr><td><p>Chrome</p><p>120</p></td><td>a|b</td>"
        "<td><img src='/tfl/x.png'/><ul><li>一</li></ul></td></tr></tbody></table>"
    )
    assert to_markdown(html) == (
        "| 浏览器 | 结果 | |\n| --- | --- | --- |\n"
        "| Chrome 120 | a\\|b | ![图片: x.png](tapd-image:/tfl/x.png) - 一 |"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>作为<b>运营</b></p><ol><li>打开</li><li>导出</li></ol>", "作为运营\n打开\n导出"),
        ("<table><tr><td>甲</td><td>乙</td></tr></table>", "甲 乙"),
        ("<script>x</script><style>y</style>文<img src='/tfl/a.png' alt='图'>", "文"),
        ('<a href="https://docs.qq.com/doc/x">方案</a>', "方案"),
        ("a<br/>b&amp;nbsp;c", "a\nb c"),
        ("纯文本 &amp; 更多", "纯文本 & 更多"),
        (None, ""),
    ],
)
def test_rich_text_becomes_bare_text(html: str | None, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + "深处",
        "<ul><li>" * 2_000 + "深处",
        "<![深处<p>",
        "<!深处",
        "<?php 深处",
        "<ol start='²'><li>深处</li></ol>",
        "<td colspan='²'>深处",
        f"<ol start={'9' * 5000}><li>深处",
        "<table><td>深处<table><tr><td>",
        "<tr>深处",
        "<li>深处",
        "<a href=http://[>深处</a>",
        "<![CDATA[深处]]>",
        "<h9999999999999>深处</h9999999999999>",
        "<title>深处",
    ],
)
def test_broken_rich_text_never_raises(html: str) -> None:
    assert isinstance(to_markdown(html), str)
    assert isinstance(to_text(html), str)


pieces = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div style='x'>",
        "</div>",
        "<table>",
        "<tr>",
        "<td colspan=2>",
        "</table>",
        "<ol start=",
        "<li>",
        "<img src='/tfl/a.png",
        "<a href='",
        "'>",
        "<!--",
        "-->",
        "<![",
        "]]>",
        "<!DOCTYPE",
        "<?xml ",
        "&amp;nbsp;",
        "&#x110000;",
        "&#",
        "<script>",
        "</script>",
        "<br/>",
        "<pre>",
        "<code>",
        "<h1>",
        "<o:p>",
        "中文",
        "é",
        "👩🏽‍💻",
        "\x00",
        "\ud83d",
        "<",
        ">",
        "|",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=25).map("".join))
@example("\ud83d<?xml ")
def test_no_text_makes_the_conversion_raise(html: str) -> None:
    to_markdown(html)
    to_text(html)


words = st.text(
    st.sampled_from("订单导出测试失败abcXYZ 012。，（）：—བོད🚀"), min_size=1, max_size=12
)
inline = st.tuples(st.sampled_from(["b", "i", "span", "u", "font", "em"]), words).map(
    lambda pair: f"<{pair[0]} style='color:#333'>{pair[1]}</{pair[0]}>"
)
block = st.one_of(
    st.lists(st.one_of(words, inline), min_size=1, max_size=4).map(
        lambda parts: f"<p class='a'>{''.join(parts)}</p>"
    ),
    st.lists(words, min_size=1, max_size=4).map(
        lambda items: "<ol>" + "".join(f"<li>{item}</li>" for item in items) + "</ol>"
    ),
    st.lists(st.tuples(words, words), min_size=1, max_size=3).map(
        lambda rows: (
            "<table><tbody>"
            + "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in rows)
            + "</tbody></table>"
        )
    ),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(block, min_size=1, max_size=6).map("".join))
def test_ordinary_rich_text_leaves_no_tags_and_loses_no_words(html: str) -> None:
    plain = "".join(re.sub(r"<[^>]+>", " ", html).split())
    for converted in (to_markdown(html), to_text(html)):
        assert not re.search(r"</?[a-z]", converted)
        # Numbers and points may come from, or look like, the steps of a list.
        kept = set(re.sub(r"[\s0-9.]", "", converted))
        assert set(re.sub(r"[\s0-9.]", "", plain)) <= kept


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<br>", "<br/>", "<BR />", "<b>", "</b>", "<td>", "</td >", "<li>", "<h1>",
        '<p style="color: red">', "<a href='x' target=_blank>", '<img src="a>b">', "<img alt='<'>",
        "<span data-x>", '<i "x">', "<a b=c/>", "<", ">", "</", "< p>", "<p", "<!-- x -->", "<?x?>",
        "<script>", "</script>", "<style>x</style>", "<textarea>", "</textarea>", "<1>", "<p\n>",
        "&nbsp;", "&amp;", "&lt;", "&am", "p;", "&#25903;", "&", "支付", "超时 ", "\n", "a", "\x00",
        "\r\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
def test_taking_plain_markup_off_reads_as_the_parser_does(html: str) -> None:
    text = rich_text._plain_text(html)
    if text is not None:
        reader = rich_text._TextReader()
        reader.feed(html)
        reader.close()
        assert text == "".join(reader.parts)


BLANKS = st.text(st.sampled_from("支a \t\xa0\u3000\n\r\v\f\x1c\x1e\x1f\x85\u2028"), max_size=20)


@given(BLANKS)
def test_lines_are_trimmed_and_empty_ones_dropped(text: str) -> None:
    lines = (" ".join(line.split()) for line in f"支 {text}".splitlines())
    assert to_text(f"<p>支 {text}</p>").split("\n") == [line for line in lines if line]


def test_ordinary_rich_text_needs_no_parser() -> None:
    html = '<p style="color:red">点击<b>确认</b>&nbsp;后<br/>闪退</p><ul><li>一<li>二</ul>'
    assert rich_text._plain_text(html) is not None
    assert to_text(html) == "点击确认 后\n闪退\n一\n二"


def test_hostile_markup_takes_no_longer_than_its_length() -> None:
    for html in (
        "<a " + "b " * 50_000,
        "<a b='" * 20_000,
        '<p x="' + "y" * 100_000,
        "<" * 100_000,
        "<p>" + " " * 100_000,
    ):
        to_text(html)
