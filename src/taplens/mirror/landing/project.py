"""From TAPD's rows to the columns and values of items: pure, no database.

A page is taken column by column: most columns hold few distinct values, and each is converted
once, in half the time of going row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import zstandard

from taplens.mirror.fields import FIELDS, Field
from taplens.mirror.terms import LONGEST
from taplens.tapd.ids import short_number
from taplens.tapd.values import parse_date, parse_instant, parse_number, split_people, split_pipes

_PLAN_PREFIX = "custom_plan_field_"  # holds the id of a plan item; "0" means none
_NO_REFERENCE = frozenset(("0", "-1", "|"))

Row = Mapping[str, Any]
Values = list[tuple[str, float | None, int | None]]  # text, number, instant


@dataclass(frozen=True, slots=True)
class Projection:
    """What a page of rows becomes before its texts are coded; the lists are in the rows' order.

    `plain` holds finished columns of `item`, `coded` columns whose texts still need their codes,
    `values` the rows of item_value as (position of the row, field, text, number, instant), where
    `field` is a Field.code or the name of a custom column. Texts to be coded are cut to LONGEST.
    """

    plain: dict[str, list[Any]]
    coded: dict[str, list[str | None]]
    values: list[tuple[int, int | str, str, float | None, int | None]]
    payloads: list[bytes]


def text(value: Any) -> str | None:
    """A value as text; None when unset."""
    return (str(value) or None) if value is not None else None


def person(value: Any) -> str | None:
    """One nick; some single persons come ended by `;` like the lists."""
    return next(iter(split_people(str(value))), None)


def reference(value: Any) -> str | None:
    """The id that a value points to; None for TAPD's sentinels of "not linked"."""
    return None if value in _NO_REFERENCE else text(value)


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: text(value) or "",
    "instant": parse_instant,
    "date": parse_date,
    "number": parse_number,
}
_CODED: dict[str, Callable[[Any], str | None]] = {
    "term": text,
    "person": person,
    "reference": reference,
}
_SPLIT: dict[str, Callable[[Any], tuple[str, ...]]] = {"people": split_people, "pipes": split_pipes}


def project(
    item_type: str, rows: Sequence[Row], workspace_id: str, custom_kinds: Mapping[str, str]
) -> Projection:
    """What `rows` (of `item_type`, as TAPD sent them) are in the mirror.

    `custom_kinds` maps custom columns to TAPD's field types.
    """
    present, payloads = [], []
    # A third of zlib's time for the same size; one a page, as it serves one thread at a time.
    compress = zstandard.ZstdCompressor(level=1).compress
    for row in rows:
        # TAPD's null and "" both mean unset, and four of five columns are: they are left out.
        kept = {name: value for name, value in row.items() if value != "" and value is not None}
        present.append(kept)
        payloads.append(compress(orjson.dumps(kept)))
    ids = [str(row["id"]) for row in rows]
    numbers = [short_number(item_id, workspace_id) for item_id in ids]
    page = Projection({"id": ids, "number": numbers}, {}, [], payloads)
    for field in FIELDS:
        if item_type in field.sources:
            _take(page, field, [row.get(field.sources[item_type]) for row in present])
    if "priority" in page.coded:  # the team's own word, where TAPD sends it
        labels = _each(text, [row.get("priority_label") for row in present])
        page.coded["priority"] = [
            label or own for label, own in zip(labels, page.coded["priority"], strict=True)
        ]
    for name in set().union(*present):
        if name.startswith("custom_"):
            split = partial(_custom, name, custom_kinds.get(name, ""))
            _add_values(page, name, _each(split, [row.get(name) for row in present]))
    return page


def _take(page: Projection, field: Field, cells: list[Any]) -> None:
    """Put one field's column (None where unset) into `page`."""
    if field.kind in _PLAIN:
        page.plain[field.name] = _each(_PLAIN[field.kind], cells)
    elif field.kind in _CODED:
        convert = _CODED[field.kind]
        page.coded[field.name] = _each(lambda cell: _cut(convert(cell)), cells)
    else:
        split = _SPLIT[field.kind]
        _add_values(page, field.code, _each(lambda cell: _plain_values(split(cell)), cells))


def _add_values(page: Projection, field: int | str, cells: Iterable[Values | None]) -> None:
    page.values.extend(
        (position, field, part[:LONGEST], amount, instant)
        for position, values in enumerate(cells)
        for part, amount, instant in values or ()
    )


def _each(convert: Callable[[Any], Any], cells: list[Any]) -> list[Any]:
    """Every cell converted, equal ones once; None stays None."""
    try:
        known = {cell: convert(cell) for cell in set(cells) if cell is not None}
    except TypeError:  # lists and objects, which no column should hold, count as their text
        return _each(convert, [None if cell is None else str(cell) for cell in cells])
    return list(map(known.get, cells))


def _cut(found: str | None) -> str | None:
    return found and found[:LONGEST]


def _custom(name: str, kind: str, value: Any) -> Values:
    """The values of one custom field, by TAPD's type of it."""
    if value == "0" and name.startswith(_PLAN_PREFIX):
        return []
    return custom_values(text(value) or "", kind)


def _plain_values(parts: Iterable[str]) -> Values:
    return [(part, None, None) for part in parts]


# How the text of a custom field becomes values, by TAPD's type of the field: as it is, unless
# its type stands here.
_READINGS: dict[str, Callable[[str], Values]] = {
    **dict.fromkeys(
        ("float", "integer", "int"), lambda value: [(value, parse_number(value), None)]
    ),
    "datetime": lambda value: [(value, None, parse_instant(value))],
    **dict.fromkeys(("multi_select", "checkbox"), lambda value: _plain_values(split_pipes(value))),
    "user_chooser": lambda value: _plain_values(split_people(value)),
}


def custom_values(value: str, kind: str) -> Values:
    """The values that the text of a custom field of TAPD's type `kind` holds."""
    reading = _READINGS.get(kind)
    return reading(value) if reading else _plain_values((value,))


def reads_alike(one: str, other: str) -> bool:
    """Whether fields of these two types turn the same text into the same values."""
    return _READINGS.get(one) is _READINGS.get(other)


def unpacked(payload: bytes) -> dict[str, Any]:
    """The TAPD row that a stored payload holds, without its unset columns."""
    row: dict[str, Any] = orjson.loads(zstandard.decompress(payload))
    return row
