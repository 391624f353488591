"""Found items come as light rows in the team's words, page by page."""

from __future__ import annotations

import pytest

from taplens.errors import ArgumentError
from tests.mirror.reads.asking import found, refused
from tests.mirror.reads.builders import ITERATIONS, ME, NOW, SCOPE, instant, long_id


def test_a_row_speaks_the_teams_words_beside_tapds_keys(team) -> None:
    (row,) = found(team, "type:story id:1000321").rows
    assert (row.type, row.id, row.number) == ("story", long_id(1000321), 1000321)
    assert row.title == "订单导出为 CSV 文件"
    assert (row.status, row.status_label, row.is_open) == ("status_3", "测试中", True)
    assert (row.priority, row.priority_label) == ("High", "High")
    assert set(row.owners) == {ME, "zhangwei"}
    assert (row.iteration, row.iteration_id) == ("2026-S2", ITERATIONS[2])
    assert set(row.labels) == {"阻塞", "待讨论"}
    assert row.created == instant("2026-02-03 09:41:07")
    assert (row.due, row.removed, row.fetched_at) == ("2026-03-20", None, NOW)
    assert {name: set(values) for name, values in row.customs.items()} == {
        "客户": {"ACME"},
        "渠道": {"线上", "线下"},
        "耗时": {"2.5"},
        "上线日": {"2026-04-01"},
    }


def test_a_bug_shows_its_severity_and_its_deadline_where_it_has_no_due_date(team) -> None:
    urgent, normal = (found(team, f"type:bug id:{number}").rows[0] for number in (1000321, 1000513))
    assert (urgent.severity, urgent.severity_label) == ("fatal", "致命")
    assert (urgent.priority, urgent.priority_label) == ("urgent", "紧急")
    assert (urgent.due, normal.due) == ("2026-03-25", "2026-03-01")
    assert normal.owners == ()


def test_pages_joined_are_the_whole_in_its_order(team) -> None:
    whole = found(team, "sort:-created", limit=200)
    pages = [found(team, "sort:-created", limit=2, offset=offset) for offset in range(0, 10, 2)]
    assert [row.id for page in pages for row in page.rows] == [row.id for row in whole.rows]
    assert {page.total for page in pages} == {whole.total} == {9}


def test_a_page_beyond_the_end_is_empty_and_still_says_the_total(team) -> None:
    result = found(team, "", limit=5, offset=100)
    assert (result.total, result.rows) == (9, [])


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": -1}, {"limit": 201}, {"offset": -1}])
def test_limits_out_of_range_are_refused(team, page) -> None:
    with pytest.raises(ArgumentError) as caught:
        found(team, "", **page)
    assert caught.value.message("zh")
    assert caught.value.mend("en")


def test_a_filter_on_an_empty_scope_finds_nothing(team) -> None:
    from dataclasses import replace

    assert found(team, "", replace(SCOPE, workspace_ids=("99999999",))).total == 0


def test_hostile_text_is_only_ever_text(team) -> None:
    for text in ("' OR 1=1 --", '%"; DROP TABLE item; --', "\\", "^-", "[a-z]", "a\u0000b"):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        assert found(team, f'"{quoted}"').total == 0
        assert found(team, f'客户:"{quoted}" type:bug').total == 0
    assert refused(team, 'severity:"\' OR 1=1 --"').code == "unknown_value"
