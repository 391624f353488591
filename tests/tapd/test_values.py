"""Every form in which TAPD writes a value, and every form of none."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import tapd_time
from taplens.tapd import values

UNSET = [None, "", "  ", "0000-00-00", "0000-00-00 00:00:00", "--"]


@pytest.mark.parametrize("value", UNSET)
def test_every_form_of_unset_is_unset_to_every_parser(value: str | None) -> None:
    assert values.is_unset(value)
    assert values.parse_instant(value) is None
    assert values.parse_date(value) is None
    assert values.parse_link(value) is None
    assert values.split_people(value) == values.split_pipes(value) == ()


@pytest.mark.parametrize("value", ["0", 0, "空", "-1", False, []])
def test_zeroes_and_words_are_values(value: object) -> None:
    assert not values.is_unset(value)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-02-11 16:20:55", "2026-02-11T08:20:55"),
        ("2026-02-11  16:20:55", "2026-02-11T08:20:55"),  # seen in a webhook
        ("2026-02-11 16:20", "2026-02-11T08:20:00"),
        ("2026-02-11", "2026-02-10T16:00:00"),
        ("2026-02-11 00:00:00", "2026-02-10T16:00:00"),
        (" 2026-02-11T16:20:55", "2026-02-11T08:20:55"),
        ("1970-01-01 00:00:00", "1969-12-31T16:00:00"),
        ("1989-06-01 12:00:00", "1989-06-01T04:00:00"),  # no summer time is read into it
    ],
)
def test_an_instant_means_china_standard_time(text: str, utc: str) -> None:
    instant = values.parse_instant(text)
    assert instant is not None
    assert datetime.fromtimestamp(instant, UTC).replace(tzinfo=None).isoformat() == utc


@pytest.mark.parametrize(
    "text",
    [
        "昨天",
        "2026-02-30 10:00:00",
        "2026-13-01",
        "12:00",
        "2026",
        "2026-02-11 25:00:00",
        "2026-02-11 10:61:00",
    ],
)
def test_what_is_no_instant_is_none(text: str) -> None:
    assert values.parse_instant(text) is None


@given(st.integers(0, 4_000_000_000))
def test_an_instant_survives_being_written_as_tapd_writes_it(instant: int) -> None:
    assert values.parse_instant(tapd_time(instant)) == instant


@given(st.dates(min_value=date(1971, 1, 1)))
def test_a_date_never_shifts(day: date) -> None:
    assert values.parse_date(day.isoformat()) == day.isoformat()
    assert values.parse_date(f"{day.isoformat()} 00:00:00") == day.isoformat()
    assert values.parse_date(f"{day.isoformat()} 23:59:59") == day.isoformat()


@pytest.mark.parametrize("text", ["1970-01-01", "2026-02-30", "明天", "2026/02/11"])
def test_a_sentinel_or_a_word_is_no_date(text: str) -> None:
    assert values.parse_date(text) is None


@given(st.one_of(st.none(), st.text()))
def test_no_text_makes_a_parser_raise(text: str | None) -> None:
    values.parse_instant(text)
    values.parse_date(text)
    values.parse_number(text)
    values.parse_link(text)
    values.parse_options(text)
    values.split_people(text)
    values.children(text)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("李雷;", ("李雷",)),
        ("李雷;韩梅梅;", ("李雷", "韩梅梅")),
        (";李雷;韩梅梅", ("李雷", "韩梅梅")),  # participator
        ("བསྟན་འཛིན;阿依古丽·買買提;", ("བསྟན་འཛིན", "阿依古丽·買買提")),
        ("李雷;;李雷; ", ("李雷",)),
        ("dev_a", ("dev_a",)),
    ],
)
def test_people_are_split_from_their_semicolons(text: str, people: tuple[str, ...]) -> None:
    assert values.split_people(text) == people


def test_children_are_read_and_the_bar_alone_means_none() -> None:
    assert values.children("||1158210347001000321|1158210347001000322") == (
        "1158210347001000321",
        "1158210347001000322",
    )
    assert values.children("|") == values.children("") == values.children(None) == ()


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("0", None),
        (0, None),
        ("-1", None),
        ("|", None),
        ("1158210347001000045",) * 2,
        (1158210347001000045, "1158210347001000045"),
    ],
)
def test_sentinels_link_to_nothing(value: object, link: str | None) -> None:
    assert values.parse_link(value) == link


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("16", 16.0),
        ("-6.5", -6.5),
        ("0", 0.0),
        (3, 3.0),
        ("", None),
        (None, None),
        ("三", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
    ],
)
def test_numbers_are_read_from_strings(value: object, number: float | None) -> None:
    assert values.parse_number(value) == number


CASCADE = [
    {"name": "华东", "children": [{"name": "上海"}, {"name": "杭州", "children": []}]},
    {"name": "海外"},
]
CASCADED = [
    ("华东", "华东", None),
    ("上海", "上海", "华东"),
    ("杭州", "杭州", "华东"),
    ("海外", "海外", None),
]


@pytest.mark.parametrize(
    ("options", "parsed"),
    [
        ('{"1":"高","2":"低"}', [("1", "高", None), ("2", "低", None)]),
        ({"planning": "规划中"}, [("planning", "规划中", None)]),
        ("紧急|一般|🐢 不急", [(o, o, None) for o in ("紧急", "一般", "🐢 不急")]),
        (json.dumps(CASCADE), CASCADED),
        (CASCADE, CASCADED),
        (["甲", "乙", ""], [("甲", "甲", None), ("乙", "乙", None)]),
        ([{"value": "9", "label": "S3 迭代", "panel": 1}], [("9", "S3 迭代", None)]),
        ('{"1":"高"', [('{"1":"高"',) * 2 + (None,)]),
        ([], []),
        ({}, []),
        ("", []),
        (None, []),
        ("[]", []),
        ("{}", []),
        (7, []),
        ([{"children": [{"name": "x"}]}, None, {"name": None}], []),
    ],
)
def test_options_are_read_in_every_encoding(options: Any, parsed: list[values.Option]) -> None:
    assert values.parse_options(options) == parsed


def test_a_cascade_of_any_depth_is_read() -> None:
    node: dict[str, Any] = {"name": "0"}
    for depth in range(1, 3_000):
        node = {"name": str(depth), "children": [node]}
    assert len(values.parse_options([node])) == 3_000
