"""The model `taplens`: which model it asks, within which time, and what if none can answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from taplens.agent.answer import Piece
from taplens.agent.caller import CALLER
from taplens.agent.checks.checking import Checker
from taplens.agent.checks.vocabulary import Vocabulary, vocabulary_of
from taplens.agent.conversation import question_of, text_of
from taplens.agent.limits import Limits
from taplens.agent.loop import Loop, Run
from taplens.agent.toolbox import Toolbox
from taplens.egress.gate import Gate
from taplens.egress.log import EgressLog
from taplens.errors import ModelError, ModelTimeoutError, ModelUnavailableError
from taplens.llm.catalogue import Catalogue, chosen
from taplens.llm.choosing import asked_models
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.agent.answer import Answerer
    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.llm.client import Client
    from taplens.llm.entries import Upstream
    from taplens.mirror import Keeper

_KEPT_SECONDS = 60.0  # somebody who joins is known after that
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Agent:
    """See answer.Answerer. `keeper` opens the mirror at the first question; `client` asks the
    models of `catalogue`; `direct` answers where none of them can.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        client: Client,
        *,
        keeper: Callable[[], Awaitable[Keeper]],
        clock: Clock,
        direct: Answerer,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._client = client
        self._keeper = keeper
        self._clock = clock
        self._direct = direct
        self._log = EgressLog(settings)
        self._known: tuple[float, Vocabulary] | None = None

    async def answer(self, request: Mapping[str, Any]) -> AsyncIterator[Piece]:
        """See answer.Answerer.

        Raises ModelError where a model fails after something was told, ConfigurationError without
        a workspace, MirrorError. A request that a provider refuses is its fault as well: another
        provider, or no model, may do better.
        """
        shown = request.get("enable_thinking") is True
        context = await self._context(request)
        fault: ModelError | None = None
        for model in asked_models(self._settings, self._catalogue):
            told = False
            try:
                async with aclosing(self._by_model(model, request, context)) as pieces:
                    async for piece in pieces:
                        if shown or "reasoning_content" not in piece.delta:
                            told = told or "reasoning_content" not in piece.delta
                            yield piece
                return
            except ModelError as failed:
                if told:
                    raise
                fault = failed
        missing = fault or ModelUnavailableError("agent_without_model", model="taplens")
        reason = missing.message(context.locale)
        yield Piece({"content": context.text("agent.fallback", reason=reason) + "\n\n"})
        async for piece in self._direct.answer(request):
            yield piece

    async def aclose(self) -> None:
        """Closes what was opened."""
        await self._log.aclose()

    async def _context(self, request: Mapping[str, Any]) -> ToolContext:
        question = question_of(request["messages"])
        keeper = await self._keeper()
        return ToolContext(
            keeper=keeper,
            workspaces=keeper.workspace_ids,
            principal=CALLER.get().key,
            locale="zh" if _CHINESE.search(question) else "en",
            clock=self._clock,
            budget=self._settings.answer_tokens,
        )

    async def _by_model(
        self, model: str, request: Mapping[str, Any], context: ToolContext
    ) -> AsyncGenerator[Piece, None]:
        """The answer of one model, in time. Raises ModelTimeoutError where it takes too long."""
        limits = Limits.of(self._settings)
        run = await self._run(model, request, context, limits)
        until = asyncio.get_running_loop().time() + limits.seconds
        pieces = Loop(self._client).answer(run)
        try:
            while True:
                async with asyncio.timeout_at(until):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield piece
        except TimeoutError:
            provider = self._upstream(model).provider.name
            raise ModelTimeoutError(
                "model_too_slow", provider=provider, model=model, seconds=limits.seconds
            ) from None
        finally:
            await pieces.aclose()

    async def _run(
        self, model: str, request: Mapping[str, Any], context: ToolContext, limits: Limits
    ) -> Run:
        messages = request["messages"]
        self._upstream(model)  # raises what is to be set up, before anything is read
        vocabulary = await self._vocabulary(context)
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

    async def _vocabulary(self, context: ToolContext) -> Vocabulary:
        """The workspaces' words, read anew once a minute."""
        now = self._clock.monotonic()
        if self._known is None or now - self._known[0] > _KEPT_SECONDS:
            self._known = now, await vocabulary_of(context)
        return self._known[1]

    def _upstream(self, model: str) -> Upstream:
        return chosen(self._catalogue, model)[1]


def _first_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """What a conversation began with: it is the same in all its requests."""
    return next((text_of(one) for one in messages if one.get("role") == "user"), "")
