"""TAPD's rich text (HTML) as Markdown for people and models, and as bare text for searching.

Neither direction raises, whatever the text: people paste anything into TAPD's editor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

IMAGE_WORD = "图片"
IMAGE_SCHEME = "tapd-image:"

_DROPPED = ("script", "style", "head", "title", "template")
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead"}
    | {"tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
# What was escaped twice (`&amp;nbsp;`) shows as an entity after parsing. Those of markup itself
# stay as they are: they may be meant, and would turn into tags.
_LEFT_ENTITY = re.compile(
    r"&(?:amp;)*((?:nbsp|ensp|emsp|quot|apos|[lr][sd]quo|hellip|[mn]dash|middot|bull|times"
    r"|#39|#34|#160);)"
)
# Markup that needs no parser to be taken off: whole tags with plain attributes, nothing else that
# begins with "<". Possessive, so that no text takes longer than one pass.
_ATTRIBUTE = r"""\s++[a-zA-Z_:][\w:.-]*+(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'=<>`]++))?+"""
_PLAIN_TAG = rf"<(?:/[a-zA-Z][a-zA-Z0-9]*+\s*+|[a-zA-Z][a-zA-Z0-9]*+(?:{_ATTRIBUTE})*+\s*+/?+)>"
_PLAIN_MARKUP = re.compile(rf"[^<]*+(?:{_PLAIN_TAG}[^<]*+)*+")
# The parser takes ever longer for what begins like a tag and never ends.
_LONG = 10_000
_NO_TAG = re.compile(r"<(?![^<>]*+>)")
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]*|#[0-9]+|#[xX][0-9a-fA-F]+);")
# Elements whose content isn't text, or isn't read as markup.
_NOT_PLAIN = frozenset(_DROPPED) | {
    "iframe", "noembed", "noframes", "noscript", "plaintext", "textarea", "xmp"
}  # fmt: skip
_USUAL = frozenset({"p", "br", "div", "li", "td"})


def _tags(names: Iterable[str]) -> re.Pattern[str]:
    """Finds the tags of these elements in plain markup; the usual ones are tried first."""
    ordered = sorted(names, key=lambda name: (name not in _USUAL, name))
    return re.compile(rf"</?(?:{'|'.join(ordered)})(?![a-zA-Z0-9])[^>]*>", re.IGNORECASE)


_BLOCK_TAG, _CELL_TAG, _NOT_PLAIN_TAG = map(_tags, (_BLOCKS, _CELLS, _NOT_PLAIN))
_ANY_TAG = re.compile(r"<[^>]*>")
# What str.splitlines takes for the end of a line, and the blanks within one.
_END = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_BLANKS = re.compile(rf"[^\S{_END}]{{2,}}+|[^\S{_END} ]")
_LINE_ENDS = re.compile(rf" ?[{_END}]\s*+")  # empty lines, too
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # which the parser can't look at
_INSTRUCTION = re.compile(r"<\?[^>]*>?")
_TAG = re.compile(r"<[/!a-zA-Z][^>]*>?")
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_LINE_END_SPACES = re.compile(r"[ \t]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")
_UPLOADED = re.compile(r"^(?:https?:)?(?://[^/]+)?/*(/tfl/.+)$", re.IGNORECASE)
_SMALL_NUMBER = re.compile(r"[0-9]{1,4}")
_SAFE_SCHEMES = frozenset({"", "http", "https", "mailto", "ftp"})


def to_markdown(html: str | None) -> str:
    """The Markdown of `html`: headings, lists, steps, tables, links and emphasis are kept.

    Pictures become `![图片: name](tapd-image:/tfl/…)`, which names the path to fetch them by.
    Scripts and styles are dropped. HTML that no parser can make sense of becomes bare text.
    """
    if not html or "<" not in html:
        return _tidy(unescape(html or ""))
    from bs4 import ParserRejectedMarkup

    try:
        return _tidy(_converter().convert_soup(_soup(html)))
    except (ParserRejectedMarkup, RecursionError):  # RecursionError: nested hundreds deep
        return to_text(html)


def to_text(html: str | None) -> str:
    """The bare text of `html`: a line a block, without pictures, link targets or markup."""
    if not html or "<" not in html:
        return _tidy(unescape(html or ""))
    text = _plain_text(html)
    if text is None:
        if len(html) > _LONG:
            html = _NO_TAG.sub("&lt;", html)
        reader = _TextReader()
        try:
            reader.feed(html)
            reader.close()
        except AssertionError:  # how html.parser refuses some broken declarations
            return _tidy(unescape(_TAG.sub(" ", html)))
        text = "".join(reader.parts)
    return _tidy(_LINE_ENDS.sub("\n", _BLANKS.sub(" ", text)).strip())


