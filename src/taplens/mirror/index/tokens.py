"""From a text to the tokens it is found by: any width and case, Chinese by pairs of characters.

A run of Chinese characters becomes its overlapping pairs and, last, its last character alone:
闪退了 is 闪退, 退了, 了. So any stretch of a run is a phrase of adjacent pairs, and a single
character is the beginning of a pair. Everything else becomes words, split at every mark:
ORDER-1024 is order, 1024, and stays findable as the phrase of both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Whatever changes the tokens of a text takes a migration that begins the index anew: an entry is
# taken out of it by the tokens that it was put in by.
LONGEST = 64  # characters of a token; longer words are cut, in texts and in questions alike
_LEAST_PREFIX = 3  # letters from which on a word also finds those that begin with it

# Chinese characters, kana, Hangul and Yi syllables: scripts that put no blanks between words.
HAN = "々〇㐀-䶿一-鿿\uf900-\ufaff぀-ヿ가-힣\ua000-\ua48c\U00020000-\U0003ffff"
# At each Chinese character it and the next one, looked ahead at; else a whole word, of which so
# much is kept. One pass of the engine: twice as fast as pairing the characters of each run.
_TOKENS = re.compile(f"(?=([{HAN}]{{1,2}}|[^{HAN} ]{{1,{LONGEST}}}))(?:[{HAN}]|[^{HAN} ]+)")
_RUNS = re.compile(f"([{HAN}]+)|([^{HAN} ]+)")
_KEPT = frozenset("LNM")  # letters, numbers, and the marks that are part of letters
_VARIATION = "\ufe00\ufe0f"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must stand side by side; with `prefix` the last may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in order. Never raises, whatever the text."""
    return _TOKENS.findall(normalized(text))


def normalized(text: str) -> str:
    """`text` narrow, without case, simplified, with one form of blank for all that is no word."""
    return folded(text, _letters())


def folded(text: str, letters: Letters) -> str:
    """`text`, whose accents stand with their letters, as `letters` writes it."""
    # Characters alone are looked up, so accents that stand apart have to be composed before.
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.translate(letters)


def with_places(text: str) -> tuple[str, list[int]]:
    """`text` (composed) as `normalized`, and for each character there its place in `text`."""
    letters = _letters()
    folded = [letters[ord(character)] for character in text]
    places = [place for place, parts in enumerate(folded) for _ in parts]
    return "".join(folded), places


def place_of(place: int, text: str) -> int:
    """Where in `text` (composed) the character stands that is at `place` of it as `normalized`."""
    letters, passed = _letters(), 0
    for here, character in enumerate(text):
        passed += len(letters[ord(character)])
        if passed > place:
            return here
    raise IndexError(place)


def phrase(text: str) -> Phrase | None:
    """What `text` is as a phrase: all of its tokens side by side; None where it has none."""
    return _open_ended(tokens(text))


def phrases(text: str) -> list[Phrase]:
    """What must be found for the bare word `text`, each anywhere.

    Chinese and other letters part (iOS闪退 is two); what marks join stays together (ORDER-1024).
    A word of letters alone also finds longer ones: crash finds crashed.
    """
    parts: list[tuple[bool, list[str]]] = []
    for is_han, run in split(text):
        if is_han or not parts or parts[-1][0]:
            parts.append((is_han, []))
        parts[-1][1].append(run)
    found = (_open_ended(tokens(" ".join(words)), not is_han) for is_han, words in parts)
    return [part for part in found if part]


def runs_of(wanted: Phrase) -> list[str]:
    """The runs that a phrase was made of: its pairs joined again."""
    runs: list[str] = []
    ended = True
    for token in wanted.tokens:
        goes_on = not ended and len(token) == 2 and runs[-1][-1] == token[0] and _is_han(token)
        ends = not ended and _is_pair_with(runs[-1][-2:], token)
        if goes_on:
            runs[-1] += token[1]
        elif not ends:
            runs.append(token)
        ended = ends or len(token) != 2 or not _is_han(token)
    return runs


def split(text: str) -> list[tuple[bool, str]]:
    """The runs of a text: whether each is Chinese, and its normalized characters."""
    return [(bool(han), han or word) for han, word in _RUNS.findall(normalized(text))]


def _open_ended(found: list[str], inflected: bool = False) -> Phrase | None:
    """The phrase of these tokens, of which the text asked for may go on after the last."""
    if not found:
        return None
    last = found[-1]
    if len(found) > 1 and _is_pair_with(found[-2], last):
        return Phrase(tuple(found[:-1]))
    is_word = len(last) >= _LEAST_PREFIX and last.isalpha()
    return Phrase(tuple(found), _is_han(last) or (inflected and is_word))


def _is_pair_with(pair: str, last: str) -> bool:
    """Whether `last` is the single character with which the run of `pair` ends."""
    return len(pair) == 2 and len(last) == 1 and pair[1] == last and _is_han(last)


def _is_han(token: str) -> bool:
    return any(han for han, _ in _RUNS.findall(token))


class Letters(dict[int, str]):
    """What each character becomes, found once: narrow, folded, simplified, or a blank.

    `marks` says of which marks (narrow) something else becomes.
    """

    def __init__(self, marks: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._marks = marks or {}

    def __missing__(self, code: int) -> str:
        narrow = unicodedata.normalize("NFKC", chr(code)).casefold()
        narrow = unicodedata.normalize("NFKC", narrow)
        found = "".join(map(self._letter, narrow))
        self[code] = found
        return found

    def _letter(self, character: str) -> str:
        if character in self._marks:
            return self._marks[character]
        category = unicodedata.category(character)
        if category == "Cf" or _VARIATION[0] <= character <= _VARIATION[1]:
            return ""  # invisible, also within a word
        if category == "So":
            return f" {character} "  # emoji are words of their own
        return _simplified().get(character, character) if category[0] in _KEPT else " "


@cache
def _letters() -> Letters:
    return Letters()


@cache
def _simplified() -> dict[str, str]:
    """Traditional character -> its simplified form."""
    table = files("taplens.mirror.index").joinpath("simplified.txt").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if not line.startswith("#")]
    return dict(zip("".join(lines[0::2]), "".join(lines[1::2]), strict=True))
