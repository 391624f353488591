"""Files that are read back hold what was written, and are whole or not there."""

from __future__ import annotations

import csv
import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taplens.errors import ExportError
from taplens.tables import Cell, Destination, Link, Saved, Table, save
from taplens.tables.csv_file import CsvWriter, harmless
from taplens.tables.xlsx_file import MOST_CHARACTERS

HEADS = ("标题", "编号", "ID", "数量", "创建时间", "截止", "标签", "是否", "空")
CREATED, DUE = datetime.fromisoformat("2026-03-01 09:30:05"), date(2026, 3, 20)
ADDRESS = "https://www.tapd.cn/58210347/bugtrace/bugs/view/1158210347001000001"
ROW: list[Cell] = [
    "支付，“超时”🎉\n第二行\t列", 2**53 + 1, Link("1158210347001000001", ADDRESS), 2.5,
    CREATED, DUE, ["阻塞", "待讨论"], True, None,
]  # fmt: skip


def written(
    tmp_path: Path, rows: list[list[Cell]], kind: Any, heads: Any = HEADS, **more: Any
) -> tuple[Path, Saved]:
    path = tmp_path / f"表 1.{kind}"
    return path, save(Table("条目", heads, rows, **more), [Destination(kind, str(path))])


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def sheet(path: Path, name: str = "条目") -> Any:
    return openpyxl.load_workbook(path)[name]


def test_a_csv_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path, saved = written(tmp_path, [ROW], "csv")
    assert saved == Saved(1, 0)
    assert path.read_bytes().startswith("\ufeff标题".encode())
    assert path.read_bytes().endswith(b"\r\n")
    assert lines(path) == [
        list(HEADS),
        ["支付，“超时”🎉\n第二行\t列", str(2**53 + 1), "1158210347001000001", "2.5",
         "2026-03-01 09:30:05", "2026-03-20", "阻塞; 待讨论", "true", ""],
    ]  # fmt: skip


