"""The tool `evaluate_test_cases`: offered on request, within the home, with a workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from taplens.config import Settings
from taplens.errors import ArgumentError, ConfigurationError
from taplens.evaluate.knowledge import Knowledge
from taplens.evaluate.model import Requirement
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.context import ToolContext
from tests.evaluate.test_files import ROW, book
from tests.tools.conftest import FIRST


async def ask(settings: Settings, home: Path, **arguments: Any) -> dict[str, Any]:
    """The tool's answer over the mirror, with another home for files."""
    async with Keeper(settings) as keeper:
        await keeper.mirror()
        keeper.settings = replace(settings, home=home)
        context = ToolContext(keeper=keeper, workspaces=(FIRST,), locale="en", budget=100_000)
        return (await registry.call(context, "evaluate_test_cases", arguments)).content


def test_it_is_offered_only_where_it_is_asked_for() -> None:
    names = [tool.name for tool in registry.offered()]
    assert "evaluate_test_cases" not in names
    assert [tool.name for tool in registry.offered(("testing",))] == [*names, "evaluate_test_cases"]


async def test_a_file_of_the_home_is_scored_into_a_workbook(
    mirrored: Settings, tmp_path: Path
) -> None:
    book(tmp_path / "cases.xlsx", ROW, [*ROW[:9], "功能正常"])
    told = await ask(mirrored, tmp_path, file="cases.xlsx", out="scored.xlsx")
    cases = [row for row in told["data"] if "case" in row]
    assert told["total"] == len(cases) == 2
    assert cases[0]["score"] < cases[1]["score"]
    assert any("can't be checked" in one["suggestion"] for one in cases[0]["suggestions"])
    assert any("TC1: 2, 3" in text for text in told["warnings"])
    assert load_workbook(tmp_path / "scored.xlsx").sheetnames[0] == "用例"


async def test_the_requirements_of_the_home_are_what_is_to_be_covered(
    mirrored: Settings, tmp_path: Path
) -> None:
    Knowledge(tmp_path).land([Requirement(id="", title=f"需求{n}") for n in range(30)])
    book(tmp_path / "cases.xlsx", ROW)
    told = await ask(mirrored, tmp_path, file="cases.xlsx")
    assert sum("uncovered" in row for row in told["data"]) == 20  # the cases find room, too
    assert any("30 of 30" in text for text in told["warnings"])


async def test_tapds_cases_are_scored_with_what_they_cover(
    mirrored: Settings, tmp_path: Path
) -> None:
    told = await ask(mirrored, tmp_path, where="priority:高", requirements="type:story")
    assert told["total"] > 3
    assert any("uncovered" in row for row in told["data"])
    assert any("requirement" in row for row in told["data"])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"file": "../cases.xlsx"}, "file_outside"),
        ({"file": "/etc/passwd"}, "file_outside"),
        ({"file": "link.xlsx"}, "file_outside"),
        ({"file": "cases.docx"}, "sheet_format"),
        ({"file": "none.xlsx"}, "sheet_unreadable"),
        ({"file": "cases.xlsx", "out": "cases.xlsx"}, "evaluate_over"),
        ({"file": "cases.xlsx", "out": "../x.xlsx"}, "file_outside"),
        ({"file": "cases.xlsx", "sheet": "别的"}, "sheet_unknown"),
    ],
)
async def test_what_is_no_file_of_the_home_is_refused(
    mirrored: Settings, tmp_path: Path, asked: dict[str, str], code: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    book(home / "cases.xlsx", ROW)
    book(tmp_path / "cases.xlsx", ROW)
    (home / "link.xlsx").symlink_to(tmp_path / "cases.xlsx")
    with pytest.raises(ArgumentError) as caught:
        await ask(mirrored, home, **asked)
    assert caught.value.code == code


def test_a_set_of_tools_that_is_not_known_is_told() -> None:
    from taplens.config import load

    assert load({}, {"TAPLENS_TOOLSETS": "default, testing"}).toolsets == ("testing",)
    with pytest.raises(ConfigurationError) as caught:
        load({}, {"TAPLENS_TOOLSETS": "classics"})
    assert "testing" in caught.value.message("en") + caught.value.mend("en")
