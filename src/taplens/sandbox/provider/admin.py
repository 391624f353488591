"""The provider's admin paths, `/_sandbox/provider/...`: faults, scripts, gates, the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from taplens.sandbox.provider.faults import ProviderFault
from taplens.sandbox.provider.request import LIMITS
from taplens.sandbox.provider.scripts import read_script
from taplens.sandbox.provider.service import Provider

PREFIX = "provider/"
_NUMBER = int | float
_TYPES: dict[str, Any] = {
    "kind": str, "model": str, "gate": str, "limit": str, "after": int, "every": int, "at": int,
    "times": int | None, "seconds": _NUMBER, "retry_after": _NUMBER | None,
}  # fmt: skip
_FAULT_FIELDS = [field.name for field in fields(ProviderFault)]

Page = Callable[[Provider, dict[str, Any]], Awaitable[Any]]


def read_fault(asked: dict[str, Any]) -> ProviderFault:
    """A fault from its plain form. Raises ValueError and TypeError."""
    unknown = sorted(set(asked) - set(_FAULT_FIELDS))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    for name, value in asked.items():
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise ValueError(f"{name} can't be {value!r}")
    return ProviderFault(**asked)


async def _add_fault(provider: Provider, asked: dict[str, Any]) -> Any:
    return {"number": provider.faults.add(read_fault(asked))}


async def _list_faults(provider: Provider, _asked: dict[str, Any]) -> Any:
    return provider.faults.listing()


async def _clear_faults(provider: Provider, _asked: dict[str, Any]) -> Any:
    provider.faults.clear()
    return {}


async def _add_script(provider: Provider, asked: dict[str, Any]) -> Any:
    scripts = [read_script(told, asked.get("model", "")) for told in asked["answers"]]
    provider.script.extend(scripts)
    return {"waiting": len(provider.script)}


async def _open_gate(provider: Provider, asked: dict[str, Any]) -> Any:
    provider.gates.open(str(asked["name"]))
    return {}


async def _requests(provider: Provider, _asked: dict[str, Any]) -> Any:
    found = provider.log.listing()
    return {"total": provider.log.total, "requests": [_without_key(one) for one in found]}


async def _streams(provider: Provider, _asked: dict[str, Any]) -> Any:
    return [_without_key(asdict(one)) for one in provider.log.open() if one.streamed]


async def _set_limits(provider: Provider, asked: dict[str, Any]) -> Any:
    if asked["limits"] not in LIMITS:
        raise ValueError(f"limits is one of {', '.join(LIMITS)}")
    provider.limits = asked["limits"]
    return {}


async def _clear(provider: Provider, _asked: dict[str, Any]) -> Any:
    provider.clear()
    return {}


def _without_key(exchange: dict[str, Any]) -> dict[str, Any]:
    """The exchange without the caller's key: it may be a real one, sent here by mistake."""
    headers = {k: v for k, v in exchange["headers"].items() if k != "authorization"}
    return exchange | {"headers": headers}


PAGES: dict[tuple[str, str], Page] = {
    ("POST", "faults"): _add_fault,
    ("GET", "faults"): _list_faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "script"): _add_script,
    ("POST", "gates"): _open_gate,
    ("GET", "requests"): _requests,
    ("GET", "streams"): _streams,
    ("PUT", "limits"): _set_limits,
    ("DELETE", "everything"): _clear,
}
