"""From an HTTP answer to checked data: every answer that isn't what TAPD promises is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from taplens.errors import (
    AccessError,
    CredentialsError,
    ProtocolError,
    RateLimitError,
    RejectedError,
    ServerFaultError,
    TapdError,
)

# The answer of an unknown path, given with status 1 and even without credentials.
UNKNOWN_PATH_GREETING = "Hello world from TAPD API"
_DETAIL_LENGTH = 200
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)(?:\\u0000)+")
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end, with the path that was asked (no query, no secrets)."""

    status: int
    body: bytes
    path: str
    workspace_id: str = ""
    retry_after: str = ""


def data_of(answer: Answer) -> Any:
    """The `data` of a good answer.

    Good means: HTTP 200, a JSON object, integer `status` 1, `data` present and not the greeting
    of an unknown path. Raises the TapdError that fits otherwise.
    """
    if answer.status != 200:
        raise fault_of(answer)
    envelope = decoded(answer.body)
    if not isinstance(envelope, dict):
        raise ProtocolError("answer_not_json", path=answer.path, start=_start(answer.body))
    status, data = envelope.get("status"), envelope.get("data")
    if isinstance(data, str) and data.startswith(UNKNOWN_PATH_GREETING):
        raise ProtocolError("path_unknown", path=answer.path)
    if status != 1 or isinstance(status, bool) or "data" not in envelope:
        raise ProtocolError(
            "answer_not_successful", path=answer.path, status=status, detail=_info(envelope)
        )
    return data


def decoded(body: bytes) -> Any:
    """The JSON value of `body`; None when it is none.

    One garbled character must not make a page unreadable: where strict reading fails, bytes
    that aren't UTF-8 and halves of surrogate pairs become U+FFFD. NUL characters are left out:
    PostgreSQL keeps none in a text.
    """
    if b"\\u0000" in body:
        body = _NUL.sub(rb"\1", body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace")
    try:
        return orjson.loads(_LONE_SURROGATE.sub(r"\\ufffd", text))
    except orjson.JSONDecodeError:
        return None


def fault_of(answer: Answer) -> TapdError:
    """The error that an answer other than HTTP 200 stands for."""
    envelope = decoded(answer.body)
    info = _info(envelope) if isinstance(envelope, dict) else None
    if answer.status >= 500:
        return ServerFaultError("server_fault", path=answer.path, status=answer.status)
    make = _FAULTS.get(answer.status)
    if make is None or (info is None and answer.status in (404, 422)):
        # Without TAPD's envelope something else answered: a proxy, or a wrong base URL.
        return ProtocolError("status_unexpected", path=answer.path, status=answer.status)
    return make(answer, info or "")


def _unauthorized(answer: Answer, info: str) -> TapdError:
    return CredentialsError("credentials_refused", path=answer.path)


def _forbidden(answer: Answer, info: str) -> TapdError:
    return AccessError("access_forbidden", path=answer.path, detail=info)


def _missing(answer: Answer, info: str) -> TapdError:
    if info.startswith("workspace "):
        return AccessError("workspace_not_visible", workspace=answer.workspace_id or info)
    return AccessError("not_visible", path=answer.path, detail=info)


def _rejected(answer: Answer, info: str) -> TapdError:
    # TAPD answers a wrong or expired token with 422, not with 401.
    if "access token" in info.lower():
        return CredentialsError("credentials_refused", path=answer.path)
    return RejectedError("parameter_rejected", path=answer.path, detail=info)


def _limited(answer: Answer, info: str) -> TapdError:
    seconds = int(answer.retry_after) if answer.retry_after.isdecimal() else None
    return RateLimitError("rate_limited", path=answer.path, retry_after=seconds)


_FAULTS: Mapping[int, Callable[[Answer, str], TapdError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _missing,
    422: _rejected,
    429: _limited,
}


def _info(envelope: Mapping[str, Any]) -> str:
    """What `info` says; it is an object on some paths."""
    info = envelope.get("info")
    return (info if isinstance(info, str) else "")[:_DETAIL_LENGTH]


def _start(body: bytes) -> str:
    return " ".join(body[:_DETAIL_LENGTH].decode("utf-8", "replace").split())[:60]


def wrapped_rows(data: Any, wrapper: str | None, path: str) -> list[dict[str, Any]]:
    """The rows of a list, out of their wrappers, with ids as strings.

    `wrapper` is the key around each row, None where rows come unwrapped. Raises ProtocolError
    when `data` is no list, or a row or its wrapper is missing.
    """
    if not isinstance(data, list):
        raise ProtocolError("data_not_a_list", path=path, found=type(data).__name__)
    rows = data if wrapper is None else [_inner(row, wrapper) for row in data]
    if not all(isinstance(row, dict) for row in rows):
        raise ProtocolError("wrapper_missing", path=path, wrapper=wrapper or "{}")
    return with_text_ids(rows, path)


def wrapped_row(data: Any, wrapper: str | None, path: str) -> dict[str, Any]:
    """The one row of an answer that isn't a list; a list of one is taken too.

    Raises ProtocolError like `wrapped_rows`.
    """
    rows = wrapped_rows(data if isinstance(data, list) else [data], wrapper, path)
    if len(rows) != 1:
        raise ProtocolError("data_not_a_list", path=path, found=f"{len(rows)} rows")
    return rows[0]


def mapping_of(data: Any, path: str) -> dict[str, Any]:
    """`data` that is a map; PHP writes an empty one as `[]`. Raises ProtocolError otherwise."""
    if isinstance(data, dict):
        return data
    if data == []:
        return {}
    raise ProtocolError("data_not_a_map", path=path, found=type(data).__name__)


def _inner(row: Any, wrapper: str) -> Any:
    return row.get(wrapper) if isinstance(row, dict) else None


def with_text_ids(rows: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """The same rows with every id as a string: some paths send them as JSON integers.

    An id that was decoded as a float has lost digits: ProtocolError.
    """
    for key in set().union(*rows):
        if key == "id" or key.endswith("_id"):
            kinds = {type(row.get(key)) for row in rows}
            if float in kinds:
                raise ProtocolError("id_unreadable", path=path, field=key)
            if int in kinds:
                for row in rows:
                    if isinstance(row.get(key), int):
                        row[key] = str(row[key])
    return rows
