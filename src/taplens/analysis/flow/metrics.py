"""The metrics of flow by name: each reckons from the histories and tells its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from taplens.analysis.flow.burning import burndown
from taplens.analysis.flow.counting import per_period, standing
from taplens.analysis.flow.density import density
from taplens.analysis.flow.durations import DAY, PERCENTILES, Durations, durations
from taplens.analysis.flow.groups import Groups
from taplens.analysis.flow.histories import STAGES
from taplens.analysis.flow.lines import largest_lines
from taplens.analysis.flow.milestones import Spans, ages, cycle_times, lead_times
from taplens.analysis.flow.quality import escaped, rejected
from taplens.analysis.flow.question import Asked, Found, Question, by_period, whole
from taplens.analysis.flow.statuses import reopenings, status_times
from taplens.analysis.flow.telling import Row, days, durations_row, rate
from taplens.errors import ArgumentError
from taplens.filters import And, Condition, Query, Value
from taplens.mirror.scope import Notice, Scope

if TYPE_CHECKING:
    from taplens.mirror.snapshot.keeping import Source


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is reckoned, and what it can be asked by.

    `by` are the fields it splits by (None: any that can be counted by); `interval` are the periods
    it goes by unless others are asked for ("": by none then; None: never by any); `of` is the only
    item type that it means, if one; `history` says whether it rests on the history of statuses,
    `ever` whether it is about all times where none is asked for.
    """

    reckon: Callable[[Question], Found]
    by: tuple[str, ...] | None = ()
    interval: str | None = None
    of: str = ""
    history: bool = True
    ever: bool = False


def flow(source: Source, scope: Scope, name: str, asked: Asked) -> tuple[Found, list[Notice]]:
    """The metric `name` of METRICS, as asked, with what is to be told beside it.

    Raises FilterError for the filter, ArgumentError for the other arguments.
    """
    metric = METRICS[name]
    if asked.by and metric.by is not None and asked.by not in metric.by:
        allowed = ", ".join(metric.by) or "–"
        raise ArgumentError("flow_by", metric=name, by=asked.by[:60], allowed=allowed)
    if asked.interval and metric.interval is None:
        raise ArgumentError("flow_interval", metric=name)
    if asked.interval and asked.by and not metric.interval:
        raise ArgumentError("flow_by_and_interval", metric=name)
    where = _of_type(asked.where, metric.of) if metric.of else asked.where
    asked = replace(asked, where=where, interval=asked.interval or metric.interval or "")
    question = Question(source, scope, asked)
    found = metric.reckon(question)
    found.definitions = ((f"definition.flow.{name}", {}), *found.definitions)
    if not metric.ever and found.span is None:
        found.span = question.span
    found.from_history = metric.history
    return found, list(question.compiled.warnings)


def _of_type(query: Query, item_type: str) -> Query:
    """What `query` means, of one type of items alone."""
    only = Condition("type", "=", [Value(item_type)])
    return Query(And([only, query.where]) if query.where else only)


def _grouped(spans: Spans, groups: Groups, size: int) -> Durations:
    """The durations of `spans` in each group; `size` is how many items there are."""
    seconds, held = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    seconds[spans.items], held[spans.items] = spans.seconds, True
    chosen = held[groups.items]
    return durations(seconds[groups.items[chosen]], groups.places[chosen], len(groups.shown))


def _split(question: Question, default: str = "") -> Groups:
    """The groups that durations are told by: a field's, periods of the finish, or one of all."""
    if question.asked.interval:
        return by_period(question, question.reached.finished)
    by = question.asked.by or default
    return question.groups(by) if by else whole(question.histories)


