"""Misbehaving on request, as a provider: which faults exist and what each does.

A fault is set over the admin path or by a test, or asked for by the model's name
(`sandbox/<kind>`). The kinds:

    400 20012 20015 401 403 404 405 413 415 429 429-rpm 500 502 503 504    the refusal
    html                 a page under 200
    slow                 the first byte comes late
    silent               nothing comes for a while after `at` events
    comments             comment lines and blank lines before each event
    crlf                 events with CRLF line ends
    cut                  the stream ends after `at` events, without [DONE]; half of the JSON
    reset                the connection torn after `at` events (0: before the head); half-way
    error_event          an event with `error` after `at` events, then the end
    code_event           an event with `code` after `at` events, then the end
    split                what is sent is divided within characters
    blank_lines          blank lines before JSON that isn't streamed
    fenced               a Markdown fence around the content
    empty                empty content
    truncated_arguments  the arguments of tools cut within their JSON
    thinking_only        reasoning eats max_tokens: no content, finish_reason length
    null_content         null content beside tool calls
    null_tool_calls      `tool_calls` null beside content
    no_usage             usage is missing
    refuse_reasoning     replayed reasoning_content is refused (400)
    require_reasoning    reasoning_content must be replayed beside tool calls (400)
    fewer_vectors        of embeddings, one vector less than texts
    null_vector          of embeddings, a vector with a null in it
    short_vectors        of embeddings, vectors of half the dimensions
    list_index           of embeddings, lists where the numbers of the texts should be

`slow` and `silent` wait for the gate named `gate`, or `seconds` where none is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from taplens.sandbox.provider.answers import split_tokens, usage_of
from taplens.sandbox.provider.completion import Completion
from taplens.sandbox.provider.models import PREFIX
from taplens.sandbox.provider.refusals import REFUSALS, bad_parameter, rate_limited
from taplens.sandbox.provider.request import ChatRequest, Row
from taplens.sandbox.provider.wire import Reply, Step, Tear, Wait, event, refused
from taplens.sandbox.server.arming import Armoury

_HTML = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>系统维护中</title></head>"
    "<body><h1>系统维护中，请稍后再试</h1></body></html>"
)
_OVERLOADED = REFUSALS["503"].body
_KEEP_ALIVE = b": keep-alive\n\n\n"
_THOUGHT_TOKENS = 64  # where the request has no max_tokens
_MOST_THOUGHT_TOKENS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFault:
    """One fault as it was asked for.

    `model` (exact, with `*` as wildcard; empty for every model) narrows it; of the requests
    that match, `after` pass first and then each `every`-th is struck, `times` in all (None: no
    end). `at` is the number of events that are sent first, `retry_after` the header
    of a refusal (seconds), `limit` names what a 429 says was reached (RPM, TPM, RPD, TPD).
    """

    kind: str
    model: str = ""
    after: int = 0
    times: int | None = None
    every: int = 1
    at: int = 2
    gate: str = ""
    seconds: float = 5.0
    retry_after: float | None = None
    limit: str = ""


def _refusal(fault: ProviderFault) -> Reply:
    refusal = rate_limited(fault.limit) if fault.limit else REFUSALS[fault.kind]
    if fault.retry_after is not None:
        refusal = replace(refusal, headers={"Retry-After": f"{fault.retry_after:g}"})
    return refused(refusal)


def _page(_fault: ProviderFault) -> Reply:
    return Reply(200, "text/html; charset=utf-8", (_HTML.encode(),))


def _refuse_reasoning(request: ChatRequest) -> None:
    for number, message in enumerate(request.messages):
        if message["role"] == "assistant" and "reasoning_content" in message:
            raise bad_parameter(f"messages.{number}.reasoning_content must not be sent back.")


def _require_reasoning(request: ChatRequest) -> None:
    for number, message in enumerate(request.messages):
        if message.get("tool_calls") and not isinstance(message.get("reasoning_content"), str):
            raise bad_parameter(f"messages.{number}.reasoning_content is required.")


def _fence(completion: Completion, _request: ChatRequest) -> None:
    for choice in completion.choices:
        choice.content = f"```json\n{choice.content}\n```"


def _empty(completion: Completion, _request: ChatRequest) -> None:
    for choice in completion.choices:
        choice.content = ""


def _truncate(completion: Completion, _request: ChatRequest) -> None:
    for choice in completion.choices:
        choice.finish = "length"
        for call in choice.tool_calls:
            text = call["function"]["arguments"]
            call["function"] = call["function"] | {"arguments": text[: len(text) // 2]}


def _only_think(completion: Completion, request: ChatRequest) -> None:
    for choice in completion.choices:
        most = min(request.max_tokens or _THOUGHT_TOKENS, _MOST_THOUGHT_TOKENS)
        thought = split_tokens(choice.reasoning or "沙箱想个不停。")
        choice.reasoning = "".join(thought[number % len(thought)] for number in range(most))
        choice.content, choice.tool_calls, choice.finish = "", [], "length"
    completion.usage = usage_of(request, completion.choices)


def _null_content(completion: Completion, _request: ChatRequest) -> None:
    for choice in completion.choices:
        if choice.tool_calls:
            choice.content = None


def _null_tool_calls(completion: Completion, _request: ChatRequest) -> None:
    completion.null_tool_calls = True


def _no_usage(completion: Completion, _request: ChatRequest) -> None:
    completion.usage = None


def _fewer_vectors(answer: Row) -> None:
    answer["data"].pop()


def _null_vector(answer: Row) -> None:
    answer["data"][-1]["embedding"][0] = None


def _short_vectors(answer: Row) -> None:
    for row in answer["data"]:
        row["embedding"] = row["embedding"][::2]


def _list_index(answer: Row) -> None:
    for row in answer["data"]:
        row["index"] = [row["index"]]


def _slow(fault: ProviderFault, reply: Reply) -> Reply:
    return reply.with_steps((Wait(fault.gate, fault.seconds), *reply.steps))


def _silent(fault: ProviderFault, reply: Reply) -> Reply:
    before, after = reply.divided(fault.at)
    return reply.with_steps((*before, Wait(fault.gate, fault.seconds), *after))


def _comments(_fault: ProviderFault, reply: Reply) -> Reply:
    if not reply.streamed:
        return reply
    return reply.with_steps(step for one in reply.steps for step in (_KEEP_ALIVE, one))


def _crlf(_fault: ProviderFault, reply: Reply) -> Reply:
    if not reply.streamed:
        return reply
    return _each(reply, lambda sent: (sent.replace(b"\n", b"\r\n"),))


def _cut(fault: ProviderFault, reply: Reply) -> Reply:
    return reply.with_steps(reply.divided(fault.at)[0])


def _reset(fault: ProviderFault, reply: Reply) -> Reply:
    return reply.with_steps((*reply.divided(fault.at)[0], Tear()))


def _error_event(fault: ProviderFault, reply: Reply) -> Reply:
    error = {"message": _OVERLOADED["message"], "type": "server_error", "code": 50505}
    return _ended_by(fault, reply, event({"error": error}))


def _code_event(fault: ProviderFault, reply: Reply) -> Reply:
    return _ended_by(fault, reply, event(_OVERLOADED))


def _ended_by(fault: ProviderFault, reply: Reply, last: bytes) -> Reply:
    if not reply.streamed:
        return reply
    return reply.with_steps((*reply.steps[: fault.at], last))


def _split(_fault: ProviderFault, reply: Reply) -> Reply:
    return _each(reply, _halves)


def _halves(sent: bytes) -> tuple[bytes, bytes]:
    """Two parts, divided within the first character of several bytes where there is one."""
    wide = next((place for place, byte in enumerate(sent) if byte > 0x7F), len(sent) // 2)
    return sent[: wide + 1], sent[wide + 1 :]


def _blank_lines(_fault: ProviderFault, reply: Reply) -> Reply:
    return reply if reply.streamed else reply.with_steps((b"\n", b"\n\n", *reply.steps))


def _each(reply: Reply, change: Callable[[bytes], tuple[bytes, ...]]) -> Reply:
    """The reply with every step of bytes changed."""
    steps: list[Step] = []
    for step in reply.steps:
        steps += change(step) if isinstance(step, bytes) else (step,)
    return reply.with_steps(steps)


INSTEAD: dict[str, Callable[[ProviderFault], Reply]] = {
    **dict.fromkeys(REFUSALS, _refusal),
    "html": _page,
}
"""Kinds that answer before the request is looked at."""

CHECKS: dict[str, Callable[[ChatRequest], None]] = {
    "refuse_reasoning": _refuse_reasoning,
    "require_reasoning": _require_reasoning,
}
"""Kinds that refuse some requests. They raise Refused."""

CHANGES: dict[str, Callable[[Completion, ChatRequest], None]] = {
    "fenced": _fence,
    "empty": _empty,
    "truncated_arguments": _truncate,
    "thinking_only": _only_think,
    "null_content": _null_content,
    "null_tool_calls": _null_tool_calls,
    "no_usage": _no_usage,
}
"""Kinds that change what is answered."""

EMBEDDINGS: dict[str, Callable[[Row], None]] = {
    "fewer_vectors": _fewer_vectors,
    "null_vector": _null_vector,
    "short_vectors": _short_vectors,
    "list_index": _list_index,
}
"""Kinds that change the vectors that are answered."""

DELIVERIES: dict[str, Callable[[ProviderFault, Reply], Reply]] = {
    "slow": _slow,
    "silent": _silent,
    "comments": _comments,
    "crlf": _crlf,
    "cut": _cut,
    "reset": _reset,
    "error_event": _error_event,
    "code_event": _code_event,
    "split": _split,
    "blank_lines": _blank_lines,
}
"""Kinds that change how the answer goes out."""

KINDS = (*INSTEAD, *CHECKS, *CHANGES, *EMBEDDINGS, *DELIVERIES)


class ProviderFaults(Armoury[ProviderFault]):
    """The faults that are set on the provider."""

    def __init__(self) -> None:
        super().__init__(KINDS)

    def strike(self, model: str) -> list[ProviderFault]:
        """The faults that strike a request for `model`, its own name's first; counts them."""
        kind = model.removeprefix(PREFIX)
        named = [ProviderFault(kind=kind)] if kind != model and kind in KINDS else []
        return named + self.struck(lambda fault: fnmatchcase(model, fault.model or "*"))
