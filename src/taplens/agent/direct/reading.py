"""How a question was understood: its slots, and how a follow-up takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from taplens.filters import Condition, Not, Query, Value, to_text

if TYPE_CHECKING:
    from taplens.filters import Stretch


RANKED = ("priority", "severity")  # fields whose values a team lists from the gravest down


@dataclass(frozen=True, slots=True)
class Pick:
    """A condition: a field, how it is compared, and with which values."""

    field: str
    values: tuple[str, ...] = ()
    operator: str = "="
    negated: bool = False

    def where(self) -> str:
        """The condition as a filter."""
        condition = Condition(self.field, self.operator, [Value(text) for text in self.values])
        return to_text(Query(Not(condition) if self.negated else condition))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A phrase of which it isn't clear what it means; `options` are what it may mean, as filters.

    `why` is the text that says so (under `direct.asked`) where there are no options.
    """

    text: str
    options: tuple[str, ...] = ()
    why: str = "unclear"


@dataclass(slots=True)
class Reading:
    """The slots of a question; what it doesn't say is empty.

    `intents` are what is wanted, `types` the item types, `picks` and `wheres` (whole filters) the
    conditions, `states` open or closed, `events` what happened and `times` when; `by` the fields
    to group by, `interval` the length of periods, `order` and `limit` which come first, `sort` a
    field to sort by; `ids` items, `words` texts to look for, `everything`: items of whichever type,
    `metric` one of the flow; `doubts` are phrases that must be asked back, `unknown` those that
    mean nothing, `unsupported` those that nothing here can answer; `alike`: several events are
    joined, each is asked for; `workspace`: which one, where there are several; `follows`: it goes
    on with the question before; `bare`: the question as a whole was taken for a text to look for.
    """

    intents: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    picks: tuple[Pick, ...] = ()
    wheres: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    times: tuple[Stretch, ...] = ()
    by: tuple[str, ...] = ()
    interval: str = ""
    order: str = ""
    limit: int = 0
    sort: str = ""
    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    metric: str = ""
    workspace: str = ""
    doubts: tuple[Doubt, ...] = ()
    unknown: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    everything: bool = False
    alike: bool = False
    follows: bool = False
    bare: bool = False
    known: int = field(default=0, compare=False)  # how many tokens meant something

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that could be answered."""
        return not any(getattr(self, name) for name in _SAYING)

    @property
    def says_little(self) -> bool:
        """Whether it names kinds of items and nothing else, or not even these."""
        if any(getattr(self, name) for name in _SAYING if name not in ("types", "intents")):
            return False
        bare = set(self.intents) <= {"list", "count", "share"} and not self.types
        return bare or not self.intents

    def after(self, before: Reading) -> Reading:
        """This reading as a follow-up of `before`: what it doesn't say is taken over."""
        taken = {
            one.name: getattr(self, one.name) or getattr(before, one.name)
            for one in fields(self)
            if one.name not in _OWN
        }
        return replace(self, **taken, picks=_together(before.picks, self.picks))


# What a follow-up has of its own alone.
_OWN = frozenset(
    ("picks", "doubts", "unknown", "unsupported", "follows", "bare", "known", "limit", "alike")
)
_SAYING = (
    "intents", "types", "picks", "wheres", "states", "events", "times", "by", "interval", "order",
    "ids", "words", "metric", "doubts", "everything",
)  # fmt: skip


def _together(before: tuple[Pick, ...], now: tuple[Pick, ...]) -> tuple[Pick, ...]:
    """The earlier conditions, but for fields that are newly spoken of."""
    spoken = {pick.field for pick in now}
    return (*(pick for pick in before if pick.field not in spoken), *now)
