"""Links, images and HTML in the model's text: only those to known items in TAPD are passed on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from taplens.agent.fence import seen

_IMAGE = re.compile(r"!\[(?P<text>[^\]\n]*)\](?:\((?P<target>[^)\n]*)\)?|\[[^\]\n]*\])?")
_LINK = re.compile(r"\[(?P<text>[^\]\n]*)\](?:\((?P<target>[^)\n]*)\)?|\[[^\]\n]*\])")
_DEFINITION = re.compile(r"(?m)^\s{0,3}\[[^\]\n]+\]:.*$")
_BARE = re.compile(
    r"<?(?:[a-z][a-z0-9+.-]{1,15}:)?//[^\s<>\"'）】」]+>?|\bwww\.[^\s<>\"'）】」]+"
    r"|\b(?:javascript|data|mailto|vbscript|file|tel):[^\s<>\"'）】」]+",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_HELD = "\ue000{}\ue001"


class Links:
    """Knows which addresses may be passed on: those of items below the TAPD web base."""

    def __init__(self, web_base: str) -> None:
        self._base = urlsplit(web_base)

    def restricted(self, text: str, known: Iterable[str], removed: str) -> str:
        """`text` with its links to other places taken out, of which the words stay.

        `known` are ids of items that may be linked to; `removed` stands where an address stood.
        No sign that a reader doesn't see, and no HTML, is left.
        """
        ids = frozenset(known)
        kept: list[str] = []

        def hold(link: str) -> str:
            kept.append(link)
            return _HELD.format(len(kept) - 1)

        def link(match: re.Match[str]) -> str:
            if self._is_allowed(match["target"] or "", ids):
                return hold(f"[{match['text']}]({match['target']})")
            return match["text"]

        def bare(match: re.Match[str]) -> str:
            address = match[0].strip("<>")
            return hold(address) if self._is_allowed(address, ids) else removed

        plain = seen(text).replace("\ue000", "").replace("\ue001", "")
        plain = _DEFINITION.sub("", plain)
        plain = _IMAGE.sub(lambda match: match["text"], plain)
        plain = _LINK.sub(link, plain)
        plain = _TAG.sub("&lt;", _BARE.sub(bare, plain))
        plain = plain.replace("](", "] (")  # its text may have begun in a sentence before
        for number, address in enumerate(kept):
            plain = plain.replace(_HELD.format(number), address)
        return plain

    def _is_allowed(self, target: str, ids: frozenset[str]) -> bool:
        """Whether it is an item's page: our host, no query, an id that is known at its end."""
        try:
            parts = urlsplit(target.strip())
            same_host = (parts.scheme, parts.netloc) == (self._base.scheme, self._base.netloc)
        except ValueError:
            return False
        bare = not (parts.query or parts.fragment or "\\" in target)
        return same_host and bare and parts.path.rsplit("/", 1)[-1] in ids
