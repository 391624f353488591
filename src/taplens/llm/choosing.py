"""Which models are asked where nobody names one, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taplens.errors import ModelUnavailableError, NotFoundError
from taplens.llm.catalogue import chosen, configured
from taplens.llm.entries import Price

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.llm.catalogue import Catalogue


def asked_models(settings: Settings, catalogue: Catalogue) -> list[str]:
    """Whom to ask, in turn: the operator's choice, else the first of every provider."""
    if settings.agent_model:
        return [settings.agent_model]
    found: dict[str, str] = {}
    for model in catalogue.models():
        for upstream in model.upstreams:
            provider = upstream.provider
            if configured(provider) and provider.kind != "builtin" and model.profile.tools:
                found.setdefault(provider.name, f"{provider.name}/{upstream.model}")
    return list(found.values())


def dearest_price(settings: Settings, catalogue: Catalogue) -> Price:
    """The price of an answer's tokens, whoever of them gives it: the highest that may be asked.

    Free where none is set up; unknown where one of them is, or they aren't in one currency.
    """
    prices = []
    for name in asked_models(settings, catalogue):
        try:
            model, upstream = chosen(catalogue, name)
        except (NotFoundError, ModelUnavailableError):
            continue  # the answer comes without a model, then
        prices.append(model.price_of(upstream))
    currencies = {price.currency for price in prices if price.input or price.output}
    if len(currencies) > 1 or not all(price.known for price in prices):
        return Price()
    return Price(
        input=max((price.input for price in prices), default=0.0),
        output=max((price.output for price in prices), default=0.0),
        currency=next(iter(currencies), ""),
        known=True,
    )
