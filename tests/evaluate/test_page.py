"""An evaluation as a page: whole, in both languages, and nothing in it is taken for a tag."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from taplens.errors import ExportError
from taplens.evaluate import page
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.model import Case, Requirement
from taplens.evaluate.rules import DEFAULT

CASES = [
    Case(id="TC1", title="<script>alert(1)</script>余额", steps="1. 付", expected="功能正常",
         priority="P1", requirement="R1"),
    Case(id="TC2", title="余额支付", precondition="无", steps="1. 付 3 元", expected="扣款 3 元",
         priority="P1", requirement="R1"),
]  # fmt: skip
STORIES = [Requirement(id="R1", title="余额&支付"), Requirement(id="R2", title="发票")]


def made(locale: str = "zh") -> str:
    found = evaluate(CASES, DEFAULT, STORIES, locale)
    return page.page(found, title="用例 <评估>", notes=["仅按规则"], locale=locale)


def test_a_page_allows_itself_nothing_but_its_own_sheet() -> None:
    text = made()
    sheet = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert sheet is not None
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;" in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href|style)=", text)
    assert "prefers-color-scheme:dark" in text


def test_texts_of_cases_are_no_tags() -> None:
    text = made()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;余额" in text
    assert "余额&amp;支付" in text
    assert "<title>用例 &lt;评估&gt;</title>" in text


@pytest.mark.parametrize(
    ("locale", "words"),
    [("zh", ["需求覆盖", "预期结果 5", "“功能正常”"]), ("en", ["Coverage", "Expected result 5"])],
)
def test_it_tells_scores_suggestions_and_what_is_not_covered(locale: str, words: list[str]) -> None:
    text = made(locale)
    assert all(word in text for word in words)
    assert text.index("TC1</th>") < text.index("TC2</th>")  # the worst first
    assert re.search(r'<tr class="bare"><th scope="row">R2</th>', text)


def test_only_the_worst_are_shown_of_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST", 1)
    text = made("en")
    assert "TC2</th>" not in text
    assert "1 better cases" in text


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        page.write(evaluate(CASES, DEFAULT), tmp_path / "no" / "x.html", title="x", notes=[],
                   locale="zh")  # fmt: skip
    assert list(tmp_path.iterdir()) == []
