"""Misbehaving on request: which faults exist, and which of them strike a request.

A fault is set over the admin path or by a test. It names a kind, a path (exact, with `*` as
wildcard; empty for every path), how many matching requests to let pass (`after`) and how many
to strike (`times`; None for all), and whether only each `every`-th is struck. Several faults
may strike one request. The kinds:

    latency        the answer comes `seconds` later
    429            too many requests
    5xx            a gateway's page with the code `status`, no JSON
    html           a page under 200
    hello          the greeting of an unknown path
    token          the token is refused (422)
    cut            half of the JSON, as whole HTTP
    failed         200 whose envelope says that it failed
    unwrapped      rows without their wrapper keys
    drip           the body drop by drop, over `seconds`
    reset          the connection torn before any byte, or within the body (`at`)
    shift          the world changes once the answer is made: between this page and the next
    forbidden      the workspace turns 404, and vanishes from lists
    refuse_ranges  the change logs take single days only
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

from taplens.sandbox.server.accounts import invalid_token
from taplens.sandbox.server.arming import Armoury
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Answer, Refusal, hello, refused
from taplens.tapd.entities import ENTITIES

_RATE_TEXT = "To many requests, api account {} max request rates is 600req/10min"  # TAPD's typo
_HTML = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>系统维护中</title></head>"
    "<body><h1>系统维护中，请稍后再试</h1></body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault as it was asked for.

    `seconds` is the length of `latency` and `drip`, `status` the code of `5xx`; `workspace_id`
    and `account` (login) narrow it; `at` says where a `reset` cuts: "start" (before any byte)
    or "middle" of the body; `acts` are the acts of life (as POST /_sandbox/life takes them)
    that a `shift` does between two pages, by default those of `acts.shift`.
    """

    kind: str
    path: str = ""
    after: int = 0
    times: int | None = None
    every: int = 1
    seconds: float = 0.2
    status: int = 502
    workspace_id: str = ""
    account: str = ""
    at: str = "start"
    acts: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class Outcome:
    """What the faults that struck one request make of it."""

    delay: float = 0.0
    instead: Answer | None = None
    conditions: set[str] = field(default_factory=set)
    change: list[Callable[[Answer], Answer]] = field(default_factory=list)
    drip_seconds: float = 0.0
    reset: str = ""
    acts: list[dict[str, Any]] = field(default_factory=list)


def _delay(fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.delay += fault.seconds


def _too_many(_fault: Fault, outcome: Outcome, call: Call) -> None:
    login = call.account.login if call.account else "unknown"
    outcome.instead = refused(Refusal(429, _RATE_TEXT.format(login)))


def _server_fault(fault: Fault, outcome: Outcome, _call: Call) -> None:
    # A gateway in front of TAPD writes its own page, so the body is no JSON.
    body = f"<html><body><h1>{fault.status} Bad Gateway</h1></body></html>"
    outcome.instead = Answer(fault.status, body.encode(), "text/html")


def _page(_fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.instead = Answer(200, _HTML.encode(), "text/html; charset=utf-8")


def _greet(_fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.instead = hello()


def _expire(_fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.instead = refused(invalid_token())


def _drip(fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.drip_seconds = fault.seconds


def _reset(fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.reset = fault.at


def _shift(fault: Fault, outcome: Outcome, call: Call) -> None:
    usual = {"act": "shift", "workspace_id": call.get("workspace_id"), "entity": _listed(call)}
    outcome.acts += fault.acts or (usual,)


def _listed(call: Call) -> str:
    """The entity that a list serves; paths without one count as bugs."""
    return next((one.name for one in ENTITIES.values() if one.path == call.path), "bug")


def _as_condition(fault: Fault, outcome: Outcome, _call: Call) -> None:
    outcome.conditions.add(fault.kind)


def _changing(change: Callable[[Answer], Answer]) -> Callable[[Fault, Outcome, Call], None]:
    def strike(_fault: Fault, outcome: Outcome, _call: Call) -> None:
        outcome.change.append(change)

    return strike


def _cut(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.media)


def _fail_inside(answer: Answer) -> Answer:
    """HTTP 200 whose envelope says that it failed."""
    body = orjson.loads(answer.body) | {"status": 0, "data": "", "info": "系统繁忙"}
    return Answer(200, orjson.dumps(body))


def _unwrap(answer: Answer) -> Answer:
    """The rows without the key that each is wrapped in."""
    body = orjson.loads(answer.body)
    if isinstance(body.get("data"), list):
        body["data"] = [_inner(row) for row in body["data"]]
    return Answer(answer.status, orjson.dumps(body), answer.media)


def _inner(row: Any) -> Any:
    return next(iter(row.values())) if isinstance(row, dict) and len(row) == 1 else row


KINDS: dict[str, Callable[[Fault, Outcome, Call], None]] = {
    "latency": _delay,
    "429": _too_many,
    "5xx": _server_fault,
    "html": _page,
    "hello": _greet,
    "token": _expire,
    "cut": _changing(_cut),
    "failed": _changing(_fail_inside),
    "unwrapped": _changing(_unwrap),
    "drip": _drip,
    "reset": _reset,
    "shift": _shift,
    "forbidden": _as_condition,
    "refuse_ranges": _as_condition,
}
"""What each kind does to the outcome of a request it strikes."""


class Faults(Armoury[Fault]):
    """The faults that are set, and the count of what each has done."""

    def __init__(self) -> None:
        super().__init__(KINDS)

    def strike(self, call: Call) -> Outcome:
        """What the faults make of this request; counts them."""
        outcome = Outcome()
        for fault in self.struck(lambda fault: _matches(fault, call)):
            KINDS[fault.kind](fault, outcome, call)
        return outcome

    def hidden_workspaces(self, login: str) -> frozenset[str]:
        """Ids of workspaces withdrawn from an account on every path: lists leave them out."""
        return frozenset(
            armed.fault.workspace_id
            for armed in self
            if armed.fault.kind == "forbidden"
            and not armed.fault.path
            and not armed.spent
            and armed.fault.account in ("", login)
        )


def _matches(fault: Fault, call: Call) -> bool:
    if fault.path and not fnmatchcase(call.path, fault.path):
        return False
    if fault.workspace_id and call.get("workspace_id") != fault.workspace_id:
        return False
    return not fault.account or (call.account is not None and call.account.login == fault.account)