def test_a_workbook_is_read_back_with_the_kinds_of_its_cells(tmp_path: Path) -> None:
    path, saved = written(tmp_path, [ROW], "xlsx")
    assert saved == Saved(1, 0)
    found = sheet(path)
    assert [cell.value for cell in found[1]] == list(HEADS)
    assert [cell.value for cell in found[2]] == [
        "支付，“超时”🎉\n第二行\t列", str(2**53 + 1), "1158210347001000001", 2.5,
        CREATED, datetime.fromisoformat(DUE.isoformat()), "阻塞; 待讨论", True, None,
    ]  # fmt: skip
    assert found["E2"].is_date
    assert found["E2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert found["F2"].number_format == "yyyy-mm-dd"
    assert found["C2"].hyperlink.target == ADDRESS
    assert found["C2"].data_type == "s"
    assert found.freeze_panes == "A2"
    assert found.auto_filter.ref == "A1:I2"


def test_columns_are_wide_enough_for_chinese_and_never_too_wide(tmp_path: Path) -> None:
    path, _ = written(tmp_path, [["支付超时之后", "a" * 20, "支" * 500]], "xlsx", ("甲", "b", "丙"))
    columns = sheet(path).column_dimensions
    widths = [columns[letter].width for letter in "ABC"]
    assert widths == pytest.approx([14.7, 22.7, 62.7], abs=0.1)


def test_the_second_sheet_says_what_the_first_is(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "zh")
    told = [("筛选条件", "=type:bug 客户:ACME"), ("数据截至", "2026-03-31T10:00:00+08:00")]
    path, _ = written(tmp_path, [ROW], "xlsx", about=told)
    found = sheet(path, "说明")
    assert [tuple(cell.value for cell in row) for row in found.iter_rows()] == told
    assert found["B1"].data_type == "s"


FORMULAS = [
    "=1+1",
    "+SUM(A1)",
    "-2+3",
    "@x",
    "\tx",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋x",
    '=HYPERLINK("x")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_none(tmp_path: Path, text: str) -> None:
    path, _ = written(tmp_path, [[text]], "csv", (text,))
    assert lines(path) == [[f"'{text}"], [f"'{text}"]]
    path, _ = written(tmp_path, [[text]], "xlsx", ("标题",))
    cell = sheet(path)["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("_x000D_", "\r") == text  # which only Excel itself undoes


@pytest.mark.parametrize("text", ["-5", "+8613800000000", "-2.50", "a=b", "", "－", "1-2"])
def test_numbers_and_plain_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == ("'－" if text == "－" else text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -(2**60), date(1, 1, 1)])
def test_what_excel_cannot_hold_as_a_number_is_text(tmp_path: Path, value: Cell) -> None:
    path, _ = written(tmp_path, [[value]], "xlsx", ("a",))
    assert sheet(path)["A2"].data_type == "s"


def test_a_long_text_is_whole_up_to_excels_limit(tmp_path: Path) -> None:
    texts: list[list[Cell]] = [["长" * length] for length in (20_000, MOST_CHARACTERS, 40_000)]
    path, saved = written(tmp_path, texts, "xlsx", ("a",))
    assert saved.cut == 1
    found = [sheet(path)[f"A{row}"].value for row in (2, 3, 4)]
    assert found[:2] == [texts[0][0], texts[1][0]]
    assert found[2] == "长" * (MOST_CHARACTERS - 1) + "…"
    path, saved = written(tmp_path, texts, "csv", ("a",))
    assert saved.cut == 0
    assert len(lines(path)[3][0]) == 40_000


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_empty_table_has_its_head(tmp_path: Path, kind: str) -> None:
    path, saved = written(tmp_path, [], kind)
    assert saved.rows == 0
    if kind == "csv":
        assert lines(path) == [list(HEADS)]
    else:
        assert [cell.value for cell in sheet(path)[1]] == list(HEADS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_characters_that_no_file_can_hold_break_nothing(tmp_path: Path, kind: str) -> None:
    path, _ = written(tmp_path, [["a\x00b\x0b\ud800c\ufffe", "_x000D_"]], kind, ("a", "b"))
    if kind == "csv":
        assert lines(path)[1][1] == "_x000D_"
    else:
        row = [cell.value for cell in sheet(path)[2]]
        assert row[0] == "a\ufffdb\ufffd\ufffdc\ufffd"
        with zipfile.ZipFile(path) as book:
            assert b"_x005F_x000D_" in book.read("xl/worksheets/sheet1.xml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_from_csv(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    writer = CsvWriter(file, Table("t", ("a", "b"), ()))
    for row in rows:
        writer.add(row)
    found = list(csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True))[1:]
    for given_row, read in zip(rows, found, strict=True):
        for text, cell in zip(given_row, read, strict=True):
            assert cell.removeprefix("'") == text.replace("\0", "").removeprefix("'")


def test_both_files_come_from_one_pass(tmp_path: Path) -> None:
    places = [Destination("csv", str(tmp_path / "a.csv")), Destination("xlsx", str(tmp_path / "a"))]
    rows: Iterator[list[Cell]] = iter([["甲"], ["乙"]])
    told: list[int] = []
    assert save(Table("t", ("a",), rows), places, told.append).rows == 2
    assert told == [1, 2]
    assert lines(tmp_path / "a.csv")[1:] == [["甲"], ["乙"]]
    with (tmp_path / "a").open("rb") as file:
        assert openpyxl.load_workbook(file)["t"]["A3"].value == "乙"


def _interrupted() -> Iterator[list[Cell]]:
    yield ["甲"]
    raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("before", [None, b"as it was"])
def test_an_interrupt_leaves_nothing_half(tmp_path: Path, kind: Any, before: Any) -> None:
    path = tmp_path / "a.file"
    if before:
        path.write_bytes(before)
    with pytest.raises(KeyboardInterrupt):
        save(Table("t", ("a",), _interrupted()), [Destination(kind, str(path))])
    assert [one.read_bytes() for one in tmp_path.iterdir()] == ([before] if before else [])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_is_there_is_replaced_and_keeps_its_rights(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "a.file"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    save(Table("t", ("a",), [["甲"]]), [Destination(kind, str(link))])
    assert path.read_bytes() != b"old"
    assert link.is_symlink()
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o640
    assert {one.name for one in tmp_path.iterdir()} == {"a.file", "link"}


def _refused(path: Path, kind: Any = "csv", rows: Any = ()) -> ExportError:
    with pytest.raises(ExportError) as caught:
        save(Table("t", ("a",), rows), [Destination(kind, str(path))])
    assert caught.value.message("zh")
    assert caught.value.mend("en")
    assert caught.value.exit_code == 2
    return caught.value


def test_a_missing_folder_a_folder_and_a_device_are_told(tmp_path: Path) -> None:
    assert _refused(tmp_path / "none" / "a.csv").code == "export_folder_missing"
    assert _refused(tmp_path).code == "export_not_a_file"
    if sys.platform != "win32":
        assert _refused(Path(os.devnull)).code == "export_not_a_file"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_another_program_holds_open_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def held(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "The process cannot access the file")  # as Windows says

    monkeypatch.setattr(Path, "replace", held)
    assert _refused(tmp_path / "a.csv", kind).code == "export_not_permitted"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_name_too_long_for_the_disk_is_told(tmp_path: Path, kind: str) -> None:
    assert _refused(tmp_path / ("长" * 300), kind).code == "export_not_written"


def test_more_rows_than_a_sheet_holds_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taplens.tables.xlsx_file.MOST_ROWS", 3)
    rows: Callable[[int], list[list[Cell]]] = lambda count: [["甲"]] * count  # noqa: E731
    assert written(tmp_path, rows(2), "xlsx", ("a",))[1].rows == 2
    assert _refused(tmp_path / "b.xlsx", "xlsx", rows(3)).code == "export_too_long"


def test_more_links_than_excel_takes_are_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taplens.tables.xlsx_file._MOST_LINKS", 1)
    path, _ = written(tmp_path, [[Link("1", ADDRESS)], [Link("2", ADDRESS)]], "xlsx", ("a",))
    found = sheet(path)
    assert found["A2"].hyperlink.target == ADDRESS
    assert (found["A3"].hyperlink, found["A3"].value) == (None, "2")
