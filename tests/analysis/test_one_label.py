"""Options that share one label are one group: an item with several of them counts once in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from taplens.analysis.counts import Counted, count_items
from taplens.analysis.trends import Asked, Trends, trends
from taplens.config import Settings
from taplens.filters import parse
from taplens.mirror.database import open_mirror
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import land_custom_fields
from taplens.mirror.schema import field_option
from taplens.mirror.snapshot.keeping import Snapshots
from tests.mirror.reads.builders import SCOPE, landing, long_id

WORDS = {"web": "线上", "app": "线上", "shop": "线下"}
CHANNELS = ["web|app", "web", "app|shop", "", "shop"]
LABELS = ["阻塞|待讨论", "阻塞", "", "待讨论", ""]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshots]:
    home: Path = tmp_path_factory.mktemp("labels")
    bugs = [
        {
            "id": long_id(number), "title": f"缺陷 {number}", "status": "new",
            "created": "2026-03-02 09:00:00", "modified": "2026-03-02 09:00:00",
            "custom_field_two": channel, "label": label,
        }
        for number, (channel, label) in enumerate(zip(CHANNELS, LABELS, strict=True), 1)
    ]  # fmt: skip
    custom = {"custom_field": "custom_field_two", "name": "渠道", "type": "multi_select"}
    with contextlib.closing(open_mirror(Settings(home=home))) as database:
        with landing(database) as place:
            told = {"enabled": "1", "options": "|".join(WORDS)}
            land_custom_fields(place, "bug", [custom | told])
            for value, label in WORDS.items():
                known = update(field_option).where(field_option.c.value == value)
                place.connection.execute(known.values(label=label))
            land_items(place, "bug", bugs)
        yield Snapshots(database, home / "snapshot")


def counted(snapshots: Snapshots, *by: str) -> Counted:
    return snapshots.ask(lambda source: count_items(source, parse("type:bug"), SCOPE, by=by))


def of_labels(found: Counted) -> dict[Any, int]:
    return {group.labels: group.count for group in found.groups}


def by_channel(snapshots: Snapshots, limit: int = 5) -> Trends:
    asked = Asked(of=("created",), interval="month", since="2026-03", by="渠道", limit=limit)
    return snapshots.ask(lambda source: trends(source, parse("type:bug"), SCOPE, asked))


def lines(found: Trends) -> dict[str, tuple[int, ...]]:
    return {series.group: series.numbers for series in found.series}


def test_a_count_takes_an_item_once_in_the_group_of_the_label(snapshots: Snapshots) -> None:
    found = counted(snapshots, "渠道")
    assert of_labels(found) == {("线上",): 3, ("线下",): 2, (None,): 1}
    assert found.overlapping


@pytest.mark.parametrize("order", [("渠道", "label"), ("label", "渠道")])
def test_a_count_by_two_fields_takes_an_item_once_in_each_pair(
    snapshots: Snapshots, order: tuple[str, str]
) -> None:
    pairs = {
        ("线上", "阻塞"): 2, ("线上", "待讨论"): 1, ("线上", None): 1, ("线下", None): 2,
        (None, "待讨论"): 1,
    }  # fmt: skip
    found = of_labels(counted(snapshots, *order))
    assert found == {pair if order[0] == "渠道" else pair[::-1]: n for pair, n in pairs.items()}


def test_a_filter_takes_the_label_where_several_options_have_it(snapshots: Snapshots) -> None:
    assert counted(snapshots, "渠道").groups[0].values == ("线上",)


def test_trends_take_an_item_once_in_the_line_of_the_label(snapshots: Snapshots) -> None:
    assert lines(by_channel(snapshots)) == {"线上": (3,), "线下": (2,), "none": (1,)}


def test_the_groups_that_are_one_from_the_beginning_take_an_item_once(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taplens.analysis.trends.splitting.MOST_GROUPS", 0)
    assert lines(by_channel(snapshots)) == {"other": (5,)}
