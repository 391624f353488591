"""A description without its styles: as Markdown, with its links and pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from taplens.tapd.rich_text import IMAGE_SCHEME, to_markdown

TENCENT_DOCS = ("docs.qq.com", "doc.weixin.qq.com", "docs.weixin.qq.com")
MARK = "腾讯文档"
_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^()\s]*)\)")
_BARE = re.compile(r"(?<![\](<])\bhttps?://[^\s<>()\[\]\"'，。；）】]+")


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its text, its address, and whether it leads to a Tencent document."""

    text: str
    address: str

    @property
    def is_document(self) -> bool:
        """Whether it leads to Tencent Docs."""
        return is_tencent_document(self.address)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: what it shows, and the path or address by which it is fetched ("": none)."""

    alt: str
    path: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A description as Markdown, links to Tencent Docs marked; sizes are bytes of UTF-8."""

    markdown: str
    links: tuple[Link, ...]
    images: tuple[Image, ...]
    before: int
    after: int


def clean(html: str | None) -> Cleaned:
    """What a description says: text, lists, tables, links and pictures stay, styles go.

    Never raises, whatever the text.
    """
    plain = to_markdown(html)
    markdown = marked(plain)
    images = tuple(
        Image(match[2], match[3].removeprefix(IMAGE_SCHEME))
        for match in _LINK.finditer(plain)
        if match[1]
    )
    links = dict.fromkeys(Link(match[2], match[3]) for match in _LINK.finditer(plain)
                          if not match[1])  # fmt: skip
    told = {link.address for link in links}
    bare = (match[0] for match in _BARE.finditer(plain))
    links |= dict.fromkeys(Link("", address) for address in bare if address not in told)
    return Cleaned(markdown, tuple(links), images, _bytes(html or ""), _bytes(markdown))


def marked(markdown: str) -> str:
    """The Markdown of a description, with its links to Tencent Docs marked as such."""
    return _BARE.sub(_marked_bare, _LINK.sub(_marked, markdown))


def is_tencent_document(address: str) -> bool:
    """Whether an address leads to Tencent Docs."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host in TENCENT_DOCS


def _marked(match: re.Match[str]) -> str:
    image, text, address = match.groups()
    if image or not is_tencent_document(address) or MARK in text:
        return match[0]
    return f"[{MARK}: {text}]({address})"


def _marked_bare(match: re.Match[str]) -> str:
    return f"[{MARK}]({match[0]})" if is_tencent_document(match[0]) else match[0]


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
