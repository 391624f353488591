"""The provider in a test's hand: what RunningSandbox.provider can do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from taplens.sandbox.provider.faults import ProviderFault
from taplens.sandbox.provider.scripts import read_script
from taplens.sandbox.provider.service import KEY, PREFIX, Provider

T = TypeVar("T")
_WAIT_SECONDS = 3.0


class Submit(Protocol):
    """Runs a coroutine on the server's event loop and returns its result."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T: ...  # noqa: D102


class RunningProvider:
    """The provider of a running sandbox. The methods may be called from any thread but the
    server's own; those that wait block the calling thread and raise TimeoutError after
    `seconds`."""

    key = KEY

    def __init__(self, base_url: str, provider: Provider, submit: Submit) -> None:
        self.base_url = f"{base_url}{PREFIX}"
        self._provider = provider
        self._submit = submit

    def fault(self, kind: str, **details: Any) -> int:
        """Misbehave: see `faults` for the kinds and ProviderFault for the details. Returns the
        fault's number. Raises ValueError for an unknown kind."""
        fault = ProviderFault(kind=kind, **details)
        return self._on_loop(lambda: self._provider.faults.add(fault))

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are set, with how many requests each saw and struck."""
        return self._on_loop(self._provider.faults.listing)

    def clear_faults(self) -> None:
        """Behave again."""
        self._on_loop(self._provider.faults.clear)

    def script(self, answers: list[Any], model: str = "") -> None:
        """What to answer next, in order: see `scripts.read_script` for the forms."""
        scripts = [read_script(told, model) for told in answers]
        self._on_loop(lambda: self._provider.script.extend(scripts))

    def add_models(self, *names: str) -> None:
        """Serve further models."""
        self._on_loop(lambda: self._provider.models.update(dict.fromkeys(names)))

    def use_limits(self, limits: str) -> None:
        """Hold requests to the "documented" limits, or the "provider"'s (the default)."""
        self._on_loop(lambda: setattr(self._provider, "limits", limits))

    def requests(self) -> list[dict[str, Any]]:
        """The latest requests (`log.Exchange` as plain data), oldest first."""
        return self._on_loop(self._provider.log.listing)

    def clear_requests(self) -> None:
        """Forget the requests."""
        self._on_loop(self._provider.log.clear)

    def total(self) -> int:
        """How many requests there were since the last clearing."""
        return self._on_loop(lambda: self._provider.log.total)

    def open_streams(self) -> list[dict[str, Any]]:
        """The streams that haven't ended, in the form of `requests`."""
        return [one for one in self.open_answers() if one["streamed"]]

    def open_answers(self) -> list[dict[str, Any]]:
        """The answers that haven't ended, streamed or not."""
        return self._on_loop(lambda: [asdict(one) for one in self._provider.log.open()])

    def open_gate(self, name: str) -> None:
        """Let everyone through who waits at a gate or comes to it later."""
        self._on_loop(lambda: self._provider.gates.open(name))

    def wait_for_requests(self, count: int, seconds: float = _WAIT_SECONDS) -> None:
        """Return once `count` requests came in since the last clearing."""
        self._until(lambda: self._provider.log.total >= count, seconds)

    def wait_at_gate(self, name: str, count: int = 1, seconds: float = _WAIT_SECONDS) -> None:
        """Return once `count` answers wait at a gate."""
        self._until(lambda: self._provider.gates.waiting(name) >= count, seconds)

    def wait_until_idle(self, seconds: float = _WAIT_SECONDS) -> None:
        """Return once no answer is under way: all were sent, or their callers have left."""
        self._until(lambda: not self._provider.log.open(), seconds)

    def clear(self) -> None:
        """Behave as in the beginning: no faults, no script, closed gates, an empty log."""
        self._on_loop(self._provider.clear)

    def _until(self, true: Callable[[], bool], seconds: float) -> None:
        self._submit(self._provider.log.until(true, seconds))

    def _on_loop(self, function: Callable[[], T]) -> T:
        async def called() -> T:
            return function()

        return self._submit(called())
