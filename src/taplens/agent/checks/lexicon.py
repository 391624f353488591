"""The words that the checks know (lexicon.toml), and where they stand in a text."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@cache
def lexicon() -> Mapping[str, Any]:
    """The whole file."""
    source = files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)


def words(name: str) -> tuple[str, ...]:
    """The list `name` of [words]."""
    return tuple(lexicon()["words"][name])


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """`text` for comparing, sign for sign: lower case, half width, decimal digits as 0 to 9."""
    return "".join(map(_sign, text))


@lru_cache(maxsize=8192)
def _sign(sign: str) -> str:
    if unicodedata.category(sign) == "Nd":
        return str(unicodedata.decimal(sign))
    plain = unicodedata.normalize("NFKC", sign) if 0xFF01 <= ord(sign) <= 0xFF5E else sign
    lower = plain.lower()
    return lower if len(lower) == 1 else plain


@lru_cache(maxsize=8192)
def _pattern(word: str) -> re.Pattern[str]:
    """Finds a word: a Latin one whole, any other wherever it stands."""
    begin = r"(?<![a-z0-9_])" if word[:1].isascii() and word[:1].isalnum() else ""
    end = r"(?![a-z0-9_])" if word[-1:].isascii() and word[-1:].isalnum() else ""
    return re.compile(begin + re.escape(word) + end)


def places(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `word` stands in `text`; both are folded."""
    if word and word in text:
        for match in _pattern(word).finditer(text):
            yield match.span()


def stands(some: Iterable[str], text: str) -> bool:
    """Whether any of the words stands in the folded `text`."""
    return any(True for word in some for _ in places(word, text))


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a word of its own, or beside a word that says what it is."""
    before, after = text[:start].rstrip(" 「“\"'[(【"), text[end:].lstrip(" 」”\"'])】")
    beside = words("beside_short" if end - start == 1 else "beside")
    if any(after.startswith(word) or before.endswith(word) for word in beside):
        return True
    return not (_is_word(before[-1:]) or _is_word(after[:1]))


def _is_word(sign: str) -> bool:
    return sign.isalpha()
