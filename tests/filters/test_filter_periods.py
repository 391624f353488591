"""A question's time is found in passing, whatever stands around it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import WORKSPACE_ZONE, day_of
from taplens.filters import period_in

NOW = int(datetime(2026, 3, 18, 10, 30, tzinfo=WORKSPACE_ZONE).timestamp())


def days(text: str) -> tuple[str, str, str] | None:
    found = period_in(text, NOW)
    if found is None:
        return None
    return day_of(found.start).isoformat(), day_of(found.end - 1).isoformat(), found.rest


@pytest.mark.parametrize(
    ("text", "first", "last", "rest"),
    [
        ("who fixed the login crash last June", "2025-06-01", "2025-06-30",
         "who fixed the login crash"),
        ("crash in last  month on iOS", "2026-02-01", "2026-02-28", "crash on iOS"),
        ("since May login fails", "2025-05-01", "2026-03-18", "login fails"),
        ("June 2025 crash", "2025-06-01", "2025-06-30", "crash"),
        ("past 7 days 白屏", "2026-03-12", "2026-03-18", "白屏"),
        ("two crashes 3 days ago", "2026-03-15", "2026-03-15", "two crashes"),
        ("上周登录闪退的缺陷", "2026-03-09", "2026-03-15", "登录闪退的缺陷"),
        ("谁在上个月修复了闪退", "2026-02-01", "2026-02-28", "谁 修复了闪退"),
        ("去年六月份的支付超时🎉", "2025-06-01", "2025-06-30", "支付超时🎉"),
        ("最近30天的白屏", "2026-02-17", "2026-03-18", "白屏"),
        ("２０２６年２月 导出失败", "2026-02-01", "2026-02-28", "导出失败"),
        ("2026年2月 导出失败", "2026-02-01", "2026-02-28", "导出失败"),
        ("上周五以来 ᠮᠣᠩᠭᠣᠯ 的登录", "2026-03-13", "2026-03-18", "ᠮᠣᠩᠭᠣᠯ 的登录"),
    ],
)  # fmt: skip
def test_the_time_is_found_and_taken_out(text: str, first: str, last: str, rest: str) -> None:
    assert days(text) == (first, last, rest)


@pytest.mark.parametrize(
    "text",
    ["may crash on start", "ORDER-2024-06 error", "version 2024", "mayday in Marchtown", "周期",
     "2026-13-01 导出", "", "march"],
)  # fmt: skip
def test_what_only_looks_like_a_time_is_a_word(text: str) -> None:
    assert days(text) is None


@given(st.text(max_size=80), st.sampled_from(["上周", "yesterday", "最近两周", "last June"]))
def test_whatever_stands_around_it_the_text_stays(before: str, time: str) -> None:
    found = period_in(f"{before} ， {time} ，", NOW)
    assert found is not None
    assert found.start < found.end
    assert len(found.rest) <= len(before) + 6
    assert day_of(found.start) > date(1899, 12, 30)