def _plain_text(html: str) -> str | None:
    """What _TextReader would collect, in a twentieth of the time; None where it takes a parser."""
    if not _PLAIN_MARKUP.fullmatch(html) or _NOT_PLAIN_TAG.search(html):
        return None
    # An entity that a tag cuts in two is none.
    if html.count("&") != len(_ENTITY.findall(html)):
        return None
    text = _ANY_TAG.sub("", _CELL_TAG.sub(" ", _BLOCK_TAG.sub("\n", html)))
    return unescape(text) if "&" in text else text


class _TextReader(HTMLParser):
    """Collects the text between tags; blocks begin and end lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropped = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._dropped += tag in _DROPPED
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        self._dropped = max(0, self._dropped - (tag in _DROPPED))
        self._separate(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.parts.append(data)

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in _CELLS:
            self.parts.append(" ")


def _soup(html: str) -> BeautifulSoup:
    """The parsed text without what has no meaning in Markdown or would break its making."""
    from bs4 import BeautifulSoup
    from bs4.element import CData, PreformattedString

    markup = _LONE_SURROGATE.sub("\ufffd", _INSTRUCTION.sub(" ", html))
    soup = BeautifulSoup(markup, "html.parser")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    for text in soup.find_all(string=True):
        if isinstance(text, PreformattedString) and not isinstance(text, CData):
            text.extract()  # comments, declarations
    for name in ("colspan", "start"):
        for tag in soup.find_all(None, {name: True}):
            if not _SMALL_NUMBER.fullmatch(str(tag[name])):
                del tag[name]
    return soup


@cache
def _converter() -> Any:
    from markdownify import ATX, MarkdownConverter

    def convert_img(_self: Any, element: Any, _text: str, parent_tags: set[str]) -> str:
        return _picture(element)

    def convert_a(_self: Any, element: Any, text: str, parent_tags: set[str]) -> str:
        return _link(str(element.get("href") or "").strip(), text)

    def convert_br(_self: Any, _element: Any, text: str, parent_tags: set[str]) -> str:
        return (" " if "_inline" in parent_tags else "\n") + text

    def convert_cell(_self: Any, element: Any, text: str, parent_tags: set[str]) -> str:
        width = int(element.get("colspan") or 1)
        inner = " ".join(text.split()).replace("|", "\\|")
        return f" {inner} |" + " |" * (min(width, 50) - 1)

    members: dict[str, Callable[..., str]] = {
        "convert_img": convert_img,
        "convert_a": convert_a,
        "convert_br": convert_br,
        "convert_td": convert_cell,
        "convert_th": convert_cell,
    }
    # The base class is only known here, where the library is loaded.
    converter = type("TapdConverter", (MarkdownConverter,), members)
    return converter(
        heading_style=ATX,
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        table_infer_header=True,
    )


def _picture(element: Any) -> str:
    source = str(element.get("src") or element.get("data-src") or "").strip()
    uploaded = _UPLOADED.match(source)
    name = str(element.get("alt") or element.get("title") or "").strip()
    if not name and not source.startswith("data:"):
        name = unquote(_path(source).rpartition("/")[2])
    label = f"{IMAGE_WORD}: {_one_line(name)}" if name else IMAGE_WORD
    if uploaded:
        return f"![{label}]({IMAGE_SCHEME}{_target(uploaded.group(1))})"
    # Pictures inside the text itself (data:) are too long to show, and can't be fetched.
    return (
        f"![{label}]({_target(source)})" if _scheme(source) in ("http", "https") else f"[{label}]"
    )


def _link(href: str, text: str) -> str:
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    text = text.strip()
    if not text or _scheme(href) not in _SAFE_SCHEMES or not href or text.startswith("!["):
        return f"{before}{text}{after}"
    if text in (href, unquote(href)):
        return f"{before}{href}{after}"
    return f"{before}[{text}]({_target(href)}){after}"


def _scheme(address: str) -> str:
    head, colon, _ = address.partition(":")
    return head.strip().lower() if colon and "/" not in head else ""


def _path(address: str) -> str:
    """The path of an address; the address itself where it can't be split."""
    try:
        return urlsplit(address).path
    except ValueError:
        return address


def _target(address: str) -> str:
    """An address that can stand between the parentheses of a Markdown link."""
    escaped = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "\r": ""}
    return "".join(escaped.get(character, character) for character in address)


def _one_line(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())


def _tidy(text: str) -> str:
    """Entities that were escaped twice, invisible characters, blanks and empty lines in excess."""
    text = _LEFT_ENTITY.sub(lambda found: unescape("&" + found.group(1)), text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    text = _INVISIBLE.sub("", text)
    return _EMPTY_LINES.sub("\n\n", _LINE_END_SPACES.sub("\n", text)).strip()
