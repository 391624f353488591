"""What Prometheus may read at /metrics: requests, times, tokens, cost, upstreams' faults."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taplens.gateway.ledger import BILLION

if TYPE_CHECKING:
    from taplens.gateway.ledger import Account, Amounts

_SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The counters of one server, in a registry of their own.

    A label is kept for ever: a model's must be Model.label, for clients make up names.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry, "namespace": "taplens"}
        self._requests = Counter("requests", "Requests answered.", ("path", "status"), **own)
        self._seconds = Histogram(
            "request_seconds", "Time until an answer was complete.", ("path",),
            buckets=_SECONDS, **own,
        )  # fmt: skip
        self._first = Histogram(
            "first_event_seconds", "Time until the first event of a stream.", ("model",),
            buckets=_SECONDS, **own,
        )  # fmt: skip
        self._running = Gauge("requests_running", "Requests being answered.", **own)
        labels = ("model", "provider")
        self._tokens = Counter("tokens", "Tokens used.", (*labels, "key", "kind"), **own)
        self._cost = Counter("cost", "Cost in the currency.", (*labels, "key", "currency"), **own)
        self._faults = Counter("upstream_faults", "Upstreams' faults.", (*labels, "fault"), **own)
        self._children: dict[tuple[Any, ...], Any] = {}

    def begin(self) -> Callable[[str, int], None]:
        """Count a request in; call the result with its path and status at the end."""
        began = time.perf_counter()
        self._running.inc()

        def done(path: str, status: int) -> None:
            self._running.dec()
            self._child(self._requests, path, str(status)).inc()
            self._child(self._seconds, path).observe(time.perf_counter() - began)

        return done

    def first_event(self, model: str, seconds: float) -> None:
        """A stream's first event came after `seconds`."""
        self._child(self._first, model).observe(seconds)

    def used(self, model: str, account: Account, amounts: Amounts) -> None:
        """Usage of `model` was booked."""
        whose = (model, account.provider, account.key)
        self._child(self._tokens, *whose, "prompt").inc(amounts.prompt_tokens)
        self._child(self._tokens, *whose, "completion").inc(amounts.completion_tokens)
        if account.currency:
            self._child(self._cost, *whose, account.currency).inc(amounts.cost / BILLION)

    def fault(self, model: str, provider: str, code: str) -> None:
        """An upstream failed with the error `code`."""
        self._child(self._faults, model, provider, code).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)

    def _child(self, metric: Any, *labels: str) -> Any:
        """The labelled child, remembered: looking it up takes longer than counting."""
        name = (metric, *labels)
        child = self._children.get(name)
        if child is None:
            child = self._children[name] = metric.labels(*labels)
        return child
