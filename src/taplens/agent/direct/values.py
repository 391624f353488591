"""Fields and values in a question: conditions, negations, comparisons, and what to group by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taplens.agent.direct.choosing import chosen
from taplens.agent.direct.conditions import in_time
from taplens.agent.direct.people import PeopleReader
from taplens.agent.direct.reading import RANKED, Doubt, Pick
from taplens.agent.direct.scanning import number_of
from taplens.agent.direct.vocabulary import PERSON

if TYPE_CHECKING:
    from taplens.agent.direct.lexicon import Meaning

_OPERATORS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<"}
_NUMBERS = ("number", "term")


class ValuesReader(PeopleReader):
    """Takes conditions."""

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
            self._put("doubts", Doubt(mark))
            return True
        field, value = token.means("field"), token.means("value")
        if field and not self._value_follows():
            self._pick(field.name, (), "unset")
            self._at += 1
            return True
        if field or value:
            self._negated = True
            taken = self._field_with_value() or self._bare_value()
            self._negated = False
            if not taken:
                self._put("doubts", Doubt(mark))
            return True
        if token.means("state"):
            self._put("states", "closed" if token.means("state").name == "open" else "open")  # type: ignore[union-attr]
            self._at += 1
            return True
        self._put("doubts", Doubt(mark))
        return True

    def _grouping(self) -> bool:
        """`by` a field, or several; `which` field; `who`."""
        which = self._mark("which")
        lists = self._field_at(1) == "iteration" and not self._types
        if which and self._field_at(1) and not self._value_at(2) and not lists:
            self._put("by", self._field_at(1))
            self._ranks = True
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
        if (
            self._ranked(field)
            or self._values_of(field)
            or self._compared(field)
            or self._timed(field)
        ):
            self._negated = False
            return True
        self._negated = False
        self._at = start
        return False

    def _values_of(self, field: str) -> bool:
        """The values of `field` that stand here, with what joins them."""
        names: list[str] = []
        while found := self._named(field, 0):
            names += found
            self._at += 1
            if self._mark("between") and self._named(field, 1):
                self._at += 1
        if not names:
            return False
        self._pick(field, names, self._rank(field))
        return True

    def _named(self, field: str, offset: int) -> list[str]:
        """The values of `field` that the token there means; several are asked back."""
        token = self._next(offset)
        meanings = token.meanings if token else ()
        found = [one for one in meanings if one.kind == "value" and self._is_of(one, field)]
        names = list(dict.fromkeys(one.name for one in found))
        if token is not None and len(names) > 1 and field not in ("status", *RANKED):
            options = tuple(Pick(field, (name,)).where() for name in names)
            self._put("doubts", Doubt(token.text, options))
        return names

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

    def _ranked(self, field: str) -> bool:
        """A comparison of a ranked field with one of its values."""
        operator = next((sign for name, sign in _OPERATORS.items() if self._mark(name)), "")
        token = self._next(1)
        if not operator or field not in RANKED or token is None or self._negated:
            return False
        value = next((one for one in token.meanings if one.field == field), None)
        if value is None:
            return False
        self._at += 2
        self._pick(field, [value.name], operator)
        return True

    def _timed(self, field: str) -> bool:
        """A time behind a field of times."""
        token = self._next(0)
        is_time = self._vocabulary.kinds.get(field) in ("instant", "date")
        if self._negated or not is_time or token is None or token.time is None:
            return False
        self._put("wheres", in_time(field, token.time))
        self._at += 1
        return True

    def _rank(self, field: str) -> str:
        """How a ranked value is meant: `and above`; only where the field has an order."""
        return self._rank_of_marks() if field in RANKED and self._peek_rank() else "="

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
        names = self._named(suffix, 0) if suffix else []
        if names:
            self._at += 2
            self._pick(suffix, names, self._rank(suffix))
            return True
        return self._value(token.text, token.meanings)

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
