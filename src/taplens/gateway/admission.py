"""What a key may do: its models, its requests and tokens a minute, its budget of a month."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.clock import Clock
from taplens.errors import RefusalError
from taplens.gateway.ledger import BILLION, Amounts
from taplens.gateway.usage import Usage, prompt_tokens
from taplens.llm.buckets import UNCOUNTED, Booking, Buckets, Rate
from taplens.llm.entries import configured

if TYPE_CHECKING:
    from taplens.gateway.keys import Key
    from taplens.gateway.ledger import Ledger
    from taplens.llm.entries import Model, Price

# What an answer is reckoned with, before it is there, whose request names no `max_tokens`.
ANSWER_TOKENS = 4096
_BYTES_A_TOKEN = 4
# A picture or a sound stands in the body as a `data:` URL. It takes about as many tokens as this
# many bytes of text would, whatever its size; looking for more than so many has its price.
_MEDIA_BYTES = 4000
_MOST_MEDIA = 200
_DATA_URL, _ENCODED, _MOST_TYPE_BYTES = b'"data:', b";base64,", 100
_UNLIMITED = Rate()


@dataclass(frozen=True, slots=True)
class Refused:
    """A limit that is reached: which, and the seconds until a request fits again."""

    limit: str  # RPM or TPM
    seconds: float


class Windows:
    """Requests and tokens of the last minute, for keys and for upstreams.

    Tokens are taken by estimate before the answer, and settled when it is known.
    """

    def __init__(self, clock: Clock) -> None:
        self._buckets = Buckets(clock)

    def take(self, whose: Hashable, tokens: int, rate: Rate) -> Booking | Refused:
        """Book a request of `tokens` under `whose`, or say which limit it would exceed."""
        if rate == _UNLIMITED:
            return UNCOUNTED
        taken = self._buckets.try_take(whose, tokens, rate)
        if isinstance(taken, Booking):
            return taken
        by_requests = rate.rpm and self._buckets.wait(whose, 0, Rate(rate.rpm, 0))
        return Refused("RPM" if by_requests else "TPM", taken)


class Permit:
    """What a request that was let through has taken and reserved of its key; a context manager.

    At its end the key's minute is settled by what was used, and the reservation is released.
    """

    def __init__(
        self, booking: Booking, ledger: Ledger, key: str, reserved: Amounts | None
    ) -> None:
        self._booking = booking
        self._ledger = ledger
        self._key = key
        self._reserved = reserved
        self._tokens = 0

    def used(self, tokens: int) -> None:
        """The request used `tokens`, and they are booked."""
        self._tokens += tokens

    def __enter__(self) -> None:
        """The request goes on."""

    def __exit__(self, *_: object) -> None:
        self._booking.settle(self._tokens)
        if self._reserved is not None:
            self._ledger.release(self._key, self._reserved)


class Admission:
    """Lets a key's request through, or refuses it with the reason."""

    def __init__(self, windows: Windows, ledger: Ledger) -> None:
        self._windows = windows
        self._ledger = ledger

    def admit(self, key: Key, model: Model, tokens: int, request: Mapping[str, Any]) -> Permit:
        """Let `request`, of about `tokens`, through. Raises RefusalError 403 or 429."""
        if not key.may_use(model.name):
            raise RefusalError("model_not_of_key", status=403, model=model.name)
        if not key.may_ask(model):
            raise RefusalError("mirror_not_of_key", status=403, model=model.name, name=key.name)
        reserved = self._within_budget(key, model, request) if key.has_budget else None
        taken = self._windows.take(key.id, tokens, Rate(key.rpm or 0, key.tpm or 0))
        if isinstance(taken, Refused):
            raise limit_reached(taken, "key")
        if reserved is not None:
            self._ledger.reserve(key.id, reserved)
        return Permit(taken, self._ledger, key.id, reserved)

    def _within_budget(self, key: Key, model: Model, request: Mapping[str, Any]) -> Amounts:
        """What `request` may use. A key's last one may exceed its budget, but only one does."""
        spent, reserved = self._ledger.spent(key.id), self._ledger.reserved(key.id)
        if key.budget_tokens is not None:
            _check(spent.tokens, reserved.tokens, key.budget_tokens, "{} tokens".format)
        wanted = Usage(prompt_tokens(request), _answer_tokens(request))
        if key.budget_cost is None:
            return Amounts(1, wanted.prompt_tokens, wanted.completion_tokens)
        currency = key.budget_currency or ""
        prices = _prices(model)
        if not all(price.is_in(currency) for price in prices):
            # What can't be counted can't be kept to a budget.
            raise RefusalError("price_unknown", status=403, model=model.name, currency=currency)
        cost = spent.costs.get(currency, 0)
        _check(cost, reserved.cost, key.budget_cost, lambda amount: money(amount, currency))
        return max(map(wanted.amounts, prices), key=lambda amounts: amounts.cost)


def _prices(model: Model) -> list[Price]:
    """The prices of those who may answer; the model's own where nobody can."""
    ready = [upstream for upstream in model.upstreams if configured(upstream.provider)]
    return [model.price_of(upstream) for upstream in ready] or [model.price]


def _check(spent: int, reserved: int, budget: int, shown: Callable[[int], str]) -> None:
    """Refuse where nothing of `budget` is left, or perhaps will be when others have ended."""
    if spent >= budget:
        raise RefusalError("budget_spent", status=403, spent=shown(spent), budget=shown(budget))
    if spent + reserved >= budget:
        raise RefusalError(
            "budget_reserved", status=429, retry_after=1.0,
            reserved=shown(reserved), left=shown(budget - spent),
        )  # fmt: skip


def _answer_tokens(request: Mapping[str, Any]) -> int:
    """The most that a checked request's answers may have."""
    most = request.get("max_tokens") or request.get("max_completion_tokens")
    if not isinstance(most, int) or most <= 0:
        most = ANSWER_TOKENS
    answers: int = request.get("n") or 1
    return most * answers


def limit_reached(refused: Refused, whose: str) -> RefusalError:
    """The documented 429, which names the limit; `whose` is "key" or "model"."""
    return RefusalError(
        "limit_reached",
        status=429,
        retry_after=refused.seconds,
        limit=refused.limit,
        whose=whose,
        seconds=round(refused.seconds + 0.5),
    )


def money(billionths: int, currency: str) -> str:
    """An amount as people write it: `1.25 CNY`."""
    return f"{billionths / BILLION:.6f}".rstrip("0").rstrip(".") + f" {currency}".rstrip()


def estimated_tokens(body: bytes) -> int:
    """About how many tokens a request has, before anybody has counted them."""
    return (len(body) - _spare_bytes(body)) // _BYTES_A_TOKEN + 1


def _spare_bytes(body: bytes) -> int:
    """How many bytes of pictures and sounds in `body` stand for no tokens of their own."""
    spare = end = 0
    for _ in range(_MOST_MEDIA):
        start = body.find(_DATA_URL, end)
        if start < 0:
            break
        end = start + len(_DATA_URL)
        if body.find(_ENCODED, end, end + _MOST_TYPE_BYTES) >= 0:
            end = body.find(b'"', end)
            spare += max(0, end - start - _MEDIA_BYTES)
    return spare
