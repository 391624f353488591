"""The grammar: tokens of a question into the slots of a reading, from left to right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from taplens.agent.direct.choosing import chosen
from taplens.agent.direct.lexicon import Meaning
from taplens.agent.direct.reading import Doubt, Pick, Reading
from taplens.agent.direct.scanning import number_of
from taplens.agent.direct.vocabulary import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.agent.direct.scanning import Token
    from taplens.agent.direct.vocabulary import Vocabulary

_OPERATORS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<"}
_COPULA = frozenset(
    ("是", "为", "的", "is", "are", "of", "the", "=", "在", "a", "an", "set", "to", "with")
)
_NUMBERS = ("number", "term")
_RANKED = ("priority", "severity")
_MOST_WORDS = 6  # tokens that a text to look for may take up


class Reader:
    """Reads one question. What it has taken stands in its slots; `read` gives them whole."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._at = 0
        self._types = _types(tokens)
        self._has_id = any(token.kind == "id" for token in tokens)
        self._slots: dict[str, list[object]] = {}
        self._reading = Reading()
        self._negated = False
        self._fields: list[tuple[str, str]] = []  # named, and not yet used

    def read(self) -> Reading:
        """The slots of the whole question."""
        while self._at < len(self._tokens):
            if not any(handler(self) for handler in _HANDLERS):
                self._put("unknown", self._token.text)
                self._at += 1
        self._place_fields()
        reading = self._reading
        for name, found in self._slots.items():
            setattr(reading, name, tuple(dict.fromkeys(found)))
        reading.known = sum(
            token.kind != "unknown" and token.means("filler") is None for token in self._tokens
        )
        return reading

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self, offset: int = 1) -> Token | None:
        place = self._at + offset
        return self._tokens[place] if 0 <= place < len(self._tokens) else None

    def _put(self, slot: str, value: object) -> None:
        self._slots.setdefault(slot, []).append(value)

    def _pick(self, field: str, values: Iterable[str], operator: str = "=") -> None:
        """Take a condition; values of one field are alternatives unless they are negated."""
        picks = self._slots.setdefault("picks", [])
        pick = Pick(field, tuple(dict.fromkeys(values)), operator, self._negated)
        for place, known in enumerate(picks):
            same = isinstance(known, Pick) and known.field == field and known.operator == "="
            if same and isinstance(known, Pick) and operator == "=" == pick.operator:
                if known.negated == pick.negated:
                    picks[place] = Pick(field, (*known.values, *pick.values), "=", pick.negated)
                    return
        picks.append(pick)

    # What stands for itself

    def _fixed(self) -> bool:
        """Times, items, whole conditions."""
        token = self._token
        if token.kind == "time":
            self._put("times", token.time)
        elif token.kind == "id":
            self._put("ids", token.text)
        elif token.kind == "quoted":
            self._quoted(token)
        elif where := token.means("where"):
            self._put("wheres", where.name)
        elif beside := token.means("beside"):
            self._beside(token, beside.name)
        else:
            return False
        self._at += 1
        return True

    def _quoted(self, token: Token) -> None:
        known = self._vocabulary.phrases.get(token.text, ())
        if any(meaning.kind == "value" for meaning in known):
            self._value(token.text, known)
        else:
            self._put("words", token.text)

    def _beside(self, token: Token, name: str) -> None:
        iteration = self._vocabulary.beside.get(name)
        if iteration is None:
            self._put("doubts", Doubt(token.text))
        else:
            self._pick("iteration", [iteration])

    # Fields, and the values that stand beside them

    def _negation(self) -> bool:
        """A word that turns the next condition."""
        mark = self._mark("not")
        following = self._next()
        if not mark or following is None:
            return False
        self._at += 1
        self._skip_copula()
        token = self._next(0)
        if token is None or not token.meanings:
            self._put("unknown", mark)
            return True
        field, value = token.means("field"), token.means("value")
        if field and not self._value_follows():
            self._pick(field.name, (), "unset")
            self._at += 1
            return True
        if field or value:
            self._negated = True
            self._field_with_value() or self._bare_value()  # noqa: B018 - the first that fits
            self._negated = False
            return True
        if token.means("state"):
            self._put("states", "closed" if token.means("state").name == "open" else "open")  # type: ignore[union-attr]
            self._at += 1
            return True
        self._put("unknown", mark)
        return True

    def _grouping(self) -> bool:
        """`by` a field, or several; `which` field; `who`."""
        which = self._mark("which")
        if which and self._field_at(1) and not self._value_at(2):
            self._put("by", self._field_at(1))
            self._reading.order = self._reading.order or "most"
            self._at += 2
            return True
        if self._mark("by") and self._field_at(1):
            self._at += 1
            while field := self._field_at(0):
                self._put("by", field)
                self._at += 1
                if self._mark("between") and self._field_at(1):
                    self._at += 1
            return True
        return False

    def _field_with_value(self) -> bool:
        """A field, a word that joins, and its values; or a comparison with a number."""
        field = self._field_at(0)
        if not field:
            return False
        start = self._at
        self._at += 1
        self._skip_copula()
        if self._mark("not") and self._value_at(1):
            self._negated = True
            self._at += 1
        if self._values_of(field) or self._compared(field):
            self._negated = False
            return True
        self._negated = False
        self._at = start
        return False

    def _values_of(self, field: str) -> bool:
        """The values of `field` that stand here, with what joins them."""
        names: list[str] = []
        while (token := self._next(0)) is not None:
            found = [
                one for one in token.meanings if one.kind == "value" and self._is_of(one, field)
            ]
            if not found:
                break
            names += [one.name for one in found]
            self._at += 1
            if self._mark("between") and self._value_at(1):
                self._at += 1
        if not names:
            return False
        self._pick(field, names, self._rank(field))
        return True

    def _is_of(self, meaning: Meaning, field: str) -> bool:
        people = self._vocabulary.kinds.get(field) in ("person", "people")
        return meaning.field == field or (meaning.field == PERSON and people)

    def _compared(self, field: str) -> bool:
        """A comparison of the field with a number."""
        operator = next((sign for name, sign in _OPERATORS.items() if self._mark(name)), "")
        number = self._next(1 if operator else 0)
        if number is None or number.kind != "number":
            return False
        if self._vocabulary.kinds.get(field) not in _NUMBERS:
            return False
        self._at += 2 if operator else 1
        operator = operator or self._rank_of_marks() or "="
        self._pick(field, [f"{number_of(number.text):g}"], operator)
        return True

    def _rank(self, field: str) -> str:
        """How a ranked value is meant: `and above`; only where the field has an order."""
        return self._rank_of_marks() if field in _RANKED and self._peek_rank() else "="

    def _peek_rank(self) -> bool:
        return bool(self._mark("ge") or self._mark("le"))

    def _rank_of_marks(self) -> str:
        for name in ("ge", "le"):
            if self._mark(name):
                self._at += 1
                return _OPERATORS[name]
        return ""

    def _bare_value(self) -> bool:
        """A value, its field behind it or not named at all."""
        token = self._token
        if not token.means("value") or (token.means("intent") and self._has_id):
            return False
        if self._is_event_of_time(token):
            return False
        suffix = self._field_at(1)
        of = [one for one in token.meanings if one.kind == "value" and self._is_of(one, suffix)]
        if suffix and of:
            self._at += 2
            self._pick(suffix, [one.name for one in of], self._rank(suffix))
            return True
        if not self._value(token.text, token.meanings):
            return False
        return True

    def _is_event_of_time(self, token: Token) -> bool:
        """Whether a word for a status means here what happened in a stretch of time."""
        timed = any(one.kind == "time" for one in self._tokens)
        return timed and (token.means("event") is not None)

    def _value(self, text: str, meanings: tuple[Meaning, ...]) -> bool:
        """Take a value whose field isn't named, where there is one that is meant."""
        choice = chosen(text, meanings, self._types, self._vocabulary)
        if choice is None:
            return False
        if isinstance(choice, Doubt):
            self._put("doubts", choice)
            self._at += 1
            return True
        field, names = choice
        if field == PERSON:
            self._person(names)
            return True
        self._at += 1
        self._pick(field, names, self._rank(field))
        return True

    # People and their parts

    def _person(self, names: tuple[str, ...]) -> None:
        """A person in the part that is told before (English) or behind (Chinese)."""
        role = self._role_before()
        self._at += 1
        people = list(names)
        while self._mark("between") and (other := self._person_at(1)):
            people.append(other)
            self._at += 2
        if role is None:
            role = self._role_behind()
        self._pick(role or "owner", people)

    def _role_before(self) -> str | None:
        previous = self._next(-1)
        if previous is None:
            return None
        if previous.means("role") and previous.text[-1].isascii():
            return self._role(previous)
        before = self._next(-2)
        if previous.means("mark") and previous.text == "by" and before and before.means("event"):
            return self._part_in(before)
        return None

    def _role_behind(self) -> str | None:
        """The part told behind a person, with nothing but times and small words between."""
        for offset in range(4):
            token = self._next(offset)
            if token is None or token.text == "的":
                return None
            if token.means("role") and not token.text.isascii():
                self._tokens[self._at + offset] = _spent(token)
                return self._role(token)
            if token.means("event"):
                return self._part_in(token)
            if token.kind != "time" and not token.means("filler"):
                return None
        return None

    def _role(self, token: Token) -> str | None:
        event = token.means("event")
        if event is not None:
            return self._part_in(token)
        role = token.means("role")
        return role.name if role else None

    def _part_in(self, token: Token) -> str | None:
        from taplens.agent.direct.lexicon import lexicon

        event = token.means("event")
        if event is None:
            return None
        if event.name not in self._slots.get("events", []):
            self._put("events", event.name)
        people = lexicon().people.get(event.name, {})
        kinds = self._types or ("bug",)
        return next((people[kind] for kind in (*kinds, "any") if kind in people), "owner")

    def _person_at(self, offset: int) -> str:
        token = self._next(offset)
        found = token and next((m for m in token.meanings if m.field == PERSON), None)
        if token and not found and token.means("mark") and token.means("mark").name == "me":  # type: ignore[union-attr]
            return "me"
        return found.name if found else ""

    def _me(self) -> bool:
        """The one who asks."""
        if not self._mark("me"):
            return False
        self._person(("me",))
        return True

    # Words to look for

    def _search(self) -> bool:
        """`about` some words, up to what means something else; or some words and `related`."""
        if not self._mark("about"):
            return False
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
        following = self._next()
        if following is None or self._token.kind not in ("phrase", "unknown"):
            return False
        mark = following.means("mark")
        if mark is None or mark.name != "related" or self._token.means("filler"):
            return False
        self._put("words", self._token.text)
        self._at += 2
        return True

    # The rest

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
                self._reading.order = self._reading.order or "most"
                self._reading.limit = max(1, min(200, int(number_of(following.text))))
                self._at += 2
                return True
            if self._field_at(1):
                self._reading.order = self._reading.order or "most"
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
            if meaning is not None:
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
            setattr(reading, kind, meaning.name)
        elif kind == "intent":
            stronger = _STRENGTH.index(meaning.name) > _STRENGTH.index(reading.intent)
            reading.intent = meaning.name if stronger else reading.intent
        elif kind == "mark":
            self._on_mark(meaning.name)

    def _on_mark(self, name: str) -> None:
        reading = self._reading
        if name in ("follow", "follow_end"):
            reading.follows = reading.follows or self._at == 0 or name == "follow_end"
        elif name == "versus":
            reading.intent = "compare"
        elif name == "above_all":
            reading.intent = "previous"
        elif name == "who":
            self._put("by", "who")
        elif name not in ("between", "which", "by"):
            self._put("unknown", self._token.text)

    def _place_fields(self) -> None:
        """What the fields mean that were named alone: to group or to sort by."""
        reading = self._reading
        grouping = reading.intent in ("share", "trend", "compare") or reading.order or reading.limit
        for field, text in self._fields:
            kind = self._vocabulary.kinds.get(field, "")
            if kind == "number" and reading.order:
                reading.sort = field
            elif kind == "instant" and reading.order:
                reading.sort = field
            elif field in _RANKED and reading.order in ("most", "least") and self._highest(text):
                reading.sort = field
            elif field == "iteration" and not self._types and not self._slots.get("picks"):
                self._put("types", "iteration")
            elif grouping:
                self._put("by", field)
            elif not self._has_id:
                self._put("unknown", text)

    def _highest(self, text: str) -> bool:
        """Whether the field's highest value is meant instead of its most frequent."""
        places = [place for place, token in enumerate(self._tokens) if token.text == text]
        following = [self._tokens[place + 1] for place in places if place + 1 < len(self._tokens)]
        before = [self._tokens[place - 1] for place in places if place]
        words = {token.text for token in (*following, *before)}
        return bool(words & {"最高", "最高的", "highest", "最低", "lowest"})

    def _mark(self, name: str) -> str:
        """The text of this token where it is that mark."""
        if self._at >= len(self._tokens):
            return ""
        token = self._token
        found = any(one.kind == "mark" and one.name == name for one in token.meanings)
        return token.text if found else ""

    def _field_at(self, offset: int) -> str:
        token = self._next(offset)
        meaning = token.means("field") if token else None
        return meaning.name if meaning else ""

    def _value_at(self, offset: int) -> bool:
        token = self._next(offset)
        return token is not None and (token.means("value") is not None)

    def _value_follows(self) -> bool:
        start = self._at
        self._at += 1
        self._skip_copula()
        field = self._tokens[start].means("field")
        token = self._next(0)
        self._at = start
        return token is not None and any(
            one.kind == "value" and field is not None and self._is_of(one, field.name)
            for one in token.meanings
        )

    def _skip_copula(self) -> None:
        while self._at < len(self._tokens) and self._token.text in _COPULA:
            self._at += 1

    def _filler(self) -> bool:
        if self._token.means("filler") is None and self._token.means("anything") is None:
            return False
        self._at += 1
        return True


