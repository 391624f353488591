"""POST /v1/chat/completions, and the completion that other paths build on."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import orjson

from taplens.errors import RefusalError
from taplens.gateway import faults
from taplens.gateway.admission import estimated_tokens
from taplens.gateway.answers import Answer, Stream
from taplens.gateway.delivery import Attendance
from taplens.gateway.exchange import Exchange
from taplens.gateway.keys import LOCAL

if TYPE_CHECKING:
    from taplens.gateway.call import Call
    from taplens.llm.request import ChatRequest

logger = logging.getLogger(__name__)


async def handle(call: Call) -> Answer | Stream:
    """Answer a chat request as the API's reference documents it."""
    from taplens.llm.request import parse

    check_is_json(call)
    body = await call.body()
    request = parse(body)
    return await complete(call, request, body, streamed=_wants_stream(call, request))


async def complete(
    call: Call, request: ChatRequest, body: bytes | None = None, *, streamed: bool
) -> Answer | Stream:
    """What the routed model answers to `request`, whole or streamed.

    `body` are the bytes that `request` was read from (made anew where None). Raises NotFoundError
    for an unknown model, RequestFault, RefusalError, ModelError, and ClientGone.
    """
    services = call.services
    model = services.catalogue.get(request.model)
    request.check(model.limits)
    body = orjson.dumps(request.raw) if body is None else body
    tokens = estimated_tokens(body)
    permit = services.admission.admit(call.key or LOCAL, model, tokens, request.raw)
    if services.settings.log_prompts:
        logger.info("Request %s: %s", call.request_id, body.decode("utf-8", "replace"))
    exchange = Exchange(call, request, model, body, permit=permit, tokens=tokens, streamed=streamed)
    if streamed:
        return Stream(exchange.blocks(), partial(faults.fault_event, call.locale))
    async with Attendance(call.receive):
        return await exchange.whole()


def check_is_json(call: Call) -> None:
    """Refuse a body that isn't said to be JSON: a page of another site can't send one unasked."""
    kind = call.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json" and not kind.endswith(b"+json"):
        raise RefusalError("body_not_json", status=415)


def _wants_stream(call: Call, request: ChatRequest) -> bool:
    """As the client says; unsaid: as it accepts, or as the operator has set."""
    if request.stream is not None:
        return request.stream
    accepts = call.headers.get(b"accept", b"")
    return b"text/event-stream" in accepts or call.services.settings.stream_default
