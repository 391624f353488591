"""What items can be counted by: where a dimension's values stand and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from taplens.errors import ArgumentError, FilterError
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import fold
from taplens.mirror.fields import REMOVALS, TYPE_CODES, TYPES
from taplens.mirror.labels import Labels
from taplens.mirror.names import Part, Target, day_number, resolve
from taplens.mirror.schema import item, item_value

BUCKETS = ("day", "week", "month", "year")
_BUCKET_WORDS = {"日": "day", "天": "day", "周": "week", "月": "month", "年": "year"}
_EPOCH_DAY = date(1970, 1, 1)
_SPECIAL: dict[str, ColumnElement[Any]] = {
    "type": item.c.type,
    "open": item.c.is_open,
    "is": item.c.is_open,
    "workspace": item.c.workspace,
    "removed": item.c.removed,
}
# Kinds whose values are shown by words that several of them may share: those count together.
_MERGED = frozenset(("term", "pipes", "instant", "date", "number"))

Shown = tuple[str, str]  # (value for a filter, label for people)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing to count by.

    `column` holds its values in `item`, `fields` the item_value fields they stand in, of which
    `value` is the column; either may be missing. `shown` turns the values met into what to show.
    """

    name: str
    kind: str
    column: ColumnElement[Any] | None
    fields: tuple[int, ...]
    value: ColumnElement[Any]
    shown: Callable[[Iterable[Any]], dict[Any, Shown]]
    bucket: str = ""

    @property
    def merged(self) -> bool:
        """Whether values with one label count as one."""
        return self.kind in _MERGED

    @property
    def in_time(self) -> bool:
        """Whether its values follow one another in time."""
        return self.kind in ("instant", "date")


def dimension(catalogue: Catalogue, asked: str) -> Dimension:
    """The dimension that `asked` names: a field, for times with a bucket (`created:month`).

    Raises ArgumentError for a name that means nothing or can't be counted by.
    """
    name, bucket = _split(asked)
    try:
        target = resolve(catalogue, name)
    except FilterError as fault:
        nearest = fault.parameters["nearest"]
        raise ArgumentError("group_unknown", name=name, nearest=nearest) from fault
    if target.special:
        found = _special(catalogue, target.special, name)
    else:
        found = _of_parts(catalogue, target, bucket or "day")
    if bucket and not found.in_time:
        raise ArgumentError("group_not_in_time", name=name, bucket=bucket)
    return replace(found, bucket=bucket or "day") if found.in_time else found


def _split(asked: str) -> tuple[str, str]:
    name, _, bucket = asked.replace("：", ":").rpartition(":")
    bucket = _BUCKET_WORDS.get(fold(bucket), fold(bucket))
    return (name, bucket) if name and bucket in BUCKETS else (asked, "")


def _special(catalogue: Catalogue, special: str, name: str) -> Dimension:
    if special not in _SPECIAL:
        raise ArgumentError("group_not_countable", name=name)
    words: dict[str, Callable[[Any], Shown]] = {
        "type": lambda code: (TYPES[code], TYPES[code]),
        "removed": lambda code: (REMOVALS[code], REMOVALS[code]),
        "workspace": lambda key: (catalogue.workspaces[key], catalogue.workspace_names[key]),
    }
    word = words.get(special, lambda is_open: ("open", "open") if is_open else ("closed", "closed"))
    return Dimension(
        "open" if special == "is" else special,
        "special",
        _SPECIAL[special],
        (),
        item_value.c.term,
        lambda values: {value: word(value) for value in values},
    )


def _of_parts(catalogue: Catalogue, target: Target, bucket: str) -> Dimension:
    kinds = {_space(part) for part in target.parts}
    if "text" in kinds:
        raise ArgumentError("group_not_countable", name=target.name)
    if len(kinds) > 1:
        raise ArgumentError("group_kinds_differ", name=target.name)
    columns = [_column(part) for part in target.parts if part.column is not None]
    fields = tuple(code for part in target.parts for code in part.codes)
    first = target.parts[0]
    value = item_value.c.term
    if first.kind in ("instant", "number"):
        value = item_value.c[first.kind]
    return Dimension(
        name=target.name,
        kind=first.kind,
        column=func.coalesce(*columns) if len(columns) > 1 else next(iter(columns), None),
        fields=fields,
        value=day_number(value) if first.kind == "instant" else value,
        shown=_SHOWN.get(first.kind, _terms)(catalogue, target, bucket),
    )


