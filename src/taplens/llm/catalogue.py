"""The catalogue: every model that can be asked for, and who answers for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from taplens.config import Secret, Settings
from taplens.errors import ConfigurationError, ModelUnavailableError, NotFoundError
from taplens.llm.entries import Model, Price, Provider, Upstream, configured
from taplens.llm.profiles import FAMILIES, profile_of
from taplens.llm.providers_file import is_url, options_of, read_tables
from taplens.llm.request import LIMITS, Limits
from taplens.llm.timeouts import Timeouts

__all__ = [
    "Catalogue",
    "Model",
    "Price",
    "Provider",
    "Upstream",
    "chosen",
    "configured",
    "load_catalogue",
]


class Catalogue:
    """The models by name, in the order in which they are listed."""

    def __init__(self, providers: Iterable[Provider], models: Iterable[Model]) -> None:
        self.providers = {provider.name: provider for provider in providers}
        self._models = {model.name: model for model in models}
        # Of several models with an upstream, one that has no other comes first.
        by_ways = sorted(self._models.values(), key=lambda model: len(model.upstreams) > 1)
        self._by_upstream = {
            f"{upstream.provider.name}/{upstream.model}": replace(model, upstreams=(upstream,))
            for model in reversed(by_ways)
            for upstream in model.upstreams
        }

    def models(self) -> list[Model]:
        """The listed models."""
        return list(self._models.values())

    def price(self, name: str, price: Price) -> None:
        """Let `price` be that of the listed model `name`, where the operator has set none.

        For a model of this program, whose answers cost what others take for them; to be told
        before anything is asked.
        """
        if not self._models[name].price.known:
            self._models[name] = replace(self._models[name], price=price)

    def get(self, name: str) -> Model:
        """The model of that name, which may be URL-encoded: a listed one, or "provider/model".

        A provider's model that is listed comes back under its listed name and asks that provider
        alone, so that what holds for the one name holds for the other. Raises NotFoundError.
        """
        decoded = unquote(name)
        for spelling in dict.fromkeys((name, decoded)):
            if found := self._models.get(spelling) or self._by_upstream.get(spelling):
                return found
        provider_name, _, rest = decoded.partition("/")
        provider = self.providers.get(provider_name)
        if provider is None or not rest:
            raise NotFoundError("model_unknown", model=name[:200])
        return replace(_model(decoded, (Upstream(provider, rest),), {}), listed=False)


def chosen(catalogue: Catalogue, name: str) -> tuple[Model, Upstream]:
    """The model of that name, and its first upstream that is set up.

    Raises NotFoundError, or ModelUnavailableError naming the setting to make.
    """
    model = catalogue.get(name)
    for upstream in model.upstreams:
        if configured(upstream.provider):
            return model, upstream
    first = model.upstreams[0].provider
    raise ModelUnavailableError(
        "model_unavailable", provider=first.name, model=model.name, setting=first.key_setting
    )


def load_catalogue(settings: Settings, environment: Mapping[str, str] | None = None) -> Catalogue:
    """The built-in catalogue with what the operator's providers.toml adds and changes.

    `environment` (the process's own if None) holds the keys and base URLs. Raises
    ConfigurationError naming the entry that is wrong.
    """
    environment = os.environ if environment is None else environment
    path = settings.providers_file or settings.home / "providers.toml"
    tables = read_tables(path)
    providers = {
        name: _provider(name, table, environment)
        for name, table in tables["providers"].items()
        if not table.get("opt_in") or environment.get(table["base_url_env"], "").strip()
    }
    for name, provider in providers.items():
        if provider.kind == "http" and not provider.base_url:
            raise _refusal(path, f"providers.{name}.base_url", "http://... | https://...")
    listed: dict[str, list[Upstream]] = {}
    for name, provider in providers.items():
        for model in tables["providers"][name].get("models", ()):
            listed.setdefault(model, []).append(Upstream(provider, model))
    for name, table in tables["models"].items():
        if "upstreams" in table:
            listed[name] = [_upstream(way, providers, name, path) for way in table["upstreams"]]
        if not listed.get(name):
            raise _refusal(path, f"models.{name}", "upstreams")
    return Catalogue(
        providers.values(),
        [
            _model(name, tuple(upstreams), tables["models"].get(name, {}), path.parent)
            for name, upstreams in listed.items()
        ],
    )


def _provider(name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> Provider:
    key = str(table.get("api_key") or environment.get(table.get("api_key_env", ""), "")).strip()
    return Provider(
        name=name,
        base_url=_base_url(table, environment),
        key=Secret(key) if key else None,
        key_setting=table.get("api_key_env") or (f"providers.{name}.api_key" if key else ""),
        currency=table.get("currency", ""),
        kind=table.get("kind", "http"),
        rpm=table.get("rpm", 0),
        tpm=table.get("tpm", 0),
        response_formats=tuple(table.get("response_formats", ())),
        thinking=table.get("thinking", {}),
        options=options_of(table),
        timeouts=Timeouts(**table["timeouts"]) if "timeouts" in table else None,
    )


def _base_url(table: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    place = table.get("base_url_env", "")
    url = environment.get(place, "").strip()
    if url and not is_url(url):
        raise ConfigurationError("setting_url", place=place)
    return (url or str(table.get("base_url", ""))).rstrip("/")


def _upstream(
    way: str | Mapping[str, Any], providers: Mapping[str, Provider], model: str, path: Path
) -> Upstream:
    table: Mapping[str, Any] = {"model": way} if isinstance(way, str) else way
    name, price = table["model"], table.get("price")
    provider, _, rest = name.partition("/")
    if provider not in providers or not rest:
        raise _refusal(path, f"models.{model}.upstreams: {name}", " | ".join(providers))
    return Upstream(
        providers[provider],
        rest,
        table.get("weight", 1),
        _price(price, providers[provider]) if price else None,
    )


def _price(table: Mapping[str, Any] | None, provider: Provider) -> Price:
    """The operator's price, in the provider's currency unless it names one."""
    if table is None:
        return Price(currency=provider.currency)
    return Price(**{"currency": provider.currency, **table}, known=True)


def _model(
    name: str,
    upstreams: tuple[Upstream, ...],
    table: Mapping[str, Any],
    folder: Path = Path(),
) -> Model:
    profile = FAMILIES.get(table.get("profile", "")) or profile_of(upstreams[0].model)
    tokenizer = table.get("tokenizer")
    return Model(
        name=name,
        upstreams=upstreams,
        profile=profile,
        context=table.get("context") or profile.context,
        limits=_limits(table.get("limits"), upstreams),
        rpm=table.get("rpm", 0),
        tpm=table.get("tpm", 0),
        price=_price(table.get("price"), upstreams[0].provider),
        tokenizer=folder / Path(tokenizer).expanduser() if tokenizer else None,
    )


def _limits(chosen: str | Mapping[str, int] | None, upstreams: tuple[Upstream, ...]) -> Limits:
    """The operator's choice; unsaid: the documented ones until a real upstream can answer."""
    if isinstance(chosen, Mapping):
        return Limits(**chosen)
    answers = any(configured(upstream.provider) for upstream in upstreams)
    return LIMITS[chosen or ("provider" if answers else "documented")]


def _refusal(path: Path, entry: str, allowed: str) -> ConfigurationError:
    return ConfigurationError("providers_entry", path=str(path), entry=entry, allowed=allowed)
