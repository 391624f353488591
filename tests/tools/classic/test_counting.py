"""Day by day, word by word: counts of a data file, with the chart."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.tools.classic import daily
from tests.tools.classic.conftest import Classic

BUGS = [
    {"id": "1", "created": "2026-03-01 09:00:00", "status": "closed", "priority": "urgent"},
    {"id": "2", "created": "2026-03-01 23:59:59", "status": "new", "priority": "high"},
    {"id": "3", "created": "2026-03-03 00:00:00", "status": "new", "priority": "insignificant"},
    {"id": "4", "created": "0000-00-00 00:00:00", "status": "new"},
    {"id": "5", "created": "soon", "due": "2026-03-09"},
]


async def trend(classic: Classic, **arguments: Any) -> Any:
    classic.holds(bugs=BUGS)
    return await classic("analyze_time_trends", data_type="bug", **arguments)


async def test_each_day_says_how_many_of_which_kind(classic: Classic) -> None:
    told = await trend(classic)
    assert told["total_count"] == 3  # two have no such time
    assert told["date_range"] == {"start": "2026-03-01", "end": "2026-03-03", "days_count": 2}
    assert told["daily_stats"]["2026-03-01"] == {
        "date": "2026-03-01",
        "total_count": 2,
        "completed_count": 1,
        "new_count": 1,
        "high_priority_count": 2,
        "medium_priority_count": 0,
        "low_priority_count": 0,
        "status_counts": {"closed": 1, "new": 1},
    }


@pytest.mark.parametrize(
    ("span", "count"),
    [
        ({"since": "2026-03-02"}, 1),  # one end is enough
        ({"until": "2026-03-01"}, 2),
        ({"since": "2026-03-01", "until": "2026-03-03"}, 3),
    ],
)
async def test_both_ends_of_a_period_belong_to_it(
    classic: Classic, span: dict[str, str], count: int
) -> None:
    assert (await trend(classic, **span))["total_count"] == count


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"since": "2026-13-01"}, "classic_day"),
        ({"until": "昨天"}, "classic_day"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "classic_span"),
        ({"since": "2030-01-01"}, "classic_span_empty"),
        ({"time_field": "creatd"}, "classic_time_field"),
        ({"time_field": "status"}, "classic_time_field"),
        ({"chart_type": "pie"}, "argument_choice"),
    ],
)
async def test_a_wrong_day_or_field_is_refused_and_never_means_everything(
    classic: Classic, asked: dict[str, str], code: str
) -> None:
    classic.holds(bugs=BUGS)
    assert await classic.refused("analyze_time_trends", data_type="bug", **asked) == code
    assert not (classic.home / "local_data" / "time_trend").exists()


@pytest.mark.parametrize("kind", ["count", "priority", "status"])
async def test_the_picture_in_the_answer_is_the_one_in_the_file(
    classic: Classic, kind: str
) -> None:
    classic.holds(bugs=BUGS)
    asked = {"data_type": "bug", "chart_type": kind}
    result = await classic.result("analyze_time_trends", **asked)
    assert result.picture.data.startswith(b"\x89PNG")
    assert (classic.home / result.content["chart_path"]).read_bytes() == result.picture.data
    address = urlsplit(result.content["chart_url"])
    assert address.scheme == "file"
    assert unquote(address.path).endswith(result.content["chart_path"])


async def test_a_date_far_off_does_not_make_a_chart_of_a_million_days(classic: Classic) -> None:
    classic.holds(bugs=[*BUGS, {"id": "6", "created": "9999-12-31 00:00:00"}])
    told = await classic("analyze_time_trends", data_type="bug")
    assert told["date_range"]["end"] == "9999-12-31"


DAYS = st.dates().map(str)


@given(
    days=st.lists(DAYS, min_size=1, max_size=30),
    since=st.one_of(st.just(""), DAYS),
    until=st.one_of(st.just(""), DAYS),
)
def test_every_item_of_the_period_is_counted_on_one_day(
    days: list[str], since: str, until: str
) -> None:
    days = [day for day in days if day != "1970-01-01"] or ["2026-03-01"]  # unset, for TAPD
    items = [{"created": f"{day} 12:00:00", "status": "new"} for day in days]
    found = daily.by_day(
        items, "bugs", "created", span=(since, until), ended=lambda _item, _name: False
    )
    within = [day for day in days if (not since or day >= since) and (not until or day <= until)]
    assert {day: one.total for day, one in found.items()} == {
        day: within.count(day) for day in sorted(set(within))
    }
    assert list(found) == sorted(found)


async def test_words_are_counted_without_markup_codes_and_stop_words(classic: Classic) -> None:
    classic.holds(
        [{"name": "登录页面登录", "description": "<p style='color:red'>登录 的 的 的</p>"}],
        [{"title": "支付失败", "status": "status_6", "module": "支付 支付", "iteration_id": "1"}],
    )
    told = await classic("analyze_word_frequency", min_frequency=3)
    words = told["word_frequency"]
    assert words["high_frequency_words"] == {"登录": 3, "支付": 3}
    assert sum(words["frequency_distribution"].values()) == told["statistics"]["unique_words"]
    assert told["statistics"]["total_items"] == 2
    categories = told["search_suggestions"]["category_keywords"]
    assert sorted(word for told in categories.values() for word in told) == ["支付", "登录"]
    fewer = await classic("analyze_word_frequency", min_frequency=3, use_extended_fields=False)
    assert fewer["word_frequency"]["high_frequency_words"] == {"登录": 3}
