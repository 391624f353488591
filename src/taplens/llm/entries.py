"""What a catalogue lists: providers, their models, prices, and the ways from one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from taplens.config import Secret
from taplens.llm.buckets import Rate
from taplens.llm.profiles import UNKNOWN, Profile
from taplens.llm.request import Limits
from taplens.llm.timeouts import Timeouts

OTHER = "other"  # all models together that aren't listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a million tokens; `known` is False where the operator has set none."""

    input: float = 0.0
    output: float = 0.0
    currency: str = ""
    known: bool = False

    def is_in(self, currency: str) -> bool:
        """Whether it can be counted in `currency`: what is free can be in any."""
        return self.known and (self.currency == currency or not (self.input or self.output))

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What an answer costs, in the price's currency; None where the price isn't known."""
        if not self.known:
            return None
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who serves models.

    `key_setting` says where the operator sets the key ("" where none is needed), `rpm` and `tpm`
    what the account may do with each model in a minute (0: unlimited). `thinking` holds the
    fields that switch it `on` and `off` and the name of the `budget` field. `options` are the
    settings that only its `kind` knows. `timeouts` are its own, None where it has none.
    """

    name: str
    base_url: str = ""
    key: Secret | None = None
    key_setting: str = ""
    currency: str = ""
    kind: Literal["http", "local", "builtin"] = "http"
    rpm: int = 0
    tpm: int = 0
    response_formats: tuple[str, ...] = ()
    thinking: Mapping[str, Any] = field(default_factory=dict, hash=False)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    timeouts: Timeouts | None = None


@dataclass(frozen=True, slots=True)
class Upstream:
    """A provider's model, by the provider's own name; `weight` is its share of the requests.

    `price` is None where the model's holds.
    """

    provider: Provider
    model: str
    weight: int = 1
    price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as clients name it, and the upstreams that answer for it, in their order.

    `rpm` and `tpm` replace the provider's (0: they hold). `context` is in tokens (None: not
    known), `tokenizer` the path of a tokenizer.json. `listed` is False for a name that a client
    made up of a provider's: there is no end of those.
    """

    name: str
    upstreams: tuple[Upstream, ...]
    profile: Profile = UNKNOWN
    context: int | None = None
    limits: Limits = Limits()
    rpm: int = 0
    tpm: int = 0
    price: Price = Price()
    tokenizer: Path | None = None
    listed: bool = True

    @property
    def reads_mirror(self) -> bool:
        """Whether its answers may come from the mirror: a part of this program answers."""
        return any(upstream.provider.kind == "builtin" for upstream in self.upstreams)

    @property
    def label(self) -> str:
        """What the model is counted as where there must not be names without end."""
        return self.name if self.listed else OTHER

    def rate(self, upstream: Upstream) -> Rate:
        """What `upstream` may be asked in a minute for this model."""
        provider = upstream.provider
        return Rate(self.rpm or provider.rpm, self.tpm or provider.tpm)

    def price_of(self, upstream: Upstream) -> Price:
        """What `upstream` takes for this model."""
        return upstream.price or self.price


def configured(provider: Provider) -> bool:
    """Whether the provider can be asked: it has its key, or needs none."""
    return provider.key is not None or not provider.key_setting
