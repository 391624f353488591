"""From a model to an upstream that answers: weights, failover, circuit breakers, rates."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from taplens.clock import Clock
from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelOverloadedError,
    ModelProtocolError,
    ModelRateLimitError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
    ModelUnreachableError,
    RefusalError,
)
from taplens.gateway.admission import Refused, Windows, limit_reached
from taplens.gateway.breaker import Breaker
from taplens.gateway.metrics import Metrics
from taplens.llm.bounded import Bounded
from taplens.llm.buckets import Booking
from taplens.llm.entries import Model, Upstream, configured

logger = logging.getLogger(__name__)

T = TypeVar("T")
BREAKERS = 1024  # clients make up names of models: there is no end of those
Ask = Callable[["Attempt"], Awaitable[T]]

# Faults of the upstream, not of the request: another one may do better.
FAILOVER = (
    ModelKeyError,
    ModelOverloadedError,
    ModelProtocolError,
    ModelRateLimitError,
    ModelTimeoutError,
    ModelUnreachableError,
)


@dataclass(slots=True, eq=False)
class Attempt:
    """One request to one upstream.

    What becomes of it decides how the upstream is asked from now on: exactly one of `completed`,
    `failed` and `left` ends it; what comes later doesn't count.
    """

    model: Model
    upstream: Upstream
    booking: Booking
    _router: Router
    has_answered: bool = False

    def answered(self) -> None:
        """The head of a good answer came."""
        self.has_answered = True
        self._router.breaker(self.upstream).answered(self)

    def completed(self) -> None:
        """The answer came to its end."""
        self._router.breaker(self.upstream).completed(self)
        self._router.tidy(self.upstream)

    def failed(self, fault: ModelError) -> None:
        """The upstream failed, at once or in the middle of a stream."""
        self._router.failed(self, fault)
        self._router.tidy(self.upstream)

    def left(self) -> None:
        """The client has gone before the end."""
        self._router.breaker(self.upstream).left(self)
        self._router.tidy(self.upstream)


class Router:
    """Chooses upstreams and remembers how they do.

    `tells`: whether the log may repeat what upstreams say, which may be what people said.
    """

    def __init__(
        self,
        windows: Windows,
        metrics: Metrics,
        clock: Clock,
        chance: random.Random | None = None,
        *,
        tells: bool = False,
    ) -> None:
        self._windows = windows
        self._metrics = metrics
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - shares load, guards nothing
        self._tells = tells
        self._breakers: Bounded[tuple[str, str], Breaker] = Bounded(
            BREAKERS, lambda breaker: breaker.is_quiet
        )

    async def first(self, model: Model, tokens: int, ask: Ask[T]) -> tuple[Attempt, T]:
        """Ask `model`'s upstreams in turn until one answers; the attempt, and what `ask` gave.

        `tokens`: about how many the request has. Where no other upstream is left, one whose
        connection broke before its answer is asked once more. The caller ends the attempt. Raises
        the last upstream's ModelError, or RefusalError 429 when the model's own limit is reached.
        """
        fault: RefusalError | ModelError | None = None
        ways = self._in_order(model)
        again = True
        while ways:
            upstream = ways.pop(0)
            if not self._lets_through(upstream):
                continue  # no longer, since the one before was asked
            booking = self._windows.take(_name(upstream), tokens, model.rate(upstream))
            if isinstance(booking, Refused):
                fault = limit_reached(booking, "model")
                continue
            attempt = Attempt(model, upstream, booking, self)
            try:
                return attempt, await self._asked(attempt, ask)
            except FAILOVER as failed:
                fault = failed
                if again and not ways and _never_began(attempt, failed):
                    again = False
                    ways.append(upstream)
        raise fault or unavailable(model)

    async def _asked(self, attempt: Attempt, ask: Ask[T]) -> T:
        """What `ask` gives; an attempt that gives nothing is ended here."""
        self.breaker(attempt.upstream).begin(attempt)
        try:
            return await ask(attempt)
        except FAILOVER as failed:
            attempt.booking.settle(0)
            attempt.failed(failed)
            raise
        except ModelRequestError:
            attempt.completed()  # it answered: the request is at fault
            raise
        except BaseException:
            attempt.left()
            raise

    def failed(self, attempt: Attempt, fault: ModelError) -> None:
        """Count a fault; one of the request alone says nothing about the upstream."""
        provider, breaker = attempt.upstream.provider.name, self.breaker(attempt.upstream)
        self._metrics.fault(attempt.model.label, provider, fault.code)
        logger.warning(
            "%s of %s: %s (%d)", attempt.upstream.model, provider, fault.code, fault.status
        )
        if self._tells:
            logger.info("%s", fault.message("en"))
        if isinstance(fault, ModelRateLimitError):
            breaker.busy(attempt, fault.retry_after or 1.0)
        elif isinstance(fault, FAILOVER):
            breaker.failed(attempt)
        else:
            breaker.left(attempt)

    def breaker(self, upstream: Upstream) -> Breaker:
        """The circuit breaker of `upstream`; one that answers well needs none."""
        name = _name(upstream)
        if name not in self._breakers:
            return self._breakers.remember(name, Breaker(self._clock.monotonic))
        return self._breakers[name]

    def tidy(self, upstream: Upstream) -> None:
        """Forget the breaker of `upstream` where it has nothing to remember."""
        name = _name(upstream)
        if name in self._breakers and self._breakers[name].is_idle:
            del self._breakers[name]

    def _lets_through(self, upstream: Upstream) -> bool:
        breaker = self._breakers.get(_name(upstream))
        return breaker is None or breaker.lets_through

    def open_circuits(self) -> int:
        """How many upstreams are left alone now."""
        return sum(breaker.state == "open" for breaker in self._breakers.values())

    def _in_order(self, model: Model) -> list[Upstream]:
        """Those that may be asked, by chance and weight; busy ones last. Raises ModelError."""
        ready = [upstream for upstream in model.upstreams if configured(upstream.provider)]
        if not ready:
            raise unavailable(model)
        if not self._breakers and len(ready) == 1:
            return ready
        chosen = [upstream for upstream in ready if self._lets_through(upstream)]
        if not chosen:
            first = min(ready, key=lambda upstream: self.breaker(upstream).seconds_left)
            raise resting(model, first, max(1.0, self.breaker(first).seconds_left))
        if len(chosen) == 1:
            return chosen
        # Each drawn with its weight, without putting back (Efraimidis and Spirakis, 2006).
        draw = {id(one): self._chance.random() ** (1 / max(one.weight, 1e-9)) for one in chosen}
        return sorted(chosen, key=lambda one: (self._is_busy(one), -draw[id(one)]))

    def _is_busy(self, upstream: Upstream) -> bool:
        breaker = self._breakers.get(_name(upstream))
        return breaker is not None and breaker.is_busy


def unavailable(model: Model) -> ModelUnavailableError:
    """No provider of `model` is set up; names the setting to make."""
    settings = [upstream.provider.key_setting for upstream in model.upstreams]
    names = " / ".join(dict.fromkeys(name for name in settings if name))
    return ModelUnavailableError("model_unavailable", model=model.name, setting=names)


def resting(model: Model, upstream: Upstream, seconds: float) -> ModelOverloadedError:
    """Every upstream of `model` has failed several times: none is asked for a while."""
    return ModelOverloadedError(
        "model_resting",
        provider=upstream.provider.name,
        model=model.name,
        retry_after=seconds,
        seconds=round(seconds),
    )


def _never_began(attempt: Attempt, fault: ModelError) -> bool:
    """Whether the connection was refused, or torn before any byte of an answer."""
    return isinstance(fault, ModelUnreachableError) and not attempt.has_answered


def _name(upstream: Upstream) -> tuple[str, str]:
    return upstream.provider.name, upstream.model
