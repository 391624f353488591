"""What a model's sentence may say: no number, no direction of its own, nothing without a ground."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

PLACEHOLDER = re.compile(r"\{\{\s*([a-z]\d{1,3})\s*\}\}")
# A sentence ends with its mark, or with the text; a dot only before a gap.
_SENTENCE = re.compile(r".+?(?:[。！？；\n]|[.!?](?=\s|$)|$)", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z\d０-９.%％]*[\d０-９][A-Za-z\d０-９.%％]*")
_MIXED = re.compile(r"[A-Za-z]")
_NUMERALS = re.compile(
    r"[二两三四五六七八九十百千万亿几数][个条项次天周月年倍成人名起处件种点位轮]"
    r"|[一二三四五六七八九十]分之|百分之|一半|半数|过半|多数|大部分|绝大|翻[倍番]|成倍"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?"
    r"|thousands?|half|double[ds]?|twice|triple[ds]?|third|quarter|percent|majority|most)\b",
    re.IGNORECASE,
)
# Which way a figure moved is told by its arrow, which comes from the data.
_DIRECTIONS = re.compile(
    r"上升|增加|增长|增多|下降|减少|降低|回落|提高|提升|改善|好转|恶化|变差|变好|持平|攀升|激增|锐减"
    r"|\b(?:ris(?:e|es|en|ing)|rose|grow(?:s|n|ing|th)?|grew|increas\w*|decreas\w*|f[ae]ll(?:s|en|ing)?"
    r"|drop(?:s|ped|ping)?|declin\w*|improv\w*|worse\w*|better|higher|lower|fewer|more|less"
    r"|unchanged|stable)\b",
    re.IGNORECASE,
)
# What could lead a reader away, or be heeded by what shows the text.
_ADDRESS = re.compile(r"https?:|www\.|://|!\[|\]\(|<|>|javascript:|data:", re.IGNORECASE)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, with their marks."""
    for match in _SENTENCE.finditer(text):
        if sentence := match[0].strip():
            yield sentence


def is_plain(sentence: str, grounds: str = "") -> bool:
    """Whether a sentence holds no number, direction or address of the model's own.

    A name with digits in it (H5, IE11) is none, where it stands in `grounds`, the text it rests on.
    """
    bare = PLACEHOLDER.sub("", sentence)
    if _NUMERALS.search(bare) or _DIRECTIONS.search(bare) or _ADDRESS.search(bare):
        return False
    return all(_MIXED.search(token) and token in grounds for token in _TOKEN.findall(bare))


def filled(sentence: str, told: Callable[[str], str | None]) -> str | None:
    """A sentence with its placeholders filled by `told`; None where one isn't known, or none is."""
    names = PLACEHOLDER.findall(sentence)
    values = {name: told(name) for name in names}
    if not names or None in values.values():
        return None
    return PLACEHOLDER.sub(lambda match: values[match[1]] or "", sentence)
