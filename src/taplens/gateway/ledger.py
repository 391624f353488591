"""The ledger of usage: counted in memory at once, written to state.db in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from taplens.clock import Clock, day_of, day_start

BILLION = 1_000_000_000  # money is kept in billionths of its unit: sums stay exact
_DAY_SECONDS = 86_400  # the workspace's zone has no summer time


class Account(NamedTuple):
    """What usage is summed by: the key columns of the table `usage`."""

    day: str
    key: str
    model: str
    provider: str
    currency: str
    estimated: bool


@dataclass(slots=True)
class Amounts:
    """How much was used; `cost` in billionths of the account's currency."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: int = 0

    def add(self, other: Amounts) -> None:
        """Count `other` in."""
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cost += other.cost

    def take_away(self, other: Amounts) -> None:
        """Count `other`, which was counted in, no longer."""
        self.requests -= other.requests
        self.prompt_tokens -= other.prompt_tokens
        self.completion_tokens -= other.completion_tokens
        self.cost -= other.cost

    @property
    def tokens(self) -> int:
        """Both kinds of tokens."""
        return self.prompt_tokens + self.completion_tokens


Sums = dict[Account, Amounts]


class Spent(NamedTuple):
    """What a key has used in a month: tokens, and cost (billionths) by currency."""

    tokens: int
    costs: Mapping[str, int]


class Ledger:
    """Usage that is not yet written, and what each key has used this month.

    All of it lives on the event loop. Whoever writes takes a batch with `begin` and reports with
    `written`, which alone may come from another thread: nobody begins before it has ended.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: Sums = {}
        self._writing: Sums = {}
        self._day, self._day_began = "", -_DAY_SECONDS  # asked for with every request
        self._month = ""
        self._tokens: dict[str, int] = {}
        self._costs: dict[str, dict[str, int]] = {}
        self._reserved: dict[str, Amounts] = {}

    def today(self) -> str:
        """The day that usage is booked on now."""
        now = self._clock.now()
        if not self._day_began <= now < self._day_began + _DAY_SECONDS:
            day = day_of(now)
            self._day, self._day_began = day.isoformat(), day_start(day)
        return self._day

    def add(self, account: Account, amounts: Amounts) -> None:
        """Book `amounts`."""
        pending = self._pending.get(account)
        if pending is None:
            pending = self._pending[account] = Amounts()
        pending.add(amounts)
        self._count(account, amounts)

    def spent(self, key: str) -> Spent:
        """What `key` has used in this month."""
        self._turn_month(self.today()[:7])
        return Spent(self._tokens.get(key, 0), self._costs.get(key, {}))

    def reserve(self, key: str, amounts: Amounts) -> None:
        """A request of `key` is under way that may use `amounts`."""
        self._reserved.setdefault(key, Amounts()).add(amounts)

    def release(self, key: str, amounts: Amounts) -> None:
        """The request that reserved `amounts` has ended: what it used is booked."""
        reserved = self._reserved[key]
        reserved.take_away(amounts)
        if not reserved.requests:
            del self._reserved[key]

    def reserved(self, key: str) -> Amounts:
        """What the requests of `key` that are under way may use, the cost in its currency."""
        return self._reserved.get(key) or Amounts()

    def begin(self) -> Sums:
        """The batch to be written next; what an earlier attempt could not write is in it."""
        for account, amounts in self._pending.items():
            self._writing.setdefault(account, Amounts()).add(amounts)
        self._pending = {}
        return self._writing

    def written(self) -> None:
        """The batch is stored: it is not in the next one."""
        self._writing = {}

    def stored(self, month: Mapping[Account, Amounts], name: str) -> None:
        """`month` is what is stored of the month `name` (YYYY-MM), read after the last batch."""
        self._month, self._tokens, self._costs = name, {}, {}
        for sums in (month, self._writing, self._pending):
            for account, amounts in sums.items():
                self._count(account, amounts)

    def _count(self, account: Account, amounts: Amounts) -> None:
        self._turn_month(max(self._month, account.day[:7]))
        if account.day.startswith(self._month):
            key, currency = account.key, account.currency
            self._tokens[key] = self._tokens.get(key, 0) + amounts.tokens
            if amounts.cost:
                costs = self._costs.setdefault(key, {})
                costs[currency] = costs.get(currency, 0) + amounts.cost

    def _turn_month(self, month: str) -> None:
        if month != self._month:
            self._month, self._tokens, self._costs = month, {}, {}
