"""From a reading to the tool calls that answer it: one filter tree, the registry's tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from taplens.agent.direct.conditions import people_field, where_of
from taplens.agent.direct.kinds import kind_of, left_over
from taplens.agent.direct.reading import RANKED, Doubt, Reading
from taplens.agent.direct.settling import OF, ORDERS, completed, unsettled, variants_of
from taplens.clock import day_of
from taplens.filters import resolve_date

if TYPE_CHECKING:
    from taplens.agent.direct.vocabulary import Vocabulary
    from taplens.filters import Stretch

_GROUPS, _ITEMS, _SORTED, _WORDS = 20, 10, 10, 20  # rows where no number is asked for
_DAY = 86_400
_INTERVALS = ((45, "day"), (240, "week"))  # the longest span in days that is cut so
# The period before, where a question compares with it.
_BEFORE = {
    "本周": "上周", "这周": "上周", "本月": "上月", "这个月": "上个月", "本季度": "上季度",
    "今年": "去年", "今天": "昨天", "this_week": "last_week", "this_month": "last_month",
    "this_quarter": "last_quarter", "this_year": "last_year", "today": "yesterday",
}  # fmt: skip
_USUAL_SPAN = "7d"


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `title` says what it is of where there are several."""

    tool: str
    arguments: Mapping[str, Any]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls that answer a question, and how the answer is told (`kind`)."""

    kind: str
    calls: tuple[Call, ...]
    reading: Reading

    @property
    def where(self) -> str:
        """The filter of the first call."""
        return str(self.calls[0].arguments.get("where", ""))

    def told(self) -> str:
        """The reading in one line: the kind, the filter, how it is split."""
        first = self.calls[0].arguments
        parts = [self.kind, self.where]
        parts += [f"{name}:{first[name]}" for name in _TOLD if first.get(name)]
        if len(self.calls) > 1:
            parts.append("(" + " | ".join(call.title for call in self.calls) + ")")
        return " ".join(part for part in parts if part)


_TOLD = ("by", "metric", "of", "interval", "since", "until", "id", "ids", "limit")


def plan(reading: Reading, vocabulary: Vocabulary, now: int) -> Plan | Doubt:
    """The calls for `reading`, whose every word is known; a Doubt where it isn't clear."""
    reading = completed(reading, vocabulary)
    doubt = unsettled(reading)
    if doubt is not None:
        return doubt
    kind = kind_of(reading)
    if left := left_over(reading, kind):
        return Doubt(left, why="apart")
    return _PLANS[kind.name](reading, now)


# The plans


def _count(reading: Reading, _now: int) -> Plan | Doubt:
    where = where_of(reading)
    if isinstance(where, Doubt):
        return where
    return Plan("count", (Call("count_items", {"where": where}),), reading)


def _groups(reading: Reading, _now: int) -> Plan | Doubt:
    where = where_of(reading)
    if isinstance(where, Doubt):
        return where
    limit = 200 if reading.order == "least" else reading.limit or _GROUPS
    asked = {"where": where, "by": ",".join(reading.by[:2]), "limit": limit}
    return Plan("groups", (Call("count_items", asked),), reading)


def _share(reading: Reading, now: int) -> Plan | Doubt:
    """The share of a value: the groups of its field, the value itself left out of the filter."""
    if not reading.picks and reading.states:
        return _groups(replace(reading, states=(), by=("open",)), now)
    if not reading.picks:
        by = "status" if reading.types else "type"
        return _groups(replace(reading, by=(by,)), now)
    *rest, last = reading.picks
    return _groups(replace(reading, picks=tuple(rest), by=(last.field,)), now)


def _items(reading: Reading, _now: int) -> Plan | Doubt:
    where = where_of(reading)
    if isinstance(where, Doubt):
        return where
    # What is ranked is listed from the gravest down: the highest comes first.
    highest = "least" if reading.sort in RANKED else "most"
    descending = "-" if reading.order in (highest, "newest") else ""
    sort = f"{descending}{reading.sort}" if reading.sort else ORDERS.get(reading.order, "")
    asked = f"{where} sort:{sort}".strip() if sort else where
    if sort and reading.sort and reading.sort not in RANKED:
        asked = f"{where} {reading.sort}:any sort:{sort}".strip()
    limit = reading.limit or (_SORTED if sort else _ITEMS)
    return Plan("items", (Call("find_items", {"where": asked, "limit": limit}),), reading)


def _item(reading: Reading, _now: int) -> Plan | Doubt:
    return Plan("item", (Call("get_items", {"ids": list(reading.ids)}),), reading)


def _similar(reading: Reading, _now: int) -> Plan | Doubt:
    asked = {"id": reading.ids[0], "limit": min(reading.limit or 5, 20)}
    return Plan("similar", (Call("similar_items", asked),), reading)


def _words(reading: Reading, _now: int) -> Plan | Doubt:
    where = where_of(reading)
    if isinstance(where, Doubt):
        return where
    asked = {"where": where, "limit": reading.limit or _WORDS}
    return Plan("words", (Call("word_frequency", asked),), reading)


def _trend(reading: Reading, _now: int) -> Plan | Doubt:
    of = [OF[event] for event in reading.events]
    states: tuple[str, ...] = reading.states
    if len(states) == 1 and not of:
        of, states = [states[0]], ()
    if len(reading.times) > 1 or any(one.operator == "<" for one in reading.times):
        return Doubt(" ".join(one.value for one in reading.times))
    where = where_of(replace(reading, times=(), events=(), states=states))
    if isinstance(where, Doubt):
        return where
    asked = {"where": where, "of": ",".join(of), **_span(reading), "by": ",".join(reading.by[:1])}
    asked["interval"] = reading.interval or _interval(reading)
    return Plan("trend", (Call("trends", _given(asked)),), reading)


