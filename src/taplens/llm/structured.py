"""JSON answers by schema: the provider's JSON mode where there is one, a check, one repair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from taplens.errors import ArgumentError, ModelProtocolError
from taplens.llm.entries import Model, Upstream

# JSON mode of some providers can answer with a Markdown fence around the JSON, or with nothing.
_FENCE = re.compile(r"\A```[A-Za-z0-9]*\s*\n(.*?)\n?\s*```\Z", re.DOTALL)
_ASK = (
    "Answer with one JSON value that fits this JSON Schema, and with nothing else: "
    "no explanation, no Markdown.\n\n"
)
_REPAIR = (
    "Your answer doesn't fit the JSON Schema: {fault}\n\n"
    "Answer again, with the corrected JSON value and with nothing else."
)
_FAULT_CHARACTERS = 500


class Asks(Protocol):
    """What a client must be able to do here; see llm.client.Client."""

    def chosen(self, name: str) -> tuple[Model, Upstream]:
        """The model of that name, and who is asked."""
        ...

    async def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer to a request."""
        ...


async def complete_json(client: Asks, request: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The JSON value that the model answers to `request`, valid under `schema` (2020-12).

    The schema goes as `response_format` where model and provider keep to one; elsewhere, and
    with `json_object`, which knows no schema, it is a part of the prompt. An answer that
    doesn't fit is sent back once with its fault. Raises ModelProtocolError for one that was cut
    (a value could end too early and still fit) or that doesn't fit after the repair,
    ArgumentError if `schema` is none or refers to what isn't in it.
    """
    prepared = _prepared(request, schema, *client.chosen(str(request.get("model", ""))))
    answer = await client.complete(prepared)
    try:
        return _checked(answer, schema)
    except _UnfitError as fault:
        said = answer["choices"][0]["message"].get("content")
        repair = {"role": "user", "content": _REPAIR.format(fault=fault)}
        # Providers refuse an assistant's message without content.
        earlier = [{"role": "assistant", "content": said}] if said else []
        prepared["messages"] = [*prepared["messages"], *earlier, repair]
    try:
        return _checked(await client.complete(prepared), schema)
    except _UnfitError as fault:
        raise ModelProtocolError("json_invalid", model=prepared["model"], detail=fault) from None


class _UnfitError(ValueError):
    """An answer that doesn't fit the schema, and why: told to the model, then to the caller."""


def _prepared(
    request: Mapping[str, Any], schema: Mapping[str, Any], model: Model, upstream: Upstream
) -> dict[str, Any]:
    """`request` with the schema where the model will heed it."""
    formats = upstream.provider.response_formats
    kept = [name for name in model.profile.response_formats if name in formats]
    prepared = {**request, "messages": list(request["messages"])}
    if "json_schema" in kept:
        named = {"name": "answer", "schema": schema, "strict": True}
        return prepared | {"response_format": {"type": "json_schema", "json_schema": named}}
    asked = _ASK + orjson.dumps(schema).decode()
    prepared["messages"].insert(0, {"role": "system", "content": asked})
    if "json_object" in kept:
        prepared["response_format"] = {"type": "json_object"}
    return prepared


def _checked(answer: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The value in an answer. Raises _UnfitError, or ModelProtocolError if it was cut."""
    choice = answer["choices"][0]
    if choice.get("finish_reason") == "length":
        usage = answer.get("usage") or {}
        tokens = usage.get("completion_tokens", "max_tokens")
        raise ModelProtocolError("json_cut", model=str(answer.get("model", "")), tokens=tokens)
    text = choice["message"].get("content") or ""
    text = _FENCE.sub(r"\1", text.strip()) if isinstance(text, str) else ""
    if not text:
        raise _UnfitError("the answer is empty")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise _UnfitError(f"not JSON: {fault}") from fault
    _validate(value, schema)
    return value


def _validate(value: Any, schema: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import SchemaError, best_match  # type: ignore[import-untyped]
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # With a registry of its own the validator fetches no reference from the network.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        validator.check_schema(schema)
        fault = best_match(validator.iter_errors(value))
    except (SchemaError, Unresolvable) as refusal:
        raise ArgumentError("schema_unusable", detail=str(refusal)[:_FAULT_CHARACTERS]) from refusal
    if fault is not None:
        raise _UnfitError(f"{fault.json_path}: {fault.message}"[:_FAULT_CHARACTERS])
