"""/healthz, /readyz and /metrics: for those who look after the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taplens import __version__
from taplens.gateway import security
from taplens.gateway.answers import Answer, answer_json

if TYPE_CHECKING:
    from taplens.gateway.call import Call

_METRICS_KIND = b"text/plain; version=0.0.4; charset=utf-8"


async def handle_health(_call: Call) -> Answer:
    """The process is alive."""
    return answer_json({"status": "ok", "version": __version__})


async def handle_readiness(call: Call) -> Answer:
    """Whether requests should be sent here: the books can be kept.

    A server that is being stopped takes no connections any more, so it has no answer to give.
    A chat without a configured provider is answered with what to set, so it counts as ready.
    """
    from taplens.llm.entries import configured

    services = call.services
    status = "books" if services.books.fault else "ready"
    providers = services.catalogue.providers.values()
    outer = [provider for provider in providers if provider.kind != "builtin"]
    told = {
        "status": status,
        "providers_configured": sum(map(configured, outer)),
        "circuits_open": services.router.open_circuits(),
    }
    return answer_json(told, 200 if status == "ready" else 503)


async def handle_metrics(call: Call) -> Answer:
    """Prometheus's text format; for this machine, or with a key. Raises RefusalError 401."""
    if not security.is_from_here(call.scope):
        call.key = await call.services.key_of(call.scope, call.headers, always=True)
    return Answer(body=call.services.metrics.text(), kind=_METRICS_KIND)
