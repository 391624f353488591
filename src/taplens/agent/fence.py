"""Text of items on its way to a model: marked as data by a fence that it can't close."""

from __future__ import annotations

import re
import secrets
import unicodedata

# Signs that no reader sees, though a model does: zero-width and bidirectional ones, and the tags
# in which whole hidden sentences can be written.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_REFERENCE = re.compile(r"\{(?=\{)|\}(?=\})")


def seen(text: str) -> str:
    """`text` without the signs that nobody sees; emoji keep their joiners."""
    return _UNSEEN.sub(lambda match: match[0] if _joins(text, match.start()) else "", text)


def fenced(text: str) -> str:
    """`text` as data: between marks that nobody who wrote it could know, without references."""
    nonce = secrets.token_hex(4)
    plain = _REFERENCE.sub(lambda match: f"{match[0]} ", seen(text))
    return f'<data id="{nonce}">\n{plain}\n</data id="{nonce}">'


def _joins(text: str, place: int) -> bool:
    """Whether the sign at `place` is the joiner between two pictures, or of a script."""
    if text[place] not in "\u200c\u200d" or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    return all(
        unicodedata.category(sign) in ("So", "Sk", "Mn", "Lo") and ord(sign) > 0x8FF
        and not 0x2E80 <= ord(sign) <= 0xA4CF
        for sign in (before if before != "\ufe0f" else "❤", after)
    )  # fmt: skip