# From the weakest to the strongest: the strongest that is said is what is wanted.
_STRENGTH = (
    "", "list", "count", "share", "compare", "previous", "trend", "words", "activity", "similar", "forecast",
)  # fmt: skip
_SLOTS = (
    "unsupported", "metric", "type", "state", "event", "order", "interval", "intent", "field", "mark",
)  # fmt: skip
_HANDLERS: tuple[Callable[[Reader], bool], ...] = (
    Reader._fixed,
    Reader._negation,
    Reader._search,
    Reader._related,
    Reader._grouping,
    Reader._field_with_value,
    Reader._first_n,
    Reader._bare_value,
    Reader._me,
    Reader._filler,
    Reader._single,
)


def _types(tokens: Iterable[Token]) -> tuple[str, ...]:
    found = (token.means("type") for token in tokens)
    return tuple(dict.fromkeys(one.name for one in found if one is not None))


def _spent(token: Token) -> Token:
    """The token as one that says nothing more."""
    from dataclasses import replace

    return replace(token, meanings=(Meaning("filler", "spent"),))


_TEXT_STOPS = ("type", "intent", "state", "event", "metric", "mark", "order", "interval", "field")


def _is_text(token: Token) -> bool:
    """Whether the token can be a part of a text to look for."""
    if token.kind not in ("phrase", "unknown"):
        return False
    return token.text != "的" and not any(token.means(kind) for kind in _TEXT_STOPS)


def _joined(tokens: list[Token]) -> str:
    """The text of tokens, with blanks where the question has them."""
    text = tokens[0].text
    for before, token in zip(tokens, tokens[1:], strict=False):
        text += (" " if token.begin > before.end else "") + token.text
    return text
