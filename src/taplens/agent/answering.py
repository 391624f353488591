"""An answer from beginning to end: which model, within which time, and what if none can."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taplens.agent.checks.checking import Checker
from taplens.agent.checks.vocabulary import vocabulary_of
from taplens.agent.conversation import question_of, text_of
from taplens.agent.egress.gate import Gate
from taplens.agent.egress.log import EgressLog
from taplens.agent.events import Calls, End, Event, Text
from taplens.agent.limits import Limits
from taplens.agent.loop import Loop, Run
from taplens.agent.toolbox import Toolbox
from taplens.errors import ModelError, ModelTimeoutError, ModelUnavailableError
from taplens.llm.catalogue import Catalogue, chosen, configured

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.llm.client import Client
    from taplens.tools.context import ToolContext

# The answerer without a model: the request's body, the answer's text and its `taplens` facts.
Direct = Callable[[Mapping[str, Any]], Awaitable[tuple[str, dict[str, Any]]]]
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Answering:
    """Answers requests. `direct` answers where no model can, None where there is no such one."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        client: Client,
        context: ToolContext,
        direct: Direct | None = None,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._client = client
        self._context = context
        self._direct = direct
        self._log = EgressLog(settings)

    async def events(self, request: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
        """The events of the answer to `request`, the body of a chat completion.

        Raises ModelError where no model can answer and nothing else does, or where a model fails
        in the middle; ConfigurationError without a workspace; MirrorError.
        """
        messages = request.get("messages") or []
        question = question_of(messages)
        locale = "zh" if _CHINESE.search(question) else "en"
        context = replace(self._context, locale=locale)
        fault: ModelError | None = None
        for model in self._models():
            begun = False
            try:
                async with aclosing(self._by_model(model, request, context)) as events:
                    async for event in events:
                        begun = begun or isinstance(event, Text | Calls)
                        yield event
                return
            except ModelError as failed:
                if begun:
                    raise
                fault = failed
        async for event in self._without_model(request, context, fault):
            yield event

    async def aclose(self) -> None:
        """Closes what was opened."""
        await self._log.aclose()

    def _models(self) -> list[str]:
        """Whom to ask, in turn: the operator's choice, else the first of every provider."""
        if self._settings.agent_model:
            return [self._settings.agent_model]
        found: dict[str, str] = {}
        for model in self._catalogue.models():
            for upstream in model.upstreams:
                provider = upstream.provider
                usable = configured(provider) and provider.kind != "builtin" and model.profile.tools
                if usable:
                    found.setdefault(provider.name, f"{provider.name}/{upstream.model}")
        return list(found.values())

    async def _by_model(
        self, model: str, request: Mapping[str, Any], context: ToolContext
    ) -> AsyncGenerator[Event, None]:
        limits = Limits.of(self._settings)
        run = await self._run(model, request, context, limits)
        loop = asyncio.get_running_loop()
        until = loop.time() + limits.seconds
        events = Loop(self._client).answer(run)
        try:
            while True:
                async with asyncio.timeout_at(until):
                    event = await anext(events, None)
                if event is None:
                    return
                yield event
        except TimeoutError:
            provider = self._upstream(model).provider.name
            raise ModelTimeoutError(
                "model_too_slow", provider=provider, model=model, seconds=limits.seconds
            ) from None
        finally:
            await events.aclose()

    async def _run(
        self, model: str, request: Mapping[str, Any], context: ToolContext, limits: Limits
    ) -> Run:
        messages = request.get("messages") or []
        vocabulary = await vocabulary_of(context)
        checker = Checker(
            vocabulary,
            question_of(messages),
            locale=context.locale,
            now=context.clock.now(),
            web_base=self._settings.web_base_url,
        )
        gate = Gate(
            self._settings,
            self._log,
            context.clock,
            self._upstream,
            people=vocabulary.people,
            conversation=_first_of(messages),
            principal=context.principal,
        )
        toolbox = Toolbox(context, request.get("tools") or ())
        return Run(
            request=request, model=model, context=context, checker=checker, gate=gate,
            limits=limits, toolbox=toolbox,
        )  # fmt: skip

    def _upstream(self, model: str) -> Any:
        return chosen(self._catalogue, model)[1]

    async def _without_model(
        self, request: Mapping[str, Any], context: ToolContext, fault: ModelError | None
    ) -> AsyncGenerator[Event, None]:
        """What is answered without a model, and that it is. Raises ModelError where none does."""
        missing = ModelUnavailableError("agent_without_model", model="taplens")
        if self._direct is None:
            raise fault or missing
        reason = (fault or missing).message(context.locale)
        yield Text(context.text("agent.fallback", reason=reason) + "\n\n")
        text, facts = await self._direct(request)
        yield Text(text)
        yield End(facts={"model": "taplens-direct"} | facts, usage=_no_usage())


def _first_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """What a conversation began with: it is the same in all its requests."""
    return next((text_of(one) for one in messages if one.get("role") == "user"), "")


def _no_usage() -> dict[str, int]:
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
