"""What a provider answered, checked: a whole answer, a chunk of a stream, or an error in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taplens.errors import ModelProtocolError
from taplens.llm.entries import Upstream
from taplens.llm.faults import event_fault
from taplens.llm.json_text import parsed


def is_stream(headers: Mapping[str, str]) -> bool:
    """Whether an answer of these headers is a stream of events."""
    return headers.get("Content-Type", "").lower().startswith("text/event-stream")


def answer_of(body: bytes, upstream: Upstream) -> dict[str, Any]:
    """The whole answer in `body`, which may begin with blank lines (DeepSeek's sign of life).

    Raises ModelProtocolError if it isn't the protocol's, or the error that it holds instead.
    """
    answer = whole_object(body, upstream)
    choices = _rows(answer, "choices", upstream)
    if not choices:
        raise _invalid("an answer without choices", upstream)
    for choice in choices:
        message = choice.get("message")
        if not isinstance(message, dict):
            raise _invalid("a choice without a message", upstream)
        _check_calls(message, upstream)
    return answer


def whole_object(body: bytes, upstream: Upstream) -> dict[str, Any]:
    """The object in `body`. Raises ModelProtocolError if it is cut or none, or the error in it."""
    if _is_half(body):
        raise _cut(upstream)
    return _object(body, upstream)


def chunk_of(data: str | bytes, upstream: Upstream) -> dict[str, Any]:
    """The chunk in an event's `data`. Raises as `answer_of` does."""
    chunk = _object(data, upstream)
    for choice in _rows(chunk, "choices", upstream):
        delta = choice.get("delta")
        if delta is not None and not isinstance(delta, dict):
            raise _invalid("a delta that is no object", upstream)
        _check_calls(delta or {}, upstream)
    return chunk


def _object(body: str | bytes, upstream: Upstream) -> dict[str, Any]:
    try:
        found = parsed(body)
    except ValueError:
        # Nothing of it is shown, nor kept as a cause: it may be what people said.
        raise _invalid("not JSON", upstream) from None
    if not isinstance(found, dict):
        raise _invalid("not an object", upstream)
    if found.get("error"):
        raise event_fault(found["error"], upstream)
    # SiliconFlow's own faults have no `error`, but a code, a message and no choices.
    if "choices" not in found and found.get("message"):
        raise event_fault(found, upstream)
    return found


def _rows(found: Mapping[str, Any], name: str, upstream: Upstream) -> list[dict[str, Any]]:
    """The list of objects under `name`; missing and null are an empty one."""
    rows = found.get(name)
    if rows is None:
        return []
    # A loop, for this runs with every event: a generator takes twice the time.
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, dict):
            raise _invalid(f"`{name}` is no list of objects", upstream)
    return rows  # type: ignore[no-any-return]


def _check_calls(message: Mapping[str, Any], upstream: Upstream) -> None:
    for call in _rows(message, "tool_calls", upstream):
        function = call.get("function") or {}
        texts = isinstance(function, dict) and (function.get("name"), function.get("arguments"))
        if not texts or not all(text is None or isinstance(text, str) for text in texts):
            raise _invalid("a tool call whose function has no name and arguments", upstream)


def _is_half(body: bytes) -> bool:
    """Whether an object begins and does not end, though the connection did as it should."""
    text = body.strip()
    return text[:1] == b"{" and text[-1:] != b"}"


def _cut(upstream: Upstream) -> ModelProtocolError:
    provider, model = upstream.provider.name, upstream.model
    return ModelProtocolError("model_answer_cut", provider=provider, model=model)


def _invalid(detail: str, upstream: Upstream) -> ModelProtocolError:
    return ModelProtocolError(
        "model_answer_invalid",
        provider=upstream.provider.name,
        model=upstream.model,
        detail=detail,
    )
