"""People in a question, and the part that they take in items."""

from __future__ import annotations

from dataclasses import replace

from taplens.agent.direct.lexicon import Meaning, lexicon
from taplens.agent.direct.reading import Doubt
from taplens.agent.direct.scanning import Token
from taplens.agent.direct.walking import Walker, is_mark

_REACH = 4  # tokens behind a person within which the part is told


class PeopleReader(Walker):
    """Takes people."""

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

    def _me(self) -> bool:
        """The one who asks."""
        if not self._mark("me"):
            return False
        self._person(("me",))
        return True

    def _part(self) -> bool:
        """The word for a part, where a person stands behind it, or nobody in particular."""
        role = self._token.means("role")
        if role is None or (self._token.means("event") and not self._token.text.isascii()):
            return False
        following = self._next()
        if following is not None and (self._person_at(1) or following.means("filler")):
            self._at += 1
            return True
        if role.name == "owner" and "who" in self._slots.get("by", []):
            self._at += 1
            return True
        return False

    def _role_before(self) -> str | None:
        previous = self._next(-1)
        if previous is None:
            return None
        if previous.means("role") and previous.text[-1].isascii():
            return self._role(previous)
        before = self._next(-2)
        if not is_mark(previous, "by"):
            return None
        if previous.text == "by" and before is not None and before.means("event"):
            return self._part_in(before)
        person = self._token.text
        self._put("doubts", Doubt(f"by {person}", (f"owner:{person}", f"creator:{person}")))
        return "owner"

    def _role_behind(self) -> str | None:
        """The part told behind a person, with nothing but times and small words between."""
        for offset in range(_REACH):
            token = self._next(offset)
            if token is None or token.text == "的":
                return None
            if token.means("role") and not token.text.isascii():
                self._tokens[self._at + offset] = _spent(token)
                return self._role(token)
            if token.means("event"):
                self._tokens[self._at + offset] = _spent(token)
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
        event = token.means("event")
        if event is None:
            return None
        if event.name not in self._slots.get("events", []):
            self._put("events", event.name)
        people = lexicon().people.get(event.name, {})
        kinds = self._types or ("bug",)
        part = next((people[kind] for kind in (*kinds, "any") if kind in people), "")
        if not part:  # TAPD doesn't keep who it was
            self._put("doubts", Doubt(token.text))
        return part or "owner"


def _spent(token: Token) -> Token:
    """The token as one that says nothing more."""
    return replace(token, meanings=(Meaning("filler", "spent"),))