def _durations(question: Question, spans: Spans, groups: Groups) -> Found:
    found = _grouped(spans, groups, question.histories.size)
    order = np.arange(len(groups.shown))
    if not question.asked.interval:
        order = np.argsort(-found.count, kind="stable")
        order = order[(found.count[order] > 0) | (groups.name == "")]
    kept = order if question.asked.interval else order[: question.asked.limit]
    return Found(
        rows=[groups.named(place) | durations_row(found, place) for place in kept.tolist()],
        total=len(spans.items),
        left_out=spans.left_out,
        other=int(found.count[order[len(kept) :]].sum()),
        overlapping=groups.overlapping,
        definitions=(question.rule(),),
        seconds=spans.seconds,
    )


def _lead_time(question: Question) -> Found:
    return _durations(question, _lead(question), _split(question))


def _lead(question: Question) -> Spans:
    span = question.span
    return lead_times(question.histories, question.reached, span.since, span.until)


def _cycle(question: Question) -> Spans:
    span = question.span
    return cycle_times(question.histories, question.reached, span.since, span.until)


def _cycle_time(question: Question) -> Found:
    return _durations(question, _cycle(question), _split(question))


def _fix_time(question: Question) -> Found:
    return _durations(question, _lead(question), _split(question, "severity"))


def _throughput(question: Question) -> Found:
    finished = question.reached.finished
    counts = per_period(finished, question.edges)
    rows: list[Row] = [
        {"period": name, "finished": count}
        for name, count in zip(question.periods.names, counts.tolist(), strict=True)
    ]
    overlapping = False
    if question.asked.by:
        groups = question.groups(question.asked.by)
        overlapping = groups.overlapping
        lines = largest_lines(finished, groups, question.edges)
        for place, row in enumerate(rows):
            row[groups.name] = {name: line[place] for name, line in lines.items()}
    return Found(
        rows=rows,
        total=int(counts.sum()),
        left_out=_unknown_ends(question),
        overlapping=overlapping,
        definitions=(question.rule(),),
    )


def _unknown_ends(question: Question) -> dict[str, int]:
    count = int(question.reached.ended_unknown.sum())
    return {"history_short": count} if count else {}


def _cumulative_flow(question: Question) -> Found:
    made, read = question.histories, question.read
    names: tuple[str, ...] = STAGES
    codes, order = made.stage.astype(np.int64), dict.fromkeys(STAGES)
    if question.asked.by:
        names, codes = read.labels, made.status
        # As work passes through them.
        order = dict.fromkeys(label for stage in STAGES for label in read.words.get(stage, ()))
    counts = standing(made, codes, len(names), question.edges[1:])
    places = {name: names.index(name) for name in order}
    told = [{name: int(row[place]) for name, place in places.items()} for row in counts]
    rows: list[Row] = [
        {"period": name} | ({"status": row} if question.asked.by else row)
        for name, row in zip(question.periods.names, told, strict=True)
    ]
    return Found(rows=rows, total=made.size, left_out=made.unplaced, definitions=(question.rule(),))


def _ageing(question: Question) -> Found:
    found = ages(question.histories, question.reached)
    finished = _grouped(_cycle(question), whole(question.histories), question.histories.size)
    oldest = np.argsort(-found.seconds, kind="stable")[: question.asked.limit]
    keys = question.histories.key[found.items[oldest]].tolist()
    shares = dict(zip(PERCENTILES, finished.percentiles[0].tolist(), strict=True))
    now = durations_row(durations(found.seconds, np.zeros(len(found.items), np.int64), 1), 0)
    past = {name: value for name, value in durations_row(finished, 0).items() if name != "mean"}
    rows: list[Row] = [
        {"in_progress": now.pop("count")} | now,
        {"finished": past.pop("count")} | past,
    ]
    for key, seconds in zip(keys, found.seconds[oldest].tolist(), strict=True):
        row: Row = {"key": key, "age": days(seconds)}
        passed = [share for share, value in shares.items() if seconds > value]
        rows.append(row | ({"beyond": f"p{passed[-1]}"} if passed else {}))
    return Found(
        rows=rows,
        total=len(found.items),
        left_out=found.left_out,
        items=keys,
        definitions=(question.rule(),),
    )


