"""The sections on numbers of items: what there is, what moved, the course, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from taplens.charts import Chart, Series
from taplens.reports.asking import Asking
from taplens.reports.model import Figure, Picture, Section
from taplens.reports.periods import Days

MEASURES = ("created", "closed", "open")
# By how many days the course of a trend is cut into which periods.
_INTERVALS = ((35, "day"), (200, "week"))
_LONGEST = "month"
# TAPD's own fields that say when an item ended.
_ENDED = ("completed", "closed", "resolved")


def scope_section(asking: Asking) -> Section:
    """What the report is about."""
    figures = [asking.count("items", "")]
    figures += [asking.count(f"items_{name}", f"type:{name}") for name in asking.types]
    figures.append(asking.count("open_now", "is:open"))
    return Section(name="scope", title=asking.text("section.scope"), figures=tuple(figures))


def counts(asking: Asking) -> Section:
    """What came, what was finished, and what was open at the end, by type."""
    figures: list[Figure] = []
    days = asking.days
    for name in asking.types:
        where, kind = f"type:{name}", asking.text(f"type.{name}")
        wish = "less" if name == "bug" else ""
        figures.append(
            asking.count(
                "created",
                f"{where} created:{days.text}",
                f"{where} created:{days.before.text}",
                wish,
                type=kind,
            )
        )
        figures += asking.of_flow(
            "summary", where, {"finished": (0, "finished", "", "more")}, type=kind
        )
        figures.append(asking.open_at_end(where, type=kind))
    notes = () if any(one.value or one.before for one in figures) else (asking.text("quiet"),)
    title = asking.text("section.counts")
    return Section(name="counts", title=title, figures=tuple(figures), notes=notes)


def trend(asking: Asking) -> Section | None:
    """The course of what was created, closed and open, the period before it included."""
    if not asking.types:
        return None
    span = Days(asking.days.before.since, asking.days.until)
    interval = interval_of(span)
    where = asking.narrowed("")
    found = asking.trends(where, span, interval, MEASURES)
    more = {"interval": interval, "of": list(MEASURES), **span.arguments}
    call = asking.call_of("trends", where, ("data",), **more)
    rows = {one.name: one.numbers for one in found.series}

    def drawn(name: str, *measures: str) -> Picture:
        chart = Chart(
            kind="line",
            title=asking.text(f"chart.{name}"),
            subtitle=where,
            unit=asking.text("chart.items"),
            x=along(found.periods.names),
            series=[Series(asking.text(f"measure.{one}"), rows[one]) for one in measures],
        )
        return Picture(name=name, chart=chart, call=call)

    # What is open is far more than what comes and goes: apart, both can be seen to move.
    pictures = drawn("came_and_went", "created", "closed"), drawn("open_course", "open")
    notes = [asking.text("trend_note", interval=asking.text(f"interval.{interval}"))]
    return Section(
        name="trend",
        title=asking.text("section.trend"),
        pictures=pictures,
        notes=tuple(notes),
    )


def interval_of(span: Days) -> str:
    """The periods that a chart over `span` goes by."""
    return next((name for most, name in _INTERVALS if span.count <= most), _LONGEST)


def along(names: Sequence[str]) -> list[date] | list[str]:
    """The names of periods as places of a chart: days as dates, which leave more room."""
    if all(len(name) == len("2026-05-04") for name in names):
        return [date.fromisoformat(name) for name in names]
    return list(names)


def changes(asking: Asking) -> Section | None:
    """What was touched, what ended, and the gravest of what came."""
    if not asking.types:
        return None
    days = asking.days
    # Of the period before only those are known that nobody has touched since: no comparison.
    touched = asking.count("modified", f"modified:{days.text}")
    ended, before = (
        "(" + " or ".join(f"{name}:{span.text}" for name in _ENDED) + ") is:closed"
        for span in (days, days.before)
    )
    came = f"created:{days.text}"
    listings = (
        asking.listing("ended", ended, "-modified", before=before),
        asking.listing("came", came, "severity,priority,-created",
                       before=f"created:{days.before.text}"),
    )  # fmt: skip
    return Section(
        name="changes",
        title=asking.text("section.changes"),
        figures=(touched,),
        listings=listings,
    )
