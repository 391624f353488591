"""What a provider's refusal means: statuses and bodies into typed errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from taplens.clock import Clock
from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelOverloadedError,
    ModelProtocolError,
    ModelRateLimitError,
    ModelRequestError,
    ModelTimeoutError,
)
from taplens.llm.entries import Upstream
from taplens.llm.json_text import parsed

_DETAIL_CHARACTERS = 300
_CODE_DIGITS = 9  # more are no number of a fault
_MOST_RETRY_SECONDS = 86_400.0

_KEY = (ModelKeyError, "model_key_refused", 502)
_ACCOUNT = (ModelKeyError, "model_account_refused", 502)
_RATE = (ModelRateLimitError, "model_rate_limited", 429)
_TIMEOUT = (ModelTimeoutError, "model_timeout", 504)
# (the error, the code of its texts, the status for a client of ours). That our own key is
# refused is no fault of the client's, so it isn't told so by 401 or 403.
_OF_STATUS: Mapping[int, tuple[type[ModelError], str, int]] = {
    401: _KEY,
    402: _ACCOUNT,
    403: _ACCOUNT,
    408: _TIMEOUT,
    429: _RATE,
    504: _TIMEOUT,
}
# SiliconFlow's own codes: an unknown model, a parameter out of range, an overload.
_OF_CODE: Mapping[int, int] = {20012: 400, 20015: 400, 50505: 503}


def typed_fault(
    status: int, body: bytes, upstream: Upstream, retry_after: float | None = None
) -> ModelError:
    """The error that an answer of `status` (not 200) and `body` means.

    `retry_after` is what its Retry-After header asked for, in seconds.
    """
    if status in _OF_STATUS:
        kind, code, ours = _OF_STATUS[status]
    elif 400 <= status < 500:
        kind, code, ours = ModelRequestError, "model_request_refused", status
    elif status >= 500:
        kind, code, ours = ModelOverloadedError, "model_overloaded", 503
    else:
        kind, code, ours = ModelProtocolError, "model_answer_invalid", 502
    said = _parsed(body)
    return kind(
        code,
        provider=upstream.provider.name,
        model=upstream.model,
        status=ours,
        retry_after=retry_after,
        provider_code=_code_of(said),
        detail=f"HTTP {status}: {_detail(said, upstream)}",
    )


def event_fault(error: Any, upstream: Upstream) -> ModelError:
    """The error that an error object inside a stream, or inside a 200 answer, means."""
    number = _code_of(error) or 500
    status = _OF_CODE.get(number, number if 400 <= number < 600 else 500)
    return typed_fault(status, orjson.dumps({"error": error}), upstream)


def retry_after_of(headers: Mapping[str, str], clock: Clock | None = None) -> float | None:
    """The seconds that Retry-After asks for, as a number or an HTTP date, at most a day.

    None: it asks nothing.
    """
    value = headers.get("Retry-After", "").strip()
    with suppress(ValueError):
        seconds = float(value)
        return min(seconds, _MOST_RETRY_SECONDS) if 0 <= seconds < math.inf else None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = moment.timestamp() - (clock or Clock()).seconds()
    return min(max(0.0, seconds), _MOST_RETRY_SECONDS)


def _parsed(body: bytes) -> Any:
    """A refusal's body: JSON, or else the text that it is."""
    try:
        return parsed(body)
    except ValueError:
        return body[:10_000].decode("utf-8", "replace")


def _detail(said: Any, upstream: Upstream) -> str:
    """What a refusal says, on one short line and without our key."""
    line = " ".join(_message(said).split())
    key = upstream.provider.key
    if key is not None:
        line = line.replace(key.reveal(), "***")
    return line[:_DETAIL_CHARACTERS]


def _code_of(said: Any) -> int | None:
    """The number that a refusal gives itself, here or in its `error`."""
    while isinstance(said, Mapping):
        code = said.get("code")
        if isinstance(code, int | str) and not isinstance(code, bool):
            digits = str(code)
            if digits.isdecimal() and len(digits) <= _CODE_DIGITS:
                return int(digits)
        said = said.get("error")
    return None


def _message(said: Any) -> str:
    """The message of a refusal in any of the forms that providers give it."""
    while isinstance(said, Mapping):
        known = (said.get(name) for name in ("error", "message", "detail", "msg"))
        said = next((value for value in known if value), "")
    return said if isinstance(said, str) else orjson.dumps(said).decode()
