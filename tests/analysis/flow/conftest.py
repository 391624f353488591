"""A mirror that a test fills itself, and questions to it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from taplens.analysis.flow.metrics import flow
from taplens.analysis.flow.question import Asked, Found
from taplens.analysis.pace import AskedForecast, Forecast, forecast
from taplens.analysis.trends.finding import Asked as AskedTrend
from taplens.analysis.trends.finding import Trends, trends
from taplens.config import Settings
from taplens.filters import parse
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.landing.history import land_changes
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import land_custom_fields, land_statuses
from taplens.mirror.schema import stream, workspace
from taplens.mirror.scope import Scope
from taplens.mirror.snapshot.keeping import Snapshots
from tests.mirror.conftest import postgres_url
from tests.mirror.reads.builders import (
    BUG_STATUSES,
    NOW,
    REQUIREMENT,
    STORY_STATUSES,
    TECHNICAL,
    TECHNICAL_STATUSES,
    WORKSPACE,
    landing,
    long_id,
)

__all__ = ["Mirror", "either", "mirror", "postgres_url"]
Row = dict[str, Any]
SCOPE = Scope((WORKSPACE,), NOW)
_ENDS = {
    ("story", REQUIREMENT): ["resolved"],
    ("story", TECHNICAL): ["resolved"],
    ("bug", ""): ["closed"],
}
_MAPS = {
    ("story", REQUIREMENT): STORY_STATUSES,
    ("story", TECHNICAL): TECHNICAL_STATUSES,
    ("bug", ""): BUG_STATUSES,
}


class Mirror:
    """A workspace of its own; rows are as TAPD sends them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._snapshots = Snapshots(database, folder)

    def workflows(
        self,
        firsts: dict[tuple[str, str], list[str]],
        maps: Mapping[tuple[str, str], dict[str, str]] | None = None,
        ends: Mapping[tuple[str, str], list[str]] | None = None,
    ) -> None:
        with landing(self.database) as place:
            land_statuses(place, maps or _MAPS, ends or _ENDS, firsts)

    def history_from(self, item_type: str, instant: int) -> None:
        with landing(self.database) as place:
            row = {"workspace": place.workspace, "name": f"{item_type}_change", "complete": True}
            place.connection.execute(insert(stream).values(**row, history_from=instant))

    def tasks_are_stories(self) -> None:
        with self.database.write() as connection:
            connection.execute(update(workspace).values(task_type=TECHNICAL))

    def customs(self, item_type: str, labels: Mapping[str, str]) -> None:
        """Texts among the custom fields: labels by column."""
        with landing(self.database) as place:
            fields = [{"custom_field": column, "name": label} for column, label in labels.items()]
            shared = {"type": "select", "options": "", "enabled": "1"}
            land_custom_fields(place, item_type, [field | shared for field in fields])

    def land(self, item_type: str, *rows: Row) -> None:
        with landing(self.database) as place:
            land_items(place, item_type, list(rows))

    def move(self, item_type: str, number: int, *moves: tuple[str, str, str, str]) -> None:
        """Changes of one item: (time, field, before, after)."""
        with landing(self.database) as place:
            land_changes(place, item_type, [_change(item_type, number, *move) for move in moves])

    def ask(self, metric: str, where: str = "", **asked: Any) -> Found:
        question = Asked(where=parse(where), **asked)
        return self._snapshots.ask(lambda source: flow(source, SCOPE, metric, question)[0])

    def forecast(self, question: AskedForecast) -> Forecast:
        return self._snapshots.ask(lambda source: forecast(source, SCOPE, question))

    def trend(self, where: str = "", **asked: Any) -> Trends:
        question = AskedTrend(**asked)
        return self._snapshots.ask(lambda source: trends(source, parse(where), SCOPE, question))


_numbers = iter(range(1, 1_000_000))


def _change(item_type: str, number: int, at: str, field: str, old: str, new: str) -> Row:
    shared = {"id": long_id(next(_numbers)), f"{item_type}_id": long_id(number), "created": at}
    if item_type == "bug":
        return shared | {"field": field, "old_value": old, "new_value": new, "author": "aygul"}
    change = {"field": field, "value_before": old, "value_after": new}
    return shared | {"creator": "tenzin", "field_changes": [change]}


def _filled(home: Path, url: str = "") -> Iterator[Mirror]:
    settings = Settings(home=home, database_url=url)
    with contextlib.closing(open_mirror(settings)) as database:
        made = Mirror(database, home / "snapshot")
        made.workflows({})
        yield made


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    yield from _filled(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mirror]:
    """The same on each engine."""
    if request.param == "sqlite":
        yield from _filled(tmp_path)
        return
    import psycopg

    server: str = request.getfixturevalue("postgres_url")
    name = f"flow_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield from _filled(tmp_path, f"{server.rsplit('/', 1)[0]}/{name}")
