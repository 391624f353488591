"""Every number in a text, in whatever form: digits, 三个, 一半, 1.2万, thirty, ①, percentages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from taplens.agent.checks.lexicon import folded, lexicon, places, words

_SCALES = {"万": 1e4, "亿": 1e8, "千": 1e3, "百": 1e2, "十": 1e1, "k": 1e3, "m": 1e6, "w": 1e4,
           "thousand": 1e3, "million": 1e6, "hundred": 1e2, "billion": 1e9}  # fmt: skip
_HAN = {sign: value for value, signs in enumerate(
    ("零〇", "一壹", "二两贰俩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for sign in signs}  # fmt: skip
_HAN_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000,
               "亿": 100_000_000}  # fmt: skip
_HAN_NUMBER = f"[{''.join(_HAN)}{''.join(_HAN_SCALES)}]+"
_MEASURE = (
    "个|条|项|件|例|起|笔|名|人|位|天|日|周|星期|礼拜|月|年|小时|分钟|秒|次|倍|份|处|类|种|成|张|轮"
    "|批|版|点"
)
_NOUN = "缺陷|需求|任务|用例|bug|问题|事项|工作项|条目"
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_UNITS.split())}
_WORDS |= {word: 30 + 10 * place for place, word in enumerate(_TENS.split())}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))

_DIGITS = re.compile(
    r"(?P<number>(?<![a-z0-9_])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)"
    r"\s?(?P<scale>万|亿|千|百|thousand\b|million\b|billion\b|[kmw](?![a-z0-9]))?"
)
_HAN_COUNT = re.compile(
    rf"(?P<ordinal>第)?(?P<han>{_HAN_NUMBER})(?=\s?(?:多|余|来)?\s?(?:{_MEASURE}|{_NOUN}))"
    rf"|(?P<long>[一二三四五六七八九两壹贰叁肆伍陆柒捌玖]?[十百千拾佰仟][{''.join(_HAN)}十百千万]*"
    rf"[{''.join(_HAN)}十百千])(?![分之足])"
)
_FRACTIONS = re.compile(
    rf"百分之(?P<percent>{_HAN_NUMBER}|\d+(?:\.\d+)?)"
    rf"|(?P<below>{_HAN_NUMBER})分之(?P<above>{_HAN_NUMBER})"
    r"|(?P<tenths>[一二三四五六七八九]|\d)成(?P<half>半)?(?![为功果本熟就立长])"
    r"|(?P<halved>一半|半数|对半|\bhalf\b|50-50)"
    r"|(?P<time>半)个?(?:天|月|年|小时|星期|周)"
    r"|(?P<third>\b(?:a|one|two)[ -]thirds?\b)"
    r"|(?P<fourth>\b(?:a|one|three)[ -](?:quarters?|fourths?) of\b)"
)
_ENGLISH = re.compile(
    rf"\b(?:(?:{_WORD}|a)[ -](?:hundred|thousand|million)(?:(?: and)?[ -](?:{_WORD}))*"
    rf"|(?:{_WORD})(?:-(?:{_WORD}))?|a dozen|dozen|a couple|twice|double|doubled|triple|tripled"
    r"|quadrupled)\b"
)
_FIXED = {"a dozen": 12, "dozen": 12, "a couple": 2, "twice": 2, "double": 2, "doubled": 2,
          "triple": 3, "tripled": 3, "quadrupled": 4}  # fmt: skip
_FRACTION_WORDS = {
    **dict.fromkeys(("一半", "半数", "对半", "half", "50 50"), 50.0),
    **dict.fromkeys(("a third", "one third"), 33.3),
    **dict.fromkeys(("two thirds", "two third"), 66.7),
    **dict.fromkeys(("a quarter", "one quarter", "a fourth", "one fourth"), 25.0),
    **dict.fromkeys(("three quarters", "three fourths"), 75.0),
}
# What looks like a number and counts nothing.
_ONE = re.compile(r"(?:上|下|每|这|那|另|哪|同|某|任|第|进|统|唯|单|万|之|再|新)$")
_ENGLISH_ONE = re.compile(
    r"\bone\b(?! (?:[a-z-]+ ){0,2}(?:bug|bugs|story|task|defect|item|issue|day|week|hour|month)\b)"
)
_ONE_OF = re.compile(
    r"\bone of\b|\bno one\b|\b(?:this|that|the|which|each|every|another|only) one\b"
)
_LIST_MARK = re.compile(
    r"(?m)^\s*(?:[-*+>]\s+)*(?:\(?\d{1,2}[.)、）]|[（(]\d{1,2}[)）]|[①-⑳]|#{1,6}\s)\s*"
)
_NAME = re.compile(r"[a-z_]")
_DOTTED = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?![\w.])")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number where it stands (`start` to `end`, its unit included).

    `step` is the place of its last digit: 1.2万 is 12,000 to the nearest thousand. `unit` is a key
    of lexicon [units], "" where none follows; a number that can't be one of the data has none.
    """

    start: int
    end: int
    value: float | None
    step: float = 1.0
    unit: str = ""

    def says(self, value: float) -> bool:
        """Whether this is `value`, rounded to the digits that are told."""
        if self.value is None:
            return False
        if self.value == value:
            return True
        rounded = self.step != 1.0 or value != int(value)
        return rounded and abs(self.value - value) <= self.step / 2 + 1e-9


def numerals(text: str) -> list[Numeral]:
    """The numbers in `text`, from left to right, none within another."""
    plain = folded(text)
    marks = [match.span() for match in _LIST_MARK.finditer(plain)]
    found = sorted(_all(plain), key=lambda one: (one.start, -one.end))
    kept: list[Numeral] = []
    for numeral in found:
        is_mark = any(start <= numeral.start and numeral.end <= end for start, end in marks)
        if not is_mark and (not kept or numeral.start >= kept[-1].end):
            kept.append(numeral)
    return kept


