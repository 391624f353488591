"""The doctor: what it finds, what it says of it, and that it shows no secret."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FIRST, Taplens


def findings(taplens: Taplens) -> tuple[int, dict[str, dict[str, Any]]]:
    outcome = taplens("doctor", "--json")
    return outcome.code, {one["check"]: one for one in json.loads(outcome.out)}


def test_a_sound_installation_is_found_in_order(synced: Taplens) -> None:
    code, found = findings(synced)
    assert code == 0
    assert all(one["ok"] for one in found.values())
    assert "沈" in found["TAPD"]["finding"] or found["TAPD"]["finding"]
    assert found[f"workspace {FIRST}"]["finding"] == "星舟商城"
    assert "version" in found["mirror.db"]["finding"]
    assert found["TAPD_ACCESS_TOKEN"]["finding"] == "set"
    assert found["lease"]["finding"] == "nobody is syncing"
    assert "512 numbers" in found["embedder"]["finding"]
    assert f"synced {FIRST}" in found


def test_a_fresh_installation_is_found_in_order_and_nothing_is_made(
    taplens: Taplens, tmp_path: Path
) -> None:
    code, found = findings(taplens)
    assert code == 0
    assert "not there yet" in found["mirror.db"]["finding"]
    assert not (tmp_path / "home" / "mirror.db").exists()


def test_vectors_of_another_length_than_the_embedder_makes_are_found(
    taplens: Taplens, synced_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shutil.copytree(synced_home, tmp_path / "copy")
    with contextlib.closing(sqlite3.connect(home / "mirror.db")) as mirror:
        mirror.execute("UPDATE embedder SET dimensions = 64")
        mirror.commit()
    monkeypatch.setenv("TAPLENS_HOME", str(home))
    code, found = findings(taplens)
    assert (code, found["embedder"]["ok"]) == (1, False)
    assert "512" in found["embedder"]["finding"]
    assert "taplens index rebuild" in found["embedder"]["mend"]


def test_the_people_see_what_is_wrong_and_how_to_mend_it(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAPD_ACCESS_TOKEN")
    monkeypatch.delenv("TAPD_WORKSPACE_ID")
    outcome = taplens("doctor")
    assert outcome.code == 1
    assert "✗" in outcome.out
    assert "→ Set TAPD_ACCESS_TOKEN" in outcome.err
    assert "2 to mend" in outcome.err


@pytest.mark.parametrize(
    ("variables", "check", "said"),
    [
        ({"TAPD_ACCESS_TOKEN": "falsch-1234"}, "TAPD", "token"),
        ({"TAPD_API_BASE_URL": "http://127.0.0.1:1"}, "TAPD", "TAPD_API_BASE_URL"),
        ({"TAPD_WORKSPACE_ID": "99999999"}, "workspace 99999999", "99999999"),
        ({"TAPLENS_EMBEDDER": "nobody/bge-m3"}, "embedder", "siliconflow"),
        ({"TAPLENS_SYNC_SECONDS": "often"}, "settings", "TAPLENS_SYNC_SECONDS"),
    ],
)
def test_what_is_wrong_is_found(
    taplens: Taplens,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    check: str,
    said: str,
) -> None:
    monkeypatch.setenv("TAPLENS_REQUEST_SECONDS", "1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, found = findings(taplens)
    assert code == 1
    assert not found[check]["ok"]
    assert said in found[check]["finding"] + found[check]["mend"]


@pytest.mark.parametrize("name", ["mirror.db", "state.db"])
def test_a_damaged_database_is_found(taplens: Taplens, tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_bytes(b"SQLite format 3\0" + b"\7" * 4000)
    code, found = findings(taplens)
    assert code == 1
    assert not found[name]["ok"]
    assert found[name]["mend"]


def test_a_home_that_can_not_be_is_found(
    taplens: Taplens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("TAPLENS_HOME", str(tmp_path / "file" / "home"))
    code, found = findings(taplens)
    assert code == 1
    assert not found["settings"]["ok"]
    assert str(tmp_path / "file") in found["settings"]["finding"]


def test_no_secret_is_shown(taplens: Taplens, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "TAPD_ACCESS_TOKEN": "tok-5e11a9",
        "TAPD_API_PASSWORD": "pass-77fe02",
        "TAPLENS_HTTP_TOKEN": "http-0c9d44",
        "TAPLENS_DATABASE_URL": "postgresql://u:db-81aa6c@127.0.0.1:1/x",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    for arguments in (("doctor",), ("doctor", "--json")):
        outcome = taplens(*arguments)
        assert not [value for value in secrets.values() if value in outcome.out + outcome.err]
        assert "81aa6c" not in outcome.out + outcome.err


def test_a_clock_that_lags_behind_tapd_is_found(synced_home: Path, synced: Taplens) -> None:
    from taplens.cli.checks import examine
    from taplens.clock import Clock
    from taplens.config import load

    found = examine(load, Clock(seconds=lambda: 1_700_000_000.0))
    (clock,) = [one for one in found if one.name == "clock"]
    assert clock.wrong
    assert clock.mend


def test_an_account_with_a_password_is_tested_and_its_password_not_shown(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAPD_ACCESS_TOKEN")
    monkeypatch.setenv("TAPD_API_USER", "demo")
    monkeypatch.setenv("TAPD_API_PASSWORD", "demo")
    code, found = findings(taplens)
    assert code == 0
    assert found["TAPD"]["finding"].endswith("the account is demo")
    assert found["TAPD_API_PASSWORD"]["finding"] == "set"


def test_without_a_workspace_those_one_could_choose_are_named(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAPD_WORKSPACE_ID")
    code, found = findings(taplens)
    assert code == 1
    assert "50311786 星舟商城" in found["your workspaces"]["finding"]
