"""The characters that mean something in a filter, their full-width twins, and text folding."""

from __future__ import annotations

import unicodedata

# One for one, so that an offset in the translated text is an offset in the original.
_FULL_WIDTH = "：（），、；｜！＞＜＝～－−．。＂\u200b\ufeff"
_HALF_WIDTH = ':(),,;|!><=~--.."  '
_SHAPES = str.maketrans(_FULL_WIDTH, _HALF_WIDTH)

SEPARATORS = frozenset(",;|")
COMPARISONS = frozenset("<>=≤≥≠")

# What opens a quotation → what closes it, and what closes it when that never comes: input
# methods insert the wrong half of a pair, and people mix the two keyboards.
QUOTES: dict[str, tuple[str, str]] = {
    '"': ('"', "”"),
    "“": ("”", '"“'),
    "”": ("”", '"“'),
    "'": ("'", "’"),
    "‘": ("’", "'‘"),
    "’": ("’", "'‘"),
    "「": ("」", ""),
    "『": ("』", ""),
}
QUOTE_MARKS = frozenset("\"“”'‘’「」『』")

# Which word joins or turns what; words are compared folded.
KEYWORDS: dict[str, str] = {
    "or": "or", "或": "or", "或者": "or", "||": "or",
    "and": "and", "且": "and", "并且": "and", "&&": "and",
    "not": "not", "非": "not",
}  # fmt: skip
NONE_WORDS = frozenset({"none", "null", "空"})
ANY_WORDS = frozenset({"any", "*", "任意"})
SORT_NAMES = frozenset({"sort", "order_by", "排序"})
SORT_DIRECTIONS = {"desc": True, "asc": False, "降序": True, "升序": False}


def shape_of(text: str) -> str:
    """`text` with full-width punctuation made half-width, character for character."""
    return text.translate(_SHAPES)


def fold(text: str) -> str:
    """`text` without its differences of case and width, for comparing names."""
    return unicodedata.normalize("NFKC", text).casefold()
