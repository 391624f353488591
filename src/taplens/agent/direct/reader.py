"""The grammar: tokens of a question into the slots of a reading, from left to right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from taplens.agent.direct.choosing import chosen
from taplens.agent.direct.reading import RANKED, Doubt, Pick, Reading
from taplens.agent.direct.scanning import number_of
from taplens.agent.direct.values import ValuesReader
from taplens.agent.direct.vocabulary import PERSON
from taplens.agent.direct.walking import is_mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.agent.direct.lexicon import Meaning
    from taplens.agent.direct.scanning import Token
    from taplens.agent.direct.vocabulary import Vocabulary

_MOST_WORDS = 6  # tokens that a text to look for may take up
_CLEAR = "的了吗呢是有在"  # small words that are never a part of another


class Reader(ValuesReader):
    """Reads one question. What it has taken stands in its slots; `read` gives them whole."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        super().__init__(tokens, vocabulary)
        self._fields: list[tuple[str, str]] = []  # named, and not yet used

    def read(self) -> Reading:
        """The slots of the whole question."""
        if self._is_bare_text():
            return Reading(words=(_joined(self._tokens),), bare=True, known=len(self._tokens))
        while self._at < len(self._tokens):
            if not any(handler(self) for handler in _HANDLERS):
                self._unknown()
        self._place_fields()
        reading = self._reading
        for name, found in self._slots.items():
            setattr(reading, name, tuple(dict.fromkeys(found)))
        reading.known = sum(
            token.kind != "unknown" and token.means("filler") is None for token in self._tokens
        )
        return reading

    def _is_bare_text(self) -> bool:
        """Whether the question is a few words of which some mean nothing, and none asks: 白屏."""
        tokens = self._tokens
        texts = 0 < len(tokens) <= _MOST_WORDS and all(map(_is_text, tokens))
        return texts and any(
            token.kind == "unknown" and any(map(str.isalnum, token.text)) for token in tokens
        )

    def _unknown(self) -> None:
        """What means nothing, with the small words that it is cut off from: 量 and 子."""
        begin, end = self._at, self._at + 1
        while begin and self._is_grown_on(begin - 1, begin):
            begin -= 1
        while end < len(self._tokens) and self._is_grown_on(end, end - 1):
            end += 1
        self._put("unknown", _joined(self._tokens[begin:end]))
        self._at = end

    def _is_grown_on(self, place: int, other: int) -> bool:
        """Whether a token is a small word of one Chinese character with no gap to another."""
        token, beside = self._tokens[place], self._tokens[other]
        touches = beside.begin in (token.end, token.begin) or beside.end == token.begin
        small = len(token.text) == 1 and token.means("filler") is not None
        return small and touches and not token.text.isascii() and token.text not in _CLEAR

    def _fixed(self) -> bool:
        """Times, items, whole conditions."""
        token = self._token
        if token.kind == "time":
            self._put("times", token.time)
        elif token.kind == "id":
            self._put("ids", token.text)
        elif token.kind == "quoted":
            return self._quoted(token)
        elif where := token.means("where"):
            self._put("wheres", where.name)
        elif beside := token.means("beside"):
            self._iteration(token, beside.name)
        else:
            return False
        self._at += 1
        return True

    def _quoted(self, token: Token) -> bool:
        """A name of the workspace in quotes means that; anything else is a text to look for."""
        known = self._vocabulary.phrases.get(token.text, ())
        if self._value(token.text, known):
            return True
        self._put("words", token.text)
        self._at += 1
        return True

    def _iteration(self, token: Token, name: str) -> None:
        iteration = self._vocabulary.beside.get(name)
        if iteration is None:
            self._put("doubts", Doubt(token.text))
        else:
            self._pick("iteration", [iteration])

    def _search(self) -> bool:
        """`about` some words, up to what means something else; or some words and `related`."""
        if not self._mark("about"):
            return False
        if (following := self._next()) is not None and is_mark(following, "about"):
            self._at += 1
            return True
        said: list[Token] = []
        offset = 1
        while len(said) < _MOST_WORDS and (token := self._next(offset)) is not None:
            if token.kind == "quoted" or not _is_text(token):
                break
            said.append(token)
            offset += 1
        following = self._next(offset)
        if not said:
            if following is not None and following.kind == "quoted":
                self._at += 1
                return True
            return False
        self._put("words", _joined(said))
        self._at += offset
        return True

    def _related(self) -> bool:
        """Words with `related` right behind them."""
        said: list[Token] = []
        while (token := self._next(len(said))) is not None and _is_text(token):
            said.append(token)
            if len(said) > _MOST_WORDS:
                return False
        if token is None or not said or not is_mark(token, "related"):
            return False
        while said and said[0].means("filler"):
            del said[0]
            self._at += 1
        if not said:
            return False
        text = _joined(said)
        value = chosen(text, said[0].meanings, self._types, self._vocabulary)
        if len(said) == 1 and isinstance(value, tuple):
            field, names = value
            meant = Pick("owner" if field == PERSON else field, names).where()
            self._put("doubts", Doubt(text, (meant, f'"{text}"')))
        else:
            self._put("words", text)
        self._at += len(said) + 1
        return True

    def _first_n(self) -> bool:
        """How many are wanted: `top 5`, `5 oldest`, `前十`."""
        token = self._token
        if token.kind == "number":
            if not (self._near("order", 3) or self._near_mark("first", 2) or self._near("type", 2)):
                return False
            self._reading.limit = max(1, min(200, int(number_of(token.text))))
            self._at += 1
            return True
        following = self._next()
        if self._mark("first"):
            if following is not None and following.kind == "number":
                self._ranks = True
                self._reading.limit = max(1, min(200, int(number_of(following.text))))
                self._at += 2
                return True
            if self._field_at(1):
                self._ranks = True
                self._at += 1
                return True
        return False

    def _near(self, kind: str, reach: int) -> bool:
        places = [offset for offset in range(-reach, reach + 1) if offset]
        return any((token := self._next(place)) and token.means(kind) for place in places)

    def _near_mark(self, name: str, reach: int) -> bool:
        places = [offset for offset in range(-reach, reach + 1) if offset]
        tokens = [self._next(place) for place in places]
        return any(mark.name == name for token in tokens if token and (mark := token.means("mark")))

    def _single(self) -> bool:
        """A phrase that fills a slot on its own."""
        token = self._token
        for kind in _SLOTS:
            meaning = token.means(kind)
            if meaning is not None and not (kind == "state" and self._is_event_of_time(token)):
                self._fill(kind, meaning, token)
                self._at += 1
                return True
        return False

    def _fill(self, kind: str, meaning: Meaning, token: Token) -> None:
        reading = self._reading
        if kind == "type":
            self._put("types", meaning.name)
        elif kind == "event":
            status = token.means("value")
            if status is not None and not self._is_event_of_time(token):
                self._pick("status", [status.name])
            else:
                self._put("events", meaning.name)
        elif kind == "state":
            self._put("states", meaning.name)
        elif kind == "field":
            self._fields.append((meaning.name, token.text))
        elif kind == "unsupported":
            self._put("unsupported", token.text)
        elif kind in ("metric", "interval", "order"):
            if getattr(reading, kind) not in ("", meaning.name):
                self._put("doubts", Doubt(token.text))
            setattr(reading, kind, meaning.name)
        elif kind == "intent":
            self._put("intents", meaning.name)
        elif kind == "mark":
            self._on_mark(meaning.name)

    def _on_mark(self, name: str) -> None:
        reading = self._reading
        if name in ("follow", "follow_end"):
            reading.follows = reading.follows or self._at == 0 or name == "follow_end"
        elif name == "versus":
            self._put("intents", "compare")
        elif name == "who":
            self._put("by", "who")
        elif name == "between":
            reading.follows = reading.follows or (self._at == 0 and bool(self._mark("follow")))
            if not self._joins():
                self._put("doubts", Doubt(self._token.text))
        elif not self._is_clear(name):
            self._put("doubts", Doubt(self._token.text))

    def _is_clear(self, name: str) -> bool:
        """Whether a mark says nothing that isn't told by what stands beside it."""
        before = self._beside(-1)
        if name == "related":
            return before is not None and bool(before.means("field") or before.means("value"))
        return name == "which" or (name == "by" and bool(self._person_at(1)))

    def _joins(self) -> bool:
        """Whether what is joined here is of one kind, so that it is clear what is meant."""
        before, behind = self._beside(-1), self._beside(1)
        if before is None or behind is None:
            return True
        if before.kind == behind.kind and before.kind in ("time", "id", "quoted"):
            return True
        if before.means("event") and behind.means("event"):
            self._reading.alike = True
            return True
        if any(
            before.means(kind) and behind.means(kind)
            for kind in ("type", "field", "state", "metric")
        ):
            return True
        fields = [{one.field for one in token.meanings if one.field} for token in (before, behind)]
        if fields[0] & fields[1]:
            return True
        return self._token.text == "and" and not before.means("type")

    def _beside(self, step: int) -> Token | None:
        """The next token on one side that isn't a small word."""
        offset = step
        while (token := self._next(offset)) is not None and token.means("filler"):
            offset += step
        return token

    def _place_fields(self) -> None:
        """What the fields mean that were named alone: to group or to sort by."""
        reading = self._reading
        if self._ranks and not reading.order:
            reading.order = "most"
        wanted = {"share", "trend", "compare"} & set(self._slots.get("intents", ()))
        grouping = wanted or reading.order or reading.limit
        for field, text in self._fields:
            kind = self._vocabulary.kinds.get(field, "")
            if reading.order and (kind in ("number", "instant") or self._highest(field, text)):
                reading.sort = field
            elif field == "iteration" and not self._types and not self._slots.get("picks"):
                self._put("types", "iteration")
            elif grouping:
                self._put("by", field)
            elif not self._has_id:
                self._put("unknown", text)

    def _highest(self, field: str, text: str) -> bool:
        """Whether the highest value of a ranked field is meant instead of its most frequent."""
        if field not in RANKED:
            return False
        places = [place for place, token in enumerate(self._tokens) if token.text == text]
        following = [self._tokens[place + 1] for place in places if place + 1 < len(self._tokens)]
        before = [self._tokens[place - 1] for place in places if place]
        words = {token.text for token in (*following, *before)}
        return bool(words & {"最高", "最高的", "highest", "最低", "lowest"})

    def _filler(self) -> bool:
        everything = self._token.means("anything") is not None
        if self._token.means("filler") is None and not everything:
            return False
        self._reading.everything = self._reading.everything or everything
        self._at += 1
        return True


_SLOTS = (
    "unsupported", "metric", "type", "state", "event", "order", "interval", "intent", "field",
    "mark",
)  # fmt: skip
_HANDLERS: tuple[Callable[[Reader], bool], ...] = (
    Reader._fixed,
    Reader._negation,
    Reader._presence,
    Reader._search,
    Reader._related,
    Reader._grouping,
    Reader._field_with_value,
    Reader._part,
    Reader._first_n,
    Reader._bare_value,
    Reader._me,
    Reader._filler,
    Reader._single,
)


_TEXT_STOPS = (
    "type", "intent", "state", "event", "metric", "mark", "order", "interval", "field",
    "unsupported", "where", "beside",
)  # fmt: skip


def _is_text(token: Token) -> bool:
    """Whether the token can be a part of a text to look for."""
    if token.kind not in ("phrase", "unknown"):
        return False
    return token.text != "的" and not any(token.means(kind) for kind in _TEXT_STOPS)


def _joined(tokens: list[Token]) -> str:
    """The text of tokens, with blanks where the question has them."""
    text = tokens[0].text
    for before, token in pairwise(tokens):
        text += (" " if token.begin > before.end else "") + token.text
    return text
