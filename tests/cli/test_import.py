"""A LiteLLM proxy's configuration becomes a providers.toml that works, and holds no key."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens import messages
from taplens.config import Settings
from taplens.errors import ConfigurationError
from taplens.llm.catalogue import Catalogue, load_catalogue
from taplens.llm.litellm import read, translate
from tests.cli.conftest import Taplens

CONFIG = """
model_list:
  - model_name: 聊天
    litellm_params:
      model: openai/Qwen/Qwen3-32B
      api_base: https://api.siliconflow.cn/v1/
      api_key: os.environ/TEAM_KEY
      rpm: 60
      tpm: 100000
      weight: 2
  - model_name: 聊天
    litellm_params:
      model: hosted_vllm/qwen3-32b
      api_base: http://10.0.0.5:8000/v1
      rpm: 100
      weight: 1
  - model_name: cheap
    litellm_params:
      model: deepseek/deepseek-chat
      api_key: sk-deadbeef
      temperature: 0.3
      input_cost_per_token: 1e-6
      output_cost_per_token: 0.000002
    model_info:
      max_input_tokens: 65536
  - model_name: small
    litellm_params: {model: ollama_chat/qwen3, api_base: "http://127.0.0.1:11434"}
  - model_name: local
    litellm_params: {model: hosted_vllm/q, api_base: os.environ/VLLM_URL, api_key: none}
  - model_name: azure-gpt
    litellm_params: {model: azure/gpt, api_base: "https://a.example", api_key: sk-deadbeef}
  - model_name: embed
    litellm_params: {model: openai/text-embedding-3-small}
    model_info: {mode: embedding}
  - model_name: "any/*"
    litellm_params: {model: "groq/*"}
litellm_settings:
  drop_params: true
  success_callback: [langfuse]
general_settings:
  master_key: sk-deadbeef
router_settings:
  routing_strategy: least-busy
  model_group_alias: {gpt-4: cheap}
environment_variables:
  SECRET: sk-deadbeef
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def loaded(home: Path, text: str) -> Catalogue:
    home.mkdir(parents=True, exist_ok=True)
    (home / "providers.toml").write_text(text, encoding="utf-8")
    return load_catalogue(Settings(home=home), {"VLLM_URL": "http://127.0.0.1:9/v1"})


def test_the_models_answer_through_the_same_upstreams(
    taplens: Taplens, config: Path, tmp_path: Path
) -> None:
    catalogue = loaded(tmp_path / "own", taplens("import", "litellm", str(config)).out)
    chat = catalogue.get("聊天")
    found = [(u.provider.base_url, u.model, u.weight) for u in chat.upstreams]
    assert found == [
        ("https://api.siliconflow.cn/v1", "Qwen/Qwen3-32B", 2),
        ("http://10.0.0.5:8000/v1", "qwen3-32b", 1),
    ]
    assert (chat.rpm, chat.tpm) == (60, 100_000)
    assert chat.upstreams[0].provider.key_setting == "TEAM_KEY"
    assert chat.upstreams[1].provider.key_setting == ""
    cheap = catalogue.get("cheap")
    assert (cheap.price.input, cheap.price.output, cheap.price.currency) == (1.0, 2.0, "USD")
    assert cheap.context == 65536
    assert catalogue.get("gpt-4").upstreams == cheap.upstreams
    assert catalogue.get("small").upstreams[0].provider.base_url == "http://127.0.0.1:11434/v1"
    assert catalogue.get("local").upstreams[0].provider.base_url == "http://127.0.0.1:9/v1"


def test_prices_that_differ_stay_with_their_upstreams_and_are_named() -> None:
    def entry(model: str, **costs: float) -> dict[str, Any]:
        return {"model_name": "team", "litellm_params": {"model": model, **costs}}

    found = translate(
        {
            "model_list": [
                entry("deepseek/x", input_cost_per_token=1e-6, output_cost_per_token=2e-6),
                entry("groq/x"),
            ]
        }
    )
    assert found.models["team"] == {
        "upstreams": [
            {"model": "deepseek/x", "price": {"input": 1.0, "output": 2.0, "currency": "USD"}},
            "groq/x",
        ]
    }
    assert ("team: price", "prices") in found.notes


