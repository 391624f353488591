"""Documents are read in their order, within bounds, or refused with a mend."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from openpyxl import Workbook

from taplens.documents import pdf_files, sheets
from taplens.documents.model import Document
from taplens.documents.reading import KINDS, read
from taplens.documents.telling import summary, to_markdown
from taplens.errors import ArgumentError, TapLensError

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "789c63f8ffff3f0005fe02fea7b1a5f60000000049454e44ae426082"
)
# Made by a program that writes PDFs, with the user's password "geheim" (RC4, 40 bits).
LOCKED = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    b"4 0 obj\n<</Filter/Standard/V 1/R 2/P -4"
    b"/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 + b">>>\nendobj\n"
    b"trailer\n<</Root 1 0 R/Encrypt 4 0 R/Size 5/ID[<" + b"11" * 16 + b"><11>]>>\n"
    b"startxref\n0\n%%EOF\n"
)


def word(path: Path) -> Path:
    made = docx.Document()
    made.add_heading("登录改版方案 🎁", 1)
    made.add_paragraph("支持扫码登录，全角１２３。")
    made.add_paragraph("")
    table = made.add_table(2, 2)
    for row, texts in zip(table.rows, (("条件", "行为"), ("有|无", "展示")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    made.add_picture(io.BytesIO(PIXEL))
    made.add_paragraph("阿依古丽·买买提负责。")
    made.save(str(path))
    return path


def pdf(path: Path, *texts: str) -> Path:
    with PdfPages(path) as pages:
        for text in texts:
            figure = Figure(figsize=(4, 3))
            if text:
                figure.text(0.1, 0.5, text, fontfamily="DejaVu Sans")
            else:
                axes = figure.add_axes((0, 0, 1, 1))
                axes.imshow([[0, 1], [1, 0]])
                axes.set_axis_off()
            pages.savefig(figure)
    return path


def test_a_word_document_is_read_in_its_order(tmp_path: Path) -> None:
    found = read(word(tmp_path / "方案.docx"))
    assert (found.title, found.kind) == ("登录改版方案 🎁", "docx")
    assert found.counts() == {"paragraphs": 3, "tables": 1, "pictures": 1, "pages": 0}
    markdown = to_markdown(found)
    assert markdown.startswith("# 登录改版方案 🎁\n\n支持扫码登录，全角１２３。\n\n| 条件 | 行为 |")
    assert "| 有\\|无 | 展示 |\n\n![图片: Picture" in markdown
    (picture,) = (one.picture for one in found.blocks if one.picture)
    assert picture.size == len(PIXEL)
    told = summary(found, 2)
    assert told.paragraphs == ((1, "登录改版方案 🎁"), (2, "支持扫码登录，全角１２３。"))
    assert told.total == 3


def test_a_pdf_is_read_page_by_page_and_pages_without_text_are_named(tmp_path: Path) -> None:
    found = read(pdf(tmp_path / "x.pdf", "First page\nsecond line 42", "", "Größe: 3 µm"))
    assert (found.pages, found.blank) == (3, (2,))
    assert found.counts()["pictures"] == 1
    markdown = to_markdown(found)
    assert markdown.index("[p. 1]") < markdown.index("second line 42") < markdown.index("[p. 2]")
    assert "Größe: 3 µm" in markdown


def test_a_pdf_speaks_chinese(tmp_path: Path) -> None:
    """The charts' own PDF can't be had: a file with a Chinese text that any reader shows."""
    text = "登录闪退"
    codes = text.encode("utf-16-be").hex()
    content = f"BT /F 12 Tf 10 50 Td <{codes}> Tj ET".encode()
    maps = "\n".join(f"<{ord(one):04x}> <{ord(one):04x}>" for one in text)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(text)} beginbfchar\n{maps}\nendbfchar\nendcmap end end"
    ).encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]"
        b"/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor"
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0"
        b"/Ascent 800/Descent -200/StemV 80>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    ]
    body = b"%PDF-1.7\n" + b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1)
    )
    path = tmp_path / "中文.pdf"
    path.write_bytes(body + b"trailer\n<</Root 1 0 R/Size 8>>\n%%EOF\n")
    assert text in to_markdown(read(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_markdown_is_read_by_its_marks_in_any_usual_encoding(
    tmp_path: Path, encoding: str
) -> None:
    text = (
        "# 标题\n\n段落一\n续行\n\n| a | b\\|c |\n| --- | :-: |\n| 1 | 2 |\n\n"
        "![图](x.png) 文字\n\n```\n# no heading\n\n| no | table |\n```\n## 小节 ##\n"
    )
    path = tmp_path / "x.md"
    path.write_text(text, encoding=encoding)
    found = read(path)
    assert [(one.level, one.text) for one in found.blocks if one.text] == [
        (1, "标题"),
        (0, "段落一\n续行"),
        (0, "文字"),
        (0, "```\n# no heading\n\n| no | table |\n```"),
        (2, "小节"),
    ]
    assert [one.rows for one in found.blocks if one.rows] == [[("a", "b|c"), ("1", "2")]]
    assert found.counts()["pictures"] == 1


def test_sheets_are_tables_under_their_names(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "用例"
    book.active.append(["标题", "结果"])
    book.create_sheet("说明").append(["共 1 条"])
    book.save(tmp_path / "x.xlsx")
    assert to_markdown(read(tmp_path / "x.xlsx")) == (
        "# 用例\n\n| 标题 | 结果 |\n| --- | --- |\n\n# 说明\n\n| 共 1 条 |\n| --- |"
    )


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"word/{number}.xml", b"\0" * (50 << 20))


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("x.docx", lambda path: path.write_bytes(b"not a zip"), "sheet_format"),
        ("x.docx", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0 old"), "sheet_locked"),
        ("x.docx", lambda path: zipfile.ZipFile(path, "w").close(), "sheet_format"),
        ("x.docx", bomb, "sheet_too_large"),
        ("x.doc", lambda path: path.write_bytes(b"x"), "sheet_format"),
        ("x.pdf", lambda path: path.write_bytes(b"no pdf"), "sheet_format"),
        ("x.pdf", lambda path: path.write_bytes(b"%PDF-1.7 and nothing else"), "document_damaged"),
        ("x.pdf", lambda path: path.write_bytes(LOCKED), "document_locked"),
        ("x.txt", lambda path: path.write_bytes(b"a\0b"), "document_no_text"),
        ("x.md", lambda path: path.write_bytes(b"\xff\xff\xff\xff"), "sheet_encoding"),
        ("x.txt", lambda path: path.mkdir(), "sheet_unreadable"),
        ("x.txt", lambda path: None, "sheet_unreadable"),
    ],
)
def test_what_is_no_such_document_is_refused(
    tmp_path: Path, name: str, make: Callable[[Path], object], code: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(ArgumentError) as caught:
        read(tmp_path / name)
    assert caught.value.code == code


def test_a_document_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_files, "MOST_PAGES", 1)
    monkeypatch.setattr(sheets, "MOST_BYTES", 100)
    for name, make, code in (
        ("x.pdf", lambda path: pdf(path, "a", "b"), "sheet_too_large"),
        ("x.txt", lambda path: path.write_text("x" * 101, encoding="utf-8"), "sheet_too_large"),
    ):
        make(tmp_path / name)
        with pytest.raises(ArgumentError) as caught:
            read(tmp_path / name)
        assert caught.value.code == code
    monkeypatch.setattr(sheets, "MOST_BYTES", 1 << 20)
    with pytest.raises(ArgumentError) as caught:
        read(tmp_path / "x.pdf")
    assert caught.value.code == "document_pages"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    book = Workbook()
    book.active.append(["标题", 1])
    book.save(folder / "x.xlsx")
    word(folder / "x.docx")
    pdf(folder / "x.pdf", "text", "more")
    (folder / "x.csv").write_text("标题,结果\n1,2\n", encoding="utf-8")
    for name in ("x.md", "x.txt"):
        (folder / name).write_text("# 标题\n\n文字\n", encoding="utf-8")
    return folder


@given(
    kind=st.sampled_from(KINDS),
    cut=st.floats(0, 1),
    noise=st.binary(max_size=30),
    alone=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_damaged_bytes_are_read_or_refused_and_nothing_else(
    whole: Path, tmp_path: Path, kind: str, cut: float, noise: bytes, alone: bool
) -> None:
    sound = (whole / f"x.{kind}").read_bytes()
    at = int(cut * len(sound))
    path = tmp_path / f"x.{kind}"
    path.write_bytes(noise if alone else sound[:at] + noise + sound[at + len(noise) :])
    try:
        found = read(path)
    except TapLensError as fault:
        assert fault.mend("zh")
    else:
        assert isinstance(found, Document)
        assert isinstance(to_markdown(found), str)
