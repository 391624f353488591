"""The requirements of a home: kept by hand, and read from files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from taplens.errors import ArgumentError, ConfigurationError, ExportError, NotFoundError
from taplens.evaluate import knowledge
from taplens.evaluate.knowledge import Knowledge, Landed
from taplens.evaluate.labelled import parts_of
from taplens.evaluate.model import Requirement
from taplens.evaluate.requirement_files import read_file

STORY = Requirement(id="1150311786001000101", title="支付收银台", description="余额不足要提示")


@pytest.fixture
def kept(tmp_path: Path) -> Knowledge:
    return Knowledge(tmp_path / "home")


def test_what_is_added_is_read_again_and_given_an_id_where_it_has_none(kept: Knowledge) -> None:
    assert kept.all() == ()
    kept.add(STORY)
    made = [kept.add(Requirement(id="", title=title)) for title in ("发票 🧾", "ꆈꌠ 登录")]
    assert [one.id for one in made] == ["R1", "R2"]
    assert kept.all() == (STORY, *made)
    assert "发票 🧾" in kept.path.read_text(encoding="utf-8")


def test_one_is_found_by_its_id_or_as_people_shorten_it(kept: Knowledge) -> None:
    kept.add(STORY)
    assert [kept.one(name) for name in (STORY.id, "1000101", " #1000101 ")] == [STORY] * 3
    with pytest.raises(NotFoundError):
        kept.one("1000102")


def test_fields_are_changed_and_the_others_stay(kept: Knowledge) -> None:
    kept.add(STORY)
    after = kept.edit("1000101", {"acceptance_criteria": "提示“余额不足”", "status": "规划中"})
    assert (after.title, after.description) == (STORY.title, STORY.description)
    assert kept.one(STORY.id) == after


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda kept: kept.add(Requirement(id="", title="  ")), "requirement_lacks"),
        (lambda kept: kept.add(STORY), "requirement_exists"),
        (lambda kept: kept.edit("1000101", {"title": ""}), "requirement_lacks"),
        (lambda kept: kept.edit("1000101", {"title": "长" * 501}), "requirement_long"),
        (lambda kept: kept.edit("1000101", {"id": "R1"}), "requirement_exists"),
        (lambda kept: kept.remove(["R1", "没有"]), "requirement_unknown"),
        (lambda kept: kept.land([Requirement(id="R9", title="")]), "requirement_lacks"),
        (lambda kept: kept.land([Requirement(id="", title=f"{n}") for n in range(10_001)]),
         "requirements_full"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_changes_nothing(
    kept: Knowledge, change: Callable[[Knowledge], Any], code: str
) -> None:
    kept.add(STORY)
    kept.add(Requirement(id="R1", title="发票"))
    before = kept.path.read_bytes()
    with pytest.raises((ArgumentError, NotFoundError)) as caught:
        change(kept)
    assert caught.value.code == code
    assert kept.path.read_bytes() == before
    assert [one for one in kept.path.parent.iterdir() if one.suffix != ".lock"] == [kept.path]


def test_more_than_could_be_read_again_is_not_written(
    kept: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add(STORY)
    monkeypatch.setattr(knowledge, "_MOST_BYTES", 300)
    with pytest.raises(ArgumentError) as caught:
        kept.add(Requirement(id="", title="发票", description="长" * 100))
    assert caught.value.code == "requirements_large"
    assert kept.all() == (STORY,)


def test_what_is_removed_or_cleared_is_gone(kept: Knowledge) -> None:
    kept.land([STORY, Requirement(id="", title="发票"), Requirement(id="", title="登录")])
    assert [one.title for one in kept.remove(["R1", "1000101"])] == ["发票", "支付收银台"]
    assert [one.title for one in kept.all()] == ["登录"]
    assert (kept.clear(), kept.all()) == (1, ())


def test_landing_again_adds_nothing_twice(kept: Knowledge) -> None:
    told = [STORY, Requirement(id="", title="发票"), Requirement(id="", title="Ｌｏｇｉｎ")]
    assert kept.land(told) == Landed(added=3)
    changed = [
        STORY,
        Requirement(id="", title="发票", status="已实现"),
        Requirement(id="", title="login"),
    ]
    assert kept.land(
        [*changed, Requirement(id="", title="退款", description="长" * 30_000)]
    ) == Landed(added=1, changed=2, same=1, cut=1)
    assert [one.id for one in kept.all()] == [STORY.id, "R1", "R2", "R3"]
    assert len(kept.one("R3").description) == 20_000


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Requirement,
            id=st.one_of(st.just(""), st.text("R123甲", min_size=1, max_size=3)),
            title=st.text(min_size=1, max_size=8).filter(str.strip),
            description=st.text(max_size=30),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_whatever_lands_can_be_read_and_ids_are_never_double(
    tmp_path_factory: pytest.TempPathFactory, told: list[Requirement]
) -> None:
    kept = Knowledge(tmp_path_factory.mktemp("home"))
    kept.land(told)
    found = kept.all()
    assert len({one.id for one in found}) == len(found)
    assert {one.id.strip() for one in told} - {""} <= {one.id for one in found}
    assert kept.land(found) == Landed(same=len(found))


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[1]", '[{"id": "a"}]', '[{"id": "a", "title": "b", "owner": "c"}]',
     '[{"id": "a", "title": 1}]', '[{"id": "a", "title": "b"}, {"id": "a", "title": "c"}]',
     "[" * 100_000],
)  # fmt: skip
def test_a_file_that_was_spoilt_is_told_and_left_alone(kept: Knowledge, text: str) -> None:
    kept.path.parent.mkdir()
    kept.path.write_text(text, encoding="utf-8")
    for call in (kept.all, lambda: kept.add(STORY)):
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert str(kept.path) in caught.value.message("zh")
    assert kept.path.read_text(encoding="utf-8") == text


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x", encoding="utf-8")
    with pytest.raises((ConfigurationError, ExportError)):
        Knowledge(tmp_path / "home").add(STORY)


def test_lines_that_begin_with_their_part_are_kept_apart() -> None:
    text = (
        "下单后付款。\n优先级：高\n【验收标准】\n1. 提示：余额不足\n2. 订单不变\n业务价值：少投诉"
    )
    assert parts_of(text) == {
        "description": "下单后付款。\n优先级：高",
        "acceptance_criteria": "1. 提示：余额不足\n2. 订单不变",
        "business_value": "少投诉",
    }


def _sheet(path: Path, *rows: list[Any]) -> Path:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def test_requirements_are_rows_of_a_sheet(tmp_path: Path) -> None:
    path = _sheet(
        tmp_path / "需求.xlsx", ["导出于 2025-03-01"], ["ID", "标题", "优先级", "验收条件", "工时"],
        ["1150311786001000101", "支付收银台", "High", "提示余额不足", 3], [], ["", "", "Low"],
        [None, "发票", None, None, None],
    )  # fmt: skip
    found = read_file(path)
    assert found.requirements == (
        Requirement(id="1150311786001000101", title="支付收银台", priority="High",
                    acceptance_criteria="提示余额不足"),
        Requirement(id="", title="发票"),
    )  # fmt: skip
    assert (found.untitled, found.rounded) == ((5,), 0)


def test_an_id_that_is_a_number_is_told_to_be_wrong(tmp_path: Path) -> None:
    path = _sheet(tmp_path / "x.xlsx", ["ID", "标题"], [1150311786001000101, "甲"], [1000101, "乙"])
    found = read_file(path)
    assert found.rounded == 1
    assert found.requirements[1].id == "1000101"


def test_requirements_are_rows_of_a_csv_file_by_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("故事;要做什么\n支付收银台;余额不足要提示\n".encode("gb18030"))
    found = read_file(path, mapping={"title": "故事", "description": "要做什么"})
    assert found.requirements == (
        Requirement(id="", title="支付收银台", description="余额不足要提示"),
    )


def test_requirements_are_sections_and_tables_of_a_word_document(tmp_path: Path) -> None:
    made = docx.Document()
    made.add_paragraph("修订记录")  # before the first heading
    made.add_heading("商城需求", 1)  # only holds others
    made.add_heading("支付收银台", 2)
    made.add_paragraph("余额不足要提示。")
    made.add_paragraph("优先级：高\n创建人: 张三")
    made.add_heading("验收标准", 3)  # the label of a part, no requirement
    made.add_paragraph("弹出“余额不足”", style="List Bullet")
    made.add_heading("发票", 2)
    table = made.add_table(2, 2)
    for row, texts in zip(table.rows, (("业务价值", "合规"), ("抬头", "必填")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    made.add_heading("登录", 1)  # says nothing more
    made.add_heading("清单", 1)  # only holds a table of requirements
    table = made.add_table(2, 3)
    for row, texts in zip(
        table.rows, (("编号", "名称", "描述"), ("REQ-7", "退款", "原路退回")), strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    path = tmp_path / "需求.docx"
    made.save(str(path))
    assert read_file(path).requirements == (
        Requirement(id="", title="支付收银台", description="余额不足要提示。", priority="高",
                    creator="张三", acceptance_criteria="弹出“余额不足”"),
        Requirement(id="", title="发票", business_value="合规\n抬头：必填"),
        Requirement(id="", title="登录"),
        Requirement(id="REQ-7", title="退款", description="原路退回"),
    )  # fmt: skip


def _refused(path: Path) -> str:
    with pytest.raises(ArgumentError) as caught:
        read_file(path)
    return str(caught.value.code)


def test_files_that_hold_no_requirements_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.docx").write_text("需求", encoding="utf-8")
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    _sheet(tmp_path / "book.xlsx", ["ID", "标题"]).rename(tmp_path / "book.docx")
    _sheet(tmp_path / "hours.xlsx", ["日期", "工时"])
    _sheet(tmp_path / "double.xlsx", ["ID", "标题"], ["7", "甲"], ["7", "乙"])
    docx.Document().save(str(tmp_path / "empty.docx"))
    with (
        zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        for _ in range(160):
            part.write(bytes(1 << 20))
    whole = docx.Document()
    whole.add_heading("支付", 1)
    whole.save(str(tmp_path / "whole.docx"))
    with zipfile.ZipFile(tmp_path / "whole.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "whole.docx").unlink()
    with zipfile.ZipFile(tmp_path / "cut.docx", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part[:900] if name == "word/document.xml" else part)
    assert {path.name: _refused(path) for path in tmp_path.iterdir()} == {
        "text.docx": "sheet_format", "old.docx": "sheet_locked", "x.pdf": "sheet_format",
        "book.docx": "sheet_format", "hours.xlsx": "requirements_none",
        "double.xlsx": "requirements_doubled", "empty.docx": "requirements_none",
        "bomb.docx": "sheet_too_large", "cut.docx": "sheet_damaged",
    }  # fmt: skip


def test_the_file_is_one_that_a_team_can_read(kept: Knowledge) -> None:
    kept.add(STORY)
    told = json.loads(kept.path.read_text(encoding="utf-8"))
    assert told == [{"id": STORY.id, "title": "支付收银台", "description": "余额不足要提示"}]