def test_no_key_is_ever_written(taplens: Taplens, config: Path) -> None:
    for arguments in ((), ("--json",), ("--write",)):
        outcome = taplens("import", "litellm", str(config), *arguments)
        assert outcome.code == 0
        assert "deadbeef" not in outcome.out + outcome.err
    assert "DEEPSEEK_API_KEY" in outcome.err


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_what_is_not_taken_is_named_with_the_reason(
    taplens: Taplens, config: Path, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", locale)
    told = taplens("import", "litellm", str(config)).err
    for place, reason in (
        ("model_list.5 (azure-gpt: azure)", "other_protocol"),
        ("model_list.6 (embed)", "other_mode"),
        ("model_list.7 (any/* → groq/…)", "wildcard"),
        ("model_list.2.litellm_params.temperature", "not_taken"),
        ("聊天: rpm", "smallest"),
        ("general_settings.master_key", "keys"),
        ("litellm_settings.drop_params", "not_taken"),
        ("router_settings.routing_strategy", "not_taken"),
        ("environment_variables.SECRET", "not_taken"),
    ):
        text = messages.text(f"cli.import.litellm.reason.{reason}", locale)
        assert f"{place}: {text}" in told
    assert "model_group_alias" not in told


def test_a_file_that_is_there_is_replaced_only_by_force(
    taplens: Taplens, config: Path, tmp_path: Path
) -> None:
    place = tmp_path / "home" / "providers.toml"
    assert taplens("import", "litellm", str(config), "--write").code == 0
    written = place.read_text(encoding="utf-8")
    place.write_text("# 我的\n", encoding="utf-8")
    refused = taplens("import", "litellm", str(config), "--write")
    assert (refused.code, refused.out) == (2, "")
    assert "--force" in refused.err
    assert place.read_text(encoding="utf-8") == "# 我的\n"
    assert taplens("import", "litellm", str(config), "--write", "--force").code == 0
    assert place.read_text(encoding="utf-8") == written


def test_the_json_says_the_same(taplens: Taplens, config: Path) -> None:
    found = json.loads(taplens("import", "litellm", str(config), "--json").out)
    text = taplens("import", "litellm", str(config)).out
    assert tomllib.loads(text) == {key: found[key] for key in ("providers", "models")}
    assert {"place": "general_settings.master_key"}.items() <= {
        key: value for note in found["not_taken"] for key, value in note.items()
        if "master_key" in note["place"]
    }.items()  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "[]", "a: b", "model_list: 5", "{", "a: &a [*a]\nb: *c", "\ufffe", "- x: \x00"]
)
def test_a_file_that_is_no_configuration_is_refused(
    taplens: Taplens, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    outcome = taplens("import", "litellm", str(path))
    assert outcome.code == 2
    assert "x.yaml" in outcome.err
    assert taplens("import", "litellm", str(tmp_path / "missing.yaml")).code == 2


@pytest.mark.parametrize(
    "address",
    [
        "https://user:pw@h/v1",
        "https://h/v1?key=sk",
        "ftp://h",
        "h:80",
        "http://h:x",
        "http://[",
        "",
    ],
)
def test_an_address_that_may_hold_a_key_or_is_none_is_not_taken(address: str) -> None:
    params = {"model": "hosted_vllm/m", "api_base": address}
    found = translate({"model_list": [{"model_name": "m", "litellm_params": params}]})
    assert (found.models, found.providers) == ({}, {})
    assert [note.reason for note in found.notes] == ["no_address"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.floats() | st.text(max_size=6)
    | st.sampled_from(("openai/gpt", "deepseek/x", "http://a.b/v1", "os.environ/KEY", "cheap")),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ("model_name", "litellm_params", "model_info", "model", "api_base", "api_key", "rpm",
             "weight", "mode", "input_cost_per_token", "output_cost_per_token",
             "max_input_tokens", "model_group_alias", "custom_llm_provider")
        ), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
params = st.fixed_dictionaries(
    {"model": st.sampled_from(("openai/g\x7f", 'deepseek/"q"\\', "groq/中文", "x", "ollama/\n"))},
    optional={"rpm": values, "weight": values, "api_base": values, "api_key": values,
              "input_cost_per_token": values, "output_cost_per_token": values},
)  # fmt: skip
entries = st.fixed_dictionaries(
    {"model_name": st.text(max_size=6), "litellm_params": params}, optional={"model_info": values}
)


@settings(max_examples=40)
@given(st.lists(entries | values, max_size=4), st.dictionaries(st.text(max_size=4), values))
def test_whatever_stands_there_the_result_is_a_catalogue(
    tmp_path_factory: pytest.TempPathFactory, listed: list[Any], rest: dict[str, Any]
) -> None:
    found = translate({**rest, "model_list": listed})
    home = tmp_path_factory.getbasetemp() / "imported"
    catalogue = loaded(home, found.toml())
    for name in found.models:
        assert catalogue.get(name).upstreams


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(ConfigurationError):
        read(path)
