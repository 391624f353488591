"""The JSON shapes of what the server takes and answers, for its OpenAPI document."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
_PREFIX = "#/components/schemas/"


def ref(name: str) -> Schema:
    """A reference to the component `name`."""
    return {"$ref": _PREFIX + name}


def array(items: Schema) -> Schema:
    """A list of `items`."""
    return {"type": "array", "items": items}


def constant(value: str) -> Schema:
    """The one text that may stand there."""
    return {"type": "string", "const": value}


def optional(schema: Schema) -> Schema:
    """`schema` or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def shape(required: dict[str, Schema], **others: Schema) -> Schema:
    """An object: the fields that are always there, and those that may be."""
    return {"type": "object", "properties": required | others, "required": list(required)}


_CALL = shape(
    {
        "id": TEXT,
        "type": constant("function"),
        "function": shape({"name": TEXT, "arguments": TEXT}),
    }
)
_MESSAGE = shape(
    {"role": constant("assistant"), "content": optional(TEXT)},
    reasoning_content=TEXT,
    tool_calls=optional(array(_CALL)),
)
_DELTA = shape({}, role=TEXT, content=optional(TEXT), reasoning_content=optional(TEXT),
               tool_calls=optional(array(OBJECT)))  # fmt: skip
_USAGE = shape(dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), INTEGER))
_FINISH = {"type": "string", "enum": ["stop", "length", "tool_calls", "content_filter"]}


def _answer(kind: str, **choice: Schema) -> Schema:
    choices = array(shape({"index": INTEGER, **choice}))
    head = {"id": TEXT, "object": constant(kind), "created": INTEGER, "model": TEXT}
    return shape({**head, "choices": choices}, usage=optional(_USAGE))


# The answers, by the names of their components.
ANSWERS: dict[str, Schema] = {
    "ChatAnswer": _answer("chat.completion", message=_MESSAGE, finish_reason=_FINISH),
    "ChatChunk": _answer("chat.completion.chunk", delta=_DELTA, finish_reason=optional(_FINISH)),
    "Model": shape({"id": TEXT, "object": constant("model"), "created": INTEGER, "owned_by": TEXT}),
    "ModelList": shape({"object": constant("list"), "data": array(ref("Model"))}),
    "Response": shape(
        {
            "id": TEXT,
            "object": constant("response"),
            "created_at": INTEGER,
            "status": {"type": "string", "enum": ["completed", "incomplete", "failed"]},
            "model": TEXT,
            "output": array(OBJECT),
            "usage": optional(OBJECT),
        }
    ),
    "ResponseEvent": shape({"type": TEXT, "sequence_number": INTEGER}),
    "ServerPage": shape(
        {
            "pageInfo": shape(
                {
                    "startCursor": optional(TEXT),
                    "endCursor": optional(TEXT),
                    "hasNextPage": FLAG,
                    "hasPreviousPage": FLAG,
                }
            ),
            "servers": array(ref("ServerRecord")),
        }
    ),
    "Health": shape({"status": TEXT}),
    "Fault": shape(
        {"code": INTEGER, "message": TEXT, "data": optional(TEXT)},
    ),
    "RateLimited": shape({"message": TEXT, "data": optional(TEXT)}),
    "Words": TEXT,
}

# The fields of a Responses request that are translated; `responses_request` holds the others.
RESPONSES_REQUEST = shape(
    {
        "model": TEXT,
        "input": {"anyOf": [TEXT, array({"type": "object", "properties": {"type": TEXT}})]},
    },
    instructions=optional(TEXT),
    stream=optional(FLAG),
    max_output_tokens=optional({"type": "integer", "minimum": 1}),
    temperature=optional({"type": "number", "minimum": 0, "maximum": 2}),
    top_p=optional({"type": "number", "minimum": 0, "maximum": 1}),
    tools=optional(array(shape({"type": constant("function"), "name": TEXT}, parameters=OBJECT))),
    tool_choice={"anyOf": [{"type": "string", "enum": ["none", "auto", "required"]}, OBJECT]},
    parallel_tool_calls=optional(FLAG),
    text=optional(shape({}, format=shape({"type": TEXT}))),
    reasoning=optional(shape({}, effort=optional(TEXT))),
    store=optional({"type": "boolean", "const": False}),
    metadata=optional(OBJECT),
)


def components() -> dict[str, Schema]:
    """Every component: the models' schemas and the shapes of this module."""
    from taplens.gateway.records import Record
    from taplens.llm.request import json_schema

    found: dict[str, Schema] = {"ResponsesRequest": RESPONSES_REQUEST, **ANSWERS}
    for name, schema in {
        "ChatRequest": json_schema("provider"),
        "ServerRecord": Record.model_json_schema(),
    }.items():
        found |= schema.pop("$defs", {}) | {name: schema}
    return {name: _lean(schema) for name, schema in found.items()}


def _lean(node: Any) -> Any:
    """A schema without generated titles, its references pointing to the components."""
    if isinstance(node, list):
        return [_lean(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return node | {"$ref": _PREFIX + node["$ref"].rpartition("/")[2]}
    # A property may be called "title"; a schema's own title is a text.
    return {
        key: _lean(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
