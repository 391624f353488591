"""An installation of MCPAgentRE is taken over: read, never run, its password shown to nobody."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taplens.cli import mcpagentre
from taplens.config import load
from taplens.errors import ConfigurationError
from taplens.llm.catalogue import load_catalogue
from tests.cli.conftest import Taplens

API = "API_USER = 'user'\nAPI_PASSWORD = 'p#1 \"x'  # 密码\nWORKSPACE_ID = '12345678'\n"
ENVIRONMENT = {"SF_KEY": "sk-1", "DS_KEY": "sk-2", "DS_EP": "https://ds.example/v1/"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "old"
    (made / "local_data").mkdir(parents=True)
    (made / "api.txt").write_text(API, encoding="utf-8")
    (made / mcpagentre.DATA_FILE).write_text('{"stories": [], "bugs": []}', encoding="utf-8")
    return made


def test_what_it_knew_works_here(folder: Path, tmp_path: Path) -> None:
    found = mcpagentre.read(folder, ENVIRONMENT | {"SF_MODEL": "Qwen/QwQ-32B"})
    home = tmp_path / "home"
    assert [path.name for path in mcpagentre.write(found, home)] == [
        "taplens.toml", "providers.toml", "msg_from_fetcher.json",
    ]  # fmt: skip
    settings_ = load({"home": home}, {})
    assert (settings_.api_user, settings_.workspace_ids) == ("user", ("12345678",))
    assert settings_.api_password is not None
    assert settings_.api_password.reveal() == 'p#1 "x'
    assert settings_.agent_model == "siliconflow/Qwen/QwQ-32B"
    providers = load_catalogue(settings_, ENVIRONMENT).providers
    assert providers["siliconflow"].key is not None
    assert providers["siliconflow"].key.reveal() == "sk-1"
    assert providers["deepseek"].base_url == "https://ds.example/v1"
    texts = [path.read_text(encoding="utf-8") for path in home.glob("*.toml")]
    assert not any("sk-" in text for text in texts)
    assert (home / "taplens.toml").stat().st_mode & 0o077 == 0


def test_the_model_is_the_one_that_the_original_would_have_asked(folder: Path) -> None:
    deepseek = {"DS_KEY": "sk", "DS_MODEL": "deepseek-reasoner"}
    found = mcpagentre.read(folder, deepseek)
    assert found.settings["agent_model"] == "deepseek/deepseek-reasoner"
    assert mcpagentre.read(folder, {"DS_KEY": "sk"}).settings["agent_model"] == (
        "deepseek/deepseek-chat"
    )
    assert "agent_model" not in mcpagentre.read(folder, {}).settings


def test_a_key_in_the_file_alone_is_named_and_not_copied(folder: Path, tmp_path: Path) -> None:
    (folder / ".env").write_text("export DS_KEY=sk-secret\nDS_EP=ftp://x\n", encoding="utf-8")
    found = mcpagentre.read(folder, {})
    assert found.notes == [("key_unset", {"name": "DS_KEY"}), ("address", {"name": "DS_EP"})]
    for path in mcpagentre.write(found, tmp_path / "home"):
        assert "sk-secret" not in path.read_text(encoding="utf-8")


def test_what_stands_in_the_home_is_kept_or_replaced_only_on_demand(
    folder: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    text = '# ours\napi_user = "other"\nanswer_tokens = 900\n'
    (home / "taplens.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        list(mcpagentre.write(mcpagentre.read(folder, {}), home))
    assert caught.value.code == "mcpagentre_there"
    assert [one.name for one in home.iterdir()] == ["taplens.toml"]
    assert (home / "taplens.toml").read_text(encoding="utf-8") == text
    list(mcpagentre.write(mcpagentre.read(folder, {}), home, force=True))
    told = (home / "taplens.toml").read_text(encoding="utf-8")
    assert told.startswith("# ours\n")
    assert tomllib.loads(told)["api_user"] == "user"
    assert tomllib.loads(told)["answer_tokens"] == 900
    list(mcpagentre.write(mcpagentre.read(folder, {}), home))  # the same again is no conflict
    (home / mcpagentre.DATA_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        list(mcpagentre.write(mcpagentre.read(folder, {}), home))
    assert caught.value.code == "file_exists"


def test_the_command_shows_everything_but_the_password(
    taplens: Taplens, folder: Path, tmp_path: Path
) -> None:
    shown = taplens("import", "mcpagentre", str(folder), "--home", str(tmp_path / "home"))
    assert shown.code == 0
    assert 'workspace_ids = "12345678"' in shown.out
    assert "p#1" not in shown.out + shown.err
    assert not (tmp_path / "home").exists()
    told = taplens("import", "mcpagentre", str(folder), "--json", "--home", str(tmp_path / "h"))
    assert json.loads(told.out)["settings"]["api_password"] == "***"
    empty = taplens("import", "mcpagentre", str(folder / "local_data"))
    assert empty.code == 2
    assert "api.txt" in empty.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"WORKSPACE_ID = 'abc'\n", "mcpagentre_workspace"),
        (b"x" * 70_000, "mcpagentre_file"),
    ],
)
def test_a_file_that_is_none_is_refused(folder: Path, text: bytes, code: str) -> None:
    (folder / "api.txt").write_bytes(text)
    with pytest.raises(ConfigurationError) as caught:
        mcpagentre.read(folder, {})
    assert caught.value.code == code


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_the_file_holds_is_only_read(folder: Path, data: bytes) -> None:
    (folder / "api.txt").write_bytes(b"import os; os.remove('x')\n" + data)
    try:
        found = mcpagentre.read(folder, {})
    except ConfigurationError:
        return
    assert found.settings.keys() <= {"api_user", "api_password", "workspace_ids"}
