"""Trends of a synced workspace are those that its own rows and history give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, select

from taplens.analysis.counts import count_items
from taplens.analysis.trends import Asked, Trends, trends
from taplens.analysis.trends.finding import MEASURES, _lines
from taplens.analysis.trends.splitting import Split, whole
from taplens.clock import day_start
from taplens.config import Settings
from taplens.errors import ArgumentError
from taplens.filters import parse
from taplens.mirror import Keeper
from taplens.mirror.schema import item, removal, status_interval, term, workspace
from taplens.mirror.scope import Scope
from taplens.mirror.snapshot.keeping import Source
from taplens.mirror.workflow import Workflows
from taplens.sandbox import RunningSandbox
from tests.analysis import recounting
from tests.analysis.recounting import Plain
from tests.tools.conftest import FIRST

NOW = day_start(date(2026, 3, 31)) + 12 * 3600
SCOPE = Scope((FIRST,), NOW)
YEAR = {"interval": "month", "since": "2025-04", "until": "2026-03"}
TYPES = (1, 2, 3)


def plain_items(connection: Connection, key: int, *, gone: bool = False) -> dict[int, Plain]:
    """Every story, bug and task that is there (or gone), row by row from the mirror's tables."""
    texts = {row.key: row.text for row in connection.execute(select(term))}
    workflows = Workflows(connection, key)
    tombstones = {(row.type, row.id): row.removed_at for row in connection.execute(select(removal))}
    stays: dict[tuple[int, str], list[Any]] = {}
    for row in connection.execute(
        select(status_interval)
        .where(status_interval.c.workspace == key)
        .order_by(status_interval.c.position)
    ):
        stays.setdefault((row.type, row.item_id), []).append(row)
    found = {}
    for row in connection.execute(select(item).where(item.c.workspace == key)):
        if row.type not in TYPES or (row.removed is not None) != gone:
            continue
        told = [row.closed, row.completed, row.resolved, row.reject_time]
        found[row.key] = Plain(
            row.created,
            is_open=row.is_open,
            finished=next((time for time in told if time is not None), None),
            removed=tombstones.get((row.type, row.id), 0) if gone else None,
            stays=[
                (
                    stay.began,
                    workflows.status(
                        row.type, texts.get(row.workitem_type), texts[stay.status]
                    ).is_end,
                    stay.status,
                )
                for stay in stays.get((row.type, row.id), [])
            ],
        )
    return found


def compared(source: Source, where: str, gone: bool) -> None:
    """Trends of everything are those of the plain items."""
    key = source.connection.scalar(select(workspace.c.key).where(workspace.c.id == FIRST))
    items = list(plain_items(source.connection, key, gone=gone).values())
    found = trends(source, parse(where), SCOPE, Asked(**YEAR))
    edges = found.periods.edges
    spans = list(pairwise(edges))
    assert len(found.periods.names) == 12
    assert found.total == len(items)
    assert lines(found) == {
        ("created", ""): tuple(recounting.created(items, *span) for span in spans),
        ("closed", ""): tuple(recounting.closed(items, *span) for span in spans),
        ("open", ""): tuple(recounting.open_at(items, end) for _, end in spans),
    }
    assert sum(lines(found)["created", ""]) > 3
    assert sum(lines(found)["open", ""]) > 3


def lines(found: Trends) -> dict[tuple[str, str], tuple[int, ...]]:
    return {(series.name, series.group): series.numbers for series in found.series}


async def test_trends_are_those_of_a_recount_of_the_tables(keeper: Keeper) -> None:
    await keeper.analyse(compared, "", False)


async def test_removed_items_are_open_until_they_went_where_they_are_asked_for(
    connect_sqlite: Callable[..., Settings], start_sandbox: Callable[..., RunningSandbox]
) -> None:
    sandbox = start_sandbox(items=60)
    async with Keeper(connect_sqlite(sandbox, FIRST)) as keeper:
        await keeper.sync()
        for bug in sandbox.truth(FIRST, "bug")[::3]:
            sandbox.act("remove", entity="bug", id=bug["id"])
        await keeper.sync()
        await keeper.analyse(compared, "is:removed", True)
        await keeper.analyse(compared, "", False)


async def test_what_is_open_today_is_what_the_filter_finds_open(keeper: Keeper) -> None:
    def check(source: Source) -> None:
        for by, where in (("", ""), ("status", ""), ("severity", "type:bug"), ("type", "")):
            found = trends(
                source, parse(where), SCOPE, Asked(of=("open",), by=by, limit=50, interval="day")
            )
            today = {name: line[-1] for (_, name), line in lines(found).items() if line[-1]}
            asked = parse(f"{where} is:open")
            counted = count_items(source, asked, SCOPE, by=(by,) if by else (), limit=1000)
            expected = {group.labels[0] or "none": group.count for group in counted.groups}
            assert today == (expected if by else {"": counted.total})

    await keeper.analyse(check)