def _space(part: Part) -> str:
    """Values of parts in one space are told apart by their codes; those of others aren't."""
    if part.kind == "date":
        return "date column" if part.column is not None else "date"
    return part.kind if part.kind in ("text", "instant", "number") else "term"


def _column(part: Part) -> ColumnElement[Any]:
    assert part.column is not None
    if part.kind == "instant":
        return day_number(part.column)
    if part.field is not None and part.field.name == "status":
        return func.coalesce(item.c.status_label, item.c.status)
    return part.column


_Show = Callable[[Iterable[Any]], dict[Any, Shown]]


def _terms(catalogue: Catalogue, target: Target, _bucket: str) -> _Show:
    labels = {
        option.value: option.label
        for part in target.parts
        for option in catalogue.options(part.tapd_names)
        if part.offers(option.type, option.name, option.workspace)
    }

    def show(codes: Iterable[int]) -> dict[int, Shown]:
        return {
            code: (text, labels.get(text, text)) for code, text in catalogue.texts(codes).items()
        }

    return show


def _references(catalogue: Catalogue, target: Target, _bucket: str) -> _Show:
    labels = Labels(catalogue)

    def show(codes: Iterable[int]) -> dict[int, Shown]:
        texts = catalogue.texts(codes)
        named = {
            target_id: label
            for target_id in texts.values()
            for workspace in catalogue.workspaces
            if (label := labels.reference(workspace, target.name, target_id))
        }
        if target.name in ("story", "parent"):
            named |= _titles(catalogue, set(texts.values()), target)
        return {code: (text, named.get(text, text)) for code, text in texts.items()}

    return show


_CHUNK = 500


def _titles(catalogue: Catalogue, ids: set[str], target: Target) -> dict[str, str]:
    """Titles by id. Ids of different types can be equal: a story is meant before an iteration."""
    wanted, found = sorted(ids), {}
    types = (TYPE_CODES["story"], *([TYPE_CODES["iteration"]] if target.name == "parent" else []))
    for start in range(0, len(wanted), _CHUNK):
        query = select(item.c.id, item.c.title).where(
            item.c.workspace.in_(catalogue.workspaces),
            item.c.type.in_(types),
            item.c.id.in_(wanted[start : start + _CHUNK]),
        )
        query = query.order_by(item.c.type.desc())
        found.update({row.id: row.title for row in catalogue.connection.execute(query)})
    return found


def _days(_catalogue: Catalogue, _target: Target, bucket: str) -> _Show:
    return lambda numbers: {
        number: bucket_of(_EPOCH_DAY + timedelta(days=number), bucket) for number in numbers
    }


def _dates(catalogue: Catalogue, target: Target, bucket: str) -> _Show:
    if target.parts[0].column is not None:
        return lambda days: {day: bucket_of(date.fromisoformat(day), bucket) for day in days}

    def show(codes: Iterable[int]) -> dict[int, Shown]:
        return {code: _date_bucket(text, bucket) for code, text in catalogue.texts(codes).items()}

    return show


def _date_bucket(text: str, bucket: str) -> Shown:
    try:
        return bucket_of(date.fromisoformat(text[:10]), bucket)
    except ValueError:  # what someone typed into a date field before it was one
        return (text, text)


def bucket_of(day: date, bucket: str) -> Shown:
    """The stretch of time (one of BUCKETS) that holds `day`: for a filter, and for people."""
    if bucket == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return monday.isoformat(), f"{year}-W{week:02}"
    text = day.isoformat()[: {"day": 10, "month": 7, "year": 4}[bucket]]
    return text, text


def _numbers(_catalogue: Catalogue, _target: Target, _bucket: str) -> _Show:
    return lambda numbers: {number: (f"{number:.15g}", f"{number:.15g}") for number in numbers}


_SHOWN: dict[str, Callable[[Catalogue, Target, str], _Show]] = {
    "reference": _references,
    "instant": _days,
    "date": _dates,
    "number": _numbers,
}
