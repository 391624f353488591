"""The catalogue: the documented models, the operator's own, and who answers for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.errors import ConfigurationError, NotFoundError
from taplens.llm.catalogue import Catalogue, Price, configured, load_catalogue
from taplens.llm.request import LIMITS, Limits

KEYS = {"SILICONFLOW_API_KEY": "sk-1", "DEEPSEEK_API_KEY": "sk-2"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def own(settings: Settings, text: str, environment: dict[str, str] | None = None) -> Catalogue:
    (settings.home / "providers.toml").write_text(text, encoding="utf-8")
    return load_catalogue(settings, environment or {})


def test_the_documented_catalogue_has_its_41_names_once_and_in_order(settings: Settings) -> None:
    models = load_catalogue(settings, {}).models()
    names = [m.name for m in models if m.upstreams[0].provider.name == "siliconflow"]
    assert len(names) == len(set(names)) == 41
    assert names[0] == "baidu/ERNIE-4.5-300B-A47B"
    assert names.count("THUDM/GLM-4-9B-0414") == 1
    assert names[-1] == "Pro/THUDM/glm-4-9b-chat"
    assert "Qwen/QwQ-32B" in names


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Qwen/QwQ-32B", "Qwen/QwQ-32B"),
        ("Qwen%2FQwQ-32B", "Qwen/QwQ-32B"),
        ("siliconflow/Qwen/QwQ-32B", "Qwen/QwQ-32B"),
        ("siliconflow%2FQwen%2FQwQ-32B", "Qwen/QwQ-32B"),
        ("Pro/deepseek-ai/DeepSeek-R1", "Pro/deepseek-ai/DeepSeek-R1"),
        ("siliconflow/Qwen/Brand-New", "siliconflow/Qwen/Brand-New"),
        ("deepseek/deepseek-flash", "deepseek-flash"),
    ],
)
def test_a_model_is_found_by_its_name_or_its_provider(
    settings: Settings, asked: str, found: str
) -> None:
    assert load_catalogue(settings, KEYS).get(asked).name == found


@pytest.mark.parametrize(
    "name", ["", "nobody", "nobody/model", "siliconflow/", "ollama/qwen3", "模型"]
)
def test_a_name_in_no_catalogue_is_unknown(settings: Settings, name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        load_catalogue(settings, KEYS).get(name)
    assert caught.value.code == "model_unknown"


def test_a_provider_is_set_up_by_its_key_in_the_environment(settings: Settings) -> None:
    catalogue = load_catalogue(settings, {"SILICONFLOW_API_KEY": " sk-1 "})
    siliconflow, deepseek = (catalogue.providers[name] for name in ("siliconflow", "deepseek"))
    assert configured(siliconflow)
    assert siliconflow.key is not None
    assert siliconflow.key.reveal() == "sk-1"
    assert "sk-1" not in repr(siliconflow)
    assert not configured(deepseek)
    assert deepseek.key_setting == "DEEPSEEK_API_KEY"


def test_a_key_may_stand_in_the_file(settings: Settings) -> None:
    text = '[providers.team]\nbase_url = "http://10.0.0.5/v1"\napi_key = "sk-literal"'
    provider = own(settings, text).providers["team"]
    assert configured(provider)
    assert provider.key_setting == "providers.team.api_key"
    assert "sk-literal" not in repr(provider)


def test_a_provider_can_be_reached_elsewhere(settings: Settings) -> None:
    base_url = "http://127.0.0.1:9/v1"
    catalogue = load_catalogue(settings, {"SILICONFLOW_BASE_URL": base_url + "/"})
    assert catalogue.get("Qwen/QwQ-32B").upstreams[0].provider.base_url == base_url
    with pytest.raises(ConfigurationError) as caught:
        load_catalogue(settings, {"SILICONFLOW_BASE_URL": "api.siliconflow.cn"})
    assert caught.value.parameters["place"] == "SILICONFLOW_BASE_URL"


@pytest.mark.parametrize("provider", ["vllm", "sglang", "ollama", "lmstudio"])
def test_a_self_hosted_server_takes_part_only_when_it_is_named(
    settings: Settings, provider: str
) -> None:
    assert provider not in load_catalogue(settings, {}).providers
    address = {f"{provider.upper()}_BASE_URL": "http://10.0.0.5:1/v1"}
    by_environment = load_catalogue(settings, address).get(f"{provider}/qwen3:8b")
    assert by_environment.upstreams[0].provider.base_url == "http://10.0.0.5:1/v1"
    by_file = own(settings, f'[providers.{provider}]\nmodels = ["qwen3:8b"]').get("qwen3:8b")
    assert configured(by_file.upstreams[0].provider)
    assert by_file.upstreams[0].provider.base_url.startswith("http://127.0.0.1:")


def test_limits_are_documented_until_a_real_upstream_can_answer(settings: Settings) -> None:
    name = "Qwen/QwQ-32B"
    assert load_catalogue(settings, {}).get(name).limits == LIMITS["documented"]
    assert load_catalogue(settings, KEYS).get(name).limits == LIMITS["provider"]
    chosen = own(settings, f'[models."{name}"]\nlimits = "documented"', KEYS)
    assert chosen.get(name).limits == LIMITS["documented"]
    counted = own(settings, f'[models."{name}"]\nlimits = {{messages = 50}}', KEYS)
    assert counted.get(name).limits == Limits(messages=50)


OWN = """
[providers.team]
base_url = "https://llm.example/v1/"
api_key_env = "TEAM_KEY"
models = ["问答-7b"]
rpm = 60
tpm = 100_000
currency = "CNY"

