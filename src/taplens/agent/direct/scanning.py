"""A question cut into tokens: the longest phrases that mean something, times, numbers, ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.agent.direct.lexicon import Meaning, lexicon
from taplens.filters import fold, stretches_in

if TYPE_CHECKING:
    from taplens.agent.direct.vocabulary import Vocabulary
    from taplens.filters import Stretch

_ID = re.compile(
    r"(?:(?:bug|story|task|tcase|缺陷|需求|任务|用例)?\s*[#:]?\s*)(?<![\d.])(?:1\d{6}|1\d{18})(?![\d.])"
    r"|(?:bug|story|task|tcase|缺陷|需求|任务|用例)?\s*[#:]\s*\d{4,9}(?![\d.])"
)
_LINK = re.compile(r"https?://\S+?/(?:stories|bugs|tasks|tcase)/view/\d+")
_QUOTED = re.compile(r"[\"“”「『']([^\"“”「」『』']{1,60})[\"“”」』']")
_NUMBER = re.compile(
    r"(?<![a-z0-9.])\d{1,4}(?:\.\d+)?(?![a-z0-9.])|[一二两三四五六七八九十]{1,3}(?=个|条|项|名|位|大|种)"
)
_BLANK = re.compile(r"[\s,，。.!！?？;；:：、()（）\[\]【】*…~·—\-\"“”‘’'`|/+#@&%$^_{}\\]+")
_WORD = re.compile(r"[a-z0-9_'’\-]+|[一-鿿㐀-䶿]+|\S")
_LATIN = re.compile(r"[a-z0-9]")
_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九十")} | {"两": 2}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the question: where it stands, its text, and what it may mean.

    `kind` is that of all its meanings together: "phrase", "time", "number", "id", "quoted",
    "where", or "unknown".
    """

    begin: int
    end: int
    text: str
    kind: str = "phrase"
    meanings: tuple[Meaning, ...] = ()
    time: Stretch | None = None

    def means(self, kind: str) -> Meaning | None:
        """Its meaning of this kind, if it has one."""
        return next((one for one in self.meanings if one.kind == kind), None)


def scan(question: str, vocabulary: Vocabulary, now: int) -> list[Token]:
    """The tokens of `question` in their order; what means nothing is of the kind "unknown"."""
    text = fold(question)
    fixed = _fixed(text, now)
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        token = _longest(fixed.get(place), _phrase_at(text, place, vocabulary))
        if token is None and (blank := _BLANK.match(text, place)):
            place = blank.end()
            continue
        token = token or _unknown_at(text, place, fixed, vocabulary)
        tokens.append(token)
        place = token.end
    return tokens


def _longest(*found: Token | None) -> Token | None:
    present = [token for token in found if token is not None]
    return max(present, key=lambda token: token.end, default=None)


def _fixed(text: str, now: int) -> dict[int, Token]:
    """The tokens that no phrase makes, by their place: times, ids, quotations, numbers..."""
    found: list[Token] = [
        Token(one.begin, one.end, text[one.begin : one.end], "time", time=one)
        for one in stretches_in(text, now)
    ]
    found += [
        Token(match.start(), match.end(), match[0], "where", (Meaning("where", where),))
        for match, where in _patterns(text)
    ]
    for pattern, kind in ((_LINK, "id"), (_ID, "id"), (_QUOTED, "quoted"), (_NUMBER, "number")):
        for match in pattern.finditer(text):
            said = match[1] if kind == "quoted" else match[0].strip()
            found.append(Token(match.start(), match.end(), said, kind))
    places: dict[int, Token] = {}
    for token in found:
        places[token.begin] = _longest(places.get(token.begin), token) or token
    return places


def _patterns(text: str) -> list[tuple[re.Match[str], str]]:
    units = lexicon().units
    return [
        (match, pattern.where.format(match[0], match[1], units[match[2]]))
        for pattern in lexicon().patterns
        for match in pattern.text.finditer(text)
    ]


def _phrase_at(text: str, place: int, vocabulary: Vocabulary) -> Token | None:
    """The longest phrase that begins here and isn't a part of a longer word."""
    if place and _LATIN.match(text, place) and _LATIN.match(text, place - 1):
        return None
    for length in vocabulary.lengths.get(text[place], ()):
        end = place + length
        said = text[place:end]
        meanings = vocabulary.phrases.get(said)
        if meanings and not _is_cut(text, end):
            return Token(place, end, said, meanings=meanings)
    return None


def _is_cut(text: str, end: int) -> bool:
    """Whether a Latin word goes on at `end`."""
    return end < len(text) and bool(_LATIN.match(text[end - 1]) and _LATIN.match(text[end]))


def _unknown_at(text: str, place: int, fixed: Mapping[int, Token], vocabulary: Vocabulary) -> Token:
    """What means nothing, up to where something does again."""
    match = _WORD.match(text, place)
    end = match.end() if match else place + 1
    if not _LATIN.match(text, place):
        for later in range(place + 1, end):
            if later in fixed or _phrase_at(text, later, vocabulary):
                end = later
                break
    return Token(place, end, text[place:end], "unknown")


def number_of(text: str) -> float:
    """The number that a "number" token says, in digits or Chinese numerals up to 99."""
    if text[0].isdecimal():
        return float(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMERALS[text[0]]
    return 10 * _NUMERALS.get(tens or "一", 1) + _NUMERALS.get(ones, 0)