def _time_in_status(question: Question) -> Found:
    made, span = question.histories, question.span
    found = status_times(made, question.reached, span.since, span.until, made.status)
    times = found.times
    whole_time = int(times.total.sum()) or 1
    rows: list[Row] = [
        {
            "status": question.read.labels[found.codes[place]],
            "count": int(times.count[place]),
            "total": days(float(times.total[place])),
            "mean": days(float(times.mean[place])),
            "p50": days(float(times.percentiles[place, 0])),
            "share": round(100 * int(times.total[place]) / whole_time, 1),
        }
        for place in np.argsort(-times.total, kind="stable").tolist()
    ]
    return Found(
        rows=rows[: question.asked.limit],
        total=found.counted,
        left_out=found.left_out,
        definitions=(question.rule(),),
    )


def _reopen_rate(question: Question) -> Found:
    made, span = question.histories, question.span
    found = reopenings(made, question.reached, span.since, span.until)
    groups = question.groups(question.asked.by) if question.asked.by else whole(made)
    size = len(groups.shown)
    entered, again = (
        np.bincount(groups.places[flags[groups.items]], minlength=size)
        for flags in (found.entered, found.reopened)
    )
    order = np.argsort(-entered, kind="stable")
    order = order[(entered[order] > 0) | (groups.name == "")]
    kept = order[: question.asked.limit]
    reopened = np.flatnonzero(found.reopened)
    return Found(
        rows=[
            groups.named(place) | rate("ended", int(entered[place]), "reopened", int(again[place]))
            for place in kept.tolist()
        ],
        total=int(found.entered.sum()),
        left_out=found.left_out,
        items=made.key[reopened[-question.asked.limit :]][::-1].tolist(),
        other=int(entered[order[len(kept) :]].sum()),
        overlapping=groups.overlapping,
        definitions=(question.rule(),),
    )


def _summary(question: Question) -> Found:
    made, span = question.histories, question.span
    everything = whole(made)
    lead, cycle, now = _lead(question), _cycle(question), ages(made, question.reached)
    count = int(per_period(question.reached.finished, np.array([span.since, span.until])).sum())
    weeks = (span.until - span.since) / (7 * DAY)
    again = reopenings(made, question.reached, span.since, span.until)
    rows: list[Row] = [
        {"metric": "throughput", "finished": count, "per_week": round(count / weeks, 1)}
    ]
    for name, spans in (("lead_time", lead), ("cycle_time", cycle)):
        rows.append({"metric": name} | durations_row(_grouped(spans, everything, made.size), 0))
    ageing: Row = {"metric": "ageing", "in_progress": len(now.items)}
    if len(now.items):
        ageing |= {"oldest": days(int(now.seconds.max()))}
    entered, reopened = int(again.entered.sum()), int(again.reopened.sum())
    rows += [ageing, {"metric": "reopen_rate"} | rate("ended", entered, "reopened", reopened)]
    left_out = {
        reason: max(spans.left_out.get(reason, 0) for spans in (lead, cycle, now))
        for spans_ in (lead, cycle, now)
        for reason in spans_.left_out
    }
    return Found(rows=rows, total=made.size, left_out=left_out, definitions=(question.rule(),))


METRICS: dict[str, Metric] = {
    "summary": Metric(_summary),
    "lead_time": Metric(_lead_time, by=None, interval=""),
    "cycle_time": Metric(_cycle_time, by=None, interval=""),
    "throughput": Metric(_throughput, by=None, interval="week"),
    "cumulative_flow": Metric(_cumulative_flow, by=("status",), interval="week"),
    "ageing": Metric(_ageing),
    "time_in_status": Metric(_time_in_status),
    "reopen_rate": Metric(_reopen_rate, by=None),
    "burndown": Metric(burndown),
    "fix_time": Metric(_fix_time, by=None, interval="", of="bug"),
    "escaped": Metric(escaped, by=None, of="bug", history=False),
    "rejected": Metric(rejected, by=None, of="bug", history=False),
    "density": Metric(density, by=("story", "module", "iteration"), history=False, ever=True),
}
