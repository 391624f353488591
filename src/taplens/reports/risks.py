"""The sections on what may go wrong, and which items to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median

from sqlalchemy import select

from taplens.clock import day_of
from taplens.errors import FilterError
from taplens.filters import Query
from taplens.reports.asking import Asking
from taplens.reports.model import Breakdown, Figure, Item, Listing, Section

URGENT_DAYS = 7  # an urgent bug that is open for longer is a risk
OFTEN = 2  # times reopened, from which on it is a loop
MOST_LOOPS = 100  # ids in a filter, which leave room for the report's own
OVERLOADED = 2.0  # times the median of open items
LEAST_LOAD = 5  # open items, below which nobody is overloaded
_MOST_LOOKED_AT = 15
_GRAVE = "severity:fatal,serious"


def risks(asking: Asking) -> Section:
    """Ageing urgent bugs, reopen loops, overdue iterations, owners overloaded."""
    listings = [_overdue(asking)]
    if "bug" in asking.types:
        listings = [_ageing(asking), _loops(asking), *listings]
    table = _overloaded(asking)
    quiet = table is None and not any(one.count.value for one in listings)
    return Section(
        name="risks",
        title=asking.text("section.risks"),
        listings=tuple(listings),
        breakdowns=() if table is None else (table,),
        notes=(asking.text("no_risks"),) if quiet else (),
    )


def _ageing(asking: Asking) -> Listing:
    """Urgent or grave bugs that have been open for long."""
    try:
        return _aged(asking, f"(priority:urgent or {_GRAVE})")
    except FilterError:  # a team that has renamed its severities still has priorities
        return _aged(asking, "priority:urgent")


def _aged(asking: Asking, words: str) -> Listing:
    before = day_of(asking.scope.now) - timedelta(days=URGENT_DAYS)
    where = f"type:bug is:open {words} created:<{before}"
    return asking.listing("ageing_urgent", where, "created", wish="less", days=URGENT_DAYS)


def _loops(asking: Asking) -> Listing:
    """Bugs that left their end states again and again, and did so in the period."""
    ids = _looping(asking)
    where = f"type:bug id:{','.join(ids)}" if ids else "type:bug id:0"
    return asking.listing("reopen_loops", where, "-modified", wish="less", times=OFTEN)


def _looping(asking: Asking) -> Sequence[str]:
    """The ids of bugs that were reopened OFTEN times, once of these in the period."""
    import numpy as np

    from taplens.analysis.flow.question import Asked, Question
    from taplens.filters import parse
    from taplens.mirror.dialects import among
    from taplens.mirror.schema import item

    asked = Asked(where=parse(asking.narrowed("type:bug")), **asking.days.arguments)
    question = Question(asking.source, asking.scope, asked)
    made, span = question.histories, question.span
    # The stay after the one that left the end states begins when the bug was reopened.
    again = np.flatnonzero(made.leaves_end) + 1
    often = np.bincount(made.owner[again], minlength=made.size) >= OFTEN
    within = again[(made.began[again] >= span.since) & (made.began[again] < span.until)]
    newest = np.unique(made.owner[within][::-1])
    keys = made.key[newest[often[newest]]].tolist()[-MOST_LOOPS:]
    connection = asking.source.connection
    chosen = among(item.c.key, keys, connection.dialect.name)
    return list(connection.scalars(select(item.c.id).where(chosen).order_by(item.c.id)))


def _overdue(asking: Asking) -> Listing:
    """Iterations that should be over, whatever items the report is narrowed to."""
    today = day_of(asking.scope.now)
    whole = replace(asking, where=Query(None))
    return whole.listing("overdue_iterations", f"type:iteration is:open due:<{today}", "due",
                         wish="less")  # fmt: skip


def _overloaded(asking: Asking) -> Breakdown | None:
    """Who has far more open items than others."""
    where = asking.narrowed("is:open")
    loads = [g for g in asking.counted(where, ("owner",)).groups if g.values[0] is not None]
    if not loads:
        return None
    limit = max(LEAST_LOAD, OVERLOADED * median(group.count for group in loads))
    figures = [
        Figure(
            name="open_of_owner",
            label=str(group.labels[0] or group.values[0]),
            value=group.count,
            call=asking.call_of("count_items", asking.of_value(where, "owner", group.values[0]),
                                ("total",)),
        )
        for group in loads
        if group.count > limit
    ]  # fmt: skip
    title = asking.text("overloaded", times=f"{OVERLOADED:g}", least=LEAST_LOAD)
    return Breakdown(name="overloaded", title=title, figures=tuple(figures)) if figures else None


def to_look_at(asking: Asking, sections: Sequence[Section]) -> Section:
    """The items that the report names, those with most reasons first."""
    found: dict[tuple[str, str], Item] = {}
    reasons: dict[tuple[str, str], list[str]] = {}
    places: dict[tuple[str, str], int] = {}
    for section in sections:
        for listing in section.listings:
            if section.name == "risks" or listing.count.name == "came":
                for place, item in enumerate(listing.items):
                    key = item.type, item.id
                    found.setdefault(key, item)
                    places.setdefault(key, place)
                    reasons.setdefault(key, []).append(asking.text(f"why.{listing.count.name}"))
    # The first of each list before the second of any.
    order = sorted(found, key=lambda key: (-len(reasons[key]), places[key]))[:_MOST_LOOKED_AT]
    items = tuple(replace(found[key], reasons=tuple(reasons[key])) for key in order)
    return Section(
        name="items",
        title=asking.text("section.items"),
        items=items,
        notes=() if items else (asking.text("no_items_named"),),
    )