[providers.siliconflow]
rpm = 1000
models = ["Qwen/Brand-New"]

[models.chat]
upstreams = ["team/问答-7b", { model = "siliconflow/Qwen/Qwen3-32B", weight = 3 }]
context = 9000
profile = "qwen3"
rpm = 5
tokenizer = "tokenizer.json"
price = { input = 1, output = 2.5 }

[models."Qwen/QwQ-32B"]
price = { input = 1, output = 4, currency = "USD" }
"""


def test_an_operator_adds_providers_and_models_and_changes_listed_ones(settings: Settings) -> None:
    catalogue = own(settings, OWN, {"TEAM_KEY": "sk-team"} | KEYS)
    names = [model.name for model in catalogue.models()]
    assert names.index("Qwen/Brand-New") == 41
    assert names[-2:] == ["问答-7b", "chat"]
    chat = catalogue.get("chat")
    ways = [(way.provider.name, way.model, way.weight) for way in chat.upstreams]
    assert ways == [("team", "问答-7b", 1), ("siliconflow", "Qwen/Qwen3-32B", 3)]
    assert (chat.context, chat.profile.family) == (9000, "qwen3")
    assert chat.tokenizer == settings.home / "tokenizer.json"
    assert chat.rate(chat.upstreams[0]) == (5, 100_000)
    assert catalogue.get("问答-7b").rate(catalogue.get("问答-7b").upstreams[0]) == (60, 100_000)
    provider = catalogue.providers["siliconflow"]
    assert (provider.rpm, provider.currency) == (1000, "CNY")
    assert provider.base_url == "https://api.siliconflow.cn/v1"


def test_a_price_is_the_operators_or_unknown(settings: Settings) -> None:
    catalogue = own(settings, OWN, KEYS)
    assert catalogue.get("chat").price == Price(input=1, output=2.5, currency="CNY", known=True)
    assert catalogue.get("Qwen/QwQ-32B").price.currency == "USD"
    assert catalogue.get("chat").price.cost(1_000_000, 2_000_000) == 6.0
    unknown = catalogue.get("deepseek-ai/DeepSeek-V3").price
    assert not unknown.known
    assert unknown.cost(1, 1) is None


def test_an_upstream_has_its_own_price_or_the_models(settings: Settings) -> None:
    text = """
    [providers.dear]
    base_url = "https://dear.example/v1"
    currency = "USD"
    [models.team]
    upstreams = [
        { model = "dear/x", price = { input = 3, output = 9 } },
        { model = "deepseek/x", weight = 2 },
    ]
    price = { input = 1, output = 2, currency = "CNY" }
    """
    model = own(settings, text).get("team")
    assert [model.price_of(way) for way in model.upstreams] == [
        Price(input=3, output=9, currency="USD", known=True),
        Price(input=1, output=2, currency="CNY", known=True),
    ]


def test_a_listed_models_limits_hold_by_whichever_spelling_it_is_asked(settings: Settings) -> None:
    text = """
    [providers.other]
    base_url = "https://other.example/v1"
    [models."Qwen/QwQ-32B"]
    upstreams = ["siliconflow/Qwen/QwQ-32B", "other/qwq"]
    limits = "documented"
    rpm = 2
    """
    catalogue = own(settings, text, KEYS)
    for name in ("siliconflow/Qwen/QwQ-32B", "siliconflow%2FQwen%2FQwQ-32B", "other/qwq"):
        model = catalogue.get(name)
        assert (model.name, model.rpm, model.limits.messages) == ("Qwen/QwQ-32B", 2, 10)
        (way,) = model.upstreams
        assert f"{way.provider.name}/{way.model}" in name.replace("%2F", "/")
        assert model.listed
    assert not catalogue.get("siliconflow/anything").listed


def test_a_model_that_two_providers_list_has_both_as_upstreams(settings: Settings) -> None:
    text = '[providers.vllm]\nmodels = ["Qwen/Qwen3-32B"]'
    upstreams = own(settings, text).get("Qwen/Qwen3-32B").upstreams
    assert [upstream.provider.name for upstream in upstreams] == ["siliconflow", "vllm"]


def test_options_of_other_kinds_of_providers_are_kept(settings: Settings) -> None:
    text = '[providers.here]\nkind = "local"\npath = "m.gguf"\nthreads = 2\nmodels = ["mini"]'
    provider = own(settings, text).get("mini").upstreams[0].provider
    assert provider.kind == "local"
    assert provider.options == {"path": "m.gguf", "threads": 2}


def test_the_file_may_lie_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "模型.toml"
    path.write_text('[providers.vllm]\nmodels = ["a"]', encoding="utf-8")
    settings = Settings(home=tmp_path / "home", providers_file=path)
    assert load_catalogue(settings, {}).get("a").name == "a"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ('[servers.a]\nb = "c"', "servers"),
        ('[providers.a]\nbase_url = "ftp://x"', "providers.a.base_url"),
        ('[providers.a]\nbaseurl = "http://x"', "providers.a.baseurl"),
        ('[providers.a]\nkind = "cloud"', "providers.a.kind"),
        ('[providers.a]\nkind = "http"', "providers.a.base_url"),
        ('[providers.a]\nbase_url = "http://x"\nrpm = -1', "providers.a.rpm"),
        ('[providers.a]\nbase_url = "http://x"\nmodels = "m"', "providers.a.models"),
        ('[models.a]\nupstreams = ["nobody/x"]', "models.a.upstreams: nobody/x"),
        ("[models.a]\nupstreams = []", "models.a"),
        ("[models.a]\ncontext = 5", "models.a"),
        ('[models.a]\nlimits = "none"', "models.a.limits"),
        ('[models.a]\nprofile = "gpt"', "models.a.profile"),
        ("[models.a]\nprice = {input = 1}", "models.a.price"),
        ("[models.a]\nprice = {input = inf, output = nan}", "models.a.price"),
        ("providers = 3", "providers"),
    ],
)
def test_an_entry_that_is_not_as_documented_is_named(
    settings: Settings, text: str, entry: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        own(settings, text)
    assert caught.value.parameters["entry"] == entry


def test_a_file_that_is_no_toml_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigurationError) as caught:
        own(settings, "providers = ")
    assert caught.value.code == "providers_file"
