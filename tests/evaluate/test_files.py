"""Cases from files of every usual kind, and what is told of those that are none."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from taplens.documents import sheets
from taplens.errors import ArgumentError, ExportError
from taplens.evaluate import workbook
from taplens.evaluate.columns import CASES, placed, read_mapping
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.model import Requirement
from taplens.evaluate.reading import read_cases
from taplens.evaluate.rules import DEFAULT

HEADS = ["用例ID", "UUID", "用例标题", "用例目录", "是否自动化", "等级", "前置条件", "步骤描述类型",
         "步骤描述", "预期结果", "备注"]  # fmt: skip
ROW = ["TC1", "u-1", "余额不足时下单", "支付", "否", "P1", "余额为 0", "文本", "1. 点击结算",
       "弹出“余额不足”", "ＡＢ🐟"]  # fmt: skip


def book(path: Path, *rows: list[Any], title: str = "用例", before: int = 0) -> Path:
    made = Workbook()
    page = made.active
    page.title = title
    for row in [*([["说明"]] * before), HEADS, *rows]:
        page.append(row)
    made.save(path)
    return path


def test_every_column_of_tapds_sheet_is_read_and_unknown_ones_are_kept(tmp_path: Path) -> None:
    found = read_cases(book(tmp_path / "用例.xlsx", ROW, before=2))
    (case,) = found.cases
    assert (case.id, case.uuid, case.title, case.folder) == ("TC1", "u-1", "余额不足时下单", "支付")
    assert (case.automated, case.priority, case.precondition) == ("否", "P1", "余额为 0")
    assert (case.steps_kind, case.steps, case.expected) == ("文本", "1. 点击结算", "弹出“余额不足”")
    assert case.other == {"备注": "ＡＢ🐟"}
    assert (found.name, found.head, case.place) == ("用例", 3, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_in_its_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "cases.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(
            [HEADS, [*ROW[:8], "1. 甲\n2. 乙", *ROW[9:]]]
        )
    (case,) = read_cases(path).cases
    assert (case.title, case.steps) == ("余额不足时下单", "1. 甲\n2. 乙")


@pytest.mark.parametrize(
    ("heads", "part", "place"),
    [
        (["编号", "*用例标题（必填）", "步骤", "预期"], "title", 1),
        (["Case ID", "Title", "Test steps", "Expected result"], "expected", 3),
        (["用例名称", "操作步骤", "期望结果", "优先级"], "priority", 3),
        (["用例标题 ", "步骤描述内容", "预期结果"], "steps", 1),
        (["标题", "所属需求", "步骤", "预期"], "requirement", 1),
    ],
)
def test_headings_are_known_by_near_names(heads: list[str], part: str, place: int) -> None:
    assert placed(heads, CASES)[part] == place


def test_a_mapping_says_what_stands_for_what(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('title = "验证点"\nexpected = "应当"\n', encoding="utf-8")
    made = Workbook()
    for row in (["验证点", "怎么做", "应当"], ["下单", "1. 点", "成功页"]):
        made.active.append(row)
    made.save(tmp_path / "x.xlsx")
    told = read_mapping(mapping, CASES)
    (case,) = read_cases(tmp_path / "x.xlsx", mapping=told).cases
    assert (case.title, case.expected, case.other) == ("下单", "成功页", {"怎么做": "1. 点"})
    with pytest.raises(ArgumentError) as caught:
        read_cases(tmp_path / "x.xlsx", mapping=told | {"steps": "没有"})
    assert "验证点" in caught.value.message("zh")


def test_merged_cells_empty_rows_formulas_and_doubled_ids_are_seen_to(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    made = Workbook()
    page = made.active
    for row in (HEADS, ROW, ["TC1", "", "另一条", "", "", "P0", "", "", "1. 甲", "乙"], [], [],
                ["TC3", "", "=A2", "", "", "P0", "", "", "1. 丙", "丁"]):  # fmt: skip
        page.append(row)
    page.merge_cells("D2:D3")
    made.save(path)
    found = read_cases(path)
    assert [case.folder for case in found.cases] == ["支付", "支付", ""]
    assert found.doubled == (("TC1", (2, 3)),)
    assert (found.empty, found.uncounted) == (2, 1)
    assert [case.place for case in found.cases] == [2, 3, 6]


def test_a_row_without_an_id_is_called_by_its_place(tmp_path: Path) -> None:
    found = read_cases(book(tmp_path / "x.xlsx", ["", "", *ROW[2:]], ["", "u-2", *ROW[2:]]))
    assert [case.id for case in found.cases] == ["#2", "u-2"]


def _refused(path: Path, **asked: Any) -> str:
    with pytest.raises(ArgumentError) as caught:
        read_cases(path, **asked)
    return str(caught.value.code)


def test_what_is_no_sheet_of_cases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 2_000)
    (tmp_path / "text.xlsx").write_text("用例", encoding="utf-8")
    (tmp_path / "empty.xlsx").write_bytes(b"")
    (tmp_path / "cases.docx").write_text("x", encoding="utf-8")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xff\x80\x00\xff")
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    made = Workbook()
    made.active.append(["日期", "工时"])
    made.create_sheet("说明")
    made.save(tmp_path / "hours.xlsx")
    told = {path.name: _refused(path) for path in tmp_path.iterdir()}
    assert told == {
        "locked.xlsx": "sheet_locked", "text.xlsx": "sheet_format", "empty.xlsx": "sheet_format",
        "cases.docx": "sheet_format", "bytes.csv": "sheet_encoding", "other.xlsx": "sheet_format",
        "hours.xlsx": "cases_none",
    }  # fmt: skip
    assert _refused(tmp_path / "none.xlsx") == "sheet_unreadable"
    assert _refused(book(tmp_path / "x.xlsx", ROW), sheet="别的") == "sheet_unknown"


def _changed(tmp_path: Path, change: Callable[[bytes], bytes], *rows: list[Any]) -> Path:
    """A workbook whose sheet's own XML is changed."""
    path = tmp_path / "changed.xlsx"
    with (
        zipfile.ZipFile(book(tmp_path / "whole.xlsx", *rows)) as whole,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for name in whole.namelist():
            part = whole.read(name)
            changed.writestr(name, change(part) if name.endswith("sheet1.xml") else part)
    return path


CELL = b'<row r="9"><c r="A9" t="%s"><v>%s</v></c></row></sheetData>'
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10)
) + b"]>"  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part[: len(part) // 2],
        lambda part: part.replace(b"</sheetData>", CELL % (b"s", b"999999")),  # not in the file
        lambda part: part.replace(b"</sheetData>", CELL % (b"n", b"x")),
        lambda part: BOMB + part.replace(b"</sheetData>", b"&k;</sheetData>"),
    ],
)
def test_a_damaged_sheet_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    assert _refused(_changed(tmp_path, change, ROW)) == "sheet_damaged"


