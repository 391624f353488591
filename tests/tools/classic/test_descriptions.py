"""Descriptions of a data file cleaned and shortened, and Word documents in short."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import pytest

from taplens.tools.classic import data
from tests.llm.scripted_server import Exchange, ScriptedServer, answers, whole
from tests.tools.classic.conftest import Classic

LONG = "麻烦看一下这个问题，谢谢大家的支持与配合。" * 12
HTML = (
    '<p style="color:red">登录 <b>30</b> 秒超时</p><p><a href="https://docs.qq.com/doc/D1">方案</a></p>'
    f'<img src="/tfl/captures/2026-03/tapd_1_2.png" alt="图"/><p>{LONG}</p>'
)
STORY = {"id": "1", "workspace_id": "50311786", "name": "登录", "description": HTML}
BUG = {"id": "2", "workspace_id": "50311786", "title": "无描述"}


def written(classic: Classic, name: str = data.DATA_FILE) -> Any:
    return json.loads((classic.home / name).read_text(encoding="utf-8"))


async def test_a_preview_shows_what_cleaning_would_do_and_changes_nothing(
    classic: Classic,
) -> None:
    classic.holds([STORY], [BUG])
    before = (classic.home / data.DATA_FILE).read_bytes()
    told = await classic("preview_tapd_description_cleaning")
    (row,) = told["results"]
    assert (told["preview_count"], row["id"], row["type"]) == (1, "1", "story")
    assert row["original_length"] == len(HTML) > row["cleaned_length"]
    assert row["document_links"] == ["https://docs.qq.com/doc/D1"]
    assert row["image_paths"] == ["/tfl/captures/2026-03/tapd_1_2.png"]
    assert row["cleaned_preview"].startswith("登录 **30** 秒超时")
    assert (classic.home / data.DATA_FILE).read_bytes() == before


async def test_cleaning_keeps_the_original_beside_it_however_often(classic: Classic) -> None:
    classic.holds([STORY], [BUG])
    told = await classic("preprocess_tapd_description")
    assert told["statistics"]["processed_items"] == 1
    first = written(classic)
    (story,) = first["stories"]
    assert story["description_html"] == HTML
    assert "style" not in story["description"]
    assert "[腾讯文档: 方案](https://docs.qq.com/doc/D1)" in story["description"]
    assert first["bugs"] == [BUG]
    await classic("preprocess_tapd_description")
    assert written(classic) == first


async def test_documents_and_pictures_are_listed_where_that_is_asked_for(
    classic: Classic,
) -> None:
    classic.holds([STORY])
    asked = {"process_documents": True, "process_images": True, "output_file_path": "out/x.json"}
    told = await classic("preprocess_tapd_description", **asked)
    assert told["statistics"]["output_file"] == "out/x.json"
    text = written(classic, "out/x.json")["stories"][0]["description"]
    assert text.endswith(
        "腾讯文档链接: https://docs.qq.com/doc/D1\n\n图片路径: /tfl/captures/2026-03/tapd_1_2.png"
    )
    assert written(classic)["stories"] == [STORY]


def use_model(classic: Classic, server: ScriptedServer, said: str) -> None:
    text = f'[providers.siliconflow]\nbase_url = "{server.base_url}"\napi_key = "sk-geheim"\n'
    (classic.home / "providers.toml").write_text(text, encoding="utf-8")

    async def play(exchange: Exchange) -> None:
        await answers(whole(json.dumps({"description": said}, ensure_ascii=False)))(exchange)

    server.script = [play]


GOOD = (
    "登录 **30** 秒超时，[腾讯文档: 方案](https://docs.qq.com/doc/D1) "
    "![图片: 图](tapd-image:/tfl/captures/2026-03/tapd_1_2.png)"
)


async def test_a_model_shortens_them_and_what_it_spoils_stays_as_cleaned(
    classic: Classic, server: ScriptedServer
) -> None:
    use_model(classic, server, GOOD)
    classic.holds([STORY])
    told = await classic("preprocess_tapd_description", use_api=True)
    assert told["statistics"]["shortened_items"] == 1
    assert written(classic)["stories"][0]["description"] == GOOD
    use_model(classic, server, GOOD.replace("30", "300"))
    classic.holds([STORY | {"id": "7"}])
    spoilt = await classic("preprocess_tapd_description", use_api=True)
    assert spoilt["statistics"]["errors"] == 1
    assert "300" in spoilt["not_shortened"]["story:7"]
    assert "谢谢" in written(classic)["stories"][0]["description"]


async def test_without_a_model_the_api_is_refused_and_the_file_stays(classic: Classic) -> None:
    classic.holds([STORY])
    before = (classic.home / data.DATA_FILE).read_bytes()
    asked = {"use_api": True}
    assert await classic.refused("preprocess_tapd_description", **asked) == "classic_no_model"
    assert (classic.home / data.DATA_FILE).read_bytes() == before


@pytest.fixture
def word(tmp_path: Path) -> Path:
    made = docx.Document()
    made.add_heading("方案", 1)
    for number in range(1, 9):
        made.add_paragraph(f"第 {number} 段")
    made.add_table(2, 3).rows[0].cells[0].text = "条件"
    made.save(str(tmp_path / "方案.docx"))
    return tmp_path / "方案.docx"


async def test_a_word_document_is_told_by_its_paragraphs(classic: Classic, word: Path) -> None:
    told = await classic("summarize_docx", docx_path=word.name, max_paragraphs=3)
    assert told["summary"] == "方案\n第 1 段\n第 2 段"
    assert told["total_paragraphs"] == len(told["paragraphs"]) == 9
    assert told["paragraphs"][1] == {"index": 2, "text": "第 1 段"}
    assert (told["pictures"], told["tables"]) == ([], ["2 × 3"])


async def test_a_docx_that_is_none_or_elsewhere_is_refused(
    classic: Classic, tmp_path: Path
) -> None:
    (tmp_path / "x.docx").write_bytes(b"%PDF-1.4")
    for name, code in (
        ("x.docx", "sheet_format"),
        ("../x.docx", "document_outside"),
        ("none.docx", "sheet_unreadable"),
        ("x.pdf", "sheet_format"),
    ):
        assert await classic.refused("summarize_docx", docx_path=name) == code
