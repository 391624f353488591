"""Settings: flag over environment over file over default, and each fault names its setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from taplens import config
from taplens.config import Secret, Settings, load
from taplens.errors import ConfigurationError


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "taplens.toml").write_text(
        'sync_seconds = 10\nitem_seconds = 10\ncensus_seconds = 100\nworkspace_ids = ["1", "2"]\n',
        encoding="utf-8",
    )
    environment = {
        "TAPLENS_HOME": str(tmp_path),
        "TAPLENS_SYNC_SECONDS": "20",
        "TAPLENS_ITEM_SECONDS": "20",
    }
    settings = load({"sync_seconds": 30}, environment)
    assert (settings.sync_seconds, settings.item_seconds, settings.census_seconds) == (30, 20, 100)
    assert settings.workspace_ids == ("1", "2")
    assert settings.requests_per_minute == Settings().requests_per_minute


def test_full_width_commas_separate_workspaces(tmp_path: Path) -> None:
    settings = load({"home": tmp_path}, {"TAPD_WORKSPACE_ID": "58210347， 46027719,58210347"})
    assert settings.workspace_ids == ("58210347", "46027719")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TAPD_API_BASE_URL", "api.tapd.cn"),
        ("TAPD_API_BASE_URL", "ftp://api.tapd.cn"),
        ("TAPD_WORKSPACE_ID", "我的项目"),
        ("TAPLENS_REQUESTS_PER_MINUTE", "-1"),
        ("TAPLENS_REQUESTS_IN_FLIGHT", "many"),
        ("TAPLENS_ANSWER_TOKENS", "1e9"),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as fault:
        load({"home": tmp_path}, {name: value})
    for locale in ("zh", "en"):
        assert name in fault.value.message(locale)
        assert fault.value.mend(locale)


@pytest.mark.parametrize("text", ["sync_seconds = [", "没有这个 = 1", 'unknown_name = "x"'])
def test_a_faulty_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "taplens.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as fault:
        load({"home": tmp_path}, {})
    assert "taplens.toml" in fault.value.message("zh")


def test_a_secret_is_never_shown() -> None:
    secret = Secret("很秘密")
    assert "很秘密" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "很秘密"


def test_every_setting_says_what_it_is_for() -> None:
    for name, environment, _default, about in config.describe():
        assert about, name
        assert environment.isupper()