def test_bytes_that_do_not_unpack_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "x.xlsx", ROW)
    data = path.read_bytes()
    begin = data.index(b"sheet1.xml") + 20
    path.write_bytes(data[:begin] + bytes(20) + data[begin + 20 :])
    assert _refused(path) == "sheet_damaged"


@pytest.mark.parametrize("size", [b"A1", b"A1:XFD1048576"])
def test_rows_are_read_whatever_a_file_says_of_its_size(tmp_path: Path, size: bytes) -> None:
    def resized(part: bytes) -> bytes:
        told = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % size, part)
        far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'  # only a format
        return told.replace(b"</sheetData>", far)

    (case,) = read_cases(_changed(tmp_path, resized, ROW)).cases
    assert (case.title, case.expected) == ("余额不足时下单", "弹出“余额不足”")


def test_merged_cells_that_cover_more_than_there_is_cost_nothing(tmp_path: Path) -> None:
    def covered(part: bytes) -> bytes:
        merged = b'<mergeCell ref="A2:XFD1048576"/>' * 20_000
        return part.replace(b"</sheetData>", b"</sheetData><mergeCells>%s</mergeCells>" % merged)

    assert len(read_cases(_changed(tmp_path, covered, *[ROW] * 300)).cases) == 300


@pytest.mark.parametrize(("text", "code"), [(b"", ""), (b"x", "sheet_too_wide")])
def test_a_cell_far_to_the_right_counts_where_it_has_a_text(
    tmp_path: Path, text: bytes, code: str
) -> None:
    cell = b'<c r="XFD%d" t="inlineStr"><is><t>%s</t></is></c>'

    def widened(part: bytes) -> bytes:
        far = b"".join(b'<row r="%d">%s</row>' % (n, cell % (n, text)) for n in range(3, 900))
        return part.replace(b"</sheetData>", far + b"</sheetData>")

    path = _changed(tmp_path, widened, ROW)
    assert _refused(path) == code if code else len(read_cases(path).cases) == 1


