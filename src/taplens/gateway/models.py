"""GET /v1/models and /v1/models/{name}: what this key may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taplens.errors import NotFoundError, RefusalError
from taplens.gateway.answers import Answer, answer_json
from taplens.gateway.keys import LOCAL

if TYPE_CHECKING:
    from taplens.gateway.call import Call
    from taplens.llm.entries import Model


async def handle_list(call: Call) -> Answer:
    """The models that the key may use, in the catalogue's order."""
    key = call.key or LOCAL
    models = [model for model in call.services.catalogue.models() if key.may_ask(model)]
    return answer_json({"object": "list", "data": [_record(call, model) for model in models]})


async def handle_one(call: Call) -> Answer:
    """One model; its name may have its slashes encoded. Raises RefusalError 404."""
    try:
        model = call.services.catalogue.get(call.parameters["name"])
    except NotFoundError:
        raise RefusalError("path_unknown_here", status=404) from None
    if not (call.key or LOCAL).may_ask(model):
        raise RefusalError("path_unknown_here", status=404)
    return answer_json(_record(call, model))


def _record(call: Call, model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": call.services.began_at,
        "owned_by": model.upstreams[0].provider.name,
    }
