"""Faults as the documented answers: a status, and the body the API's reference gives for it."""

from __future__ import annotations

import math
from typing import Any

import orjson

from taplens import messages
from taplens.errors import (
    MirrorError,
    ModelError,
    ModelKeyError,
    ModelUnavailableError,
    NotFoundError,
    RefusalError,
    TapLensError,
    UsageError,
)
from taplens.gateway.answers import Answer, Headers, answer_json

UNKNOWN_MODEL = 20012
_MODEL_UNKNOWN = "Model does not exist. Please check it carefully. "  # as the provider says it
BAD_PARAMETER = 20015
OVERLOADED = 50505
# Answers whose whole body is one JSON string.
_BARE = frozenset((401, 404, 504))
# What the openai library would send again, though it can't succeed.
_POINTLESS = (ModelKeyError, ModelUnavailableError)
_MAY_BE_RETRIED = frozenset((408, 429, 500, 502, 503, 504))
# What each kind of fault means to a client; the first that fits.
_STATUS: tuple[tuple[type[TapLensError], int], ...] = (
    (UsageError, 400),
    (MirrorError, 503),
    (TapLensError, 500),
)


def status_of(fault: TapLensError) -> int:
    """The HTTP status that `fault` is answered with."""
    if isinstance(fault, RefusalError | ModelError):
        return fault.status
    return next(status for kind, status in _STATUS if isinstance(fault, kind))


def answer_to(fault: TapLensError, locale: str = "en") -> Answer:
    """The documented answer to `fault`, its texts in `locale` ("en" or "zh")."""
    status = status_of(fault)
    return answer_json(body_of(fault, locale), status, _hints(fault, status))


def body_of(fault: TapLensError, locale: str = "en") -> Any:
    """The documented body for `fault`'s status, before it is made JSON."""
    status, message = status_of(fault), fault.message(locale)
    if status in _BARE:
        return message
    if status == 429:
        return {"message": message, "data": fault.mend(locale)}
    code = code_of(fault, status)
    first = _MODEL_UNKNOWN if isinstance(fault, NotFoundError) else ""
    message = f"{first}{message} {fault.mend(locale)}"
    return {"code": code, "message": message, "data": getattr(fault, "field", None)}


def code_of(fault: TapLensError, status: int) -> int:
    """The number that stands in the body: documented ones first, else made from the status."""
    if status == 400:
        unknown = UNKNOWN_MODEL if isinstance(fault, NotFoundError) else BAD_PARAMETER
        return getattr(fault, "provider_code", None) or unknown
    return OVERLOADED if status == 503 else status * 100


def fault_event(locale: str, fault: TapLensError) -> bytes:
    """The event that ends a broken stream: the openai libraries raise it as an APIError."""
    status = status_of(fault)
    error = {"message": fault.message(locale), "type": fault.code, "code": code_of(fault, status)}
    return b"data: " + orjson.dumps({"error": error}) + b"\n\n"


def locale_of(accept_language: bytes) -> str:
    """ "zh" where the client asks for Chinese, else "en": programs read English."""
    return "zh" if accept_language.lower().startswith(b"zh") else messages.LOCALES[1]


def _hints(fault: TapLensError, status: int) -> Headers:
    """What clients need in order to try again at the right time, or not at all."""
    headers: Headers = []
    retry_after: float | None = getattr(fault, "retry_after", None)
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(retry_after))))
    if status not in _MAY_BE_RETRIED or isinstance(fault, _POINTLESS):
        headers.append((b"x-should-retry", b"false"))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="taplens"'))
    if "allowed" in fault.parameters and status == 405:
        headers.append((b"allow", str(fault.parameters["allowed"]).encode()))
    return headers
