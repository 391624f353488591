"""Texts as they can be drawn: characters that a font has, measured, cut and wrapped."""

from __future__ import annotations

import unicodedata
from functools import cache

from taplens.charts.library import font_files

POINTS_PER_PIXEL = 0.75  # CSS: 96 pixels and 72 points to the inch
MISSING = "□"
MOST_CHARACTERS = 400
_ELLIPSIS = "…"
_MEASURED_AT = 100.0


def printable(text: str) -> str:
    """`text` on one line, a box for each character that no font of ours has.

    What has no width of its own (joiners, variation selectors, marks on a box) and what would
    change the direction of the text goes.
    """
    drawn: list[str] = []
    known = _known()
    for character in unicodedata.normalize("NFC", text[:MOST_CHARACTERS]):
        kind = unicodedata.category(character)
        if character.isspace() or kind == "Cc":
            drawn.append(" ")
        elif kind == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
            continue
        elif ord(character) in known:
            drawn.append(character)
        elif not kind.startswith("M"):
            drawn.append(MISSING)
    return " ".join("".join(drawn).split())


@cache
def _known() -> dict[int, str]:
    """The font that each character is drawn with, by code point."""
    from matplotlib.font_manager import get_font

    return {
        point: path for path in reversed(font_files()) for point in get_font(path).get_charmap()
    }


def width(text: str, size: float) -> float:
    """How wide `text`, already printable, is at `size` (both in pixels), kerning aside."""
    return sum(map(_advance, text)) * size


@cache
def _advance(character: str) -> float:
    """How far a character moves the pen, as a part of the size."""
    from matplotlib.font_manager import get_font
    from matplotlib.ft2font import LoadFlags

    font = get_font(_known()[ord(character)])
    font.set_size(_MEASURED_AT, 72)
    glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / _MEASURED_AT


def cut(text: str, size: float, room: float) -> str:
    """`text` as it can be drawn, its end cut to an ellipsis where it is wider than `room`."""
    return _cut(printable(text), size, room)


def wrapped(text: str, size: float, room: float, lines: int) -> list[str]:
    """`text` on at most `lines` lines of the width `room`, cut with an ellipsis at the end."""
    rest, made = printable(text), list[str]()
    while rest and len(made) < lines - 1 and width(rest, size) > room:
        place = _break(rest, max(1, _longest(rest, size, room)))
        made.append(rest[:place].rstrip())
        rest = rest[place:].lstrip()
    return [*made, _cut(rest, size, room)] if rest else made


def _cut(text: str, size: float, room: float) -> str:
    if width(text, size) <= room:
        return text
    kept = _longest(text, size, room - width(_ELLIPSIS, size))
    return text[:kept].rstrip() + _ELLIPSIS


def _longest(text: str, size: float, room: float) -> int:
    """How many characters from the start fit into `room`."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle], size) <= room:
            low = middle
        else:
            high = middle - 1
    return low


_NOT_FIRST = frozenset("，。、；：！？）》」』】〉”’…,.;:!?)]}%")


def _break(text: str, place: int) -> int:
    """Where to break at or before `place`: between words, and not before a closing mark."""
    if text[place : place + 1] in _NOT_FIRST and place > 1:
        place -= 1
    latin = place
    while 0 < latin < len(text) and _joined(text[latin - 1], text[latin]):
        latin -= 1
    return latin if latin > place // 2 else place


def _joined(left: str, right: str) -> bool:
    """Whether no line breaks between the two: both are of one word or number."""
    return ord(left) < 0x2E80 and ord(right) < 0x2E80 and not left.isspace()