def test_a_quotation_mark_that_is_not_closed_swallows_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('用例标题,步骤描述\n"下单,1. 点\n退款,1. 点\n', encoding="utf-8")
    assert _refused(path) == "sheet_quotes"


def test_a_csv_file_is_parted_as_its_headings_are(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("用例标题\t步骤描述\n下单\t1,2,3,4,5\n", encoding="utf-16")
    (case,) = read_cases(path).cases
    assert (case.title, case.steps) == ("下单", "1,2,3,4,5")


def test_what_would_be_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "x.xlsx", *[ROW] * 30)
    monkeypatch.setattr(sheets, "MOST_ROWS", 20)
    assert _refused(path) == "sheet_too_long"
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 2_000)
    assert _refused(path) == "sheet_too_large"
    monkeypatch.setattr(sheets, "MOST_BYTES", 1_000)
    assert _refused(path) == "sheet_too_large"


def _written(tmp_path: Path, *rows: list[Any], **asked: Any) -> tuple[Path, Any]:
    source = book(tmp_path / "cases.xlsx", *rows, before=1)
    made = load_workbook(source)
    made["用例"]["C3"].font = Font(bold=True, color="FF0000")
    made["用例"].column_dimensions["C"].width = 33
    made.save(source)
    read = read_cases(source)
    found = evaluate(read.cases, DEFAULT, **asked)
    out = tmp_path / "scored.xlsx"
    workbook.write(found, out, source=source, sheet=read.name, head=read.head, locale="zh")
    return source, load_workbook(out)


def test_scores_stand_beside_the_cases_whose_own_columns_are_untouched(tmp_path: Path) -> None:
    bad = ["TC2", "", "余额不足时下单二", "支付", "否", "P1", "", "文本", "点击\n结算", "功能正常"]
    source, told = _written(tmp_path, ROW, bad)
    before, after = load_workbook(source)["用例"], told["用例"]
    for row in before.iter_rows():
        for cell in row:
            assert after[cell.coordinate].value == cell.value
    assert after["C3"].font.color.rgb == "00FF0000"
    assert after.column_dimensions["C"].width == 33
    heads = [cell.value for cell in after[2]]
    assert heads[:11] == HEADS
    assert heads[11:14] == ["总分", "关联需求得分", "关联需求建议"]
    scores = dict(zip(heads, (cell.value for cell in after[4]), strict=True))
    assert (scores["步骤得分"], scores["预期结果得分"], scores["前置条件得分"]) == (8, 5, -1)
    assert "功能正常" in scores["预期结果建议"]
    assert scores["总分"] == 8.25  # title, steps, expected, priority
    assert after.conditional_formatting


def test_the_summary_and_the_coverage_are_sheets_of_their_own(tmp_path: Path) -> None:
    stories = [
        Requirement(id="1150311786001000101", title="=支付收银台"),
        Requirement(id="1150311786001000102", title="发票"),
    ]
    heads = len(HEADS)
    HEADS.append("关联需求")
    try:
        _, told = _written(tmp_path, [*ROW, "1000101"], [*ROW[:2], "另", *ROW[3:], "无"],
                           requirements=stories)  # fmt: skip
    finally:
        del HEADS[heads:]
    assert told.sheetnames == ["用例", "评估汇总", "需求覆盖"]
    rows = [[cell.value for cell in row] for row in told["需求覆盖"].iter_rows()]
    assert rows[1][:4] == ["1150311786001000101", "=支付收银台", 1, "TC1"]
    assert told["需求覆盖"]["B2"].data_type == "s"  # no formula
    assert rows[1][4] == "●"
    assert rows[2][2] == 0
    summary = [cell.value for row in told["评估汇总"].iter_rows() for cell in row]
    assert "1150311786001000102" in summary
    assert "P0" in summary


def test_a_workbook_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    found = evaluate([], DEFAULT)
    with pytest.raises(ExportError):
        workbook.write(
            found, tmp_path / "no" / "x.xlsx", source=None, sheet="", head=1, locale="en"
        )
    assert list(tmp_path.iterdir()) == []
