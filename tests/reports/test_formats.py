"""Reports as files and texts: safe whatever people wrote, and whole or not there."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taplens.errors import ArgumentError, ExportError, NotFoundError, ReportError
from taplens.reports.formats import FORMATS, target_of, text_of, write
from taplens.reports.model import Finding, Prose
from tests.reports.conftest import HOSTILE, hostile

if TYPE_CHECKING:
    from taplens.reports.model import Report


class Page(HTMLParser):
    """The elements of a page, their attributes, and the texts of its style sheets."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.sheets: list[str] = []
        self.ids: list[str] = []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.sheets.append(data)


def page_of(report: Report, home: Path) -> tuple[str, Page]:
    html = text_of(report, "html", "overview", home)
    return html, Page(html)


def test_a_page_needs_nothing_and_allows_nothing_but_its_own_sheet(
    report: Report, tmp_path: Path
) -> None:
    html, page = page_of(report, tmp_path)
    names = {name for name, _ in page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "base", "form", "image"}
    assert "svg" in names
    for name, attributes in page.elements:
        assert "style" not in attributes, name
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("src", "srcset", "xlink:href"):
            assert attributes.get(key, "#").startswith("#")
        if "href" in attributes:
            assert attributes["href"].startswith("https://www.tapd.cn/" if name == "a" else "#")
    (sheet,) = page.sheets
    assert not re.search(r"@import|url\((?!#)", sheet)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    (policy,) = [a["content"] for n, a in page.elements if a.get("http-equiv")]
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    assert "prefers-color-scheme:dark" in html


def test_the_parts_of_charts_are_not_taken_for_each_others(report: Report, tmp_path: Path) -> None:
    html, page = page_of(report, tmp_path)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    asked = re.findall(r"url\(#([^)]+)\)", html)
    asked += [a["xlink:href"][1:] for _, a in page.elements if "xlink:href" in a]
    assert asked
    assert set(asked) <= set(ids)


def test_what_people_wrote_stays_text_on_a_page(report: Report, tmp_path: Path) -> None:
    html, page = page_of(hostile(report), tmp_path)
    assert "alert(1)" in html
    assert not [name for name, _ in page.elements if name in ("script", "img")]


def test_what_people_wrote_stays_text_in_markdown(report: Report, tmp_path: Path) -> None:
    text = text_of(hostile(report), "md", "overview", tmp_path)
    assert HOSTILE not in text
    assert r"\<script\>alert(1)" in text
    assert not re.search(r"(?<!\\)<script|(?<!\\)!\[|(?<!\\)\[x", text)


def test_json_holds_every_figure_with_its_query(report: Report, tmp_path: Path) -> None:
    told = json.loads(text_of(report, "json", "overview", tmp_path))
    figures = [figure for section in told["sections"] for figure in section.get("figures", ())]
    assert figures
    for figure in figures:
        assert figure["definition"]
        assert figure["call"]["tool"]
        assert figure["call"]["arguments"]["workspace"]


def test_files_are_the_same_bytes_for_the_same_report(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    contents = []
    for later in (0, 100_000):
        now = time.time() + later
        monkeypatch.setattr(time, "time", lambda now=now: now)
        for format_ in FORMATS:
            write(report, target_of(tmp_path / f"r.{format_}"), "overview", tmp_path)
        contents.append([(tmp_path / f"r.{name}").read_bytes() for name in FORMATS])
    assert contents[0] == contents[1]


def test_a_word_document_opens_and_holds_the_report(chinese: Report, tmp_path: Path) -> None:
    import docx

    from taplens.reports.document import document

    found = docx.Document(io.BytesIO(document(hostile(chinese))))
    words = "\n".join(paragraph.text for paragraph in found.paragraphs)
    assert "质量" in words
    cells = [cell.text for table in found.tables for row in table.rows[:3] for cell in row.cells]
    assert any("alert(1)" in cell for cell in cells)
    assert len(found.inline_shapes) == sum(len(one.pictures) for one in chinese.sections)
    links = [one.target_ref for one in found.part.rels.values() if one.is_external]
    assert links
    assert all(link.startswith("https://www.tapd.cn/") for link in links)


def test_a_workbook_holds_every_figure_as_a_number(chinese: Report, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    write(chinese, target_of(tmp_path / "报告.xlsx"), "overview", tmp_path)
    rows = list(load_workbook(tmp_path / "报告.xlsx").worksheets[0].values)
    assert rows[0][:3] == ("部分", "指标", "本期")
    told = {(row[1], row[2]) for row in rows[1:]}
    for figure in chinese.every_figure():
        assert (figure.label, figure.value) in told


def test_word_documents_need_their_package_and_say_so(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(ExportError, match="python-docx"):
        write(report, target_of(tmp_path / "r.docx"), "overview", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["r.pdf", "r", "nowhere/r.md"])
def test_a_file_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises((ArgumentError, ExportError)):
        target_of(tmp_path / name)


def test_a_template_of_the_teams_goes_before_ours_and_may_extend_it(
    report: Report, tmp_path: Path
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    own = '{% block definitions %}第 {{ say.text("title") }} 完{% endblock %}'
    own = '{% extends "overview.md.jinja" %}' + own
    (folder / "weekly.md.jinja").write_text(own, encoding="utf-8")
    text = text_of(report, "md", "weekly", tmp_path)
    assert text.rstrip().endswith("第 Overview 完")
    assert "## Quality" in text
    with pytest.raises(ReportError, match=r"weekly\.html\.jinja"):
        text_of(report, "html", "weekly", tmp_path)
    (folder / "overview.md.jinja").write_text("{{ report.title }}!", encoding="utf-8")
    assert text_of(report, "md", "overview", tmp_path) == "Overview!"


@pytest.mark.parametrize(
    "template",
    [
        "{{ report.nothing }}",
        "{% for x in %}",
        "{{ report.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ say.text.__globals__ }}",
        "{% include '../taplens.toml' %}",
        "{{ 1 / 0 }}",
        "{{ range(1000000000) | list }}",
        "{{ report.sections[0].title.x.y }}",
    ],
)
def test_a_template_that_is_faulty_or_reaches_too_far_is_refused(
    report: Report, tmp_path: Path, template: str
) -> None:
    (tmp_path / "taplens.toml").write_text("", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own.md.jinja").write_text(template, encoding="utf-8")
    with pytest.raises(ReportError, match=r"can't be filled|no template"):
        text_of(report, "md", "own", tmp_path)


@pytest.mark.parametrize("name", ["weekly", "../overview", "", "a" * 500, "overview.md"])
def test_an_unknown_template_is_refused_with_those_there_are(
    report: Report, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NotFoundError, match="overview"):
        text_of(report, "md", name, tmp_path)


def test_what_a_model_wrote_stays_text_everywhere(report: Report, tmp_path: Path) -> None:
    from taplens.reports.document import document

    finding = Finding(text=HOSTILE, ids=("bug:1",))
    prose = Prose(
        model=HOSTILE, summary=(HOSTILE,), findings=(finding,), asked=2, read=1, missing=(HOSTILE,)
    )
    written = replace(report, prose=prose)
    html, page = page_of(written, tmp_path)
    assert html.count("alert(1)") == 4
    assert not [name for name, _ in page.elements if name in ("script", "img")]
    assert HOSTILE not in text_of(written, "md", "overview", tmp_path)
    assert document(written)
