"""The questions of a conversation: its user messages as plain texts, the newest last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 500  # characters of a question that is read; a longer one isn't a question any more
_EARLIER = 8  # questions before it that give it its context
_WORD = re.compile(r"[A-Za-z]+")
_CHINESE = re.compile(r"[㐀-䶿一-鿿]")


def questions_of(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """The user's texts, oldest first; the last is the question, "" where there is none."""
    told = [_text(message) for message in messages if message.get("role") == "user"]
    return told[-(_EARLIER + 1) :] or [""]


def locale_of(question: str) -> str:
    """The language to answer in: "zh" or "en"; names may be written in the other one."""
    characters, words = len(_CHINESE.findall(question)), len(_WORD.findall(question))
    return "en" if not characters or (words > 1 and 2 * words > characters) else "zh"


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def clean(text: str) -> str:
    """Without what nobody sees: control characters and invisible marks."""
    seen = (" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") else one for one in text)
    return "".join(seen).strip()
