"""The chart of counted groups: a ranking, or a course of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from taplens.charts import Chart, Series
from taplens.clock import iso_time
from taplens.tools.columns import key_of
from taplens.tools.pictures import field_word

if TYPE_CHECKING:
    from taplens.charts import Kind
    from taplens.tools.context import ToolContext
    from taplens.tools.registry import Piece

_MOST_PERIODS = 2_000  # up to which gaps are filled
# Days, weeks (by their Mondays) and months as a filter takes them. Years are only those that were
# asked for: other fields have such numbers, too.
_PERIOD = re.compile(r"\d{4}-\d\d(-\d\d)?")
_YEAR, _YEARS_ASKED = re.compile(r"\d{4}"), (":year", "：year", ":年", "：年")
Table = dict[str, dict[str, int]]  # counts by place on x, and by series


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Counted groups as rows of an answer, by the fields `names`, asked for as `by`."""

    where: str
    by: Sequence[str]
    names: Sequence[str]
    rows: Sequence[Piece]
    as_of: int | None
    notes: Sequence[str] = ()


def count_chart(context: ToolContext, groups: Groups) -> Chart:
    """The chart of groups by one or two fields.

    A field of times goes along x, its gaps filled with 0; what has no time is left out, and a
    note says so. Without one the groups of the first field are ranked, and those of the second
    stand upon each other.
    """
    asked = zip(groups.names, groups.by, strict=True)
    time = next((name for name, by in asked if _in_time(groups.rows, name, by)), None)
    if time is None:
        first = groups.names[0]
        table = _table(context, groups, first, groups.rows, partial(_word, context, first))
        ranked = sorted(table, key=lambda place: -sum(table[place].values()))
        return _chart(context, groups, "ranking", ranked, table)
    dated = [row for row in groups.rows if row[time] is not None]
    without = sum(row["count"] for row in groups.rows) - sum(row["count"] for row in dated)
    notes = [context.text("chart.without", count=without)] if without else []
    table = _table(context, groups, time, dated, partial(_value, time))
    weekly = any(key_of(time) in row for row in dated)
    kind: Kind = "line" if len(groups.names) == 1 else "stacked_bars"
    return _chart(context, groups, kind, _filled(sorted(table), weekly), table, notes=notes)


def _in_time(rows: Sequence[Piece], name: str, by: str) -> bool:
    pattern = _YEAR if by.endswith(_YEARS_ASKED) else _PERIOD
    values = [_value(name, row) for row in rows if row[name] is not None]
    return bool(values) and all(pattern.fullmatch(value) and _is_day(value) for value in values)


def _is_day(period: str) -> bool:
    """Whether a period begins with a day that there is: people type what they like."""
    try:
        _start(period)
    except ValueError:
        return False
    return True


def _start(period: str) -> date:
    """The first day of a period written as 2026, 2026-05 or 2026-05-04."""
    return date.fromisoformat((period + "-01-01")[:10])


def _value(name: str, row: Piece) -> str:
    """What a filter takes for the group."""
    return str(row.get(key_of(name), row[name]))


def _word(context: ToolContext, name: str, row: Piece) -> str:
    """What people call the group."""
    word = row[name]
    if word is None:
        return context.text("chart.none")
    return context.text(f"cli.type.{word}") if name == "type" else str(word)


def _table(
    context: ToolContext,
    groups: Groups,
    along: str,
    rows: Sequence[Piece],
    place_of: Callable[[Piece], str],
) -> Table:
    """The counts of `rows` by the field `along`, as `place_of` tells it, and by the other field."""
    split = next((name for name in groups.names if name != along), None)
    total = context.text("cli.column.count")
    table: Table = {}
    for row in rows:
        counts = table.setdefault(place_of(row), {})
        name = total if split is None else _word(context, split, row)
        counts[name] = counts.get(name, 0) + row["count"]
    return table


def _filled(periods: Sequence[str], weekly: bool) -> list[str]:
    """All periods from the first to the last, unless they are too many."""
    length, period, found = len(periods[0]), _start(periods[0]), [periods[0]]
    while found[-1] < periods[-1]:
        if len(found) == _MOST_PERIODS:
            return list(periods)
        period = _next(period, length, weekly)
        found.append(period.isoformat()[:length])
    return found


def _next(period: date, length: int, weekly: bool) -> date:
    if length == len("2026-05-04"):
        return period + timedelta(days=7 if weekly else 1)
    months = period.year * 12 + period.month - 1 + (1 if length == len("2026-05") else 12)
    return date(months // 12, months % 12 + 1, 1)


def _chart(
    context: ToolContext,
    groups: Groups,
    kind: Kind,
    places: Sequence[str],
    table: Table,
    *,
    notes: Sequence[str] = (),
) -> Chart:
    words = " × ".join(field_word(name, context.locale) for name in groups.names)
    as_of = "" if groups.as_of is None else iso_time(groups.as_of)[:16].replace("T", " ")
    totals: Counter[str] = Counter()
    for counts in table.values():
        totals.update(counts)
    return Chart(
        kind=kind,
        title=context.text("chart.counted", by=words),
        subtitle=" · ".join(filter(None, (groups.where, as_of))),
        unit=context.text("chart.items"),
        x=[_start(place) for place in places] if kind == "line" else places,
        series=[
            Series(name, [table.get(at, {}).get(name, 0) for at in places])
            for name, _ in totals.most_common()
        ],
        notes=[*groups.notes, *notes],
    )
