"""The filter of a reading: its types, conditions, states, and events with their times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from taplens.agent.direct.lexicon import lexicon
from taplens.agent.direct.reading import Doubt, Reading
from taplens.filters import Condition, Query, Value, Words, to_text

if TYPE_CHECKING:
    from taplens.filters import Stretch

_WORK = ("bug", "story", "task")
_EVERY = "any"
# A length of time that lies ahead where what is due is asked for.
_AHEAD = (("最近", "未来"), ("近", "未来"), ("last_", "next_"))


def where_of(reading: Reading) -> str | Doubt:
    """The filter; a Doubt where an event has no field for the types asked about."""
    parts = [f"type:{','.join(reading.types)}"] if reading.types else []
    parts += [pick.where() for pick in reading.picks]
    parts += _together(reading.wheres)
    events = _events(reading)
    if isinstance(events, Doubt):
        return events
    timed = bool(reading.times)
    parts += [f"is:{state}" for state in reading.states if not (timed and state == "closed")]
    parts += events
    parts += [to_text(Query(words)) for text in reading.words for words in _words(text, reading)]
    return " ".join(dict.fromkeys(parts))


def _words(text: str, reading: Reading) -> list[Words]:
    """A text as it stands; where the question is nothing else, its words, wherever they are."""
    return [Words(word) for word in text.split()] if reading.bare else [Words(text, exact=True)]


def _together(wheres: Sequence[str]) -> list[str]:
    """Whole filters beside one another: each by itself holds."""
    return [where for where in wheres if where]


def _events(reading: Reading) -> list[str] | Doubt:
    """Conditions on when something happened; without a time, that it did."""
    events, times = reading.events, reading.times
    if not times:
        return _happened(reading)
    if not events:
        events = ("created",)
    pairs = (
        list(zip(events, times, strict=True))
        if len(events) == len(times)
        else [(event, time) for event in events for time in times]
    )
    told = []
    for event, time in pairs:
        condition = event_condition(event, time, reading.types)
        if isinstance(condition, Doubt):
            return condition
        told.append(condition)
    return told


def _happened(reading: Reading) -> list[str] | Doubt:
    told = []
    people = {pick.field for pick in reading.picks}
    for event in reading.events:
        if people_field(reading, (event,)) in people - {"owner"}:
            continue  # that somebody did it says that it happened
        if event == "closed":
            told.append("is:closed")
        elif event in ("resolved", "reopened", "rejected"):
            fields = fields_of(event, reading.types)
            if not fields:
                return Doubt(event)
            told.append(_any_of([f"{field}:any" for field in fields]))
    return told


def event_condition(event: str, time: Stretch, types: Sequence[str]) -> str | Doubt:
    """That `event` happened in `time`, for items of `types`; a Doubt where none can tell."""
    fields = fields_of(event, types)
    if not fields:
        return Doubt(event)
    return _any_of([in_time(field, time, ahead=event == "due") for field in fields])


def fields_of(event: str, types: Sequence[str]) -> list[str]:
    """The fields that hold when `event` happened, of the types that have one."""
    known = lexicon().times[event]
    asked = types or _WORK
    found = [known[kind] for kind in asked if kind in known]
    return list(dict.fromkeys(found)) or ([known[_EVERY]] if _EVERY in known else [])


def people_field(reading: Reading, events: Sequence[str]) -> str:
    """The field of the people who did the first of `events`; the owner where nothing happened.

    "" where TAPD doesn't keep who it was.
    """
    if not events:
        return "owner"
    known = lexicon().people.get(events[0], {})
    kinds = (*(reading.types or ("bug",)), _EVERY)
    return next((known[kind] for kind in kinds if kind in known), "")


def in_time(field: str, time: Stretch, *, ahead: bool = False) -> str:
    """That the time in `field` lies in `time`; `ahead`: a length of time counts from now on."""
    first = time.first
    if ahead:
        for behind, before in _AHEAD:
            if first.startswith(behind) and any(map(str.isdigit, first)):
                first = before + first.removeprefix(behind)
                break
    if time.last:
        condition = Condition(field, "range", [Value(first), Value(time.last)])
    else:
        condition = Condition(field, time.operator or "=", [Value(first)])
    return to_text(Query(condition))


def _any_of(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"({' or '.join(conditions)})"