@pytest.mark.parametrize(
    "by", ["priority", "severity", "owner", "module", "iteration", "label", "type"]
)
async def test_a_split_sums_to_the_whole_and_tells_the_largest_apart(
    keeper: Keeper, by: str
) -> None:
    def check(source: Source) -> None:
        whole = lines(trends(source, parse("type:bug"), SCOPE, Asked(**YEAR)))
        asked = Asked(**YEAR, by=by, limit=2)
        split = trends(source, parse("type:bug"), SCOPE, asked)
        counted = count_items(source, parse("type:bug"), SCOPE, by=(by,), limit=1000)
        assert len(split.groups) <= 3
        for measure in ("created", "closed", "open"):
            parts = [line for (name, _), line in lines(split).items() if name == measure]
            summed = [sum(numbers) for numbers in zip(*parts, strict=True)]
            if counted.overlapping:
                assert all(map(int.__ge__, summed, whole[measure, ""]))
            else:
                assert tuple(summed) == whole[measure, ""]

    await keeper.analyse(check)


async def test_any_time_counts_as_grouping_by_it_does(keeper: Keeper) -> None:
    def check(source: Source) -> None:
        for name in ("created", "resolved", "due", "modified", "begin"):
            found = trends(source, parse(""), SCOPE, Asked(of=(name,), **YEAR))
            counted = count_items(source, parse(""), SCOPE, by=(f"{name}:month",), limit=1000)
            expected = {group.labels[0]: group.count for group in counted.groups}
            ((_, numbers),) = lines(found).items()
            assert dict(zip(found.periods.names, numbers, strict=True)) == {
                month: expected.get(month, 0) for month in found.periods.names
            }
            assert any(numbers)

    await keeper.analyse(check)


async def test_a_time_without_data_and_a_filter_without_items_give_zeros(keeper: Keeper) -> None:
    def check(source: Source) -> None:
        early = Asked(interval="year", since="2001", until="2003", by="owner")
        split = lines(trends(source, parse(""), SCOPE, early))
        assert split == dict.fromkeys([(name, "other") for name in MEASURES], (0, 0, 0))
        early = Asked(interval="year", since="2001", until="2003")
        zeros = lines(trends(source, parse(""), SCOPE, early))
        assert set(zeros.values()) == {(0, 0, 0)}
        none = trends(source, parse("登录 -登录"), SCOPE, Asked())
        assert none.total == 0
        assert set(lines(none).values()) == {(0,) * 12}

    await keeper.analyse(check)


def test_groups_that_share_a_name_are_told_apart() -> None:
    split = Split(("甲", "甲", "甲", "other", None), whole().of)
    numbers = {"created": np.array([[4], [3], [2], [1], [0]])}
    assert _lines(split, numbers, 5)[0] == ("甲", "甲 (2)", "甲 (2) (2)", "other (2)")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(of=("status",)), "trend_not_time"),
        (Asked(of=("title",)), "group_not_countable"),
        (Asked(of=("colour",)), "group_unknown"),
        (Asked(by="colour"), "group_unknown"),
        (Asked(by="title"), "group_not_countable"),
        (Asked(limit=0), "limit_out_of_range"),
    ],
)
async def test_what_is_no_trend_is_refused(keeper: Keeper, asked: Asked, code: str) -> None:
    def check(source: Source) -> None:
        with pytest.raises(ArgumentError) as caught:
            trends(source, parse(""), SCOPE, asked)
        assert caught.value.code == code

    await keeper.analyse(check)


async def test_the_tool_gives_one_row_a_period_and_says_what_it_means(
    ask: Callable[..., Any],
) -> None:
    answer = await ask("trends", {"where": "type:bug", **YEAR})
    rows = answer.content["data"]
    assert [row["period"] for row in rows] == [
        *(f"2025-{month:02}" for month in range(4, 13)), "2026-01", "2026-02", "2026-03"
    ]  # fmt: skip
    assert set(rows[0]) == {"period", "created", "closed", "open"}
    assert "+08:00" in answer.content["definition"]
    split = (await ask("trends", {"by": "severity", "limit": 2, **YEAR})).content["data"]
    assert len(split[0]["open"]) == 3
    assert list(split[0]["open"])[-1] == "other"


async def test_where_not_all_periods_fit_the_newest_stay(ask: Callable[..., Any]) -> None:
    asked = {"interval": "day", "since": "2025-10"}
    whole = (await ask("trends", asked, budget=None)).content["data"]
    answer = await ask("trends", asked, budget=600)
    kept = answer.content["data"]
    assert 0 < len(kept) < len(whole)
    assert kept == whole[-len(kept) :]
    assert str(len(whole) - len(kept)) in " ".join(answer.content["warnings"])
