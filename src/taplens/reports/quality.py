"""The sections on how work flows, how good it is, and what the items say."""

from __future__ import annotations

from taplens import messages
from taplens.charts import Chart, Series
from taplens.reports.asking import Asking
from taplens.reports.counts import along, interval_of
from taplens.reports.model import Breakdown, Figure, Picture, Section
from taplens.reports.periods import Days

_MOST_ROWS = 12  # of a table
_MOST_WORDS = 60
_WORD_ROWS = 10
_DAYS_OF = ("p50", "p85")
# By name: the row of `summary`, its column, the unit, and which way is good news.
_FLOW = {
    f"{metric}_{share}": (row, share, "days", "less")
    for row, metric in ((1, "lead_time"), (2, "cycle_time"))
    for share in _DAYS_OF
}
_REOPENED = {"reopened": (4, "percent", "percent", "less")}


def flow_section(asking: Asking) -> Section | None:
    """How long stories and tasks take, how many get done, and how many wait."""
    figures: list[Figure] = []
    for name in asking.types:
        if name != "bug":
            kind = asking.text(f"type.{name}")
            figures += asking.of_flow("summary", f"type:{name}", _FLOW, type=kind)
    if not asking.types:
        return None
    picture, rule = _cumulative(asking)
    return Section(
        name="flow",
        title=asking.text("section.flow"),
        figures=tuple(figures),
        pictures=(picture,),
        notes=(asking.text("flow_note"), rule),
    )


def _cumulative(asking: Asking) -> tuple[Picture, str]:
    """How many open items stood in which stage at the end of each period, and what stages are."""
    span, where = Days(asking.days.before.since, asking.days.until), asking.narrowed("")
    interval = interval_of(span)
    found = asking.flow("cumulative_flow", where, span, interval)
    # All that ever ended would dwarf what is open.
    stages = [name for name in found.rows[0] if name not in ("period", "ended")][::-1]
    chart = Chart(
        kind="areas",
        title=asking.text("chart.cumulative_flow"),
        subtitle=where,
        unit=asking.text("chart.items"),
        x=along([row["period"] for row in found.rows]),
        series=[
            Series(asking.text(f"stage.{stage}"), [row[stage] for row in found.rows])
            for stage in stages
        ],
    )
    more = {"metric": "cumulative_flow", "interval": interval, **span.arguments}
    call = asking.call_of("flow_metrics", where, ("data",), **more)
    key, words = found.definitions[-1]
    rule = messages.text(key, asking.lang, **words)
    return Picture(name="cumulative_flow", chart=chart, call=call), rule


def quality(asking: Asking) -> Section | None:
    """How many bugs came back, got out, were none; how long mending takes; where they are."""
    if "bug" not in asking.types:
        return None
    bugs, share = "type:bug", (0, "percent", "percent", "less")
    figures = [
        *asking.of_flow("summary", bugs, _REOPENED),
        *asking.of_flow("escaped", bugs, {"escaped": share}),
        *asking.of_flow("rejected", bugs, {"rejected": share}),
        *asking.of_flow(
            "lead_time",
            bugs,
            {f"fix_time_{name}": (0, name, "days", "less") for name in _DAYS_OF},
        ),
    ]
    if "story" in asking.types:
        figures += asking.of_flow("density", "", {"density": (0, "per_story", "each", "less")})
    tables = [
        table
        for field in ("severity", "module")
        if (table := _split(asking, f"{bugs} created:{{days}}", field)) is not None
    ]
    return Section(
        name="quality",
        title=asking.text("section.quality"),
        figures=tuple(figures),
        breakdowns=tuple(tables),
        pictures=tuple(_ranking(asking, table) for table in tables[-1:]),
        notes=() if tables else (asking.text("no_bugs_came"),),
    )


def _split(asking: Asking, where: str, field: str) -> Breakdown | None:
    """The items of `where` by a field, beside those of the period before; None without any."""
    now, before = (
        asking.narrowed(where.format(days=span.text)) for span in (asking.days, asking.days.before)
    )
    counted = asking.counted(now, (field,))
    if not counted.groups:
        return None
    earlier = {group.values: group.count for group in asking.counted(before, (field,)).groups}
    figures = []
    for group in counted.groups[:_MOST_ROWS]:
        value, label = group.values[0], group.labels[0]
        calls = [
            asking.call_of("count_items", asking.of_value(asked, field, value), ("total",))
            for asked in (now, before)
        ]
        figures.append(
            Figure(
                name=f"bugs_by_{field}",
                label=label or value or asking.text("none"),
                value=group.count,
                call=calls[0],
                before=earlier.get(group.values, 0),
                before_call=calls[1],
                wish="less",
            )
        )
    title = asking.text(f"bugs_by.{field}")
    beyond = counted.other + sum(group.count for group in counted.groups[_MOST_ROWS:])
    return Breakdown(name=f"bugs_by_{field}", title=title, figures=tuple(figures), beyond=beyond)


def _ranking(asking: Asking, table: Breakdown) -> Picture:
    """The rows of a table as bars; a row's call gives its number."""
    call = table.figures[0].call
    field = table.name.removeprefix("bugs_by_")
    where = asking.narrowed(f"type:bug created:{asking.days.text}")
    chart = Chart(
        kind="ranking",
        title=table.title,
        subtitle=where,
        unit=asking.text("chart.items"),
        x=_apart([figure.label for figure in table.figures]),
        series=[Series(table.title, [figure.value for figure in table.figures])],
    )
    return Picture(
        name=table.name, chart=chart, call=asking.call_of(call.tool, where, ("data",), by=[field])
    )


def _apart(labels: list[str]) -> list[str]:
    """Labels that no two rows share."""
    return [
        label if labels.index(label) == place else f"{label} ({place + 1})"
        for place, label in enumerate(labels)
    ]


def words(asking: Asking) -> Section | None:
    """What the items that came say most."""
    from taplens.analysis.words.frequency import word_frequency
    from taplens.filters import parse

    if not asking.types:
        return None
    where = asking.narrowed(f"created:{asking.days.text}")
    found = word_frequency(
        asking.source.connection,
        parse(where),
        asking.scope,
        stop_words=asking.stop_words,
        limit=_MOST_WORDS,
    )
    asking.notes.add([notice.text(asking.lang) for notice in found.warnings])
    title = asking.text("section.words")
    if not found.words:
        return Section(name="words", title=title, notes=(asking.text("no_words"),))
    more = {"limit": _MOST_WORDS}
    telling = sorted(enumerate(found.words), key=lambda pair: -pair[1].keyness)
    figures = tuple(
        Figure(
            name="word",
            label=word.text,
            value=word.count,
            call=asking.call_of("word_frequency", where, ("data", place, "count"), **more),
        )
        for place, word in telling[:_WORD_ROWS]
    )
    chart = Chart(
        kind="words",
        title=asking.text("chart.words"),
        subtitle=where,
        x=[word.text for word in found.words],
        series=[Series(asking.text("times"), [word.count for word in found.words])],
    )
    call = asking.call_of("word_frequency", where, ("data",), **more)
    return Section(
        name="words",
        title=title,
        breakdowns=(Breakdown(name="words", title=asking.text("top_words"), figures=figures),),
        pictures=(Picture(name="words", chart=chart, call=call),),
    )
