"""`POST /v1/responses`: the Responses protocol, translated onto chat completions and back.

Stateless: nothing is kept here. The translation itself stands in `responses_request` (with
`responses_input`) and `responses_events`; limits, routing and usage are those of `chat`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from taplens.errors import ModelProtocolError, ModelRateLimitError, RequestFault, TapLensError
from taplens.gateway import chat
from taplens.gateway.answers import Answer, Stream, answer_json
from taplens.gateway.call import Call, Route
from taplens.gateway.responses_events import (
    RATE_LIMITED,
    SERVER_ERROR,
    Event,
    Translation,
    answered,
)
from taplens.gateway.responses_request import as_asked, chat_request, response_of
from taplens.llm import sse
from taplens.llm.json_text import parsed
from taplens.llm.profiles import UNKNOWN, replayed, with_thinking
from taplens.llm.request import read_object, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taplens.llm.catalogue import Catalogue
    from taplens.llm.entries import Model

PATH = "/v1/responses"
# Tokens of thinking for an effort, within the range that the chat protocol documents.
BUDGETS = {"minimal": 512, "low": 1024, "medium": 4096, "high": 16384, "xhigh": 32768, "max": 32768}


def routes() -> list[Route]:
    """The one call of the protocol that needs no memory."""
    return [Route(PATH, ("POST",), handle)]


async def handle(call: Call) -> Answer | Stream:
    """The answer to a Responses request."""
    chat.check_is_json(call)
    asked = read_object(await call.body())
    translated = _chat_request(asked, call.services.catalogue)
    response = response_of(asked, f"resp_{secrets.token_hex(16)}", call.services.clock.now())
    try:
        request = validate(translated)
        answer = await chat.complete(call, request, streamed=bool(request.stream))
    except RequestFault as fault:
        raise as_asked(fault) from fault
    if isinstance(answer, Stream):
        return _translated(answer, Translation(response, call.locale))
    return answer_json(_whole(answer, response), answer.status, answer.headers)


def _chat_request(asked: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The chat request, as the family of the model asked for wants it."""
    name = asked.get("model")
    if not isinstance(name, str):
        return chat_request(asked)  # the chat request's own check names the field
    model = catalogue.get(name)
    request = chat_request(asked, partial(thinking, model))
    return request | {"messages": replayed(request["messages"], model.profile)}


def thinking(model: Model, effort: str) -> dict[str, Any]:
    """The fields that ask `model` for a reasoning effort, in its first provider's words.

    An effort is a switch and a budget where the family has them. A family that isn't known gets
    the effort as it is; one that never thinks gets nothing.
    """
    if model.profile is UNKNOWN:
        return {"reasoning_effort": effort}
    wanted: dict[str, Any] = {"enable_thinking": effort != "none"}
    if effort in BUDGETS:
        wanted["thinking_budget"] = BUDGETS[effort]
    return with_thinking(wanted, model.profile, model.upstreams[0].provider.thinking)


def _whole(answer: Answer, response: Mapping[str, Any]) -> dict[str, Any]:
    found = answered(answer.json(), response)
    if found["status"] == "failed":
        raise ModelProtocolError("response_cut", model=str(response["model"]))
    return found


def _translated(stream: Stream, translation: Translation) -> Stream:
    return Stream(_events(stream.blocks, translation), partial(_fault_event, translation))


async def _events(
    blocks: AsyncGenerator[bytes, None], translation: Translation
) -> AsyncGenerator[bytes, None]:
    """The events for the chunks in `blocks`, which are whole and of the protocol."""
    decoder, begun = sse.Decoder(), False
    try:
        async for block in blocks:
            events = [] if begun else translation.begin()
            begun = True
            for event in decoder.feed(block):
                if event.data != sse.DONE:
                    events += translation.add(parsed(event.data))
            if events:
                yield _encoded(events)
        yield _encoded(translation.finish())
    finally:
        await blocks.aclose()


def _fault_event(translation: Translation, fault: TapLensError) -> bytes:
    """The events that end a stream which broke: the protocol's own, and the library's error."""
    code = RATE_LIMITED if isinstance(fault, ModelRateLimitError) else SERVER_ERROR
    return _encoded(translation.fail(fault.message(translation.locale), code))


def _encoded(events: Iterable[Event]) -> bytes:
    return b"".join(
        b"event: " + event["type"].encode("ascii") + b"\n" + sse.encode(event) for event in events
    )
