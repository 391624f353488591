"""The OpenAPI document of every path that the server answers, and the calls that give it out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from taplens import __version__, messages
from taplens.gateway import docs_page
from taplens.gateway.answers import Answer, answer_json
from taplens.gateway.call import Call, Route
from taplens.gateway.shapes import Schema, components, ref

PATH = "/openapi.json"
PAGE_PATH = "/docs"
TITLE = "TapLens"
DEFAULT_URL = "http://127.0.0.1:8780"
# The page loads nothing and runs nothing: it is text and a style.
_PAGE_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"vary", b"accept-language"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: `name` is the key of its texts under `http`, `answer` the 200's component.

    `events` is the component of a streamed answer's events, `faults` the other statuses.
    """

    name: str
    method: str
    path: str
    answer: str
    body: str = ""
    events: str = ""
    kind: str = "application/json"
    parameters: tuple[str, ...] = ()
    faults: tuple[int, ...] = (403, 405, 500)
    public: bool = True


_ASKING = (400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 502, 503, 504)
# In the order of the page.
OPERATIONS = (
    Operation(
        "chat", "post", "/v1/chat/completions", "ChatAnswer", "ChatRequest", "ChatChunk",
        faults=_ASKING, public=False,
    ),
    Operation(
        "responses", "post", "/v1/responses", "Response", "ResponsesRequest", "ResponseEvent",
        faults=_ASKING, public=False,
    ),
    Operation(
        "models", "get", "/v1/models", "ModelList", faults=(401, 403, 405, 500), public=False
    ),
    Operation(
        "model", "get", "/v1/models/{model}", "Model", parameters=("model",),
        faults=(400, 401, 403, 404, 405, 500), public=False,
    ),
    Operation(
        "servers", "get", "/api/mcp/v1/servers", "ServerPage",
        parameters=("first", "after", "query"), faults=(400, 403, 405, 500),
    ),
    Operation(
        "server", "get", "/api/mcp/v1/servers/{namespace}/{slug}", "ServerRecord",
        parameters=("namespace", "slug"), faults=(403, 404, 405, 500),
    ),
    Operation(
        "chart", "get", "/charts/{chart}", "Words", kind="image/svg+xml",
        parameters=("chart", "theme"), faults=(403, 404, 405, 500),
    ),
    Operation("mcp", "post", "/mcp", "Any", "Any", faults=(400, 401, 403, 406, 413, 415, 421)),
    Operation("health", "get", "/healthz", "Health"),
    Operation("ready", "get", "/readyz", "Health", faults=(403, 405, 500, 503)),
    Operation(
        "metrics", "get", "/metrics", "Words", kind="text/plain", faults=(401, 403, 405, 500)
    ),
    Operation("openapi", "get", PATH, "Any"),
    Operation("docs", "get", PAGE_PATH, "Words", kind="text/html"),
)  # fmt: skip
_PARAMETERS: dict[str, Schema] = {
    "first": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
    "after": {"type": "string"},
    "query": {"type": "string", "maxLength": 200},
    "model": {"type": "string"},
    "namespace": {"type": "string"},
    "slug": {"type": "string"},
    "chart": {"type": "string"},
    "theme": {"type": "string", "enum": ["light", "dark"], "default": "light"},
}
# The component of a fault's body; of any other status it is Fault.
_FAULTS = {401: "Words", 404: "Words", 429: "RateLimited", 504: "Words"}

# Where the texts of a component's fields stand in the catalogues, under `http`.
FIELD_TEXTS = {
    "ChatRequest": ("field",),
    "Message": ("message_field",),
    "Tool": ("tool_field",),
    "Function": ("function_field",),
    "ResponseFormat": ("format_field",),
    "ResponsesRequest": ("response_field", "field"),
}
# In the catalogues `text` is a table's own text.
_TEXT_KEYS = {"text": "answer_format"}


def routes() -> list[Route]:
    """The document and the page."""
    return [
        Route(PATH, ("GET",), _document, public=True),
        Route(PAGE_PATH, ("GET",), _page, public=True),
    ]


@cache
def document(locale: str = "en") -> dict[str, Any]:
    """The OpenAPI 3.1 document with its texts in `locale` ("en" or "zh"). Don't change it."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, locale)
    schemas = components() | {"Any": {}}
    for component, keys in FIELD_TEXTS.items():
        _explain(schemas[component], keys, locale)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": messages.text("http.page.about", locale),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: Operation, locale: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": messages.text(f"http.{operation.name}.short", locale),
        "description": messages.text(f"http.{operation.name}", locale),
        "responses": _responses(operation, locale),
    }
    if not operation.public:
        described["security"] = [{"key": []}, {}]
    if operation.parameters:
        described["parameters"] = [_parameter(operation, p, locale) for p in operation.parameters]
    if operation.body:
        content = {"application/json": {"schema": ref(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(operation: Operation, name: str, locale: str) -> dict[str, Any]:
    in_path = f"{{{name}}}" in operation.path
    return {
        "name": name,
        "in": "path" if in_path else "query",
        "required": in_path,
        "description": messages.text(f"http.parameter.{name}", locale),
        "schema": _PARAMETERS[name],
    }


def _responses(operation: Operation, locale: str) -> dict[str, Any]:
    content = {operation.kind: {"schema": ref(operation.answer)}}
    if operation.events:
        content["text/event-stream"] = {"schema": ref(operation.events)}
    found = {"200": {"description": messages.text("http.status.200", locale), "content": content}}
    for status in operation.faults:
        text = messages.text(f"http.status.{status}", locale)
        body = "Any" if operation.name == "mcp" else _FAULTS.get(status, "Fault")
        kept = {"application/json": {"schema": ref(body)}}
        found[str(status)] = {"description": text, "content": kept}
    return found


def _explain(schema: Schema, keys: tuple[str, ...], locale: str) -> None:
    """Give the fields of `schema` their descriptions: the first of `keys` that has one.

    What is allowed there is told in words of `locale`, too, where it isn't notation alone.
    """
    for name, field in schema["properties"].items():
        places = [f"http.{key}.{_TEXT_KEYS.get(name, name)}" for key in keys]
        known = next(filter(messages.has, places), None)
        if known is not None:
            field["description"] = messages.text(known, locale)
        allowed = f"http.allowed.{keys[0]}.{name}"
        if "x-allowed" in field and messages.has(allowed):
            field["x-allowed"] = messages.text(allowed, locale)


async def _document(call: Call) -> Answer:
    return answer_json(document(call.locale), headers=[(b"vary", b"accept-language")])


async def _page(call: Call) -> Answer:
    page = docs_page.html(document(call.locale), call.locale, call.url or DEFAULT_URL)
    return Answer(200, page.encode("utf-8"), b"text/html; charset=utf-8", list(_PAGE_HEADERS))
