"""Going through the tokens of a question: where the reading stands, what is near, what is taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from taplens.agent.direct.reading import Pick, Reading
from taplens.agent.direct.vocabulary import PERSON

if TYPE_CHECKING:
    from taplens.agent.direct.lexicon import Meaning
    from taplens.agent.direct.scanning import Token
    from taplens.agent.direct.vocabulary import Vocabulary

_COPULA = frozenset(
    ("是", "为", "的", "is", "are", "of", "the", "=", "在", "a", "an", "set", "to", "with")
)


class Walker:
    """The tokens and the place in them; what was taken so far stands in the slots."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._at = 0
        self._types = types_in(tokens)
        self._has_id = any(token.kind == "id" for token in tokens)
        self._slots: dict[str, list[object]] = {}
        self._reading = Reading()
        self._negated = False
        self._ranks = False  # it asks for the largest, if it says no other order

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
            if isinstance(known, Pick) and _are_alternatives(known, pick):
                picks[place] = replace(pick, values=(*known.values, *pick.values))
                return
        picks.append(pick)

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

    def _person_at(self, offset: int) -> str:
        token = self._next(offset)
        found = token and next((m for m in token.meanings if m.field == PERSON), None)
        if token and not found and token.means("mark") and token.means("mark").name == "me":  # type: ignore[union-attr]
            return "me"
        return found.name if found else ""

    def _skip_copula(self) -> None:
        while self._at < len(self._tokens) and self._token.text in _COPULA:
            self._at += 1

    def _is_of(self, meaning: Meaning, field: str) -> bool:
        people = self._vocabulary.kinds.get(field) in ("person", "people")
        return meaning.field == field or (meaning.field == PERSON and people)

    def _is_event_of_time(self, token: Token) -> bool:
        """Whether a word for a status means here what happened: in a time, or who did it."""
        timed = any(one.kind == "time" for one in self._tokens)
        previous = self._next(-1)
        asked_who = previous is not None and is_mark(previous, "who")
        return (timed or asked_who) and token.means("event") is not None


def _are_alternatives(one: Pick, other: Pick) -> bool:
    same = (one.field, one.negated) == (other.field, other.negated)
    return same and one.operator == "=" == other.operator


def types_in(tokens: Iterable[Token]) -> tuple[str, ...]:
    """The item types that the question names anywhere."""
    found = (token.means("type") for token in tokens)
    return tuple(dict.fromkeys(one.name for one in found if one is not None))


def is_mark(token: Token, name: str) -> bool:
    """Whether the token may be that mark."""
    return any(one.kind == "mark" and one.name == name for one in token.meanings)
