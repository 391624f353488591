"""The questions of a conversation: its user messages as plain texts, the newest last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 500  # characters of a question that is read; a longer one isn't a question any more
_EARLIER = 8  # questions before it that give it its context
_CHINESE = re.compile(r"[㐀-䶿一-鿿]")


def questions_of(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """The user's texts, oldest first; the last is the question, "" where there is none."""
    told = [_text(message) for message in messages if message.get("role") == "user"]
    return told[-(_EARLIER + 1) :] or [""]


def locale_of(question: str) -> str:
    """The language to answer in: "zh" where the question has Chinese characters, else "en"."""
    return "zh" if _CHINESE.search(question) else "en"


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n".join(part for part in parts if isinstance(part, str))
    return _clean(content) if isinstance(content, str) else ""


def _clean(text: str) -> str:
    """Without what nobody sees: control characters and invisible marks."""
    seen = (" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") else one for one in text)
    return "".join(seen).strip()
