"""A LiteLLM proxy's configuration as a providers.toml: what can be taken, and what can't, by name.

No value of a key is ever taken over: keys stay in the environment, by their names. The layout is
the one that LiteLLM's proxy documents for its config.yaml.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import urlsplit

from taplens.errors import ConfigurationError

FILE_BYTES = 4 * 1024 * 1024
_ENVIRONMENT = "os.environ/"
_MILLION = 1_000_000
_NO_KEY = frozenset(("", "none", "null", "empty", "not-needed", "dummy"))
_BARE = re.compile(r"[A-Za-z0-9_-]+")  # a key that TOML takes without quotes
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Known(NamedTuple):
    """A LiteLLM provider that speaks our protocol: its address and its key's usual name."""

    base_url: str
    key: str = ""


_KNOWN = {
    "openai": _Known("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "deepseek": _Known("https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    "siliconflow": _Known("https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY"),
    "dashscope": _Known("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    "moonshot": _Known("https://api.moonshot.cn/v1", "MOONSHOT_API_KEY"),
    "volcengine": _Known("https://ark.cn-beijing.volces.com/api/v3", "VOLCENGINE_API_KEY"),
    "openrouter": _Known("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": _Known("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": _Known("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "xai": _Known("https://api.x.ai/v1", "XAI_API_KEY"),
    "together_ai": _Known("https://api.together.xyz/v1", "TOGETHERAI_API_KEY"),
    "fireworks_ai": _Known("https://api.fireworks.ai/inference/v1", "FIREWORKS_AI_API_KEY"),
    "nvidia_nim": _Known("https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
    "ollama": _Known("http://127.0.0.1:11434/v1"),
    "ollama_chat": _Known("http://127.0.0.1:11434/v1"),
    "hosted_vllm": _Known(""),
    "lm_studio": _Known(""),
    "openai_like": _Known(""),
    "custom_openai": _Known(""),
}
# Their addresses are given without the path of the protocol.
_WITHOUT_PATH = frozenset(("ollama", "ollama_chat"))
_TAKEN = frozenset(
    ("model", "api_base", "base_url", "api_key", "rpm", "tpm", "weight", "timeout",
     "custom_llm_provider", "input_cost_per_token", "output_cost_per_token")
)  # fmt: skip
_TAKEN_INFO = frozenset(
    ("id", "mode", "max_input_tokens", "input_cost_per_token", "output_cost_per_token")
)


class Note(NamedTuple):
    """Something that wasn't taken as it stands: where, and the key of its reason's text."""

    place: str
    reason: str


@dataclass(slots=True)
class Imported:
    """What a configuration became: `tables` as in providers.toml, and what wasn't taken."""

    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, place: str, reason: str) -> None:
        """Remember that what stands at `place` wasn't taken as it is."""
        self.notes.append(Note(place, reason))

    def toml(self) -> str:
        """The tables as a providers.toml."""
        parts = {"providers": self.providers, "models": self.models}
        return "\n".join(_toml_lines(parts)).rstrip() + "\n"


def read(path: Path) -> dict[str, Any]:
    """The configuration in `path`. Raises ConfigurationError `litellm_file`."""
    import yaml

    try:
        if path.stat().st_size > FILE_BYTES:
            raise ConfigurationError("litellm_file", path=path, detail=f"> {FILE_BYTES} bytes")
        config = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as fault:
        detail = " ".join(str(fault).split())
        raise ConfigurationError("litellm_file", path=path, detail=detail) from fault
    if not isinstance(config, dict) or not isinstance(config.get("model_list"), list):
        raise ConfigurationError("litellm_file", path=path, detail="no model_list")
    return config


def translate(config: Mapping[str, Any]) -> Imported:
    """The configuration, as `read` gives it, in our terms."""
    found = Imported()
    deployments: dict[str, list[_Deployment]] = {}
    for number, entry in enumerate(config["model_list"]):
        deployment = _deployment(entry, f"model_list.{number}", found)
        if deployment is not None:
            deployments.setdefault(deployment.name, []).append(deployment)
    for name, group in deployments.items():
        found.models[name] = _model(name, group, found)
    _take_aliases(config, found)
    for part, value in config.items():
        if part != "model_list":
            _name_rest(part, value, found)
    return found


class _Deployment(NamedTuple):
    """One entry of model_list: the name that clients use, and who answers."""

    name: str
    upstream: str
    params: Mapping[str, Any]
    info: Mapping[str, Any]
    place: str


def _deployment(entry: Any, place: str, found: Imported) -> _Deployment | None:
    entry = _table(entry)
    params, info = _table(entry.get("litellm_params")), _table(entry.get("model_info"))
    name, model = entry.get("model_name"), params.get("model")
    if not (_is_name(name) and _is_name(model)):
        found.note(place, "malformed")
        return None
    prefix, _, rest = model.partition("/")
    kind = str(params.get("custom_llm_provider") or (prefix if rest else "openai"))
    if kind not in _KNOWN:
        found.note(f"{place} ({name}: {kind})", "other_protocol")
        return None
    if info.get("mode", "chat") != "chat":
        found.note(f"{place} ({name})", "other_mode")
        return None
    provider = _provider(kind, params, place, found)
    if provider is None:
        return None
    _name_others(params, _TAKEN, f"{place}.litellm_params", found)
    _name_others(info, _TAKEN_INFO, f"{place}.model_info", found)
    if "*" in name or "*" in model:
        found.note(f"{place} ({name} → {provider}/…)", "wildcard")
        return None
    own = rest if rest and prefix == kind else model
    return _Deployment(name, f"{provider}/{own}", params, info, place)


def _provider(kind: str, params: Mapping[str, Any], place: str, found: Imported) -> str | None:
    """The name of the provider that `params` mean; it is added where it is new."""
    known = _KNOWN[kind]
    given = str(params.get("api_base") or params.get("base_url") or "").strip().rstrip("/")
    variable = given.removeprefix(_ENVIRONMENT)
    if variable != given and _NAME.fullmatch(variable):
        name, table = kind, {"base_url_env": variable}
    else:
        address = _address(given or known.base_url)
        if address is None:
            found.note(f"{place}.litellm_params.api_base", "no_address")
            return None
        if given and kind in _WITHOUT_PATH and not address.endswith("/v1"):
            address += "/v1"
        name, table = _name_at(address), {"base_url": address}
    key = _key_name(params, known, name, place, found)
    table |= {"api_key_env": key} if key else {}
    return _added(name, table | _timeouts(params, place, found), found.providers)


def _timeouts(params: Mapping[str, Any], place: str, found: Imported) -> dict[str, Any]:
    """LiteLLM's `timeout`, the seconds for a whole answer, as a part of a provider's table."""
    given = params.get("timeout")
    if given is None:
        return {}
    try:  # YAML reads 6e2 as text
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        seconds = 0.0
    if isinstance(given, bool) or not 0 < seconds < float("inf"):
        found.note(f"{place}.litellm_params.timeout", "malformed")
        return {}
    return {"timeouts": {"total": seconds}}


def _address(given: str) -> str | None:
    """`given` where it is an address that holds no user, password or query: they may be keys."""
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    plain = "@" not in parts.netloc and not parts.query and given.isprintable()
    return given if usable and plain else None


def _name_at(address: str) -> str:
    """A name for the provider at `address`: a known one's, else its host with its port."""
    for name, known in _KNOWN.items():
        if known.base_url == address:
            return name
    host = urlsplit(address).netloc.lower()
    return re.sub(r"[^a-z0-9]+", "-", host).strip("-") or "own"


def _key_name(
    params: Mapping[str, Any], known: _Known, provider: str, place: str, found: Imported
) -> str:
    """The environment name of the key; "" where none is needed."""
    if "api_key" not in params:
        return known.key
    given = str(params["api_key"] or "").strip()
    name = given.removeprefix(_ENVIRONMENT)
    if given.startswith(_ENVIRONMENT) and _NAME.fullmatch(name):
        return name
    if given.lower() in _NO_KEY:
        return ""
    made = re.sub(r"\W+", "_", provider, flags=re.ASCII).upper() + "_API_KEY"
    made = known.key or (made if _NAME.fullmatch(made) else f"_{made}")
    found.note(f"{place}.litellm_params.api_key → {made}", "literal_key")
    return made


def _added(name: str, table: dict[str, Any], providers: dict[str, dict[str, Any]]) -> str:
    """The name under which `table` stands among the providers, which may be there already."""
    number = 1
    chosen = name
    while providers.get(chosen, table) != table:
        number += 1
        chosen = f"{name}-{number}"
    providers[chosen] = table
    return chosen


def _model(name: str, group: list[_Deployment], found: Imported) -> dict[str, Any]:
    """A model with one upstream for each of its deployments."""
    prices = [_price(deployment) for deployment in group]
    differ = any(price != prices[0] for price in prices)
    if differ:
        found.note(f"{name}: price", "prices")
    ways = [
        _way(one, price if differ else {}, found) for one, price in zip(group, prices, strict=True)
    ]
    model: dict[str, Any] = {"upstreams": ways}
    for key in ("rpm", "tpm"):
        values = [one.params[key] for one in group if _is_whole(one.params.get(key))]
        if values:
            model[key] = min(values)
        if len(set(values)) > 1 or 0 < len(values) < len(group):
            found.note(f"{name}: {key}", "smallest")
    if _is_whole(group[0].info.get("max_input_tokens")):
        model["context"] = group[0].info["max_input_tokens"]
    return model | ({"price": prices[0]} if prices[0] and not differ else {})


def _way(deployment: _Deployment, price: dict[str, Any], found: Imported) -> str | dict[str, Any]:
    more: dict[str, Any] = {"price": price} if price else {}
    weight = deployment.params.get("weight")
    if _is_whole(weight):
        more["weight"] = weight
    elif weight is not None:
        found.note(f"{deployment.place}.litellm_params.weight", "malformed")
    return {"model": deployment.upstream, **more} if more else deployment.upstream


def _price(deployment: _Deployment) -> dict[str, Any]:
    """The price of a million tokens: LiteLLM's are of one token, in US dollars."""
    price = {}
    for ours, theirs in (("input", "input_cost_per_token"), ("output", "output_cost_per_token")):
        cost = deployment.params.get(theirs, deployment.info.get(theirs))
        try:  # YAML reads 1e-6 as text
            price[ours] = round(float(cost) * _MILLION, 9)
        except (TypeError, ValueError, OverflowError):
            return {}
    valid = all(0 <= cost < float("inf") for cost in price.values())
    return {**price, "currency": "USD"} if valid else {}


def _take_aliases(config: Mapping[str, Any], found: Imported) -> None:
    aliases = _table(_table(config.get("router_settings")).get("model_group_alias"))
    for alias, target in aliases.items():
        name = target.get("model") if isinstance(target, dict) else target
        model = found.models.get(name) if isinstance(name, str) else None
        if model is None:
            found.note(f"router_settings.model_group_alias.{alias}", "malformed")
        else:
            found.models.setdefault(str(alias), dict(model))


# What has another form here: the key of the text that says which.
_ELSEWHERE = {
    "general_settings.master_key": "keys",
    "general_settings.database_url": "ledger",
    "router_settings.model_group_alias": "",
}


def _name_rest(part: str, value: Any, found: Imported) -> None:
    """Name what isn't taken of another part of the configuration; never its values."""
    names = [f"{part}.{name}" for name in value] if isinstance(value, dict) else [part]
    for name in names:
        reason = _ELSEWHERE.get(name, "not_taken")
        if reason:
            found.note(name, reason)


def _name_others(
    table: Mapping[str, Any], taken: frozenset[str], place: str, found: Imported
) -> None:
    for name in table:
        if name not in taken:
            found.note(f"{place}.{name}", "not_taken")


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _toml_lines(parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    for part, tables in parts.items():
        for name, table in tables.items():
            yield f"[{part}.{name if _BARE.fullmatch(name) else _toml(name)}]"
            for key, value in table.items():
                yield f"{key} = {_toml(value)}"
            yield ""


def _toml(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