def _all(text: str) -> Iterator[Numeral]:
    yield from _fractions(text)
    yield from _digits(text)
    yield from _han(text)
    yield from _english(text)
    yield from _signs(text)
    for word in words("vague"):
        for start, end in places(word, text):
            yield Numeral(start, end, None)


def _digits(text: str) -> Iterator[Numeral]:
    for match in _DOTTED.finditer(text):
        yield Numeral(match.start(), match.end(), None)
    for match in _DIGITS.finditer(text):
        if _NAME.match(text[match.start() - 1 : match.start()]):
            continue  # p85, v2, utf8: a name
        number = match["number"].replace(",", "")
        scale = _SCALES.get(match["scale"] or "", 1.0)
        step = 10.0 ** -len(number.partition(".")[2]) * scale
        end = match.end() if match["scale"] else match.end("number")
        yield _with_unit(text, match.start(), end, float(number) * scale, step)


def _han(text: str) -> Iterator[Numeral]:
    for match in _HAN_COUNT.finditer(text):
        if match["ordinal"]:
            yield Numeral(match.start(), match.end(), None)
            continue
        written = match["han"] or match["long"]
        if text[match.end() :].lstrip()[:1] in tuple("多余来几"):
            yield Numeral(match.start(), match.end(), None)
            continue
        if (
            written[0] in "一壹"
            and len(written) == 1
            and not _counts(text, match.start(), match.end())
        ):
            continue
        if all(sign in "百千万亿" for sign in written):
            continue  # 百个, 千万: not a number by itself
        yield _with_unit(text, match.start(), match.end(), float(_han_value(written)), 1.0)


def _counts(text: str, start: int, end: int) -> bool:
    """Whether 一 counts here: before a time, or a noun of ours that is near."""
    if _ONE.search(text[:start]):
        return False
    after = text[end:]
    if re.match(r"\s?(?:天|小时|分钟|年|个月|周(?!围|边|期))", after):
        return True
    return re.match(rf"\s?(?:个|条|项|名|位)?[^，。；、\s]{{0,6}}?(?:{_NOUN})", after) is not None


def _han_value(written: str) -> int:
    """What a Chinese number says; signs without a scale are read as digits (二〇二六)."""
    if not any(sign in _HAN_SCALES for sign in written):
        return int("".join(str(_HAN[sign]) for sign in written))
    total = section = digit = 0
    for sign in written:
        scale = _HAN_SCALES.get(sign, 0)
        if scale >= 10_000:
            total = (total + section + digit or 1) * scale
            section = digit = 0
        elif scale:
            section += (digit or 1) * scale
            digit = 0
        else:
            digit = _HAN[sign]
    return total + section + digit


def _fractions(text: str) -> Iterator[Numeral]:
    for match in _FRACTIONS.finditer(text):
        value, step = _fraction(match)
        unit = "" if match["time"] else "percent"
        yield Numeral(match.start(), match.end(), value, step, unit)


def _fraction(match: re.Match[str]) -> tuple[float | None, float]:
    """In percent, and how exactly. A fraction is told about as well as two digits say."""
    if (percent := match["percent"]) is not None:
        return (float(percent) if percent[0].isdigit() else float(_han_value(percent))), 1.0
    if match["below"]:
        below = _han_value(match["below"])
        return (100 * _han_value(match["above"]) / below if below else None), 1.0
    if tenths := match["tenths"]:
        value = int(tenths) if tenths.isdigit() else _HAN[tenths]
        return value * 10.0 + (5 if match["half"] else 0), 1.0
    return _FRACTION_WORDS.get(match[0].removesuffix(" of").replace("-", " ")), 1.0


def _english(text: str) -> Iterator[Numeral]:
    ones = [match.span() for pattern in (_ENGLISH_ONE, _ONE_OF) for match in pattern.finditer(text)]
    for match in _ENGLISH.finditer(text):
        written = match[0]
        if written == "one" and any(start <= match.start() < end for start, end in ones):
            continue
        value = float(_FIXED[written]) if written in _FIXED else _english_value(written)
        yield _with_unit(text, match.start(), match.end(), value, 1.0)


def _english_value(written: str) -> float:
    total = part = 0.0
    for word in re.split(r"[ -]", written):
        if word in _SCALES:
            part = (part or 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, part = total + part, 0.0
        elif word != "and":
            part += 1 if word == "a" else _WORDS[word]
    return total + part


def _signs(text: str) -> Iterator[Numeral]:
    """Signs that are numbers of their own: ① ² Ⅷ ½."""
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in ("No", "Nl") and sign not in _HAN:
            yield _with_unit(text, place, place + 1, unicodedata.numeric(sign), 1.0)


@cache
def _units() -> re.Pattern[str]:
    names = [(word, unit) for unit, told in lexicon()["units"].items() for word in told]
    names.sort(key=lambda name: -len(name[0]))
    choices = (
        re.escape(word) + (r"(?![a-z])" if word.isascii() and word.isalpha() else "")
        for word, _ in names
    )
    return re.compile(rf"\s?(?P<unit>{'|'.join(choices)})(?!期|常|均|龄|员|级|度)")


@cache
def _unit_of() -> dict[str, str]:
    return {word: unit for unit, told in lexicon()["units"].items() for word in told}


def _with_unit(text: str, start: int, end: int, value: float, step: float) -> Numeral:
    match = _units().match(text, end)
    if match is None:
        return Numeral(start, end, value, step)
    unit = _unit_of()[match["unit"]]
    return Numeral(start, match.end() if unit == "percent" else end, value, step, unit)
