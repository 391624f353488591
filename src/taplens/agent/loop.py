"""The loop: the model asks the tools until it knows, then writes; what it writes is checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taplens.agent.answer import Piece
from taplens.agent.conversation import compacted, instructions, words_of_user
from taplens.agent.limits import Limits, Spent
from taplens.agent.steering import Steering
from taplens.agent.toolbox import Asked, Outcome, Toolbox
from taplens.agent.writing import Writing
from taplens.errors import ModelError, ModelProtocolError
from taplens.llm.merge import Merger
from taplens.tools.sizing import compact

if TYPE_CHECKING:
    from taplens.agent.checks.checking import Checker
    from taplens.egress.gate import Gate
    from taplens.llm.client import Client
    from taplens.tools.context import ToolContext

# What the client says about how the model shall write is passed on; what isn't here is ours.
_PASSED_ON = ("temperature", "top_p", "top_k", "min_p", "frequency_penalty", "seed",
              "max_tokens", "max_completion_tokens")  # fmt: skip
_ENOUGH = "Call no more tools. Answer now from the results that you have; say what is missing."
_MEND = (
    "The user has read your answer up to here: {passed!r}\nWhat followed was held back:\n{faults}\n"
    "Write again what follows, corrected, and nothing else."
)
_RESULTS_SHARE = 0.6  # of the tokens may be taken by results that the model reads again


@dataclass(slots=True)
class Run:
    """One answer in the making."""

    request: Mapping[str, Any]
    model: str
    context: ToolContext
    checker: Checker
    gate: Gate
    limits: Limits
    toolbox: Toolbox
    spent: Spent = field(default_factory=Spent)
    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    mended: bool = False


@dataclass(slots=True)
class _Round:
    """What a round of the model came to."""

    writing: Writing
    content: str = ""
    reason: str = "stop"
    calls: list[Asked] = field(default_factory=list)
    message: dict[str, Any] = field(default_factory=dict)


class Loop:
    """Answers with one model. `client` asks it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def answer(self, run: Run) -> AsyncGenerator[Piece, None]:
        """The pieces of an answer. Raises ModelError, also in the middle, MirrorError."""
        told = instructions(
            run.context.workspaces, run.context.clock.today().isoformat(), run.context.locale
        )
        asked = run.request.get("messages") or []
        run.messages = [told, *compacted(asked, self._room(run) // 3)]
        steering = Steering(words_of_user(asked))
        for name in run.toolbox.conflicts:
            yield _thought(run.context.text("agent.tool_conflict", name=name))
        while True:
            tooled = run.spent.may_go_on(run.limits)
            if not tooled:
                run.messages.append({"role": "user", "content": _ENOUGH})
            this = _Round(Writing(run.checker, marks=run.mended))
            async for text in self._written(run, this, with_tools=tooled):
                yield Piece({"content": text})
            run.spent.steps += 1
            if not (this.calls and tooled):
                break
            theirs = [call for call in this.calls if run.toolbox.is_clients(call.name)]
            for text in this.writing.release():  # prose before a call isn't worth a mend
                yield Piece({"content": text})
            allowed = [
                call for call in theirs if steering.refusal(call, client=True) is None
            ]  # fmt: skip
            if allowed:
                yield _calling(allowed)
                yield self._end(run, "tool_calls")
                return
            if this.content.strip():
                yield Piece({"content": "\n\n"})  # the answer goes on in a paragraph of its own
            async for step in self._tooled(run, this, steering):
                yield step
        async for piece in self._finished(run, this):
            yield piece

    async def _finished(self, run: Run, this: _Round) -> AsyncIterator[Piece]:
        """The last sentences: what was held back is written anew once, then marked."""
        faults = this.writing.faults
        if faults and not run.mended and run.spent.tokens < run.limits.tokens:
            run.mended = True
            yield _thought(run.context.text("agent.mending", count=len(faults)))
            told = "\n".join(f"- {fault}" for fault in dict.fromkeys(faults))
            ask = _MEND.format(passed=this.writing.passed[-300:], faults=told)
            earlier = [{"role": "assistant", "content": this.content}] if this.content else []
            run.messages += [*earlier, {"role": "user", "content": ask}]
            again = _Round(Writing(run.checker, marks=True))
            begun = False
            try:
                async for text in self._written(run, again, with_tools=False):
                    begun = True
                    yield Piece({"content": text})
            except ModelError:  # what was written first is still there, with its marks
                if begun:
                    raise
            else:
                yield self._end(run, again.reason)
                return
        for text in this.writing.release():
            yield Piece({"content": text})
        yield self._end(run, this.reason)

    async def _written(self, run: Run, this: _Round, *, with_tools: bool) -> AsyncIterator[str]:
        """One round of the model: what of its text may leave, as it comes."""
        body = self._body(run, with_tools=with_tools)
        sent = await run.gate.outgoing(body, run.model)
        merger, back = Merger(), run.gate.restorer()
        usage: Any = None
        async with aclosing(self._client.stream(sent)) as chunks:
            async for chunk in chunks:
                merger.add(chunk)
                usage = chunk.get("usage") or usage
                for piece in _pieces(chunk):
                    for text in this.writing.feed(back.feed(piece)):
                        yield text
        for text in (*this.writing.feed(back.finish()), *this.writing.finish()):
            yield text
        merged = merger.answer()
        choice = (merged["choices"] or [{"message": {}, "finish_reason": "stop"}])[0]
        this.message = choice["message"]
        this.content = run.gate.restored(str(this.message.get("content") or ""))
        reason = choice.get("finish_reason") or "stop"
        this.reason = "stop" if reason == "tool_calls" else reason
        this.calls = _calls_of(this.message, run) if with_tools else []
        price = self._client.chosen(run.model)
        run.spent.add(usage, body["messages"], str(this.message), price[0].price_of(price[1]))
        if not this.calls and not this.content.strip():
            model, upstream = price
            raise ModelProtocolError(
                "model_answer_invalid", provider=upstream.provider.name, model=model.name,
                detail="an empty answer",
            )  # fmt: skip

    def _body(self, run: Run, *, with_tools: bool) -> dict[str, Any]:
        body: dict[str, Any] = {"model": run.model, "messages": run.messages}
        body |= {
            name: run.request[name] for name in _PASSED_ON if run.request.get(name) is not None
        }
        if with_tools:
            body["tools"] = run.toolbox.definitions()
        return body | {"stream_options": {"include_usage": True}}

    async def _tooled(self, run: Run, this: _Round, steering: Steering) -> AsyncIterator[Piece]:
        """The round's calls, carried out at once; their results go to model and checks."""
        calls = this.calls[: run.limits.calls]
        refused = {
            call.id: reason
            for call in calls
            if (reason := steering.refusal(call, client=run.toolbox.is_clients(call.name)))
        }
        run.messages.append(_spoken(this, calls))
        done = await run.toolbox.run([call for call in calls if call.id not in refused])
        outcomes = {outcome.asked.id: outcome for outcome in done}
        for call in calls:
            outcome = outcomes.get(call.id) or Outcome(asked=call, told=refused[call.id])
            if outcome.content is not None:
                run.tools.append(
                    {"tool": call.name, "arguments": outcome.arguments, "result": outcome.name}
                )
                run.checker.learn(outcome.name, call.name, outcome.arguments or {}, outcome.content)
                steering.see(outcome.content)
            yield _thought(_step(outcome))
            run.messages.append(outcome.message(run.gate.shown(outcome.content, run.model)))
        _save_room(run.messages, int(self._room(run) * _RESULTS_SHARE))

    def _room(self, run: Run) -> int:
        """How many tokens one request may have: the bounds', and what the model reads at once."""
        context = self._client.chosen(run.model)[0].context
        return min(run.limits.tokens, context or run.limits.tokens)

    def _end(self, run: Run, reason: str) -> Piece:
        """The last piece, with what the answer rests on and what it took of the model."""
        told = {"model": run.model, "tools": run.tools, "usage": run.spent.usage()}
        if run.toolbox.conflicts:
            told["tools_not_offered"] = run.toolbox.conflicts
        return Piece({"taplens": told | run.checker.facts()}, reason)


def _thought(step: str) -> Piece:
    return Piece({"reasoning_content": step + "\n"})


def _calling(calls: Sequence[Asked]) -> Piece:
    """Calls of the client's own tools, by which the turn ends."""
    told = [{"index": number, **_as_told(call)} for number, call in enumerate(calls)]
    return Piece({"tool_calls": told})


def _pieces(chunk: Mapping[str, Any]) -> list[str]:
    """The pieces of text in a chunk; only of the first choice, for one was asked for."""
    choices = [one for one in chunk.get("choices") or () if not one.get("index")]
    said = [(one.get("delta") or {}).get("content") for one in choices]
    return [text for text in said if isinstance(text, str)]


def _calls_of(message: Mapping[str, Any], run: Run) -> list[Asked]:
    found: list[Asked] = []
    for number, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        arguments = run.gate.restored(str(function.get("arguments") or ""))
        name = str(function.get("name") or "")
        told = str(call.get("id") or "")
        is_own = told and all(told != one.id for one in found)
        found.append(Asked(told if is_own else f"call_{number}_{name}", name, arguments))
    return found


def _spoken(this: _Round, calls: Sequence[Asked]) -> dict[str, Any]:
    """The model's own message, as it is told it again."""
    told = [_as_told(call) for call in calls]
    kept = {key: value for key, value in this.message.items() if key == "reasoning_content"}
    return {"role": "assistant", "content": this.content or "", "tool_calls": told} | kept


def _as_told(call: Asked) -> dict[str, Any]:
    arguments = call.arguments if call.read() is not None else "{}"
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _step(outcome: Outcome) -> str:
    """A line of the trace: what was called and what came of it, no text of items."""
    call = f"{outcome.asked.name} {compact(dict(outcome.arguments or {}))}"
    if outcome.content is None:
        return f"{call} → ✗"
    total = outcome.content.get("total")
    told = f"{len(outcome.content.get('data') or ())}" if total is None else f"total {total}"
    return f"{outcome.name} = {call} → {told}"


def _save_room(messages: list[dict[str, Any]], most: int) -> None:
    """The oldest results go where they would crowd out the answer; the checks keep them all."""
    from taplens.llm.tokens import count

    results = [index for index, message in enumerate(messages) if message.get("role") == "tool"]
    for index in results[:-1]:
        if count(messages).tokens <= most:
            return
        name, is_result, _ = str(messages[index]["content"]).partition(" is:\n")
        if is_result:
            told = f"{name} is no longer shown, to save room; references to it still hold."
            messages[index] = messages[index] | {"content": told}
