"""The gateway's ASGI app: who may call, which handler answers, and what a fault looks like."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from taplens.errors import RefusalError, TapLensError
from taplens.gateway import (
    charts,
    chat,
    directory,
    faults,
    health,
    models,
    openapi,
    responses,
    security,
)
from taplens.gateway.answers import Answer, Stream
from taplens.gateway.call import Call, ClientGone, Route, request_id_of
from taplens.gateway.delivery import Delivery, send_answer
from taplens.gateway.routing import Routes

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from taplens.gateway.services import Services

logger = logging.getLogger(__name__)

CLIENT_GONE = 499  # what a request is counted as whose client did not wait


def routes(services: Services) -> list[Route]:
    """Every path of this server but MCP's."""
    return [
        Route("/v1/chat/completions", ("POST",), chat.handle),
        Route("/v1/models", ("GET",), models.handle_list),
        Route("/v1/models/{name:path}", ("GET",), models.handle_one),
        *responses.routes(),
        *directory.routes(services.settings),
        *charts.routes(),
        *openapi.routes(),
        Route("/healthz", ("GET",), health.handle_health, public=True),
        Route("/readyz", ("GET",), health.handle_readiness, public=True),
        Route("/metrics", ("GET",), health.handle_metrics, public=True),
    ]


class Gateway:
    """An ASGI app for requests; `local`: it is bound to loopback and answers only its names."""

    def __init__(self, services: Services, *, local: bool) -> None:
        self._services = services
        self._local = local
        self._routes = Routes(routes(services))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        headers = dict(scope["headers"])
        call = Call(scope, receive, self._services, request_id_of(headers), headers)
        done = self._services.metrics.begin()
        self._services.begin()
        status = CLIENT_GONE
        try:
            status = await self._answered(call, send)
        except ClientGone:
            pass
        finally:
            done(call.route, status)
            self._services.end()

    async def _answered(self, call: Call, send: Send) -> int:
        """Answer, and the status that it was answered with."""
        delivery: Delivery | None = None
        try:
            answer = await self._handled(call)
            if isinstance(answer, Stream):
                delivery = self._delivery(call, answer, send)
                await delivery.deliver()
                return 200
        except TapLensError as fault:
            answer = faults.answer_to(fault, call.locale)
        except asyncio.CancelledError:
            if delivery is not None and delivery.started:
                raise
            stopping = RefusalError("server_stopping", status=503)
            answer = faults.answer_to(stopping, call.locale)
        except ClientGone:
            raise
        except Exception:
            if delivery is not None and delivery.started:
                raise  # closes the connection: a stream that breaks off is seen as broken
            logger.exception("Request %s failed unexpectedly.", call.request_id)
            answer = faults.answer_to(RefusalError("internal", status=500), call.locale)
        await send_answer(send, answer, call.request_id)
        return answer.status

    async def _handled(self, call: Call) -> Answer | Stream:
        if self._local:
            security.check_names(call.headers)
        route, call.parameters = self._routes.find(call.scope["method"], call.scope["path"])
        call.route = route.path
        if not route.public:
            # Off loopback a key is needed even after the last one was revoked.
            call.key = await self._services.key_of(call.scope, call.headers, always=not self._local)
        return await route.handler(call)

    def _delivery(self, call: Call, stream: Stream, send: Send) -> Delivery:
        settings = self._services.settings
        return Delivery(
            stream,
            call.receive,
            send,
            call.request_id,
            heartbeat_seconds=settings.heartbeat_seconds,
            patience_seconds=settings.client_seconds,
        )
