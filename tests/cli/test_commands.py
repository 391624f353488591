"""What the commands print, for people and for programs, and the codes they exit with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taplens import __version__, messages
from taplens.cli import app
from tests.cli.conftest import FIRST, Taplens

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox


def test_the_commands_are_the_promised_ones(taplens: Taplens) -> None:
    assert set(app.COMMANDS) == {
        "sandbox", "sync", "status", "find", "get", "similar", "ask", "count", "index", "mcp",
        "serve", "doctor", "import", "keys", "usage", "words", "trends", "flow", "forecast",
        "report", "egress", "evaluate", "generate-cases", "rules", "requirements",
        "document", "descriptions", "image",
    }  # fmt: skip
    help_text = taplens("--help").out
    assert all(name in help_text for name in app.COMMANDS)


# `cli.usage` is what is said of a command line that can't be read.
TEXTS = {"usage": "ledger"}
# All but the first hold commands.
WITHOUT_HOME = {"sandbox", "import", "keys", "requirements", "descriptions"}


@pytest.mark.parametrize("name", app.COMMANDS)
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_command_explains_itself_with_examples(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch, name: str, locale: str
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", locale)
    outcome = taplens(name, "--help")
    assert outcome.code == 0
    assert f"taplens {name}" in outcome.out or '"mcp"' in outcome.out
    key = TEXTS.get(name, name)
    assert messages.text(f"cli.{key}.examples", locale).strip().splitlines()[0] in outcome.out
    assert "--home" in outcome.out or name in WITHOUT_HOME


def test_the_version_is_told(taplens: Taplens) -> None:
    assert __version__ in taplens("--version").out


def test_a_sync_tells_what_it_read(taplens: Taplens) -> None:
    outcome = taplens("sync")
    assert outcome.code == 0
    assert re.search(r"^bug\t100$", outcome.out, re.MULTILINE)
    assert re.search(r"\d+ rows, \d+ requests", outcome.err)


def test_a_sync_as_json_is_only_json(taplens: Taplens) -> None:
    outcome = taplens("sync", "--entity", "bug,story", "--json")
    report = json.loads(outcome.out)
    assert report["rows"]["bug"] == 100
    assert "comment" not in report["rows"]
    assert outcome.err == ""


def test_a_mirror_that_equals_tapd_is_verified(synced: Taplens) -> None:
    outcome = synced("sync", "--verify", "--json")
    assert outcome.code == 0
    assert all(row["equal"] for row in json.loads(outcome.out))
    assert "equals" in synced("sync", "--verify").err


def test_a_mirror_that_differs_is_told_and_exits_with_a_code(
    taplens: Taplens, start_sandbox: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: RunningSandbox = start_sandbox()  # type: ignore[operator]
    monkeypatch.setenv("TAPD_API_BASE_URL", own.base_url)
    taplens("sync")
    (first, *_) = own.truth(FIRST, "bug")
    own.act("edit", entity="bug", id=first["id"], changes={"title": "改了"})
    outcome = taplens("sync", "--verify")
    assert outcome.code == 1
    assert first["id"] in outcome.err


def test_the_state_is_shown_in_the_teams_words(synced: Taplens) -> None:
    outcome = synced("status")
    assert "星舟商城 (50311786)" in outcome.out
    assert re.search(r"^bug\t100\t\d+\t.*已关闭 \d+", outcome.out, re.MULTILINE)
    assert "Open urgent bugs" in outcome.out


def test_items_are_listed_a_line_each_where_it_is_piped(synced: Taplens) -> None:
    outcome = synced("find", "type:bug", "sort:created", "--limit", "5")
    lines = outcome.out.splitlines()
    assert lines[0].split("\t")[:3] == ["Type", "Number", "Status"]
    assert len(lines) == 6
    assert all(line.startswith("bug\t") for line in lines[1:])
    assert "5 of 100" in outcome.err


def test_the_next_page_goes_on_with_the_cursor(synced: Taplens) -> None:
    asked = ("find", "type:bug sort:created", "--limit", "60", "--json")
    first = json.loads(synced(*asked).out)
    second = json.loads(synced(*asked, "--cursor", first["next_cursor"]).out)
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert len(set(ids)) == 100


def test_a_term_that_begins_with_a_minus_is_no_option(synced: Taplens) -> None:
    every = json.loads(synced("find", "type:bug", "--json").out)["total"]
    without = json.loads(synced("find", "type:bug", "-status:已关闭", "--json").out)["total"]
    closed = json.loads(synced("find", "type:bug", "status:已关闭", "--json").out)["total"]
    assert without + closed == every


def test_trends_are_a_table_with_a_row_a_period(synced: Taplens) -> None:
    asked = ("trends", "type:bug", "--interval", "year", "--since", "2025", "--until", "2026")
    outcome = synced(*asked)
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[1:] if line] == ["2025", "2026"]
    assert "+08:00" in outcome.err
    rows = json.loads(synced(*asked, "--json").out)["data"]
    assert sum(row["created"] for row in rows) == 100
    split = synced(*asked, "--by", "severity", "--limit", "1", "--of", "open").out
    assert "Open at the end · other" in split.splitlines()[0]


def test_items_are_counted_in_groups(synced: Taplens) -> None:
    outcome = synced("count", "type:bug", "--by", "status")
    total = sum(int(line.split("\t")[-2]) for line in outcome.out.splitlines()[1:])
    assert total == 100
    assert synced("count", "type:bug").out == "100\n"


def test_a_whole_item_is_shown(synced: Taplens) -> None:
    outcome = synced("get", "bug:1000003")
    assert outcome.out.startswith("- bug 1000003")
    assert "description:" in outcome.out
    (item,) = json.loads(synced("get", "bug:1000003", "--json").out)["data"]
    assert item["id"] == "1150311786001000003"


def test_another_workspace_is_meant_where_it_is_named(taplens: Taplens, tmp_path: Path) -> None:
    outcome = taplens("status", "--workspace", "46027719", "--home", str(tmp_path / "other"))
    assert "46027719" in outcome.out
    assert (tmp_path / "other" / "mirror.db").exists()


def test_a_table_on_a_terminal_keeps_its_columns_under_chinese_titles(
    synced: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "dumb")
    lines = synced("count", "type:bug", "--by", "owner").out.splitlines()
    heads, _, *rows = [line for line in lines if line.strip()]
    place = cell_len(heads[: heads.index("Count")])
    for row in rows:
        at = cell_len(row[: re.search(r"\d+\s+[\d.]+\s*$", row).start()])  # type: ignore[union-attr]
        assert at == place


def test_a_missing_argument_is_a_usage_error(taplens: Taplens) -> None:
    outcome = taplens("get")
    assert outcome.code == 2
    assert "--help" in outcome.err


FAULTS = [
    (("find", "stauts:新"), {}, 2, "status"),
    (("find", "created:>2026-99-99"), {}, 2, "2026-99-99"),
    (("find", "--limit", "-3"), {}, 2, "1 to 200"),
    (("find", "--limit", "viele"), {}, 2, "1 to 200"),
    (("find", "--cursor", "kaputt"), {}, 2, "next_cursor"),
    (("get", "99999999"), {}, 2, "99999999"),
    (("get", "das erste"), {}, 2, "das erste"),
    (("count", "--by", "farbe"), {}, 2, ""),
    (("trends", "--since", "gestern"), {}, 2, ""),
    (("trends", "--since", "2026-03", "--until", "2026-02"), {}, 2, ""),
    (("trends", "--interval", "hour"), {}, 2, ""),
    (("trends", "--of", "status"), {}, 2, ""),
    (("sync", "--entity", "wolken"), {}, 2, "story"),
    (("status",), {"TAPD_WORKSPACE_ID": "zwei"}, 2, "TAPD_WORKSPACE_ID"),
    (("sync",), {"TAPD_ACCESS_TOKEN": ""}, 2, "TAPD_ACCESS_TOKEN"),
    (("sync",), {"TAPD_WORKSPACE_ID": ""}, 2, "TAPD_WORKSPACE_ID"),
    (("sync",), {"TAPD_ACCESS_TOKEN": "falsch"}, 3, "taplens doctor"),
    (("sync", "--workspace", "99999999"), {}, 3, "99999999"),
    (("sync", "--workspace", "71450286"), {"TAPD_ACCESS_TOKEN": "guest"}, 3, "71450286"),
    (("serve", "--host", "0.0.0.0"), {}, 5, "TAPLENS_HTTP_TOKEN"),
    (("serve", "--port", "70000"), {}, 2, "--port"),
    (("sandbox", "--items", "0"), {}, 2, "--items"),
    (("tanz",), {}, 2, "tanz"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "variables", "code", "said"), FAULTS)
def test_a_fault_says_how_to_mend_it_and_exits_with_its_code(
    synced: Taplens,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    code: int,
    said: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    outcome = synced(*arguments)
    assert outcome.code == code
    assert outcome.out == ""
    assert said in outcome.err
    assert "→ " in outcome.err
    assert "Traceback" not in outcome.err


def test_faults_are_told_in_the_users_language(
    synced: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "zh_CN.UTF-8")
    assert "应为 1 到 200 的整数" in synced("find", "--limit", "0").err


def test_a_damaged_mirror_is_told(taplens: Taplens, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mirror.db").write_bytes(b"kein Datenbank" * 300)
    outcome = taplens("find")
    assert outcome.code == 4
    assert "taplens sync" in outcome.err


def test_an_interrupt_says_that_nothing_is_lost(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("taplens.cli.calls.with_keeper", interrupted)
    outcome = taplens("sync")
    assert outcome.code == 130
    assert "Nothing that was committed is lost" in outcome.err


def test_words_are_looked_for_in_the_mode_that_is_asked_for(synced: Taplens) -> None:
    rows = json.loads(synced("find", "步骤", "--mode", "fulltext", "--json").out)["data"]
    assert any("**步骤**" in row.get("match", "") for row in rows)
    assert "**步骤**" in synced("find", "步骤").out
    exact = json.loads(synced("find", "骤", "--mode", "exact", "--json").out)
    assert exact["total"] >= len(rows)
    assert synced("find", "步骤", "--mode", "fuzzy").code == 2


def test_the_index_is_shown_and_made_anew(synced: Taplens) -> None:
    (before,) = json.loads(synced("index", "--json").out)
    assert before["complete"]
    assert before["items"] == before["indexed"] == before["embedded"] > 100
    outcome = synced("index", "rebuild")
    assert outcome.code == 0
    assert f"{before['items']} items indexed" in outcome.err
    assert "complete" in outcome.out
    assert json.loads(synced("index", "status", "--json").out) == [before]


def test_the_index_is_shown_also_with_an_embedder_that_can_not_be_used(
    synced: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_EMBEDDER", "nobody/model")
    outcome = synced("index", "--json")
    (row,) = json.loads(outcome.out)
    assert (outcome.code, row["embedded"]) == (0, 0)
    assert row["indexed"] == row["items"] > 100
    assert "TAPLENS_EMBEDDER" in outcome.err


def test_what_is_like_an_item_is_shown_with_what_they_share(synced: Taplens) -> None:
    bug = json.loads(synced("find", "type:bug", "--limit", "1", "--json").out)["data"][0]["id"]
    outcome = synced("similar", bug, "--all-modules")
    assert outcome.code == 0
    assert outcome.out.startswith("Score\t")
    (row, *_) = json.loads(synced("similar", bug, "--all-modules", "--json").out)["data"]
    assert 0.2 <= row["score"] <= 1
    assert synced("similar", "99999999").code == 2


def test_what_is_merely_near_is_not_counted_as_found(taplens: Taplens) -> None:
    taplens("sync")
    near = taplens("find", "登陆就崩溃了怎么办", "--limit", "2")
    assert "2 of the nearest; 0 hold all the words." in near.err


@pytest.mark.usefixtures("sandbox_variables")
def test_egress_shows_what_went_where(taplens: Taplens, tmp_path: Path) -> None:
    import asyncio

    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.egress.log import EgressLog, Sent

    sent = Sent(
        at=Clock().now(), answer="a1", principal="agent", provider="siliconflow", model="m",
        fields=["title"], item_ids=["1150311786001000001"], size=321, stand_ins=2,
    )  # fmt: skip

    async def note() -> None:
        log = EgressLog(Settings(home=tmp_path / "egress"))
        await log.note(sent)
        await log.aclose()

    asyncio.run(note())
    shown = taplens("egress", "--home", str(tmp_path / "egress"))
    assert shown.code == 0, shown.err
    assert "siliconflow" in shown.out
    assert "321" in shown.out
    nothing = taplens("egress", "--home", str(tmp_path / "egress"), "--provider", "x", "--json")
    assert nothing.out.strip() == "[]"
