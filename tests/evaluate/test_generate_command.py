"""`taplens generate-cases` and `taplens evaluate --model` in a terminal, with a provider."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taplens.evaluate.model import ELEMENTS
from taplens.evaluate.reading import read_cases
from taplens.sandbox import SandboxOptions, running
from tests.cli.conftest import Taplens, sandbox_variables, synced, synced_home, taplens
from tests.evaluate.test_files import ROW, book

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taplens.sandbox import RunningSandbox
    from taplens.sandbox.provider.handle import RunningProvider

__all__ = ["sandbox_variables", "synced", "synced_home", "taplens"]

MODEL = "Qwen/QwQ-32B"
NEW = {"id": "1", "title": "余额不足时不能支付", "precondition": "余额为 0", "priority": "P0",
       "steps": ["打开收银台", "点击支付"], "expected": "提示“余额不足”"}  # fmt: skip


@pytest.fixture(scope="module")
def serving() -> Iterator[RunningSandbox]:
    with running(SandboxOptions(items=5, provider=True)) as sandbox:
        yield sandbox


@pytest.fixture
def provider(
    serving: RunningSandbox, taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningProvider]:
    monkeypatch.setenv("SILICONFLOW_BASE_URL", serving.provider.base_url)
    monkeypatch.setenv("SILICONFLOW_API_KEY", serving.provider.key)
    serving.provider.clear()
    yield serving.provider
    serving.provider.clear()


def verdict(score: int = 8) -> dict[str, Any]:
    mark = {"score": score, "suggestion": "写明账号"}
    told = {"id": "c1", "requirement_id": "", "reason": ""} | dict.fromkeys(ELEMENTS, mark)
    return {"content": json.dumps({"cases": [told]}, ensure_ascii=False)}


def written(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"content": json.dumps({"cases": rows}, ensure_ascii=False)}


def test_cases_are_written_for_a_kept_requirement_and_judged(
    taplens: Taplens, provider: RunningProvider, tmp_path: Path
) -> None:
    assert taplens("requirements", "add", "支付收银台", "--description", "余额支付").code == 0
    existing, out = book(tmp_path / "cases.xlsx", ROW), tmp_path / "new.xlsx"
    copied = NEW | {"title": ROW[2], "precondition": ROW[6], "steps": ["点击结算"],
                    "expected": ROW[9]}  # fmt: skip
    provider.script([written(NEW, copied), verdict()])
    asked = ("generate-cases", "--cases", str(existing), "--model", MODEL, "--out", str(out))
    outcome = taplens(*asked, "--count", "2", "--yes", "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert [one["case"]["title"] for one in told["cases"]] == [NEW["title"]]
    assert told["left_out"] == [{"title": ROW[2], "like": "TC1"}]
    assert {mark["score"] for mark in told["cases"][0]["marks"]} == {8}
    assert "2 cases go to" in outcome.err
    assert "1 new cases" in outcome.err
    assert [one.title for one in read_cases(out).cases] == [NEW["title"]]
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == ["cases.xlsx", "new.xlsx"]


def test_stories_without_a_case_are_those_that_cases_are_written_for(
    synced: Taplens, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.script([written(NEW), verdict(10)])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    outcome = synced("generate-cases", "--uncovered", "type:story", "--model", MODEL, "--json")
    assert outcome.code == 130  # asked, and nobody is there to say yes
    every = json.loads(synced("evaluate", "--where", "", "--requirements", "", "--json").out)
    bare = [one["id"] for one in every["coverage"] if not one["cases"]]
    outcome = synced("generate-cases", "--uncovered", f"id:{bare[0]}", "--model", MODEL, "--yes",
                     "--count", "1", "--json")  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert [one["requirement_id"] for one in json.loads(outcome.out)["cases"]] == [bare[0]]
    covered = next(one["id"] for one in every["coverage"] if one["cases"])
    outcome = synced("generate-cases", "--uncovered", f"id:{covered}", "--model", MODEL, "--yes")
    assert (outcome.code, "has a case" in outcome.err) == (0, True)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), "no requirement to write cases for"),
        (("--requirement", "R9"), "no requirement R9"),
        (("--out", "x.pdf"), ".xlsx"),
        (("--out", "{cases}", "--cases", "{cases}"), "isn't written over"),
        (("--count", "99"), "1<=x<=20"),
        (("--cases", "none.xlsx"), "can't be read"),
    ],
)
def test_what_cannot_be_generated_is_told_and_nothing_is_sent(
    taplens: Taplens, provider: RunningProvider, tmp_path: Path, asked: tuple[str, ...], told: str
) -> None:
    cases = str(book(tmp_path / "cases.xlsx", ROW))
    named = [one.format(cases=cases) for one in asked]
    own = [] if "--cases" in named else ["--cases", cases]
    outcome = taplens("generate-cases", *named, *own, "--model", MODEL, "--yes")
    assert outcome.code in (1, 2), outcome.err
    assert told in outcome.err


def test_a_model_scores_a_file_into_results_of_every_kind(
    taplens: Taplens, provider: RunningProvider, tmp_path: Path
) -> None:
    source = book(tmp_path / "cases.xlsx", ROW)
    outs = [tmp_path / f"scored{kind}" for kind in (".xlsx", ".html", ".json")]
    named = [part for path in outs for part in ("--out", str(path))]
    provider.script([verdict(4)])
    outcome = taplens("evaluate", str(source), *named, "--model", MODEL, "--yes")
    assert outcome.code == 0, outcome.err
    assert "the model scored 1 of them" in outcome.err
    told = json.loads(outs[2].read_text(encoding="utf-8"))
    marks = {one["element"]: one for one in told["cases"][0]["marks"]}
    assert (marks["title"]["score"], marks["title"]["by"]) == (4, "model")
    assert "写明账号" in outs[1].read_text(encoding="utf-8")
    assert outs[0].exists()
