"""The form of TAPD's answers: the envelope, refusals, and the answer of an unknown path."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json; charset=utf-8"
_DOCUMENTS = "Documents can be found in https://www.tapd.cn/help/view#1120003271001002318"


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole HTTP answer: `status` code, `body`, media type and further `headers`."""

    status: int
    body: bytes
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not a fault of the program
    """A request TAPD refuses: HTTP `status`, the text of `info`, and headers of the refusal."""

    def __init__(self, status: int, info: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(info)
        self.status = status
        self.info = info
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Result:
    """What an endpoint found: `data` of the envelope and `info`, usually "success"."""

    data: Any
    info: Any = "success"


def success(result: Result) -> Answer:
    """The answer that carries `result`; `status` is the integer 1, as strict clients need."""
    return Answer(200, orjson.dumps({"status": 1, "data": result.data, "info": result.info}))


def refused(refusal: Refusal) -> Answer:
    """The answer of a refusal: its code as HTTP status and in the envelope, and a request id."""
    body = {
        "status": refusal.status,
        "data": "",
        "info": refusal.info,
        "meta": {"request_id": secrets.token_hex(16)},
    }
    return Answer(refusal.status, orjson.dumps(body), headers=refusal.headers)


def hello() -> Answer:
    """What TAPD answers on an unknown top-level path: 200, even without credentials."""
    greeting = f"Hello world from TAPD API. {secrets.token_hex(16)}"
    return success(Result(greeting, _DOCUMENTS))


def missing(parameter: str) -> Refusal:
    """The refusal of a request that lacks a required parameter."""
    return Refusal(422, f"{parameter} is required")


def malformed(parameter: str, value: str) -> Refusal:
    """The refusal of a parameter whose value can't be read."""
    return Refusal(422, f"{parameter} is invalid: {value[:80]}")
