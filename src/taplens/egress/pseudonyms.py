"""Stand-ins for names, phone numbers, mail addresses and secrets."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_DIGIT = "[0-9０-９]"
_PATTERNS = {
    "secrets": (
        re.compile(
            r"(?i)(?:password|passwd|pwd|密码|口令|token|secret|令牌|密钥|api[_-]?key|access[_-]?key"
            r"|authorization)[\"']?\s*(?:[:=：]|是|为|is)\s*[\"']?(?:bearer\s+)?"
            r"(?P<value>[^\s\"',，。；;）)]{4,200})"
        ),
        re.compile(r"(?P<value>\b(?:sk|tl|ghp|gho|xox[bap]|glpat)[-_][A-Za-z0-9_-]{12,200})"),
        re.compile(r"(?P<value>\bAKIA[0-9A-Z]{12,20}\b)"),
        re.compile(r"(?P<value>\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*)"),
        re.compile(
            r"(?s)(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----.{0,10000}?"
            r"-----END [A-Z ]*PRIVATE KEY-----)"
        ),
        re.compile(
            r"(?<![0-9A-Za-z])(?P<value>[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx])"
            r"(?![0-9A-Za-z])"
        ),
    ),
    "mails": (re.compile(r"(?P<value>[\w.+-]{1,64}[@＠][\w-]{1,63}(?:\.[\w-]{2,63}){1,4})"),),
    "phones": (
        re.compile(
            rf"(?<!{_DIGIT})(?P<value>(?:[+＋]?(?:86|８６)[ -]?)?[1１][3-9３-９]{_DIGIT}"
            rf"[ -]?{_DIGIT}{{4}}[ -]?{_DIGIT}{{4}})(?!{_DIGIT})"
        ),
        re.compile(r"(?<!\d)(?P<value>0\d{2,3}-\d{7,8})(?!\d)"),
        re.compile(r"(?<![\d+])(?P<value>\+(?!86)\d{1,3}[ -]?\d{2,4}(?:[ -]?\d{2,4}){1,3})(?!\d)"),
    ),
}  # fmt: skip
_NAMES = {"people": "PERSON", "phones": "PHONE", "mails": "MAIL", "secrets": "SECRET"}
_STAND_IN = re.compile(r"(?:PERSON|PHONE|MAIL|SECRET)_[A-Z2-7]{8}")
_LONGEST = max(map(len, _NAMES.values())) + 9
_SHORTEST_NAME = 2


class Pseudonyms:
    """The stand-ins of one conversation.

    `kinds` are those that are replaced, `people` the names that are known, `key` what makes the
    stand-ins the conversation's own: with the same key a value has the same one.
    """

    def __init__(self, kinds: Collection[str], people: Iterable[str], key: bytes) -> None:
        self._kinds = tuple(kind for kind in ("secrets", "mails", "phones") if kind in kinds)
        self._people = _names_pattern(people) if "people" in kinds else None
        self._key = key
        self._values: dict[str, str] = {}

    def hidden(self, value: Any) -> Any:
        """A JSON value with stand-ins in all its texts, keys included."""
        if isinstance(value, str):
            return self._hidden(value)
        if isinstance(value, Mapping):
            return {self._hidden(str(key)): self.hidden(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.hidden(part) for part in value]
        return value

    def restored(self, text: str) -> str:
        """`text` with what the stand-ins stand for; an unknown one stays."""
        if not self._values:
            return text
        return _STAND_IN.sub(lambda match: self._values.get(match[0], match[0]), text)

    def stream(self) -> Restorer:
        """Restores a text that comes piece by piece."""
        return Restorer(self)

    @property
    def count(self) -> int:
        """How many values have a stand-in."""
        return len(self._values)

    def _hidden(self, text: str) -> str:
        for kind in self._kinds:
            for pattern in _PATTERNS[kind]:
                text = pattern.sub(lambda match, kind=kind: self._instead(match, kind), text)  # type: ignore[misc]
        if self._people is not None:
            text = self._people.sub(lambda match: self._stand_in("people", match[0]), text)
        return text

    def _instead(self, match: re.Match[str], kind: str) -> str:
        value = match["value"]
        if _STAND_IN.search(value):
            return match[0]
        begin = match.start("value") - match.start()
        return match[0][:begin] + self._stand_in(kind, value) + match[0][begin + len(value) :]

    def _stand_in(self, kind: str, value: str) -> str:
        for attempt in range(1_000):
            mixed = hmac.new(
                self._key, f"{kind}:{attempt}:{value}".encode(), hashlib.sha256
            ).digest()
            name = f"{_NAMES[kind]}_{b32encode(mixed[:5]).decode()}"
            if self._values.setdefault(name, value) == value:
                return name
        raise AssertionError("no stand-in is free")


class Restorer:
    """Takes a text piece by piece, however it is cut, and gives it restored."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._rest = ""

    def feed(self, text: str) -> str:
        """What can be given of the text so far: what may go on as a stand-in waits."""
        self._rest += text
        end = len(self._rest) - self._unfinished()
        for match in _STAND_IN.finditer(self._rest):  # its last signs look like a next one's first
            if match.start() < end < match.end():
                end = match.end()
        given, self._rest = self._rest[:end], self._rest[end:]
        return self._pseudonyms.restored(given)

    def finish(self) -> str:
        """The rest."""
        rest, self._rest = self._rest, ""
        return self._pseudonyms.restored(rest)

    def _unfinished(self) -> int:
        """How many signs at the end may be the beginning of a stand-in."""
        for length in range(min(_LONGEST - 1, len(self._rest)), 0, -1):
            if _may_begin(self._rest[-length:]):
                return length
        return 0


def _may_begin(text: str) -> bool:
    for name in _NAMES.values():
        whole = f"{name}_"
        if whole.startswith(text):
            return True
        tail = text[len(whole) :]
        if text.startswith(whole) and len(tail) < 8 and re.fullmatch("[A-Z2-7]*", tail):
            return True
    return False


def _names_pattern(people: Iterable[str]) -> re.Pattern[str] | None:
    names = sorted({name for name in people if len(name) >= _SHORTEST_NAME}, key=len, reverse=True)
    if not names:
        return None
    return re.compile("|".join(map(_whole, names)))


def _whole(name: str) -> str:
    begin = r"(?<![A-Za-z0-9_])" if name[0].isascii() and name[0].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if name[-1].isascii() and name[-1].isalnum() else ""
    return begin + re.escape(name) + end
