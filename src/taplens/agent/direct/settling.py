"""What follows from the slots of a reading together, and whether they make a clear question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taplens.agent.direct.conditions import people_field
from taplens.agent.direct.reading import Doubt, Reading

if TYPE_CHECKING:
    from taplens.agent.direct.vocabulary import Vocabulary

# What trends count an event by, and how items are sorted by an order.
OF = {"created": "created", "closed": "closed", "resolved": "resolved", "modified": "modified",
       "reopened": "reopen_time", "due": "due", "rejected": "reject_time"}  # fmt: skip
ORDERS = {"oldest": "created", "newest": "-created", "touched": "-modified"}


def completed(reading: Reading, vocabulary: Vocabulary) -> Reading:
    """The reading with what follows from the rest: whom `who` means, which event a state is."""
    compares = "compare" in reading.intents and len(variants_of(reading)) > 1
    others = compares or any(name != "who" for name in reading.by)
    by = tuple(name for name in reading.by if name != "who" or not others)
    if "compare" in reading.intents and by and not reading.order:
        reading = replace(reading, order="most")
    by = tuple(people_field(reading, reading.events) if name == "who" else name for name in by)
    events = reading.events
    if reading.times and not events and "closed" in reading.states:
        events = ("closed",)
    implied = {"closer": "closed", "fixer": "resolved"}
    if reading.times and not events:
        events = tuple(implied[one.field] for one in reading.picks if one.field in implied)
    types = reading.types or _types_of(reading, vocabulary)
    return replace(reading, by=by, events=events, types=types)


def _types_of(reading: Reading, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The one type that has the metric or every field, where no type is said."""
    if reading.metric in ("fix_time", "escaped", "rejected", "density", "reopen_rate"):
        return ("bug",)
    if reading.ids:
        return ()
    found = [vocabulary.types.get(pick.field, frozenset()) for pick in reading.picks]
    return ("bug",) if any(types == {"bug"} for types in found) else ()


def unsettled(reading: Reading) -> Doubt | None:
    """What keeps the question from being answered for certain: the first that does."""
    return next((doubt for check in _CHECKS if (doubt := check(reading)) is not None), None)


def _no_question(reading: Reading) -> Doubt | None:
    if not reading.says_little:
        return None
    return Doubt(" ".join(reading.types or reading.intents))


def _at_odds(reading: Reading) -> Doubt | None:
    """What can't both be meant, or not certainly."""
    if "" in reading.by:
        return Doubt("who")
    is_open = "open" in reading.states or any("is:open" in one for one in reading.wheres)
    if len(reading.states) > 1 or (is_open and "closed" in reading.events and not reading.times):
        return Doubt("open closed")
    ranked = reading.by or reading.sort or reading.metric or _RANKING & set(reading.intents)
    if reading.order in ("most", "least") and not ranked:
        return Doubt(reading.order)
    if "similar" in reading.intents and not reading.ids:
        return Doubt("similar")
    several = len(reading.events) > 1 and reading.times
    apart = several and len(reading.times) != len(reading.events) and not reading.alike
    if apart and not _APART & set(reading.intents):
        return Doubt(" ".join(reading.events))
    return None


def _untimed(reading: Reading) -> Doubt | None:
    """An event that means nothing without a time."""
    timed = reading.times or reading.interval or reading.metric or _TIMELESS & set(reading.intents)
    people = {pick.field for pick in reading.picks} & {"creator", "fixer", "closer", "modifier"}
    if timed or reading.ids or people:
        return None
    if "created" in reading.events and not reading.by:
        return Doubt("created", ("created:7d", "created:30d"))
    named = [event for event in reading.events if event in ("modified", "due")]
    spans = {"modified": "7d", "due": "+7d"}
    return Doubt(named[0], (f"{OF[named[0]]}:{spans[named[0]]}",)) if named else None


_APART = frozenset(("trend", "compare", "activity"))
_RANKING = frozenset(("words", "compare"))
_CHECKS = (_no_question, _at_odds, _untimed)
_TIMELESS = frozenset(("trend", "forecast", "words", "activity", "compare", "previous"))


def variants_of(reading: Reading) -> list[tuple[str, Reading]]:
    """The things that a comparison compares, each with its name and its own reading."""
    if len(reading.times) > 1:
        return [(one.value, replace(reading, times=(one,))) for one in reading.times]
    for place, pick in enumerate(reading.picks):
        if len(pick.values) > 1:
            return [
                (value, replace(reading, picks=(
                    *reading.picks[:place], replace(pick, values=(value,)),
                    *reading.picks[place + 1 :],
                )))
                for value in pick.values
            ]  # fmt: skip
    if len(reading.events) > 1 and reading.times:
        return [(one, replace(reading, events=(one,))) for one in reading.events]
    return [(one, replace(reading, types=(one,))) for one in reading.types]