def _flow(reading: Reading, _now: int) -> Plan | Doubt:
    wheres = reading.wheres
    iterations = any(pick.field == "iteration" for pick in reading.picks)
    if reading.metric == "burndown" and not iterations and "iteration:current" not in wheres:
        wheres = (*wheres, "iteration:current")
    if len(reading.times) > 1 or any(one.operator == "<" for one in reading.times):
        return Doubt(" ".join(one.value for one in reading.times))
    events = reading.events
    if set(events) - {"closed", "resolved"}:
        return Doubt(", ".join(events))
    where = where_of(replace(reading, times=(), events=(), wheres=wheres))
    if isinstance(where, Doubt):
        return where
    asked = {"metric": reading.metric, "where": where, **_span(reading),
             "by": ",".join(reading.by[:1]), "interval": reading.interval}  # fmt: skip
    return Plan("flow", (Call("flow_metrics", _given(asked)),), reading)


def _forecast(reading: Reading, now: int) -> Plan | Doubt:
    if set(reading.events) - {"closed", "resolved"}:
        return Doubt(" ".join(reading.events))
    until = ""
    for stretch in reading.times:
        if stretch.stop <= now:
            return Doubt(stretch.value)
        until = day_of(stretch.stop - 1).isoformat()
    where = where_of(replace(reading, times=(), events=(), states=()))
    if isinstance(where, Doubt):
        return where
    return Plan("forecast", (Call("forecast", _given({"where": where, "until": until})),), reading)


def _compare(reading: Reading, now: int) -> Plan | Doubt:
    """The same count of two things or more: periods, values of a field, types."""
    paired = len(reading.times) > 1 and len(reading.events) == len(reading.times)
    if paired and "compare" not in reading.intents:
        return _count(reading, now)
    variants = variants_of(reading)
    if len(variants) < 2:
        return Doubt("compare")
    calls = []
    for title, variant in variants:
        where = where_of(variant)
        if isinstance(where, Doubt):
            return where
        calls.append(
            Call("count_items", _given({"where": where, "by": ",".join(reading.by[:1])}), title)
        )
    if any("by" in call.arguments for call in calls):
        return Doubt(", ".join(reading.by))
    return Plan("compare", tuple(calls), reading)


def _previous(reading: Reading, now: int) -> Plan | Doubt:
    """A period beside the one before it."""
    if len(reading.times) != 1 or reading.times[0].first not in _BEFORE:
        return Doubt("compare")
    current = reading.times[0]
    name = _BEFORE[current.first]
    time = resolve_date(name, now)
    assert time is not None
    before = current._replace(first=name, start=time.start, stop=time.end)
    return _compare(replace(reading, times=(current, before)), now)


def _events(reading: Reading, now: int) -> Plan | Doubt:
    return _compare(reading, now)


def _activity(reading: Reading, now: int) -> Plan | Doubt:
    """What a person did in a time, by kind of deed."""
    people = [pick for pick in reading.picks if pick.field == "owner" and len(pick.values) == 1]
    if len(people) != 1 or len(reading.times) > 1:
        return Doubt("who")
    person = people[0].values[0]
    rest = tuple(pick for pick in reading.picks if pick is not people[0])
    if not reading.times:
        reading = replace(reading, times=(_usual_span(now),))
    calls = []
    for event, types in _DEEDS:
        kinds = tuple(kind for kind in types if not reading.types or kind in reading.types)
        if not kinds:
            continue
        field = people_field(replace(reading, types=kinds), (event,))
        deed = replace(reading, types=kinds, events=(event,), states=(),
                       picks=(*rest, replace(people[0], field=field)))  # fmt: skip
        where = where_of(deed)
        if isinstance(where, Doubt):
            return where
        calls.append(Call("count_items", {"where": where}, event))
    return Plan("activity", tuple(calls), replace(reading, words=(person,)))


_DEEDS = (
    ("created", ("bug", "story", "task")),
    ("resolved", ("bug",)),
    ("closed", ("bug",)),
    ("closed", ("story", "task")),
)


def _usual_span(now: int) -> Stretch:
    from taplens.filters import Stretch

    time = resolve_date(_USUAL_SPAN, now)
    assert time is not None
    return Stretch(0, 0, _USUAL_SPAN, "", "", time.start, time.end)


def _span(reading: Reading) -> dict[str, str]:
    """`since` and `until` of the one stretch of time, if there is one."""
    if not reading.times:
        return {}
    stretch = reading.times[0]
    since = day_of(stretch.start).isoformat()
    return {"since": since, "until": day_of(stretch.stop - 1).isoformat()}


def _interval(reading: Reading) -> str:
    if not reading.times:
        return "week"
    days = (reading.times[0].stop - reading.times[0].start) // _DAY
    return next((name for most, name in _INTERVALS if days <= most), "month")


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value or name == "where"}


_PLANS: Mapping[str, Callable[[Reading, int], Plan | Doubt]] = {
    "count": _count, "groups": _groups, "share": _share, "items": _items, "sorted": _items,
    "item": _item, "similar": _similar, "words": _words, "trend": _trend, "flow": _flow,
    "forecast": _forecast, "compare": _compare, "previous": _previous, "events": _events,
    "activity": _activity,
}  # fmt: skip
