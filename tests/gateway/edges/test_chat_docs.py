"""What docs/chat.md shows works as it is shown, in both languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.gateway import breaker
from taplens.gateway.records import all_records
from taplens.gateway.responses_request import HINTS, ONLY
from taplens.llm.catalogue import load_catalogue
from taplens.llm.providers_file import read_tables
from taplens.llm.timeouts import Timeouts

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = ("chat.md", "chat.zh-CN.md")


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text(page), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_providers_file_shown_is_taken(tmp_path: Path, page: str) -> None:
    shown = blocks(page, "toml")
    assert len(shown) == 5
    for number, block in enumerate(shown):
        home = tmp_path / str(number)
        home.mkdir()
        (home / "providers.toml").write_text(block, encoding="utf-8")
        catalogue = load_catalogue(Settings(home=home), {})
        for name in tomllib.loads(block).get("models", {}):
            assert catalogue.get(name).upstreams


@pytest.mark.parametrize("page", PAGES)
def test_the_list_of_servers_shown_is_taken(tmp_path: Path, page: str) -> None:
    (block,) = blocks(page, "json")
    path = tmp_path / "servers.json"
    path.write_text(block, encoding="utf-8")
    assert all_records(Settings(servers_file=path))[-1]["slug"] == "wiki"


def test_both_languages_show_the_same() -> None:
    for kind in ("toml", "json", "python"):
        plain = [[re.sub(r"#.*", "", block) for block in blocks(page, kind)] for page in PAGES]
        assert plain[0] == plain[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_field_that_is_refused_or_without_effect_is_named(page: str) -> None:
    unnamed = {"background_options", "image", "access_programs"}  # parts of what is named
    for name in (ONLY.keys() | HINTS) - unnamed:
        assert f"`{name}" in text(page), name


@pytest.mark.parametrize("page", PAGES)
def test_every_provider_is_named_with_its_setting(page: str) -> None:
    for name, table in read_tables(None)["providers"].items():
        if table.get("kind") == "builtin":
            continue  # a part of the program needs none
        setting = table.get("api_key_env") or table.get("base_url_env")
        assert f"`{setting}`" in text(page), name


def test_the_settings_named_are_there() -> None:
    known = {field.metadata["environment"] for field in Settings.__dataclass_fields__.values()}
    for page in PAGES:
        assert set(re.findall(r"TAPLENS_[A-Z_]+", text(page))) <= known


@pytest.mark.parametrize("page", PAGES)
def test_the_timeouts_shown_are_the_defaults(page: str) -> None:
    (shown,) = (
        tomllib.loads(block)["providers"]["gpu"]["timeouts"]
        for block in blocks(page, "toml")
        if "timeouts]" in block
    )
    assert shown == asdict(Timeouts())


def test_the_figures_of_the_circuit_breaker_are_the_codes() -> None:
    assert (breaker.FAULTS, breaker.REST_SECONDS) == (5, 30)
    assert "five times in a row is left alone for 30 seconds" in text(PAGES[0])
    assert "连续失败五次的上游会被搁置 30 秒" in text(PAGES[1])
