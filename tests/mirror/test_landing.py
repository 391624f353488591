"""What lands late or under another type of a field means the same as if it had come in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import land_changes
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace, land_custom_fields
from taplens.mirror.schema import item_value, status_interval, term

WORKSPACE = "58210347"
BUG = {
    "id": "1158210347001000001",
    "title": "支付页闪退 🚀",
    "status": "resolved",
    "created": "2026-01-05 09:00:00",
    "modified": "2026-01-09 09:00:00",
    "custom_field_one": "微信;支付宝;",
    "custom_field_two": "12.5",
    "custom_field_three": "2026-01-05 10:00:00",
    "custom_field_four": "甲|乙",
}
MOVE = {
    "id": "1",
    "bug_id": BUG["id"],
    "author": "阿依古丽·买买提",
    "field": "status",
    "old_value": "new",
    "new_value": "resolved",
    "created": "2026-01-07 12:00:00",
}


@pytest.fixture
def mirror(settings: Settings) -> Iterator[Database]:
    database = open_mirror(settings)
    with database.write() as connection:
        ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    yield database
    database.close()


def _land(mirror: Database, function, *arguments) -> None:
    with mirror.write() as connection:
        place = Place(connection, mirror.terms, 1, WORKSPACE, "user:demo", 1_770_000_000)
        function(place, *arguments)


def _stays(mirror: Database) -> list[tuple[str, int, int | None]]:
    query = (
        select(term.c.text, status_interval.c.began, status_interval.c.ended)
        .join(term, term.c.key == status_interval.c.status)
        .order_by(status_interval.c.position)
    )
    with mirror.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_an_item_that_lands_after_its_changes_has_the_stays_of_one_before_them(mirror) -> None:
    _land(mirror, land_changes, "bug", [MOVE])
    assert [status for status, *_ in _stays(mirror)] == ["resolved"]
    _land(mirror, land_items, "bug", [BUG])
    stays = _stays(mirror)
    assert [status for status, *_ in stays] == ["new", "resolved"]
    assert stays[0][2] == stays[1][1] == 1_767_758_400
    _land(mirror, land_items, "bug", [BUG])
    assert _stays(mirror) == stays


def _values(mirror: Database) -> dict[int, list[tuple[str, float | None, int | None]]]:
    query = (
        select(item_value.c.field, term.c.text, item_value.c.number, item_value.c.instant)
        .join(term, term.c.key == item_value.c.term)
        .order_by(item_value.c.field, term.c.text)
    )
    found: dict[int, list[tuple[str, float | None, int | None]]] = {}
    with mirror.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.field, []).append((row.text, row.number, row.instant))
    return found


def _fields(**types: str) -> list[dict[str, str]]:
    return [
        {"custom_field": f"custom_field_{name}", "name": name, "type": kind, "enabled": "1"}
        for name, kind in types.items()
    ]


def test_values_that_landed_before_their_fields_type_are_read_anew(mirror) -> None:
    types = {"one": "user_chooser", "two": "float", "three": "datetime", "four": "multi_select"}
    _land(mirror, land_items, "bug", [BUG])
    untyped = _values(mirror)
    assert [len(values) for values in untyped.values()] == [1, 1, 1, 1]
    _land(mirror, land_custom_fields, "bug", _fields(**types))
    late = _values(mirror)
    _land(mirror, land_items, "bug", [BUG])
    assert _values(mirror) == late
    flat = [value for values in late.values() for value in values]
    texts = {"微信", "支付宝", "12.5", "2026-01-05 10:00:00", "甲", "乙"}
    assert {text for text, *_ in flat} == texts
    assert {number for _, number, _ in flat} == {None, 12.5}


def test_a_field_that_changes_its_type_changes_its_values(mirror) -> None:
    _land(mirror, land_custom_fields, "bug", _fields(four="multi_select"))
    _land(mirror, land_items, "bug", [BUG])
    _land(mirror, land_custom_fields, "bug", _fields(four="text"))
    assert [("甲|乙", None, None)] in _values(mirror).values()
